//! How fast submissions leave: the channel beside a bare client loop, against the same server in the same run. What counts is time of
//! processors, which is the same however busy the machine is; and that nobody waits for anything but the other side.

mod delivery;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use delivery::{next, offers};
use engine::offer::channel::{self, Channel, Opening, Report};
use tests::{bare, now};

const COUNT: u32 = 50_000;
const WINDOW: u32 = 100;
/// Rounds of which the best counts.
const ROUNDS: usize = 3;
/// How often the bare client goes through all of them in a round: its cost is small beside what can be measured.
const TIMES: u32 = 10;
/// What a submission may cost, the server's part too: 10,000 of them a second.
const MOST: Duration = Duration::from_micros(100);
/// Of the cost of a client that writes the same octets again and again, remembers nothing and waits for nothing but answers: 10 to 21 of
/// its are usual, as caches are shared with others or not. An octet a call, or a look at all that is outstanding, costs hundreds.
const MOST_RATIO: f64 = 100.0;
/// Of the time that passes for that client. Waiting once a window for what does not come at once costs more than a hundred times.
const MOST_WAIT: f64 = 100.0;

/// What something took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    processor: Duration,
    wall: Duration,
}

impl Cost {
    fn of(what: impl FnOnce()) -> Self {
        let (begun, before) = (now(), processor());
        what();
        Self { processor: processor() - before, wall: begun.elapsed() }
    }
}

/// Time of processors that this process has taken: proc(5), `stat`, fields 14 and 15, in hundredths of a second.
fn processor() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2);
    Duration::from_millis(10 * fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>())
}

/// The least that a client can do: writes a window's worth, reads as many answers.
fn alone(address: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut piece = vec![0; 64 * 1024];
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
}

/// Does as the outbox does: submits what there is room for, then takes in all that is told.
fn ours(channel: &mut (dyn Channel + Send)) {
    let mut queue = offers(u128::from(COUNT));
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
}

#[test]
fn the_channel_keeps_up_with_a_bare_client() {
    let address = bare::listen(bare::accept);
    let url = format!("smpp://touchpoint:secret@{address}?window={WINDOW}&registered_delivery=0");
    let mut smpp = channel::open("sms", &url, Opening::default()).unwrap().channel;
    let rounds: Vec<(Cost, Cost)> = (0..ROUNDS)
        .map(|_| (Cost::of(|| ours(&mut *smpp)), Cost::of(|| (0..TIMES).for_each(|_| alone(&address)))))
        .collect();
    let least = |cost: fn(&(Cost, Cost)) -> Duration| rounds.iter().map(cost).min().unwrap();
    let (ours, alone) = (least(|round| round.0.processor), least(|round| round.1.processor / TIMES));
    let waits = rounds
        .iter()
        .map(|(ours, alone)| ours.wall.as_secs_f64() / (alone.wall / TIMES).as_secs_f64())
        .fold(f64::MAX, f64::min);
    let ratio = ours.as_secs_f64() / alone.as_secs_f64();
    eprintln!(
        "channel {:.1?} each, bare client {:.1?}, ratio {ratio:.1}; {waits:.1} by the clock",
        ours / COUNT,
        alone / COUNT
    );
    assert!(ours / COUNT < MOST, "{:?} a submission", ours / COUNT);
    assert!(ratio < MOST_RATIO, "{ratio:.1} times a bare client: {rounds:?}");
    assert!(waits < MOST_WAIT, "{waits:.1} times as long as a bare client: {rounds:?}");
}
