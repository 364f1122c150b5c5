//! The engine: events in, offers out. It knows no octets of A or Gb.
//!
//! [`shard`] gives each subscriber to one thread, [`window`] keeps the facts of 48 hours, [`offer`] carries the
//! intent to offer through the outbox to a channel, [`backtest`] tries scenarios on facts that are there, [`results`] sums up
//! what they have brought, [`reload`] reads scenarios that people edit meanwhile, [`cli`] is the command line.

pub mod api;
pub mod backtest;
pub mod census;
mod chart;
pub mod cli;
mod committer;
pub mod config;
mod console;
mod counters;
mod delays;
mod durable;
mod engine;
mod erasure;
mod identities;
mod metrics;
mod oblivion;
pub mod offer;
pub mod processor;
pub mod pseudonyms;
pub mod reload;
pub mod results;
pub mod run;
mod sealer;
mod settings;
pub mod shard;
#[cfg(test)]
mod simulation;
mod sweep;
#[cfg(test)]
mod testing;
pub mod window;

pub use counters::EngineCounters;
pub use delays::{Counted, EngineDelays};
pub use engine::{Engine, EngineError, Summary};
pub use settings::{EngineConfig, Warm};
