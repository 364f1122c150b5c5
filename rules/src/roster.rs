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
/// So many places of the former index are gone through for each record that comes: a line of memory. With two it would be
/// done just before the index is widened again.
const TAKEN_OVER: usize = 8;
/// An odd multiplier spreads IMSIs over the high bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A record for each subscriber that has been met, fewer than 2³² of them.
#[derive(Debug)]
pub struct Roster<R> {
    /// At most half in use.
    index: Index,
    /// The index before, half as long, while its entries are taken over a few at a time; then empty.
    former: Index,
    /// So many places of it have been gone through.
    taken_over: usize,
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

/// A power of two of entries, or none. A record's stands at the high bits of its hash or at the next free place behind.
#[derive(Debug, Default)]
struct Index {
    entries: Vec<u64>,
    /// By so much a hash is shifted to say where.
    shift: u32,
}

/// Where a record stands, and the upper half of its hash, by which most others are told from it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: Place,
    tag: u32,
}

/// Where a subscriber's record stands, from [`FEWEST_RECORDS`] on; by default nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place(u32);

impl Entry {
    fn new(hash: u64, place: Place) -> Self {
        Self { place, tag: (hash >> 32) as u32 }
    }

    fn of(octets: u64) -> Self {
        Self { place: Place(octets as u32), tag: (octets >> 32) as u32 }
    }

    fn is_free(self) -> bool {
        self.place == Place::NOWHERE
    }

    fn has(self, hash: u64) -> bool {
        self.tag == (hash >> 32) as u32
    }
}

impl Index {
    /// Of so many free entries, of which memory is taken only as they fill.
    fn new(count: usize) -> Self {
        let mut entries = vec![0; count];
        if size_of_val(&*entries) > LARGE_PAGE_OCTETS {
            prefer_large_pages(&mut entries);
        }
        Self { entries, shift: u64::BITS - count.ilog2() }
    }

    /// Where the entry of this hash should stand.
    fn first(&self, hash: u64) -> usize {
        hash.checked_shr(self.shift).unwrap_or_default() as usize
    }

    /// The entries in the order in which one of this hash is looked for.
    fn from(&self, hash: u64) -> impl Iterator<Item = Entry> {
        let (behind, ahead) = self.entries.split_at_checked(self.first(hash)).unwrap_or_default();
        ahead.iter().chain(behind).copied().map(Entry::of)
    }

    /// The first entry for which this holds, unless a free one comes before.
    fn find(&self, hash: u64, is_it: impl Fn(Entry) -> bool) -> Option<Place> {
        let entry = self.from(hash).find(|entry| entry.is_free() || is_it(*entry))?;
        Some(entry.place).filter(|_| !entry.is_free())
    }

    fn enter(&mut self, entry: Entry) {
        let octets = u64::from(entry.tag) << 32 | u64::from(entry.place.0);
        let first = self.first(u64::from(entry.tag) << 32);
        let (behind, ahead) = self.entries.split_at_mut(first);
        let free = ahead.iter_mut().chain(behind).find(|entry| Entry::of(**entry).is_free());
        free.into_iter().for_each(|free| *free = octets);
    }

    /// Takes the entry of this place out. Those behind it move up, so that none is looked for behind a free one.
    fn leave(&mut self, place: Place, hash: u64) {
        let Some(last) = self.entries.len().checked_sub(1) else { return };
        let entry = |entries: &[u64], at: usize| Entry::of(entries.get(at & last).copied().unwrap_or(0));
        let first = self.first(hash);
        let Some(mut hole) = (first..=first + last).find(|at| entry(&self.entries, *at).place == place) else { return };
        for at in hole + 1..=hole + last {
            let here = entry(&self.entries, at);
            if here.is_free() {
                break;
            }
            let should = self.first(u64::from(here.tag) << 32);
            // It may stand anywhere from where it should on.
            if (at.wrapping_sub(should) & last) >= at - hole {
                self.entries[hole & last] = self.entries[at & last];
                hole = at;
            }
        }
        self.entries[hole & last] = 0;
    }

