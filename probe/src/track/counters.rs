//! What the transports have seen, by name.

use rustc_hash::FxHashMap;

use crate::wire::Malformed;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters of everything below SCCP. They only grow.
        #[derive(Clone, Debug, Default)]
        pub struct TransportCounters {
            $($(#[$doc])* pub $name: u64,)*
            malformed: FxHashMap<Malformed, u64>,
        }

        impl TransportCounters {
            /// Every counter by its name, from the link upward.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Frames taken.
    frames,
    /// Frames of which the capture holds only the beginning.
    frames_snapped,
    /// Frames of the link's own control (PPP, Frame Relay, pseudowires), ignored.
    link_control,
    /// Packets and frames found in others: MPLS, PPPoE, GRE with ERSPAN, VXLAN, IP in IP.
    tunnelled,
    /// Those that were not followed, at the limit of tunnels in tunnels.
    tunnels_too_deep,
    /// ARP, ignored.
    arp,
    /// Other EtherTypes and LLC, ignored.
    other_ether_types,
    /// IPv4 packets and fragments.
    ipv4,
    /// IPv6 packets and fragments.
    ipv6,
    /// Fragments among them.
    ip_fragments,
    /// Datagrams put together from fragments.
    ip_reassembled,
    /// Fragments whose place was partly or wholly taken by an earlier one, which is kept.
    ip_fragments_overlapping,
    /// Fragments that cannot be: snapped, of a length that is no multiple of 8, beyond 65,535 octets.
    ip_fragments_invalid,
    /// Datagrams given up because a fragment did not come in time.
    ip_fragments_timed_out,
    /// Fragments dropped at the limit of datagrams in reassembly.
    ip_fragments_refused,
    /// UDP datagrams.
    udp,
    /// RTP on UDP, ignored: speech beside the signalling.
    udp_rtp,
    /// RTCP on UDP, ignored.
    udp_rtcp,
    /// Other UDP on other ports than ours, ignored.
    udp_other_ports,
    /// GSMTAP, in datagrams or captured as such: shown, and not taken further.
    gsmtap,
    /// Layer 3 messages of the air of which a segment is missing.
    gsmtap_incomplete,
    /// UDP datagrams that carry NS.
    ns_over_udp,
    /// NS PDUs that another tap showed within 50 ms, ignored.
    ns_duplicates,
    /// Endpoints of NS that were not remembered, at the limit.
    ns_endpoints_refused,
    /// LLC frames captured as such: shown, and not taken further.
    llc_frames,
    /// Frame Relay frames that carry NS.
    ns_over_frame_relay,
    /// MTP3 messages captured as such.
    mtp3_frames,
    /// SCCP messages captured as such.
    sccp_frames,
    /// Other protocols on IP, ignored.
    other_ip_protocols,
    /// TCP segments on the ports of IPA and M3UA.
    tcp_segments,
    /// TCP segments on other ports, ignored.
    tcp_other_ports,
    /// TCP connections seen.
    tcp_connections,
    /// Segments that brought nothing new.
    tcp_repeated,
    /// Segments that came before an earlier one.
    tcp_out_of_order,
    /// Holes given up.
    tcp_holes,
    /// Octets passed over in search of the next message.
    tcp_octets_skipped,
    /// Messages of IPA and M3UA found in connections, and places where none can begin.
    tcp_messages,
    /// Segments dropped at the limit of connections.
    tcp_refused,
    /// Times that what waited in a connection was given up, at the limit of octets that wait.
    tcp_abandoned,
    /// SCTP packets.
    sctp_packets,
    /// DATA and I-DATA chunks, repeated ones included.
    sctp_data,
    /// DATA and I-DATA chunks that were seen before: retransmitted, or tapped twice.
    sctp_repeated,
    /// DATA and I-DATA chunks without verification tag, in which repetition cannot be told.
    sctp_untagged,
    /// Chunks that are fragments of a user message.
    sctp_fragments,
    /// User messages put together from fragments.
    sctp_reassembled,
    /// Fragments given up: their siblings did not come within the limit, or the association ended.
    sctp_fragments_dropped,
    /// Directions of associations that began to be tracked.
    sctp_directions,
    /// Associations that ended by ABORT or SHUTDOWN COMPLETE.
    sctp_ended,
    /// Packets decoded without regard to repetition, at the limit of tracked directions.
    sctp_untracked,
    /// User messages of other protocols than M2UA, M3UA, SUA and M2PA, ignored.
    sctp_other_protocols,
    /// M3UA DATA messages.
    m3ua_data,
    /// M3UA messages of other classes.
    m3ua_management,
    /// M3UA DATA of other services than SCCP, ignored.
    m3ua_other_services,
    /// M2UA DATA messages.
    m2ua_data,
    /// M2UA messages of other kinds.
    m2ua_management,
    /// M2PA user data.
    m2pa_data,
    /// M2PA link status, and user data that only acknowledges.
    m2pa_status,
    /// SUA messages that stand for one of SCCP.
    sua_data,
    /// SUA messages of other classes.
    sua_management,
    /// MTP2 fill-in signal units, ignored.
    mtp2_fill_in_units,
    /// MTP2 link status signal units.
    mtp2_link_status_units,
    /// MTP2 message signal units, repeated ones included.
    mtp2_messages,
    /// MTP2 message signal units that were sent before.
    mtp2_repeated,
    /// MTP2 message signal units decoded without regard to repetition, at the limit of tracked links.
    mtp2_untracked,
    /// Messages of nodes whose side of an MTP2 link is not remembered, at `MAX_NODES`.
    link_sides_refused,
    /// MTP3 messages: on MTP2, M2UA, M2PA, or captured as such.
    mtp3_messages,
    /// MTP3 messages of other services than SCCP, ignored.
    mtp3_other_services,
    /// IPA messages that carry SCCP.
    ipa_sccp,
    /// IPA control messages.
    ipa_control,
    /// MGCP on IPA, ignored.
    ipa_mgcp,
    /// Other streams on IPA, ignored.
    ipa_other_streams,
    /// Messages dropped at the limit of networks or endpoints.
    networks_refused,
    /// Pairs of nodes whose other side of a gateway is not remembered, at `ROUTE_LIMIT`.
    crossings_refused,
    /// SCCP messages that another tap showed within 50 ms, ignored.
    sccp_duplicates,
    /// SCCP messages forgotten before that time, at the limit of those remembered: duplicates of them would not be recognised.
    sccp_forgotten,
    /// SCCP messages passed upward.
    sccp_messages,
}

impl TransportCounters {
    /// Counts a message whose decoding stopped.
    pub(crate) fn count_malformed(&mut self, malformed: Malformed) {
        *self.malformed.entry(malformed).or_default() += 1;
    }

    /// Messages whose decoding stopped, by layer and element.
    pub fn malformed(&self) -> impl Iterator<Item = (Malformed, u64)> + '_ {
        self.malformed.iter().map(|(malformed, count)| (*malformed, *count))
    }
}
