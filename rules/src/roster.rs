//! Records by subscriber, in memory: in blocks that never move, with an index of eight octets an entry that says where. Many
//! are fetched side by side: one look-up after the other waits for memory longer than deciding takes.

use event::{Imsi, prefer_large_pages, prefetch};

/// So many records are fetched side by side, for a core finds the way to a few pages at once. Of more it would wait for the first
/// ones before it may ask for the last, and of one at a time for each.
pub const SIDE_BY_SIDE: usize = 2;
/// So many turns before its own a record is fetched, and what says where it stands as many before that.
const AHEAD: usize = 4;

/// Records of the first block. Each block after it has room for as many as all before it and these together, and takes memory
/// only as it fills: nearly all of it in large pages, to which the way is short.
const FEWEST_RECORDS: u32 = 1 << 10;
const LARGE_PAGE_OCTETS: usize = 1 << 21;
const FEWEST_ENTRIES: usize = 1 << 10;
/// An odd multiplier spreads IMSIs over the high bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A record for each subscriber that has been met, fewer than 2³² of them.
#[derive(Debug)]
pub struct Roster<R> {
    /// A power of two of them, at most half in use. A record's stands at the high bits of its hash or at the next free place
    /// behind.
    index: Vec<Entry>,
    /// By so much a hash is shifted to say where in the index.
    shift: u32,
    /// All full but the last.
    blocks: Vec<Vec<Seat<R>>>,
    len: usize,
}

/// A record begins with a line of memory, so that it takes no more of them than it must.
#[derive(Debug)]
#[repr(align(64))]
struct Seat<R> {
    imsi: Imsi,
    record: R,
}

/// Where a record stands, and a part of its hash, by which most others are told from it. Never in two lines of memory.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(8))]
struct Entry {
    place: Place,
    tag: u32,
}

/// Where a subscriber's record stands, from [`FEWEST_RECORDS`] on; by default nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place(u32);

impl Entry {
    fn is_free(&self) -> bool {
        self.place == Place::NOWHERE
    }
}

impl Place {
    /// Where no record stands.
    pub const NOWHERE: Self = Self(0);

    /// Of the record that was made after so many others.
    fn of(number: usize) -> Self {
        Self(number as u32 + FEWEST_RECORDS)
    }

    /// In which block, and where there.
    fn within(self) -> Option<(usize, usize)> {
        let size = self.0.checked_ilog2()?;
        Some((size.checked_sub(FEWEST_RECORDS.ilog2())? as usize, (self.0 ^ 1 << size) as usize))
    }
}

impl<R> Default for Roster<R> {
    fn default() -> Self {
        let index = vec![Entry::default(); FEWEST_ENTRIES];
        Self { index, shift: u64::BITS - FEWEST_ENTRIES.ilog2(), blocks: Vec::new(), len: 0 }
    }
}

