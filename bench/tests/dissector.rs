//! What the synthesiser writes, read by an independent dissector: every frame whole, every message counted, identities
//! and numbers as the truth has them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bench::Plan;
use bench::encode::{Message, Protocol};
use bench::link::Transport;
use bench::link::gb::Carrier;
use bench::procedures::Practice;
use bench::sgsn::Layout;
use bench::simulation::Interfaces;
use bench::tap::Faults;
use bench::writer::Format;
use town::{Made, make, plan};

mod town;

fn write(name: &str, capture: &[u8]) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, capture).unwrap();
    file
}

/// The fields of every frame, by frame number; several values of one field come comma-separated.
fn dissect(file: &Path, filter: &str, fields: &[&str]) -> BTreeMap<u64, Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-T", "fields", "-e", "frame.number"]);
    // It follows connections only if told to, and without looks into no handover command.
    command.args(["-o", "sccp.trace_sccp:TRUE"]);
    command.args(["-o", "fr.encap:GPRS Network Service", "-d", "udp.port==23000,gprs-ns"]);
    command.args(["-o", "sctp.checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]);
    if !filter.is_empty() {
        command.args(["-Y", filter]);
    }
    fields.iter().for_each(|field| {
        command.args(["-e", field]);
    });
    let output = command.output().expect("this test needs tshark: `make test` installs it");
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| {
            let mut values = line.split('\t').map(str::to_owned);
            (values.next().unwrap().parse().unwrap(), values.collect())
        })
        .collect()
}

const SHORT: Duration = Duration::from_secs(120);

// tshark remarks on every TCP connection that begins; that is no fault.
const FAULTY: &str = "_ws.malformed || (_ws.expert && !(tcp.flags.syn == 1))";

fn check_whole(name: &str, plan: Plan) -> (Made, PathBuf) {
    let made = make(plan);
    let file = write(name, &made.capture);
    let faulty = dissect(&file, FAULTY, &["_ws.expert.message", "_ws.col.Info"]);
    assert!(faulty.is_empty(), "{} frames are not well-formed: {:?}", faulty.len(), faulty.iter().take(5));
    assert_eq!(dissect(&file, "", &[]).len() as u64, made.report.frames);
    (made, file)
}

/// The dissector's field for the message type of a protocol. M3UA and its like have two; their data messages are counted by
/// the SCCP messages in them.
const TYPES: [(Protocol, &str); 10] = [
    (Protocol::Sctp, "sctp.chunk_type"),
    (Protocol::Sccp, "sccp.message_type"),
    (Protocol::Bssmap, "gsm_a.bssmap.msgtype"),
    (Protocol::Rr, "gsm_a.dtap.msg_rr_type"),
    (Protocol::Mm, "gsm_a.dtap.msg_mm_type"),
    (Protocol::Cc, "gsm_a.dtap.msg_cc_type"),
    (Protocol::Sms, "gsm_a.dtap.msg_sms_type"),
    (Protocol::Rp, "gsm_a.rp.msg_type"),
    (Protocol::Tpdu, "gsm_sms.tp-mti"),
    (Protocol::Ss, "gsm_a.dtap.msg_ss_type"),
];

/// The same of Gb.
const TYPES_OF_GB: [(Protocol, &str); 7] = [
    (Protocol::Ns, "nsip.pdu_type"),
    (Protocol::Bssgp, "bssgp.pdu_type"),
    (Protocol::Gmm, "gsm_a.dtap.msg_gmm_type"),
    (Protocol::Sm, "gsm_a.dtap.msg_sm_type"),
    (Protocol::Sms, "gsm_a.dtap.msg_sms_type"),
    (Protocol::Rp, "gsm_a.rp.msg_type"),
    (Protocol::Tpdu, "gsm_sms.tp-mti"),
];

/// How often each message type of a protocol occurs.
type Counts = BTreeMap<(Protocol, u64), u64>;

