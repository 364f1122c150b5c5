//! What is being sent: messages, their segments, and which submission is unanswered. No I/O and no clock; the session
//! asks what to write next and tells what came back.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use event::Number;
use rustc_hash::FxHashMap;

use super::dialect::{Address, Answer, Verdict};
use super::pace::Pace;
use super::short::Short;
use crate::offer::OfferId;
use crate::offer::channel::{Report, Taken};

/// How often segments of one message are repeated after throttling when others of it were taken already, so that giving
/// it back whole would send those twice.
const REPEATS_LIMIT: u32 = 50;

/// The highest sequence number, SMPP 3.4 §5.1.4; CMPP allows more.
const LAST_SEQUENCE: u32 = 0x7fff_ffff;

/// An offer, ready to be written.
#[derive(Clone, Debug)]
pub(in super::super) struct Message {
    pub(in super::super) id: OfferId,
    pub(in super::super) to: Number,
    pub(in super::super) source: Address,
    pub(in super::super) short: Short,
    /// In seconds from now; 0 leaves it to the message centre.
    pub(in super::super) validity_s: u64,
}

/// A message of which not every segment is answered.
struct Open {
    message: Message,
    /// Segments written and unanswered.
    unanswered: usize,
    /// Segments taken.
    taken: usize,
    repeats: u32,
    /// The message centre's names of the segments; empty where it has given none yet.
    names: Vec<String>,
}

/// What is done about a message that the message centre has, beside submitting others: in its turn, and within the window.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    /// Asking what became of it.
    Ask(Taken),
    /// Taking it back.
    Cancel(Taken),
}

/// The part of the window that errands may take, one in so many, but one at least: offers are more urgent.
const ERRANDS_SHARE: usize = 4;

/// A message's place in the table: not its [`OfferId`], which the sender might use twice.
type Ticket = u64;

#[derive(Clone, Copy)]
struct Part {
    ticket: Ticket,
    segment: usize,
}

struct Sent {
    part: Part,
    deadline: Instant,
    /// No answer came in time: the message is given up, but its slot stays taken until the answer or the link's end.
    overdue: bool,
}

/// A segment to be written now.
pub(super) struct Due<'a> {
    pub(super) sequence: u32,
    pub(super) message: &'a Message,
    /// From 0.
    pub(super) segment: usize,
}

/// What an answer meant.
pub(super) struct Answered {
    pub(super) verdict: Verdict,
    /// The segment that was taken: whose, and of how many.
    pub(super) taken: Option<TakenSegment>,
    /// The end of the message.
    pub(super) report: Option<Report>,
}

/// A segment that the message centre has accepted.
pub(super) struct TakenSegment {
    pub(super) id: OfferId,
    pub(super) to: Number,
    pub(super) segments: usize,
}

/// The window and the messages in it.
pub(super) struct Exchange {
    pace: Pace,
    response_timeout: Duration,
    open: FxHashMap<Ticket, Open>,
    waiting: VecDeque<Part>,
    unanswered: FxHashMap<u32, Sent>,
    /// When answers are overdue, and of which submission: in order. Also holds those that have been answered since.
    deadlines: VecDeque<(Instant, u32)>,
    /// Unanswered too, with when they are given up.
    errands: BTreeMap<u32, (Errand, Instant)>,
    next_ticket: Ticket,
    last_sequence: u32,
}

impl Exchange {
    pub(super) fn new(window: usize, response_timeout: Duration) -> Self {
        Self {
            pace: Pace::new(window),
            response_timeout,
            open: FxHashMap::default(),
            waiting: VecDeque::new(),
            unanswered: FxHashMap::default(),
            deadlines: VecDeque::new(),
            errands: BTreeMap::new(),
            next_ticket: 0,
            last_sequence: 0,
        }
    }

