//! Every column family and every key of the store, in one place.
//!
//! Integers are big endian, so that the order of keys is the order of what they name. A bucket is six hours of event
//! time; whatever belongs to one bucket is dropped with it.

use event::{Imsi, Lai, Plmn, Timestamp};

use super::octets::Octets;
use crate::offer::{Offer, OfferId};
use crate::shard::Share;

/// The layout that this program writes. A store of an older one is read, and marked as of this one, for it may now get
/// what an older program does not know; a store of a newer one is refused.
///
/// 1: the kinds of event of the A interface. 2: those of the Gb interface too, above code 13 of `record`. 3: rows of
/// [`LIVE`] name the rule set that they were written under, rows of [`POSITION`] the time. 4: rows of [`AREA`]; those of
/// [`LIVE`] say up to when silence is credited. 5: rows of [`LEDGER`] tell of variants, successes and offers that wait, rows of
/// [`CONTACT`] of campaigns, kinds and parts. 6: rows of [`POSITION`] for each feed; rows of [`JOURNAL`] with the length of each
/// record, and cells told after the one before. 7: no rows of timers, which those of [`LIVE`] tell too. 8: rows of [`JOURNAL`] of
/// which many records are told after one; rows of [`LIVE`] and [`LEDGER`] wait in [`CHANGE`]; the kinds of event above code 22;
/// offers tell what the phone said. 9: offers tell the names of all their segments. 10: sealed runs tell of
/// each record by how much it is off the bucket's time and the run's pace of frames, which its row of [`META`] tells. 11: rows of
/// [`JOURNAL`] of which each record and IMSI is told after the one before. 12: rows of [`POSITION`] for each shard.
pub(crate) const VERSION: u32 = 12;

/// Rows: `version` → layout (u32); `epoch` → number of starts (u32); `patterns/` edition → the patterns of a rule
/// set, eight octets each; `scenario/` name hash → name; `run/` bucket, run → its [`super::pace::Pace`], one per sealed run that counts. Kept;
/// runs go with their bucket, editions when no row of [`LIVE`] is of them.
pub(crate) const META: &str = "meta";
/// Rows: input, shard, number of shards → for each of its slices the sequence of the last event that was taken in, and when it was
/// released; of a feed 0, and the time of the newest event. A row per shard and input, of [`crate::shard::INPUTS_LIMIT`] inputs: a
/// replay of one of them is not counted again.
pub(crate) const POSITION: &str = "position";
/// Rows: epoch, shard, number → one group commit's events in order of arrival. Deleted when they are sealed.
pub(crate) const JOURNAL: &str = "journal";
/// Rows: epoch, shard, number, family → one group commit's changes of the rows of [`CHANGED`], in order of arrival. Deleted when
/// they are sealed, and with them the rows of [`JOURNAL`] of the same numbers.
pub(crate) const CHANGE: &str = "change";
/// Rows: IMSI → what is remembered of a subscriber, up to a journal blob. Outlives the window.
pub(crate) const PROFILE: &str = "profile";
/// Rows: IMSI → offers made, as far back as the longest cap. Apart from the profile, for no event can rebuild them.
pub(crate) const CONTACT: &str = "contact";
/// Rows: IMSI → edition of the rule set, what its patterns have begun and not ended, and the timer: not later than the next
/// moment at which something of it ends by itself. Deleted when nothing is left; rewritten for another rule set.
pub(crate) const LIVE: &str = "live";
/// Rows: network and code of a location area → when it could not be heard, and how often phones report there. Kept: as many as
/// [`rules::areas::AREAS_LIMIT`].
pub(crate) const AREA: &str = "area";
/// Rows: bucket, IMSI, time, sequence, scenario, rank → what was decided, and of which variant. Dropped with the bucket.
pub(crate) const LEDGER: &str = "ledger";
/// Rows: bucket, offer → the offer and its state. Dropped with the bucket, but never before it is settled.
pub(crate) const OUTBOX: &str = "outbox";
/// Rows: input, sequence, time, IMSI, rank → key of an offer that waits for the arbiter. Deleted when it has decided.
pub(crate) const PROPOSAL: &str = "proposal";
/// Rows: ticket → key of an offer that is to be sent or being sent. Deleted when it is settled.
pub(crate) const QUEUE: &str = "queue";
/// Rows: scenario → offers that have taken a place in its total. Kept as long as the store.
pub(crate) const TOTAL: &str = "total";

