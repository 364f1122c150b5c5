//! What is known of one phone on the Gb interface, and what each of its frames does to it.

use std::time::Duration;

use event::{CellId, DomainName, Kind, Rai, RoutingAreaUpdateType, Timestamp, Tmsi};

use super::contexts::Context;
use super::mobility::Accept;
use crate::interpret::dialogue::Dialogue;
use crate::interpret::scene::{Scene, Side};
use crate::interpret::subject::Standing;
use crate::track::frame_numbers::{Arrival, FrameNumbers};
use crate::track::identity::{Identities, Temporary};
use crate::wire::{Dtap, Llc, Tlli, TlliKind};
use crate::{Provenance, Sink};

/// The same host is told again after so long.
const VISIT_INTERVAL: Duration = Duration::from_secs(60);
/// Hosts of one phone that are remembered so.
const REMEMBERED_VISITS: usize = 4;

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
    /// An accept of what was not asked for, and where it was seen.
    pub(super) early: Option<(Provenance, Accept)>,
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
    /// What phone and network send.
    frames: [FrameNumbers; 2],
}

impl Session {
    /// As new; buffers stay.
    pub(super) fn reset(&mut self) {
        self.dialogue.reset(Standing::Joined);
        self.contexts.clear();
        (self.tlli, self.request, self.gave_p_tmsi, self.given) = (None, None, None, None);
        (self.is_sent_off, self.continues, self.told, self.early) = (false, None, None, None);
        self.visits = [None; REMEMBERED_VISITS];
        self.forget_numbers();
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
    pub(super) fn arrive(&mut self, frame: &Llc<'_>, sender: Side, at: Timestamp) -> Arrival {
        let [mobile, network] = &mut self.frames;
        if sender == Side::Mobile { mobile.arrive(frame, at) } else { network.arrive(frame, at) }
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

    /// The TLLI is nobody's any more: whoever comes with it next begins its numbers anew (3GPP TS 44.064 §8.3).
    pub(super) fn forget_numbers(&mut self) {
        self.frames = [FrameNumbers::default(); 2];
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
