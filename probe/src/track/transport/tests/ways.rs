//! Every way to SCCP and NS, from octets made here by the specifications; each was read by an independent dissector too.

use super::*;
use crate::track::loss::{EndpointLosses, LinkLoss};

/// UNITDATA between subsystems 254 of the point codes 187 (called) and 185, with three octets of data.
const UDT: [u8; 19] = [9, 0, 3, 7, 11, 4, 0x43, 0xbb, 0, 254, 4, 0x43, 0xb9, 0, 254, 3, 0, 1, 0x31];

/// From 185 to 187, national, link selection 5.
fn mtp3(sccp: &[u8]) -> Vec<u8> {
    [&[0x83, 0xbb, 0x40, 0x2e, 0x50][..], sccp].concat()
}

fn mtp2(fsn: u8, mtp3: &[u8]) -> Vec<u8> {
    let li = mtp3.len().min(63) as u8;
    [&[0x80, 0x80 | fsn, li][..], mtp3].concat()
}

/// Link 7, sent or received, numbers of 7 bits.
fn pseudo(sent: bool, unit: &[u8]) -> Vec<u8> {
    [&[u8::from(sent), 0, 0, 7][..], unit].concat()
}

fn parameter(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).unwrap().to_be_bytes();
    let mut octets = [&tag.to_be_bytes()[..], &length, value].concat();
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

fn adaptation(class: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
    [&[1, 0, class, kind][..], &length, body].concat()
}

fn m2ua(mtp3: &[u8]) -> Vec<u8> {
    adaptation(6, 1, &[parameter(1, &[0, 0, 0, 9]), parameter(0x300, mtp3)].concat())
}

fn m2pa(fsn: u8, mtp3: &[u8]) -> Vec<u8> {
    adaptation(11, 1, &[&[0, 0, 0, 0, 0, 0, 0, fsn, 0][..], mtp3].concat())
}

/// M3UA of 185 to 187 in network 2.
fn m3ua_of(sccp: &[u8]) -> Vec<u8> {
    m3ua_between(185, 187, sccp)
}

fn m3ua_between(opc: u8, dpc: u8, sccp: &[u8]) -> Vec<u8> {
    let data = [&[0, 0, 0, opc, 0, 0, 0, dpc, 3, 2, 0, 5][..], sccp].concat();
    adaptation(1, 1, &parameter(0x210, &data))
}

fn data_of(protocol: u8, tsn: u32, payload: &[u8]) -> Vec<u8> {
    chunk(0, 3, &[&tsn.to_be_bytes()[..], &[0, 1, 0, 0, 0, 0, 0, protocol], payload].concat())
}

fn on_sctp(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4(132, 0, 0, &sctp(9, &[data_of(protocol, 1, payload)]))
}

fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 8).unwrap().to_be_bytes();
    ipv4(17, 0, 0, &[&source.to_be_bytes()[..], &destination.to_be_bytes(), &length, &[0, 0], payload].concat())
}

fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], &ether_type.to_be_bytes(), payload].concat()
}

fn check_way(link: LinkType, frame: &[u8], nodes: (u32, u32)) {
    let mut case = Case::new();
    case.frame(link, 0, frame);
    let found: Vec<_> = case.found.iter().map(|sccp| (sccp.2, sccp.3, &sccp.4[..])).collect();
    assert_eq!(found, [(nodes.0, nodes.1, &UDT[..])], "{link:?} {frame:02x?}");
    for len in 0..frame.len() {
        case.frame(link, 0, &frame[..len]);
    }
    assert_eq!(case.counters().frames, case.frames);
}

#[test]
fn every_way_leads_to_the_message() {
    let (mtp3, points) = (mtp3(&UDT), (185, 187));
    for link in [LinkType::Ipv4, LinkType::Raw] {
        check_way(link, &on_sctp(3, &m3ua_of(&UDT)), points);
        check_way(link, &on_sctp(2, &m2ua(&mtp3)), points);
        check_way(link, &on_sctp(5, &m2pa(1, &mtp3)), points);
        check_way(link, &on_sctp(0, &m3ua_of(&UDT)), points);
    }
    check_way(LinkType::Mtp2, &mtp2(1, &mtp3), points);
    check_way(LinkType::Mtp2, &[mtp2(1, &mtp3), vec![0xaa, 0xbb]].concat(), points); // with check bits
    check_way(LinkType::Mtp2WithPseudoHeader, &pseudo(true, &mtp2(1, &mtp3)), points);
    let extended = [&[1, 1, 0, 7, 0x34, 0x82, 0x35, 0x82, mtp3.len() as u8, 0][..], &mtp3].concat();
    check_way(LinkType::Mtp2WithPseudoHeader, &extended, points);
    check_way(LinkType::Mtp3, &mtp3, points);
    check_way(LinkType::Sccp, &UDT, (0, 0));
}

