//! What is needed of XML: text that may stand in it, and single values out of short answers, whatever their namespaces.

use std::borrow::Cow;

use roxmltree::{Document, Node, ParsingOptions};

/// A text as it stands in an attribute or an element. Characters that XML 1.0 §2.2 does not have are left out.
pub(super) fn escaped(text: &str) -> String {
    text.chars().map(escape).collect()
}

fn escape(character: char) -> Cow<'static, str> {
    match character {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        '\t' | '\n' | '\r' => format!("&#{};", u32::from(character)).into(),
        '\0'..' ' | '\u{fffe}' | '\u{ffff}' => "".into(),
        other => other.to_string().into(),
    }
}

/// Attributes of the first element with one of these names; `None` where there is none, or it is no XML.
pub(super) fn attributes<const N: usize>(
    text: &str,
    elements: &[&str],
    names: &[&str; N],
) -> Option<[Option<String>; N]> {
    find(text, elements, |node| names.map(|name| node.attribute(name).map(str::to_owned)))
}

/// The text of the first element with this name.
pub(super) fn text(text: &str, element: &str) -> Option<String> {
    find(text, &[element], |node| node.text().unwrap_or_default().trim().to_owned())
}

fn find<T>(text: &str, elements: &[&str], read: impl Fn(Node<'_, '_>) -> T) -> Option<T> {
    // An answer names its document type; entities of its own it has not.
    let options = ParsingOptions { allow_dtd: true, nodes_limit: 10_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim_start(), options).ok()?;
    let found = document.descendants().find(|node| elements.contains(&node.tag_name().name()));
    found.map(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_itself_again() {
        let given = "a<b>&\"c\"\n\u{1}欢😀";
        let document = format!("<x y=\"{}\">{}</x>", escaped(given), escaped(given));
        let expected = given.replace('\u{1}', "");
        assert_eq!(attributes(&document, &["x"], &["y"]), Some([Some(expected.clone())]));
        assert_eq!(text(&document, "x"), Some(expected));
    }

    #[test]
    fn values_are_found_whatever_their_namespace() {
        let answer = "<e:Envelope xmlns:e=\"x\"><e:Body><m:Rsp xmlns:m=\"y\"><m:Code> 1000 </m:Code></m:Rsp></e:Body></e:Envelope>";
        assert_eq!(text(answer, "Code"), Some("1000".to_owned()));
        assert_eq!(text(answer, "Other"), None);
        assert_eq!(text("no XML", "Code"), None);
    }
}
