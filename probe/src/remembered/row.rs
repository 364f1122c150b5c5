//! Rows of what is remembered: 32 octets each, integers big endian, led by what the row is.

use event::{Imsi, Lai, Plmn, Timestamp, Tmsi};

use crate::track::identity::Vlr;
use crate::track::network::Endpoint;
use crate::wire::frame_relay::LineEnd;
use crate::wire::ip::Address;

/// Octets of a row.
pub(super) const ROW_OCTETS: usize = 32;

/// Which map a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Map {
    /// TMSIs.
    Circuit,
    /// P-TMSIs.
    Packet,
}

/// One thing that is remembered. Ids of networks and endpoints are those of the process that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// The last one, and how many there are before it.
    End(u64),
    /// A network of signalling points.
    Network { id: u32, indicator: u8, appearance: Option<u32> },
    /// An endpoint.
    Endpoint { id: u32, endpoint: Endpoint },
    /// An endpoint has said which node it is; that it is several, where none.
    Named { endpoint: u32, node: Option<u32> },
    /// An endpoint of Gb belongs to a node.
    Entity { endpoint: u32, node: u32 },
    /// An area that a VLR serves.
    Area { map: Map, area: Lai, vlr: Vlr },
    /// A network resource identifier that a VLR has given.
    Identifier { map: Map, nri: u16, vlr: Vlr },
    /// A temporary identity.
    Binding { map: Map, vlr: Vlr, tmsi: Tmsi, imsi: Imsi, at: Timestamp },
}

const END: u8 = 0;
const NETWORK: u8 = 1;
const ENDPOINT: u8 = 2;
const NAMED: u8 = 3;
const ENTITY: u8 = 4;
const AREA: u8 = 5;
const IDENTIFIER: u8 = 6;
const BINDING: u8 = 7;

impl Row {
    /// Appends it.
    pub(super) fn write(&self, rows: &mut Vec<u8>) {
        let end = rows.len() + ROW_OCTETS;
        let row = Writer(rows);
        match *self {
            Self::End(count) => row.octet(END).u64(count),
            Self::Network { id, indicator, appearance } => {
                row.octet(NETWORK).u32(id).octet(indicator).option(appearance)
            }
            Self::Endpoint { id, endpoint } => row.octet(ENDPOINT).u32(id).endpoint(endpoint),
            Self::Named { endpoint, node } => row.octet(NAMED).u32(endpoint).option(node),
            Self::Entity { endpoint, node } => row.octet(ENTITY).u32(endpoint).u32(node),
            Self::Area { map, area, vlr } => {
                row.octet(AREA).map(map).vlr(vlr).u16(area.lac).octets(&area.plmn.octets())
            }
            Self::Identifier { map, nri, vlr } => row.octet(IDENTIFIER).map(map).vlr(vlr).u16(nri),
            Self::Binding { map, vlr, tmsi, imsi, at } => {
                let row = row.octet(BINDING).map(map).vlr(vlr).u32(tmsi.0);
                row.u64(imsi.to_bits()).u64(at.as_micros() as u64)
            }
        };
        debug_assert!(rows.len() <= end, "a row has room for all of it");
        rows.resize(end, 0);
    }

    /// Reads one; `None` where it is none of ours.
    pub(super) fn read(octets: &[u8; ROW_OCTETS]) -> Option<Self> {
        let mut row = Fields(octets);
        Some(match row.octet()? {
            END => Self::End(row.u64()?),
            NETWORK => Self::Network { id: row.u32()?, indicator: row.octet()?, appearance: row.option()? },
            ENDPOINT => Self::Endpoint { id: row.u32()?, endpoint: row.endpoint()? },
            NAMED => Self::Named { endpoint: row.u32()?, node: row.option()? },
            ENTITY => Self::Entity { endpoint: row.u32()?, node: row.u32()? },
            AREA => {
                let (map, vlr, lac) = (row.map()?, row.vlr()?, row.u16()?);
                Self::Area { map, vlr, area: Lai { plmn: Plmn::from_octets(row.fixed()?), lac } }
            }
            IDENTIFIER => Self::Identifier { map: row.map()?, vlr: row.vlr()?, nri: row.u16()? },
            BINDING => Self::Binding {
                map: row.map()?,
                vlr: row.vlr()?,
                tmsi: Tmsi(row.u32()?),
                imsi: Imsi::from_bits(row.u64()?)?,
                at: Timestamp::from_micros(row.u64()? as i64),
            },
            _ => return None,
        })
    }
}

