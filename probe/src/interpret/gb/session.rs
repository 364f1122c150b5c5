//! What is known of one phone on the Gb interface, and what each of its frames does to it.

use std::time::Duration;

use event::{CellId, DomainName, Kind, Rai, RoutingAreaUpdateType, Timestamp, Tmsi};

use super::contexts::Context;
use crate::Sink;
use crate::interpret::dialogue::Dialogue;
use crate::interpret::scene::{Scene, Side};
use crate::interpret::subject::Standing;
use crate::track::identity::{Identities, Temporary};
use crate::wire::llc::{SEQUENCE_NUMBERS, sapi};
use crate::wire::{Dtap, Llc, Tlli, TlliKind};

/// The same host is told again after so long.
const VISIT_INTERVAL: Duration = Duration::from_secs(60);
/// Hosts of one phone that are remembered so.
const REMEMBERED_VISITS: usize = 4;
/// Two taps of one link give the same frame within so long.
const REPETITION_WINDOW: Duration = Duration::from_secs(1);
/// A greater step of N(U) is no loss but a new beginning.
const LARGEST_GAP: u16 = 32;
/// Service access points with sequence numbers of their own.
const NUMBERED: [u8; 6] = [sapi::LLGMM, sapi::LL3, sapi::LL5, sapi::LLSMS, sapi::LL9, sapi::LL11];

/// What the phone has asked for and was not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Attach { old: Rai },
    RoutingAreaUpdate { update: RoutingAreaUpdateType, old: Rai },
}

/// One phone's state. Reset and used again.
#[derive(Default)]
pub(super) struct Session {
    /// Who it is, and its short messages.
    pub(super) dialogue: Dialogue,
    /// The TLLI that the phone used last.
    pub(super) tlli: Option<Tlli>,
    pub(super) request: Option<Request>,
    /// The network has asked the phone to detach.
    pub(super) is_sent_off: bool,
    /// Whether the last accept gave a P-TMSI, which the phone then confirms.
    pub(super) gave_p_tmsi: Option<bool>,
    /// The P-TMSI that was given, or left, by the last message.
    pub(super) given: Option<Tmsi>,
    pub(super) contexts: Vec<Context>,
    /// The phone goes on with what it held under this P-TMSI.
    pub(super) continues: Option<Temporary>,
    /// The last fact that shows where the phone is.
    told: Option<(Timestamp, CellId)>,
    visits: [Option<(Timestamp, DomainName)>; REMEMBERED_VISITS],
    /// From phone and network.
    frames: [Frames; 2],
}

/// The frames of one direction.
#[derive(Clone, Copy, Debug, Default)]
struct Frames {
    /// Numbers are counted for each TLLI (3GPP TS 44.064 §8.3).
    tlli: Option<Tlli>,
    /// The next N(U) of each of [`NUMBERED`].
    next: [Option<u16>; NUMBERED.len()],
    last: Option<(Timestamp, u8, u16, u32)>,
}

/// What a frame's number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is new, and begins what is counted: nobody can tell whether any is missing before it.
    First,
    /// It is new, behind so many that are missing.
    New { missing: u16 },
    /// It was seen before.
    Repeated,
}

impl Session {
    /// As new; buffers stay.
    pub(super) fn reset(&mut self) {
        self.dialogue.reset(Standing::Joined);
        self.contexts.clear();
        (self.tlli, self.request, self.gave_p_tmsi, self.given) = (None, None, None, None);
        (self.is_sent_off, self.continues, self.told) = (false, None, None);
        self.visits = [None; REMEMBERED_VISITS];
        self.frames = [Frames::default(); 2];
    }

    /// The phone is known by this TLLI: a local one was made of a P-TMSI of this SGSN.
    pub(super) fn is_known_by<S: Sink>(&mut self, tlli: Tlli, scene: &mut Scene<'_, S>) {
        if self.tlli == Some(tlli) {
            return;
        }
        self.tlli = Some(tlli);
        let Some(p_tmsi) = tlli.p_tmsi() else { return };
        let here = Temporary { vlr: scene.vlr, tmsi: p_tmsi };
        match self.dialogue.subject.temporary() {
            Some(held) if held == here => self.dialogue.subject.is_called(p_tmsi),
            // A foreign one says that it was given elsewhere: where, the phone says in the message to come.
            _ if tlli.kind() == TlliKind::Foreign => {
                if self.dialogue.subject.imsi().is_none() {
                    self.dialogue.subject.uses(p_tmsi, None, scene);
                }
            }
            _ => self.dialogue.subject.uses(p_tmsi, Some(here), scene),
        }
    }

    /// Whether the phone holds this P-TMSI of the SGSN, as far as was seen.
    pub(super) fn holds<S: Sink>(&self, p_tmsi: Tmsi, scene: &Scene<'_, S>) -> bool {
        self.dialogue.subject.temporary() == Some(Temporary { vlr: scene.vlr, tmsi: p_tmsi })
    }

    /// Judges a UI frame by its number.
    pub(super) fn arrive(&mut self, frame: &Llc<'_>, tlli: Tlli, sender: Side, at: Timestamp) -> Arrival {
        let [mobile, network] = &mut self.frames;
        let frames = if sender == Side::Mobile { mobile } else { network };
        frames.arrive(frame, tlli, at)
    }

