//! How well the probe says how well it sees: what is lost before it reaches us, by link; directions stamped by clocks of their
//! own, brought back into one order.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::{json_lines, recorded, run, synthesise, touchpoint};

/// Reported loss may differ so much from the true one.
const TOLERANCE: f64 = 0.1;

/// Of what as many subscribers do is enough lost for its share to be known.
const MANY: &str = "6000";
/// So many do not crowd a link of 64 kbit/s.
const FEW: &str = "1000";

/// A town of one BSC in which a known share of what the MSC (or SGSN) sends is lost: what is reported of the thinned direction.
fn thinned(loss: &str, subscribers: &str, options: &str) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (capture, losses) = (folder.path().join("town.pcap"), folder.path().join("losses.csv"));
    run(synthesise()
        .args(["--minutes", "15", "--bsc", "1", "--subscribers", subscribers, "--action-every", "60", "--quiet"])
        .args(["--loss", loss, "--loss-from", "msc", "--losses"])
        .arg(&losses)
        .arg("--out")
        .arg(&capture)
        .args(options.split_whitespace()));
    let mut links = json_lines(touchpoint().args(["decode", "--links", "--json"]).arg(&capture));
    links.retain(|line| line.get("link").is_some());
    let [one, other] = <[Value; 2]>::try_from(links).expect("two directions of one link");
    let (thinned, whole) =
        if one["missing"].as_u64() > other["missing"].as_u64() { (one, other) } else { (other, one) };
    let truth = true_share(&losses);
    let told = thinned["share"].as_f64().expect("a share");
    println!("{options:60} {}: {:.4} % lost, {:.4} % in truth", thinned["link"], 100.0 * told, 100.0 * truth);
    assert!((told / truth - 1.0).abs() <= TOLERANCE, "{options}: {told} and not {truth}");
    assert_eq!(whole["missing"], 0, "{options}: {whole}");
    thinned
}

/// The share of what the MSC sent that the capture lacks.
fn true_share(losses: &Path) -> f64 {
    let text = fs::read_to_string(losses).expect("the losses were written");
    let (mut frames, mut lost) = (0.0, 0.0);
    for line in text.lines().skip(1) {
        let [_, from, all, missing] = <[&str; 4]>::try_from(line.split(',').collect::<Vec<_>>()).expect("four columns");
        let count = |text: &str| text.parse::<f64>().expect("a count");
        if from == "msc" {
            frames += count(all);
            lost += count(missing);
        } else {
            assert_eq!(missing, "0", "only the other side's frames are lost");
        }
    }
    lost / frames
}

#[test]
fn upstream_loss_is_within_a_tenth_of_the_truth_and_names_the_link() {
    check_loss("0.001", MANY, "", "10.1.0.1:2905 > 10.64.0.10:2905", "chunks");
    check_loss("0.001", MANY, "--transport lite", "10.1.0.2:5000 > 10.64.0.10:40000", "octets");
    check_loss("0.001", MANY, "--transport mtp2-header", "0/0 sent", "signal units");
    check_loss("0.001", FEW, "--transport e1", "0/1 sent", "signal units");
    check_loss("0.001", MANY, "--transport e1 --e1-timeslots all --annex-a", "0/0 sent", "signal units");
}

#[test]
fn upstream_loss_on_gb_is_within_a_tenth_of_the_truth_and_names_the_link() {
    let udp = "10.2.0.1:23000 > 10.128.0.1:23000";
    check_loss("0.001", MANY, "--interface gb --ns-vc 1", udp, "LLC frames");
    for seed in 2..4 {
        check_loss("0.01", MANY, &format!("--interface gb --ns-vc 1 --seed {seed}"), udp, "LLC frames");
    }
    let frame_relay = "--interface gb --ns-vc 1 --gb-carrier frame-relay";
    check_loss("0.01", MANY, frame_relay, "0/NSEI 1001 from the SGSN", "LLC frames");
    let gre = "10.2.0.1 NSEI 1001 > 10.128.0.1 NSEI 1001";
    check_loss("0.01", MANY, "--interface gb --ns-vc 1 --gb-carrier gre", gre, "LLC frames");
    let e1 = "--interface gb --ns-vc 1 --gb-carrier e1 --e1-timeslots all";
    check_loss("0.01", MANY, e1, "0/0 own end circuit 16 > 0/0 far end circuit 16", "LLC frames");
}

#[track_caller]
fn check_loss(loss: &str, subscribers: &str, options: &str, link: &str, unit: &str) {
    let told = thinned(loss, subscribers, options);
    assert_eq!((&told["link"], &told["unit"]), (&link.into(), &unit.into()), "{options}");
}

/// What is told of events, apart from where they stand and exactly how long a call was.
fn events(captures: &[PathBuf]) -> Vec<Value> {
    const NOT_COMPARED: [&str; 3] = ["frame", "at", "length_ms"];
    let mut events = json_lines(touchpoint().args(["decode", "--json", "--reveal"]).args(captures));
    for event in &mut events {
        let fields = event.as_object_mut().expect("an event is an object");
        NOT_COMPARED.iter().for_each(|field| _ = fields.remove(*field));
    }
    events.sort_by_key(Value::to_string);
    events
}

