//! The routes for programs, and their description by OpenAPI, which is made of them.

use std::sync::Arc;

use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use event::Timestamp;
use rules::language::Language;
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::audit::Entry;
use super::caller::Fault;
use super::trial::{self, Draft, Question, Trial};
use super::{Caller, Refusal, Right, Surface, beside};
use crate::metrics::Meters;
use crate::offer::Offer;
use crate::pseudonyms::Pseudonyms;
use crate::run::status::Status;
use crate::run::{Request as Asked, Sample};

/// Lines of the audit log in one answer.
const AUDIT_LINES: usize = 500;

#[derive(OpenApi)]
#[openapi(
    info(title = "Touchpoint", description = "Health, scenarios, offers, and what may be done about them."),
    modifiers(&Tokens)
)]
struct Described;

/// Tokens are shown as `Authorization: Bearer …`.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_default();
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// All routes for programs, and their description.
pub(super) fn api() -> (Router<Arc<Surface>>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(health))
        .routes(routes!(status))
        .routes(routes!(history))
        .routes(routes!(scenarios))
        .routes(routes!(reload))
        .routes(routes!(pause))
        .routes(routes!(release))
        .routes(routes!(let_go))
        .routes(routes!(offers))
        .routes(routes!(explain))
        .routes(routes!(backtest))
        .routes(routes!(forget))
        .routes(routes!(audit))
        .routes(routes!(metrics_text))
        .routes(routes!(openapi))
        .split_for_parts()
}

/// The OpenAPI document.
pub fn description() -> utoipa::openapi::OpenApi {
    api().1
}

/// Counts requests by route and answer.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("touchpoint_http_requests_total", "route" => path, "status" => status).increment(1);
    response
}

pub(super) async fn nowhere() -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, why: "there is nothing here".to_owned() }
}

/// That it is alive.
#[derive(Serialize, ToSchema)]
struct Alive {
    /// `ok`.
    status: &'static str,
}

/// Whether it is alive, and its feeds are open.
#[utoipa::path(get, path = "/api/v1/health", responses(
    (status = 200, body = Alive), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn health(State(surface): State<Arc<Surface>>) -> Result<Json<Alive>, Refusal> {
    let started = surface.view.status.load().started;
    started.map(|_| Json(Alive { status: "ok" })).ok_or_else(Refusal::busy)
}

/// Everything at this moment: feeds, events, engine, scenarios, channels, areas.
#[utoipa::path(get, path = "/api/v1/status", security(("token" = [])), responses(
    (status = 200, body = Status), (status = 401, body = Fault), (status = 403, body = Fault), (status = 429, body = Fault)))]
async fn status(State(surface): State<Arc<Surface>>, caller: Caller) -> Result<Json<Status>, Refusal> {
    caller.may(Right::View)?;
    Ok(Json(surface.view.status.load().as_ref().clone()))
}

/// A sample a minute for the last day.
#[utoipa::path(get, path = "/api/v1/history", security(("token" = [])), responses(
    (status = 200, body = Vec<Sample>), (status = 401, body = Fault), (status = 403, body = Fault), (status = 429, body = Fault)))]
async fn history(State(surface): State<Arc<Surface>>, caller: Caller) -> Result<Json<Vec<Sample>>, Refusal> {
    caller.may(Right::View)?;
    Ok(Json(surface.view.history.load().samples().copied().collect()))
}

/// A scenario and what came of it within the retention.
#[derive(Serialize, ToSchema)]
struct ScenarioSummary {
    name: String,
    title: String,
    purpose: &'static str,
    priority: u8,
    /// Its file in the folder of scenarios.
    file: String,
    is_paused: bool,
    triggered: u64,
    /// By reason.
    withheld: std::collections::BTreeMap<&'static str, u64>,
    /// By state.
    offers: std::collections::BTreeMap<&'static str, u64>,
    /// The last at the end.
    offers_by_hour: Vec<u64>,
}

