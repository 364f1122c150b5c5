//! What the engine counts. Threads add once per batch; anyone may read at any time.

use std::sync::atomic::{AtomicU64, Ordering};

use event::Kind;

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {
        /// Counters at one moment.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct EngineCounters {
            $($(#[doc = $doc])+ pub $name: u64,)+
            /// Events by kind, each under its name as in JSON.
            pub kinds: Vec<(&'static str, u64)>,
        }

        impl EngineCounters {
            /// Each by its name.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$((stringify!($name), self.$name),)+].into_iter()
            }
        }

        /// The living counters.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)+
            kinds: [Counter; Kind::NAMES.len()],
        }

        impl Counters {
            pub(crate) fn read(&self) -> EngineCounters {
                EngineCounters {
                    $($name: self.$name.read(),)+
                    kinds: Kind::NAMES.into_iter().zip(self.kinds.iter().map(Counter::read)).collect(),
                }
            }
        }
    };
}

counters! {
    /// Events from the probe.
    events,
    /// Facts about location areas from the probe.
    areas,
    /// Of them, without a known subscriber: not stored.
    unresolved,
    /// Of them, older than the reorder window when they came: taken in late.
    late,
    /// Of them, released before their time because too many were waiting.
    reorder_limit,
    /// Of them, skipped because an earlier run has taken them in.
    skipped,
    /// Of them, older than the retention: decided about but not stored.
    too_old,
    /// Of them, about protected people: nothing is stored or decided.
    protected,
    /// Subscribers met in this run; one that was put out of memory and came back counts again.
    subscribers,
    /// Of them, put out of memory because too many were there; read again when they are seen.
    evicted,
    /// Events of an earlier run that were recovered from the journal.
    recovered,
    /// Decisions that an offer be made.
    proposed,
    /// Triggers that had led to the same offer before.
    repeated,
    /// Triggers withheld by the rules, in the shards.
    withheld,
    /// Offers withheld by the arbiter.
    arbiter_withheld,
    /// Offers that waited in the store because the queue in memory was full.
    spilled,
    /// Offers that expired before their time because more waited than may: the least important.
    outbox_limit,
    /// Offers handed to a channel.
    submitted,
    /// Offers that the message centre took.
    accepted,
    /// Offers that it refused for good.
    failed,
    /// Offers that it refused for the time being.
    deferred,
    /// Offers of which nobody knows whether it took them.
    unknown,
    /// Offers that expired in the queue.
    expired,
    /// Offers withheld at the last moment because the subscriber had refused meanwhile.
    scrubbed,
    /// Messages from subscribers.
    incoming,
    /// Of them, refusals.
    refusals,
    /// Offers that were answered.
    answered,
    /// Of them, with yes.
    yes,
    /// Group commits.
    commits,
    /// Of them, made durable against a failure of the machine.
    syncs,
    /// Generations sealed.
    seals,
    /// Buckets dropped for their age.
    dropped_buckets,
}

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        if count > 0 {
            self.0.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn kind(&self, kind: &Kind) {
        if let Some(counter) = self.kinds.get(kind.index()) {
            counter.add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};

    #[test]
    fn a_kind_is_counted_under_its_name() {
        let mut random = Random::new(1);
        for _ in 0..200 {
            let event = random_event(&mut random, "460001234567890".parse().unwrap());
            let counters = Counters::default();
            counters.kind(&event.kind);
            let counted: Vec<_> = counters.read().kinds.into_iter().filter(|(_, count)| *count > 0).collect();
            assert_eq!(counted, [(event.kind.name(), 1)]);
        }
    }
}
