//! E1 recordings as captures: what was recorded on an A interface over IP gives the same events when it came by E1.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bench::e1::{Bits, BlockHead, Framer, Framing, Numbering, Recording, SignalUnits, stuffed};
use event::{Answered, Event, Kind, Timestamp};
use probe::capture::e1::{BitOrder, E1Settings, RawSettings};
use probe::capture::follow::Follow;
use probe::capture::{Capture, CaptureError, Deadline, Step};
use probe::track::e1::{Content, LinkPlan, LinkSettings};
use probe::track::transport::{Payload, Transport, TransportSettings};
use probe::{Probe, ProbeConfig, Sink};

/// Keeps events.
#[derive(Default)]
struct Events(Vec<Event>);

impl Sink for Events {
    fn event(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("touchpoint-e1-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, octets).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An SCCP message as recorded.
struct Recorded {
    at: Timestamp,
    sender: u32,
    receiver: u32,
    octets: Vec<u8>,
}

fn captured() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/osmocom/a-msc-leg.pcap")
}

fn recorded() -> Vec<Recorded> {
    let mut source = Capture::open(&[captured()]).unwrap();
    let mut transport = Transport::new(&TransportSettings::default());
    let mut messages = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        transport.frame(&frame, 0, &mut Events::default(), &mut |carrier, payload, _| {
            let Payload::Sccp(octets) = payload else { return };
            let (at, sender, receiver) = (carrier.from.at, carrier.sender, carrier.receiver);
            messages.push(Recorded { at, sender, receiver, octets: octets.to_vec() });
        });
    }
    messages
}

/// MTP3: service information octet of a national network, routing label, SCCP (ITU-T Q.704 §2.2, §14.2).
fn mtp3(message: &Recorded) -> Vec<u8> {
    let label = message.receiver | message.sender << 14;
    [&[0x83][..], &label.to_le_bytes(), &message.octets].concat()
}

/// How a recording is made.
#[derive(Clone, Copy)]
struct Way {
    numbering: Numbering,
    timeslots: &'static [usize],
    crc4: bool,
    first_is_most_significant: bool,
    /// Bits before the first frame of a block.
    offset: usize,
}

/// One side's line of a link.
struct Side {
    port: u16,
    blocks: u32,
    units: SignalUnits,
}

impl Side {
    fn new(port: u16, numbering: Numbering) -> Self {
        Self { port, blocks: 0, units: SignalUnits::new(numbering) }
    }

    /// A block that ends shortly after the message has come, at its time; each repeated as if it had been refused.
    fn block(&mut self, way: &Way, message: &Recorded) -> (BlockHead, Bits) {
        let octets = mtp3(message);
        let mut channel = Bits::default();
        (0..4).for_each(|_| channel.append(&stuffed(&self.units.fill_in())));
        channel.append(&stuffed(&self.units.message(&octets)));
        let closing = channel.len() + 8;
        if self.blocks.is_multiple_of(7) {
            channel.append(&stuffed(&self.units.fill_in()));
            channel.append(&stuffed(&self.units.again(&octets)));
        }
        let frame_bits = way.timeslots.len() * 8;
        let lead = 6;
        let mut padded = Bits::default();
        (0..lead * way.timeslots.len()).for_each(|_| padded.push_octet(0x7e));
        padded.append(&channel);
        let framing = Framing { crc4: way.crc4, remote_alarm: false };
        let count = padded.len() / frame_bits + 8;
        let mut bits = Bits::default();
        (0..way.offset).for_each(|_| bits.push(true));
        bits.append(&Framer::new(framing).channel(way.timeslots.iter().copied(), padded).frames(count));
        let micros = |bits: usize| Duration::from_micros(bits as u64 * 125 / 256);
        let at = message.at - micros(way.offset + (lead + closing / frame_bits) * 256);
        // Numbers that leave one out: each block stands alone.
        self.blocks += 2;
        (BlockHead { port: self.port, direction: 0, sequence: self.blocks, at }, bits)
    }
}

fn recording(way: &Way, messages: &[Recorded]) -> Vec<u8> {
    let (mut first, mut second) = (Side::new(2, way.numbering), Side::new(5, way.numbering));
    let mut recording = Recording::new(Vec::new(), way.first_is_most_significant).unwrap();
    for message in messages {
        let side = if message.sender < message.receiver { &mut first } else { &mut second };
        let (head, bits) = side.block(way, message);
        recording.block(head, &bits.octets(way.first_is_most_significant)).unwrap();
    }
    recording.finish().unwrap()
}

fn settings(links: &[&str]) -> E1Settings {
    let links = links.iter().map(|link| link.parse::<LinkPlan>().unwrap()).collect();
    E1Settings { links: LinkSettings::Planned(links), raw: None }
}

fn events(file: PathBuf, settings: E1Settings) -> (Vec<Event>, Capture) {
    let mut source = Capture::open_with(&[file], settings).unwrap();
    let mut probe = Probe::new(ProbeConfig::default());
    let mut events = Events::default();
    while let Some(frame) = source.next().unwrap() {
        probe.frame(&frame, &mut events);
    }
    probe.finish(&mut events);
    (events.0, source)
}

/// The event without what the way of its messages decides: its frame, and fractions of time.
fn comparable(event: &Event) -> Event {
    let mut event = *event;
    event.frame = 0;
    event.at = Timestamp::MIN;
    if let Kind::CallEnded { answered: Answered::For(length), .. } = &mut event.kind {
        *length = Duration::from_secs(length.as_secs_f64().round() as u64);
    }
    event
}

fn check(name: &str, link: &str, way: Way) {
    let folder = Folder::new(name);
    let messages = recorded();
    let file = folder.file("lines.e1", &recording(&way, &messages));
    let (found, source) = events(file, settings(&[link]));
    let (expected, _) = events(captured(), E1Settings::default());
    assert!(expected.len() > 20);
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(comparable(found), comparable(expected), "{name}");
        let apart = found.at.since(expected.at).max(expected.at.since(found.at));
        assert!(apart < Duration::from_millis(2), "{name}: {} is not {}", found.at, expected.at);
    }
    let lines = source.e1_lines();
    let given: u64 = lines.iter().flat_map(|line| &line.channels).map(|channel| channel.counters.given).sum();
    assert_eq!(lines.len(), 2, "{name}");
    assert!(given as usize > messages.len(), "{name}: repetitions and changed fill-in units are frames too");
    let gaps: u64 = lines.iter().map(|line| line.counters.gaps).sum();
    assert_eq!((gaps + 2, source.e1_counters().blocks), (messages.len() as u64, messages.len() as u64), "{name}");
}

