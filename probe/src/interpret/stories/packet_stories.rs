//! On the Gb interface: who attaches and moves, whose a TLLI is, what is told of what cannot be read.

use super::packet_octets as p;
use super::*;
use crate::interpret::{GbInterface, GbSettings, NetworkSettings};
use crate::track::network::ENDPOINTS;
use crate::wire::PointCodeFormat;

const BSS: u32 = 90;
const SGSN: u32 = 91;
const OTHER_BSS: u32 = 92;
const OTHER_SGSN: u32 = 93;
const RANDOM: u32 = 0x7812_3456;
const P_TMSI: u32 = 0xc000_0001;
const NEXT_P_TMSI: u32 = 0xc000_0002;
const FOREIGN: u32 = 0x8000_0001;
const LLGMM: u8 = 1;
const LL3: u8 = 3;
const LLSMS: u8 = 7;

/// What passes on Gb, beside what passes on A.
struct Packets {
    a: Story,
    gb: GbInterface,
    sent: [u16; 2],
}

impl Packets {
    fn new() -> Self {
        let network = NetworkSettings::default();
        let gb = GbInterface::new(GbSettings::default(), &network);
        Self { a: Story::in_network(network), gb, sent: [0; 2] }
    }

    fn pass(&mut self, sender: u32, receiver: u32, octets: &[u8]) -> &mut Self {
        self.a.second += 1;
        self.a.frame += 1;
        let from = Provenance { at: Timestamp::from_seconds(self.a.second), frame: self.a.frame, feed: 0 };
        let point_codes = PointCodeFormat::default();
        let carrier = Carrier { from, network: ENDPOINTS, nodes: ENDPOINTS, sender, receiver, point_codes };
        let Story { interface, told, .. } = &mut self.a;
        self.gb.ns(&carrier, octets, interface, told);
        self
    }

    fn number(&mut self, direction: usize) -> u16 {
        self.sent[direction] += 1;
        self.sent[direction]
    }

    /// The phone sends in a cell.
    fn phone(&mut self, tlli: u32, ci: u16, layer_3: &[u8]) -> &mut Self {
        let number = self.number(0);
        self.pass(BSS, SGSN, &p::uplink(tlli, ci, &p::ui(LLGMM, number, layer_3)))
    }

    fn network(&mut self, tlli: u32, ci: u16, layer_3: &[u8]) -> &mut Self {
        let number = self.number(1);
        self.pass(SGSN, BSS, &p::downlink(tlli, ci, None, None, &p::ui(LLGMM, number, layer_3)))
    }

    /// The phone sends what cannot be read.
    fn phone_ciphered(&mut self, tlli: u32, ci: u16) -> &mut Self {
        let number = self.number(0);
        self.pass(BSS, SGSN, &p::uplink(tlli, ci, &p::ciphered(number)))
    }

    fn network_ciphered(&mut self, tlli: u32, ci: u16, old: Option<u32>, imsi: Option<&str>) -> &mut Self {
        let number = self.number(1);
        self.pass(SGSN, BSS, &p::downlink(tlli, ci, old, imsi, &p::ciphered(number)))
    }

    fn attaches(&mut self, imsi: &str, p_tmsi: u32) -> &mut Self {
        self.phone(RANDOM, 7, &p::attach_request(&o::imsi(imsi), o::NO_AREA))
            .network(RANDOM, 7, &p::attach_accept(p_tmsi, None))
            .phone(p_tmsi, 7, &p::ATTACH_COMPLETE)
    }

    fn waits(&mut self, seconds: i64) -> &mut Self {
        self.a.second += seconds;
        self
    }

    #[track_caller]
    fn tells(&mut self, expected: &[&str]) -> &mut Self {
        self.a.tells(expected);
        self
    }

    #[track_caller]
    fn finally_tells(&mut self, expected: &[&str]) {
        let Story { interface, told, .. } = &mut self.a;
        self.gb.finish(interface, told);
        self.tells(expected);
    }

    fn counters(&self) -> Counters {
        let mut counters = self.a.counters();
        self.gb.add_counters(&mut counters);
        counters
    }
}

