//! What scenarios do: the funnel of each, with the reason for every refusal; pausing and releasing; offers on their way.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Redirect;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use rules::language::{Language, purpose_name, reason_name};

use super::layout::{Kind, course, figure, number, page, table, text};
use super::tongue::Tongue;
use super::{Guest, Sender, Sorry};
use crate::api::{Refusal, Right, Visitor};
use crate::census::{HOURS, ScenarioCensus};
use crate::cli::report::grouped;
use crate::offer::Offer;
use crate::run::Request;
use crate::run::status::RulesStatus;

const HOUR_SECONDS: i64 = 3_600;

pub(super) async fn list(Guest { surface, tongue, caller }: Guest) -> Result<Markup, Sorry> {
    let visitor = caller.may(Right::View).map_err(Sorry::in_tongue(tongue))?;
    let view = &surface.view;
    let (rules, census, status) = (view.rules.load(), view.census.load(), view.status.load());
    let head = [
        tongue.say("scenario", "场景"),
        tongue.say("purpose", "用途"),
        tongue.say("triggered", "触发"),
        tongue.say("sent", "已发送"),
        tongue.say("withheld", "未发送"),
        tongue.say("state", "状态"),
    ];
    let row = |scenario: &rules::Scenario| {
        let counted = census.scenarios.get(&scenario.name).cloned().unwrap_or_default();
        let is_paused = status.rules.paused.iter().any(|name| **name == *scenario.name);
        vec![
            html! { a href=(link(&scenario.name)) { (scenario.title) } br; small { (scenario.name) } },
            text(purpose_name(scenario.purpose, tongue.0)),
            number(counted.triggered),
            number(counted.sent()),
            html! { (number(counted.withheld_total())) (main_reason(tongue, &counted)) },
            switch(tongue, visitor, &scenario.name, is_paused),
        ]
    };
    let rows: Vec<_> = rules.scenarios().iter().map(row).collect();
    let content = html! {
        p { (tongue.say("In force: ", "当前：")) (in_force(tongue, &status.rules)) }
        @if let Some(refused) = &status.rules.refused {
            section.warning role="alert" {
                h2 { (tongue.say("The folder has changed and cannot be used", "文件夹已改动，但无法使用")) }
                pre.told { (refused) }
            }
        }
        @if visitor.role.may(Right::Reload) {
            form method="post" action="/scenarios/reload" {
                button { (tongue.say("Take over the folder again", "重新载入文件夹")) }
            }
        }
        (table(&head, &rows, tongue.say("There is no scenario", "没有场景")))
    };
    Ok(page(tongue, visitor, tongue.say("Scenarios", "场景"), Kind::Live, &content))
}

/// Which set is in force.
pub(super) fn in_force(tongue: Tongue, rules: &RulesStatus) -> String {
    let RulesStatus { revision, scenarios, cases, author, .. } = rules;
    match (tongue.0, author) {
        (Language::English, _) => rules.loaded.clone(),
        (Language::Chinese, None) => format!("版本 {revision}，{scenarios} 个场景，{cases} 个用例通过"),
        (Language::Chinese, Some(author)) => {
            format!("版本 {revision}，{scenarios} 个场景，{cases} 个用例通过，最后提交：{author}")
        }
    }
}

fn link(name: &str) -> String {
    format!("/scenarios/{}", encoded(name))
}

fn encoded(name: &str) -> PercentEncode<'_> {
    utf8_percent_encode(name, NON_ALPHANUMERIC)
}

fn main_reason(tongue: Tongue, counted: &ScenarioCensus) -> Markup {
    let main = counted.withheld.iter().max_by_key(|(_, count)| **count);
    html! { @if let Some((reason, _)) = main { br; small { (reason_name(*reason, tongue.0)) } } }
}

fn switch(tongue: Tongue, visitor: &Visitor, name: &str, is_paused: bool) -> Markup {
    let state = if is_paused { tongue.say("paused", "已暂停") } else { tongue.say("running", "运行中") };
    let (action, does) = match is_paused {
        true => ("release", tongue.say("Release", "恢复")),
        false => ("pause", tongue.say("Pause", "暂停")),
    };
    html! {
        span.bad[is_paused] { (state) } " "
        @if visitor.role.may(Right::Pause) {
            form.inline method="post" action=(format!("{}/{action}", link(name))) {
                button.plain aria-label=(format!("{does}: {name}")) { (does) }
            }
        }
    }
}

