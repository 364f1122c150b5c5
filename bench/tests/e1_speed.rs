//! How fast E1 lines are read: 31 timeslots of signalling, printed in Mbit/s of one core. Asserted far below what is measured.
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

use std::time::Instant;

use bench::e1::{Bits, Framer, Framing, Numbering, SignalUnits, stuffed};
use event::Timestamp;
use probe::track::e1::{Block, Line, LineName, LinkPlan, LinkSettings};

/// A second of a line with a busy link in every timeslot.
fn second(crc4: bool, offset: usize) -> Vec<u8> {
    let mut side = SignalUnits::new(Numbering::Basic);
    let mut channel = Bits::default();
    while channel.len() < 64_000 {
        channel.append(&stuffed(&side.message(&[0x83; 60])));
        channel.append(&stuffed(&side.fill_in()));
    }
    let framer = Framer::new(Framing { crc4, remote_alarm: false });
    let mut bits = Bits::default();
    (0..offset).for_each(|_| bits.push(true));
    bits.append(&(1..32).fold(framer, |framer, timeslot| framer.channel([timeslot], channel.clone())).frames(8000));
    bits.octets(false)
}

#[test]
fn several_lines_are_read_in_real_time_with_a_large_margin() {
    let links: Vec<LinkPlan> = (1..32).map(|timeslot| format!("0:{timeslot}=mtp2").parse().unwrap()).collect();
    for (crc4, offset) in [(false, 0), (true, 0), (true, 5)] {
        let octets = second(crc4, offset);
        let mut line = Line::new(&LinkSettings::Planned(links.clone()).channels(LineName { port: 0, direction: 0 }));
        let (mut units, begin) = (0_u64, Instant::now());
        for block in 0..20 {
            let block = Block { at: Timestamp::from_seconds(block), follows_gap: false, octets: &octets };
            line.take(&block, &mut |_| units += 1);
        }
        let megabits = 20.0 * octets.len() as f64 * 8.0 / 1e6 / begin.elapsed().as_secs_f64();
        println!("CRC-4 {crc4}, offset {offset}: {megabits:.0} Mbit/s of one core, {units} frames");
        assert!(units > 20 * 31 * 200);
        assert!(megabits > 10.0 * 2.048, "{megabits:.0} Mbit/s");
    }
}
