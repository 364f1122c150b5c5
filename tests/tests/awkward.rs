//! A message centre with every awkward habit at once: what it means is understood, and nothing is lost or sent twice.

mod delivery;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use delivery::{deliver, next, offers};
use engine::offer::channel::{self, Channel, Opening, ReceiptState, Report};
use tests::bare::{self, Submitted, number, put};

const BIND_TRANSCEIVER: u32 = 0x09;
const SUBMIT_SM: u32 = 0x04;
const DELIVER_SM: u32 = 0x05;
const ENQUIRE_LINK: u32 = 0x15;
const UNBIND: u32 = 0x06;
/// `message_payload`, and one that nobody knows.
const MESSAGE_PAYLOAD: u16 = 0x0424;
const UNKNOWN: u16 = 0x14ff;

const WINDOW: usize = 4;
const PAUSE: Duration = Duration::from_millis(50);

/// Of a message centre that answers only when as many submissions wait as the window holds, or nothing more comes for a while,
/// and then the last one first.
struct Awkward {
    /// After so many submissions over all connections it closes in the middle of an answer; 0 for never.
    closes_after: usize,
    submitted: usize,
    waiting: Vec<(u32, String)>,
    /// Whom each submission was to.
    told: Sender<String>,
}

impl Awkward {
    /// Listens until the process ends, one connection after the other.
    fn listen(closes_after: usize) -> (String, Receiver<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (told, submissions) = channel();
        let mut awkward = Self { closes_after, submitted: 0, waiting: Vec::new(), told };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                awkward.waiting.clear();
                awkward.serve(stream);
            }
        });
        (address, submissions)
    }

    fn serve(&mut self, mut stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let (mut inbound, mut piece) = (Vec::new(), [0; 4096]);
        stream.set_read_timeout(Some(PAUSE)).ok()?;
        loop {
            let (mut out, mut closes) = (Vec::new(), false);
            match stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(length) => {
                    inbound.extend_from_slice(&piece[..length]);
                    bare::each_whole(&mut inbound, |pdu| closes |= self.hear(pdu, &mut out));
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.answer_all(&mut out);
                }
                Err(_) => return None,
            }
            // Every octet in a packet of its own.
            for octet in &out[..if closes { out.len() / 2 + 1 } else { out.len() }] {
                stream.write_all(&[*octet]).ok()?;
            }
            if closes {
                return None;
            }
        }
    }

    /// Tells whether it closes now.
    fn hear(&mut self, pdu: &[u8], out: &mut Vec<u8>) -> bool {
        let (command, sequence) = (number(pdu, 4), number(pdu, 12));
        match command {
            BIND_TRANSCEIVER | UNBIND => put(out, [command | bare::RESPONSE, 0, sequence], b"centre\0"),
            SUBMIT_SM => {
                let to = Submitted::read(pdu).unwrap().to;
                self.told.send(to.clone()).ok();
                self.submitted += 1;
                self.waiting.push((sequence, to));
            }
            _ => {}
        }
        let closes = command == SUBMIT_SM && self.submitted == self.closes_after;
        if self.waiting.len() == WINDOW || closes {
            self.answer_all(out);
        }
        closes
    }

    fn answer_all(&mut self, out: &mut Vec<u8>) {
        if self.waiting.is_empty() {
            return;
        }
        put(out, [ENQUIRE_LINK, 0, 0x7000], &[]);
        for (sequence, to) in std::mem::take(&mut self.waiting).into_iter().rev() {
            // The receipt first, by another name, and twice like the answer.
            let receipt = receipt(&format!("id:{} stat:DELIVRD", 0xabc0 + sequence), &to);
            let name = format!("{:08X}\0", 0xabc0 + sequence);
            for _ in 0..2 {
                put(out, [DELIVER_SM, 0, 0x7001], &receipt);
                put(out, [SUBMIT_SM | bare::RESPONSE, 0, sequence], name.as_bytes());
            }
        }
        // An answer to nothing, and a `generic_nack` of nothing.
        put(out, [SUBMIT_SM | bare::RESPONSE, 0, 0x7fff_0000], b"never\0");
        put(out, [bare::RESPONSE, 0x58, 0], &[]);
    }
}

