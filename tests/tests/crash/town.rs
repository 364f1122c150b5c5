//! The load: captures of synthetic towns, one after the other, hours apart, so that buckets close and old ones go.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::{Event, Timestamp};
use probe::capture::Capture;
use probe::{Probe, ProbeConfig, Sink};
use tests::{run, synthesise};

use super::truth::{EventKey, key};

/// When each town's capture begins. The second and the third cross the end of a bucket; by the third the first is older
/// than the retention.
const STARTS: [&str; 3] = ["2026-03-02T09:00:00Z", "2026-03-02T11:50:00Z", "2026-03-04T23:50:00Z"];
const SUBSCRIBERS: &str = "1200";
const MINUTES: &str = "20";

/// How long, in packet time, an event waits for earlier ones: somewhat more than it takes.
const REORDERED: Duration = Duration::from_secs(1);
/// Longer than packet time from one release of what was put in order to the next: what is told late (who it is about was not known
/// before) waits for that too.
const STEP: Duration = Duration::from_millis(50);

/// One input.
pub struct Town {
    folder: PathBuf,
    pub capture: Vec<u8>,
    /// Where each frame's record ends in the capture, and its time.
    pub frames: Vec<(usize, Timestamp)>,
}

/// The towns, and the file of everybody who lives there.
pub fn build(folder: &Path, seed: u64) -> (Vec<Town>, PathBuf) {
    let mut people: BTreeMap<String, String> = BTreeMap::new();
    let mut head = String::new();
    let towns = STARTS.iter().zip(seed..).map(|(start, seed)| {
        let (capture, directory) = (folder.join("town.pcap"), folder.join("town.csv"));
        run(synthesise()
            .args(["--subscribers", SUBSCRIBERS, "--minutes", MINUTES, "--quiet", "--start", start])
            .args(["--seed", &seed.to_string(), "--out"])
            .arg(&capture)
            .arg("--directory")
            .arg(&directory));
        let directory = fs::read_to_string(directory).expect("a subscriber file");
        let mut lines = directory.lines();
        head = lines.next().expect("a head").to_owned();
        let key = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
        people.extend(lines.map(|line| (key(line), line.to_owned())));
        Town::read(folder, fs::read(capture).expect("a capture"))
    });
    let towns = towns.collect();
    let everybody = folder.join("everybody.csv");
    let lines: Vec<&str> = [head.as_str()].into_iter().chain(people.values().map(String::as_str)).collect();
    fs::write(&everybody, lines.join("\n") + "\n").expect("a file can be written");
    (towns, everybody)
}

impl Town {
    /// A pcap file in little endian with microseconds, as the synthesiser writes it.
    fn read(folder: &Path, capture: Vec<u8>) -> Self {
        const FILE_HEADER: usize = 24;
        const RECORD_HEADER: usize = 16;
        assert_eq!(capture[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
        let number = |at: usize| u32::from_le_bytes(capture[at..at + 4].try_into().expect("four octets"));
        let (mut frames, mut at) = (Vec::new(), FILE_HEADER);
        while at < capture.len() {
            let micros = i64::from(number(at)) * 1_000_000 + i64::from(number(at + 4));
            at += RECORD_HEADER + number(at + 8) as usize;
            frames.push((at, Timestamp::from_micros(micros)));
        }
        Self { folder: folder.to_owned(), capture, frames }
    }

    /// The events that a probe has told, and an engine has passed on, when it has seen the frames up to this one.
    pub fn released(&self, frame: usize) -> Vec<EventKey> {
        let (end, at) = self.frames[frame];
        let file = self.folder.join("part.pcap");
        fs::write(&file, &self.capture[..end]).expect("a file can be written");
        let mut capture = Capture::open(&[file]).expect("a capture");
        let (mut probe, mut told) = (Probe::new(ProbeConfig::default()), Told(Vec::new()));
        while let Some(frame) = capture.next().expect("a whole capture").filter(|frame| frame.at <= at - STEP) {
            probe.frame(&frame, &mut told);
        }
        let released = told.0.into_iter().filter(|event| event.at < at - REORDERED);
        released.filter_map(|event| Some(key(event.imsi?, &event))).collect()
    }
}

struct Told(Vec<Event>);

impl Sink for Told {
    fn event(&mut self, event: &Event) {
        self.0.push(*event);
    }
}
