//! The sections of the file, in the order in which they are explained in `deploy/touchpoint.toml`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use event::Timestamp;

use super::form::Form;
use super::problem::Problem;
use super::{
    CHANNEL_LIMIT, ChannelConfig, Config, ConsoleConfig, EventsConfig, FEED_LIMIT, LogConfig, LogFormat, MetricsConfig,
    PrivacyConfig, RunawayConfig, ScenariosConfig, SecretUrl, StoreConfig, SubscribersConfig, TOKEN_LIMIT, TlsConfig,
    TokenConfig, feed, value,
};
use crate::api::{Role, TokenHash};
use crate::offer::Keywords;
use crate::pseudonyms::KEYS_FILE;
use crate::shard::MAX_THREADS;

/// Reads the whole file. What is wrong is told to the form's findings; nothing comes of it where something needed is missing.
pub(super) fn read(mut form: Form<'_>, base: &Path) -> Option<Config> {
    let store = store(form.section("store"), base);
    let scenarios = scenarios(form.section("scenarios"), base);
    let subscribers = subscribers(form.section("subscribers"), base);
    let answers = answers(form.section("answers"));
    let events = events(form.section("events"), base);
    let runaway = runaway(form.section("runaway"));
    let privacy = privacy(form.section("privacy"), store.as_ref(), base);
    let log = log(form.section("log"));
    let metrics = metrics(form.section("metrics"));
    let console = console(form.section("console"), base);
    let feeds = feeds(&mut form, base);
    let channels = channels(&mut form);
    form.finish();
    let (store, scenarios, console) = (store?, scenarios?, console?);
    Some(Config {
        store,
        scenarios,
        subscribers,
        answers,
        events,
        runaway,
        privacy,
        log,
        metrics,
        console,
        feeds,
        channels,
    })
}

fn store(mut form: Form<'_>, base: &Path) -> Option<StoreConfig> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let folder = form.need("folder", value::path(base));
    let store = StoreConfig {
        folder: folder.clone().unwrap_or_default(),
        threads: form
            .read("threads", value::whole(1..=MAX_THREADS as u64))
            .map_or(threads.min(MAX_THREADS), |threads| threads as usize),
        retention: form.read("retention", value::duration).unwrap_or(Duration::from_secs(48 * 3600)),
        sync: form.read("sync", value::duration).unwrap_or(Duration::from_millis(100)),
        cache_mb: form.read("cache_mb", value::whole(8..=1_000_000)).unwrap_or(64),
        subscribers_mb: form.read("subscribers_mb", value::whole(16..=1_000_000)).unwrap_or(1_024),
        arena_mb: form.read("arena_mb", value::whole(1..=1_024)).unwrap_or(32),
    };
    form.finish();
    folder.map(|_| store)
}

fn scenarios(mut form: Form<'_>, base: &Path) -> Option<ScenariosConfig> {
    let folder = form.need("folder", value::folder(base));
    let watch = form.read("watch", value::flag).unwrap_or(true);
    form.finish();
    folder.map(|folder| ScenariosConfig { folder, watch })
}

fn subscribers(mut form: Form<'_>, base: &Path) -> SubscribersConfig {
    let file = form.read("file", value::file(base));
    let lookup = form.read("lookup", value::text).map(SecretUrl);
    form.finish();
    SubscribersConfig { file, lookup }
}

fn answers(mut form: Form<'_>) -> Keywords {
    let mut words = |key| form.list(key, "[\"TD\", \"0000\"]", value::word);
    let (stop, stop_marketing, stop_location, yes) =
        (words("stop"), words("stop_marketing"), words("stop_location"), words("yes"));
    let confirmation = form.read("confirmation", value::text);
    form.finish();
    let usual = Keywords::default();
    Keywords {
        stop: stop.unwrap_or(usual.stop),
        stop_marketing: stop_marketing.unwrap_or(usual.stop_marketing),
        stop_location: stop_location.unwrap_or(usual.stop_location),
        yes: yes.unwrap_or(usual.yes),
        confirmation,
    }
}

fn events(mut form: Form<'_>, base: &Path) -> EventsConfig {
    let to = form.read("to", value::events_to(base));
    let stream = form.read("stream", value::word).unwrap_or_else(|| "touchpoint".to_owned());
    let entries = form.read("entries", value::whole(1_000..=1_000_000_000)).unwrap_or(1_000_000);
    form.finish();
    EventsConfig { to, stream, entries }
}

fn runaway(mut form: Form<'_>) -> RunawayConfig {
    let factor = form.read("factor", value::whole(0..=1_000)).unwrap_or(10);
    let least = form.read("least", value::whole(1..=1_000_000_000)).unwrap_or(1_000);
    form.finish();
    RunawayConfig { factor, least }
}

