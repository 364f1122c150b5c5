//! The independent dissector as judge: every message type and field that we name, frame by frame, on every A-interface
//! capture at hand. A disagreement fails the test unless the specification explains it, here, by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::{json_lines, recorded, run, shared_captures, synthesise, touchpoint};

#[path = "tshark/a.rs"]
mod a;
#[path = "tshark/elements.rs"]
mod elements;
#[path = "tshark/gb.rs"]
mod gb;
#[path = "tshark/gsmtap.rs"]
mod gsmtap;

use a::{FIELDS, explained};

/// A field of both dissectors.
struct Field {
    name: &'static str,
    /// tshark's names for it: occurrences of all of them count.
    tshark: &'static [&'static str],
    /// Makes tshark's text comparable.
    normal: fn(&str) -> Option<String>,
    /// Where it stands in our JSON.
    ours: Ours,
    /// Whether how often it stands in a frame counts: where tshark repeats one element under two names it does not.
    count: bool,
}

enum Ours {
    /// The `code` of the messages of this protocol.
    Code(&'static str),
    /// The elements of these names, wherever they stand.
    Element(&'static [&'static str]),
    /// The elements of these names in the messages of this protocol.
    Of(&'static str, &'static [&'static str]),
    /// A part of the places in the elements of this name: 0 is the country, 1 the network.
    Part(&'static [&'static str], usize),
    /// The part of every location area and cell: 0 is the network, 1 the area code, 2 the cell identity.
    Place(usize),
}

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// `0x5a`, `90` and `0x0000005a` are one number.
fn number(value: &str) -> Option<String> {
    let parsed = match value.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => value.parse(),
    };
    parsed.ok().map(|number| number.to_string())
}

/// Devices compare on TAC and SNR: the 15th digit on the wire is 0 (3GPP TS 23.003 §6.2.1), the software version is
/// compared where both show it.
fn device(value: &str) -> Option<String> {
    value.get(..14).map(str::to_owned)
}

fn digits(value: &str) -> Option<String> {
    text(value.trim_start_matches('+'))
}

/// Field → values, sorted.
type Values = BTreeMap<&'static str, Vec<String>>;
/// By frame.
type Sheet = BTreeMap<u64, Values>;
/// Why a disagreement is none: what we have of the frame, the field, our values and tshark's.
type Explain = fn(&Values, &str, &[String], &[String]) -> Option<&'static str>;

fn note(sheet: &mut Sheet, frame: u64, field: &Field, value: String) {
    let values = sheet.entry(frame).or_default().entry(field.name).or_default();
    if field.count || !values.contains(&value) {
        values.push(value);
        values.sort();
    }
}

fn by_tshark(file: &Path, fields: &[Field], options: &[&str]) -> Sheet {
    let mut command = Command::new("tshark");
    // Layer 3 information in BSSMAP is only dissected where the connections of SCCP are followed.
    command.args([
        "-n",
        "-o",
        "sccp.trace_sccp:TRUE",
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=;",
        "-e",
        "frame.number",
    ]);
    for name in fields.iter().flat_map(|field| field.tshark) {
        command.args(["-e", name]);
    }
    let output = run(command.args(options).arg("-r").arg(file));
    let mut sheet = Sheet::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut cells = line.split('\t');
        let frame = cells.next().and_then(|cell| cell.parse().ok()).expect("tshark numbers its frames");
        for field in fields {
            for _ in field.tshark {
                let cell = cells.next().unwrap_or_default();
                cell.split(';')
                    .filter(|value| !value.is_empty())
                    .filter_map(field.normal)
                    .for_each(|value| note(&mut sheet, frame, field, value));
            }
        }
    }
    sheet
}

fn by_touchpoint(file: &Path, fields: &[Field]) -> Sheet {
    by_lines(&json_lines(touchpoint().args(["decode", "--messages", "--json", "--reveal"]).arg(file)), fields)
}

/// What the lines of `decode --messages --json --reveal` hold.
fn by_lines(lines: &[Value], fields: &[Field]) -> Sheet {
    let mut sheet = Sheet::new();
    for line in lines {
        let frame = line["frame"].as_u64().expect("every line names its frame");
        for field in fields {
            match field.ours {
                Ours::Code(protocol) => {
                    if line["protocol"] == protocol
                        && let Some(code) = line["code"].as_str()
                    {
                        note(&mut sheet, frame, field, number(code).expect("a code is hexadecimal"));
                    }
                }
                Ours::Element(names) => note_elements(&mut sheet, frame, field, line, names),
                Ours::Of(protocol, names) => {
                    if line["protocol"] == protocol {
                        note_elements(&mut sheet, frame, field, line, names);
                    }
                }
                Ours::Part(names, part) => {
                    for place in names.iter().flat_map(|name| values(&line[*name])) {
                        let part = place.split('-').nth(part).and_then(field.normal);
                        part.into_iter().for_each(|part| note(&mut sheet, frame, field, part));
                    }
                }
                Ours::Place(part) => {
                    places(line, part).into_iter().for_each(|value| note(&mut sheet, frame, field, value))
                }
            }
        }
    }
    sheet
}

fn note_elements(sheet: &mut Sheet, frame: u64, field: &Field, line: &Value, names: &[&str]) {
    for value in names.iter().flat_map(|name| values(&line[*name])) {
        // Our TMSI is bare hexadecimal.
        let value = if field.name == "tmsi" { format!("0x{value}") } else { value };
        note(sheet, frame, field, (field.normal)(&value).unwrap_or(value));
    }
}

