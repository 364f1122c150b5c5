//! EtherTypes that the probe acts on, IEEE 802 Numbers (IANA).

/// Internet Protocol version 4.
pub const IPV4: u16 = 0x0800;
/// Address Resolution Protocol.
pub const ARP: u16 = 0x0806;
/// Customer VLAN tag, IEEE 802.1Q.
pub const VLAN: u16 = 0x8100;
/// Internet Protocol version 6.
pub const IPV6: u16 = 0x86dd;
/// MPLS, RFC 3032 §5.
pub const MPLS: u16 = 0x8847;
/// MPLS with an upstream-assigned label, RFC 5332.
pub const MPLS_UPSTREAM: u16 = 0x8848;
/// PPP over Ethernet, session stage: RFC 2516.
pub const PPPOE_SESSION: u16 = 0x8864;
/// Service VLAN tag, IEEE 802.1ad (QinQ).
pub const SERVICE_VLAN: u16 = 0x88a8;
/// The service tag of equipment older than IEEE 802.1ad.
pub const OLD_SERVICE_VLAN: u16 = 0x9100;
/// Of what has none: no EtherType.
pub const UNKNOWN: u16 = 0;

/// Whether the probe acts on this one.
pub const fn is_known(ether_type: u16) -> bool {
    matches!(ether_type, IPV4 | ARP | IPV6 | MPLS | MPLS_UPSTREAM | PPPOE_SESSION)
}
