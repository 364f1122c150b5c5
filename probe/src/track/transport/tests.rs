//! Transports over the recorded captures and over packets made here: wrapped, split, doubled, reordered, cut.

mod ways;

use std::path::Path;

use event::{Event, Timestamp};

use super::*;
use crate::capture::{Capture, LinkType};
use crate::wire::Protocol;

struct Silent;

impl Sink for Silent {
    fn event(&mut self, _: &Event) {}
}

/// An SCCP message: frame, network, sender, receiver, octets.
type Sccp = (u64, u32, u32, u32, Vec<u8>);

struct Case {
    transport: Transport,
    found: Vec<Sccp>,
    frames: u64,
}

impl Case {
    fn new() -> Self {
        Self { transport: Transport::new(&TransportSettings::default()), found: Vec::new(), frames: 0 }
    }

    fn frame(&mut self, link: LinkType, seconds: i64, captured: &[u8]) {
        self.frames += 1;
        let (number, at) = (self.frames, Timestamp::from_seconds(seconds));
        let original_length = captured.len() as u32;
        let frame = Frame { number, at, link, captured, original_length, file: 0 };
        let Self { transport, found, .. } = self;
        transport.frame(&frame, 0, &mut Silent, &mut |carrier, payload, _: &mut Silent| {
            let Payload::Sccp(octets) = payload else { return };
            found.push((carrier.from.frame, carrier.network, carrier.sender, carrier.receiver, octets.to_vec()));
        });
    }

    fn packet(&mut self, packet: &[u8]) {
        self.frame(LinkType::Raw, 0, packet);
    }

    fn finish(&mut self) {
        let Self { transport, found, .. } = self;
        transport.finish(&mut Silent, &mut |carrier, payload, _: &mut Silent| {
            let Payload::Sccp(octets) = payload else { return };
            found.push((carrier.from.frame, carrier.network, carrier.sender, carrier.receiver, octets.to_vec()));
        });
    }

    fn counters(&self) -> &TransportCounters {
        self.transport.counters()
    }

    fn octets(&self) -> Vec<Vec<u8>> {
        self.found.iter().map(|sccp| sccp.4.clone()).collect()
    }
}

/// Ethernet frames of a recorded capture.
fn recorded(name: &str) -> Vec<(i64, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/osmocom").join(name);
    let mut capture = Capture::open(&[path]).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = capture.next().unwrap() {
        assert_eq!(frame.link, LinkType::Ethernet);
        frames.push((frame.at.as_micros() / 1_000_000, frame.captured.to_vec()));
    }
    frames
}

fn replay(frames: &[(i64, Vec<u8>)]) -> Case {
    let mut case = Case::new();
    for (seconds, frame) in frames {
        case.frame(LinkType::Ethernet, *seconds, frame);
    }
    case
}

fn sorted(mut messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    messages.sort();
    messages
}

#[test]
fn the_recorded_a_interface_gives_what_a_dissector_finds() {
    let case = replay(&recorded("a-msc-leg.pcap"));
    let counters = case.counters();
    assert_eq!(case.found.len(), 347);
    assert_eq!((counters.sctp_packets, counters.sctp_data, counters.sctp_repeated), (516, 356, 0));
    assert_eq!((counters.m3ua_data, counters.m3ua_management), (347, 9));
    assert_eq!(counters.malformed().count(), 0);
    let ways = |sender, receiver| case.found.iter().filter(|sccp| (sccp.2, sccp.3) == (sender, receiver)).count();
    assert_eq!((ways(185, 187), ways(187, 185)), (179, 168));
    assert!(case.found.iter().all(|sccp| sccp.1 == case.found[0].1));
}

#[test]
fn the_recorded_sccplite_gives_what_a_dissector_finds() {
    let mut case = replay(&recorded("lite-ipa-leg.pcap"));
    case.finish();
    let counters = case.counters();
    assert_eq!(case.found.len(), 103);
    assert_eq!((counters.tcp_segments, counters.ipa_sccp, counters.ipa_control), (188, 103, 5));
    assert_eq!((counters.tcp_holes, counters.tcp_octets_skipped), (0, 0));
}

#[test]
fn every_truncation_of_every_frame_is_survived() {
    for name in ["a-msc-leg.pcap", "lite-ipa-leg.pcap", "gb-sgsn-leg.pcap"] {
        let mut case = Case::new();
        for (seconds, frame) in recorded(name) {
            for len in 0..frame.len() {
                case.frame(LinkType::Ethernet, seconds, &frame[..len]);
            }
        }
        let malformed: u64 = case.counters().malformed().map(|(_, count)| count).sum();
        assert!(malformed > 30 * 100, "{name}: {malformed}");
        assert_eq!(case.counters().frames, case.frames);
    }
}

