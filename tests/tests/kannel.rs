//! Beside Kannel: pushed addresses and cut texts have the octets that its gateways send for the same.

mod delivery;

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use delivery::{PATIENCE, deliver, offer};
use engine::offer::Pushed;
use engine::offer::channel::{self, Opening, Report, Submission, Taken};
use rules::scenario::Push;
use tests::bare::{self, Submitted};
use tests::kannel::Kannel;

/// A message centre, and what it is given.
fn centre() -> (String, Receiver<Submitted>) {
    let (taken, seen) = channel();
    let address = bare::listen(move |pdu, out| {
        Submitted::read(pdu).into_iter().for_each(|submitted| _ = taken.send(submitted));
        bare::accept(pdu, out);
    });
    (address, seen)
}

/// What follows the headers of the parts for each subscriber, and the headers but for the reference of the message.
type Parts = BTreeMap<String, Vec<(Vec<u8>, Vec<u8>)>>;

fn parts(seen: &Receiver<Submitted>, subscribers: usize) -> Parts {
    let mut parts = Parts::new();
    // 00 03 reference, total, sequence: alone, or behind the ports.
    let is_concatenated = |header: &[u8]| matches!(header.len(), 6 | 12);
    let is_whole = |parts: &Vec<(Vec<u8>, Vec<u8>)>| match &parts[0].0[..] {
        header if is_concatenated(header) => parts.len() == usize::from(header[header.len() - 2]),
        _ => true,
    };
    while parts.len() < subscribers || !parts.values().all(is_whole) {
        let submitted = seen.recv_timeout(PATIENCE).expect("all parts come in time");
        let (header, rest) = submitted.cut();
        let mut header = header.to_vec();
        if is_concatenated(&header) {
            let reference = header.len() - 3;
            header[reference] = 0;
        }
        let to = submitted.to.trim_start_matches('+').to_owned();
        parts.entry(to).or_default().push((header, rest.to_vec()));
    }
    parts.values_mut().for_each(|parts| parts.sort());
    parts
}

fn pushes() -> VecDeque<Submission> {
    let urls = ["http://example.com/", "https://www.a.net/x?y=1", "http://www.b.org/%41", "https://c.edu/d"];
    let long = format!("http://long.example/{}", "x".repeat(300));
    let urls = urls.into_iter().map(str::to_owned).chain([long]);
    let of_url =
        urls.flat_map(|url| [Push::Indication, Push::Loading].map(|action| Pushed { url: url.clone(), action }));
    // Kannel does not know the tokens of Service Loading for addresses that begin with `www.` (WAP-168 §8.3.2), ours are shorter.
    let of_url = of_url.filter(|pushed| pushed.action == Push::Indication || !pushed.url.contains("://www."));
    let submission = |(n, pushed): (u128, Pushed)| Submission {
        push: Some(pushed.clone()),
        ..offer(n, format!("看 Offer {n} {}", pushed.url))
    };
    (1..).zip(of_url).map(submission).collect()
}

#[test]
fn a_pushed_address_has_the_octets_of_its_gateway() {
    let (address, seen) = centre();
    let Some(kannel) = Kannel::start(&address) else { return };
    let mut pap = channel::open("wap_push", &kannel.pap(), Opening::default()).unwrap().channel;
    assert_eq!(deliver(&mut *pap, pushes()).accepted(), pushes().len());
    let mut theirs = parts(&seen, pushes().len());
    let url = format!("smpp://a:b@{address}?registered_delivery=0");
    let mut smpp = channel::open("wap_push", &url, Opening::default()).unwrap().channel;
    assert_eq!(deliver(&mut *smpp, pushes()).accepted(), pushes().len());
    let mut ours = parts(&seen, pushes().len());
    // The transaction's number is each gateway's own.
    for parts in theirs.values_mut().chain(ours.values_mut()) {
        parts[0].1[0] = 0;
    }
    assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    for (to, theirs) in &theirs {
        assert_eq!(theirs, &ours[to], "{to}");
    }
}

#[test]
fn what_the_gateway_says_stands_in_its_answer() {
    let (address, _seen) = centre();
    let Some(kannel) = Kannel::start(&address) else { return };
    // No domain: the gateway calls the message bad, in an answer of HTTP that is 202 all the same.
    let url = format!("{}?domain=a..b", kannel.pap());
    let mut pap = channel::open("wap_push", &url, Opening::default()).unwrap().channel;
    match &deliver(&mut *pap, pushes().into_iter().take(1).collect()).ends[&1] {
        Report::Refused { reason, again: false, .. } => assert!(reason.contains("answered 2000"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gateway_that_cannot_take_a_push_back_leaves_it_as_it_is() {
    let (address, _seen) = centre();
    let Some(kannel) = Kannel::start(&address) else { return };
    let mut pap = channel::open("wap_push", &kannel.pap(), Opening::default()).unwrap().channel;
    let outcome = deliver(&mut *pap, pushes().into_iter().take(1).collect());
    let (Report::Accepted { id, message_id, .. }, first) = (&outcome.ends[&1], offer(1, "")) else {
        panic!("not taken")
    };
    pap.withdraw(Taken { id: *id, message_id: message_id.clone(), others: Vec::new(), to: first.to, from: None });
    assert!(pap.reports().recv_timeout(Duration::from_secs(1)).is_err(), "it is not told as taken back");
    assert_eq!(deliver(&mut *pap, pushes().into_iter().skip(1).take(1).collect()).accepted(), 1);
}

/// Texts in which Kannel's cutting is right: without characters beyond the basic plane, whose halves it parts.
fn texts(count: usize) -> Vec<(String, u8)> {
    let mut random = fastrand::Rng::with_seed(0x6b61_6e6e_656c);
    let alphabets = [("abcdefghij KLM0123456789.,!?@$£éèùÄÖÑÜ", 0), ("abc€[]{}|^~\\", 0), ("欢迎光临杭州abc", 2)];
    let mut text = || {
        let (alphabet, coding) = alphabets[random.usize(..alphabets.len())];
        let characters: Vec<char> = alphabet.chars().collect();
        // One character at least that the alphabet is chosen for.
        let last = characters[0];
        let length = random.usize(1..if coding == 2 { 200 } else { 450 });
        ((0..length).map(|_| characters[random.usize(..characters.len())]).chain([last]).collect(), coding)
    };
    (0..count).map(|_| text()).collect()
}

#[test]
fn texts_are_cut_where_it_cuts_them() {
    const COUNT: usize = 10_000;
    let (address, seen) = centre();
    let Some(kannel) = Kannel::start(&address) else { return };
    let texts = texts(COUNT);
    let offers: VecDeque<Submission> = (1..).zip(&texts).map(|(n, (text, _))| offer(n, text.clone())).collect();
    for (offer, (text, coding)) in offers.iter().zip(&texts) {
        kannel.send(offer.to.to_string().trim_start_matches('+'), text, *coding);
    }
    let theirs = parts(&seen, COUNT);
    let url = format!("smpp://a:b@{address}?registered_delivery=0");
    let mut smpp = channel::open("sms", &url, Opening::default()).unwrap().channel;
    assert_eq!(deliver(&mut *smpp, offers).accepted(), COUNT);
    let ours = parts(&seen, COUNT);
    for (to, theirs) in &theirs {
        assert_eq!(theirs, &ours[to], "{to}");
    }
}
