//! What has fallen silent, judged by its own past: a location area, a BSS, or what a BSS has to do with one MSC or SGSN, that
//! has been quiet for much longer than in any pause of its last days. What is told of it is told of the location areas.

use std::time::Duration;

use event::{AreaFact, AreaFactKind, Lai, Source, Timestamp};
use rustc_hash::FxHashMap;

use super::recent::Recent;

/// Ways to hear an area (through which BSS, from which MSC or SGSN) that are followed; further ones are not, and counted.
pub const MAX_VIEWS: usize = 65_536;

/// Signs are counted in stretches of time, not one by one: a phone gives many at once.
const SLOT: Duration = Duration::from_secs(10);
/// As many longest pauses are a silence.
const PAUSES: i64 = 3;
/// No pause shorter than this is a silence: two minutes.
const LEAST_SLOTS: i64 = 12;
/// Only what has been heard in so many slots is known well enough to be judged.
const SLOTS_TO_JUDGE: u32 = 50;
/// The longest pause of today and yesterday is what counts.
const DAY_SLOTS: i64 = 8640;
/// A BSS or link that has been silent for so long while its areas are heard has been replaced by others, and an area while
/// its BSSs are heard has been retired: a day.
const REPLACED_SLOTS: i64 = DAY_SLOTS;

/// All that is followed.
pub struct Silences {
    views: Vec<View>,
    by_name: FxHashMap<Name, u32>,
    sources: Vec<Heard>,
    by_part: FxHashMap<Part, u32>,
    areas: Vec<(Lai, bool)>,
    by_area: FxHashMap<Lai, u32>,
    /// Views with a sign in the present slot.
    heard: Vec<u32>,
    /// Names of such views: nearly every sign is of one of them.
    repeated: Recent<Name>,
    slot: Option<i64>,
    /// The end of the present slot, and the latest time that has come.
    end: Timestamp,
    latest: Timestamp,
    facts: Vec<AreaFact>,
    /// Signs not noted because of [`MAX_VIEWS`].
    pub refused: u64,
}

/// Through what an area is heard.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    /// The network of the nodes.
    pub network: u32,
    /// BSC or BSS.
    pub bss: u32,
    /// MSC or SGSN.
    pub serving: u32,
    /// The location area.
    pub area: Lai,
}

/// What may fall silent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Link { network: u32, bss: u32, serving: u32 },
    Bss { network: u32, bss: u32 },
    Area(Lai),
}

struct View {
    area: u32,
    sources: [u32; 3],
    /// Whether it was heard in the present slot.
    is_heard: bool,
}

/// One source's past.
struct Heard {
    source: Source,
    /// The last slot with a sign.
    last: i64,
    /// How many slots had one.
    slots: u32,
    /// The longest pause of today and of yesterday, in slots.
    longest: [i64; 2],
    is_silent: bool,
}

impl Heard {
    fn new(source: Source, slot: i64) -> Self {
        Self { source, last: slot, slots: 0, longest: [0; 2], is_silent: false }
    }

    /// There was a sign in this slot.
    fn note(&mut self, slot: i64) {
        let pause = slot - self.last - 1;
        // Of what begins anew there is no past.
        if pause > 0 && !self.is_silent && self.slots > 0 {
            let [today, _] = &mut self.longest;
            *today = pause.max(*today);
        }
        self.is_silent = false;
        self.last = slot.max(self.last);
        self.slots = self.slots.saturating_add(1);
    }

    /// The first slot before which it is certain that it is silent.
    fn silent_from(&self) -> Option<i64> {
        let [today, yesterday] = self.longest;
        let is_known = self.slots >= SLOTS_TO_JUDGE && !self.is_silent;
        is_known.then(|| self.last + 1 + (PAUSES * today.max(yesterday)).max(LEAST_SLOTS))
    }
}

