//! The report as one page that needs nothing else: no script, no font, no picture from elsewhere. Charts are SVG.

use std::fmt::Write;

use crate::results::{Funnel, Lift, total};

use super::Told;
use crate::cli::report::grouped;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:62em;padding:0 1em;color:#222}\
h1{font-size:1.5em}h2{font-size:1.15em;margin:2em 0 .3em}table{border-collapse:collapse;margin:.5em 0}\
td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}\
svg{display:block;margin:.4em 0}text{font:12px system-ui,sans-serif;fill:#333}small{color:#666}\
@media(prefers-color-scheme:dark){body{background:#16181c;color:#ddd}text{fill:#ccc}td,th{border-color:#444}}";

/// Widths and heights of the charts, in pixels.
const BAR_WIDTH: f64 = 420.0;
const BAR_HEIGHT: usize = 22;
const LABEL_WIDTH: usize = 110;
const CHART_HEIGHT: f64 = 90.0;

/// The page.
pub(super) fn page(told: &Told) -> String {
    let words = told.words();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{2}</title><style>{1}</style></head>\n<body>\n<h1>{2}</h1>\n",
        language(told),
        STYLE,
        words.title
    );
    if told.results.is_empty() {
        push(&mut page, format_args!("<p>{}</p>\n", words.nothing));
    }
    for (name, hours) in &told.results {
        let funnel = total(hours.values());
        push(&mut page, format_args!("<section>\n<h2>{}</h2>\n", escaped(&told.title(name))));
        put_funnel(&mut page, told, &funnel);
        put_withheld(&mut page, told, &funnel);
        if let Some(lift) = funnel.lift() {
            put_lift(&mut page, told, &lift);
        }
        put_hours(&mut page, told, &hours.iter().map(|(at, funnel)| (told.hour(*at), funnel)).collect::<Vec<_>>());
        page.push_str("</section>\n");
    }
    push(&mut page, format_args!("<p><small>{}</small></p>\n</body></html>\n", words.lift_note));
    page
}

fn language(told: &Told) -> &'static str {
    match told.language {
        rules::language::Language::English => "en",
        rules::language::Language::Chinese => "zh",
    }
}

/// Writing to a text cannot fail.
fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).unwrap_or_default();
}

/// A bar for each step, as wide as its share of what was triggered.
fn put_funnel(page: &mut String, told: &Told, funnel: &Funnel) {
    let words = told.words();
    let steps = [
        (words.triggered, funnel.triggered),
        (words.queued, funnel.queued),
        (words.sent, funnel.sent),
        (words.delivered, funnel.delivered),
        (words.answered, funnel.answered),
        (words.converted, funnel.converted),
    ];
    let width = LABEL_WIDTH as f64 + BAR_WIDTH + 150.0;
    push(page, format_args!("<svg width=\"{width}\" height=\"{}\" role=\"img\">\n", steps.len() * BAR_HEIGHT));
    for (place, (label, count)) in steps.into_iter().enumerate() {
        let share = count as f64 / funnel.triggered.max(1) as f64;
        let (y, length) = (place * BAR_HEIGHT, BAR_WIDTH * share.min(1.0));
        push(
            page,
            format_args!(
                "<text x=\"0\" y=\"{}\">{label}</text><rect x=\"{LABEL_WIDTH}\" y=\"{}\" width=\"{length:.1}\" \
                 height=\"16\" fill=\"#3b7dd8\"/><text x=\"{:.1}\" y=\"{0}\">{} ({:.1} %)</text>\n",
                y + 14,
                y + 2,
                LABEL_WIDTH as f64 + length + 6.0,
                grouped(count),
                share * 100.0
            ),
        );
    }
    page.push_str("</svg>\n");
    let cost = if told.price.is_some() { words.cost } else { words.parts };
    push(page, format_args!("<p>{cost}: {}</p>\n", escaped(&told.cost(funnel))));
}

fn put_withheld(page: &mut String, told: &Told, funnel: &Funnel) {
    let reasons: Vec<String> = told.withheld(funnel).map(|reason| escaped(&reason)).collect();
    if !reasons.is_empty() {
        push(page, format_args!("<p>{}: {}</p>\n", told.words().withheld, reasons.join(", ")));
    }
}

/// Both shares, and the interval of their difference around nothing.
fn put_lift(page: &mut String, told: &Told, lift: &Lift) {
    let words = told.words();
    let (low, high) = lift.interval;
    let widest = low.abs().max(high.abs()).max(0.001);
    let x = |value: f64| LABEL_WIDTH as f64 + BAR_WIDTH / 2.0 * (1.0 + value / widest);
    push(
        page,
        format_args!(
            "<p>{}: {} — {} {:.2} %, {} {:.2} %</p>\n<svg width=\"{}\" height=\"30\" role=\"img\">\
             <line x1=\"{zero:.1}\" x2=\"{zero:.1}\" y1=\"0\" y2=\"30\" stroke=\"#999\"/>\
             <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"15\" y2=\"15\" stroke=\"#3b7dd8\" stroke-width=\"3\"/>\
             <circle cx=\"{:.1}\" cy=\"15\" r=\"5\" fill=\"#3b7dd8\"/></svg>\n",
            words.lift,
            told.lift(lift),
            words.offered,
            lift.offered * 100.0,
            words.control,
            lift.control * 100.0,
            LABEL_WIDTH as f64 + BAR_WIDTH + 10.0,
            x(low),
            x(high),
            x(lift.difference),
            zero = x(0.0)
        ),
    );
}

/// A column for each hour: what was triggered, and in front of it what was sent.
fn put_hours(page: &mut String, told: &Told, hours: &[(String, &Funnel)]) {
    let most = hours.iter().map(|(_, funnel)| funnel.triggered).max().unwrap_or(0).max(1) as f64;
    let step = (900.0 / hours.len().max(1) as f64).clamp(3.0, 24.0);
    push(
        page,
        format_args!(
            "<p><small>{}</small></p>\n<svg width=\"{:.0}\" height=\"{:.0}\" role=\"img\">\n",
            told.words().hours,
            step * hours.len() as f64 + 80.0,
            CHART_HEIGHT + 18.0
        ),
    );
    for (place, (at, funnel)) in hours.iter().enumerate() {
        let x = step * place as f64;
        for (count, colour) in [(funnel.triggered, "#c9d8ec"), (funnel.sent, "#3b7dd8")] {
            let height = CHART_HEIGHT * count as f64 / most;
            push(
                page,
                format_args!(
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\">\
                     <title>{at}: {}</title></rect>\n",
                    CHART_HEIGHT - height,
                    step - 1.0,
                    grouped(count)
                ),
            );
        }
    }
    if let (Some((first, _)), Some((last, _))) = (hours.first(), hours.last()) {
        let y = CHART_HEIGHT + 14.0;
        let span = if hours.len() > 1 { format!("{first} – {last}") } else { first.clone() };
        push(page, format_args!("<text x=\"0\" y=\"{y}\">{span}</text>\n"));
    }
    page.push_str("</svg>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