/// Scenarios with their funnels.
#[utoipa::path(get, path = "/api/v1/scenarios", security(("token" = [])), responses(
    (status = 200, body = Vec<ScenarioSummary>), (status = 401, body = Fault), (status = 403, body = Fault), (status = 429, body = Fault)))]
async fn scenarios(State(surface): State<Arc<Surface>>, caller: Caller) -> Result<Json<Vec<ScenarioSummary>>, Refusal> {
    caller.may(Right::View)?;
    let view = &surface.view;
    let (rules, census, status) = (view.rules.load(), view.census.load(), view.status.load());
    let summary = |scenario: &rules::Scenario| {
        let census = census.scenarios.get(&scenario.name).cloned().unwrap_or_default();
        ScenarioSummary {
            name: scenario.name.to_string(),
            title: scenario.title.clone(),
            purpose: rules::language::purpose_name(scenario.purpose, Language::English),
            priority: scenario.priority,
            file: scenario.file.display().to_string(),
            is_paused: status.rules.paused.iter().any(|name| **name == *scenario.name),
            triggered: census.triggered,
            withheld: census.withheld.iter().map(|(reason, count)| (reason.name(), *count)).collect(),
            offers_by_hour: census.offers_by_hour.to_vec(),
            offers: census.states.into_iter().map(|([name, _], count)| (name, count)).collect(),
        }
    };
    Ok(Json(rules.scenarios().iter().map(summary).collect()))
}

/// What was done.
#[derive(Serialize, ToSchema)]
struct Done {
    /// For people.
    done: String,
}

/// Takes over the scenarios from their folder, all or nothing.
#[utoipa::path(post, path = "/api/v1/scenarios/reload", security(("token" = [])), responses(
    (status = 200, body = Done), (status = 401, body = Fault), (status = 403, body = Fault),
    (status = 422, body = Fault, description = "they cannot be used"), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn reload(State(surface): State<Arc<Surface>>, caller: Caller) -> Result<Json<Done>, Refusal> {
    let who = caller.may(Right::Reload)?;
    Ok(Json(Done { done: surface.order(who, Asked::Reload).await? }))
}

/// Pauses a scenario.
#[utoipa::path(post, path = "/api/v1/scenarios/{name}/pause", params(("name" = String, Path)), security(("token" = [])), responses(
    (status = 200, body = Done), (status = 400, description = "no such path"), (status = 401, body = Fault),
    (status = 403, body = Fault), (status = 404, body = Fault), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn pause(
    State(surface): State<Arc<Surface>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Done>, Refusal> {
    let who = caller.may(Right::Pause)?;
    Ok(Json(Done { done: surface.order(who, Asked::Pause(name)).await? }))
}

/// Releases a scenario that a person or a limit has paused.
#[utoipa::path(post, path = "/api/v1/scenarios/{name}/release", params(("name" = String, Path)), security(("token" = [])), responses(
    (status = 200, body = Done), (status = 400, description = "no such path"), (status = 401, body = Fault),
    (status = 403, body = Fault), (status = 404, body = Fault), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn release(
    State(surface): State<Arc<Surface>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Done>, Refusal> {
    let who = caller.may(Right::Pause)?;
    Ok(Json(Done { done: surface.order(who, Asked::Release(name)).await? }))
}

/// Lets the offers go that wait for a person at a channel that is worked by hand.
#[utoipa::path(post, path = "/api/v1/channels/{name}/release", params(("name" = String, Path)), security(("token" = [])), responses(
    (status = 200, body = Done), (status = 400, description = "no such path"), (status = 401, body = Fault),
    (status = 403, body = Fault), (status = 404, body = Fault), (status = 409, body = Fault), (status = 429, body = Fault),
    (status = 500, body = Fault)))]