impl Default for Silences {
    fn default() -> Self {
        Self {
            views: Vec::new(),
            by_name: FxHashMap::default(),
            sources: Vec::new(),
            by_part: FxHashMap::default(),
            areas: Vec::new(),
            by_area: FxHashMap::default(),
            heard: Vec::new(),
            repeated: Recent::default(),
            slot: None,
            end: Timestamp::MIN,
            latest: Timestamp::MIN,
            facts: Vec::new(),
            refused: 0,
        }
    }
}

impl Silences {
    /// It will be asked whether a sign of this name is repeated: begins to fetch that. Changes nothing.
    #[inline]
    pub fn expect(&self, name: Name) {
        self.repeated.expect(name);
    }

    /// Whether a sign of this name would tell nothing that another one did not tell just now. Where not, it may still be so.
    #[inline]
    pub fn is_repeated(&self, name: Name) -> bool {
        self.repeated.has(name)
    }

    /// Somebody is heard: a sign of the area, of the BSS and of the link. Tells of areas that are heard again, or first. What is
    /// only told now, as of a connection that ended unseen, is no sign of now.
    pub fn sign(&mut self, name: Name, at: Timestamp, mut tell: impl FnMut(&AreaFact)) {
        if at + SLOT < self.latest {
            return;
        }
        let Some(index) = self.view(name, at) else { return };
        let Some(view) = self.views.get_mut(index as usize) else { return };
        self.repeated.note(name);
        if std::mem::replace(&mut view.is_heard, true) {
            return;
        }
        self.heard.push(index);
        let slot = slot_of(at);
        let mut was_silent = false;
        for source in view.sources {
            if let Some(source) = self.sources.get_mut(source as usize).filter(|source| source.is_silent) {
                was_silent = true;
                source.note(slot);
            }
        }
        if was_silent {
            self.compare(at);
            self.facts.drain(..).for_each(|fact| tell(&fact));
        } else if let Some(fact) = self.facts.pop() {
            tell(&fact);
        }
    }

    /// Time has come to `now`. Tells of areas that have fallen silent meanwhile, with the time at which that was certain.
    #[inline]
    pub fn pass(&mut self, now: Timestamp, tell: impl FnMut(&AreaFact)) {
        self.latest = now.max(self.latest);
        if now >= self.end {
            self.pass_slot(now, tell);
        }
    }

    #[cold]
    fn pass_slot(&mut self, now: Timestamp, mut tell: impl FnMut(&AreaFact)) {
        let now = slot_of(now);
        self.end = start_of(now + 1);
        let Some(before) = self.slot.replace(now) else { return };
        self.end_slot(before);
        // A day at a time, for what was long yesterday is forgotten tomorrow; of days without a sign two are as good as many.
        let mut begin = before + 1;
        while begin <= now && !self.sources.is_empty() {
            let day = begin.div_euclid(DAY_SLOTS);
            if begin.rem_euclid(DAY_SLOTS) == 0 {
                self.begin_day(begin);
            }
            let end = now.min((day + 1) * DAY_SLOTS - 1);
            self.judge(begin, end);
            begin = if day > before.div_euclid(DAY_SLOTS) + 2 {
                now.div_euclid(DAY_SLOTS).max(day + 1) * DAY_SLOTS
            } else {
                end + 1
            };
        }
        self.facts.drain(..).for_each(|fact| tell(&fact));
    }

    /// From the latest time on nothing could be heard, of any area that is known.
    pub fn go_blind(&mut self, mut tell: impl FnMut(&AreaFact)) {
        self.slot.into_iter().for_each(|slot| self.end_slot(slot));
        self.sources.iter_mut().for_each(|source| source.is_silent = true);
        self.compare(self.latest);
        self.facts.drain(..).for_each(|fact| tell(&fact));
    }

