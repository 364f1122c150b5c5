//! Places in a subscriber's caps that are given back: an offer takes its places when its shard proposes it, and where the arbiter
//! withholds it then, the shard is told. That comes at a place among the events which the input alone decides: at the second whole
//! half hour of packet time after the trigger. There a replay waits, if it must, until the arbiter has come as far.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use event::{Imsi, Timestamp};
use rules::policy::scenario_hash;

use super::{Offer, State};

/// Places are given back at whole multiples of so many microseconds of packet time.
const STEP_MICROS: i64 = 30 * 60 * 1_000_000;
/// Of an input that has ended, what was withheld this long before may not have been given back.
const ENDED_WITHIN: Duration = Duration::from_hours(2);
/// How often to look whether a shard that is waited for has gone.
const LOOK: Duration = Duration::from_millis(100);
/// The most that wait to be given back: with more, the subscribers are taken to have got their offers. Counted.
const WAITING_LIMIT: usize = 1 << 20;

/// An offer that the arbiter has withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Withheld {
    /// Place of the trigger among the events; 0 of another input, which has ended.
    sequence: u64,
    pub(crate) imsi: Imsi,
    /// Time of the trigger.
    pub(crate) at: Timestamp,
    /// The hash of the scenario's name.
    pub(crate) scenario: u64,
}

impl Withheld {
    fn of(offer: &Offer, input: u64) -> Self {
        let sequence = if offer.input == input { offer.sequence } else { 0 };
        Self { sequence, imsi: offer.imsi, at: offer.at, scenario: scenario_hash(&offer.scenario) }
    }
}

#[derive(Debug, Default)]
struct Decided {
    /// The arbiter has decided on whatever was proposed up to this place among the events.
    upto: AtomicU64,
    waiting: AtomicUsize,
}

/// The arbiter's end.
pub(crate) struct Telling {
    input: u64,
    /// How far earlier starts have come in packet time.
    latest: Timestamp,
    decided: Arc<Decided>,
    withheld: Sender<Withheld>,
    bell: Sender<()>,
}

/// The end of whoever gives shards their events.
pub(crate) struct GivingBack {
    decided: Arc<Decided>,
    withheld: Receiver<Withheld>,
    bell: Receiver<()>,
    waiting: BTreeSet<Withheld>,
    /// Whether to wait for the arbiter; not where packet time runs beside the clock, for it is there long before.
    waits: bool,
    /// The half hour that packet time is in, and the place among the events at which it came to it.
    step: Option<i64>,
    begun: u64,
}

/// Both ends, of the input of this name; earlier starts have come to `latest`. `waits` says whether the engine waits for the arbiter.
pub(crate) fn ends(input: u64, latest: Timestamp, waits: bool) -> (Telling, GivingBack) {
    let decided = Arc::<Decided>::default();
    let ((tell, withheld), (ring, bell)) = (unbounded(), bounded(1));
    let telling = Telling { input, latest, decided: Arc::clone(&decided), withheld: tell, bell: ring };
    (telling, GivingBack { decided, withheld, bell, waiting: BTreeSet::new(), waits, step: None, begun: 0 })
}