#[test]
fn an_attach_is_told_when_accepted_and_its_p_tmsi_means_the_subscriber_from_then_on() {
    let mut packets = Packets::new();
    packets
        .phone(RANDOM, 7, &p::attach_request(&o::imsi(ANNA), o::NO_AREA))
        .tells(&[])
        .network(RANDOM, 7, &p::attach_accept(P_TMSI, None))
        .tells(&["gprs_attach, anna on_wire, cell 7, at 2"])
        .phone(P_TMSI, 7, &p::ATTACH_COMPLETE)
        .tells(&[])
        .phone(P_TMSI, 8, &[])
        .tells(&["sighting, anna on_wire, cell 8, at 4"]);
    assert_eq!(packets.counters().packet.links_opened, 1);
}

#[test]
fn a_refused_attach_is_told_with_its_cause_and_binds_nothing() {
    for refusal in [&p::attach_reject(7)[..], &p::AUTHENTICATION_REJECT] {
        let cause = if refusal.len() == 3 { 7 } else { 3 };
        let mut packets = Packets::new();
        packets
            .phone(RANDOM, 7, &p::attach_request(&o::imsi(ANNA), o::NO_AREA))
            .network(RANDOM, 7, refusal)
            .tells(&[&format!("gprs_attach_rejected {cause}, anna on_wire, cell 7, at 2")])
            .phone(RANDOM, 7, &[])
            .finally_tells(&[]);
        assert_eq!(packets.gb.identities().len(), 0);
    }
}

#[test]
fn a_phone_that_stays_is_sighted_again_after_a_time_of_quiet() {
    let mut packets = Packets::new();
    packets
        .attaches(ANNA, P_TMSI)
        .tells(&["gprs_attach, anna on_wire, cell 7, at 2"])
        .waits(500)
        .phone(P_TMSI, 7, &[])
        .tells(&[])
        .waits(100)
        .phone(P_TMSI, 7, &[])
        .tells(&["sighting, anna on_wire, cell 7, at 5"])
        .phone(P_TMSI, 7, &[])
        .tells(&[]);
}

#[test]
fn a_phone_that_moves_comes_with_a_foreign_tlli_and_goes_on_with_what_it_had() {
    let mut packets = Packets::new();
    packets
        .attaches(ANNA, P_TMSI)
        .phone(P_TMSI, 7, &p::activate_request(0, "cmnet"))
        .network(P_TMSI, 7, &p::activate_accept(0))
        .tells(&["gprs_attach, anna on_wire, cell 7, at 2", "pdp_activated cmnet, anna on_wire, cell 7, at 5"])
        .phone(FOREIGN, 9, &p::update_request(0, 0x17))
        .tells(&[])
        .network(FOREIGN, 9, &p::update_accept(Some(NEXT_P_TMSI)))
        .tells(&["routing_area_update normal, anna on_wire, cell 9, at 7"])
        .phone(NEXT_P_TMSI, 9, &p::UPDATE_COMPLETE)
        .phone(NEXT_P_TMSI, 9, &p::deactivate_request(0))
        .network(NEXT_P_TMSI, 9, &p::deactivate_accept(0))
        .tells(&["pdp_deactivated cmnet, anna on_wire, cell 9, at 10"]);
    assert_eq!(packets.counters().packet.links_open, 1);
}

#[test]
fn a_phone_that_another_sgsn_does_not_answer_goes_on_where_it_was() {
    let mut packets = Packets::new();
    packets.attaches(ANNA, P_TMSI).tells(&["gprs_attach, anna on_wire, cell 7, at 2"]);
    let update = p::uplink(FOREIGN, 9, &p::ui(LLGMM, 0, &p::update_request(0, 0x17)));
    packets
        .pass(OTHER_BSS, OTHER_SGSN, &update)
        .tells(&[])
        .phone_ciphered(P_TMSI, 8)
        .tells(&["sighting, anna mapped, cell 8, at 5"]);
    assert_eq!(packets.counters().packet.links_open, 2);
}

#[test]
fn after_a_refusal_frames_are_numbered_anew_and_none_is_missing() {
    const LAST_NUMBERS: u16 = 504;
    let mut packets = Packets::new();
    packets.sent = [LAST_NUMBERS; 2];
    packets.attaches(ANNA, P_TMSI).phone(P_TMSI, 9, &p::update_request(3, 0x17));
    packets.network(P_TMSI, 9, &p::update_reject(10));
    for number in 0..3 {
        packets.pass(BSS, SGSN, &p::uplink(P_TMSI, 9, &p::ui(LLGMM, number, &[])));
    }
    assert_eq!(packets.counters().packet.frames_missing, 0);
}