#[test]
fn any_octet_may_be_wrong() {
    for name in ["a-msc-leg.pcap", "lite-ipa-leg.pcap"] {
        let mut case = Case::new();
        for (index, (seconds, frame)) in recorded(name).into_iter().enumerate() {
            for place in 0..frame.len() {
                let mut wrong = frame.clone();
                wrong[place] ^= ((index + place) as u8) | 1;
                case.frame(LinkType::Ethernet, seconds, &wrong);
            }
        }
        case.finish();
        assert_eq!(case.counters().frames, case.frames);
    }
}

#[test]
fn a_doubled_tap_gives_each_message_once() {
    for name in ["a-msc-leg.pcap", "lite-ipa-leg.pcap"] {
        let frames = recorded(name);
        let once = replay(&frames);
        let doubled: Vec<_> = frames.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect();
        let twice = replay(&doubled);
        assert_eq!(twice.octets(), once.octets(), "{name}");
        assert_eq!(twice.counters().sctp_repeated, once.counters().sctp_data, "{name}");
        // The other tap is late by ten frames.
        let late = frames.iter().skip(10).zip(&frames).flat_map(|(now, late)| [now.clone(), late.clone()]);
        let late: Vec<_> = frames[..10].iter().cloned().chain(late).collect();
        assert_eq!(sorted(replay(&late).octets()), sorted(once.octets()), "{name}");
    }
}

#[test]
fn a_repetition_by_another_path_of_the_association_is_a_repetition() {
    let frames = recorded("a-msc-leg.pcap");
    let other_path = frames.iter().map(|(seconds, frame)| {
        let mut frame = frame.clone();
        frame[26..34].copy_from_slice(&[10, 9, 8, 7, 10, 9, 8, 6]);
        (*seconds, frame)
    });
    let both: Vec<_> = frames.iter().cloned().zip(other_path).flat_map(|(a, b)| [b, a]).collect();
    assert_eq!(replay(&both).octets(), replay(&frames).octets());
}

