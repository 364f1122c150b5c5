//! The text of an offer with its variables: `您在{区域}附近`, `{brand|客户}`.

use std::sync::Arc;

/// The most characters of a value that the subscriber file gives: more is cut off, so that no text grows without bounds.
pub const MAX_VALUE_CHARS: usize = 20;

/// A text, and what is filled in for each subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Value(Value),
}

/// A place in a text that is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// With what.
    pub variable: Variable,
    /// What stands there where that is not known; absent means that nothing is sent then.
    pub otherwise: Option<String>,
}

/// What can be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// The title of the area, of those that the scenario names, in which the subscriber is; the last one named where in none.
    Area,
    /// The model of the subscriber's device, as the lists of handsets that the scenario names call it.
    Device,
    /// A column of the subscriber file.
    Tag(Arc<str>),
}

impl From<&str> for Text {
    /// A text without variables.
    fn from(text: &str) -> Self {
        Self { parts: vec![Part::Literal(text.to_owned())] }
    }
}

impl Text {
    /// The text in which `read` makes a value of what stands between braces; where it makes none the braces stay.
    pub fn new<E>(written: &str, mut read: impl FnMut(&str) -> Result<Option<Value>, E>) -> Result<Self, E> {
        let mut text = Self::default();
        let mut rest = written;
        while let Some((before, inside, after)) = braces(rest) {
            match read(inside)? {
                Some(value) => {
                    text.push(before);
                    text.parts.push(Part::Value(value));
                }
                None => text.push(rest.get(..rest.len() - after.len()).unwrap_or_default()),
            }
            rest = after;
        }
        text.push(rest);
        Ok(text)
    }

    fn push(&mut self, literal: &str) {
        match self.parts.last_mut() {
            _ if literal.is_empty() => {}
            Some(Part::Literal(last)) => last.push_str(literal),
            _ => self.parts.push(Part::Literal(literal.to_owned())),
        }
    }

    /// What is to be filled in, in order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(value) => Some(value),
            Part::Literal(_) => None,
        })
    }

    /// The characters of the text with its values as `known` tells them. `None` where one is not known and the text does
    /// not say what stands there instead.
    pub fn fill<'a>(
        &'a self,
        known: impl Fn(&'a Variable) -> Option<&'a str> + Copy,
    ) -> Option<impl Iterator<Item = char> + Clone> {
        let characters = move |part: &'a Part| match part {
            Part::Literal(literal) => literal.chars().take(usize::MAX),
            Part::Value(value) => match known(&value.variable) {
                Some(known) => known.chars().take(MAX_VALUE_CHARS),
                None => value.otherwise.as_deref().unwrap_or_default().chars().take(usize::MAX),
            },
        };
        self.can_fill(known).then(|| self.parts.iter().flat_map(characters))
    }

    /// Whether [`Text::fill`] would give a text.
    pub fn can_fill<'a>(&'a self, known: impl Fn(&'a Variable) -> Option<&'a str>) -> bool {
        self.values().all(|value| value.otherwise.is_some() || known(&value.variable).is_some())
    }

    /// The length in UTF-16 code units, where each value is as long as `longest` says, and at least what stands there
    /// otherwise.
    pub fn longest(&self, mut longest: impl FnMut(&Variable) -> usize) -> usize {
        let length = |text: &str| text.encode_utf16().count();
        let part = |part: &Part| match part {
            Part::Literal(literal) => length(literal),
            Part::Value(value) => longest(&value.variable).max(value.otherwise.as_deref().map_or(0, length)),
        };
        self.parts.iter().map(part).sum()
    }
}

/// What stands before the first pair of braces, in it, and after it.
pub(crate) fn braces(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    Some((before, inside, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: &str) -> Text {
        let read = |inside: &str| -> Result<Option<Value>, ()> {
            let (name, otherwise) = inside.split_once('|').map_or((inside, None), |(name, rest)| (name, Some(rest)));
            Ok((name == "area").then(|| Value { variable: Variable::Area, otherwise: otherwise.map(str::to_owned) }))
        };
        Text::new(written, read).unwrap()
    }

    #[test]
    fn a_text_is_filled_in_or_not_sent() {
        let check = |written: &str, area: Option<&str>, expected: Option<&str>| {
            assert_eq!(text(written).fill(|_| area).map(String::from_iter).as_deref(), expected, "{written}");
            assert_eq!(text(written).can_fill(|_| area), expected.is_some(), "{written}");
        };
        check("plain", None, Some("plain"));
        check("you are in {area}!", Some("Wanda"), Some("you are in Wanda!"));
        check("{area}{area}", Some("A"), Some("AA"));
        check("{area}", None, None);
        check("in {area|town}", None, Some("in town"));
        check("in {area|town}", Some("Wanda"), Some("in Wanda"));
        check("{other} {area} {", Some("A"), Some("{other} A {"));
        check("{area}", Some(&"长".repeat(50)), Some(&"长".repeat(MAX_VALUE_CHARS)));
    }

    #[test]
    fn the_longest_text_is_that_with_the_longest_values() {
        assert_eq!(text("in {area}!").longest(|_| 5), 9);
        assert_eq!(text("in {area|a longer one}!").longest(|_| 5), 16);
        assert_eq!(text("😀").longest(|_| 5), 2);
    }
}