    /// Takes a message in.
    pub(super) fn accept(&mut self, message: Message) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.extend((0..message.short.count()).map(|segment| Part { ticket, segment }));
        let names = vec![String::new(); message.short.count()];
        let open = Open { message, unanswered: 0, taken: 0, repeats: 0, names };
        self.open.insert(ticket, open);
    }

    /// The segment to be written now, if the window has room: from here on it counts as written.
    pub(super) fn next(&mut self, now: Instant) -> Option<Due<'_>> {
        self.pace.advance(now);
        if !self.has_room() {
            return None;
        }
        let part = self.waiting.pop_front()?;
        let sequence = self.sequence();
        let open = self.open.get_mut(&part.ticket)?;
        open.unanswered += 1;
        let deadline = now + self.response_timeout;
        self.unanswered.insert(sequence, Sent { part, deadline, overdue: false });
        self.deadlines.push_back((deadline, sequence));
        Some(Due { sequence, message: &open.message, segment: part.segment })
    }

    fn has_room(&self) -> bool {
        self.unanswered.len() + self.errands.len() < self.pace.width()
    }

    /// Whether another errand may be run now.
    pub(super) fn has_room_for_errand(&self) -> bool {
        self.has_room() && self.errands.len() < (self.pace.width() / ERRANDS_SHARE).max(1)
    }

    /// An errand is run under this sequence number.
    pub(super) fn run(&mut self, sequence: u32, errand: Errand, now: Instant) {
        self.errands.insert(sequence, (errand, now + self.response_timeout));
    }

    /// The errand that was run under this number has its answer.
    pub(super) fn ran(&mut self, sequence: u32) -> Option<Errand> {
        self.errands.remove(&sequence).map(|(errand, _)| errand)
    }

    /// Gives up errands that nobody answers; tells how many.
    pub(super) fn give_up_errands(&mut self, now: Instant) -> usize {
        let before = self.errands.len();
        self.errands.retain(|_, (_, deadline)| *deadline > now);
        before - self.errands.len()
    }

    /// A sequence number that no unanswered request has; requests that are not submissions take theirs here too.
    pub(super) fn sequence(&mut self) -> u32 {
        loop {
            self.last_sequence = if self.last_sequence >= LAST_SEQUENCE { 1 } else { self.last_sequence + 1 };
            if !self.unanswered.contains_key(&self.last_sequence) && !self.errands.contains_key(&self.last_sequence) {
                return self.last_sequence;
            }
        }
    }

    /// An answer came; `None` where nothing was asked under this number.
    pub(super) fn answered(&mut self, answer: Answer, now: Instant) -> Option<Answered> {
        let sent = self.unanswered.remove(&answer.sequence)?;
        let Answer { verdict, why, name, load, .. } = answer;
        match verdict {
            Verdict::Taken => self.pace.taken(load, now),
            Verdict::Slower => self.pace.narrow(now),
            Verdict::Unbound | Verdict::Refused => {}
        }
        let nothing = Answered { verdict, taken: None, report: None };
        let Some(open) = self.open.get_mut(&sent.part.ticket) else { return Some(nothing) };
        open.unanswered -= 1;
        Some(match verdict {
            Verdict::Taken => self.taken(sent.part, name),
            Verdict::Slower => Answered { report: self.throttled(sent.part, verdict, why), ..nothing },
            Verdict::Unbound | Verdict::Refused => {
                Answered { report: self.refused(sent.part.ticket, verdict, why), ..nothing }
            }
        })
    }

    fn taken(&mut self, part: Part, name: String) -> Answered {
        let mut answered = Answered { verdict: Verdict::Taken, taken: None, report: None };
        let Some(open) = self.open.get_mut(&part.ticket) else { return answered };
        open.taken += 1;
        if let Some(own) = open.names.get_mut(part.segment) {
            *own = name;
        }
        let segments = open.message.short.count();
        answered.taken = Some(TakenSegment { id: open.message.id, to: open.message.to, segments });
        if open.taken == segments {
            // None of it waits.
            let closed = self.open.remove(&part.ticket);
            answered.report = closed.map(|Open { message, mut names, .. }| {
                let others = names.split_off(names.len().min(1));
                Report::Accepted { id: message.id, message_id: names.pop().unwrap_or_default(), others }
            });
        }
        answered
    }

    /// Given back while that is certain to send nothing twice; else repeated here.
    fn throttled(&mut self, part: Part, verdict: Verdict, why: String) -> Option<Report> {
        let open = self.open.get_mut(&part.ticket)?;
        let certain = open.taken == 0 && open.unanswered == 0;
        open.repeats += 1;
        if certain || open.repeats > REPEATS_LIMIT {
            return self.refused(part.ticket, verdict, why);
        }
        self.waiting.push_front(part);
        None
    }

    fn refused(&mut self, ticket: Ticket, verdict: Verdict, why: String) -> Option<Report> {
        let open = self.close(ticket)?;
        let untouched = open.taken == 0 && open.unanswered == 0;
        let again = untouched && matches!(verdict, Verdict::Slower | Verdict::Unbound);
        let segments = open.message.short.count();
        let partly = match open.taken {
            0 => String::new(),
            taken => format!(" after {taken} of {segments} segments had been taken"),
        };
        Some(Report::Refused { id: open.message.id, reason: why + &partly, again })
    }

    fn close(&mut self, ticket: Ticket) -> Option<Open> {
        let open = self.open.remove(&ticket)?;
        self.waiting.retain(|part| part.ticket != ticket);
        Some(open)
    }

    /// Gives up one message whose answer is overdue; call until `None`.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Report> {
        while let Some((deadline, sequence)) = self.next_deadline().filter(|(deadline, _)| *deadline <= now) {
            self.deadlines.pop_front();
            let Some(sent) = self.unanswered.get_mut(&sequence).filter(|sent| sent.deadline == deadline) else {
                continue;
            };
            sent.overdue = true;
            let ticket = sent.part.ticket;
            // Another segment of the same message may have closed it already.
            if let Some(open) = self.close(ticket) {
                return Some(Report::Unknown { id: open.message.id });
            }
        }
        None
    }

    /// Of the submission that has waited longest.
    fn next_deadline(&mut self) -> Option<(Instant, u32)> {
        let waits = |unanswered: &FxHashMap<u32, Sent>, (deadline, sequence): &(Instant, u32)| {
            unanswered.get(sequence).is_some_and(|sent| sent.deadline == *deadline)
        };
        while self.deadlines.pop_front_if(|first| !waits(&self.unanswered, first)).is_some() {}
        self.deadlines.front().copied()
    }

    /// Whether every slot is taken by a `submit_sm` whose answer is overdue: the link will send nothing more.
    pub(super) fn is_stuck(&self) -> bool {
        self.unanswered.len() >= self.pace.slots() && self.unanswered.values().all(|sent| sent.overdue)
    }

    /// The link is gone: what was written and not answered may or may not have arrived; the rest certainly did not.
    pub(super) fn broken(&mut self, reason: &str) -> Vec<Report> {
        self.waiting.clear();
        self.unanswered.clear();
        self.deadlines.clear();
        self.errands.clear();
        let mut open: Vec<(Ticket, Open)> = self.open.drain().collect();
        open.sort_unstable_by_key(|(ticket, _)| *ticket);
        open.into_iter()
            .map(|(_, open)| match (open.message.id, open.taken + open.unanswered) {
                (id, 0) => Report::Refused { id, reason: format!("not sent: {reason}"), again: true },
                (id, _) => Report::Unknown { id },
            })
            .collect()
    }

    /// Whether an answer to a submission may still come.
    pub(super) fn is_unanswered(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// When something is to be done although nothing comes in.
    pub(super) fn wakes_at(&mut self) -> Option<Instant> {
        let deadline = self.next_deadline().map(|(deadline, _)| deadline);
        let errand = self.errands.values().map(|(_, deadline)| *deadline).min();
        [deadline, errand, self.pace.resumes_at()].into_iter().flatten().min()
    }

    /// Slots in all now.
    pub(super) fn width(&self) -> usize {
        self.pace.width()
    }

    /// PDUs unanswered or waiting.
    pub(super) fn load(&self) -> usize {
        self.unanswered.len() + self.errands.len() + self.waiting.len()
    }

    /// Whether every message has had its report.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::short::Wanted;
    use super::*;

    const WINDOW: usize = 3;
    const TIMEOUT: Duration = Duration::from_secs(30);

    #[expect(clippy::disallowed_methods, reason = "some instant to count from")]
    fn start() -> Instant {
        Instant::now()
    }

    /// An exchange told what happens in words, which answers with what it does.
    struct Story {
        exchange: Exchange,
        now: Instant,
    }

    impl Story {
        fn new() -> Self {
            Self { exchange: Exchange::new(WINDOW, TIMEOUT), now: start() }
        }

        fn offer(&mut self, id: u128, segment_count: usize) {
            self.exchange.accept(Message {
                id: OfferId(id),
                to: "13900000005".parse().unwrap(),
                source: Address::default(),
                short: short(segment_count),
                validity_s: 0,
            });
        }

        /// Writes all that may be written: sequence number, offer and segment.
        fn write(&mut self) -> Vec<(u32, u128, usize)> {
            let mut written = Vec::new();
            while let Some(due) = self.exchange.next(self.now) {
                written.push((due.sequence, due.message.id.0, due.segment));
            }
            written
        }

        fn answer(&mut self, sequence: u32, verdict: Verdict) -> Option<Report> {
            self.exchange.answered(answer(sequence, verdict), self.now).expect("it was asked").report
        }

        fn wait(&mut self, span: Duration) {
            self.now += span;
        }
    }

    fn short(segments: usize) -> Short {
        Short::text(OfferId(1), &"x".repeat(if segments == 1 { 1 } else { 153 * segments }), Wanted::default()).unwrap()
    }

    fn answer(sequence: u32, verdict: Verdict) -> Answer {
        Answer { sequence, verdict, status: "", why: "refused".to_owned(), name: format!("m{sequence}"), load: 0 }
    }

    fn refused(id: u128, reason: &str, again: bool) -> Option<Report> {
        Some(Report::Refused { id: OfferId(id), reason: reason.to_owned(), again })
    }

    fn accepted(id: u128, message_id: &str, others: &[&str]) -> Option<Report> {
        let others = others.iter().map(|name| (*name).to_owned()).collect();
        Some(Report::Accepted { id: OfferId(id), message_id: message_id.to_owned(), others })
    }

    #[test]
    fn no_more_than_the_window_is_unanswered() {
        let mut story = Story::new();
        (1..=5).for_each(|id| story.offer(id, 1));
        assert_eq!(story.write(), [(1, 1, 0), (2, 2, 0), (3, 3, 0)]);
        assert_eq!(story.write(), []);
        assert_eq!(story.answer(2, Verdict::Taken), accepted(2, "m2", &[]));
        assert_eq!(story.write(), [(4, 4, 0)]);
        assert_eq!(story.exchange.load(), 4);
    }

    #[test]
    fn a_long_text_is_accepted_when_its_last_segment_is() {
        let mut story = Story::new();
        story.offer(1, 3);
        assert_eq!(story.write(), [(1, 1, 0), (2, 1, 1), (3, 1, 2)]);
        assert_eq!(story.answer(3, Verdict::Taken), None);
        assert_eq!(story.answer(1, Verdict::Taken), None);
        assert_eq!(story.answer(2, Verdict::Taken), accepted(1, "m1", &["m2", "m3"]));
        assert!(story.exchange.is_idle());
    }

    #[test]
    fn a_refusal_gives_its_reason_and_ends_the_message() {
        let mut story = Story::new();
        story.offer(1, 5);
        story.write();
        assert_eq!(story.answer(1, Verdict::Taken), None);
        let reason = "refused after 1 of 5 segments had been taken";
        assert_eq!(story.answer(2, Verdict::Refused), refused(1, reason, false));
        assert_eq!(story.answer(3, Verdict::Refused), None);
        assert_eq!(story.write(), []);
        assert_eq!(story.exchange.load(), 0);
    }

    #[test]
    fn a_throttled_message_is_given_back_and_the_channel_pauses() {
        let mut story = Story::new();
        (1..=3).for_each(|id| story.offer(id, 1));
        story.write();
        let reason = "refused";
        assert_eq!(story.answer(1, Verdict::Slower), refused(1, reason, true));
        assert_eq!(story.answer(2, Verdict::Taken), accepted(2, "m2", &[]));
        story.offer(4, 1);
        assert_eq!(story.exchange.width(), 0);
        assert_eq!(story.write(), []);
        assert_eq!(story.answer(3, Verdict::Taken), accepted(3, "m3", &[]));
        story.wait(Duration::from_millis(250));
        assert_eq!(story.write(), [(4, 4, 0)]);
    }

    #[test]
    fn a_throttled_segment_is_repeated_when_others_were_taken() {
        let mut story = Story::new();
        story.offer(1, 2);
        story.write();
        assert_eq!(story.answer(1, Verdict::Taken), None);
        assert_eq!(story.answer(2, Verdict::Slower), None);
        story.wait(Duration::from_secs(1));
        assert_eq!(story.write(), [(3, 1, 1)]);
        assert_eq!(story.answer(3, Verdict::Taken), accepted(1, "m1", &["m3"]));
    }

    #[test]
    fn a_text_of_which_every_segment_was_throttled_is_given_back() {
        let mut story = Story::new();
        story.offer(1, 2);
        story.write();
        assert_eq!(story.answer(1, Verdict::Slower), None);
        assert_eq!(story.answer(2, Verdict::Slower), refused(1, "refused", true));
        assert_eq!(story.exchange.load(), 0);
    }

    #[test]
    fn a_broken_link_leaves_written_messages_unknown_and_gives_the_others_back() {
        let mut story = Story::new();
        story.offer(1, 1);
        story.offer(2, 2);
        story.offer(3, 1);
        story.write();
        story.answer(1, Verdict::Taken);
        let reports = story.exchange.broken("the connection was reset");
        let given_back =
            Report::Refused { id: OfferId(3), reason: "not sent: the connection was reset".into(), again: true };
        assert_eq!(reports, [Report::Unknown { id: OfferId(2) }, given_back]);
        assert_eq!(story.exchange.load(), 0);
    }

    #[test]
    fn an_overdue_answer_keeps_its_slot_until_it_comes() {
        let mut story = Story::new();
        (1..=4).for_each(|id| story.offer(id, 1));
        story.write();
        story.wait(TIMEOUT - Duration::from_millis(1));
        assert_eq!(story.exchange.overdue(story.now), None);
        story.answer(1, Verdict::Taken);
        story.wait(Duration::from_millis(1));
        assert_eq!(story.exchange.overdue(story.now), Some(Report::Unknown { id: OfferId(2) }));
        assert_eq!(story.exchange.overdue(story.now), Some(Report::Unknown { id: OfferId(3) }));
        assert_eq!(story.exchange.overdue(story.now), None);
        assert!(!story.exchange.is_stuck());
        assert_eq!(story.write(), [(4, 4, 0)]);
        assert_eq!(story.answer(2, Verdict::Taken), None);
        story.wait(TIMEOUT);
        story.offer(5, 1);
        assert_eq!(story.write(), [(5, 5, 0)]);
        story.wait(TIMEOUT);
        while story.exchange.overdue(story.now).is_some() {}
        assert!(story.exchange.is_stuck());
    }

    #[test]
    fn sequence_numbers_wrap_and_skip_what_is_unanswered() {
        let mut story = Story::new();
        story.offer(1, 1);
        story.write();
        story.exchange.last_sequence = LAST_SEQUENCE - 1;
        assert_eq!([story.exchange.sequence(), story.exchange.sequence()], [LAST_SEQUENCE, 2]);
    }

    fn errand(id: u128) -> Errand {
        let to = "13900000005".parse().unwrap();
        Errand::Ask(Taken { id: OfferId(id), message_id: "m".to_owned(), others: Vec::new(), to, from: None })
    }

    #[test]
    fn errands_count_in_the_window_and_take_a_part_of_it() {
        let mut story = Story::new();
        assert!(story.exchange.has_room_for_errand());
        let sequence = story.exchange.sequence();
        story.exchange.run(sequence, errand(9), story.now);
        assert!(!story.exchange.has_room_for_errand(), "a quarter of three is one at least");
        (1..=3).for_each(|id| story.offer(id, 1));
        assert_eq!(story.write(), [(2, 1, 0), (3, 2, 0)]);
        assert!(story.exchange.ran(2).is_none() && story.exchange.ran(sequence).is_some());
        assert_eq!(story.write(), [(4, 3, 0)]);
        assert!(!story.exchange.has_room_for_errand(), "the window is full");
        story.answer(2, Verdict::Taken);
        let sequence = story.exchange.sequence();
        story.exchange.run(sequence, errand(9), story.now);
        assert_eq!(story.exchange.give_up_errands(story.now), 0);
        story.wait(TIMEOUT);
        assert_eq!((story.exchange.give_up_errands(story.now), story.exchange.ran(sequence).is_none()), (1, true));
    }

    #[test]
    fn an_answer_to_nothing_is_no_answer() {
        assert!(Story::new().exchange.answered(answer(77, Verdict::Taken), start()).is_none());
    }
}
