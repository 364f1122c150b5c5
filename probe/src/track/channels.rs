//! Whose traffic channel is whose: which connection was given a circuit between its two nodes, or a call's identifier over IP. A
//! reset names nothing else, and after a restart there is one for each.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::connection::ConnectionId;
use super::index::Index;
use crate::wire::Bssmap;

/// Channels whose connection is known; of further ones a reset ends nothing, and they are counted.
pub const MAX_CHANNELS: usize = 262_144;

/// A traffic channel by its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Channel {
    network: u32,
    nodes: [u32; 2],
    name: ChannelName,
}

/// What it is called between two nodes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChannelName {
    /// Circuit identity code, 3GPP TS 48.008 §3.2.2.2.
    Circuit(u16),
    /// Call identifier, 3GPP TS 48.008 §3.2.2.105.
    Call(u32),
}

impl ChannelName {
    /// As a message calls it, where it names one.
    pub fn of(message: &Bssmap<'_>) -> Option<Self> {
        message.circuit.map(Self::Circuit).or(message.call_identifier.map(Self::Call))
    }
}

impl Channel {
    /// Between these two nodes of a network, in either order.
    pub fn new(network: u32, a: u32, b: u32, name: ChannelName) -> Self {
        Self { network, nodes: [a.min(b), a.max(b)], name }
    }

    #[inline]
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one(self)
    }
}

/// The channels that connections have: which connection's each is, and that one knows which it is.
#[derive(Default)]
pub struct Channels {
    given: Index,
    /// Channels not noted because of [`MAX_CHANNELS`].
    pub refused: u64,
}

impl Channels {
    /// How many channels are known to be somebody's.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of this channel will be asked for: begins to fetch it.
    #[inline]
    pub fn expect(&self, channel: Channel) {
        self.given.expect(channel.hash());
    }

    /// A connection was given this channel: nobody else has it. `has` tells whether it is that of a connection, by its index.
    pub fn give(&mut self, channel: Channel, to: ConnectionId, has: impl Fn(usize) -> bool) {
        if self.reset(channel, has).is_none() && self.len() >= MAX_CHANNELS {
            self.refused += 1;
        } else {
            self.given.insert(channel.hash(), to.index());
        }
    }

    /// A connection has this channel no more, if it was its.
    pub fn release(&mut self, channel: Channel, by: ConnectionId) {
        self.given.remove(channel.hash(), by.index());
    }

    /// The channel is nobody's from now on; gives the index of the connection that it was of. `has` is as for [`Channels::give`].
    pub fn reset(&mut self, channel: Channel, has: impl Fn(usize) -> bool) -> Option<usize> {
        let place = self.given.find(channel.hash(), has)?;
        self.given.remove(channel.hash(), place as u32);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use event::Timestamp;

    use super::super::connection::{Connections, End};
    use super::*;

    fn circuit(a: u32, b: u32, code: u16) -> Channel {
        Channel::new(0, a, b, ChannelName::Circuit(code))
    }

    fn two_connections() -> [ConnectionId; 2] {
        let mut connections = Connections::<()>::default();
        [1, 2].map(|reference| connections.open(End { network: 0, node: 1, reference }, 2, Timestamp::from_seconds(0)))
    }

    #[test]
    fn a_channel_is_of_the_last_connection_that_was_given_it_and_of_nobody_after_a_reset() {
        let [first, second] = two_connections();
        let mut channels = Channels::default();
        channels.give(circuit(1, 2, 7), first, |_| false);
        channels.give(circuit(2, 1, 7), second, |index| index == first.index() as usize);
        channels.release(circuit(1, 2, 7), first);
        assert_eq!(channels.reset(Channel::new(0, 1, 2, ChannelName::Call(7)), |_| true), None);
        let mut reset = || channels.reset(circuit(1, 2, 7), |_| true);
        assert_eq!([reset(), reset()], [Some(second.index() as usize), None]);
    }

    #[test]
    fn a_channel_that_was_released_takes_no_room() {
        let [id, _] = two_connections();
        let mut channels = Channels::default();
        channels.give(circuit(1, 2, 7), id, |_| false);
        channels.release(circuit(1, 2, 7), id);
        assert!(channels.is_empty());
    }

    #[test]
    fn channels_beyond_the_limit_are_counted() {
        let [id, _] = two_connections();
        let mut channels = Channels::default();
        (0..MAX_CHANNELS as u32 + 2).for_each(|node| channels.give(circuit(node, u32::MAX, 1), id, |_| false));
        channels.give(circuit(0, u32::MAX, 1), id, |_| true);
        assert_eq!((channels.len(), channels.refused), (MAX_CHANNELS, 2));
    }
}