#[test]
fn every_tunnel_is_followed() {
    let (packet, points) = (on_sctp(3, &m3ua_of(&UDT)), (185, 187));
    let frame = ethernet(0x0800, &packet);
    let gre = |header: &[u8], carried: &[u8]| ipv4(47, 0, 0, &[header, carried].concat());
    let erspan_2 = gre(&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 0], &frame);
    let vxlan = udp(50_000, 4789, &[&[8, 0, 0, 0, 0, 0, 7, 0][..], &frame].concat());
    let mpls = ethernet(0x8847, &[&[0, 1, 0x20, 64, 0, 2, 0x21, 64][..], &packet].concat());
    let pseudowire = ethernet(0x8847, &[&[0, 2, 0x21, 64, 0, 0, 0, 0][..], &frame].concat());
    let ppp = [&[0xff, 3, 0, 0x21][..], &packet].concat();
    let pppoe_length = u16::try_from(packet.len() + 2).unwrap().to_be_bytes();
    let pppoe = ethernet(0x8864, &[&[0x11, 0, 0, 1][..], &pppoe_length, &[0, 0x21], &packet].concat());
    for (link, frame) in [
        (LinkType::Raw, &gre(&[0, 0, 8, 0], &packet)),
        (LinkType::Raw, &gre(&[0x20, 0, 8, 0, 0, 0, 0, 7], &packet)),
        (LinkType::Raw, &erspan_2),
        (LinkType::Raw, &vxlan),
        (LinkType::Raw, &ipv4(4, 0, 0, &packet)),
        (LinkType::Raw, &gre(&[0, 0, 0x65, 0x58], &ethernet(0x0800, &vxlan))),
        (LinkType::Ethernet, &mpls),
        (LinkType::Ethernet, &pseudowire),
        (LinkType::Ethernet, &pppoe),
        (LinkType::from_code(9).unwrap(), &ppp),
    ] {
        check_way(link, frame, points);
    }
}

#[test]
fn tunnels_in_tunnels_end_somewhere() {
    let mut packet = on_sctp(3, &m3ua_of(&UDT));
    for depth in 0..=TUNNEL_LIMIT {
        let mut case = Case::new();
        case.packet(&packet);
        assert_eq!((case.found.len(), case.counters().tunnels_too_deep), (1, 0), "depth {depth}");
        packet = ipv4(4, 0, 0, &packet);
    }
    let mut case = Case::new();
    case.packet(&packet);
    assert_eq!((case.found.len(), case.counters().tunnels_too_deep), (0, 1));
}

#[test]
fn a_tunnel_and_what_is_in_it_may_both_be_fragmented() {
    let inner = sctp(9, &[data_of(3, 1, &m3ua_of(&UDT))]);
    let mut case = Case::new();
    for (identification, (place, part)) in (1..).zip([(0x2000, &inner[..40]), (5, &inner[40..])]) {
        let tunnelled = ipv4(132, 7, place, part);
        case.packet(&ipv4(4, identification, 0x2000, &tunnelled[..24]));
        case.packet(&ipv4(4, identification, 3, &tunnelled[24..]));
    }
    assert_eq!(case.octets(), [UDT.to_vec()]);
    assert_eq!(case.counters().ip_reassembled, 3);
}

#[test]
fn m3ua_is_found_on_tcp() {
    let message = m3ua_of(&UDT);
    let segment = |sequence: u32, payload: &[u8]| {
        let header = [&[0x9c, 0x40, 0x0b, 0x59][..], &sequence.to_be_bytes(), &[0; 4], &[0x50, 0x18, 0, 0, 0, 0, 0, 0]];
        ipv4(6, 0, 0, &[&header.concat(), payload].concat())
    };
    let mut case = Case::new();
    case.packet(&segment(1000, &[&message[..], &message[..9]].concat()));
    case.packet(&segment(1000 + message.len() as u32 + 9, &message[9..]));
    assert_eq!(case.octets(), [UDT.to_vec(), UDT.to_vec()]);
    assert_eq!((case.found[0].2, case.found[0].3), (185, 187));
}

