//! The console: pages for people, made here, in Chinese and English. They need no script; a little one refreshes what is live.
//! A page shows what the API tells, and nothing that its visitor may not see.

mod chart;
mod entrance;
mod health;
mod layout;
mod people;
mod scenarios;
mod tongue;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::api::{Refusal, Surface};
use tongue::Tongue;

/// All pages, to be put beside the API.
pub(crate) fn pages() -> Router<Arc<Surface>> {
    Router::new()
        .route("/", get(health::overview))
        .route("/areas", get(health::areas))
        .route("/scenarios", get(scenarios::list))
        .route("/scenarios/reload", post(scenarios::reload))
        .route("/scenarios/{name}", get(scenarios::one))
        .route("/scenarios/{name}/pause", post(scenarios::pause))
        .route("/scenarios/{name}/release", post(scenarios::release))
        .route("/channels/{name}/release", post(scenarios::let_go))
        .route("/offers", get(scenarios::offers))
        .route("/explain", get(people::ask).post(people::explain))
        .route("/backtest", get(people::draft).post(people::backtest))
        .route("/privacy", get(people::privacy))
        .route("/login", get(entrance::login).post(entrance::enter))
        .route("/logout", post(entrance::leave))
        .route("/language/{to}", get(entrance::language))
        .route("/assets/icon.svg", get(entrance::icon))
        .route("/assets/console.css", get(entrance::style))
        .route("/assets/console.js", get(entrance::script))
}

/// What a page comes to where it cannot be shown: whoever is not known is shown the door, others are told why.
pub(crate) struct Sorry {
    tongue: Tongue,
    refusal: Refusal,
}

impl Sorry {
    fn in_tongue(tongue: Tongue) -> impl Fn(Refusal) -> Self {
        move |refusal| Self { tongue, refusal }
    }
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        match self.refusal.status {
            StatusCode::UNAUTHORIZED => Redirect::to("/login").into_response(),
            status => (status, layout::sorry(self.tongue, &self.refusal.why)).into_response(),
        }
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
