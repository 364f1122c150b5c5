//! Which side of an MTP2 link sends, where the capture does not tell: a message's sender is across from its receiver (ITU-T
//! Q.704 §2.2), so that two messages put every node that they name on one of two sides.

use rustc_hash::FxHashMap;

use super::counters::TransportCounters;
use super::signalling_link::{LinkDirection, Sender};

/// Nodes of which the side is remembered, of all links.
pub const MAX_NODES: usize = 65_536;

/// All links whose sides their labels tell.
#[derive(Default)]
pub struct LinkSides {
    links: FxHashMap<LinkDirection, Link>,
    /// Whether a node is on the second side.
    nodes: FxHashMap<(LinkDirection, u32), bool>,
}

#[derive(Clone, Copy)]
struct Link {
    /// After which nodes the sides are called.
    names: [u32; 2],
    /// A node speaks to one of its own side: these are several links.
    is_mixed: bool,
}

impl LinkSides {
    /// The direction of a message between these point codes; as it was where nothing tells.
    pub fn direction(
        &mut self,
        link: LinkDirection,
        sender: u32,
        receiver: u32,
        counters: &mut TransportCounters,
    ) -> LinkDirection {
        let name = self.side(link, sender, receiver, counters).map_or(Sender::Unknown, Sender::Side);
        LinkDirection { sender: name, ..link }
    }

    /// Whether this is a side of what turned out to be several links.
    pub fn is_mixed(&self, direction: &LinkDirection) -> bool {
        let link = LinkDirection { sender: Sender::Unknown, ..*direction };
        self.links.get(&link).is_some_and(|known| known.is_mixed)
    }

    /// Both directions of a link, as far as they are known.
    pub fn both(&self, link: LinkDirection) -> impl Iterator<Item = LinkDirection> + use<> {
        let names = self.links.get(&link).map(|known| known.names);
        let sides = names.into_iter().flatten().map(move |name| LinkDirection { sender: Sender::Side(name), ..link });
        sides.chain([link])
    }

    fn side(
        &mut self,
        link: LinkDirection,
        sender: u32,
        receiver: u32,
        counters: &mut TransportCounters,
    ) -> Option<u32> {
        let Self { links, nodes } = self;
        if sender == receiver {
            return None;
        }
        let is_full = nodes.len() + 2 > MAX_NODES;
        if is_full && !links.contains_key(&link) {
            counters.link_sides_refused += 1;
            return None;
        }
        let known = links.entry(link).or_insert_with(|| {
            nodes.insert((link, sender), false);
            Link { names: [sender, receiver], is_mixed: false }
        });
        let across = match [sender, receiver].map(|node| nodes.get(&(link, node)).copied()) {
            [Some(side), None] if !is_full => {
                nodes.insert((link, receiver), !side);
                side
            }
            [None, Some(side)] if !is_full => {
                nodes.insert((link, sender), !side);
                !side
            }
            [Some(side), Some(other)] => {
                known.is_mixed |= side == other;
                side
            }
            [None, None] => return None,
            _ => {
                counters.link_sides_refused += 1;
                return None;
            }
        };
        known.names.get(usize::from(across)).copied().filter(|_| !known.is_mixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkDirection = LinkDirection { feed: 0, file: 1, link: 0, sender: Sender::Unknown };

    /// Messages between point codes, and after whom the side of each one's sender is called.
    #[track_caller]
    fn check(messages: &[(u32, u32, Option<u32>)]) {
        let mut sides = LinkSides::default();
        for (sender, receiver, expected) in messages {
            let told = sides.direction(LINK, *sender, *receiver, &mut TransportCounters::default()).sender;
            assert_eq!(told, expected.map_or(Sender::Unknown, Sender::Side), "{sender} to {receiver}");
        }
    }

    #[test]
    fn whoever_speaks_to_one_side_is_on_the_other() {
        check(&[(1, 9, Some(1)), (9, 1, Some(9)), (1, 8, Some(1)), (8, 2, Some(9)), (2, 9, Some(1))]);
    }

    #[test]
    fn nodes_that_have_to_do_with_no_known_one_are_on_no_side() {
        check(&[(1, 9, Some(1)), (2, 8, None), (1, 8, Some(1)), (2, 8, Some(1))]);
        check(&[(1, 1, None), (1, 9, Some(1))]);
    }

    #[test]
    fn several_links_in_one_capture_have_no_sides() {
        check(&[(1, 9, Some(1)), (2, 9, Some(1)), (1, 2, None), (1, 9, None)]);
    }

    #[test]
    fn nodes_beyond_the_limit_are_on_no_side_and_counted() {
        let (mut sides, mut counters) = (LinkSides::default(), TransportCounters::default());
        // The node across takes a place too.
        for node in 1..MAX_NODES as u32 {
            sides.direction(LINK, node, 0, &mut counters);
        }
        assert_eq!((sides.nodes.len(), counters.link_sides_refused), (MAX_NODES - 1, 1));
        let mut sender = |link, sender, receiver| sides.direction(link, sender, receiver, &mut counters).sender;
        assert_eq!(sender(LINK, 0, 1), Sender::Side(0));
        assert_eq!(sender(LINK, u32::MAX, 0), Sender::Unknown);
        assert_eq!(sender(LinkDirection { file: 2, ..LINK }, 1, 2), Sender::Unknown);
        assert_eq!(counters.link_sides_refused, 3);
    }
}
