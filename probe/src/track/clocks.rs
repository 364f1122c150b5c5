//! How far the clocks of several recorders are apart, from signs that cannot come before their causes.
//!
//! What is sent by one recorder and answered by the other, seen often enough both ways, leaves the difference of their clocks
//! a narrow room (as in NTP, RFC 5905 §8): the least time from causes to effects on either way. A clock stays as it is as
//! long as it contradicts nothing; once it does, it is set to the middle of that room, and follows it.

use std::time::Duration;

use event::Timestamp;

use super::causality::Sign;

/// Clocks compared at once: those beyond are taken as they are.
pub const CLOCK_LIMIT: usize = 16;
/// Signs remembered, of all clocks together; a new one takes the place of an old one.
pub const SIGN_LIMIT: usize = 1 << 16;
/// Beyond what is known of its clock, a sign may come so long before its cause: more is a number used again.
pub const LEAD_LIMIT: Duration = Duration::from_secs(2);
/// A sign waits so long for its counterpart.
pub const WAIT_LIMIT: Duration = Duration::from_secs(10);
/// The room of a difference is that of the last one or two of these.
pub const WINDOW: Duration = Duration::from_secs(4);

/// Pairs each way from which a difference is known for certain.
const CERTAIN_PAIRS: u64 = 8;
/// An effect that is seen in one direction only comes so long after its cause at least.
const LEAST_DELAY_MICROS: i64 = 1000;
/// Drift is told from estimates that are so far apart.
const DRIFT_SPAN: Duration = Duration::from_secs(60);

/// What is known of a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Microseconds that it is ahead of the first clock's; what is taken off its times.
    pub ahead_micros: i64,
    /// Microseconds that it may be more or less; absent where nothing was compared both ways.
    pub within_micros: Option<u64>,
    /// Microseconds by which it runs faster in a second; absent before a minute has passed.
    pub drift_ppm: Option<f64>,
    /// Causes and effects that were compared.
    pub pairs: u64,
}

/// All clocks, by index in the order in which they came.
#[derive(Default)]
pub struct Clocks {
    clocks: Vec<Clock>,
    /// The least time from a cause at one clock to the effect at another, by their indices.
    least: Vec<Least>,
    signs: Vec<Option<Waiting>>,
    rolled: Option<Timestamp>,
}

#[derive(Clone, Copy, Default)]
struct Clock {
    /// Clocks are set by those of lower rank.
    rank: u64,
    ahead: i64,
    within: Option<u64>,
    is_corrected: bool,
    pairs: u64,
    /// The clock that it was set by, or itself.
    root: usize,
    first: Option<(Timestamp, i64)>,
    drift_ppm: Option<f64>,
}

#[derive(Clone, Copy, Default)]
struct Least {
    present: Option<i64>,
    before: Option<i64>,
    pairs: u64,
}

#[derive(Clone, Copy)]
struct Waiting {
    sign: Sign,
    clock: usize,
    at: Timestamp,
    is_paired: bool,
}

impl Clocks {
    /// A further clock; `None` at [`CLOCK_LIMIT`].
    pub fn add(&mut self, rank: u64) -> Option<usize> {
        let index = self.clocks.len();
        if index >= CLOCK_LIMIT {
            return None;
        }
        self.clocks.push(Clock { rank, root: index, ..Clock::default() });
        if self.least.is_empty() {
            self.least = vec![Least::default(); CLOCK_LIMIT * CLOCK_LIMIT];
            self.signs = vec![None; SIGN_LIMIT];
        }
        Some(index)
    }

    /// Microseconds that a clock is ahead.
    #[inline]
    pub fn ahead(&self, clock: usize) -> i64 {
        self.clocks.get(clock).map_or(0, |clock| clock.ahead)
    }

    /// What is known of a clock.
    pub fn estimate(&self, clock: usize) -> Estimate {
        let Some(Clock { ahead, within, pairs, drift_ppm, .. }) = self.clocks.get(clock).copied() else {
            return Estimate::default();
        };
        Estimate { ahead_micros: ahead, within_micros: within, drift_ppm, pairs }
    }