pub(super) async fn one(Guest { surface, tongue, caller }: Guest, Path(name): Path<String>) -> Result<Markup, Sorry> {
    let sorry = Sorry::in_tongue(tongue);
    let visitor = caller.may(Right::View).map_err(&sorry)?;
    let view = &surface.view;
    let (rules, census, status) = (view.rules.load(), view.census.load(), view.status.load());
    let nothing = || Refusal { status: StatusCode::NOT_FOUND, why: format!("`{name}`?") };
    let scenario = rules.scenarios().iter().find(|scenario| *scenario.name == *name);
    let scenario = scenario.ok_or_else(nothing).map_err(&sorry)?;
    let counted = census.scenarios.get(&scenario.name).cloned().unwrap_or_default();
    let is_paused = status.rules.paused.contains(&name);
    let reasons: Vec<_> = counted
        .withheld
        .iter()
        .map(|(reason, count)| vec![text(reason_name(*reason, tongue.0)), number(*count)])
        .collect();
    let states: Vec<_> =
        counted.states.iter().map(|(state, count)| vec![text(tongue.0.of(*state)), number(*count)]).collect();
    let now = status.now.map_or(0, |now| now.as_micros().div_euclid(1_000_000));
    let by_hour = (0..).zip(counted.offers_by_hour);
    let points: Vec<_> =
        by_hour.map(|(hour, offers)| (now - (HOURS as i64 - 1 - hour) * HOUR_SECONDS, offers as f64)).collect();
    let offers: u64 = counted.states.values().sum();
    let zone = &rules.policy().timezone;
    let content = html! {
        p { (scenario.name) " · " (purpose_name(scenario.purpose, tongue.0)) " · "
            code { (scenario.file.display()) } " · " (switch(tongue, visitor, &name, is_paused)) }
        div.figures {
            (figure(tongue.say("Triggered", "触发"), &grouped(counted.triggered), false))
            (figure(tongue.say("Withheld", "未发送"), &grouped(counted.withheld_total()), false))
            (figure(tongue.say("Offers", "发起"), &grouped(offers), false))
            (figure(tongue.say("Sent", "已发送"), &grouped(counted.sent()), false))
        }
        h2 { (tongue.say("Why triggers led to no offer", "触发后没有发送的原因")) }
        (table(&[tongue.say("reason", "原因"), tongue.say("times", "次数")], &reasons, tongue.say("Nothing was withheld", "没有")))
        h2 { (tongue.say("What became of offers", "发送结果")) }
        (table(&[tongue.say("state", "状态"), tongue.say("offers", "数量")], &states, tongue.say("No offer yet", "暂无")))
        div.charts { (course(tongue, tongue.say("Offers an hour", "每小时发送"), &hourly(&points), HOUR_SECONDS, zone)) }
    };
    Ok(page(tongue, visitor, &scenario.title, Kind::Live, &content))
}

// From the first hour that has any: hours before the scenario was there say nothing.
fn hourly(points: &[(i64, f64)]) -> Vec<(i64, f64)> {
    let first = points.iter().position(|(_, offers)| *offers > 0.0).unwrap_or(points.len());
    points.get(first..).unwrap_or_default().to_vec()
}

pub(super) async fn pause(Sender(guest): Sender, Path(name): Path<String>) -> Result<Redirect, Sorry> {
    order(&guest, Right::Pause, Request::Pause(name)).await
}

pub(super) async fn release(Sender(guest): Sender, Path(name): Path<String>) -> Result<Redirect, Sorry> {
    order(&guest, Right::Pause, Request::Release(name)).await
}

pub(super) async fn reload(Sender(guest): Sender) -> Result<Redirect, Sorry> {
    order(&guest, Right::Reload, Request::Reload).await
}

async fn order(guest: &Guest, right: Right, what: Request) -> Result<Redirect, Sorry> {
    let sorry = Sorry::in_tongue(guest.tongue);
    let who = guest.caller.may(right).map_err(&sorry)?;
    guest.surface.order(who, what).await.map_err(&sorry)?;
    Ok(Redirect::to("/scenarios"))
}

pub(super) async fn let_go(
    Sender(Guest { surface, tongue, caller }): Sender,
    Path(name): Path<String>,
) -> Result<Redirect, Sorry> {
    let sorry = Sorry::in_tongue(tongue);
    let who = caller.may(Right::Pause).map_err(&sorry)?;
    surface.let_go(who, &name).await.map_err(&sorry)?;
    Ok(Redirect::to("/offers"))
}

pub(super) async fn offers(Guest { surface, tongue, caller }: Guest) -> Result<Markup, Sorry> {
    let visitor = caller.may(Right::View).map_err(Sorry::in_tongue(tongue))?;
    let census = surface.view.census.load();
    let head = [
        tongue.say("time", "时间"),
        tongue.say("scenario", "场景"),
        tongue.say("subscriber", "用户"),
        tongue.say("state", "状态"),
        tongue.say("not after", "有效至"),
    ];
    let (rules, keys) = (surface.view.rules.load(), surface.view.pseudonyms.load());
    let moment = |at| rules.policy().local(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let row = |offer: &Offer| {
        vec![
            text(&moment(offer.at)),
            text(&offer.scenario),
            html! { code { (keys.at(offer.at).name(offer.imsi)) } },
            text(tongue.0.of(offer.state.names())),
            text(&moment(offer.expires)),
        ]
    };
    let (waiting, recent): (Vec<_>, Vec<_>) =
        (census.waiting.iter().map(row).collect(), census.recent.iter().map(row).collect());
    let status = surface.view.status.load();
    let by_hand = status.channels.iter().filter_map(|channel| Some((&channel.name, channel.held?)));
    let content = html! {
        @for (channel, held) in by_hand {
            section.warning {
                p { (channel) ": " (grouped(held)) " " (tongue.say("offers wait for a person to let them go", "条待人工放行")) }
                @if visitor.role.may(Right::Pause) {
                    form.inline method="post" action=(format!("/channels/{}/release", encoded(channel))) {
                        button { (tongue.say("Let them go", "放行")) }
                    }
                }
            }
        }
        h2 { (tongue.say("On their way", "待发送")) " (" (grouped(census.in_flight)) ")" }
        (table(&head, &waiting, tongue.say("None", "没有")))
        h2 { (tongue.say("The last ones", "最近结果")) }
        (table(&head, &recent, tongue.say("None yet", "暂无")))
    };
    Ok(page(tongue, visitor, tongue.say("Offers", "发送"), Kind::Live, &content))
}
