//! Calls that change the cell, and those that leave our view.

use super::{ANNA, BORIS, Line, MSC, OTHER_BSC, Story, o};

/// RR HANDOVER COMMAND to a cell, with this reference.
fn command(reference: u8) -> [u8; 8] {
    [0x06, 0x2b, 0x40, 0x01, 0x28, 0x20, reference, 0x00]
}

/// Anna talks to 114 in cell 7 of one BSC.
fn talking() -> (Story, Line) {
    let line = Line::new(1);
    let mut story = Story::new();
    story.paged(ANNA, 5).opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    story.phone(line, &o::setup_to(0, "114")).network(line, &o::connect(8)).told.0.clear();
    (story, line)
}

const TARGET: Line = Line { bsc: OTHER_BSC, msc: MSC, bsc_reference: 0x777, msc_reference: 0x888 };

/// The MSC asks another BSC for a channel in cell 9.
fn asks(story: &mut Story, imsi: Option<&str>) {
    let request = o::handover_request(&o::cell(0x17, 7), &o::short_cell(0x18, 9), imsi);
    story.message(MSC, OTHER_BSC, &o::cr(TARGET.msc_reference, &request));
    story.message(OTHER_BSC, MSC, &o::cc(TARGET.msc_reference, TARGET.bsc_reference));
}

#[test]
fn within_a_bsc_the_cell_changes() {
    let (mut story, line) = talking();
    story.bss(line, &o::handover_performed(&o::short_cell(0x17, 8))).tells(&["handover, anna mapped, cell 8, at 7"]);
    story.network(line, &o::disconnect(8, 16)).tells(&["call_ended out 114 2s cause 16, anna mapped, cell 8, at 8"]);
}

#[test]
fn within_a_bss_by_order_of_the_msc_the_cell_is_no_longer_known() {
    let (mut story, line) = talking();
    story.msc(line, &o::internal_handover_command()).tells(&[]);
    story.bss(line, &o::handover_complete()).tells(&["handover, anna mapped, at 8"]);
}

#[test]
fn between_bscs_identity_and_calls_go_over_with_the_phone() {
    for late in [false, true] {
        let (mut story, line) = talking();
        asks(&mut story, None);
        let acknowledge = o::handover_request_acknowledge(&command(3));
        if late {
            story.msc(line, &o::handover_command(&command(3))).bss(TARGET, &acknowledge);
        } else {
            story.bss(TARGET, &acknowledge).msc(line, &o::handover_command(&command(3)));
        }
        story.tells(&[]).bss(TARGET, &o::handover_complete()).tells(&["handover, anna mapped, cell 9, at 11"]);
        story.msc(line, &o::clear_command(0x0b)).closes(line).tells(&[]);
        story.network(TARGET, &o::disconnect(8, 16));
        story.tells(&["call_ended out 114 9s cause 16, anna mapped, cell 9, at 15"]);
        assert_eq!(story.counters().connections.handed_over, 1);
    }
}

#[test]
fn the_release_of_the_old_connection_proves_an_arrival_that_is_seen_late() {
    let (mut story, line) = talking();
    asks(&mut story, None);
    story.bss(TARGET, &o::handover_request_acknowledge(&command(3))).msc(line, &o::handover_command(&command(3)));
    story.msc(line, &o::clear_command(0x0b)).tells(&["handover, anna mapped, cell 9, at 11"]);
    story.bss(TARGET, &o::handover_complete()).tells(&[]);
}

#[test]
fn a_failed_handover_changes_nothing() {
    let (mut story, line) = talking();
    asks(&mut story, None);
    story.bss(TARGET, &o::handover_request_acknowledge(&command(3))).msc(line, &o::handover_command(&command(3)));
    story.bss(line, &o::handover_failure()).msc(TARGET, &o::clear_command(9)).closes(TARGET).tells(&[]);
    story.network(line, &o::disconnect(8, 16)).tells(&["call_ended out 114 9s cause 16, anna mapped, cell 7, at 15"]);
}

#[test]
fn who_failed_to_arrive_is_not_taken_there_by_the_next_handover() {
    let (mut story, line) = talking();
    asks(&mut story, None);
    story.bss(TARGET, &o::handover_request_acknowledge(&command(3))).msc(line, &o::handover_command(&command(3)));
    story.bss(line, &o::handover_failure()).msc(line, &o::handover_command(&command(4)));
    story.msc(line, &o::clear_command(0x0b)).tells(&["call_ended out 114 7s left view, anna mapped, cell 7, at 13"]);
}

#[test]
fn an_arrival_that_is_captured_before_the_command_is_the_phones() {
    let (mut story, line) = talking();
    asks(&mut story, None);
    story.bss(TARGET, &o::handover_request_acknowledge(&command(3))).bss(TARGET, &o::handover_complete()).tells(&[]);
    story.msc(line, &o::handover_command(&command(3))).tells(&["handover, anna mapped, cell 9, at 10"]);
}

#[test]
fn a_call_handed_to_where_nobody_watches_has_left_view() {
    let (mut story, line) = talking();
    story.msc(line, &o::handover_command(&command(3))).msc(line, &o::clear_command(0x0b));
    story.tells(&["call_ended out 114 2s left view, anna mapped, cell 7, at 8"]);
}

#[test]
fn the_same_command_for_two_phones_joins_neither() {
    let (mut story, line) = talking();
    let other = Line::new(2);
    story.msc(line, &o::handover_command(&command(3)));
    story.opens(other, 7, &o::cm_service_request(1, &o::imsi(BORIS))).network(other, &o::CM_SERVICE_ACCEPT);
    story.msc(other, &o::handover_command(&command(3)));
    asks(&mut story, None);
    story.bss(TARGET, &o::handover_request_acknowledge(&command(3))).bss(TARGET, &o::handover_complete());
    story.closes(TARGET).tells(&["handover, nobody unresolved, cell 9, at 15"]);
    assert_eq!(story.counters().unmatched.handover_ambiguous, 2);
}

#[test]
fn a_handover_from_where_nobody_watches_knows_the_imsi_of_its_request() {
    let mut story = Story::new();
    asks(&mut story, Some(ANNA));
    story.bss(TARGET, &o::handover_complete()).tells(&["handover, anna on_wire, cell 9, at 3"]);
}

#[test]
fn the_imsi_of_a_handover_request_is_that_of_the_tmsi_used_before() {
    let (line, later) = (Line::new(1), Line::new(2));
    let mut story = Story::new();
    story.opens(line, 7, &o::cm_service_request(1, &o::tmsi(5))).network(line, &o::CM_SERVICE_ACCEPT);
    asks(&mut story, Some(ANNA));
    story.bss(TARGET, &o::handover_request_acknowledge(&command(3))).msc(line, &o::handover_command(&command(3)));
    story.bss(TARGET, &o::handover_complete()).tells(&["handover, anna on_wire, cell 9, at 8"]);
    story.opens(later, 7, &o::imsi_detach(&o::tmsi(5))).tells(&["imsi_detach, anna mapped, cell 7, at 9"]);
}
