//! A hundred scenarios that events of the stream concern: stays, visits, sequences, absences, numbers, devices.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use event::{CellId, Number};
use rules::lists::Area;
use rules::scenario::{
    CallPhase, Evidence, Happening, Hold, NumberPattern, Pattern, Purpose, Scenario, Send, Step, Trigger,
};
use rules::{Policy, RuleSet};

use crate::fact::location_area;
use crate::stream;

const SCENARIOS: u32 = 100;
/// Cells of each area.
const CELLS: u32 = 50;

/// The rule set.
pub(crate) fn rules() -> Result<RuleSet> {
    let scenarios = (0..SCENARIOS).map(|number| {
        let mut scenario =
            Scenario::new(&format!("scenario-{number}"), Purpose::Marketing, Trigger::PowerOn, Send::sms("hello"));
        scenario.trigger = pattern(number)?;
        Some(scenario)
    });
    let scenarios: Option<Vec<Scenario>> = scenarios.collect();
    Ok(RuleSet::new(scenarios.context("a number that is none")?, Policy::default(), String::new()))
}

/// One of five kinds of pattern.
fn pattern(number: u32) -> Option<Pattern> {
    let hours = |hours: u64| Duration::from_secs(3600 * hours);
    let enter = || Trigger::Enter(area(number));
    Some(match number % 5 {
        0 => Pattern::Once(Step(vec![Happening {
            trigger: enter(),
            hold: Some(Hold::Dwell {
                lasting: hours(1),
                evidence: Evidence::Reconfirm,
                grace: Duration::from_secs(300),
                still_here: true,
            }),
        }])),
        1 => {
            Pattern::Count { of: Trigger::UpdateIn(area(number)).into(), at_least: 3, within: hours(48), gap: hours(1) }
        }
        2 => Pattern::Sequence { steps: vec![enter().into(), call(number)?], within: hours(2) },
        3 => Pattern::Absence { after: call(number)?, no: enter().into(), lasting: hours(6), still_here: true },
        _ => Pattern::Sequence {
            steps: vec![
                Trigger::DeviceChange { to: None, from: None }.into(),
                Trigger::Pdp { activated: true, access_points: Vec::new() }.into(),
            ],
            within: hours(1 + u64::from(number) % 24),
        },
    })
}

fn area(number: u32) -> Arc<Area> {
    let first = stream::AREA.start + CELLS * number;
    let cell = |cell: u32| CellId { plmn: None, lac: Some(location_area(cell)), ci: Some(cell as u16) };
    Arc::new(Area::new(format!("area-{number}"), (first..first + CELLS).map(cell)))
}

/// Calls to numbers that begin so: one in a hundred of all calls.
fn call(number: u32) -> Option<Step> {
    let prefix: Number = format!("130{number:02}").parse().ok()?;
    let numbers = vec![NumberPattern::Prefix(prefix)];
    Some(Trigger::Call { phase: CallPhase::Setup, direction: None, numbers, length: None, causes: Vec::new() }.into())
}
