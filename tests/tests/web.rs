//! Channels over HTTP against a server that misbehaves.

mod delivery;

use std::time::Duration;

use delivery::{deliver, next, offer, offers};
use engine::offer::channel::{self, Channel, Opening, ReceiptState, Report, Submission, Taken};
use engine::offer::{OfferId, Pushed};
use rules::scenario::Push;
use serde_json::{Value, json};
use tests::free_port;
use tests::web::{Answer, Web};

fn open(url: &str) -> Box<dyn Channel + Send> {
    channel::open("web", url, Opening::default()).unwrap().channel
}

fn ok() -> Answer {
    Answer::Say(204, String::new())
}

#[test]
fn an_offer_is_posted_signed_and_under_its_identity() {
    let web = Web::start(|_, _| ok());
    let url = format!("webhook+http://{}/offers?tenant=7&secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", web.address());
    assert_eq!(deliver(&mut *open(&url), [offer(7, "欢迎")].into()).accepted(), 1);
    let request = &web.seen()[0];
    assert_eq!(request.path, "/offers?tenant=7");
    let id = Some("00000000000000000000000000000007");
    assert_eq!((request.header("idempotency-key"), request.header("webhook-id")), (id, id));
    assert!(request.header("webhook-signature").is_some_and(|signature| signature.starts_with("v1,")));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let expected = json!({
        "offer": id, "at": "2026-03-01T09:30:00.000000Z", "scenario": "test", "msisdn": "+8613900000007",
        "text": "欢迎", "valid_s": 3600,
    });
    assert_eq!(body, expected);
}

#[test]
fn a_server_in_trouble_gets_every_offer_once_by_its_identity() {
    let trouble = |nth: usize, _: &_| match nth {
        2 => Answer::HangUp,
        4 => Answer::Stall(Duration::from_secs(6)),
        6 | 7 => Answer::Say(503, String::new()),
        9 => Answer::Say(409, String::new()),
        _ => ok(),
    };
    let web = Web::start(trouble);
    let url = format!("webhook+http://{}/?timeout_s=3&workers=1", web.address());
    let outcome = deliver(&mut *open(&url), offers(12));
    assert_eq!(outcome.accepted(), 12);
    assert_eq!(outcome.given_back(), 2);
    let mut keys: Vec<String> =
        web.seen().iter().filter_map(|request| request.header("idempotency-key").map(str::to_owned)).collect();
    assert!(keys.len() >= 16, "{}", keys.len());
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 12);
}

#[test]
fn what_is_refused_or_never_answered_says_so() {
    let web = Web::start(|nth, _| if nth == 1 { Answer::Say(422, String::new()) } else { Answer::HangUp });
    let url = format!("webhook+http://{}/?workers=1", web.address());
    let outcome = deliver(&mut *open(&url), offers(2));
    let reason = "the server answered with HTTP status 422".to_owned();
    assert_eq!(outcome.ends[&1], Report::Refused { id: OfferId(1), reason, again: false });
    assert_eq!(outcome.ends[&2], Report::Unknown { id: OfferId(2) });
    // Port 9 of the loopback: nobody listens there.
    let mut absent = open("webhook+http://127.0.0.1:9/");
    absent.submit(offer(1, "x"));
    let told = absent.reports().recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(matches!(told, Report::Refused { again: true, .. }), "{told:?}");
}

#[test]
fn what_may_have_arrived_is_unknown_whatever_is_heard_of_its_repeats() {
    let web = Web::start(|nth, _| if nth == 1 { Answer::HangUp } else { Answer::Say(503, String::new()) });
    let url = format!("webhook+http://{}/?workers=1", web.address());
    let outcome = deliver(&mut *open(&url), offers(1));
    assert_eq!(outcome.ends[&1], Report::Unknown { id: OfferId(1) });
    assert!(web.seen().len() > 1, "it was repeated");
}

#[test]
fn where_a_request_is_not_known_again_it_is_not_repeated() {
    let push = Pushed { url: "http://example.com/".to_owned(), action: Push::Loading };
    for scheme in ["pap", "mm7"] {
        let web = Web::start(|_, _| Answer::HangUp);
        let offer = Submission { push: Some(push.clone()), ..offer(1, "Hi") };
        let outcome = deliver(&mut *open(&format!("{scheme}+http://{}/", web.address())), [offer].into());
        assert_eq!(outcome.ends[&1], Report::Unknown { id: OfferId(1) });
        assert_eq!(web.seen().len(), 1, "{scheme}");
    }
}

