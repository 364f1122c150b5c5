//! The SMPP channel against a message centre that is not ours, and that misbehaves.

mod delivery;

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use delivery::{PATIENCE, deliver, ends, next, offer, offers};
use engine::offer::OfferId;
use engine::offer::channel::{self, Channel, Opening, ReceiptState, Report, Submission, Taken};
use serde_json::{Value, json};
use tests::bare;
use tests::free_port;
use tests::smsc::{Smsc, Text};

type Smpp = Box<dyn Channel + Send>;

const LONG_CHINESE: &str = "尊敬的客户，欢迎来到杭州！回复“流量”即可领取本地流量包，精彩不停歇😀。";

fn open(smsc: &Smsc, parameters: &str) -> Smpp {
    channel::open("sms", &format!("{}?{parameters}", smsc.url()), Opening::default()).unwrap().channel
}

fn sorted(mut texts: Vec<Text>) -> Vec<Text> {
    texts.sort_by(|a, b| a.to.cmp(&b.to));
    texts
}

fn expected(offers: &VecDeque<Submission>, from: &str) -> Vec<Text> {
    let text = |offer: &Submission| Text {
        to: offer.to.to_string().trim_start_matches('+').to_owned(),
        from: from.to_owned(),
        text: offer.text.clone(),
    };
    offers.iter().map(text).collect()
}

#[test]
fn an_offer_arrives_as_it_was_submitted() {
    let smsc = Smsc::start(json!({}));
    let mut smpp = open(&smsc, "source=10086&system_type=VMA&service_type=CMT&priority=1");
    assert_eq!(deliver(&mut *smpp, [offer(7, "5€ [today]")].into()).accepted(), 1);
    let (bind, submit) = (&smsc.events("bind_transceiver")[0], &smsc.events("submit_sm")[0]);
    let check = |line: &Value, field: &str, expected: Value| assert_eq!(line[field], expected, "{field}: {line}");
    check(bind, "system_type", json!("VMA"));
    check(bind, "interface_version", json!(0x34));
    check(submit, "source_addr", json!("10086"));
    check(submit, "source_addr_ton", json!(3));
    check(submit, "source_addr_npi", json!(0));
    check(submit, "destination_addr", json!("8613900000007"));
    check(submit, "dest_addr_ton", json!(1));
    check(submit, "dest_addr_npi", json!(1));
    check(submit, "esm_class", json!(0));
    check(submit, "data_coding", json!(0));
    check(submit, "registered_delivery", json!(1));
    check(submit, "service_type", json!("CMT"));
    check(submit, "priority_flag", json!(1));
    check(submit, "text", json!("5€ [today]"));
    check(submit, "concatenation", Value::Null);
    let validity_s = submit["validity_s"].as_i64().unwrap();
    assert!((3590..=3600).contains(&validity_s), "{validity_s}");
    assert_eq!(smpp.name(), "smpp");
}

#[test]
fn long_texts_are_put_together_by_the_other_side() {
    let smsc = Smsc::start(json!({}));
    let mut smpp = open(&smsc, "source=10086&window=4");
    let texts = [LONG_CHINESE.repeat(5), "x€".repeat(200), "😀".repeat(100), LONG_CHINESE.to_owned()];
    let offers: VecDeque<Submission> = (1..).zip(texts).map(|(n, text)| offer(n, text)).collect();
    assert_eq!(deliver(&mut *smpp, offers.clone()).accepted(), 4);
    assert_eq!(sorted(smsc.texts()), expected(&offers, "10086"));
    assert!(smsc.events("submit_sm").iter().any(|line| line["esm_class"] == 0x40));
}

