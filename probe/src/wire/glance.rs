//! Which connection a message on A belongs to, whom it names, and where, told by a glance: for those who want to look ahead.
//!
//! It is no reading: what follows from it may only be a matter of time.

use event::{Lai, Plmn, Tmsi};

use super::{LocalReference, MobileIdentity, Protocol, Reader, SccpMessageType};

/// Length and type of a mobile identity that is a TMSI, 3GPP TS 24.008 §10.5.1.4.
const TMSI: [u8; 2] = [5, 0xf4];
/// Identifier and length of the BSSMAP element IMSI, 3GPP TS 48.008 §3.2.2.6.
const IMSI: [u8; 2] = [0x08, 0x08];
/// Where the user data of a DT1 begin: behind a reference, whether there is more, a pointer, a length.
const USER_DATA: usize = 7;

/// What an SCCP message shows at a glance: which ends of a connection it names, and what else it may tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Glance {
    /// Nothing that anybody could look ahead for.
    #[default]
    Nothing,
    /// A message of a connection that names its receiver's end.
    Passing(LocalReference, Told),
    /// One that names both ends, the receiver's and the sender's: it begins or ends a connection.
    Pairing(LocalReference, LocalReference),
    /// A phone asks for a connection.
    Request(Request),
    /// The network pages somebody, by IMSI, and where it has one by TMSI.
    Paging(Option<MobileIdentity>, Option<Tmsi>),
}

/// What the user data of a connection tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// Nothing that anybody could look ahead for.
    Nothing,
    /// Whose the connection is: an IMSI in COMMON ID, an IMEISV when ciphering begins, a TMSI when an update is accepted.
    Identity(MobileIdentity),
    /// The circuit identity code that ASSIGNMENT REQUEST gives to the connection.
    Circuit(u16),
    /// It may end what its connection has begun: any message of SMS, or TMSI REALLOCATION COMPLETE.
    Completion,
}

/// How a phone asks for a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// The end of the connection that is to be.
    pub source: LocalReference,
    /// How the phone calls itself.
    pub identity: Option<MobileIdentity>,
    /// The location area that it asks from.
    pub area: Option<Lai>,
    /// The one where it says that it was given its TMSI: in an update the last one that it was in.
    pub last_area: Option<Lai>,
}

impl Glance {
    /// Looks at an SCCP message.
    #[inline]
    pub fn at(sccp: &[u8]) -> Self {
        use SccpMessageType as T;
        let &[code, a, b, c, ref rest @ ..] = sccp else { return Self::Nothing };
        let first = LocalReference(u32::from_le_bytes([a, b, c, 0]));
        // Where a type has a destination's reference it stands first, and the source's behind it (Q.713 §4).
        match SccpMessageType(code) {
            T::DATA_FORM_1 => Self::Passing(first, Told::by(sccp.get(USER_DATA..).unwrap_or_default())),
            T::CONNECTION_REQUEST => Self::Request(Request::at(first, sccp)),
            T::CONNECTION_CONFIRM | T::RELEASED | T::RELEASE_COMPLETE => match rest.first_chunk() {
                Some(&[a, b, c]) => Self::Pairing(first, LocalReference(u32::from_le_bytes([a, b, c, 0]))),
                None => Self::Passing(first, Told::Nothing),
            },
            T::UNITDATA => Self::of_unitdata(sccp).unwrap_or_default(),
            T::UNITDATA_SERVICE | T::EXTENDED_UNITDATA | T::EXTENDED_UNITDATA_SERVICE => Self::Nothing,
            T::LONG_UNITDATA | T::LONG_UNITDATA_SERVICE => Self::Nothing,
            _ => Self::Passing(first, Told::Nothing),
        }
    }

    #[inline]
    fn of_unitdata(sccp: &[u8]) -> Option<Self> {
        // Behind the type, the class and the pointers; the addresses are not worth reading.
        let rest = sccp.get(5..)?;
        let (digits, behind) =
            rest.get(rest.windows(2).position(|pair| pair == IMSI)? + 2..)?.split_first_chunk::<8>()?;
        let paged = match *behind {
            [9, 4, a, b, c, d, ..] => Some(Tmsi(u32::from_be_bytes([a, b, c, d]))),
            _ => None,
        };
        Some(Self::Paging(read(digits), paged))
    }
}