    /// A layer 3 message.
    pub(super) fn layer_3<S: Sink>(
        &mut self,
        message: &Dtap<'_>,
        sender: Side,
        vlr_identities: &mut Identities,
        scene: &mut Scene<'_, S>,
    ) {
        self.dialogue.hear(sender, scene.from);
        match message {
            Dtap::Gmm(message) => self.mobility(message, sender, vlr_identities, scene),
            Dtap::Sm(message) => self.session_management(message, sender, scene),
            Dtap::Sms(_) => self.dialogue.layer_3(message, sender, scene),
            _ => {}
        }
    }

    /// A fact that shows where the phone is.
    pub(super) fn tell<S: Sink>(&mut self, kind: Kind, scene: &mut Scene<'_, S>) {
        self.told = Some((scene.from.at, self.dialogue.subject.cell));
        self.dialogue.subject.tell(kind, scene);
    }

    /// The phone has sent something: told where that shows anything new. What it asks for is told by the answer.
    pub(super) fn sight<S: Sink>(&mut self, quiet: Duration, scene: &mut Scene<'_, S>) {
        let cell = self.dialogue.subject.cell;
        let known = self.told.is_some_and(|(at, told)| told == cell && scene.from.at.since(at) < quiet);
        if !known && self.dialogue.subject.standing != Standing::Claimed {
            self.tell(Kind::Sighting, scene);
        }
    }

    /// The phone asked for this host.
    pub(super) fn visit<S: Sink>(&mut self, host: DomainName, scene: &mut Scene<'_, S>) {
        let now = scene.from.at;
        let recent = |visit: &(Timestamp, DomainName)| visit.1 == host && now.since(visit.0) < VISIT_INTERVAL;
        if self.visits.iter().flatten().any(recent) {
            return;
        }
        self.visits.rotate_right(1);
        let [first, ..] = &mut self.visits;
        *first = Some((now, host));
        self.tell(Kind::WebVisit { host }, scene);
    }

    /// Goes on as the session of `before`, the same phone under another TLLI.
    pub(super) fn continue_from<S: Sink>(&mut self, before: &mut Self, scene: &mut Scene<'_, S>) {
        self.dialogue.continue_from(&mut before.dialogue, scene);
        self.request = self.request.take().or(before.request.take());
        self.contexts.append(&mut before.contexts);
        self.visits = before.visits;
    }

    /// What the phone asked for awaits its answer.
    pub(super) fn is_asking(&mut self) {
        self.dialogue.subject.asks();
    }

    /// Nothing more will be learned here.
    pub(super) fn finish<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        self.dialogue.finish(scene);
    }
}

impl Frames {
    fn arrive(&mut self, frame: &Llc<'_>, tlli: Tlli, at: Timestamp) -> Arrival {
        let Some(number) = frame.sequence else { return Arrival::First };
        let this = (at, frame.sapi, number, frame.frame_check_sequence);
        let is_last = |last: (Timestamp, u8, u16, u32)| {
            (last.1, last.2, last.3) == (this.1, this.2, this.3) && at.since(last.0) < REPETITION_WINDOW
        };
        if self.last.is_some_and(is_last) {
            return Arrival::Repeated;
        }
        self.last = Some(this);
        if self.tlli.replace(tlli) != Some(tlli) {
            self.next = [None; NUMBERED.len()];
        }
        let place = NUMBERED.iter().position(|sapi| *sapi == frame.sapi);
        let Some(next) = place.and_then(|place| self.next.get_mut(place)) else { return Arrival::First };
        let expected = next.replace((number + 1) % SEQUENCE_NUMBERS);
        let step = expected.map(|expected| (number + SEQUENCE_NUMBERS - expected) % SEQUENCE_NUMBERS);
        match step {
            Some(missing) if missing <= LARGEST_GAP => Arrival::New { missing },
            _ => Arrival::First,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{FrameCheck, LlcFrameType};

    const TLLI: Tlli = Tlli(0xc000_0001);

    fn frame(number: u16, check: u32) -> Llc<'static> {
        Llc {
            frame_type: LlcFrameType::UI,
            sapi: sapi::LLGMM,
            command_response: false,
            sequence: Some(number),
            encrypted: false,
            check: FrameCheck::Good,
            frame_check_sequence: check,
            information: &[],
        }
    }

    #[track_caller]
    fn check(numbers: &[u16], missing: &[Option<u16>]) {
        let mut frames = Frames::default();
        let arrivals = numbers.iter().enumerate().map(|(index, number)| {
            frames.arrive(&frame(*number, index as u32), TLLI, Timestamp::from_seconds(index as i64))
        });
        let arrival = |missing: &Option<u16>| missing.map_or(Arrival::First, |missing| Arrival::New { missing });
        let expected: Vec<_> = missing.iter().map(arrival).collect();
        assert_eq!(arrivals.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn gaps_are_counted_across_wrap_and_a_new_beginning_is_none() {
        check(&[5, 6, 8], &[None, Some(0), Some(1)]);
        check(&[510, 511, 0, 2], &[None, Some(0), Some(0), Some(1)]);
        check(&[100, 0, 1], &[None, None, Some(0)]);
        check(&[7, 6], &[None, None]);
    }

    #[test]
    fn the_same_frame_by_a_second_tap_is_a_repetition() {
        let mut frames = Frames::default();
        let at = Timestamp::from_seconds(1);
        assert_eq!(frames.arrive(&frame(3, 9), TLLI, at), Arrival::First);
        assert_eq!(frames.arrive(&frame(3, 9), TLLI, at + Duration::from_millis(20)), Arrival::Repeated);
        assert_eq!(frames.arrive(&frame(3, 9), TLLI, at + Duration::from_secs(2)), Arrival::First);
    }
}