    /// Whether the differences between these clocks are known for certain.
    pub fn are_known(&self, clocks: impl Iterator<Item = usize>) -> bool {
        let mut roots = clocks.filter_map(|clock| self.clocks.get(clock)).map(|clock| clock.root);
        let first = roots.next();
        roots.all(|root| Some(root) == first)
    }

    /// Notes a sign in a frame that this clock has stamped.
    pub fn note(&mut self, clock: usize, at: Timestamp, sign: Sign) {
        let (Sign::Cause(number) | Sign::Effect(number)) = sign;
        let place = (number >> 32 ^ number) as usize % SIGN_LIMIT;
        let Some(Some(waiting)) = self.signs.get_mut(place) else {
            return self.remember(place, Waiting { sign, clock, at, is_paired: false });
        };
        let Some((cause, effect)) = waiting.pair(sign, clock, at) else {
            if waiting.sign != sign || at.since(waiting.at) > WAIT_LIMIT {
                *waiting = Waiting { sign, clock, at, is_paired: false };
            }
            return;
        };
        // The first of either counts: what is sent or acknowledged again tells nothing.
        if !std::mem::replace(&mut waiting.is_paired, true) {
            self.compare(cause, effect);
        }
    }

    /// Time has come to `now`: sets the clocks, where a window has passed. Whether it has.
    #[inline]
    pub fn tick(&mut self, now: Timestamp) -> bool {
        let rolled = *self.rolled.get_or_insert(now);
        let passed = now.since(rolled) >= WINDOW;
        if passed {
            self.rolled = Some(now);
            self.set(now);
            self.least.iter_mut().for_each(Least::roll);
        }
        passed
    }

    /// Sets the clocks by what was noted until `now`: each by the one to which the room of its difference is least.
    pub fn set(&mut self, now: Timestamp) {
        let mut is_set = [false; CLOCK_LIMIT];
        let count = self.clocks.len();
        loop {
            let unset = |index: &usize| !is_set.get(*index).copied().unwrap_or(true);
            let rank = |index: &usize| self.clocks.get(*index).map(|clock| clock.rank);
            let Some(root) = (0..count).filter(unset).min_by_key(rank) else { return };
            let mut next = Some((root, None));
            while let Some((clock, set)) = next {
                self.put(clock, root, set, now);
                is_set.iter_mut().skip(clock).take(1).for_each(|is_set| *is_set = true);
                next = self.nearest(&is_set, root);
            }
        }
    }

    fn remember(&mut self, place: usize, waiting: Waiting) {
        if let Some(sign) = self.signs.get_mut(place) {
            *sign = Some(waiting);
        }
    }

    fn compare(&mut self, (cause, caused_at): (usize, Timestamp), (effect, at): (usize, Timestamp)) {
        let delay = at.as_micros().saturating_sub(caused_at.as_micros());
        let beyond = delay.saturating_sub(self.ahead(effect) - self.ahead(cause));
        if cause == effect || beyond < -micros(LEAD_LIMIT) || beyond > micros(WAIT_LIMIT) {
            return;
        }
        if let Some(least) = self.least.get_mut(cause * CLOCK_LIMIT + effect) {
            least.present = Some(least.present.map_or(delay, |present| present.min(delay)));
            least.pairs += 1;
        }
        for clock in [cause, effect] {
            self.clocks.iter_mut().skip(clock).take(1).for_each(|clock| clock.pairs += 1);
        }
    }

    // Of the clocks that are not set, the one whose difference to a set one of the same root has the least room.
    fn nearest(&self, is_set: &[bool; CLOCK_LIMIT], root: usize) -> Option<(usize, Option<Setting>)> {
        let known = (0..).zip(&self.clocks).zip(is_set).filter(|((_, clock), is_set)| **is_set && clock.root == root);
        let unset = |to: &usize| is_set.get(*to) == Some(&false);
        let pairs = known.flat_map(|((from, _), _)| (0..self.clocks.len()).filter(unset).map(move |to| (from, to)));
        pairs
            .filter_map(|(from, to)| Some((to, self.setting(from, to)?)))
            .min_by_key(|(_, setting)| setting.within.unwrap_or(u64::MAX))
            .map(|(to, setting)| (to, Some(setting)))
    }