#[test]
fn seen_from_the_middle_the_rest_is_decoded() {
    for (name, start) in [("a-msc-leg.pcap", 200), ("lite-ipa-leg.pcap", 80)] {
        let frames = recorded(name);
        let rest = replay(&frames).found.into_iter().filter(|sccp| sccp.0 > start as u64).map(|sccp| sccp.4);
        assert_eq!(replay(&frames[start..]).octets(), rest.collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn neighbours_that_change_places_lose_nothing() {
    for name in ["a-msc-leg.pcap", "lite-ipa-leg.pcap"] {
        let frames = recorded(name);
        let mut swapped = frames.clone();
        swapped[20..].chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        let mut case = replay(&swapped);
        case.finish();
        assert_eq!(sorted(case.octets()), sorted(replay(&frames).octets()), "{name}");
    }
}

#[test]
fn lost_tcp_segments_cost_only_their_own_messages() {
    let frames = recorded("lite-ipa-leg.pcap");
    let whole = replay(&frames);
    let lost: Vec<u64> = whole.found.iter().map(|sccp| sccp.0).skip(10).step_by(20).collect();
    let mut case = Case::new();
    for (index, (seconds, frame)) in frames.iter().enumerate() {
        if !lost.contains(&(index as u64 + 1)) {
            case.frame(LinkType::Ethernet, *seconds, frame);
        }
    }
    case.finish();
    let kept = whole.found.iter().filter(|sccp| !lost.contains(&sccp.0)).map(|sccp| sccp.4.clone());
    assert_eq!(sorted(case.octets()), sorted(kept.collect()));
    assert!(case.counters().tcp_holes > 0);
}

#[test]
fn a_snapped_capture_gives_what_it_holds() {
    let frames = recorded("a-msc-leg.pcap");
    let whole = replay(&frames);
    let snapped: Vec<_> = frames.iter().map(|(at, frame)| (*at, frame[..frame.len().min(136)].to_vec())).collect();
    let case = replay(&snapped);
    let begins = |held: &Sccp| whole.found.iter().any(|sccp| sccp.0 == held.0 && sccp.4.starts_with(&held.4));
    assert!(case.found.iter().all(begins));
    // Only chunks behind the end of what is held are lost.
    assert!(case.found.len() > 330 && case.octets() != whole.octets(), "{}", case.found.len());
}

/// An IPv4 packet, or a fragment of one.
fn ipv4(protocol: u8, identification: u16, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let (id, place) = (identification.to_be_bytes(), fragment.to_be_bytes());
    let header = [0x45, 0, total[0], total[1], id[0], id[1], place[0], place[1], 64, protocol, 0, 0];
    [&header[..], &[10, 0, 0, 1, 10, 0, 0, 2], payload].concat()
}

fn sctp(tag: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&2905_u16.to_be_bytes()[..], &2906_u16.to_be_bytes(), &tag.to_be_bytes(), &[0; 4]].concat();
    [&[header][..], chunks].concat().concat()
}

fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).unwrap().to_be_bytes();
    let mut chunk = [&[kind, flags, length[0], length[1]][..], value].concat();
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

fn data(flags: u8, tsn: u32, payload: &[u8]) -> Vec<u8> {
    chunk(0, flags, &[&tsn.to_be_bytes()[..], &[0, 1, 0, 0, 0, 0, 0, 3], payload].concat())
}

fn m3ua(sccp: &[u8]) -> Vec<u8> {
    let protocol_data = [&[0, 0, 0, 1, 0, 0, 0, 2, 3, 2, 0, 0][..], sccp].concat();
    let length = u16::try_from(protocol_data.len() + 4).unwrap().to_be_bytes();
    let mut parameter = [&[2, 0x10, length[0], length[1]][..], &protocol_data].concat();
    parameter.resize(parameter.len().next_multiple_of(4), 0);
    let total = u32::try_from(parameter.len() + 8).unwrap().to_be_bytes();
    [&[1, 0, 1, 1][..], &total, &parameter].concat()
}

#[test]
fn user_messages_in_fragments_are_put_together() {
    let message = m3ua(b"a message longer than a chunk");
    let (a, b, c) = (&message[..16], &message[16..32], &message[32..]);
    let parts = [data(2, u32::MAX, a), data(0, 0, b), data(1, 1, c)];
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let mut case = Case::new();
        for index in order {
            case.packet(&ipv4(132, 0, 0, &sctp(9, &[parts[index].clone()])));
            case.packet(&ipv4(132, 0, 0, &sctp(9, &[parts[index].clone()])));
        }
        assert_eq!(case.octets(), [b"a message longer than a chunk".to_vec()], "{order:?}");
        assert_eq!((case.counters().sctp_repeated, case.counters().sctp_reassembled), (3, 1));
    }
}

