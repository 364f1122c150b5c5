//! The stream of events of the comparison with engines for complex event processing: 32 octets an event, little endian,
//! the same octets for every engine. One million subscribers, of whom few are busy; three days; 20,000 cells.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// How many subscribers there are.
pub(crate) const SUBSCRIBERS: u64 = 1_000_000;
/// So many events come at once, as in a batch of a shard.
pub(crate) const AT_ONCE: usize = 512;
/// The IMSI of the first.
pub(crate) const FIRST_IMSI: u64 = 460_000_000_000_000;
/// How many are on the target list.
pub(crate) const TARGETS: usize = 100_000;
/// The cells of the area.
pub(crate) const AREA: std::ops::Range<u32> = 1000..1050;

const CELLS: u64 = 20_000;
/// When the stream begins, in milliseconds since 1970.
pub(crate) const BEGIN_MS: u64 = 1_790_000_000_000;
const SPAN_MS: u64 = 72 * 3_600_000;
const SEED: u64 = 0x0123_4567;

/// What happened, as the stream numbers it.
pub(crate) mod kind {
    pub(crate) const LOCATION: u32 = 0;
    pub(crate) const CALL_SET_UP: u32 = 1;
    pub(crate) const CALL_ENDED: u32 = 2;
    pub(crate) const SHORT_MESSAGE: u32 = 3;
    pub(crate) const DATA: u32 = 4;
    pub(crate) const OTHER_DEVICE: u32 = 5;
    pub(crate) const ROAMED_IN: u32 = 6;
    pub(crate) const ROAMED_OUT: u32 = 7;
}

/// Of a thousand events, those below this and not below the one before are of the kind.
const KINDS: [(u64, u32); 8] = [
    (550, kind::LOCATION),
    (650, kind::CALL_SET_UP),
    (750, kind::CALL_ENDED),
    (820, kind::SHORT_MESSAGE),
    (980, kind::DATA),
    (990, kind::OTHER_DEVICE),
    (995, kind::ROAMED_IN),
    (1000, kind::ROAMED_OUT),
];

/// One event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Record {
    pub(crate) imsi: u64,
    pub(crate) at_ms: u64,
    pub(crate) kind: u32,
    pub(crate) cell: u32,
    /// The other party's number, or 0.
    pub(crate) number: u64,
}

impl Record {
    const OCTETS: usize = 32;

    fn octets(&self) -> [u8; Self::OCTETS] {
        let codes = u64::from(self.kind) | u64::from(self.cell) << 32;
        let mut octets = [0; Self::OCTETS];
        let words = [self.imsi, self.at_ms, codes, self.number].into_iter().flat_map(u64::to_le_bytes);
        octets.iter_mut().zip(words).for_each(|(place, octet)| *place = octet);
        octets
    }

    fn read(octets: &[u8; Self::OCTETS]) -> Self {
        let (words, _) = octets.as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        let mut next = || words.next().unwrap_or_default();
        let (imsi, at_ms, codes, number) = (next(), next(), next(), next());
        Self { imsi, at_ms, kind: codes as u32, cell: (codes >> 32) as u32, number }
    }
}

/// Writes so many events.
pub(crate) fn write(file: &Path, events: u64) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let mut draw = Draw::new(SUBSCRIBERS);
    for index in 0..events {
        file.write_all(&draw.next(BEGIN_MS + index * SPAN_MS / events).octets())?;
    }
    file.flush()
}

/// Events of so many subscribers, one after the other.
pub(crate) struct Draw {
    random: Random,
    subscribers: u64,
}

impl Draw {
    pub(crate) fn new(subscribers: u64) -> Self {
        Self { random: Random(SEED), subscribers }
    }

    pub(crate) fn next(&mut self, at_ms: u64) -> Record {
        draw(&mut self.random, self.subscribers, at_ms)
    }
}

fn draw(random: &mut Random, subscribers: u64, at_ms: u64) -> Record {
    // Density falls with the root of the rank: one subscriber in a hundred has a tenth of the events.
    let rank = (subscribers as f64 * random.fraction().powi(2)) as u64;
    let subscriber = scatter(rank) % subscribers;
    let part = random.bits() % 1000;
    let kind = KINDS.into_iter().find(|(end, _)| part < *end).map_or(kind::LOCATION, |(_, kind)| kind);
    let cell = match random.fraction() < 0.7 {
        true => scatter(subscriber ^ 0xABCD) % CELLS,
        false => (CELLS as f64 * random.fraction().powi(2)) as u64,
    };
    let number = match kind {
        kind::CALL_SET_UP | kind::SHORT_MESSAGE => 13_000_000_000 + random.bits() % 1_000_000_000,
        _ => 0,
    };
    Record { imsi: FIRST_IMSI + subscriber, at_ms, kind, cell: cell as u32, number }
}

/// Who is on the target list, each once.
pub(crate) fn targets() -> std::collections::BTreeSet<u64> {
    let mut targets = std::collections::BTreeSet::new();
    for index in 0_u64.. {
        if targets.len() == TARGETS {
            break;
        }
        targets.insert(FIRST_IMSI + scatter(index ^ 0x7777) % SUBSCRIBERS);
    }
    targets
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The finaliser of SplitMix64.
pub(crate) fn scatter(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// Gives the events of a file in batches of [`AT_ONCE`].
pub(crate) fn for_each_batch(file: &Path, mut take: impl FnMut(&[Record])) -> anyhow::Result<u64> {
    let mut file = File::open(file)?;
    let mut octets = vec![0; AT_ONCE * Record::OCTETS];
    let mut records = Vec::with_capacity(AT_ONCE);
    let mut count = 0;
    loop {
        let read = fill(&mut file, &mut octets)?;
        if read == 0 {
            return Ok(count);
        }
        let (chunks, _) = octets.get(..read).unwrap_or_default().as_chunks();
        records.clear();
        records.extend(chunks.iter().map(Record::read));
        count += records.len() as u64;
        take(&records);
    }
}

fn fill(file: &mut File, octets: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    loop {
        match file.read(octets.get_mut(filled..).unwrap_or_default())? {
            0 => return Ok(filled),
            more => filled += more,
        }
    }
}
