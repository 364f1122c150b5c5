//! Radio resource messages that the A interface carries, 3GPP TS 44.018 §9.1.

use event::{CellId, Lai};

use super::body::{Body, NoElements, messages};
use super::cell::location_area;
use super::element::{Elements, Format};
use super::{Decoded, Malformed, Message, MobileIdentity, Protocol, Reader, Value};

messages! {
    /// Message type, 3GPP TS 44.018 Table 10.4.1.
    pub RrMessageType;
    /// A radio resource message.
    pub Rr {
        0x08 RR_CELL_CHANGE_ORDER "rr_cell_change_order",
        0x09 VGCS_UPLINK_GRANT "vgcs_uplink_grant",
        0x0a PARTIAL_RELEASE "partial_release",
        0x0d CHANNEL_RELEASE "channel_release",
        0x0e UPLINK_RELEASE "uplink_release",
        0x0f PARTIAL_RELEASE_COMPLETE "partial_release_complete",
        0x10 CHANNEL_MODE_MODIFY "channel_mode_modify",
        0x11 TALKER_INDICATION "talker_indication",
        0x12 RR_STATUS "rr_status",
        0x13 CLASSMARK_ENQUIRY "classmark_enquiry",
        0x14 FREQUENCY_REDEFINITION "frequency_redefinition",
        0x15 MEASUREMENT_REPORT "measurement_report",
        0x16 CLASSMARK_CHANGE "classmark_change" => ClassmarkChange(NoElements),
        0x17 CHANNEL_MODE_MODIFY_ACKNOWLEDGE "channel_mode_modify_acknowledge",
        0x18 SYSTEM_INFORMATION_TYPE_8 "system_information_type_8",
        0x19 SYSTEM_INFORMATION_TYPE_1 "system_information_type_1",
        0x1a SYSTEM_INFORMATION_TYPE_2 "system_information_type_2",
        0x1b SYSTEM_INFORMATION_TYPE_3 "system_information_type_3" => SystemInformationType3(SystemInformationType3),
        0x1c SYSTEM_INFORMATION_TYPE_4 "system_information_type_4",
        0x1d SYSTEM_INFORMATION_TYPE_5 "system_information_type_5",
        0x1e SYSTEM_INFORMATION_TYPE_6 "system_information_type_6" => SystemInformationType6(SystemInformationType6),
        0x1f SYSTEM_INFORMATION_TYPE_7 "system_information_type_7",
        0x21 PAGING_REQUEST_TYPE_1 "paging_request_type_1",
        0x22 PAGING_REQUEST_TYPE_2 "paging_request_type_2",
        0x24 PAGING_REQUEST_TYPE_3 "paging_request_type_3",
        0x26 NOTIFICATION_RESPONSE "notification_response",
        0x27 PAGING_RESPONSE "paging_response" => PagingResponse(PagingResponse),
        0x28 HANDOVER_FAILURE "handover_failure",
        0x29 ASSIGNMENT_COMPLETE "assignment_complete",
        0x2a UPLINK_BUSY "uplink_busy",
        0x2b HANDOVER_COMMAND "handover_command" => HandoverCommand(HandoverCommand),
        0x2c HANDOVER_COMPLETE "handover_complete",
        0x2d PHYSICAL_INFORMATION "physical_information",
        0x2e ASSIGNMENT_COMMAND "assignment_command",
        0x2f ASSIGNMENT_FAILURE "assignment_failure",
        0x30 CONFIGURATION_CHANGE_COMMAND "configuration_change_command",
        0x31 CONFIGURATION_CHANGE_ACK "configuration_change_ack",
        0x32 CIPHERING_MODE_COMPLETE "ciphering_mode_complete" => CipheringModeComplete(CipheringModeComplete),
        0x33 CONFIGURATION_CHANGE_REJECT "configuration_change_reject",
        0x34 GPRS_SUSPENSION_REQUEST "gprs_suspension_request",
        0x35 CIPHERING_MODE_COMMAND "ciphering_mode_command" => CipheringModeCommand(CipheringModeCommand),
        0x36 EXTENDED_MEASUREMENT_REPORT "extended_measurement_report",
        0x37 EXTENDED_MEASUREMENT_ORDER "extended_measurement_order",
        0x38 APPLICATION_INFORMATION "application_information",
        0x39 IMMEDIATE_ASSIGNMENT_EXTENDED "immediate_assignment_extended",
        0x3a IMMEDIATE_ASSIGNMENT_REJECT "immediate_assignment_reject",
        0x3b ADDITIONAL_ASSIGNMENT "additional_assignment",
        0x3f IMMEDIATE_ASSIGNMENT "immediate_assignment",
        0x48 DTM_ASSIGNMENT_FAILURE "dtm_assignment_failure",
        0x49 DTM_REJECT "dtm_reject",
        0x4a DTM_REQUEST "dtm_request",
        0x4b PACKET_ASSIGNMENT "packet_assignment",
        0x4c DTM_ASSIGNMENT_COMMAND "dtm_assignment_command",
        0x4d DTM_INFORMATION "dtm_information",
        0x4e PACKET_NOTIFICATION "packet_notification",
        0x60 UTRAN_CLASSMARK_CHANGE "utran_classmark_change",
        0x62 CDMA2000_CLASSMARK_CHANGE "cdma2000_classmark_change",
        0x63 INTER_SYSTEM_TO_UTRAN_HANDOVER_COMMAND "inter_system_to_utran_handover_command",
        0x64 INTER_SYSTEM_TO_CDMA2000_HANDOVER_COMMAND "inter_system_to_cdma2000_handover_command",
    }
}

