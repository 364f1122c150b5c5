//! Who is asking, and what they are told where they may not.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Right, Surface, Visitor};
use crate::run::clock;

/// Where a browser keeps its token.
pub(crate) const COOKIE: &str = "touchpoint";

/// Whoever asks.
pub(crate) struct Caller(Option<Visitor>);

impl Caller {
    /// Who it is, if they may do that.
    pub(crate) fn may(&self, right: Right) -> Result<&Visitor, Refusal> {
        let visitor = self.0.as_ref().ok_or_else(Refusal::unknown)?;
        if visitor.role.may(right) { Ok(visitor) } else { Err(Refusal::forbidden()) }
    }
}

impl FromRequestParts<Arc<Surface>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, surface: &Arc<Surface>) -> Result<Self, Infallible> {
        let token = bearer(&parts.headers).or_else(|| cookie(&parts.headers, COOKIE));
        Ok(Self(token.and_then(|token| surface.access.visitor(token, clock::wall())).cloned()))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// A cookie by its name.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) why: String,
}

/// As programs see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Fault {
    /// What was wrong, for people.
    error: String,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }

    fn unknown() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "show a token that is known and has not ended")
    }

    fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "the role of this token may not do that")
    }

    pub(crate) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests from this address")
    }

    pub(crate) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy, or about to end; try again in a moment")
    }

    pub(crate) fn missing(why: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, why)
    }

    pub(crate) fn conflict(why: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, why)
    }

    pub(crate) fn unprocessable(why: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, why)
    }

    pub(crate) fn internal(why: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(Fault { error: self.why })).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let check = |text: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, text.parse().unwrap());
            assert_eq!(cookie(&headers, "touchpoint"), expected, "{text}");
        };
        check("touchpoint=abc", Some("abc"));
        check("lang=zh; touchpoint=abc; x=y", Some("abc"));
        check("nottouchpoint=abc", None);
        check("touchpoint", None);
    }
}