#[test]
fn a_recorded_a_interface_gives_the_same_events_through_e1() {
    let narrow =
        Way { numbering: Numbering::Basic, timeslots: &[16], crc4: false, first_is_most_significant: true, offset: 0 };
    check("64k", "2:16/5:16=mtp2", narrow);
    let way = Way { offset: 45, crc4: true, first_is_most_significant: false, ..narrow };
    check("64k-shifted", "2:16/5:16=mtp2", way);
    let timeslots = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20];
    let wide = Way { numbering: Numbering::AnnexA, timeslots, offset: 250, ..narrow };
    check("wide", "2:1-15,17-20/5:1-15,17-20=mtp2-annex-a", wide);
}

/// A link that is up, in both directions of port 0, for so many frames.
fn idle(frames: usize) -> Bits {
    let side = SignalUnits::new(Numbering::Basic);
    let mut bits = Bits::default();
    while bits.len() < frames * 8 {
        bits.append(&stuffed(&side.fill_in()));
        bits.append(&stuffed(&side.status(1)));
    }
    Framer::new(Framing::default()).channel([16], bits).frames(frames)
}

fn head(direction: u8) -> BlockHead {
    BlockHead { port: 0, direction, sequence: u32::MAX, at: Timestamp::from_seconds(1_772_442_000) }
}

fn frames(file: &Path, settings: E1Settings) -> (Vec<Timestamp>, Option<CaptureError>, Capture) {
    let mut source = Capture::open_with(&[file.into()], settings).unwrap();
    let mut times = Vec::new();
    loop {
        match source.next() {
            Ok(Some(frame)) => times.push(frame.at),
            Ok(None) => return (times, None, source),
            Err(error) => return (times, Some(error), source),
        }
    }
}

#[test]
fn frames_of_all_lines_are_in_the_order_of_time() {
    let folder = Folder::new("order");
    let mut recording = Recording::new(Vec::new(), true).unwrap();
    let bits = idle(4000);
    recording.line(head(0), &bits, 1 << 20).unwrap();
    recording.line(head(1), &bits, 50_000).unwrap();
    let file = folder.file("both.e1", &recording.finish().unwrap());
    let (times, error, source) = frames(&file, E1Settings::default());
    assert!(error.is_none());
    assert!(times.len() > 500 && times.is_sorted());
    let lines = source.e1_lines();
    assert!(lines.iter().all(|line| line.is_aligned && line.counters.gaps == 0));
    let contents: Vec<_> = lines.iter().flat_map(|line| &line.channels).filter_map(|channel| channel.content).collect();
    assert_eq!(contents, [Content::Mtp2; 2], "recognised without being told");
}

