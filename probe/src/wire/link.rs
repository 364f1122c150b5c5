//! Link layers: from the captured octets to the network layer's.

/// The link types that can be read, of those registered at <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// 0: BSD loopback, the protocol family in the byte order of the capturing host.
    Null,
    /// 1: IEEE 802.3.
    Ethernet,
    /// 101, and 12 or 14 as some systems write it: IPv4 or IPv6 by the version field.
    Raw,
    /// 108: OpenBSD loopback, the protocol family in network byte order.
    Loop,
    /// 113: Linux "cooked" capture.
    LinuxSll,
    /// 228: IPv4.
    Ipv4,
    /// 229: IPv6.
    Ipv6,
    /// 276: Linux "cooked" capture, version 2.
    LinuxSll2,
}
