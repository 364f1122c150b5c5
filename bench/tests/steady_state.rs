//! From frames to events nothing is allocated message by message: on A over SCTP, on Gb and on E1, all the way from the file.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, and shows its counts"
)]

use std::path::Path;
use std::time::Duration;

use bench::Plan;
use bench::link::Transport;
use bench::simulation::Interfaces;
use event::Event;
use probe::capture::Capture;
use probe::{Probe, ProbeConfig, Sink};
use tests::allocations::{Counting, allocations};
use town::{make, plan};

#[expect(dead_code, reason = "other tests look at the truth too")]
mod town;

/// Frames for which one allocation is allowed: a place in a table gets its buffers when it is first used for what needs them,
/// and tables grow, each time to the double. Both end with the growth of the network; that of a message would not.
const FRAMES_PER_ALLOCATION: u64 = 50;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn event(&mut self, _: &Event) {
        self.0 += 1;
    }
}

/// Allocations in the last quarter of a capture.
fn check(name: &str, plan: Plan) {
    let made = make(plan);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("steady-{name}"));
    std::fs::write(&file, &made.capture).unwrap();
    let mut capture = Capture::open(&[file]).unwrap();
    let (mut probe, mut sink) = (Probe::new(ProbeConfig::default()), Count::default());
    let mut allocated_at = Vec::with_capacity(made.capture.len());
    loop {
        let batch = capture.batch().unwrap();
        if batch.is_empty() {
            break;
        }
        probe.frames(batch, &mut sink);
        allocated_at.push((batch.len() as u64, allocations()));
    }
    let (warm_up, measured) = allocated_at.split_at(allocated_at.len() / 4 * 3);
    let frames: u64 = measured.iter().map(|(frames, _)| frames).sum();
    let allocations = measured.last().unwrap().1 - warm_up.last().unwrap().1;
    println!("{name}: {allocations} allocations in {frames} frames; {} events in all", sink.0);
    assert!(sink.0 > 100, "{name}: only {} events", sink.0);
    assert!(allocations <= frames / FRAMES_PER_ALLOCATION, "{name}: {allocations} allocations in {frames} frames");
}

#[test]
fn a_over_sctp() {
    check("a", plan(1));
}

#[test]
fn a_over_e1() {
    check("e1", Plan { transport: Transport::E1, length: Duration::from_secs(180), ..plan(1) });
}

#[test]
fn gb() {
    check("gb", Plan { interfaces: Interfaces::Gb, length: Duration::from_secs(3600), ..plan(1) });
}
