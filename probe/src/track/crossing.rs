//! A gateway tapped on both of its sides, SCCP in IPA or between point codes of one network on the one, between point codes of
//! another on the other: the same message passes on both, and nothing below SCCP tells so. A connection request does, by its
//! reference and what a phone or an MSC says in it; from then on the messages of one side count as those of the other.

use std::hash::Hasher;
use std::time::Duration;

use event::Timestamp;
use rustc_hash::{FxHashMap, FxHasher};

use super::counters::TransportCounters;
use super::duplicates::WINDOW_MICROS;
use super::network::{Carrier, ENDPOINTS};
use crate::wire::{PointCodeFormat, SccpMessageType, sccp};

/// Pairs of nodes whose other side is remembered; further ones are taken for themselves.
pub const ROUTE_LIMIT: usize = 4096;
/// Pairs without a message for so long are forgotten where there is no room: every connection of IPA brings a pair of its own.
pub const IDLE: Duration = Duration::from_secs(3600);
/// Connection requests remembered; a new one takes the place of an old one.
pub const REQUEST_LIMIT: usize = 4096;

/// So much user data is no chance: a service request alone, in COMPLETE LAYER 3 INFORMATION, is longer.
const LEAST_OCTETS: usize = 12;

/// Requests of late, and the pairs of nodes whose other side they have shown.
#[derive(Default)]
pub struct Crossings {
    /// None leads to a pair that leads further.
    routes: FxHashMap<Pair, Route>,
    requests: Vec<Option<Request>>,
    /// The first network of point codes: where there is no other, nor IPA, there is no gateway.
    first: Option<u32>,
}

#[derive(Clone, Copy)]
struct Request {
    digest: u64,
    carrier: Carrier,
}

/// Two nodes of one network, the lower number first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    network: u32,
    ends: [u32; 2],
}

/// The other side of a pair of nodes.
#[derive(Clone, Copy, Debug)]
struct Route {
    /// `None` where it leads to several pairs, which nothing in a message tells apart.
    to: Option<Side>,
    last: Timestamp,
}

/// A pair of nodes as the other side of another one.
#[derive(Clone, Copy, Debug)]
struct Side {
    pair: Pair,
    /// The lower number of the one is across from the higher of the other.
    is_turned: bool,
    /// As in [`Carrier`].
    nodes: u32,
    point_codes: PointCodeFormat,
}

impl Pair {
    /// The pair that a message goes between, and whether it comes from the second.
    fn of(carrier: &Carrier) -> (Self, bool) {
        let Carrier { network, sender, receiver, .. } = *carrier;
        (Self { network, ends: [sender.min(receiver), sender.max(receiver)] }, sender > receiver)
    }
}

impl Crossings {
    /// Whether nothing has come but by this network of point codes ([`Carrier::nodes`]): no message then has another side.
    #[inline(always)]
    pub fn is_only(&mut self, nodes: u32) -> bool {
        nodes != ENDPOINTS && *self.first.get_or_insert(nodes) == nodes && self.requests.is_empty()
    }

