//! What a Chinese input method and a spreadsheet leave in a form: full-width marks, curly quotes, tabs, a colon without a
//! space. Looked for only where a file cannot be read as it stands, so that the text of a message is never at fault.

use std::ops::Range;

use super::problem::Problem;
use super::vocabulary;

/// A mark of a Chinese input method and the one that a form needs.
const MARKS: [(char, char); 12] = [
    ('：', ':'),
    ('，', ','),
    ('、', ','),
    ('｛', '{'),
    ('｝', '}'),
    ('［', '['),
    ('］', ']'),
    ('“', '"'),
    ('”', '"'),
    ('‘', '\''),
    ('’', '\''),
    ('％', '%'),
];

/// What looks like a space, or like nothing, and is not to be seen as what it is: of documents, of web pages, of a Chinese
/// input method.
const ODD_SPACES: [char; 7] = ['\u{3000}', '\u{a0}', '\u{2002}', '\u{2003}', '\u{200b}', '\u{2060}', '\u{feff}'];

/// How far from its beginning the colon of a key is looked for.
const MAX_KEY_CHARS: usize = 40;

/// The mark to write instead, if `mark` is a full-width one; digits too.
pub(super) fn half_width(mark: char) -> Option<char> {
    if let Some((_, instead)) = MARKS.into_iter().find(|(wide, _)| *wide == mark) {
        return Some(instead);
    }
    let digit = u32::from(mark).checked_sub(u32::from('０'))?;
    char::from_digit(digit, 10)
}

/// The place of the first space in `text` that is no ordinary one.
pub(super) fn odd_space(text: &str) -> Option<Range<usize>> {
    text.char_indices().find(|(_, mark)| ODD_SPACES.contains(mark)).map(|(at, mark)| at..at + mark.len_utf8())
}

/// The text without such spaces.
pub(super) fn without_odd_spaces(text: &str) -> String {
    text.chars().filter(|mark| !ODD_SPACES.contains(mark)).collect()
}

/// What is wrong with a value where keys should stand, if it begins with the round bracket of a Chinese input method.
pub(super) fn round_bracket(text: &str) -> Option<Problem> {
    text.starts_with('（').then_some(Problem::WideMark { mark: '（', instead: '{' })
}

/// What is wrong with a value without quotes that begins with a mark which looks like a quote or a bracket.
pub(super) fn quoted_as_in_chinese(text: &str) -> Option<Problem> {
    let mark = text.chars().next()?;
    matches!(mark, '“' | '”' | '‘' | '’' | '｛' | '［').then(|| wide(mark)).flatten()
}

/// The first full-width mark in a value that cannot have one, such as a number or a time, and its place in `text`.
pub(super) fn first_wide(text: &str) -> Option<(Range<usize>, Problem)> {
    text.char_indices().find_map(|(at, mark)| wide(mark).map(|problem| (at..at + mark.len_utf8(), problem)))
}

fn wide(mark: char) -> Option<Problem> {
    let instead = half_width(mark)?;
    Some(match mark {
        '：' => Problem::WideColon,
        '“' | '”' | '‘' | '’' => Problem::CurlyQuote { mark, instead },
        _ => Problem::WideMark { mark, instead },
    })
}

/// The line that holds the octet at `at`, without its indentation.
pub(super) fn line_at(text: &str, at: usize) -> Range<usize> {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let trimmed = line.trim_start();
    let first = start + line.len() - trimmed.len();
    first..first + trimmed.trim_end().len()
}

/// The bracket that was still open where reading stopped.
pub(super) fn unclosed(text: &str, open: char, at: usize) -> (Range<usize>, Problem) {
    let before = text.get(..at).unwrap_or(text);
    let found = if text.get(at..).is_some_and(|rest| rest.starts_with(open)) { Some(at) } else { last_open(before) };
    let place = found.unwrap_or(at);
    let mark = text.get(place..).and_then(|rest| rest.chars().next()).unwrap_or(open);
    (place..place + mark.len_utf8(), Problem::Unclosed { open: mark })
}

