//! Which channel an offer goes by, and when. Each channel has its queue, its rate and its health; one that is down or
//! behind is helped out by its fallback, where it names one.

use std::time::{Duration, Instant};

use crossbeam::channel::Receiver;
use event::{Imsi, Number};

use super::channel::{Channel, Lane, Report, Submission, Taken};
use super::hold::{self, Hold};
use super::outbox::Queued;
use super::queue::{Queue, Waiting};
use super::{Offer, State};

/// How long a channel may have offers waiting before its fallback takes some.
const BEHIND: Duration = Duration::from_secs(10);
/// What a channel may send at once after a time without sending, as a share of what it may send in a second.
const BURST: f64 = 0.1;

/// All channels of the process.
pub(crate) struct Router {
    tracks: Vec<Track>,
}

/// A channel with all that waits for it.
struct Track {
    lane: Lane,
    queue: Queue,
    allowance: Option<Allowance>,
    hold: Option<Hold>,
    is_down: bool,
    /// Since when its queue has not been empty.
    behind: Option<Instant>,
}

/// An offer whose turn has come, and the channel that it goes by.
pub(crate) struct Leaving {
    pub(crate) waiting: Waiting,
    pub(crate) track: usize,
}

impl Router {
    /// At least one channel is needed: without any, every offer fails.
    pub(crate) fn new(lanes: Vec<Lane>) -> Self {
        let now = clock();
        let track = |lane: Lane| Track {
            allowance: lane.terms.per_second.map(|rate| Allowance::new(f64::from(rate.get()), now)),
            hold: lane.terms.manual.clone().map(Hold::new),
            lane,
            queue: Queue::default(),
            is_down: false,
            behind: None,
        };
        Self { tracks: lanes.into_iter().map(track).collect() }
    }

    /// The channel that an offer asks for; else that of its scenario; else the one named after its kind; else the first.
    fn track_of(&self, offer: &Offer) -> Option<usize> {
        let find = |wanted: &dyn Fn(&Lane) -> bool| self.tracks.iter().position(|track| wanted(&track.lane));
        if let Some(channel) = &offer.channel {
            return find(&|lane| lane.name == *channel).or_else(|| find(&|lane| lane.is_sole()));
        }
        find(&|lane| lane.terms.scenarios.iter().any(|name| **name == *offer.scenario))
            .or_else(|| find(&|lane| lane.name == offer.kind()))
            .or_else(|| find(&|_| true))
    }

    /// The number or name that the phone will see of an offer, where it goes by short messages.
    pub(crate) fn sender(&self, offer: &Offer) -> Option<Number> {
        self.tracks.get(self.track_of(offer)?)?.lane.channel.sender(offer.from.as_deref())
    }

    /// Takes its place in the queue of its channel; tells whether it is held in memory. An offer whose channel is not
    /// there is given back.
    pub(crate) fn push(&mut self, queued: Queued) -> Result<bool, Box<Queued>> {
        let track = self.track_of(&queued.offer);
        match track.and_then(|track| self.tracks.get_mut(track)) {
            Some(track) => Ok(track.queue.push(queued)),
            None => Err(Box::new(queued)),
        }
    }

