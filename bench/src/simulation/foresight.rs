//! Among a million people hardly anything is in the caches when it is due. What is planned for the next milliseconds is read
//! ahead: many reads that do not wait for each other, where its own turn would find them one after the other.

use std::hint::black_box;
use std::io::Write;

use super::{Action, Simulation};

const CACHE_LINE_OCTETS: usize = 64;

impl<C: Write, T: Write> Simulation<C, T> {
    /// Reads ahead, once a millisecond: first where scripts are, then how far they are, then what they say next and the link
    /// that carries it.
    pub(super) fn foresee(&mut self) {
        let now = self.queue.reached();
        if std::mem::replace(&mut self.foreseen, now) == now {
            return;
        }
        let script = |action| match action {
            Action::Step(index) => self.running.get(index as usize).and_then(Option::as_deref),
            _ => None,
        };
        let planned = |ahead| self.queue.planned(now + ahead);
        black_box(planned(3).filter(|action| script(*action).is_some()).count());
        black_box(planned(2).filter(|action| script(*action).is_some_and(|script| script.due().is_some())).count());
        for action in planned(1) {
            let link = match (action, script(action).and_then(|script| script.upcoming())) {
                (_, Some((step, octets))) => {
                    black_box(octets.iter().step_by(CACHE_LINE_OCTETS).fold(0, |sum, octet| sum ^ octet));
                    self.link(step.interface, step.link)
                }
                (Action::Link(link, _), None) => link,
                _ => continue,
            };
            black_box(self.links.get(link as usize).map(|link| link.fetch()));
        }
    }
}
