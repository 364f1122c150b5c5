//! The text of an offer for one person.

use event::Imsi;

use super::Policy;
use super::gates::{Case, Person};
use crate::lists::{Area, TacList};
use crate::scenario::{Message, Scenario, Trigger, Variable};
use crate::{push, segments};

impl Case<'_> {
    /// Whether all that the scenario's text cannot do without is known of the person.
    pub(super) fn can_be_worded(&self) -> bool {
        let text = self.scenario.send_to(self.person.imsi).text(self.person.language(self.policy));
        text.can_fill(|variable| value(variable, self.scenario, self.person))
    }

    /// How many short messages the offer takes.
    pub(super) fn parts(&self) -> u8 {
        self.scenario.parts(self.policy, self.person)
    }
}

impl Person<'_> {
    /// The person's language, as the subscriber file tells it.
    fn language(&self, policy: &Policy) -> Option<&str> {
        self.subscriber?.tag(&policy.language)
    }
}

impl Scenario {
    /// What it sends to a person, as a short message: of a pushed address the title and the address. `None` where something
    /// is not known that the text cannot do without, for which the gates withhold the offer
    /// ([`super::Reason::ValueUnknown`]).
    pub fn worded(&self, policy: &Policy, person: &Person<'_>) -> Option<String> {
        self.characters(policy, person).map(String::from_iter)
    }

    /// How many short messages that takes.
    pub(crate) fn parts(&self, policy: &Policy, person: &Person<'_>) -> u8 {
        match &self.send_to(person.imsi).message {
            Message::Sms(_) => self.characters(policy, person).map_or(1, segments::count),
            Message::WapPush { .. } => self.worded(policy, person).map_or(1, |text| self.parts_of(person.imsi, &text)),
        }
    }

    /// How many short messages this person's text takes: of a pushed address the parts of its datagram.
    pub fn parts_of(&self, imsi: Imsi, text: &str) -> u8 {
        match &self.send_to(imsi).message {
            Message::Sms(_) => segments::count(text.chars()),
            Message::WapPush { url, push: action, .. } => push::parts(*action, url, push::title(text, url)),
        }
    }

    fn characters<'a>(
        &'a self,
        policy: &'a Policy,
        person: &'a Person<'_>,
    ) -> Option<impl Iterator<Item = char> + Clone> {
        let send = self.send_to(person.imsi);
        let words = send.text(person.language(policy)).fill(move |variable| value(variable, self, person))?;
        let address = match &send.message {
            Message::Sms(_) => None,
            Message::WapPush { url, .. } => Some(url),
        };
        Some(words.chain(address.into_iter().flat_map(|url| [" ", url]).flat_map(str::chars)))
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
