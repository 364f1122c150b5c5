//! Hosts of WAP 1.x: requests of the wireless session protocol (WAP-230-WSP §8.2.3), connectionless or in an Invoke of the
//! wireless transaction protocol (WAP-224-WTP §8.3). Path, headers and data are not read.

use event::DomainName;

use super::codes::codes;
use super::uri::host;
use super::{Decoded, Malformed, Message, Protocol, Reader, Value};

codes! {
    /// PDU type, WAP-230-WSP Table 34.
    pub WspPduType {
        0x01 CONNECT "connect",
        0x40 GET "get",
        0x41 OPTIONS "options",
        0x42 HEAD "head",
        0x43 DELETE "delete",
        0x44 TRACE "trace",
        0x60 POST "post",
        0x61 PUT "put",
    }
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wsp {
    /// PDU type.
    pub pdu_type: WspPduType,
    /// The host of its URI.
    pub host: Option<DomainName>,
}

/// Ports of WSP without and with WTP (IANA); the secure ones are encrypted.
pub mod port {
    /// Connectionless session service.
    pub const CONNECTIONLESS: u16 = 9200;
    /// Session service over WTP.
    pub const SESSION: u16 = 9201;
}

const INVOKE: u8 = 1;

/// Reads a datagram of the connectionless service: transaction identifier and PDU.
pub fn read_connectionless(octets: &[u8]) -> Result<Decoded<Wsp>, Malformed> {
    let mut r = Reader::new(Protocol::Wsp, octets);
    let [_tid] = r.v("tid")?;
    Wsp::read(r)
}

/// Reads a datagram of the service over WTP. `None` where it is no Invoke.
pub fn read_session(octets: &[u8]) -> Result<Option<Decoded<Wsp>>, Malformed> {
    const CONTINUES: u8 = 0x80;
    let mut r = Reader::new(Protocol::Wsp, octets);
    let [first] = r.v("wtp header")?;
    if first >> 3 & 15 != INVOKE {
        return Ok(None);
    }
    let [_, _, _] = r.v("wtp header")?;
    let mut continues = first & CONTINUES != 0;
    while continues {
        continues = variable_part(&mut r)?;
    }
    Wsp::read(r).map(Some)
}

/// A transport information item, WAP-224-WTP §8.4. Gives whether another follows.
fn variable_part(r: &mut Reader<'_>) -> Result<bool, Malformed> {
    const LONG: u8 = 0x04;
    let [first] = r.v("wtp variable header")?;
    let length = if first & LONG != 0 { r.u8("wtp variable header")? } else { first & 3 };
    r.take(usize::from(length), "wtp variable header")?;
    Ok(first & 0x80 != 0)
}

impl Wsp {
    fn read(mut r: Reader<'_>) -> Result<Decoded<Self>, Malformed> {
        let [code] = r.v("pdu type")?;
        let mut message = Self { pdu_type: WspPduType(code), host: None };
        let read = message.read_uri(&mut r);
        r.keep(read);
        Ok(Decoded { message, malformed: r.stopped() })
    }

    fn read_uri(&mut self, r: &mut Reader<'_>) -> Result<(), Malformed> {
        let with_headers = match self.pdu_type.0 {
            0x40..=0x4f => false, // 8.2.3.1
            0x60..=0x6f => true,  // 8.2.3.2
            _ => return Ok(()),
        };
        let length = uintvar(r, "uri length")?;
        if with_headers {
            uintvar(r, "headers length")?;
        }
        self.host = host(r.take(length, "uri")?);
        Ok(())
    }
}

/// Unsigned integer of variable length, WAP-230-WSP §8.1.2: up to five octets, seven bits each.
fn uintvar(r: &mut Reader<'_>, element: &'static str) -> Result<usize, Malformed> {
    let mut value = 0_usize;
    for _ in 0..5 {
        let [octet] = r.v(element)?;
        value = value << 7 | usize::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            break;
        }
    }
    Ok(value)
}

impl Message for Wsp {
    fn protocol(&self) -> Protocol {
        Protocol::Wsp
    }

    fn name(&self) -> &'static str {
        self.pdu_type.name()
    }

    fn code(&self) -> u8 {
        self.pdu_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Some(host) = self.host {
            visit("host", Value::Domain(host));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &[u8] = b"\x15http://wap.example.cn";

    fn host(read: Result<Decoded<Wsp>, Malformed>) -> Option<String> {
        read.ok().and_then(|read| read.message.host).map(|host| host.to_string())
    }

    #[test]
    fn a_get_names_its_host_with_and_without_transactions() {
        let get = [&[0x40][..], URI].concat();
        let connectionless = [&[7][..], &get].concat();
        assert_eq!(host(read_connectionless(&connectionless)).as_deref(), Some("wap.example.cn"));
        let invoke = [&[0x0e, 0, 1, 0x12][..], &get].concat();
        assert_eq!(read_session(&invoke).map(|read| host(Ok(read.unwrap()))), Ok(Some("wap.example.cn".to_owned())));
        let with_item = [&[0x8e, 0, 1, 0x12, 0x11, 0x09][..], &get].concat();
        assert_eq!(read_session(&with_item).map(|read| host(Ok(read.unwrap()))), Ok(Some("wap.example.cn".to_owned())));
        for length in 0..connectionless.len() {
            let cut = read_connectionless(&connectionless[..length]);
            assert!(cut.map_or_else(Some, |cut| cut.malformed).is_some(), "cut at {length}");
        }
        for length in 0..with_item.len() {
            let cut = read_session(&with_item[..length]).map_or_else(Some, |cut| cut.unwrap().malformed);
            assert!(cut.is_some(), "cut at {length}");
        }
    }

    #[test]
    fn a_post_tells_the_length_of_its_headers_first() {
        let post = [&[7, 0x60, 0x15, 0x81, 0x00][..], &URI[1..], &[0; 128]].concat();
        assert_eq!(host(read_connectionless(&post)).as_deref(), Some("wap.example.cn"));
    }

    #[test]
    fn what_is_no_invoke_asks_for_nothing() {
        assert_eq!(read_session(&[0x18, 0, 1]), Ok(None));
        assert_eq!(host(read_connectionless(&[7, 0x01, 0x10])), None);
    }
}
