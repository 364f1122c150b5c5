//! A host or an access point, as a domain name that fits beside an event.

use std::fmt;
use std::str::FromStr;

/// A text is not a domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDomainName;

impl fmt::Display for InvalidDomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a domain name has letters, digits, `-` and `_` in labels divided by dots")
    }
}

impl std::error::Error for InvalidDomainName {}

/// A domain name in lower case, RFC 1035 §2.3.1: a visited host, an access point name (3GPP TS 23.003 §9). Of a longer
/// one than fits the last labels are kept, which say whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName {
    length: u8,
    octets: [u8; DomainName::CAPACITY],
}

impl DomainName {
    /// The most octets that are kept.
    pub const CAPACITY: usize = 47;
    const EMPTY: Self = Self { length: 0, octets: [0; Self::CAPACITY] };

    /// From its labels in order, in either case. `None` where there is none, or one is empty or holds what no name does.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut name = Self::EMPTY;
        for label in labels {
            name.push(label)?;
        }
        (name.length > 0).then_some(name)
    }

    /// From its text, with or without the dot of the root.
    pub fn from_text(text: &[u8]) -> Option<Self> {
        let text = text.strip_suffix(b".").unwrap_or(text);
        Self::from_labels(text.split(|octet| *octet == b'.'))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        let text = self.octets.get(..usize::from(self.length)).unwrap_or_default();
        // Only ASCII was taken in.
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// Whether this is `domain` or a name below it.
    pub fn is_within(&self, domain: &Self) -> bool {
        let above = self.as_str().strip_suffix(domain.as_str());
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }

    fn push(&mut self, label: &[u8]) -> Option<()> {
        let valid = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        if label.is_empty() || !label.iter().all(valid) {
            return None;
        }
        let kept = label.get(label.len().saturating_sub(Self::CAPACITY)..).unwrap_or_default();
        while self.length > 0 && usize::from(self.length) + 1 + kept.len() > Self::CAPACITY {
            self.drop_first_label();
        }
        if self.length > 0 {
            self.put(b'.');
        }
        kept.iter().for_each(|octet| self.put(octet.to_ascii_lowercase()));
        Some(())
    }

    fn put(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(usize::from(self.length)) {
            *place = octet;
            self.length += 1;
        }
    }

    fn drop_first_label(&mut self) {
        let length = usize::from(self.length);
        let dot = self.as_str().find('.').map_or(length, |dot| dot + 1);
        self.octets.copy_within(dot..length, 0);
        self.octets.iter_mut().skip(length - dot).for_each(|octet| *octet = 0);
        self.length -= dot as u8;
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({self})")
    }
}

impl FromStr for DomainName {
    type Err = InvalidDomainName;

    fn from_str(text: &str) -> Result<Self, InvalidDomainName> {
        Self::from_text(text.as_bytes()).ok_or(InvalidDomainName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let name = DomainName::from_text(text.as_bytes());
        assert_eq!(name.map(|name| name.to_string()).as_deref(), expected);
    }

    #[test]
    fn names_are_lower_case_and_without_the_root() {
        check("WWW.Example.com.", Some("www.example.com"));
        check("cmnet", Some("cmnet"));
        check("_dns.a-b.cn", Some("_dns.a-b.cn"));
        for text in ["", ".", "a..b", "a b", "短信.cn", ".a"] {
            check(text, None);
        }
    }

    #[test]
    fn of_a_long_name_the_last_labels_are_kept() {
        let long = format!("{}.{}.example.com", "a".repeat(20), "b".repeat(30));
        check(&long, Some(format!("{}.example.com", "b".repeat(30)).as_str()));
        check(&"c".repeat(63), Some("c".repeat(DomainName::CAPACITY).as_str()));
        let whole = format!("{}.com", "d".repeat(DomainName::CAPACITY - 4));
        check(&whole, Some(whole.as_str()));
        check(&format!("x.{whole}"), Some(whole.as_str()));
    }

    #[test]
    fn shortened_names_compare_by_what_is_kept() {
        let tail = format!("{}.cn", "e".repeat(42));
        let name = |text: &str| DomainName::from_text(text.as_bytes());
        assert_eq!(name(&format!("xyz.{tail}")), name(&format!("uvw.{tail}")));
    }

    #[test]
    fn a_name_is_within_its_domain_label_by_label() {
        let name = |text: &str| text.parse::<DomainName>().unwrap();
        assert!(name("m.taobao.com").is_within(&name("taobao.com")));
        assert!(name("taobao.com").is_within(&name("taobao.com")));
        assert!(!name("nottaobao.com").is_within(&name("taobao.com")));
    }
}
