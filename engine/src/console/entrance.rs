//! Coming in and going out; the style and the script.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::tongue::{LANGUAGE_COOKIE, Tongue};
use super::{Guest, Sender, Sorry, layout};
use crate::api::{COOKIE, Surface};
use crate::run::clock;

/// How long a browser keeps a token: a day's work.
const SESSION_SECONDS: u32 = 12 * 3600;
const LANGUAGE_SECONDS: u32 = 365 * 24 * 3600;

pub(super) async fn icon() -> impl IntoResponse {
    asset("image/svg+xml", include_str!("icon.svg"))
}

pub(super) async fn style() -> impl IntoResponse {
    asset("text/css; charset=utf-8", include_str!("console.css"))
}

pub(super) async fn script() -> impl IntoResponse {
    asset("text/javascript; charset=utf-8", include_str!("console.js"))
}

fn asset(kind: &'static str, content: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], content)
}

#[derive(Deserialize)]
pub(super) struct Entry {
    token: String,
}

pub(super) async fn login(tongue: Tongue) -> Markup {
    form(tongue, None)
}

fn form(tongue: Tongue, wrong: Option<&str>) -> Markup {
    let title = tongue.say("Come in", "登录");
    layout::shell(
        tongue,
        title,
        &html! {
            main.narrow {
                h1 { "Touchpoint" }
                @if let Some(wrong) = wrong { p.bad role="alert" { (wrong) } }
                form method="post" action="/login" {
                    label for="token" { (tongue.say("Your token", "您的令牌")) }
                    input #token name="token" type="password" autocomplete="current-password" required autofocus;
                    button { (title) }
                }
                p { a href="/language/zh" lang="zh" { "中文" } " · " a href="/language/en" lang="en" { "English" } }
            }
        },
    )
}

pub(super) async fn enter(
    Sender(Guest { surface, tongue, .. }): Sender,
    Form(Entry { token }): Form<Entry>,
) -> Result<Response, Sorry> {
    let token = token.trim();
    if surface.access.visitor(token, clock::wall()).is_none() {
        let wrong = tongue.say("This token is not known, or has ended.", "令牌无效或已过期。");
        return Ok((StatusCode::UNAUTHORIZED, form(tongue, Some(wrong))).into_response());
    }
    // A token that is known has nothing in it that a cookie must not have.
    Ok((set_cookie(&surface, COOKIE, token, SESSION_SECONDS), Redirect::to("/")).into_response())
}

pub(super) async fn leave(Sender(Guest { surface, .. }): Sender) -> Result<impl IntoResponse, Sorry> {
    Ok((set_cookie(&surface, COOKIE, "", 0), Redirect::to("/login")))
}

pub(super) async fn language(
    State(surface): State<Arc<Surface>>,
    Path(to): Path<String>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let to = if Tongue::named(&to) == Tongue::named("zh") { "zh" } else { "en" };
    // Back to the page that it was chosen on; browsers tell no more than the path here, and of elsewhere nothing.
    let from = headers.get(header::REFERER).and_then(|from| from.to_str().ok());
    let path = |rest: &'_ str| rest.find('/').and_then(|at| rest.get(at..)).map(str::to_owned);
    let from = from.and_then(|from| from.split_once("://")).and_then(|(_, rest)| path(rest));
    let from = from.filter(|from| !from.starts_with("//")).unwrap_or_else(|| "/".to_owned());
    (set_cookie(&surface, LANGUAGE_COOKIE, to, LANGUAGE_SECONDS), Redirect::to(&from))
}

fn set_cookie(surface: &Surface, name: &str, value: &str, seconds: u32) -> [(header::HeaderName, String); 1] {
    let secure = if surface.is_secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    [(header::SET_COOKIE, cookie)]
}