fn notification(to: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><pap><resultnotification-message push-id=\"00000000000000000000000000000001@ppg\" \
         message-state=\"delivered\" code=\"1000\"><address address-value=\"WAPPUSH={to}/TYPE=PLMN@ppg\"/>\
         </resultnotification-message></pap>"
    )
}

#[test]
fn what_the_gateway_tells_is_heard_also_before_its_answer() {
    let port = free_port();
    let tell = move |to: &str| tell(port, &notification(to)).1;
    let web = Web::start(move |_, _| {
        tell("+8613900000002");
        assert!(tell("+8613900000001").contains("<resultnotification-response push-id=\"0"));
        Answer::Say(202, "<pap><push-response><response-result code=\"1001\"/></push-response></pap>".to_owned())
    });
    let url =
        format!("pap+http://{}/?domain=ppg&notify=http://127.0.0.1:{port}/&listen=127.0.0.1:{port}", web.address());
    let mut pap = open(&url);
    let push = Pushed { url: "http://example.com/".to_owned(), action: Push::Loading };
    let outcome = deliver(&mut *pap, [Submission { push: Some(push), ..offer(1, "Hi") }].into());
    assert_eq!(outcome.accepted(), 1);
    let id = OfferId(1);
    let receipt = pap.reports().recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(receipt, Report::Receipt { id, state: ReceiptState::Delivered });
    tell("+8613900000001");
    assert!(pap.reports().recv_timeout(Duration::from_millis(200)).is_err(), "a second copy tells nothing");
    let told = channel::open("other", &url, Opening::default()).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains(&format!("`listen=127.0.0.1:{port}`: ")), "{told}");
}

/// Posts to the address on which a channel listens: status and body of the answer.
fn tell(port: u16, body: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.post(format!("http://127.0.0.1:{port}/")).send(body).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// The offer that `notification` names, taken in an earlier life.
fn taken(message_id: &str) -> Taken {
    Taken {
        id: OfferId(1),
        message_id: message_id.to_owned(),
        others: Vec::new(),
        to: "+8613900000001".parse().unwrap(),
        from: None,
    }
}

#[test]
fn what_cannot_be_read_or_matched_changes_nothing_and_does_no_harm() {
    let port = free_port();
    let mut pap = open(&format!("pap+http://127.0.0.1:9/?listen=127.0.0.1:{port}"));
    let bombs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><pap>&b;</pap>";
    for odd in ["", "no XML", "<pap><resultnotification-message", "<pap><push-message/></pap>", bombs] {
        assert_eq!(tell(port, odd).0, 400, "{odd}");
    }
    // Answered with 413 while it is still being sent, which not every sender hears.
    assert!(ureq::post(format!("http://127.0.0.1:{port}/")).send("<a>".repeat(1_000_000)).is_err());
    // Of another's push, and of one that is only on its way: answered, for the gateway has done its part.
    for other in [notification("+8613900000002"), notification("+8613900000001").replace("delivered", "pending")] {
        let (status, answer) = tell(port, &other);
        assert!(status == 200 && answer.contains("code=\"1000\""), "{answer}");
    }
    assert!(pap.reports().recv_timeout(Duration::from_millis(200)).is_err());
    // Late: the process has started anew meanwhile.
    pap.recall(taken("00000000000000000000000000000001"));
    assert_eq!(tell(port, &notification("+8613900000001")).0, 200);
    let receipt = Report::Receipt { id: OfferId(1), state: ReceiptState::Delivered };
    assert_eq!(pap.reports().recv_timeout(Duration::from_secs(20)).unwrap(), receipt);
}

#[test]
fn a_relay_reports_under_its_own_name_of_the_message() {
    let port = free_port();
    let mut mm7 = open(&format!("mm7+http://127.0.0.1:9/?listen=127.0.0.1:{port}"));
    mm7.recall(taken("MMSC-77"));
    let report = |name: &str, status: &str| {
        format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header>\
             <m:TransactionID xmlns:m=\"x\">t1</m:TransactionID></e:Header><e:Body><DeliveryReportReq xmlns=\"x\">\
             <MM7Version>5.3.0</MM7Version><MessageID>{name}</MessageID><Recipient><Number>+8613900000001</Number></Recipient>\
             <Sender><ShortCode>10086</ShortCode></Sender><Date>2026-03-01T09:31:00Z</Date><MMStatus>{status}</MMStatus>\
             </DeliveryReportReq></e:Body></e:Envelope>"
        )
    };
    for (name, status) in
        [("MMSC-78", "Retrieved"), ("MMSC-77", "Deferred"), ("MMSC-77", "Expired"), ("MMSC-77", "Retrieved")]
    {
        let (code, answer) = tell(port, &report(name, status));
        assert!(code == 200 && answer.contains("<StatusCode>1000</StatusCode>") && answer.contains(">t1<"), "{answer}");
    }
    let receipt = Report::Receipt { id: OfferId(1), state: ReceiptState::Expired };
    assert_eq!(mm7.reports().recv_timeout(Duration::from_secs(20)).unwrap(), receipt);
    assert!(mm7.reports().recv_timeout(Duration::from_millis(200)).is_err(), "the first last word counts");
    assert_eq!(tell(port, "<x/>").0, 400);
}