#[test]
fn the_sender_of_an_offer_wins_over_the_channels_own() {
    let smsc = Smsc::start(json!({}));
    let mut smpp = open(&smsc, "source=10086");
    let from = Submission { from: Some("Shop".to_owned()), ..offer(1, "hello") };
    assert_eq!(deliver(&mut *smpp, [from].into()).accepted(), 1);
    let submit = &smsc.events("submit_sm")[0];
    assert_eq!((&submit["source_addr"], &submit["source_addr_ton"]), (&json!("Shop"), &json!(5)));
    let nobody = Submission { from: Some("欢迎".to_owned()), ..offer(2, "hello") };
    let outcome = deliver(&mut *smpp, [nobody].into());
    assert!(matches!(&outcome.ends[&2], Report::Refused { again: false, reason, .. } if reason.contains("sender")));
}

#[test]
fn the_window_is_never_exceeded() {
    let check = |text: &dyn Fn(u128) -> String| {
        let smsc = Smsc::start(json!({ "delay_ms": 10 }));
        let mut smpp = open(&smsc, "window=4");
        let offers: VecDeque<Submission> = (1..=40).map(|n| offer(n, text(n))).collect();
        assert_eq!(deliver(&mut *smpp, offers.clone()).accepted(), 40);
        let most = smsc.events("submit_sm").iter().filter_map(|line| line["unanswered"].as_u64()).max();
        assert_eq!(most, Some(4));
        assert_eq!(sorted(smsc.texts()), expected(&offers, ""));
    };
    check(&|n| format!("offer {n}"));
    check(&|n| LONG_CHINESE.repeat(1 + n as usize % 6));
}

#[test]
fn throttling_slows_the_channel_and_loses_nothing() {
    let check = |status: u32, text: &str| {
        let smsc = Smsc::start(json!({ "throttle_first": 5, "throttle_status": status }));
        let mut smpp = open(&smsc, "window=4");
        let offers: VecDeque<Submission> = (1..=8).map(|n| offer(n, text)).collect();
        let outcome = deliver(&mut *smpp, offers.clone());
        assert_eq!(outcome.accepted(), 8);
        assert!(outcome.given_back() > 0);
        assert_eq!(sorted(smsc.texts()), expected(&offers, ""));
        // Four throttled together are one reason to pause, the fifth another: 250 ms, then 500.
        let answers = smsc.events("submit_sm_resp");
        let refused = |line: &&Value| line["command_status"] != 0;
        let last = answers.iter().filter(refused).filter_map(|line| line["ms"].as_u64()).max().unwrap();
        let first = answers.iter().filter(refused).filter_map(|line| line["ms"].as_u64()).min().unwrap();
        assert!(last - first >= 240, "{first} {last}");
    };
    check(0x58, "short");
    check(0x14, &LONG_CHINESE.repeat(4));
}

#[test]
fn a_message_centre_that_tells_its_load_need_not_refuse() {
    let refused = |tells_load: bool| {
        let smsc = Smsc::start(json!({ "delay_ms": 30, "capacity": 10, "tells_load": tells_load }));
        let mut smpp = open(&smsc, "version=5.0&window=16");
        assert_eq!(deliver(&mut *smpp, offers(500)).accepted(), 500);
        smsc.events("submit_sm_resp").iter().filter(|line| line["command_status"] != 0).count()
    };
    assert_eq!(refused(true), 0);
    assert!(refused(false) > 0, "it would have refused");
}

#[test]
fn a_refusal_names_its_code() {
    let smsc = Smsc::start(json!({ "refuse": { "8613900000002": 0x0b, "8613900000003": 0x432 } }));
    let mut smpp = open(&smsc, "");
    let outcome = deliver(&mut *smpp, offers(3));
    let refused = |n: u128, reason: &str| Report::Refused {
        id: OfferId(n),
        reason: format!("submit_sm refused: {reason}"),
        again: false,
    };
    assert_eq!(
        outcome.ends[&1],
        Report::Accepted { id: OfferId(1), message_id: "a001".to_owned(), others: Vec::new() }
    );
    assert_eq!(outcome.ends[&2], refused(2, "ESME_RINVDSTADR (0x0000000b)"));
    assert_eq!(outcome.ends[&3], refused(3, "status 0x00000432"));
}