    /// How many offers wait, for all channels together.
    pub(crate) fn len(&self) -> usize {
        self.tracks.iter().map(|track| track.queue.len()).sum()
    }

    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.tracks.iter().all(|track| track.queue.is_empty())
    }

    /// Takes out the least important of all.
    pub(crate) fn shed(&mut self) -> Option<Waiting> {
        // The lowest priority, then the oldest.
        let least = |track: &Track| track.queue.least().map(|(priority, ticket)| (priority.0, ticket));
        let tracks = self.tracks.iter_mut().filter_map(|track| Some((least(track)?, track)));
        let (_, track) = tracks.min_by_key(|(least, _)| *least)?;
        track.queue.remove(track.queue.least()?)
    }

    /// The subscriber's offers that are held in memory wait no more.
    pub(crate) fn forget(&mut self, imsi: Imsi) {
        self.tracks.iter_mut().for_each(|track| track.queue.forget(imsi));
    }

    /// The offers that go out now: no more than each channel has room for and may send.
    pub(crate) fn due(&mut self) -> Vec<Leaving> {
        let now = clock();
        let mut leaving = Vec::new();
        let mut room: Vec<usize> = self.tracks.iter_mut().map(|track| track.room(now)).collect();
        for index in 0..self.tracks.len() {
            self.move_out(index, index, now, &mut room, &mut leaving);
        }
        for index in 0..self.tracks.len() {
            let is_behind = self.tracks.get_mut(index).is_some_and(|track| track.is_behind(now));
            if let Some(fallback) = self.fallback(index).filter(|_| is_behind) {
                self.move_out(index, fallback, now, &mut room, &mut leaving);
            }
        }
        leaving
    }

    fn move_out(&mut self, from: usize, by: usize, now: Instant, room: &mut [usize], leaving: &mut Vec<Leaving>) {
        let (Some(track), Some(room)) = (self.tracks.get_mut(from), room.get_mut(by)) else { return };
        let before = leaving.len();
        let released = track.hold.as_mut().map(|hold| hold.released(track.queue.len(), now));
        leaving.extend(
            std::iter::from_fn(|| track.queue.pop())
                .take(released.map_or(*room, |released| released.min(*room)))
                .map(|waiting| Leaving { waiting, track: by }),
        );
        let moved = leaving.len() - before;
        track.hold.iter_mut().for_each(|hold| hold.spend(moved));
        *room -= moved;
        if let Some(allowance) = self.tracks.get_mut(by).and_then(|track| track.allowance.as_mut()) {
            allowance.spend(moved);
        }
    }

    fn fallback(&self, index: usize) -> Option<usize> {
        let name = self.tracks.get(index)?.lane.terms.fallback.as_deref()?;
        self.tracks.iter().position(|track| track.lane.name == name && !track.is_down)
    }

    /// Whether a channel has room for one more.
    pub(crate) fn has_room(&self, track: usize) -> bool {
        self.tracks.get(track).is_some_and(|track| track.lane.channel.ready() > 0)
    }

    /// Hands over to a channel what it had room for.
    pub(crate) fn submit(&mut self, track: usize, submission: Submission) {
        if let Some(track) = self.tracks.get_mut(track) {
            track.lane.channel.submit(submission);
        }
    }

    /// The same for a confirmation: it goes before all offers, and counts in what the channel may send.
    pub(crate) fn reply(&mut self, track: usize, submission: Submission) {
        self.tracks.get_mut(track).and_then(|track| track.allowance.as_mut()).into_iter().for_each(|own| own.spend(1));
        self.submit(track, submission);
    }

    /// Reminds the channel of an offer of what it took in an earlier life.
    pub(crate) fn recall(&mut self, offer: &Offer) {
        self.about(offer, |channel, taken| channel.recall(taken));
    }

    /// Asks the channel of an offer to take it back, unless the phone has it.
    pub(crate) fn withdraw(&mut self, offer: &Offer) {
        if offer.is_acknowledged() {
            return;
        }
        self.about(offer, |channel, taken| channel.withdraw(taken));
    }

    /// Speaks to the channel of an offer about what it has taken, and of which nothing more has been heard.
    fn about(&mut self, offer: &Offer, speak: impl FnOnce(&mut (dyn Channel + Send), Taken)) {
        let State::Accepted(message_id) = &offer.state else { return };
        let Some(to) = offer.to.filter(|_| offer.receipt.is_none()) else { return };
        let taken = Taken {
            id: offer.id,
            message_id: message_id.clone(),
            others: offer.others.clone(),
            to,
            from: offer.from.clone(),
        };
        if let Some(track) = self.track_of(offer).and_then(|track| self.tracks.get_mut(track)) {
            speak(&mut *track.lane.channel, taken);
        }
    }

    /// Where each channel reports; the index names it.
    pub(crate) fn reports(&self) -> Vec<Receiver<Report>> {
        self.tracks.iter().map(|track| track.lane.channel.reports().clone()).collect()
    }

    /// Every channel takes leave, and has said everything afterwards.
    pub(crate) fn close(&mut self) {
        self.tracks.clear();
    }

    /// What a channel says of its health.
    pub(crate) fn heard(&mut self, track: usize, report: &Report) {
        if let Some(track) = self.tracks.get_mut(track) {
            track.is_down = match report {
                Report::Down { .. } => true,
                Report::Ready | Report::Accepted { .. } => false,
                _ => track.is_down,
            };
        }
    }

    /// The name of a channel, for people.
    pub(crate) fn name(&self, track: usize) -> &str {
        self.tracks.get(track).map_or("", |track| &track.lane.name)
    }

    /// How long until something may go out although no channel tells anything.
    pub(crate) fn wakes_in(&self) -> Option<Duration> {
        let now = clock();
        let waiting = || self.tracks.iter().filter(|track| !track.queue.is_empty());
        let allowed = waiting().filter_map(|track| track.allowance.as_ref()?.wait());
        let behind = waiting()
            .filter(|track| track.lane.terms.fallback.is_some())
            .filter_map(|track| Some((track.behind? + BEHIND).saturating_duration_since(now).max(PAUSE)));
        let held = waiting().filter(|track| track.hold.is_some()).map(|_| hold::LOOK);
        allowed.chain(behind).chain(held).min()
    }
}

/// A fallback that helps out already tells itself when it has room; no need to look more often than this.
const PAUSE: Duration = Duration::from_millis(100);

impl Track {
    fn room(&mut self, now: Instant) -> usize {
        let ready = self.lane.channel.ready();
        self.allowance.as_mut().map_or(ready, |allowance| ready.min(allowance.count(now)))
    }

    fn is_behind(&mut self, now: Instant) -> bool {
        if self.queue.is_empty() {
            self.behind = None;
            return false;
        }
        let since = *self.behind.get_or_insert(now);
        self.is_down || now.duration_since(since) >= BEHIND
    }
}

/// How many messages a channel may send: so many a second, and a tenth of a second's worth at once.
struct Allowance {
    per_second: f64,
    /// What may be sent now.
    count: f64,
    at: Instant,
}

impl Allowance {
    fn new(per_second: f64, at: Instant) -> Self {
        Self { per_second, count: Self::most(per_second), at }
    }

    fn most(per_second: f64) -> f64 {
        (per_second * BURST).max(1.0)
    }

    fn count(&mut self, now: Instant) -> usize {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.count = (self.count + passed * self.per_second).min(Self::most(self.per_second));
        self.at = now;
        self.count as usize
    }

    fn spend(&mut self, messages: usize) {
        self.count -= messages as f64;
    }

    /// How long until the next may be sent; `None` where that is now.
    fn wait(&self) -> Option<Duration> {
        (self.count < 1.0).then(|| Duration::from_secs_f64((1.0 - self.count) / self.per_second))
    }
}

#[expect(clippy::disallowed_methods, reason = "how fast channels are fed, not what is decided")]
fn clock() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
