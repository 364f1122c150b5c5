//! The text of an offer: what may stand in it, how long it may be, and whether it tells how to refuse.

use super::diagnostic::Findings;
use super::field;
use super::problem::Problem;
use super::vocabulary as v;
use super::words::{self, Word};
use super::yaml::{self, Entry};
use crate::lists::{Area, TacList};
use crate::policy::Policy;
use crate::scenario::{MAX_VALUE_CHARS, Purpose, Scenario, Text, Value, Variable};

/// The most parts of a concatenated message.
const MAX_PARTS: usize = 10;
/// Characters of UCS-2 in a message that stands alone, 3GPP TS 23.040 §9.2.3.24.
const CHARS_ALONE: usize = 70;
/// Characters of UCS-2 in each part of a concatenated message, 3GPP TS 23.040 §9.2.3.24.1.
const CHARS_PER_PART: usize = 67;

/// Ways in which a commercial message tells how to be left alone.
const REFUSALS: [&str; 10] =
    ["退订", "拒收", "取消订", "回复T", "回T", "TD", "unsubscribe", "opt out", "opt-out", "stop"];

/// What can stand in the texts of one scenario.
pub(super) struct Wording<'a> {
    purpose: Option<Purpose>,
    /// The longest title of the areas that the scenario names, in UTF-16 code units.
    area: Option<usize>,
    /// The longest name of a model on the lists that it names.
    device: Option<usize>,
    /// An area that it names and that has no title, so that subscribers would read the file's name.
    untitled: Option<&'a str>,
    /// Columns of the subscriber file.
    tags: Vec<&'a str>,
}

/// Names of variables that are no columns.
const AREA: Word = Word::new("area", "区域", &["地点"]);
const DEVICE: Word = Word::new("device", "终端", &["机型", "手机"]);

impl<'a> Wording<'a> {
    /// Where not all of a scenario could be read, it may name an area and handsets that are not known here.
    pub(super) fn new(scenario: &'a Scenario, is_whole: bool, purpose: Option<Purpose>, policy: &'a Policy) -> Self {
        let perhaps = (!is_whole).then_some(0);
        let own = scenario.audience.tags.iter().map(|(column, _)| column);
        let lengths = scenario.areas().map(|area| area.title().encode_utf16().count());
        Self {
            purpose,
            area: lengths.max().or(perhaps),
            device: scenario.devices().map(TacList::longest_model).max().or(perhaps),
            untitled: scenario.areas().find(|area| !area.is_titled()).map(Area::title),
            tags: policy.tags.iter().chain(own).map(String::as_str).collect(),
        }
    }

    /// The text as it is sent.
    pub(super) fn read(&self, entry: &Entry, findings: &mut Findings<'_>) -> Option<Text> {
        let written = written(entry, findings)?;
        if written.is_empty() {
            findings.report(&entry.value.span, Problem::EmptyText);
            return None;
        }
        if let Some(character) = written.chars().find(|letter| letter.is_control() && *letter != '\n') {
            findings.report(&entry.value.span, Problem::ControlCharacter { character });
            return None;
        }
        let text = match Text::new(&written, |inside| self.value(inside)) {
            Ok(text) => text,
            Err(problem) => {
                findings.report(&entry.value.span, problem);
                return None;
            }
        };
        if let Some(area) = self.untitled.filter(|_| text.values().any(|value| value.variable == Variable::Area)) {
            findings.report(&entry.value.span, Problem::Untitled { area: area.to_owned() });
        }
        self.measure(&text, entry, findings)?;
        if self.purpose.is_some_and(|purpose| purpose != Purpose::Service) && !tells_how_to_refuse(&written) {
            findings.report(&entry.value.span, Problem::NoWayToRefuse);
        }
        Some(text)
    }

    /// What stands between braces: `area`, `brand|customer`. Anything but a word is no variable.
    fn value(&self, inside: &str) -> Result<Option<Value>, Problem> {
        let (name, otherwise) =
            inside.split_once(['|', '｜']).map_or((inside, None), |(name, rest)| (name, Some(rest)));
        let name = name.trim();
        let symbol = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
        if name.is_empty() || !name.chars().all(symbol) {
            return Ok(None);
        }
        let tag = self.tags.iter().find(|column| column.eq_ignore_ascii_case(name));
        let variable = match tag {
            Some(column) => Variable::Tag((*column).into()),
            None if AREA.is(name) && self.area.is_some() => Variable::Area,
            None if DEVICE.is(name) && self.device.is_some() => Variable::Device,
            None => return Err(self.unknown(name)),
        };
        Ok(Some(Value { variable, otherwise: otherwise.map(str::to_owned) }))
    }