impl<R> Roster<R> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Begins to bring near the records of those who are `next`, and what says where the records of those stand who come
    /// `then`; see [`in_turn`]. Tells where those of `next` most likely are. Nothing but time depends on it.
    #[inline]
    pub fn fetch(&self, next: impl Iterator<Item = Imsi>, then: impl Iterator<Item = Imsi>) -> [Place; SIDE_BY_SIDE] {
        then.filter_map(|imsi| self.index.get(self.first(hash(imsi)))).for_each(prefetch);
        let mut places = [Place::NOWHERE; SIDE_BY_SIDE];
        for (place, imsi) in places.iter_mut().zip(next) {
            *place = self.likely(imsi);
            self.seat(*place).into_iter().for_each(prefetch);
        }
        places
    }

    /// The subscriber's record.
    pub fn find(&mut self, imsi: Imsi) -> Option<&mut R> {
        let place = self.place(imsi)?;
        Some(self.at(place))
    }

    /// The subscriber's record, given by `make` where there is none. It is looked for first where [`Roster::fetch`] told.
    ///
    /// # Errors
    /// Those of `make`: then there still is none.
    #[inline]
    pub fn find_or_make<E>(
        &mut self,
        imsi: Imsi,
        likely: Place,
        make: impl FnOnce() -> Result<R, E>,
    ) -> Result<&mut R, E> {
        let is_there = self.seat(likely).is_some_and(|seat| seat.imsi == imsi);
        let place = if is_there { likely } else { self.place_or_make(imsi, make)? };
        Ok(self.at(place))
    }

    #[inline(never)]
    fn place_or_make<E>(&mut self, imsi: Imsi, make: impl FnOnce() -> Result<R, E>) -> Result<Place, E> {
        match self.place(imsi) {
            Some(place) => Ok(place),
            None => Ok(self.add(Seat { imsi, record: make()? })),
        }
    }

    /// All records, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = (Imsi, &R)> {
        self.blocks.iter().flatten().map(|seat| (seat.imsi, &seat.record))
    }

    /// All records, in the order in which they were made.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Imsi, &mut R)> {
        self.blocks.iter_mut().flatten().map(|seat| (seat.imsi, &mut seat.record))
    }

    /// Puts out the records that `stays` does not tell to stay.
    pub fn retain(&mut self, stays: impl Fn(&R) -> bool) {
        let staying = std::mem::take(self).blocks.into_iter().flatten().filter(|seat| stays(&seat.record));
        staying.for_each(|seat| {
            self.add(seat);
        });
    }

    fn place(&self, imsi: Imsi) -> Option<Place> {
        let hash = hash(imsi);
        let is_it =
            |entry: &Entry| entry.tag == tag(hash) && self.seat(entry.place).is_some_and(|seat| seat.imsi == imsi);
        let entry = self.entries(hash).find(|entry| entry.is_free() || is_it(entry))?;
        Some(entry.place).filter(|_| !entry.is_free())
    }

    /// Where the subscriber's record should be; only there can be told whether it is.
    fn likely(&self, imsi: Imsi) -> Place {
        let hash = hash(imsi);
        let entry = self.entries(hash).find(|entry| entry.is_free() || entry.tag == tag(hash));
        entry.map_or(Place::NOWHERE, |entry| entry.place)
    }

    fn seat(&self, place: Place) -> Option<&Seat<R>> {
        let (block, place) = place.within()?;
        self.blocks.get(block)?.get(place)
    }

    /// Only to be asked for a place where a record stands.
    fn at(&mut self, place: Place) -> &mut R {
        let (block, place) = place.within().unwrap_or_default();
        &mut self.blocks[block][place].record
    }

    /// The entries in the order in which a subscriber's is looked for.
    fn entries(&self, hash: u64) -> impl Iterator<Item = &Entry> {
        let (first, last) = (self.first(hash), self.index.len() - 1);
        (first..=first + last).filter_map(move |at| self.index.get(at & last))
    }

    /// Where an entry should stand.
    fn first(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    fn add(&mut self, seat: Seat<R>) -> Place {
        if 2 * (self.len + 1) > self.index.len() {
            self.widen();
        }
        let place = Place::of(self.len);
        if place.0.is_power_of_two() {
            let mut block = Vec::with_capacity(place.0 as usize);
            // Few records fill no large page.
            if size_of_val(block.spare_capacity_mut()) > LARGE_PAGE_OCTETS {
                prefer_large_pages(block.spare_capacity_mut());
            }
            self.blocks.push(block);
        }
        self.len += 1;
        self.enter(seat.imsi, place);
        if let Some(block) = self.blocks.last_mut() {
            block.push(seat);
        }
        place
    }

    fn widen(&mut self) {
        let entries = 2 * self.index.len();
        self.shift -= 1;
        self.index = Vec::with_capacity(entries);
        prefer_large_pages(self.index.spare_capacity_mut());
        self.index.resize(entries, Entry::default());
        let imsis: Vec<Imsi> = self.iter().map(|(imsi, _)| imsi).collect();
        (0..).zip(imsis).for_each(|(number, imsi)| self.enter(imsi, Place::of(number)));
    }

    fn enter(&mut self, imsi: Imsi, place: Place) {
        let hash = hash(imsi);
        let first = self.first(hash);
        let (behind, ahead) = self.index.split_at_mut(first);
        let free = ahead.iter_mut().chain(behind).find(|entry| entry.is_free());
        free.into_iter().for_each(|entry| *entry = Entry { place, tag: tag(hash) });
    }
}

/// Cuts a batch into parts, and gives each of them now in its turn, with the one that is next and the one that comes then, so
/// that what these need can be fetched while it is worked on: each is then before it is next, and next before it is now.
pub fn in_turn<T>(batch: &[T]) -> impl Iterator<Item = [&[T]; 3]> {
    let part = |number: usize| batch.chunks(SIDE_BY_SIDE).nth(number).unwrap_or_default();
    let turns = 0..batch.len().div_ceil(SIDE_BY_SIDE) + 2 * AHEAD;
    // What would come before the first is beyond the last.
    turns.map(move |turn| [2 * AHEAD, AHEAD, 0].map(|before| part(turn.wrapping_sub(before))))
}

