//! Every code with an explanation in both languages: what the documentation and `check --explain` show.

mod sets;
mod values;
mod writing;

use super::source::Language;

/// One code that a diagnostic can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `S001`…
    pub code: &'static str,
    title: [&'static str; 2],
    explanation: [&'static str; 2],
}

impl Code {
    pub(super) const fn new(code: &'static str, title: [&'static str; 2], explanation: [&'static str; 2]) -> Self {
        Self { code, title, explanation }
    }

    /// What it is about, in a few words.
    pub const fn title(&self, language: Language) -> &'static str {
        language.of(self.title)
    }

    /// What it means and what to do, in a paragraph.
    pub const fn explanation(&self, language: Language) -> &'static str {
        language.of(self.explanation)
    }

    /// Its page in the documentation, in both languages: Markdown.
    pub fn page(&self) -> String {
        let [english, chinese] =
            [Language::English, Language::Chinese].map(|language| (self.title(language), self.explanation(language)));
        format!("# {}: {}\n\n{}\n\n# {}：{}\n\n{}\n", self.code, english.0, english.1, self.code, chinese.0, chinese.1)
    }
}

/// All codes, in order.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    writing::CODES.iter().chain(&values::CODES).chain(&sets::CODES)
}

const fn code(code: &'static str, title: [&'static str; 2], explanation: [&'static str; 2]) -> Code {
    Code { code, title, explanation }
}
