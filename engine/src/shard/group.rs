//! A group commit: everything that a stretch of events has led to, written as one batch or not at all. One journal
//! blob, how far each slice has come, decisions, intents to offer, and the contacts that they made.

use event::{Event, Imsi, Lai, Timestamp};
use rocksdb::WriteBatch;
use rules::areas::AreaState;
use rules::matcher::Live;
use rules::policy::scenario_hash;
use rules::profile::Contact;
use rules::{Group as Watched, Outcome, Policy, RuleSet, Scenario};
use rustc_hash::FxHashMap;

use super::Shared;
use super::position::Positions;
use crate::offer::{Offer, OfferId, Pushed, State, outbox};
use crate::window::changes::Changes;
use crate::window::journal::Blob;
use crate::window::keys::{self, JournalKey, LedgerKey, Stamp};
use crate::window::{Store, StoreError, Verdict, areas, ledger, live, profile};

/// What has led to a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause {
    pub(crate) imsi: Imsi,
    /// Place among the events of the input: see [`super::Routed::sequence`].
    pub(crate) sequence: u64,
    /// Packet time.
    pub(crate) released: Timestamp,
    /// The stored code of the event's kind; [`DUE`] where time alone has led to it.
    pub(crate) kind: u8,
}

/// How long an offer may wait, for its channel and at the message centre: never longer than its scenario is valid.
fn expiry(policy: &Policy, scenario: &Scenario, since: Timestamp) -> Timestamp {
    let expires = since + scenario.limits.expires;
    policy.validity_ends(scenario).map_or(expires, |ends| ends.min(expires))
}

/// In the place of an event's kind: none happened, something was due.
pub(crate) const DUE: u8 = 0;

/// What has gathered since the last commit.
pub(crate) struct Group {
    blob: Blob,
    batch: WriteBatch,
    /// Of [`keys::LIVE`].
    live: Changes,
    /// Of [`keys::LEDGER`].
    ledger: Changes,
    /// Of [`keys::LIVE`] too, of subscribers who are not in memory: of those nothing waits, and nothing may come to wait.
    passing: Changes,
    is_passing: bool,
    /// Octets of changes since the arena began.
    unsealed: usize,
    intents: Vec<Offer>,
    /// Of offers that may not be in the store yet, with the number of the commit that they are in.
    identities: FxHashMap<OfferId, u64>,
    commits: u64,
    next_blob: u32,
    keeps_empty: bool,
    scratch: Vec<u8>,
}

/// What is to be written.
pub(crate) struct Gathered {
    /// From 1.
    pub(crate) number: u64,
    pub(crate) batch: WriteBatch,
    pub(crate) intents: Vec<Offer>,
}

impl Group {
    pub(crate) fn new() -> Self {
        Self {
            blob: Blob::default(),
            batch: WriteBatch::default(),
            live: Changes::default(),
            ledger: Changes::default(),
            passing: Changes::default(),
            is_passing: false,
            unsealed: 0,
            intents: Vec::new(),
            identities: FxHashMap::default(),
            commits: 0,
            next_blob: 0,
            keeps_empty: false,
            scratch: Vec::new(),
        }
    }

    /// How much has gathered, in octets.
    pub(crate) fn len(&self) -> usize {
        self.blob.octets().len() + self.changed() + self.passing.octets().len() + self.batch.size_in_bytes()
    }

    fn is_empty(&self) -> bool {
        self.blob.is_empty() && self.changed() == 0 && self.passing.is_empty() && self.batch.is_empty()
    }

    fn changed(&self) -> usize {
        self.live.octets().len() + self.ledger.octets().len()
    }

    /// How many octets of changes have been written that are not sealed.
    pub(crate) fn unsealed(&self) -> usize {
        self.unsealed
    }

    /// An arena is given away, and what has changed with it: gives the number of the blob that comes next.
    pub(crate) fn begin_arena(&mut self) -> u32 {
        self.unsealed = 0;
        self.next_blob
    }

    /// Whether offers wait to be made durable.
    pub(crate) fn has_intents(&self) -> bool {
        !self.intents.is_empty()
    }

    /// An event has been taken in.
    pub(crate) fn event(&mut self, imsi: Imsi, event: &Event) {
        self.blob.append(imsi, event);
    }

