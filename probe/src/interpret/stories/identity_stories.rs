//! Whose an event is: TMSIs, their VLRs, what is accepted and what is not.

use event::CellId;

use super::{ANNA, BORIS, BSC, Line, MSC, NetworkSettings, OTHER_BSC, OTHER_MSC, Story, o};

const IMEISV: &str = "3569690400000010";

#[test]
fn an_update_is_told_on_accept_and_its_tmsi_is_known_from_then() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.opens(line, 7, &o::lu_request(2, o::NO_AREA, &o::imsi(ANNA))).tells(&[]);
    story
        .network(line, &o::lu_accept(0x17, Some(&o::tmsi(5))))
        .tells(&["location_update imsi_attach from fffe, anna on_wire, cell 7, at 3"]);
    story.phone(line, &o::TMSI_REALLOCATION_COMPLETE).closes(line);
    let line = Line::new(2);
    story.opens(line, 8, &o::cm_service_request(1, &o::tmsi(5))).tells(&[]);
    story
        .network(line, &o::CM_SERVICE_ACCEPT)
        .phone(line, &o::setup_to(0, "114"))
        .tells(&["call_setup out 114, anna mapped, cell 8, at 10"]);
}

#[test]
fn a_rejected_update_is_no_sighting_and_binds_nothing() {
    let line = Line::new(1);
    let mut story = Story::new();
    story
        .opens(line, 7, &o::lu_request(0, 0x17, &o::tmsi(5)))
        .phone(line, &o::identity_response(&o::imsi(ANNA)))
        .phone(line, &o::identity_response(&o::imeisv(IMEISV)))
        .network(line, &o::lu_reject(6))
        .closes(line)
        .tells(&["location_update_rejected 6, anna on_wire, cell 7, at 5"]);
    let line = Line::new(2);
    story.opens(line, 7, &o::paging_response(&o::tmsi(5))).msc(line, &o::cipher_mode_command()).closes(line);
    story.tells(&["paging_response, nobody unresolved, cell 7, at 8"]);
    assert_eq!((story.counters().identities.not_accepted, story.counters().identities.subscribers), (1, 0));
}

#[test]
fn a_failed_authentication_is_a_rejection() {
    let (lu, call) = (Line::new(1), Line::new(2));
    let mut story = Story::new();
    story.opens(lu, 7, &o::lu_request(0, 0x17, &o::imsi(ANNA))).network(lu, &o::AUTHENTICATION_REJECT);
    story.opens(call, 7, &o::cm_service_request(1, &o::imsi(BORIS))).network(call, &o::AUTHENTICATION_REJECT);
    story.tells(&[
        "location_update_rejected 3, anna on_wire, cell 7, at 3",
        "service_rejected 3, boris on_wire, cell 7, at 6",
    ]);
}

#[test]
fn a_paging_response_counts_once_the_network_goes_on() {
    let (line, silent) = (Line::new(1), Line::new(2));
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(silent, 7, &o::paging_response(&o::tmsi(5)));
    story.phone(silent, &o::AUTHENTICATION_RESPONSE).closes(silent).tells(&[]);
    story.opens(line, 7, &o::paging_response(&o::tmsi(5))).tells(&[]);
    story.msc(line, &o::cipher_mode_command()).tells(&["paging_response, anna mapped, cell 7, at 7"]);
}

#[test]
fn a_service_that_is_refused_is_told_with_its_cause() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(1, &o::tmsi(5)));
    story
        .network(line, &o::cm_service_reject(32))
        .closes(line)
        .tells(&["service_rejected 32, anna mapped, cell 7, at 4"]);
}

#[test]
fn events_wait_for_their_imsi_and_keep_their_time() {
    let line = Line::new(1);
    let mut story = Story::new();
    story
        .opens(line, 7, &o::cm_service_request(1, &o::tmsi(5)))
        .network(line, &o::CM_SERVICE_ACCEPT)
        .phone(line, &o::setup_to(0, "10086"))
        .network(line, &o::connect(8))
        .tells(&[]);
    story.msc(line, &o::common_id(ANNA)).tells(&[
        "call_setup out 10086, anna on_wire, cell 7, at 4",
        "call_answered out 10086, anna on_wire, cell 7, at 5",
    ]);
    story.network(line, &o::disconnect(8, 16)).tells(&["call_ended out 10086 2s cause 16, anna on_wire, cell 7, at 7"]);
}

