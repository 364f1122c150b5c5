//! The state of one connection between a phone and the network, and what each of its messages does to it.

use std::mem::offset_of;

use event::{CellId, Timestamp, UpdateType, prefetch, prefetch_lines};
use smallvec::SmallVec;

use super::calls::Call;
use super::messages::Transfer;
use super::scene::{Scene, Side};
use super::subject::{Standing, Subject};
use super::supplementary::Request;
use crate::Sink;
use crate::track::channels::Channel;
use crate::track::connection::ConnectionId;
use crate::track::identity::{Proof, Vlr};

use crate::wire::{Bssmap, BssmapMessageType, Dtap, MobileIdentity, Rr};

/// A location update that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Update {
    pub(super) update: UpdateType,
    pub(super) old: event::Lai,
}

/// One connection's state. Reset and used again. It lies as it is written, a cache line after the other: what every message needs,
/// who it is about, their calls, what waits for an answer, what its end gives back; and what few need.
#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct Dialogue {
    /// Where the MSC is.
    pub(super) network_end: Option<NetworkEnd>,
    /// The last message: what an end that nobody saw is told with.
    pub(super) last: Option<crate::Provenance>,
    /// Whether a message of each side was seen.
    pub(super) heard: Heard,
    /// A service was asked for and not answered yet.
    pub(super) service_requested: bool,
    /// The phone asked to go on with the calls that it had.
    pub(super) reestablishing: bool,
    /// Transactions whose call has ended, a bit each.
    pub(super) ended_calls: u16,
    pub(super) subject: Subject,
    /// Mostly one, and it lies here.
    pub(super) calls: SmallVec<[Call; 1]>,
    pub(super) update: Option<Update>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) requests: Vec<Request>,
    /// The traffic channel.
    pub(super) channel: Option<Channel>,
    /// When CC was seen, where its CR was not seen before.
    pub(super) answered_at: Option<Timestamp>,
    pub(super) handover: Handover,
}

/// How far the parts of [`Dialogue`] reach, in cache lines.
const LINES_OF_MOST: usize = 4;
const LINES_OF_LAST: usize = 5;
const _: () = assert!(offset_of!(Dialogue, subject) + Subject::EVERY_MESSAGE <= 64);
const _: () = assert!(offset_of!(Dialogue, update) <= 64 * LINES_OF_MOST);
const _: () = assert!(offset_of!(Dialogue, answered_at) <= 64 * LINES_OF_LAST);

/// The MSC's end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NetworkEnd {
    /// Whether it is end 1 (else 0).
    pub(super) end: bool,
    /// The MSC's VLR.
    pub(super) vlr: Vlr,
    /// The node across, in the same network.
    pub(super) bss: u32,
}

/// Which sides of a connection have been heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) mobile: bool,
    pub(super) network: bool,
}

/// Where a connection stands in a handover between BSCs, 3GPP TS 48.008 §3.1.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Handover {
    /// Opened for a handover to this cell: it applies once the phone is there.
    pub(super) target: Option<CellId>,
    /// The phone is there.
    pub(super) arrived: bool,
    /// The phone was told to leave.
    pub(super) departing: bool,
    /// The other connection of the handover.
    pub(super) partner: Option<ConnectionId>,
}

/// BSSMAP cause `handover successful`, 3GPP TS 48.008 §3.2.2.5.
pub(super) const HANDOVER_SUCCESSFUL: u16 = 0x0b;
/// BSSMAP causes after which a phone may re-establish its calls: radio interface message failure, radio interface
/// failure.
const RADIO_FAILURES: [u16; 2] = [0x00, 0x01];

impl Dialogue {
    /// As new; buffers stay. `standing` is that of a connection seen from its beginning, or from its middle.
    pub(super) fn reset(&mut self, standing: Standing) {
        self.subject.reset();
        self.subject.standing = standing;
        self.calls.clear();
        self.ended_calls = 0;
        self.transfers.clear();
        self.requests.clear();
        self.network_end = None;
        self.heard = Heard::default();
        self.answered_at = None;
        self.last = None;
        self.update = None;
        self.service_requested = false;
        self.reestablishing = false;
        self.handover = Handover::default();
        self.channel = None;
    }

