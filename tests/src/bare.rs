//! A message centre by SMPP that is nothing but its answers: as fast as it can read, and as odd as a test wants it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Length of a PDU's header; SMPP 3.4 §3.2.
pub const HEADER: usize = 16;
/// `command_id` of an answer beside that of its request.
pub const RESPONSE: u32 = 0x8000_0000;

/// Listens on the loopback until the process ends; each PDU is given to `hear`, which writes what it answers.
pub fn listen(hear: impl Fn(&[u8], &mut Vec<u8>) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on the loopback");
    let address = listener.local_addr().expect("a bound socket has an address").to_string();
    let hear = Arc::new(hear);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let hear = Arc::clone(&hear);
            thread::spawn(move || serve(stream, &*hear));
        }
    });
    address
}

fn serve(mut stream: TcpStream, hear: &dyn Fn(&[u8], &mut Vec<u8>)) {
    stream.set_nodelay(true).ok();
    let (mut inbound, mut piece, mut out) = (Vec::new(), vec![0; 64 * 1024], Vec::new());
    while let Ok(length) = stream.read(&mut piece) {
        if length == 0 {
            return;
        }
        inbound.extend_from_slice(&piece[..length]);
        each_whole(&mut inbound, |pdu| hear(pdu, &mut out));
        if stream.write_all(&out).is_err() {
            return;
        }
        out.clear();
    }
}

/// Takes what is whole out of what has come in.
pub fn each_whole(inbound: &mut Vec<u8>, mut take: impl FnMut(&[u8])) {
    let mut at = 0;
    while let Some(pdu) = inbound.get(at..).and_then(whole) {
        take(pdu);
        at += pdu.len();
    }
    inbound.drain(..at);
}

fn whole(octets: &[u8]) -> Option<&[u8]> {
    let length = u32::from_be_bytes(*octets.first_chunk()?) as usize;
    octets.get(..length)
}

/// The number at this place of a header.
pub fn number(pdu: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(pdu[at..at + 4].try_into().expect("four octets"))
}

/// Writes a PDU.
pub fn put(out: &mut Vec<u8>, [command, status, sequence]: [u32; 3], body: &[u8]) {
    let length = (HEADER + body.len()) as u32;
    [length, command, status, sequence].iter().for_each(|field| out.extend(field.to_be_bytes()));
    out.extend(body);
}

/// Success, under a name that is the request's number.
pub fn accept(pdu: &[u8], out: &mut Vec<u8>) {
    let (command, sequence) = (number(pdu, 4), number(pdu, 12));
    if command & RESPONSE == 0 {
        put(out, [command | RESPONSE, 0, sequence], format!("{sequence:x}\0").as_bytes());
    }
}

/// A `submit_sm` as it came; SMPP 3.4 §4.4.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// `destination_addr`.
    pub to: String,
    /// `esm_class`.
    pub esm_class: u8,
    /// `data_coding`.
    pub data_coding: u8,
    /// `short_message`: the user data header, where there is one, and the text.
    pub short_message: Vec<u8>,
}

impl Submitted {
    /// Reads one; `None` where the PDU is another, or ends early.
    pub fn read(pdu: &[u8]) -> Option<Self> {
        const SUBMIT_SM: u32 = 0x04;
        let body = pdu.get(HEADER..).filter(|_| number(pdu, 4) == SUBMIT_SM)?;
        let (_service_type, body) = c_string(body)?;
        let (_source_addr, body) = c_string(body.get(2..)?)?;
        let (to, body) = c_string(body.get(2..)?)?;
        let ([esm_class, _protocol_id, _priority_flag], body) = body.split_first_chunk()?;
        let (_schedule_delivery_time, body) = c_string(body)?;
        let (_validity_period, body) = c_string(body)?;
        let ([_registered_delivery, _replace, data_coding, _default, length], body) = body.split_first_chunk()?;
        let short_message = body.get(..usize::from(*length))?.to_vec();
        Some(Self { to, esm_class: *esm_class, data_coding: *data_coding, short_message })
    }

    /// The user data header with its length in front, and what follows it.
    pub fn cut(&self) -> (&[u8], &[u8]) {
        let is_udhi = self.esm_class & 0x40 != 0;
        let length = self.short_message.first().filter(|_| is_udhi).map_or(0, |length| usize::from(*length) + 1);
        self.short_message.split_at(length.min(self.short_message.len()))
    }
}

/// C-Octet String: it, and what follows.
fn c_string(octets: &[u8]) -> Option<(String, &[u8])> {
    let end = octets.iter().position(|octet| *octet == 0)?;
    Some((String::from_utf8_lossy(&octets[..end]).into_owned(), &octets[end + 1..]))
}
