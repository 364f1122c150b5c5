//! Who offers are delivered to, and the contract: what its own log must say.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use engine::offer::{Offer, State};
use rules::scenario::Purpose;
use serde_json::{Value, json};
use tests::smsc::Smsc;

/// Number without sign, and text.
pub type Message = (String, String);

/// The other side.
pub enum Peer {
    /// A message centre: every message that it was handed counts, answered or not.
    Smsc(Smsc),
    /// A journal, each of whose lines counts.
    Journal(PathBuf),
}

impl Peer {
    pub fn smsc(delay_ms: u64) -> Self {
        Self::Smsc(Smsc::start(json!({ "delay_ms": delay_ms, "max_seconds": 7200 })))
    }

    pub fn deliver(&self, command: &mut Command) {
        match self {
            Self::Smsc(smsc) => command.args(["--smsc", &smsc.url()]),
            Self::Journal(file) => command.arg("--journal").arg(file),
        };
    }

    /// What it was handed, and how often.
    pub fn taken(&self) -> HashMap<Message, usize> {
        let (lines, number, text) = match self {
            Self::Smsc(smsc) => (smsc.events("submit_sm"), "destination_addr", "text"),
            // What has no end of line yet was never reported.
            Self::Journal(file) => (whole_lines(&fs::read_to_string(file).unwrap_or_default()), "msisdn", "text"),
        };
        let mut taken = HashMap::new();
        for line in &lines {
            let field = |name: &str| line[name].as_str().expect("a line has its fields").to_owned();
            *taken.entry((field(number).trim_start_matches('+').to_owned(), field(text))).or_default() += 1;
        }
        taken
    }

    /// What it was handed, once it has written down all that the program heard from it.
    pub fn settled(&self, accepted: &HashMap<Message, usize>) -> HashMap<Message, usize> {
        const LOOKS: usize = 100;
        for _ in 0..LOOKS {
            let taken = self.taken();
            if accepted.iter().all(|(message, count)| taken.get(message).is_some_and(|taken| taken >= count)) {
                return taken;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.taken()
    }
}

fn whole_lines(text: &str) -> Vec<Value> {
    text.split_inclusive('\n').filter(|line| line.ends_with('\n')).flat_map(tests::json).collect()
}

/// How many offers of each message there are of those that `wanted` tells.
pub fn messages<'a>(
    offers: impl IntoIterator<Item = &'a Offer>,
    wanted: impl Fn(&Offer) -> bool,
) -> HashMap<Message, usize> {
    let mut counts = HashMap::new();
    for offer in offers.into_iter().filter(|offer| wanted(offer)) {
        let Some(to) = &offer.to else { continue };
        let message = (to.to_string().trim_start_matches('+').to_owned(), offer.text.clone());
        *counts.entry(message).or_default() += 1;
    }
    counts
}

/// What must hold of what the peer was handed, given the offers that a run without crashes makes in all (`wanted`), those
/// that the outbox says to be accepted, and how often the program has been started.
pub fn check_contract(wanted: &[Offer], accepted: &HashMap<Message, usize>, peer: &Peer, starts: usize, what: &str) {
    let passed = |offer: &Offer| !matches!(offer.state, State::Withheld(_) | State::Expired);
    let marketing = messages(wanted, |offer| passed(offer) && offer.purpose != Purpose::Service);
    let service = messages(wanted, |offer| passed(offer) && offer.purpose == Purpose::Service);
    let taken = peer.settled(accepted);
    for (message, count) in accepted {
        let got = taken.get(message).copied().unwrap_or(0);
        assert!(
            got >= *count,
            "{what}: {message:?} is said to be accepted {count} times, but the peer got it {got} times"
        );
    }
    for (message, got) in &taken {
        let once = marketing.get(message).copied().unwrap_or(0);
        // A service message of which nobody knew is sent again, once for each start.
        let again = service.get(message).map_or(0, |count| count * starts);
        assert!(*got <= once + again, "{what}: the peer got {message:?} {got} times for {once} offers");
    }
}