    /// A scenario has been decided on. Tells whether that is new: an offer that was made before is not made again.
    pub(crate) fn decision(
        &mut self,
        shared: &Shared,
        rules: &RuleSet,
        cause: &Cause,
        rank: u16,
        decision: rules::Decision,
        text: Option<String>,
    ) -> Result<bool, StoreError> {
        let Some(scenario) = rules.scenarios().get(decision.scenario as usize) else { return Ok(false) };
        let (imsi, at) = (cause.imsi, decision.at);
        let id = OfferId::derive(&scenario.name, imsi, at, cause.kind);
        let own = || scenario.variant_of(imsi).map(|(_, variant)| variant);
        let (verdict, variant) = match decision.outcome {
            Outcome::Offer => (Verdict::Offered(id), own()),
            Outcome::Withheld(reason) => (Verdict::Withheld(reason), None),
            Outcome::Held(until) => (Verdict::Held(until), None),
            Outcome::Converted(Watched::Control, _) => (Verdict::Converted(Watched::Control), None),
            Outcome::Converted(group, place) => (Verdict::Converted(group), scenario.variants.get(usize::from(place))),
        };
        if decision.outcome == Outcome::Offer {
            if self.identities.insert(id, self.commits + 1).is_some() || outbox::exists(&shared.store, at, id)? {
                return Ok(false);
            }
            let send = scenario.send_to(imsi);
            let offer = Offer {
                id,
                scenario: scenario.name.clone(),
                imsi,
                at,
                input: shared.input,
                sequence: cause.sequence,
                rank,
                purpose: scenario.purpose,
                expires: expiry(rules.policy(), scenario, decision.since),
                text: text.unwrap_or_default(),
                push: Pushed::of(&send.message),
                channel: send.channel.clone(),
                priority: scenario.priority,
                from: send.from.clone(),
                to: None,
                state: State::Proposed,
                others: Vec::new(),
                since: cause.released,
                receipt: None,
                acknowledged: None,
                reaction: None,
            };
            outbox::propose(&shared.store, &mut self.batch, &offer)?;
            self.intents.push(offer);
        }
        let key = LedgerKey { imsi, at, sequence: cause.sequence, scenario: scenario_hash(&scenario.name), rank };
        self.ledger.put(&key.octets(), |out| ledger::put(out, verdict, variant.map(|variant| &*variant.name)));
        Ok(true)
    }

    /// The contacts of a subscriber have changed.
    pub(crate) fn contacts(&mut self, store: &Store, imsi: Imsi, contacts: &[Contact]) -> Result<(), StoreError> {
        self.scratch.clear();
        profile::put_contacts(&mut self.scratch, contacts);
        self.batch.put_cf(&store.family(keys::CONTACT)?, keys::subscriber(imsi), &self.scratch);
        Ok(())
    }

    /// Whether subscribers for whom nothing has begun get a row too: it says of which edition they are.
    pub(crate) fn keep_empty(&mut self, keeps_empty: bool) {
        self.keeps_empty = keeps_empty;
    }

    /// Whether what changes is of subscribers who are not in memory.
    pub(crate) fn pass(&mut self, is_passing: bool) {
        self.is_passing = is_passing;
    }

    /// What patterns have begun for a subscriber has changed, or the timer has.
    pub(crate) fn live(&mut self, imsi: Imsi, edition: u32, live: &Live, armed: Option<Timestamp>) {
        let key = keys::subscriber(imsi);
        let rows = if self.is_passing { &mut self.passing } else { &mut self.live };
        if live.is_empty() && armed.is_none() && !self.keeps_empty {
            rows.delete(&key);
        } else {
            rows.put(&key, |out| live::put(out, edition, live, armed));
        }
    }

    /// Nothing that patterns have begun for a subscriber holds any more.
    pub(crate) fn forget(&mut self, imsi: Imsi) {
        self.live.delete(&keys::subscriber(imsi));
    }

    /// Something new is known of a location area.
    pub(crate) fn area(&mut self, store: &Store, area: Lai, state: &AreaState) -> Result<(), StoreError> {
        self.scratch.clear();
        areas::put(&mut self.scratch, state);
        self.batch.put_cf(&store.family(keys::AREA)?, keys::area(area), &self.scratch);
        Ok(())
    }

    /// Gives what is to be written, where anything is. In the store is what was given up to the commit `written`.
    pub(crate) fn gather(
        &mut self,
        shared: &Shared,
        shard: u8,
        positions: &mut Positions,
        written: u64,
    ) -> Result<Option<Gathered>, StoreError> {
        if self.is_empty() {
            return Ok(None);
        }
        let store = &shared.store;
        let key = JournalKey { stamp: Stamp { epoch: shared.epoch, number: self.next_blob }, shard };
        // What is due may come without any event.
        if !self.blob.is_empty() {
            self.batch.put_cf(&store.family(keys::JOURNAL)?, key.octets(), self.blob.octets());
            self.blob.clear();
        }
        self.unsealed += self.changed();
        self.live.write(store, &mut self.batch, key, keys::LIVE)?;
        self.ledger.write(store, &mut self.batch, key, keys::LEDGER)?;
        self.next_blob += 1;
        self.passing.write_rows(&mut self.batch, &store.family(keys::LIVE)?);
        positions.write(store, &mut self.batch)?;
        self.commits += 1;
        self.identities.retain(|_, number| *number > written);
        let (batch, intents) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.intents));
        Ok(Some(Gathered { number: self.commits, batch, intents }))
    }
}
