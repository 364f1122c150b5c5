//! What Prometheus sees: everything that [`Status`] and [`Census`] hold, under names that are explained in
//! `deploy/docs/metrics.md`. No label has an identity, and each has few values.

use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, gauge};
use event::Timestamp;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;

use crate::census::Census;
use crate::run::status::{
    Count, DelayStatus, FeedStatus, GroupCount, InterfaceStatus, LinkStatus, ShardStatus, Status,
};

/// A gauge that is not set any more, of a scenario that is gone or a state that no offer is in, is shown so long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// The process's counters, as they can be shown.
#[derive(Clone)]
pub(crate) struct Meters {
    handle: PrometheusHandle,
}

impl Meters {
    /// From here on counters of the whole process are kept. A process has one recorder: a second one shows nothing.
    pub(crate) fn install() -> Self {
        let recorder =
            PrometheusBuilder::new().idle_timeout(MetricKindMask::GAUGE, Some(FORGOTTEN_AFTER)).build_recorder();
        let handle = recorder.handle();
        if ::metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of counters is there already");
        }
        describe();
        Self { handle }
    }

    /// In the text format of Prometheus, or in that of OpenMetrics where the `Accept` header of a request names it; and its
    /// media type.
    pub(crate) fn render(&self, accept: Option<&str>) -> (&'static str, String) {
        let text = self.handle.render();
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => {
                ("application/openmetrics-text; version=1.0.0; charset=utf-8", open_metrics(&text))
            }
            _ => ("text/plain; version=0.0.4; charset=utf-8", text),
        }
    }

    /// Takes over how it stands.
    pub(crate) fn publish(&self, status: &Status, census: &Census) {
        status.feeds.iter().for_each(feed);
        for Count { name, count } in &status.events {
            counter!("touchpoint_events_total", "kind" => *name).absolute(*count);
        }
        for Count { name, count } in &status.engine {
            counter!("touchpoint_engine_total", "what" => *name).absolute(*count);
        }
        status.delays.iter().for_each(delay);
        status.shards.iter().enumerate().for_each(|(index, found)| shard(index, found));
        channels(status);
        rules(status);
        scenarios(census);
        gauge!("touchpoint_store_bytes").set(status.store_octets as f64);
        gauge!("touchpoint_store_cache_bytes").set(status.store_cache_octets as f64);
        gauge!("touchpoint_resident_bytes").set(status.resident_octets as f64);
        if let (Some(at), Some(now)) = (status.at, status.now) {
            gauge!("touchpoint_lag_seconds").set(at.since(now).as_secs_f64());
        }
        if let Some(started) = status.started {
            gauge!("touchpoint_start_time_seconds").set(seconds(started));
        }
        self.handle.run_upkeep();
    }
}

/// The text format of OpenMetrics differs in the name that a counter's family has, and in its end.
fn open_metrics(text: &str) -> String {
    let mut told = String::with_capacity(text.len() + 16);
    for line in text.lines().filter(|line| !line.is_empty()) {
        let mut words = line.splitn(4, ' ');
        let family = match [words.next(), words.next(), words.next(), words.next()] {
            [Some("#"), Some(what @ ("HELP" | "TYPE")), Some(name), rest] => {
                name.strip_suffix("_total").map(|family| (what, family, rest.unwrap_or_default()))
            }
            _ => None,
        };
        match family {
            Some((what, family, rest)) => told.push_str(&format!("# {what} {family} {rest}")),
            None => told.push_str(line),
        }
        told.push('\n');
    }
    told.push_str("# EOF\n");
    told
}

fn seconds(at: Timestamp) -> f64 {
    at.as_micros() as f64 / 1e6
}

