//! A test file: cases with the events of one subscriber, and what must come of them.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use event::Imsi;
use jiff::civil::Date;

use super::diagnostic::Findings;
use super::form::Form;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::test_event::{Clock, Happenings};
use super::test_problem::TestProblem;
use super::test_words as t;
use super::vocabulary as v;
use super::words::{self, Word};
use super::yaml::{Entry, Node, Value};
use super::{field, value};
use crate::RuleSet;
use crate::lists::Directory;
use crate::scenario::Purpose;
use crate::unit::{Case, Control, Equivalent, Expected, Why, WhyNot};

/// Whom a case is about where it does not say.
const DEFAULT_IMSI: &str = "460000000000001";

const PURPOSES: [(Word, Purpose); 3] =
    [(v::SERVICE, Purpose::Service), (v::MARKETING, Purpose::Marketing), (v::LOCATION, Purpose::Location)];
const CONTROLS: [(Word, Control); 3] =
    [(v::YES, Control::All), (t::NO, Control::Outside), (t::OF_SCENARIO, Control::OfScenarios)];
pub(super) const YES_OR_NO: [(Word, bool); 2] = [(v::YES, true), (t::NO, false)];

/// The person whom a case is about. What a case does not say is as in the defaults.
#[derive(Clone, Default)]
struct Who {
    imsi: Option<Imsi>,
    msisdn: Option<String>,
    consent: Option<Vec<Purpose>>,
    tags: Option<Vec<(String, String)>>,
    control: Option<Control>,
}

/// What holds for all cases of a file.
#[derive(Clone, Default)]
struct Defaults {
    date: Option<Date>,
    who: Who,
    cold: bool,
}

/// What a test file says.
pub(super) struct Draft {
    pub(super) cases: Vec<Case>,
    pub(super) equivalents: Vec<Equivalent>,
}

/// Reads all that can be read, and tells the author of everything that cannot.
pub(super) fn read(root: &Node, set: &RuleSet, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Draft> {
    let start = super::punctuation::line_at(&findings.source.text, root.span.start);
    let form = Form::read(root, &start, &t::TEST_FILE, findings)?;
    let defaults = form.find(t::DEFAULTS).map(|entry| defaults(entry, findings)).unwrap_or_default();
    let equivalents = form.find(t::EQUIVALENT).map(|entry| equivalents(entry, findings)).unwrap_or_default();
    let entry = form.require(t::CASES, findings)?;
    let items = items(entry, findings)?;
    if items.is_empty() {
        findings.report(&entry.key_span, TestProblem::NoCases.into());
    }
    let mut cases: Vec<Case> = Vec::with_capacity(items.len());
    for item in items {
        let Some(case) = Reading { set, shelf, findings }.case(item, &defaults) else { continue };
        if cases.iter().any(|other| other.name == case.name) {
            findings.report(&case.span, TestProblem::SameCase { name: case.name.clone() }.into());
        }
        cases.push(case);
    }
    Some(Draft { cases, equivalents })
}

/// `[{scenario: wanda-g3, change: "10m → 20m", because: …}]`
fn equivalents(entry: &Entry, findings: &mut Findings<'_>) -> Vec<Equivalent> {
    items(entry, findings).unwrap_or_default().iter().filter_map(|item| equivalent(item, findings)).collect()
}

fn equivalent(node: &Node, findings: &mut Findings<'_>) -> Option<Equivalent> {
    let form = Form::read(node, &node.span, &t::EQUIVALENT_FORM, findings)?;
    let [scenario, change, because] = [v::SCENARIO, t::CHANGE, t::BECAUSE].map(|word| {
        let entry = form.require(word, findings)?;
        field::text(entry, findings).map(str::to_owned)
    });
    Some(Equivalent { scenario: scenario?, change: change?, because: because?, span: node.span.clone() })
}

/// The entries of a list; the author is told where it is none.
fn items<'n>(entry: &'n Entry, findings: &mut Findings<'_>) -> Option<&'n [Node]> {
    match &entry.value.value {
        Value::List(items) => Some(items),
        Value::Empty => Some(&[]),
        Value::Refused => None,
        _ => {
            findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::List });
            None
        }
    }
}

