//! What messages will need of memory, before any of them is taken: their connections, and who their phones are.
//!
//! It is asked for step by step over all messages, so that none waits for the one before. What is guessed wrong was fetched for
//! nothing.

use super::a_interface::AInterface;
use crate::capture::BATCH_FRAMES;
use crate::track::channels::{Channel, ChannelName};
use crate::track::connection::{self, End};
use crate::track::identity::{self, Temporary, Vlr};
use crate::track::silence::Name;
use crate::track::transport::{Carrier, Payload};
use crate::wire::glance::Glance;
use crate::wire::{LocalReference, MobileIdentity, sccp};

/// As many may be on their way from memory at one time.
const FETCHED: usize = BATCH_FRAMES;

/// What a message will ask for.
#[derive(Clone, Copy, Default)]
pub(super) struct Expected {
    connection: Option<connection::Expected>,
    /// The connection's index, where it was found and more of it will be needed.
    found: Option<usize>,
    /// It names both ends of its connection, as what begins or ends one.
    names_both: bool,
    /// It may end what its connection has begun.
    completes: bool,
    subscriber: Option<identity::Expected>,
    last_area: Option<identity::ExpectedArea>,
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
    pub fn fetch(&mut self) {
        let Self { ahead, connections, identities, .. } = self;
        for Expected { connection, found, names_both, completes, subscriber, last_area } in ahead {
            if let Some((index, dialogue)) = connection.and_then(|connection| connections.fetch(connection)) {
                let may_end = *names_both || *completes;
                dialogue.fetch(may_end);
                *found = Some(index).filter(|_| may_end || subscriber.is_some());
            }
            subscriber.iter().for_each(|subscriber| identities.fetch(*subscriber));
            last_area.iter().for_each(|area| identities.fetch_area(*area));
        }
    }

    /// Begins to fetch what lies behind that, as far as few need it: what a connection that may end gives back, what waits in
    /// it, and by which other identity somebody is known.
    pub fn fetch_further(&self) {
        for &Expected { found, names_both, .. } in &self.ahead {
            let Some(dialogue) = found.and_then(|index| self.connections.state_at(index)) else { continue };
            if let (Some(area), Some(end)) = (dialogue.subject.cell.lai(), dialogue.network_end) {
                self.around.silences.expect(Name {
                    network: end.vlr.network,
                    bss: end.bss,
                    serving: end.vlr.node,
                    area,
                });
            }
            if names_both {
                dialogue.channel.into_iter().for_each(|channel| self.channels.expect(channel));
            } else {
                dialogue.fetch_waiting();
                let temporary = dialogue.subject.temporary();
                temporary.into_iter().for_each(|temporary| _ = self.identities.expect_temporary(temporary));
            }
        }
    }

    #[inline]
    fn expected(&self, carrier: &Carrier, octets: &[u8]) -> Expected {
        let [destination, source] = sccp::references(octets);
        let connection = destination.map(|LocalReference(reference)| {
            self.connections.expect(End { network: carrier.network, node: carrier.receiver, reference })
        });
        if let Some(LocalReference(reference)) = source {
            self.connections.expect(End { network: carrier.network, node: carrier.sender, reference });
        }
        let Glance { identity, paged, area, last_area, circuit, completes } = Glance::at(octets);
        let vlr = |node| Vlr { network: carrier.nodes, node };
        if let Some(area) = area {
            let vlr = vlr(carrier.receiver);
            self.identities.expect_area(area, vlr);
            self.around.silences.expect(Name { network: vlr.network, bss: carrier.sender, serving: vlr.node, area });
        }
        if let Some(tmsi) = paged {
            self.identities.expect_temporary(Temporary { vlr: vlr(carrier.sender), tmsi });
        }
        if let Some(code) = circuit {
            let name = ChannelName::Circuit(code);
            self.channels.expect(Channel::new(carrier.network, carrier.sender, carrier.receiver, name));
        }
        let last_area = last_area.map(|area| self.identities.expect_last_area(area));
        let subscriber = match identity {
            Some(MobileIdentity::Imsi(imsi)) => Some(self.identities.expect_imsi(imsi)),
            Some(MobileIdentity::Tmsi(tmsi)) => {
                // A phone asks for a connection with the one that it has; in a connection the network gives it another.
                let node = if destination.is_none() { carrier.receiver } else { carrier.sender };
                Some(self.identities.expect_temporary(Temporary { vlr: vlr(node), tmsi }))
            }
            Some(MobileIdentity::Imei(imei)) => {
                self.around.devices.expect(imei);
                None
            }
            _ => None,
        };
        let names_both = destination.is_some() && source.is_some();
        Expected { connection, found: None, names_both, completes, subscriber, last_area }
    }
}