    /// What of a message is the same on both sides of a gateway, which may complete addresses: all of it where none is known.
    pub fn essence<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        if self.routes.is_empty() { octets } else { Self::without_addresses(octets) }
    }

    fn without_addresses(octets: &[u8]) -> &[u8] {
        match octets.first().map(|code| SccpMessageType(*code)) {
            Some(SccpMessageType::CONNECTION_REQUEST | SccpMessageType::UNITDATA) => {
                let read = sccp::read(octets, PointCodeFormat::default()).ok();
                read.and_then(|read| read.message.data).unwrap_or(octets)
            }
            _ => octets,
        }
    }

    /// What counts as the carrier of an SCCP message: that of the other side, where that is known.
    pub fn place(&mut self, carrier: Carrier, octets: &[u8], counters: &mut TransportCounters) -> Carrier {
        if self.is_only(carrier.nodes) {
            return carrier;
        }
        if self.requests.is_empty() {
            self.requests.resize(REQUEST_LIMIT, None);
        }
        if let Some(digest) = digest(octets) {
            self.request(Request { digest, carrier }, counters);
        }
        self.carry(carrier)
    }

    /// As the carrier is on the other side, where that is one.
    fn carry(&mut self, carrier: Carrier) -> Carrier {
        let (pair, is_from_second) = Pair::of(&carrier);
        let Some(route) = self.routes.get_mut(&pair) else { return carrier };
        route.last = route.last.max(carrier.from.at);
        let Some(Side { pair: Pair { network, ends: [first, second] }, is_turned, nodes, point_codes }) = route.to
        else {
            return carrier;
        };
        let (sender, receiver) = if is_from_second == is_turned { (first, second) } else { (second, first) };
        Carrier { network, nodes, sender, receiver, point_codes, ..carrier }
    }

    /// Whether this is the other side of something.
    fn is_led_to(&self, carrier: &Carrier) -> bool {
        let (pair, _) = Pair::of(carrier);
        self.routes.values().any(|route| route.to.is_some_and(|side| side.pair == pair))
    }

    fn request(&mut self, request: Request, counters: &mut TransportCounters) {
        let place = request.digest as usize % REQUEST_LIMIT;
        let Some(before) = self.requests.get_mut(place).and_then(|place| place.replace(request)) else { return };
        if !before.is_also(&request) || before.carrier.network == request.carrier.network {
            return;
        }
        let (one, other) = (self.carry(before.carrier), self.carry(request.carrier));
        if Pair::of(&one) == Pair::of(&other) {
            return;
        }
        match self.is_better_left(&before.carrier, &request.carrier) {
            true => self.learn(before.carrier, other, counters),
            false => self.learn(request.carrier, one, counters),
        }
    }

    /// Whether the side that was seen `before` is to count as the other one. Of IPA nothing stays when its connection ends; what
    /// others lead to may be all of them, and stays; else the side stays that was seen first.
    fn is_better_left(&self, before: &Carrier, after: &Carrier) -> bool {
        let is_ipa = |carrier: &Carrier| carrier.nodes == ENDPOINTS;
        is_ipa(before) || !is_ipa(after) && self.is_led_to(after) && !self.is_led_to(before)
    }

    /// What comes by `from` is what goes by `to`, in both directions.
    fn learn(&mut self, from: Carrier, to: Carrier, counters: &mut TransportCounters) {
        let ((pair, is_from_second), (other, is_to_second)) = (Pair::of(&from), Pair::of(&to));
        if let Some(route) = self.routes.get_mut(&pair) {
            route.to = None;
            return;
        }
        if !self.has_room(from.from.at) {
            counters.crossings_refused += 1;
            return;
        }
        let is_turned = is_from_second != is_to_second;
        let side = Side { pair: other, is_turned, nodes: to.nodes, point_codes: to.point_codes };
        for led in self.routes.values_mut().filter_map(|route| route.to.as_mut()).filter(|led| led.pair == pair) {
            *led = Side { is_turned: led.is_turned != is_turned, ..side };
        }
        self.routes.insert(pair, Route { to: Some(side), last: from.from.at });
    }

    /// Whether another route can be remembered, if need be in the place of those that are idle.
    fn has_room(&mut self, now: Timestamp) -> bool {
        if self.routes.len() >= ROUTE_LIMIT {
            self.routes.retain(|_, route| now.since(route.last) <= IDLE);
        }
        self.routes.len() < ROUTE_LIMIT
    }
}

impl Request {
    fn is_also(&self, other: &Self) -> bool {
        let (one, two) = (self.carrier.from, other.carrier.from);
        let apart = |one: Timestamp, two: Timestamp| one.since(two).max(two.since(one));
        let window = Duration::from_micros(WINDOW_MICROS.unsigned_abs());
        self.digest == other.digest && one.feed == two.feed && apart(one.at, two.at) <= window
    }
}