    fn unknown(&self, name: &str) -> Problem {
        let name = name.to_owned();
        if AREA.is(&name) {
            return Problem::NothingToName { name, word: v::AREA };
        }
        if DEVICE.is(&name) {
            return Problem::NothingToName { name, word: v::DEVICE };
        }
        let area = AREA.spellings().filter(|_| self.area.is_some());
        let device = DEVICE.spellings().filter(|_| self.device.is_some());
        let mut known: Vec<&str> = area.chain(device).collect();
        known.extend(&self.tags);
        let nearest = words::nearest(&name, known).map(str::to_owned);
        Problem::UnknownVariable { name, nearest }
    }

    /// Whether the text is short enough, filled in with the longest values; the author is told where these make it cost
    /// more messages than it seems to.
    fn measure(&self, text: &Text, entry: &Entry, findings: &mut Findings<'_>) -> Option<()> {
        let longest = |variable: &Variable| match variable {
            Variable::Area => self.area.unwrap_or(0).min(MAX_VALUE_CHARS),
            Variable::Device => self.device.unwrap_or(0).min(MAX_VALUE_CHARS),
            Variable::Tag(_) => MAX_VALUE_CHARS,
        };
        let (most, least) = (parts(text.longest(longest)), parts(text.longest(|_| 0)));
        if most > MAX_PARTS {
            findings.report(&entry.value.span, Problem::TextTooLong { parts: most });
            return None;
        }
        if most > least {
            findings.report(&entry.value.span, Problem::LongerThanItSeems { least, most });
        }
        Some(())
    }
}

/// How many short messages a text of so many UTF-16 code units takes.
const fn parts(length: usize) -> usize {
    if length <= CHARS_ALONE { 1 } else { length.div_ceil(CHARS_PER_PART) }
}

/// An empty pair of quotes is an empty text, not a missing one. A text of nothing but a variable, without quotes, is a form
/// to the parser.
fn written(entry: &Entry, findings: &mut Findings<'_>) -> Option<String> {
    if let Some(name) = yaml::bare_braces(&entry.value) {
        return Some(format!("{{{name}}}"));
    }
    field::text(entry, findings).map(str::to_owned)
}

fn tells_how_to_refuse(text: &str) -> bool {
    let text = text.to_lowercase();
    REFUSALS.iter().any(|refusal| text.contains(&refusal.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_one_message_up_to_seventy_characters_and_then_one_for_each_sixty_seven() {
        let check = |length, expected| assert_eq!(parts(length), expected, "{length}");
        check(1, 1);
        check(70, 1);
        check(71, 2);
        check(134, 2);
        check(135, 3);
        check(670, 10);
    }

    #[test]
    fn variables_are_those_that_the_scenario_can_fill_in() {
        let wording =
            Wording { purpose: None, area: Some(4), device: None, untitled: None, tags: vec!["brand", "品牌"] };
        let check = |inside: &str, expected: Option<Variable>| {
            assert_eq!(wording.value(inside).unwrap().map(|value| value.variable), expected, "{inside}");
        };
        check("area", Some(Variable::Area));
        check("区域", Some(Variable::Area));
        check("Brand | friend", Some(Variable::Tag("brand".into())));
        check("品牌｜客户", Some(Variable::Tag("品牌".into())));
        check("a b", None);
        check("", None);
        assert!(matches!(wording.value("device"), Err(Problem::NothingToName { .. })));
        let nearest = |inside| match wording.value(inside) {
            Err(Problem::UnknownVariable { nearest, .. }) => nearest,
            _ => None,
        };
        assert_eq!(nearest("brant").as_deref(), Some("brand"));
        assert_eq!(nearest("weather"), None);
    }

    #[test]
    fn ways_to_refuse_are_known_in_both_languages() {
        let check = |text: &str, expected| assert_eq!(tells_how_to_refuse(text), expected, "{text}");
        check("G3手机买一送一,退订回复TD", true);
        check("Reply STOP to end", true);
        check("拒收请回复R", true);
        check("G3手机买一送一", false);
    }
}
