//! How it runs: feeds, losses, identities, events, channels, store; and where it is busy.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::layout::{Kind, course, figure, number, page, size, table, text};
use super::scenarios::in_force;
use super::tongue::Tongue;
use super::{Guest, Sorry};
use crate::api::{Right, moment};
use crate::cli::report::grouped;
use crate::run::status::{FeedStatus, Status};
use crate::run::{History, Sample};

/// A feed that has been silent for longer is shown as bad.
const SILENT_SECONDS: u64 = 60;
/// Less than so many of a hundred known is shown as bad.
const RESOLVED_PERCENT: u64 = 80;

/// Seconds between two samples.
const MINUTE: i64 = 60;

pub(super) async fn overview(Guest { surface, tongue, caller }: Guest) -> Result<Markup, Sorry> {
    let visitor = caller.may(Right::View).map_err(Sorry::in_tongue(tongue))?;
    let view = &surface.view;
    let (status, history, census, rules) =
        (view.status.load(), view.history.load(), view.census.load(), view.rules.load());
    let lost = status.lost_total();
    let down = status.channels.iter().filter(|channel| channel.down.is_some()).count();
    let content = html! {
        @if let Some(refused) = &status.rules.refused {
            section.warning role="alert" {
                h2 { (tongue.say("Changed scenarios are not taken over", "改动后的场景没有生效")) }
                pre.told { (refused) }
            }
        }
        div.figures {
            (figure(tongue.say("Frames", "帧"), &grouped(status.frames_total()), false))
            (figure(tongue.say("Packets lost", "丢包"), &grouped(lost), lost > 0))
            (figure(tongue.say("Events", "事件"), &grouped(status.events_total()), false))
            (figure(tongue.say("Offers on their way", "待发送"), &grouped(census.in_flight), false))
            (figure(tongue.say("Channels down", "通道中断"), &down.to_string(), down > 0))
            (figure(tongue.say("Scenarios paused", "已暂停场景"), &status.rules.paused.len().to_string(), !status.rules.paused.is_empty()))
            (figure(tongue.say("Store", "存储"), &size(status.store_octets), false))
            (figure(tongue.say("Memory", "内存"), &size(status.resident_octets), false))
        }
        h2 { (tongue.say("Feeds", "信号源")) }
        (feeds(tongue, &status))
        (charts(tongue, &history, &rules.policy().timezone))
        h2 { (tongue.say("Channels", "发送通道")) }
        (channels(tongue, &status))
        h2 { (tongue.say("Events by kind", "各类事件")) }
        (events(tongue, &status))
        p.note {
            (tongue.say("Scenarios: ", "场景：")) (in_force(tongue, &status.rules)) (tongue.say(". ", "。"))
            (tongue.say("Network time ", "网络时间 ")) (status.now.map_or("–".to_owned(), moment)) " UTC."
        }
    };
    Ok(page(tongue, visitor, tongue.say("Health", "运行状况"), Kind::Live, &content))
}

fn feeds(tongue: Tongue, status: &Status) -> Markup {
    let head = [
        tongue.say("feed", "信号源"),
        tongue.say("frames", "帧"),
        tongue.say("lost", "丢失"),
        tongue.say("silent for", "静默"),
        tongue.say("known subscribers", "可识别用户"),
        tongue.say("malformed", "无法解析"),
    ];
    let row = |feed: &FeedStatus| {
        let (lost, resolved) = (feed.lost(), feed.resolved_percent());
        let malformed: u64 = feed.malformed.iter().map(|count| count.count).sum();
        let names: Vec<&str> = feed.interfaces.iter().map(|interface| interface.name.as_str()).collect();
        vec![
            html! { strong { (feed.name) } br; small { (names.join(", ")) } },
            number(feed.frames),
            html! { span.bad[lost > 0] { (number(lost)) } },
            html! { span.bad[feed.silent_s > SILENT_SECONDS] { (feed.silent_s) " s" } },
            html! { span.bad[resolved.is_some_and(|percent| percent < RESOLVED_PERCENT)] {
                @if let Some(percent) = resolved { (percent) " %" } @else { "–" }
            } },
            number(malformed),
        ]
    };
    let rows: Vec<_> = status.feeds.iter().map(row).collect();
    table(&head, &rows, tongue.say("No feed is configured", "没有配置信号源"))
}