#[test]
fn a_push_replaces_another_where_the_gateway_knows_how_and_goes_alone_where_it_does_not() {
    let response = |code: &str| {
        let body = format!("<pap><push-response><response-result code=\"{code}\"/></push-response></pap>");
        Answer::Say(202, body)
    };
    let web = Web::start(move |nth, request| match request.body.contains("replace-push-id=\"a@ppg\"") {
        true if nth == 1 => response("1001"),
        true => response("3011"),
        false => response("1001"),
    });
    let push = Some(Pushed { url: "http://example.com/".to_owned(), action: Push::Loading });
    let newer = |n| Submission { push: push.clone(), replaces: Some("a".to_owned()), ..offer(n, "Hi") };
    let url = format!("pap+http://{}/?domain=ppg&version=2.0&workers=1", web.address());
    assert_eq!(deliver(&mut *open(&url), [newer(1), newer(2)].into()).accepted(), 2);
    let replacing: Vec<bool> = web.seen().iter().map(|request| request.body.contains("replace-push-id")).collect();
    assert_eq!(replacing, [true, true, false]);
}

#[test]
fn what_is_taken_back_is_cancelled_at_the_gateway_and_nowhere_else() {
    let web = Web::start(|_, _| Answer::Say(202, "<pap><badmessage-response code=\"2000\"/></pap>".to_owned()));
    for scheme in ["webhook", "mm7", "pap"] {
        let mut channel = open(&format!("{scheme}+http://{}/", web.address()));
        channel.withdraw(taken("0a"));
        // It answers that it cannot; that is counted, and changes nothing.
        assert!(channel.reports().recv_timeout(Duration::from_millis(300)).is_err(), "{scheme}");
        assert!(channel.ready() > 0);
    }
    let seen = web.seen();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].body.contains("<cancel-message push-id=\"0a@127.0.0.1\">"), "{}", seen[0].body);
}

#[test]
fn a_push_that_its_gateway_has_cancelled_has_ended() {
    let response = "<pap><cancel-response><cancel-result code=\"1000\"/></cancel-response></pap>";
    let web = Web::start(move |_, _| Answer::Say(202, response.to_owned()));
    let mut pap = open(&format!("pap+http://{}/", web.address()));
    pap.withdraw(taken("0a"));
    assert_eq!(next(&*pap), Report::Receipt { id: taken("0a").id, state: ReceiptState::Deleted });
}

#[test]
fn a_push_proxy_gateway_and_a_relay_are_spoken_to_in_their_xml() {
    let pap = |_: usize, _: &_| {
        let response = "<?xml version=\"1.0\"?><pap><push-response push-id=\"1\"><response-result code=\"1001\" \
                        desc=\"Accepted\"/></push-response></pap>";
        Answer::Say(202, response.to_owned())
    };
    let web = Web::start(pap);
    let push = Pushed { url: "http://example.com/".to_owned(), action: Push::Loading };
    let pushed = Submission { push: Some(push), ..offer(1, "Hi http://example.com/") };
    let url = format!("pap+http://u:p@{}/wappush", web.address());
    assert_eq!(deliver(&mut *open(&url), [pushed].into()).accepted(), 1);
    let request = &web.seen()[0];
    assert_eq!(request.header("authorization"), Some("Basic dTpw"));
    assert!(request.header("content-type").is_some_and(|media| media.starts_with("multipart/related; boundary=")));
    assert!(request.body.contains("<sl href=\"http://example.com/\"/>"), "{}", request.body);
    let mm7 = |_: usize, _: &_| {
        let response = "<e:Envelope xmlns:e=\"x\"><e:Body><SubmitRsp><Status><StatusCode>1000</StatusCode></Status>\
                        <MessageID>m1</MessageID></SubmitRsp></e:Body></e:Envelope>";
        Answer::Say(200, response.to_owned())
    };
    let relay = Web::start(mm7);
    let outcome = deliver(&mut *open(&format!("mm7+http://{}/?vasp=TP", relay.address())), offers(1));
    assert_eq!(outcome.ends[&1], Report::Accepted { id: OfferId(1), message_id: "m1".to_owned(), others: Vec::new() });
}
