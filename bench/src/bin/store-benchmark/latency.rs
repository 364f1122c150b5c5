//! From the release of an event to its offer on disk, at a steady rate of events, with what the disk itself needs measured
//! beside it; and how long the shards stand still for sealing.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use engine::{Counted, Engine};
use rules::Directory;

use crate::keep;
use crate::{fact, hundred, stream};

/// How much is written and synced at a time beside the engine: about what a commit with an offer has.
const BESIDE_OCTETS: usize = 4_096;
const BESIDE_STEP: Duration = Duration::from_millis(20);
/// Between two ticks, as a live feed gives them: its packet time runs beside the clock, that of the stream runs ahead.
const TICK: Duration = Duration::from_millis(1);
/// One in so many subscribers has a number. One in ten events triggers something: so many offers are a campaign's.
const SUBSCRIBERS_TO_ONE_NUMBER: usize = 100;
/// What an offer may take beside what the disk needs for itself.
const WANTED: Duration = Duration::from_millis(5);

/// Runs the events of a file through an engine with a hundred scenarios, so many a second.
pub(crate) fn run(events: &Path, store: &Path, rate: u64, threads: usize) -> Result<()> {
    let mut config = keep::config(store, hundred::rules()?, threads)?;
    config.pace = engine::offer::Pace::Live;
    config.directory = Arc::new(numbers()?);
    let mut engine = Engine::start(config)?;
    let stops = AtomicBool::new(false);
    let beside = store.join("beside");
    let (summary, mut disk) = thread::scope(|scope| -> Result<_> {
        let disk = scope.spawn(|| syncs(&beside, &stops));
        let fed = feed(&mut engine, events, rate);
        stops.store(true, Ordering::Relaxed);
        let disk = disk.join().ok().context("the thread beside has failed")??;
        fed?;
        Ok((engine.finish()?, disk))
    })?;
    disk.sort_unstable();
    let share =
        |share: f64| disk.get((disk.len() as f64 * share) as usize).or(disk.last()).copied().unwrap_or_default();
    let (counters, delays) = (summary.counters, summary.delays);
    println!("{} events at {rate} a second, {} to offer", counters.events, counters.proposed);
    println!("{:<52} {:>10} {:>10} {:>10} {:>10}", "", "times", "p50 ms", "p99 ms", "most ms");
    line("from the release of an event to its offer on disk", &delays.offer);
    line("the engine waits for the disk", &delays.sync);
    line("a write of the engine, without waiting", &delays.write);
    println!(
        "{:<52} {:>10} {:>10.2} {:>10.2} {:>10.2}",
        "fdatasync of 4 kB beside it",
        disk.len(),
        millis(share(0.5)),
        millis(share(0.99)),
        millis(share(1.0))
    );
    line("a shard's work on sealing and putting out, at a time", &delays.turn);
    line("a shard waits for the sealing thread", &delays.held);
    let offers = delays.offer.within(0.99).context("no offer was made")?;
    println!(
        "\nAn offer is on disk within {:.2} ms (p99); wanted: {:.2} ms, 5 more than the disk itself.",
        millis(offers),
        millis(WANTED + share(0.99))
    );
    Ok(())
}

/// Those of a part of the subscribers: whoever else triggers a scenario gets no offer, for want of an address.
fn numbers() -> Result<Directory> {
    let mut rows = String::from("imsi,msisdn\n");
    for subscriber in (0..stream::SUBSCRIBERS).step_by(SUBSCRIBERS_TO_ONE_NUMBER) {
        let imsi = fact::imsi(stream::FIRST_IMSI + subscriber).context("no IMSI")?;
        rows += &format!("{imsi},+86139{subscriber:08}\n");
    }
    Ok(Directory::parse(Path::new("numbers"), rows.into_bytes())?)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark paces what it gives")]
fn feed(engine: &mut Engine, events: &Path, rate: u64) -> Result<()> {
    let began = Instant::now();
    let (mut index, mut failure, mut ticked) = (1, None, Duration::ZERO);
    stream::for_each_batch(events, |records| {
        for record in records {
            let due = Duration::from_nanos(index * 1_000_000_000 / rate);
            if let Some(early) = due.checked_sub(began.elapsed()).filter(|early| early.as_micros() > 500) {
                thread::sleep(early);
            }
            let event = fact::event(record, index);
            engine.event(&event);
            let now = began.elapsed();
            if now >= ticked + TICK {
                failure = engine.tick(event.at).err().or(failure.take());
                ticked = now;
            }
            index += 1;
        }
    })?;
    failure.map_or(Ok(()), Err)?;
    Ok(())
}

/// How long the disk takes for whoever asks at a steady rate: also those are counted whose time comes while it stands still, from
/// when it came. One after the other, a halt of a second would be one among thousands; offers come all the while.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn syncs(file: &Path, stops: &AtomicBool) -> Result<Vec<Duration>> {
    let mut file = File::create(file)?;
    let mut lengths = Vec::new();
    let mut due = Instant::now();
    while !stops.load(Ordering::Relaxed) {
        file.write_all(&[0x55; BESIDE_OCTETS])?;
        let began = Instant::now();
        file.sync_data()?;
        let done = Instant::now();
        lengths.push(done - began);
        due += BESIDE_STEP;
        while due < done {
            lengths.push(done - due);
            due += BESIDE_STEP;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(lengths)
}

fn line(what: &str, counted: &Counted) {
    let within = |share| counted.within(share).map_or(0.0, millis);
    println!("{what:<52} {:>10} {:>10.2} {:>10.2} {:>10.2}", counted.count(), within(0.5), within(0.99), within(1.0));
}

fn millis(length: Duration) -> f64 {
    length.as_secs_f64() * 1e3
}
