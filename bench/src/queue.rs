//! What happens next, in order of time, then of planning. A timing wheel of three levels: slots of a millisecond for the next
//! seconds, of seconds for the next hours, of hours for two years. Planning costs the same however much is planned.

use std::cmp::Reverse;

use event::Timestamp;

const SLOT_MICROS: i64 = 1000;
/// A level has so many slots (a power of two), each as long as all of the level below together.
const SLOTS: i64 = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 12;
const LEVELS: usize = 3;
const WORD_BITS: usize = u64::BITS as usize;
const WORDS: usize = SLOTS as usize / WORD_BITS;

#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    at: Timestamp,
    sequence: u64,
    what: T,
}

impl<T> Entry<T> {
    // The last of a list in this order comes first.
    fn order(&self) -> Reverse<(Timestamp, u64)> {
        Reverse((self.at, self.sequence))
    }
}

#[derive(Debug)]
struct Level<T> {
    slots: Vec<Vec<Entry<T>>>,
    // Which slots hold anything, the first in the least significant bit.
    occupied: [u64; WORDS],
    waiting: usize,
}

impl<T> Level<T> {
    fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), occupied: [0; WORDS], waiting: 0 }
    }

    fn put(&mut self, slot: i64, entry: Entry<T>) {
        let index = index(slot);
        if let (Some(slot), Some(word)) = (self.slots.get_mut(index), self.occupied.get_mut(index / WORD_BITS)) {
            slot.push(entry);
            *word |= 1 << (index % WORD_BITS);
            self.waiting += 1;
        }
    }

    fn take(&mut self, slot: i64) -> Option<&mut Vec<Entry<T>>> {
        let index = index(slot);
        let entries = self.slots.get_mut(index)?;
        if let Some(word) = self.occupied.get_mut(index / WORD_BITS) {
            *word &= !(1 << (index % WORD_BITS));
        }
        self.waiting -= entries.len();
        Some(entries)
    }

    // The next slot that holds anything, or the first of the next round, in which levels above have their turn first.
    fn next(&self, slot: i64) -> i64 {
        let from = index(slot) + 1;
        let ahead = |(number, word): (usize, &u64)| match number == from / WORD_BITS {
            true => word >> (from % WORD_BITS) << (from % WORD_BITS),
            false => *word,
        };
        let words = self.occupied.iter().enumerate().skip(from / WORD_BITS);
        let found = words.map(|word| (word.0, ahead(word))).find(|(_, word)| *word != 0);
        let next = found.map_or(SLOTS, |(number, word)| (number * WORD_BITS) as i64 + i64::from(word.trailing_zeros()));
        slot - index(slot) as i64 + next
    }
}

/// A queue of things that happen at a time.
#[derive(Debug)]
pub struct Queue<T> {
    // What is due in the slot that has been reached, or before; the next one stands last.
    due: Vec<Entry<T>>,
    levels: [Level<T>; LEVELS],
    // The slot of the lowest level that has been reached.
    reached: i64,
    sequence: u64,
}

impl<T: Copy> Queue<T> {
    /// An empty queue that begins at `begin`.
    pub fn new(begin: Timestamp) -> Self {
        Self { due: Vec::new(), levels: [(); LEVELS].map(|()| Level::new()), reached: slot(begin), sequence: 0 }
    }

    /// Plans something. What is planned for the past comes at once.
    pub fn push(&mut self, at: Timestamp, what: T) {
        self.sequence += 1;
        self.place(Entry { at, sequence: self.sequence, what });
    }

    /// The next thing and its time.
    pub fn pop(&mut self) -> Option<(Timestamp, T)> {
        while self.due.is_empty() {
            self.advance()?;
        }
        self.due.pop().map(|entry| (entry.at, entry.what))
    }

    /// The millisecond that has been reached.
    pub fn reached(&self) -> i64 {
        self.reached
    }

