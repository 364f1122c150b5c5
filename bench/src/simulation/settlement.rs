//! What becomes of scripts: where their messages were captured, what was true of them, and what their subscribers do next.

use std::io::{self, Write};

use event::Timestamp;

use super::{Action, Simulation};
use crate::script::{Script, Sighting};
use crate::tap::Token;

impl<C: Write, T: Write> Simulation<C, T> {
    /// A script whose last message has been captured is settled; its subscriber goes on living.
    pub(super) fn note_captured(&mut self) -> io::Result<()> {
        if !self.tap.has_news() {
            return Ok(());
        }
        let mut captured = std::mem::take(&mut self.captured);
        self.tap.drain(&mut captured);
        for (token, sighting) in captured.drain(..) {
            self.note_owner(token.subscriber, sighting.frame)?;
            let Some(sighting) = self.put_together(token, sighting) else { continue };
            let Some(slot) = self.running.get_mut(token.subscriber as usize) else { continue };
            let complete = slot.as_mut().is_some_and(|script| script.captured(token.step, sighting));
            if complete && let Some(script) = slot.take() {
                self.settle(token.subscriber, &script)?;
                self.give_back(&script, sighting.at);
                self.schedule(script.then.max(sighting.at), Action::Act(token.subscriber));
                self.idle.push(script);
            }
        }
        self.captured = captured;
        Ok(())
    }

    // Where a message was captured whose piece was: with its last one, if none is missing.
    fn put_together(&mut self, token: Token, sighting: Sighting) -> Option<Sighting> {
        let whole = Token { is_whole: true, ..token };
        if !token.is_whole {
            if sighting.frame == 0 && !self.lost_pieces.contains(&whole) {
                self.lost_pieces.push(whole);
            }
            return None;
        }
        let lost = self.lost_pieces.iter().position(|lost| *lost == whole);
        Some(match lost.map(|index| self.lost_pieces.swap_remove(index)) {
            Some(_) => Sighting { frame: 0, ..sighting },
            None => sighting,
        })
    }

    fn give_back(&mut self, script: &Script, at: Timestamp) {
        if self.plan.practice.reuse_references {
            script.connections.iter().for_each(|connection| self.network.give_back(connection.line, at));
        }
    }

    fn note_owner(&mut self, index: u32, frame: u64) -> io::Result<()> {
        match (&mut self.owners, self.people.get(index as usize)) {
            (Some(out), Some(subscriber)) if frame != 0 => writeln!(out, "{frame},{}", subscriber.imsi),
            _ => Ok(()),
        }
    }

    pub(super) fn settle(&mut self, index: u32, script: &Script) -> io::Result<()> {
        match self.people.get_mut(index as usize) {
            Some(subscriber) => self.truth.settle(script, subscriber, self.plan.start),
            None => Ok(()),
        }
    }
}