#[test]
fn after_a_break_the_unanswered_are_unknown_and_the_rest_goes_on() {
    let check = |trouble: Value, reason: &str, most_unknown: usize| {
        let smsc = Smsc::start(trouble);
        let mut smpp = open(&smsc, "window=3&reconnect_s=0.05&response_s=5");
        let offers = offers(20);
        let outcome = deliver(&mut *smpp, offers.clone());
        let told = outcome.down().expect("the break was reported");
        assert!(told.contains(reason), "{told}");
        assert!((0..=most_unknown).contains(&outcome.unknown()), "{}", outcome.unknown());
        assert_eq!(outcome.accepted() + outcome.unknown(), 20);
        assert!(smsc.events("connect").len() >= 2);
        // Nothing comes twice, the unknown ones included: none was submitted again.
        let submitted = smsc.events("submit_sm");
        let mut to: Vec<&str> = submitted.iter().filter_map(|line| line["destination_addr"].as_str()).collect();
        to.sort_unstable();
        to.dedup();
        assert_eq!(to.len(), submitted.len());
    };
    check(json!({ "drop_at": [5], "delay_ms": 5 }), "connection", 3);
    check(json!({ "drop_at": [1, 9] }), "connection", 6);
    check(json!({ "garbage_at": 5, "delay_ms": 5 }), "begins with `HTTP/1.1`", 3);
    check(json!({ "unbind_at": 5, "delay_ms": 5 }), "ended the session", 3);
}

#[test]
fn a_missing_answer_is_unknown_and_its_slot_stays_taken() {
    let smsc = Smsc::start(json!({ "mute_at": [2] }));
    let mut smpp = open(&smsc, "window=2&response_s=0.3");
    let outcome = deliver(&mut *smpp, offers(10));
    assert_eq!((outcome.accepted(), outcome.unknown(), outcome.down()), (9, 1, None));
    assert_eq!(outcome.ends[&2], Report::Unknown { id: OfferId(2) });
}

#[test]
fn when_every_slot_waits_in_vain_the_link_is_made_anew() {
    let smsc = Smsc::start(json!({ "mute_at": [1, 2] }));
    let mut smpp = open(&smsc, "window=2&response_s=0.3&reconnect_s=0.05");
    let outcome = deliver(&mut *smpp, offers(6));
    assert_eq!((outcome.accepted(), outcome.unknown()), (4, 2));
    assert_eq!(outcome.down(), Some("no answer to a submission within 0.3 s"));
}

#[test]
fn the_link_is_tried_from_both_sides() {
    let smsc = Smsc::start(json!({ "enquire_ms": 50 }));
    let smpp = open(&smsc, "enquire_link_s=10");
    smsc.wait_for_count("enquire_link_resp", 3);
    drop(smpp);
    let smsc = Smsc::start(json!({}));
    let _smpp = open(&smsc, "enquire_link_s=0.05");
    smsc.wait_for_count("enquire_link", 3);
}

#[test]
fn closing_waits_for_answers_and_unbinds() {
    let smsc = Smsc::start(json!({ "delay_ms": 200 }));
    let mut smpp = open(&smsc, "window=2");
    smpp.submit(offer(1, LONG_CHINESE.repeat(4)));
    drop(smpp);
    assert_eq!(smsc.texts().len(), 1);
    smsc.wait_for_count("unbind", 1);
}

#[test]
fn receipts_are_matched_in_the_forms_that_are_sent() {
    for form in ["text", "tlv", "early"] {
        let smsc = Smsc::start(json!({ "receipts": form }));
        let mut smpp = open(&smsc, "source=10086");
        let mut offers = offers(3);
        offers[2].text = LONG_CHINESE.repeat(3);
        let mut reports = deliver(&mut *smpp, offers).all;
        while reports.iter().filter(|report| matches!(report, Report::Receipt { .. })).count() < 3 {
            reports.push(next(&*smpp));
        }
        for n in 1..=3 {
            let at = |wanted: &dyn Fn(&Report) -> bool| reports.iter().position(wanted).unwrap();
            let accepted = at(&|report| matches!(report, Report::Accepted { id, .. } if id.0 == n));
            let receipt = at(&|report| *report == Report::Receipt { id: OfferId(n), state: ReceiptState::Delivered });
            assert!(accepted < receipt, "{form}: {reports:?}");
        }
        smsc.wait_for_count("deliver_sm_resp", 3);
    }
}

