//! Ethernet II, IPv4 (RFC 791), UDP (RFC 768) and TCP (RFC 9293) headers with correct lengths and checksums.

use super::Octets;

/// An IPv4 address and a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Socket {
    /// The address.
    pub address: [u8; 4],
    /// The port.
    pub port: u16,
}

/// Protocol number of TCP.
pub const TCP: u8 = 6;
/// Protocol number of UDP.
pub const UDP: u8 = 17;
/// Protocol number of SCTP.
pub const SCTP: u8 = 132;

const ETHERNET_OCTETS: usize = 14;
const IPV4_OCTETS: usize = 20;
/// Where the payload of IP begins in a frame.
pub const PAYLOAD_AT: usize = ETHERNET_OCTETS + IPV4_OCTETS;

/// Begins a frame: Ethernet and IPv4 headers, the total length and checksum still empty.
pub fn begin(o: &mut Octets, from: [u8; 4], to: [u8; 4], protocol: u8, identification: u16) {
    let ([a, b, c, d], [e, f, g, h]) = (from, to);
    // Stations are locally administered, made of the IP addresses.
    o.bytes(&[2, 0, e, f, g, h, 2, 0, a, b, c, d, 0x08, 0x00]);
    header(o, from, to, protocol, identification);
}

/// Ends a frame: total length and header checksum.
pub fn end(o: &mut Octets) {
    complete(o, ETHERNET_OCTETS);
}

/// An IPv4 header, the total length and checksum still empty.
pub fn header(o: &mut Octets, from: [u8; 4], to: [u8; 4], protocol: u8, identification: u16) {
    const DONT_FRAGMENT: u8 = 0x40;
    let ([a, b, c, d], [e, f, g, h], [high, low]) = (from, to, identification.to_be_bytes());
    o.bytes(&[0x45, 0, 0, 0, high, low, DONT_FRAGMENT, 0, 64, protocol, 0, 0, a, b, c, d, e, f, g, h]);
}

/// Completes the header at `at` of a packet that ends here: total length and checksum.
pub fn complete(o: &mut Octets, at: usize) {
    let total = (o.len() - at) as u16;
    o.patch(at + 2, &total.to_be_bytes());
    let header = o.as_slice().get(at..at + IPV4_OCTETS).unwrap_or_default();
    let sum = checksum(sum(header));
    o.patch(at + 10, &sum.to_be_bytes());
}

/// TCP header fields, RFC 9293 §3.1.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// From where.
    pub from: Socket,
    /// To where.
    pub to: Socket,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number; meaningful with [`ACK`].
    pub acknowledged: u32,
    /// Control bits.
    pub control: u8,
}

/// Control bit SYN.
pub const SYN: u8 = 0x02;
/// Control bit PSH.
pub const PSH: u8 = 0x08;
/// Control bit ACK.
pub const ACK: u8 = 0x10;

/// A whole frame with a TCP segment.
pub fn tcp(o: &mut Octets, identification: u16, segment: Segment, payload: &[u8]) {
    begin(o, segment.from.address, segment.to.address, TCP, identification);
    write_segment(o, segment, |o| o.bytes(payload));
    end(o);
}

/// A TCP segment with what `payload` writes.
pub fn write_segment(o: &mut Octets, segment: Segment, payload: impl FnOnce(&mut Octets)) {
    let at = o.len();
    o.u16(segment.from.port);
    o.u16(segment.to.port);
    o.u32(segment.sequence);
    o.u32(segment.acknowledged);
    o.u8(5 << 4);
    o.u8(segment.control);
    o.u16(0xfaf0); // window
    o.u32(0); // checksum, urgent pointer
    payload(o);
    let value = transport_checksum(o, at, TCP, segment.from, segment.to);
    o.patch(at + 16, &value.to_be_bytes());
}

/// A whole frame with a UDP datagram.
pub fn udp(o: &mut Octets, identification: u16, from: Socket, to: Socket, payload: impl FnOnce(&mut Octets)) {
    begin(o, from.address, to.address, UDP, identification);
    write_datagram(o, from, to, payload);
    end(o);
}

/// A UDP datagram with what `payload` writes.
pub fn write_datagram(o: &mut Octets, from: Socket, to: Socket, payload: impl FnOnce(&mut Octets)) {
    let at = o.len();
    o.u16(from.port);
    o.u16(to.port);
    o.u32(0); // length, checksum
    payload(o);
    let length = (o.len() - at) as u16;
    o.patch(at + 4, &length.to_be_bytes());
    let value = transport_checksum(o, at, UDP, from, to);
    // Zero says that there is none (RFC 768).
    let value = if value == 0 { u16::MAX } else { value };
    o.patch(at + 6, &value.to_be_bytes());
}

// Over what begins at `at` and the pseudo-header of both addresses, protocol and length.
fn transport_checksum(o: &Octets, at: usize, protocol: u8, from: Socket, to: Socket) -> u16 {
    let octets = o.as_slice().get(at..).unwrap_or_default();
    let pseudo = sum(&from.address) + sum(&to.address) + u64::from(protocol) + octets.len() as u64;
    checksum(pseudo + sum(octets))
}

// Of four octets at a time: the carries are folded in the end (RFC 1071 §2).
fn sum(octets: &[u8]) -> u64 {
    let (words, rest) = octets.as_chunks::<4>();
    let whole: u64 = words.iter().map(|word| u64::from(u32::from_be_bytes(*word))).sum();
    let mut last = [0; 4];
    last.iter_mut().zip(rest).for_each(|(place, octet)| *place = *octet);
    whole + u64::from(u32::from_be_bytes(last))
}

// RFC 1071: folded and complemented.
fn checksum(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_over_itself_is_zero() {
        let mut o = Octets::default();
        begin(&mut o, [127, 0, 0, 11], [127, 0, 0, 10], SCTP, 0x1234);
        o.bytes(&[1, 2, 3]);
        end(&mut o);
        assert_eq!(checksum(sum(&o.as_slice()[ETHERNET_OCTETS..PAYLOAD_AT])), 0);
        assert_eq!(o.as_slice()[ETHERNET_OCTETS + 2..ETHERNET_OCTETS + 4], [0, 23]);
    }
}
