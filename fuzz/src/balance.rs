//! The books of the probe: what goes into a layer comes out of it or is counted as gone.

use probe::Probe;
use probe::counters::Counters;
use probe::track::transport::TransportCounters;
use probe::wire::{Malformed, Protocol};

use crate::observer::Observer;

/// Both sides of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Of what.
    pub name: &'static str,
    /// What went in.
    pub credit: u64,
    /// What became of it.
    pub debit: u64,
}

/// Looks at every account.
///
/// # Panics
/// Where one does not balance.
pub fn check(probe: &Probe, observer: &Observer) {
    for Account { name, credit, debit } in accounts(probe, observer) {
        assert!(credit == debit, "{name}: {credit} went in, {debit} are accounted for");
    }
}

/// All accounts of a probe that told everything to `observer`.
pub fn accounts(probe: &Probe, observer: &Observer) -> Vec<Account> {
    let (transport, counters) = (probe.transport_counters(), probe.counters());
    let books = Books { transport, counters: &counters, observer };
    vec![
        books.frames(),
        books.adaptation(),
        books.mtp3(),
        books.sccp(),
        books.sua(),
        books.ns(),
        books.bssgp(),
        books.gsmtap(),
        books.llc(),
        books.connections(),
        books.malformed(),
        books.events(),
    ]
}

struct Books<'a> {
    transport: &'a TransportCounters,
    counters: &'a Counters,
    observer: &'a Observer,
}

impl Books<'_> {
    /// Malformed frames and packets of these layers.
    fn malformed_below(&self, layers: &[Protocol]) -> u64 {
        self.transport
            .malformed()
            .filter(|(malformed, _)| layers.contains(&malformed.layer))
            .map(|(_, count)| count)
            .sum()
    }

    fn frames(&self) -> Account {
        const LAYERS: [Protocol; 10] = [
            Protocol::Ethernet,
            Protocol::Ppp,
            Protocol::Mpls,
            Protocol::Gre,
            Protocol::Vxlan,
            Protocol::FrameRelay,
            Protocol::Ip,
            Protocol::Udp,
            Protocol::Tcp,
            Protocol::Mtp2,
        ];
        let t = self.transport;
        let ignored = t.link_control + t.arp + t.other_ether_types + t.tunnels_too_deep + t.other_ip_protocols;
        let udp = t.ns_over_udp + t.gsmtap + t.udp_rtp + t.udp_rtcp + t.udp_other_ports;
        let waiting = t.ip_fragments - t.ip_reassembled;
        let carriers = t.sctp_packets + t.tcp_segments + t.tcp_other_ports + udp;
        let mtp2 = t.mtp2_fill_in_units + t.mtp2_link_status_units + t.mtp2_messages;
        let links = t.ns_over_frame_relay + t.llc_frames + mtp2 + t.mtp3_frames + t.sccp_frames;
        let debit = self.malformed_below(&LAYERS) + ignored + waiting + carriers + links;
        Account { name: "frames", credit: t.frames, debit }
    }

    /// User messages of SCTP, and what stands in streams of TCP.
    fn adaptation(&self) -> Account {
        const LAYERS: [Protocol; 5] = [Protocol::M3ua, Protocol::M2ua, Protocol::M2pa, Protocol::Sua, Protocol::Ipa];
        let t = self.transport;
        let whole = t.sctp_data - t.sctp_repeated - t.sctp_fragments;
        let m3ua = t.m3ua_data + t.m3ua_management;
        let others = t.m2ua_data + t.m2ua_management + t.m2pa_data + t.m2pa_status + t.sua_data + t.sua_management;
        let ipa = t.ipa_sccp + t.ipa_control + t.ipa_mgcp + t.ipa_other_streams;
        Account {
            name: "messages of SCTP and TCP",
            credit: whole + t.sctp_reassembled + t.tcp_messages,
            debit: m3ua + others + ipa + t.sctp_other_protocols + self.malformed_below(&LAYERS),
        }
    }

    fn mtp3(&self) -> Account {
        let t = self.transport;
        let mtp2 = t.mtp2_messages - t.mtp2_repeated;
        let credit = mtp2 + t.mtp3_frames + t.m2ua_data + t.m2pa_data;
        Account { name: "MTP3 messages", credit, debit: t.mtp3_messages + self.malformed_below(&[Protocol::Mtp3]) }
    }

    fn sccp(&self) -> Account {
        let t = self.transport;
        let adapted = t.m3ua_data - t.m3ua_other_services + t.mtp3_messages - t.mtp3_other_services;
        let credit = adapted + t.ipa_sccp + t.sccp_frames;
        // Nothing is refused below the limit of networks, which no input reaches.
        Account { name: "SCCP messages", credit, debit: t.sccp_messages + t.sccp_duplicates }
    }

    fn sua(&self) -> Account {
        let t = self.transport;
        Account { name: "SUA messages", credit: self.observer.sua, debit: t.sua_data + t.sua_management }
    }

    /// Who is shown messages is shown duplicates too.
    fn ns(&self) -> Account {
        let t = self.transport;
        Account { name: "NS PDUs", credit: t.ns_over_udp + t.ns_over_frame_relay, debit: self.pdus(Protocol::Ns) }
    }

    fn bssgp(&self) -> Account {
        Account { name: "BSSGP PDUs", credit: self.observer.ns_data, debit: self.pdus(Protocol::Bssgp) }
    }

    /// Of others than those without a type the message was counted, as far as it could be read.
    fn pdus(&self, protocol: Protocol) -> u64 {
        let is_unreadable = |malformed: &Malformed| malformed.layer == protocol && malformed.element == "pdu type";
        let unreadable = self.counters.malformed().filter(|(malformed, _)| is_unreadable(malformed));
        self.messages_of(protocol) + unreadable.map(|(_, count)| count).sum::<u64>()
    }

    fn gsmtap(&self) -> Account {
        let debit = self.observer.gsmtap + self.malformed_below(&[Protocol::Gsmtap]);
        Account { name: "GSMTAP datagrams", credit: self.transport.gsmtap, debit }
    }

    fn messages_of(&self, protocol: Protocol) -> u64 {
        self.counters.messages().filter(|row| row.0 == protocol).map(|row| row.2).sum()
    }

    fn llc(&self) -> Account {
        let frames = self.messages_of(Protocol::Llc);
        Account { name: "LLC frames", credit: frames, debit: self.counters.packet.frames }
    }

    fn connections(&self) -> Account {
        let c = &self.counters.connections;
        Account { name: "connections", credit: c.opened + c.half_opened, debit: c.closed + c.open }
    }

    fn malformed(&self) -> Account {
        let below: u64 = self.transport.malformed().map(|(_, count)| count).sum();
        let above: u64 = self.counters.malformed().map(|(_, count)| count).sum();
        Account { name: "malformed messages", credit: self.observer.malformed, debit: below + above }
    }

    fn events(&self) -> Account {
        let counted = self.counters.events().map(|(_, count)| count).sum();
        Account { name: "events", credit: self.observer.events, debit: counted }
    }
}
