//! The recorded captures give the events that were reviewed, message by message, against an independent dissector.
//!
//! `UPDATE_EXPECTED=1 cargo test -p probe --test recorded` writes the expected files anew, for review as a diff.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use event::{Binding, CellId, Direction, Event, ForwardingOperation, Kind, Number, Timestamp};
use probe::capture::{Capture, Frame};
use probe::{Probe, ProbeConfig, Sink};

/// Keeps events.
#[derive(Default)]
struct Events(Vec<Event>);

impl Sink for Events {
    fn event(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/osmocom").join(name)
}

/// The events of a capture whose frames pass through `change` first.
fn events(capture: &str, mut change: impl FnMut(&mut [u8])) -> (Vec<Event>, Probe) {
    let mut source = Capture::open(&[recorded(capture)]).unwrap();
    let mut probe = Probe::new(ProbeConfig::default());
    let mut events = Events::default();
    while let Some(frame) = source.next().unwrap() {
        let mut octets = frame.captured.to_vec();
        change(&mut octets);
        probe.frame(&Frame { captured: &octets, ..frame }, &mut events);
    }
    probe.finish(&mut events);
    (events.0, probe)
}

fn shown<T: std::fmt::Display>(name: &str, value: Option<T>) -> String {
    value.map_or(String::new(), |value| format!(" {name}={value}"))
}

fn with_party(direction: Direction, number: Option<Number>) -> String {
    format!(" {}{}", direction.name(), shown("number", number))
}

fn detail(kind: &Kind) -> String {
    match kind {
        Kind::LocationUpdate { update, old } => format!(" {}{}", update.name(), shown("old", *old)),
        Kind::LocationUpdateRejected { update, cause } => format!(" {} cause={cause}", update.name()),
        Kind::ServiceRejected { cause } => format!(" cause={cause}"),
        Kind::CallSetup { direction, number, emergency } => {
            with_party(*direction, *number) + if *emergency { " emergency" } else { "" }
        }
        Kind::CallAnswered { direction, number } => with_party(*direction, *number),
        Kind::CallEnded { direction, number, answered, cause, left_view } => {
            with_party(*direction, *number)
                + &shown("length", answered.length().map(|length| length.as_secs_f64()))
                + &shown("cause", *cause)
                + if *left_view { " left_view" } else { "" }
        }
        Kind::Sms { direction, peer } => with_party(*direction, *peer),
        Kind::SmsRejected { direction, peer, cause } => with_party(*direction, *peer) + &format!(" cause={cause}"),
        Kind::Ussd { code } => format!(" code={code}"),
        Kind::CallForwarding(forwarding) => {
            assert!(!matches!(forwarding.operation, ForwardingOperation::Interrogate));
            format!(" {} service={:02x}{}", forwarding.operation.name(), forwarding.service, shown("to", forwarding.to))
        }
        Kind::GprsAttach { combined, old } => {
            format!("{}{}", if *combined { " combined" } else { "" }, shown("old", *old))
        }
        Kind::GprsAttachRejected { cause } => format!(" cause={cause}"),
        Kind::RoutingAreaUpdate { update, old } => format!(" {}{}", update.name(), shown("old", *old)),
        Kind::RoutingAreaUpdateRejected { update, cause } => format!(" {} cause={cause}", update.name()),
        Kind::GprsDetach { power_off } => if *power_off { " power_off" } else { "" }.to_owned(),
        Kind::PdpActivated { access_point } | Kind::PdpDeactivated { access_point } => {
            shown("access_point", *access_point)
        }
        Kind::WebVisit { host } => format!(" {host}"),
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::ImeiSeen | Kind::Sighting => String::new(),
    }
}

fn line(event: &Event) -> String {
    let mut line = format!("{:>4} {} {}{}", event.frame, event.at, event.kind.name(), detail(&event.kind));
    let cell = Some(event.cell).filter(|cell| *cell != CellId::UNKNOWN);
    let parts = [
        shown("imsi", event.imsi),
        format!(" {}", event.binding.name()),
        shown("tmsi", event.tmsi),
        shown("imei", event.imei),
        shown("cell", cell),
    ];
    parts.iter().for_each(|part| line.push_str(part));
    line
}

#[track_caller]
fn check(capture: &str) {
    let (events, _) = events(capture, |_| {});
    let text = events.iter().fold(String::new(), |mut text, event| {
        writeln!(text, "{}", line(event)).unwrap();
        text
    });
    let expected = recorded(capture).with_extension("events");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&expected, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&expected).unwrap(), "{}", expected.display());
}

#[test]
fn a_over_m3ua() {
    check("a-msc-leg.pcap");
}

#[test]
fn a_over_ipa() {
    check("lite-ipa-leg.pcap");
}

#[test]
fn gb_over_udp() {
    check("gb-sgsn-leg.pcap");
}

#[test]
fn a_story_of_elements_over_m3ua() {
    check("elements-m3ua.pcap");
}

#[test]
fn a_story_of_elements_over_ipa() {
    check("elements-ipa.pcap");
}

#[test]
fn a_story_of_elements_on_gb() {
    check("elements-gb.pcap");
}