/// As the dissector counts in a file, and as the synthesiser has counted.
fn counts(made: &Made, file: &Path, types: &[(Protocol, &str)]) -> (Counts, Counts) {
    let (mut seen, mut written) = (Counts::new(), Counts::new());
    let fields: Vec<_> = types.iter().map(|(_, field)| *field).collect();
    for values in dissect(file, "", &fields).values() {
        for ((protocol, _), value) in types.iter().zip(values) {
            for code in value.split(',').filter(|code| !code.is_empty()) {
                *seen.entry((*protocol, number(code))).or_default() += 1;
            }
        }
    }
    for (message, count) in made.report.messages.written() {
        if types.iter().any(|(protocol, _)| *protocol == message.protocol()) {
            *written.entry((message.protocol(), u64::from(message.code()))).or_default() += count;
        }
    }
    (seen, written)
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

fn check_counts(name: &str, made: &Made, file: &Path, without: Option<Protocol>) {
    let types: Vec<_> = TYPES.into_iter().filter(|(protocol, _)| Some(*protocol) != without).collect();
    let (seen, written) = counts(made, file, &types);
    println!("{name:20} {:6} frames, {:6} messages", made.report.frames, seen.values().sum::<u64>());
    // A link of MTP2 sends again what is refused.
    let of = |message| made.report.messages.of(message);
    let repeated = of(Message::MessageSignalUnit).saturating_sub(of(Message::Mtp3Sccp));
    let messages = |counts: &Counts| -> u64 {
        counts.iter().filter(|((protocol, _), _)| *protocol == Protocol::Sccp).map(|(_, count)| count).sum()
    };
    assert_eq!(messages(&seen), messages(&written) + repeated);
    if repeated > 0 {
        assert!(repeated < messages(&written) / 20, "{repeated} sent again");
        assert!(written.iter().all(|(message, count)| seen.get(message).is_some_and(|seen| seen >= count)));
    } else {
        assert_eq!(seen, written, "left: the dissector, right: the synthesiser");
    }
}

#[test]
fn every_frame_over_sigtran_is_whole_and_every_message_counted() {
    let (made, file) = check_whole("sigtran.pcap", plan(11));
    check_counts("sigtran", &made, &file, None);
    for message in [
        Message::BssmapHandoverComplete,
        Message::HandoverPerformed,
        Message::LocationUpdatingReject,
        Message::Register,
        Message::ImsiDetachIndication,
        Message::ClearRequest,
    ] {
        assert!(made.report.messages.of(message) > 0, "the plan must make a {}", message.name());
    }
}

#[test]
fn every_frame_over_every_transport_is_whole_and_every_message_counted() {
    // It reads no bits.
    for (transport, name, _) in Transport::ALL.iter().filter(|(transport, ..)| *transport != Transport::E1) {
        let (made, file) =
            check_whole(&format!("over-{name}.pcap"), Plan { transport: *transport, length: SHORT, ..plan(12) });
        match transport {
            // The dissector reads no M3UA on TCP.
            Transport::M3uaTcp => {}
            // SUA carries what SCCP says, and not its messages.
            Transport::Sua => check_counts(name, &made, &file, Some(Protocol::Sccp)),
            _ => check_counts(name, &made, &file, None),
        }
    }
}

#[test]
fn every_frame_of_gb_over_every_carrier_is_whole_and_every_message_counted() {
    // It knows no NULL frame of LLC (3GPP TS 44.064 §6.4.1.6), and takes segments of user packets for whole ones.
    const FAULTY: &str = "(_ws.malformed || _ws.expert) && !(_ws.expert.message == \"No Information Field\") && !sndcp";
    for (carrier, name, _) in Carrier::ALL.iter().filter(|(carrier, ..)| *carrier != Carrier::E1) {
        let packet = Layout { carrier: *carrier, ..plan(15).packet };
        let made = make(Plan { interfaces: Interfaces::Gb, packet, ..plan(15) });
        let file = write(&format!("gb-over-{name}.pcap"), &made.capture);
        let faulty = dissect(&file, FAULTY, &["_ws.expert.message", "_ws.col.Info"]);
        assert!(faulty.is_empty(), "{name}: {faulty:?}");
        let (seen, written) = counts(&made, &file, &TYPES_OF_GB);
        println!("gb over {name:12} {:6} frames, {:6} messages", made.report.frames, seen.values().sum::<u64>());
        assert!(written.len() > 40, "too few kinds of messages: {written:?}");
        assert_eq!(seen, written, "{name}: left the dissector, right the synthesiser");
    }
}

#[test]
fn every_frame_in_pcapng_is_whole() {
    check_whole("sigtran.pcapng", Plan { format: Format::Pcapng, length: SHORT, ..plan(13) });
}

#[test]
fn identities_and_numbers_of_the_truth_stand_in_the_frames() {
    let (made, file) = check_whole("identities.pcap", plan(14));
    let fields = [
        "e212.imsi",
        "gsm_a.imeisv",
        "gsm_a.imei",
        "gsm_a.dtap.cld_party_bcd_num",
        "gsm_a.dtap.clg_party_bcd_num",
        "gsm_sms.tp-da",
        "gsm_sms.tp-oa",
        "gsm_a.bssmap.cell_ci",
    ];
    let frames = dissect(&file, "", &fields);
    let at = |frame: u64, field: usize| frames[&frame][field].split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut compared: BTreeMap<&str, u32> = BTreeMap::new();
    for event in &made.truth {
        let Some(frame) = event.frame() else { continue };
        let signalled = event.text("signalled").trim_start_matches('+').to_owned();
        let (field, expected) = match (event.text("kind"), event.text("direction")) {
            ("imei_seen", _) if event.text("imsi").is_empty() => (2, event.text("imei")[..14].to_owned()),
            ("imei_seen", _) => (1, event.text("imei").to_owned()),
            ("call_setup", "out") if event.text("emergency") == "false" => (3, signalled),
            ("call_setup", "in") if !signalled.is_empty() => (4, signalled),
            ("sms_sent", _) => (5, signalled),
            ("sms_received", _) if !signalled.is_empty() => (6, signalled),
            _ => continue,
        };
        let found: Vec<_> = event.depends().into_iter().flatten().flat_map(|frame| at(frame, field)).collect();
        assert!(
            found.iter().any(|value| value.trim_start_matches('+').starts_with(&expected)),
            "frame {frame}: the truth has {expected}, the dissector {found:?}"
        );
        *compared.entry(event.text("kind")).or_default() += 1;
    }
    assert!(compared.values().all(|count| *count > 5) && compared.len() == 4, "too few to compare: {compared:?}");
    check_imsi_in_depends(&made, &|frame| at(frame, 0));
}

// Where the identity is observable, the IMSI stands in one of the frames that the event depends on.
fn check_imsi_in_depends(made: &Made, imsis: &dyn Fn(u64) -> Vec<String>) {
    let mut mapped = 0;
    for event in made.truth.iter().filter(|event| event.text("observable") == "true") {
        let imsi = event.text("imsi");
        let depends = event.depends();
        let proving = depends.iter().flatten().find(|frame| imsis(**frame).iter().any(|seen| seen == imsi));
        assert!(proving.is_some(), "{:?}: no frame of {depends:?} shows the IMSI", event.0);
        mapped += u32::from(depends.first() == proving.map(|frame| Some(*frame)).as_ref());
    }
    assert!(mapped > 0);
}

#[test]
fn a_seed_gives_the_same_octets_and_another_seed_others() {
    let short = |seed| make(Plan { length: SHORT, ..plan(seed) });
    let (first, again, other) = (short(1), short(1), short(2));
    assert!(first.capture == again.capture, "the same plan gave two captures");
    assert_eq!(first.report, again.report);
    assert!(first.capture != other.capture, "the seed decides nothing");
}

#[test]
fn the_truth_is_consistent() {
    let made = make(plan(21));
    assert_eq!(made.truth.len() as u64, made.report.events);
    let kinds: BTreeSet<&str> = made.truth.iter().map(|event| event.text("kind")).collect();
    for kind in [
        "location_update",
        "location_update_rejected",
        "imsi_detach",
        "paging_response",
        "handover",
        "call_setup",
        "call_answered",
        "call_ended",
        "sms_sent",
        "sms_received",
        "ussd",
        "call_forwarding",
        "imei_seen",
    ] {
        assert!(kinds.contains(kind), "the plan must make a {kind}: {kinds:?}");
    }
    for event in &made.truth {
        let frame = event.frame().expect("nothing is lost here");
        assert!(event.depends().contains(&Some(frame)), "an event depends on its own frame: {:?}", event.0);
        assert!((1..=made.report.frames).contains(&frame));
        let imsi = event.text("imsi");
        assert!(imsi.is_empty() || made.owners.contains(&(frame, imsi.to_owned())), "{:?}", event.0);
        assert!(event.text("cell").starts_with("460-00-"), "{:?}", event.0);
    }
    let ended = made.truth.iter().filter(|event| event.text("kind") == "call_ended").count();
    let answered = made.truth.iter().filter(|event| event.text("kind") == "call_answered").count();
    let with_length = made.truth.iter().filter(|event| !event.text("length_ms").is_empty()).count();
    assert!(with_length <= answered && with_length < ended && with_length > 0);
}

#[test]
fn what_the_tap_loses_is_null_in_the_truth() {
    let faults = Faults { loss: 0.05, duplicate: 0.02, reorder: 0.02, ..Faults::default() };
    let made = make(Plan { faults, ..plan(22) });
    let tap = made.report.tap;
    assert!(tap.lost > 0 && tap.duplicated > 0 && tap.reordered > 0, "{tap:?}");
    let share = tap.lost as f64 / (tap.lost + made.report.frames - tap.duplicated) as f64;
    assert!((0.04..0.06).contains(&share), "lost {share}");
    let without_frame = made.truth.iter().filter(|event| event.frame().is_none()).count();
    let with_gap = made.truth.iter().filter(|event| event.depends().contains(&None)).count();
    assert!(without_frame > 0 && with_gap > without_frame && with_gap < made.truth.len());
}

#[test]
fn a_capture_that_begins_amid_traffic_leaves_some_unknown() {
    let practice = Practice { common_id: 0.0, identity: 0.0, ..plan(23).practice };
    let made = make(Plan { lead_in: Duration::from_secs(900), practice, ..plan(23) });
    let start = "2026-03-02T09:00:00";
    assert!(made.truth.iter().all(|event| event.text("at") >= start));
    let unknown = made.truth.iter().filter(|event| event.text("observable") == "false").count();
    assert!(unknown > 0 && unknown < made.truth.len(), "{unknown} of {}", made.truth.len());
    for event in made.truth.iter().filter(|event| event.text("observable") == "true") {
        assert!(event.depends().iter().flatten().count() > 0);
    }
}