async fn let_go(
    State(surface): State<Arc<Surface>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Done>, Refusal> {
    let who = caller.may(Right::Pause)?;
    Ok(Json(Done { done: surface.let_go(who, &name).await? }))
}

/// An offer.
#[derive(Serialize, ToSchema)]
struct OfferSummary {
    /// Time of the trigger.
    at: String,
    scenario: String,
    /// By pseudonym.
    subscriber: String,
    state: &'static str,
    /// It is not sent later than this.
    expires: String,
}

impl OfferSummary {
    fn new(offer: &Offer, keys: &Pseudonyms) -> Self {
        Self {
            at: offer.at.to_string(),
            scenario: offer.scenario.to_string(),
            subscriber: keys.at(offer.at).name(offer.imsi).to_string(),
            state: offer.state.name(),
            expires: offer.expires.to_string(),
        }
    }
}

/// Offers on their way, and the last that came to an end.
#[derive(Serialize, ToSchema)]
struct Offers {
    /// How many are on their way.
    in_flight: u64,
    /// The oldest of them.
    waiting: Vec<OfferSummary>,
    /// The newest first.
    recent: Vec<OfferSummary>,
}

/// Offers, whose they are by pseudonym.
#[utoipa::path(get, path = "/api/v1/offers", security(("token" = [])), responses(
    (status = 200, body = Offers), (status = 401, body = Fault), (status = 403, body = Fault), (status = 429, body = Fault)))]
async fn offers(State(surface): State<Arc<Surface>>, caller: Caller) -> Result<Json<Offers>, Refusal> {
    caller.may(Right::View)?;
    let (census, keys) = (surface.view.census.load(), surface.view.pseudonyms.load());
    let summary = |offer| OfferSummary::new(offer, &keys);
    Ok(Json(Offers {
        in_flight: census.in_flight,
        waiting: census.waiting.iter().map(summary).collect(),
        recent: census.recent.iter().map(summary).collect(),
    }))
}

/// Why a subscriber got an offer or did not: each decision with every gate. Written into the audit log.
#[utoipa::path(post, path = "/api/v1/explain", request_body = Question, security(("token" = [])), responses(
    (status = 200, body = Vec<Object>), (status = 400, description = "no JSON"), (status = 401, body = Fault), (status = 403, body = Fault),
    (status = 404, body = Fault), (status = 409, body = Fault, description = "a number of several"), (status = 413, description = "too long"), (status = 415, description = "no JSON"), (status = 422, body = Fault),
    (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn explain(
    State(surface): State<Arc<Surface>>,
    caller: Caller,
    question: Result<Json<Question>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<Vec<serde_json::Value>>, Refusal> {
    // Who may not ask is not told how to.
    caller.may(Right::Explain)?;
    let Json(question) = question.map_err(unreadable)?;
    let lines = explained(&surface, &caller, question, Language::English, true).await?;
    let lines = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>();
    lines.map(Json).map_err(|error| Refusal::internal(error.to_string()))
}

/// Answers a question by whoever may ask it, and writes down that they asked.
pub(crate) async fn explained(
    surface: &Arc<Surface>,
    caller: &Caller,
    question: Question,
    language: Language,
    json: bool,
) -> Result<String, Refusal> {
    let who = caller.may(if question.reveal { Right::Reveal } else { Right::Explain })?;
    let view = Arc::clone(&surface.view);
    let whom = trial::asked(&view, question.subscriber.clone()).await?;
    surface.note(who, if question.reveal { "reveal" } else { "explain" }, &view.call(whom)).await?;
    beside(move || trial::explain(&view, whom, &question, language, json)).await
}

/// Whom to forget.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Whom {
    /// An IMSI, a number of the subscriber file, or a pseudonym.
    #[schema(min_length = 1)]
    subscriber: String,
}

/// Erases every trace of a subscriber from the store, and proves it: answers when that is done, which takes seconds or minutes. Others
/// are matched meanwhile; nothing is taken in about the subscriber. The status tells how far it is.
#[utoipa::path(post, path = "/api/v1/forget", request_body = Whom, security(("token" = [])), responses(
    (status = 200, body = Done), (status = 400, description = "no JSON"), (status = 401, body = Fault), (status = 403, body = Fault),
    (status = 404, body = Fault), (status = 409, body = Fault, description = "a number of several"), (status = 413, description = "too long"),
    (status = 415, description = "no JSON"), (status = 422, body = Fault, description = "something is left"), (status = 429, body = Fault),
    (status = 503, body = Fault)))]
