//! A line over time as SVG, made here: no script, readable without colours, and right with no point, one, and a day of them.

use std::ops::Range;

use maud::{Markup, html};

use super::tongue::Tongue;

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;
const DAY_SECONDS: i64 = 86_400;

/// Draws points of Unix time in seconds and a value of 0 or more, oldest first, of which there should be one `every` so many
/// seconds: where two and a half times as long there is none, the line has a gap.
pub(super) fn chart(tongue: Tongue, title: &str, points: &[(i64, f64)], every: i64) -> Markup {
    let (Some((from, _)), Some((until, last))) = (points.first(), points.last()) else {
        return html! { figure { figcaption { (title) } p.none { (tongue.say("No data yet", "暂无数据")) } } };
    };
    let most = ceiling(points.iter().map(|(_, value)| *value).fold(0.0, f64::max));
    let clock = |second| if until - from > DAY_SECONDS { moment(second, 5..16) } else { moment(second, 11..16) };
    let label = format!("{title}: {} – {}, {}", clock(*from), clock(*until), short(*last));
    html! {
        figure {
            figcaption { (title) " " strong { (short(*last)) } }
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
                @for share in [0.0, 0.5, 1.0] {
                    line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(level(share)) y2=(level(share)) {}
                    text.label x=(LEFT - 6.0) y=(level(share) + 4.0) text-anchor="end" { (short(most * share)) }
                }
                text.label x=(LEFT) y=(HEIGHT - 6.0) { (clock(*from)) }
                @if until > from {
                    text.label x=(WIDTH - RIGHT) y=(HEIGHT - 6.0) text-anchor="end" { (clock(*until)) }
                }
                path.line d=(path(points, most, every * 5 / 2)) {}
                circle.point cx=(place(*until, *from, *until)) cy=(level(last / most)) r="3" {}
            }
        }
    }
}

fn place(at: i64, from: i64, until: i64) -> String {
    let share = if until > from { (at - from) as f64 / (until - from) as f64 } else { 0.0 };
    format!("{:.1}", LEFT + share * (WIDTH - LEFT - RIGHT))
}

fn level(share: f64) -> f64 {
    let level = TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM);
    (level * 10.0).round() / 10.0
}

fn path(points: &[(i64, f64)], most: f64, gap: i64) -> String {
    let (Some((from, _)), Some((until, _))) = (points.first(), points.last()) else { return String::new() };
    let mut path = String::new();
    let mut before = None;
    for (at, value) in points {
        let is_joined = before.is_some_and(|before| at - before <= gap);
        let step = if is_joined { 'L' } else { 'M' };
        path.push_str(&format!("{step}{} {}", place(*at, *from, *until), level(value / most)));
        before = Some(*at);
    }
    path
}

/// The next of 1, 2, 5, 10, 20… that is not less; at least 1.
fn ceiling(value: f64) -> f64 {
    let mut scale = 1.0;
    loop {
        for step in [1.0, 2.0, 5.0] {
            if step * scale >= value {
                return step * scale;
            }
        }
        scale *= 10.0;
    }
}

// A part of `2026-03-01T09:30:00`.
fn moment(second: i64, part: Range<usize>) -> String {
    let at = event::Timestamp::from_seconds(second).to_string();
    at.get(part).unwrap_or_default().replace('T', " ")
}

/// `950`, `1.2k`, `3.4M`.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1}M", value / 1e6),
        value if value >= 1e3 => format!("{:.1}k", value / 1e3),
        value if value.fract() == 0.0 || value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use rules::language::Language;

    use super::*;

    fn drawn(points: &[(i64, f64)]) -> String {
        chart(Tongue(Language::English), "events", points, 60).into_string()
    }

    #[test]
    fn no_point_one_point_and_a_day_are_drawn() {
        assert!(drawn(&[]).contains("No data yet"));
        let one = drawn(&[(0, 5.0)]);
        assert!(one.contains(r#"d="M48.0 12""#) && one.contains(r#"cx="48.0" cy="12""#), "{one}");
        let day: Vec<_> = (0..1440).map(|minute| (minute * 60, 0.0)).collect();
        let flat = drawn(&day);
        assert!(flat.contains("L508.0 126") && !flat.contains("NaN"), "{flat}");
        assert_eq!(flat.matches('M').count(), 1, "one line");
    }

    #[test]
    fn a_gap_is_left_open() {
        let drawn = path(&[(0, 1.0), (60, 1.0), (600, 1.0)], 1.0, 150);
        assert_eq!(drawn.matches('M').count(), 2, "{drawn}");
        let hours = [(0, 1.0), (3_600, 2.0), (7_200, 1.0)];
        let hourly = chart(Tongue(Language::English), "offers an hour", &hours, 3_600).into_string();
        assert!(hourly.contains('L') && !hourly.contains("M508"), "hours are joined: {hourly}");
        let days = chart(Tongue(Language::English), "offers an hour", &[(0, 1.0), (180_000, 1.0)], 3_600).into_string();
        assert!(days.contains("01-03 02:00"), "{days}");
    }

    #[test]
    fn axes_end_at_round_numbers() {
        for (value, expected) in [(0.0, 1.0), (1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (51.0, 100.0), (1500.0, 2000.0)] {
            assert!((ceiling(value) - expected).abs() < 1e-9, "{value}");
        }
    }
}
