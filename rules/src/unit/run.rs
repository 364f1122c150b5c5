//! Plays a case: its events and the clock between them, one subscriber, no threads.

use event::{Binding, Event, Timestamp};

use super::Case;
use crate::areas::Areas;
use crate::matcher::{Context, Decision, Outcome, RuleSet};
use crate::policy::{self, Home, Person, Reason, Spent, Verdict};
use crate::profile::{Contact, Profile};
use crate::scenario::Purpose;

/// What came of one scenario at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Index into [`RuleSet::scenarios`].
    pub scenario: u32,
    /// Offered, or withheld for a reason.
    pub outcome: Outcome,
}

/// Every gate in order, with what it said.
pub type Gates = Vec<(Reason, Verdict)>;

/// Plays the case through the set and gives what came of it, in order of time.
pub fn run(set: &RuleSet, case: &Case) -> Vec<Step> {
    let mut stage = Stage::new(set, case);
    stage.play(|_, _| {});
    stage.steps
}

/// What each gate said at the step of this place in the outcome of [`run`]; nothing where none was asked.
pub fn gates(set: &RuleSet, case: &Case, place: usize) -> Gates {
    let (mut count, mut found) = (0, Gates::new());
    Stage::new(set, case).play(|decision, moment| {
        if count == place {
            found = moment.gates(decision);
        }
        count += 1;
    });
    found
}

/// One subscriber before the set, and what has come of it.
struct Stage<'a> {
    set: &'a RuleSet,
    case: &'a Case,
    profile: Profile,
    /// Of each scenario, and of all marketing.
    spent: Vec<Spent>,
    marketing: Spent,
    steps: Vec<Step>,
}

impl<'a> Stage<'a> {
    fn new(set: &'a RuleSet, case: &'a Case) -> Self {
        let spent = vec![Spent::default(); set.scenarios().len()];
        Self { set, case, profile: Profile::default(), spent, marketing: Spent::default(), steps: Vec::new() }
    }

    /// Plays all events, and the clock to the end of the case. `each` is told of every decision, and of the moment just
    /// before it.
    fn play(&mut self, mut each: impl FnMut(&Decision, &Moment<'_>)) {
        let context = Context {
            directory: &self.case.directory,
            lookup: self.case.lookup,
            warm: self.case.warm,
            areas: Areas::none(),
        };
        let mut decisions = Vec::new();
        for event in &self.case.events {
            let contacts = self.profile.contacts.to_vec();
            self.set.decide(event, &mut self.profile, context, &mut decisions);
            self.note(&mut decisions, context, contacts, event, &mut each);
        }
        if let Some(last) = self.case.events.last()
            && let Some(imsi) = last.imsi
        {
            let contacts = self.profile.contacts.to_vec();
            self.set.wake(imsi, self.case.until, &mut self.profile, context, &mut decisions);
            self.note(&mut decisions, context, contacts, last, &mut each);
        }
    }

    /// Enters what came of an event, or of the time before it or after it.
    fn note(
        &mut self,
        decisions: &mut Vec<Decision>,
        context: Context<'_>,
        contacts: Vec<Contact>,
        event: &Event,
        each: &mut impl FnMut(&Decision, &Moment<'_>),
    ) {
        let mut moment = Moment { set: self.set, context, event, profile: &self.profile, contacts };
        for decision in decisions.drain(..) {
            each(&decision, &moment);
            let outcome = moment.settled(&decision, &mut self.spent, &mut self.marketing);
            if decision.outcome == Outcome::Offer {
                moment.made(&decision);
            }
            self.steps.push(Step { at: decision.at, scenario: decision.scenario, outcome });
        }
    }
}

/// What a gate sees of the subscriber around one event.
struct Moment<'a> {
    set: &'a RuleSet,
    context: Context<'a>,
    event: &'a Event,
    profile: &'a Profile,
    contacts: Vec<Contact>,
}

impl Moment<'_> {
    fn made(&mut self, decision: &Decision) {
        let Some(scenario) = self.set.scenarios().get(decision.scenario as usize) else { return };
        let made = self.profile.contacts.iter().filter(|contact| contact.at == decision.at);
        let hash = policy::scenario_hash(&scenario.name);
        self.contacts.extend(made.filter(|contact| contact.scenario == hash));
    }

    /// What is decided behind the shards: whether the scenario's total is reached, or a budget spent.
    fn settled(&self, decision: &Decision, spent: &mut [Spent], marketing: &mut Spent) -> Outcome {
        let at = decision.scenario as usize;
        let offered =
            self.set.scenarios().get(at).zip(spent.get_mut(at)).filter(|_| decision.outcome == Outcome::Offer);
        let (Some((scenario, own)), Some(imsi)) = (offered, self.event.imsi) else { return decision.outcome };
        let policy = self.set.policy();
        let text = self.set.text(scenario, imsi, self.profile, self.context).unwrap_or_default();
        let cost = policy.cost(scenario.parts_of(imsi, &text));
        if let Some(reason) = policy.excess(scenario, *own, *marketing, cost) {
            return Outcome::Withheld(reason);
        }
        *own = own.and(cost);
        if scenario.purpose != Purpose::Service {
            *marketing = marketing.and(cost);
        }
        Outcome::Offer
    }

    /// No gate is asked about what ended before it was complete.
    fn gates(&self, decision: &Decision) -> Gates {
        let Some(scenario) = self.set.scenarios().get(decision.scenario as usize) else { return Gates::new() };
        let Some(imsi) = self.event.imsi else { return Gates::new() };
        let serving = self.profile.serving();
        // A doubtful identity begins nothing, so that what the clock completes is certain.
        let binding = if decision.at == self.event.at { self.event.binding } else { Binding::Mapped };
        let origin = Home::new(self.set.policy(), &serving).of_subscriber(imsi);
        let person = Person::new(imsi, binding, origin, self.profile, self.context);
        let case = policy::Case {
            policy: self.set.policy(),
            scenario,
            scenario_hash: policy::scenario_hash(&scenario.name),
            campaign_hash: policy::scenario_hash(&scenario.campaign),
            person: &person,
            contacts: &self.contacts,
            at: decision.at,
            is_held: decision.since != decision.at,
            local: self.set.policy().local(decision.at),
        };
        let gates: Gates = policy::explain(&case).collect();
        let asked = match decision.outcome {
            Outcome::Offer => true,
            Outcome::Withheld(reason) => gates.contains(&(reason, Verdict::Refuses)),
            Outcome::Held(_) => gates.contains(&(Reason::QuietHours, Verdict::Refuses)),
            Outcome::Converted(..) => false,
        };
        if asked { gates } else { Gates::new() }
    }
}
