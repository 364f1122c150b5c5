//! Calls: whose, with whom, answered when, ended how.

use super::{ANNA, BORIS, BSC, Line, MSC, Story, o};

/// Another point code of the MSC.
const ALIAS: u32 = 9;

/// Anna has an accepted connection.
fn story() -> (Story, Line) {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    (story, line)
}

#[test]
fn an_outgoing_call_is_answered_by_the_network_and_an_incoming_one_by_the_phone() {
    let (mut story, line) = story();
    story
        .phone(line, &o::setup_to(0, "0571114"))
        .phone(line, &o::connect(0))
        .tells(&["call_setup out 114, anna mapped, cell 7, at 5"]);
    story.network(line, &o::connect(8)).network(line, &o::connect(8));
    story.tells(&["call_answered out 114, anna mapped, cell 7, at 7"]);
    story.network(line, &o::setup_from(0, "+8613900000005")).network(line, &o::connect(0)).phone(line, &o::connect(8));
    story.tells(&[
        "call_setup in 13900000005, anna mapped, cell 7, at 9",
        "call_answered in 13900000005, anna mapped, cell 7, at 11",
    ]);
}

#[test]
fn an_acknowledged_answer_proves_the_connect_that_was_lost() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).phone(line, &o::cc_message(0, 0x0f));
    story.tells(&["call_setup out 114, anna mapped, cell 7, at 5"]);
    story.network(line, &o::disconnect(8, 16)).tells(&[
        "call_answered out 114, anna mapped, cell 7, at 6",
        "call_ended out 114 1s cause 16, anna mapped, cell 7, at 7",
    ]);
}

#[test]
fn an_answer_that_is_captured_before_the_setup_begins_no_other_call() {
    let (mut story, line) = story();
    story.network(line, &o::cc_message(8, 2)).phone(line, &o::setup_to(0, "114")).network(line, &o::disconnect(8, 16));
    story.tells(&[
        "call_setup out 114, anna mapped, cell 7, at 6",
        "call_ended out 114 cause 16, anna mapped, cell 7, at 7",
    ]);
}

#[test]
fn a_setup_again_ends_the_call_before_it() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).phone(line, &o::setup_to(0, "10086")).tells(&[
        "call_setup out 114, anna mapped, cell 7, at 5",
        "call_ended out 114, anna mapped, cell 7, at 6",
        "call_setup out 10086, anna mapped, cell 7, at 6",
    ]);
}

#[test]
fn calls_of_one_connection_are_told_apart_by_transaction_and_who_opened_it() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8));
    story.network(line, &o::setup_from(0, "10086")).phone(line, &o::connect(8)).told.0.clear();
    story.phone(line, &o::disconnect(8, 31)).tells(&["call_ended in 10086 1s cause 31, anna mapped, cell 7, at 9"]);
    story.phone(line, &o::disconnect(0, 16)).tells(&["call_ended out 114 4s cause 16, anna mapped, cell 7, at 10"]);
}

#[test]
fn a_call_ends_once_at_the_first_sign() {
    type End = fn(Line, &mut Story) -> &mut Story;
    let ends: [(End, &str); 8] = [
        (|line, story| story.phone(line, &o::disconnect(0, 17)).network(line, &o::release(8)), " cause 17"),
        (|line, story| story.network(line, &o::release(8)).phone(line, &o::release_complete(0)), ""),
        (|line, story| story.network(line, &o::release_complete(8)), ""),
        (|line, story| story.msc(line, &o::clear_command(9)).closes(line), ""),
        (|line, story| story.bss(line, &o::clear_request(7)).msc(line, &o::clear_command(9)), ""),
        (|line, story| story.closes(line), ""),
        (|_, story| story.message(BSC, MSC, &o::udt(&o::reset())), ""),
        (|line, story| story.opens(line, 7, &o::imsi_detach(&o::tmsi(99))), ""),
    ];
    for (end, cause) in ends {
        let (mut story, line) = story();
        story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8)).told.0.clear();
        end(line, &mut story);
        let told = format!("call_ended out 114 1s{cause}, anna mapped, cell 7, at 7");
        story.tells(&[&told]);
    }
}

