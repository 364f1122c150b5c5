//! Hosts named in ClientHello: server name indication, RFC 6066 §3. Nothing else of it is read.

use event::DomainName;

use super::{Decoded, Malformed, Message, Protocol, Reader, Value};

/// ClientHello, RFC 8446 §4.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHello {
    /// Server name.
    pub server_name: Option<DomainName>,
}

const CONTENT_HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;

/// Reads a segment of TCP. `None` where it does not begin with ClientHello; a fault where the segment ends before the
/// name does.
pub fn read(octets: &[u8]) -> Option<Decoded<ClientHello>> {
    let [CONTENT_HANDSHAKE, 3, _, _, _, CLIENT_HELLO, body @ ..] = octets else { return None };
    let mut r = Reader::new(Protocol::Tls, body);
    let read = server_name(&mut r);
    let hello = ClientHello { server_name: r.keep(read).flatten() };
    Some(Decoded { message: hello, malformed: r.stopped() })
}

fn server_name(r: &mut Reader<'_>) -> Result<Option<DomainName>, Malformed> {
    let [_, _, _] = r.v("length")?;
    let [_, _] = r.v("legacy_version")?;
    let _random: [u8; 32] = r.v("random")?;
    r.lv("legacy_session_id")?;
    let suites = r.u16("cipher_suites")?;
    r.take(usize::from(suites), "cipher_suites")?;
    r.lv("legacy_compression_methods")?;
    if r.is_empty() {
        return Ok(None);
    }
    let _length = r.u16("extensions")?;
    while !r.is_empty() {
        let (extension, length) = (r.u16("extension_type")?, r.u16("extension_data")?);
        let data = r.take(usize::from(length), "extension_data")?;
        if extension == SERVER_NAME {
            return host_name(r.within(data));
        }
    }
    Ok(None)
}

fn host_name(mut r: Reader<'_>) -> Result<Option<DomainName>, Malformed> {
    let _list_length = r.u16("server_name_list")?;
    let [name_type] = r.v("name_type")?;
    let length = r.u16("host_name")?;
    let name = r.take(usize::from(length), "host_name")?;
    Ok(DomainName::from_text(name).filter(|_| name_type == HOST_NAME))
}

impl Message for ClientHello {
    fn protocol(&self) -> Protocol {
        Protocol::Tls
    }

    fn name(&self) -> &'static str {
        "client_hello"
    }

    fn code(&self) -> u8 {
        CLIENT_HELLO
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Some(name) = self.server_name {
            visit("server_name", Value::Domain(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let length = u16::try_from(extensions.len()).unwrap().to_be_bytes();
        let head = [22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3];
        [&head[..], &[7; 32], &[0], &[0, 2, 0x13, 1], &[1, 0], &length, extensions].concat()
    }

    const NAME: &[u8] = b"\x00\x0b\x00\x02\x01\x00\x00\x00\x00\x11\x00\x0f\x00\x00\x0cm.example.cn";

    #[test]
    fn the_server_name_is_found_among_the_extensions() {
        let octets = hello(NAME);
        let Decoded { message, malformed } = read(&octets).unwrap();
        assert_eq!((message.server_name, malformed), ("m.example.cn".parse().ok(), None));
        let [bare, between] = [octets.len() - NAME.len(), octets.len() - NAME.len() + 6];
        for length in 6..octets.len() {
            let cut = read(&octets[..length]).unwrap();
            let ends_between = [bare, bare - 2, between].contains(&length);
            assert_eq!(cut.malformed.is_none(), ends_between, "cut at {length}");
            assert_eq!(cut.message.server_name, None);
        }
    }

    #[test]
    fn what_is_no_client_hello_is_none() {
        assert_eq!(read(&hello(&[])).unwrap().message.server_name, None);
        assert_eq!(read(&[22, 3, 1, 0, 0, 2, 0]), None);
        assert_eq!(read(b"GET / HTTP/1.1"), None);
        assert_eq!(read(&[]), None);
    }
}