async fn forget(
    State(surface): State<Arc<Surface>>,
    caller: Caller,
    whom: Result<Json<Whom>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<Done>, Refusal> {
    caller.may(Right::Forget)?;
    let Json(whom) = whom.map_err(unreadable)?;
    Ok(Json(Done { done: forgotten(&surface, &caller, whom.subscriber).await? }))
}

/// Erases somebody for whoever may.
pub(crate) async fn forgotten(surface: &Arc<Surface>, caller: &Caller, whom: String) -> Result<String, Refusal> {
    let who = caller.may(Right::Forget)?;
    let imsi = trial::asked(&surface.view, whom).await?;
    surface.order(who, Asked::Forget(imsi)).await
}

/// Tries a draft on the last hours. One at a time.
#[utoipa::path(post, path = "/api/v1/backtest", request_body = Draft, security(("token" = [])), responses(
    (status = 200, body = Trial), (status = 400, description = "no JSON"), (status = 401, body = Fault), (status = 403, body = Fault),
    (status = 413, description = "too long"), (status = 415, description = "no JSON"),
    (status = 422, body = Fault, description = "the draft cannot be used"), (status = 429, body = Fault), (status = 503, body = Fault)))]
async fn backtest(
    State(surface): State<Arc<Surface>>,
    caller: Caller,
    draft: Result<Json<Draft>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<Trial>, Refusal> {
    caller.may(Right::Backtest)?;
    let Json(draft) = draft.map_err(unreadable)?;
    tried(&surface, &caller, draft).await.map(Json)
}

/// Tries a draft for whoever may.
pub(crate) async fn tried(surface: &Arc<Surface>, caller: &Caller, draft: Draft) -> Result<Trial, Refusal> {
    let who = caller.may(Right::Backtest)?;
    surface.note(who, "backtest", "").await?;
    let surface = Arc::clone(surface);
    // Whoever asks may go away meanwhile: the trial itself keeps others out until it has ended.
    beside(move || {
        let Ok(_one) = surface.trials.try_acquire() else { return Err(Refusal::busy()) };
        trial::backtest(&surface.view, &draft)
    })
    .await
}

/// Who did what, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", security(("token" = [])), responses(
    (status = 200, body = Vec<Entry>), (status = 401, body = Fault), (status = 403, body = Fault), (status = 429, body = Fault)))]
async fn audit(State(surface): State<Arc<Surface>>, caller: Caller) -> Result<Json<Vec<Entry>>, Refusal> {
    caller.may(Right::Audit)?;
    audited(&surface).await.map(Json)
}

/// The last lines of the audit log.
pub(crate) async fn audited(surface: &Arc<Surface>) -> Result<Vec<Entry>, Refusal> {
    let view = Arc::clone(&surface.view);
    let read = move || view.audit.last(AUDIT_LINES).map_err(|error| Refusal::internal(error.to_string()));
    beside(read).await
}

/// Counters, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", security(("token" = [])), responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 401, body = Fault), (status = 403, body = Fault), (status = 429, body = Fault)))]
async fn metrics_text(
    State(surface): State<Arc<Surface>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    caller.may(Right::View)?;
    Ok(counters(&surface.meters, &headers))
}

/// All counters, in the format that is asked for.
pub(super) fn counters(meters: &Meters, headers: &HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let (media, text) = meters.render(accept);
    ([(header::CONTENT_TYPE, media)], text).into_response()
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, body = Object), (status = 429, body = Fault)))]
async fn openapi(Extension(description): Extension<Arc<utoipa::openapi::OpenApi>>) -> Json<utoipa::openapi::OpenApi> {
    Json(description.as_ref().clone())
}

fn unreadable(error: axum::extract::rejection::JsonRejection) -> Refusal {
    Refusal { status: error.status(), why: error.body_text() }
}

/// For pages: a time as people read it, to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..19).unwrap_or(&text).replace('T', " ")
}
