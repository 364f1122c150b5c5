//! What is done about offers that a channel has, or waits for, when they are no longer wanted: a newer push, a refusal, a
//! scenario that is stopped.

use rules::scenario::{Message, Push};

use super::*;
use crate::offer::channel::{ReceiptState, Taken};
use crate::offer::consent::Consent;

/// A gateway: takes everything, and tells no more of it until it takes leave; every third subscriber answers with TD.
struct Gateway {
    told: Arc<Mutex<Told>>,
    reports: (Sender<Report>, Receiver<Report>),
}

/// What it was told, in order.
#[derive(Default)]
struct Told {
    submitted: Vec<Submission>,
    withdrawn: Vec<Taken>,
}

fn refuses(to: &Number) -> bool {
    to.symbols().last().is_some_and(|digit| digit % 3 == 0)
}

impl Channel for Gateway {
    fn name(&self) -> &'static str {
        "gateway"
    }

    fn ready(&self) -> usize {
        7
    }

    fn submit(&mut self, submission: Submission) {
        let (id, to) = (submission.id, submission.to);
        self.told.lock().unwrap().submitted.push(submission);
        self.reports.0.send(Report::Accepted { id, message_id: format!("push-{id}"), others: Vec::new() }).unwrap();
        if refuses(&to) {
            let (at, from) = (START.parse().unwrap(), to.to_string());
            self.reports.0.send(Report::Incoming { at, from, to: "10086".to_owned(), text: "TD".to_owned() }).unwrap();
        }
    }

    fn withdraw(&mut self, taken: Taken) {
        self.told.lock().unwrap().withdrawn.push(taken);
    }

    fn reports(&self) -> &Receiver<Report> {
        &self.reports.1
    }
}

/// It is in the middle of telling what became of the last one.
impl Drop for Gateway {
    fn drop(&mut self) {
        let last = self.told.lock().unwrap().submitted.last().map(|submission| submission.id);
        last.into_iter()
            .for_each(|id| self.reports.0.send(Report::Receipt { id, state: ReceiptState::Delivered }).unwrap());
    }
}

/// Two scenarios of marketing that push, and one of service.
fn pushing() -> Arc<RuleSet> {
    let sms = Trigger::Sms { direction: None, numbers: Vec::new() };
    let push = |name: &str, purpose, trigger: &Trigger| {
        let (title, url) = (name.into(), "http://example.com/".to_owned());
        let send = Send { message: Message::WapPush { title, url, push: Push::Loading }, ..Send::sms("") };
        Scenario { send, ..scenario(name, purpose, trigger.clone(), None) }
    };
    let scenarios = vec![
        push("sms", Purpose::Marketing, &sms),
        push("on", Purpose::Marketing, &Trigger::PowerOn),
        push("off", Purpose::Service, &Trigger::PowerOff),
    ];
    rule_set(scenarios, Vec::new())
}

#[test]
fn a_newer_push_names_the_one_before_and_a_refusal_takes_the_last_one_back() {
    let world = World::new(54);
    let told = Arc::new(Mutex::new(Told::default()));
    let gateway = Gateway { told: told.clone(), reports: unbounded() };
    let lanes = vec![Lane::sole(Box::new(gateway))];
    let mut config = EngineConfig::new(world.store(), pushing(), world.directory.clone(), lanes);
    config.consent = Some(Consent::open(&world.folder.path().join("consent.csv")).unwrap());
    let mut engine = Engine::start(config).unwrap();
    feed(&mut engine, &stream(54, 6_000, Duration::from_secs(10)));
    let summary = engine.finish().unwrap();
    let told = told.lock().unwrap();
    let delivered =
        Outcome::read(&summary.store, summary.counters).offers.into_iter().filter(|offer| offer.receipt.is_some());
    let last = told.submitted.last().unwrap().id;
    assert_eq!(delivered.map(|offer| offer.id).collect::<Vec<_>>(), [last], "what it said as it took leave");
    let (mut earlier, mut replaced) = (BTreeMap::<String, &Submission>::new(), 0);
    for submission in &told.submitted {
        if let Some(name) = &submission.replaces {
            let before = earlier[name];
            assert_eq!((before.to, &before.scenario), (submission.to, &submission.scenario));
            replaced += 1;
        }
        earlier.insert(format!("push-{}", submission.id), submission);
    }
    assert!(replaced > 20, "{replaced} of {}", told.submitted.len());
    // What is for service cannot be refused.
    let by_id: BTreeMap<OfferId, &Submission> = told.submitted.iter().map(|offer| (offer.id, offer)).collect();
    assert!(told.withdrawn.iter().all(|taken| by_id[&taken.id].scenario != "off" && refuses(&taken.to)));
    let first = told.submitted.iter().find(|offer| refuses(&offer.to) && offer.scenario != "off").unwrap();
    assert!(told.withdrawn.iter().any(|taken| taken.message_id == format!("push-{}", first.id)));
}

#[test]
fn what_waits_when_its_scenario_is_stopped_is_not_sent() {
    let mut world = World::new(55);
    world.is_steady = true;
    world.is_open.store(false, Ordering::SeqCst);
    let mut engine = world.start(2);
    feed(&mut engine, &stream(55, 2_000, Duration::from_secs(5)));
    let running = world.rules.scenarios().iter().filter(|scenario| &*scenario.name != "sms").cloned().collect();
    engine.reload(rule_set(running, Vec::new())).unwrap();
    world.is_open.store(true, Ordering::SeqCst);
    let summary = engine.finish().unwrap();
    let outcome = Outcome::read(&summary.store, summary.counters);
    let (stopped, sent) = (State::Withheld(Reason::TakenBack), |state: &State| matches!(state, State::Accepted(_)));
    let taken_back = outcome.count("sms", |state| *state == stopped);
    assert!(taken_back > 20 && outcome.counters.taken_back == taken_back as u64, "{taken_back}");
    assert_eq!((outcome.count("sms", sent), outcome.count("call", |state| *state == stopped)), (0, 0));
    assert!(outcome.count("call", sent) > 5);
    assert!(world.sent.lock().unwrap().iter().all(|submission| submission.scenario != "sms"));
}