#[test]
fn a_refused_update_is_no_sighting() {
    let mut packets = Packets::new();
    packets
        .attaches(ANNA, P_TMSI)
        .tells(&["gprs_attach, anna on_wire, cell 7, at 2"])
        .phone(P_TMSI, 9, &p::update_request(3, 0x17))
        .network(P_TMSI, 9, &p::update_reject(10))
        .tells(&["routing_area_update_rejected 10, anna on_wire, cell 9, at 5"])
        .phone(P_TMSI, 9, &[])
        .network_ciphered(P_TMSI, 9, None, None)
        .phone_ciphered(P_TMSI, 9)
        .finally_tells(&[]);
}

#[test]
fn a_foreign_tlli_is_not_made_of_a_p_tmsi_of_this_sgsn() {
    let mut packets = Packets::new();
    packets
        .pass(SGSN, BSS, &p::paging_ps(BORIS, P_TMSI))
        .phone(FOREIGN, 9, &p::update_request(0, 0x55))
        .network(FOREIGN, 9, &p::update_accept(Some(NEXT_P_TMSI)))
        .finally_tells(&["routing_area_update normal, nobody unresolved, cell 9, at 3"]);
}

#[test]
fn with_everything_ciphered_subscriber_cell_and_activity_remain() {
    let mut packets = Packets::new();
    packets
        .phone_ciphered(P_TMSI, 7)
        .network_ciphered(P_TMSI, 7, None, Some(ANNA))
        .tells(&["sighting, anna on_wire, cell 7, at 1"])
        .phone_ciphered(P_TMSI, 8)
        .tells(&["sighting, anna on_wire, cell 8, at 3"]);
    let totals = packets.counters().packet;
    assert_eq!((totals.frames, totals.frames_ciphered, totals.frames_bad), (3, 3, 0));
}

#[test]
fn an_attach_whose_accept_is_ciphered_is_told_by_the_new_tlli() {
    let mut packets = Packets::new();
    packets
        .phone(RANDOM, 7, &p::attach_request(&o::imsi(ANNA), o::NO_AREA))
        .network_ciphered(RANDOM, 7, None, None)
        .tells(&[])
        .network_ciphered(P_TMSI, 7, Some(RANDOM), None)
        .tells(&["gprs_attach, anna on_wire, cell 7, at 3"])
        .phone_ciphered(P_TMSI, 7)
        .tells(&[])
        .network_ciphered(NEXT_P_TMSI, 7, Some(P_TMSI), None)
        .phone_ciphered(NEXT_P_TMSI, 8)
        .tells(&["sighting, anna on_wire, cell 8, at 6"]);
    assert_eq!(packets.counters().packet.links_opened, 1);
}

#[test]
fn a_page_says_whose_a_p_tmsi_is() {
    let mut packets = Packets::new();
    packets
        .pass(SGSN, BSS, &p::paging_ps(BORIS, P_TMSI))
        .phone_ciphered(P_TMSI, 7)
        .tells(&["sighting, boris mapped, cell 7, at 2"]);
}

#[test]
fn after_a_reset_of_the_sgsn_its_p_tmsis_are_suspect_until_confirmed() {
    let mut packets = Packets::new();
    packets
        .pass(SGSN, BSS, &p::paging_ps(BORIS, P_TMSI))
        .pass(SGSN, BSS, &p::bvc_reset_by_sgsn())
        .phone_ciphered(P_TMSI, 7)
        .tells(&[])
        .finally_tells(&["sighting, boris suspect, cell 7, at 3"]);
}

#[test]
fn a_page_says_whose_the_waiting_sighting_was() {
    let mut packets = Packets::new();
    packets
        .phone_ciphered(P_TMSI, 7)
        .tells(&[])
        .pass(SGSN, BSS, &p::paging_ps(BORIS, P_TMSI))
        .tells(&["sighting, boris on_wire, cell 7, at 1"]);
}

