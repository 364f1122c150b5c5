//! The stored form of what patterns have begun for a subscriber, with the time for which its timer is set. Written with
//! the events that changed it, so that a restart goes on where it was.

use event::Timestamp;
use rules::matcher::{Live, Mark, Slot, SlotKind};

use super::octets::{Octets, put_signed, put_varint};

const LIVE_VERSION: u8 = 1;

/// What a subscriber's patterns have begun, and for when its timer is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) live: Live,
    pub(crate) armed: Option<Timestamp>,
}

/// Appends marks and timer.
pub(crate) fn put(out: &mut Vec<u8>, live: &Live, armed: Option<Timestamp>) {
    out.push(LIVE_VERSION);
    out.push(u8::from(armed.is_some()));
    if let Some(armed) = armed {
        put_signed(out, armed.as_micros());
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
    if octets.octet()? != LIVE_VERSION {
        return None;
    }
    let armed = if octets.octet()? == 0 { None } else { Some(Timestamp::from_micros(octets.signed()?)) };
    let marks = (0..octets.varint()?).map(|_| mark(&mut octets)).collect::<Option<Vec<_>>>()?;
    Some(Stored { live: Live::from_marks(marks), armed })
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
                    kind: SlotKind::from_code(1 + random.below(6) as u8).unwrap(),
                    index: random.below(32) as u8,
                },
                at: Timestamp::from_micros(random.next() as i64),
            };
            let live = Live::from_marks((0..count).map(|_| mark(&mut random)).collect());
            let armed = random.chance(50).then(|| Timestamp::from_micros(random.next() as i64));
            let mut out = Vec::new();
            put(&mut out, &live, armed);
            assert_eq!(read(&out), Some(Stored { live, armed }));
            (0..out.len()).for_each(|length| assert_eq!(read(&out[..length]), None));
        }
    }
}