/// The same town recorded by one clock and by two; the second's is told to within 5 ms, and both give the same events.
fn check(options: &str, offset_millis: i64, drift_ppm: i64) {
    const MINUTES: i64 = 10;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let town = |out: &Path| {
        let mut town = synthesise();
        town.args(["--minutes", &MINUTES.to_string(), "--quiet", "--out"]).arg(out).args(options.split_whitespace());
        town
    };
    run(&mut town(&path("one.pcap")));
    run(town(&path("up.pcap")).arg("--split-directions").arg(path("down.pcap")).args([
        "--clock-offset",
        &offset_millis.to_string(),
        "--clock-drift",
        &drift_ppm.to_string(),
    ]));
    let split = [path("up.pcap"), path("down.pcap")];
    let told = json_lines(touchpoint().args(["decode", "--links", "--json"]).args(&split));
    let clock = told.iter().find(|line| line["input"].as_str().is_some_and(|input| input.ends_with("down.pcap")));
    let clock = clock.expect("the second clock is told of");
    let ahead = clock["clock_ahead_us"].as_i64().expect("how far it is ahead");
    let truth = offset_millis * 1000 + MINUTES * 60 * drift_ppm;
    println!("{options:50} {ahead} µs ahead, {truth} in truth, drift {}", clock["drift_ppm"]);
    assert!((ahead - truth).abs() <= 5000, "{options}: {ahead} and not {truth}");
    assert_eq!(events(&split), events(&[path("one.pcap")]), "{options}, {offset_millis} ms");
}

#[test]
fn directions_with_clocks_of_their_own_give_the_events_of_one_clock() {
    check("--common-id never", 500, 50);
    check("--handovers always", -500, -50);
    check("--associations 16 --split-links --handovers always", 430, -20);
    check("--associations 16 --split-links --reuse-references --unconfirmed-releases 0.5", -380, 20);
    check("--transport lite", -500, 50);
    for (offset_millis, drift_ppm) in [(500, 30), (-500, -30)] {
        check("--transport mtp3 --bsc 1", offset_millis, drift_ppm);
        check("--transport mtp2 --bsc 1", offset_millis, drift_ppm);
        check("--transport mtp2-header --bsc 4 --handovers always", offset_millis, drift_ppm);
    }
}

/// The frames of a capture in two files, as a recorder writes that begins a new one every few minutes.
fn ring_of(capture: &Path, folder: &Path) -> [PathBuf; 2] {
    const FILE_HEADER: usize = 24;
    let octets = fs::read(capture).expect("the capture was written");
    let (header, records) = octets.split_at(FILE_HEADER);
    let length = |record: &[u8]| {
        let captured = record[8..12].try_into().expect("four octets");
        16 + u32::from_le_bytes(captured) as usize
    };
    let mut half = 0;
    while half < records.len() / 2 {
        half += length(&records[half..]);
    }
    let (first, second) = records.split_at(half);
    [("town_00001.pcap", first), ("town_00002.pcap", second)].map(|(name, records)| {
        let path = folder.join(name);
        fs::write(&path, [header, records].concat()).expect("the folder can be written to");
        path
    })
}

/// What names a link by a number within its recording goes on in the next file.
#[test]
fn files_of_a_ring_give_the_events_of_one_file() {
    for options in ["--interface gb --gb-carrier frame-relay", "--transport sccp --bsc 1", "--transport mtp2-header"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let capture = folder.path().join("one.pcap");
        run(synthesise().args(["--minutes", "5", "--quiet", "--out"]).arg(&capture).args(options.split_whitespace()));
        assert_eq!(events(&ring_of(&capture, folder.path())), events(&[capture]), "{options}");
    }
}

#[test]
fn a_gateway_tapped_on_both_sides_tells_each_event_once() {
    for options in ["", "--bsc 6 --handovers always", "--common-id never --resets 0.5 --handovers never"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let side = |transport: &str| {
            let capture = folder.path().join(transport).with_extension("pcap");
            let mut town = synthesise();
            town.args(["--minutes", "5", "--quiet", "--transport", transport, "--out"]).arg(&capture);
            run(town.args(options.split_whitespace()));
            capture
        };
        let (lite, sigtran) = (side("lite"), side("sigtran"));
        assert_eq!(events(&[lite.clone(), sigtran.clone()]), events(&[sigtran]), "{options}");
    }
}

#[test]
fn which_signalling_there_was_is_told_as_the_check_of_scenarios_takes_it() {
    let check = |capture: &str, feeds: &str| {
        let told = run(touchpoint().args(["decode", "--links"]).arg(recorded(capture))).stdout;
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains(&format!("signalling: {feeds} (")), "{told}");
    };
    check("a-msc-leg.pcap", "a");
    check("lite-ipa-leg.pcap", "a");
    check("gb-sgsn-leg.pcap", "gb");
}
