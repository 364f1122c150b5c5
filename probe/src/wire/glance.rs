//! Whom a message on A names, told by a glance: for those who want to look ahead. It is no reading: what follows from it may only be
//! a matter of time.

use super::{MobileIdentity, Protocol, Reader, SccpMessageType};

/// Length and type of a mobile identity that is a TMSI, 3GPP TS 24.008 §10.5.1.4.
const TMSI: [u8; 2] = [5, 0xf4];
/// Identifier and length of the BSSMAP element IMSI, 3GPP TS 48.008 §3.2.2.6.
const IMSI: [u8; 2] = [0x08, 0x08];

/// The identity in an SCCP message. A phone says its TMSI when it asks for a connection, a network an IMSI in COMMON ID and in
/// paging.
#[inline]
pub fn identity(sccp: &[u8]) -> Option<MobileIdentity> {
    // DT1: a reference, whether there is more, a pointer, a length; then BSSMAP, its length and the type COMMON ID.
    const COMMON_ID: usize = 7;
    let octets = match (SccpMessageType(*sccp.first()?), sccp.get(COMMON_ID..)) {
        (SccpMessageType::DATA_FORM_1, Some(&[0, _, 0x2f, a, b, ref imsi @ ..])) if [a, b] == IMSI => imsi.get(..8)?,
        // The phone's identity is the last element of what it asks with.
        (SccpMessageType::CONNECTION_REQUEST, Some(rest)) => {
            rest.get(rest.windows(2).rposition(|pair| pair == TMSI)?..)?.get(1..6)?
        }
        (SccpMessageType::UNITDATA, Some(rest)) => {
            rest.get(rest.windows(2).position(|pair| pair == IMSI)?..)?.get(2..10)?
        }
        _ => return None,
    };
    MobileIdentity::read(Reader::new(Protocol::Dtap, octets)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sccp: &[u8], expected: Option<&str>) {
        let named = identity(sccp).map(|identity| match identity {
            MobileIdentity::Imsi(imsi) => imsi.to_string(),
            MobileIdentity::Tmsi(tmsi) => format!("{:08x}", tmsi.0),
            other => format!("{other:?}"),
        });
        assert_eq!(named.as_deref(), expected);
        (0..sccp.len()).for_each(|len| _ = identity(&sccp[..len]));
    }

    const DIGITS: [u8; 8] = [0x49, 0x06, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10];
    const IMSI_OF_THEM: Option<&str> = Some("460012345678901");

    #[test]
    fn common_id_names_an_imsi() {
        let header = [6, 1, 2, 3, 0, 1, 13, 0, 11, 0x2f, 8, 8];
        check(&[&header[..], &DIGITS].concat(), IMSI_OF_THEM);
        let other = [6, 1, 2, 3, 0, 1, 13, 0, 11, 0x20, 8, 8];
        check(&[&other[..], &DIGITS].concat(), None);
    }

    #[test]
    fn paging_names_an_imsi_and_a_connection_request_a_tmsi() {
        let paging = [9, 0, 3, 5, 9, 2, 0x42, 0xfe, 2, 0x42, 0xfe, 21, 0, 19, 0x52, 8, 8];
        check(&[&paging[..], &DIGITS, &[0x1a, 1, 6]].concat(), IMSI_OF_THEM);
        let request = [1, 1, 2, 3, 2, 2, 6, 4, 0x43, 1, 2, 0xfe, 15, 27, 0, 25, 0x57, 0x17, 6, 5, 0x24, 1];
        check(&[&request[..], &[5, 0xf4, 0xc0, 0xff, 0xee, 1, 0]].concat(), Some("c0ffee01"));
        check(&request, None);
    }
}