/// Where the records stand of those who are next, until it is their turn.
#[derive(Debug, Default)]
pub struct Places {
    places: [[Place; SIDE_BY_SIDE]; AHEAD],
    turn: usize,
}

impl Places {
    /// Takes what [`Roster::fetch`] told of those who are next; gives what it told of those whose turn it is now.
    #[inline]
    pub fn pass(&mut self, next: [Place; SIDE_BY_SIDE]) -> [Place; SIDE_BY_SIDE] {
        self.turn = (self.turn + 1) % AHEAD;
        self.places.get_mut(self.turn).map_or(next, |places| std::mem::replace(places, next))
    }
}

fn hash(imsi: Imsi) -> u64 {
    imsi.to_bits().wrapping_mul(SPREAD)
}

fn tag(hash: u64) -> u32 {
    (hash >> 8) as u32
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn imsi(number: u64) -> Imsi {
        format!("46000{number:010}").parse().unwrap()
    }

    fn filled(count: u64) -> Roster<u64> {
        let mut roster = Roster::default();
        for number in 0..count {
            let Ok(record) = roster.find_or_make(imsi(number * 7), Place::NOWHERE, || Ok::<_, Infallible>(number));
            assert_eq!(*record, number);
        }
        roster
    }

    #[test]
    fn each_subscriber_has_one_record_however_many_there_are() {
        for count in [0, 1, 511, 512, 513, 40_000] {
            let mut roster = filled(count);
            assert_eq!((roster.len() as u64, roster.is_empty()), (count, count == 0));
            for number in 0..count {
                let [likely, _] = roster.fetch([imsi(number * 7)].into_iter(), [imsi(number)].into_iter());
                assert_ne!(likely, Place::NOWHERE);
                let elsewhere = if number.is_multiple_of(3) { Place::of(number as usize / 2) } else { likely };
                assert_eq!(roster.find(imsi(number * 7)).copied(), Some(number));
                assert_eq!(roster.find(imsi(number * 7 + 1)), None);
                let Ok(record) = roster.find_or_make(imsi(number * 7), elsewhere, || Ok::<_, Infallible>(u64::MAX));
                *record += 1;
            }
            let expected = (0..count).map(|number| (imsi(number * 7), number + 1));
            assert!(roster.iter().map(|(imsi, record)| (imsi, *record)).eq(expected));
        }
    }

    #[test]
    fn every_item_has_its_turn_once_and_the_place_that_was_told_when_it_was_next() {
        for count in [0, 1, SIDE_BY_SIDE, 2 * AHEAD, 3 * AHEAD * SIDE_BY_SIDE + 1] {
            let batch: Vec<u32> = (1..=count as u32).collect();
            let (mut places, mut came) = (Places::default(), [const { Vec::new() }; 3]);
            for turn in in_turn(&batch) {
                let [now, next, _] = turn;
                let mut told = [Place::NOWHERE; SIDE_BY_SIDE];
                told.iter_mut().zip(next).for_each(|(place, item)| *place = Place(*item));
                let here = places.pass(told);
                assert!(now.iter().zip(here).all(|(item, place)| place == Place(*item)), "{now:?} at {here:?}");
                came.iter_mut().zip(turn).for_each(|(came, part)| came.extend_from_slice(part));
                let [now, next, then] = came.each_ref().map(Vec::len);
                let ahead = |of: usize| count.min(of + AHEAD * SIDE_BY_SIDE);
                assert!(turn[0].is_empty() || next >= ahead(now), "{now} {next}");
                assert!(turn[1].is_empty() || then >= ahead(next), "{next} {then}");
            }
            assert_eq!(came, [batch.clone(), batch.clone(), batch]);
        }
    }

    #[test]
    fn what_cannot_be_made_is_not_there() {
        let mut roster = filled(3);
        assert_eq!(roster.find_or_make(imsi(1), Place::of(1), || Err("not found")), Err("not found"));
        assert_eq!((roster.len(), roster.find(imsi(1))), (3, None));
    }

    #[test]
    fn who_is_put_out_is_gone_and_the_others_are_found() {
        let mut roster = filled(40_000);
        roster.retain(|number| number.is_multiple_of(3));
        assert_eq!(roster.len(), 13_334);
        for number in 0..40_000 {
            assert_eq!(roster.find(imsi(number * 7)).is_some(), number.is_multiple_of(3));
        }
    }
}