fn defaults(entry: &Entry, findings: &mut Findings<'_>) -> Defaults {
    let Some(form) = Form::read(&entry.value, &entry.key_span, &t::DEFAULTS_FORM, findings) else {
        return Defaults::default();
    };
    let mut defaults = Defaults::default();
    defaults.refine(&form, findings);
    defaults
}

impl Defaults {
    fn refine(&mut self, form: &Form<'_>, findings: &mut Findings<'_>) {
        if let Some(entry) = form.find(t::DATE) {
            self.date = date(entry, findings);
        }
        if let Some(entry) = form.find(t::COLD) {
            self.cold = field::choice(entry, &YES_OR_NO, findings).unwrap_or(false);
        }
        if let Some(entry) = form.find(v::WHO) {
            self.who.refine(entry, findings);
        }
    }
}

fn date(entry: &Entry, findings: &mut Findings<'_>) -> Option<Date> {
    let read = |text: &str| value::dates(text).filter(|(first, last)| first == last).map(|(day, _)| day);
    field::parsed(entry, findings, read, |_| Problem::Dates)
}

impl Who {
    fn refine(&mut self, entry: &Entry, findings: &mut Findings<'_>) {
        let Some(form) = Form::read(&entry.value, &entry.key_span, &t::PERSON_FORM, findings) else { return };
        if let Some(entry) = form.find(t::IMSI) {
            self.imsi = field::parsed(entry, findings, |text| text.parse().ok(), |_| identity("IMSI"));
        }
        if let Some(entry) = form.find(t::MSISDN) {
            let read = |text: &str| text.parse::<event::Number>().ok().map(|number| number.to_string());
            self.msisdn = field::parsed(entry, findings, read, |_| identity("MSISDN"));
        }
        if let Some(entry) = form.find(v::CONSENT) {
            self.consent = Some(match &entry.value.value {
                Value::List(items) if items.is_empty() => Vec::new(),
                _ => field::choices(entry, &PURPOSES, findings),
            });
        }
        if let Some(entry) = form.find(v::TAGS) {
            self.tags = Some(tags(entry, findings));
        }
        if let Some(entry) = form.find(t::IN_CONTROL) {
            self.control = field::choice(entry, &CONTROLS, findings);
        }
    }

    fn imsi(&self) -> Option<Imsi> {
        self.imsi.or_else(|| DEFAULT_IMSI.parse().ok())
    }

    /// The subscriber file with this one subscriber.
    fn directory(&self, imsi: Imsi) -> Option<Directory> {
        let purposes: Vec<_> = self.consent.iter().flatten().map(|purpose| purpose.name()).collect();
        let tags = self.tags.as_deref().unwrap_or_default();
        let mut file = String::from("imsi,msisdn,consent");
        tags.iter().for_each(|(column, _)| push_cell(&mut file, column));
        file.push('\n');
        file.push_str(&imsi.to_string());
        push_cell(&mut file, self.msisdn.as_deref().unwrap_or_default());
        push_cell(&mut file, &purposes.join("|"));
        tags.iter().for_each(|(_, value)| push_cell(&mut file, value));
        file.push('\n');
        Directory::parse(Path::new("who"), file.into_bytes()).ok()
    }
}

fn push_cell(file: &mut String, text: &str) {
    file.push_str(",\"");
    file.push_str(&text.replace('"', "\"\""));
    file.push('"');
}

pub(super) fn identity(what: &'static str) -> Problem {
    TestProblem::Identity { what }.into()
}

/// Columns of the subscriber file and what stands there: `{brand: gotone}`.
fn tags(entry: &Entry, findings: &mut Findings<'_>) -> Vec<(String, String)> {
    let Value::Fields(columns) = &entry.value.value else {
        findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::Fields });
        return Vec::new();
    };
    let read = |column: &Entry| Some((column.key.clone(), field::text(column, findings)?.to_owned()));
    columns.iter().filter_map(read).collect()
}

/// What a case is read with.
struct Reading<'r, 'a, 's> {
    set: &'r RuleSet,
    shelf: &'r mut Shelf<'a>,
    findings: &'r mut Findings<'s>,
}

