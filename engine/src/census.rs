//! What the decisions and offers in the store add up to: for each scenario the funnel with its reasons, the offers that are on
//! their way, the last ones. Read beside a running engine; nothing on the matching path knows of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use event::Timestamp;
use rules::Reason;

use crate::offer::{Offer, State};
use crate::window::{LedgerEntry, Store, StoreError, Verdict};

/// Hours that are told apart.
pub const HOURS: usize = 48;
/// The most offers on their way that are shown, and of those that have come to an end.
pub const SHOWN_OFFERS: usize = 200;
const HOUR_MICROS: i64 = 3_600_000_000;

/// The sums.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// By name.
    pub scenarios: BTreeMap<Arc<str>, ScenarioCensus>,
    /// Offers on their way.
    pub in_flight: u64,
    /// The oldest of them, the oldest first.
    pub waiting: Vec<Offer>,
    /// The last that came to an end, the newest first.
    pub recent: VecDeque<Offer>,
}

/// What came of one scenario.
#[derive(Clone, Debug)]
pub struct ScenarioCensus {
    /// How often its trigger was met.
    pub triggered: u64,
    /// Withheld, by reason.
    pub withheld: BTreeMap<Reason, u64>,
    /// Offers by the names of their state.
    pub states: BTreeMap<[&'static str; 2], u64>,
    /// Offers made within each hour, the last at the end.
    pub offers_by_hour: [u64; HOURS],
}

impl Default for ScenarioCensus {
    fn default() -> Self {
        Self { triggered: 0, withheld: BTreeMap::new(), states: BTreeMap::new(), offers_by_hour: [0; HOURS] }
    }
}

impl ScenarioCensus {
    /// Offers that were taken by a channel.
    pub fn sent(&self) -> u64 {
        self.states.get(&State::Accepted(String::new()).names()).copied().unwrap_or(0)
    }

    /// Triggers that led to no offer.
    pub fn withheld_total(&self) -> u64 {
        self.withheld.values().sum()
    }
}

impl Census {
    /// Adds up everything that the store has, `now` being packet time; nothing where it is told not to go on.
    pub fn take(store: &Store, now: Timestamp, goes_on: impl Fn() -> bool) -> Result<Option<Self>, StoreError> {
        let mut census = Self::default();
        store.each_decision(|entry| {
            census.decision(&entry);
            goes_on()
        })?;
        store.each_offer(|offer| {
            census.offer(offer, now);
            goes_on()
        })?;
        Ok(goes_on().then_some(census))
    }

    fn decision(&mut self, entry: &LedgerEntry) {
        let scenario = self.scenarios.entry(Arc::clone(&entry.scenario)).or_default();
        match entry.verdict {
            Verdict::Offered(_) => scenario.triggered += 1,
            Verdict::Withheld(reason) => {
                scenario.triggered += 1;
                *scenario.withheld.entry(reason).or_default() += 1;
            }
            // What was held is a trigger when it is decided.
            Verdict::Held(_) | Verdict::Converted(_) => {}
        }
    }

    fn offer(&mut self, offer: Offer, now: Timestamp) {
        let scenario = self.scenarios.entry(Arc::clone(&offer.scenario)).or_default();
        match offer.state.withheld() {
            Some(reason) => *scenario.withheld.entry(reason).or_default() += 1,
            None => {
                *scenario.states.entry(offer.state.names()).or_default() += 1;
                let ago = (now.as_micros() - offer.at.as_micros()).div_euclid(HOUR_MICROS);
                let hour = usize::try_from(ago.max(0)).ok().and_then(|ago| (HOURS - 1).checked_sub(ago));
                let hour = hour.and_then(|hour| scenario.offers_by_hour.get_mut(hour));
                hour.into_iter().for_each(|offers| *offers += 1);
            }
        }
        self.remember(offer);
    }

    fn remember(&mut self, offer: Offer) {
        if matches!(offer.state, State::Proposed | State::Queued | State::Sending) {
            self.in_flight += 1;
            let place = self.waiting.partition_point(|other| other.at <= offer.at);
            if place < SHOWN_OFFERS {
                self.waiting.insert(place, offer);
                self.waiting.truncate(SHOWN_OFFERS);
            }
            return;
        }
        let place = self.recent.partition_point(|other| other.at > offer.at);
        if place < SHOWN_OFFERS {
            self.recent.insert(place, offer);
            self.recent.truncate(SHOWN_OFFERS);
        }
    }
}
