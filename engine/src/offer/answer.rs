//! What subscribers write back: keywords that refuse, and words that say yes. The text itself is looked at and dropped.

use event::Timestamp;
use rules::scenario::Purpose;
use serde::Serialize;

/// The words that are listened for, and what is said to who refuses: `[answers]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Keywords {
    /// Words that refuse everything that may be refused.
    pub stop: Vec<String>,
    /// Words that refuse marketing alone.
    pub stop_marketing: Vec<String>,
    /// Words that refuse the use of where somebody is.
    pub stop_location: Vec<String>,
    /// Words that say yes to an offer.
    pub yes: Vec<String>,
    /// What is sent to who has refused; absent means nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
}

impl Default for Keywords {
    fn default() -> Self {
        let stop = ["TD", "T", "0000", "00000", "QX", "STOP", "UNSUBSCRIBE", "退订", "取消"];
        let yes = ["YES", "Y", "OK", "是", "好", "要", "办理"];
        Self {
            stop: stop.map(str::to_owned).to_vec(),
            stop_marketing: Vec::new(),
            stop_location: Vec::new(),
            yes: yes.map(str::to_owned).to_vec(),
            confirmation: None,
        }
    }
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Yes: a conversion.
    Yes,
    /// A refusal, of one purpose or of all.
    Stop(Option<Purpose>),
    /// Something else.
    Other,
}

/// What a subscriber answered to an offer, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// When it came.
    pub at: Timestamp,
    /// Whether it said yes.
    pub is_yes: bool,
}

impl Keywords {
    /// What a message says. A keyword stands alone, whatever its case and width and the signs around it; who refuses and
    /// says more (`STOP please`) refuses too, a longer word (`STOPPING`) does not.
    pub fn read(&self, text: &str) -> Said {
        let (whole, first) = (plain(text), self.keyword(text));
        let is_said = |word: &String| {
            let word = plain(word);
            word == whole || word.chars().count() > 1 && word == first
        };
        let stops = [
            (&self.stop, None),
            (&self.stop_marketing, Some(Purpose::Marketing)),
            (&self.stop_location, Some(Purpose::Location)),
        ];
        match stops.iter().find(|(words, _)| words.iter().any(is_said)) {
            Some((_, purpose)) => Said::Stop(*purpose),
            None if self.yes.iter().any(|word| plain(word) == whole) => Said::Yes,
            None => Said::Other,
        }
    }

    /// The keyword of a message that refuses, as proof.
    pub fn keyword(&self, text: &str) -> String {
        text.split(is_sign).find(|word| !word.is_empty()).map(plain).unwrap_or_default()
    }
}

fn is_sign(character: char) -> bool {
    !narrow(character).is_alphanumeric()
}

/// Letters and digits alone: in upper case, and those of full width as others.
fn plain(text: &str) -> String {
    text.chars().map(narrow).filter(|character| character.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// U+FF01 to U+FF5E are the printable ASCII characters in full width.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_stand_alone_whatever_their_looks() {
        let stop_marketing = ["TDYX", "nie wieder"].map(str::to_owned).to_vec();
        let stop_location = vec!["TDWZ".to_owned()];
        let keywords = Keywords { stop_marketing, stop_location, ..Keywords::default() };
        let check = |text: &str, expected| assert_eq!(keywords.read(text), expected, "{text:?}");
        for stop in ["TD", " td.\r\n", "ｔｄ", "“退订”", "退订！", "0000", "stop please", "T", "取 消"] {
            check(stop, Said::Stop(None));
        }
        check("tdwz", Said::Stop(Some(Purpose::Location)));
        check("Nie wieder!", Said::Stop(Some(Purpose::Marketing)));
        check("TDYX", Said::Stop(Some(Purpose::Marketing)));
        for yes in ["yes", "Ｙ", "好。", "办理"] {
            check(yes, Said::Yes);
        }
        for other in ["", "stopping", "T shirts", "not yes", "yes but", "00001", "退订了吗"] {
            check(other, Said::Other);
        }
        assert_eq!(keywords.keyword(" ｔｄ 谢谢"), "TD");
    }
}
