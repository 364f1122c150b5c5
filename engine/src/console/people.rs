//! What concerns single people, and those who write scenarios: why somebody got an offer, what a draft would do, where data
//! goes and who looked at it.

use axum::Form;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Kind, number, page, table, text};
use super::tongue::Tongue;
use super::{Guest, Sender, Sorry};
use crate::api::trial::{Draft, Outcome, Question, Trial};
use crate::api::{Right, Visitor, audited, explained, forgotten, moment, tried};
use crate::config::Config;

#[derive(Deserialize)]
pub(super) struct Asked {
    subscriber: String,
    #[serde(default)]
    scenario: String,
    #[serde(default)]
    reveal: Option<String>,
}

pub(super) async fn ask(Guest { tongue, caller, .. }: Guest) -> Result<Markup, Sorry> {
    let visitor = caller.may(Right::Explain).map_err(Sorry::in_tongue(tongue))?;
    Ok(question(tongue, visitor, None))
}

pub(super) async fn explain(
    Sender(Guest { surface, tongue, caller }): Sender,
    Form(asked): Form<Asked>,
) -> Result<Markup, Sorry> {
    let sorry = Sorry::in_tongue(tongue);
    let visitor = caller.may(Right::Explain).map_err(&sorry)?;
    let wanted =
        Question { subscriber: asked.subscriber, scenario: Some(asked.scenario), reveal: asked.reveal.is_some() };
    let told = match explained(&surface, &caller, wanted, tongue.0, false).await {
        Ok(told) => told,
        Err(refusal) if refusal.status.is_client_error() => refusal.why,
        Err(refusal) => return Err(sorry(refusal)),
    };
    Ok(question(tongue, visitor, Some(&told)))
}

fn question(tongue: Tongue, visitor: &Visitor, told: Option<&str>) -> Markup {
    let content = html! {
        p { (tongue.say(
            "Why did somebody get an offer, or none? Asking is written into the audit log.",
            "某个用户为什么收到或没有收到？每次查询都会记入审计日志。",
        )) }
        form method="post" action="/explain" {
            label for="subscriber" { (tongue.say("Pseudonym, number or IMSI", "假名、手机号或 IMSI")) }
            input #subscriber name="subscriber" required autocomplete="off";
            label for="scenario" { (tongue.say("Only this scenario", "只看这个场景")) }
            input #scenario name="scenario" autocomplete="off";
            @if visitor.role.may(Right::Reveal) {
                label { input type="checkbox" name="reveal"; " " (tongue.say("in clear", "明文显示")) }
            }
            button { (tongue.say("Explain", "查询原因")) }
        }
        @if let Some(told) = told { pre.told role="status" { (told) } }
    };
    page(tongue, visitor, tongue.say("Explain", "查询原因"), Kind::Still, &content)
}

#[derive(Deserialize)]
pub(super) struct Tried {
    text: String,
    hours: u64,
}

pub(super) async fn draft(Guest { tongue, caller, .. }: Guest) -> Result<Markup, Sorry> {
    let visitor = caller.may(Right::Backtest).map_err(Sorry::in_tongue(tongue))?;
    Ok(trial(tongue, visitor, "", 24, &html! {}))
}

pub(super) async fn backtest(
    Sender(Guest { surface, tongue, caller }): Sender,
    Form(Tried { text, hours }): Form<Tried>,
) -> Result<Markup, Sorry> {
    let sorry = Sorry::in_tongue(tongue);
    let visitor = caller.may(Right::Backtest).map_err(&sorry)?;
    // A form sends lines as CR LF.
    let text = text.replace("\r\n", "\n");
    let result = match tried(&surface, &caller, Draft { text: text.clone(), hours }).await {
        Ok(trial) => outcome(tongue, &trial),
        Err(refusal) if refusal.status.is_client_error() => html! { pre.told role="alert" { (refusal.why) } },
        Err(refusal) => return Err(sorry(refusal)),
    };
    Ok(trial(tongue, visitor, &text, hours, &result))
}

fn trial(tongue: Tongue, visitor: &Visitor, draft: &str, hours: u64, result: &Markup) -> Markup {
    let content = html! {
        p { (tongue.say(
            "Tries a scenario file on what has happened. Nothing is sent, and nothing changes.",
            "用已发生的事件试算一个场景文件。不会发送，也不会改动任何东西。",
        )) }
        form method="post" action="/backtest" {
            label for="text" { (tongue.say("Scenario file", "场景文件")) }
            textarea #text name="text" rows="16" required spellcheck="false" { (draft) }
            label for="hours" { (tongue.say("Hours back", "回溯小时数")) }
            input #hours name="hours" type="number" min="1" max="48" value=(hours) required;
            button { (tongue.say("Try", "试算")) }
        }
        (result)
    };
    page(tongue, visitor, tongue.say("Try a draft", "试算草稿"), Kind::Still, &content)
}

