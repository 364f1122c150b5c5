//! Charts as SVG, drawn by `plotters`, for the console and for reports: no script, and right with no point, one, and a day of them.
//! Their colours are those of a light page; style sheets name them for a dark one. Drawn are twice as many pixels as are shown,
//! because `plotters` knows whole ones only.

use std::io;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use plotters::coord::Shift;
use plotters::coord::combinators::WithKeyPoints;
use plotters::coord::types::{RangedCoordf64, RangedCoordi64};
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Words, and what stands back.
const INK: RGBColor = RGBColor(0x5B, 0x66, 0x75);
/// Axes, and lines across.
const EDGE: RGBColor = RGBColor(0xD5, 0xDA, 0xE1);
/// What is told.
const LINE: RGBColor = RGBColor(0x0B, 0x61, 0xA4);
/// What it is part of.
const WHOLE: RGBColor = RGBColor(0xA9, 0xC6, 0xE0);

/// Pixels of a chart over time, of a bar, and of an interval.
const OVER_TIME: (u32, u32) = (880, 300);
const BAR: (u32, u32) = (1000, 44);
const INTERVAL: (u32, u32) = (1000, 120);
const LEFT: u32 = 96;
const BOTTOM: u32 = 40;
const MARGIN: u32 = 24;
/// Half of the last mark of time.
const RIGHT: u32 = 72;
/// The size of letters as `plotters` counts it: its SVG has 1 / 1.24 of it.
const LETTERS: f64 = 28.0;

/// Seconds between marks of time: the first of these that leaves no more than [`MARKS`].
const STEPS: [i64; 12] = [
    60,
    300,
    900,
    1_800,
    3_600,
    10_800,
    21_600,
    43_200,
    DAY_SECONDS,
    2 * DAY_SECONDS,
    7 * DAY_SECONDS,
    28 * DAY_SECONDS,
];
const MARKS: i64 = 6;
const DAY_SECONDS: i64 = 86_400;

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;
type OverTime<'a, 's> = ChartContext<'a, SVGBackend<'s>, Cartesian2d<WithKeyPoints<RangedCoordi64>, RangedCoordf64>>;
type Failure = DrawingAreaErrorKind<io::Error>;

/// A line over points of Unix time in seconds and a value of 0 or more, oldest first, of which there should be one `every` so many
/// seconds: where two and a half times as long there is none, the line has a gap.
pub(crate) fn line(points: &[(i64, f64)], every: i64, zone: &TimeZone) -> String {
    drawn(OVER_TIME, |area| {
        let most = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let mut chart = over_time(area, span(points.iter().map(|(at, _)| *at), every), most, zone)?;
        for run in points.chunk_by(|before, after| after.0 - before.0 <= every * 5 / 2) {
            chart.draw_series(LineSeries::new(run.iter().copied(), LINE.stroke_width(4)))?;
            // A line of one point would not be seen; the last one is what is told.
            chart.draw_series(run.last().map(|last| Circle::new(*last, 6, LINE.filled())))?;
        }
        Ok(())
    })
}

/// A column for each of these hours, by Unix time in seconds: a whole, and in front of it its part.
pub(crate) fn columns(hours: &[(i64, u64, u64)], zone: &TimeZone) -> String {
    const HOUR: i64 = 3_600;
    drawn(OVER_TIME, |area| {
        let most = hours.iter().map(|(_, whole, _)| *whole).max().unwrap_or(0);
        let (from, until) = span(hours.iter().map(|(at, ..)| *at), 0);
        let mut chart = over_time(area, (from, until + HOUR), most as f64, zone)?;
        let column = |at: i64, count: u64, colour: RGBColor| {
            Rectangle::new([(at + HOUR / 10, 0.0), (at + HOUR * 9 / 10, count as f64)], colour.filled())
        };
        chart.draw_series(hours.iter().map(|(at, whole, _)| column(*at, *whole, WHOLE)))?;
        chart.draw_series(hours.iter().map(|(at, _, part)| column(*at, *part, LINE))).map(|_| ())
    })
}

