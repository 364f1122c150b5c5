//! One town over every transport: the probe finds the same events as over M3UA and SCTP, each in the frame that the truth says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bench::Plan;
use bench::e1::Numbering;
use bench::encode::point_code::Width;
use bench::link::gb::Carrier;
use bench::link::{Choices, LineLayout, Transport};
use bench::mirror::Wrapping;
use bench::network::Size;
use bench::procedures::Practice;
use bench::sgsn::Layout;
use bench::simulation::Interfaces;
use bench::tap::Faults;
use event::{Answered, Event, Kind, Timestamp};
use probe::capture::Capture;
use probe::capture::e1::E1Settings;
use probe::track::e1::{LinkPlan, LinkSettings};
use probe::wire::{Message, PointCodeFormat};
use probe::{Probe, ProbeConfig, Provenance, Sink};
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

fn events(made: &Made, config: ProbeConfig, links: LinkSettings) -> Vec<Event> {
    let mut events = Events::default();
    decode(made, config, links, &mut events);
    events.0
}

fn decode<S: Sink>(made: &Made, config: ProbeConfig, links: LinkSettings, sink: &mut S) {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("town-{}-{}", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, &made.capture).unwrap();
    let mut capture = Capture::open_with(std::slice::from_ref(&file), E1Settings { links, raw: None }).unwrap();
    let mut probe = Probe::new(config);
    while let Some(frame) = capture.next().unwrap() {
        probe.frame(&frame, sink);
    }
    probe.finish(sink);
    std::fs::remove_file(file).unwrap();
}