#[test]
fn a_phone_that_keeps_its_p_tmsi_goes_on_under_the_local_tlli() {
    let mut packets = Packets::new();
    packets
        .phone(FOREIGN, 9, &p::update_request(0, 0x17))
        .network(FOREIGN, 9, &p::update_accept(None))
        .phone(P_TMSI, 9, &p::activate_request(0, "cmnet"))
        .network_ciphered(P_TMSI, 9, Some(FOREIGN), Some(ANNA))
        .tells(&["routing_area_update normal, anna on_wire, cell 9, at 2"])
        .network(P_TMSI, 9, &p::activate_accept(0))
        .tells(&["pdp_activated cmnet, anna on_wire, cell 9, at 5"]);
    assert_eq!(packets.counters().packet.links_open, 1);
}

#[test]
fn a_refused_update_takes_back_nothing_that_was_before() {
    let mut packets = Packets::new();
    packets
        .phone_ciphered(P_TMSI, 7)
        .phone(P_TMSI, 9, &p::update_request(3, 0x17))
        .network(P_TMSI, 9, &p::update_reject(10))
        .tells(&["routing_area_update_rejected 10, nobody unresolved, cell 9, at 3"])
        .finally_tells(&["sighting, nobody unresolved, cell 7, at 1"]);
}

#[test]
fn a_phone_that_answers_before_its_new_tlli_is_announced_is_the_same_phone() {
    let mut packets = Packets::new();
    packets
        .phone(RANDOM, 7, &p::attach_request(&o::imsi(ANNA), o::NO_AREA))
        .phone_ciphered(P_TMSI, 7)
        .network_ciphered(P_TMSI, 7, Some(RANDOM), None)
        .tells(&["sighting, anna on_wire, cell 7, at 2", "gprs_attach, anna on_wire, cell 7, at 3"]);
    assert_eq!(packets.counters().packet.links_open, 1);
}

#[test]
fn an_unknown_phone_stays_unresolved() {
    let mut packets = Packets::new();
    packets.phone_ciphered(P_TMSI, 7).finally_tells(&["sighting, nobody unresolved, cell 7, at 1"]);
}

#[test]
fn a_random_tlli_in_another_cell_is_another_phone() {
    let mut packets = Packets::new();
    packets
        .network_ciphered(RANDOM, 7, None, Some(ANNA))
        .phone_ciphered(RANDOM, 7)
        .phone_ciphered(RANDOM, 8)
        .tells(&["sighting, anna on_wire, cell 7, at 2"])
        .finally_tells(&["sighting, nobody unresolved, cell 8, at 3"]);
}

#[test]
fn a_combined_attach_binds_the_tmsi_for_calls() {
    const TMSI: u32 = 0x1234;
    let mut packets = Packets::new();
    packets.a.registers(1, BORIS, 0x99);
    packets.a.tells(&["location_update normal from fffe, boris on_wire, cell 7, at 3"]);
    packets
        .phone(RANDOM, 7, &p::attach_request(&o::imsi(ANNA), o::NO_AREA))
        .network(RANDOM, 7, &p::attach_accept(P_TMSI, Some(TMSI)))
        .tells(&["gprs_attach combined, anna on_wire, cell 7, at 8"]);
    let line = Line::new(2);
    packets.a.opens(line, 7, &o::paging_response(&o::tmsi(TMSI))).network(line, &o::CM_SERVICE_ACCEPT);
    packets.a.tells(&["paging_response, anna mapped, cell 7, at 9"]);
}

#[test]
fn a_combined_attach_before_any_connection_binds_for_the_first_vlr_of_its_area() {
    const TMSI: u32 = 0x1234;
    let mut packets = Packets::new();
    packets
        .phone(RANDOM, 7, &p::attach_request(&o::imsi(ANNA), o::NO_AREA))
        .network(RANDOM, 7, &p::attach_accept(P_TMSI, Some(TMSI)))
        .tells(&["gprs_attach combined, anna on_wire, cell 7, at 2"]);
    assert_eq!(packets.counters().packet.combined_without_vlr, 1);
    let line = Line::new(2);
    packets.a.opens(line, 7, &o::paging_response(&o::tmsi(TMSI))).network(line, &o::CM_SERVICE_ACCEPT);
    packets.a.tells(&["paging_response, anna mapped, cell 7, at 3"]);
}

