//! The probe against the synthesiser's truth: every event whose messages all arrived is right in kind, subscriber, cell and
//! number, whatever the network does; where messages are missing, an event is right, lacks something, or is not told, but is
//! hardly ever somebody else's.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::{json_lines, run, synthesise, touchpoint};

/// What must hold beyond "clean events are right".
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    /// Nothing is missing from the capture: no event is wrong, missing or invented.
    Whole,
    /// Messages are missing: at most one event in this many is given to the wrong subscriber, and hardly one that is told
    /// contradicts the truth.
    Gaps { wrong_of: usize },
    /// What phones and SGSNs say cannot be read: subscriber, cell and activity remain, for [`CIPHERED_SHARE`] of sightings.
    Ciphered,
}

const WHOLE: Expect = Expect::Whole;
const LOSSY: Expect = Expect::Gaps { wrong_of: 10_000 };
const BEGINNING_LATE: Expect = Expect::Gaps { wrong_of: usize::MAX };

/// Of a thousand events that lack a message, so many may say something that is not so: a HANDOVER PERFORMED or a CONNECT that
/// was lost leaves no trace.
const CONTRADICTIONS_PER_MILLE: usize = 10;
/// With all of Gb ciphered that can be, so large a share of the sightings whose identity could be known is told.
const CIPHERED_SHARE: f64 = 0.95;
/// Whoever was told to be in a cell is not told again for so long.
const QUIET_SECONDS: f64 = 600.0;
/// The second sign of an event whose evidence was lost comes this soon.
const SECOND_SIGN_WITHIN_SECONDS: f64 = 3.0;

#[test]
fn events_agree_with_the_truth_in_every_hard_case() {
    let cases = [
        ("--seed 1", WHOLE),
        ("--seed 7 --common-id never --handovers always", WHOLE),
        ("--common-id never --identity never --handovers never --imeisv never", WHOLE),
        ("--common-id always --authentication always", WHOLE),
        ("--tmsi-reallocation always --common-id never", WHOLE),
        ("--tmsi-reallocation never --common-id never", WHOLE),
        ("--rejects 0.2 --attached 0.3", WHOLE),
        ("--handovers always --bsc 8", WHOLE),
        ("--associations 16", WHOLE),
        ("--transport lite", WHOLE),
        ("--transport lite --handovers always", WHOLE),
        ("--imeisv-on-attach-only", WHOLE),
        ("--associations 16 --split-links --handovers always", WHOLE),
        ("--reuse-references --unconfirmed-releases 0.5 --common-id never", WHOLE),
        ("--msc 3 --bsc 9 --common-id never", WHOLE),
        ("--msc 3 --bsc 9 --tmsi-reallocation never", WHOLE),
        ("--msc 4 --pool --common-id never --handovers always", WHOLE),
        ("--msc 16 --pool --bsc 2", WHOLE),
        ("--msc 4 --pool --nri-bits 2 --common-id never => --nri-bits 2", WHOLE),
        ("--msc 24 --pool --nri-bits 10 --bsc 2 --common-id never => --nri-bits 10", WHOLE),
        ("--msc 3 --pool --common-id never => --nri-bits 5 --nri 0=257,1=258,2=259", WHOLE),
        ("--msc 3 --pool --lead-in 20 => --nri-bits 5 --nri 0=257,1=258,2=259", BEGINNING_LATE),
        ("--short-cells --handovers always --common-id never => --cell-network 460-00", WHOLE),
        ("--short-cells --transport lite => --cell-network 460-00 --cell-lac 1", WHOLE),
        ("--returning 0.5 --tmsi-reallocation never", WHOLE),
        ("--returning 0.5 --msc 3 --bsc 9 --common-id never", WHOLE),
        ("--resets 0.5 --common-id never --handovers never", WHOLE),
        ("--resets 0.5 --handovers always", WHOLE),
        ("--resets 0.5 --reuse-references --handovers never", WHOLE),
        ("--resets 0.5 --transport lite --handovers never", WHOLE),
        ("--duplicate 0.05", WHOLE),
        ("--doubled always --common-id never", WHOLE),
        ("--doubled always --transport lite", WHOLE),
        ("--reorder 0.005 --common-id never", WHOLE),
        ("--lead-in 5", BEGINNING_LATE),
        ("--lead-in 20 --common-id never --transport lite", BEGINNING_LATE),
        ("--loss 0.01", LOSSY),
        ("--loss 0.01 --common-id never --handovers always", LOSSY),
        ("--loss 0.01 --transport lite", LOSSY),
        ("--loss 0.01 --reuse-references", LOSSY),
        ("--loss 0.01 --msc 3 --bsc 9", LOSSY),
    ];
    check_all(&cases);
}

