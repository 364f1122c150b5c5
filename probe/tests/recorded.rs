//! The recorded captures give the events that were reviewed, message by message, against an independent dissector.
//!
//! `UPDATE_EXPECTED=1 cargo test -p probe --test recorded` writes the expected files anew, for review as a diff.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use event::{CellId, Direction, Event, ForwardingOperation, Kind, Number};
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
        Kind::CallEnded { direction, number, length, cause, left_view } => {
            with_party(*direction, *number)
                + &shown("length", length.map(|length| length.as_secs_f64()))
                + &shown("cause", *cause)
                + if *left_view { " left_view" } else { "" }
        }
        Kind::Sms { direction, peer } => with_party(*direction, *peer),
        Kind::Ussd { code } => format!(" code={code}"),
        Kind::CallForwarding(forwarding) => {
            assert!(!matches!(forwarding.operation, ForwardingOperation::Interrogate));
            format!(" {} service={:02x}{}", forwarding.operation.name(), forwarding.service, shown("to", forwarding.to))
        }
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::ImeiSeen => String::new(),
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
