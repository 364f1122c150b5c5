//! The report as one page that needs nothing else: no script, no font, no picture from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart;
use crate::results::{Funnel, Lift, total};

use super::Told;
use crate::cli::report::grouped;

/// Charts have the colours of a light page.
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:62em;padding:0 1em;color:#222}\
h1{font-size:1.5em}h2{font-size:1.15em;margin:2em 0 .3em}small{color:#666}\
svg{display:block;margin:.4em 0;width:100%;max-width:500px;height:auto}.hours svg{max-width:440px}svg text{font-family:inherit}\
@media(prefers-color-scheme:dark){body{background:#16181c;color:#ddd}small{color:#aaa}\
svg [fill=\"#5B6675\"]{fill:#ccc}svg [stroke=\"#5B6675\"]{stroke:#ccc}svg [stroke=\"#D5DAE1\"]{stroke:#444}\
svg [fill=\"#0B61A4\"]{fill:#6cb6f5}svg [stroke=\"#0B61A4\"]{stroke:#6cb6f5}svg [fill=\"#A9C6E0\"]{fill:#33506b}}";

/// The page.
pub(super) fn page(told: &Told) -> String {
    let words = told.words();
    let page = html! {
        (DOCTYPE)
        html lang=(language(told)) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (words.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (words.title) }
                @if told.results.is_empty() { p { (words.nothing) } }
                @for (name, hours) in &told.results {
                    @let funnel = total(hours.values());
                    section {
                        h2 { (told.title(name)) }
                        (steps(told, &funnel))
                        (withheld(told, &funnel))
                        @if let Some(lift) = funnel.lift() { (gain(told, &lift)) }
                        p { small { (words.hours) } }
                        div.hours role="img" aria-label=(words.hours) { (columns(told, name)) }
                    }
                }
                p { small { (words.lift_note) } }
            }
        }
    };
    page.into_string()
}

fn language(told: &Told) -> &'static str {
    match told.language {
        rules::language::Language::English => "en",
        rules::language::Language::Chinese => "zh",
    }
}

/// A bar for each step, as wide as its share of what was triggered; and what it cost.
fn steps(told: &Told, funnel: &Funnel) -> Markup {
    let words = told.words();
    let step = |name, count: u64| {
        let share = count as f64 / funnel.triggered.max(1) as f64;
        (name, count, format!("{} ({:.1} %)", grouped(count), share * 100.0))
    };
    let steps = [
        step(words.triggered, funnel.triggered),
        step(words.queued, funnel.queued),
        step(words.sent, funnel.sent),
        step(words.delivered, funnel.delivered),
        step(words.answered, funnel.answered),
        step(words.converted, funnel.converted),
    ];
    let cost = if told.price.is_some() { words.cost } else { words.parts };
    html! {
        (PreEscaped(chart::bars(&steps)))
        p { (cost) ": " (told.cost(funnel)) }
    }
}

fn withheld(told: &Told, funnel: &Funnel) -> Markup {
    let reasons: Vec<String> = told.withheld(funnel).collect();
    html! { @if !reasons.is_empty() { p { (told.words().withheld) ": " (reasons.join(", ")) } } }
}

/// Both shares, and the interval of their difference around nothing.
fn gain(told: &Told, lift: &Lift) -> Markup {
    let (words, (low, high)) = (told.words(), lift.interval);
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    html! {
        p {
            (words.lift) ": " (told.lift(lift)) " — " (words.offered) " " (percent(lift.offered)) ", "
            (words.control) " " (percent(lift.control))
        }
        (PreEscaped(chart::interval(low, lift.difference, high)))
    }
}

/// A column for each hour: what was triggered, and in front of it what was sent.
fn columns(told: &Told, scenario: &str) -> Markup {
    let hours = told.results.get(scenario).into_iter().flatten();
    let counts = |(at, funnel): (&event::Timestamp, &Funnel)| {
        (at.as_micros().div_euclid(1_000_000), funnel.triggered, funnel.sent)
    };
    PreEscaped(chart::columns(&hours.map(counts).collect::<Vec<_>>(), &told.zone))
}