/// What names a connection request: its reference, and what it carries.
fn digest(octets: &[u8]) -> Option<u64> {
    if octets.first().map(|code| SccpMessageType(*code)) != Some(SccpMessageType::CONNECTION_REQUEST) {
        return None;
    }
    let message = sccp::read(octets, PointCodeFormat::default()).ok()?.message;
    let (reference, data) = (message.source?, message.data.filter(|data| data.len() >= LEAST_OCTETS)?);
    let mut hasher = FxHasher::default();
    hasher.write_u32(reference.0);
    hasher.write(data);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Provenance;

    const IPA: u32 = 1 << 31;
    const BSC_END: u32 = 70;
    const STP_END: u32 = 71;
    const BSC: u32 = 5;
    const MSC: u32 = 9;

    fn carrier(millis: i64, network: u32, sender: u32, receiver: u32) -> Carrier {
        let from = Provenance { at: Timestamp::from_micros(1_000_000 + millis * 1000), frame: 1, feed: 0 };
        let nodes = if network >= IPA { ENDPOINTS } else { network };
        Carrier { from, network, nodes, sender, receiver, point_codes: PointCodeFormat::default() }
    }

    fn request(reference: u8, said: u8) -> Vec<u8> {
        let data = [said; LEAST_OCTETS];
        [&[1, reference, 0, 0, 2, 2, 4, 2, 0x42, 254, 15, LEAST_OCTETS as u8], data.as_slice(), &[0]].concat()
    }

    fn place(crossings: &mut Crossings, carrier: Carrier, octets: &[u8]) -> Carrier {
        crossings.place(carrier, octets, &mut TransportCounters::default())
    }

    fn back(there: Carrier) -> Carrier {
        Carrier { sender: there.receiver, receiver: there.sender, ..there }
    }

    const DATA: [u8; 8] = [6, 1, 0, 0, 0, 1, 1, 7];

    /// Requests by IPA and between point codes, as far apart; whether what follows by IPA counts as between point codes.
    #[track_caller]
    fn check(ipa: (i64, Vec<u8>), other: (i64, Vec<u8>), expected: bool) {
        let mut crossings = Crossings::default();
        // Nothing is looked at before there is IPA.
        place(&mut crossings, carrier(-900, IPA, BSC_END, STP_END), &DATA);
        let mut requests = [(carrier(ipa.0, IPA, BSC_END, STP_END), ipa.1), (carrier(other.0, 3, BSC, MSC), other.1)];
        requests.sort_by_key(|(carrier, _)| carrier.from.at);
        for (carrier, octets) in &requests {
            place(&mut crossings, *carrier, octets);
        }
        let placed = [(BSC_END, STP_END), (STP_END, BSC_END)].map(|(sender, receiver)| {
            let placed = place(&mut crossings, carrier(900, IPA, sender, receiver), &DATA);
            (placed.network, placed.sender, placed.receiver)
        });
        let crossed = [(3, BSC, MSC), (3, MSC, BSC)];
        let plain = [(IPA, BSC_END, STP_END), (IPA, STP_END, BSC_END)];
        assert_eq!(placed, if expected { crossed } else { plain });
    }

    #[test]
    fn a_request_on_both_sides_shows_what_an_ipa_connection_leads_to() {
        check((0, request(1, 7)), (2, request(1, 7)), true);
        check((40, request(1, 7)), (0, request(1, 7)), true);
    }

    #[test]
    fn a_gateway_between_networks_is_crossed_to_the_side_that_was_seen_first() {
        let (near, far) = (carrier(0, 3, BSC, MSC), carrier(0, 4, BSC + 1, MSC + 1));
        for (first, second) in [(near, far), (far, near)] {
            let mut crossings = Crossings::default();
            for carrier in [near, far] {
                place(&mut crossings, carrier, &DATA);
            }
            for carrier in [first, second] {
                place(&mut crossings, carrier, &request(1, 7));
            }
            let placed = [first, second, back(second)].map(|carrier| place(&mut crossings, carrier, &DATA));
            assert_eq!(placed, [first, first, back(first)]);
        }
    }

    #[test]
    fn one_network_of_point_codes_is_not_looked_at() {
        let mut crossings = Crossings::default();
        place(&mut crossings, carrier(0, 3, BSC, MSC), &request(1, 7));
        assert!(crossings.requests.is_empty());
    }

    #[test]
    fn other_requests_show_nothing() {
        check((0, request(1, 7)), (2, request(2, 7)), false);
        check((0, request(1, 7)), (2, request(1, 8)), false);
        check((0, request(1, 7)), (60, request(1, 7)), false);
        check((0, DATA.into()), (2, DATA.into()), false);
    }

    #[test]
    fn a_connection_to_several_nodes_is_taken_for_itself() {
        let mut crossings = Crossings::default();
        for (said, msc) in [(1, MSC), (2, MSC + 1)] {
            place(&mut crossings, carrier(0, IPA, BSC_END, STP_END), &request(1, said));
            place(&mut crossings, carrier(1, 3, BSC, msc), &request(1, said));
        }
        let ipa = carrier(900, IPA, BSC_END, STP_END);
        assert_eq!(place(&mut crossings, ipa, &DATA), ipa);
    }

    #[test]
    fn addresses_do_not_count_where_a_gateway_may_have_completed_them() {
        let mut crossings = Crossings::default();
        let completed = {
            let mut octets = request(1, 7);
            octets.splice(6..10, [6, 4, 0x43, 9, 0, 254]);
            octets
        };
        assert_ne!(crossings.essence(&completed), crossings.essence(&request(1, 7)));
        place(&mut crossings, carrier(0, IPA, BSC_END, STP_END), &request(1, 7));
        place(&mut crossings, carrier(1, 3, BSC, MSC), &completed);
        assert_eq!(crossings.essence(&completed), crossings.essence(&request(1, 7)));
        assert_eq!(crossings.essence(&DATA), DATA);
    }

    /// Each request on two carriers, and carriers on which data then come to the same place.
    #[track_caller]
    fn check_same(requests: &[[Carrier; 2]], same: &[Carrier]) {
        let mut crossings = Crossings::default();
        for carrier in requests.as_flattened() {
            place(&mut crossings, *carrier, &DATA);
        }
        for (said, carriers) in (1..).zip(requests) {
            for carrier in carriers {
                place(&mut crossings, *carrier, &request(1, said));
            }
        }
        let placed: Vec<_> = same.iter().map(|carrier| place(&mut crossings, *carrier, &DATA)).collect();
        for one in &placed {
            assert_eq!(*one, placed[0], "{placed:?}");
        }
    }

    #[test]
    fn a_side_that_others_lead_to_leads_nowhere() {
        let near = carrier(0, 3, BSC, MSC);
        let (far_1, far_2) = (carrier(0, 4, BSC + 1, MSC + 1), carrier(0, 4, BSC + 1, MSC + 2));
        check_same(&[[near, far_1], [back(far_2), back(near)]], &[near, far_1, far_2]);
        let ipa = carrier(0, IPA, BSC_END, STP_END);
        check_same(&[[far_1, near], [ipa, near], [back(near), back(far_2)]], &[ipa, near, far_1]);
    }

    #[test]
    fn sides_of_a_side_are_sides_of_what_it_leads_to() {
        let (near, far) = (carrier(0, 3, BSC, MSC), carrier(0, 4, MSC + 1, BSC + 1));
        let ipa = |number| carrier(0, IPA + number, BSC_END, STP_END);
        let requests = [[ipa(1), near], [ipa(2), far], [near, far]];
        check_same(&requests, &[near, far, ipa(1), ipa(2)]);
        check_same(&requests, &[near, far, ipa(1), ipa(2)].map(back));
    }

    #[test]
    fn the_table_is_bounded_and_cleared_by_time() {
        let (mut crossings, mut counters) = (Crossings::default(), TransportCounters::default());
        let mut connect = |number: u32, seconds: i64| {
            let [low, high, ..] = number.to_le_bytes();
            let ipa = carrier(seconds * 1000, IPA + number, BSC_END, STP_END);
            for carrier in [ipa, carrier(seconds * 1000 + 1, 3, BSC, MSC)] {
                crossings.place(carrier, &request(low, high), &mut counters);
            }
            (crossings.routes.len(), counters.crossings_refused)
        };
        let last = ROUTE_LIMIT as u32;
        for number in 0..last {
            connect(number, 0);
        }
        assert_eq!(connect(last, 0), (ROUTE_LIMIT, 1));
        assert_eq!(connect(0, 2000), (ROUTE_LIMIT, 1));
        // Of all others an hour has passed.
        assert_eq!(connect(last, 4000), (2, 1));
    }
}