fn privacy(mut form: Form<'_>, store: Option<&StoreConfig>, base: &Path) -> PrivacyConfig {
    let minimum_cohort = form.read("minimum_cohort", value::whole(2..=1_000)).unwrap_or(10);
    let beside = || store.map_or(base, |store| &store.folder).join(KEYS_FILE);
    let keys = form.read("keys", value::path(base)).unwrap_or_else(beside);
    let rotate_after = form.read("rotate_after", value::duration);
    form.finish();
    PrivacyConfig { minimum_cohort, keys, rotate_after }
}

fn log(mut form: Form<'_>) -> LogConfig {
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json), ("journal", LogFormat::Journal)];
    let format = form.read("format", value::choice(&formats)).unwrap_or(LogFormat::Text);
    let lines_per_second = form.read("lines_per_second", value::whole(1..=10_000)).unwrap_or(20);
    form.finish();
    LogConfig { format, lines_per_second }
}

fn metrics(mut form: Form<'_>) -> MetricsConfig {
    let listen = form.read("listen", value::address);
    form.finish();
    MetricsConfig { listen }
}

fn console(mut form: Form<'_>, base: &Path) -> Option<ConsoleConfig> {
    let listen = form.placed("listen", value::address);
    let certificate = form.read("certificate", value::file(base));
    let key = form.read("key", value::file(base));
    let requests_per_second = form.read("requests_per_second", value::whole(1..=10_000)).unwrap_or(50);
    let audit = form.read("audit", value::path(base)).unwrap_or_else(|| base.join("audit.jsonl"));
    let tokens = tokens(&mut form);
    let tls = match (form.has("certificate"), form.has("key")) {
        (true, false) => {
            form.report_here(&Problem::MissingKey { key: "key", section: "" });
            None
        }
        (false, true) => {
            form.report_here(&Problem::MissingKey { key: "certificate", section: "" });
            None
        }
        _ => certificate.zip(key).map(|(certificate, key)| TlsConfig { certificate, key }),
    };
    if let Some((address, place)) = &listen
        && !address.ip().is_loopback()
        && !form.has("certificate")
    {
        form.report(place.clone(), &Problem::Plaintext);
    }
    form.finish();
    let listen = listen.map(|(address, _)| address);
    Some(ConsoleConfig { listen, tls, requests_per_second, audit, tokens })
}

fn tokens(form: &mut Form<'_>) -> Vec<TokenConfig> {
    let sections = form.sections("token", "[[console.token]]");
    too_many(form, sections.len(), TOKEN_LIMIT);
    sections.into_iter().filter_map(token).collect()
}

fn token(mut form: Form<'_>) -> Option<TokenConfig> {
    let name = form.need("name", value::text);
    let role = form.need("role", value::choice(&Role::ALL.map(|role| (role.name(), role))));
    let sha256 = form.need(
        "sha256",
        value::parsed::<TokenHash>("SHA-256 in 64 hexadecimal digits", "what `touchpoint token` prints"),
    );
    let expires = form.read("expires", value::parsed::<Timestamp>("moment", "2027-01-01T00:00:00Z"));
    form.finish();
    Some(TokenConfig { name: name?, role: role?, sha256: sha256?, expires })
}

fn feeds(form: &mut Form<'_>, base: &Path) -> Vec<super::FeedConfig> {
    let sections = form.sections("feed", "[[feed]]");
    too_many(form, sections.len(), FEED_LIMIT);
    let feeds: Vec<_> = sections.into_iter().filter_map(|section| feed::read(section, base)).collect();
    each_once(form, feeds.iter().map(|(feed, place)| (feed.name.as_str(), place)));
    feeds.into_iter().map(|(feed, _)| feed).collect()
}

fn channels(form: &mut Form<'_>) -> Vec<ChannelConfig> {
    let sections = form.sections("channel", "[[channel]]");
    too_many(form, sections.len(), CHANNEL_LIMIT);
    let channels: Vec<_> = sections.into_iter().filter_map(channel).collect();
    each_once(form, channels.iter().map(|(channel, place)| (channel.name.as_str(), place)));
    channels.into_iter().map(|(channel, _)| channel).collect()
}

fn channel(mut form: Form<'_>) -> Option<(ChannelConfig, Range<usize>)> {
    let name = form.need_placed("name", value::text);
    let url = form.need("url", value::channel);
    form.finish();
    let (name, place) = name?;
    Some((ChannelConfig { name, url: SecretUrl(url?) }, place))
}

fn too_many(form: &Form<'_>, count: usize, limit: usize) {
    if count > limit {
        form.report_here(&Problem::OutOfRange { least: 0, most: limit as u64 });
    }
}

fn each_once<'n>(form: &Form<'_>, names: impl Iterator<Item = (&'n str, &'n Range<usize>)>) {
    let mut seen = BTreeSet::new();
    for (name, place) in names {
        if !seen.insert(name) {
            form.report(place.clone(), &Problem::Repeated { name: name.to_owned() });
        }
    }
}