#[test]
fn what_never_gets_an_imsi_goes_out_unresolved_at_the_end() {
    let line = Line::new(1);
    let mut story = Story::new();
    story
        .opens(line, 7, &o::cm_service_request(1, &o::tmsi(5)))
        .network(line, &o::CM_SERVICE_ACCEPT)
        .phone(line, &o::setup_to(0, "114"))
        .phone(line, &o::disconnect(0, 16))
        .tells(&[]);
    story.closes(line).tells(&[
        "call_setup out 114, nobody unresolved, cell 7, at 4",
        "call_ended out 114 cause 16, nobody unresolved, cell 7, at 5",
    ]);
}

#[test]
fn the_imsi_on_the_wire_wins_over_the_map_and_corrects_it() {
    let (line, later) = (Line::new(1), Line::new(2));
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(1, &o::tmsi(5)));
    story.msc(line, &o::cipher_mode_command()).msc(line, &o::common_id(BORIS)).phone(line, &o::setup_to(0, "114"));
    story.tells(&["call_setup out 114, boris on_wire, cell 7, at 6"]);
    assert_eq!(story.counters().identities.conflicts, 1);
    story.opens(later, 7, &o::paging_response(&o::tmsi(5))).msc(later, &o::cipher_mode_command());
    story.tells(&["paging_response, boris mapped, cell 7, at 7"]);
}

#[test]
fn what_the_phone_answers_to_an_identity_request_wins_once_accepted() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(1, &o::tmsi(5)));
    story.phone(line, &o::identity_response(&o::imsi(BORIS))).network(line, &o::CM_SERVICE_ACCEPT);
    story.phone(line, &o::setup_to(0, "114")).tells(&["call_setup out 114, boris on_wire, cell 7, at 6"]);
    assert_eq!(story.counters().identities.conflicts, 1);
}

#[test]
fn old_and_new_tmsi_are_the_phone_until_the_reallocation_is_complete() {
    let line = Line::new(2);
    let mut story = Story::new();
    story.registers(1, ANNA, 5).told.0.clear();
    story.opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).msc(line, &o::cipher_mode_command());
    story.network(line, &o::tmsi_reallocation_command(0x17, &o::tmsi(6)));
    for (number, tmsi) in [(3, 5), (4, 6)] {
        let other = Line::new(number);
        story.opens(other, 7, &o::imsi_detach(&o::tmsi(tmsi))).closes(other);
    }
    story.tells(&["imsi_detach, anna mapped, cell 7, at 11", "imsi_detach, anna mapped, cell 7, at 15"]);
    story.phone(line, &o::TMSI_REALLOCATION_COMPLETE);
    for (number, tmsi) in [(3, 5), (4, 6)] {
        let other = Line::new(number);
        story.opens(other, 7, &o::imsi_detach(&o::tmsi(tmsi))).closes(other);
    }
    story.tells(&["imsi_detach, nobody unresolved, cell 7, at 20", "imsi_detach, anna mapped, cell 7, at 24"]);
}

#[test]
fn a_tmsi_given_to_another_is_no_longer_the_first_ones() {
    let line = Line::new(3);
    let mut story = Story::new();
    story.registers(1, ANNA, 5).registers(2, BORIS, 5).told.0.clear();
    story.opens(line, 7, &o::imsi_detach(&o::tmsi(5))).tells(&["imsi_detach, boris mapped, cell 7, at 13"]);
    assert_eq!(story.counters().identities.reassigned, 1);
}

#[test]
fn a_tmsi_given_to_somebody_unknown_is_nobodys() {
    let (line, later) = (Line::new(2), Line::new(3));
    let mut story = Story::new();
    story.registers(1, ANNA, 5).told.0.clear();
    story.opens(line, 7, &o::lu_request(0, 0x99, &o::tmsi(77))).network(line, &o::lu_accept(0x17, Some(&o::tmsi(5))));
    story.closes(line).tells(&["location_update normal from 99, nobody unresolved, cell 7, at 9"]);
    story.opens(later, 7, &o::imsi_detach(&o::tmsi(5))).closes(later);
    story.tells(&["imsi_detach, nobody unresolved, cell 7, at 12"]);
}

#[test]
fn an_accept_with_the_imsi_deletes_the_tmsi() {
    let (line, later) = (Line::new(2), Line::new(3));
    let mut story = Story::new();
    story.registers(1, ANNA, 5).told.0.clear();
    story.opens(line, 7, &o::lu_request(1, 0x17, &o::tmsi(5))).network(line, &o::lu_accept(0x17, Some(&o::imsi(ANNA))));
    story.tells(&["location_update periodic from 17, anna on_wire, cell 7, at 9"]);
    story.opens(later, 7, &o::imsi_detach(&o::tmsi(5))).closes(later);
    story.tells(&["imsi_detach, nobody unresolved, cell 7, at 10"]);
}

