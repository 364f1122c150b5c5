//! Delivers offers by a channel as the outbox does, and remembers what became of each.
#![allow(dead_code, reason = "not every test asks for everything")]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use engine::offer::OfferId;
use engine::offer::channel::{Channel, ReceiptState, Report, Submission};

pub const PATIENCE: Duration = Duration::from_secs(60);
/// In which nothing is to come that must not.
pub const MOMENT: Duration = Duration::from_millis(500);

pub fn offer(n: u128, text: impl Into<String>) -> Submission {
    Submission {
        id: OfferId(n),
        to: format!("+86139{n:08}").parse().unwrap(),
        imsi: "460001234567890".parse().ok(),
        scenario: "test".to_owned(),
        at: "2026-03-01T09:30:00Z".parse().unwrap(),
        from: None,
        text: text.into(),
        push: None,
        validity_s: 3600,
        replaces: None,
    }
}

pub fn offers(count: u128) -> VecDeque<Submission> {
    (1..=count).map(|n| offer(n, format!("offer {n}"))).collect()
}

pub fn next(channel: &(dyn Channel + Send)) -> Report {
    channel.reports().recv_timeout(PATIENCE).expect("a report comes in time")
}

/// What is told of the end of offers, in order, after what was told before: until so many have ended, and nothing more comes for a
/// moment.
pub fn ends(before: &[Report], channel: &(dyn Channel + Send), count: usize) -> Vec<(u128, ReceiptState)> {
    let end = |report: &Report| if let Report::Receipt { id, state } = report { Some((id.0, *state)) } else { None };
    let mut ends: Vec<(u128, ReceiptState)> = before.iter().filter_map(end).collect();
    while ends.len() < count {
        ends.extend(end(&next(channel)));
    }
    let more = std::iter::from_fn(|| channel.reports().recv_timeout(MOMENT).ok());
    ends.extend(more.filter_map(|report| end(&report)));
    ends.sort_unstable();
    ends
}

/// How each offer ended, and what was reported on the way.
#[derive(Default)]
pub struct Outcome {
    pub ends: BTreeMap<u128, Report>,
    pub all: Vec<Report>,
}

impl Outcome {
    pub fn accepted(&self) -> usize {
        self.ends.values().filter(|end| matches!(end, Report::Accepted { .. })).count()
    }

    pub fn unknown(&self) -> usize {
        self.ends.values().filter(|end| matches!(end, Report::Unknown { .. })).count()
    }

    pub fn given_back(&self) -> usize {
        self.all.iter().filter(|report| matches!(report, Report::Refused { again: true, .. })).count()
    }

    pub fn down(&self) -> Option<&str> {
        self.all.iter().find_map(|report| match report {
            Report::Down { reason } => Some(reason.as_str()),
            _ => None,
        })
    }
}

/// Does as the outbox does: submits as many as there is room for, and again what is given back, until each has ended.
pub fn deliver(channel: &mut (dyn Channel + Send), offers: VecDeque<Submission>) -> Outcome {
    let known: BTreeMap<u128, Submission> = offers.iter().map(|offer| (offer.id.0, offer.clone())).collect();
    let (mut queue, mut outcome) = (offers, Outcome::default());
    while outcome.ends.len() < known.len() {
        for _ in 0..channel.ready() {
            queue.pop_front().into_iter().for_each(|offer| channel.submit(offer));
        }
        let report = next(channel);
        outcome.all.push(report.clone());
        match &report {
            Report::Refused { id, again: true, .. } => queue.push_front(known[&id.0].clone()),
            Report::Accepted { id, .. } | Report::Refused { id, .. } | Report::Unknown { id } => {
                assert_eq!(outcome.ends.insert(id.0, report.clone()), None, "one end only");
            }
            Report::Receipt { .. } | Report::Incoming { .. } | Report::Ready | Report::Down { .. } => {}
        }
    }
    outcome
}