#[test]
fn a_circuit_reset_ends_its_call() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).msc(line, &o::assignment_request(0x21)).told.0.clear();
    story.message(MSC, BSC, &o::udt(&o::reset_circuit(0x22))).tells(&[]);
    story.message(MSC, BSC, &o::udt(&o::reset_circuit(0x21))).tells(&["call_ended out 114, anna mapped, cell 7, at 8"]);
}

#[test]
fn a_circuit_is_known_while_its_connection_has_it() {
    let (mut story, line) = story();
    let circuits = |story: &Story| story.counters().connections.channels;
    story.msc(line, &o::assignment_request(0x21)).bss(line, &o::assignment_complete(None));
    assert_eq!(circuits(&story), 1);
    story.msc(line, &o::assignment_request_for_signalling());
    assert_eq!(circuits(&story), 0);
    story.bss(line, &o::assignment_complete(Some(0x22)));
    assert_eq!(circuits(&story), 1);
    story.closes(line);
    assert_eq!(circuits(&story), 0);
}

#[test]
fn a_circuit_is_between_the_nodes_that_the_assignment_names() {
    let line = Line::new(1);
    let opening = o::complete_layer_3(&o::cell(0x17, 7), &o::cm_service_request(1, &o::imsi(ANNA)));
    let mut story = Story::new();
    story.message(BSC, ALIAS, &o::cr(line.bsc_reference, &opening)).network(line, &o::CM_SERVICE_ACCEPT);
    story.network(line, &o::setup_from(0, "10086")).msc(line, &o::assignment_request(0x21)).told.0.clear();
    story.message(MSC, BSC, &o::udt(&o::reset_circuit(0x21)));
    story.tells(&["call_ended in 10086, anna on_wire, cell 7, at 5"]);
}

#[test]
fn a_circuit_is_given_back_though_its_msc_answers_by_another_name() {
    let (line, by_alias) = (Line::new(1), Line::new(1).of_msc(ALIAS));
    let to_bsc = (MSC, BSC, o::it(line.bsc_reference, line.msc_reference));
    let to_msc = (BSC, MSC, o::it(line.msc_reference, line.bsc_reference));
    for (sender, receiver, naming) in [to_bsc, to_msc] {
        for is_other_half_known in [false, true] {
            let mut story = Story::new();
            story.msc(by_alias, &o::assignment_request(0x21));
            if is_other_half_known {
                story.phone(line, &o::setup_to(0, "114"));
            }
            story.message(sender, receiver, &naming);
            assert_eq!((story.counters().connections.open, story.counters().connections.channels), (1, 1));
            story.closes(line);
            assert_eq!((story.counters().connections.open, story.counters().connections.channels), (0, 0));
        }
    }
}

#[test]
fn a_reset_of_ip_resources_ends_the_calls_that_had_them() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).msc(line, &o::assignment_request_over_ip(0x21)).told.0.clear();
    story.message(BSC, MSC, &o::udt(&o::reset_ip_resource(0x22))).tells(&[]);
    story.message(BSC, MSC, &o::udt(&o::reset_ip_resource(0x21)));
    story.tells(&["call_ended out 114, anna mapped, cell 7, at 8"]);
}

#[test]
fn whether_a_half_heard_call_was_answered_cannot_be_told() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.registers(2, BORIS, 6).told.0.clear();
    story.phone(line, &o::setup_to(0, "114")).phone(line, &o::disconnect(0, 16)).finally_tells(&[
        "call_setup out 114, nobody unresolved, at 7",
        "call_ended out 114 answered? cause 16, nobody unresolved, at 8",
    ]);
}

#[test]
fn a_call_that_was_not_answered_has_no_length() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).network(line, &o::disconnect(8, 17)).tells(&[
        "call_setup out 114, anna mapped, cell 7, at 5",
        "call_ended out 114 cause 17, anna mapped, cell 7, at 6",
    ]);
}

