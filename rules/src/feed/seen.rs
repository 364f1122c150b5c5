//! What there really was of each line of the table: how many of the subscribers that were heard of have shown it.

use event::{Event, Kind};

use super::table::ROW_COUNT;
use super::{ROWS, Row, Sight};

/// Subscribers, and how many of them have shown what.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    subscribers: u64,
    /// By [`ROWS`].
    shown: [u64; ROW_COUNT],
}

impl Seen {
    /// Takes in all that was heard of a subscriber.
    pub fn subscriber(&mut self, events: &[Event]) {
        self.subscribers += 1;
        let mut kinds = [false; Kind::NAMES.len()];
        for event in events {
            kinds.get_mut(event.kind.index()).into_iter().for_each(|kind| *kind = true);
        }
        let is_shown = |name: &str| Kind::NAMES.into_iter().zip(kinds).any(|(kind, seen)| seen && kind == name);
        for (row, count) in ROWS.iter().zip(&mut self.shown) {
            *count += u64::from(row.kinds.iter().any(|kind| is_shown(kind)));
        }
    }

    /// How many have shown the one of these that most have shown, and of how many. `None` where no kind of event tells.
    pub(crate) fn share(&self, sights: &[Sight]) -> Option<[u64; 2]> {
        // Nearly every event has a cell.
        let tells = |row: &Row| sights.contains(&row.sight) && row.sight != Sight::Cell && !row.kinds.is_empty();
        let most = ROWS.iter().zip(self.shown).filter(|(row, _)| tells(row)).map(|(_, count)| count).max()?;
        Some([most, self.subscribers])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn subscribers_count_once_by_what_they_have_shown() {
        let event = |kind| testing::event(1, kind);
        let mut seen = Seen::default();
        seen.subscriber(&[event(Kind::ImsiDetach), event(Kind::ImsiDetach), event(Kind::Handover)]);
        seen.subscriber(&[event(Kind::ImeiSeen)]);
        seen.subscriber(&[]);
        let check = |sights: &[Sight], expected| assert_eq!(seen.share(sights), expected, "{sights:?}");
        check(&[Sight::PowerOff], Some([1, 3]));
        check(&[Sight::Device, Sight::Ussd], Some([1, 3]));
        check(&[Sight::Ussd], Some([0, 3]));
        check(&[Sight::PowerOn], None);
        check(&[Sight::Cell], None);
    }
}
