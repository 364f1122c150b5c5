//! Who a connection belongs to, and the events that wait until that is known.
//!
//! What a phone says of itself counts only once the network has gone on with it (authentication, ciphering, accept):
//! until then its events wait, and after a rejection nothing of it is bound or sighted.

use std::mem::offset_of;

use event::{Binding, CellId, Direction, Event, Imei, Imsi, Kind, Tmsi, prefetch};

use super::scene::Scene;
use crate::Sink;
use crate::track::identity::{Proof, Temporary};

/// Events of one connection that may wait for its subscriber; beyond, the oldest goes unresolved.
pub const MAX_WAITING_EVENTS: usize = 32;

/// All ones says that there is no TMSI, 3GPP TS 23.003 §2.4.
const NO_TMSI: Tmsi = Tmsi(u32::MAX);

/// How far the network has gone along with what the phone says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// The connection was joined in its middle: the benefit of the doubt.
    #[default]
    Joined,
    /// The phone has said who it is; the network has not gone on yet.
    Claimed,
    /// The network went on.
    Accepted,
    /// The network refused.
    Rejected,
}

impl Standing {
    /// Whether what the phone says and does counts.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::Joined | Self::Accepted)
    }

    /// Of two parts of one session: a refusal or an acceptance seen in either is the session's.
    fn together_with(self, other: Self) -> Self {
        let strongest = [Self::Rejected, Self::Accepted, Self::Claimed, Self::Joined];
        strongest.into_iter().find(|standing| self == *standing || other == *standing).unwrap_or_default()
    }
}

/// The subscriber of a connection, as far as known, with place and device. It lies as it is written: first what most need.
#[derive(Default)]
#[repr(C)]
pub(super) struct Subject {
    pub(super) standing: Standing,
    /// What the phone says is not authenticated (an emergency call): never bound.
    pub(super) unauthenticated: bool,
    pub(super) cell: CellId,
    /// How many of those that wait happened before the phone asked for what was not answered yet: no refusal takes them back.
    settled: u16,
    tmsi: Option<Tmsi>,
    /// The subscriber by a binding or by the network's word.
    known: Option<(Imsi, Binding)>,
    waiting: Vec<Event>,
    imei: Option<Imei>,
    /// The subscriber by the phone's word only.
    claimed: Option<Imsi>,
    /// The temporary identity that the phone used, where its VLR is known.
    used: Option<Temporary>,
    /// The temporary identity that the network gave here.
    given: Option<Temporary>,
    /// The device that is shown is a copied number.
    copied: Option<Imei>,
}

impl Subject {
    /// Octets of what every message looks at: the fields before the temporary identity.
    pub(super) const EVERY_MESSAGE: usize = offset_of!(Self, tmsi);

    /// Empty again; buffers stay.
    pub(super) fn reset(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.clear();
        *self = Self { waiting, ..Self::default() };
    }

    /// The subscriber, where the network has said or a binding tells.
    pub(super) fn imsi(&self) -> Option<Imsi> {
        self.known.map(|(imsi, _)| imsi)
    }

    /// The temporary identity in use.
    pub(super) fn temporary(&self) -> Option<Temporary> {
        self.given.or(self.used)
    }

    /// The phone uses `tmsi`, which `temporary` is, where its VLR is known.
    pub(super) fn uses<S: Sink>(&mut self, tmsi: Tmsi, temporary: Option<Temporary>, scene: &mut Scene<'_, S>) {
        if tmsi == NO_TMSI {
            return;
        }
        self.tmsi = Some(tmsi);
        self.used = temporary;
        if self.is_on_wire() {
            return;
        }
        let resolved = temporary.and_then(|temporary| scene.identities.resolve(temporary));
        scene.counters.identities.resolved(resolved.map(|(_, binding)| binding));
        if resolved.is_some() {
            self.known = resolved;
            self.release(scene);
        }
    }

    /// The phone has begun to use what it was given.
    pub(super) fn is_called(&mut self, tmsi: Tmsi) {
        self.tmsi = Some(tmsi);
    }

    /// The phone says its IMSI.
    pub(super) fn claims<S: Sink>(&mut self, imsi: Imsi, scene: &mut Scene<'_, S>) {
        self.claimed = Some(imsi);
        if self.standing.counts() {
            self.trust_claim(scene);
        }
    }

    /// The phone asks the network to go on with it elsewhere: until the answer, what it says does not count.
    pub(super) fn asks(&mut self) {
        self.standing = Standing::Claimed;
        self.settled = self.waiting.len() as u16;
    }

