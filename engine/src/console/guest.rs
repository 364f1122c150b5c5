//! Who sees a page, and from where a form came.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::Sorry;
use super::tongue::Tongue;
use crate::api::{Caller, Refusal, Surface};

/// Whoever wants to see a page.
pub(super) struct Guest {
    pub(super) surface: Arc<Surface>,
    pub(super) tongue: Tongue,
    pub(super) caller: Caller,
}

/// Whoever sends a form of one of our own pages.
pub(super) struct Sender(pub(super) Guest);

impl FromRequestParts<Arc<Surface>> for Guest {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, surface: &Arc<Surface>) -> Result<Self, Sorry> {
        let Ok(tongue) = Tongue::from_request_parts(parts, surface).await;
        let Ok(caller) = Caller::from_request_parts(parts, surface).await;
        Ok(Self { surface: Arc::clone(surface), tongue, caller })
    }
}

impl FromRequestParts<Arc<Surface>> for Sender {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, surface: &Arc<Surface>) -> Result<Self, Sorry> {
        let guest = Guest::from_request_parts(parts, surface).await?;
        from_here(&parts.headers).map_err(Sorry::in_tongue(guest.tongue))?;
        Ok(Self(guest))
    }
}

/// Forms are sent by our own pages only. Browsers tell where a form comes from; cookies besides are for this site alone.
fn from_here(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    match origin {
        Some(origin) if origin == host => Ok(()),
        _ => Err(Refusal { status: StatusCode::FORBIDDEN, why: "this form comes from elsewhere".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_from_elsewhere_is_refused() {
        let check = |origin: Option<&'static str>, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "probe:8443".parse().unwrap());
            origin.into_iter().for_each(|origin| _ = headers.insert(header::ORIGIN, origin.parse().unwrap()));
            assert_eq!(from_here(&headers).is_ok(), expected, "{origin:?}");
        };
        check(Some("https://probe:8443"), true);
        check(Some("https://probe:9999"), false);
        check(Some("https://evil"), false);
        check(Some("null"), false);
        check(None, false);
    }
}
