//! Log lines: for people, as JSON, or into systemd's journal; no more a second than may be. No line names a subscriber.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::clock;
use crate::config::{LogConfig, LogFormat};

/// Begins to log; only the first call of a process counts.
pub fn begin(config: LogConfig) {
    let limit = Limit::new(config.lines_per_second);
    let registry = tracing_subscriber::registry();
    let begun = match config.format {
        LogFormat::Text => registry.with(text().with_filter(limit)).try_init(),
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr).with_filter(limit)).try_init()
        }
        LogFormat::Journal => match tracing_journald::layer() {
            Ok(journal) => registry.with(journal.with_filter(limit)).try_init(),
            // Without a journal standard error is better than nothing.
            Err(_) => registry.with(text().with_filter(limit)).try_init(),
        },
    };
    // Who has begun before has said how.
    _ = begun;
}

fn text<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_target(false)
}

/// Lets through our own lines from INFO on and others' from WARN on, because below that a library may show a URL and a URL a
/// subscriber; and no more of them in a second than may be.
struct Limit {
    per_second: u64,
    second: AtomicI64,
    lines: AtomicU64,
}

impl Limit {
    fn new(per_second: u64) -> Self {
        Self { per_second, second: AtomicI64::new(0), lines: AtomicU64::new(0) }
    }

    // Two threads at the turn of a second may let one line more or less through.
    fn passes(&self, second: i64) -> bool {
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.lines.store(0, Ordering::Relaxed);
        }
        self.lines.fetch_add(1, Ordering::Relaxed) < self.per_second
    }
}

impl<S: Subscriber> Filter<S> for Limit {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: &Context<'_, S>) -> bool {
        let own = ["engine", "probe", "rules"].iter().any(|name| metadata.target().starts_with(name));
        *metadata.level() <= if own { LevelFilter::INFO } else { LevelFilter::WARN }
    }

    fn event_enabled(&self, _: &Event<'_>, _: &Context<'_, S>) -> bool {
        let passes = self.passes(clock::wall().as_micros().div_euclid(1_000_000));
        if !passes {
            metrics::counter!("touchpoint_limit_reached_total", "limit" => "log_lines").increment(1);
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_lines() {
        let limit = Limit::new(2);
        assert_eq!([7, 7, 7, 8, 8, 8].map(|second| limit.passes(second)), [true, true, false, true, true, false]);
    }
}