/// A bar for each step, as wide as its share of the first, with its name and what is told of it.
pub(crate) fn bars(steps: &[(&str, u64, String)]) -> String {
    /// Of the chart's width, what is left for what is told beside the longest bar.
    const BESIDE: f64 = 1.45;
    let (width, height) = BAR;
    drawn((width, height * steps.len() as u32), |area| {
        let first = steps.first().map_or(1, |(_, count, _)| *count).max(1) as f64;
        let mut chart = ChartBuilder::on(area)
            .margin_left(2 * LEFT + MARGIN)
            .build_cartesian_2d(0.0..BESIDE, steps.len() as f64..0.0)?;
        for (place, (name, count, told)) in (0..).map(f64::from).zip(steps) {
            let (share, middle) = ((*count as f64 / first).min(1.0), place + 0.5);
            let name = EmptyElement::at((0.0, middle)) + Text::new((*name).to_owned(), (-12, 0), letters(HPos::Right));
            let told = EmptyElement::at((share, middle)) + Text::new(told.clone(), (12, 0), letters(HPos::Left));
            chart.draw_series([name])?;
            chart.draw_series([Rectangle::new([(0.0, place + 0.15), (share, place + 0.85)], LINE.filled())])?;
            chart.draw_series([told])?;
        }
        Ok(())
    })
}

/// A share between its bounds, and where nothing is.
pub(crate) fn interval(low: f64, share: f64, high: f64) -> String {
    drawn(INTERVAL, |area| {
        let widest = low.abs().max(high.abs()).max(0.001) * 1.1;
        let mut chart = ChartBuilder::on(area)
            .margin_left(2 * LEFT + MARGIN)
            .margin_right(2 * LEFT)
            .x_label_area_size(BOTTOM)
            .build_cartesian_2d(-widest..widest, 0.0..1.0)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .disable_y_axis()
            .axis_style(EDGE)
            .label_style(letters(HPos::Center))
            .x_labels(5)
            .x_label_formatter(&|share| format!("{:+.1} %", share * 100.0))
            .draw()?;
        chart.draw_series([PathElement::new([(0.0, 0.0), (0.0, 1.0)], INK.stroke_width(2))])?;
        chart.draw_series([ErrorBar::new_horizontal(0.5, low, share, high, LINE.stroke_width(4), 20)]).map(|_| ())
    })
}

/// `950`, `1.2k`, `3.4M`.
pub(crate) fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1}M", value / 1e6),
        value if value >= 1e3 => format!("{:.1}k", value / 1e3),
        value if value.fract() == 0.0 || value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

/// A moment of Unix time in seconds on the clock of a zone: with its day where that is asked for.
pub(crate) fn moment(second: i64, zone: &TimeZone, with_day: bool) -> String {
    let at = Timestamp::from_second(second).unwrap_or_default().to_zoned(zone.clone());
    at.strftime(if with_day { "%m-%d %H:%M" } else { "%H:%M" }).to_string()
}

fn drawn(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>) -> String {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    // Writing to a text cannot fail.
    draw(&area).and_then(|()| area.present()).unwrap_or_default();
    drop(area);
    svg
}

fn over_time<'a, 's>(
    area: &'a Area<'s>,
    (from, until): (i64, i64),
    most: f64,
    zone: &TimeZone,
) -> Result<OverTime<'a, 's>, Failure> {
    let upto = if most > 0.0 { most * 1.05 } else { 1.0 };
    let mut chart = ChartBuilder::on(area)
        .margin_top(MARGIN)
        .margin_right(RIGHT)
        .x_label_area_size(BOTTOM)
        .y_label_area_size(LEFT)
        .build_cartesian_2d((from..until).with_key_points(marks(from, until, zone)), 0.0..upto)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(EDGE)
        .axis_style(EDGE)
        .x_label_style(letters(HPos::Center))
        .y_label_style(letters(HPos::Right))
        .y_labels(4)
        .x_label_formatter(&|at| moment(*at, zone, until - from > DAY_SECONDS))
        .y_label_formatter(&|value| short(*value))
        .draw()?;
    Ok(chart)
}

/// From the first moment to the last one, and at least so long.
fn span(mut moments: impl DoubleEndedIterator<Item = i64>, least: i64) -> (i64, i64) {
    let first = moments.next().unwrap_or(0);
    (first, moments.next_back().unwrap_or(first).max(first + least))
}

/// Where time is named: at whole minutes, hours, days of the zone's clock.
fn marks(from: i64, until: i64, zone: &TimeZone) -> Vec<i64> {
    let step = STEPS.into_iter().find(|step| (until - from) / step <= MARKS).unwrap_or(28 * DAY_SECONDS);
    let beside = i64::from(zone.to_offset(Timestamp::from_second(from).unwrap_or_default()).seconds());
    let first = (from + beside + step - 1).div_euclid(step) * step - beside;
    (first..=until).step_by(usize::try_from(step).unwrap_or(usize::MAX)).collect()
}