#[test]
fn an_accept_captured_before_what_it_answers_is_its_answer() {
    let mut packets = Packets::new();
    packets
        .network(RANDOM, 7, &p::attach_accept(P_TMSI, None))
        .tells(&[])
        .phone(RANDOM, 7, &p::attach_request(&o::imsi(ANNA), o::NO_AREA))
        .tells(&["gprs_attach, anna on_wire, cell 7, at 1"])
        .waits(100)
        .network(P_TMSI, 7, &p::update_accept(None))
        .waits(100)
        .phone(P_TMSI, 7, &p::update_request(0, 0x17))
        .tells(&[]);
}

#[test]
fn a_detach_ends_data_connections() {
    let mut packets = Packets::new();
    packets
        .attaches(ANNA, P_TMSI)
        .phone(P_TMSI, 7, &p::activate_request(0, "cmwap"))
        .network(P_TMSI, 7, &p::activate_accept(0))
        .phone(P_TMSI, 7, &p::detach_request(0x09))
        .tells(&[
            "gprs_attach, anna on_wire, cell 7, at 2",
            "pdp_activated cmwap, anna on_wire, cell 7, at 5",
            "pdp_deactivated cmwap, anna on_wire, cell 7, at 6",
            "gprs_detach power off, anna on_wire, cell 7, at 6",
        ]);
}

#[test]
fn a_detach_from_calls_alone_ends_nothing() {
    let mut packets = Packets::new();
    packets
        .attaches(ANNA, P_TMSI)
        .phone(P_TMSI, 7, &p::activate_request(0, "cmwap"))
        .network(P_TMSI, 7, &p::activate_accept(0))
        .phone(P_TMSI, 7, &p::detach_request(0x02))
        .tells(&["gprs_attach, anna on_wire, cell 7, at 2", "pdp_activated cmwap, anna on_wire, cell 7, at 5"]);
}

#[test]
fn a_detach_by_the_network_is_told_when_the_phone_has_accepted_it() {
    let mut packets = Packets::new();
    packets
        .attaches(ANNA, P_TMSI)
        .network(P_TMSI, 7, &p::detach_request(0x02))
        .tells(&["gprs_attach, anna on_wire, cell 7, at 2"])
        .phone(P_TMSI, 7, &p::DETACH_ACCEPT)
        .tells(&["gprs_detach, anna on_wire, cell 7, at 5"])
        .network(P_TMSI, 7, &p::detach_request(0x03))
        .phone(P_TMSI, 7, &p::DETACH_ACCEPT)
        .tells(&[]);
}

#[test]
fn registrations_after_a_reset_say_so() {
    for reset in [p::bvc_reset_by_sgsn(), p::bvc_reset_by_bss()] {
        let mut packets = Packets::new();
        let from_sgsn = reset == p::bvc_reset_by_sgsn();
        let (sender, receiver) = if from_sgsn { (SGSN, BSS) } else { (BSS, SGSN) };
        packets
            .phone_ciphered(P_TMSI, 7)
            .pass(sender, receiver, &reset)
            .attaches(ANNA, NEXT_P_TMSI)
            .tells(&["gprs_attach, anna on_wire, cell 7 after reset, at 4"])
            .waits(1000)
            .phone(NEXT_P_TMSI, 7, &p::update_request(3, 0x17))
            .network(NEXT_P_TMSI, 7, &p::update_accept(None))
            .tells(&["routing_area_update periodic, anna on_wire, cell 7, at 7"]);
    }
}

#[test]
fn a_page_for_calls_binds_the_tmsi_of_the_vlr_that_serves_the_area_or_the_cell() {
    let by_area = p::paging_cs(ANNA, 0x1234, &p::location_area(0x17));
    let by_cell = p::paging_cs(ANNA, 0x1234, &p::bvci(7));
    for page in [by_area, by_cell] {
        let mut packets = Packets::new();
        packets.pass(BSS, SGSN, &p::bvc_reset_of_cell(7)).pass(SGSN, BSS, &page);
        assert_eq!(packets.counters().packet.pages_without_vlr, 1);
        let line = Line::new(2);
        packets.a.opens(line, 7, &o::paging_response(&o::tmsi(0x1234))).network(line, &o::CM_SERVICE_ACCEPT);
        packets.a.tells(&["paging_response, anna mapped, cell 7, at 3"]).registers(1, BORIS, 0x1234);
        packets.pass(SGSN, BSS, &page).a.told.0.clear();
        let line = Line::new(3);
        packets.a.opens(line, 7, &o::paging_response(&o::tmsi(0x1234))).network(line, &o::CM_SERVICE_ACCEPT);
        packets.a.tells(&["paging_response, anna mapped, cell 7, at 13"]);
    }
}