const PORT: u8 = 0;
const TUNNELLED_CIRCUIT: u8 = 1;
const CIRCUIT: u8 = 2;
const NODE: u8 = 3;
const NS_ENTITY: u8 = 4;
const TUNNELLED_ENTITY: u8 = 5;

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn octets(self, octets: &[u8]) -> Self {
        self.0.extend_from_slice(octets);
        self
    }

    fn octet(self, octet: u8) -> Self {
        self.octets(&[octet])
    }

    fn u16(self, value: u16) -> Self {
        self.octets(&value.to_be_bytes())
    }

    fn u32(self, value: u32) -> Self {
        self.octets(&value.to_be_bytes())
    }

    fn u64(self, value: u64) -> Self {
        self.octets(&value.to_be_bytes())
    }

    fn option(self, value: Option<u32>) -> Self {
        self.octet(u8::from(value.is_some())).u32(value.unwrap_or(0))
    }

    fn map(self, map: Map) -> Self {
        self.octet(u8::from(map == Map::Packet))
    }

    fn vlr(self, Vlr { network, node }: Vlr) -> Self {
        self.u32(network).u32(node)
    }

    fn address(self, Address(address): Address) -> Self {
        self.octets(&address.to_be_bytes())
    }

    fn endpoint(self, endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Port(address, port) => self.octet(PORT).address(address).u16(port),
            Endpoint::TunnelledCircuit(address, circuit) => self.octet(TUNNELLED_CIRCUIT).address(address).u32(circuit),
            Endpoint::Circuit(file, end, circuit) => {
                let end = end.map(|LineEnd { link, own }| u32::from(link) << 1 | u32::from(own));
                self.octet(CIRCUIT).u16(file).option(end).u32(circuit)
            }
            Endpoint::Node(point_code) => self.octet(NODE).u32(point_code),
            Endpoint::Entity(file, end, nsei) => self.octet(NS_ENTITY).u16(file).option(end.map(u32::from)).u16(nsei),
            Endpoint::TunnelledEntity(address, nsei) => self.octet(TUNNELLED_ENTITY).address(address).u16(nsei),
        }
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (fixed, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*fixed)
    }

    fn octet(&mut self) -> Option<u8> {
        self.fixed().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.fixed().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.fixed().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.fixed().map(u64::from_be_bytes)
    }

    /// The outer one is whether it can be read, the inner one the value.
    fn option(&mut self) -> Option<Option<u32>> {
        let (is_there, value) = (self.octet()?, self.u32()?);
        Some((is_there != 0).then_some(value))
    }

    fn map(&mut self) -> Option<Map> {
        Some(if self.octet()? == 0 { Map::Circuit } else { Map::Packet })
    }

    fn vlr(&mut self) -> Option<Vlr> {
        Some(Vlr { network: self.u32()?, node: self.u32()? })
    }

    fn address(&mut self) -> Option<Address> {
        self.fixed().map(u128::from_be_bytes).map(Address)
    }

    fn endpoint(&mut self) -> Option<Endpoint> {
        Some(match self.octet()? {
            PORT => Endpoint::Port(self.address()?, self.u16()?),
            TUNNELLED_CIRCUIT => Endpoint::TunnelledCircuit(self.address()?, self.u32()?),
            CIRCUIT => {
                let (file, end) = (self.u16()?, self.option()?);
                let end = end.map(|end| LineEnd { link: (end >> 1) as u16, own: end & 1 != 0 });
                Endpoint::Circuit(file, end, self.u32()?)
            }
            NODE => Endpoint::Node(self.u32()?),
            NS_ENTITY => {
                let (file, end) = (self.u16()?, self.option()?);
                Endpoint::Entity(file, end.map(|own| own != 0), self.u16()?)
            }
            TUNNELLED_ENTITY => Endpoint::TunnelledEntity(self.address()?, self.u16()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_as_it_was_written() {
        let address = Address(u128::MAX - 7);
        let vlr = Vlr { network: u32::MAX, node: 0x0102_0304 };
        let endpoints = [
            Endpoint::Port(address, 0xfffe),
            Endpoint::TunnelledCircuit(address, u32::MAX),
            Endpoint::Circuit(7, None, 1_022),
            Endpoint::Circuit(7, Some(LineEnd { link: u16::MAX, own: false }), 16),
            Endpoint::Circuit(7, Some(LineEnd { link: 0, own: true }), 16),
            Endpoint::Node(0x3fff),
            Endpoint::Entity(1, None, 9),
            Endpoint::Entity(1, Some(false), 9),
            Endpoint::Entity(1, Some(true), 9),
            Endpoint::TunnelledEntity(address, u16::MAX),
        ];
        let area = Lai { plmn: "460-00".parse().unwrap(), lac: 0xfffd };
        let (imsi, at) = ("460001234567890".parse().unwrap(), Timestamp::from_micros(-5));
        let rows = [
            Row::End(u64::MAX),
            Row::Network { id: 3, indicator: 2, appearance: None },
            Row::Network { id: 3, indicator: 2, appearance: Some(0) },
            Row::Named { endpoint: 1, node: Some(u32::MAX) },
            Row::Named { endpoint: 1, node: None },
            Row::Entity { endpoint: 1, node: 2 },
            Row::Area { map: Map::Packet, area, vlr },
            Row::Identifier { map: Map::Circuit, nri: 0x3ff, vlr },
            Row::Binding { map: Map::Packet, vlr, tmsi: Tmsi(u32::MAX), imsi, at },
        ];
        for row in rows.into_iter().chain(endpoints.map(|endpoint| Row::Endpoint { id: 5, endpoint })) {
            let mut octets = Vec::new();
            row.write(&mut octets);
            assert_eq!(Row::read(octets.as_slice().try_into().unwrap()), Some(row));
        }
        assert_eq!(Row::read(&[0xff; ROW_OCTETS]), None);
    }
}
