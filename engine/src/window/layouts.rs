//! What stores of every layout so far hold, octet by octet: a change of a stored form needs another version of it, and a reader
//! of the one before. And whole stores of earlier layouts, which are taken over.

use std::time::Duration;

use event::{Binding, CellId, Event, Imsi, Interface, Kind, Lai, ReportTimer, Timestamp};
use rocksdb::{Options, WriteBatch};
use rules::areas::{AreaState, Reports, Silence};
use rules::matcher::{Live, Mark, Slot, SlotKind};
use rules::policy::scenario_hash;
use rules::profile::Contact;
use rules::scenario::MessageKind;
use rules::{Group, Profile, Reason};

use super::arena::{Arena, NO_RECORD};
use super::changes::Changes;
use super::check::Invariant;
use super::journal::Blob;
use super::keys::{self, Bucket, JournalKey, LedgerKey, Stamp};
use super::ledger::Verdict;
use super::pace::Pace;
use super::record::Retold;
use super::store::Store;
use super::{areas, ledger, live, profile, seal};
use crate::offer::{Offer, OfferId};
use crate::{shard, testing};

const TIMER: &str = "timer";
const STAMP: Stamp = Stamp { epoch: 3, number: 70_000 };

fn imsi() -> Imsi {
    "460001234567890".parse().unwrap()
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn lai() -> Lai {
    Lai { plmn: "310-260".parse().unwrap(), lac: 0xfffe }
}

/// Of hexadecimal digits, spaces aside.
fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn event() -> Event {
    Event {
        at: at(64),
        frame: 3,
        feed: 0,
        interface: Interface::A,
        imsi: Some(imsi()),
        binding: Binding::OnWire,
        tmsi: None,
        imei: None,
        cell: CellId::UNKNOWN,
        after_reset: false,
        kind: Kind::PagingResponse,
    }
}

fn mark(rank: u32, kind: SlotKind, index: u8, micros: i64) -> Mark {
    Mark { rank, slot: Slot { kind, index }, at: at(micros) }
}

fn check(what: &str, golden: &str, put: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    put(&mut out);
    assert_eq!(out, octets(golden), "{what}: stores of this form are out there");
}

#[test]
fn values_are_written_as_they_always_were_in_their_version() {
    let whole = Profile {
        last_seen: Some(at(64)),
        cell: CellId { plmn: "460-00".parse().ok(), lac: Some(0x6a11), ci: Some(0x1001) }.into(),
        lai: Some(lai()),
        detached: true,
        imei: "3539000212345678".parse().ok(),
        imei_since: Some(at(-2)),
        emergency: Some(at(5)),
        ..Profile::default()
    };
    let bare = Profile::default();
    check("profile 1", "01 7f 70 64f000 6a11 1001 8001 03 0a 130062fffe c0a58584fe8508 4e", |out| {
        profile::put(out, &whole);
    });
    check("profile 1, of nothing", "01 00 00", |out| profile::put(out, &bare));
    let contact = Contact { at: at(-1), scenario: 5, campaign: 6, counted: true, kind: MessageKind::WapPush, parts: 2 };
    check("contacts 2", "02 01 01 0000000000000005 0000000000000006 01 01 02", |out| {
        profile::put_contacts(out, &[contact]);
    });
    let begun = Live::from_marks(vec![mark(200, SlotKind::Counted, 1, -2)], at(5));
    check("live 3", "03 09 01 8001 01 0a 01 c801 04 01 03", |out| live::put(out, 9, &begun, Some(at(64))));
    let area = AreaState {
        silences: vec![Silence { from: at(-1), until: Some(at(1)) }],
        reports: vec![Reports { from: at(2), timer: ReportTimer::T3212, every: Duration::from_secs(3600) }],
    };
    check("area 1", "01 01 01 01 02 01 04 01 901c", |out| areas::put(out, &area));
    for (verdict, golden) in [
        (Verdict::Offered(OfferId(7)), "02 00 00000000000000000000000000000007 01 61"),
        (Verdict::Withheld(Reason::SuspectIdentity), "02 01 01 61"),
        (Verdict::Held(at(64)), "02 fe 8001 01 61"),
        (Verdict::Converted(Group::Control), "02 ff 01 01 61"),
    ] {
        check("decision 2", golden, |out| ledger::put(out, verdict, Some("a")));
    }
    let mut changes = Changes::default();
    changes.put(&[7, 8], |out| out.push(9));
    changes.delete(&[7]);
    check("changes 1", "01 02 0001 07 08 09 01 ffff 07", |out| out.extend_from_slice(changes.octets()));
    let mut arena = Arena::default();
    let tail = arena.append(imsi(), NO_RECORD, &event());
    let record = arena.record(tail).unwrap();
    let mut blob = Blob::default();
    let next: Imsi = "460001234567891".parse().unwrap();
    [imsi(), next, imsi()].iter().for_each(|imsi| blob.append(*imsi, &event()));
    check("journal 4", "04 a48bf6a2cc97d1811e 05 64 08 8001 06 02 04 64 08 00 00 01 04 64 08 00 00", |out| {
        out.extend_from_slice(blob.octets());
    });
    let paged = Event { at: at(3), frame: 1_000_000, ..event() };
    let pace = Pace::through([paged, event()].iter().map(|event| (event.at.as_micros(), event.frame)));
    check("pace", "06 c0843d bb9fc5cbac8220", |out| pace.put(out));
    check("block of layout 10", "81 03 f0a204 08 6400ffaed7bb5000", |out| {
        assert!(seal::put_block(out, STAMP, Bucket::of(at(64)), imsi(), &[Retold::of(record).unwrap().off(pace)]));
    });
    check("offer 3", &format!("03 {OFFER_HEAD} {OFFER_BODY} 32 01"), |out| testing::offer(7).put(out));
    let long = Offer { others: ["a".to_owned(), "b1".to_owned()].to_vec(), ..testing::offer(7) };
    let head = OFFER_HEAD.replacen("00", "80", 1);
    check("offer 3, of several segments", &format!("03 {head} {OFFER_BODY} 32 02 01 61 02 6231 01"), |out| {
        long.put(out)
    });
}

/// Flags, purpose, identity, subscriber, input, sequence, rank.
const OFFER_HEAD: &str = "00 01 00000000000000000000000000000007 0f01a25e622ec2d2 0000000000000001 07 00";
/// Trigger, expiry and since when; scenario and text.
const OFFER_BODY: &str = "8080e988c5b4b006 809883c5c9b4b006 8080e988c5b4b006 05 77616e6461 05 68656c6c6f";

#[test]
fn keys_are_as_they_always_were() {
    let subscriber = "0f01a25e622ec2d2";
    let decision = LedgerKey { imsi: imsi(), at: at(1), sequence: 9, scenario: 5, rank: 6 };
    let key = |what, key: &[u8], golden: &str| check(what, golden, |out| out.extend_from_slice(key));
    key("subscriber", &keys::subscriber(imsi()), subscriber);
    key("position", &keys::position(5, 9), "0000000000000005 09");
    key("journal", &JournalKey { stamp: STAMP, shard: 63 }.octets(), "00000003 3f 00011170");
    key("change", &keys::change(JournalKey { stamp: STAMP, shard: 63 }, keys::LEDGER), "00000003 3f 00011170 01");
    key("run", &keys::run(Bucket::of(at(-1)), STAMP), "72756e2f 7fffffff 00000003 00011170");
    key("patterns", &keys::patterns(9), "7061747465726e732f 00000009");
    key("area", &keys::area(lai()), "130062 fffe");
    key(
        "decision",
        &decision.octets(),
        &format!("80000000 {subscriber} 8000000000000001 0000000000000009 0000000000000005 0006"),
    );
    key("offer", &keys::outbox(at(1), OfferId(7)), "80000000 00000000000000000000000000000007");
    key("ticket", &keys::ticket(7), "0000000000000007");
    assert_eq!(Bucket::of(at(-1)).family(), "window--1");
}

/// A store as a program of this layout has left it.
fn left_by(layout: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let subscriber = keys::subscriber(imsi());
    let decision = LedgerKey { imsi: imsi(), at: at(64), sequence: 9, scenario: scenario_hash("wanda"), rank: 0 };
    let decision_key = if layout < 5 { &decision.octets()[..36] } else { &decision.octets()[..] };
    let offer = testing::offer(7);
    let rows: [(&str, &[u8], &str); 9] = [
        (keys::META, keys::META_EPOCH, "00000001"),
        (keys::META, &keys::scenario(scenario_hash("wanda")), "77616e6461"),
        (keys::POSITION, &keys::position(5, 9), if layout < 3 { "ac02" } else { "ac02 8001" }),
        (
            keys::JOURNAL,
            &octets("00000001 00 00000000"),
            match layout {
                ..6 => "01 0f01a25e622ec2d2 64 08 8001 06",
                6..8 => "02 0f01a25e622ec2d2 05 64 08 8001 06",
                8..11 => "03 0000000000000000 04 8001 03 00 0f01a25e622ec2d2 04 64 08 00 00",
                _ => "04 a48bf6a2cc97d1811e 05 64 08 8001 06",
            },
        ),
        (keys::PROFILE, &subscriber, "01 02 00 8001"),
        (
            keys::CONTACT,
            &subscriber,
            match layout {
                ..5 => "01 01 01 0000000000000005 01",
                _ => "02 01 01 0000000000000005 0000000000000005 01 00 01",
            },
        ),
        (
            keys::LIVE,
            &subscriber,
            match layout {
                ..3 => "01 00 01 c801 04 01 03",
                3 => "02 00 00 01 c801 04 01 03",
                _ => "03 00 00 00 01 c801 04 01 03",
            },
        ),
        (keys::LEDGER, decision_key, if layout < 5 { "01 01" } else { "02 01 00" }),
        (
            keys::OUTBOX,
            &keys::outbox(offer.at, offer.id),
            &if layout < 5 {
                format!("01 {OFFER_HEAD} {OFFER_BODY} 06")
            } else {
                format!("02 {OFFER_HEAD} {OFFER_BODY} 32 06")
            },
        ),
    ];
    let mut batch = WriteBatch::default();
    let bucket = Bucket::of(at(64));
    batch.put_cf(&store.family(keys::META).unwrap(), keys::run(bucket, STAMP), []);
    let block = octets("00000003 00011170 05 64 08 8001 06");
    batch.merge_cf(&store.bucket_family(bucket).unwrap(), subscriber, block);
    for (family, key, value) in rows {
        batch.put_cf(&store.family(family).unwrap(), key, octets(value));
    }
    batch.put_cf(&store.family(keys::META).unwrap(), keys::META_VERSION, layout.to_be_bytes());
    store.write(batch, true).unwrap();
    if layout < 4 {
        store.db().drop_cf(keys::AREA).unwrap();
    }
    if layout < 8 {
        store.db().drop_cf(keys::CHANGE).unwrap();
    }
    if layout < 7 {
        store.db().create_cf(TIMER, &Options::default()).unwrap();
        store.db().put_cf(&store.family(TIMER).unwrap(), octets("8000000000000001 0f01a25e622ec2d2"), []).unwrap();
    }
    drop(store);
    folder
}

#[test]
fn a_store_of_every_earlier_layout_is_taken_over_whole() {
    for layout in 1..keys::VERSION {
        let folder = left_by(layout);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.stats().unwrap().layout, keys::VERSION);
        let sealed_and_not = [event(), event()];
        assert_eq!(store.window(imsi(), Timestamp::MIN).unwrap(), sealed_and_not, "{layout}");
        let entries = store.ledger_of(imsi()).unwrap();
        let told: Vec<_> = entries.iter().map(|entry| (&*entry.scenario, entry.sequence, entry.verdict)).collect();
        assert_eq!(told, [("wanda", 9, Verdict::Withheld(Reason::SuspectIdentity))], "{layout}");
        let offers: Vec<_> = store.outbox().unwrap().map(|offer| offer.unwrap().sequence).collect();
        assert_eq!(offers, [7], "{layout}");
        let row = store.row(keys::LIVE, &keys::subscriber(imsi())).unwrap().unwrap();
        let begun = Live::from_marks(vec![mark(200, SlotKind::Counted, 1, -2)], Timestamp::MIN);
        assert_eq!(live::read(&row), Some(live::Stored { edition: 0, live: begun, armed: None }), "{layout}");
        let row = store.row(keys::CONTACT, &keys::subscriber(imsi())).unwrap().unwrap();
        let contact = Contact { at: at(-1), scenario: 5, campaign: 5, counted: true, kind: MessageKind::Sms, parts: 1 };
        assert_eq!(profile::read_contacts(&row), Some(vec![contact]), "{layout}");
        let reached = if (3..6).contains(&layout) { at(64) } else { Timestamp::MIN };
        assert_eq!(shard::feed_times(&store, 77).unwrap()[9], reached, "{layout}: feeds go on where all were");
        assert!(store.db().cf_handle(TIMER).is_none(), "{layout}: what is told twice goes");
        let broken = store.check().unwrap();
        assert!(broken.iter().all(|broken| broken.invariant != Invariant::Readable), "{layout}: {broken:?}");
    }
}