#[test]
fn an_accept_without_identity_keeps_the_tmsi() {
    let (line, later) = (Line::new(2), Line::new(3));
    let mut story = Story::new();
    story.registers(1, ANNA, 5).told.0.clear();
    story.opens(line, 9, &o::lu_request(1, 0x17, &o::tmsi(5))).network(line, &o::lu_accept(0x17, None)).closes(line);
    story.opens(later, 9, &o::imsi_detach(&o::tmsi(5)));
    story.tells(&[
        "location_update periodic from 17, anna mapped, cell 9, at 9",
        "imsi_detach, anna mapped, cell 9, at 12",
    ]);
}

#[test]
fn the_tmsi_of_an_update_is_of_the_vlr_of_its_old_area() {
    let moving = Line::new(2).of_msc(OTHER_MSC);
    let mut story = Story::new();
    // Area 0x17 is of one MSC, 0x18 of another where the same TMSI is somebody else's.
    story.registers(1, ANNA, 5);
    let other = Line::new(1).of_msc(OTHER_MSC);
    story.opens_in(other, o::cell(0x18, 1), &o::lu_request(0, o::NO_AREA, &o::imsi(BORIS)));
    story.network(other, &o::lu_accept(0x18, Some(&o::tmsi(5)))).closes(other).told.0.clear();
    story.opens_in(moving, o::cell(0x18, 1), &o::lu_request(0, 0x17, &o::tmsi(5)));
    story.network(moving, &o::lu_accept(0x18, Some(&o::tmsi(9))));
    story.tells(&["location_update normal from 17, anna mapped, cell 1, at 14"]);
    let later = Line::new(3).of_msc(OTHER_MSC);
    story.opens_in(later, o::cell(0x18, 1), &o::imsi_detach(&o::tmsi(5)));
    story.tells(&["imsi_detach, boris mapped, cell 1, at 15"]);
    let later = Line::new(4).of_msc(OTHER_MSC);
    story.opens_in(later, o::cell(0x18, 1), &o::imsi_detach(&o::tmsi(9)));
    story.tells(&["imsi_detach, anna mapped, cell 1, at 17"]);
}

#[test]
fn an_old_area_that_is_not_known_resolves_nothing() {
    let line = Line::new(2);
    let mut story = Story::new();
    story.registers(1, ANNA, 5).told.0.clear();
    story.opens(line, 7, &o::lu_request(0, 0x55, &o::tmsi(5))).network(line, &o::lu_accept(0x17, None)).closes(line);
    story.tells(&["location_update normal from 55, nobody unresolved, cell 7, at 9"]);
}

#[test]
fn after_a_restart_of_the_vlr_its_bindings_are_suspect_until_confirmed() {
    let (line, later) = (Line::new(2), Line::new(3));
    let mut story = Story::new();
    story.registers(1, ANNA, 5).told.0.clear();
    story.message(MSC, BSC, &o::udt(&o::reset()));
    story.opens(line, 7, &o::imsi_detach(&o::tmsi(5))).tells(&[]);
    story.closes(line).tells(&["imsi_detach, anna suspect, cell 7, at 8"]);
    story.paged(ANNA, 5).opens(later, 7, &o::imsi_detach(&o::tmsi(5)));
    story.tells(&["imsi_detach, anna mapped, cell 7, at 13"]);
}

#[test]
fn bindings_that_are_put_back_are_suspect_until_the_wire_confirms_them() {
    let line = Line::new(2);
    let mut before = Story::new();
    before.registers(1, ANNA, 5);
    let mut story = Story::new();
    before.interface.identities().bindings().for_each(|bound| story.interface.identities_mut().insert_suspect(bound));
    story.opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    story.phone(line, &o::setup_to(0, "114")).tells(&[]);
    story.msc(line, &o::common_id(ANNA)).tells(&["call_setup out 114, anna on_wire, cell 7, at 4"]);
}

