//! What phones send through their contexts: IPv4 packets with the requests of the web and of WAP that name a host.

use super::ip::Socket;
use super::{Octets, ip};

/// Port of the domain name system, RFC 1035.
pub const DNS: u16 = 53;
/// Port of HTTP.
pub const HTTP: u16 = 80;
/// Port of HTTP over TLS.
pub const HTTPS: u16 = 443;
/// Port of WSP without WTP, and with it (IANA).
pub const WSP: [u16; 2] = [9200, 9201];

fn packet(o: &mut Octets, protocol: u8, from: Socket, to: Socket, transport: impl FnOnce(&mut Octets)) {
    o.clear();
    ip::header(o, from.address, to.address, protocol, from.port);
    transport(o);
    ip::complete(o, 0);
}

/// A UDP datagram in its packet.
pub fn datagram(o: &mut Octets, from: Socket, to: Socket, payload: impl FnOnce(&mut Octets)) {
    packet(o, ip::UDP, from, to, |o| ip::write_datagram(o, from, to, payload));
}

/// A TCP segment in its packet.
pub fn segment(o: &mut Octets, of: ip::Segment, payload: impl FnOnce(&mut Octets)) {
    packet(o, ip::TCP, of.from, of.to, |o| ip::write_segment(o, of, payload));
}

/// A query for the address of a host, RFC 1035 §4.1.
pub fn dns_query(o: &mut Octets, id: u16, host: &str) {
    const RECURSION_DESIRED: u16 = 0x0100;
    for word in [id, RECURSION_DESIRED, 1, 0, 0, 0] {
        o.u16(word);
    }
    question(o, host);
}

/// The answer to it: one address.
pub fn dns_answer(o: &mut Octets, id: u16, host: &str, address: [u8; 4]) {
    const ANSWER: u16 = 0x8180;
    const NAME_OF_QUESTION: u16 = 0xc00c;
    for word in [id, ANSWER, 1, 1, 0, 0] {
        o.u16(word);
    }
    question(o, host);
    for word in [NAME_OF_QUESTION, ADDRESS, INTERNET, 0, 300, 4] {
        o.u16(word);
    }
    o.bytes(&address);
}

const ADDRESS: u16 = 1;
const INTERNET: u16 = 1;

fn question(o: &mut Octets, host: &str) {
    host.split('.').for_each(|label| o.lv(|o| o.bytes(label.as_bytes())));
    o.u8(0);
    o.u16(ADDRESS);
    o.u16(INTERNET);
}

/// A GET of HTTP/1.1, RFC 9112 §3: to the host itself.
pub fn http_get(o: &mut Octets, host: &str) {
    for text in ["GET / HTTP/1.1\r\nHost: ", host, "\r\nUser-Agent: Mobile\r\nAccept: */*\r\n\r\n"] {
        o.bytes(text.as_bytes());
    }
}

/// A GET as phones of WAP 2.0 send it to their proxy (WAP-229-HTTP): with the whole URI.
pub fn proxy_get(o: &mut Octets, host: &str) {
    for text in ["GET http://", host, "/ HTTP/1.1\r\nHost: ", host, "\r\nAccept: application/xhtml+xml\r\n\r\n"] {
        o.bytes(text.as_bytes());
    }
}

/// ClientHello of TLS, RFC 8446 §4.1.2, with the server's name (RFC 6066 §3) among its extensions.
pub fn client_hello(o: &mut Octets, random: [u8; 32], host: &str) {
    const HANDSHAKE: u8 = 22;
    const CLIENT_HELLO: u8 = 1;
    const CIPHER_SUITES: [u16; 4] = [0x1301, 0xc02b, 0xc02f, 0x009c];
    const SUPPORTED_GROUPS: u16 = 10;
    const SERVER_NAME: u16 = 0;
    o.bytes(&[HANDSHAKE, 3, 1]);
    long(o, |o| {
        o.bytes(&[CLIENT_HELLO, 0]);
        long(o, |o| {
            o.u16(0x0303);
            o.bytes(&random);
            o.lv(|o| o.bytes(&random));
            long(o, |o| CIPHER_SUITES.iter().for_each(|suite| o.u16(*suite)));
            o.lv(|o| o.u8(0));
            long(o, |o| {
                o.u16(SUPPORTED_GROUPS);
                long(o, |o| long(o, |o| o.u16(0x001d)));
                o.u16(SERVER_NAME);
                long(o, |o| {
                    long(o, |o| {
                        o.u8(0); // host_name
                        long(o, |o| o.bytes(host.as_bytes()));
                    });
                });
            });
        });
    });
}

// A length of two octets and what `body` writes.
fn long(o: &mut Octets, body: impl FnOnce(&mut Octets)) {
    let at = o.len();
    o.u16(0);
    body(o);
    let length = (o.len() - at - 2) as u16;
    o.patch(at, &length.to_be_bytes());
}

/// A GET of WSP, WAP-230-WSP §8.2.3.1, connectionless: behind its transaction identifier.
pub fn wsp_get(o: &mut Octets, transaction: u8, host: &str) {
    o.u8(transaction);
    get(o, host);
}

/// The same in an Invoke of WTP, WAP-224-WTP §8.3.1: class 2.
pub fn wtp_get(o: &mut Octets, transaction: u16, host: &str) {
    const INVOKE_WHOLE: u8 = 1 << 3 | 0x06; // group and transmission trailer set
    const CLASS_2: u8 = 0x12; // user acknowledgement, class
    o.u8(INVOKE_WHOLE);
    o.u16(transaction);
    o.u8(CLASS_2);
    get(o, host);
}

fn get(o: &mut Octets, host: &str) {
    const GET: u8 = 0x40;
    const PATH: &str = "/index.wml";
    const SCHEME: &str = "http://";
    o.u8(GET);
    o.u8((SCHEME.len() + host.len() + PATH.len()) as u8); // uintvar of one octet, §8.1.2
    for text in [SCHEME, host, PATH] {
        o.bytes(text.as_bytes());
    }
}