/// The column families that every store has.
pub(crate) const FIXED: [&str; 13] =
    [META, POSITION, JOURNAL, CHANGE, PROFILE, CONTACT, LIVE, AREA, LEDGER, OUTBOX, PROPOSAL, QUEUE, TOTAL];

/// The column families of which changed rows wait in [`CHANGE`] until they are sealed, in the order of their stored codes.
pub(crate) const CHANGED: [&str; 2] = [LIVE, LEDGER];

/// The column families that only stores of earlier layouts have.
pub(crate) const FORMER: [&str; 1] = ["timer"];

const WINDOW_PREFIX: &str = "window-";

pub(crate) const META_VERSION: &[u8] = b"version";
pub(crate) const META_EPOCH: &[u8] = b"epoch";
pub(crate) const META_PATTERNS: &[u8] = b"patterns/";
const META_SCENARIO: &[u8] = b"scenario/";
pub(crate) const META_RUN: &[u8] = b"run/";

/// Six hours of event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bucket(i32);

impl Bucket {
    pub(crate) const HOURS: i64 = 6;
    const MICROS: i64 = Self::HOURS * 3_600_000_000;
    pub(crate) const FIRST: Self = Self(i32::MIN);

    pub(crate) fn of(at: Timestamp) -> Self {
        // The range of a timestamp in microseconds holds fewer than 2^30 buckets.
        Self(at.as_micros().div_euclid(Self::MICROS) as i32)
    }

    /// When it begins, and when the next one does.
    pub(crate) fn span(self) -> (Timestamp, Timestamp) {
        let start = |number: i64| Timestamp::from_micros(number.saturating_mul(Self::MICROS));
        (start(self.0.into()), start(i64::from(self.0) + 1))
    }

    fn from_octets(octets: [u8; 4]) -> Self {
        Self((u32::from_be_bytes(octets) ^ 1 << 31) as i32)
    }

    fn octets(self) -> [u8; 4] {
        (self.0 as u32 ^ 1 << 31).to_be_bytes()
    }

    /// The column family of its events: rows IMSI → one block per sealed run, each led by the run's name.
    pub(crate) fn family(self) -> String {
        format!("{WINDOW_PREFIX}{}", self.0)
    }

    /// The inverse of [`Bucket::family`].
    pub(crate) fn from_family(name: &str) -> Option<Self> {
        name.strip_prefix(WINDOW_PREFIX)?.parse().ok().map(Self)
    }
}

/// A start of the engine and a counter within it: names runs, and orders the journal of one subscriber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stamp {
    pub(crate) epoch: u32,
    pub(crate) number: u32,
}

impl Stamp {
    pub(crate) fn octets(self) -> [u8; 8] {
        join(&[&self.epoch.to_be_bytes(), &self.number.to_be_bytes()])
    }

    pub(crate) fn read(octets: &mut Octets<'_>) -> Option<Self> {
        Some(Self { epoch: u32::from_be_bytes(octets.fixed()?), number: u32::from_be_bytes(octets.fixed()?) })
    }
}

/// Which journal blob: they sort by start, then shard, then number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JournalKey {
    pub(crate) stamp: Stamp,
    pub(crate) shard: u8,
}

impl JournalKey {
    pub(crate) fn octets(self) -> [u8; 9] {
        join(&[&self.stamp.epoch.to_be_bytes(), &[self.shard], &self.stamp.number.to_be_bytes()])
    }

    pub(crate) fn read(key: &[u8]) -> Option<Self> {
        let mut octets = Octets::new(key);
        let epoch = u32::from_be_bytes(octets.fixed()?);
        let shard = octets.octet()?;
        let number = u32::from_be_bytes(octets.fixed()?);
        Some(Self { stamp: Stamp { epoch, number }, shard })
    }
}

/// Comes after all keys of the journal, and of the changes beside it.
pub(crate) const AFTER_JOURNAL: [u8; 11] = [0xff; 11];

/// Where a group's changes of a family wait, which is one of [`CHANGED`].
pub(crate) fn change(journal: JournalKey, family: &str) -> [u8; 10] {
    let code = CHANGED.iter().position(|changed| *changed == family).map_or(u8::MAX, |code| code as u8);
    join(&[&journal.octets(), &[code]])
}

/// The family of a key of [`change`].
pub(crate) fn read_change(key: &[u8]) -> Option<&'static str> {
    CHANGED.get(usize::from(*key.get(9)?)).copied()
}

pub(crate) fn scenario(name: u64) -> [u8; 17] {
    join(&[META_SCENARIO, &name.to_be_bytes()])
}

