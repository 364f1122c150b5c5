//! Live capture: a link of the test's own in a network namespace of its own, packets played onto it by tcpreplay, and every
//! one of them accounted for. Needs root; without, it is skipped and says so.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::Value;
use tests::{json_lines, recorded, run, timeless, touchpoint};

#[path = "live/decoding.rs"]
mod decoding;
#[path = "live/folders.rs"]
mod folders;
#[path = "live/net.rs"]
mod net;
#[path = "live/overload.rs"]
mod overload;

use decoding::Closing;
use net::Net;

fn from_file(file: &Path) -> Vec<Value> {
    timeless(json_lines(touchpoint().args(["decode", "--json"]).arg(file)))
}

#[test]
fn what_is_played_onto_a_link_gives_the_events_of_the_file() {
    let Some(net) = Net::new("same") else { return };
    net.link(1);
    let file = recorded("a-msc-leg.pcap");
    let decoding = net.decode(&["--interface", "rx1"]);
    let sent = net.play("tx1", &file, &["--pps=2000"]);
    let (events, said) = decoding.end();
    let closing = Closing::of(&said, "rx1");
    assert_eq!((sent, closing.count("decoded")), (516, 516), "{said}");
    assert_eq!(closing.accounted(), sent, "{said}");
    assert_eq!(timeless(events), from_file(&file));
}

#[test]
fn several_interfaces_are_one_feed_and_each_is_accounted_for() {
    let Some(net) = Net::new("two") else { return };
    net.link(1);
    net.link(2);
    let file = recorded("a-msc-leg.pcap");
    // A tap for each direction, as operators have them.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (there, back) = (folder.path().join("there.pcap"), folder.path().join("back.pcap"));
    let first_port = "sctp src port 2905";
    for (part, filter) in [(&there, first_port.to_owned()), (&back, format!("not {first_port}"))] {
        run(Command::new("tcpdump").arg("-nr").arg(&file).arg("-w").arg(part).arg(filter));
    }
    let decoding = net.decode(&["-i", "rx1", "-i", "rx2"]);
    let (sent_there, sent_back) = thread::scope(|scope| {
        let other = scope.spawn(|| net.play("tx2", &back, &["--multiplier=20"]));
        (net.play("tx1", &there, &["--multiplier=20"]), other.join().expect("the other player"))
    });
    let (events, said) = decoding.end();
    assert_eq!(Closing::of(&said, "rx1").accounted(), sent_there, "{said}");
    assert_eq!(Closing::of(&said, "rx2").accounted(), sent_back, "{said}");
    assert_eq!(sent_there + sent_back, 516);
    assert!(!events.is_empty(), "the feed speaks of subscribers");
}

#[test]
fn an_interface_that_goes_down_or_away_is_survived_and_counted() {
    let Some(net) = Net::new("flap") else { return };
    net.link(1);
    let file = recorded("a-msc-leg.pcap");
    let mut decoding = net.decode(&["--interface", "rx1"]);
    let before = net.play("tx1", &file, &["--pps=5000"]);
    net.run(&["ip", "link", "set", "rx1", "down"]);
    decoding.says("interface `rx1` is down");
    net.run(&["ip", "link", "set", "rx1", "up"]);
    decoding.says("interface `rx1` is back");
    decoding.forget();
    let after = net.play("tx1", &file, &["--pps=5000"]);
    net.run(&["ip", "link", "del", "rx1"]);
    decoding.says("looking for it");
    net.link(1);
    decoding.says("interface `rx1` is back");
    let again = net.play("tx1", &file, &["--pps=5000"]);
    let (_, said) = decoding.end();
    let closing = Closing::of(&said, "rx1");
    // What was in the ring of an interface when it was deleted is left unread, and counted so.
    assert_eq!(closing.accounted(), before + after + again, "{said}");
    assert_eq!(closing.count("gaps"), 2, "{said}");
}