impl Telling {
    /// The arbiter has withheld an offer. False where too many wait.
    pub(crate) fn withheld(&self, offer: &Offer) -> bool {
        let has_room = self.decided.waiting.fetch_add(1, Ordering::Relaxed) < WAITING_LIMIT;
        // The other end goes with the engine.
        let waits = has_room && self.withheld.send(Withheld::of(offer, self.input)).is_ok();
        if !waits {
            self.decided.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        waits
    }

    /// What an earlier start has left: it may have been given back, and then is not again.
    pub(crate) fn recall(&self, offer: &Offer) -> bool {
        // Who was withheld from at the last moment had passed the arbiter, and has an address.
        let is_it = matches!(offer.state, State::Withheld(_)) && offer.to.is_none();
        let is_late = offer.input == self.input || offer.since + ENDED_WITHIN > self.latest;
        !(is_it && is_late) || self.withheld(offer)
    }

    /// The arbiter has decided up to this place among the events, and told.
    pub(crate) fn decided(&self, upto: u64) {
        if self.decided.upto.swap(upto, Ordering::Release) != upto {
            // Rung already, where it cannot be.
            let _ = self.bell.try_send(());
        }
    }
}

impl GivingBack {
    /// Where packet time has come to another half hour, after so many events: whose places are given back here.
    /// Waits for the arbiter only as long as no shard `is_gone`.
    pub(crate) fn due(
        &mut self,
        now: Timestamp,
        sequence: u64,
        is_gone: impl Fn() -> bool,
    ) -> Option<BTreeSet<Withheld>> {
        let step = now.as_micros().div_euclid(STEP_MICROS);
        if self.step.is_some_and(|before| step <= before) {
            return None;
        }
        self.step = Some(step);
        let upto = std::mem::replace(&mut self.begun, sequence);
        self.await_decided(upto, is_gone);
        self.waiting.extend(self.withheld.try_iter());
        let later = self.waiting.iter().find(|withheld| withheld.sequence > upto).copied();
        let kept = later.map_or_else(BTreeSet::new, |first| self.waiting.split_off(&first));
        let due = std::mem::replace(&mut self.waiting, kept);
        self.decided.waiting.fetch_sub(due.len(), Ordering::Relaxed);
        Some(due)
    }

    // Whatever the arbiter waits for itself is answered in the end, but where it has gone, or a shard that it waits for.
    fn await_decided(&self, upto: u64, is_gone: impl Fn() -> bool) {
        while self.waits && self.decided.upto.load(Ordering::Acquire) < upto {
            match self.bell.recv_timeout(LOOK) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) if !is_gone() => {}
                Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::offer;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_seconds(60 * minutes)
    }

    fn due(giving: &mut GivingBack, minutes: i64, sequence: u64) -> Option<Vec<u64>> {
        Some(giving.due(at(minutes), sequence, || false)?.into_iter().map(|withheld| withheld.sequence).collect())
    }

    #[test]
    fn places_are_given_back_at_the_second_half_hour_after_the_trigger() {
        let (telling, mut giving) = ends(offer(1).input, Timestamp::MIN, false);
        assert_eq!(due(&mut giving, 7, 0), Some(vec![]));
        assert!([3, 9, 12].into_iter().all(|sequence| telling.withheld(&offer(sequence))));
        assert!(telling.withheld(&Offer { input: offer(1).input + 1, ..offer(8) }));
        assert_eq!((due(&mut giving, 29, 5), due(&mut giving, 30, 10)), (None, Some(vec![0])));
        assert_eq!((due(&mut giving, 59, 11), due(&mut giving, 200, 20)), (None, Some(vec![3, 9])));
        assert_eq!(due(&mut giving, 231, 30), Some(vec![12]));
        assert_eq!(telling.decided.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_finds_no_room_takes_none_from_what_comes_later() {
        let (telling, mut giving) = ends(offer(1).input, Timestamp::MIN, false);
        assert_eq!(due(&mut giving, 0, 0), Some(vec![]));
        telling.decided.waiting.store(WAITING_LIMIT - 1, Ordering::Relaxed);
        assert_eq!([1, 2, 3].map(|sequence| telling.withheld(&offer(sequence))), [true, false, false]);
        assert_eq!((due(&mut giving, 30, 9), due(&mut giving, 60, 9)), (Some(vec![]), Some(vec![1])));
        assert!(telling.withheld(&offer(4)));
    }

    #[test]
    fn a_replay_waits_for_the_arbiter_but_not_for_one_that_has_gone() {
        let (telling, mut giving) = ends(offer(1).input, Timestamp::MIN, true);
        assert_eq!(due(&mut giving, 0, 4), Some(vec![]));
        let arbiter = std::thread::spawn(move || {
            telling.decided(2);
            std::thread::sleep(Duration::from_millis(20));
            telling.withheld(&offer(4));
            telling.decided(4);
            telling
        });
        assert_eq!(due(&mut giving, 30, 9), Some(vec![4]));
        let telling = arbiter.join().unwrap();
        assert!(giving.due(at(60), 12, || true).is_some(), "nor for a shard that has gone");
        drop(telling);
        assert_eq!(due(&mut giving, 90, 15), Some(vec![]));
    }
}