#[test]
fn a_recording_cut_off_gives_what_was_whole() {
    let folder = Folder::new("cut");
    let mut recording = Recording::new(Vec::new(), true).unwrap();
    recording.line(head(0), &idle(1000), 1000).unwrap();
    let octets = recording.finish().unwrap();
    let file = folder.file("whole.e1", &octets);
    let (whole, error, _) = frames(&file, settings(&["0:16=mtp2"]));
    assert!(error.is_none() && whole.len() > 100);
    for cut in [17, 35, 36, 500, 1036, 1037, 20_000, octets.len() - 1] {
        let file = folder.file("cut.e1", &octets[..cut]);
        let (times, error, _) = frames(&file, settings(&["0:16=mtp2"]));
        assert_eq!(times, whole[..times.len()], "cut at {cut}");
        assert_eq!(error.is_some_and(|error| error.is_truncation()), (cut - 16) % 1020 != 0, "cut at {cut}");
    }
}

#[test]
fn a_block_that_is_missing_is_a_gap() {
    let folder = Folder::new("gap");
    let (mut recording, bits) = (Recording::new(Vec::new(), true).unwrap(), idle(1000));
    let next = recording.line(head(0), &bits, 1000).unwrap();
    let missing = BlockHead { sequence: next.sequence + 3, ..next };
    let next = recording.line(missing, &bits, 1000).unwrap();
    let paused = BlockHead { at: next.at + Duration::from_millis(11), ..next };
    recording.line(paused, &bits, 1000).unwrap();
    let file = folder.file("gap.e1", &recording.finish().unwrap());
    let (_, _, source) = frames(&file, settings(&["0:16"]));
    let counters = source.e1_lines()[0].counters;
    assert_eq!((counters.gaps, counters.alignment_recoveries, counters.alignment_losses), (2, 3, 0));
}

#[test]
fn octets_without_header_are_read_when_told_so() {
    let folder = Folder::new("raw");
    let start = Timestamp::from_seconds(1_772_442_000);
    for bit_order in [BitOrder::FirstHighest, BitOrder::FirstLowest] {
        let file = folder.file("raw", &idle(1000).octets(bit_order == BitOrder::FirstHighest));
        assert!(Capture::open(std::slice::from_ref(&file)).is_err());
        let settings = E1Settings { raw: Some(RawSettings { start, bit_order }), ..settings(&["0:16=mtp2"]) };
        let (times, error, _) = frames(&file, settings);
        assert!(error.is_none() && times.len() > 100, "{bit_order:?}");
        assert!(times[0] > start && times[times.len() - 1] < start + Duration::from_millis(126));
    }
}

#[test]
fn a_recording_is_followed_as_it_grows() {
    let folder = Folder::new("follow");
    let mut recording = Recording::new(Vec::new(), true).unwrap();
    let bits = idle(4000);
    for direction in [0, 1] {
        recording.line(head(direction), &bits, 10_000).unwrap();
    }
    let octets = recording.finish().unwrap();
    let whole = frames(&folder.file("whole", &octets), settings(&["0:16=mtp2"])).0;
    std::fs::remove_file(folder.0.join("whole")).unwrap();
    let growing = folder.file("a.e1", &octets[..octets.len() / 3]);
    let mut follow = Follow::open(folder.0.clone(), settings(&["0:16=mtp2"]), &Deadline::new(None)).unwrap();
    let mut followed = Vec::new();
    let mut read = |followed: &mut Vec<Timestamp>| {
        let mut quiet = 0;
        while quiet < 3 {
            match follow.next(usize::MAX).unwrap() {
                Step::Frames(frames) => followed.extend(frames.iter().map(|frame| frame.at)),
                Step::News(_, news) => panic!("{news}"),
                Step::Quiet(_) => quiet += 1,
                Step::End => break,
            }
        }
    };
    read(&mut followed);
    assert!(followed.len() > 50 && followed.len() < whole.len(), "{} frames", followed.len());
    std::fs::OpenOptions::new().append(true).open(growing).unwrap().write_all(&octets[octets.len() / 3..]).unwrap();
    let mut later = Recording::new(Vec::new(), true).unwrap();
    let at = Timestamp::from_seconds(1_772_443_000);
    later.line(BlockHead { at, ..head(0) }, &idle(1000), 10_000).unwrap();
    folder.file("b.e1", &later.finish().unwrap());
    read(&mut followed);
    assert_eq!(followed[..whole.len()], whole);
    assert!(followed.len() > whole.len(), "the next file is read too");
}