    // What one clock says about another one.
    fn setting(&self, from: usize, to: usize) -> Option<Setting> {
        let (there, back) = (self.between(from, to), self.between(to, from));
        let from = self.clocks.get(from)?.ahead;
        let Clock { ahead, is_corrected, .. } = *self.clocks.get(to)?;
        let difference = ahead - from;
        match (there.least(), back.least()) {
            (Some(there_least), Some(back_least)) => {
                let room = -back_least..=there_least;
                let stays = !is_corrected && room.contains(&difference);
                let difference = if stays { difference } else { (there_least - back_least) / 2 };
                let is_certain = there.pairs.min(back.pairs) >= CERTAIN_PAIRS;
                let within = there_least.saturating_add(back_least).unsigned_abs() / 2;
                Some(Setting { ahead: from + difference, within: Some(within), is_certain })
            }
            (Some(there), None) if difference > there => {
                Some(Setting { ahead: from + there - LEAST_DELAY_MICROS, within: None, is_certain: false })
            }
            (None, Some(back)) if difference < -back => {
                Some(Setting { ahead: from - back + LEAST_DELAY_MICROS, within: None, is_certain: false })
            }
            _ => None,
        }
    }

    fn between(&self, from: usize, to: usize) -> Least {
        self.least.get(from * CLOCK_LIMIT + to).copied().unwrap_or_default()
    }

    fn put(&mut self, index: usize, root: usize, setting: Option<Setting>, now: Timestamp) {
        let Some(clock) = self.clocks.get_mut(index) else { return };
        let is_certain = setting.is_none_or(|setting| setting.is_certain);
        clock.root = if is_certain { root } else { index };
        let Some(Setting { ahead, within, .. }) = setting else { return };
        clock.is_corrected |= ahead != clock.ahead;
        (clock.ahead, clock.within) = (ahead, within);
        if within.is_some() {
            let (first_at, first) = *clock.first.get_or_insert((now, ahead));
            let span = now.since(first_at);
            clock.drift_ppm = (span >= DRIFT_SPAN).then(|| (ahead - first) as f64 / span.as_secs_f64());
        }
    }
}

/// What a clock is to be set to.
#[derive(Clone, Copy)]
struct Setting {
    ahead: i64,
    within: Option<u64>,
    is_certain: bool,
}

impl Waiting {
    // Cause and effect, if `sign` is this one's counterpart.
    fn pair(&self, sign: Sign, clock: usize, at: Timestamp) -> Option<((usize, Timestamp), (usize, Timestamp))> {
        let (this, other) = ((self.clock, self.at), (clock, at));
        match (self.sign, sign) {
            (Sign::Cause(one), Sign::Effect(two)) if one == two => Some((this, other)),
            (Sign::Effect(one), Sign::Cause(two)) if one == two => Some((other, this)),
            _ => None,
        }
    }
}

impl Least {
    fn least(&self) -> Option<i64> {
        self.present.into_iter().chain(self.before).min()
    }

    // What is known stays until there is something newer.
    fn roll(&mut self) {
        if self.present.is_some() {
            self.before = self.present.take();
        }
    }
}