#[test]
fn a_subscriber_of_both_interfaces_is_counted_in_each_map() {
    let mut packets = Packets::new();
    packets.attaches(ANNA, P_TMSI).a.registers(1, ANNA, 5);
    let identities = packets.counters().identities;
    assert_eq!((identities.subscribers, identities.packet_subscribers), (1, 1));
}

#[test]
fn a_short_message_over_packets_is_told_when_acknowledged() {
    let mut packets = Packets::new();
    packets.attaches(ANNA, P_TMSI).tells(&["gprs_attach, anna on_wire, cell 7, at 2"]);
    packets
        .pass(SGSN, BSS, &p::downlink(P_TMSI, 7, None, None, &p::ui(LLSMS, 0, &o::deliver(0, 42, "10086"))))
        .tells(&[])
        .pass(BSS, SGSN, &p::uplink(P_TMSI, 7, &p::ui(LLSMS, 0, &o::rp_ack(0x8, 42, false))))
        .tells(&["sms_received 10086, anna on_wire, cell 7, at 5"]);
}

#[test]
fn a_host_is_read_from_segments_and_told_once() {
    let packet = p::dns_packet();
    let (first, last) = packet.split_at(20);
    let mut packets = Packets::new();
    packets.attaches(ANNA, P_TMSI).tells(&["gprs_attach, anna on_wire, cell 7, at 2"]);
    for _ in 0..2 {
        let (one, two) = (packets.number(0), packets.number(0));
        packets.pass(BSS, SGSN, &p::uplink(P_TMSI, 7, &p::ui(LL3, one, &p::dns_query(true, true, 0, first)))).pass(
            BSS,
            SGSN,
            &p::uplink(P_TMSI, 7, &p::ui(LL3, two, &p::dns_query(false, false, 1, last))),
        );
    }
    packets.tells(&["web_visit www.example.cn, anna on_wire, cell 7, at 5"]);
    assert_eq!((packets.counters().packet.packets, packets.counters().packet.segments), (2, 4));
}

#[test]
fn packets_to_phones_and_compressed_ones_of_either_direction_are_counted() {
    let mut packets = Packets::new();
    packets.attaches(ANNA, P_TMSI);
    let segments = [p::dns_query(true, false, 0, &[1]), p::dns_query(false, false, 1, &[2]), p::compressed()];
    for segment in &segments {
        let (up, down) = (packets.number(0), packets.number(1));
        packets.pass(SGSN, BSS, &p::downlink(P_TMSI, 7, None, None, &p::ui(LL3, down, segment))).pass(
            BSS,
            SGSN,
            &p::uplink(P_TMSI, 7, &p::ui(LL3, up, segment)),
        );
    }
    let totals = packets.counters().packet;
    assert_eq!((totals.segments, totals.packets_to_phones, totals.packets_compressed), (6, 2, 2));
}

#[test]
fn cells_are_known_by_their_virtual_connections_and_whether_those_are_blocked() {
    let mut packets = Packets::new();
    let mut check = |octets: &[u8], expected| {
        let totals = packets.pass(BSS, SGSN, octets).counters().packet;
        assert_eq!((totals.cells, totals.cells_blocked), expected);
    };
    check(&p::bvc_reset_of_cell(7), (1, 0));
    check(&p::bvc_block(7), (1, 1));
    check(&p::bvc_reset_of_cell(7), (1, 0));
}

#[test]
fn lost_frames_are_counted_by_their_numbers_and_repeated_ones_taken_once() {
    let mut packets = Packets::new();
    packets.attaches(ANNA, P_TMSI);
    packets.sent[0] += 3;
    packets.phone(P_TMSI, 7, &[]);
    let repeated = p::uplink(P_TMSI, 7, &p::ui(LLGMM, 77, &p::detach_request(0x01)));
    packets.pass(BSS, SGSN, &repeated);
    packets.a.second -= 1;
    packets.pass(BSS, SGSN, &repeated);
    let totals = packets.counters().packet;
    assert_eq!((totals.frames_missing, totals.frames_repeated), (3, 1));
    packets.tells(&["gprs_attach, anna on_wire, cell 7, at 2", "gprs_detach, anna on_wire, cell 7, at 5"]);
}
