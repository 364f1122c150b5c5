//! The crash harness: the whole program under load, killed at random places, with and without a failure of the power, and
//! with files that are written short, cannot be synced, or find no room. Afterwards every event that was taken in before
//! the commit bound is there, every offer was sent exactly as its contract says (the peer's own log decides), and no
//! invariant of the store is broken.
//!
//! `TOUCHPOINT_CRASHES` says how many, `TOUCHPOINT_CRASH_SEED` which.
#![expect(clippy::disallowed_methods, reason = "kills at moments of the clock")]

#[path = "crash/layer.rs"]
mod layer;
#[path = "crash/life.rs"]
mod life;
#[path = "crash/peer.rs"]
mod peer;
#[path = "crash/town.rs"]
mod town;
#[path = "crash/truth.rs"]
mod truth;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use fastrand::Rng;

use layer::{Fault, Layer};
use life::{Life, Pause, World};
use truth::Truth;

/// Crashes of a run that nobody asks for more: about a minute.
const CRASHES: usize = 40;

/// How a start of the program ends, if it does not come to the end of its input before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Crash {
    Killed,
    KilledAtRest,
    KilledAmidShortWrites,
    PowerLost,
    PowerLostAtRest,
    SyncFailed,
    DiskFull,
}

impl Crash {
    fn draw(random: &mut Rng) -> Self {
        match random.u8(0..100) {
            0..35 => Self::Killed,
            35..48 => Self::KilledAtRest,
            48..58 => Self::KilledAmidShortWrites,
            58..74 => Self::PowerLost,
            74..84 => Self::PowerLostAtRest,
            84..92 => Self::SyncFailed,
            _ => Self::DiskFull,
        }
    }

    fn loses_power(self) -> bool {
        matches!(self, Self::PowerLost | Self::PowerLostAtRest | Self::SyncFailed)
    }

    /// `None` where the program runs without the layer.
    fn fault(self, random: &mut Rng) -> Option<Fault> {
        match self {
            Self::Killed | Self::KilledAtRest => None,
            Self::PowerLost | Self::PowerLostAtRest => Some(Fault::None),
            Self::KilledAmidShortWrites => Some(Fault::ShortWrites(random.u8(1..60))),
            Self::SyncFailed => Some(Fault::FailingSync(random.u64(0..60))),
            Self::DiskFull => Some(Fault::FullDisk(random.u64(0..3_000_000))),
        }
    }

    fn pause(self) -> Option<Pause> {
        match self {
            Self::KilledAtRest => Some(Pause::Committed),
            Self::PowerLostAtRest => Some(Pause::Synced),
            _ => None,
        }
    }

    /// Whether the program is to end by itself, saying why.
    fn is_refusal(self) -> bool {
        matches!(self, Self::SyncFailed | Self::DiskFull)
    }
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_sent_twice_wherever_it_crashes() {
    let crashes = setting("TOUCHPOINT_CRASHES").unwrap_or(CRASHES);
    let seed = setting("TOUCHPOINT_CRASH_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("TOUCHPOINT_CRASHES={crashes} TOUCHPOINT_CRASH_SEED={seed}");
    let mut random = Rng::with_seed(seed);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (towns, people) = town::build(folder.path(), seed % 1_000_000);
    let layer = Layer::build(folder.path());
    let mut world = World { folder: PathBuf::from(folder.path()), towns, people, truths: Vec::new(), layer };
    world.truths = Truth::of(&world);

    let (mut counts, mut lives, mut left) = (BTreeMap::<Crash, usize>::new(), 0, crashes);
    while left > 0 {
        lives += 1;
        let mut life = Life::begin(&world, lives, &mut random);
        while life.goes_on() {
            let crash = (left > 0).then(|| Crash::draw(&mut random));
            let crashed = life.start(crash, &mut random);
            if let Some(crash) = crash.filter(|_| crashed) {
                left -= 1;
                *counts.entry(crash).or_default() += 1;
            }
        }
        println!("life {lives} is complete; {left} crashes to go");
    }
    println!("{crashes} crashes in {lives} lives: {counts:?}");
}
