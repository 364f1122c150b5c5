//! What all pages have in common: head, navigation, and how numbers and sizes are written.

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::tongue::Tongue;
use crate::api::{Right, Visitor};
use crate::chart;
use crate::cli::report::grouped;

/// A page that is refreshed while it is looked at, or not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Live,
    Still,
}

/// A whole page.
pub(super) fn page(tongue: Tongue, visitor: &Visitor, title: &str, kind: Kind, content: &Markup) -> Markup {
    let links = [
        ("/", tongue.say("Health", "运行状况"), Right::View),
        ("/scenarios", tongue.say("Scenarios", "场景"), Right::View),
        ("/offers", tongue.say("Offers", "发送"), Right::View),
        ("/areas", tongue.say("Areas", "区域"), Right::View),
        ("/explain", tongue.say("Explain", "查询原因"), Right::Explain),
        ("/backtest", tongue.say("Try a draft", "试算草稿"), Right::Backtest),
        ("/privacy", tongue.say("Privacy", "隐私"), Right::View),
        ("/forget", tongue.say("Forget", "删除用户"), Right::Forget),
    ];
    let (other, other_name) = tongue.say("zh 中文", "en English").split_once(' ').unwrap_or_default();
    shell(
        tongue,
        title,
        &html! {
            a.skip href="#main" { (tongue.say("To the content", "跳到内容")) }
            header {
                strong { "Touchpoint" }
                nav aria-label=(tongue.say("Pages", "页面")) {
                    @for (to, name, _) in links.iter().filter(|(_, _, right)| visitor.role.may(*right)) {
                        a href=(to) aria-current=[(*name == title).then_some("page")] { (name) }
                    }
                }
                div.who {
                    a href=(format!("/language/{other}")) lang=(other) { (other_name) }
                    span { (visitor.name) " · " (visitor.role.name()) }
                    form method="post" action="/logout" { button.plain { (tongue.say("Leave", "退出")) } }
                }
            }
            main #main data-live[kind == Kind::Live] { h1 { (title) } (content) }
        },
    )
}

/// A page without navigation.
pub(super) fn shell(tongue: Tongue, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(tongue.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Touchpoint" }
                link rel="icon" type="image/svg+xml" href="/assets/icon.svg";
                link rel="stylesheet" href="/assets/console.css";
                script src="/assets/console.js" defer {}
            }
            body { (content) }
        }
    }
}

/// Why something cannot be shown.
pub(super) fn sorry(tongue: Tongue, why: &str) -> Markup {
    let title = tongue.say("This was not done", "没有完成");
    shell(
        tongue,
        title,
        &html! {
            main { h1 { (title) } pre.told { (why) } p { a href="/" { (tongue.say("Back", "返回")) } } }
        },
    )
}

/// A figure with what it is.
pub(super) fn figure(name: &str, value: &str, is_bad: bool) -> Markup {
    html! { div.figure.bad[is_bad] { span { (name) } strong { (value) } } }
}

/// How it went: points of Unix time in seconds and a value, oldest first, one `every` so many seconds; with the last value.
pub(super) fn course(tongue: Tongue, title: &str, points: &[(i64, f64)], every: i64, zone: &TimeZone) -> Markup {
    let (Some((from, _)), Some((until, last))) = (points.first(), points.last()) else {
        return html! { figure { figcaption { (title) } p.none { (tongue.say("No data yet", "暂无数据")) } } };
    };
    let (from, until) = (chart::moment(*from, zone, true), chart::moment(*until, zone, true));
    html! {
        figure {
            figcaption { (title) " " strong { (chart::short(*last)) } }
            div role="img" aria-label=(format!("{title}: {from} – {until}, {}", chart::short(*last))) {
                (PreEscaped(chart::line(points, every, zone)))
            }
        }
    }
}

/// A table of rows whose first column is text and whose others are numbers.
pub(super) fn table(head: &[&str], rows: &[Vec<Markup>], none: &str) -> Markup {
    html! {
        @if rows.is_empty() { p.none { (none) } } @else {
            div.scroll { table {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
            } }
        }
    }
}

/// A number, to be read from the right.
pub(super) fn number(count: u64) -> Markup {
    html! { span.number { (grouped(count)) } }
}

pub(super) fn text(text: &str) -> Markup {
    html! { (text) }
}

/// `12.3 MB`.
pub(super) fn size(octets: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut size = octets as f64;
    let mut units = UNITS.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    while size >= 1000.0
        && let Some(next) = units.next()
    {
        (size, unit) = (size / 1000.0, next);
    }
    if unit == "B" { format!("{octets} B") } else { format!("{size:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_or_so() {
        for (octets, expected) in [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (12_345_678, "12.3 MB")] {
            assert_eq!(size(octets), expected);
        }
    }
}