fn values(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().flat_map(values).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// `1` and `true` are one flag.
fn flag(value: &str) -> Option<String> {
    match value {
        "true" | "false" => text(value),
        digit => Some((digit == "1").to_string()),
    }
}

/// A flag that is only shown where it is set: from one side its bit is spare.
fn is_set(value: &str) -> Option<String> {
    flag(value).filter(|flag| flag == "true")
}

/// The parts of every value shaped like `001-01-23` or `001-01-23-6969`.
fn places(line: &Value, part: usize) -> Vec<String> {
    let shaped = |value: &String| {
        let parts: Vec<&str> = value.split('-').collect();
        let known = |part: &&str| *part == "?" || part.bytes().all(|byte| byte.is_ascii_digit());
        ((3..=4).contains(&parts.len()) && parts.iter().all(known))
            .then(|| parts.get(part + 1).filter(|part| **part != "?").map(|part| (*part).to_owned()))?
    };
    line.as_object()
        .into_iter()
        .flatten()
        .flat_map(|(_, value)| values(value))
        .filter_map(|value| shaped(&value))
        .collect()
}

/// Compares one capture of the A interface. Gives the number of values compared.
fn check(file: &Path) -> usize {
    compare(file, FIELDS, &[], explained)
}

/// Compares the fields of one capture, which tshark reads with these options. Gives the number of values compared.
fn compare(file: &Path, fields: &[Field], options: &[&str], explained: Explain) -> usize {
    agree(&by_touchpoint(file, fields), file, fields, options, explained)
}

/// Compares what we have of a capture with what tshark has of it. Gives the number of values compared.
fn agree(ours: &Sheet, file: &Path, fields: &[Field], options: &[&str], explained: Explain) -> usize {
    let theirs = by_tshark(file, fields, options);
    let (mut compared, mut wrong, mut reasons) = (0, Vec::new(), BTreeMap::<&str, usize>::new());
    let nothing = (Values::new(), Vec::new());
    let mut per_field = BTreeMap::<&str, usize>::new();
    for frame in ours.keys().chain(theirs.keys().filter(|frame| !ours.contains_key(frame))) {
        let mine_all = ours.get(frame).unwrap_or(&nothing.0);
        for field in fields.iter().filter(|field| !field.tshark.is_empty()) {
            let mine = mine_all.get(field.name).unwrap_or(&nothing.1);
            let judge = theirs.get(frame).unwrap_or(&nothing.0).get(field.name).unwrap_or(&nothing.1);
            compared += judge.len();
            *per_field.entry(field.name).or_default() += judge.len();
            if mine == judge {
                continue;
            }
            match explained(mine_all, field.name, mine, judge) {
                Some(reason) => *reasons.entry(reason).or_default() += 1,
                None => wrong.push(format!("frame {frame}: {}: ours {mine:?}, tshark {judge:?}", field.name)),
            }
        }
    }
    println!("{}: {compared} values compared, {} disagreements", file.display(), wrong.len());
    println!("  by field: {per_field:?}; explained: {reasons:?}");
    assert!(wrong.is_empty(), "{}:\n{}", file.display(), wrong.join("\n"));
    compared
}

#[test]
fn recorded_captures_agree() {
    assert!(check(&recorded("a-msc-leg.pcap")) > 800, "the capture holds more than this");
    assert!(check(&recorded("lite-ipa-leg.pcap")) > 200, "the capture holds more than this");
}

#[test]
fn public_captures_agree() {
    let Some(folder) = shared_captures() else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("public"))
        .expect("the folder of public captures can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| {
            // GTP and native Gb belong to the Gb interface.
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            !name.contains("pdp")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no public capture in {}", folder.display());
    for file in files {
        check(&file);
    }
}

/// What of a made-up town is captured how, which tshark reads with these options, agrees.
fn check_town(words: &[&str], fields: &[Field], options: &[&str], explained: Explain, least: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join(format!("{}.pcap", words.join("").trim_start_matches('-')));
    run(synthesise().args(["--seed", "7"]).args(words).arg("--out").arg(&file));
    let compared = compare(&file, fields, options, explained);
    assert!(compared > least, "{words:?}: more is said than these {compared} values");
}

#[test]
fn a_synthetic_town_agrees() {
    check_town(&["--subscribers", "300", "--minutes", "20"], FIELDS, &[], explained, 100_000);
}

#[test]
fn a_synthetic_town_agrees_over_every_transport() {
    // M3UA over TCP tshark 4.0 does not read. Of MTP2 most signal units are no messages.
    for transport in ["m2ua", "m2pa", "sua", "lite", "mtp3", "sccp"] {
        let words = ["--transport", transport, "--subscribers", "80", "--minutes", "10"];
        check_town(&words, FIELDS, &[], explained, 5_000);
    }
}

#[test]
fn gb_of_a_synthetic_town_agrees() {
    for words in [&["--interface", "gb"][..], &["--interface", "gb", "--sns"]] {
        let words = [words, &["--subscribers", "200", "--minutes", "10"]].concat();
        check_town(&words, gb::FIELDS, gb::OPTIONS, gb::explained, 30_000);
    }
}
