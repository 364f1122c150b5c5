//! PDP contexts: which access point a phone uses, from the accepted activation to the accepted end (3GPP TS 24.008 §6.1).

use event::{DomainName, Kind};

use super::session::Session;
use crate::Sink;
use crate::interpret::calls::Transaction;
use crate::interpret::scene::{Scene, Side};
use crate::wire::{Sm, SmMessageType as T};

/// PDP contexts of one phone: as many as there are NSAPIs (3GPP TS 24.008 §10.5.6.2).
pub const MAX_CONTEXTS: usize = 11;

/// A PDP context, or one that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    transaction: Transaction,
    access_point: Option<DomainName>,
    /// The transaction of the primary context: contexts that share an address have the same.
    family: u8,
    primary: bool,
    active: bool,
    /// The whole family is about to end (§6.1.3.4).
    tear_down: bool,
}

impl Session {
    /// A session management message.
    pub(super) fn session_management<S: Sink>(&mut self, message: &Sm<'_>, sender: Side, scene: &mut Scene<'_, S>) {
        let transaction = Transaction::new(message.transaction, sender);
        match message.message_type {
            T::ACTIVATE_PDP_CONTEXT_REQUEST | T::ACTIVATE_SECONDARY_PDP_CONTEXT_REQUEST => {
                self.context_requested(transaction, message, scene);
            }
            T::ACTIVATE_PDP_CONTEXT_ACCEPT | T::ACTIVATE_SECONDARY_PDP_CONTEXT_ACCEPT => {
                self.dialogue.accept(scene);
                self.context_accepted(transaction, scene);
            }
            T::ACTIVATE_PDP_CONTEXT_REJECT | T::ACTIVATE_SECONDARY_PDP_CONTEXT_REJECT => {
                self.contexts.retain(|context| context.transaction != transaction || context.active);
            }
            T::DEACTIVATE_PDP_CONTEXT_REQUEST => {
                if let Some(context) = self.contexts.iter_mut().find(|context| context.transaction == transaction) {
                    context.tear_down = message.tear_down;
                }
            }
            T::DEACTIVATE_PDP_CONTEXT_ACCEPT => self.context_ended(transaction, scene),
            _ => {}
        }
    }

    /// Every context is over: the phone is detached.
    pub(super) fn end_contexts<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        while let Some(context) = self.contexts.pop() {
            self.tell_end(&context, scene);
        }
    }

    fn context_requested<S: Sink>(&mut self, transaction: Transaction, message: &Sm<'_>, scene: &mut Scene<'_, S>) {
        // Asked for again.
        self.contexts.retain(|context| context.transaction != transaction || context.active);
        if self.contexts.len() >= MAX_CONTEXTS {
            scene.counters.limits.contexts += 1;
            self.contexts.remove(0);
        }
        self.contexts.push(Context {
            transaction,
            access_point: message.access_point_name,
            family: message.linked_transaction.unwrap_or(message.transaction.value),
            primary: message.linked_transaction.is_none(),
            active: false,
            tear_down: false,
        });
    }

    fn context_accepted<S: Sink>(&mut self, transaction: Transaction, scene: &mut Scene<'_, S>) {
        let is_same = |context: &Context| context.transaction == transaction;
        let Some(place) = self.contexts.iter().position(|context| is_same(context) && !context.active) else {
            scene.counters.unmatched.packet_accept += 1;
            return;
        };
        let accepted = Context { active: true, ..self.contexts.remove(place) };
        // Its transaction was free: the end of the one before was not seen.
        if let Some(before) = self.contexts.iter().position(is_same) {
            let ended = self.contexts.remove(before);
            self.tell_end(&ended, scene);
        }
        self.contexts.push(accepted);
        let Context { access_point, primary, .. } = accepted;
        if primary {
            self.tell(Kind::PdpActivated { access_point }, scene);
        }
    }

    fn context_ended<S: Sink>(&mut self, transaction: Transaction, scene: &mut Scene<'_, S>) {
        let Some(place) = self.contexts.iter().position(|context| context.transaction == transaction) else {
            // Its beginning was not seen.
            return self.tell(Kind::PdpDeactivated { access_point: None }, scene);
        };
        let ended = self.contexts.remove(place);
        self.tell_end(&ended, scene);
        while let Some(place) = self.contexts.iter().position(|other| ended.tear_down && other.family == ended.family) {
            let ended = self.contexts.remove(place);
            self.tell_end(&ended, scene);
        }
    }

    fn tell_end<S: Sink>(&mut self, context: &Context, scene: &mut Scene<'_, S>) {
        if context.active && context.primary {
            self.tell(Kind::PdpDeactivated { access_point: context.access_point }, scene);
        }
    }
}
