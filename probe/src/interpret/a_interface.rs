//! The A interface from SCCP upward: connections followed, messages decoded, each given to its dialogue.

use std::time::Duration;

use event::{Interface, Timestamp};
use rustc_hash::FxHashMap;

use super::ahead::Ahead;
use super::calls::end_lost;
use super::dialogue::{Dialogue, NetworkEnd};
use super::handover::{Handovers, is_cleared_by_handover};
use super::numbers::NumberPlan;
use super::scene::{Scene, Side, UNKNOWN_NODE, tell_area};
use super::settings::NetworkSettings;
use super::side;
use super::subject::Standing;
use super::surroundings::Surroundings;
use crate::counters::Counters;
use crate::track::channels::{Channel, ChannelName, Channels};
use crate::track::connection::{ConnectionId, Connections, End, Paired, Place};
use crate::track::identity::{Identities, MAX_SUBSCRIBERS, Vlr};
use crate::track::segments::Segments;
use crate::track::transport::Carrier;
use crate::wire::sccp::{self, Segment};
use crate::wire::{
    Bssap, Bssmap, BssmapMessageType, Decoded, LocalReference, Malformed, Message, Protocol, Sccp, SccpMessageType,
    bssap, bssmap, dtap,
};
use crate::{Provenance, Sink};

/// Nodes whose side is remembered; further ones are told by their messages alone.
pub const MAX_NODES: usize = 65_536;
/// Idle connections are looked for so often, in capture time.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// The two directions of a link may be captured so far out of step: CC is then seen before its CR.
pub(super) const OVERTAKING_WINDOW: Duration = Duration::from_secs(1);

/// Subsystem number of BSSAP, 3GPP TS 23.003 §8.2, and the one that says nothing, ITU-T Q.713 §3.4.2.2.
pub(super) const SUBSYSTEM_BSSAP: u8 = 254;
const SUBSYSTEM_UNKNOWN: u8 = 0;

/// All state of the A interface. One thread's.
pub struct AInterface {
    pub(super) connections: Connections<Dialogue>,
    pub(super) identities: Identities,
    pub(super) around: Surroundings,
    pub(super) handovers: Handovers,
    pub(super) segments: Segments,
    pub(super) channels: Channels,
    /// The side of each node, by its network.
    pub(super) nodes: FxHashMap<(u32, u32), Side>,
    /// What the messages of a batch will ask for.
    pub(super) ahead: Ahead,
    expired_until: Timestamp,
    pub(super) counters: Counters,
}

impl AInterface {
    /// Nothing seen yet.
    pub fn new(plan: NumberPlan, network: NetworkSettings) -> Self {
        Self {
            connections: Connections::default(),
            identities: Identities::new(&network.mscs, MAX_SUBSCRIBERS),
            around: Surroundings::new(plan, network),
            handovers: Handovers::default(),
            segments: Segments::default(),
            channels: Channels::default(),
            nodes: FxHashMap::default(),
            ahead: Ahead::default(),
            expired_until: Timestamp::MIN,
            counters: Counters::default(),
        }
    }

    /// The map of temporary identities, for storage.
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// The map of temporary identities, to put stored bindings back.
    pub fn identities_mut(&mut self) -> &mut Identities {
        &mut self.identities
    }

