//! `touchpoint top`: how a running Touchpoint is, in a terminal, again and again.

use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Block, Cell, Row, Sparkline, Table};
use ratatui::{DefaultTerminal, Frame};
use serde_json::Value;
use ureq::Agent;

use super::remote::Remote;
use super::report::grouped;
use super::status::{count, list, lost, word};
use super::{Ending, Failure};

/// Shows how a running Touchpoint is, until q.
#[derive(clap::Args, Debug)]
pub(crate) struct Top {
    #[command(flatten)]
    remote: Remote,
    /// Seconds between two looks.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    every: u64,
}

impl Top {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let agent = self.remote.agent()?;
        // Whatever can be wrong is told before the screen is taken.
        let mut seen = self.look(&agent)?;
        let mut terminal = ratatui::try_init()?;
        let shown = self.show(&mut terminal, &agent, &mut seen);
        ratatui::try_restore()?;
        shown.map(|()| Ending::Complete)
    }

    fn look(&self, agent: &Agent) -> Result<Seen, Failure> {
        let scenarios = self.remote.ask(agent, "scenarios")?;
        let history = self.remote.ask(agent, "history")?;
        Ok(Seen { status: self.remote.ask(agent, "status")?, scenarios, history, trouble: None })
    }

    #[expect(clippy::disallowed_methods, reason = "paces what is asked for a screen")]
    fn show(&self, terminal: &mut DefaultTerminal, agent: &Agent, seen: &mut Seen) -> Result<(), Failure> {
        let every = Duration::from_secs(self.every);
        let mut looked = Instant::now();
        loop {
            terminal.draw(|frame| seen.draw(frame))?;
            // Neither a key nor another size of the terminal asks sooner.
            if event::poll(every.saturating_sub(looked.elapsed()))? {
                match event::read()? {
                    Event::Key(key) if is_end(key) => return Ok(()),
                    _ => continue,
                }
            }
            looked = Instant::now();
            match self.look(agent) {
                Ok(fresh) => *seen = fresh,
                // What was seen last stays.
                Err(failure) => seen.trouble = Some(failure.text().trim().to_owned()),
            }
        }
    }
}

fn is_end(key: KeyEvent) -> bool {
    let is_interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press && (matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) || is_interrupt)
}

/// What the API told last.
struct Seen {
    status: Value,
    scenarios: Value,
    history: Value,
    trouble: Option<String>,
}

impl Seen {
    fn draw(&self, frame: &mut Frame<'_>) {
        let feeds = list(&self.status, "feeds").len() as u16;
        let channels = list(&self.status, "channels").len() as u16;
        let areas = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(feeds + 3),
            Constraint::Length(channels + 3),
            Constraint::Length(6),
            Constraint::Min(4),
        ]);
        let [head, feeds, channels, chart, scenarios] = areas.areas(frame.area());
        frame.render_widget(self.head(), head);
        frame.render_widget(self.feeds(), feeds);
        frame.render_widget(self.channels(), channels);
        let rates: Vec<u64> = self.samples().map(|sample| sample.ceil() as u64).collect();
        let width = usize::from(chart.width.saturating_sub(2));
        let last = rates.get(rates.len().saturating_sub(width)..).unwrap_or_default();
        let block = Block::bordered().title(" events a second, by minute ");
        frame.render_widget(Sparkline::default().block(block).data(last), chart);
        frame.render_widget(self.scenarios(), scenarios);
    }

    fn samples(&self) -> impl Iterator<Item = f64> {
        let samples = self.history.as_array().map_or(&[] as &[Value], Vec::as_slice).iter();
        samples.map(|sample| sample.get("events").and_then(Value::as_f64).unwrap_or(0.0))
    }

    fn head(&self) -> Line<'_> {
        match &self.trouble {
            Some(trouble) => Line::from(trouble.as_str()).fg(Color::Red),
            None => {
                let (now, loaded) = (word(&self.status, "now"), self.status.pointer("/rules/loaded"));
                let loaded = loaded.and_then(Value::as_str).unwrap_or_default();
                Line::from(format!("touchpoint {}  {now}  {loaded}", word(&self.status, "version"))).bold()
            }
        }
    }

    fn feeds(&self) -> Table<'_> {
        let row = |feed: &Value| {
            let lost = lost(feed);
            let style = if lost > 0 { Style::new().fg(Color::Red) } else { Style::new() };
            Row::new([
                Cell::new(word(feed, "name").to_owned()),
                Cell::new(grouped(count(feed, "frames"))),
                Cell::new(grouped(lost)).style(style),
                Cell::new(format!("{} s", count(feed, "silent_s"))),
            ])
        };
        self.table(
            ["feed", "frames", "lost", "silent"],
            list(&self.status, "feeds").iter().map(row).collect(),
            " feeds ",
        )
    }

    fn channels(&self) -> Table<'_> {
        let row = |channel: &Value| {
            let down = channel.get("down").and_then(Value::as_str);
            let style = if down.is_some() { Style::new().fg(Color::Red) } else { Style::new().fg(Color::Green) };
            Row::new([
                Cell::new(word(channel, "name").to_owned()),
                Cell::new(down.unwrap_or("up").to_owned()).style(style),
                Cell::new(grouped(count(channel, "accepted"))),
                Cell::new(grouped(count(channel, "refused"))),
            ])
        };
        let rows = list(&self.status, "channels").iter().map(row).collect();
        self.table(["channel", "state", "taken", "refused"], rows, " channels ")
    }

    fn scenarios(&self) -> Table<'_> {
        let row = |scenario: &Value| {
            let sum = |name: &str| -> u64 {
                let counts = scenario.get(name).and_then(Value::as_object);
                counts.into_iter().flat_map(|counts| counts.values()).filter_map(Value::as_u64).sum()
            };
            let is_paused = scenario.get("is_paused").and_then(Value::as_bool).unwrap_or(false);
            Row::new([
                word(scenario, "name").to_owned(),
                grouped(count(scenario, "triggered")),
                grouped(sum("offers")),
                grouped(sum("withheld")) + if is_paused { "  paused" } else { "" },
            ])
        };
        let rows = self.scenarios.as_array().map_or(&[] as &[Value], Vec::as_slice).iter().map(row).collect();
        self.table(["scenario", "triggered", "offers", "withheld"], rows, " scenarios; q ends ")
    }

    fn table<'t>(&self, head: [&'t str; 4], rows: Vec<Row<'t>>, title: &'t str) -> Table<'t> {
        let widths = [Constraint::Min(16), Constraint::Length(16), Constraint::Length(16), Constraint::Length(16)];
        Table::new(rows, widths).header(Row::new(head).dim()).block(Block::bordered().title(title))
    }
}