/// PAGING RESPONSE, 3GPP TS 44.018 §9.1.25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagingResponse {
    /// Ciphering key sequence number, 7: no key.
    pub key_sequence: u8,
    /// Mobile identity.
    pub mobile_identity: MobileIdentity,
}

/// CIPHERING MODE COMMAND, 3GPP TS 44.018 §9.1.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CipheringModeCommand {
    /// Whether ciphering starts.
    pub start: bool,
    /// Algorithm: 1 for A5/1 and so on; 0 where ciphering does not start.
    pub algorithm: u8,
    /// Whether the IMEISV is asked for.
    pub imeisv_requested: bool,
}

/// CIPHERING MODE COMPLETE, 3GPP TS 44.018 §9.1.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CipheringModeComplete {
    /// Mobile equipment identity, where it was asked for.
    pub mobile_identity: Option<MobileIdentity>,
}

/// HANDOVER COMMAND, 3GPP TS 44.018 §9.1.15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandoverCommand {
    /// BCCH frequency of the target cell, 0 to 1023.
    pub arfcn: u16,
    /// Base station identity code of the target cell, 0 to 63.
    pub bsic: u8,
    /// Handover reference.
    pub reference: u8,
}

/// SYSTEM INFORMATION TYPE 3, 3GPP TS 44.018 §9.1.35: on the air only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemInformationType3 {
    /// Location area and identity of the cell.
    pub cell: CellId,
    /// T3212 in tenths of an hour, 0 where phones do not report themselves: control channel description, §10.5.2.11.
    pub t3212: u8,
}

/// SYSTEM INFORMATION TYPE 6, 3GPP TS 44.018 §9.1.40: on the air only, during a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemInformationType6 {
    /// Location area and identity of the cell.
    pub cell: CellId,
}

const MOBILE_IDENTITY: u8 = 0x17;

/// Elements of the optional part of CIPHERING MODE COMPLETE, 3GPP TS 44.018 Table 9.1.10.1.
static ELEMENTS: Elements = Elements::of_layer_3(&[(MOBILE_IDENTITY, "mobile identity", Format::Tlv)]);

const fn integer(value: u8) -> Value<'static> {
    Value::Integer(value as u64)
}

impl Body for PagingResponse {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [key_sequence] = r.v("ciphering key sequence number")?; // TS 24.008 §10.5.1.2
        let _classmark_2 = r.lv("mobile station classmark")?; // TS 24.008 §10.5.1.6
        let value = r.lv("mobile identity")?; // TS 24.008 §10.5.1.4
        Ok(Self { key_sequence: key_sequence & 7, mobile_identity: MobileIdentity::read(r.within(value))? })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
        visit("mobile_identity", self.mobile_identity.value());
    }
}

impl Body for CipheringModeCommand {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [setting_and_response] = r.v("cipher mode setting")?; // 10.5.2.9, 10.5.2.10
        let start = setting_and_response & 1 != 0;
        let algorithm = if start { (setting_and_response >> 1 & 7) + 1 } else { 0 };
        Ok(Self { start, algorithm, imeisv_requested: setting_and_response & 0x10 != 0 })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("start_ciphering", Value::Flag(self.start));
        visit("algorithm_identifier", integer(self.algorithm));
        visit("cipher_response_imeisv", Value::Flag(self.imeisv_requested));
    }
}

impl Body for CipheringModeComplete {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut mobile_identity = None;
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            if identifier == MOBILE_IDENTITY {
                mobile_identity = r.keep(MobileIdentity::read(value));
            }
        }
        Ok(Self { mobile_identity })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Some(identity) = self.mobile_identity {
            visit("mobile_identity", identity.value());
        }
    }
}

impl Body for HandoverCommand {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [frequency_and_colour, frequency] = r.v("cell description")?; // 10.5.2.2
        let _channel: [u8; 3] = r.v("description of the first channel, after time")?; // 10.5.2.5a
        let [reference] = r.v("handover reference")?; // 10.5.2.15
        let [_power_and_access] = r.v("power command and access type")?; // 10.5.2.28a
        let arfcn = u16::from_be_bytes([frequency_and_colour >> 6, frequency]);
        Ok(Self { arfcn, bsic: frequency_and_colour & 0x3f, reference })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("bcch_arfcn", Value::Integer(u64::from(self.arfcn)));
        visit("bsic", integer(self.bsic));
        visit("handover_reference", integer(self.reference));
    }
}

impl Body for SystemInformationType3 {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let cell = own_cell(r)?;
        let [_attach_and_blocks, _paging, t3212] = r.v("control channel description")?; // 10.5.2.11
        Ok(Self { cell, t3212 })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("cell_identity", Value::Cell(self.cell));
        visit("t3212", integer(self.t3212));
    }
}

impl Body for SystemInformationType6 {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { cell: own_cell(r)? })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("cell_identity", Value::Cell(self.cell));
    }
}

/// Which cell it is that speaks.
fn own_cell(r: &mut Reader<'_>) -> Result<CellId, Malformed> {
    let ci = r.u16("cell identity")?; // 10.5.1.1
    let Lai { plmn, lac } = location_area(r)?; // 10.5.1.3
    Ok(CellId { plmn: Some(plmn), lac: Some(lac), ci: Some(ci) })
}
