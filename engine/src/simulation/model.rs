//! What an engine must decide, told by the plainest means: one subscriber after the other, all in memory, no timers, no
//! threads, no store. At every step everybody is asked whether something is due.

use rules::{Areas, Context, Decision, Profile};

use super::*;
use crate::window::Verdict;

/// What became of one trigger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decided {
    pub(super) at: Timestamp,
    pub(super) imsi: Imsi,
    pub(super) scenario: Arc<str>,
    /// Absent where it goes out.
    pub(super) withheld: Option<Reason>,
}

/// The ledger, with what the arbiter has decided.
pub(super) fn decided(outcome: &Outcome) -> Vec<Decided> {
    let states: BTreeMap<OfferId, &State> = outcome.offers.iter().map(|offer| (offer.id, &offer.state)).collect();
    let entries = outcome.ledger.iter().filter_map(|entry| {
        let withheld = match entry.verdict {
            Verdict::Withheld(reason) => Some(reason),
            Verdict::Offered(id) => match states[&id] {
                State::Withheld(reason) => Some(*reason),
                State::Expired => Some(Reason::Expired),
                _ => None,
            },
            // No scenario of these tests waits or hopes.
            Verdict::Held(_) | Verdict::Converted(_) => return None,
        };
        Some(Decided { at: entry.at, imsi: entry.imsi, scenario: entry.scenario.clone(), withheld })
    });
    let mut decided: Vec<Decided> = entries.collect();
    decided.sort();
    decided
}

/// A wish to offer, in the arbiter's order.
type Wish = (u64, Timestamp, Imsi, usize, usize, Timestamp);

pub(super) struct Model<'a> {
    world: &'a World,
    profiles: BTreeMap<Imsi, Profile>,
    order: crate::shard::Order,
    now: Timestamp,
    told: Timestamp,
    sequence: u64,
    told_sequence: u64,
    wishes: Vec<Wish>,
    decided: Vec<Decided>,
    /// By scenario.
    passed: BTreeMap<usize, u64>,
    /// The half hour, and how many events had come when it began.
    half_hour: Option<(i64, u64)>,
}

impl<'a> Model<'a> {
    /// The decisions on events that are fed as [`feed`] does, to the end.
    pub(super) fn run(world: &'a World, events: &[Event]) -> Vec<Decided> {
        let mut model = Self {
            world,
            profiles: BTreeMap::new(),
            order: crate::shard::Order::default(),
            now: Timestamp::MIN,
            told: Timestamp::MIN,
            sequence: 0,
            told_sequence: 0,
            wishes: Vec::new(),
            decided: Vec::new(),
            passed: BTreeMap::new(),
            half_hour: None,
        };
        let mut now = Timestamp::MIN;
        for (index, event) in events.iter().enumerate() {
            now = now.max(event.at);
            if event.imsi.is_some() {
                assert_eq!(model.order.push(Item::Event(*event)), None);
            }
            if index % 23 == 0 {
                model.tick(Timestamp::from_micros(now.as_micros() - 500_000));
            }
        }
        while let Some(item) = model.order.release(Timestamp::MAX) {
            model.now = model.now.max(item.at());
            model.take(item);
        }
        model.wake();
        model.arbitrate(u64::MAX);
        model.decided.sort();
        model.decided
    }

    fn tick(&mut self, now: Timestamp) {
        if now < self.now + Duration::from_millis(20) {
            return;
        }
        self.now = now;
        while let Some(item) = self.order.release(now) {
            self.take(item);
        }
        if self.sequence > self.told_sequence || self.now.since(self.told) >= Duration::from_secs(1) {
            self.wake();
        }
        self.give_back();
    }

    fn take(&mut self, item: Item) {
        let Item::Event(event) = item else { return };
        self.sequence += 1;
        let imsi = event.imsi.unwrap();
        let mut profile = self.profiles.remove(&imsi).unwrap_or_default();
        let mut decisions = Vec::new();
        self.world.rules.decide(&event, &mut profile, self.context(&Areas::default()), &mut decisions);
        self.profiles.insert(imsi, profile);
        self.note(imsi, self.now.max(event.at), &decisions);
    }

    fn wake(&mut self) {
        (self.told, self.told_sequence) = (self.now, self.sequence);
        let mut profiles = std::mem::take(&mut self.profiles);
        for (imsi, profile) in &mut profiles {
            let areas = Areas::default();
            while self.world.rules.due(profile, &areas, self.now).is_some_and(|due| due <= self.now) {
                let mut decisions = Vec::new();
                self.world.rules.wake(*imsi, self.now, profile, self.context(&areas), &mut decisions);
                self.note(*imsi, self.now, &decisions);
            }
        }
        self.profiles = profiles;
    }

    fn context<'c>(&'c self, areas: &'c Areas) -> Context<'c> {
        Context { directory: &self.world.directory, lookup: false, warm: true, areas }
    }

    fn note(&mut self, imsi: Imsi, released: Timestamp, decisions: &[Decision]) {
        for (rank, decision) in decisions.iter().enumerate() {
            let place = decision.scenario as usize;
            match decision.outcome {
                rules::Outcome::Offer => self.wishes.push((self.sequence, decision.at, imsi, rank, place, released)),
                rules::Outcome::Withheld(reason) => self.decide(decision.at, imsi, place, Some(reason)),
                rules::Outcome::Held(_) | rules::Outcome::Converted(..) => {}
            }
        }
    }

    fn decide(&mut self, at: Timestamp, imsi: Imsi, place: usize, withheld: Option<Reason>) {
        let scenario = self.world.rules.scenarios()[place].name.clone();
        self.decided.push(Decided { at, imsi, scenario, withheld });
    }

    /// At every half hour: who got nothing of what was triggered before the last one has room for another offer.
    fn give_back(&mut self) {
        let half_hour = self.now.as_micros().div_euclid(30 * 60 * 1_000_000);
        if self.half_hour.is_some_and(|(before, _)| half_hour <= before) {
            return;
        }
        let upto = self.half_hour.replace((half_hour, self.sequence)).map_or(0, |(_, begun)| begun);
        for (imsi, at, place) in self.arbitrate(upto) {
            let hash = rules::policy::scenario_hash(&self.world.rules.scenarios()[place].name);
            let contacts = &mut self.profiles.get_mut(&imsi).unwrap().contacts;
            if let Some(found) = contacts.iter().position(|contact| contact.at == at && contact.scenario == hash) {
                contacts.remove(found);
            }
        }
    }

    /// Totals, numbers, expiry: in this order, in the order of the triggering events, up to one of them. Gives who got nothing.
    fn arbitrate(&mut self, upto: u64) -> Vec<(Imsi, Timestamp, usize)> {
        self.wishes.sort();
        let later = self.wishes.split_off(self.wishes.partition_point(|wish| wish.0 <= upto));
        let mut refused = Vec::new();
        for (_, at, imsi, _, place, released) in std::mem::replace(&mut self.wishes, later) {
            let limits = &self.world.rules.scenarios()[place].limits;
            let passed = self.passed.entry(place).or_default();
            let withheld = if limits.total.is_some_and(|total| *passed >= total) {
                Some(Reason::TotalReached)
            } else if self.world.directory.find(imsi).and_then(|person| person.msisdn()).is_none() {
                Some(Reason::NoAddress)
            } else if released > at + limits.expires {
                Some(Reason::Expired)
            } else {
                *passed += 1;
                None
            };
            refused.extend(withheld.map(|_| (imsi, at, place)));
            self.decide(at, imsi, place, withheld);
        }
        refused
    }
}
