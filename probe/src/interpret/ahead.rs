//! What messages will need of memory, before any of them is taken: their connections, and who their phones are.
//!
//! It is asked for step by step over all messages, so that none waits for the one before. What is guessed wrong was fetched for
//! nothing.

use event::Lai;

use super::a_interface::AInterface;
use crate::capture::BATCH_FRAMES;
use crate::track::channels::{Channel, ChannelName};
use crate::track::connection::{self, End};
use crate::track::identity::{self, Temporary, Vlr};
use crate::track::silence::Name;
use crate::track::transport::{Carrier, Payload};
use crate::wire::glance::{Glance, Request, Told};
use crate::wire::{LocalReference, MobileIdentity};

/// As many may be on their way from memory at one time.
const FETCHED: usize = BATCH_FRAMES;

/// What the messages of a batch will ask for, by kind: so that what is done for one kind is done at one go.
#[derive(Default)]
pub(super) struct Ahead {
    /// Connections of which a message passes.
    passing: Vec<connection::Expected>,
    /// Of which somebody's name is told, or what they have begun may end here: their dialogues, once they were found.
    telling: Vec<connection::Expected>,
    told: Vec<usize>,
    /// Which begin or end.
    ending: Vec<connection::Expected>,
    ended: Vec<usize>,
    subscribers: Vec<identity::Expected>,
    last_areas: Vec<identity::ExpectedArea>,
}

impl Ahead {
    fn clear(&mut self) {
        let Self { passing, telling, told, ending, ended, subscribers, last_areas } = self;
        [passing, telling, ending].into_iter().for_each(Vec::clear);
        [told, ended].into_iter().for_each(Vec::clear);
        subscribers.clear();
        last_areas.clear();
    }
}

impl AInterface {
    /// Begins to fetch where that lies which these messages will need.
    pub fn expect<'m>(&mut self, messages: impl Iterator<Item = (&'m Carrier, Payload<'m>)>) {
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.clear();
        for (carrier, payload) in messages.take(FETCHED) {
            if let Payload::Sccp(octets) = payload {
                self.look(carrier, Glance::at(octets), &mut ahead);
            }
        }
        self.ahead = ahead;
    }

    #[inline(always)]
    fn look(&self, carrier: &Carrier, glance: Glance, ahead: &mut Ahead) {
        let end = |node, LocalReference(reference)| End { network: carrier.network, node, reference };
        match glance {
            Glance::Nothing => {}
            Glance::Passing(destination, told) => {
                let connection = self.connections.expect(end(carrier.receiver, destination));
                let may_end = match told {
                    Told::Nothing => return ahead.passing.push(connection),
                    Told::Circuit(code) => {
                        let name = ChannelName::Circuit(code);
                        self.channels.expect(Channel::new(carrier.network, carrier.sender, carrier.receiver, name));
                        return ahead.passing.push(connection);
                    }
                    Told::Completion => true,
                    // The network gives the phone another name.
                    Told::Identity(identity) => self.name(identity, carrier, carrier.sender, ahead),
                };
                if may_end { &mut ahead.telling } else { &mut ahead.passing }.push(connection);
            }
            Glance::Pairing(destination, source) => {
                ahead.ending.push(self.connections.expect(end(carrier.receiver, destination)));
                self.connections.expect(end(carrier.sender, source));
            }
            Glance::Request(Request { source, identity, area, last_area }) => {
                self.connections.expect(end(carrier.sender, source));
                identity.into_iter().for_each(|identity| _ = self.name(identity, carrier, carrier.receiver, ahead));
                area.into_iter().for_each(|area| self.enter(area, carrier));
                ahead.last_areas.extend(last_area.map(|area| self.identities.expect_last_area(area)));
            }
            Glance::Paging(identity, paged) => {
                identity.into_iter().for_each(|identity| _ = self.name(identity, carrier, carrier.sender, ahead));
                if let Some(tmsi) = paged {
                    self.identities.expect_temporary(Temporary { vlr: vlr(carrier, carrier.sender), tmsi });
                }
            }
        }
    }

    // Somebody's name, which is temporary in the VLR of a node; whether it tells who they are.
    #[inline(always)]
    fn name(&self, identity: MobileIdentity, carrier: &Carrier, node: u32, ahead: &mut Ahead) -> bool {
        let subscriber = match identity {
            MobileIdentity::Imsi(imsi) => self.identities.expect_imsi(imsi),
            MobileIdentity::Tmsi(tmsi) => self.identities.expect_temporary(Temporary { vlr: vlr(carrier, node), tmsi }),
            MobileIdentity::Imei(imei) => {
                self.around.devices.expect(imei);
                return false;
            }
            _ => return false,
        };
        ahead.subscribers.push(subscriber);
        true
    }

    #[inline]
    fn enter(&self, area: Lai, carrier: &Carrier) {
        let vlr = vlr(carrier, carrier.receiver);
        self.identities.expect_area(area, vlr);
        self.around.silences.expect(Name { network: vlr.network, bss: carrier.sender, serving: vlr.node, area });
    }

    /// Begins to fetch what they will need.
    pub fn fetch(&mut self) {
        let Self { ahead, connections, identities, .. } = self;
        let Ahead { passing, telling, told, ending, ended, subscribers, last_areas } = ahead;
        for connection in passing {
            connections.fetch(*connection).into_iter().for_each(|(_, dialogue)| dialogue.fetch(false));
        }
        for (expected, found) in [(telling, told), (ending, ended)] {
            found.extend(expected.iter().filter_map(|connection| {
                let (index, dialogue) = connections.fetch(*connection)?;
                dialogue.fetch(true);
                Some(index)
            }));
        }
        subscribers.iter().for_each(|subscriber| identities.fetch(*subscriber));
        last_areas.iter().for_each(|area| identities.fetch_area(*area));
    }

    /// Begins to fetch what lies behind that, as far as few need it: what a connection that may end gives back, what waits in
    /// it, and by which other identity somebody is known.
    pub fn fetch_further(&self) {
        let Ahead { told, ended, .. } = &self.ahead;
        let dialogue = |index: &usize| self.connections.state_at(*index);
        for dialogue in told.iter().chain(ended).filter_map(dialogue) {
            if let (Some(area), Some(end)) = (dialogue.subject.cell.lai(), dialogue.network_end) {
                self.around.silences.expect(Name {
                    network: end.vlr.network,
                    bss: end.bss,
                    serving: end.vlr.node,
                    area,
                });
            }
        }
        for dialogue in told.iter().filter_map(dialogue) {
            dialogue.fetch_waiting();
            let temporary = dialogue.subject.temporary();
            temporary.into_iter().for_each(|temporary| _ = self.identities.expect_temporary(temporary));
        }
        for dialogue in ended.iter().filter_map(dialogue) {
            dialogue.channel.into_iter().for_each(|channel| self.channels.expect(channel));
        }
    }
}

/// The VLR of a node.
const fn vlr(carrier: &Carrier, node: u32) -> Vlr {
    Vlr { network: carrier.nodes, node }
}
