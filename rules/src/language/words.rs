//! A word of the language in English and Chinese, and which one an author may have meant.

use super::source::Language;

/// A key or a value that may be written in either language; both mean the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// As the documentation writes it.
    pub(super) english: &'static str,
    /// As the documentation writes it in Chinese.
    pub(super) chinese: &'static str,
    /// What people write as well.
    pub(super) also: &'static [&'static str],
}

impl Word {
    pub(super) const fn new(english: &'static str, chinese: &'static str, also: &'static [&'static str]) -> Self {
        Self { english, chinese, also }
    }

    pub(super) const fn in_language(&self, language: Language) -> &'static str {
        language.of([self.english, self.chinese])
    }

    /// Whether `text` is this word: capitals do not matter, nor whether its parts are joined by `_`, `-` or a space.
    pub(super) fn is(&self, text: &str) -> bool {
        self.spellings().any(|spelling| same(spelling, text))
    }

    pub(super) fn spellings(&self) -> impl Iterator<Item = &'static str> {
        [self.english, self.chinese].into_iter().chain(self.also.iter().copied())
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.english == other.english
    }
}

fn same(spelling: &str, text: &str) -> bool {
    let fold = |letter: char| if matches!(letter, '-' | ' ') { '_' } else { letter.to_ascii_lowercase() };
    spelling.chars().map(fold).eq(text.chars().map(fold))
}

/// Beyond this length a text is no misspelt word.
const MAX_MISSPELT_CHARS: usize = 64;

/// The candidate that `text` most likely stands for: few letters differ, and most are right.
pub fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = text.chars().take(MAX_MISSPELT_CHARS + 1).count();
    if length > MAX_MISSPELT_CHARS {
        return None;
    }
    let text = text.trim_end_matches(".csv").to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&text, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance(candidate).min(tolerance(&text)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// As [`nearest`]; else the one that `text` is but for what stands before it in a list (`1. 场景`, `• 场景`), or that makes up
/// the better half of it (`短信发送`).
pub(super) fn nearest_within<'c>(text: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let bare = text.trim_start_matches(|letter: char| !letter.is_alphabetic());
    let length = |word: &str| word.chars().count();
    let is_half = |word: &&str| length(word) > 1 && length(word) * 2 >= length(bare);
    let within = candidates.iter().copied().filter(|word| !word.is_ascii() && bare.contains(word)).filter(is_half);
    nearest(bare, candidates.iter().copied()).or_else(|| within.max_by_key(|word| length(word)))
}

/// How many letters may differ: every third of an alphabet, every second of Chinese characters.
fn tolerance(word: &str) -> usize {
    let length = word.chars().count();
    if word.is_ascii() { length / 3 } else { length / 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_in_both_languages_and_however_its_parts_are_joined() {
        let word = Word::new("per_user", "每人", &["per_subscriber"]);
        let check = |text: &str, expected| assert_eq!(word.is(text), expected, "{text}");
        check("per_user", true);
        check("Per User", true);
        check("per-subscriber", true);
        check("每人", true);
        check("peruser", false);
        check("每天", false);
    }

    #[test]
    fn a_misspelt_word_finds_the_one_that_was_meant() {
        let words = ["priority", "purpose", "limits", "优先级", "限制", "in"];
        let check = |text: &str, expected| assert_eq!(nearest(text, words), expected, "{text}");
        check("prioritty", Some("priority"));
        check("porpuse", Some("purpose"));
        check("优先极", Some("优先级"));
        check("限至", Some("限制"));
        check("to", None);
        check("banana", None);
        check(&"x".repeat(1_000_000), None);
        check("limits.csv", Some("limits"));
    }

    #[test]
    fn what_stands_around_a_word_does_not_hide_it() {
        let words = ["场景", "发送", "优先级", "优先", "when", "呼叫"];
        let check = |text: &str, expected| assert_eq!(nearest_within(text, &words), expected, "{text}");
        check("1. 场景", Some("场景"));
        check("• when", Some("when"));
        check("短信发送", Some("发送"));
        check("优先级别", Some("优先级"));
        check("用户呼叫114的时候", None);
        check("banana", None);
    }
}