    /// What is planned so far for a millisecond to come, in no order: for one of the next four thousand.
    pub fn planned(&self, millisecond: i64) -> impl Iterator<Item = T> + '_ {
        let [nearest, ..] = &self.levels;
        nearest.slots.get(index(millisecond)).into_iter().flatten().map(|entry| entry.what)
    }

    fn place(&mut self, entry: Entry<T>) {
        let slot = slot(entry.at);
        if slot <= self.reached {
            let place = self.due.partition_point(|other| other.order() < entry.order());
            return self.due.insert(place, entry);
        }
        let fits = |level: &usize| (slot >> bits(*level)) - (self.reached >> bits(*level)) < SLOTS;
        let (level, slot) = match (0..LEVELS).find(fits) {
            Some(level) => (level, slot >> bits(level)),
            // What lies beyond all slots is looked at again when the last one is reached.
            None => (LEVELS - 1, (self.reached >> bits(LEVELS - 1)) + SLOTS - 1),
        };
        if let Some(level) = self.levels.get_mut(level) {
            level.put(slot, entry);
        }
    }

    // To the next slot of the lowest level that holds anything. `None` where nothing is left.
    fn advance(&mut self) -> Option<()> {
        let (number, level) = self.levels.iter().enumerate().find(|(_, level)| level.waiting > 0)?;
        self.reached = level.next(self.reached >> bits(number)) << bits(number);
        let reached = self.reached;
        let begins = |level: &usize| reached.trailing_zeros() >= bits(*level);
        (0..LEVELS).rev().filter(begins).for_each(|level| self.open(level));
        self.due.sort_unstable_by_key(Entry::order);
        Some(())
    }

    // What waits in the slot that a level has reached goes where it is due, or into the levels below.
    fn open(&mut self, number: usize) {
        let slot = self.reached >> bits(number);
        let Some(entries) = self.levels.get_mut(number).and_then(|level| level.take(slot)) else { return };
        match number {
            0 => self.due.append(entries),
            _ => std::mem::take(entries).into_iter().for_each(|entry| self.place(entry)),
        }
    }
}

// By how many bits the numbers of a level's slots are shorter than those of the lowest.
fn bits(level: usize) -> u32 {
    level as u32 * SLOT_BITS
}

fn slot(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(SLOT_MICROS)
}

fn index(slot: i64) -> usize {
    (slot & (SLOTS - 1)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn what_is_due_first_comes_first_and_ties_keep_the_order_of_planning() {
        let at = Timestamp::from_seconds;
        let mut queue = Queue::new(at(0));
        queue.push(at(2), 'c');
        queue.push(at(1), 'a');
        queue.push(at(2), 'b');
        queue.push(at(3600), 'e');
        queue.push(at(-1), 'd');
        let order: String = std::iter::from_fn(|| queue.pop()).map(|(_, what)| what).collect();
        assert_eq!(order, "dacbe");
    }

    #[test]
    fn what_lies_years_ahead_comes_in_its_turn_too() {
        let mut random = Random::new(9);
        let mut queue = Queue::new(Timestamp::from_micros(0));
        let scales = (0..2000).map(|index| 10_u64.pow(3 + index % 12));
        let mut times: Vec<i64> = scales.map(|scale| random.below(scale) as i64).collect();
        times.iter().for_each(|at| queue.push(Timestamp::from_micros(*at), *at));
        times.sort_unstable();
        let order: Vec<i64> = std::iter::from_fn(|| queue.pop()).map(|(_, at)| at).collect();
        assert_eq!(order, times);
    }

    #[test]
    fn things_planned_on_the_way_come_in_order_of_time() {
        let mut random = Random::new(5);
        let mut queue = Queue::new(Timestamp::from_micros(0));
        (0..200).for_each(|what| queue.push(Timestamp::from_micros(what * 10_000), what));
        let (mut last, mut popped) = (Timestamp::MIN, 0);
        while let Some((at, what)) = queue.pop() {
            assert!(at >= last, "{at} after {last}");
            (last, popped) = (at, popped + 1);
            if popped < 5000 {
                let scale = 10_u64.pow(random.between(0, 7) as u32);
                queue.push(at + std::time::Duration::from_micros(random.below(scale)), what);
            }
        }
        assert_eq!(popped, 5199);
    }
}
