//! BSSMAP, 3GPP TS 48.008 §3.2.1, and the BSSAP header of 3GPP TS 48.006 §9.3. Elements in the order of their tables.

use event::{CellId, Imsi, Lai, Tmsi};

use super::mm::{self, MobileIdentity};
use super::{Message, Octets};

/// Wraps a BSSMAP message: discrimination octet and length.
pub fn bssmap(o: &mut Octets, message: impl FnOnce(&mut Octets)) {
    o.u8(0x00);
    o.lv(message);
}

/// Wraps a layer 3 message for or from a phone: discrimination octet, DLCI, length (3GPP TS 48.006 §9.3.2).
pub fn dtap(o: &mut Octets, dlci: u8, message: impl FnOnce(&mut Octets)) {
    o.u8(0x01);
    o.u8(dlci);
    o.lv(message);
}

/// Cause values, §3.2.2.5.
pub mod cause {
    /// Uplink quality.
    pub const UPLINK_QUALITY: u8 = 0x02;
    /// Better cell.
    pub const BETTER_CELL: u8 = 0x0c;
    /// Handover successful.
    pub const HANDOVER_SUCCESSFUL: u8 = 0x0b;
    /// Call control.
    pub const CALL_CONTROL: u8 = 0x09;
    /// Radio interface failure.
    pub const RADIO_INTERFACE_FAILURE: u8 = 0x01;
    /// Equipment failure.
    pub const EQUIPMENT_FAILURE: u8 = 0x20;
}

fn cause_element(o: &mut Octets, value: u8) {
    o.tlv_bytes(0x04, &[value]);
}

// §3.2.2.17, discriminator 0000: the whole CGI; 0001: LAC and CI.
fn cell_identifier(o: &mut Octets, cell: CellId) {
    o.tlv(0x05, |o| cell_value(o, cell));
}

fn cell_value(o: &mut Octets, cell: CellId) {
    match cell.plmn {
        Some(plmn) => {
            o.u8(0x00);
            o.bytes(&plmn.octets());
        }
        None => o.u8(0x01),
    }
    o.u16(cell.lac.unwrap_or(0));
    o.u16(cell.ci.unwrap_or(0));
}

// §3.2.2.11: speech, full or half rate, full rate preferred, versions 1 and 2.
fn channel_type(o: &mut Octets) {
    o.tlv_bytes(0x0b, &[0x01, 0x0a, 0x91, 0xa1, 0x01]);
}

// §3.2.2.10: A5/1 or none, and the key.
fn encryption_information(o: &mut Octets, key: [u8; 8]) {
    o.tlv(0x0a, |o| {
        o.u8(0x03);
        o.bytes(&key);
    });
}

fn imsi_element(o: &mut Octets, imsi: Imsi) {
    o.tlv(0x08, |o| mm::mobile_identity(o, MobileIdentity::Imsi(imsi)));
}

// §3.2.2.2: PCM multiplex and timeslot.
fn circuit(o: &mut Octets, code: u16) {
    o.u8(0x01);
    o.u16(code);
}

const CHOSEN_CHANNEL_FULL_RATE: [u8; 2] = [0x21, 0x98]; // §3.2.2.33: speech, full rate TCH
const CHOSEN_CHANNEL_SDCCH: [u8; 2] = [0x21, 0x01]; // §3.2.2.33: signalling, SDCCH
const CHOSEN_ENCRYPTION_A5_1: [u8; 2] = [0x2c, 0x02]; // §3.2.2.44
const SPEECH_VERSION_2: [u8; 2] = [0x40, 0x11]; // §3.2.2.51: full rate version 2

/// COMPLETE LAYER 3 INFORMATION, §3.2.1.32.
pub fn complete_layer_3_information(o: &mut Octets, cell: CellId, layer3: impl FnOnce(&mut Octets)) {
    o.message(Message::CompleteLayer3Information);
    cell_identifier(o, cell);
    o.tlv(0x17, layer3);
    o.bytes(&CHOSEN_CHANNEL_SDCCH);
}

/// CLASSMARK UPDATE, §3.2.1.29.
pub fn classmark_update(o: &mut Octets) {
    o.message(Message::ClassmarkUpdate);
    o.tlv_bytes(0x12, &mm::CLASSMARK_2);
    o.tlv_bytes(0x13, &[0x60, 0x14, 0x04, 0, 0, 0, 0, 0]);
}

/// CIPHER MODE COMMAND, §3.2.1.30. `equipment` asks the phone for its IMEISV (§3.2.2.34).
pub fn cipher_mode_command(o: &mut Octets, key: [u8; 8], equipment: bool) {
    o.message(Message::CipherModeCommand);
    encryption_information(o, key);
    o.u8(0x23);
    o.u8(u8::from(equipment));
}

/// CIPHER MODE COMPLETE, §3.2.1.31, with the phone's message inside.
pub fn cipher_mode_complete(o: &mut Octets, layer3: impl FnOnce(&mut Octets)) {
    o.message(Message::CipherModeComplete);
    o.tlv(0x20, layer3);
    o.bytes(&CHOSEN_ENCRYPTION_A5_1);
}

