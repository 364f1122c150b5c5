use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use event::{Binding, Event, Timestamp, Tmsi};

use super::*;
use crate::capture::Capture;
use crate::{Probe, ProbeConfig, Sink};

/// As few subscribers a turn that a recorded capture takes several.
const A_TURN: usize = 2;

#[derive(Default)]
struct Events(Vec<Event>);

impl Sink for Events {
    fn event(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

/// The events of some frames of a recorded capture.
fn read(probe: &mut Probe, capture: &str, frames: std::ops::Range<u64>) -> Vec<Event> {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/osmocom").join(capture);
    let mut source = Capture::open(&[recorded]).unwrap();
    let mut events = Events::default();
    while let Some(frame) = source.next().unwrap() {
        if frames.contains(&frame.number) {
            probe.frame(&frame, &mut events);
        }
    }
    probe.finish(&mut events);
    events.0
}

fn fresh(feed: u16) -> Probe {
    Probe::new(ProbeConfig { feed, ..ProbeConfig::default() })
}

fn written(probe: &mut Probe) -> Vec<u8> {
    let (mut octets, mut writing) = (Vec::new(), Some(Writing::default()));
    while let Some(turn) = writing {
        writing = probe.remember(turn, A_TURN, Timestamp::MIN, &mut octets);
    }
    octets
}

fn recall(probe: &mut Probe, octets: &[u8]) -> Recalled {
    probe.recall(octets, Timestamp::MIN, Timestamp::MAX).unwrap()
}

/// A capture that is cut after any frame: what follows is nobody's, or whose it would have been; and somebody is known who
/// would not have been.
fn check(capture: &str) {
    let whole = read(&mut fresh(0), capture, 0..u64::MAX);
    let whose: BTreeMap<_, _> = whole.iter().map(|event| ((event.frame, event.kind.index()), event.imsi)).collect();
    let (mut suspects, mut resolved, mut without) = (0, 0, 0);
    for cut in (20..whole.last().unwrap().frame).step_by(10) {
        let mut before = fresh(0);
        read(&mut before, capture, 0..cut);
        // Numbers of feeds may change between runs.
        let mut after = fresh(7);
        let octets = written(&mut before);
        recall(&mut after, &octets);
        let events = read(&mut after, capture, cut..u64::MAX);
        for event in &events {
            let expected = whose.get(&(event.frame, event.kind.index())).copied().flatten();
            assert!(event.imsi.is_none() || expected.is_none() || event.imsi == expected, "cut at {cut}: {event:?}");
        }
        suspects += events.iter().filter(|event| event.binding == Binding::Suspect).count();
        resolved += events.iter().filter(|event| event.imsi.is_some()).count();
        let events = read(&mut fresh(7), capture, cut..u64::MAX);
        without += events.iter().filter(|event| event.imsi.is_some()).count();
    }
    assert!(suspects > 0 && resolved > without, "{suspects} suspect, {resolved} resolved, {without} without");
}

#[test]
fn a_restart_over_sigtran_knows_whom_it_knew_and_doubts_it() {
    check("a-msc-leg.pcap");
}

#[test]
fn a_restart_over_ipa_knows_whom_it_knew_and_doubts_it() {
    check("lite-ipa-leg.pcap");
}

#[test]
fn a_restart_on_gb_knows_whom_it_knew_and_doubts_it() {
    check("gb-sgsn-leg.pcap");
}

#[test]
fn what_was_taken_back_is_written_again() {
    for capture in ["a-msc-leg.pcap", "lite-ipa-leg.pcap", "gb-sgsn-leg.pcap"] {
        let mut first = fresh(0);
        read(&mut first, capture, 0..u64::MAX);
        let octets = written(&mut first);
        let mut second = fresh(1);
        let bindings = rows(&octets).unwrap().filter(|row| matches!(row, Ok(Row::Binding { .. }))).count() as u64;
        let recalled = recall(&mut second, &octets);
        assert_eq!((recalled.bindings, recalled.beside, recalled.areas.is_empty()), (bindings, 0, false), "{capture}");
        let again = written(&mut second);
        assert_eq!(again.len(), octets.len(), "{capture}");
    }
}

#[test]
fn bindings_beside_the_time_asked_for_stay_where_they_are() {
    let mut first = fresh(0);
    read(&mut first, "a-msc-leg.pcap", 0..u64::MAX);
    let octets = written(&mut first);
    let all = recall(&mut fresh(0), &octets).bindings;
    let confirmed = rows(&octets).unwrap().filter_map(|row| match row {
        Ok(Row::Binding { at, .. }) => Some(at),
        _ => None,
    });
    let middle = confirmed.min().unwrap();
    let asked = |since, until| {
        let recalled = fresh(0).recall(&octets, since, until).unwrap();
        (recalled.bindings, recalled.beside)
    };
    let (early, late) = (asked(Timestamp::MIN, middle), asked(middle + Duration::from_micros(1), Timestamp::MAX));
    assert!(early.0 > 0 && late.0 > 0);
    assert_eq!((early.0 + early.1, late), (all, (early.1, early.0)));
}

#[test]
fn who_is_taken_out_is_not_there_and_the_rest_is_whole() {
    let mut first = fresh(0);
    read(&mut first, "a-msc-leg.pcap", 0..u64::MAX);
    let octets = written(&mut first);
    let imsi = "001010000000001".parse().unwrap();
    let (kept, gone) = without(&octets, imsi).unwrap();
    assert!(gone > 0);
    assert_eq!(recall(&mut fresh(0), &kept).bindings + gone, recall(&mut fresh(0), &octets).bindings);
    assert!(!kept.windows(8).any(|octets| octets == imsi.to_bits().to_be_bytes()));
    assert_eq!(without(&kept, imsi), Ok((kept.clone(), 0)));
}

#[test]
fn octets_that_are_cut_off_or_changed_are_refused() {
    let mut first = fresh(0);
    read(&mut first, "gb-sgsn-leg.pcap", 0..u64::MAX);
    let octets = written(&mut first);
    for length in 0..octets.len() {
        assert_eq!(fresh(0).recall(&octets[..length], Timestamp::MIN, Timestamp::MAX), Err(Unreadable), "{length}");
    }
    let mut changed = octets;
    changed[ROW_OCTETS] = 0xff;
    assert_eq!(fresh(0).recall(&changed, Timestamp::MIN, Timestamp::MAX), Err(Unreadable));
}

#[test]
fn of_two_holders_of_one_identity_the_younger_is_taken_in_either_order() {
    let vlr = Vlr { network: ENDPOINTS, node: 5 };
    let (old, new) = ("460001234567890".parse().unwrap(), "460001234567891".parse().unwrap());
    let binding = |imsi, second| {
        let at = Timestamp::from_seconds(second);
        Row::Binding { map: Map::Circuit, vlr, tmsi: Tmsi(7), imsi, at }
    };
    for rows in [[binding(old, 1), binding(new, 2)], [binding(new, 2), binding(old, 1)]] {
        let mut octets = LEAD.to_vec();
        rows.iter().for_each(|row| row.write(&mut octets));
        Row::Endpoint { id: 5, endpoint: Endpoint::Node(900) }.write(&mut octets);
        Row::End(3).write(&mut octets);
        let mut probe = fresh(0);
        recall(&mut probe, &octets);
        let own = probe.parts().transport.nodes_mut().1.id(0, Endpoint::Node(900)).unwrap();
        let temporary = Temporary { vlr: Vlr { network: ENDPOINTS, node: own }, tmsi: Tmsi(7) };
        let resolved = probe.parts().identities(Map::Circuit).resolve(temporary);
        assert_eq!(resolved, Some((new, Binding::Suspect)));
    }
}
