//! One town over every transport: the probe finds the same events as over M3UA and SCTP, each in the frame that the truth says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bench::Plan;
use bench::e1::Numbering;
use bench::encode::point_code::Width;
use bench::link::{Choices, LineLayout, Transport};
use bench::mirror::Wrapping;
use bench::network::Size;
use bench::procedures::Practice;
use event::{Answered, Event, Kind, Timestamp};
use probe::capture::Capture;
use probe::capture::e1::E1Settings;
use probe::track::e1::{LinkPlan, LinkSettings};
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

fn events(made: &Made, config: ProbeConfig, links: LinkSettings) -> Vec<Event> {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("town-{}-{}", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, &made.capture).unwrap();
    let mut capture = Capture::open_with(&[file.clone()], E1Settings { links, raw: None }).unwrap();
    let mut probe = Probe::new(config);
    let mut events = Events::default();
    while let Some(frame) = capture.next().unwrap() {
        probe.frame(&frame, &mut events);
    }
    probe.finish(&mut events);
    std::fs::remove_file(file).unwrap();
    events.0
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
    let size = Size { bscs: 3, links: 6, mscs: 1, pool: false, point_codes: Width::Itu };
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