    /// Begins to fetch what a message needs; one that `may_end` the connection or a part of it ends what waits for an answer.
    #[inline]
    pub(super) fn fetch(&self, may_end: bool) {
        prefetch_lines(self, if may_end { LINES_OF_LAST } else { LINES_OF_MOST });
    }

    /// Begins to fetch what waits for an answer, or for a name.
    #[inline]
    pub(super) fn fetch_waiting(&self) {
        self.transfers.first().into_iter().for_each(prefetch);
        self.subject.fetch_waiting();
    }

    /// Notes that `sender` was heard.
    pub(super) fn hear(&mut self, sender: Side, from: crate::Provenance) {
        match sender {
            Side::Mobile => self.heard.mobile = true,
            Side::Network => self.heard.network = true,
        }
        self.last = Some(from);
    }

    /// Whether both directions were seen, so that an answer that was not seen was not given.
    pub(super) fn is_heard_whole(&self) -> bool {
        self.heard.mobile && self.heard.network
    }

    /// The network went on with what the phone wants.
    pub(super) fn accept<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        self.subject.accept(scene);
        self.service_requested = false;
        if std::mem::take(&mut self.reestablishing) {
            self.recover_calls(scene);
        }
    }

    /// A BSSMAP message, but for what concerns two connections. The layer 3 messages in it come separately.
    pub(super) fn bssmap<S: Sink>(&mut self, message: &Bssmap<'_>, scene: &mut Scene<'_, S>) {
        match message.message_type {
            BssmapMessageType::COMPLETE_LAYER_3_INFORMATION => self.enters(message, scene),
            BssmapMessageType::COMMON_ID => self.learn(message, Proof::CommonId, scene),
            BssmapMessageType::CIPHER_MODE_COMMAND | BssmapMessageType::CIPHER_MODE_COMPLETE => self.accept(scene),
            BssmapMessageType::ASSIGNMENT_REQUEST => self.accept(scene),
            BssmapMessageType::ASSIGNMENT_COMPLETE => {
                self.accept(scene);
                self.moves(message.cell, scene);
            }
            BssmapMessageType::HANDOVER_REQUEST => {
                let target = message.target_cell.map(|target| within(target, message.cell));
                self.handover.target = target.map(|target| scene.around.network.complete(target));
                self.subject.standing = Standing::Accepted;
                self.learn(message, Proof::Handover, scene);
            }
            BssmapMessageType::HANDOVER_PERFORMED => self.moves(message.cell, scene),
            BssmapMessageType::INTERNAL_HANDOVER_COMMAND => {
                // To another cell of the same BSS (§3.1.5c); which one only the radio knows.
                self.handover.target = Some(CellId { lac: None, ci: None, ..self.subject.cell });
                self.accept(scene);
            }
            BssmapMessageType::CLEAR_REQUEST if message.cause.is_some_and(|cause| RADIO_FAILURES.contains(&cause)) => {
                self.lose_calls(scene);
            }
            BssmapMessageType::CLEAR_COMMAND | BssmapMessageType::CLEAR_REQUEST => {
                let left_view = message.cause == Some(HANDOVER_SUCCESSFUL) && self.handover.departing;
                self.end_calls(left_view, scene);
            }
            _ => {}
        }
    }

    /// A layer 3 message.
    pub(super) fn layer_3<S: Sink>(&mut self, message: &Dtap<'_>, sender: Side, scene: &mut Scene<'_, S>) {
        match message {
            Dtap::Rr(message) => self.radio_resources(message, scene),
            Dtap::Mm(message) => self.mobility(message, scene),
            Dtap::Cc(message) => {
                self.accept(scene);
                self.call_control(message, sender, scene);
            }
            Dtap::Sms(message) => {
                self.accept(scene);
                self.short_message(message, sender, scene);
            }
            Dtap::Ss(message) => {
                self.accept(scene);
                self.supplementary_service(message, sender, scene);
            }
            Dtap::Gmm(_) | Dtap::Sm(_) | Dtap::Other { .. } => {}
        }
    }

    /// The connection is over. Calls end (unless they were handed over before), and what waited goes out.
    pub(super) fn finish<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if !(self.calls.is_empty() && self.transfers.is_empty() && self.requests.is_empty()) {
            self.end_calls(false, scene);
            self.finish_transfers(scene);
            self.finish_requests(scene);
        }
        self.subject.finish(scene);
    }

    /// Takes over what `other` knows: the same phone, of which another connection (or half of this one) was followed.
    pub(super) fn continue_from<S: Sink>(&mut self, other: &mut Self, scene: &mut Scene<'_, S>) {
        self.absorb_calls(other);
        self.subject.continue_from(&mut other.subject, scene);
        scene.around.spare.transfers.append(&mut self.transfers, &mut other.transfers);
        scene.around.spare.requests.append(&mut self.requests, &mut other.requests);
        self.update = self.update.take().or(other.update.take());
        self.reestablishing |= other.reestablishing;
    }

    /// Takes over the other half of this very connection.
    pub(super) fn absorb<S: Sink>(&mut self, half: &mut Self, scene: &mut Scene<'_, S>) {
        // What waits for an answer may have had it in the other half.
        for part in [&mut *self, &mut *half] {
            part.finish_transfers(scene);
            part.finish_requests(scene);
        }
        self.heard.mobile |= half.heard.mobile;
        self.heard.network |= half.heard.network;
        self.continue_from(half, scene);
    }

    /// The phone is in the target cell of its handover.
    pub(super) fn arrives<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if std::mem::replace(&mut self.handover.arrived, true) {
            return;
        }
        if let Some(target) = self.handover.target {
            self.subject.cell = target;
        }
        self.subject.tell(event::Kind::Handover, scene);
    }

    /// COMPLETE LAYER 3 INFORMATION: a phone in a cell.
    fn enters<S: Sink>(&mut self, message: &Bssmap<'_>, scene: &mut Scene<'_, S>) {
        if let Some(cell) = message.cell.map(|cell| scene.around.network.complete(cell)) {
            self.subject.cell = cell;
            if let Some(area) = cell.lai() {
                scene.identities.learn_area(area, scene.vlr);
            }
        }
    }

    fn learn<S: Sink>(&mut self, message: &Bssmap<'_>, proof: Proof, scene: &mut Scene<'_, S>) {
        if let Some(imsi) = message.imsi {
            self.subject.learn(imsi, proof, scene);
        }
    }

    /// The serving cell is another one now.
    fn moves<S: Sink>(&mut self, cell: Option<CellId>, scene: &mut Scene<'_, S>) {
        let Some(cell) = cell.map(|cell| scene.around.network.complete(cell.or(self.subject.cell))) else { return };
        if cell != self.subject.cell {
            self.subject.cell = cell;
            self.subject.tell(event::Kind::Handover, scene);
        }
    }

    fn radio_resources<S: Sink>(&mut self, message: &Rr, scene: &mut Scene<'_, S>) {
        match message {
            Rr::PagingResponse(response) => {
                self.identifies(response.mobile_identity, scene);
                self.subject.tell(event::Kind::PagingResponse, scene);
            }
            Rr::CipheringModeComplete(complete) => {
                if let Some(imei) = complete.mobile_identity.and_then(MobileIdentity::imei) {
                    self.subject.shows(imei, scene);
                }
            }
            _ => {}
        }
    }
}

/// `target`, of the same network as `serving` where it does not say.
fn within(target: CellId, serving: Option<CellId>) -> CellId {
    let network = CellId { plmn: serving.and_then(|cell| cell.plmn), ..CellId::UNKNOWN };
    target.or(network)
}