    fn view(&mut self, name: Name, at: Timestamp) -> Option<u32> {
        if let Some(index) = self.by_name.get(&name) {
            return Some(*index);
        }
        if self.views.len() >= MAX_VIEWS {
            self.refused += 1;
            return None;
        }
        let Name { network, bss, serving, area } = name;
        let link = self.source(Part::Link { network, bss, serving }, Source::Link, at);
        let bss = self.source(Part::Bss { network, bss }, Source::Bss, at);
        let own = self.source(Part::Area(area), Source::Area, at);
        let areas = &mut self.areas;
        let facts = &mut self.facts;
        let area = *self.by_area.entry(area).or_insert_with(|| {
            areas.push((area, false));
            facts.push(AreaFact { at, area, kind: AreaFactKind::Heard });
            areas.len() as u32 - 1
        });
        let index = self.views.len() as u32;
        self.views.push(View { area, sources: [link, bss, own], is_heard: false });
        self.by_name.insert(name, index);
        Some(index)
    }

    fn source(&mut self, part: Part, source: Source, at: Timestamp) -> u32 {
        let sources = &mut self.sources;
        *self.by_part.entry(part).or_insert_with(|| {
            sources.push(Heard::new(source, slot_of(at)));
            sources.len() as u32 - 1
        })
    }

    /// Each source of what was heard has had a sign in this slot.
    fn end_slot(&mut self, slot: i64) {
        self.repeated.clear();
        for view in self.heard.drain(..) {
            let Some(view) = self.views.get_mut(view as usize) else { continue };
            view.is_heard = false;
            for source in view.sources {
                if let Some(source) =
                    self.sources.get_mut(source as usize).filter(|source| source.last < slot || source.slots == 0)
                {
                    source.note(slot);
                }
            }
        }
    }

    /// Who has fallen silent between these two slots of one day.
    fn judge(&mut self, begin: i64, end: i64) {
        let certain = |source: &Heard| source.silent_from().map(|from| from.max(begin)).filter(|from| *from <= end);
        let mut moments: Vec<i64> = self.sources.iter().filter_map(certain).collect();
        moments.sort_unstable();
        moments.dedup();
        for moment in moments {
            for source in &mut self.sources {
                source.is_silent |= source.silent_from().is_some_and(|from| from <= moment);
            }
            self.compare(start_of(moment));
        }
    }

    fn begin_day(&mut self, slot: i64) {
        let mut replaced = false;
        let others_heard = self.others_heard();
        for (source, others) in self.sources.iter_mut().zip(others_heard) {
            let is_replaced = source.is_silent && others >= source.last + REPLACED_SLOTS;
            let [today, _] = source.longest;
            source.longest = [0, today];
            if is_replaced {
                (source.is_silent, source.slots, source.longest) = (false, 0, [0; 2]);
                replaced = true;
            }
        }
        if replaced {
            self.compare(start_of(slot));
        }
    }

    /// Of each link and BSS: the slot in which all of its areas had been heard; of an area, all of its BSSs.
    fn others_heard(&self) -> Vec<i64> {
        let mut heard = vec![i64::MAX; self.sources.len()];
        for View { sources: [link, bss, area], .. } in &self.views {
            for (source, other) in [(link, area), (bss, area), (area, bss)] {
                if let Some(last) = self.sources.get(*other as usize).map(|other| other.last)
                    && let Some(all) = heard.get_mut(*source as usize)
                {
                    *all = last.min(*all);
                }
            }
        }
        heard
    }

    /// Notes which areas are silent now and were not, and the other way.
    fn compare(&mut self, at: Timestamp) {
        let mut silent: Vec<Option<(Source, i64)>> = vec![None; self.areas.len()];
        for view in &self.views {
            let mut sources = view.sources.iter().filter_map(|source| self.sources.get(*source as usize));
            if let Some(found) = sources.rfind(|source| source.is_silent)
                && let Some(place) = silent.get_mut(view.area as usize)
            {
                *place = Some((found.source, found.last));
            }
        }
        for ((area, was_silent), now) in self.areas.iter_mut().zip(silent) {
            if now.is_some() == *was_silent {
                continue;
            }
            *was_silent = now.is_some();
            let kind = now.map_or(AreaFactKind::Heard, |(source, last)| AreaFactKind::Silent {
                source,
                since: start_of(last + 1),
            });
            self.facts.push(AreaFact { at, area: *area, kind });
        }
    }
}