#[test]
fn what_cannot_be_listened_to_says_why() {
    let Some(net) = Net::new("wrong") else { return };
    net.link(1);
    let check = |words: &[&str], expected: &[&str]| {
        let program = touchpoint();
        let output = net.command(program.get_program()).arg("decode").args(words).output().expect("touchpoint starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        expected.iter().for_each(|word| assert!(said.contains(word), "`{word}` is missing in:\n{said}"));
    };
    check(&["-i", "rx9"], &["no interface `rx9`", "did you mean `rx1`", "tx1"]);
    check(&["-i", "rx1", "--filter", "spct"], &["`spct`", "syntax error"]);
    check(&["-i", "rx1", "-i", "rx1"], &["named twice"]);
    check(&["-i", "lo"], &["`lo` is down", "ip link set lo up"]);
}

#[test]
fn the_first_packets_of_a_loopback_interface_are_heard() {
    let Some(net) = Net::new("first") else { return };
    net.run(&["ip", "link", "set", "lo", "up"]);
    let file = recorded("a-msc-leg.pcap");
    for filter in [&[][..], &["--filter", "sctp"]] {
        let decoding = net.decode(&[&["--interface", "lo"], filter].concat());
        let sent = net.play("lo", &file, &["--topspeed"]);
        let (events, said) = decoding.end();
        let closing = Closing::of(&said, "lo");
        assert_eq!((closing.count("packets received"), closing.count("decoded")), (sent, sent), "{said}");
        assert_eq!(timeless(events), from_file(&file));
    }
}

#[test]
fn frames_are_cut_to_the_snap_length_and_all_given() {
    let Some(net) = Net::new("snap") else { return };
    net.link(1);
    let file = recorded("a-msc-leg.pcap");
    let decoding = net.decode(&["--interface", "rx1", "--snaplen", "120", "--messages", "--reveal"]);
    let sent = net.play("tx1", &file, &["--pps=2000"]);
    let (messages, said) = decoding.end();
    assert_eq!(Closing::of(&said, "rx1").count("decoded"), sent, "{said}");
    // As editcap cuts them.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cut = folder.path().join("cut.pcap");
    run(Command::new("editcap").args(["-s", "120"]).arg(&file).arg(&cut));
    let expected = json_lines(touchpoint().args(["decode", "--json", "--messages", "--reveal"]).arg(&cut));
    let whole = json_lines(touchpoint().args(["decode", "--json", "--messages", "--reveal"]).arg(&file));
    assert_ne!(timeless(expected.clone()), timeless(whole));
    assert_eq!(timeless(messages), timeless(expected));
}

#[test]
fn frames_to_other_stations_are_asked_for_unless_told_otherwise() {
    let Some(net) = Net::new("others") else { return };
    net.link(1);
    for (words, promiscuity) in
        [(&["-i", "rx1"][..], "promiscuity 1"), (&["-i", "rx1", "--no-promiscuous"], "promiscuity 0")]
    {
        let decoding = net.decode(words);
        let shown = net.output(&["ip", "-d", "link", "show", "rx1"]);
        assert!(shown.contains(promiscuity), "{words:?}: {shown}");
        decoding.end();
    }
}

#[test]
fn rights_are_given_up_once_interfaces_are_open() {
    /// Bit 13, linux/capability.h.
    const CAP_NET_RAW: u64 = 1 << 13;
    let Some(net) = Net::new("rights") else { return };
    net.link(1);
    let decoding = net.decode(&["-i", "rx1"]);
    let threads = fs::read_dir(format!("/proc/{}/task", decoding.id())).expect("it runs");
    let threads: Vec<_> = threads.map(|entry| entry.expect("a thread").path()).collect();
    assert!(threads.len() >= 2, "an interface has a thread: {threads:?}");
    for thread in threads {
        let read = |file: &str| fs::read_to_string(thread.join(file)).expect("the thread runs");
        let (name, status) = (read("comm"), read("status"));
        let rights = |set: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(set)).expect("a set of capabilities");
            u64::from_str_radix(line.trim(), 16).expect("a hexadecimal number")
        };
        // What opens the interface again may ask for one right back.
        let kept = if name.starts_with("capture-") { CAP_NET_RAW } else { 0 };
        assert_eq!((rights("CapPrm:"), rights("CapEff:"), rights("CapBnd:")), (kept, 0, 0), "{name}");
    }
    decoding.end();
}