#[test]
fn chinese_point_codes_are_read_where_configured() {
    let label = [0x83, 3, 2, 1, 6, 5, 4, 5];
    let mut case = Case::new();
    let point_codes = [
        PointCodeFormat::International,
        PointCodeFormat::International,
        PointCodeFormat::China,
        PointCodeFormat::China,
    ];
    case.transport = Transport::new(&TransportSettings { point_codes, ..TransportSettings::default() });
    case.frame(LinkType::Mtp3, 0, &[&label[..], &UDT].concat());
    let international = [&[0x03, 0xbb, 0x40, 0x2e, 0x50][..], &UDT].concat();
    case.frame(LinkType::Mtp3, 1, &international);
    let ways: Vec<_> = case.found.iter().map(|sccp| (sccp.2, sccp.3)).collect();
    assert_eq!(ways, [(0x04_0506, 0x01_0203), (185, 187)]);
    assert_ne!(case.found[0].1, case.found[1].1, "other network indicators are other networks");
}

#[test]
fn signal_units_without_message_are_counted_and_repeated_ones_taken_once() {
    let mut case = Case::new();
    let sent = |unit: &[u8]| pseudo(true, unit);
    for unit in [
        &sent(&[0x80, 0x85, 0]),
        &sent(&[0xff, 0xff, 1, 0]),
        &sent(&mtp2(0, &mtp3(&UDT))),
        &sent(&mtp2(1, &mtp3(b"other"))),
        &sent(&mtp2(0, &mtp3(&UDT))),
        &sent(&mtp2(1, &mtp3(b"other"))),
        &sent(&mtp2(2, &mtp3(&UDT))),
        &sent(&mtp2(4, &[0x85, 0xbb, 0x40, 0x2e, 0x50])),
    ] {
        case.frame(LinkType::Mtp2WithPseudoHeader, 0, unit);
    }
    let counters = case.counters();
    assert_eq!(case.octets(), [UDT.to_vec(), b"other".to_vec(), UDT.to_vec()]);
    assert_eq!((counters.mtp2_fill_in_units, counters.mtp2_link_status_units), (1, 1));
    assert_eq!((counters.mtp2_messages, counters.mtp2_repeated, counters.mtp3_other_services), (6, 2, 1));
    let losses = case.transport.losses(&EndpointLosses::default());
    assert_eq!(losses.iter().map(told).collect::<Vec<_>>(), ["mtp2 0/7 sent: 1 of 5"]);
}

fn told(loss: &LinkLoss) -> String {
    let silent = if loss.silent { ", silent" } else { "" };
    format!("{}: {} of {}{silent}", loss.link, loss.missing, loss.seen + loss.missing)
}

#[test]
fn a_message_on_both_sides_of_a_transfer_point_is_one() {
    let side = |tag, tsn| ipv4(132, 0, 0, &sctp(tag, &[data_of(3, tsn, &m3ua_of(&UDT))]));
    let mut case = Case::new();
    case.packet(&side(1, 1));
    case.packet(&side(2, 1));
    case.frame(LinkType::Mtp3, 0, &mtp3(&UDT));
    assert_eq!((case.found.len(), case.counters().sccp_duplicates), (1, 2));
    case.packet(&side(1, 2)); // sent again under a new number: again a message
    case.packet(&side(2, 2));
    assert_eq!((case.found.len(), case.counters().sccp_duplicates), (2, 3));
    case.frame(LinkType::Raw, 1, &side(2, 3));
    assert_eq!((case.found.len(), case.counters().sccp_duplicates), (3, 3));
}

#[test]
fn what_was_lost_before_the_capture_is_told_by_link() {
    let towards = |tsn| sctp(1, &[data_of(3, tsn, &m3ua_of(&UDT))]);
    let sack = |tag: u32, tsn: u32| sctp(tag, &[chunk(3, 0, &[&tsn.to_be_bytes()[..], &[0; 8]].concat())]);
    let back = |payload: Vec<u8>| {
        let mut packet = ipv4(132, 0, 0, &payload);
        packet[12..20].copy_from_slice(&[10, 0, 0, 2, 10, 0, 0, 1]);
        packet[20..24].copy_from_slice(&[0x0b, 0x5a, 0x0b, 0x59]);
        packet
    };
    let mut case = Case::new();
    for tsn in [1, 2, 5, 6] {
        case.packet(&ipv4(132, 0, 0, &towards(tsn)));
    }
    case.packet(&back(sack(2, 8)));
    // And the other side's data is never seen, although it is acknowledged.
    case.packet(&ipv4(132, 0, 0, &sack(1, 100)));
    case.packet(&ipv4(132, 0, 0, &sack(1, 130)));
    assert_eq!(
        case.transport.losses(&EndpointLosses::default()).iter().map(told).collect::<Vec<_>>(),
        ["sctp 10.0.0.1:2905 > 10.0.0.2:2906: 4 of 8", "sctp 10.0.0.2:2906 > 10.0.0.1:2905: 30 of 30, silent",]
    );
}

