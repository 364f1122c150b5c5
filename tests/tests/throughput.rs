//! How fast submissions leave: the channel beside a bare client loop, against the same server in the same run.

mod delivery;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use delivery::{next, offers};
use engine::offer::channel::{self, Channel, Opening, Report};
use tests::now;

const COUNT: u32 = 50_000;
const WINDOW: u32 = 100;
const HEADER: usize = 16;
/// Rounds of which the median counts.
const ROUNDS: usize = 3;
/// Of the rate of a client that writes the same octets again and again, remembers nothing and waits for nothing but answers.
const LEAST_RATIO: f64 = 0.05;

/// Answers everything with success and a name, as fast as it can read.
fn serve(mut stream: TcpStream) {
    let (mut inbound, mut piece, mut out) = (Vec::new(), vec![0; 64 * 1024], Vec::new());
    while let Ok(length) = stream.read(&mut piece) {
        if length == 0 {
            return;
        }
        inbound.extend_from_slice(&piece[..length]);
        let mut at = 0;
        while let Some(pdu) = inbound.get(at..).and_then(whole) {
            answer(pdu, &mut out);
            at += pdu.len();
        }
        inbound.drain(..at);
        if stream.write_all(&out).is_err() {
            return;
        }
        out.clear();
    }
}

fn whole(octets: &[u8]) -> Option<&[u8]> {
    let length = u32::from_be_bytes(*octets.first_chunk()?) as usize;
    octets.get(..length)
}

fn answer(pdu: &[u8], out: &mut Vec<u8>) {
    let (command, sequence) = (u32::from_be_bytes(pdu[4..8].try_into().unwrap()), &pdu[12..16]);
    let name = format!("{:x}\0", u32::from_be_bytes(sequence.try_into().unwrap()));
    if command & 0x8000_0000 == 0 {
        out.extend(((HEADER + name.len()) as u32).to_be_bytes());
        out.extend((command | 0x8000_0000).to_be_bytes());
        out.extend([0; 4]);
        out.extend(sequence);
        out.extend(name.bytes());
    }
}

/// The least that a client can do: writes a window's worth, reads as many answers.
fn bare(address: &str) -> Duration {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut piece = vec![0; 64 * 1024];
    let begun = now();
    for start in (0..COUNT).step_by(WINDOW as usize) {
        let mut out = Vec::new();
        for sequence in start..start + WINDOW {
            let body =
                [&b"\0\0\0"[..], b"10086\0\x01\x01", format!("86139{sequence:08}\0").as_bytes(), &[0; 9], b"\x05offer"]
                    .concat();
            out.extend(((HEADER + body.len()) as u32).to_be_bytes());
            out.extend([0, 0, 0, 4, 0, 0, 0, 0]);
            out.extend(sequence.to_be_bytes());
            out.extend(body);
        }
        stream.write_all(&out).unwrap();
        let (mut inbound, mut answers) = (Vec::new(), 0);
        while answers < WINDOW {
            let length = stream.read(&mut piece).unwrap();
            inbound.extend_from_slice(&piece[..length]);
            let mut at = 0;
            while let Some(pdu) = inbound.get(at..).and_then(whole) {
                at += pdu.len();
                answers += 1;
            }
            inbound.drain(..at);
        }
    }
    begun.elapsed()
}

/// Does as the outbox does: submits what there is room for, then takes in all that is told.
fn ours(channel: &mut (dyn Channel + Send)) -> Duration {
    let mut queue = offers(u128::from(COUNT));
    let begun = now();
    let mut accepted = 0;
    while accepted < COUNT {
        let room = channel.ready().min(queue.len());
        queue.drain(..room).for_each(|offer| channel.submit(offer));
        let first = next(channel);
        for report in std::iter::once(first).chain(channel.reports().try_iter()) {
            match report {
                Report::Accepted { .. } => accepted += 1,
                Report::Ready => {}
                other => panic!("{other:?}"),
            }
        }
    }
    begun.elapsed()
}

#[test]
fn the_channel_keeps_up_with_a_bare_client() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| _ = thread::spawn(|| serve(stream))));
    let url = format!("smpp://touchpoint:secret@{address}?window={WINDOW}&registered_delivery=0");
    let mut smpp = channel::open("sms", &url, Opening::default()).unwrap().channel;
    let rate = |span: Duration| f64::from(COUNT) / span.as_secs_f64();
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (rate(ours(&mut *smpp)), rate(bare(&address)))).collect();
    rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (ours, alone) = rounds[ROUNDS / 2];
    let ratio = ours / alone;
    eprintln!("channel {ours:.0}/s, bare client {alone:.0}/s, ratio {ratio:.2}");
    assert!(ours > 10_000.0, "a bind carries {ours:.0} submissions a second");
    assert!(ratio > LEAST_RATIO, "{ratio:.3} of a bare client: {rounds:?}");
}