impl Reading<'_, '_, '_> {
    fn case(&mut self, node: &Node, defaults: &Defaults) -> Option<Case> {
        let start = super::punctuation::line_at(&self.findings.source.text, node.span.start);
        let form = Form::read(node, &start, &t::CASE_FORM, self.findings)?;
        let named = form.require(t::CASE, self.findings)?;
        let name = field::text(named, self.findings)?.to_owned();
        let mut own = defaults.clone();
        own.refine(&form, self.findings);
        let Some(date) = own.date else {
            form.require(t::DATE, self.findings);
            return None;
        };
        let imsi = own.who.imsi()?;
        let mut happenings = Happenings::new(imsi, self.set.policy(), date);
        let events = form.require(t::EVENTS, self.findings)?;
        for item in items(events, self.findings)? {
            happenings.read(item, self.shelf, self.findings);
        }
        let clock = happenings.clock().clone();
        let expected = form.require(t::EXPECT, self.findings)?;
        let expect = self.expected(expected, &clock)?;
        let why_not = form.find(t::WHY_NOT).map(|entry| self.why_not(entry)).unwrap_or_default();
        let until = form.find(t::UNTIL).and_then(|entry| clock.read(entry, self.findings));
        let events = happenings.finish(&events.key_span, self.findings);
        let ends = [until, events.last().map(|event| event.at), expect.iter().map(|offer| offer.at).max()];
        Some(Case {
            name,
            span: named.value.span.clone(),
            until: ends.into_iter().flatten().max()?,
            events,
            directory: own.who.directory(imsi)?,
            lookup: own.who.msisdn.is_none(),
            warm: !own.cold,
            control: own.who.control.unwrap_or_default(),
            expect,
            expect_span: expected.key_span.clone(),
            why_not,
        })
    }

    fn expected(&mut self, entry: &Entry, clock: &Clock) -> Option<Vec<Expected>> {
        let mut expected = Vec::new();
        for item in items(entry, self.findings)? {
            let Some(form) = Form::read(item, &item.span, &t::OFFER_FORM, self.findings) else { continue };
            let at = form.require(t::AT, self.findings).and_then(|entry| clock.read(entry, self.findings));
            let offer = form.require(t::OFFER, self.findings).and_then(|entry| {
                let name = field::text(entry, self.findings)?;
                self.scenario(&entry.value.span, name)
            });
            expected.extend(at.zip(offer).map(|(at, scenario)| Expected { at, scenario, span: item.span.clone() }));
        }
        Some(expected)
    }

    /// `{wanda-g3: dwell_broken}`.
    fn why_not(&mut self, entry: &Entry) -> Vec<WhyNot> {
        let Value::Fields(entries) = &entry.value.value else {
            self.findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::Fields });
            return Vec::new();
        };
        let mut all = Vec::new();
        for entry in entries {
            let scenario = self.scenario(&entry.key_span, &entry.key);
            let reasons = field::each(entry, self.findings, why, unknown_reason);
            let Some(scenario) = scenario else { continue };
            let span = entry.key_span.start..entry.value.span.end.max(entry.key_span.end);
            all.extend(reasons.into_iter().map(|reason| WhyNot {
                scenario: Arc::clone(&scenario),
                reason,
                span: span.clone(),
            }));
        }
        all
    }

    /// The scenario of this name; the author is told where there is none.
    fn scenario(&mut self, span: &Range<usize>, name: &str) -> Option<Arc<str>> {
        let scenarios = self.set.scenarios();
        let found = scenarios.iter().find(|scenario| *scenario.name == *name);
        if found.is_none() {
            let nearest = words::nearest(name, scenarios.iter().map(|scenario| &*scenario.name)).map(str::to_owned);
            let problem = TestProblem::UnknownScenario { name: name.to_owned(), nearest };
            self.findings.report(span, problem.into());
        }
        found.map(|scenario| Arc::clone(&scenario.name))
    }
}

fn why(text: &str) -> Option<Why> {
    Why::all().find(|why| why.word().is(text))
}

fn unknown_reason(text: &str) -> Problem {
    let words: Vec<Word> = Why::all().map(Why::word).collect();
    let nearest = words::nearest(text, words.iter().flat_map(Word::spellings)).map(str::to_owned);
    TestProblem::UnknownReason { nearest, known: words }.into()
}
