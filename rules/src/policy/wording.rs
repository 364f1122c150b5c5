//! The text of an offer for one person.

use super::gates::{Case, Person};
use crate::lists::{Area, TacList};
use crate::scenario::{Scenario, Send, Trigger, Variable};

impl Case<'_> {
    /// Whether all that the scenario's text cannot do without is known of the person.
    pub(super) fn can_be_worded(&self) -> bool {
        self.scenario.send.text().can_fill(|variable| value(variable, self.scenario, self.person))
    }
}

impl Send {
    /// The text for one person: of a pushed address its title. `None` where something is not known that it cannot do
    /// without, for which the gates withhold the offer ([`super::Reason::ValueUnknown`]).
    pub fn worded(&self, scenario: &Scenario, person: &Person<'_>) -> Option<String> {
        self.text().fill(|variable| value(variable, scenario, person))
    }
}

fn value<'v>(variable: &Variable, scenario: &'v Scenario, person: &Person<'v>) -> Option<&'v str> {
    match variable {
        Variable::Area => area(scenario, person).map(Area::title),
        Variable::Device => {
            let device = person.device?;
            scenario.devices().find_map(|list| list.model(device))
        }
        Variable::Tag(column) => person.subscriber?.tag(column),
    }
}

/// Of the areas that the scenario names the one where the person is; else the last one.
fn area<'s>(scenario: &'s Scenario, person: &Person<'_>) -> Option<&'s Area> {
    let here = scenario.areas().find(|area| area.contains(person.cell));
    here.or_else(|| scenario.areas().last())
}

impl Scenario {
    /// The areas that its trigger names.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.trigger.happenings().filter_map(|happening| match &happening.trigger {
            Trigger::Enter(area) | Trigger::Leave(area) | Trigger::Inside(area) | Trigger::UpdateIn(area) => {
                Some(area.as_ref())
            }
            _ => None,
        })
    }

    /// The lists of handsets that its trigger and its audience name.
    pub fn devices(&self) -> impl Iterator<Item = &TacList> {
        let named = self.trigger.happenings().flat_map(|happening| match &happening.trigger {
            Trigger::DeviceChange { to, from } => [to.as_ref(), from.as_ref()],
            Trigger::Device(list) => [Some(list), None],
            _ => [None, None],
        });
        named.flatten().chain(&self.audience.device).map(AsRef::as_ref)
    }
}