    /// The network went on with the phone: what it said counts.
    pub(super) fn accept<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if matches!(self.standing, Standing::Claimed | Standing::Joined) {
            self.standing = Standing::Accepted;
            self.trust_claim(scene);
            self.release(scene);
        }
    }

    /// The network refused: what the phone said and did is nobody's.
    pub(super) fn reject<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        self.forget_unaccepted(scene);
        self.standing = Standing::Rejected;
    }

    /// The network's word (or the phone's, accepted): this is the subscriber. It wins over the map.
    pub(super) fn learn<S: Sink>(&mut self, imsi: Imsi, proof: Proof, scene: &mut Scene<'_, S>) {
        if self.known.is_some_and(|(known, _)| known != imsi) {
            scene.counters.identities.conflicts += 1;
        }
        let repeated = self.known == Some((imsi, Binding::OnWire));
        self.known = Some((imsi, Binding::OnWire));
        if !repeated {
            scene.counters.identities.resolved(Some(Binding::OnWire));
        }
        match (self.given, self.used) {
            (Some(_), _) => self.bind_given(scene),
            (None, Some(used)) => scene.identities.bind(used, imsi, proof, scene.from.at),
            (None, None) => {}
        }
        self.release(scene);
    }

    /// The network gives the phone a new temporary identity.
    pub(super) fn gives<S: Sink>(&mut self, tmsi: Tmsi, scene: &mut Scene<'_, S>) {
        let given = Temporary { vlr: scene.vlr, tmsi };
        self.given = Some(given);
        match self.known {
            Some(_) => self.bind_given(scene),
            // It may have been somebody else's before.
            None => scene.identities.disown(given),
        }
    }

    /// The phone keeps its temporary identity, which now is of this VLR, whoever gave it.
    pub(super) fn keeps<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if let Some(tmsi) = self.tmsi
            && self.used.is_none_or(|used| used.vlr != scene.vlr)
        {
            self.gives(tmsi, scene);
        }
    }

    /// The phone's temporary identity is deleted.
    pub(super) fn loses<S: Sink>(&mut self, imsi: Imsi, scene: &mut Scene<'_, S>) {
        scene.identities.release(imsi);
        (self.used, self.given) = (None, None);
    }

    /// TMSI REALLOCATION COMPLETE: the phone has taken what it was given.
    pub(super) fn takes<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        match (self.given, self.used) {
            (Some(given), _) => scene.identities.complete(given),
            // The command was not seen: which one the phone holds now is not known, only that it is another.
            (None, Some(used)) => {
                scene.identities.disown(used);
                self.used = None;
            }
            (None, None) => {}
        }
    }

    /// The phone shows its device. An identity of zeros is no device.
    pub(super) fn shows<S: Sink>(&mut self, imei: Imei, scene: &mut Scene<'_, S>) {
        if imei.device() == 0 {
            scene.counters.identities.imei_zero += 1;
            return;
        }
        let told = self.imei == Some(imei);
        if !told || imei.software().is_some() {
            self.imei = Some(imei);
        }
        if !told {
            self.tell(Kind::ImeiSeen, scene);
        }
    }

    /// A fact of this subscriber: published at once where it is known who that is, else when it becomes known.
    pub(super) fn tell<S: Sink>(&mut self, kind: Kind, scene: &mut Scene<'_, S>) {
        let event = self.event(kind, scene);
        self.tell_as(event, scene);
    }

    /// A fact whose evidence was seen before.
    pub(super) fn tell_as<S: Sink>(&mut self, mut event: Event, scene: &mut Scene<'_, S>) {
        if self.is_certain() {
            (event.imsi, event.binding) = self.identity();
            return self.publish(&mut event, scene);
        }
        if self.waiting.len() >= MAX_WAITING_EVENTS {
            scene.counters.limits.waiting_events += 1;
            let mut oldest = self.waiting.remove(0);
            if self.standing.counts() || self.settled > 0 {
                self.publish(&mut oldest, scene);
            }
            self.settled = self.settled.saturating_sub(1);
        }
        scene.around.spare.waiting.push(&mut self.waiting, event);
    }

    /// A refused attempt, which is told with the identity that was claimed and is no sighting of it.
    pub(super) fn tell_refused<S: Sink>(&mut self, kind: Kind, scene: &mut Scene<'_, S>) {
        let mut event = self.event(kind, scene);
        if event.imsi.is_none() && self.claimed.is_some() {
            (event.imsi, event.binding) = (self.claimed, Binding::OnWire);
        }
        scene.publish(&event);
    }

    /// The end of a call in this direction that waits to be told was told elsewhere.
    pub(super) fn withdraw_end(&mut self, of: Direction) {
        let is_end = |event: &Event| matches!(event.kind, Kind::CallEnded { direction, .. } if direction == of);
        if let Some(index) = self.waiting.iter().rposition(is_end) {
            self.waiting.remove(index);
        }
    }

    /// Nothing more will be learned here: what still waits goes out as it is, or not at all where the network never
    /// went on.
    pub(super) fn finish<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if !self.standing.counts() {
            self.forget_unaccepted(scene);
        }
        self.publish_waiting(scene);
    }

    /// What happened since the phone asked for what it did not get.
    fn forget_unaccepted<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let settled = usize::from(self.settled);
        scene.counters.identities.not_accepted += self.waiting.len().saturating_sub(settled) as u64;
        self.waiting.truncate(settled);
    }

    /// Goes on as the subject of `other`, the same phone in another connection. What this connection has seen itself
    /// counts more.
    pub(super) fn continue_from<S: Sink>(&mut self, other: &mut Self, scene: &mut Scene<'_, S>) {
        self.used = self.used.or(other.used);
        self.given = self.given.or(other.given);
        self.tmsi = self.tmsi.or(other.tmsi);
        self.imei = self.imei.or(other.imei);
        self.copied = self.copied.or(other.copied);
        self.claimed = self.claimed.or(other.claimed);
        self.unauthenticated |= other.unauthenticated;
        self.cell = self.cell.or(other.cell);
        scene.around.spare.waiting.append(&mut self.waiting, &mut other.waiting);
        self.waiting.sort_by_key(|event| (event.at, event.frame));
        self.standing = self.standing.together_with(other.standing);
        let on_wire = [&*self, &*other].into_iter().find(|subject| subject.is_on_wire()).and_then(Self::imsi);
        self.known = other.known.or(self.known);
        if let Some(imsi) = on_wire {
            // Said in one part of the session, it is so of the TMSI used in the other.
            self.learn(imsi, Proof::Handover, scene);
        }
        if self.standing.counts() {
            self.trust_claim(scene);
        }
        self.release(scene);
    }

    /// The event that `kind` is here and now.
    pub(super) fn event<S: Sink>(&self, kind: Kind, scene: &mut Scene<'_, S>) -> Event {
        scene.hears(self.cell);
        let (imsi, binding) = self.identity();
        Event {
            at: scene.from.at,
            frame: scene.from.frame,
            feed: scene.from.feed,
            interface: scene.interface,
            imsi,
            binding,
            tmsi: self.tmsi,
            imei: self.imei,
            cell: self.cell,
            after_reset: kind.is_registration() && scene.is_after_reset(),
            kind,
        }
    }

    /// What the phone claimed is the subscriber: bound to its TMSI, unless nobody authenticated it.
    fn trust_claim<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        match self.claimed.take() {
            Some(imsi) if !self.unauthenticated => self.learn(imsi, Proof::Accepted, scene),
            Some(imsi) if self.known.is_none() => self.known = Some((imsi, Binding::OnWire)),
            _ => {}
        }
    }

    fn bind_given<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let (Some(given), Some((imsi, binding))) = (self.given, self.known) else { return };
        // A doubtful subscriber's new identity is as doubtful.
        let proof = if binding == Binding::Suspect { Proof::Restored } else { Proof::Allocation };
        scene.identities.allocate(given, imsi, self.used, proof, scene.from.at);
    }

    fn identity(&self) -> (Option<Imsi>, Binding) {
        self.known.map_or((None, Binding::Unresolved), |(imsi, binding)| (Some(imsi), binding))
    }

    fn is_on_wire(&self) -> bool {
        matches!(self.known, Some((_, Binding::OnWire)))
    }

    /// Begins to fetch the first event that waits for a name.
    #[inline]
    pub(super) fn fetch_waiting(&self) {
        self.waiting.first().into_iter().for_each(prefetch);
    }

    /// Whether events need not wait. With a suspect binding they do: the wire may still confirm it.
    fn is_certain(&self) -> bool {
        let known = matches!(self.known, Some((_, Binding::Mapped | Binding::OnWire)));
        known && self.standing.counts()
    }

    fn release<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if self.is_certain() {
            self.publish_waiting(scene);
        }
    }

    fn publish_waiting<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        self.settled = 0;
        if self.waiting.is_empty() {
            return;
        }
        let (imsi, binding) = self.identity();
        let mut waiting = std::mem::take(&mut self.waiting);
        for event in &mut waiting {
            (event.imsi, event.binding) = (imsi, binding);
            self.publish(event, scene);
        }
        waiting.clear();
        scene.around.spare.waiting.reclaim(&mut waiting);
    }

    /// Gives a fact away; without the device where too many subscribers show it.
    fn publish<S: Sink>(&mut self, event: &mut Event, scene: &mut Scene<'_, S>) {
        if let (Kind::ImeiSeen, Some(imei), Some(imsi)) = (event.kind, event.imei, event.imsi)
            && event.binding != Binding::Suspect
            && scene.around.devices.shown(imei, imsi)
        {
            scene.counters.identities.imei_shared += 1;
            self.copied = Some(imei);
            return;
        }
        event.imei = event.imei.filter(|imei| self.copied != Some(*imei));
        scene.publish(event);
    }
}
