//! Scenarios beside those that an event concerns: what they cost, and what one costs that it does concern.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use event::{CellId, DomainName, Number};
use rules::lists::Area;
use rules::scenario::{CallPhase, NumberPattern, Purpose, Scenario, Send, Trigger};
use rules::{Policy, RuleSet};

use crate::shard::Shard;
use crate::stream;

/// Runs the events of a file through so many scenarios of which they concern none. Each asks for a place, a number, a code or
/// a name of its own that never comes, so that all is looked up which an event has.
pub(crate) fn unconcerned(events: &Path, scenarios: u32) -> Result<u64> {
    let triggers = (0..scenarios).map(|number| elsewhere(number).map(|trigger| scenario(number, trigger)));
    run(events, triggers.collect::<Option<_>>().context("a name that is none")?)
}

/// Runs the events of a file through so many scenarios, each of which every data session triggers.
pub(crate) fn concerned(events: &Path, scenarios: u32) -> Result<u64> {
    let online = || Trigger::Pdp { activated: true, access_points: Vec::new() };
    run(events, (0..scenarios).map(|number| scenario(number, online())).collect())
}

fn run(events: &Path, scenarios: Vec<Scenario>) -> Result<u64> {
    let rules = RuleSet::new(scenarios, Policy::default(), String::new());
    let mut shard = Shard::new(&rules);
    shard.meet_everybody();
    let mut index = 1;
    stream::for_each_batch(events, |batch| {
        shard.take(batch, index);
        index += batch.len() as u64;
    })?;
    Ok(shard.offers.iter().sum())
}

fn scenario(number: u32, trigger: Trigger) -> Scenario {
    Scenario::new(&format!("scenario-{number}"), Purpose::Service, trigger, Send::sms("hello"))
}

/// One of ten kinds of trigger.
fn elsewhere(number: u32) -> Option<Trigger> {
    let cell = CellId { plmn: None, lac: Some(0xf000), ci: Some(number as u16) };
    let area = || Arc::new(Area::new(format!("area-{number}"), [cell]));
    let dialled = || format!("9{number:05}").parse::<Number>().ok();
    let name = || format!("host-{number}.example.com").parse::<DomainName>().ok();
    let call = |pattern| Trigger::Call {
        phase: CallPhase::Setup,
        direction: None,
        numbers: vec![pattern],
        length: None,
        causes: Vec::new(),
    };
    Some(match number % 10 {
        0 => Trigger::Enter(area()),
        1 => Trigger::Leave(area()),
        2 => Trigger::Inside(area()),
        3 => Trigger::UpdateIn(area()),
        4 => call(NumberPattern::Exactly(dialled()?)),
        5 => call(NumberPattern::Prefix(dialled()?)),
        6 => Trigger::Sms { direction: None, numbers: vec![NumberPattern::Exactly(dialled()?)] },
        7 => Trigger::Ussd(vec![NumberPattern::Exactly(dialled()?)]),
        8 => Trigger::Pdp { activated: true, access_points: vec![name()?] },
        _ => Trigger::Web(vec![name()?]),
    })
}