/// What an NS PDU or an SUA message came with: sender, receiver, and the PDU's octets or the message's data.
fn other_payloads(frames: &[(LinkType, Vec<u8>)]) -> Vec<(u32, u32, Vec<u8>)> {
    let (mut transport, mut found) = (Transport::new(&TransportSettings::default()), Vec::new());
    // Apart in time: what comes again at once is a second tap's.
    for (second, (link, captured)) in (0..).zip(frames) {
        let at = Timestamp::from_seconds(second);
        let frame = Frame { number: 1, at, link: *link, captured, original_length: captured.len() as u32, file: 0 };
        transport.frame(&frame, 0, &mut Silent, &mut |carrier, payload, _: &mut Silent| {
            let octets = match payload {
                Payload::Ns(octets) => octets.to_vec(),
                Payload::Sua(sccp) => sccp.data.unwrap().to_vec(),
                other => panic!("{other:?}"),
            };
            found.push((carrier.sender, carrier.receiver, octets));
        });
    }
    found
}

#[test]
fn ns_is_found_on_udp_and_on_frame_relay() {
    const ALIVE: [u8; 1] = [0x0a];
    let relayed = [&[0x18, 0x41][..], &ALIVE].concat();
    let tunnelled = ipv4(47, 0, 0, &[&[0, 0, 0x65, 0x59][..], &relayed].concat());
    let found = other_payloads(&[
        (LinkType::Raw, udp(23_000, 40_000, &ALIVE)),
        (LinkType::FrameRelay, relayed),
        (LinkType::Raw, tunnelled),
    ]);
    let alive = ALIVE.to_vec();
    assert_eq!(found, [(0, 1, alive.clone()), (2, 2, alive.clone()), (3, 4, alive)]);
}

#[test]
fn the_ends_of_a_circuit_are_told_apart_where_the_capture_does() {
    let frame = [0x18, 0x41, 0x0a];
    let of_line = |direction, link| [&[direction, 0, 0, link][..], &frame].concat();
    let found = other_payloads(&[
        (LinkType::FrameRelayWithDirection, [&[0][..], &frame].concat()),
        (LinkType::FrameRelayWithDirection, [&[1][..], &frame].concat()),
        (LinkType::FrameRelayOfLine, of_line(0, 1)),
        (LinkType::FrameRelayOfLine, of_line(1, 1)),
        (LinkType::FrameRelayOfLine, of_line(0, 2)),
    ]);
    let ends: Vec<_> = found.iter().map(|(sender, receiver, _)| (*sender, *receiver)).collect();
    assert_eq!(ends, [(0, 1), (1, 0), (2, 3), (3, 2), (4, 5)]);
}

#[test]
fn circuits_of_one_entity_have_the_same_ends() {
    let reset = |nsei| [0x02, 0x00, 0x81, 0x00, 0x01, 0x82, 0x00, 0x05, 0x04, 0x82, 0x03, nsei];
    let on = |direction, circuit, pdu: &[u8]| {
        (LinkType::FrameRelayOfLine, [&[direction, 0, 0, circuit, 0x18, 0x41][..], pdu].concat())
    };
    let frames = [
        on(0, 1, &reset(7)),
        on(0, 2, &reset(7)),
        on(0, 3, &reset(8)),
        on(1, 1, &[0x0a]),
        on(1, 2, &[0x0a]),
        on(1, 3, &[0x0a]),
    ];
    let found = other_payloads(&frames);
    let ends: Vec<_> = found.iter().map(|(sender, receiver, _)| (*sender, *receiver)).collect();
    let [first, second, third, ref back @ ..] = ends[..] else { unreachable!() };
    assert!(first == second && first != third && first.0 != first.1, "{ends:?}");
    assert_eq!(back, [first, second, third].map(|(sender, receiver)| (receiver, sender)));
}

/// CLDT from 185 to `called`.
fn connectionless(called: u8) -> Vec<u8> {
    let address = |tag, point_code| {
        let point_code = parameter(0x8002, &[0, 0, 0, point_code]);
        parameter(tag, &[&[0, 2, 0, 2][..], &point_code].concat())
    };
    adaptation(7, 1, &[address(0x102, 185), address(0x103, called), parameter(0x10b, &[1])].concat())
}

