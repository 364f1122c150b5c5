//! What a run that nothing disturbs comes to, and what a store holds.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use engine::offer::{Offer, State};
use engine::window::{LedgerEntry, Store};
use event::{Event, Imsi, Timestamp};

use super::life::World;

/// What tells one event from another.
pub type EventKey = (Imsi, Timestamp, u64, usize);

/// The contents of a store.
pub struct Contents {
    pub facts: HashMap<EventKey, u32>,
    pub ledger: Vec<LedgerEntry>,
    pub offers: Vec<Offer>,
}

impl Contents {
    /// Reads a store, in which every invariant must hold.
    pub fn read(folder: &Path, what: &str) -> Self {
        let store = Store::open(folder).unwrap_or_else(|error| panic!("{what}: {error}"));
        let broken = store.check().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(broken.is_empty(), "{what}: {broken:#?}");
        let mut facts = HashMap::new();
        for window in store.windows(Timestamp::MIN).expect("windows") {
            let (imsi, events) = window.expect("a window");
            events.iter().for_each(|event| *facts.entry(key(imsi, event)).or_default() += 1);
        }
        let ledger = store.ledger().expect("a ledger").collect::<Result<_, _>>().expect("a ledger");
        let offers = store.outbox().expect("an outbox").collect::<Result<_, _>>().expect("an outbox");
        Self { facts, ledger, offers }
    }

    /// The offers without how far sending has come, which may depend on where a run was cut.
    pub fn decided(&self) -> Vec<Offer> {
        let mut offers = self.offers.clone();
        for offer in &mut offers {
            offer.receipt = None;
            offer.others.clear();
            if matches!(offer.state, State::Queued | State::Sending | State::Accepted(_) | State::Unknown) {
                offer.state = State::Queued;
            }
        }
        offers
    }
}

pub fn key(imsi: Imsi, event: &Event) -> EventKey {
    (imsi, event.at, event.frame, event.kind.index())
}

/// After one of the towns.
pub struct Truth {
    pub contents: Contents,
    /// How long it took.
    pub length: Duration,
}

impl Truth {
    /// Of each town after those before it.
    pub fn of(world: &World) -> Vec<Self> {
        let store = world.folder.join("truth");
        let journal = world.folder.join("truth.jsonl");
        let towns = world.towns.iter().map(|town| {
            let began = Instant::now();
            let mut command = world.replay(&store, 2);
            command.arg("--journal").arg(&journal).stdin(Stdio::piped()).stdout(Stdio::null());
            let mut child = command.spawn().expect("touchpoint starts");
            let mut input = child.stdin.take().expect("it was piped");
            std::io::Write::write_all(&mut input, &town.capture).expect("it reads to the end");
            drop(input);
            assert!(child.wait().expect("it ends").success());
            let length = began.elapsed();
            Self { contents: Contents::read(&store.join("window"), "undisturbed"), length }
        });
        towns.collect()
    }
}
