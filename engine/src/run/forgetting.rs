//! Erasing a subscriber while the system runs: a thread beside it has feeds, engine and store forget, in this order, and looks for
//! what is left. What is told of the subscriber meanwhile is passed over.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam::channel::{Sender, bounded};
use event::{Imsi, Timestamp};

use super::Order;
use super::status::ErasingStatus;
use crate::erasure::Erased;
use crate::identities::Eraser;
use crate::oblivion::{Course, Oblivion, Step};
use crate::window::Store;

/// A subscriber is to be forgotten, and who is told when it is.
pub(super) type Forgetting = (Imsi, Sender<()>);

/// Somebody is being erased.
pub(super) struct Erasing {
    pub(super) imsi: Imsi,
    /// Who asked; nobody where an earlier run was asked.
    pub(super) order: Option<Order>,
    since: Timestamp,
    course: Arc<Course>,
    store: Arc<Store>,
    work: JoinHandle<Result<Erased, String>>,
}

impl Erasing {
    /// Begins. The engine takes nothing in of the subscriber any more.
    pub(super) fn begin(
        oblivion: Oblivion,
        feeds: Vec<Sender<Forgetting>>,
        identities: Eraser,
        order: Option<Order>,
        since: Timestamp,
    ) -> std::io::Result<Self> {
        let (imsi, store, course) = (oblivion.imsi, Arc::clone(&oblivion.store), Arc::<Course>::default());
        let own = Arc::clone(&course);
        let work = move || {
            feeds.iter().for_each(|feed| forget(feed, imsi));
            let bindings = match identities.forget(imsi) {
                Some(Ok(bindings)) => bindings,
                Some(Err(error)) => return Err(format!("temporary identities stay: {error}")),
                None => return Err("nobody keeps temporary identities any more".to_owned()),
            };
            let rewriting = oblivion.delete(&own);
            rewriting.and_then(|rewriting| rewriting.rewrite(bindings, &own)).map_err(|error| error.to_string())
        };
        let work = thread::Builder::new().name("erasure".to_owned()).spawn(work)?;
        Ok(Self { imsi, order, since, course, store, work })
    }

    pub(super) fn is_finished(&self) -> bool {
        self.work.is_finished()
    }

    /// Whether its rows may still be there: until they are not, the rules stay.
    pub(super) fn has_rows(&self) -> bool {
        self.course.step() == Step::Rows
    }

    /// How far it is.
    pub(super) fn status(&self, waiting: usize) -> ErasingStatus {
        ErasingStatus { since: Some(self.since), step: self.course.step().name(), waiting }
    }

    /// What came of it, when it has finished or is made to.
    pub(super) fn end(self) -> (Imsi, Option<Order>, Result<Erased, String>) {
        let told = self.work.join().unwrap_or_else(|_| Err("the thread that erases has failed".to_owned()));
        (self.imsi, self.order, told)
    }

    /// From now on it does nothing more than it must; to be called while the engine is there.
    pub(super) fn hurry(&self) {
        self.course.end();
    }

    /// Ends it where it is, when there is no engine any more; the next start begins it anew.
    pub(super) fn cut_off(self) {
        self.store.end_work();
        let (_, order, _) = self.end();
        let told = "the service ends; it goes on with this when it starts again, and writes into the audit log when it is done";
        order.into_iter().for_each(|order| _ = order.reply.send(Err(told.to_owned())));
    }
}

/// A feed that has ended knows nothing any more.
fn forget(feed: &Sender<Forgetting>, imsi: Imsi) {
    let (done, is_done) = bounded(1);
    if feed.send((imsi, done)).is_ok() {
        _ = is_done.recv();
    }
}
