//! The A interface: every message type and field that we name, from the transports to short messages and supplementary
//! services.

use super::{Field, Ours, Values, device, digits, flag, is_set, number, text};

const fn field(name: &'static str, tshark: &'static [&'static str], ours: Ours) -> Field {
    Field { name, tshark, normal: number, ours, count: true }
}

/// Elements of one protocol.
const fn of(
    protocol: &'static str,
    name: &'static str,
    tshark: &'static [&'static str],
    ours: &'static [&'static str],
) -> Field {
    field(name, tshark, Ours::Of(protocol, ours))
}

/// Elements that tshark repeats, under one name or two: how often does not count.
const fn repeated(field: Field) -> Field {
    Field { count: false, ..field }
}

fn updating_type(value: &str) -> Option<String> {
    let names = ["normal", "periodic", "imsi_attach", "reserved"];
    names.get(value.parse::<usize>().ok()?).map(|name| (*name).to_owned())
}

/// Of what is said by USSD only the length is known. A carriage return that fills the last octet is no part of it
/// (3GPP TS 23.038 §6.1.2.3.1); ours is a number already.
fn length(value: &str) -> Option<String> {
    number(value).or_else(|| Some(value.trim_end_matches("\\r").chars().count().to_string()))
}

pub(super) const FIELDS: &[Field] = &[
    // RFC 9260, RFC 4666, RFC 3331, RFC 4165, RFC 3868.
    field("sctp chunk", &["sctp.chunk_type"], Ours::Code("sctp")),
    repeated(of("sctp", "verification tag", &["sctp.verification_tag"], &["verification_tag"])),
    of("sctp", "tsn", &["sctp.data_tsn_raw"], &["tsn"]),
    of("sctp", "stream", &["sctp.data_sid"], &["stream_identifier"]),
    of("sctp", "ppid", &["sctp.data_payload_proto_id"], &["payload_protocol_identifier"]),
    field("m3ua message", &["m3ua.message_type"], Ours::Code("m3ua")),
    of("m3ua", "m3ua class", &["m3ua.message_class"], &["message_class"]),
    of("m3ua", "network appearance", &["m3ua.network_appearance"], &["network_appearance"]),
    of("m3ua", "si", &["m3ua.protocol_data_si"], &["si"]),
    of("m3ua", "mp", &["m3ua.protocol_data_mp"], &["mp"]),
    field("m2ua message", &["m2ua.message_type"], Ours::Code("m2ua")),
    of("m2ua", "m2ua class", &["m2ua.message_class"], &["message_class"]),
    field("m2pa message", &["m2pa.type"], Ours::Code("m2pa")),
    field("sua message", &["sua.message_type"], Ours::Code("sua")),
    of("sua", "sua class", &["sua.message_class"], &["message_class"]),
    // ITU-T Q.703, Q.704. tshark shows the label of M3UA under the name of MTP3 too.
    field("fsn", &["mtp2.fsn", "m2pa.fsn"], Ours::Element(&["fsn"])),
    field("bsn", &["mtp2.bsn", "m2pa.bsn"], Ours::Element(&["bsn"])),
    field("li", &["mtp2.li"], Ours::Of("mtp2", &["li"])),
    repeated(field("opc", &["mtp3.opc", "m3ua.protocol_data_opc"], Ours::Element(&["opc"]))),
    repeated(field("dpc", &["mtp3.dpc", "m3ua.protocol_data_dpc"], Ours::Element(&["dpc"]))),
    repeated(field("ni", &["mtp3.network_indicator", "m3ua.protocol_data_ni"], Ours::Element(&["ni"]))),
    repeated(field("sls", &["mtp3.sls", "m3ua.protocol_data_sls"], Ours::Element(&["sls"]))),
    // ITU-T Q.713.
    field("sccp message", &["sccp.message_type"], Ours::Code("sccp")),
    repeated(of("sccp", "slr", &["sccp.slr"], &["source_local_reference"])),
    repeated(of("sccp", "dlr", &["sccp.dlr"], &["destination_local_reference"])),
    of("sccp", "class", &["sccp.class"], &["protocol_class"]),
    of("sccp", "called ssn", &["sccp.called.ssn"], &["called_subsystem_number"]),
    of("sccp", "calling ssn", &["sccp.calling.ssn"], &["calling_subsystem_number"]),
    of(
        "sccp",
        "sccp cause",
        &["sccp.release_cause", "sccp.refusal_cause", "sccp.return_cause", "sccp.reset_cause", "sccp.error_cause"],
        &["cause"],
    ),
    Field { normal: is_set, ..of("sccp", "more", &["sccp.more"], &["more_data"]) },
    field("scmg message", &["sccpmg.message_type"], Ours::Code("scmg")),
    of("scmg", "affected ssn", &["sccpmg.ssn"], &["affected_subsystem"]),
    of("scmg", "affected pc", &["sccpmg.pc", "sccpmg.chinese_pc"], &["affected_point_code"]),
    // 3GPP TS 48.006, 48.008.
    field("bssap", &["bssap.pdu_type"], Ours::Code("bssap")),
    field("bssmap message", &["gsm_a.bssmap.msgtype"], Ours::Code("bssmap")),
    of("bssmap", "bssmap cause", &["gsm_a.bssmap.cause"], &["cause"]),
    of("bssmap", "rr cause", &["gsm_a.rr.RRcause"], &["rr_cause"]),
    of("bssmap", "call", &["gsm_a.bssmap.callid"], &["call_identifier"]),
    repeated(field("lac", &["gsm_a.lac", "gsm_a.bssmap.cell_lac"], Ours::Place(1))),
    repeated(field("ci", &["gsm_a.bssmap.cell_ci"], Ours::Place(2))),
    // 3GPP TS 24.008, 44.018.
    field("mm message", &["gsm_a.dtap.msg_mm_type"], Ours::Code("mm")),
    field("cc message", &["gsm_a.dtap.msg_cc_type"], Ours::Code("cc")),
    field("rr message", &["gsm_a.dtap.msg_rr_type"], Ours::Code("rr")),
    field("transaction", &["gsm_a.dtap.tio"], Ours::Element(&["transaction_identifier"])),
    Field { normal: flag, ..field("ti flag", &["gsm_a.dtap.ti_flag"], Ours::Element(&["ti_flag"])) },
    Field { normal: text, ..repeated(field("imsi", &["e212.imsi"], Ours::Element(&["imsi"]))) },
    repeated(field("tmsi", &["3gpp.tmsi", "gsm_a.tmsi"], Ours::Element(&["tmsi"]))),
    Field { normal: device, ..repeated(field("imei", &["gsm_a.imei", "gsm_a.imeisv"], Ours::Element(&["imei"]))) },
    field("lai mcc", &["e212.lai.mcc"], Ours::Part(&["location_area_identification"], 0)),
    field("lai mnc", &["e212.lai.mnc"], Ours::Part(&["location_area_identification"], 1)),
    field("reject cause", &["gsm_a.dtap.rej_cause"], Ours::Element(&["reject_cause"])),
    Field {
        normal: updating_type,
        ..field("updating type", &["gsm_a.dtap.updating_type"], Ours::Element(&["location_updating_type"]))
    },
    Field {
        normal: flag,
        ..field("follow-on request", &["gsm_a.dtap.follow_on_request"], Ours::Element(&["follow_on_request"]))
    },
    of("mm", "identity type", &["gsm_a.dtap.type_of_identity"], &["identity_type"]),
    of("mm", "service type", &["gsm_a.dtap.service_type"], &["cm_service_type"]),
    field(
        "key sequence",
        &["gsm_a.dtap.ciphering_key_sequence_number", "gsm_a.rr.ciphering_key_seq_num"],
        Ours::Element(&["ciphering_key_sequence_number"]),
    ),
    of("cc", "cc cause", &["gsm_a.dtap.cause"], &["cause"]),
    Field {
        normal: digits,
        // tshark shows the addresses of RP under this name too.
        ..repeated(field(
            "called number",
            &["gsm_a.dtap.cld_party_bcd_num"],
            Ours::Element(&["called_party_bcd_number", "rp_destination_address", "rp_originator_address"]),
        ))
    },
    Field {
        normal: digits,
        ..repeated(of("cc", "calling number", &["gsm_a.dtap.clg_party_bcd_num"], &["calling_party_bcd_number"]))
    },
    // 3GPP TS 24.011, 23.040.
    field("sms message", &["gsm_a.dtap.msg_sms_type"], Ours::Code("sms")),
    field("rp message", &["gsm_a.rp.msg_type"], Ours::Code("rp")),
    of("rp", "rp reference", &["gsm_a.rp.rp_message_reference"], &["rp_message_reference"]),
    of("rp", "rp cause", &["gsm_a.rp.cause"], &["rp_cause"]),
    Field { normal: digits, ..of("tpdu", "tp-da", &["gsm_sms.tp-da"], &["tp_destination_address"]) },
    Field { normal: digits, ..of("tpdu", "tp-oa", &["gsm_sms.tp-oa"], &["tp_originating_address"]) },
    of("tpdu", "tp-pid", &["gsm_sms.tp-pid"], &["tp_protocol_identifier"]),
    of("tpdu", "tp-dcs", &["gsm_sms.tp-dcs"], &["tp_data_coding_scheme"]),
    of("tpdu", "tp-mr", &["gsm_sms.tp-mr"], &["tp_message_reference"]),
    of("tpdu", "tp-udl", &["gsm_sms.tp.user_data_length"], &["tp_user_data_length"]),
    Field { normal: flag, ..of("tpdu", "tp-udhi", &["gsm_sms.tp-udhi"], &["tp_user_data_header_indicator"]) },
    // 3GPP TS 24.080.
    field("ss message", &["gsm_a.dtap.msg_ss_type"], Ours::Code("ss")),
    of("ss", "invoke id", &["gsm_old.invokeID"], &["invoke_id"]),
    of("ss", "operation", &["gsm_old.localValue"], &["operation_code"]),
    Field { normal: length, ..of("ss", "ussd length", &["gsm_map.ussd_string"], &["ussd_length"]) },
];

/// Why a disagreement is none: the clause that decides.
pub(super) fn explained(_frame: &Values, field: &str, ours: &[String], theirs: &[String]) -> Option<&'static str> {
    match field {
        // Whose name it is we say; the name itself is text that somebody wrote, and is not read.
        "tp-oa" if ours == ["alphanumeric"] && theirs.iter().all(|name| name.parse::<u64>().is_err()) => {
            Some("TS 23.040 §9.1.2.5: an alphanumeric address is no number")
        }
        _ => None,
    }
}
