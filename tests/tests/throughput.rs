//! How fast submissions leave: the channel beside a bare client loop, against the same server in the same run.

mod delivery;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use delivery::{next, offers};
use engine::offer::channel::{self, Channel, Opening, Report};
use tests::{bare, now};

const COUNT: u32 = 50_000;
const WINDOW: u32 = 100;
/// Rounds of which the median counts.
const ROUNDS: usize = 3;
/// Of the rate of a client that writes the same octets again and again, remembers nothing and waits for nothing but answers.
const LEAST_RATIO: f64 = 0.05;

/// The least that a client can do: writes a window's worth, reads as many answers.
fn alone(address: &str) -> Duration {
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
            bare::put(&mut out, [4, 0, sequence], &body);
        }
        stream.write_all(&out).unwrap();
        let (mut inbound, mut answers) = (Vec::new(), 0);
        while answers < WINDOW {
            let length = stream.read(&mut piece).unwrap();
            inbound.extend_from_slice(&piece[..length]);
            bare::each_whole(&mut inbound, |_| answers += 1);
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
    let address = bare::listen(bare::accept);
    let url = format!("smpp://touchpoint:secret@{address}?window={WINDOW}&registered_delivery=0");
    let mut smpp = channel::open("sms", &url, Opening::default()).unwrap().channel;
    let rate = |span: Duration| f64::from(COUNT) / span.as_secs_f64();
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (rate(ours(&mut *smpp)), rate(alone(&address)))).collect();
    rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (ours, alone) = rounds[ROUNDS / 2];
    let ratio = ours / alone;
    eprintln!("channel {ours:.0}/s, bare client {alone:.0}/s, ratio {ratio:.2}");
    assert!(ours > 10_000.0, "a bind carries {ours:.0} submissions a second");
    assert!(ratio > LEAST_RATIO, "{ratio:.3} of a bare client: {rounds:?}");
}
