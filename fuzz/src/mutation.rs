//! How inputs change: by record, so that a change of one leaves the others what they are.

use bench::random::Random;

use crate::input::{HEAD_OCTETS, Record, Settings, Step, records};
use crate::shape::Shape;

/// Changes octets in place as the fuzzer likes: of `size` in the buffer, and gives how many there are then.
pub type Plain<'a> = &'a mut dyn FnMut(&mut [u8], usize) -> usize;

/// Changes the input, which becomes at most `limit` octets long.
pub fn mutate(input: &mut Vec<u8>, limit: usize, seed: u64, plain: Plain<'_>) {
    let mut random = Random::new(seed);
    let is_of_records = input.first().is_some_and(|settings| !Settings(*settings).is_file());
    if !is_of_records || random.below(8) == 0 {
        return grow_and_mutate(input, limit, plain);
    }
    let (settings, octets) = input.split_at_checked(1).unwrap_or_default();
    let before: Vec<_> = records(octets).map(Kept::of).collect();
    let mut after = before;
    (0..=random.below(3)).for_each(|_| change(&mut after, limit, &mut random, plain));
    *input = written(settings, &after, limit);
}

/// A mixture of two inputs of records; as many octets as there is room for.
pub fn cross(one: &[u8], other: &[u8], limit: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let (settings, octets) = one.split_at_checked(1).unwrap_or_default();
    let mut mixed: Vec<_> = records(octets).map(Kept::of).collect();
    let others: Vec<_> = records(other.get(1..).unwrap_or_default()).map(Kept::of).collect();
    let from = random.below(others.len() as u64 + 1) as usize;
    let count = random.below((others.len() - from) as u64 + 1) as usize;
    let at = random.below(mixed.len() as u64 + 1) as usize;
    let replaced = random.below((mixed.len() - at) as u64 + 1) as usize;
    mixed.splice(at..at + replaced, others.into_iter().skip(from).take(count));
    written(settings, &mixed, limit)
}

/// A record that may change.
#[derive(Clone)]
struct Kept {
    shape: u8,
    lane: u8,
    step: Step,
    octets: Vec<u8>,
}

impl Kept {
    fn of(record: Record<'_>) -> Self {
        Self { shape: record.shape, lane: record.lane, step: record.step, octets: record.octets.to_vec() }
    }

    fn record(&self) -> Record<'_> {
        Record { shape: self.shape, lane: self.lane, step: self.step, octets: &self.octets }
    }
}

fn written(settings: &[u8], kept: &[Kept], limit: usize) -> Vec<u8> {
    let mut input = settings.to_vec();
    for record in kept {
        if input.len() + HEAD_OCTETS + record.octets.len() <= limit {
            record.record().write(&mut input);
        }
    }
    input
}

fn change(kept: &mut Vec<Kept>, limit: usize, random: &mut Random, plain: Plain<'_>) {
    let place = |random: &mut Random, kept: &Vec<Kept>| random.below(kept.len() as u64) as usize;
    let (one, other) = (place(random, kept), place(random, kept));
    let Some(copy) = kept.get(one).cloned() else {
        let shape = random.below(Shape::COUNT as u64) as u8;
        let mut octets = vec![0; 8];
        grow_and_mutate(&mut octets, limit, plain);
        return kept.push(Kept { shape, lane: 0, step: Step(10), octets });
    };
    match random.below(16) {
        0 => kept.insert(other, copy),
        1 => drop(kept.remove(one)),
        2 => kept.swap(one, other),
        choice => {
            let Some(record) = kept.get_mut(one) else { return };
            match choice {
                3 => record.lane ^= 1 << random.below(8),
                4 => record.step = Step(random.bits() as u8),
                5 => record.shape = random.bits() as u8,
                _ => grow_and_mutate(&mut record.octets, limit.min(usize::from(u16::MAX)), plain),
            }
        }
    }
}

/// Octets that there may be more of after a change.
const GROWTH: usize = 64;

fn grow_and_mutate(octets: &mut Vec<u8>, limit: usize, plain: Plain<'_>) {
    let size = octets.len().min(limit);
    octets.resize((size + GROWTH).min(limit), 0);
    let size = plain(octets, size);
    octets.truncate(size);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(records: &[&[u8]]) -> Vec<u8> {
        let mut input = vec![0];
        for octets in records {
            Record { shape: 1, lane: 0, step: Step(0), octets }.write(&mut input);
        }
        input
    }

    fn octets(input: &[u8]) -> Vec<&[u8]> {
        records(&input[1..]).map(|record| record.octets).collect()
    }

    #[test]
    fn a_changed_record_leaves_the_others_whole() {
        let before = input(&[b"first", b"second", b"third"]);
        let mut append = |octets: &mut [u8], size: usize| {
            octets[size] = b'!';
            size + 1
        };
        for seed in 0..1000 {
            let mut after = before.clone();
            mutate(&mut after, 100, seed, &mut append);
            let of_before = |octets: &&[u8]| [&b"first"[..], b"second", b"third"].contains(octets);
            let changed = octets(&after).iter().filter(|octets| !of_before(octets)).count();
            assert!(changed <= 3 && after.len() <= 100, "{:?}", octets(&after));
        }
    }

    #[test]
    fn a_mixture_has_records_of_both() {
        let (one, other) = (input(&[b"a", b"b", b"c"]), input(&[b"x", b"y"]));
        let mixtures: Vec<_> = (0..100).map(|seed| cross(&one, &other, 100, seed)).collect();
        assert!(mixtures.iter().any(|mixed| octets(mixed) == [b"a", b"x", b"c"]));
        assert!(cross(&one, &other, 7, 1).len() <= 7);
    }
}