fn slot_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(SLOT.as_micros() as i64)
}

fn start_of(slot: i64) -> Timestamp {
    Timestamp::from_micros(slot.saturating_mul(SLOT.as_micros() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(lac: u16) -> Lai {
        Lai { plmn: "460-00".parse().unwrap(), lac }
    }

    /// Heard through one BSS and two MSCs.
    struct Town {
        silences: Silences,
        told: Vec<String>,
    }

    impl Town {
        fn new() -> Self {
            Self { silences: Silences::default(), told: Vec::new() }
        }

        fn pass(&mut self, second: i64) -> &mut Self {
            let Self { silences, told } = self;
            silences.pass(Timestamp::from_seconds(second), |fact| told.push(short(fact)));
            self
        }

        fn sign(&mut self, second: i64, serving: u32, lac: u16) -> &mut Self {
            self.pass(second);
            let name = Name { network: 0, bss: 1, serving, area: area(lac) };
            let Self { silences, told } = self;
            if !silences.is_repeated(name) {
                silences.sign(name, Timestamp::from_seconds(second), |fact| told.push(short(fact)));
            }
            self
        }

        /// A sign of each of these from second to second.
        fn signs(&mut self, seconds: std::ops::Range<i64>, every: usize, ways: &[(u32, u16)]) -> &mut Self {
            for second in seconds.step_by(every) {
                ways.iter().for_each(|(serving, lac)| _ = self.sign(second, *serving, *lac));
            }
            self
        }

        #[track_caller]
        fn tells(&mut self, expected: &[&str]) -> &mut Self {
            assert_eq!(self.told, expected);
            self.told.clear();
            self
        }
    }

    /// `7 silent at 620 since 500 (bss)`.
    fn short(fact: &AreaFact) -> String {
        let second = |at: Timestamp| at.as_micros() / 1_000_000;
        let (lac, at) = (fact.area.lac, second(fact.at));
        match fact.kind {
            AreaFactKind::Silent { source, since } => {
                format!("{lac} silent at {at} since {} ({})", second(since), source.name())
            }
            kind => format!("{lac} {} at {at}", kind.name()),
        }
    }

    #[test]
    fn an_area_is_silent_after_three_times_its_longest_pause_and_heard_with_its_first_sign() {
        let mut town = Town::new();
        town.signs(0..6000, 60, &[(1, 7)]).tells(&["7 area_heard at 0"]);
        town.pass(6000).tells(&[]).sign(6097, 1, 7).pass(6337).tells(&[]);
        town.pass(100_000).tells(&["7 silent at 6520 since 6100 (area)"]);
        town.sign(100_007, 1, 7).sign(100_008, 1, 7).tells(&["7 area_heard at 100007"]);
    }

    #[test]
    fn a_pause_of_less_than_two_minutes_is_none_and_what_is_hardly_known_is_not_judged() {
        let mut town = Town::new();
        town.signs(0..3000, 5, &[(1, 7)]).pass(3115).tells(&["7 area_heard at 0"]);
        town.pass(3120).tells(&["7 silent at 3120 since 3000 (area)"]);
        Town::new().signs(0..400, 10, &[(1, 7)]).pass(90_000).tells(&["7 area_heard at 0"]);
    }

    #[test]
    fn the_longest_pause_of_yesterday_counts_today() {
        let mut town = Town::new();
        town.signs(0..86_000, 1000, &[(1, 7)]).pass(87_970).tells(&["7 area_heard at 0"]);
        town.pass(87_980).tells(&["7 silent at 87980 since 85010 (area)"]);
    }

    #[test]
    fn a_link_that_is_silent_silences_its_areas_though_they_are_heard_by_another() {
        let mut town = Town::new();
        let all = [(1, 7), (1, 8), (2, 7), (2, 8)];
        town.signs(0..3000, 10, &all).tells(&["7 area_heard at 0", "8 area_heard at 0"]);
        town.signs(3000..3300, 10, &[(1, 7), (1, 8)]);
        town.tells(&["7 silent at 3120 since 3000 (link)", "8 silent at 3120 since 3000 (link)"]);
        town.sign(3300, 2, 8).tells(&["7 area_heard at 3300", "8 area_heard at 3300"]);
        // The other area of the BSS is not silent with this one.
        town.signs(3300..6000, 10, &[(1, 7), (2, 7)]).tells(&["8 silent at 3430 since 3310 (area)"]);
    }

    #[test]
    fn what_has_been_replaced_for_a_day_silences_nobody() {
        let mut town = Town::new();
        town.signs(0..6000, 10, &[(1, 7), (2, 7)]).signs(6000..260_000, 10, &[(1, 7)]);
        town.tells(&["7 area_heard at 0", "7 silent at 6120 since 6000 (link)", "7 area_heard at 172800"]);
    }

    #[test]
    fn an_area_that_its_bss_has_done_without_for_a_day_is_retired() {
        let mut town = Town::new();
        town.signs(0..6000, 10, &[(1, 7), (1, 8)]).signs(6000..260_000, 10, &[(1, 8)]);
        let retired = "7 area_heard at 172800";
        town.tells(&["7 area_heard at 0", "8 area_heard at 0", "7 silent at 6120 since 6000 (area)", retired]);
        // It may come back, and is judged anew.
        town.signs(260_000..261_000, 10, &[(1, 7), (1, 8)]).signs(261_000..262_000, 10, &[(1, 8)]);
        town.tells(&["7 silent at 261120 since 261000 (area)"]);
    }

    #[test]
    fn an_area_that_is_silent_with_its_bss_is_not_retired() {
        let mut town = Town::new();
        town.signs(0..6000, 10, &[(1, 7)]).pass(900_000);
        town.tells(&["7 area_heard at 0", "7 silent at 6120 since 6000 (area)"]);
    }

    #[test]
    fn how_often_time_is_told_decides_nothing() {
        let script = |step: Option<usize>| {
            let mut town = Town::new();
            for begin in [0, 90_000, 400_000] {
                town.signs(begin..begin + 2_000, 10, &[(1, 8), (2, 9)]).signs(
                    begin + 2_000..begin + 8_000,
                    70,
                    &[(1, 7)],
                );
                let quiet = begin + 8_000..begin + 80_000;
                step.into_iter().for_each(|step| quiet.clone().step_by(step).for_each(|second| _ = town.pass(second)));
            }
            town.pass(900_000).told.clone()
        };
        let told = script(None);
        assert!(told.len() > 9, "{told:?}");
        assert_eq!(script(Some(1)), told);
        assert_eq!(script(Some(777)), told);
    }

    #[test]
    fn whoever_is_blind_hears_nothing_anywhere_until_each_is_heard_again() {
        let mut town = Town::new();
        town.sign(5, 1, 7).sign(6, 1, 8).told.clear();
        let told = &mut town.told;
        town.silences.pass(Timestamp::from_seconds(9), |_| {});
        town.silences.go_blind(|fact| told.push(short(fact)));
        town.tells(&["7 silent at 9 since 10 (area)", "8 silent at 9 since 10 (area)"]);
        town.sign(500, 1, 8).tells(&["8 area_heard at 500"]);
    }

    #[test]
    fn what_is_told_late_is_no_sign_of_now() {
        let mut town = Town::new();
        town.signs(0..3000, 10, &[(1, 7)]).pass(9000).told.clear();
        let name = Name { network: 0, bss: 1, serving: 1, area: area(7) };
        town.silences.sign(name, Timestamp::from_seconds(2990), |fact| panic!("{fact:?}"));
        town.sign(9001, 1, 7).tells(&["7 area_heard at 9001"]);
    }

    #[test]
    fn views_beyond_the_limit_are_counted() {
        let mut town = Town::new();
        (0..MAX_VIEWS as u32 + 3).for_each(|serving| _ = town.sign(1, serving, 7));
        assert_eq!((town.silences.views.len(), town.silences.refused), (MAX_VIEWS, 3));
    }
}
