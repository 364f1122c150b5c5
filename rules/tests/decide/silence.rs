//! What silence means, told in the plainest way: at each moment the subscriber's clocks either go or stand still, and time is
//! walked through from one change to the next.

use std::time::Duration;

use event::{AreaFact, AreaFactKind, Lai, Timestamp};

/// Where the subscriber was seen, and how often phones report themselves there.
pub(crate) struct Seen {
    pub(crate) at: Timestamp,
    pub(crate) area: Option<Lai>,
    pub(crate) report: Duration,
}

/// How time goes for one subscriber.
pub(crate) struct Clock<'w> {
    pub(crate) facts: &'w [AreaFact],
    /// In order of time; none where nothing is known of any area.
    pub(crate) seen: Vec<Seen>,
}

impl Clock<'_> {
    /// From and until when an area could not be heard.
    fn silences(&self, area: Option<Lai>) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let of = move |fact: &&AreaFact| Some(fact.area) == area;
        let silent = self.facts.iter().filter(of).filter(|fact| matches!(fact.kind, AreaFactKind::Silent { .. }));
        silent.map(move |fact| {
            let heard = |heard: &&AreaFact| heard.kind == AreaFactKind::Heard && heard.at >= fact.at;
            (fact.at, self.facts.iter().filter(of).find(heard).map_or(Timestamp::MAX, |heard| heard.at))
        })
    }

    fn stands_still(&self, at: Timestamp) -> bool {
        let Some(seen) = self.seen.iter().rfind(|seen| seen.at <= at) else { return false };
        let mut silences = self.silences(seen.area).filter(|(_, heard)| *heard > seen.at);
        silences.any(|(from, heard)| from <= at && at < heard + seen.report)
    }

    /// From `from` on, the stretches of time in which nothing changes, and whether the clocks stand still in them.
    fn stretches(&self, from: Timestamp) -> Vec<(Timestamp, Timestamp, bool)> {
        let mut moments = vec![from, Timestamp::MAX];
        for seen in &self.seen {
            moments.push(seen.at);
            moments.extend(self.silences(seen.area).flat_map(|(from, heard)| [from, heard + seen.report]));
        }
        moments.retain(|moment| *moment >= from);
        moments.sort();
        moments.dedup();
        moments.windows(2).map(|pair| (pair[0], pair[1], self.stands_still(pair[0]))).collect()
    }

    /// When a clock that has gone since `from` shows `due`; never, as far as anybody knows, where it does not go on.
    pub(crate) fn put_off(&self, due: Timestamp, from: Timestamp) -> Option<Timestamp> {
        let mut left = due.since(from);
        if self.seen.is_empty() {
            return Some(due);
        }
        // What was due before, and is still to come, waited for this.
        for (start, end, stands_still) in self.stretches(from) {
            if left.is_zero() {
                return Some(start);
            }
            match end.since(start) {
                _ if stands_still => {}
                length if length >= left => return Some(start + left),
                length => left -= length,
            }
        }
        None
    }

    /// When something is done that is set for `due`, and not while the clocks stand still.
    pub(crate) fn hold_back(&self, due: Timestamp) -> Option<Timestamp> {
        if self.seen.is_empty() {
            return Some(due);
        }
        self.stretches(due).into_iter().find(|(_, _, stands_still)| !stands_still).map(|(start, _, _)| start)
    }
}