fn taken(n: u128, message_id: &str) -> Taken {
    let message_id = message_id.to_owned();
    Taken { id: OfferId(n), message_id, others: Vec::new(), to: format!("+86139{n:08}").parse().unwrap(), from: None }
}

#[test]
fn what_was_taken_in_an_earlier_life_is_asked_about() {
    let smsc = Smsc::start(json!({}));
    let mut smpp = open(&smsc, "source=10086");
    (1..=3).for_each(|n| smpp.recall(taken(n, &format!("a{n}"))));
    let receipts = std::iter::from_fn(|| Some(next(&*smpp))).filter(|report| !matches!(report, Report::Ready));
    let expected = (1..=3).map(|n| Report::Receipt { id: OfferId(n), state: ReceiptState::Delivered });
    assert!(receipts.take(3).eq(expected));
    let asked = smsc.events("query_sm");
    assert_eq!((&asked[0]["message_id"], &asked[0]["source_addr"]), (&json!("a1"), &json!("10086")));
    // What is not at its end has no receipt yet.
    let smsc = Smsc::start(json!({ "query_state": 1 }));
    let mut smpp = open(&smsc, "source=10086");
    smpp.recall(taken(1, "a1"));
    smsc.wait_for_count("query_sm", 1);
    assert!(smpp.reports().recv_timeout(Duration::from_millis(300)).is_ok_and(|report| report == Report::Ready));
    assert!(smpp.reports().recv_timeout(Duration::from_millis(300)).is_err());
}

#[test]
fn what_is_not_wanted_any_more_is_taken_back_part_by_part_and_within_the_window() {
    let smsc = Smsc::start(json!({ "delay_ms": 20 }));
    let mut smpp = open(&smsc, "source=10086&window=2");
    let mut long = offers(2);
    long[1].text = LONG_CHINESE.repeat(5);
    let outcome = deliver(&mut *smpp, long);
    let name = |n: u128| match &outcome.ends[&n] {
        Report::Accepted { message_id, .. } => message_id.clone(),
        other => panic!("{other:?}"),
    };
    (1..=2).for_each(|n| smpp.withdraw(taken(n, &name(n))));
    let later = deliver(&mut *smpp, offers(8).split_off(2));
    let deleted = [(1, ReceiptState::Deleted), (2, ReceiptState::Deleted)];
    assert_eq!(ends(&later.all, &*smpp, 2), deleted);
    let cancelled = smsc.events("cancel_sm");
    let parts = smsc.events("submit_sm").iter().filter(|line| line["destination_addr"] == "8613900000002").count();
    assert_eq!(cancelled.len(), 1 + parts);
    assert_eq!((&cancelled[0]["message_id"], &cancelled[0]["source_addr"]), (&json!(name(1)), &json!("10086")));
    assert_eq!(cancelled[0]["destination_addr"], "8613900000001");
    assert!(cancelled[1..].iter().all(|line| line["destination_addr"] == "8613900000002"));
    let most = smsc.log().iter().filter_map(|line| line["unanswered"].as_u64()).max();
    assert_eq!(most, Some(2));
}

#[test]
fn what_cannot_be_taken_back_any_more_goes_its_way() {
    let smsc = Smsc::start(json!({ "cancel_status": 0x11, "receipts": "text", "receipt_ms": 300 }));
    let mut smpp = open(&smsc, "source=10086");
    assert_eq!(deliver(&mut *smpp, offers(1)).accepted(), 1);
    smpp.withdraw(taken(1, "a001"));
    assert_eq!(ends(&[], &*smpp, 1), [(1, ReceiptState::Delivered)]);
    assert_eq!(smsc.events("cancel_sm").len(), 1);
}

