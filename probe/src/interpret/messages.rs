//! Short messages: a message was sent or received when the other side acknowledged it (3GPP TS 24.011 §6.2).
//!
//! The fact stands on RP-ACK, its time included: RP-DATA answered with RP-ERROR was rejected, and answered with nothing
//! although both directions were seen it was not passed. Where only one direction is seen, RP-DATA has to do.

use event::{Direction, Event, Kind};

use super::calls::Transaction;
use super::dialogue::Dialogue;
use super::scene::{Scene, Side};
use crate::Sink;
use crate::wire::sms::{Cp, Party, Rp, RpMessageType, TpduType};

/// Short messages of one connection that may wait for their acknowledgement; beyond, the oldest is given up.
pub const MAX_TRANSFERS: usize = 4;

/// A short message on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    transaction: Transaction,
    reference: Option<u8>,
    by_mobile: bool,
    /// What it will have been once acknowledged; until then with the evidence of RP-DATA.
    passed: Event,
}

impl Dialogue {
    /// A message of the short-message connection protocol.
    pub(super) fn short_message<S: Sink>(&mut self, message: &Cp, sender: Side, scene: &mut Scene<'_, S>) {
        let transaction = Transaction::new(message.transaction, sender);
        let Some(rp) = &message.rp else { return };
        match rp.message_type {
            RpMessageType::RP_DATA_FROM_MOBILE | RpMessageType::RP_DATA_FROM_NETWORK => {
                self.message_offered(transaction, rp, scene);
            }
            RpMessageType::RP_ACK_FROM_MOBILE | RpMessageType::RP_ACK_FROM_NETWORK => {
                if let Some(transfer) = self.transfer(transaction, rp, scene) {
                    self.subject.tell(transfer.passed.kind, scene);
                }
            }
            RpMessageType::RP_ERROR_FROM_MOBILE | RpMessageType::RP_ERROR_FROM_NETWORK => {
                if let Some(transfer) = self.transfer(transaction, rp, scene) {
                    self.message_refused(&transfer, rp.cause, scene);
                }
            }
            _ => {}
        }
    }

    fn message_refused<S: Sink>(&mut self, transfer: &Transfer, cause: Option<u8>, scene: &mut Scene<'_, S>) {
        scene.counters.unmatched.short_message_failed += 1;
        if let Kind::Sms { direction, peer } = transfer.passed.kind {
            self.subject.tell(Kind::SmsRejected { direction, peer, cause: cause.unwrap_or(0) }, scene);
        }
    }

    /// Messages without an answer: passed as far as one can tell where only one direction was seen.
    pub(super) fn finish_transfers<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if self.is_heard_whole() {
            scene.counters.unmatched.short_message_unacknowledged += self.transfers.len() as u64;
            self.transfers.clear();
        }
        for transfer in self.transfers.drain(..) {
            self.subject.tell_as(transfer.passed, scene);
        }
        scene.around.spare.transfers.reclaim(&mut self.transfers);
    }

    fn message_offered<S: Sink>(&mut self, transaction: Transaction, rp: &Rp, scene: &mut Scene<'_, S>) {
        let Some(tpdu) = &rp.tpdu else { return };
        let direction = match tpdu.tpdu_type {
            TpduType::Submit => Direction::Out,
            TpduType::Deliver => Direction::In,
            _ => return,
        };
        if self.place_of(transaction, rp).is_some() {
            // CP-DATA is repeated where no CP-ACK comes (§5.3.2.1).
            return;
        }
        if self.transfers.len() >= MAX_TRANSFERS {
            scene.counters.limits.transfers += 1;
            self.transfers.remove(0);
        }
        let peer = tpdu.party.map(|party| match party {
            Party::Number(number) => scene.around.plan.normalise(number),
            Party::Name(name) => name,
        });
        let passed = self.subject.event(Kind::Sms { direction, peer }, scene);
        let by_mobile = rp.message_type.is_from_mobile();
        let transfer = Transfer { transaction, reference: rp.reference, by_mobile, passed };
        scene.around.spare.transfers.push(&mut self.transfers, transfer);
    }

    /// The message that `rp` answers, taken out.
    fn transfer<S: Sink>(&mut self, transaction: Transaction, rp: &Rp, scene: &mut Scene<'_, S>) -> Option<Transfer> {
        let transfer = self.place_of(transaction, rp).map(|index| self.transfers.remove(index))?;
        scene.around.spare.transfers.reclaim(&mut self.transfers);
        Some(transfer)
    }

    /// Where the message is that `rp` offers again or answers.
    fn place_of(&self, transaction: Transaction, rp: &Rp) -> Option<usize> {
        let is_data =
            matches!(rp.message_type, RpMessageType::RP_DATA_FROM_MOBILE | RpMessageType::RP_DATA_FROM_NETWORK);
        let by_mobile = rp.message_type.is_from_mobile() == is_data;
        self.transfers.iter().position(|transfer| {
            transfer.transaction == transaction && transfer.reference == rp.reference && transfer.by_mobile == by_mobile
        })
    }
}
