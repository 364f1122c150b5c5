//! `when:` — one event, or several over time.

use std::time::Duration;

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::trigger;
use super::vocabulary::{self as v, Vocabulary};
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use crate::scenario::{Happening, MAX_COUNT, MAX_HAPPENINGS, MAX_STEPS, Pattern, Step, WINDOW};

/// Reads what stands under `when`. An event that needs no more may stand alone: `when: power_on`.
pub(super) fn read(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Pattern> {
    let mut reader = Reader { shelf, findings };
    let pattern = on_form(&entry.value, |node| reader.pattern(node, entry))?;
    if pattern.happenings().count() > MAX_HAPPENINGS {
        findings.report(&entry.key_span, Problem::Number { least: 1, most: MAX_HAPPENINGS });
        return None;
    }
    Some(pattern)
}

/// Reads one event, or any of several.
pub(super) fn step(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Step> {
    Reader { shelf, findings }.step(&entry.value, entry)
}

/// What a key of [`v::STEP`] names.
pub(super) fn happening(word: Word, entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Step> {
    Reader { shelf, findings }.happenings(word, entry).map(Step)
}

/// `still_here: no`: whether the subscriber must be present at the end of a wait; where nothing is said, yes.
pub(super) fn still_here(form: &Form<'_>, findings: &mut Findings<'_>) -> Option<bool> {
    const NEEDED: [(Word, bool); 2] = [(v::YES, true), (v::NO_NEED, false)];
    form.find(v::STILL_HERE).map_or(Some(true), |entry| field::choice(entry, &NEEDED, findings))
}

/// Gives `read` the node as a form; a word that stands alone is a key without value.
pub(super) fn on_form<T>(node: &Node, read: impl FnOnce(&Node) -> T) -> T {
    let Value::Text { text, .. } = &node.value else { return read(node) };
    let value = Node { span: node.span.clone(), value: Value::Empty };
    let key = Entry { key: text.clone(), key_span: node.span.clone(), value };
    read(&Node { span: node.span.clone(), value: Value::Fields(vec![key]) })
}

/// What reading needs, wherever in a pattern it is.
struct Reader<'r, 's, 'f> {
    shelf: &'r mut Shelf<'s>,
    findings: &'r mut Findings<'f>,
}

impl Reader<'_, '_, '_> {
    fn pattern(&mut self, node: &Node, opened_by: &Entry) -> Option<Pattern> {
        let (word, entry) = self.one(node, opened_by, &v::TRIGGER)?;
        match word {
            word if word == v::SEQUENCE => self.sequence(entry),
            word if word == v::COUNT => self.count(entry),
            word if word == v::ABSENCE => self.absence(entry),
            word if word == v::ALL_OF => self.all(entry),
            word => self.happenings(word, entry).map(Step).map(Pattern::Once),
        }
    }

    /// The one key of a form.
    fn one<'n>(
        &mut self,
        node: &'n Node,
        opened_by: &Entry,
        vocabulary: &'static Vocabulary,
    ) -> Option<(Word, &'n Entry)> {
        let form = Form::read(node, &opened_by.key_span, vocabulary, self.findings)?;
        form.require_one(vocabulary.keys, self.findings)
    }

    /// One event, or any of several.
    fn step(&mut self, node: &Node, opened_by: &Entry) -> Option<Step> {
        on_form(node, |node| {
            let (word, entry) = self.one(node, opened_by, &v::STEP)?;
            self.happenings(word, entry).map(Step)
        })
    }

    fn happenings(&mut self, word: Word, entry: &Entry) -> Option<Vec<Happening>> {
        if word != v::ANY_OF {
            return trigger::read(word, entry, self.shelf, self.findings).map(|happening| vec![happening]);
        }
        let steps = self.each(entry, 1, Self::step)?;
        Some(steps.into_iter().flat_map(|step| step.0).collect())
    }

    /// The items of a list, `least` to [`MAX_STEPS`], each read by `read`. `None` unless all can be read.
    fn each<T>(
        &mut self,
        entry: &Entry,
        least: usize,
        read: impl Fn(&mut Self, &Node, &Entry) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = match &entry.value.value {
            Value::List(items) => items,
            Value::Refused => return None,
            Value::Empty => {
                self.findings.report(&entry.key_span, Problem::MissingValue { key: entry.key.clone() });
                return None;
            }
            Value::Text { .. } | Value::Fields(_) => {
                self.findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::List });
                return None;
            }
        };
        let read: Vec<Option<T>> = items.iter().map(|item| read(self, item, entry)).collect();
        if !(least..=MAX_STEPS).contains(&items.len()) {
            self.findings.report(&entry.key_span, Problem::Number { least, most: MAX_STEPS });
            return None;
        }
        read.into_iter().collect()
    }

    /// `sequence: {within: 48h, steps: [call: 10086, area: {enter: shops}]}`
    fn sequence(&mut self, entry: &Entry) -> Option<Pattern> {
        let form = Form::read(&entry.value, &entry.key_span, &v::SEQUENCE_FORM, self.findings)?;
        let within = self.within(&form);
        let steps = form.require(v::STEPS, self.findings)?;
        let steps = self.each(steps, 2, Self::step);
        Some(Pattern::Sequence { steps: steps?, within: within? })
    }

    /// `count: {of: {area: {enter: shops}}, at_least: 3, within: 48h, gap: 30m}`
    fn count(&mut self, entry: &Entry) -> Option<Pattern> {
        let form = Form::read(&entry.value, &entry.key_span, &v::COUNT_FORM, self.findings)?;
        let within = self.within(&form);
        let of = form.require(v::OF, self.findings).and_then(|of| self.step(&of.value, of));
        let at_least = form.require(v::AT_LEAST, self.findings);
        let at_least = at_least.and_then(|entry| field::whole_number(entry, 2, MAX_COUNT.into(), self.findings));
        let gap = form.find(v::GAP);
        let span = gap.map_or(Some(Duration::ZERO), |entry| field::span(entry, self.findings));
        let (of, at_least, within, span) = (of?, u8::try_from(at_least?).ok()?, within?, span?);
        if let Some(gap) = gap.filter(|_| span * u32::from(at_least - 1) >= within) {
            self.findings.report(&gap.value.span, Problem::NeverInTime);
            return None;
        }
        Some(Pattern::Count { of, at_least, within, gap: span })
    }

    /// `absence: {after: {roam: in}, no: {call: {out: yes}}, for: 24h, still_here: no}`
    fn absence(&mut self, entry: &Entry) -> Option<Pattern> {
        let form = Form::read(&entry.value, &entry.key_span, &v::ABSENCE_FORM, self.findings)?;
        let [after, no] = [v::AFTER, v::NO]
            .map(|word| form.require(word, self.findings).and_then(|step| self.step(&step.value, step)));
        let lasting = form.require(v::FOR, self.findings).and_then(|entry| field::span(entry, self.findings));
        let still_here = still_here(&form, self.findings);
        Some(Pattern::Absence { after: after?, no: no?, lasting: lasting?, still_here: still_here? })
    }

    /// `all: [call: 10086, not: {area: {enter: shops}}]`, `all: {within: 1h, of: [...]}`
    fn all(&mut self, entry: &Entry) -> Option<Pattern> {
        if let Value::List(_) = entry.value.value {
            return self.conditions(entry, WINDOW);
        }
        let form = Form::read(&entry.value, &entry.key_span, &v::ALL_FORM, self.findings)?;
        let within = self.within(&form);
        let conditions = form.require(v::OF, self.findings)?;
        self.conditions(conditions, within?)
    }

    fn conditions(&mut self, entry: &Entry, within: Duration) -> Option<Pattern> {
        let conditions = self.each(entry, 1, Self::condition)?;
        let (without, of): (Vec<_>, Vec<_>) = conditions.into_iter().partition(|(is_negated, _)| *is_negated);
        if of.is_empty() {
            self.findings.report(&entry.key_span, Problem::OnlyNot);
            return None;
        }
        let steps = |conditions: Vec<(bool, Step)>| conditions.into_iter().map(|(_, step)| step).collect();
        Some(Pattern::All { of: steps(of), without: steps(without), within })
    }

    /// A step, and whether it must not have happened.
    fn condition(&mut self, node: &Node, opened_by: &Entry) -> Option<(bool, Step)> {
        on_form(node, |node| {
            let (word, entry) = self.one(node, opened_by, &v::CONDITION)?;
            if word == v::NOT {
                return self.step(&entry.value, entry).map(|step| (true, step));
            }
            self.happenings(word, entry).map(|happenings| (false, Step(happenings)))
        })
    }

    /// How long all of it may take; as long as facts are kept where the form does not say.
    fn within(&mut self, form: &Form<'_>) -> Option<Duration> {
        form.find(v::WITHIN).map_or(Some(WINDOW), |entry| field::span(entry, self.findings))
    }
}
