//! Connections seen from the middle, from one side, in pieces, and ended without a word.

use super::{ANNA, BORIS, BSC, Line, MSC, PointCodeFormat, Story, o};

#[test]
fn a_connection_joined_in_the_middle_still_tells() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.msc(line, &o::common_id(ANNA)).network(line, &o::setup_from(0, "10086"));
    story.tells(&["call_setup in 10086, anna on_wire, at 2"]);
}

#[test]
fn halves_are_one_connection_once_a_message_names_both() {
    type Naming = fn(Line) -> (u32, u32, Vec<u8>);
    let names: [Naming; 3] = [
        |line| (line.msc, line.bsc, o::it(line.bsc_reference, line.msc_reference)),
        |line| (line.bsc, line.msc, o::it(line.msc_reference, line.bsc_reference)),
        |line| (line.msc, line.bsc, o::rlsd(line.bsc_reference, line.msc_reference)),
    ];
    for naming in names {
        let line = Line::new(1);
        let mut story = Story::new();
        story.msc(line, &o::common_id(ANNA)).phone(line, &o::setup_to(0, "114")).tells(&[]);
        let (sender, receiver, octets) = naming(line);
        story.message(sender, receiver, &octets);
        let first = story.told.0.remove(0);
        assert_eq!(super::short(&first), "call_setup out 114, anna on_wire, at 2");
        assert_eq!(story.counters().connections.merged, 1);
    }
}

#[test]
fn a_call_whose_end_both_halves_show_ends_once() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.msc(line, &o::common_id(ANNA)).network(line, &o::setup_from(0, "10086")).phone(line, &o::connect(8));
    story
        .phone(line, &o::disconnect(8, 16))
        .network(line, &o::release(0))
        .tells(&["call_setup in 10086, anna on_wire, at 2", "call_ended in 10086 answered?, anna on_wire, at 5"]);
    story.closes(line).tells(&["call_answered in, anna on_wire, at 3"]);
}

#[test]
fn a_call_is_one_though_its_parts_were_seen_in_two_halves() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.msc(line, &o::common_id(ANNA)).network(line, &o::setup_from(0, "10086")).phone(line, &o::connect(8));
    story.message(MSC, BSC, &o::it(line.bsc_reference, line.msc_reference)).told.0.clear();
    story.phone(line, &o::disconnect(8, 16)).tells(&["call_ended in 10086 2s cause 16, anna on_wire, at 5"]);
}

#[test]
fn the_confirm_may_be_seen_before_the_request_is_answered() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5);
    // The network's first data overtakes its confirm.
    let opening = o::complete_layer_3(&o::cell(0x17, 7), &o::paging_response(&o::tmsi(5)));
    story.message(BSC, MSC, &o::cr(line.bsc_reference, &opening));
    story.msc(line, &o::cipher_mode_command());
    story.message(MSC, BSC, &o::cc(line.bsc_reference, line.msc_reference));
    story.network(line, &o::setup_from(0, "10086")).phone(line, &o::connect(8)).tells(&[
        "paging_response, anna mapped, cell 7, at 2",
        "call_setup in 10086, anna mapped, cell 7, at 5",
        "call_answered in 10086, anna mapped, cell 7, at 6",
    ]);
    assert_eq!(story.counters().connections.half_opened, 0);
}

#[test]
fn a_confirm_that_is_captured_before_its_request_belongs_to_it() {
    let line = Line::new(1);
    let mut story = Story::new();
    let opening = o::complete_layer_3(&o::cell(0x17, 7), &o::paging_response(&o::tmsi(5)));
    story.paged(ANNA, 5).message(MSC, BSC, &o::cc(line.bsc_reference, line.msc_reference));
    story.message(BSC, MSC, &o::cr(line.bsc_reference, &opening)).tells(&[]);
    story
        .msc(line, &o::cipher_mode_command())
        .phone(line, &o::setup_to(0, "114"))
        .tells(&["paging_response, anna mapped, cell 7, at 3", "call_setup out 114, anna mapped, cell 7, at 5"]);
    story.closes(line);
    assert_eq!(story.counters().connections.open, 0);
}

#[test]
fn a_request_with_a_live_reference_ends_the_connection_that_had_it() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    story.phone(line, &o::setup_to(0, "114")).tells(&[]);
    story.opens(Line { msc_reference: 0xaaa, ..line }, 8, &o::cm_service_request(1, &o::tmsi(6)));
    story.tells(&[
        "call_setup out 114, nobody unresolved, cell 7, at 4",
        "call_ended out 114, nobody unresolved, cell 7, at 5",
    ]);
    assert_eq!(story.counters().connections.open, 1);
}

#[test]
fn a_refused_connection_tells_nothing() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5);
    let opening = o::complete_layer_3(&o::cell(0x17, 7), &o::paging_response(&o::tmsi(5)));
    story.message(BSC, MSC, &o::cr(line.bsc_reference, &opening));
    story.message(MSC, BSC, &o::cref(line.bsc_reference)).tells(&[]);
    assert_eq!(story.counters().connections.open, 0);
}