fn letters(side: HPos) -> TextStyle<'static> {
    ("sans-serif", LETTERS).into_font().color(&INK).pos(Pos::new(side, VPos::Center))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;

    /// How many lines, and points beside them, and the words of a chart.
    fn told(svg: &str) -> (usize, usize, Vec<&str>) {
        assert!(!svg.contains("NaN") && svg.ends_with("</svg>\n"), "{svg}");
        let words = svg.split("</text>").filter_map(|part| part.rsplit_once(">\n")).map(|(_, word)| word.trim());
        let lines = svg.split('>').filter(|tag| tag.contains("<polyline") && tag.contains("stroke=\"#0B61A4\""));
        (lines.count(), svg.matches("<circle").count(), words.filter(|word| !word.is_empty()).collect())
    }

    #[test]
    fn no_point_one_point_and_a_day_are_drawn() {
        let check = |points: &[(i64, f64)], lines: usize, circles: usize, words: &[&str]| {
            assert_eq!(told(&line(points, MINUTE, &TimeZone::UTC)), (lines, circles, words.to_vec()));
        };
        check(&[], 0, 0, &["0", "0.5", "1", "00:00", "00:01"]);
        check(&[(0, 5.0)], 1, 1, &["0", "2", "4", "00:00", "00:01"]);
        let day: Vec<_> = (0..1440).map(|minute| (minute * MINUTE, 0.0)).collect();
        check(&day, 1, 1, &["0", "0.5", "1", "00:00", "06:00", "12:00", "18:00"]);
    }

    #[test]
    fn a_gap_is_left_open() {
        let minutes = [(0, 1.0), (60, 1.0), (600, 1.0), (660, 1.0)];
        assert_eq!(told(&line(&minutes, MINUTE, &TimeZone::UTC)).0, 2);
        assert_eq!(told(&line(&minutes, 600, &TimeZone::UTC)).0, 1, "what is hourly is joined");
    }

    #[test]
    fn marks_are_at_whole_hours_of_the_zone() {
        let check = |zone: &str, from: i64, until: i64, expected: &[&str]| {
            let zone = TimeZone::get(zone).unwrap();
            let marks = marks(from, until, &zone);
            let told: Vec<_> = marks.iter().map(|at| moment(*at, &zone, until - from > DAY_SECONDS)).collect();
            assert_eq!(told, expected);
        };
        check("UTC", 30, 200, &["00:01", "00:02", "00:03"]);
        check("Asia/Kolkata", 0, 6 * 3_600, &["06:00", "07:00", "08:00", "09:00", "10:00", "11:00"]);
        check("Asia/Shanghai", 0, 2 * DAY_SECONDS, &["01-01 12:00", "01-02 00:00", "01-02 12:00", "01-03 00:00"]);
    }

    #[test]
    fn columns_bars_and_intervals_hold_what_they_are_given() {
        let rectangles = |svg: &str| svg.matches("<rect").count();
        assert_eq!(rectangles(&columns(&[(0, 5, 2), (3_600, 0, 0)], &TimeZone::UTC)), 4);
        assert_eq!(rectangles(&columns(&[], &TimeZone::UTC)), 0);
        let steps = bars(&[("触发", 4, "4".to_owned()), ("发送", 1, "1 <b>".to_owned())]);
        assert!(rectangles(&steps) == 2 && steps.contains("触发") && steps.contains("1 &lt;b&gt;"), "{steps}");
        assert_eq!(rectangles(&bars(&[("none", 0, String::new())])), 1, "nothing is no share of nothing");
        let interval = interval(-0.01, 0.02, 0.05);
        let (_, circles, words) = told(&interval);
        assert!(circles == 1 && words.contains(&"+0.0 %"), "{words:?}");
    }

    #[test]
    fn dark_pages_know_every_colour() {
        let check = |style: &str, colours: &[RGBColor]| {
            for RGBColor(red, green, blue) in colours {
                let colour = format!("#{red:02X}{green:02X}{blue:02X}");
                assert!(style.contains(&colour), "{colour}");
            }
        };
        check(include_str!("console/console.css"), &[INK, EDGE, LINE]);
        check(include_str!("cli/results/html.rs"), &[INK, EDGE, LINE, WHOLE]);
    }
}
