//! All that can be wrong with a set of scenarios, each with its code. The words for it are in [`super::english`] and
//! [`super::chinese`], the explanations in [`super::codes`].

use std::io::ErrorKind;

use super::diagnostic::Severity;
use super::source::Language;
use super::test_problem::TestProblem;
use super::words::Word;
use super::{chinese, english};
use crate::feed::{Condition, Obstacle};

/// A limit of the language itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    Octets,
    Depth,
    Values,
    Files,
}

/// What a value can be made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    TextOrList,
    List,
    Fields,
    /// The fields that stand under this key.
    FieldsUnder(Word),
}

/// How a file that is no UTF-8 seems to have been saved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    Utf16,
    /// A workbook or a document: no text at all.
    Document,
    Other,
}

/// Which kind of list a name should be one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    Area,
    Devices,
    Subscribers,
    /// What a template is filled in with.
    Rows,
    Provinces,
}

/// What an event is in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Without it nothing is sent.
    Needed,
    /// Another may happen instead.
    Alternative,
    /// With it nothing is sent.
    RuledOut,
    /// It is the success.
    HopedFor,
}

/// What may be a value of a field, where it is one of few.
pub(super) type Choices = Vec<Word>;

#[derive(Debug)]
pub(super) enum Problem {
    // Files.
    Unreadable { reason: ErrorKind },
    Encoding { encoding: Encoding },
    TooLarge { limit: Limit },
    EmptyFile,
    SeveralDocuments,
    NoScenarios,
    TwoPolicies { other: String },
    TwoAreas { other: String },
    FurtherFindings { count: usize },
    // Punctuation and layout.
    WideColon,
    WideMark { mark: char, instead: char },
    CurlyQuote { mark: char, instead: char },
    Tab,
    Cells,
    OddSpace,
    Unclosed { open: char },
    WrongBracket { open: char, close: char },
    LooseBracket,
    UnclosedQuote,
    AfterQuote,
    CutByComma,
    Backslash,
    Indentation,
    NoSpace,
    NoColon,
    ColonInText,
    SpecialStart { mark: char },
    NotAForm,
    // Keys.
    DuplicateKey { key: String },
    UnknownKey { key: String, nearest: Option<String>, known: &'static [Word] },
    MisplacedKey { key: String, under: Word },
    MissingKey { word: Word },
    MissingValue { key: String },
    WrongShape { shape: Shape },
    OneOnly { words: Vec<Word> },
    OneNeeded { words: &'static [Word] },
    NotYet { what: String },
    OfChannels { what: String },
    // Values.
    Duration,
    DurationRange { least: &'static str, most: &'static str },
    Cap,
    Percentage,
    Dates,
    Clock,
    Hours,
    Weekday,
    NumberPattern,
    WholeNumber { least: u64, most: u64 },
    Choice { nearest: Option<String>, choices: Choices },
    Name,
    Network,
    TimeZone,
    DomainName,
    Url,
    ImsiPrefix,
    Cause,
    Money,
    Shares,
    Number { least: usize, most: usize },
    // Meaning.
    OnlyNot,
    NeverInTime,
    SameName { name: String },
    UnknownList { name: String, kind: ListKind, nearest: Option<String> },
    BadList { says: Box<[(String, String); 2]>, is_named: bool },
    EmptyList { name: String, kind: ListKind },
    EndsBeforeItBegins,
    LetsNothingThrough,
    NoTimeZone { word: Word },
    EmptyText,
    ControlCharacter { character: char },
    TextTooLong { parts: usize },
    NoWayToRefuse,
    EmergencyNumber { number: String },
    NotLocation,
    NoPolicy,
    OwnSender { number: String },
    NotProven,
    NoPrice,
    UnknownSegment { name: String, nearest: Option<String> },
    NotOnTheseInterfaces { what: String },
    CapBeyondMemory { days: u64 },
    UnknownVariable { name: String, nearest: Option<String> },
    NothingToName { name: String, word: Word },
    LongerThanItSeems { least: usize, most: usize },
    Untitled { area: String },
    // Where the set is to run.
    UnknownChannel { name: String, nearest: Option<String>, known: Vec<String> },
    NeverShown { word: Word, obstacle: Obstacle, part: Part },
    NotAlwaysShown { word: Word, condition: Condition, seen: Option<[u64; 2]> },
    // Templates.
    NoColumnInName,
    // Test files.
    Test(Box<TestProblem>),
}

impl From<TestProblem> for Problem {
    fn from(problem: TestProblem) -> Self {
        Self::Test(Box::new(problem))
    }
}

impl Problem {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "S001",
            Self::Encoding { .. } => "S002",
            Self::TooLarge { .. } => "S003",
            Self::EmptyFile => "S004",
            Self::SeveralDocuments => "S005",
            Self::NoScenarios => "S006",
            Self::TwoPolicies { .. } => "S007",
            Self::FurtherFindings { .. } => "S008",
            Self::WideColon => "S010",
            Self::WideMark { .. } => "S011",
            Self::CurlyQuote { .. } => "S012",
            Self::Tab | Self::Cells => "S013",
            Self::Unclosed { .. } | Self::WrongBracket { .. } | Self::LooseBracket => "S014",
            Self::UnclosedQuote | Self::AfterQuote | Self::CutByComma | Self::Backslash => "S015",
            Self::Indentation => "S016",
            Self::NoSpace | Self::NoColon | Self::ColonInText => "S017",
            Self::SpecialStart { .. } => "S018",
            Self::NotAForm => "S019",
            Self::DuplicateKey { .. } => "S020",
            Self::UnknownKey { .. } | Self::MisplacedKey { .. } => "S021",
            Self::MissingKey { .. } | Self::OneNeeded { .. } => "S022",
            Self::MissingValue { .. } => "S023",
            Self::WrongShape { .. } => "S024",
            Self::OneOnly { .. } => "S025",
            Self::NotYet { .. } => "S026",
            Self::OddSpace => "S027",
            Self::Duration | Self::DurationRange { .. } => "S030",
            Self::Cap => "S031",
            Self::Percentage => "S032",
            Self::Dates => "S033",
            Self::Clock | Self::Hours => "S034",
            Self::Weekday => "S035",
            Self::NumberPattern => "S036",
            Self::WholeNumber { .. } => "S037",
            Self::Choice { .. } => "S038",
            Self::Name => "S039",
            Self::Network => "S040",
            Self::TimeZone => "S041",
            Self::Number { .. } => "S042",
            Self::OnlyNot => "S043",
            Self::NeverInTime => "S044",
            Self::SameName { .. } => "S050",
            Self::UnknownList { kind: ListKind::Area, .. } => "S051",
            Self::UnknownList { .. } => "S052",
            Self::BadList { .. } => "S053",
            Self::EmptyList { .. } => "S054",
            Self::EndsBeforeItBegins => "S055",
            Self::LetsNothingThrough => "S056",
            Self::NoTimeZone { .. } => "S057",
            Self::EmptyText => "S058",
            Self::ControlCharacter { .. } => "S059",
            Self::TextTooLong { .. } => "S060",
            Self::NoWayToRefuse => "S061",
            Self::EmergencyNumber { .. } => "S062",
            Self::NotLocation => "S063",
            Self::NoPolicy => "S064",
            Self::OwnSender { .. } => "S065",
            Self::CapBeyondMemory { .. } => "S066",
            Self::NotProven => "S067",
            Self::NotOnTheseInterfaces { .. } => "S068",
            Self::DomainName => "S045",
            Self::Url => "S046",
            Self::ImsiPrefix => "S047",
            Self::Cause => "S048",
            Self::Money => "S049",
            Self::Shares => "S069",
            Self::NoPrice => "S073",
            Self::UnknownSegment { .. } => "S074",
            Self::Untitled { .. } => "S075",
            Self::UnknownVariable { .. } | Self::NothingToName { .. } => "S070",
            Self::LongerThanItSeems { .. } => "S071",
            Self::NoColumnInName => "S072",
            Self::NeverShown { .. } => "S080",
            Self::NotAlwaysShown { .. } => "S081",
            Self::TwoAreas { .. } => "S082",
            Self::OfChannels { .. } | Self::UnknownChannel { .. } => "S083",
            Self::Test(problem) => problem.code(),
        }
    }

    pub(super) const fn severity(&self) -> Severity {
        match self {
            Self::NoWayToRefuse
            | Self::NotLocation
            | Self::NoPolicy
            | Self::LongerThanItSeems { .. }
            | Self::BadList { is_named: false, .. }
            | Self::Untitled { .. }
            | Self::NotAlwaysShown { .. }
            | Self::NeverShown { part: Part::Alternative | Part::HopedFor, .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// What is wrong, and what to do about it.
    pub(super) fn say(&self, language: Language) -> (String, Option<String>) {
        match (self, language) {
            (Self::Test(problem), _) => problem.say(language),
            (_, Language::English) => english::say(self),
            (_, Language::Chinese) => chinese::say(self),
        }
    }

    /// What to write at the first of two places that contradict each other.
    pub(super) fn first_place(&self, language: Language) -> String {
        let text = match (self, language) {
            (Self::SameName { .. }, Language::English) => "the first scenario of this name",
            (Self::SameName { .. }, Language::Chinese) => "同名场景的第一处",
            (_, Language::English) => "given here first",
            (_, Language::Chinese) => "前一处在这里",
        };
        text.to_owned()
    }
}
