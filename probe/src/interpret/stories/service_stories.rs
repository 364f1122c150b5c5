//! Short messages, codes and call forwarding: told when they have passed.

use super::{ANNA, Line, Story, o};

fn story() -> (Story, Line) {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(4, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    (story, line)
}

#[test]
fn a_message_is_sent_or_received_when_the_other_side_acknowledges_it() {
    let (mut story, line) = story();
    story.phone(line, &o::submit(0, 1, "10086")).phone(line, &o::submit(0, 1, "10086")).tells(&[]);
    story.network(line, &o::rp_ack(8, 1, true)).tells(&["sms_sent 10086, anna mapped, cell 7, at 7"]);
    story.network(line, &o::deliver(0, 1, "+8613900000005")).tells(&[]);
    story.phone(line, &o::rp_ack(8, 1, false)).tells(&["sms_received 13900000005, anna mapped, cell 7, at 9"]);
}

#[test]
fn a_message_that_the_other_side_refuses_is_told_with_the_cause() {
    let (mut story, line) = story();
    story.phone(line, &o::submit(0, 1, "10086")).network(line, &o::rp_error(8, 1, true));
    story.tells(&["sms_rejected 10086 cause 38, anna mapped, cell 7, at 6"]);
    story.network(line, &o::deliver(0, 1, "10086")).phone(line, &o::rp_error(8, 1, false));
    story.tells(&["sms_rejected 10086 cause 38, anna mapped, cell 7, at 8"]);
    assert_eq!(story.counters().unmatched.short_message_failed, 2);
}

#[test]
fn a_message_that_was_never_acknowledged_was_not_passed() {
    let (mut story, line) = story();
    story.phone(line, &o::submit(0, 2, "10086")).closes(line).tells(&[]);
    assert_eq!(story.counters().unmatched.short_message_unacknowledged, 1);
}

#[test]
fn where_one_direction_is_seen_the_offer_of_a_message_has_to_do() {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5);
    story.message(
        line.bsc,
        line.msc,
        &o::cr(0x101, &o::complete_layer_3(&o::cell(0x17, 7), &o::cm_service_request(4, &o::tmsi(5)))),
    );
    story.wait(1600).tells(&[]);
    story.phone(line, &o::submit(0, 1, "10086")).wait(1600);
    story.tells(&["sms_sent 10086, nobody unresolved, at 3"]);
}

#[test]
fn a_code_is_told_when_it_is_dialled() {
    let (mut story, line) = story();
    story.phone(line, &o::ussd(0)).tells(&["ussd *100#, anna mapped, cell 7, at 5"]);
}

#[test]
fn forwarding_is_told_when_the_network_has_done_it() {
    let (mut story, line) = story();
    story.phone(line, &o::register_forwarding(0, "+8613900000005")).tells(&[]);
    story.network(line, &o::ss_release_complete(8, 0xa2));
    story.tells(&["call_forwarding register 21 13900000005, anna mapped, cell 7, at 6"]);
}

#[test]
fn forwarding_that_was_refused_is_not_told() {
    let (mut story, line) = story();
    story.phone(line, &o::register_forwarding(0, "114")).network(line, &o::ss_release_complete(8, 0xa3)).closes(line);
    story.tells(&[]);
    assert_eq!(story.counters().unmatched.operation_refused, 1);
}
