//! The stored form of what patterns have begun for a subscriber: under which rule set, and the time for which the timer
//! is set. Written with the events that changed it, so that a restart goes on where it was.

use event::Timestamp;
use rules::matcher::{Live, Mark, Slot, SlotKind};

use super::octets::{Octets, put_signed, put_varint};

/// 1: without edition. 2: with it. 3: with the time up to which silence is credited.
const LIVE_VERSION: u8 = 3;

/// What a subscriber's patterns have begun, and for when its timer is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Of the rule set whose ranks the marks have: see [`super::editions`].
    pub(crate) edition: u32,
    pub(crate) live: Live,
    pub(crate) armed: Option<Timestamp>,
}

/// Appends edition, marks and timer.
pub(crate) fn put(out: &mut Vec<u8>, edition: u32, live: &Live, armed: Option<Timestamp>) {
    out.push(LIVE_VERSION);
    put_varint(out, edition.into());
    out.push(u8::from(armed.is_some()));
    if let Some(armed) = armed {
        put_signed(out, armed.as_micros());
    }
    let credited = Some(live.credited()).filter(|credited| *credited != Timestamp::MIN);
    out.push(u8::from(credited.is_some()));
    if let Some(credited) = credited {
        put_signed(out, credited.as_micros());
    }
    put_varint(out, live.marks().len() as u64);
    for mark in live.marks() {
        put_varint(out, mark.rank.into());
        out.extend_from_slice(&[mark.slot.kind.code(), mark.slot.index]);
        put_signed(out, mark.at.as_micros());
    }
}

/// Reads what [`put`] appended.
pub(crate) fn read(octets: &[u8]) -> Option<Stored> {
    let mut octets = Octets::new(octets);
    let version = octets.octet()?;
    let edition = match version {
        1 => 0,
        2..=LIVE_VERSION => u32::try_from(octets.varint()?).ok()?,
        _ => return None,
    };
    let armed = time(&mut octets)?;
    let credited = if version < 3 { None } else { time(&mut octets)? };
    let marks = (0..octets.varint()?).map(|_| mark(&mut octets)).collect::<Option<Vec<_>>>()?;
    Some(Stored { edition, live: Live::from_marks(marks, credited.unwrap_or(Timestamp::MIN)), armed })
}

/// A time that need not be there.
fn time(octets: &mut Octets<'_>) -> Option<Option<Timestamp>> {
    Some(if octets.octet()? == 0 { None } else { Some(Timestamp::from_micros(octets.signed()?)) })
}

fn mark(octets: &mut Octets<'_>) -> Option<Mark> {
    let rank = u32::try_from(octets.varint()?).ok()?;
    let slot = Slot { kind: SlotKind::from_code(octets.octet()?)?, index: octets.octet()? };
    Some(Mark { rank, slot, at: Timestamp::from_micros(octets.signed()?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn marks_and_timer_survive() {
        let mut random = Random::new(7);
        for count in 0..200 {
            let mark = |random: &mut Random| Mark {
                rank: random.below(20_000) as u32,
                slot: Slot {
                    kind: SlotKind::from_code(1 + random.below(10) as u8).unwrap(),
                    index: random.below(32) as u8,
                },
                at: Timestamp::from_micros(random.next() as i64),
            };
            let credited =
                if random.chance(50) { Timestamp::MIN } else { Timestamp::from_micros(random.next() as i64) };
            let live = Live::from_marks((0..count).map(|_| mark(&mut random)).collect(), credited);
            let armed = random.chance(50).then(|| Timestamp::from_micros(random.next() as i64));
            let edition = random.below(1_000) as u32;
            let mut out = Vec::new();
            put(&mut out, edition, &live, armed);
            assert_eq!(read(&out), Some(Stored { edition, live, armed }));
            (0..out.len()).for_each(|length| assert_eq!(read(&out[..length]), None));
        }
    }

    #[test]
    fn rows_of_older_layouts_are_read() {
        let mark = |rank, kind, index, at| Mark { rank, slot: Slot { kind, index }, at: Timestamp::from_micros(at) };
        let marks = vec![mark(3, SlotKind::Held, 0, 5), mark(200, SlotKind::Counted, 1, -2)];
        let live = Live::from_marks(marks, Timestamp::MIN);
        let armed = Some(Timestamp::from_micros(64));
        let first = [1, 1, 0x80, 1, 2, 3, 1, 0, 10, 0xc8, 1, 4, 1, 3];
        assert_eq!(read(&first), Some(Stored { edition: 0, live: live.clone(), armed }));
        let second = [2, 9, 0, 2, 3, 1, 0, 10, 0xc8, 1, 4, 1, 3];
        assert_eq!(read(&second), Some(Stored { edition: 9, live, armed: None }));
    }
}