    /// What was seen and done.
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters.clone();
        let (connections, identities) = (self.connections.counters, self.identities.counters());
        let totals = &mut counters.connections;
        totals.open = self.connections.len() as u64;
        totals.opened = connections.opened;
        totals.half_opened = connections.half_opened;
        totals.merged = connections.merged;
        totals.closed = connections.closed;
        totals.expired = connections.expired;
        totals.channels = self.channels.len() as u64;
        let totals = &mut counters.identities;
        totals.subscribers = self.identities.len() as u64;
        totals.bound = identities.bound;
        totals.confirmed = identities.confirmed;
        totals.reassigned = identities.reassigned;
        totals.doubted = identities.doubted;
        let totals = &mut counters.limits;
        totals.connections = connections.evicted;
        totals.subscribers = identities.evicted;
        totals.areas = identities.areas_refused;
        totals.unplaced = identities.unplaced_refused;
        totals.doubts = identities.doubts_widened;
        totals.segmented_octets = connections.segments_refused;
        totals.segmented_messages = self.segments.refused;
        totals.handovers = self.handovers.displaced;
        totals.devices = self.around.devices.refused;
        totals.resets = self.around.resets.refused;
        totals.channels = self.channels.refused;
        totals.views = self.around.silences.refused;
        totals.reports = self.around.reports.refused;
        counters
    }

    /// Takes one SCCP message.
    #[inline(always)]
    pub fn sccp<S: Sink>(&mut self, carrier: &Carrier, octets: &[u8], sink: &mut S) {
        match Segment::of_data_form_1(octets) {
            Some(segment) if !S::MESSAGES => {
                const DATA_FORM_1: SccpMessageType = SccpMessageType::DATA_FORM_1;
                self.counters.count(Protocol::Sccp, DATA_FORM_1.0, || DATA_FORM_1.name());
                self.tick(carrier.from.at, sink);
                self.data(carrier, segment, sink);
            }
            _ => self.read(carrier, octets, sink),
        }
    }

    #[inline(never)]
    fn read<S: Sink>(&mut self, carrier: &Carrier, octets: &[u8], sink: &mut S) {
        let mut decoded = Decoded::from(Sccp::UNREAD);
        let read = sccp::read_at(&mut decoded, octets, carrier.point_codes);
        let Some(message) = self.understood_in_place(read, carrier.from, sink) else { return };
        self.note(message, carrier.from, sink);
        self.message(carrier, message, sink);
    }

    /// Shows a message that was taken before, with all that is in it, and does nothing else.
    pub fn show<S: Sink>(&mut self, carrier: &Carrier, octets: &[u8], sink: &mut S) {
        let from = carrier.from;
        let Ok(Decoded { message, .. }) = sccp::read(octets, carrier.point_codes) else { return };
        sink.message(from, &message);
        let Some(Ok(message)) = message.data.map(bssap::read) else { return };
        sink.message(from, &message);
        let layer_3 = match message {
            Bssap::Bssmap(octets) => {
                let Ok(Decoded { message, .. }) = bssmap::read(octets) else { return };
                sink.message(from, &message);
                message.layer_3()
            }
            Bssap::Dtap { layer_3, .. } => Some(layer_3),
        };
        if let Some(Ok(Decoded { message, .. })) = layer_3.map(dtap::read) {
            message.messages(|message| sink.message(from, message));
        }
    }

    /// Takes one SCCP message that was read, or what another protocol has in its place.
    pub fn message<S: Sink>(&mut self, carrier: &Carrier, message: &Sccp<'_>, sink: &mut S) {
        self.tick(carrier.from.at, sink);
        match message.message_type {
            SccpMessageType::DATA_FORM_1 | SccpMessageType::DATA_FORM_2 => {
                if let Some(segment) = message.segment() {
                    self.data(carrier, segment, sink);
                }
            }
            SccpMessageType::CONNECTION_REQUEST => self.connection_request(carrier, message, sink),
            SccpMessageType::CONNECTION_CONFIRM | SccpMessageType::INACTIVITY_TEST => {
                if let Some(place) = self.pair(carrier, message, true, sink) {
                    self.connections.touch(place.id, carrier.from.at);
                    self.carried(carrier, place, message, sink);
                }
            }
            SccpMessageType::RELEASED => match self.pair(carrier, message, false, sink) {
                Some(place) => {
                    self.carried(carrier, place, message, sink);
                    self.finish_dialogue(place.id, Some(carrier.from), sink);
                }
                None => self.counters.unmatched.release += 1,
            },
            SccpMessageType::RELEASE_COMPLETE => match self.pair(carrier, message, false, sink) {
                Some(place) => self.end(place.id, Some(carrier.from), sink),
                // RLC follows RLSD, and a connection is not opened for it.
                None => self.counters.unmatched.release += 1,
            },
            SccpMessageType::CONNECTION_REFUSED | SccpMessageType::PROTOCOL_DATA_UNIT_ERROR => {
                let place = receiver_end(carrier, message).and_then(|end| self.connections.find(end));
                if let Some(place) = place {
                    self.carried(carrier, place, message, sink);
                    self.end(place.id, Some(carrier.from), sink);
                }
            }
            SccpMessageType::UNITDATA | SccpMessageType::EXTENDED_UNITDATA | SccpMessageType::LONG_UNITDATA => {
                self.unitdata(carrier, message, sink);
            }
            _ => {}
        }
    }

    /// Ends what has been silent for too long at `now`. Messages do so too.
    #[inline]
    pub fn tick<S: Sink>(&mut self, now: Timestamp, sink: &mut S) {
        self.pass(now, sink);
        if now >= self.expired_until + EXPIRY_INTERVAL {
            self.expire(now, sink);
        }
    }

    #[cold]
    fn expire<S: Sink>(&mut self, now: Timestamp, sink: &mut S) {
        self.expired_until = now;
        while let Some(id) = self.connections.expired(now) {
            self.end(id, None, sink);
        }
        while let Some(lost) = self.around.lost.expired(now) {
            end_lost(&lost, &mut self.counters, sink);
        }
    }

    /// Time has come to `now`, on either interface: tells what has fallen silent meanwhile.
    #[inline]
    pub(super) fn pass<S: Sink>(&mut self, now: Timestamp, sink: &mut S) {
        let Self { around, counters, .. } = self;
        around.silences.pass(now, |fact| tell_area(fact, counters, sink));
    }

    /// Nothing could be heard since the last message.
    pub fn go_blind<S: Sink>(&mut self, sink: &mut S) {
        let Self { around, counters, .. } = self;
        around.silences.go_blind(|fact| tell_area(fact, counters, sink));
    }

    /// The capture has ended: what still waits goes out. Calls that go on have not ended.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) {
        let open: Vec<_> = self.connections.all().collect();
        for id in open {
            self.with_dialogue(id, None, sink, |dialogue, scene| {
                dialogue.calls.clear();
                dialogue.finish(scene);
            });
            self.connections.close(id);
        }
        while let Some(lost) = self.around.lost.expired(Timestamp::MAX) {
            end_lost(&lost, &mut self.counters, sink);
        }
    }

    fn connection_request<S: Sink>(&mut self, carrier: &Carrier, message: &Sccp<'_>, sink: &mut S) {
        let Some(end) = sender_end(carrier, message) else { return };
        if !is_for_bssap(message) {
            self.counters.connections.other_user += 1;
            return;
        }
        let place = match self.connections.find(end) {
            Some(place) if self.was_overtaken(place.id, carrier.from.at) => {
                self.connections.touch(place.id, carrier.from.at);
                Place { id: place.id, end: 1 - place.end }
            }
            // References are used again as soon as they are free: whoever has this one is over.
            known => {
                if let Some(place) = known {
                    self.end(place.id, Some(carrier.from), sink);
                }
                self.connections.counters.opened += 1;
                Place { id: self.open(end, carrier.receiver, Standing::Claimed, carrier.from, sink), end: 1 }
            }
        };
        self.carried(carrier, place, message, sink);
    }

    /// Whether the answer to a connection request was captured before the request itself.
    fn was_overtaken(&mut self, id: ConnectionId, now: Timestamp) -> bool {
        let Some(dialogue) = self.connections.state(id) else { return false };
        let answered_at = dialogue.answered_at.take();
        let overtaken = answered_at.is_some_and(|answered| now.since(answered) <= OVERTAKING_WINDOW);
        if overtaken && dialogue.subject.standing == Standing::Joined {
            dialogue.subject.standing = Standing::Claimed;
        }
        overtaken
    }

    fn data<S: Sink>(&mut self, carrier: &Carrier, segment: Segment<'_>, sink: &mut S) {
        let Segment { destination: LocalReference(reference), more_data, data } = segment;
        let end = End { network: carrier.network, node: carrier.receiver, reference };
        let (place, is_assembling) = match self.connections.meet(end, carrier.from.at) {
            Some(met) => met,
            None => {
                self.connections.counters.half_opened += 1;
                let id = self.open(end, carrier.sender, Standing::Joined, carrier.from, sink);
                (Place { id, end: 0 }, false)
            }
        };
        if !more_data && !is_assembling {
            return self.user_data(carrier, place, data, sink);
        }
        if let Some(whole) = self.connections.assemble(place, data, more_data) {
            self.user_data(carrier, place, &whole, sink);
            self.connections.recycle(whole);
        }
    }

    /// User data in a message that does more than carry it.
    #[inline(never)]
    fn carried<S: Sink>(&mut self, carrier: &Carrier, place: Place, message: &Sccp<'_>, sink: &mut S) {
        if let Some(data) = message.data {
            self.user_data(carrier, place, data, sink);
        }
    }

    fn open<S: Sink>(
        &mut self,
        end: End,
        peer: u32,
        standing: Standing,
        from: Provenance,
        sink: &mut S,
    ) -> ConnectionId {
        if let Some(surplus) = self.connections.surplus() {
            self.end(surplus, None, sink);
        }
        let id = self.connections.open(end, peer, from.at);
        if let Some(dialogue) = self.connections.state(id) {
            dialogue.reset(standing);
        }
        id
    }

    /// The place that a message of both references means: the receiver's end of their connection.
    fn pair<S: Sink>(&mut self, carrier: &Carrier, message: &Sccp<'_>, open: bool, sink: &mut S) -> Option<Place> {
        let (receiver, sender) = (receiver_end(carrier, message)?, sender_end(carrier, message)?);
        loop {
            match self.connections.pair(receiver, sender) {
                Paired::One(place) => return Some(place),
                Paired::Stale(id) => self.end(id, Some(carrier.from), sink),
                Paired::Halves(kept, gone) => {
                    self.merge(kept, gone, carrier.from, sink);
                    return Some(kept);
                }
                Paired::Unknown if open => {
                    self.connections.counters.half_opened += 1;
                    let id = self.open(receiver, carrier.sender, Standing::Joined, carrier.from, sink);
                    if message.message_type == SccpMessageType::CONNECTION_CONFIRM
                        && let Some(dialogue) = self.connections.state(id)
                    {
                        dialogue.answered_at = Some(carrier.from.at);
                    }
                }
                Paired::Unknown => return None,
            }
        }
    }

    /// Two halves are one connection.
    fn merge<S: Sink>(&mut self, kept: Place, gone: Place, from: Provenance, sink: &mut S) {
        let Some(mut half) = self.connections.take(gone.id) else { return };
        if let Some(dialogue) = self.connections.state(kept.id)
            && dialogue.network_end.is_none()
        {
            // What the half knows as its own end is the other end here.
            let turned = |network: NetworkEnd| NetworkEnd { end: network.end != (kept.end == gone.end), ..network };
            dialogue.network_end = half.network_end.map(turned);
        }
        self.with_dialogue(kept.id, Some(from), sink, |dialogue, scene| dialogue.absorb(&mut half, scene));
        if let Some(channel) = half.channel.take() {
            self.channels.release(channel, gone.id);
            let has_none = self.connections.state(kept.id).is_some_and(|dialogue| dialogue.channel.is_none());
            if has_none {
                self.occupy(kept.id, Some(channel));
            }
        }
        self.connections.restore(gone.id, half);
        self.connections.merge(kept, gone);
    }

    /// A message may give the connection another traffic channel, or take away the one that it has.
    fn assign(&mut self, carrier: &Carrier, id: ConnectionId, message: &Bssmap<'_>) {
        let named = ChannelName::of(message);
        let assigns = match message.message_type {
            BssmapMessageType::ASSIGNMENT_REQUEST | BssmapMessageType::HANDOVER_REQUEST => true,
            // The BSS may choose the circuit (§3.2.1.2).
            BssmapMessageType::ASSIGNMENT_COMPLETE => named.is_some(),
            _ => false,
        };
        if assigns {
            self.occupy(id, named.map(|name| Channel::new(carrier.network, carrier.sender, carrier.receiver, name)));
        }
    }

    /// This is the connection's traffic channel from now on.
    fn occupy(&mut self, id: ConnectionId, channel: Option<Channel>) {
        let Some(dialogue) = self.connections.state(id) else { return };
        let before = std::mem::replace(&mut dialogue.channel, channel);
        before.into_iter().for_each(|before| self.channels.release(before, id));
        if let Some(channel) = channel {
            let others = |index| self.connections.state_at(index).is_some_and(|other| other.channel == Some(channel));
            self.channels.give(channel, id, others);
        }
    }

    /// The connection is over for good.
    fn end<S: Sink>(&mut self, id: ConnectionId, from: Option<Provenance>, sink: &mut S) {
        self.finish_dialogue(id, from, sink);
        self.occupy(id, None);
        self.connections.close(id);
    }

    fn finish_dialogue<S: Sink>(&mut self, id: ConnectionId, from: Option<Provenance>, sink: &mut S) {
        self.with_dialogue(id, from, sink, |dialogue, scene| dialogue.finish(scene));
    }

    /// Calls `act` with a connection's dialogue and what surrounds it. Without a message it is the last one's time
    /// that counts.
    pub(super) fn with_dialogue<S: Sink>(
        &mut self,
        id: ConnectionId,
        from: Option<Provenance>,
        sink: &mut S,
        act: impl FnOnce(&mut Dialogue, &mut Scene<'_, S>),
    ) {
        let Self { connections, identities, around, counters, .. } = self;
        let Some(dialogue) = connections.state(id) else { return };
        let Some(from) = from.or(dialogue.last) else { return };
        let (vlr, bss) = dialogue.network_end.map_or((UNKNOWN_VLR, UNKNOWN_NODE), |end| (end.vlr, end.bss));
        let mut scene = Scene { from, interface: Interface::A, vlr, bss, identities, around, counters, sink };
        act(dialogue, &mut scene);
    }

    /// One BSSAP message towards `place`.
    #[inline(always)]
    fn user_data<S: Sink>(&mut self, carrier: &Carrier, place: Place, data: &[u8], sink: &mut S) {
        match self.distribute(data, carrier.from, sink) {
            Some(Bssap::Bssmap(octets)) => self.bssmap(carrier, place, octets, sink),
            Some(Bssap::Dtap { layer_3, .. }) => self.layer_3(carrier, place, layer_3, sink),
            None => {}
        }
    }

    /// Whom user data is for.
    #[inline(always)]
    pub(super) fn distribute<'m, S: Sink>(
        &mut self,
        data: &'m [u8],
        from: Provenance,
        sink: &mut S,
    ) -> Option<Bssap<'m>> {
        let read = bssap::read(data);
        match &read {
            Ok(message) if S::MESSAGES => sink.message(from, message),
            Ok(_) => {}
            Err(malformed) => self.malformed(*malformed, from, sink),
        }
        read.ok()
    }

    #[inline(never)]
    fn bssmap<S: Sink>(&mut self, carrier: &Carrier, place: Place, octets: &[u8], sink: &mut S) {
        let mut decoded = Decoded::from(Bssmap::UNREAD);
        let read = bssmap::read_at(&mut decoded, octets);
        let Some(message) = self.understood_in_place(read, carrier.from, sink) else { return };
        self.note(message, carrier.from, sink);
        if is_cleared_by_handover(message) {
            self.leave(place.id, carrier.from, sink);
        }
        let evidence = || side::of_bssmap(message.message_type);
        if self.hear(carrier, place, evidence, sink, |dialogue, _, scene| dialogue.bssmap(message, scene)) {
            self.assign(carrier, place.id, message);
        }
        for layer_3 in [message.layer_3_information, message.layer_3_message_contents].into_iter().flatten() {
            self.layer_3(carrier, place, layer_3, sink);
        }
        self.handover(carrier, place.id, message, sink);
    }

    fn layer_3<S: Sink>(&mut self, carrier: &Carrier, place: Place, octets: &[u8], sink: &mut S) {
        let read = dtap::read(octets);
        let Some(message) = self.understood(&read, carrier.from, sink) else { return };
        message.messages(|message| {
            self.counters.message(message);
            if S::MESSAGES {
                sink.message(carrier.from, message);
            }
        });
        let evidence = || side::of_layer_3(message);
        let is_heard = self.hear(carrier, place, evidence, sink, |dialogue, sender, scene| {
            dialogue.layer_3(message, sender, scene);
        });
        if !is_heard {
            self.counters.unmatched.direction_unknown += 1;
        }
    }

    /// Calls `act` with the dialogue of a message towards `place`, and its sender. Not where that is not known, which it tells.
    #[inline(always)]
    fn hear<S: Sink>(
        &mut self,
        carrier: &Carrier,
        place: Place,
        evidence: impl Fn() -> Option<Side>,
        sink: &mut S,
        act: impl FnOnce(&mut Dialogue, Side, &mut Scene<'_, S>),
    ) -> bool {
        let from = carrier.from;
        loop {
            let Self { connections, identities, around, counters, .. } = &mut *self;
            let Some(dialogue) = connections.state(place.id) else { return false };
            if let Some(NetworkEnd { end, vlr, bss }) = dialogue.network_end {
                let sender = if end == (place.end == 1) { Side::Mobile } else { Side::Network };
                dialogue.hear(sender, from);
                let mut scene = Scene { from, interface: Interface::A, vlr, bss, identities, around, counters, sink };
                act(dialogue, sender, &mut scene);
                return true;
            }
            if !self.find_network_end(carrier, place, evidence()) {
                return false;
            }
        }
    }

    /// Finds out which end of a connection is the network's, from a message towards `place`: as that itself tells, else as its
    /// nodes were known before. Whether it did.
    #[inline(never)]
    fn find_network_end(&mut self, carrier: &Carrier, place: Place, evidence: Option<Side>) -> bool {
        let known = |node| self.nodes.get(&(carrier.nodes, node)).copied();
        let sender = evidence.or_else(|| known(carrier.sender)).or_else(|| known(carrier.receiver).map(Side::other));
        let (Some(sender), Some(dialogue)) = (sender, self.connections.state(place.id)) else { return false };
        let (node, bss, end) = match sender {
            Side::Mobile => (carrier.receiver, carrier.sender, place.end == 1),
            Side::Network => (carrier.sender, carrier.receiver, place.end != 1),
        };
        dialogue.network_end = Some(NetworkEnd { end, vlr: Vlr { network: carrier.nodes, node }, bss });
        if evidence.is_some() {
            self.learn_nodes(carrier, sender);
        }
        true
    }

    fn learn_nodes(&mut self, carrier: &Carrier, sender: Side) {
        // A capture of SCCP alone does not tell its nodes apart.
        if carrier.sender == carrier.receiver {
            return;
        }
        for (node, side) in [(carrier.sender, sender), (carrier.receiver, sender.other())] {
            let key = (carrier.nodes, node);
            if self.nodes.len() < MAX_NODES || self.nodes.contains_key(&key) {
                self.nodes.insert(key, side);
            } else {
                self.counters.limits.nodes += 1;
            }
        }
    }

    pub(super) fn end_all<S: Sink>(&mut self, over: &[ConnectionId], from: Provenance, sink: &mut S) {
        self.counters.connections.reset += over.len() as u64;
        for id in over {
            self.end(*id, Some(from), sink);
        }
    }

    /// Counts and shows a message.
    pub(super) fn note<M: Message, S: Sink>(&mut self, message: &M, from: Provenance, sink: &mut S) {
        self.counters.message(message);
        if S::MESSAGES {
            sink.message(from, message);
        }
    }

    /// Counts and tells where decoding stopped.
    #[cold]
    pub(super) fn malformed<S: Sink>(&mut self, malformed: Malformed, from: Provenance, sink: &mut S) {
        self.counters.malformation(malformed);
        sink.malformed(from, malformed);
    }

    /// The message as far as it was understood; where not wholly, that is counted.
    #[inline]
    pub(super) fn understood<'m, M, S: Sink>(
        &mut self,
        read: &'m Result<Decoded<M>, Malformed>,
        from: Provenance,
        sink: &mut S,
    ) -> Option<&'m M> {
        self.understood_in_place(read.as_ref().map_err(|malformed| *malformed), from, sink)
    }

    /// The same of a message that was read where it lies.
    #[inline]
    pub(super) fn understood_in_place<'m, M, S: Sink>(
        &mut self,
        read: Result<&'m Decoded<M>, Malformed>,
        from: Provenance,
        sink: &mut S,
    ) -> Option<&'m M> {
        match read {
            Ok(Decoded { message, malformed }) => {
                if let Some(malformed) = malformed {
                    self.malformed(*malformed, from, sink);
                }
                Some(message)
            }
            Err(malformed) => {
                self.malformed(malformed, from, sink);
                None
            }
        }
    }
}

/// Of a connection whose sides are not known.
const UNKNOWN_VLR: Vlr = Vlr { network: u32::MAX, node: UNKNOWN_NODE };

fn receiver_end(carrier: &Carrier, message: &Sccp<'_>) -> Option<End> {
    let LocalReference(reference) = message.destination?;
    Some(End { network: carrier.network, node: carrier.receiver, reference })
}

fn sender_end(carrier: &Carrier, message: &Sccp<'_>) -> Option<End> {
    let LocalReference(reference) = message.source?;
    Some(End { network: carrier.network, node: carrier.sender, reference })
}

/// Whether the called user is BSSAP, or is not said.
pub(super) fn is_for_bssap(message: &Sccp<'_>) -> bool {
    let subsystem = message.called.and_then(|called| called.subsystem);
    matches!(subsystem, None | Some(SUBSYSTEM_BSSAP | SUBSYSTEM_UNKNOWN))
}