#[test]
fn frames_taken_together_give_the_same_events_in_the_same_order() {
    for capture in ["a-msc-leg.pcap", "lite-ipa-leg.pcap", "gb-sgsn-leg.pcap"] {
        let mut source = Capture::open(&[recorded(capture)]).unwrap();
        let (mut probe, mut together) = (Probe::new(ProbeConfig::default()), Events::default());
        let mut largest = 0;
        loop {
            let batch = source.batch().unwrap();
            if batch.is_empty() {
                break;
            }
            largest = largest.max(batch.len());
            probe.frames(batch, &mut together);
        }
        probe.finish(&mut together);
        assert_eq!((largest, together.0), (probe::capture::BATCH_FRAMES, events(capture, |_| {}).0), "{capture}");
    }
}

/// Keeps events, and the times of frames that were taken.
#[derive(Default)]
struct Passing(Vec<Result<Event, Timestamp>>);

impl Sink for Passing {
    const FRAMES: bool = true;

    fn frame(&mut self, at: Timestamp) {
        self.0.push(Err(at));
    }

    fn event(&mut self, event: &Event) {
        self.0.push(Ok(*event));
    }
}

#[test]
fn a_frame_has_passed_when_what_it_brought_was_told_and_before_what_the_next_one_brings() {
    for capture in ["a-msc-leg.pcap", "lite-ipa-leg.pcap", "gb-sgsn-leg.pcap"] {
        let mut source = Capture::open(&[recorded(capture)]).unwrap();
        let (mut probe, mut alone) = (Probe::new(ProbeConfig::default()), Passing::default());
        while let Some(frame) = source.next().unwrap() {
            probe.frame(&frame, &mut alone);
            assert_eq!(alone.0.last(), Some(&Err(frame.at)));
        }
        let mut source = Capture::open(&[recorded(capture)]).unwrap();
        let (mut probe, mut together) = (Probe::new(ProbeConfig::default()), Passing::default());
        loop {
            let batch = source.batch().unwrap();
            if batch.is_empty() {
                break;
            }
            probe.frames(batch, &mut together);
        }
        assert_eq!(together.0, alone.0, "{capture}");
    }
}

/// Makes a COMMON ID a message that nobody knows: 00, length, 2f, IMSI.
fn without_common_id(octets: &mut [u8]) {
    const BSSMAP_WITH_IMSI: [u8; 5] = [0x00, 0x0b, 0x2f, 0x08, 0x08];
    const SPARE: u8 = 0x7f;
    let found = octets.windows(BSSMAP_WITH_IMSI.len()).position(|window| window == BSSMAP_WITH_IMSI);
    if let Some(octet) = found.and_then(|place| octets.get_mut(place + 2)) {
        *octet = SPARE;
    }
}

/// Every IMSI of these captures is shown by a location update or a page, so COMMON ID adds nothing but its own word.
#[track_caller]
fn check_without_common_id(capture: &str, common_ids: u64) {
    let named = |probe: &Probe, name: &str| {
        probe.counters().messages().filter(|(_, known, _)| *known == name).map(|(_, _, count)| count).sum::<u64>()
    };
    let (with, probe) = events(capture, |_| {});
    assert_eq!(named(&probe, "common_id"), common_ids);
    let (without, probe) = events(capture, without_common_id);
    assert_eq!(named(&probe, "common_id"), 0);
    let facts = |events: Vec<Event>| -> Vec<Event> {
        events.into_iter().map(|event| Event { binding: Binding::OnWire, ..event }).collect()
    };
    assert!(without.iter().all(|event| event.imsi.is_some()));
    assert_eq!(facts(without), facts(with));
}

#[test]
fn the_same_events_without_any_common_id() {
    check_without_common_id("a-msc-leg.pcap", 17);
    check_without_common_id("lite-ipa-leg.pcap", 6);
}

/// Joined anywhere, nobody is taken for somebody else: what shows the same device or TMSI is the same subscriber.
#[test]
fn from_any_point_on_nobody_is_taken_for_somebody_else() {
    let (whole, _) = events("a-msc-leg.pcap", |_| {});
    // The phones of this capture differ in the last digits of their IMEISV only.
    let imeisv = |event: &Event| event.imei.map(|imei| imei.to_string());
    let is_same_phone = |known: &Event, event: &Event| {
        known.imei.is_some() && imeisv(known) == imeisv(event)
            || known.tmsi.is_some() && known.tmsi == event.tmsi
            || known.frame == event.frame
    };
    for first in (1..516).step_by(7) {
        let mut frame = 0;
        let (later, _) = events("a-msc-leg.pcap", |octets| {
            frame += 1;
            if frame < first {
                octets.fill(0);
            }
        });
        for event in later.iter().filter(|event| event.imsi.is_some()) {
            // Without device and TMSI an event may stand alone: at a frame that tells nothing to who saw the rest.
            if let Some(known) = whole.iter().find(|known| is_same_phone(known, event)) {
                assert_eq!(known.imsi, event.imsi, "from frame {first}: {}", line(event));
            }
        }
        for kind in ["call_setup", "call_answered", "call_ended", "location_update", "sms_received"] {
            let count = |events: &[Event]| events.iter().filter(|event| event.kind.name() == kind).count();
            assert!(count(&later) <= count(&whole), "from frame {first}: {kind} twice");
        }
    }
}