pub(crate) fn patterns(edition: u32) -> [u8; 13] {
    join(&[META_PATTERNS, &edition.to_be_bytes()])
}

/// Reads a key of [`patterns`]; `None` for any other row of `meta`.
pub(crate) fn read_patterns(key: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(key.strip_prefix(META_PATTERNS)?.try_into().ok()?))
}

pub(crate) fn run(bucket: Bucket, run: Stamp) -> [u8; 16] {
    join(&[META_RUN, &bucket.octets(), &run.octets()])
}

/// Reads a key of [`run`]; `None` for any other row of `meta`.
pub(crate) fn read_run(key: &[u8]) -> Option<(Bucket, Stamp)> {
    let mut octets = Octets::new(key.strip_prefix(META_RUN)?);
    Some((Bucket::from_octets(octets.fixed()?), Stamp::read(&mut octets)?))
}

/// Before layout 12, and of [`EVERY_FEED`].
pub(crate) fn position(input: u64, slice: u8) -> [u8; 9] {
    join(&[&input.to_be_bytes(), &[slice]])
}

pub(crate) fn positions(input: u64, share: Share) -> [u8; 10] {
    join(&[&input.to_be_bytes(), &[share.shard, share.threads]])
}

/// What a row of [`POSITION`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Slice(u8),
    Shard(Share),
}

/// The input that stands for all feeds, in a store that was one of layout 5: none of them is behind it.
pub(crate) const EVERY_FEED: u64 = u64::MAX;

/// The input of a key of [`position`] or [`positions`], and what of it.
pub(crate) fn read_position(key: &[u8]) -> Option<(u64, Reach)> {
    let mut key = Octets::new(key);
    let input = u64::from_be_bytes(key.fixed()?);
    Some(match (key.octet()?, key.octet()) {
        (slice, None) => (input, Reach::Slice(slice)),
        (shard, Some(threads)) => (input, Reach::Shard(Share { shard, threads })),
    })
}

pub(crate) fn subscriber(imsi: Imsi) -> [u8; 8] {
    imsi.to_bits().to_be_bytes()
}

pub(crate) fn read_subscriber(key: &[u8]) -> Option<Imsi> {
    Imsi::from_bits(u64::from_be_bytes(key.try_into().ok()?))
}

/// What identifies a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LedgerKey {
    pub(crate) imsi: Imsi,
    pub(crate) at: Timestamp,
    pub(crate) sequence: u64,
    pub(crate) scenario: u64,
    /// Place among the decisions on the event: one scenario may have several. Rows of before have none.
    pub(crate) rank: u16,
}

impl LedgerKey {
    pub(crate) fn octets(self) -> [u8; 38] {
        join(&[
            &Bucket::of(self.at).octets(),
            &subscriber(self.imsi),
            &ordered(self.at),
            &self.sequence.to_be_bytes(),
            &self.scenario.to_be_bytes(),
            &self.rank.to_be_bytes(),
        ])
    }

    pub(crate) fn read(key: &[u8]) -> Option<Self> {
        let mut octets = Octets::new(key);
        let _bucket: [u8; 4] = octets.fixed()?;
        Some(Self {
            imsi: Imsi::from_bits(u64::from_be_bytes(octets.fixed()?))?,
            at: from_ordered(octets.fixed()?),
            sequence: u64::from_be_bytes(octets.fixed()?),
            scenario: u64::from_be_bytes(octets.fixed()?),
            rank: octets.fixed().map_or(0, u16::from_be_bytes),
        })
    }
}

/// What the subscriber's rows begin with in the bucket of this row of the ledger, and the next bucket, if there can be one.
pub(crate) fn ledger_of(key: &[u8], imsi: Imsi) -> Option<([u8; 12], Option<[u8; 4]>)> {
    let bucket: [u8; 4] = Octets::new(key).fixed()?;
    let next = u32::from_be_bytes(bucket).checked_add(1).map(u32::to_be_bytes);
    Some((join(&[&bucket, &subscriber(imsi)]), next))
}

/// Whether a row of the ledger is about this subscriber.
pub(crate) fn is_ledger_of(key: &[u8], imsi: Imsi) -> bool {
    ledger_of(key, imsi).is_some_and(|(own, _)| key.starts_with(&own))
}

/// Where an offer is kept.
pub(crate) type OutboxKey = [u8; 20];

pub(crate) fn outbox(at: Timestamp, id: OfferId) -> OutboxKey {
    join(&[&Bucket::of(at).octets(), &id.0.to_be_bytes()])
}