#[test]
fn packets_agree_with_the_truth_in_every_hard_case() {
    let cases = [
        ("--interface gb", WHOLE),
        ("--interface gb --gb-imsi never", WHOLE),
        ("--interface gb --gb-imsi always --sgsn 2", WHOLE),
        ("--interface gb --p-tmsi-reallocation never", WHOLE),
        ("--interface gb --rejects 0.2 --attached 0.3", WHOLE),
        ("--interface gb --sns --ns-vc 4", WHOLE),
        ("--interface gb --duplicate 0.05", WHOLE),
        ("--interface gb --doubled always", WHOLE),
        ("--interface gb --reorder 0.005", WHOLE),
        ("--interface gb --resets 0.5 --sgsn 2", WHOLE),
        ("--interface both", WHOLE),
        ("--interface both --gs", WHOLE),
        // Who comes from an SGSN that has not named it shows its device anew.
        ("--interface gb --sgsn 4 --p-tmsi-reallocation always --gb-imsi never", LOSSY),
        ("--interface gb --lead-in 10", BEGINNING_LATE),
        ("--interface gb --loss 0.01", LOSSY),
        ("--interface gb --loss 0.01 --sgsn 2 --resets 1", LOSSY),
        ("--interface both --gs --loss 0.01", LOSSY),
        ("--interface gb --gb-ciphered", Expect::Ciphered),
        ("--interface gb --gb-ciphered --gb-imsi always", Expect::Ciphered),
        ("--interface both --gb-ciphered", Expect::Ciphered),
    ];
    check_all(&cases);
}

/// Cells without their network stay so; but who is accepted is told a location area, which names it.
#[test]
fn what_cells_lack_and_nobody_has_told_stays_unknown() {
    let folder = town("--short-cells");
    let events = decode(&folder.path().join("town.pcap"), "");
    assert!(events.len() > 1000, "{}", events.len());
    for event in &events {
        let network = if event["kind"] == "location_update" { "460-00-271" } else { "?-?-271" };
        assert!(text(event, "cell").starts_with(network), "{event}");
    }
}

/// Registrations for so many seconds after a restart are told as its consequence, others are not.
#[test]
fn a_storm_lasts_as_long_as_the_probe_is_told() {
    let folder = town("--resets 3 --handovers never --action-every 60");
    let capture = folder.path().join("town.pcap");
    let messages = json_lines(touchpoint().args(["decode", "--messages", "--json"]).arg(&capture));
    let is_reset = |message: &&Value| message["protocol"] == "bssmap" && message["message"] == "reset";
    let resets: Vec<f64> = messages.iter().filter(is_reset).map(seconds).collect();
    let marked = |storm: u32| {
        let events = decode(&capture, &format!("--storm {storm}"));
        let marked = events.iter().filter(|event| event["after_reset"] == true);
        marked.map(seconds).collect::<Vec<_>>()
    };
    assert_eq!(marked(0), [0.0; 0]);
    let (short, long) = (marked(20), marked(900));
    println!("{} resets; after them {} registrations in 20 s, {} in 900 s", resets.len(), short.len(), long.len());
    assert!(!short.is_empty() && short.len() < long.len(), "{} and {}", short.len(), long.len());
    let follows = |at: &f64| resets.iter().any(|reset| (0.0..=20.0).contains(&(at - reset)));
    assert!(short.iter().all(follows), "{short:?} after {resets:?}");
}

