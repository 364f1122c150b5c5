//! Decides what is asked, and when: one thread owns the caches, the questions that wait and the rate.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender};
use event::{Imsi, Number};
use rustc_hash::FxHashSet;

use super::cache::Cache;
use super::{Answer, LookupConfig};

/// Subscribers waiting to be asked for; more are answered `Failed`.
const WAITING_LIMIT: usize = 65_536;

/// How long to sleep when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// The owner of everything but the network.
pub(super) struct Dispatcher {
    questions: Sender<Imsi>,
    answers: Sender<(Imsi, Answer)>,
    found: Cache<Number>,
    unknown: Cache<()>,
    waiting: VecDeque<Imsi>,
    /// Waiting, or with a worker: a further question is joined.
    open: FxHashSet<Imsi>,
    idle_workers: usize,
    interval: Duration,
    /// When the rate allows the next question.
    next_at: Option<Instant>,
}

impl Dispatcher {
    pub(super) fn new(config: &LookupConfig, questions: Sender<Imsi>, answers: Sender<(Imsi, Answer)>) -> Self {
        Self {
            questions,
            answers,
            found: Cache::new("found", config.cache_limit, config.cache_ttl),
            unknown: Cache::new("unknown", config.negative_cache_limit, config.negative_ttl),
            waiting: VecDeque::new(),
            open: FxHashSet::default(),
            idle_workers: config.workers,
            interval: Duration::from_secs(1) / config.rate.get(),
            next_at: None,
        }
    }

    /// Until nobody asks any more.
    pub(super) fn run(mut self, requested: &Receiver<Imsi>, replied: &Receiver<(Imsi, Answer)>) {
        loop {
            while let Some(imsi) = self.due(now()) {
                if self.questions.send(imsi).is_err() {
                    return;
                }
            }
            crossbeam::channel::select! {
                recv(requested) -> imsi => match imsi {
                    Ok(imsi) => self.requested(imsi, now()),
                    Err(_) => return,
                },
                recv(replied) -> reply => match reply {
                    Ok((imsi, answer)) => self.replied(imsi, answer, now()),
                    Err(_) => return,
                },
                default(self.sleeps(now())) => {}
            }
        }
    }

    fn requested(&mut self, imsi: Imsi, now: Instant) {
        if let Some(number) = self.found.find(imsi, now) {
            return self.answer(imsi, Answer::Found(number), "cached");
        }
        if self.unknown.find(imsi, now).is_some() {
            return self.answer(imsi, Answer::Unknown, "cached");
        }
        if self.open.contains(&imsi) {
            return;
        }
        if self.waiting.len() >= WAITING_LIMIT {
            metrics::counter!("touchpoint_lookup_limit_reached_total", "table" => "waiting").increment(1);
            return self.answer(
                imsi,
                Answer::Failed("too many subscribers wait to be asked for".to_owned()),
                "refused",
            );
        }
        self.open.insert(imsi);
        self.waiting.push_back(imsi);
    }

    /// The next to be asked for, once a worker and the rate allow it.
    fn due(&mut self, now: Instant) -> Option<Imsi> {
        if self.idle_workers == 0 || self.next_at.is_some_and(|at| now < at) {
            return None;
        }
        let imsi = self.waiting.pop_front()?;
        self.idle_workers -= 1;
        self.next_at = Some(now + self.interval);
        Some(imsi)
    }

    fn replied(&mut self, imsi: Imsi, answer: Answer, now: Instant) {
        self.idle_workers += 1;
        self.open.remove(&imsi);
        match &answer {
            Answer::Found(number) => {
                self.unknown.remove(imsi);
                self.found.insert(imsi, *number, now);
            }
            Answer::Unknown => {
                self.found.remove(imsi);
                self.unknown.insert(imsi, (), now);
            }
            Answer::Failed(_) => {}
        }
        self.answer(imsi, answer, "asked");
    }

    fn answer(&self, imsi: Imsi, answer: Answer, how: &'static str) {
        let outcome = match &answer {
            Answer::Found(_) => "found",
            Answer::Unknown => "unknown",
            Answer::Failed(_) => "failed",
        };
        metrics::counter!("touchpoint_lookup_answers_total", "outcome" => outcome, "how" => how).increment(1);
        // Nobody listens any more only when the hook is being dropped.
        self.answers.send((imsi, answer)).ok();
    }

