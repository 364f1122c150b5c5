//! In which language a page speaks: as chosen on it, else as the browser asks.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use rules::language::Language;

use crate::api::cookie;

/// Where a browser keeps the choice.
pub(super) const LANGUAGE_COOKIE: &str = "touchpoint-language";

/// A language, and its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tongue(pub(super) Language);

impl Tongue {
    /// The one of two texts that is in it.
    pub(super) fn say<'t>(self, english: &'t str, chinese: &'t str) -> &'t str {
        match self.0 {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    /// As in `html lang`.
    pub(super) fn code(self) -> &'static str {
        match self.0 {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        }
    }

    pub(super) fn named(name: &str) -> Self {
        Self(if name.starts_with("zh") { Language::Chinese } else { Language::English })
    }
}

impl<S: Sync> FromRequestParts<S> for Tongue {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let asked = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self::named(cookie(&parts.headers, LANGUAGE_COOKIE).or(asked).unwrap_or_default()))
    }
}