#[test]
fn user_data_is_taken_from_whatever_carries_it() {
    let (line, reject) = (Line::new(1), o::dtap(&o::lu_reject(11)));
    let (there, here) = (line.bsc_reference, line.msc_reference);
    let answers = [
        o::cc_with(there, here, &reject),
        o::cref_with(there, &reject),
        o::rlsd_with(there, here, &reject),
        o::dt1(there, &reject),
        o::dt2(there, &reject),
    ];
    for answer in answers {
        let opening = o::complete_layer_3(&o::cell(0x17, 7), &o::lu_request(0, 0x17, &o::imsi(ANNA)));
        let mut story = Story::new();
        story.message(BSC, MSC, &o::cr(there, &opening)).message(MSC, BSC, &answer);
        story.tells(&["location_update_rejected 11, anna on_wire, cell 7, at 2"]);
    }
}

#[test]
fn silence_ends_a_connection_and_inactivity_tests_keep_it() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8)).told.0.clear();
    for _ in 0..3 {
        story.wait(20 * 60).message(MSC, BSC, &o::it(line.bsc_reference, line.msc_reference)).tells(&[]);
    }
    story.wait(26 * 60);
    // The last sign of life was the network's last word on the call.
    story.tells(&["call_ended out 114 0s, anna mapped, cell 7, at 6"]);
    assert_eq!((story.counters().connections.expired, story.counters().connections.open), (1, 0));
}

#[test]
fn segmented_data_is_one_message() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::paging_response(&o::tmsi(5))).msc(line, &o::cipher_mode_command());
    let setup = o::dtap(&o::setup_from(0, "10086"));
    let (first, rest) = setup.split_at(6);
    story.message(MSC, BSC, &o::dt1_segment(line.bsc_reference, first, true)).told.0.clear();
    story.message(MSC, BSC, &o::dt1_segment(line.bsc_reference, rest, false));
    story.tells(&["call_setup in 10086, anna mapped, cell 7, at 6"]);
}

#[test]
fn a_segmented_page_is_one_page() {
    let line = Line::new(1);
    let mut story = Story::new();
    let page = o::paging(ANNA, 5);
    let (first, rest) = page.split_at(9);
    story.message(MSC, BSC, &o::xudt_segment(first, true, 1)).message(MSC, BSC, &o::xudt_segment(rest, false, 0));
    story.opens(line, 7, &o::imsi_detach(&o::tmsi(5))).tells(&["imsi_detach, anna mapped, cell 7, at 3"]);
}

#[test]
fn segments_of_two_pages_are_told_apart_by_their_reference() {
    let (line, other) = (Line::new(1), Line::new(2));
    let mut story = Story::new();
    let pages = [(1, o::paging(ANNA, 5)), (2, o::paging(BORIS, 6))];
    for is_first in [true, false] {
        for (reference, page) in &pages {
            let (first, rest) = page.split_at(9);
            let part = if is_first { first } else { rest };
            story.message(MSC, BSC, &o::xudt_segment_of(*reference, part, is_first, u8::from(is_first)));
        }
    }
    story.opens(line, 7, &o::imsi_detach(&o::tmsi(5))).opens(other, 7, &o::imsi_detach(&o::tmsi(6)));
    story.tells(&["imsi_detach, anna mapped, cell 7, at 5", "imsi_detach, boris mapped, cell 7, at 7"]);
}

#[test]
fn references_are_of_a_tcp_connection_and_subscribers_of_the_msc() {
    let detach = o::cr(0x101, &o::complete_layer_3(&o::cell(0x17, 7), &o::imsi_detach(&o::tmsi(5))));
    let mut story = Story::new();
    story.message_over(1, MSC, BSC, &o::udt(&o::paging(ANNA, 5)));
    story.message_over(2, BSC, MSC, &detach).message_over(3, BSC, MSC, &detach);
    story.tells(&["imsi_detach, anna mapped, cell 7, at 2", "imsi_detach, anna mapped, cell 7, at 3"]);
    assert_eq!(story.counters().connections.open, 2);
}

#[test]
fn other_users_of_sccp_are_not_followed() {
    let mut story = Story::new();
    story.message(MSC, BSC, &o::udt_to(6, &o::paging(ANNA, 5)));
    assert_eq!((story.counters().unmatched.other_user, story.counters().identities.subscribers), (1, 0));
}

#[test]
fn a_prohibited_subsystem_ends_what_its_node_had() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    story.message(9, 8, &o::udt_to(1, &[0x02, 254, BSC as u8, 0, 0]));
    assert_eq!((story.counters().connections.reset, story.counters().connections.open), (1, 0));
}

#[test]
fn a_prohibited_subsystem_is_of_a_node_as_its_network_writes_point_codes() {
    let line = Line { bsc: 0x01_0203, ..Line::new(1) };
    let mut story = Story::new();
    story.point_codes = PointCodeFormat::China;
    story.opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    story.message(9, 8, &o::udt_to(1, &[0x02, 254, 3, 2, 1, 0]));
    assert_eq!((story.counters().connections.reset, story.counters().connections.open), (1, 0));
}

#[test]
fn octets_that_mean_nothing_are_counted_and_stop_nothing() {
    let mut story = Story::new();
    let whole = o::cr(1, &o::complete_layer_3(&o::cell(0x17, 7), &o::cm_service_request(1, &o::tmsi(5))));
    for length in 0..whole.len() {
        story.message(BSC, MSC, whole.get(..length).unwrap());
    }
    assert!(story.counters().malformed().count() > 0);
}