/// A `deliver_sm` whose text stands beside it.
fn receipt(text: &str, to: &str) -> Vec<u8> {
    let tlv = |tag: u16, value: &[u8]| [&tag.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat();
    let head = [b"\0\x01\x01", to.as_bytes(), b"\0\0\x0010086\0\x04\0\0\0\0\0\0\0\0\0"].concat();
    [head, tlv(UNKNOWN, b"?"), tlv(MESSAGE_PAYLOAD, text.as_bytes()), tlv(UNKNOWN, &[])].concat()
}

fn open(address: &str) -> Box<dyn Channel + Send> {
    let url = format!("smpp://a:b@{address}?source=10086&window={WINDOW}&reconnect_s=0.05&response_s=5");
    channel::open("sms", &url, Opening::default()).unwrap().channel
}

#[test]
fn whatever_the_order_and_however_often_every_offer_ends_once() {
    const COUNT: usize = 10 * WINDOW;
    let (address, _submissions) = Awkward::listen(0);
    let mut smpp = open(&address);
    let mut reports = deliver(&mut *smpp, offers(COUNT as u128)).all;
    let receipts = |reports: &[Report]| {
        let mut times = BTreeMap::new();
        for report in reports {
            if let Report::Receipt { id, state: ReceiptState::Delivered } = report {
                *times.entry(id.0).or_insert(0) += 1;
            }
        }
        times
    };
    while receipts(&reports).len() < COUNT {
        reports.push(next(&*smpp));
    }
    assert!(receipts(&reports).values().all(|times| *times == 1), "{reports:?}");
    let accepted = reports.iter().filter(|report| matches!(report, Report::Accepted { .. })).count();
    assert_eq!(accepted, COUNT);
    assert!(
        !reports.iter().any(|report| matches!(report, Report::Down { .. } | Report::Unknown { .. })),
        "{reports:?}"
    );
}

/// A message centre that takes leave instead of answering the first window's worth, and answers those when its leave is taken.
fn leaving() -> (String, Receiver<String>) {
    const UNBIND_RESP: u32 = UNBIND | bare::RESPONSE;
    // The bind has the first number.
    const FIRST: u32 = 2;
    let (told, submissions) = channel();
    let submitted = AtomicUsize::new(0);
    let address = bare::listen(move |pdu, out| match number(pdu, 4) {
        SUBMIT_SM => {
            told.send(Submitted::read(pdu).unwrap().to).unwrap();
            match submitted.fetch_add(1, Ordering::Relaxed) + 1 {
                WINDOW => put(out, [UNBIND, 0, 0x7000], &[]),
                before if before < WINDOW => {}
                _ => bare::accept(pdu, out),
            }
        }
        UNBIND_RESP => {
            let sequences = FIRST..FIRST + WINDOW as u32;
            sequences.for_each(|sequence| put(out, [SUBMIT_SM | bare::RESPONSE, 0, sequence], b"late\0"));
        }
        _ => bare::accept(pdu, out),
    });
    (address, submissions)
}

#[test]
fn who_takes_leave_is_answered_and_may_answer_what_it_still_has() {
    const COUNT: usize = 6 * WINDOW;
    let (address, submissions) = leaving();
    let mut smpp = open(&address);
    let outcome = deliver(&mut *smpp, offers(COUNT as u128));
    assert_eq!((outcome.accepted(), outcome.unknown()), (COUNT, 0));
    assert_eq!(outcome.down(), Some("the message centre ended the session"));
    drop(smpp);
    let submitted: Vec<String> = submissions.try_iter().collect();
    assert_eq!(submitted.iter().collect::<BTreeSet<_>>().len(), submitted.len(), "{submitted:?}");
}

#[test]
fn a_connection_that_ends_amid_an_answer_sends_nothing_twice() {
    const COUNT: usize = 6 * WINDOW;
    let (address, submissions) = Awkward::listen(2 * WINDOW);
    let mut smpp = open(&address);
    let outcome = deliver(&mut *smpp, offers(COUNT as u128));
    assert_eq!(outcome.accepted() + outcome.unknown(), COUNT);
    assert!((1..=WINDOW).contains(&outcome.unknown()), "{}", outcome.unknown());
    // A close while something of ours is unread comes as a reset, else as an end.
    let said = outcome.down().unwrap();
    assert!(
        said == "the message centre closed the connection" || said.starts_with("the connection failed: "),
        "{said}"
    );
    drop(smpp);
    let submitted: Vec<String> = submissions.try_iter().collect();
    assert_eq!(submitted.iter().collect::<BTreeSet<_>>().len(), submitted.len(), "{submitted:?}");
}
