//! A gateway tapped on both of its sides, SCCP in IPA on the one and between point codes on the other: the same message passes
//! on both, and nothing below SCCP tells so. A connection request does, by its reference and what a phone or an MSC says in
//! it; from then on the messages of the IPA connection count as the point codes' own.

use std::hash::Hasher;
use std::time::Duration;

use event::Timestamp;
use rustc_hash::{FxHashMap, FxHasher};

use super::counters::TransportCounters;
use super::duplicates::WINDOW_MICROS;
use super::network::{Carrier, ENDPOINTS};
use crate::wire::{PointCodeFormat, SccpMessageType, sccp};

/// IPA connections whose other side is remembered; further ones are taken for themselves.
pub const ROUTE_LIMIT: usize = 4096;
/// Connection requests remembered; a new one takes the place of an old one.
pub const REQUEST_LIMIT: usize = 4096;

/// So much user data is no chance: a service request alone, in COMPLETE LAYER 3 INFORMATION, is longer.
const LEAST_OCTETS: usize = 12;

/// Requests of late, and the IPA connections whose other side they have shown.
#[derive(Default)]
pub struct Crossings {
    /// By the number of the IPA connection.
    routes: FxHashMap<u32, Route>,
    requests: Vec<Option<Request>>,
}

#[derive(Clone, Copy)]
struct Request {
    digest: u64,
    carrier: Carrier,
}

/// The other side of an IPA connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// Between these point codes.
    Between {
        /// Network and nodes of the point codes, as in [`Carrier`].
        network: u32,
        nodes: u32,
        /// Endpoint of the IPA connection, and the point code that it stands for.
        ends: [(u32, u32); 2],
        point_codes: PointCodeFormat,
    },
    /// It leads to several nodes, which nothing in a message tells apart.
    Several,
}

impl Crossings {
    /// What counts as the carrier of an SCCP message: that of the other side, where the message came by IPA and that is known.
    #[inline]
    pub fn place(&mut self, carrier: Carrier, octets: &[u8], counters: &mut TransportCounters) -> Carrier {
        match self.requests.is_empty() && carrier.nodes != ENDPOINTS {
            true => carrier,
            false => self.look(carrier, octets, counters),
        }
    }

    /// What of a message is the same on both sides of a gateway, which may complete addresses: all of it where none is known.
    #[inline]
    pub fn essence<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        if self.routes.is_empty() {
            return octets;
        }
        match octets.first().map(|code| SccpMessageType(*code)) {
            Some(SccpMessageType::CONNECTION_REQUEST | SccpMessageType::UNITDATA) => {
                let read = sccp::read(octets, PointCodeFormat::default()).ok();
                read.and_then(|read| read.message.data).unwrap_or(octets)
            }
            _ => octets,
        }
    }

    #[inline(never)]
    fn look(&mut self, carrier: Carrier, octets: &[u8], counters: &mut TransportCounters) -> Carrier {
        if self.requests.is_empty() {
            self.requests.resize(REQUEST_LIMIT, None);
        }
        if let Some(digest) = digest(octets) {
            self.request(Request { digest, carrier }, counters);
        }
        let route = (carrier.nodes == ENDPOINTS).then(|| self.routes.get(&carrier.network)).flatten();
        route.and_then(|route| route.carry(carrier)).unwrap_or(carrier)
    }

    fn request(&mut self, request: Request, counters: &mut TransportCounters) {
        let place = request.digest as usize % REQUEST_LIMIT;
        let Some(before) = self.requests.get_mut(place).and_then(|place| place.replace(request)) else { return };
        let is_ipa = |request: &Request| request.carrier.nodes == ENDPOINTS;
        if before.is_also(&request) && is_ipa(&before) != is_ipa(&request) {
            let (ipa, other) = if is_ipa(&before) { (before, request) } else { (request, before) };
            self.learn(ipa.carrier, other.carrier, counters);
        }
    }

    fn learn(&mut self, ipa: Carrier, other: Carrier, counters: &mut TransportCounters) {
        let full = self.routes.len() >= ROUTE_LIMIT;
        let known = self.routes.get_mut(&ipa.network);
        match known {
            Some(known) if known.carry(ipa).is_none_or(|carried| !has_ends(&carried, &other)) => {
                *known = Route::Several
            }
            Some(_) => {}
            None if full => counters.crossings_refused += 1,
            None => {
                let Carrier { network, nodes, point_codes, .. } = other;
                let ends = [(ipa.sender, other.sender), (ipa.receiver, other.receiver)];
                self.routes.insert(ipa.network, Route::Between { network, nodes, ends, point_codes });
            }
        }
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

impl Route {
    fn carry(&self, carrier: Carrier) -> Option<Carrier> {
        let Self::Between { network, nodes, ends, point_codes } = *self else { return None };
        let code = |end| ends.iter().find(|(of, _)| *of == end).map(|(_, code)| *code);
        let (sender, receiver) = (code(carrier.sender)?, code(carrier.receiver)?);
        Some(Carrier { network, nodes, sender, receiver, point_codes, ..carrier })
    }
}

fn has_ends(one: &Carrier, other: &Carrier) -> bool {
    (one.network, one.sender, one.receiver) == (other.network, other.sender, other.receiver)
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
        let nodes = if network == IPA { ENDPOINTS } else { network };
        Carrier { from, network, nodes, sender, receiver, point_codes: PointCodeFormat::default() }
    }

    fn request(reference: u8, said: u8) -> Vec<u8> {
        let data = [said; LEAST_OCTETS];
        [&[1, reference, 0, 0, 2, 2, 4, 2, 0x42, 254, 15, LEAST_OCTETS as u8], data.as_slice(), &[0]].concat()
    }

    fn place(crossings: &mut Crossings, carrier: Carrier, octets: &[u8]) -> Carrier {
        crossings.place(carrier, octets, &mut TransportCounters::default())
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

    #[test]
    fn the_table_is_bounded() {
        let (mut crossings, mut counters) = (Crossings::default(), TransportCounters::default());
        for number in 0..=ROUTE_LIMIT as u32 {
            let ipa = carrier(0, IPA, BSC_END, STP_END);
            let [low, high, ..] = number.to_le_bytes();
            crossings.place(Carrier { network: IPA + number, ..ipa }, &request(low, high), &mut counters);
            crossings.place(carrier(1, 3, BSC, MSC), &request(low, high), &mut counters);
        }
        assert_eq!((crossings.routes.len(), counters.crossings_refused), (ROUTE_LIMIT, 1));
    }
}
