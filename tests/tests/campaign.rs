//! A hundred thousand offers to a message centre in every kind of trouble: each ends once, and none is sent twice. What the
//! message centre's own log says decides.

mod delivery;

use std::collections::{BTreeMap, BTreeSet};

use delivery::{deliver, ends, offers};
use engine::offer::channel::{self, Opening, ReceiptState};
use serde_json::{Value, json};
use tests::smsc::Smsc;

const COUNT: u128 = 100_000;
const WINDOW: u64 = 50;

fn field<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap_or_default()
}

#[test]
fn a_hundred_thousand_offers_end_once_each_in_every_trouble() {
    let every = |step: u64| (1..=u64::MAX).map(move |n| n * step).take_while(|n| *n < 90_000).collect::<Vec<_>>();
    let smsc = Smsc::start(json!({
        "terse": true, "throttle_every": 9_973, "drop_at": every(20_011), "mute_at": every(30_011),
        "stall_at": every(25_013), "stall_ms": 1_200, "receipts": "text", "receipt_times": 2, "receipt_ms": 3_000,
        "max_seconds": 900,
    }));
    let url = format!("{}?window={WINDOW}&binds=2&response_s=2&reconnect_s=0.05", smsc.url());
    let mut smpp = channel::open("sms", &url, Opening::default()).unwrap().channel;
    let outcome = deliver(&mut *smpp, offers(COUNT));
    assert_eq!(outcome.ends.len() as u128, COUNT);
    assert_eq!(outcome.accepted() + outcome.unknown(), outcome.ends.len());
    assert!(outcome.given_back() > 0 && (1..=1_000).contains(&outcome.unknown()), "{}", outcome.unknown());

    let (submitted, answered) = (smsc.events("submit_sm"), smsc.events("submit_sm_resp"));
    let most = submitted.iter().filter_map(|line| line["unanswered"].as_u64()).max();
    assert!(most.is_some_and(|most| most <= WINDOW), "{most:?}");
    let to: BTreeMap<u64, &str> =
        submitted.iter().filter_map(|line| Some((line["n"].as_u64()?, field(line, "destination_addr")))).collect();
    let refused: BTreeSet<u64> =
        answered.iter().filter(|line| line["command_status"] != 0).filter_map(|line| line["n"].as_u64()).collect();
    // What was not refused was taken, or may have been: it came once.
    let mut may_be_taken: Vec<&str> = to.iter().filter(|(n, _)| !refused.contains(n)).map(|(_, to)| *to).collect();
    let came = may_be_taken.len();
    may_be_taken.sort_unstable();
    may_be_taken.dedup();
    assert_eq!(may_be_taken.len(), came, "none came twice");
    // What was on its way when a connection was cut may not have come.
    assert!(outcome.ends.len() - came <= outcome.unknown(), "{came} came");

    let mut receipts = ends(&outcome.all, &*smpp, outcome.accepted());
    assert_eq!(receipts.len(), outcome.accepted(), "one receipt an offer that was taken, though links broke meanwhile");
    assert!(receipts.iter().all(|(_, state)| *state == ReceiptState::Delivered));
    receipts.dedup();
    assert_eq!(receipts.len(), outcome.accepted(), "one receipt an offer");
}