#[test]
fn what_a_doubtful_subscriber_is_given_is_as_doubtful() {
    let (line, later) = (Line::new(2), Line::new(3));
    let mut before = Story::new();
    before.registers(1, ANNA, 5);
    let mut story = Story::new();
    before.interface.identities().bindings().for_each(|bound| story.interface.identities_mut().insert_suspect(bound));
    story.opens(line, 7, &o::cm_service_request(1, &o::tmsi(5)));
    story.network(line, &o::tmsi_reallocation_command(0x17, &o::tmsi(6)));
    story.phone(line, &o::TMSI_REALLOCATION_COMPLETE).closes(line);
    story.opens(later, 7, &o::imsi_detach(&o::tmsi(6))).closes(later);
    story.tells(&["imsi_detach, anna suspect, cell 7, at 7"]);
}

#[test]
fn a_device_is_told_once_and_one_of_zeros_never() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(1, &o::tmsi(5)));
    story.phone(line, &o::identity_response(&o::imei("000000000000000"))).msc(line, &o::cipher_mode_command());
    story.phone(line, &o::identity_response(&o::imei("356969040000000"))).bss(line, &o::cipher_mode_complete(IMEISV));
    story.phone(line, &o::setup_to(0, "114"));
    assert_eq!(story.told.0.pop().and_then(|event| event.imei?.software()), Some(10));
    story.tells(&["imei_seen, anna mapped, cell 7, at 6"]);
    assert_eq!(story.counters().identities.imei_zero, 1);
}

#[test]
fn a_device_of_too_many_subscribers_is_nobodys() {
    let network = NetworkSettings { subscribers_of_device: 1, ..NetworkSettings::default() };
    let mut story = Story::in_network(network);
    for (number, imsi) in [(1, ANNA), (2, BORIS)] {
        let line = Line::new(number);
        story.paged(imsi, number).opens(line, 7, &o::cm_service_request(1, &o::tmsi(number)));
        story.bss(line, &o::cipher_mode_complete(IMEISV)).phone(line, &o::setup_to(0, "114"));
    }
    let devices: Vec<_> = story.told.0.iter().map(|event| (event.kind.name(), event.imei.is_some())).collect();
    assert_eq!(devices, [("imei_seen", true), ("call_setup", true), ("call_setup", false)]);
    assert_eq!(story.counters().identities.imei_shared, 1);
}

#[test]
fn what_a_cell_identifier_leaves_out_is_completed_from_the_configuration() {
    let cells = CellId { plmn: "460-00".parse().ok(), lac: Some(0x17), ci: None };
    let identifiers =
        [(o::short_cell(0x18, 7), "460-00-24-7"), (o::cell_identity(7), "460-00-23-7"), (o::no_cell(), "?-?")];
    for (identifier, expected) in identifiers {
        let line = Line::new(1);
        let mut story = Story::in_network(NetworkSettings { cells, ..NetworkSettings::default() });
        story.opens_in(line, identifier, &o::imsi_detach(&o::imsi(ANNA)));
        assert_eq!(story.told.0.pop().map(|event| event.cell.to_string()).as_deref(), Some(expected));
    }
}

#[test]
fn updates_after_a_reset_of_either_side_say_so() {
    for (sender, receiver) in [(BSC, MSC), (MSC, BSC)] {
        let mut story = Story::new();
        story.registers(1, ANNA, 5).message(sender, receiver, &o::udt(&o::reset())).told.0.clear();
        story.registers(2, BORIS, 6);
        story.tells(&["location_update normal from fffe, boris on_wire, cell 7 after reset, at 10"]);
        let elsewhere = Line { bsc: OTHER_BSC, ..Line::new(3) }.of_msc(OTHER_MSC);
        story
            .opens(elsewhere, 7, &o::lu_request(0, o::NO_AREA, &o::imsi(ANNA)))
            .network(elsewhere, &o::lu_accept(0x17, None));
        story.tells(&["location_update normal from fffe, anna on_wire, cell 7, at 16"]);
        story.wait(900).registers(4, BORIS, 7);
        story.tells(&["location_update normal from fffe, boris on_wire, cell 7, at 19"]);
    }
}

#[test]
fn a_tmsi_that_an_update_leaves_is_of_this_vlr_whoever_gave_it() {
    let (update, call) = (Line::new(1), Line::new(2));
    let mut story = Story::new();
    // Nobody has seen yet which VLR serves the old area.
    story.opens(update, 7, &o::lu_request(0, 0x99, &o::tmsi(5))).msc(update, &o::common_id(ANNA));
    story.network(update, &o::lu_accept(0x17, None)).closes(update);
    story.tells(&["location_update normal from 99, anna on_wire, cell 7, at 4"]);
    story.opens(call, 7, &o::paging_response(&o::tmsi(5))).msc(call, &o::cipher_mode_command());
    story.tells(&["paging_response, anna mapped, cell 7, at 7"]);
}