fn last_open(before: &str) -> Option<usize> {
    let mut open = Vec::new();
    for (at, mark) in before.char_indices() {
        match mark {
            '{' | '[' => open.push(at),
            '}' | ']' => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// Every place where a known key is followed by a wrong or a crammed colon, where a full-width mark stands in for a
/// bracket, comma or quote, or where a tab indents a line.
pub(super) fn likely_mistakes(text: &str) -> Vec<(Range<usize>, Problem)> {
    let mut found = Vec::new();
    let mut block = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let indent = content.len() - content.trim_start_matches(' ').len();
        if block.is_some_and(|outer| indent <= outer && !content.is_empty()) {
            block = None;
        }
        if block.is_none() && !content.trim_start().starts_with('#') {
            Line { start, content, found: &mut found }.scan();
            block = opens_block(content).then_some(indent);
        }
        start += line.len();
    }
    found
}

/// Whether the text of a value follows on the next lines (`|`, `>`).
fn opens_block(line: &str) -> bool {
    let head = line.trim_end_matches(['+', '-', '1', '2', '3', '4']);
    head.ends_with(": |") || head.ends_with(": >")
}

struct Line<'t, 'f> {
    start: usize,
    content: &'t str,
    found: &'f mut Vec<(Range<usize>, Problem)>,
}

impl Line<'_, '_> {
    fn scan(&mut self) {
        let indentation = self.content.len() - self.content.trim_start().len();
        if let Some(tab) = self.content.get(..indentation).and_then(|blank| blank.find('\t')) {
            self.report(tab, 1, Problem::Tab);
        }
        let mut quote = None;
        let mut depth = 0_usize;
        let mut previous = '\n';
        let mut key_may_start = true;
        for (at, mark) in self.content.char_indices() {
            let (before, expects_value) = (previous, key_may_start || matches!(previous, ':' | '：'));
            if !mark.is_whitespace() {
                previous = mark;
            }
            match (quote, mark) {
                (Some(open), _) if mark == open => quote = None,
                (Some(_), _) => continue,
                (None, '#') if at == 0 || before != mark && self.blank_before(at) => return,
                (None, '"' | '\'') if expects_value => quote = Some(mark),
                (None, '“' | '”' | '‘' | '’' | '｛' | '［') if expects_value => {
                    self.wide_at(at, mark);
                    depth += usize::from(matches!(mark, '｛' | '［'));
                }
                (None, '｝' | '］') if depth > 0 => {
                    self.wide_at(at, mark);
                    depth -= 1;
                }
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') => depth = depth.saturating_sub(1),
                (None, '，' | '、') if depth > 0 && self.key_follows(at + mark.len_utf8()) => self.wide_at(at, mark),
                _ if key_may_start && !mark.is_whitespace() => self.key(at),
                _ => {}
            }
            let separates = depth > 0 && matches!(mark, '{' | '[' | ',' | '，' | '、' | '｛' | '［');
            key_may_start = separates || key_may_start && matches!(mark, ' ' | '\t' | '-');
        }
    }

    /// A key that begins here: is its colon a good one?
    fn key(&mut self, at: usize) {
        let Some((colon_at, colon)) = self.known_key(at) else { return };
        let after = self.content.get(colon_at + colon.len_utf8()..).and_then(|rest| rest.chars().next());
        match colon {
            '：' => self.report(colon_at, colon.len_utf8(), Problem::WideColon),
            _ if after.is_some_and(|next| ODD_SPACES.contains(&next)) => {
                self.report(colon_at + 1, after.map_or(0, char::len_utf8), Problem::OddSpace);
            }
            _ if after.is_some_and(|next| !next.is_whitespace()) => self.report(colon_at, 1, Problem::NoSpace),
            _ => {}
        }
    }

    /// The colon after the known word that begins at `at`.
    fn known_key(&self, at: usize) -> Option<(usize, char)> {
        let rest = self.content.get(at..)?;
        let (length, colon) = rest.char_indices().take(MAX_KEY_CHARS).find(|(_, mark)| matches!(mark, ':' | '：'))?;
        let key = rest.get(..length)?.trim();
        vocabulary::is_key(key).then_some((at + length, colon))
    }

    fn key_follows(&self, at: usize) -> bool {
        let Some(rest) = self.content.get(at..) else { return false };
        self.known_key(at + rest.len() - rest.trim_start().len()).is_some()
    }

    fn blank_before(&self, at: usize) -> bool {
        self.content.get(..at).is_some_and(|before| before.ends_with([' ', '\t']))
    }

    fn wide_at(&mut self, at: usize, mark: char) {
        if let Some(problem) = wide(mark) {
            self.report(at, mark.len_utf8(), problem);
        }
    }

    fn report(&mut self, at: usize, length: usize, problem: Problem) {
        let start = self.start + at;
        self.found.push((start..start + length, problem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_where_a_form_has_structure_and_not_in_its_texts() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<_> = likely_mistakes(text).into_iter().map(|(span, _)| &text[span]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("标题：万达", &["："]);
        check("title:wanda", &[":"]);
        check("标题:\u{3000}万达", &["\u{3000}"]);
        check("title:\u{a0}wanda", &["\u{a0}"]);
        check("title: wanda", &[]);
        check("发送: {短信: \"您好，标题：万达\"}", &[]);
        check("发送: {短信: 您好，标题：万达}", &["，", "："]);
        check("当: {区域: {进入: wanda，进入: 10m}}", &["，"]);
        check("当：｛区域: {进入:wanda}｝", &["：", "｛", ":", "｝"]);
        check("发送: {短信: “您好”}", &["“"]);
        check("\t标题: 万达", &["\t"]);
        check("# 标题：万达", &[]);
        check("短信: |\n  标题：万达\n标题：万达", &["："]);
        check("title: a # send:now", &[]);
    }

    #[test]
    fn full_width_marks_and_digits_have_a_half_width_form() {
        let check = |mark, expected| assert_eq!(half_width(mark), expected, "{mark}");
        check('：', Some(':'));
        check('”', Some('"'));
        check('５', Some('5'));
        check('％', Some('%'));
        check('a', None);
        check('【', None);
    }
}