fn outcome(tongue: Tongue, trial: &Trial) -> Markup {
    let head = [
        tongue.say("scenario", "场景"),
        tongue.say("triggered", "触发"),
        tongue.say("offers", "发送"),
        tongue.say("messages", "短信条数"),
        tongue.say("subscribers", "用户"),
    ];
    let rows: Vec<_> = trial
        .scenarios
        .iter()
        .map(|tried| {
            let change = |count: fn(&Outcome) -> u64| {
                let shown =
                    |outcome: &Option<Outcome>| outcome.as_ref().map_or(text("–"), |found| number(count(found)));
                html! { (shown(&tried.in_force)) " → " (shown(&tried.tried)) }
            };
            vec![
                html! { (tried.title) br; small { (tried.scenario) } },
                change(|found| found.triggered),
                change(|found| found.offers),
                change(|found| found.messages),
                html! { "+" (number(tried.gained)) " −" (number(tried.lost)) },
            ]
        })
        .collect();
    html! {
        @if !trial.diagnostics.is_empty() { pre.told { (trial.diagnostics) } }
        h2 { (tongue.say("In force → tried", "现在 → 试算")) }
        (table(&head, &rows, tongue.say("Nothing would change", "没有变化")))
        p.note { (number(trial.subscribers)) " " (tongue.say("subscribers with events in that time", "个用户在此期间有事件")) }
    }
}

#[derive(Deserialize)]
pub(super) struct Whom {
    subscriber: String,
}

pub(super) async fn whom(Guest { surface, tongue, caller }: Guest) -> Result<Markup, Sorry> {
    let visitor = caller.may(Right::Forget).map_err(Sorry::in_tongue(tongue))?;
    let erasing = surface.view.status.load().erasing.map(|erasing| {
        let step = match erasing.step {
            "rows" => tongue.say("rows are deleted", "正在删除记录"),
            "files" => tongue.say("files are written anew", "正在重写文件"),
            _ => tongue.say("it is looked for what is left", "正在检查残留"),
        };
        html! { p.note role="status" { (tongue.say("Somebody is being erased: ", "正在删除一个用户：")) (step) } }
    });
    Ok(farewell(tongue, visitor, &html! { @if let Some(erasing) = erasing { (erasing) } }))
}

pub(super) async fn forget(
    Sender(Guest { surface, tongue, caller }): Sender,
    Form(Whom { subscriber }): Form<Whom>,
) -> Result<Markup, Sorry> {
    let sorry = Sorry::in_tongue(tongue);
    let visitor = caller.may(Right::Forget).map_err(&sorry)?;
    let told = match forgotten(&surface, &caller, subscriber).await {
        Ok(told) => html! { pre.told role="status" { (told) } },
        Err(refusal) if refusal.status.is_client_error() => html! { pre.told role="alert" { (refusal.why) } },
        Err(refusal) => return Err(sorry(refusal)),
    };
    Ok(farewell(tongue, visitor, &told))
}

fn farewell(tongue: Tongue, visitor: &Visitor, told: &Markup) -> Markup {
    let content = html! {
        p { (tongue.say(
            "Erases every trace of a subscriber from the store and proves it. It cannot be undone and is written into the audit log. It \
             takes seconds or minutes, during which others are matched as ever; the page answers when it is done.",
            "从存储中彻底删除一个用户并逐字节验证。无法撤销，会记入审计日志。需要几秒到几分钟，期间其他用户照常匹配；完成后本页给出结果。",
        )) }
        p { (tongue.say(
            "Not erased: the subscriber file, what subscribers have refused, and what channels were given.",
            "不在此删除：用户文件、用户的退订记录，以及已交给通道的内容。",
        )) }
        form method="post" action="/forget" {
            label for="subscriber" { (tongue.say("Pseudonym, number or IMSI", "假名、手机号或 IMSI")) }
            input #subscriber name="subscriber" required autocomplete="off";
            button { (tongue.say("Erase for good", "永久删除")) }
        }
        (told)
    };
    page(tongue, visitor, tongue.say("Forget", "删除用户"), Kind::Still, &content)
}

