//! Every message of every capture at hand, cut at each octet and damaged at each octet: what cannot be read is told and counted.
#![expect(clippy::expect_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use event::Event;
use fuzz::balance;
use fuzz::input::{Record, Step};
use fuzz::observer::Observer;
use fuzz::run::START;
use fuzz::seeds::{Sample, Samples};
use fuzz::shape::Shape;
use fuzz::wrapping::Wrapping;
use probe::capture::Frame;
use probe::wire::{Malformed, Message, Protocol};
use probe::{Probe, ProbeConfig, Provenance, Sink};

/// What an octet becomes.
const DAMAGES: [fn(u8) -> u8; 5] =
    [|_| 0, |_| 0xff, |octet| octet ^ 0x80, |octet| octet ^ 1, |octet| octet.wrapping_add(1)];

/// What a probe tells of one frame after the other.
#[derive(Default)]
struct Told {
    observer: Observer,
    names: Vec<(Protocol, &'static str)>,
    malformed: Vec<Malformed>,
}

impl Sink for Told {
    const MESSAGES: bool = true;

    fn event(&mut self, event: &Event) {
        self.observer.event(event);
    }

    fn message(&mut self, from: Provenance, message: &dyn Message) {
        self.observer.message(from, message);
        self.names.push((message.protocol(), message.name()));
    }

    fn malformed(&mut self, from: Provenance, malformed: Malformed) {
        self.observer.malformed(from, malformed);
        self.malformed.push(malformed);
    }
}

/// A probe that frames are given to.
struct Listener {
    probe: Probe,
    wrapping: Wrapping,
    told: Told,
    frames: u64,
}

impl Listener {
    fn new() -> Self {
        let probe = Probe::new(ProbeConfig::default());
        Self { probe, wrapping: Wrapping::default(), told: Told::default(), frames: 0 }
    }

    /// Takes octets in place of a sample's, and gives the messages in them, and whether any was malformed.
    fn hears(&mut self, sample: &Sample, octets: &[u8]) -> (Vec<(Protocol, &'static str)>, bool) {
        let record = Record { shape: sample.shape.number(), lane: sample.direction, step: Step(0), octets };
        let wrapped = self.wrapping.wrap(&record);
        self.frames += 1;
        let frame = Frame {
            number: self.frames,
            at: START,
            link: wrapped.link,
            captured: wrapped.octets,
            original_length: wrapped.original_length,
            file: 0,
        };
        self.probe.frame(&frame, &mut self.told);
        let is_malformed = !std::mem::take(&mut self.told.malformed).is_empty();
        (std::mem::take(&mut self.told.names), is_malformed)
    }

    fn closes_its_books(mut self) {
        self.probe.finish(&mut self.told);
        balance::check(&self.probe, &self.told.observer);
    }
}

/// The recorded captures, third parties' where they are, and a town on each transport.
fn captures() -> Vec<PathBuf> {
    let recorded = ["a-msc-leg.pcap", "lite-ipa-leg.pcap", "gb-sgsn-leg.pcap"].map(tests::recorded);
    let public = tests::shared_captures().map(|folder| folder.join("public").read_dir().expect("a folder can be read"));
    let public = public.into_iter().flatten().map(|entry| entry.expect("a folder can be read").path());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let towns = ["sigtran", "m2ua", "m2pa", "sua", "lite", "m3ua-tcp", "mtp2-header", "e1", "mtp3", "sccp"]
        .map(|transport| ("a", transport));
    let towns = towns.into_iter().chain([("gb", "sigtran")]).map(|(interface, transport)| {
        let out = folder.join(format!("{interface}-{transport}.pcap"));
        let of_town = ["--quiet", "--subscribers", "60", "--minutes", "10", "--action-every", "30"];
        let way = ["--interface", interface, "--transport", transport, "--longest-data", "100", "--identity", "0.3"];
        tests::run(tests::synthesise().args(of_town).args(way).arg("--out").arg(&out));
        out
    });
    recorded.into_iter().chain(public).chain(towns).collect()
}

/// A sample of each shape and messages in it. Of frames, those below SCCP and NS tell: the others come without them.
static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let (mut samples, mut looked_at) = (BTreeMap::new(), BTreeSet::new());
    for capture in captures() {
        for sample in Samples::of(&capture).expect("a capture can be read").all() {
            // Most are as long as another of the same type, which stands in the first octets.
            let head: Vec<_> = sample.octets.iter().take(2).copied().collect();
            if !looked_at.insert((sample.shape.number(), sample.octets.len(), head)) {
                continue;
            }
            let (mut names, _) = Listener::new().hears(sample, &sample.octets);
            if matches!(sample.shape, Shape::Frame(_)) {
                names.retain(|(protocol, _)| *protocol < Protocol::Sccp);
            }
            names.dedup();
            samples.entry((sample.shape.number(), names)).or_insert_with(|| sample.clone());
        }
    }
    samples.into_values().collect()
});

/// Frames repeat each other's numbers: each has a probe of its own.
fn hears_apart(listener: &mut Listener, sample: &Sample, octets: &[u8]) -> (Vec<(Protocol, &'static str)>, bool) {
    if !matches!(sample.shape, Shape::Frame(_)) {
        return listener.hears(sample, octets);
    }
    let mut alone = Listener::new();
    let heard = alone.hears(sample, octets);
    alone.closes_its_books();
    heard
}

#[test]
fn a_truncated_message_stops_nothing_and_is_accounted_for() {
    assert!(SAMPLES.len() > 200, "{} kinds of messages: the captures have lost some", SAMPLES.len());
    for sample in SAMPLES.iter() {
        let mut listener = Listener::new();
        let (whole, _) = hears_apart(&mut listener, sample, &sample.octets);
        for length in 0..sample.octets.len() {
            let octets = sample.octets.get(..length).unwrap_or_default();
            let (cut, is_malformed) = hears_apart(&mut listener, sample, octets);
            // An SCCP message has no optional end that could go unnoticed.
            assert!(
                cut.len() >= whole.len() || is_malformed || sample.shape != Shape::Sccp,
                "{length} octets of {sample:02x?}: {cut:?} in place of {whole:?}, and nothing malformed"
            );
        }
        listener.closes_its_books();
    }
}

#[test]
fn a_damaged_message_stops_nothing_and_is_accounted_for() {
    for sample in SAMPLES.iter() {
        let mut listener = Listener::new();
        for place in 0..sample.octets.len() {
            for damage in DAMAGES {
                let mut octets = sample.octets.clone();
                octets.iter_mut().skip(place).take(1).for_each(|octet| *octet = damage(*octet));
                hears_apart(&mut listener, sample, &octets);
            }
        }
        listener.closes_its_books();
    }
}