#[test]
fn nodes_of_sua_are_known_by_their_point_codes_whatever_their_addresses() {
    let data = |mark| adaptation(8, 8, &[parameter(0x105, &[0, 0, 0, 5]), parameter(0x10b, &[mark])].concat());
    let from = |address: u8, tag: u32, message: &[u8], tsn| {
        let protocol = 4_u32.to_be_bytes();
        let value = [&u32::to_be_bytes(tsn)[..], &[0, 1, 0, 0], &protocol, message].concat();
        let mut packet = ipv4(132, 0, 0, &sctp(tag, &[chunk(0, 3, &value)]));
        packet[15] = address;
        (LinkType::Raw, packet)
    };
    let ends = |found: Vec<(u32, u32, Vec<u8>)>| -> Vec<(u32, u32)> {
        found.iter().map(|(sender, receiver, _)| (*sender, *receiver)).collect()
    };
    let two_addresses =
        [from(1, 7, &connectionless(187), 1), from(9, 8, &connectionless(187), 1), from(9, 8, &data(2), 2)];
    let found = ends(other_payloads(&two_addresses));
    assert!(found.iter().all(|end| *end == found[0]), "{found:?}");
    let another_path = [from(1, 7, &data(1), 1), from(9, 7, &data(2), 2)];
    let found = ends(other_payloads(&another_path));
    assert_eq!(found, [(0, 1), (0, 1)]);
    let gateway = [from(1, 7, &connectionless(187), 1), from(1, 7, &connectionless(188), 2), from(1, 7, &data(3), 3)];
    let found = ends(other_payloads(&gateway));
    assert_eq!(found[1], found[2]);
    assert!(found[0].0 == found[1].0 && found[0].1 != found[1].1, "{found:?}");
}

#[test]
fn sua_is_given_as_what_it_stands_for() {
    let request = adaptation(8, 1, &[parameter(0x104, &[0, 0, 0, 5]), parameter(0x10b, &[0, 1, 0x57])].concat());
    assert_eq!(other_payloads(&[(LinkType::Raw, on_sctp(4, &request))]), [(0, 1, vec![0, 1, 0x57])]);
}

#[test]
fn speech_and_traces_are_counted_apart() {
    let mut case = Case::new();
    let mut speech = vec![0; 172];
    speech[..2].copy_from_slice(&[0x80, 8]);
    case.packet(&udp(16_000, 16_002, &speech));
    case.packet(&udp(16_001, 16_003, &[&[0x80, 200][..], &[0; 26]].concat()));
    case.packet(&udp(40_000, 4729, &[&[2, 4, 1, 0][..], &[0; 35]].concat()));
    case.packet(&udp(53, 40_000, &[0; 20]));
    case.frame(LinkType::FrameRelay, 0, &[0, 1, 3, 8, 0]);
    let counters = case.counters();
    assert_eq!((counters.udp, counters.udp_rtp, counters.udp_rtcp, counters.udp_other_ports), (4, 1, 1, 1));
    assert_eq!((counters.gsmtap, counters.link_control), (1, 1));
    case.frame(LinkType::Gsmtap, 0, &[&[2, 4, 1, 0][..], &[0; 35]].concat());
    case.frame(LinkType::Llc, 0, &[0x01, 0xc0, 0x0d, 0x08, 0x03, 0x55, 0x1c, 0xea]);
    assert_eq!((case.counters().gsmtap, case.counters().llc_frames), (2, 1));
}

#[test]
fn a_gateway_tapped_on_both_sides_gives_each_message_once() {
    const CONNECTION_REQUEST: u8 = 1;
    let frames = recorded("lite-ipa-leg.pcap");
    let one_side = replay(&frames);
    let (mut case, mut tsn) = (Case::new(), 0);
    for (number, (seconds, frame)) in (1..).zip(&frames) {
        case.frame(LinkType::Ethernet, *seconds, frame);
        for (_, _, sender, receiver, octets) in one_side.found.iter().filter(|sccp| sccp.0 == number) {
            let (opc, dpc) = if sender < receiver { (185, 187) } else { (187, 185) };
            tsn += 1;
            let chunk = data_of(3, tsn, &m3ua_between(opc, dpc, octets));
            case.frame(LinkType::Raw, *seconds, &ipv4(132, 0, 0, &sctp(9, &[chunk])));
        }
    }
    // Up to the first request nobody can know.
    let first = one_side.found.iter().position(|sccp| sccp.4.first() == Some(&CONNECTION_REQUEST)).unwrap();
    let unknown = one_side.octets().into_iter().take(first + 1);
    let expected = sorted(one_side.octets().into_iter().chain(unknown).collect());
    assert_eq!(sorted(case.octets()), expected);
    assert_eq!(case.counters().sccp_duplicates, (one_side.found.len() - first - 1) as u64);
}