pub(crate) fn read_outbox(key: &[u8]) -> Option<(Bucket, OfferId)> {
    let mut octets = Octets::new(key);
    Some((Bucket::from_octets(octets.fixed()?), OfferId(u128::from_be_bytes(octets.fixed()?))))
}

pub(crate) fn proposal(offer: &Offer) -> [u8; 34] {
    let (sequence, rank) = (offer.sequence.to_be_bytes(), offer.rank.to_be_bytes());
    join(&[&offer.input.to_be_bytes(), &sequence, &ordered(offer.at), &subscriber(offer.imsi), &rank])
}

pub(crate) fn area(area: Lai) -> [u8; 5] {
    join(&[&area.plmn.octets(), &area.lac.to_be_bytes()])
}

pub(crate) fn read_area(key: &[u8]) -> Option<Lai> {
    let mut octets = Octets::new(key);
    Some(Lai { plmn: Plmn::from_octets(octets.fixed()?), lac: u16::from_be_bytes(octets.fixed()?) })
}

pub(crate) fn ticket(ticket: u64) -> [u8; 8] {
    ticket.to_be_bytes()
}

pub(crate) fn read_ticket(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

/// What sorts before every key of the bucket and after every key of earlier ones.
pub(crate) fn bucket_start(bucket: Bucket) -> [u8; 4] {
    bucket.octets()
}

fn ordered(at: Timestamp) -> [u8; 8] {
    (at.as_micros() as u64 ^ 1 << 63).to_be_bytes()
}

fn from_ordered(octets: [u8; 8]) -> Timestamp {
    Timestamp::from_micros((u64::from_be_bytes(octets) ^ 1 << 63) as i64)
}

fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut key = [0; N];
    key.iter_mut().zip(parts.iter().copied().flatten()).for_each(|(slot, octet)| *slot = *octet);
    debug_assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), N);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_what_they_name() {
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let key =
            |at: &str, sequence| LedgerKey { imsi, at: at.parse().unwrap(), sequence, scenario: 5, rank: 6 }.octets();
        let sorted = [
            key("1969-12-31T05:00:00Z", 9),
            key("1969-12-31T23:00:00Z", 1),
            key("1970-01-01T00:00:00Z", 0),
            key("2026-11-22T00:00:00Z", 7),
            key("2026-11-22T00:00:00Z", 8),
        ];
        assert!(sorted.is_sorted());
        for octets in sorted {
            let key = LedgerKey::read(&octets).unwrap();
            assert_eq!(key.octets(), octets);
            assert_eq!(LedgerKey::read(&octets[..36]), Some(LedgerKey { rank: 0, ..key }), "a row of before");
        }
    }

    #[test]
    fn keys_survive() {
        let bucket = Bucket::of("1969-12-31T23:00:00Z".parse().unwrap());
        let stamp = Stamp { epoch: 3, number: 70_000 };
        assert_eq!(bucket, Bucket(-1));
        assert_eq!(Bucket::from_family(&bucket.family()), Some(bucket));
        let hours = |hours: i64| Timestamp::from_seconds(hours * 3_600);
        assert_eq!(bucket.span(), (hours(-6), hours(0)));
        let share = Share { shard: 7, threads: 9 };
        assert_eq!(read_position(&position(u64::MAX - 1, 7)), Some((u64::MAX - 1, Reach::Slice(7))));
        assert_eq!(read_position(&positions(3, share)), Some((3, Reach::Shard(share))));
        assert_eq!(read_run(&run(bucket, stamp)), Some((bucket, stamp)));
        assert_eq!(read_run(&scenario(1)), None);
        assert_eq!((read_patterns(&patterns(7)), read_patterns(&run(bucket, stamp))), (Some(7), None));
        let journal = JournalKey { stamp, shard: 63 };
        assert_eq!(JournalKey::read(&journal.octets()), Some(journal));
        assert_eq!(CHANGED.map(|family| read_change(&change(journal, family))), CHANGED.map(Some));
        assert!(change(journal, LEDGER) > change(journal, LIVE) && change(journal, LEDGER)[..] < AFTER_JOURNAL[..]);
        let at = "2026-11-22T06:00:00Z".parse().unwrap();
        let lai = Lai { plmn: "310-260".parse().unwrap(), lac: 0x6a11 };
        assert_eq!(read_area(&area(lai)), Some(lai));
        assert_eq!(read_outbox(&outbox(at, OfferId(5))), Some((Bucket::of(at), OfferId(5))));
    }
}
