//! From SCCP upward nothing is allocated once the tables have their size.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;

use event::Event;
use probe::capture::Capture;
use probe::interpret::{AInterface, NetworkSettings, NumberPlan};
use probe::track::transport::{Carrier, Payload, Transport, TransportSettings};
use probe::{Provenance, Sink};
use tests::allocations::{Counting, allocations};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn event(&mut self, _: &Event) {
        self.0 += 1;
    }
}

fn sccp_messages() -> Vec<(Carrier, Vec<u8>)> {
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/osmocom/a-msc-leg.pcap");
    let mut source = Capture::open(&[capture]).unwrap();
    let mut transport = Transport::new(&TransportSettings::default());
    let mut messages = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        let mut keep = |carrier: &Carrier, payload: Payload<'_>, _: &mut Count| {
            let Payload::Sccp(octets) = payload else { return };
            messages.push((*carrier, octets.to_vec()));
        };
        transport.frame(&frame, 0, &mut Count::default(), &mut keep);
    }
    messages
}

/// Plays the messages in many networks at once, interleaved, time going on.
fn play(interface: &mut AInterface, messages: &[(Carrier, Vec<u8>)], round: i64, sink: &mut Count) {
    const NETWORKS: u32 = 50;
    const ROUND_SECONDS: u64 = 300;
    for (carrier, octets) in messages {
        let at = carrier.from.at + std::time::Duration::from_secs(ROUND_SECONDS * round.unsigned_abs());
        for network in 0..NETWORKS {
            let from = Provenance { at, ..carrier.from };
            interface.sccp(&Carrier { from, network, nodes: network, ..*carrier }, octets, sink);
        }
    }
}

#[test]
fn following_and_interpreting_allocates_nothing() {
    let messages = sccp_messages();
    let (mut interface, mut sink) =
        (AInterface::new(NumberPlan::default(), NetworkSettings::default()), Count::default());
    let warm_up = 3;
    (0..warm_up).for_each(|round| play(&mut interface, &messages, round, &mut sink));
    let (events, before) = (sink.0, allocations());
    (warm_up..warm_up + 10).for_each(|round| play(&mut interface, &messages, round, &mut sink));
    let allocations = allocations() - before;
    assert_eq!(sink.0 - events, events / 3 * 10, "the same events in every round");
    assert_eq!(allocations, 0);
}
