//! Message transfer part level 3: service information octet and routing label, ITU-T Q.704 §2.2, §14.2.

use super::{Message, Octets, PointCode};

/// Who sends to whom, and by which of several links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Originating point code.
    pub originating: PointCode,
    /// Destination point code, of the same width.
    pub destination: PointCode,
    /// Network indicator, §14.2.2: 2 national.
    pub network_indicator: u8,
    /// Signalling link selection, 4 bits.
    pub link_selection: u8,
}

/// The service indicator of SCCP, §14.2.1.
pub const SCCP: u8 = 3;

/// A message with an SCCP message in it.
pub fn sccp(o: &mut Octets, route: Route, message: &[u8]) {
    o.note(Message::Mtp3Sccp);
    o.u8(route.network_indicator << 6 | SCCP);
    match (route.destination, route.originating) {
        (PointCode::Itu(destination), PointCode::Itu(originating)) => {
            let label = u32::from(destination) | u32::from(originating) << 14 | u32::from(route.link_selection) << 28;
            o.bytes(&label.to_le_bytes());
        }
        (destination, originating) => {
            destination.write(o);
            originating.write(o);
            o.u8(route.link_selection);
        }
    }
    o.bytes(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codes: (PointCode, PointCode), expected: &[u8]) {
        let (originating, destination) = codes;
        let mut o = Octets::default();
        sccp(&mut o, Route { originating, destination, network_indicator: 2, link_selection: 5 }, &[9]);
        assert_eq!(o.as_slice(), expected);
    }

    #[test]
    fn labels_have_32_or_56_bits() {
        check((PointCode::Itu(185), PointCode::Itu(187)), &[0x83, 0xbb, 0x40, 0x2e, 0x50, 9]);
        check((PointCode::China(0x01_02_03), PointCode::China(0x04_05_06)), &[0x83, 6, 5, 4, 3, 2, 1, 5, 9]);
    }
}
