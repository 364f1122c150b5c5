//! The text of one file of a set, and where in it something stands.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// The language in which an author is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Of what is there in English and in Chinese.
    pub const fn of<T: Copy>(self, [english, chinese]: [T; 2]) -> T {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

/// A place in a file, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A file as it was read: findings point into it.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, relative to the folder of the set.
    pub file: PathBuf,
    /// Its text, without byte order mark.
    pub text: String,
}

/// The lines that a finding is about, cut out of a source.
pub(super) struct Excerpt<'s> {
    pub(super) first_line: usize,
    pub(super) text: &'s str,
    pub(super) span: Range<usize>,
}

impl Source {
    pub(super) fn new(file: &Path, text: String) -> Self {
        Self { file: file.to_owned(), text }
    }

    /// Where the octet at `offset` stands.
    pub(super) fn position(&self, offset: usize) -> Position {
        let before = self.before(offset);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        Position { line: before.matches('\n').count() + 1, column: column + 1 }
    }

    /// The line on which `span` begins, and the part of `span` on it: what follows on later lines is not repeated.
    pub(super) fn excerpt(&self, span: &Range<usize>) -> Excerpt<'_> {
        let before = self.before(span.start);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let from = before.len() - start;
        let to = span.end.saturating_sub(start).clamp(from, line.len().max(from));
        Excerpt { first_line: before.matches('\n').count() + 1, text: line, span: from..to }
    }

    /// The language in which its author writes: that of the keys, which stand before the colons of each line.
    pub fn language(&self) -> Language {
        let (mut chinese, mut english) = (0_usize, 0_usize);
        for line in self.text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let key = line.split([':', '：']).next().unwrap_or_default();
            if key.chars().any(is_han) {
                chinese += 1;
            } else if key.chars().any(|letter| letter.is_ascii_alphabetic()) {
                english += 1;
            }
        }
        if chinese > english { Language::Chinese } else { Language::English }
    }

    fn before(&self, offset: usize) -> &str {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.get(..end).unwrap_or_default()
    }
}

fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new(Path::new("a.yaml"), text.to_owned())
    }

    #[test]
    fn columns_count_characters_and_an_offset_beyond_the_end_is_the_end() {
        let check = |offset, line, column| {
            assert_eq!(source("标题: a\n当: b").position(offset), Position { line, column }, "{offset}");
        };
        check(0, 1, 1);
        check(3, 1, 2);
        check(10, 2, 1);
        check(13, 2, 2);
        check(99, 2, 5);
    }

    #[test]
    fn the_language_is_that_of_the_keys_not_of_the_values() {
        let check = |text: &str, expected| assert_eq!(source(text).language(), expected, "{text}");
        check("title: 万达商圈促销\nsend: {sms: 您好}", Language::English);
        check("场景: wanda\n标题: g3", Language::Chinese);
        check("标题：万达", Language::Chinese);
        check("# 说明:中文\nscenario: a", Language::English);
        check("", Language::English);
    }
}