#[test]
fn pairs_and_several_sessions_share_the_work_and_their_receipts() {
    let smsc = Smsc::start(json!({ "receipts": "text", "delay_ms": 20 }));
    let mut smpp = open(&smsc, "source=10086&mode=pair&binds=2&window=3&version=5.0");
    let mut reports = deliver(&mut *smpp, offers(40)).all;
    assert_eq!((smsc.events("bind_transmitter").len(), smsc.events("bind_receiver").len()), (2, 2));
    assert_eq!(smsc.events("bind_receiver")[0]["interface_version"], 0x50);
    let submitted = smsc.events("submit_sm");
    let by = |session: &Value| submitted.iter().filter(|line| line["session"] == *session).count();
    let sessions: Vec<Value> = smsc.events("bind_transmitter").iter().map(|line| line["session"].clone()).collect();
    assert!(sessions.iter().all(|session| by(session) >= 10), "{sessions:?}");
    assert!(submitted.iter().all(|line| line["unanswered"].as_u64().is_some_and(|most| most <= 3)));
    while reports.iter().filter(|report| matches!(report, Report::Receipt { .. })).count() < 40 {
        reports.push(next(&*smpp));
    }
}

#[test]
fn a_message_centre_that_is_not_there_yet_is_waited_for_where_that_is_asked_for() {
    let port = free_port();
    let url = format!("smpp://touchpoint:secret@127.0.0.1:{port}?reconnect_s=0.05&reconnect_max_s=0.2");
    let patient = Opening { patient: true, ..Opening::default() };
    let mut smpp = channel::open("sms", &url, patient).unwrap().channel;
    let down = next(&*smpp);
    assert!(matches!(&down, Report::Down { reason } if reason.contains("cannot connect")), "{down:?}");
    assert_eq!(smpp.ready(), 0);
    let smsc = Smsc::start(json!({ "port": port }));
    assert_eq!(next(&*smpp), Report::Ready);
    assert_eq!(deliver(&mut *smpp, offers(3)).accepted(), 3);
    drop(smsc);
}

#[test]
fn a_transmitter_asks_for_no_receipts() {
    let smsc = Smsc::start(json!({ "receipts": "text" }));
    let mut smpp = open(&smsc, "mode=transmitter");
    assert_eq!(deliver(&mut *smpp, offers(1)).accepted(), 1);
    assert_eq!(smsc.events("bind_transmitter").len(), 1);
    assert_eq!(smsc.events("submit_sm")[0]["registered_delivery"], 0);
}

#[test]
fn pdus_are_understood_however_they_are_cut_and_whatever_else_comes() {
    let check = |habits: Value| {
        let smsc = Smsc::start(habits);
        let mut smpp = open(&smsc, "window=5");
        let offers = offers(20);
        assert_eq!(deliver(&mut *smpp, offers.clone()).accepted(), 20);
        assert_eq!(sorted(smsc.texts()), expected(&offers, ""));
        smsc
    };
    check(json!({ "glue_ms": 30 }));
    check(json!({ "chop": 3, "delay_ms": 1 }));
    check(json!({ "no_message_id": true }));
    let smsc = check(json!({ "odd": true, "chop": 7, "delay_ms": 1 }));
    let nack = smsc.wait_for("a generic_nack", |line| line["event"] == "generic_nack");
    assert_eq!((&nack["command_status"], &nack["sequence_number"]), (&json!(3), &json!(0x42)));
    smsc.wait_for_count("deliver_sm_resp", 1);
}

