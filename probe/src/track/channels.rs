//! Whose traffic channel is whose: which connection was given a circuit between its two nodes, or a call's identifier over IP. A
//! reset names nothing else, and after a restart there is one for each.

use rustc_hash::FxHashMap;

use super::connection::ConnectionId;
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
}

/// The channels that connections have.
#[derive(Default)]
pub struct Channels {
    given: FxHashMap<Channel, ConnectionId>,
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
        self.given.is_empty()
    }

    /// A connection was given this channel: nobody else has it.
    pub fn give(&mut self, channel: Channel, to: ConnectionId) {
        if self.given.len() < MAX_CHANNELS || self.given.contains_key(&channel) {
            self.given.insert(channel, to);
        } else {
            self.refused += 1;
        }
    }

    /// A connection has this channel no more, if it was its.
    pub fn release(&mut self, channel: Channel, by: ConnectionId) {
        if self.given.get(&channel) == Some(&by) {
            self.given.remove(&channel);
        }
    }

    /// The channel is nobody's from now on; gives whose it was.
    pub fn reset(&mut self, channel: Channel) -> Option<ConnectionId> {
        self.given.remove(&channel)
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

    #[test]
    fn a_channel_is_of_the_last_connection_that_was_given_it_and_of_nobody_after_a_reset() {
        let mut connections = Connections::<()>::default();
        let mut open =
            |reference| connections.open(End { network: 0, node: 1, reference }, 2, Timestamp::from_seconds(0));
        let (first, second) = (open(1), open(2));
        let mut channels = Channels::default();
        channels.give(circuit(1, 2, 7), first);
        channels.give(circuit(2, 1, 7), second);
        channels.release(circuit(1, 2, 7), first);
        assert_eq!(channels.reset(Channel::new(0, 1, 2, ChannelName::Call(7))), None);
        assert_eq!([channels.reset(circuit(1, 2, 7)), channels.reset(circuit(1, 2, 7))], [Some(second), None]);
    }

    #[test]
    fn a_channel_that_was_released_takes_no_room() {
        let mut connections = Connections::<()>::default();
        let id = connections.open(End { network: 0, node: 1, reference: 1 }, 2, Timestamp::from_seconds(0));
        let mut channels = Channels::default();
        channels.give(circuit(1, 2, 7), id);
        channels.release(circuit(1, 2, 7), id);
        assert!(channels.is_empty());
    }

    #[test]
    fn channels_beyond_the_limit_are_counted() {
        let mut connections = Connections::<()>::default();
        let id = connections.open(End { network: 0, node: 1, reference: 1 }, 2, Timestamp::from_seconds(0));
        let mut channels = Channels::default();
        (0..MAX_CHANNELS as u32 + 2).for_each(|node| channels.give(circuit(node, u32::MAX, 1), id));
        channels.give(circuit(0, u32::MAX, 1), id);
        assert_eq!((channels.len(), channels.refused), (MAX_CHANNELS, 2));
    }
}
