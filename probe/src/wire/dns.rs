//! Domain names asked for, RFC 1035 §4. Answers are not read.

use event::DomainName;

use super::{Decoded, Fault, Malformed, Message, Protocol, Reader, Value};

/// A DNS message with its first question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dns {
    /// QR: a response.
    pub response: bool,
    /// OPCODE: 0 is a query.
    pub opcode: u8,
    /// QTYPE, §3.2.2 and RFC 3596, RFC 9460.
    pub query_type: Option<u16>,
    /// QNAME, where it is the name of a host.
    pub name: Option<DomainName>,
}

/// A, AAAA, HTTPS: what is asked before a connection is made.
const ADDRESS_TYPES: [u16; 3] = [1, 28, 65];

/// Reads a message.
pub fn read(octets: &[u8]) -> Result<Decoded<Dns>, Malformed> {
    let mut r = Reader::new(Protocol::Dns, octets);
    let [_, _] = r.v("id")?;
    let [flags, _] = r.v("flags")?;
    let questions = r.u16("qdcount")?;
    let [_, _, _, _, _, _] = r.v("ancount")?;
    let mut message = Dns { response: flags & 0x80 != 0, opcode: flags >> 3 & 15, query_type: None, name: None };
    if questions > 0 {
        let read = message.read_question(&mut r);
        r.keep(read);
    }
    Ok(Decoded { message, malformed: r.stopped() })
}

impl Dns {
    /// The host about to be visited.
    pub fn host(&self) -> Option<DomainName> {
        let asks = !self.response && self.query_type.is_some_and(|query_type| ADDRESS_TYPES.contains(&query_type));
        self.name.filter(|_| asks)
    }

    fn read_question(&mut self, r: &mut Reader<'_>) -> Result<(), Malformed> {
        self.name = name(r)?;
        self.query_type = Some(r.u16("qtype")?);
        Ok(())
    }
}

/// QNAME, §3.1: labels behind their lengths, up to the one of length 0. Before the first name there is nothing that a
/// compressed one could point to.
fn name(r: &mut Reader<'_>) -> Result<Option<DomainName>, Malformed> {
    const LONGEST_LABEL: u8 = 63;
    let mut end = Ok(());
    let labels = std::iter::from_fn(|| {
        if r.peek().is_some_and(|length| length > LONGEST_LABEL) {
            end = Err(r.error("qname", Fault::Invalid));
            return None;
        }
        let label = r.lv("qname").map_err(|malformed| end = Err(malformed)).ok()?;
        (!label.is_empty()).then_some(label)
    });
    // Its end has to be found even where it is no host's.
    let mut others = labels.fuse();
    let name = DomainName::from_labels(others.by_ref());
    others.for_each(drop);
    end.map(|()| name)
}

impl Message for Dns {
    fn protocol(&self) -> Protocol {
        Protocol::Dns
    }

    fn name(&self) -> &'static str {
        if self.response { "response" } else { "query" }
    }

    fn code(&self) -> u8 {
        self.opcode
    }

    fn is_named_by_code(&self) -> bool {
        false
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Some(name) = self.name {
            visit("qname", Value::Domain(name));
        }
        if let Some(query_type) = self.query_type {
            visit("qtype", Value::Integer(u64::from(query_type)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03WWW\x07example\x02cn\x00\x00\x01\x00\x01";

    #[test]
    fn a_query_names_a_host_and_every_truncation_is_told() {
        let Decoded { message, malformed } = read(QUERY).unwrap();
        assert_eq!((message.host(), malformed), ("www.example.cn".parse().ok(), None));
        for length in 0..QUERY.len() - 2 {
            assert!(read(&QUERY[..length]).map_or_else(Some, |cut| cut.malformed).is_some(), "cut at {length}");
        }
    }

    #[test]
    fn answers_and_other_questions_are_no_visit() {
        let changed = |place: usize, octet: u8| {
            let mut octets = QUERY.to_vec();
            octets[place] = octet;
            read(&octets).unwrap()
        };
        assert_eq!(changed(2, 0x81).message.host(), None);
        assert_eq!(changed(29, 12).message.host(), None);
        assert_eq!(changed(12, 0xc0).malformed.map(|malformed| malformed.fault), Some(Fault::Invalid));
        let no_host = changed(13, b' ').message;
        assert_eq!((no_host.name, no_host.query_type), (None, Some(1)));
    }
}