fn refused(url: &str) -> String {
    channel::open("sms", url, Opening::default()).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_bind_that_is_refused_says_what_to_check() {
    let smsc = Smsc::start(json!({}));
    let check = |url: String, expected: &[&str]| {
        let told = refused(&url);
        assert!(expected.iter().all(|part| told.contains(part)), "{told}");
        assert!(!told.contains("geheim"), "{told}");
    };
    check(smsc.url_as("touchpoint", "geheim"), &["touchpoint@127.0.0.1", "ESME_RINVPASWD (0x0000000e)", "password"]);
    check(smsc.url_as("nobody", "geheim"), &["nobody@127.0.0.1", "ESME_RINVSYSID (0x0000000f)", "system_id"]);
    let smsc = Smsc::start(json!({ "bind_status": 0x05 }));
    check(smsc.url(), &["ESME_RALYBND", "another program"]);
}

/// A port on which something else listens: says `greeting` after the first octets, then hangs up or stays.
fn something_else(greeting: &'static [u8], stays: bool) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("smpp://touchpoint:geheim@{}?response_s=0.5", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _bind = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(greeting).unwrap();
        if stays {
            thread::sleep(PATIENCE);
        }
    });
    url
}

#[test]
fn what_is_no_message_centre_is_told_apart() {
    let check = |url: &str, expected: &str| {
        let told = refused(url);
        assert!(told.contains(expected), "{told}");
        assert!(!told.contains("geheim"), "{told}");
    };
    check("smpp://touchpoint:geheim@127.0.0.1:9", "cannot connect to message centre `touchpoint@127.0.0.1:9`");
    check("smpp://touchpoint:geheim@no-such-host.invalid:2775", "cannot find the host");
    check(&something_else(b"HTTP/1.1 400 Bad Request\r\n", false), "does not speak SMPP (it begins with `HTTP/1.1`)");
    check(&something_else(b"SSH-2.0-OpenSSH_9.2\r\n", true), "does not speak SMPP (it begins with `SSH-2.0-`)");
    check(&something_else(b"", false), "closed the connection without answering the bind");
    check(&something_else(b"", true), "did not answer the bind within 0.5 s");
}

/// Knows no `query_sm`, and tells with the second `submit_sm` that the first three offers were delivered.
fn knows_no_questions(pdu: &[u8], out: &mut Vec<u8>) {
    const GENERIC_NACK: u32 = bare::RESPONSE;
    match bare::number(pdu, 4) {
        0x03 => bare::put(out, [GENERIC_NACK, 3, bare::number(pdu, 12)], &[]),
        0x04 => {
            bare::accept(pdu, out);
            for name in 1..=3 {
                let text = format!("id:m{name} stat:DELIVRD");
                let to = format!("861390000000{name}");
                let head = [&b"\0\x01\x01"[..], to.as_bytes(), &b"\0\0\x0010086\0\x04\0\0\0\0\0\0\0\0"[..]].concat();
                bare::put(out, [0x05, 0, name], &[&head[..], &[text.len() as u8], text.as_bytes()].concat());
            }
        }
        _ => bare::accept(pdu, out),
    }
}

#[test]
fn where_questions_are_not_known_earlier_offers_are_waited_for_all_the_same() {
    let address = bare::listen(knows_no_questions);
    let mut smpp =
        channel::open("sms", &format!("smpp://a:b@{address}?response_s=60"), Opening::default()).unwrap().channel;
    for id in 1..=3 {
        let Submission { to, from, .. } = offer(id, "");
        smpp.recall(Taken { id: OfferId(id), message_id: format!("m{id}"), others: Vec::new(), to, from });
    }
    // The answers to questions come before those to what is submitted after them.
    thread::sleep(Duration::from_millis(500));
    smpp.submit(offer(9, "hi"));
    let mut delivered = Vec::new();
    while delivered.len() < 3 {
        if let Report::Receipt { id, state: ReceiptState::Delivered } = next(&*smpp) {
            delivered.push(id.0);
        }
    }
    delivered.sort_unstable();
    assert_eq!(delivered, [1, 2, 3]);
}