fn feed(feed: &FeedStatus) {
    let name = || feed.name.clone();
    counter!("touchpoint_feed_frames_total", "feed" => name()).absolute(feed.frames);
    counter!("touchpoint_feed_late_events_total", "feed" => name()).absolute(feed.late);
    gauge!("touchpoint_feed_silent_seconds", "feed" => name()).set(feed.silent_s as f64);
    if let Some(reached) = feed.reached {
        gauge!("touchpoint_feed_reached_seconds", "feed" => name()).set(seconds(reached));
    }
    if let Some(percent) = feed.resolved_percent() {
        gauge!("touchpoint_feed_resolved_ratio", "feed" => name()).set(percent as f64 / 100.0);
    }
    feed.interfaces.iter().for_each(|found| interface(&feed.name, found));
    feed.links.iter().for_each(|found| link(&feed.name, found));
    for Count { name: what, count } in &feed.transport {
        counter!("touchpoint_transport_total", "feed" => name(), "what" => *what).absolute(*count);
    }
    for GroupCount { group, name: what, count } in &feed.probe {
        counter!("touchpoint_probe_total", "feed" => name(), "group" => *group, "what" => *what).absolute(*count);
    }
    for GroupCount { group, name: message, count } in &feed.messages {
        counter!("touchpoint_messages_total", "feed" => name(), "protocol" => *group, "message" => *message)
            .absolute(*count);
    }
    for GroupCount { group, name: element, count } in &feed.malformed {
        counter!("touchpoint_malformed_total", "feed" => name(), "layer" => *group, "element" => *element)
            .absolute(*count);
    }
}

fn interface(feed: &str, found: &InterfaceStatus) {
    let packets = [
        ("received", found.received),
        ("decoded", found.decoded),
        ("dropped_by_kernel", found.dropped_by_kernel),
        ("dropped_by_interface", found.dropped_by_interface),
        ("filtered", found.filtered),
        ("gaps", found.gaps),
    ];
    for (what, count) in packets {
        let (feed, interface) = (feed.to_owned(), found.name.clone());
        counter!("touchpoint_capture_total", "feed" => feed, "interface" => interface, "what" => what).absolute(count);
    }
}

fn link(feed: &str, found: &LinkStatus) {
    for (what, count) in [("seen", found.seen), ("missing", found.missing)] {
        let (feed, link, transport) = (feed.to_owned(), found.link.clone(), found.transport);
        counter!("touchpoint_link_total", "feed" => feed, "transport" => transport, "link" => link, "what" => what)
            .absolute(count);
    }
}

fn delay(delay: &DelayStatus) {
    let channel = || delay.channel.clone().unwrap_or_default();
    counter!("touchpoint_delay_total", "what" => delay.what, "channel" => channel()).absolute(delay.count);
    for (share, length) in [("0.5", delay.median_s), ("0.99", delay.p99_s)] {
        let Some(length) = length else { continue };
        gauge!("touchpoint_delay_seconds", "what" => delay.what, "channel" => channel(), "share" => share).set(length);
    }
}

fn shard(index: usize, shard: &ShardStatus) {
    let name = || index.to_string();
    counter!("touchpoint_shard_events_total", "shard" => name()).absolute(shard.events);
    counter!("touchpoint_shard_turns_total", "shard" => name()).absolute(shard.turns);
    gauge!("touchpoint_shard_waiting", "shard" => name()).set(shard.waiting as f64);
    gauge!("touchpoint_shard_subscribers", "shard" => name()).set(shard.subscribers as f64);
    gauge!("touchpoint_shard_unsealed_bytes", "shard" => name()).set(shard.unsealed_octets as f64);
    if let Some(length) = shard.turn_p99_s {
        gauge!("touchpoint_shard_turn_seconds", "shard" => name(), "share" => "0.99").set(length);
    }
}

fn channels(status: &Status) {
    for channel in &status.channels {
        let name = || channel.name.clone();
        gauge!("touchpoint_channel_up", "channel" => name()).set(f64::from(u8::from(channel.down.is_none())));
        for (what, count) in
            [("submitted", channel.submitted), ("accepted", channel.accepted), ("refused", channel.refused)]
        {
            counter!("touchpoint_channel_total", "channel" => name(), "what" => what).absolute(count);
        }
    }
}

fn rules(status: &Status) {
    gauge!("touchpoint_scenarios").set(status.rules.scenarios as f64);
    gauge!("touchpoint_scenarios_paused").set(status.rules.paused.len() as f64);
    gauge!("touchpoint_scenarios_refused").set(f64::from(u8::from(status.rules.refused.is_some())));
}

fn scenarios(census: &Census) {
    gauge!("touchpoint_outbox_offers").set(census.in_flight as f64);
    for (name, scenario) in &census.scenarios {
        let name = || name.to_string();
        gauge!("touchpoint_scenario_triggered", "scenario" => name()).set(scenario.triggered as f64);
        for (reason, count) in &scenario.withheld {
            gauge!("touchpoint_scenario_withheld", "scenario" => name(), "reason" => reason.name()).set(*count as f64);
        }
        for ([state, _], count) in &scenario.states {
            gauge!("touchpoint_scenario_offers", "scenario" => name(), "state" => *state).set(*count as f64);
        }
    }
}

