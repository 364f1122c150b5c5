//! What messages will need of memory, before any of them is taken: their connections, and who their phones are.
//!
//! It is asked for step by step over all messages, so that none waits for the one before. What is guessed wrong was fetched for
//! nothing.

use super::a_interface::AInterface;
use super::dialogue::Dialogue;
use crate::capture::BATCH_FRAMES;
use crate::track::connection::{self, End};
use crate::track::identity::{self, Temporary, Vlr};
use crate::track::transport::{Carrier, Payload};
use crate::wire::{LocalReference, MobileIdentity, glance, sccp};

/// As many may be on their way from memory at one time.
const FETCHED: usize = BATCH_FRAMES;

/// What a message will ask for.
#[derive(Clone, Copy, Default)]
pub(super) struct Expected {
    connection: Option<connection::Expected>,
    subscriber: Option<identity::Expected>,
}

impl AInterface {
    /// Begins to fetch where that lies which these messages will need.
    pub fn expect<'m>(&mut self, messages: impl Iterator<Item = (&'m Carrier, Payload<'m>)>) {
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.clear();
        ahead.extend(messages.take(FETCHED).map(|(carrier, payload)| match payload {
            Payload::Sccp(octets) => self.expected(carrier, octets),
            _ => Expected::default(),
        }));
        self.ahead = ahead;
    }

    /// Begins to fetch what they will need.
    pub fn fetch(&self) {
        let mut dialogues = [None; FETCHED];
        for (place, &Expected { connection, subscriber }) in dialogues.iter_mut().zip(&self.ahead) {
            let state = connection.and_then(|connection| self.connections.fetch(connection));
            *place = state.inspect(|dialogue| dialogue.fetch());
            subscriber.into_iter().for_each(|subscriber| self.identities.fetch(subscriber));
        }
        dialogues.into_iter().flatten().for_each(Dialogue::fetch_apart);
    }

    #[inline]
    fn expected(&self, carrier: &Carrier, octets: &[u8]) -> Expected {
        let connection = sccp::destination(octets).map(|LocalReference(reference)| {
            self.connections.expect(End { network: carrier.network, node: carrier.receiver, reference })
        });
        if let Some(LocalReference(reference)) = sccp::source(octets) {
            self.connections.expect(End { network: carrier.network, node: carrier.sender, reference });
        }
        let subscriber = match glance::identity(octets) {
            Some(MobileIdentity::Imsi(imsi)) => Some(self.identities.expect_imsi(imsi)),
            Some(MobileIdentity::Tmsi(tmsi)) => {
                let vlr = Vlr { network: carrier.nodes, node: carrier.receiver };
                Some(self.identities.expect_temporary(Temporary { vlr, tmsi }))
            }
            _ => None,
        };
        Expected { connection, subscriber }
    }
}
