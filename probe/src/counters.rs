//! What the probe has seen and done, as numbers that a table or JSON shows by name.

use event::{Binding, Event, Kind};
use rustc_hash::FxHashMap;

use crate::wire::{Malformed, Message, Protocol};

/// Counters of everything above the transports.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    messages: MessageCounters,
    events: [u64; Kind::NAMES.len()],
    malformed: FxHashMap<Malformed, u64>,
    /// Who events belonged to.
    pub identities: IdentityTotals,
    /// SCCP connections.
    pub connections: ConnectionTotals,
    /// What stood alone, or came to nothing.
    pub unmatched: UnmatchedTotals,
    /// Frames and packets of the Gb interface.
    pub packet: PacketTotals,
    /// What showed of location areas as a whole.
    pub areas: AreaTotals,
    /// Named limits that were reached.
    pub limits: LimitTotals,
}

/// Declares a group of counters that knows its names.
macro_rules! totals {
    ($(#[$doc:meta])* $type:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $type {
            $($(#[$field_doc])* pub $field: u64,)*
        }

        impl $type {
            /// Each counter by its name.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$((stringify!($field), self.$field),)*].into_iter()
            }
        }
    };
}

totals! {
    /// How subscribers became known, a count a connection and step; and what became of the map of identities.
    IdentityTotals {
        /// By an IMSI on the wire.
        resolved_on_wire,
        /// By a binding in good standing.
        resolved_mapped,
        /// By a suspect binding.
        resolved_suspect,
        /// A TMSI without a binding.
        unresolved,
        /// An IMSI on the wire contradicted what was known, and won.
        conflicts,
        /// Events of attempts with which the network never went on: not published.
        not_accepted,
        /// IMEIs of zeros, which are no device.
        imei_zero,
        /// IMEIs that more subscribers show than can have the device: events are told without it.
        imei_shared,
        /// Subscribers in the map of TMSIs.
        subscribers,
        /// Subscribers in the map of P-TMSIs.
        packet_subscribers,
        /// Bindings made.
        bound,
        /// Bindings confirmed.
        confirmed,
        /// Bindings ended because their TMSI went to somebody else.
        reassigned,
        /// VLR restarts and gaps, after which bindings were suspect.
        doubted,
    }
}

totals! {
    /// Connections and what became of them.
    ConnectionTotals {
        /// Open now.
        open,
        /// Traffic channels that these have, as far as their assignment was seen.
        channels,
        /// Opened by a connection request.
        opened,
        /// Joined in the middle.
        half_opened,
        /// Halves found to be one.
        merged,
        /// Closed.
        closed,
        /// Ended by silence.
        expired,
        /// Ended by a reset of either side.
        reset,
        /// Continued another in a handover.
        handed_over,
        /// Went on with calls whose radio link was lost.
        reestablished,
        /// For another user than BSSAP: not followed.
        other_user,
    }
}

totals! {
    /// What had no counterpart.
    UnmatchedTotals {
        /// LOCATION UPDATING ACCEPT whose request was not seen: no event.
        location_updating_accept,
        /// Short messages answered with RP-ERROR: no event.
        short_message_failed,
        /// Short messages never answered: no event.
        short_message_unacknowledged,
        /// Call-forwarding operations that were refused: no event.
        operation_refused,
        /// Layer 3 messages of a connection whose sides are not known: not interpreted.
        direction_unknown,
        /// Releases of connections that were not known.
        release,
        /// Handovers whose command fits more than one connection: not joined.
        handover_ambiguous,
        /// Messages of SCCP users other than BSSAP.
        other_user,
        /// Accepts of GMM and SM whose request was not seen: no event.
        packet_accept,
        /// BSSGP PDUs about a phone of which the sender's side is not told by their type: not interpreted.
        packet_direction_unknown,
    }
}

totals! {
    /// The Gb interface from LLC upward.
    PacketTotals {
        /// Virtual connections whose cell is known.
        cells,
        /// Virtual connections that are blocked now.
        cells_blocked,
        /// Logical links of phones open now.
        links_open,
        /// Opened.
        links_opened,
        /// Ended by silence.
        links_expired,
        /// LLC frames.
        frames,
        /// Frames whose information is ciphered: not read.
        frames_ciphered,
        /// Frames that did not arrive as they were sent: not read.
        frames_bad,
        /// Frames seen before, by another tap.
        frames_repeated,
        /// UI frames that are missing by their numbers.
        frames_missing,
        /// Segments of user data (SN-PDUs), of both directions.
        segments,
        /// User packets from phones that were whole, or became so.
        packets,
        /// User packets to phones, by their first segments: not read.
        packets_to_phones,
        /// User packets, from and to phones, that are compressed: not read.
        packets_compressed,
        /// User packets of which a segment is missing.
        packets_incomplete,
        /// TMSIs of combined procedures in an area whose VLR was not known then, or not the only one: not bound, or later.
        combined_without_vlr,
        /// Pages for calls with a TMSI in an area whose VLR was not known then, or not the only one: not bound, or later.
        pages_without_vlr,
    }
}

totals! {
    /// What showed of location areas.
    AreaTotals {
        /// Times that one fell silent.
        silent,
        /// Times that one was heard again, or first.
        heard,
        /// Times that it was learned how often phones report there.
        reports,
    }
}

totals! {
    /// Limits, and how often each was reached.
    LimitTotals {
        /// `MAX_CONNECTIONS`.
        connections,
        /// `MAX_SUBSCRIBERS`.
        subscribers,
        /// `MAX_AREAS`, `MAX_VLRS_PER_AREA`, `MAX_NRIS`.
        areas,
        /// `MAX_UNPLACED`.
        unplaced,
        /// `MAX_DOUBTED`.
        doubts,
        /// `MAX_WAITING_EVENTS`.
        waiting_events,
        /// `MAX_CALLS`.
        calls,
        /// `MAX_TRANSFERS`.
        transfers,
        /// `MAX_REQUESTS`.
        requests,
        /// `MAX_LOST`.
        lost_calls,
        /// `MAX_SEGMENTED_OCTETS`, `MAX_WAITING_OCTETS`.
        segmented_octets,
        /// `MAX_SEGMENTED_MESSAGES`.
        segmented_messages,
        /// `MAX_HANDOVERS`.
        handovers,
        /// `MAX_NODES`.
        nodes,
        /// `MAX_LINKS`.
        links,
        /// `MAX_CONTEXTS`.
        contexts,
        /// `MAX_N_PDUS`.
        n_pdus,
        /// `MAX_ENDPOINTS`, `MAX_CELLS`.
        entities,
        /// `MAX_SHARED_DEVICES`.
        devices,
        /// `MAX_NODES`.
        resets,
        /// `MAX_CHANNELS`.
        channels,
        /// `MAX_VIEWS`.
        views,
        /// `MAX_AREAS`.
        reports,
    }
}

impl Counters {
    /// Messages by protocol and name, in the order of nesting.
    pub fn messages(&self) -> impl Iterator<Item = (Protocol, &'static str, u64)> + '_ {
        self.messages.iter()
    }

    /// Events by kind.
    pub fn events(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Kind::NAMES.into_iter().zip(self.events)
    }

    /// Messages whose decoding stopped, by layer, element and fault, in a stable order.
    pub fn malformed(&self) -> impl Iterator<Item = (Malformed, u64)> + '_ {
        let mut all: Vec<_> = self.malformed.iter().map(|(malformed, count)| (*malformed, *count)).collect();
        all.sort_by_key(|(malformed, _)| (malformed.layer, malformed.element, malformed.fault as u8));
        all.into_iter()
    }

    /// The other counters: group, name and value.
    pub fn totals(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        let group = |group: &'static str| move |(name, value)| (group, name, value);
        (self.identities.iter().map(group("identities")))
            .chain(self.connections.iter().map(group("connections")))
            .chain(self.unmatched.iter().map(group("unmatched")))
            .chain(self.packet.iter().map(group("packet")))
            .chain(self.areas.iter().map(group("areas")))
            .chain(self.limits.iter().map(group("limits")))
    }

    pub(crate) fn event(&mut self, event: &Event) {
        if let Some(count) = self.events.get_mut(event.kind.index()) {
            *count += 1;
        }
    }

    #[inline]
    pub(crate) fn message<M: Message + ?Sized>(&mut self, message: &M) {
        let (protocol, code) = (message.protocol(), message.code());
        match message.is_named_by_code() {
            true => self.count(protocol, code, || message.name()),
            false => self.messages.count_by_name(protocol, code, message.name()),
        }
    }

    /// A message of this protocol, with this code, which tells this name.
    #[inline]
    pub(crate) fn count(&mut self, protocol: Protocol, code: u8, name: impl Fn() -> &'static str) {
        self.messages.count(protocol, code, name);
    }

    pub(crate) fn malformation(&mut self, malformed: Malformed) {
        *self.malformed.entry(malformed).or_default() += 1;
    }
}

impl IdentityTotals {
    pub(crate) fn resolved(&mut self, binding: Option<Binding>) {
        match binding {
            Some(Binding::OnWire) => self.resolved_on_wire += 1,
            Some(Binding::Mapped) => self.resolved_mapped += 1,
            Some(Binding::Suspect) => self.resolved_suspect += 1,
            Some(Binding::Unresolved) | None => self.unresolved += 1,
        }
    }
}

/// A count for each protocol and message type, without a search.
#[derive(Clone, Debug)]
struct MessageCounters {
    counts: Vec<u64>,
    /// Of those that are not 0.
    names: Vec<&'static str>,
}

const CODES: usize = 256;

impl Default for MessageCounters {
    fn default() -> Self {
        Self { counts: vec![0; Protocol::COUNT * CODES], names: vec![""; Protocol::COUNT * CODES] }
    }
}

impl MessageCounters {
    #[inline]
    fn count(&mut self, protocol: Protocol, code: u8, name: impl Fn() -> &'static str) {
        let place = protocol as usize * CODES + usize::from(code);
        let Some(count) = self.counts.get_mut(place) else { return };
        *count += 1;
        if *count == 1 {
            self.names.get_mut(place).into_iter().for_each(|place| *place = name());
        }
        debug_assert_eq!(self.names.get(place), Some(&name()), "the code does not tell the name");
    }

    /// The first of its name; or one code has two names: the second takes the next free place.
    #[inline(never)]
    fn count_by_name(&mut self, protocol: Protocol, code: u8, name: &'static str) {
        let begin = protocol as usize * CODES;
        let places = (0..CODES).map(|step| begin + (usize::from(code) + step) % CODES);
        for place in places {
            let (Some(count), Some(known)) = (self.counts.get_mut(place), self.names.get_mut(place)) else { return };
            if *count == 0 || *known == name {
                *count += 1;
                *known = name;
                return;
            }
        }
    }

    fn iter(&self) -> impl Iterator<Item = (Protocol, &'static str, u64)> + '_ {
        let protocols = Protocol::ALL.into_iter().flat_map(|protocol| std::iter::repeat_n(protocol, CODES));
        let rows = protocols.zip(&self.names).zip(&self.counts);
        rows.filter(|(_, count)| **count > 0).map(|((protocol, name), count)| (protocol, *name, *count))
    }
}
