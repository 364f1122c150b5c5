//! The whole window of a large network, its time compressed: what it takes of the disk and of memory, and what it takes to read
//! a subscriber's part of it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use engine::Engine;
use engine::window::Store;
use event::{Imsi, Timestamp};

use crate::stream::{self, Draw};
use crate::{WINDOW, fact, keep, nothing, octets, written_octets};

const HOURS: u64 = 48;
/// Windows that are read one after the other.
const READS: u64 = 2_000;
/// Octets that an event may take in a closed bucket, and octets that may be written for each that is stored.
const WANTED_OCTETS: f64 = 16.0;
const WANTED_WRITTEN: f64 = 3.0;

/// Takes in so many events of so many subscribers within 48 hours, and tells all of it.
pub(crate) fn run(store: &Path, subscribers: u64, events: u64, arena_bytes: usize, threads: usize) -> Result<()> {
    let mut config = keep::config(store, nothing(), threads)?;
    // Everybody has room, as whoever runs a network of this size is told to give it.
    config.profiles = usize::try_from(subscribers)? / threads;
    config.arena_bytes = arena_bytes;
    let allowed = config.memory_octets();
    let mut engine = Engine::start(config)?;
    let mut draw = Draw::new(subscribers);
    let mut by_bucket = Vec::new();
    for index in 0..events {
        let at_ms = stream::BEGIN_MS + index * HOURS * 3_600_000 / events;
        let event = fact::event(&draw.next(at_ms), index + 1);
        engine.event(&event);
        engine.tick(event.at)?;
        count(&mut by_bucket, event.at);
    }
    let memory = peak()?;
    drop(engine.finish()?);
    let written = written_octets()?;
    // What is left in the journal is sealed at a start: windows are read as they are beside an engine, but for what it has in memory.
    let mut again = keep::config(store, nothing(), threads)?;
    again.arena_bytes = arena_bytes;
    drop(Engine::start(again)?.finish()?);
    let window = store.join(WINDOW);
    println!("{events} events of {subscribers} subscribers within {HOURS} hours");
    tell_disk(&window, &by_bucket, written)?;
    println!("memory: {} MB at most; by the formula: {} MB", memory / 1_000_000, allowed / 1_000_000);
    tell_reads(&window, subscribers)
}

/// Counts an event in its bucket, of which the beginning is known.
fn count(buckets: &mut Vec<(Timestamp, u64)>, at: Timestamp) {
    let hours = at.as_micros().div_euclid(3_600_000_000);
    let from = Timestamp::from_seconds(hours.div_euclid(6) * 6 * 3_600);
    match buckets.last_mut() {
        Some((last, count)) if *last == from => *count += 1,
        _ => buckets.push((from, 1)),
    }
}

fn tell_disk(window: &Path, by_bucket: &[(Timestamp, u64)], written: u64) -> Result<()> {
    let stats = Store::open(window)?.stats()?;
    // All but the last one are closed.
    let (_, closed) = by_bucket.split_last().context("no events")?;
    let events: u64 = closed.iter().map(|(_, count)| count).sum();
    let is_closed = |from: Timestamp| closed.iter().any(|(closed, _)| *closed == from);
    let facts: u64 =
        stats.buckets.iter().filter(|bucket| is_closed(bucket.from)).map(|bucket| bucket.rows.octets).sum();
    println!(
        "facts on disk after a bucket closes: {:.1} octets an event; wanted: {WANTED_OCTETS}",
        facts as f64 / events as f64
    );
    let stored = octets(window)?;
    println!(
        "stored: {} MB, written: {} MB, {:.1} times as much; wanted: {WANTED_WRITTEN}",
        stored / 1_000_000,
        written / 1_000_000,
        written as f64 / stored as f64
    );
    stats.families.iter().for_each(|family| println!("  {:<10} {:>8} MB", family.name, family.octets / 1_000_000));
    Ok(())
}

/// Once with nothing of RocksDB in memory (what the operating system has of the files, it has), and once more.
fn tell_reads(window: &Path, subscribers: u64) -> Result<()> {
    let store = Store::open(window)?;
    for what in ["cold", "warm"] {
        let mut lengths = (0..READS).map(|read| timed(&store, subscribers, read)).collect::<Result<Vec<_>>>()?;
        lengths.sort_unstable();
        let within = |share: f64| lengths.get((lengths.len() as f64 * share) as usize).map_or(0, Duration::as_micros);
        println!("a {what} read of a window: {} µs (p50), {} µs (p99)", within(0.5), within(0.99));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn timed(store: &Store, subscribers: u64, read: u64) -> Result<Duration> {
    let imsi: Imsi = fact::imsi(stream::FIRST_IMSI + stream::scatter(read) % subscribers).context("no IMSI")?;
    let began = Instant::now();
    store.window(imsi, Timestamp::MIN)?;
    Ok(began.elapsed())
}

/// The most memory that this process has had, in octets: proc(5), `status`.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.split_ascii_whitespace().next().context("no number")?.parse::<u64>()? * 1024)
}