#[test]
fn ip_fragments_are_put_together_below_sctp() {
    let packet = sctp(9, &[data(3, 1, &m3ua(b"one")), data(3, 2, &m3ua(b"two"))]);
    let mut case = Case::new();
    case.packet(&ipv4(132, 7, 5, &packet[40..]));
    case.packet(&ipv4(132, 7, 0x2000, &packet[..40]));
    assert_eq!(case.octets(), [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!((case.counters().ip_fragments, case.counters().ip_reassembled), (2, 1));
}

#[test]
fn a_new_association_under_an_old_tag_begins_its_numbering_anew() {
    let init_ack = |initial: u32| {
        chunk(2, 0, &[&77_u32.to_be_bytes()[..], &[0; 4], &[0, 1, 0, 1], &initial.to_be_bytes()].concat())
    };
    let mut case = Case::new();
    for (initial, text) in [(100, b"one"), (100, b"one"), (99, b"two")] {
        case.packet(&ipv4(132, 0, 0, &sctp(9, &[init_ack(initial)])));
        case.packet(&ipv4(132, 0, 0, &sctp(9, &[data(3, 100, &m3ua(text))])));
    }
    assert_eq!(case.octets(), [b"one".to_vec(), b"two".to_vec()]);
}

#[test]
fn without_verification_tag_nothing_is_taken_for_repeated() {
    let mut case = Case::new();
    for text in [b"one", b"two"] {
        case.packet(&ipv4(132, 0, 0, &sctp(0, &[data(3, 0, &m3ua(text))])));
    }
    assert_eq!(case.octets(), [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(case.counters().sctp_untagged, 2);
}

fn tcp(flags: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let ports = [&40_000_u16.to_be_bytes()[..], &5000_u16.to_be_bytes()].concat();
    let segment = [&ports, &sequence.to_be_bytes()[..], &[0; 4], &[0x50, flags, 0, 0, 0, 0, 0, 0], payload].concat();
    ipv4(6, 0, 0, &segment)
}

#[test]
fn a_port_used_again_is_another_network_between_the_same_ends() {
    let ipa = |mark| [0, 2, 0xfd, 1, mark];
    let mut case = Case::new();
    case.packet(&tcp(2, 999, &[]));
    case.packet(&tcp(0x18, 1000, &ipa(1)));
    case.packet(&tcp(2, 999, &[])); // the SYN again changes nothing
    case.packet(&tcp(0x18, 1000, &ipa(1)));
    case.packet(&tcp(2, 5000, &[]));
    case.packet(&tcp(0x18, 5006, &ipa(3)));
    case.packet(&tcp(4, 5011, &[])); // RST: what waits behind the hole is given
    let marks: Vec<_> = case.found.iter().map(|sccp| (sccp.0, sccp.4[1])).collect();
    assert_eq!(marks, [(2, 1), (6, 3)]);
    let [first, second] = &case.found[..] else { unreachable!() };
    assert_ne!(first.1, second.1);
    assert_eq!((first.2, first.3), (second.2, second.3));
    assert_ne!(first.2, first.3);
    assert_eq!((case.counters().tcp_connections, case.counters().tcp_holes), (2, 1));
}

/// A segment between a port of M3UA and one of IPA.
fn between_ports(from: u16, to: u16, flags: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let ports = [from.to_be_bytes(), to.to_be_bytes()].concat();
    let segment = [&ports, &sequence.to_be_bytes()[..], &[0; 4], &[0x50, flags, 0, 0, 0, 0, 0, 0], payload].concat();
    ipv4(6, 0, 0, &segment)
}

#[test]
fn between_two_known_ports_the_syn_or_the_content_tells_what_is_carried() {
    let (syn, syn_ack, ack) = (2, 18, 16);
    let ipa = [0, 2, 0xfd, 1, 7];
    let m3ua = m3ua(b"sccp");
    let check = |segments: &[Vec<u8>], expected: &[u8]| {
        let mut case = Case::new();
        segments.iter().for_each(|segment| case.packet(segment));
        case.finish();
        assert_eq!(case.octets(), [expected.to_vec()]);
    };
    check(&[between_ports(2905, 5000, syn, 9, &[]), between_ports(2905, 5000, ack, 10, &ipa)], &[1, 7]);
    check(&[between_ports(2905, 5000, syn_ack, 9, &[]), between_ports(5000, 2905, ack, 10, &m3ua)], b"sccp");
    check(&[between_ports(2905, 5000, ack, 9, &[]), between_ports(2905, 5000, ack, 9, &m3ua)], b"sccp");
    check(&[between_ports(5000, 2905, ack, 9, &ipa), between_ports(2905, 5000, ack, 9, &[])], &[1, 7]);
}

#[test]
fn an_idle_direction_is_forgotten() {
    let mut case = Case::new();
    let packet = ipv4(132, 0, 0, &sctp(9, &[data(3, 1, &m3ua(b"one"))]));
    for seconds in [0, 100, 800, 1800] {
        case.frame(LinkType::Raw, seconds, &packet);
    }
    assert_eq!((case.found.len(), case.counters().sctp_directions), (2, 2));
}

#[test]
fn what_is_not_ours_is_counted() {
    let mut case = Case::new();
    case.packet(&ipv4(17, 0, 0, &[0; 8]));
    case.packet(&ipv4(50, 0, 0, &[0; 8]));
    case.packet(&ipv4(6, 0, 0, &[0, 80, 0, 81, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0, 9]));
    case.frame(LinkType::Ethernet, 0, &[&[0; 12][..], &[8, 6], &[0; 28]].concat());
    case.frame(LinkType::Ethernet, 0, &[&[0; 12][..], &[0, 38], &[0; 38]].concat());
    case.packet(&ipv4(132, 0, 0, &[0; 4]));
    let counters = case.counters();
    assert_eq!((counters.udp, counters.other_ip_protocols, counters.tcp_other_ports), (1, 1, 1));
    assert_eq!((counters.arp, counters.other_ether_types), (1, 1));
    let malformed: Vec<_> = counters.malformed().map(|(malformed, count)| (malformed.layer, count)).collect();
    assert_eq!(malformed, [(Protocol::Sctp, 1)]);
    assert_eq!(counters.iter().find(|(name, _)| *name == "udp"), Some(("udp", 1)));
}