/// COMMON ID, §3.2.1.68.
pub fn common_id(o: &mut Octets, imsi: Imsi) {
    o.message(Message::CommonId);
    imsi_element(o, imsi);
}

/// PAGING, §3.2.1.19, in one location area.
pub fn paging(o: &mut Octets, imsi: Imsi, tmsi: Option<Tmsi>, area: Lai) {
    o.message(Message::Paging);
    imsi_element(o, imsi);
    if let Some(tmsi) = tmsi {
        o.tlv(0x09, |o| o.u32(tmsi.0));
    }
    // Cell identifier list, §3.2.2.27, discriminator 0100: location areas.
    o.tlv(0x1a, |o| {
        o.u8(0x04);
        mm::location_area(o, area);
    });
}

/// ASSIGNMENT REQUEST, §3.2.1.1, of a circuit.
pub fn assignment_request(o: &mut Octets, circuit_code: u16) {
    o.message(Message::AssignmentRequest);
    channel_type(o);
    circuit(o, circuit_code);
}

/// ASSIGNMENT COMPLETE, §3.2.1.2.
pub fn assignment_complete(o: &mut Octets) {
    o.message(Message::AssignmentComplete);
    o.bytes(&[0x15, 0x00]); // RR cause: normal event
    o.bytes(&CHOSEN_CHANNEL_FULL_RATE);
    o.bytes(&CHOSEN_ENCRYPTION_A5_1);
    o.bytes(&SPEECH_VERSION_2);
}

/// HANDOVER PERFORMED, §3.2.1.25.
pub fn handover_performed(o: &mut Octets, cause: u8, cell: CellId) {
    o.message(Message::HandoverPerformed);
    cause_element(o, cause);
    cell_identifier(o, cell);
    o.bytes(&CHOSEN_CHANNEL_FULL_RATE);
    o.bytes(&CHOSEN_ENCRYPTION_A5_1);
    o.bytes(&SPEECH_VERSION_2);
}

/// HANDOVER REQUIRED, §3.2.1.9, to one preferred cell.
pub fn handover_required(o: &mut Octets, cause: u8, target: CellId) {
    o.message(Message::HandoverRequired);
    cause_element(o, cause);
    o.tlv(0x1a, |o| cell_value(o, target));
}

/// HANDOVER REQUEST, §3.2.1.8.
pub fn handover_request(
    o: &mut Octets,
    key: [u8; 8],
    serving: CellId,
    target: CellId,
    circuit_code: u16,
    cause: u8,
    imsi: Option<Imsi>,
) {
    o.message(Message::HandoverRequest);
    channel_type(o);
    encryption_information(o, key);
    o.tlv_bytes(0x12, &mm::CLASSMARK_2);
    cell_identifier(o, serving);
    circuit(o, circuit_code);
    cell_identifier(o, target);
    cause_element(o, cause);
    if let Some(imsi) = imsi {
        imsi_element(o, imsi);
    }
}

/// HANDOVER REQUEST ACKNOWLEDGE, §3.2.1.10, with the RR HANDOVER COMMAND.
pub fn handover_request_acknowledge(o: &mut Octets, layer3: impl FnOnce(&mut Octets)) {
    o.message(Message::HandoverRequestAcknowledge);
    o.tlv(0x17, layer3);
    o.bytes(&CHOSEN_CHANNEL_FULL_RATE);
    o.bytes(&CHOSEN_ENCRYPTION_A5_1);
    o.bytes(&SPEECH_VERSION_2);
}

/// HANDOVER COMMAND, §3.2.1.11, with the same RR HANDOVER COMMAND.
pub fn handover_command(o: &mut Octets, layer3: impl FnOnce(&mut Octets)) {
    o.message(Message::BssmapHandoverCommand);
    o.tlv(0x17, layer3);
}

/// HANDOVER DETECT, §3.2.1.40.
pub fn handover_detect(o: &mut Octets) {
    o.message(Message::HandoverDetect);
}

/// HANDOVER COMPLETE, §3.2.1.12.
pub fn handover_complete(o: &mut Octets) {
    o.message(Message::BssmapHandoverComplete);
    o.bytes(&[0x15, 0x00]); // RR cause: normal event
}

/// CLEAR REQUEST, §3.2.1.20.
pub fn clear_request(o: &mut Octets, cause: u8) {
    o.message(Message::ClearRequest);
    cause_element(o, cause);
}

/// CLEAR COMMAND, §3.2.1.21.
pub fn clear_command(o: &mut Octets, cause: u8) {
    o.message(Message::ClearCommand);
    cause_element(o, cause);
}

/// CLEAR COMPLETE, §3.2.1.22.
pub fn clear_complete(o: &mut Octets) {
    o.message(Message::ClearComplete);
}

/// RESET, §3.2.1.23.
pub fn reset(o: &mut Octets) {
    o.message(Message::Reset);
    cause_element(o, cause::EQUIPMENT_FAILURE);
}

/// RESET ACKNOWLEDGE, §3.2.1.24.
pub fn reset_acknowledge(o: &mut Octets) {
    o.message(Message::ResetAcknowledge);
}
