//! Supplementary services: codes that were dialled, and call forwarding that the network accepted
//! (3GPP TS 24.010, 24.082, 24.090).

use event::{Event, Kind};

use super::calls::Transaction;
use super::dialogue::Dialogue;
use super::scene::{Scene, Side};
use crate::Sink;
use crate::wire::ss::{Component, ComponentType};
use crate::wire::{Ss, SsMessageType};

/// Operations of one connection that may wait for their result; beyond, the oldest is given up.
pub const MAX_REQUESTS: usize = 4;

/// A call-forwarding operation that waits for its result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    transaction: Transaction,
    invoke_id: Option<u8>,
    /// What it will have been once answered; until then with the evidence of the invocation.
    done: Event,
}

impl Dialogue {
    /// A message of supplementary services.
    pub(super) fn supplementary_service<S: Sink>(&mut self, message: &Ss<'_>, sender: Side, scene: &mut Scene<'_, S>) {
        let transaction = Transaction::new(message.transaction, sender);
        let components = message.facility.into_iter().flat_map(|facility| facility.components());
        for component in components {
            match sender {
                Side::Mobile => self.operation_invoked(transaction, &component, scene),
                Side::Network => self.operation_answered(transaction, &component, scene),
            }
        }
        if message.message_type == SsMessageType::RELEASE_COMPLETE {
            // What has no answer by now has none.
            self.requests.retain(|request| request.transaction != transaction);
        }
    }

    /// Operations without an answer: done as far as one can tell where only one direction was seen.
    pub(super) fn finish_requests<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if self.is_heard_whole() {
            self.requests.clear();
        }
        for request in self.requests.drain(..) {
            self.subject.tell_as(request.done, scene);
        }
        scene.around.spare.requests.reclaim(&mut self.requests);
    }

    fn operation_invoked<S: Sink>(
        &mut self,
        transaction: Transaction,
        component: &Component,
        scene: &mut Scene<'_, S>,
    ) {
        if component.component_type != ComponentType::INVOKE {
            return;
        }
        if let Some(code) = component.ussd {
            self.subject.tell(Kind::Ussd { code }, scene);
        }
        if let Some(mut forwarding) = component.forwarding() {
            forwarding.to = forwarding.to.map(|number| scene.around.plan.normalise(number));
            if self.requests.len() >= MAX_REQUESTS {
                scene.counters.limits.requests += 1;
                self.requests.remove(0);
            }
            let done = self.subject.event(Kind::CallForwarding(forwarding), scene);
            let request = Request { transaction, invoke_id: component.invoke_id, done };
            scene.around.spare.requests.push(&mut self.requests, request);
        }
    }

    fn operation_answered<S: Sink>(
        &mut self,
        transaction: Transaction,
        component: &Component,
        scene: &mut Scene<'_, S>,
    ) {
        let answers =
            |request: &Request| request.transaction == transaction && request.invoke_id == component.invoke_id;
        let answered = component.component_type != ComponentType::INVOKE;
        let Some(index) = self.requests.iter().position(answers).filter(|_| answered) else { return };
        let request = self.requests.remove(index);
        if component.component_type == ComponentType::RETURN_RESULT {
            self.subject.tell(request.done.kind, scene);
        } else {
            scene.counters.unmatched.operation_refused += 1;
        }
    }
}
