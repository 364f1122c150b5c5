//! The console: pages for people, made here, in Chinese and English. They need no script; a little one refreshes what is live.
//! A page shows what the API tells, and nothing that its visitor may not see.

mod entrance;
mod guest;
mod health;
mod layout;
mod people;
mod scenarios;
mod tongue;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::api::{Refusal, Surface};
use guest::{Guest, Sender};
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
        .route("/forget", get(people::whom).post(people::forget))
        .route("/privacy", get(people::privacy))
        .route("/login", get(entrance::login).post(entrance::enter))
        .route("/logout", post(entrance::leave))
        .route("/language/{to}", get(entrance::language))
        .route("/assets/icon.svg", get(entrance::icon))
        .route("/favicon.ico", get(entrance::icon))
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
