//! The whole engine: events in, facts, decisions and offers kept, until everything is sealed and merged.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use engine::offer::channel::{Lane, journal};
use engine::{Engine, EngineConfig};
use rules::{Directory, RuleSet};

use crate::stream;
use crate::{WINDOW, fact, written_octets};

/// An engine on an empty folder, whose offers go to a journal.
pub(crate) fn config(store: &Path, rules: RuleSet, threads: usize) -> Result<EngineConfig> {
    let lanes = vec![Lane::sole(journal::open(&store.join("offers.jsonl"), false)?)];
    let mut config = EngineConfig::new(store.join(WINDOW), Arc::new(rules), Arc::new(Directory::default()), lanes);
    config.threads = NonZeroUsize::new(threads).context("at least one thread")?;
    Ok(config)
}

/// Runs the events of a file through an engine; prints how many octets it wrote, what it decided, and what it read.
pub(crate) fn run(events: &Path, store: &Path, rules: RuleSet, threads: usize) -> Result<()> {
    let mut engine = Engine::start(config(store, rules, threads)?)?;
    let (mut index, mut failure) = (1, None);
    stream::for_each_batch(events, |records| {
        for record in records {
            let event = fact::event(record, index);
            engine.event(&event);
            failure = engine.tick(event.at).err().or(failure.take());
            index += 1;
        }
    })?;
    failure.map_or(Ok(()), Err)?;
    let counters = engine.finish()?.counters;
    println!("{}", written_octets()?);
    println!(
        "{} to offer, {} withheld, {} commits, {} syncs, {} seals",
        counters.proposed, counters.withheld, counters.commits, counters.syncs, counters.seals
    );
    let share = |count: u64| 100.0 * count as f64 / counters.events as f64;
    println!(
        "of events {:.3} % read their subscriber's record ({:.3} % because it had been put out of memory), {:.3} % a window",
        share(counters.subscribers),
        share(counters.evicted),
        share(counters.windows_read)
    );
    Ok(())
}
