//! What the engine counts. Threads add once per batch; anyone may read at any time.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {
        /// Counters at one moment.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct EngineCounters {
            $($(#[doc = $doc])+ pub $name: u64,)+
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
        }

        impl Counters {
            pub(crate) fn read(&self) -> EngineCounters {
                EngineCounters { $($name: self.$name.read(),)+ }
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
    /// Of them, skipped because an earlier run has taken them in, or because they came late and an equal one is there.
    skipped,
    /// Of them, equal to another one of the same subscriber, microsecond, interface and kind: one fact.
    equal,
    /// Of them, older than the retention: decided about but not stored.
    too_old,
    /// Of them, about protected people: nothing is stored or decided.
    protected,
    /// Of them, about somebody who was being forgotten: nothing is stored or decided.
    passed_over,
    /// Subscribers met in this run; one that was put out of memory and came back counts again.
    subscribers,
    /// Of them, put out of memory because too many were there; read again when they are seen.
    evicted,
    /// Windows read, because new rules asked for what had happened before them, or a feed told something that might be known.
    windows_read,
    /// Events of an earlier run that were recovered from the journal.
    recovered,
    /// Inputs of which it is no longer known how far they were taken in, because there were too many.
    forgotten_inputs,
    /// Decisions that an offer be made.
    proposed,
    /// Triggers that had led to the same offer before.
    repeated,
    /// Triggers withheld by the rules, in the shards.
    withheld,
    /// Triggers whose offer waits for the end of quiet hours.
    held,
    /// Successes after offers, those of control groups included.
    converted,
    /// Offers withheld by the arbiter.
    arbiter_withheld,
    /// Of them, whose places in the subscriber's caps are not given back, because too many waited for that.
    withheld_limit,
    /// Places in caps given back to subscribers.
    given_back,
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
    /// Offers withheld at the last moment because their scenario was no longer in force.
    taken_back,
    /// Messages from our own numbers that came back on the A interface, and what the phone said to them.
    own_messages,
    /// Offers all of whose messages the phone has taken before our eyes.
    acknowledged,
    /// Messages from our own numbers that the phone refused: RP-ERROR.
    phone_refused,
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