fn describe() {
    describe_counter!("touchpoint_feed_frames_total", "Frames decoded");
    describe_counter!("touchpoint_feed_late_events_total", "Events that came when later ones had been passed on");
    describe_gauge!("touchpoint_feed_silent_seconds", "Seconds since the last frame");
    describe_gauge!("touchpoint_feed_reached_seconds", "How far a feed has come, in packet time");
    describe_gauge!("touchpoint_feed_resolved_ratio", "Of all connections, how many have a known subscriber");
    describe_counter!("touchpoint_capture_total", "Where the packets of an interface went");
    describe_counter!("touchpoint_transport_total", "Packets below the messages");
    describe_counter!("touchpoint_probe_total", "The probe's counters by group");
    describe_counter!("touchpoint_messages_total", "Decoded messages");
    describe_counter!("touchpoint_malformed_total", "Messages whose decoding stopped, by layer and element");
    describe_counter!("touchpoint_events_total", "Events by kind");
    describe_counter!("touchpoint_engine_total", "The engine's counters");
    describe_counter!(
        "touchpoint_link_total",
        "What links between network elements carried: seen, and missing by its numbers"
    );
    describe_gauge!("touchpoint_delay_seconds", "The length that this share of delays since the start does not exceed");
    describe_counter!("touchpoint_delay_total", "Delays that were measured");
    describe_counter!("touchpoint_shard_events_total", "Events given to a matching thread");
    describe_counter!("touchpoint_shard_turns_total", "Batches that it has worked at");
    describe_gauge!("touchpoint_shard_turn_seconds", "The length that this share of its batches does not exceed");
    describe_gauge!("touchpoint_shard_waiting", "Batches that wait for it");
    describe_gauge!("touchpoint_shard_subscribers", "Subscribers that it has in memory");
    describe_gauge!("touchpoint_shard_unsealed_bytes", "Facts that it has not sealed yet");
    describe_gauge!("touchpoint_channel_up", "1 unless the channel has told that it is down");
    describe_counter!("touchpoint_channel_total", "What became of submissions");
    describe_gauge!("touchpoint_scenarios", "Scenarios in force or paused");
    describe_gauge!("touchpoint_scenarios_paused", "Scenarios that are paused");
    describe_gauge!("touchpoint_scenarios_refused", "1 while the folder holds scenarios that cannot be used");
    describe_gauge!("touchpoint_outbox_offers", "Offers on their way");
    describe_gauge!("touchpoint_scenario_triggered", "Triggers met within the retention");
    describe_gauge!("touchpoint_scenario_withheld", "Triggers withheld within the retention, by reason");
    describe_gauge!("touchpoint_scenario_offers", "Offers within the retention, by state");
    describe_gauge!("touchpoint_store_cache_bytes", "Memory for what was read of the store lately");
    describe_gauge!("touchpoint_store_bytes", "Octets of the store on disk");
    describe_gauge!("touchpoint_resident_bytes", "Octets of memory");
    describe_gauge!("touchpoint_lag_seconds", "How far packet time is behind the clock");
    describe_gauge!("touchpoint_start_time_seconds", "When the process began");
    describe_counter!("touchpoint_limit_reached_total", "Named limits that were reached");
    describe_counter!("touchpoint_runaway_total", "Scenarios stopped because they offered far more than usual");
    describe_counter!(
        "touchpoint_event_lines_total",
        "Events written for other programs, or dropped because none took them"
    );
    describe_counter!("touchpoint_http_requests_total", "Requests by route and status");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_of_counters_has_no_ending_in_open_metrics() {
        let text =
            "# HELP a_total so many\n# TYPE a_total counter\na_total{b=\"# TYPE x_total\"} 1\n\n# TYPE c gauge\nc 2\n";
        let expected =
            "# HELP a so many\n# TYPE a counter\na_total{b=\"# TYPE x_total\"} 1\n# TYPE c gauge\nc 2\n# EOF\n";
        assert_eq!(open_metrics(text), expected);
    }
}