    fn sleeps(&self, now: Instant) -> Duration {
        match self.next_at {
            Some(at) if !self.waiting.is_empty() && self.idle_workers > 0 => at.saturating_duration_since(now),
            _ => IDLE,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of what a live source said, not the subscriber's story")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
pub(super) mod tests {
    use std::num::NonZeroU32;

    use crossbeam::channel::unbounded;

    use super::*;

    pub(in super::super) fn imsi(n: u64) -> Imsi {
        format!("46000{n:010}").parse().unwrap()
    }

    pub(in super::super) fn start() -> Instant {
        now()
    }

    struct Story {
        dispatcher: Dispatcher,
        answers: Receiver<(Imsi, Answer)>,
        now: Instant,
    }

    impl Story {
        fn new(rate: u32, workers: usize) -> Self {
            let config = LookupConfig {
                rate: NonZeroU32::new(rate).unwrap(),
                workers,
                cache_ttl: Duration::from_secs(100),
                negative_ttl: Duration::from_secs(10),
                ..LookupConfig::new("http://host/{imsi}")
            };
            let (told, answers) = unbounded();
            Self { dispatcher: Dispatcher::new(&config, unbounded().0, told), answers, now: start() }
        }

        fn request(&mut self, n: u64) {
            self.dispatcher.requested(imsi(n), self.now);
        }

        fn asked(&mut self) -> Vec<Imsi> {
            std::iter::from_fn(|| self.dispatcher.due(self.now)).collect()
        }

        fn reply(&mut self, n: u64, answer: Answer) {
            self.dispatcher.replied(imsi(n), answer, self.now);
        }

        fn answers(&self) -> Vec<(Imsi, Answer)> {
            self.answers.try_iter().collect()
        }

        fn wait(&mut self, seconds: f64) {
            self.now += Duration::from_secs_f64(seconds);
        }
    }

    fn found() -> Answer {
        Answer::Found("8613900000005".parse().unwrap())
    }

    #[test]
    fn questions_about_one_subscriber_are_joined() {
        let mut story = Story::new(1000, 4);
        story.request(1);
        story.request(1);
        assert_eq!(story.asked(), [imsi(1)]);
        story.request(1);
        story.wait(1.0);
        assert_eq!(story.asked(), []);
        story.reply(1, found());
        assert_eq!(story.answers(), [(imsi(1), found())]);
    }

    #[test]
    fn answers_are_remembered_for_their_time() {
        let mut story = Story::new(1000, 4);
        let check = |story: &mut Story, n, answer: Answer, ttl: f64| {
            story.request(n);
            assert_eq!(story.asked(), [imsi(n)]);
            story.reply(n, answer.clone());
            story.wait(ttl - 0.001);
            story.request(n);
            assert_eq!(story.asked(), []);
            assert_eq!(story.answers(), [(imsi(n), answer.clone()), (imsi(n), answer)]);
            story.wait(0.001);
            story.request(n);
            assert_eq!(story.asked(), [imsi(n)]);
            story.reply(n, Answer::Failed("test".into()));
            story.answers();
            story.wait(1.0);
        };
        check(&mut story, 1, found(), 100.0);
        check(&mut story, 2, Answer::Unknown, 10.0);
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let mut story = Story::new(1000, 4);
        story.request(1);
        story.asked();
        story.reply(1, Answer::Failed("HTTP status 500".into()));
        story.wait(1.0);
        story.request(1);
        assert_eq!(story.asked(), [imsi(1)]);
    }

    #[test]
    fn rate_and_workers_bound_what_is_asked() {
        let mut story = Story::new(10, 2);
        (1..=4).for_each(|n| story.request(n));
        assert_eq!(story.asked(), [imsi(1)]);
        assert_eq!(story.dispatcher.sleeps(story.now), Duration::from_millis(100));
        story.wait(0.099);
        assert_eq!(story.asked(), []);
        story.wait(0.001);
        assert_eq!(story.asked(), [imsi(2)]);
        story.wait(5.0);
        assert_eq!(story.asked(), []);
        assert_eq!(story.dispatcher.sleeps(story.now), IDLE);
        story.reply(2, Answer::Unknown);
        assert_eq!(story.asked(), [imsi(3)]);
    }

    #[test]
    fn too_many_waiting_are_refused() {
        let mut story = Story::new(1, 1);
        (0..=WAITING_LIMIT as u64).for_each(|n| story.request(n));
        let refused = Answer::Failed("too many subscribers wait to be asked for".into());
        assert_eq!(story.answers(), [(imsi(WAITING_LIMIT as u64), refused)]);
    }
}