fn charts(tongue: Tongue, history: &History, zone: &TimeZone) -> Markup {
    let of = |title: &str, value: fn(&Sample) -> f64| {
        let points: Vec<_> = history.samples().map(|sample| (sample.at, value(sample))).collect();
        course(tongue, title, &points, MINUTE, zone)
    };
    html! {
        div.charts {
            (of(tongue.say("Frames a second", "每秒帧数"), |sample| sample.frames))
            (of(tongue.say("Events a second", "每秒事件数"), |sample| sample.events))
            (of(tongue.say("Offers a minute", "每分钟发送"), |sample| sample.offers as f64))
            (of(tongue.say("Packets lost a minute", "每分钟丢包"), |sample| sample.lost as f64))
        }
        p.note { (tongue.say("Clock of the charts: ", "图表时区：")) (zone.iana_name().unwrap_or("UTC")) }
    }
}

fn channels(tongue: Tongue, status: &Status) -> Markup {
    let head = [
        tongue.say("channel", "通道"),
        tongue.say("state", "状态"),
        tongue.say("handed over", "已提交"),
        tongue.say("taken", "已接收"),
        tongue.say("refused", "被拒"),
    ];
    let rows: Vec<_> = status
        .channels
        .iter()
        .map(|channel| {
            let state = match &channel.down {
                Some(why) => html! { span.bad { (tongue.say("down", "中断")) ": " (why) } },
                None => text(tongue.say("up", "正常")),
            };
            let counts = [channel.submitted, channel.accepted, channel.refused].map(number);
            [text(&channel.name), state].into_iter().chain(counts).collect()
        })
        .collect();
    table(&head, &rows, tongue.say("No channel is configured", "没有配置通道"))
}

fn events(tongue: Tongue, status: &Status) -> Markup {
    let mut events: Vec<_> = status.events.iter().filter(|count| count.count > 0).collect();
    events.sort_by_key(|count| std::cmp::Reverse(count.count));
    let most = events.first().map_or(1, |count| count.count);
    let row = |count: &&crate::run::status::Count| {
        let bar = html! { meter min="0" max=(most) value=(count.count) { (count.count) } };
        vec![text(count.name), number(count.count), bar]
    };
    let rows: Vec<_> = events.iter().map(row).collect();
    let head = [tongue.say("kind", "种类"), tongue.say("events", "数量"), ""];
    table(&head, &rows, tongue.say("No event yet", "暂无事件"))
}

pub(super) async fn areas(Guest { surface, tongue, caller }: Guest) -> Result<Markup, Sorry> {
    let visitor = caller.may(Right::View).map_err(Sorry::in_tongue(tongue))?;
    let status = surface.view.status.load();
    let cohort = surface.view.config.privacy.minimum_cohort;
    let most = status.areas.iter().filter_map(|area| area.events).max().unwrap_or(1);
    let content = html! {
        p { (tongue.say("Events by location area within this hour.", "本小时内各位置区的事件数。")) }
        @if status.areas.is_empty() { p.none { (tongue.say("No event with a place yet", "暂无带位置的事件")) } }
        ul.heat {
            @for area in &status.areas {
                li class=(format!("heat-{}", area.events.map_or(0, |events| (events * 9).div_ceil(most)))) {
                    (area.area) br;
                    @if let Some(events) = area.events { strong { (grouped(events)) } }
                    @else { span title=(tongue.say("too few subscribers", "用户太少")) { "< " (cohort) } }
                }
            }
        }
        p.note { (tongue.say(
            "Where fewer subscribers were seen than may be shown, there is no number.",
            "用户数低于最小群体的区域不显示数量。",
        )) }
    };
    Ok(page(tongue, visitor, tongue.say("Areas", "区域"), Kind::Live, &content))
}