/// The events without what the way of their messages decides: frames and times, fractions of lengths, and which links a reset
/// concerns where nothing but addresses tells nodes apart. In an order of their own.
fn comparable(events: &[Event]) -> Vec<String> {
    let mut events: Vec<String> = events
        .iter()
        .map(|event| {
            let mut event = Event { frame: 0, at: Timestamp::MIN, after_reset: false, ..*event };
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
    let size = Size { bscs: 3, links: 6, mscs: 1, pool: None, point_codes: Width::Itu };
    Plan { length: Duration::from_secs(300), size, ..plan(31) }
}

fn check(name: &str, plan: Plan, config: ProbeConfig, expected: &[String]) {
    check_links(name, plan, config, LinkSettings::Automatic, expected);
}

fn check_links(name: &str, plan: Plan, config: ProbeConfig, links: LinkSettings, expected: &[String]) {
    let made = make(plan);
    let found = events(&made, config, links);
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
    let events = comparable(&events(&made, ProbeConfig::default(), LinkSettings::Automatic));
    assert!(events.len() == made.truth.len() && events.len() > 500, "{} events", events.len());
    events
}

#[test]
fn every_transport_gives_the_events_of_sigtran() {
    let expected = expected();
    for (transport, name, _) in Transport::ALL.iter().filter(|(transport, ..)| *transport != Transport::E1) {
        check(name, Plan { transport: *transport, ..town() }, ProbeConfig::default(), &expected);
    }
}

#[test]
fn messages_in_pieces_give_the_events_of_whole_ones() {
    let expected = expected();
    for (name, transport, choices) in [
        ("sctp-fragments", Transport::Sigtran, Choices { longest_piece: 40, ..Choices::default() }),
        ("tcp-segments", Transport::Lite, Choices { longest_piece: 25, ..Choices::default() }),
        ("m3ua-tcp-segments", Transport::M3uaTcp, Choices { longest_piece: 33, ..Choices::default() }),
        ("sccp-segments", Transport::Sigtran, Choices { longest_data: 20, ..Choices::default() }),
        ("sua-segments", Transport::Sua, Choices { longest_data: 20, ..Choices::default() }),
        ("mtp3-segments", Transport::Mtp3, Choices { longest_data: 12, ..Choices::default() }),
        ("both", Transport::M2pa, Choices { longest_data: 30, longest_piece: 24, ..Choices::default() }),
    ] {
        check(name, Plan { transport, choices, ..town() }, ProbeConfig::default(), &expected);
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

#[test]
fn frames_in_a_mirrors_wrappings_give_the_events_of_plain_ones() {
    let expected = expected();
    let check_wrapped = |transport, wrappings: &[Wrapping]| {
        let plan = Plan { transport, wrappings: wrappings.to_vec(), ..town() };
        check(&format!("{transport:?} {wrappings:?}"), plan, ProbeConfig::default(), &expected);
    };
    for (wrapping, _) in Wrapping::ALL {
        check_wrapped(Transport::Sigtran, &[*wrapping]);
    }
    use Wrapping::{Erspan3, Fragments, Gre, Ipv6, Mpls, Ppp, QinQ, Sll2, Vlan, Vxlan};
    check_wrapped(Transport::Lite, &[Ipv6, Fragments, QinQ, Sll2]);
    check_wrapped(Transport::Sua, &[Fragments, Mpls, Vxlan]);
    check_wrapped(Transport::M3uaTcp, &[Vlan, Erspan3, Fragments, Ppp]);
    check_wrapped(Transport::M2pa, &[Ipv6, Gre, Vlan, Vxlan]);
}

#[test]
fn links_in_timeslots_of_e1_give_the_events_of_sigtran() {
    // Seconds, as every bit of every line is made and read.
    let busy = Practice { action_every: Duration::from_secs(12), ..town().practice };
    let size = Size { bscs: 2, links: 2, ..town().size };
    let town = Plan { length: Duration::from_secs(14), practice: busy, size, ..town() };
    let made = make(town.clone());
    let expected = comparable(&events(&made, ProbeConfig::default(), LinkSettings::Automatic));
    assert!(expected.len() > 200, "{} events", expected.len());
    let narrow = Choices::default().layout;
    let (basic, annex_a) = ("mtp2", "mtp2-annex-a");
    for (layout, content) in [
        (narrow, basic),
        (LineLayout { crc4: true, least_significant_first: true, ..narrow }, basic),
        (LineLayout { timeslots: Some(10), ..narrow }, basic),
        (LineLayout { timeslots: Some(31), crc4: true, numbering: Numbering::AnnexA, ..narrow }, annex_a),
        (LineLayout { timeslots: None, numbering: Numbering::AnnexA, ..narrow }, annex_a),
    ] {
        let name = |link| format!("{}={content}", layout.name(link)).parse::<LinkPlan>().unwrap();
        let links = LinkSettings::Planned((0..town.size.links as u16).map(name).collect());
        let choices = Choices { layout, ..Choices::default() };
        let plan = Plan { transport: Transport::E1, choices, ..town.clone() };
        check_links(&format!("e1 {:?}", layout.timeslots), plan, ProbeConfig::default(), links, &expected);
    }
}

#[test]
fn with_one_message_in_a_hundred_lost_nobody_gets_the_event_of_another() {
    let faults = Faults { loss: 0.01, ..Faults::default() };
    // What a link of MTP2 sends again is in no list of owners.
    let is_numbered = |transport| matches!(transport, Transport::E1 | Transport::Mtp2 | Transport::Mtp2WithHeader);
    for (transport, name, _) in Transport::ALL.iter().filter(|(transport, ..)| !is_numbered(*transport)) {
        for choices in [Choices::default(), Choices { longest_data: 30, longest_piece: 60, ..Choices::default() }] {
            let made = make(Plan { transport: *transport, choices, faults, ..town() });
            let found = events(&made, ProbeConfig::default(), LinkSettings::Automatic);
            let is_strangers = |event: &&Event| {
                let known = event.imsi.map(|imsi| imsi.to_string());
                known.is_some_and(|imsi| !made.owners.contains(&(event.frame, imsi)))
            };
            let wrong: Vec<_> = found.iter().filter(is_strangers).collect();
            let told = found.len() as f64 / made.truth.len() as f64;
            println!("{name:12} {} frames lost, {:.1} % of events told", made.report.tap.lost, 100.0 * told);
            assert!(made.report.tap.lost > 50 && wrong.is_empty(), "{name}: {wrong:?}");
            assert!((0.9..=1.01).contains(&told), "{name}: {told}");
        }
    }
}

/// Events of Gb, and how often each message above the carrier was said.
#[derive(Default)]
struct Said {
    events: Vec<Event>,
    messages: BTreeMap<(&'static str, &'static str), usize>,
}

impl Sink for Said {
    const MESSAGES: bool = true;

    fn event(&mut self, event: &Event) {
        self.events.push(*event);
    }

    fn message(&mut self, _: Provenance, message: &dyn Message) {
        *self.messages.entry((message.protocol().name(), message.name())).or_default() += 1;
    }
}

#[test]
fn every_carrier_of_gb_gives_what_udp_gives() {
    let mut expected = None;
    for (carrier, name, _) in Carrier::ALL {
        let town = town();
        let packet = Layout { carrier: *carrier, ..town.packet };
        let size = Size { bscs: 2, links: 2, ..town.size };
        let made = make(Plan { interfaces: Interfaces::Gb, length: Duration::from_secs(30), packet, size, ..town });
        let layout = Choices::default().layout;
        let link = |link| format!("{}=frame-relay", layout.name(link)).parse::<LinkPlan>().unwrap();
        let mut said = Said::default();
        decode(&made, ProbeConfig::default(), LinkSettings::Planned((0..2).map(link).collect()), &mut said);
        let found = (comparable(&said.events), said.messages);
        println!("{name:12} {} frames, {} events", made.report.frames, found.0.len());
        assert!(found.1.values().sum::<usize>() >= 16, "{:?}", found.1);
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert!(found == *expected, "{name}: {found:#?} is not {expected:#?}"),
        }
    }
}
