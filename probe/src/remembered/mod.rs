//! What a probe knows of temporary identities, as octets that outlive it: bindings, and what they need to mean anything (nodes,
//! areas, network resource identifiers). A probe that takes them back holds every binding for doubtful until the network
//! confirms it. What carries messages is named here as it is called on the wire, never by the numbers of one process.

mod row;

use std::collections::BTreeSet;

use event::{Imsi, Lai, Timestamp};
use rustc_hash::FxHashMap;

use self::row::{Map, ROW_OCTETS, Row};
use crate::interpret::{AInterface, GbInterface};
use crate::track::identity::{Bound, Identities, Proof, Temporary, Vlr};
use crate::track::network::{ENDPOINTS, Endpoint};
use crate::track::transport::Transport;

/// What leads the rows: whose they are, and their layout.
const LEAD: [u8; ROW_OCTETS] = *b"Touchpoint identities, layout 1\n";

/// How far a writing has come. One takes many turns, between which the probe goes on: a subscriber may then stand in it under an
/// identity that has gone to somebody else meanwhile. The younger word wins when they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    map: Map,
    /// Subscribers of the map that are written.
    done: usize,
    rows: u64,
}

impl Default for Writing {
    fn default() -> Self {
        Self { map: Map::Circuit, done: 0, rows: 0 }
    }
}

/// What was taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    /// Bindings, all of them suspect.
    pub bindings: u64,
    /// Those that were too old, or younger than they may be.
    pub beside: u64,
    /// Location areas that had been heard, in order.
    pub areas: BTreeSet<Lai>,
}

/// The octets are not whole, or not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no list of identities that this touchpoint has written whole")]
pub struct Unreadable;

/// The parts of a probe that know.
pub(crate) struct Parts<'a> {
    pub(crate) feed: u16,
    pub(crate) transport: &'a mut Transport,
    pub(crate) a_interface: &'a mut AInterface,
    pub(crate) gb_interface: &'a mut GbInterface,
}

impl Parts<'_> {
    fn identities(&mut self, map: Map) -> &mut Identities {
        match map {
            Map::Circuit => self.a_interface.identities_mut(),
            Map::Packet => self.gb_interface.identities_mut(),
        }
    }

    /// See [`crate::Probe::remember`].
    pub(crate) fn remember(
        &mut self,
        mut writing: Writing,
        subscribers: usize,
        since: Timestamp,
        rows: &mut Vec<u8>,
    ) -> Option<Writing> {
        let Writing { map, done, .. } = writing;
        if writing == Writing::default() {
            rows.extend_from_slice(&LEAD);
        }
        let begun = rows.len();
        let identities = self.identities(map);
        let until = done.saturating_add(subscribers).min(identities.len());
        for bound in identities.bindings_of(done..until).filter(|bound| bound.at >= since) {
            let Bound { temporary, imsi, at, .. } = bound;
            Row::Binding { map, vlr: temporary.vlr, tmsi: temporary.tmsi, imsi, at }.write(rows);
        }
        writing.done = until;
        let is_last = until == identities.len();
        if is_last && map == Map::Packet {
            self.write_nodes(rows);
        }
        writing.rows += ((rows.len() - begun) / ROW_OCTETS) as u64;
        match (is_last, map) {
            (false, _) => Some(writing),
            (true, Map::Circuit) => Some(Writing { map: Map::Packet, done: 0, rows: writing.rows }),
            (true, Map::Packet) => {
                Row::End(writing.rows).write(rows);
                None
            }
        }
    }

    fn write_nodes(&mut self, rows: &mut Vec<u8>) {
        for map in [Map::Circuit, Map::Packet] {
            let identities = self.identities(map);
            identities.areas().for_each(|(area, vlr)| Row::Area { map, area, vlr }.write(rows));
            identities.resource_identifiers().for_each(|(vlr, nri)| Row::Identifier { map, nri, vlr }.write(rows));
        }
        self.gb_interface.entities().all().for_each(|(endpoint, node)| Row::Entity { endpoint, node }.write(rows));
        let (networks, endpoints) = self.transport.nodes();
        for (id, indicator, appearance) in networks.all() {
            Row::Network { id, indicator, appearance }.write(rows);
        }
        endpoints.all().for_each(|(id, _, endpoint)| Row::Endpoint { id, endpoint }.write(rows));
        endpoints.names().for_each(|(endpoint, node)| Row::Named { endpoint, node }.write(rows));
    }

    /// See [`crate::Probe::recall`].
    pub(crate) fn recall(&mut self, octets: &[u8], since: Timestamp, until: Timestamp) -> Result<Recalled, Unreadable> {
        let known = Known::of(self, octets)?;
        let mut recalled = Recalled::default();
        for row in rows(octets)? {
            match row? {
                Row::Binding { at, .. } if !(since..=until).contains(&at) => recalled.beside += 1,
                row @ Row::Binding { .. } => recalled.bindings += u64::from(self.take(row, &known).is_some()),
                row => {
                    if let Row::Area { area, .. } = row {
                        recalled.areas.insert(area);
                    }
                    _ = self.take(row, &known);
                }
            }
        }
        Ok(recalled)
    }

    /// `None` where it names what is not known here.
    fn take(&mut self, row: Row, known: &Known) -> Option<()> {
        match row {
            Row::Binding { map, vlr, tmsi, imsi, at } => {
                let temporary = Temporary { vlr: known.vlr(vlr)?, tmsi };
                self.identities(map).insert_suspect(Bound { temporary, imsi, proof: Proof::Restored, at });
            }
            Row::Area { map, area, vlr } => self.identities(map).learn_area(area, known.vlr(vlr)?),
            Row::Identifier { map, nri, vlr } => self.identities(map).learn_resource_identifier(known.vlr(vlr)?, nri),
            Row::Entity { endpoint, node } => {
                let (endpoint, node) = (known.node(ENDPOINTS, endpoint)?, known.node(ENDPOINTS, node)?);
                self.gb_interface.entities_mut().learn_node(ENDPOINTS, endpoint, node);
            }
            Row::Named { endpoint, node } => {
                let (endpoint, node) = (known.endpoint(endpoint)?, node.map(|node| known.endpoint(node)));
                let name = node.map_or(Some(None), |node| node.map(Some))?;
                self.transport.nodes_mut().1.take_name(self.feed, endpoint, name);
            }
            Row::End(_) | Row::Network { .. } | Row::Endpoint { .. } => {}
        }
        Some(())
    }
}