pub(super) async fn privacy(Guest { surface, tongue, caller }: Guest) -> Result<Markup, Sorry> {
    let sorry = Sorry::in_tongue(tongue);
    let visitor = caller.may(Right::View).map_err(&sorry)?;
    let config = &surface.view.config;
    let hours = config.store.retention.as_secs() / 3600;
    let entries = match visitor.role.may(Right::Audit) {
        true => Some(audited(&surface).await.map_err(&sorry)?),
        false => None,
    };
    let keys = surface.view.pseudonyms.load();
    let flow = flow(tongue, config, hours);
    let content = html! {
        h2 { (tongue.say("Where data goes", "数据流向")) }
        (table(&[tongue.say("where", "环节"), tongue.say("what", "内容"), tongue.say("how long", "保留")], &flow, ""))
        p.note {
            (tongue.say("Key of pseudonyms in force: ", "当前假名密钥：")) (keys.newest().number())
            (tongue.say(", since ", "，自 ")) (moment(keys.newest().since())) " UTC. "
            (tongue.say("Earlier keys that are kept: ", "仍保留的旧密钥：")) (keys.all().count() - 1)
        }
        @if let Some(entries) = entries {
            h2 { (tongue.say("Who did what", "审计日志")) }
            @let rows: Vec<_> = entries.iter().map(|entry| {
                [&entry.at, &entry.who, &entry.action, &entry.object].map(|field| text(field)).to_vec()
            }).collect();
            (table(
                &[tongue.say("time (UTC)", "时间 (UTC)"), tongue.say("who", "谁"), tongue.say("action", "操作"), tongue.say("of", "对象")],
                &rows,
                tongue.say("Nothing yet", "暂无记录"),
            ))
        }
    };
    Ok(page(tongue, visitor, tongue.say("Privacy", "隐私"), Kind::Still, &content))
}

fn flow(tongue: Tongue, config: &Config, hours: u64) -> Vec<Vec<Markup>> {
    let cohort = config.privacy.minimum_cohort;
    let none = tongue.say("not kept", "不保留").to_owned();
    let kept = match tongue.0 {
        rules::language::Language::English => format!("{hours} hours, then dropped whole"),
        rules::language::Language::Chinese => format!("{hours} 小时，到期整块删除"),
    };
    let shown = match tongue.0 {
        rules::language::Language::English => {
            format!("subscribers by pseudonym; no number for a place of fewer than {cohort} of them")
        }
        rules::language::Language::Chinese => format!("用户只显示假名；少于 {cohort} 个用户的地点不显示数量"),
    };
    let rows = [
        (
            tongue.say("Tap", "采集"),
            tongue
                .say("signalling in memory; message texts are never decoded", "信令只在内存中；短信内容从不解码")
                .to_owned(),
            none.clone(),
        ),
        (
            tongue.say("Store: events", "存储：事件"),
            tongue.say("who, where, what kind of event", "谁、在哪、哪类事件").to_owned(),
            kept.clone(),
        ),
        (
            tongue.say("Store: decisions and offers", "存储：判断与发送"),
            tongue.say("which scenario, why or why not, the text sent", "哪个场景、原因、发送内容").to_owned(),
            kept.clone(),
        ),
        (
            tongue.say("Store: temporary identities", "存储：临时身份"),
            tongue
                .say("which TMSI and P-TMSI is whose, for the next start", "TMSI、P-TMSI 与用户的对应，供重启后使用")
                .to_owned(),
            kept,
        ),
        (
            tongue.say("Channels", "发送通道"),
            tongue.say("the number and the text of each offer", "每次发送的号码和内容").to_owned(),
            tongue.say("as the channel does", "由渠道决定").to_owned(),
        ),
        (
            tongue.say("Events for other programs", "提供给其他程序的事件"),
            match &config.events.to {
                Some(_) => {
                    tongue.say("subscribers by pseudonym, no temporary identities", "用户只用假名，不含临时身份")
                }
                None => tongue.say("none are given", "未启用"),
            }
            .to_owned(),
            tongue.say("as those programs do", "由对方决定").to_owned(),
        ),
        (
            tongue.say("Logs and metrics", "日志与指标"),
            tongue.say("counts; no identities", "只有计数，没有身份").to_owned(),
            tongue.say("as configured there", "按各自配置").to_owned(),
        ),
        (tongue.say("Console and API", "控制台与接口"), shown, none),
        (
            tongue.say("Audit log", "审计日志"),
            tongue
                .say(
                    "who looked, changed, revealed, erased; subscribers by pseudonym",
                    "谁查看、更改、明文查询、删除；用户为假名",
                )
                .to_owned(),
            tongue.say("only ever added to", "只增不删").to_owned(),
        ),
    ];
    rows.into_iter().map(|(place, what, how_long)| vec![text(place), text(&what), text(&how_long)]).collect()
}