fn micros(span: Duration) -> i64 {
    span.as_micros() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network of requests and answers between two places, recorded by two clocks.
    struct Bench {
        clocks: Clocks,
        number: u64,
    }

    impl Bench {
        fn new(count: u64) -> Self {
            let mut clocks = Clocks::default();
            (0..count).for_each(|rank| _ = clocks.add(rank));
            Self { clocks, number: 0 }
        }

        /// A cause at `micros` of true time by one clock, its effect by another `delay` later; the second clock's lead.
        fn pair(&mut self, from: usize, to: usize, micros: i64, delay: i64, leads: [i64; 3]) {
            self.number += 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(7) & 0xffff_ffff_ffff;
            let at = |clock: usize, micros: i64| Timestamp::from_micros(micros + leads[clock]);
            let mut signs = [
                (at(from, micros), from, Sign::Cause(self.number)),
                (at(to, micros + delay), to, Sign::Effect(self.number)),
            ];
            signs.sort_by_key(|(at, ..)| *at);
            signs.into_iter().for_each(|(at, clock, sign)| self.clocks.note(clock, at, sign));
        }

        /// A hundred pairs each way in ten seconds from `begin`, tick by tick.
        fn talk(&mut self, one: usize, other: usize, begin: i64, leads: [i64; 3]) {
            for step in 0..100 {
                let micros = begin + step * 100_000;
                self.pair(one, other, micros, 2000 + step % 7 * 500, leads);
                self.pair(other, one, micros + 50_000, 4000 + step % 5 * 900, leads);
                self.clocks.tick(Timestamp::from_micros(micros));
            }
        }
    }

    const BEGIN: i64 = 1_700_000_000_000_000;

    #[test]
    fn a_clock_that_contradicts_causes_is_set_to_within_the_least_delays() {
        for lead in [500_000, -500_000, 30_000, -1_900_000] {
            let mut bench = Bench::new(2);
            bench.talk(0, 1, BEGIN, [0, lead, 0]);
            let Estimate { ahead_micros, within_micros, .. } = bench.clocks.estimate(1);
            assert!((ahead_micros - lead).abs() <= 1000, "{lead}: {ahead_micros}");
            assert_eq!(within_micros, Some(3000));
            assert_eq!(bench.clocks.ahead(0), 0);
            assert!(bench.clocks.are_known([0, 1].into_iter()));
        }
    }

    #[test]
    fn a_clock_that_contradicts_nothing_stays() {
        let mut bench = Bench::new(2);
        bench.talk(0, 1, BEGIN, [0, 1500, 0]);
        assert_eq!(bench.clocks.ahead(1), 0);
        assert!(bench.clocks.are_known([0, 1].into_iter()));
    }

    #[test]
    fn drift_is_followed_and_told() {
        let mut bench = Bench::new(2);
        for round in 0..60 {
            bench.talk(0, 1, BEGIN + round * 10_000_000, [0, 300_000 + round * 1000, 0]);
        }
        let Estimate { ahead_micros, drift_ppm, .. } = bench.clocks.estimate(1);
        assert!((ahead_micros - 359_000).abs() <= 2500, "{ahead_micros}");
        assert!((drift_ppm.unwrap() - 100.0).abs() < 5.0, "{drift_ppm:?}");
    }

    #[test]
    fn a_clock_may_be_compared_by_way_of_another() {
        let mut bench = Bench::new(3);
        let leads = [0, 200_000, -300_000];
        bench.talk(0, 1, BEGIN, leads);
        bench.talk(1, 2, BEGIN + 10_000_000, leads);
        assert!((bench.clocks.ahead(2) + 300_000).abs() <= 2000, "{}", bench.clocks.ahead(2));
        assert!(bench.clocks.are_known([0, 1, 2].into_iter()));
    }

    #[test]
    fn causes_in_one_direction_bound_a_clock_on_one_side() {
        let mut bench = Bench::new(2);
        for step in 0..100 {
            bench.pair(0, 1, BEGIN + step * 100_000, 5000, [0, -400_000, 0]);
        }
        bench.clocks.set(Timestamp::from_micros(BEGIN));
        assert_eq!(bench.clocks.ahead(1), -396_000);
        assert!(!bench.clocks.are_known([0, 1].into_iter()));
    }

    #[test]
    fn what_is_acknowledged_again_and_numbers_used_again_tell_nothing() {
        let mut clocks = Clocks::default();
        (0..2).for_each(|rank| _ = clocks.add(rank));
        let at = |millis: i64| Timestamp::from_micros(BEGIN + millis * 1000);
        clocks.note(0, at(0), Sign::Cause(7));
        clocks.note(1, at(5), Sign::Effect(7));
        clocks.note(0, at(300), Sign::Cause(7));
        clocks.note(1, at(200), Sign::Effect(7));
        clocks.note(1, at(20_000), Sign::Effect(7));
        clocks.note(0, at(29_000), Sign::Cause(7));
        assert_eq!(clocks.estimate(0).pairs, 1);
    }

    #[test]
    fn clocks_beyond_the_limit_are_refused() {
        let mut bench = Bench::new(CLOCK_LIMIT as u64);
        assert_eq!(bench.clocks.add(99), None);
        assert_eq!(bench.clocks.estimate(CLOCK_LIMIT), Estimate::default());
    }
}