/// A number that more subscribers show than a device may have is a copy: nobody is told to have it any more.
#[test]
fn a_device_of_too_many_subscribers_is_nobodys() {
    const COPY: &str = "35154601123456";
    let holders = |events: &[Value]| {
        let with_copy = events.iter().filter(|event| text(event, "imei").starts_with(COPY));
        let known = with_copy.map(|event| text(event, "imsi")).filter(|imsi| !imsi.is_empty());
        known.collect::<HashSet<_>>().len()
    };
    let folder = town("--copied-devices 0.05 --imeisv always");
    let capture = folder.path().join("town.pcap");
    let having = |options: &str| {
        let events = decode(&capture, options);
        holders(&events)
    };
    let all = holders(&read_truth(&folder.path().join("truth.jsonl")));
    let (few, usual) = (having("--device-subscribers 3"), having(""));
    println!("{all} subscribers with the copy; told of {few} and {usual}");
    assert!(all > 20, "{all}");
    assert_eq!((few, usual), (3, 8));
}

#[track_caller]
fn check_all(cases: &[(&str, Expect)]) {
    println!("{:70} {}", "", Score::HEAD);
    let failed: Vec<_> = cases.iter().filter(|(options, expected)| !check(options, *expected)).collect();
    assert!(failed.is_empty(), "{} cases disagree", failed.len());
}

/// A capture of a quarter of an hour, with the truth, of a town with these options.
fn town(options: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    run(synthesise()
        .args(["--minutes", "15", "--quiet", "--out"])
        .arg(path("town.pcap"))
        .arg("--truth")
        .arg(path("truth.jsonl"))
        .arg("--owners")
        .arg(path("owners.csv"))
        .args(options.split_whitespace()));
    folder
}

fn decode(capture: &Path, options: &str) -> Vec<Value> {
    json_lines(touchpoint().args(["decode", "--json", "--reveal"]).args(options.split_whitespace()).arg(capture))
}

/// Makes a capture, decodes it and compares. Options of the probe follow an arrow. Prints the score, and the first
/// disagreements.
fn check(options: &str, expected: Expect) -> bool {
    let (made_with, read_with) = options.split_once(" => ").unwrap_or((options, ""));
    let folder = town(made_with);
    let path = |name: &str| folder.path().join(name);
    let events = decode(&path("town.pcap"), read_with);
    let truth = read_truth(&path("truth.jsonl"));
    let mut comparison = Comparison { owners: read_owners(&path("owners.csv")), ..Comparison::default() };
    comparison.run(&truth, events);
    println!("{options:70} {}", comparison.score);
    let wrong = comparison.score.failures(expected);
    if !wrong.is_empty() {
        println!("    FAILED: {}", wrong.join(", "));
        comparison.examples.iter().for_each(|example| println!("    {example}"));
    }
    wrong.is_empty()
}

fn read_truth(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("the truth was written");
    text.lines().map(|line| serde_json::from_str(line).expect("a truth line is JSON")).collect()
}

/// Whose messages stand in a frame.
fn read_owners(file: &Path) -> HashSet<(u64, String)> {
    let text = fs::read_to_string(file).expect("the owners were written");
    let owner = |line: &str| {
        let (frame, imsi) = line.split_once(',')?;
        Some((frame.parse().ok()?, imsi.to_owned()))
    };
    text.lines().skip(1).map(|line| owner(line).unwrap_or_else(|| panic!("no owner: {line}"))).collect()
}

/// How many of what.
#[derive(Default)]
struct Score {
    events: usize,
    observable: usize,
    resolved: usize,
    /// Observable, and all messages arrived.
    clean: usize,
    clean_right: usize,
    right: usize,
    /// Right as far as they say something: unresolved or incomplete.
    lacking: usize,
    contradicting: usize,
    wrong_subscriber: usize,
    missing: usize,
    extra: usize,
    /// Sightings whose subscriber could be known, and those of them that were told with it.
    sightings: usize,
    sightings_told: usize,
}

impl Score {
    const HEAD: &str = "events observable resolved  clean   right lacking differ  wrong missing extra";

