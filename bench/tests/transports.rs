//! One town over every transport: the probe finds the same events as over M3UA and SCTP, each in the frame that the truth says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;

use bench::Plan;
use bench::encode::point_code::Width;
use bench::link::{Cuts, Transport};
use bench::network::Size;
use event::{Answered, Event, Kind, Timestamp};
use probe::capture::Capture;
use probe::wire::PointCodeFormat;
use probe::{Probe, ProbeConfig, Sink};
use town::{Made, make, plan};

mod town;

/// Keeps events.
#[derive(Default)]
struct Events(Vec<Event>);

impl Sink for Events {
    fn event(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

fn events(name: &str, made: &Made, config: ProbeConfig) -> Vec<Event> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, &made.capture).unwrap();
    let mut capture = Capture::open(&[file]).unwrap();
    let mut probe = Probe::new(config);
    let mut events = Events::default();
    while let Some(frame) = capture.next().unwrap() {
        probe.frame(&frame, &mut events);
    }
    probe.finish(&mut events);
    events.0
}

/// The events without what the way of their messages decides: frames and times, and fractions of lengths. In an order of
/// their own.
fn comparable(events: &[Event]) -> Vec<String> {
    let mut events: Vec<String> = events
        .iter()
        .map(|event| {
            let mut event = Event { frame: 0, at: Timestamp::MIN, ..*event };
            if let Kind::CallEnded { answered: Answered::For(length), .. } = &mut event.kind {
                *length = Duration::from_secs((length.as_millis() as u64 + 250) / 1000);
            }
            format!("{event:?}")
        })
        .collect();
    events.sort();
    events
}

fn town() -> Plan {
    let size = Size { bscs: 3, links: 6, mscs: 1, pool: false, point_codes: Width::Itu };
    Plan { length: Duration::from_secs(300), size, ..plan(31) }
}

fn check(name: &str, plan: Plan, config: ProbeConfig, expected: &[String]) {
    let made = make(plan);
    let found = events(&format!("same-{name}"), &made, config);
    let mut frames: Vec<u64> = found.iter().map(|event| event.frame).collect();
    frames.sort_unstable();
    assert!(made.truth.iter().all(|fact| !fact.depends().contains(&None)), "{name}: the capture lacks a message");
    let mut true_frames: Vec<u64> = made.truth.iter().map(|fact| fact.frame().unwrap()).collect();
    true_frames.sort_unstable();
    let found = comparable(&found);
    let missing: Vec<_> = expected.iter().filter(|event| !found.contains(event)).take(3).collect();
    let extra: Vec<_> = found.iter().filter(|event| !expected.contains(event)).take(3).collect();
    println!("{name:24} {} frames, {} events", made.report.frames, found.len());
    assert!(found == expected, "{name}: {} of {}; missing {missing:#?}, extra {extra:#?}", found.len(), expected.len());
    assert!(frames == true_frames, "{name}: events are not in the frames that the truth names");
}

fn expected() -> Vec<String> {
    let made = make(town());
    let events = comparable(&events("sigtran", &made, ProbeConfig::default()));
    assert!(events.len() == made.truth.len() && events.len() > 500, "{} events", events.len());
    events
}

#[test]
fn every_transport_gives_the_events_of_sigtran() {
    let expected = expected();
    for (transport, name, _) in Transport::ALL {
        check(name, Plan { transport: *transport, ..town() }, ProbeConfig::default(), &expected);
    }
}

#[test]
fn messages_in_pieces_give_the_events_of_whole_ones() {
    let expected = expected();
    for (name, transport, cuts) in [
        ("sctp-fragments", Transport::Sigtran, Cuts { piece: 40, ..Cuts::default() }),
        ("tcp-segments", Transport::Lite, Cuts { piece: 25, ..Cuts::default() }),
        ("m3ua-tcp-segments", Transport::M3uaTcp, Cuts { piece: 33, ..Cuts::default() }),
        ("sccp-segments", Transport::Sigtran, Cuts { sccp: 20, ..Cuts::default() }),
        ("sua-segments", Transport::Sua, Cuts { sccp: 20, ..Cuts::default() }),
        ("mtp3-segments", Transport::Mtp3, Cuts { sccp: 12, ..Cuts::default() }),
        ("both", Transport::M2pa, Cuts { sccp: 30, piece: 24 }),
    ] {
        check(name, Plan { transport, cuts, ..town() }, ProbeConfig::default(), &expected);
    }
}

#[test]
fn point_codes_of_24_bits_give_the_events_of_14() {
    const NATIONAL: usize = 2;
    let expected = expected();
    let mut config = ProbeConfig::default();
    config.transport.point_codes[NATIONAL] = PointCodeFormat::China;
    let size = Size { point_codes: Width::China, ..town().size };
    for transport in [Transport::Sigtran, Transport::M2ua, Transport::Sua, Transport::Mtp3] {
        let name = format!("{transport:?}-24");
        check(&name, Plan { transport, size, ..town() }, config.clone(), &expected);
    }
}
