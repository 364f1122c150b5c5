//! What must hold between the column families, wherever a run was cut off. Reads every row, changes none.

use std::collections::BTreeMap;

use event::Imsi;
use rocksdb::ReadOptions;
use rules::policy::scenario_hash;
use rustc_hash::{FxHashMap, FxHashSet};

use super::keys::{self, Bucket, JournalKey, LedgerKey, OutboxKey};
use super::octets::Octets;
use super::store::{Store, StoreError};
use super::{Verdict, areas, journal, ledger, live, profile, seal};
use crate::offer::{Offer, State};

macro_rules! invariants {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $name:literal,)+) => {
        /// What must hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Invariant {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl Invariant {
            /// All of them, in the order in which they are looked at.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Snake case, as in reports and JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it says, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim_start(),)+ }
            }
        }
    };
}

invariants! {
    /// Every row can be read.
    Readable = "readable",
    /// A sealed run that counts has its bucket.
    RunHasBucket = "run_has_bucket",
    /// A sealed event lies in the bucket of its time.
    EventInBucket = "event_in_bucket",
    /// Whoever has sealed events has a profile.
    EventsHaveProfile = "events_have_profile",
    /// The journal is of a start that there has been.
    JournalHasStart = "journal_has_start",
    /// What patterns have begun was begun under a rule set that is known.
    PatternsHaveRules = "patterns_have_rules",
    /// A decision is about a scenario whose name is known.
    DecisionHasScenario = "decision_has_scenario",
    /// A decision to offer has its offer.
    DecisionHasOffer = "decision_has_offer",
    /// An offer stands where its time and identity say.
    OfferInPlace = "offer_in_place",
    /// Whoever was made an offer has contacts.
    OfferHasContacts = "offer_has_contacts",
    /// An offer that nobody has decided on waits for the arbiter.
    OfferHasProposal = "offer_has_proposal",
    /// What waits for the arbiter is an offer that nobody has decided on.
    ProposalHasOffer = "proposal_has_offer",
    /// An offer that is to be sent or being sent has one ticket.
    OfferHasTicket = "offer_has_ticket",
    /// A ticket is of an offer that is to be sent or being sent.
    TicketHasOffer = "ticket_has_offer",
    /// A scenario's total counts at least the offers that were let pass.
    TotalCountsOffers = "total_counts_offers",
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// The column family whose rows break it; `window` for those of all buckets.
    pub family: &'static str,
    /// How many rows do.
    pub rows: u64,
    /// A subscriber of one of them, where it is about one.
    pub example: Option<Imsi>,
}

/// The families of all buckets, in reports.
const WINDOW: &str = "window";

impl Store {
    /// Every invariant that does not hold. Reads the whole store: only for one that no engine writes meanwhile.
    pub fn check(&self) -> Result<Vec<Broken>, StoreError> {
        let mut audit = Audit { store: self, broken: BTreeMap::new() };
        audit.window()?;
        audit.journal()?;
        audit.subscribers()?;
        audit.patterns()?;
        audit.ledger()?;
        let offers = audit.outbox()?;
        audit.proposals()?;
        audit.queue(offers.open)?;
        audit.totals(&offers.passed)?;
        Ok(audit.broken.into_values().collect())
    }
}

struct Audit<'a> {
    store: &'a Store,
    broken: BTreeMap<(Invariant, &'static str), Broken>,
}

/// What the outbox expects of the other families.
#[derive(Default)]
struct Offers {
    /// To be sent or being sent.
    open: FxHashSet<OutboxKey>,
    /// Let pass by the arbiter, by scenario.
    passed: FxHashMap<u64, u64>,
}

