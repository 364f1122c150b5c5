//! Erasing a subscriber while the system runs: the engine is put down, the store looked through without it, and another engine
//! begun on what is left. Feeds go on meanwhile; what they tell waits.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use event::Imsi;
use rules::RuleSet;

use super::feed::{Item, Parcel};
use super::observed::Seen;
use super::{RunError, View, clock, engine, lanes, window};
use crate::Engine;
use crate::erasure::{Erased, erase};
use crate::identities::Eraser;

/// The most events and facts that wait while there is no engine: about 200 MB. Beyond it the feeds wait.
const WAITING_ITEMS: usize = 1_000_000;
/// How often is looked whether those who read the store have ended.
const LOOK: Duration = Duration::from_millis(20);

/// A subscriber is to be forgotten, and who is told when it is.
pub(super) type Forgetting = (Imsi, Sender<()>);

/// What goes away, and what is needed to begin anew.
pub(super) struct Away {
    pub(super) imsi: Imsi,
    pub(super) engine: Engine,
    pub(super) feeds: Vec<Sender<Forgetting>>,
    pub(super) identities: Eraser,
    pub(super) rules: Arc<RuleSet>,
    pub(super) seen: Vec<Arc<Seen>>,
    pub(super) view: Arc<View>,
}

/// What came of it.
pub(super) struct Anew {
    pub(super) engine: Engine,
    pub(super) told: Result<Erased, String>,
}

impl Away {
    /// Puts the engine down, erases, begins another one.
    pub(super) fn run(self) -> Result<Anew, RunError> {
        let Self { imsi, engine: down, feeds, identities, rules, seen, view } = self;
        feeds.iter().for_each(|feed| forget(feed, imsi));
        let rows = match identities.forget(imsi) {
            Some(Ok(rows)) => rows,
            Some(Err(error)) => {
                return Ok(Anew { engine: down, told: Err(format!("temporary identities stay: {error}")) });
            }
            None => {
                return Ok(Anew { engine: down, told: Err("nobody keeps temporary identities any more".to_owned()) });
            }
        };
        let counts = down.told();
        // What is unsettled is taken up by the next one.
        drop(down.finish()?);
        close(&view);
        let told = erase(&window(&view.config), imsi, Some(rows)).map_err(|error| error.to_string());
        let (lanes, _) = lanes(&view.config.channels, &seen)?;
        let engine = engine(&view.config, rules, view.directory.load_full(), lanes, counts, clock::wall())?;
        view.store.store(Some(engine.store()));
        Ok(Anew { engine, told })
    }
}

/// A feed that has ended knows nothing any more.
fn forget(feed: &Sender<Forgetting>, imsi: Imsi) {
    let (done, is_done) = bounded(1);
    if feed.send((imsi, done)).is_ok() {
        _ = is_done.recv();
    }
}

/// Takes the store away from whoever reads it, and closes it when the last of them has ended.
fn close(view: &View) {
    let mut open = view.store.swap(None);
    while let Some(Err(read)) = open.map(Arc::try_unwrap) {
        thread::sleep(LOOK);
        open = Some(read);
    }
}

/// What feeds tell while there is no engine.
#[derive(Default)]
pub(super) struct Waiting {
    parcels: Vec<Parcel>,
    items: usize,
}

impl Waiting {
    /// Takes a parcel, if there is room and one comes in time.
    pub(super) fn take(&mut self, parcels: &Receiver<Parcel>, time: Duration) {
        if self.items >= WAITING_ITEMS {
            metrics::counter!("touchpoint_limit_reached_total", "limit" => "waiting_for_engine").increment(1);
            return thread::sleep(time);
        }
        match parcels.recv_timeout(time) {
            Ok(parcel) => {
                self.items += parcel.items.len();
                self.parcels.push(parcel);
            }
            // Nobody tells how long to wait any more.
            Err(error) if error.is_disconnected() => thread::sleep(time),
            Err(_) => {}
        }
    }

    /// All of them, without what they tell of somebody who was erased meanwhile.
    pub(super) fn without(self, imsi: Imsi) -> impl Iterator<Item = Parcel> {
        self.parcels.into_iter().map(move |mut parcel| {
            parcel.items.retain(|item| !matches!(item, Item::Event(event) if event.imsi == Some(imsi)));
            parcel
        })
    }
}
