//! What happens next, in order of time, then of planning. The near future lies in slots of a millisecond (a timing
//! wheel), so that the many steps and timers that are due soon cost no more when there are more of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use event::Timestamp;

const SLOT_MICROS: i64 = 1000;
const SLOTS: usize = 4096;

type Entry<T> = Reverse<(Timestamp, u64, T)>;

/// A queue of things that happen at a time.
#[derive(Debug)]
pub struct Queue<T> {
    // What is due in the slot that has been reached, or before.
    due: BinaryHeap<Entry<T>>,
    near: Vec<Vec<Entry<T>>>,
    waiting_near: usize,
    far: BinaryHeap<Entry<T>>,
    reached: i64,
    sequence: u64,
}

impl<T: Ord> Queue<T> {
    /// An empty queue that begins at `begin`.
    pub fn new(begin: Timestamp) -> Self {
        Self {
            due: BinaryHeap::new(),
            near: (0..SLOTS).map(|_| Vec::new()).collect(),
            waiting_near: 0,
            far: BinaryHeap::new(),
            reached: slot(begin),
            sequence: 0,
        }
    }

    /// Plans something. What is planned for the past comes at once.
    pub fn push(&mut self, at: Timestamp, what: T) {
        self.sequence += 1;
        let entry = Reverse((at, self.sequence, what));
        let ahead = slot(at) - self.reached;
        if ahead <= 0 {
            self.due.push(entry);
        } else if ahead < SLOTS as i64
            && let Some(near) = self.near.get_mut(index(slot(at)))
        {
            near.push(entry);
            self.waiting_near += 1;
        } else {
            self.far.push(entry);
        }
    }

    /// The next thing and its time.
    pub fn pop(&mut self) -> Option<(Timestamp, T)> {
        while self.due.is_empty() {
            self.advance()?;
        }
        self.due.pop().map(|Reverse((at, _, what))| (at, what))
    }

    // To the next slot, or straight to the far future if nothing is near. `None` where nothing is left.
    fn advance(&mut self) -> Option<()> {
        let far = self.far.peek().map(|Reverse((at, _, _))| slot(*at));
        self.reached = match (self.waiting_near, far) {
            (0, far) => far?,
            _ => self.reached + 1,
        };
        if let Some(near) = self.near.get_mut(index(self.reached)) {
            self.waiting_near -= near.len();
            self.due.extend(near.drain(..));
        }
        while let Some(entry) = self.far.peek()
            && slot(entry.0.0) <= self.reached
        {
            self.due.extend(self.far.pop());
        }
        Some(())
    }
}

fn slot(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(SLOT_MICROS)
}

fn index(slot: i64) -> usize {
    slot.rem_euclid(SLOTS as i64) as usize
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