impl Told {
    #[inline]
    fn by(data: &[u8]) -> Self {
        Self::found(data).unwrap_or(Self::Nothing)
    }

    #[inline]
    fn found(data: &[u8]) -> Option<Self> {
        let identity = match *data {
            // BSSMAP, its length, COMMON ID.
            [0, _, 0x2f, a, b, ..] if [a, b] == IMSI => data.get(5..13)?,
            // BSSMAP, its length, CIPHER MODE COMPLETE; the layer 3 message in it, RR, CIPHERING MODE COMPLETE.
            [0, _, 0x55, 0x20, _, 6, 0x32, 0x17, 9, ..] => data.get(9..18)?,
            // BSSMAP, its length, ASSIGNMENT REQUEST; the channel type.
            [0, _, 0x01, 0x0b, length, ..] => {
                return circuit(data.get(5 + usize::from(length)..)?).map(Self::Circuit);
            }
            // DTAP, its DLCI and length, MM, LOCATION UPDATING ACCEPT; the area.
            [1, _, _, 5, 2, _, _, _, _, _, 0x17, a, b, ..] if [a, b] == TMSI => data.get(12..17)?,
            // DTAP, its DLCI and length, MM, TMSI REALLOCATION COMPLETE, where the phone numbers its messages; SMS, CP-ACK or CP-DATA.
            [1, _, _, protocol, kind, ..] => {
                let completes = protocol & 0x0f == 9 || protocol == 5 && kind & 0x3f == 0x1b;
                return completes.then_some(Self::Completion);
            }
            _ => return None,
        };
        read(identity).map(Self::Identity)
    }
}

impl Request {
    #[inline]
    fn at(source: LocalReference, sccp: &[u8]) -> Self {
        let nameless = Self { source, identity: None, area: None, last_area: None };
        let Some((cell, layer_3)) = connection_request(sccp) else { return nameless };
        let area = match *cell {
            // A whole cell: its discriminator, the network, the area, the cell.
            [0, a, b, c, d, e, _, _] => Some(lai([a, b, c, d, e])),
            _ => None,
        };
        // MM, LOCATION UPDATING REQUEST: the type and the key, the area, the classmark.
        let last_area = match *layer_3 {
            [5, 0x08, _, a, b, c, d, e, ..] => Some(lai([a, b, c, d, e])),
            _ => area,
        };
        Self { identity: first_identity(layer_3).and_then(read), area, last_area, ..nameless }
    }
}

fn read(identity: &[u8]) -> Option<MobileIdentity> {
    MobileIdentity::read(Reader::new(Protocol::Dtap, identity)).ok()
}

const fn lai([a, b, c, d, e]: [u8; 5]) -> Lai {
    Lai { plmn: Plmn::from_octets([a, b, c]), lac: u16::from_be_bytes([d, e]) }
}

/// The circuit behind the channel type of an ASSIGNMENT REQUEST, 3GPP TS 48.008 §3.2.1.1; a priority may come before.
#[inline]
fn circuit(elements: &[u8]) -> Option<u16> {
    const PRIORITY: u8 = 0x06;
    match *elements {
        [0x01, a, b, ..] | [PRIORITY, 1, _, 0x01, a, b, ..] => Some(u16::from_be_bytes([a, b])),
        _ => None,
    }
}

/// With which identity a phone begins a dialogue.
#[inline]
fn first_identity(layer_3: &[u8]) -> Option<&[u8]> {
    let (length, identity) = match *layer_3 {
        // MM, LOCATION UPDATING REQUEST: the type and the key, the area, the classmark.
        [5, 0x08, ..] => layer_3.get(9..)?,
        // MM, CM SERVICE REQUEST; RR, PAGING RESPONSE: the type and the key, a classmark of three octets.
        [5, 0x24, ..] | [6, 0x27, ..] => layer_3.get(7..)?,
        _ => return None,
    }
    .split_first()?;
    identity.get(..usize::from(*length))
}