    fn failures(&self, expected: Expect) -> Vec<String> {
        let mut failures = Vec::new();
        let mut at_most = |what: &str, count: usize, limit: usize| {
            if count > limit {
                failures.push(format!("{count} {what}, at most {limit} allowed"));
            }
        };
        at_most("clean events not right", self.clean - self.clean_right, 0);
        match expected {
            Expect::Whole => {
                at_most("wrong subscribers", self.wrong_subscriber, 0);
                at_most("contradictions", self.contradicting, 0);
                at_most("missing", self.missing, 0);
                at_most("extra", self.extra, 0);
            }
            Expect::Ciphered => {
                at_most("wrong subscribers", self.wrong_subscriber, 0);
                at_most("contradictions", self.contradicting, 0);
                let untold = (self.sightings as f64 * (1.0 - CIPHERED_SHARE)) as usize;
                at_most("sightings not told", self.sightings - self.sightings_told, untold);
            }
            Expect::Gaps { wrong_of } => {
                at_most("wrong subscribers", self.wrong_subscriber, self.events.div_ceil(wrong_of) - 1);
                at_most("contradictions", self.contradicting, self.events * CONTRADICTIONS_PER_MILLE / 1000);
            }
        }
        failures
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: usize| 100.0 * part as f64 / self.events.max(1) as f64;
        write!(
            f,
            "{:6} {:8.2} % {:6.2} % {:6} {:7} {:7} {:6} {:6} {:7} {:5}",
            self.events,
            share(self.observable),
            share(self.resolved),
            self.clean,
            self.right,
            self.lacking,
            self.contradicting,
            self.wrong_subscriber,
            self.missing,
            self.extra
        )
    }
}

#[derive(Default)]
struct Comparison {
    owners: HashSet<(u64, String)>,
    score: Score,
    examples: Vec<String>,
}

type Told = HashMap<(u64, String), Vec<Value>>;
/// When whom was told to be where: subscriber, cell, seconds since midnight.
type Places = HashMap<(String, String), Vec<f64>>;

impl Comparison {
    const EXAMPLES: usize = 6;

    fn run(&mut self, truth: &[Value], events: Vec<Value>) {
        let mut told: Told = HashMap::new();
        let mut places: Places = HashMap::new();
        for event in events {
            places.entry((text(&event, "imsi"), text(&event, "cell"))).or_default().push(seconds(&event));
            told.entry((frame(&event).expect("an event has a frame"), text(&event, "kind"))).or_default().push(event);
        }
        let mut untold = Vec::new();
        for event in truth {
            self.count(event);
            match take(&mut told, event) {
                Some(found) => self.compare(event, &found),
                None => untold.push(event),
            }
        }
        let mut left: Vec<Value> = told.into_values().flatten().collect();
        left.sort_by_key(frame);
        for event in untold {
            match left.iter().position(|other| is_second_sign(event, other)) {
                Some(index) => self.compare(event, &left.remove(index)),
                None if is_covered(event, &places) => self.cover(event),
                None => self.miss(event),
            }
        }
        left.iter().for_each(|event| self.surplus(event));
    }

    fn count(&mut self, event: &Value) {
        self.score.events += 1;
        self.score.observable += usize::from(is_observable(event));
        self.score.clean += usize::from(is_clean(event));
        self.score.sightings += usize::from(is_sighting(event) && is_observable(event));
    }

    fn compare(&mut self, truth: &Value, told: &Value) {
        let known = told.get("imsi").is_some();
        self.score.resolved += usize::from(known);
        if known && told.get("imsi") != truth.get("imsi") {
            self.score.wrong_subscriber += 1;
            return self.example("wrong subscriber", truth, Some(told));
        }
        self.score.sightings_told += usize::from(is_sighting(truth) && is_observable(truth) && known);
        let differing = differing(truth, told);
        let is_lacking = differing.iter().all(|field| told.get(field).is_none());
        match (differing.as_slice(), is_lacking) {
            ([], _) => self.score.right += 1,
            (["imsi"], _) if !is_observable(truth) => self.score.right += 1,
            (_, true) => self.score.lacking += 1,
            (_, false) => self.score.contradicting += 1,
        }
        if differing.is_empty() {
            self.score.clean_right += usize::from(is_clean(truth));
        } else if is_clean(truth) || !is_lacking {
            self.example(&differing.join(" "), truth, Some(told));
        }
    }

    /// Its subscriber was told to be in this cell by something else.
    fn cover(&mut self, event: &Value) {
        self.score.right += 1;
        self.score.clean_right += usize::from(is_clean(event));
        self.score.sightings_told += usize::from(is_observable(event));
    }

    fn miss(&mut self, event: &Value) {
        self.score.missing += 1;
        if is_clean(event) {
            self.example("missing", event, None);
        }
    }

    fn surplus(&mut self, event: &Value) {
        self.score.extra += 1;
        let stranger = event.get("imsi").is_some()
            && !self.owners.contains(&(frame(event).unwrap_or_default(), text(event, "imsi")));
        self.score.wrong_subscriber += usize::from(stranger);
        self.example(if stranger { "extra, wrong subscriber" } else { "extra" }, event, None);
    }