/// What the ids of the process that wrote are in this one.
#[derive(Default)]
struct Known {
    networks: FxHashMap<u32, u32>,
    endpoints: FxHashMap<u32, (Endpoint, u32)>,
}

impl Known {
    fn of(parts: &mut Parts<'_>, octets: &[u8]) -> Result<Self, Unreadable> {
        let mut known = Self::default();
        let feed = parts.feed;
        let (networks, endpoints) = parts.transport.nodes_mut();
        for row in rows(octets)? {
            match row? {
                Row::Network { id, indicator, appearance } => {
                    let own = networks.id(feed, indicator, appearance);
                    known.networks.extend(own.map(|own| (id, own)));
                }
                Row::Endpoint { id, endpoint } => {
                    let own = endpoints.id(feed, endpoint);
                    known.endpoints.extend(own.map(|own| (id, (endpoint, own))));
                }
                _ => {}
            }
        }
        Ok(known)
    }

    fn endpoint(&self, id: u32) -> Option<Endpoint> {
        self.endpoints.get(&id).map(|(endpoint, _)| *endpoint)
    }

    fn node(&self, network: u32, node: u32) -> Option<u32> {
        if network == ENDPOINTS { self.endpoints.get(&node).map(|(_, own)| *own) } else { Some(node) }
    }

    fn vlr(&self, Vlr { network, node }: Vlr) -> Option<Vlr> {
        let own = if network == ENDPOINTS { ENDPOINTS } else { *self.networks.get(&network)? };
        Some(Vlr { network: own, node: self.node(network, node)? })
    }
}

/// The rows of octets that were written whole, but for the last.
fn rows(octets: &[u8]) -> Result<impl Iterator<Item = Result<Row, Unreadable>> + '_, Unreadable> {
    let (lead, rest) = octets.split_first_chunk::<ROW_OCTETS>().ok_or(Unreadable)?;
    let (rows, rest) = rest.as_chunks::<ROW_OCTETS>();
    let (last, rows) = rows.split_last().ok_or(Unreadable)?;
    let is_whole = Row::read(last) == Some(Row::End(rows.len() as u64));
    if *lead != LEAD || !rest.is_empty() || !is_whole {
        return Err(Unreadable);
    }
    Ok(rows.iter().map(|row| Row::read(row).ok_or(Unreadable)))
}

/// What [`crate::Probe::remember`] wrote, without a subscriber; and how many rows that takes away.
///
/// # Errors
/// Where it is not what was written.
pub fn without(octets: &[u8], subscriber: Imsi) -> Result<(Vec<u8>, u64), Unreadable> {
    let (mut kept, mut gone) = (Vec::with_capacity(octets.len()), 0);
    kept.extend_from_slice(&LEAD);
    for row in rows(octets)? {
        match row? {
            Row::Binding { imsi, .. } if imsi == subscriber => gone += 1,
            row => row.write(&mut kept),
        }
    }
    Row::End((kept.len() / ROW_OCTETS - 1) as u64).write(&mut kept);
    Ok((kept, gone))
}

#[cfg(test)]
mod tests;