    fn fetch(&self, hash: u64) {
        self.entries.get(self.first(hash)).into_iter().for_each(prefetch);
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
        let (index, former) = (Index::new(FEWEST_ENTRIES), Index::default());
        Self { index, former, taken_over: 0, blocks: Vec::new(), len: 0 }
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
        for hash in then.map(hash) {
            self.index.fetch(hash);
            if self.is_widening() {
                self.former.fetch(hash);
            }
        }
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

    /// All records, in the order in which they were made, as long as none has been taken out.
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

    /// Takes the subscriber's record out; the one that was made last comes to stand in its place.
    pub fn remove(&mut self, imsi: Imsi) -> Option<R> {
        while self.is_widening() {
            self.take_over();
        }
        let (place, last) = (self.place(imsi)?, Place::of(self.len - 1));
        let moved = self.seat(last)?.imsi;
        self.index.leave(place, hash(imsi));
        if last != place {
            self.index.leave(last, hash(moved));
        }
        let seat = self.blocks.last_mut()?.pop()?;
        if self.blocks.last().is_some_and(Vec::is_empty) {
            self.blocks.pop();
        }
        self.len -= 1;
        if last == place {
            return Some(seat.record);
        }
        self.index.enter(Entry::new(hash(moved), place));
        let (block, place) = place.within()?;
        Some(std::mem::replace(self.blocks.get_mut(block)?.get_mut(place)?, seat).record)
    }

    fn place(&self, imsi: Imsi) -> Option<Place> {
        let hash = hash(imsi);
        self.search(hash, |entry| entry.has(hash) && self.seat(entry.place).is_some_and(|seat| seat.imsi == imsi))
    }

    /// Where the subscriber's record should be; only there can be told whether it is.
    fn likely(&self, imsi: Imsi) -> Place {
        let hash = hash(imsi);
        self.search(hash, |entry| entry.has(hash)).unwrap_or(Place::NOWHERE)
    }

    #[inline]
    fn search(&self, hash: u64, is_it: impl Fn(Entry) -> bool) -> Option<Place> {
        match self.index.find(hash, &is_it) {
            None if self.is_widening() => self.former.find(hash, is_it),
            found => found,
        }
    }

    fn is_widening(&self) -> bool {
        !self.former.entries.is_empty()
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

    fn add(&mut self, seat: Seat<R>) -> Place {
        if 2 * (self.len + 1) > self.index.entries.len() {
            let wider = Index::new(2 * self.index.entries.len());
            (self.former, self.taken_over) = (std::mem::replace(&mut self.index, wider), 0);
        }
        self.take_over();
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
        self.index.enter(Entry::new(hash(seat.imsi), place));
        if let Some(block) = self.blocks.last_mut() {
            block.push(seat);
        }
        place
    }

    /// Goes on with taking over what stands in the former index. Each entry keeps its order, so that little is fetched for it.
    fn take_over(&mut self) {
        if !self.is_widening() {
            return;
        }
        let rest = self.former.entries.get(self.taken_over..).unwrap_or_default();
        rest.iter().take(TAKEN_OVER).copied().map(Entry::of).filter(|entry| !entry.is_free()).for_each(|entry| {
            self.index.enter(entry);
        });
        self.taken_over += TAKEN_OVER;
        if self.taken_over >= self.former.entries.len() {
            self.former = Index::default();
        }
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
    fn who_is_taken_out_is_gone_and_the_others_are_found_whatever_comes_and_goes() {
        let (mut roster, mut there) = (filled(0), std::collections::BTreeMap::new());
        let mut draw = 7_u64;
        for step in 0..60_000_u64 {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let who = (draw >> 33) % 1_500 * 7;
            // More come than go, then more go than come.
            if (draw >> 20) % 8 < if step % 20_000 < 10_000 { 5 } else { 3 } {
                let Ok(_) = roster.find_or_make(imsi(who), Place::NOWHERE, || Ok::<_, Infallible>(step));
                there.entry(who).or_insert(step);
            } else {
                assert_eq!(roster.remove(imsi(who)), there.remove(&who), "{step}");
            }
            assert_eq!(roster.len(), there.len());
            if step % 500 == 0 {
                let all: std::collections::BTreeMap<Imsi, u64> = roster.iter().map(|(imsi, at)| (imsi, *at)).collect();
                assert_eq!((all.len(), all.values().sum::<u64>()), (there.len(), there.values().sum::<u64>()));
                (0..1_500).for_each(|n| assert_eq!(roster.find(imsi(n * 7)).copied(), there.get(&(n * 7)).copied()));
            }
        }
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