impl Audit<'_> {
    fn expect(&mut self, holds: bool, invariant: Invariant, family: &'static str, who: Option<Imsi>) {
        if !holds {
            let new = Broken { invariant, family, rows: 0, example: who };
            self.broken.entry((invariant, family)).or_insert(new).rows += 1;
        }
    }

    /// Notes a row that cannot be read.
    fn read<T>(&mut self, family: &'static str, value: Option<T>) -> Option<T> {
        self.expect(value.is_some(), Invariant::Readable, family, None);
        value
    }

    fn has(&self, family: &str, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.store.row(family, key)?.is_some())
    }

    fn window(&mut self) -> Result<(), StoreError> {
        let registered = self.store.registered_rows(ReadOptions::default())?;
        let buckets = self.store.buckets();
        for (bucket, _) in registered.keys() {
            self.expect(buckets.contains(bucket), Invariant::RunHasBucket, keys::META, None);
        }
        let mut events = Vec::new();
        for bucket in buckets.iter() {
            for row in self.store.rows(&bucket.family(), &[])? {
                let (key, blocks) = row?;
                let Some(imsi) = self.read(WINDOW, keys::read_subscriber(&key)) else { continue };
                events.clear();
                let counts = |run| registered.get(&(*bucket, run)).copied();
                let blocks = seal::read_blocks(&blocks, *bucket, imsi, event::Timestamp::MIN, counts, &mut events);
                self.read(WINDOW, blocks);
                let in_place = events.iter().all(|event| Bucket::of(event.at) == *bucket);
                self.expect(in_place, Invariant::EventInBucket, WINDOW, Some(imsi));
                let known = events.is_empty() || self.has(keys::PROFILE, &key)?;
                self.expect(known, Invariant::EventsHaveProfile, WINDOW, Some(imsi));
            }
        }
        Ok(())
    }

    fn journal(&mut self) -> Result<(), StoreError> {
        let starts = self.store.starts()?;
        for row in self.store.rows(keys::JOURNAL, &[])? {
            let (key, blob) = row?;
            self.read(keys::JOURNAL, journal::read(&blob, |_, _| {}));
            let Some(key) = self.read(keys::JOURNAL, JournalKey::read(&key)) else { continue };
            self.expect(key.stamp.epoch <= starts, Invariant::JournalHasStart, keys::JOURNAL, None);
        }
        Ok(())
    }

    fn subscribers(&mut self) -> Result<(), StoreError> {
        for row in self.store.rows(keys::PROFILE, &[])? {
            let (key, value) = row?;
            self.read(keys::PROFILE, keys::read_subscriber(&key).zip(profile::read(&value)));
        }
        for row in self.store.rows(keys::CONTACT, &[])? {
            let (key, value) = row?;
            self.read(keys::CONTACT, keys::read_subscriber(&key).zip(profile::read_contacts(&value)));
        }
        for row in self.store.rows(keys::AREA, &[])? {
            let (key, value) = row?;
            self.read(keys::AREA, keys::read_area(&key).zip(areas::read(&value)));
        }
        Ok(())
    }

    fn patterns(&mut self) -> Result<(), StoreError> {
        let editions = self.store.editions()?;
        for row in self.store.current_rows(keys::LIVE)? {
            let (key, value) = row?;
            let stored = keys::read_subscriber(&key).zip(live::read(&value));
            let Some((imsi, stored)) = self.read(keys::LIVE, stored) else { continue };
            // What a store of the first layout has begun is of no edition.
            let is_known = stored.edition == 0 || editions.iter().any(|edition| edition.number == stored.edition);
            self.expect(is_known, Invariant::PatternsHaveRules, keys::LIVE, Some(imsi));
        }
        Ok(())
    }

    fn ledger(&mut self) -> Result<(), StoreError> {
        let names = self.store.scenario_names()?;
        for row in self.store.current_rows(keys::LEDGER)? {
            let (key, value) = row?;
            let entry = LedgerKey::read(&key).zip(ledger::read(&value));
            let Some((key, (verdict, _))) = self.read(keys::LEDGER, entry) else { continue };
            let is_named = names.contains_key(&key.scenario);
            self.expect(is_named, Invariant::DecisionHasScenario, keys::LEDGER, Some(key.imsi));
            if let Verdict::Offered(id) = verdict {
                let is_there = self.has(keys::OUTBOX, &keys::outbox(key.at, id))?;
                self.expect(is_there, Invariant::DecisionHasOffer, keys::LEDGER, Some(key.imsi));
            }
        }
        Ok(())
    }

    fn outbox(&mut self) -> Result<Offers, StoreError> {
        let mut offers = Offers::default();
        for row in self.store.rows(keys::OUTBOX, &[])? {
            let (key, value) = row?;
            let Some(offer) = self.read(keys::OUTBOX, Offer::read(&value)) else { continue };
            let (place, who) = (keys::outbox(offer.at, offer.id), Some(offer.imsi));
            self.expect(*key == place, Invariant::OfferInPlace, keys::OUTBOX, who);
            let is_met = self.has(keys::CONTACT, &keys::subscriber(offer.imsi))?;
            self.expect(is_met, Invariant::OfferHasContacts, keys::OUTBOX, who);
            match offer.state {
                State::Proposed => {
                    let waits = self.has(keys::PROPOSAL, &keys::proposal(&offer))?;
                    self.expect(waits, Invariant::OfferHasProposal, keys::OUTBOX, who);
                }
                State::Withheld(_) => {}
                _ => *offers.passed.entry(scenario_hash(&offer.scenario)).or_default() += 1,
            }
            if matches!(offer.state, State::Queued | State::Sending) {
                offers.open.insert(place);
            }
        }
        Ok(offers)
    }

    fn proposals(&mut self) -> Result<(), StoreError> {
        for row in self.store.rows(keys::PROPOSAL, &[])? {
            let (key, place) = row?;
            let offer = self.store.row(keys::OUTBOX, &place)?.and_then(|row| Offer::read(&row));
            let is_open =
                offer.as_ref().is_some_and(|offer| offer.state == State::Proposed && keys::proposal(offer) == *key);
            let who = offer.map(|offer| offer.imsi);
            self.expect(is_open, Invariant::ProposalHasOffer, keys::PROPOSAL, who);
        }
        Ok(())
    }

    fn queue(&mut self, mut open: FxHashSet<OutboxKey>) -> Result<(), StoreError> {
        for row in self.store.rows(keys::QUEUE, &[])? {
            let (ticket, place) = row?;
            self.read(keys::QUEUE, keys::read_ticket(&ticket));
            // Taken out, so that a second ticket of the same offer finds none.
            let is_open = place.as_ref().try_into().is_ok_and(|place: &OutboxKey| open.remove(place));
            self.expect(is_open, Invariant::TicketHasOffer, keys::QUEUE, None);
        }
        open.iter().for_each(|_| self.expect(false, Invariant::OfferHasTicket, keys::OUTBOX, None));
        Ok(())
    }

    fn totals(&mut self, passed: &FxHashMap<u64, u64>) -> Result<(), StoreError> {
        for (scenario, passed) in passed {
            let row = self.store.row(keys::TOTAL, &scenario.to_be_bytes())?;
            let total = row.and_then(|row| Octets::new(&row).varint()).unwrap_or(0);
            self.expect(total >= *passed, Invariant::TotalCountsOffers, keys::TOTAL, None);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rocksdb::WriteBatch;

    use super::*;
    use crate::offer::{OfferId, outbox};
    use crate::testing::offer;
    use crate::window::keys::Stamp;

    fn imsi() -> Imsi {
        "460001234567890".parse().unwrap()
    }

    /// A store with these rows and nothing else breaks exactly this.
    fn check(rows: &[(&str, Vec<u8>, Vec<u8>)], expected: &[Invariant]) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut batch = WriteBatch::default();
        for (family, key, value) in rows {
            batch.put_cf(&store.family(family).unwrap(), key, value);
        }
        store.write(batch, false).unwrap();
        let broken: Vec<Invariant> = store.check().unwrap().iter().map(|broken| broken.invariant).collect();
        assert_eq!(broken, expected);
    }

    fn stored(edition: u32) -> Vec<u8> {
        let mut out = Vec::new();
        live::put(&mut out, edition, &rules::matcher::Live::default(), None);
        out
    }

    fn kept(state: State) -> (&'static str, Vec<u8>, Vec<u8>) {
        let offer = Offer { state, ..offer(1) };
        let mut value = Vec::new();
        offer.put(&mut value);
        (keys::OUTBOX, keys::outbox(offer.at, offer.id).to_vec(), value)
    }

    fn contacts() -> (&'static str, Vec<u8>, Vec<u8>) {
        let mut value = Vec::new();
        profile::put_contacts(&mut value, &[]);
        (keys::CONTACT, keys::subscriber(imsi()).to_vec(), value)
    }

    #[test]
    fn what_an_offer_needs_is_missed() {
        use Invariant as I;
        let place = keys::outbox(offer(1).at, OfferId(1)).to_vec();
        let ticket = |number| (keys::QUEUE, keys::ticket(number).to_vec(), place.clone());
        let proposal = (keys::PROPOSAL, keys::proposal(&offer(1)).to_vec(), place.clone());
        let total = (keys::TOTAL, scenario_hash("wanda").to_be_bytes().to_vec(), vec![1]);
        check(&[], &[]);
        check(&[kept(State::Proposed), contacts(), proposal.clone()], &[]);
        check(&[kept(State::Proposed), contacts()], &[I::OfferHasProposal]);
        check(&[kept(State::Proposed), proposal.clone()], &[I::OfferHasContacts]);
        check(&[kept(State::Queued), contacts(), total.clone(), ticket(1)], &[]);
        check(&[kept(State::Queued), contacts(), ticket(1)], &[I::TotalCountsOffers]);
        check(&[kept(State::Sending), contacts(), total.clone()], &[I::OfferHasTicket]);
        check(&[kept(State::Queued), contacts(), total.clone(), ticket(1), ticket(2)], &[I::TicketHasOffer]);
        check(&[kept(State::Unknown), contacts(), total.clone(), ticket(1)], &[I::TicketHasOffer]);
        check(&[kept(State::Unknown), contacts(), total, proposal.clone()], &[I::ProposalHasOffer]);
        check(&[proposal, ticket(7)], &[I::ProposalHasOffer, I::TicketHasOffer]);
        let (family, _, value) = kept(State::Withheld(rules::Reason::NoAddress));
        check(&[(family, vec![0; 20], value), contacts()], &[I::OfferInPlace]);
        check(&[(family, place, vec![1, 2]), contacts()], &[I::Readable]);
    }

    #[test]
    fn what_a_decision_needs_is_missed() {
        use Invariant as I;
        let key = LedgerKey { imsi: imsi(), at: offer(1).at, sequence: 1, scenario: scenario_hash("wanda"), rank: 0 };
        let mut verdict = Vec::new();
        ledger::put(&mut verdict, Verdict::Offered(OfferId(1)), None);
        let entry = (keys::LEDGER, key.octets().to_vec(), verdict);
        let name = (keys::META, keys::scenario(scenario_hash("wanda")).to_vec(), b"wanda".to_vec());
        let withheld = kept(State::Withheld(rules::Reason::NoAddress));
        check(&[entry.clone(), name.clone(), withheld.clone(), contacts()], &[]);
        check(&[entry.clone(), withheld, contacts()], &[I::DecisionHasScenario]);
        check(&[entry, name], &[I::DecisionHasOffer]);
    }

    #[test]
    fn what_patterns_need_is_missed() {
        use Invariant as I;
        let live = |edition| (keys::LIVE, keys::subscriber(imsi()).to_vec(), stored(edition));
        check(&[live(0)], &[]);
        check(&[live(3)], &[I::PatternsHaveRules]);
        check(&[live(3), (keys::META, keys::patterns(3).to_vec(), Vec::new())], &[]);
    }

    #[test]
    fn what_the_window_needs_is_missed() {
        use Invariant as I;
        let stamp = Stamp { epoch: 1, number: 0 };
        let mut blob = journal::Blob::default();
        let event = crate::testing::random_event(&mut crate::testing::Random::new(1), imsi());
        blob.append(imsi(), &event);
        let journal = (keys::JOURNAL, JournalKey { stamp, shard: 0 }.octets().to_vec(), blob.octets().to_vec());
        let start = (keys::META, keys::META_EPOCH.to_vec(), vec![0, 0, 0, 1]);
        check(&[journal.clone(), start], &[]);
        check(&[journal], &[I::JournalHasStart]);
        let run = keys::run(Bucket::of(event.at), stamp).to_vec();
        check(&[(keys::META, run, Vec::new())], &[I::RunHasBucket]);
        check(&[(keys::PROFILE, vec![1], Vec::new())], &[I::Readable]);
    }

    #[test]
    fn a_sealed_event_has_its_bucket_and_its_subscriber_a_profile() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let event = crate::testing::random_event(&mut crate::testing::Random::new(1), imsi());
        let wrong = Bucket::of(event.at - std::time::Duration::from_hours(48));
        let run = Stamp { epoch: 1, number: 0 };
        let (mut records, mut block) = (Vec::new(), run.octets().to_vec());
        super::super::record::put(&mut records, &event, &mut super::super::record::Previous::default());
        super::super::octets::put_varint(&mut block, records.len() as u64);
        block.extend_from_slice(&records);
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::META).unwrap(), keys::run(wrong, run), []);
        batch.put_cf(&store.bucket_family(wrong).unwrap(), keys::subscriber(imsi()), block);
        store.write(batch, false).unwrap();
        let broken = store.check().unwrap();
        let named = |invariant| Broken { invariant, family: WINDOW, rows: 1, example: Some(imsi()) };
        assert_eq!(broken, [named(Invariant::EventInBucket), named(Invariant::EventsHaveProfile)]);
    }

    #[test]
    fn proposing_an_offer_keeps_what_must_hold() {
        let folder = tempfile::tempdir().unwrap();
        let store = std::sync::Arc::new(Store::open(folder.path()).unwrap());
        let mut batch = WriteBatch::default();
        outbox::propose(&store, &mut batch, &offer(1)).unwrap();
        let (family, key, value) = contacts();
        batch.put_cf(&store.family(family).unwrap(), key, value);
        store.write(batch, false).unwrap();
        assert_eq!(store.check().unwrap(), []);
    }
}
