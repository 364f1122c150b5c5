//! Who may do what: tokens, of which only hashes are known, and the rights of each role.

use std::fmt;
use std::str::FromStr;

use event::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::config::TokenConfig;

/// Octets of chance in a token.
const TOKEN_OCTETS: usize = 24;

/// What somebody is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees health and sums.
    Viewer,
    /// Writes scenarios: tries drafts, pauses and releases, asks why.
    Marketing,
    /// Keeps it running: takes over changed scenarios, pauses and releases.
    Operator,
    /// Answers for people's data: sees who it is, and who looked.
    PrivacyOfficer,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Health, sums, offers with masked identities.
    View,
    /// Why somebody got an offer or did not; masked.
    Explain,
    /// Try a draft on what has happened.
    Backtest,
    /// Pause a scenario, and release it again.
    Pause,
    /// Take over scenarios from their folder.
    Reload,
    /// Who somebody is, in clear.
    Reveal,
    /// Who did what.
    Audit,
    /// Erase somebody.
    Forget,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Marketing, Self::Operator, Self::PrivacyOfficer];

    /// As in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Marketing => "marketing",
            Self::Operator => "operator",
            Self::PrivacyOfficer => "privacy_officer",
        }
    }

    /// Whether whoever has this role may do that.
    pub const fn may(self, right: Right) -> bool {
        match right {
            Right::View => true,
            Right::Explain => matches!(self, Self::Marketing | Self::Operator | Self::PrivacyOfficer),
            Right::Backtest => matches!(self, Self::Marketing | Self::Operator),
            Right::Pause => matches!(self, Self::Marketing | Self::Operator),
            Right::Reload => matches!(self, Self::Marketing | Self::Operator),
            Right::Reveal | Right::Audit | Right::Forget => matches!(self, Self::PrivacyOfficer),
        }
    }
}

/// The SHA-256 of a token. Tokens are long and random, so that no slow hash is needed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Of this token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl FromStr for TokenHash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut octets = [0; 32];
        if text.len() != 2 * octets.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(());
        }
        for (octet, digits) in octets.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| ())?;
            *octet = u8::from_str_radix(digits, 16).map_err(|_| ())?;
        }
        Ok(Self(octets))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A new token: 48 hexadecimal digits of chance.
pub fn new_token() -> Result<String, getrandom::Error> {
    let mut octets = [0; TOKEN_OCTETS];
    getrandom::fill(&mut octets)?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// Somebody who has shown a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// As in the configuration.
    pub name: String,
    /// What they are here for.
    pub role: Role,
}

/// Everybody who may come in.
#[derive(Debug)]
pub struct Access {
    known: FxHashMap<TokenHash, (Visitor, Option<Timestamp>)>,
}

impl Access {
    /// Those with these tokens.
    pub fn new(tokens: &[TokenConfig]) -> Self {
        let visitor = |token: &TokenConfig| Visitor { name: token.name.clone(), role: token.role };
        Self { known: tokens.iter().map(|token| (token.sha256, (visitor(token), token.expires))).collect() }
    }

    /// Whose token this is, unless it has ended by `now`. Tokens are compared by hash: how long that takes tells nothing of
    /// them.
    pub fn visitor(&self, token: &str, now: Timestamp) -> Option<&Visitor> {
        let (visitor, expires) = self.known.get(&TokenHash::of(token))?;
        expires.is_none_or(|expires| now < expires).then_some(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_being_written() {
        let hash = TokenHash::of("abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let text = hash.to_string();
        for wrong in ["", "ba78", &format!("{text}00"), &text.replace('b', "x"), &text.replace("ba", "+a")] {
            assert_eq!(wrong.parse::<TokenHash>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_token_counts_until_it_ends() {
        let at = Timestamp::from_seconds;
        let config = |token: &str, expires| TokenConfig {
            name: token.to_owned(),
            role: Role::Viewer,
            sha256: TokenHash::of(token),
            expires,
        };
        let access = Access::new(&[config("forever", None), config("short", Some(at(100)))]);
        let check = |token, now, expected: Option<&str>| {
            assert_eq!(access.visitor(token, at(now)).map(|visitor| visitor.name.as_str()), expected, "{token} {now}");
        };
        check("forever", 1_000, Some("forever"));
        check("short", 99, Some("short"));
        check("short", 100, None);
        check("wrong", 0, None);
        check("", 0, None);
    }

    #[test]
    fn new_tokens_differ() {
        let (one, other) = (new_token().unwrap(), new_token().unwrap());
        assert_eq!((one.len(), one == other), (2 * TOKEN_OCTETS, false));
    }
}