/// The cell and the layer 3 message of a COMPLETE LAYER 3 INFORMATION in a connection request.
#[inline]
fn connection_request(sccp: &[u8]) -> Option<(&[u8], &[u8])> {
    // A connection request: a reference, a class, two pointers, the second of which leads to the optional part.
    const OPTIONAL_PART: usize = 6;
    const DATA: u8 = 0x0f;
    let &[1, _, _, _, _, _, optional, ..] = sccp else { return None };
    let mut rest = sccp.get(OPTIONAL_PART + usize::from(optional)..)?;
    let data = loop {
        let (&[code, length], values) = rest.split_first_chunk()?;
        let (value, others) = values.split_at_checked(usize::from(length))?;
        if code == DATA {
            break value;
        }
        rest = others;
    };
    let (&[0, _, 0x57, 0x05, length], rest) = data.split_first_chunk()? else { return None };
    let (cell, rest) = rest.split_at_checked(usize::from(length))?;
    let (&[0x17, length], rest) = rest.split_first_chunk()? else { return None };
    Some((cell, rest.get(..usize::from(length))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sccp: &[u8], expected: Option<&str>) {
        let identity = match Glance::at(sccp) {
            Glance::Passing(LocalReference(0x03_0201), Told::Identity(identity)) => Some(identity),
            Glance::Request(Request { source: LocalReference(0x03_0201), identity, .. }) => identity,
            Glance::Paging(identity, _) => identity,
            _ => None,
        };
        let named = identity.map(|identity| match identity {
            MobileIdentity::Imsi(imsi) => imsi.to_string(),
            MobileIdentity::Tmsi(tmsi) => format!("{:08x}", tmsi.0),
            MobileIdentity::Imei(imei) => format!("{imei:?}"),
            other => format!("{other:?}"),
        });
        assert_eq!(named.as_deref(), expected);
        (0..sccp.len()).for_each(|len| _ = Glance::at(&sccp[..len]));
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
    fn an_update_that_is_accepted_names_a_tmsi_and_the_begin_of_ciphering_a_device() {
        let accept = [6, 1, 2, 3, 0, 1, 18, 1, 0, 15, 5, 2, 0x64, 0xf0, 0, 0, 7, 0x17, 5, 0xf4, 0xc0, 0xff, 0xee, 1];
        check(&accept, Some("c0ffee01"));
        check(&accept[..17], None);
        let complete = [6, 1, 2, 3, 0, 1, 18, 0, 16, 0x55, 0x20, 12, 6, 0x32, 0x17, 9];
        let imeisv = [0x33, 0x35, 0x09, 0x00, 0x12, 0x43, 0x65, 0x07, 0xf8];
        check(&[&complete[..], &imeisv, &[0x2c, 2]].concat(), Some("Imei(35390002******)"));
    }

    #[test]
    fn paging_names_an_imsi_and_a_connection_request_a_tmsi() {
        let paging = [9, 0, 3, 5, 9, 2, 0x42, 0xfe, 2, 0x42, 0xfe, 21, 0, 19, 0x52, 8, 8];
        check(&[&paging[..], &DIGITS, &[0x1a, 1, 6]].concat(), IMSI_OF_THEM);
        // The called and the calling address, then the data.
        let header = [1, 1, 2, 3, 2, 2, 4, 2, 0x42, 0xfe, 4, 2, 0x42, 0xfe, 15];
        let cell = [0x57, 0x05, 8, 0, 0x64, 0xf0, 0x00, 0x12, 0x34, 0, 9];
        let tmsi = [5, 0xf4, 0xc0, 0xff, 0xee, 1];
        for begin in [
            &[5, 0x24, 1, 3, 0x33, 0x19, 0x81][..],
            &[6, 0x27, 0, 3, 0x33, 0x19, 0x81],
            &[5, 0x08, 0x70, 0x64, 0xf0, 0x00, 0x12, 0x33, 0x33],
        ] {
            let layer_3 = [begin, &tmsi].concat();
            let length = [cell.len() as u8 + 2 + layer_3.len() as u8];
            let data = [&[length[0] + 2, 0][..], &length, &cell, &[0x17, layer_3.len() as u8], &layer_3].concat();
            // Whatever follows: the end of the optional part, other elements.
            let request = [&header[..], &data, &[0]].concat();
            check(&request, Some("c0ffee01"));
            let Glance::Request(Request { area, last_area, .. }) = Glance::at(&request) else { panic!("no request") };
            let last = if begin[1] == 0x08 { "460-00-4659" } else { "460-00-4660" };
            assert_eq!([area, last_area].map(|area| area.unwrap().to_string()), ["460-00-4660", last]);
            check(&request[..request.len() - 3], None);
        }
    }

    #[test]
    fn paging_may_name_a_tmsi_beside_the_imsi() {
        let paging = [9, 0, 3, 5, 9, 2, 0x42, 0xfe, 2, 0x42, 0xfe, 27, 0, 25, 0x52, 8, 8];
        let paged = |behind: &[u8]| match Glance::at(&[&paging[..], &DIGITS, behind].concat()) {
            Glance::Paging(_, paged) => paged,
            other => panic!("{other:?}"),
        };
        assert_eq!(paged(&[9, 4, 0xc0, 0xff, 0xee, 1, 0x1a, 1, 6]), Some(Tmsi(0xc0ff_ee01)));
        assert_eq!([paged(&[0x1a, 1, 6]), paged(&[9, 4, 0xc0, 0xff])], [None, None]);
    }

    #[test]
    fn an_assignment_request_gives_a_circuit() {
        let circuit = |elements: &[u8]| {
            let header = [6, 1, 2, 3, 0, 1, 20, 0, 18, 0x01, 0x0b, 3, 1, 8, 1];
            match Glance::at(&[&header[..], elements].concat()) {
                Glance::Passing(_, Told::Circuit(circuit)) => Some(circuit),
                _ => None,
            }
        };
        assert_eq!(circuit(&[0x01, 0x12, 0x34, 0x0a]), Some(0x1234));
        assert_eq!(circuit(&[0x06, 1, 0x14, 0x01, 0x12, 0x34]), Some(0x1234));
        assert_eq!([circuit(&[0x06, 1, 0x14]), circuit(&[0x7c, 6, 1, 10, 0, 0, 1])], [None, None]);
    }

    #[test]
    fn sms_and_the_end_of_a_reallocation_complete_what_was_begun() {
        let completes = |layer_3: [u8; 2]| {
            let glance = Glance::at(&[&[6, 1, 2, 3, 0, 1, 5, 1, 0, 2][..], &layer_3].concat());
            glance == Glance::Passing(LocalReference(0x03_0201), Told::Completion)
        };
        assert!([[0x05, 0x5b], [0x05, 0x1b], [0x09, 0x04], [0x89, 0x01]].into_iter().all(completes));
        assert!(![[0x05, 0x18], [0x03, 0x1b], [0x06, 0x35]].into_iter().any(completes));
    }

    #[test]
    fn references_are_named_as_the_type_has_them() {
        let names = |code: SccpMessageType| match Glance::at(&[code.0, 1, 2, 3, 4, 5, 6, 0]) {
            Glance::Nothing => [None; 2],
            Glance::Passing(LocalReference(destination), Told::Nothing) => [Some(destination), None],
            Glance::Pairing(LocalReference(destination), LocalReference(source)) => [Some(destination), Some(source)],
            Glance::Request(Request { source: LocalReference(source), .. }) => [None, Some(source)],
            other => panic!("{other:?}"),
        };
        use SccpMessageType as T;
        let (first, second) = (Some(0x03_0201), Some(0x06_0504));
        assert_eq!(names(T::CONNECTION_REQUEST), [None, first]);
        for code in [T::CONNECTION_CONFIRM, T::RELEASED, T::RELEASE_COMPLETE] {
            assert_eq!(names(code), [first, second], "{}", code.name());
        }
        for code in [T::DATA_FORM_1, T::DATA_FORM_2, T::CONNECTION_REFUSED, T::PROTOCOL_DATA_UNIT_ERROR] {
            assert_eq!(names(code), [first, None], "{}", code.name());
        }
        for code in [T::UNITDATA, T::UNITDATA_SERVICE, T::EXTENDED_UNITDATA, T::LONG_UNITDATA] {
            assert_eq!(names(code), [None; 2], "{}", code.name());
        }
    }
}