    fn example(&mut self, what: &str, event: &Value, told: Option<&Value>) {
        if self.examples.len() < Self::EXAMPLES {
            let told = told.map_or(String::new(), |told| format!("\n      told {told}"));
            self.examples.push(format!("{what}: {event}{told}"));
        }
    }
}

/// The event that was told of this truth: of several in one frame the most similar.
fn take(told: &mut Told, truth: &Value) -> Option<Value> {
    let candidates = told.get_mut(&(frame(truth)?, text(truth, "kind")))?;
    let unlike = |index: &usize| differing(truth, &candidates[*index]).len();
    let index = (0..candidates.len()).min_by_key(unlike)?;
    Some(candidates.remove(index))
}

/// Whether `told` stands for an event whose evidence is not in the capture, or only half of whose connection is: from
/// another message of the same conversation.
fn is_second_sign(truth: &Value, told: &Value) -> bool {
    let same = |field: &str| truth.get(field) == told.get(field);
    let near = || (seconds(truth) - seconds(told)).abs() <= SECOND_SIGN_WITHIN_SECONDS;
    !is_clean(truth) && same("kind") && same("imsi") && same("direction") && near()
}

/// Whether this sighting is not told because something else told it: a sighting is news only after a time of quiet.
fn is_covered(truth: &Value, places: &Places) -> bool {
    let told = places.get(&(text(truth, "imsi"), text(truth, "cell")));
    let recent = |at: &f64| (0.0..=QUIET_SECONDS).contains(&(seconds(truth) - at));
    is_sighting(truth) && told.is_some_and(|told| told.iter().any(recent))
}

/// Fields that are not as the truth has them. Where from and how it was known is not compared, nor what a restart means.
fn differing<'a>(truth: &'a Value, told: &'a Value) -> Vec<&'a str> {
    const NOT_COMPARED: [&str; 9] =
        ["frame", "at", "feed", "interface", "identity", "depends", "observable", "signalled", "after_reset"];
    let names = |event: &'a Value| event.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let mut fields: Vec<_> = names(truth).chain(names(told)).filter(|name| !NOT_COMPARED.contains(name)).collect();
    fields.sort_unstable();
    fields.dedup();
    fields.retain(|name| truth.get(name) != told.get(name) && !is_nearly_same(name, truth, told));
    fields.retain(|name| !is_device_of_link(name, truth, told));
    fields
}

/// A link on Gb that is seen from its middle does not know the device that was shown before.
fn is_device_of_link(name: &str, truth: &Value, told: &Value) -> bool {
    name == "imei" && truth["interface"] == "gb" && truth["kind"] != "imei_seen" && told.get(name).is_none()
}

/// A call whose first or last message was lost is measured by the next; whether it was answered may then not be known.
fn is_nearly_same(name: &str, truth: &Value, told: &Value) -> bool {
    let length = |event: &Value| event.get(name).and_then(Value::as_f64);
    match (name, length(truth), length(told)) {
        ("length_ms", Some(one), Some(other)) => {
            !is_clean(truth) && (one - other).abs() <= 1000.0 * SECOND_SIGN_WITHIN_SECONDS
        }
        ("answered", ..) => !is_clean(truth) && told.get(name).is_none(),
        _ => false,
    }
}

fn is_observable(truth: &Value) -> bool {
    truth["observable"] == true
}

fn is_sighting(truth: &Value) -> bool {
    truth["kind"] == "sighting"
}

fn is_clean(truth: &Value) -> bool {
    let depends = truth["depends"].as_array().expect("the truth lists what an event depends on");
    is_observable(truth) && frame(truth).is_some() && !depends.contains(&Value::Null)
}

fn frame(event: &Value) -> Option<u64> {
    event["frame"].as_u64()
}

fn text(event: &Value, field: &str) -> String {
    event[field].as_str().unwrap_or_default().to_owned()
}

/// Seconds since midnight: a case does not cross it.
fn seconds(event: &Value) -> f64 {
    let time = text(event, "at");
    let time = time.get(11..time.len().saturating_sub(1)).unwrap_or_default();
    time.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().expect("a time in RFC 3339"))
}