#[test]
fn an_emergency_call_has_no_number_and_without_sim_no_subscriber() {
    let (mut story, line) = story();
    story.phone(line, &o::emergency_setup(0)).tells(&["call_setup out emergency, anna mapped, cell 7, at 5"]);
    let line = Line::new(2);
    story.opens(line, 8, &o::cm_service_request(2, &o::imei("356969040000000")));
    story.network(line, &o::CM_SERVICE_ACCEPT).phone(line, &o::emergency_setup(0)).closes(line).tells(&[
        "imei_seen, nobody unresolved, cell 8, at 6",
        "call_setup out emergency, nobody unresolved, cell 8, at 9",
        "call_ended out, nobody unresolved, cell 8, at 10",
    ]);
}

#[test]
fn an_unauthenticated_emergency_call_binds_nothing() {
    let (line, later) = (Line::new(1), Line::new(2));
    let mut story = Story::new();
    story.opens(line, 7, &o::cm_service_request(2, &o::tmsi(5))).phone(line, &o::identity_response(&o::imsi(BORIS)));
    story.network(line, &o::CM_SERVICE_ACCEPT).phone(line, &o::emergency_setup(0));
    story.tells(&["call_setup out emergency, boris on_wire, cell 7, at 5"]);
    story.opens(later, 7, &o::imsi_detach(&o::tmsi(5))).closes(later);
    story.tells(&["imsi_detach, nobody unresolved, cell 7, at 6"]);
}

#[test]
fn a_reestablished_call_goes_on() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8)).told.0.clear();
    story.bss(line, &o::clear_request(1)).msc(line, &o::clear_command(1)).closes(line).tells(&[]);
    let line = Line::new(2);
    story.opens(line, 9, &o::cm_reestablishment_request(&o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    story.wait(60).tells(&[]);
    story.network(line, &o::disconnect(8, 16)).tells(&["call_ended out 114 68s cause 16, anna mapped, cell 9, at 14"]);
}

#[test]
fn a_call_that_is_not_reestablished_ended_when_its_link_was_lost() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8)).told.0.clear();
    story.bss(line, &o::clear_request(1)).closes(line).tells(&[]);
    story.wait(30).tells(&["call_ended out 114 1s, anna mapped, cell 7, at 7"]);
}

#[test]
fn a_stranger_who_reestablishes_goes_on_with_nobodys_call() {
    for (identity, holds_it_now) in [(o::tmsi(6), false), (o::imsi(BORIS), false), (o::tmsi(5), true)] {
        let (mut story, line) = story();
        story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8)).told.0.clear();
        story.bss(line, &o::clear_request(1)).closes(line);
        if holds_it_now {
            story.paged(BORIS, 5);
        }
        let line = Line::new(2);
        story.opens(line, 9, &o::cm_reestablishment_request(&identity)).network(line, &o::CM_SERVICE_ACCEPT);
        story.network(line, &o::disconnect(8, 16)).tells(&[]);
        story.wait(60).tells(&["call_ended out 114 1s, anna mapped, cell 7, at 7"]);
        assert_eq!(story.counters().connections.reestablished, 0);
    }
}

#[test]
fn a_call_that_the_network_does_not_go_on_with_ended_at_once() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8)).told.0.clear();
    story.bss(line, &o::clear_request(1)).closes(line).tells(&[]);
    let line = Line::new(2);
    story.opens(line, 9, &o::cm_reestablishment_request(&o::tmsi(5))).tells(&[]);
    story.network(line, &o::cm_service_reject(38));
    story.tells(&[
        "call_ended out 114 1s, anna mapped, cell 7, at 7",
        "service_rejected 38, anna mapped, cell 9, at 12",
    ]);
    story.closes(line).wait(60).tells(&[]);
}

#[test]
fn calls_that_go_on_at_the_end_of_the_capture_have_not_ended() {
    let (mut story, line) = story();
    story.phone(line, &o::setup_to(0, "114")).told.0.clear();
    story.finally_tells(&[]);
}
