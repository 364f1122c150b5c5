//! The Gb interface: every message type and field that we name, from NS to session management and user data.

use std::path::PathBuf;

use tests::{recorded, run, shared_captures, synthesise};

use super::{Field, Ours, Values, compare, device, flag, is_set, number, text};

const fn field(name: &'static str, tshark: &'static [&'static str], ours: Ours) -> Field {
    Field { name, tshark, normal: number, ours, count: true }
}

const fn element(name: &'static str, tshark: &'static [&'static str], ours: &'static [&'static str]) -> Field {
    field(name, tshark, Ours::Element(ours))
}

fn update_type(value: &str) -> Option<String> {
    let names = ["normal", "combined", "combined_imsi_attach", "periodic"];
    names.get(value.parse::<usize>().ok()?).map(|name| (*name).to_owned())
}

/// An IPv4 address as octets.
fn address(value: &str) -> Option<String> {
    let octets: Option<Vec<String>> =
        value.split('.').map(|octet| octet.parse::<u8>().ok().map(|octet| format!("{octet:02x}"))).collect();
    octets.map(|octets| octets.concat())
}

/// Elements that hold routing areas.
const AREAS: &[&str] =
    &["cell_identifier", "routeing_area", "routing_area_identification", "old_routing_area_identification"];

pub(super) const FIELDS: &[Field] = &[
    field("ns message", &["nsip.pdu_type"], Ours::Code("ns")),
    field("bssgp message", &["bssgp.pdu_type"], Ours::Code("bssgp")),
    field("gmm message", &["gsm_a.dtap.msg_gmm_type"], Ours::Code("gmm")),
    field("sm message", &["gsm_a.dtap.msg_sm_type"], Ours::Code("sm")),
    element("bvci", &["nsip.bvci", "bssgp.bvci"], &["bvci", "bvci_new"]),
    element("nsei", &["nsip.nsei", "bssgp.nsei"], &["nsei"]),
    element("ns-vci", &["nsip.ns_vci"], &["ns_vci"]),
    element("ns transaction", &["nsip.transaction_id"], &["transaction_id"]),
    element("udp port", &["nsip.ip_element.udp_port"], &["udp_port"]),
    element("ns-vcs", &["nsip.max_num_ns_vc"], &["maximum_number_of_ns_vcs"]),
    element("ip4 endpoints", &["nsip.num_ip4_endpoints"], &["number_of_ip4_endpoints"]),
    element("ip6 endpoints", &["nsip.num_ip6_endpoints"], &["number_of_ip6_endpoints"]),
    Field { normal: flag, ..element("end flag", &["nsip.end_flag.flag"], &["end_flag"]) },
    Field { normal: flag, ..element("reset flag", &["nsip.reset_flag.flag"], &["reset_flag"]) },
    element("cause", &["nsip.cause", "bssgp.cause"], &["cause"]),
    element("tlli", &["gsm_a.rr.tlli"], &["tlli", "tlli_old"]),
    Field { name: "ci", tshark: &["bssgp.ci"], normal: number, ours: Ours::Place(2), count: true },
    Field { name: "lac", tshark: &["gsm_a.lac"], normal: number, ours: Ours::Place(1), count: true },
    element("rac", &["gsm_a.gm.gmm.rac"], &["routing_area_code"]),
    field("mcc", &["e212.rai.mcc"], Ours::Part(AREAS, 0)),
    field("mnc", &["e212.rai.mnc"], Ours::Part(AREAS, 1)),
    element("radio cause", &["bssgp.ra_cause"], &["radio_cause"]),
    element("tag", &["bssgp.tag"], &["tag"]),
    element("suspend reference", &["bssgp.suspend_ref_no"], &["suspend_reference_number"]),
    element("sapi", &["llcgprs.sapi"], &["sapi"]),
    Field { normal: flag, ..element("c/r", &["llcgprs.cr"], &["c/r"]) },
    element("n(u)", &["llcgprs.nu"], &["n(u)"]),
    Field { normal: flag, ..element("e", &["llcgprs.e"], &["e"]) },
    element("fcs", &["llcgprs.fcs"], &["fcs"]),
    // Not compared: it explains.
    Field { normal: text, ..element("frame check", &[], &["frame_check"]) },
    Field { normal: text, count: false, ..element("imsi", &["e212.imsi"], &["imsi"]) },
    Field { count: false, ..element("tmsi", &["3gpp.tmsi", "gsm_a.tmsi"], &["tmsi"]) },
    Field { normal: device, count: false, ..element("imei", &["gsm_a.imei", "gsm_a.imeisv"], &["imei"]) },
    element("attach type", &["gsm_a.gm.gmm.type_of_attach"], &["attach_type"]),
    element("attach result", &["gsm_a.gm.gmm.res_of_attach"], &["attach_result"]),
    element("detach type", &["gsm_a.gm.gmm.type_of_detach"], &["detach_type"]),
    Field { normal: is_set, ..element("power off", &["gsm_a.gm.gmm.power_off"], &["power_off"]) },
    Field { normal: update_type, ..element("update type", &["gsm_a.gm.gmm.update_type"], &["update_type"]) },
    element("identity type", &["gsm_a.gm.gmm.type_of_identity"], &["identity_type"]),
    element("update result", &["gsm_a.gm.gmm.update_result"], &["update_result"]),
    element("ciphering", &["gsm_a.gm.gmm.type_of_ciph_alg"], &["ciphering_algorithm"]),
    Field { normal: flag, ..element("imeisv request", &["gsm_a.gm.gmm.imeisv_req"], &["imeisv_request"]) },
    field("key sequence", &["gsm_a.key_seq"], Ours::Of("gmm", &["ciphering_key_sequence_number"])),
    element("gmm cause", &["gsm_a.gm.gmm.cause"], &["gmm_cause"]),
    element("sm cause", &["gsm_a.gm.sm.cause"], &["sm_cause"]),
    Field { normal: text, ..element("apn", &["gsm_a.gm.sm.apn"], &["access_point_name"]) },
    element("pdp type", &["gsm_a.gm.sm.pdp_type_number"], &["pdp_type_number"]),
    Field { normal: address, ..element("pdp address", &["gsm_a.gm.sm.ip4_address"], &["pdp_address"]) },
    element("llc sapi", &["gsm_a.gm.sm.llc_sapi"], &["llc_sapi"]),
    element("nsapi", &["gsm_a.gm.gmm.nsapi", "sndcp.nsapib"], &["nsapi"]),
    element("transaction", &["gsm_a.dtap.tio"], &["transaction_identifier"]),
    Field { normal: flag, ..element("ti flag", &["gsm_a.dtap.ti_flag"], &["ti_flag"]) },
    field("sndcp", &["sndcp.t"], Ours::Code("sndcp")),
    Field { normal: flag, ..element("first", &["sndcp.f"], &["first_segment"]) },
    Field { normal: flag, ..element("more", &["sndcp.m"], &["more"]) },
    element("segment", &["sndcp.segment"], &["segment_number"]),
    element("n-pdu", &["sndcp.npdu"], &["n_pdu_number"]),
    element("dcomp", &["sndcp.dcomp"], &["dcomp"]),
    element("pcomp", &["sndcp.pcomp"], &["pcomp"]),
];

/// Why a disagreement is none.
pub(super) fn explained(frame: &Values, field: &str, ours: &[String], theirs: &[String]) -> Option<&'static str> {
    let is_bad = frame.get("frame check").is_some_and(|check| check.iter().any(|check| check == "bad"));
    match field {
        _ if is_bad && ours.is_empty() => {
            Some("TS 44.064 §5.5: of a frame that did not arrive as sent nothing is read")
        }
        "power off" if ours == ["false"] && theirs.is_empty() => {
            Some("TS 24.008 §10.5.5.5: what the network sends off is not switched off, the bit is spare")
        }
        "key sequence" if ours.is_empty() => {
            Some("TS 24.008 §9.4.9: of AUTHENTICATION AND CIPHERING REQUEST neither challenge nor key is kept")
        }
        _ => None,
    }
}

/// Gb on ports that tshark does not know by itself, and nothing but Gb.
pub(super) const OPTIONS: &[&str] =
    &["-d", "udp.port==23000,gprs-ns", "-d", "udp.port==2158,gprs-ns", "-Y", "nsip.pdu_type"];

#[test]
fn the_recorded_capture_agrees() {
    let compared = compare(&recorded("gb-sgsn-leg.pcap"), FIELDS, OPTIONS, explained);
    assert!(compared > 1200, "the capture holds more than these {compared} values");
}

#[test]
fn public_captures_agree() {
    let Some(folder) = shared_captures() else { return };
    let files: [PathBuf; 2] =
        ["gtp_create_pdp_ctx.pcap", "pdp_ctx_messages.pcapng"].map(|name| folder.join("public").join(name));
    for file in files {
        let compared = compare(&file, FIELDS, OPTIONS, explained);
        assert!(compared > 30, "{} holds more than these {compared} values", file.display());
    }
}

#[test]
fn synthetic_towns_agree() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for options in ["--interface gb --sgsn 2", "--interface gb --gs", "--interface gb --gb-ciphered --sns"] {
        let file = folder.path().join("town.pcap");
        let town = ["--subscribers", "150", "--minutes", "10", "--quiet", "--seed", "7", "--out"];
        run(synthesise().args(town).arg(&file).args(options.split_whitespace()));
        let compared = compare(&file, FIELDS, OPTIONS, explained);
        assert!(compared > 5000, "the town speaks more than these {compared} values");
    }
}
