//! Information elements of BSSMAP, 3GPP TS 48.008 §3.2.2: identifiers, names, formats. What is not here is TLV.

use crate::wire::element::{Elements, Format};

use Format::{T, Tlv, TlvE, Tv};

pub(super) const CIRCUIT_IDENTITY_CODE: u8 = 0x01;
pub(super) const CAUSE: u8 = 0x04;
pub(super) const CELL_IDENTIFIER: u8 = 0x05;
pub(super) const IMSI: u8 = 0x08;
pub(super) const TMSI: u8 = 0x09;
pub(super) const RR_CAUSE: u8 = 0x15;
pub(super) const LAYER_3_INFORMATION: u8 = 0x17;
pub(super) const DLCI: u8 = 0x18;
pub(super) const CELL_IDENTIFIER_LIST: u8 = 0x1a;
pub(super) const LAYER_3_MESSAGE_CONTENTS: u8 = 0x20;
pub(super) const MOBILE_IDENTITY: u8 = 0x29;
pub(super) const CHOSEN_ENCRYPTION_ALGORITHM: u8 = 0x2c;
pub(super) const IMEI: u8 = 0x68;
pub(super) const CALL_IDENTIFIER: u8 = 0x7f;
pub(super) const CALL_IDENTIFIER_LIST: u8 = 0x80;

pub(super) static ELEMENTS: Elements = Elements::new(&[
    (CIRCUIT_IDENTITY_CODE, "circuit identity code", Tv(2)),
    (0x03, "resource available", Tv(20)),
    (CAUSE, "cause", Tlv),
    (CELL_IDENTIFIER, "cell identifier", Tlv),
    (0x06, "priority", Tlv),
    (0x07, "layer 3 header information", Tlv),
    (IMSI, "imsi", Tlv),
    (TMSI, "tmsi", Tlv),
    (0x0a, "encryption information", Tlv),
    (0x0b, "channel type", Tlv),
    (0x0c, "periodicity", Tv(1)),
    (0x0d, "extended resource indicator", Tv(1)),
    (0x0e, "number of mss", Tv(1)),
    (0x12, "classmark information type 2", Tlv),
    (0x13, "classmark information type 3", Tlv),
    (0x14, "interference band to be used", Tv(1)),
    (RR_CAUSE, "rr cause", Tv(1)),
    (LAYER_3_INFORMATION, "layer 3 information", Tlv),
    (DLCI, "dlci", Tv(1)),
    (0x19, "downlink dtx flag", Tv(1)),
    (CELL_IDENTIFIER_LIST, "cell identifier list", Tlv),
    (0x1b, "response request", T),
    (0x1c, "resource indication method", Tv(1)),
    (0x1d, "classmark information type 1", Tv(1)),
    (0x1e, "circuit identity code list", Tlv),
    (0x1f, "diagnostic", Tlv),
    (LAYER_3_MESSAGE_CONTENTS, "layer 3 message contents", Tlv),
    (0x21, "chosen channel", Tv(1)),
    (0x22, "total resource accessible", Tv(4)),
    (0x23, "cipher response mode", Tv(1)),
    (0x24, "channel needed", Tv(1)),
    (0x25, "trace type", Tv(1)),
    (0x26, "triggerid", Tlv),
    (0x27, "trace reference", Tv(2)),
    (0x28, "transactionid", Tlv),
    (MOBILE_IDENTITY, "mobile identity", Tlv),
    (0x2a, "omcid", Tlv),
    (0x2b, "forward indicator", Tv(1)),
    (CHOSEN_ENCRYPTION_ALGORITHM, "chosen encryption algorithm", Tv(1)),
    (0x2d, "circuit pool", Tv(1)),
    (0x2e, "circuit pool list", Tlv),
    (0x2f, "time indication", Tv(1)),
    (0x30, "resource situation", Tlv),
    (0x31, "current channel type 1", Tv(1)),
    (0x32, "queueing indicator", Tv(1)),
    (0x33, "assignment requirement", Tv(1)),
    (0x35, "talker flag", T),
    (0x36, "connection release requested", T),
    (0x37, "group call reference", Tlv),
    (0x38, "emlpp priority", Tv(1)),
    (0x39, "configuration evolution indication", Tv(1)),
    (0x3a, "old bss to new bss information", Tlv),
    (0x3b, "lsa identifier", Tlv),
    (0x3c, "lsa identifier list", Tlv),
    (0x3d, "lsa information", Tlv),
    (0x3e, "lcs qos", Tlv),
    (0x3f, "lsa access control suppression", Tv(1)),
    (0x40, "speech version", Tv(1)),
    (0x49, "apdu", TlvE),
    (IMEI, "imei", Tlv),
    (0x6a, "talker priority", Tv(1)),
    (0x6b, "emergency set indication", T),
    (0x7b, "msisdn", Tlv),
    (0x7c, "aoip transport layer address", Tlv),
    (0x7d, "speech codec list", Tlv),
    (0x7e, "speech codec", Tlv),
    (CALL_IDENTIFIER, "call identifier", Tv(4)),
    (CALL_IDENTIFIER_LIST, "call identifier list", Tlv),
    (0x81, "a-interface selector for reset", Tv(1)),
    (0x83, "kc128", Tv(16)),
    (0x84, "csg identifier", Tlv),
    (0x85, "redirect attempt flag", T),
    (0x86, "reroute reject cause", Tv(1)),
    (0x87, "send sequence number", Tv(1)),
    (0x88, "reroute complete outcome", Tv(1)),
    (0x89, "global call reference", Tlv),
    (0x8a, "lcls-configuration", Tv(1)),
    (0x8b, "lcls-connection-status-control", Tv(1)),
    (0x8c, "lcls-correlation-not-needed", T),
    (0x8d, "lcls-bss-status", Tv(1)),
    (0x8e, "lcls-break-request", T),
    (0x8f, "csfb indication", T),
    (0x90, "cs to ps srvcc", T),
    (0x91, "source enb to target enb transparent information", Tlv),
    (0x92, "cs to ps srvcc indication", T),
    (0x93, "cn to ms transparent information", Tlv),
    (0x94, "selected plmn id", Tv(3)),
    (0x95, "last used e-utran plmn id", Tv(3)),
]);
