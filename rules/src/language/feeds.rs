//! Whether the signalling that a probe is attached to can show what a scenario waits for: each event of a file against the
//! table of [`crate::feed`].

use super::diagnostic::Findings;
use super::problem::{Part, Problem};
use super::shelf::Shelf;
use super::site::Site;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use super::{pattern, trigger};
use crate::feed::{self, Shown, Sight};

/// Where events stand in a scenario file, and what they are there.
const PLACES: [(Word, Part); 4] =
    [(v::WHEN, Part::Needed), (v::SCHEDULE, Part::Needed), (v::STAGES, Part::Needed), (v::CONVERT, Part::HopedFor)];
/// Under these stand events that must not have happened.
const NEGATIONS: [Word; 3] = [v::NOT, v::NO, v::UNLESS];
/// Under these stand events that belong together.
const GROUPS: [Word; 7] = [v::ALL_OF, v::SEQUENCE, v::COUNT, v::ABSENCE, v::STEPS, v::OF, v::AFTER];

/// Tells of every event of a scenario file that the feeds do not show, or not always. Of what could not be read, and of no
/// feeds, nothing is told.
pub(super) fn judge(root: &Node, site: &Site, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) {
    let Value::Fields(entries) = &root.value else { return };
    let mut judge = Judge { site, shelf, findings };
    for entry in entries {
        let place = PLACES.iter().find(|(word, _)| word.is(&entry.key));
        place.into_iter().for_each(|(_, part)| judge.events(&entry.value, *part));
    }
}

struct Judge<'j, 's, 'f> {
    site: &'j Site,
    shelf: &'j mut Shelf<'s>,
    findings: &'j mut Findings<'f>,
}

impl Judge<'_, '_, '_> {
    fn events(&mut self, node: &Node, part: Part) {
        if let Value::List(items) = &node.value {
            return items.iter().for_each(|item| self.events(item, part));
        }
        pattern::on_form(node, |form| {
            let Value::Fields(entries) = &form.value else { return };
            entries.iter().for_each(|entry| self.entry(entry, part));
        });
    }

    fn entry(&mut self, entry: &Entry, part: Part) {
        let is_one_of = |words: &[Word]| words.iter().any(|word| word.is(&entry.key));
        if is_one_of(&NEGATIONS) {
            self.events(&entry.value, Part::RuledOut);
        } else if is_one_of(&GROUPS) {
            self.events(&entry.value, part);
        } else if v::ANY_OF.is(&entry.key) {
            let enough = part == Part::Needed && self.shows_any(&entry.value);
            self.events(&entry.value, if enough { Part::Alternative } else { part });
        } else if let Some((word, sights)) = self.sights(entry) {
            self.tell(word, entry, sights, part);
        }
    }

    fn tell(&mut self, word: Word, entry: &Entry, sights: &[Sight], part: Part) {
        let problem = match feed::best(sights, &self.site.feeds) {
            None | Some(Shown::Always) => return,
            Some(Shown::OnlyIf(condition)) => {
                let seen = self.site.seen.as_ref().and_then(|seen| seen.share(sights));
                Problem::NotAlwaysShown { word, condition, seen }
            }
            Some(Shown::Never(obstacle)) => Problem::NeverShown { word, obstacle, part },
        };
        self.findings.report(&entry.key_span, problem);
    }

    /// Whether one of several events can be seen.
    fn shows_any(&mut self, node: &Node) -> bool {
        match &node.value {
            Value::List(items) => items.iter().any(|item| self.shows_any(item)),
            _ => pattern::on_form(node, |form| {
                let Value::Fields(entries) = &form.value else { return false };
                entries.iter().any(|entry| match v::ANY_OF.is(&entry.key) {
                    true => self.shows_any(&entry.value),
                    false => self.sights(entry).is_some_and(|(_, sights)| {
                        feed::best(sights, &self.site.feeds).is_some_and(|shown| !matches!(shown, Shown::Never(_)))
                    }),
                })
            }),
        }
    }

    /// The event that a key names, and what shows it.
    fn sights(&mut self, entry: &Entry) -> Option<(Word, &'static [Sight])> {
        let word = v::STEP.keys.iter().find(|word| word.is(&entry.key))?;
        // What is wrong with it has been told.
        let mut told = Findings::new(self.findings.source, self.findings.language);
        let happening = trigger::read(*word, entry, self.shelf, &mut told)?;
        Some((*word, Sight::of(&happening.trigger)))
    }
}
