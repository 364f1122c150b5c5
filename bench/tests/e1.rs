//! E1 recordings written bit by bit give the probe every message, at its time, whatever the line does to them.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::HashMap;

use bench::e1::{Bits, FRAME_BITS, Framer, Framing, Numbering, SignalUnits, stuffed};
use bench::random::Random;
use event::Timestamp;
use probe::track::e1::{
    Block, ChannelCounters, Content, Line, LineCounters, LineName, LinkPlan, LinkSettings, Timeslots, Unit,
};

const START: i64 = 1_772_442_000;

/// A unit as the probe gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Read {
    micros: i64,
    link: u16,
    octets: Vec<u8>,
}

/// What is sent in one channel, and the messages in it.
struct Sent {
    bits: Bits,
    units: Vec<Vec<u8>>,
}

/// Messages of random length and content with fill-in units between them, until there are so many bits.
fn traffic(random: &mut Random, numbering: Numbering, bits: usize) -> Sent {
    let mut side = SignalUnits::new(numbering);
    let mut sent = Sent { bits: Bits::default(), units: Vec::new() };
    for _ in 0..random.below(8) {
        sent.bits.append(&stuffed(&side.fill_in()));
    }
    while sent.bits.len() < bits {
        let octets: Vec<u8> = (0..random.between(6, 272)).map(|_| octet(random)).collect();
        let unit = side.message(&octets);
        sent.bits.append(&stuffed(&unit));
        sent.units.push(unit);
        for _ in 0..random.below(5) {
            sent.bits.append(&stuffed(&side.fill_in()));
        }
    }
    for _ in 0..40 {
        sent.bits.append(&stuffed(&side.fill_in()));
    }
    sent
}

// Ones in abundance, so that much is stuffed.
fn octet(random: &mut Random) -> u8 {
    let bits = random.bits();
    if bits & 0x300 == 0 { 0xff } else { bits as u8 }
}

/// All that a line gave.
struct Reading {
    units: Vec<Read>,
    counters: LineCounters,
    channels: HashMap<u16, ChannelCounters>,
}

/// Reads a line in pieces of random length.
fn read(bits: &Bits, settings: &LinkSettings, random: &mut Random) -> Reading {
    let mut line = Line::new(&settings.channels(LineName { port: 0, direction: 0 }));
    let octets = bits.octets(false);
    let (mut units, mut done) = (Vec::new(), 0);
    while done < octets.len() {
        let count = (random.between(1, 3000) as usize).min(octets.len() - done);
        let at = Timestamp::from_micros(START * 1_000_000 + done as i64 * 125 / 32);
        let block = Block { at, follows_gap: false, octets: &octets[done..done + count] };
        line.take(&block, &mut |unit: Unit<'_>| {
            units.push(Read { micros: unit.at.as_micros(), link: unit.link, octets: unit.octets.to_vec() });
        });
        done += count;
    }
    let channels = line.channels().iter().map(|channel| (channel.plan().link, *channel.counters())).collect();
    Reading { units, counters: *line.counters(), channels }
}

fn planned(links: &[&str]) -> LinkSettings {
    LinkSettings::Planned(links.iter().map(|link| link.parse::<LinkPlan>().unwrap()).collect())
}

fn messages(units: &[Read], link: u16) -> Vec<Vec<u8>> {
    // The longest fill-in or link status unit has eight octets.
    let of_link = units.iter().filter(|unit| unit.link == link && unit.octets.len() > 8);
    of_link.map(|unit| unit.octets.clone()).collect()
}

/// A line with so many bits before its first frame, carrying 64 kbit/s, n×64 kbit/s and speech.
fn line(random: &mut Random, framing: Framing, offset: usize, frames: usize) -> (Bits, Sent, Sent) {
    let basic = traffic(random, Numbering::Basic, frames * 8 - 8000);
    let wide = traffic(random, Numbering::AnnexA, frames * 80 - 40_000);
    let mut speech = Bits::default();
    (0..frames * 7).for_each(|_| speech.push_octet(random.bits() as u8));
    let mut framer =
        Framer::new(framing).channel([16], basic.bits.clone()).channel(20..30, wide.bits.clone()).channel(2..9, speech);
    let mut bits = Bits::default();
    (0..offset).for_each(|_| bits.push(random.chance(0.5)));
    bits.append(&framer.frames(frames));
    (bits, basic, wide)
}

#[test]
fn every_message_is_read_wherever_frames_begin_with_and_without_check() {
    let mut random = Random::new(1);
    let settings = planned(&["0:16", "0:20-29=mtp2-annex-a"]);
    for crc4 in [false, true] {
        for offset in [0, 1, 7, 8, 100, 255, 256, 511] {
            let framing = Framing { crc4, remote_alarm: false };
            let (bits, basic, wide) = line(&mut random, framing, offset, 8000);
            let settings = if offset == 0 { &planned(&["0:16=mtp2", "0:20-29=mtp2-annex-a"]) } else { &settings };
            let Reading { units, counters, .. } = read(&bits, settings, &mut random);
            let (found, expected) = (messages(&units, 16), basic.units);
            // Without being told, the probe looks at eight units before it knows what they are.
            let unrecognised = expected.len() - found.len().min(expected.len());
            assert!(unrecognised <= if offset == 0 { 0 } else { 8 }, "{unrecognised} at offset {offset}");
            assert_eq!(found, expected[unrecognised..], "offset {offset}");
            assert_eq!(messages(&units, 20), wide.units, "offset {offset}");
            let LineCounters { alignment_recoveries, alignment_losses, frame_slips, bit_slips, .. } = counters;
            assert_eq!((alignment_recoveries, alignment_losses, frame_slips, bit_slips), (1, 0, 0, 0));
            assert_eq!((counters.multiframes_found, counters.check_errors), (u64::from(crc4), 0));
            assert_eq!(counters.checks > 900, crc4);
        }
    }
}

#[test]
fn time_is_that_of_the_block_and_the_bits_since() {
    let side = SignalUnits::new(Numbering::Basic);
    // One unit in a frame of its own: fill with flags, then the unit, then flags.
    let mut bits = Bits::default();
    (0..1000).for_each(|_| bits.push_octet(0x7e));
    let opening = bits.len();
    bits.append(&stuffed(&side.status(1)));
    let closing_flag_end = bits.len() + 8;
    (0..1000).for_each(|_| bits.push_octet(0x7e));
    assert!(closing_flag_end > opening);
    let line = Framer::new(Framing::default()).channel([5], bits).frames(1900);
    let Reading { units, .. } = read(&line, &planned(&["0:5=mtp2"]), &mut Random::new(2));
    let frame = (closing_flag_end as i64 - 1) / 8;
    let micros = START * 1_000_000 + (frame * 256 + 6 * 8) * 125 / 256;
    assert_eq!(units.len(), 1);
    assert!((units[0].micros - micros).abs() <= 1, "{} is not {micros}", units[0].micros);
}

/// Errors at random: what is read was sent, in order; what was sent and not read is counted.
#[test]
fn bit_errors_lose_messages_and_never_make_one() {
    for (seed, rate, least_share) in [(3, 1e-5, 0.95), (4, 1e-4, 0.8), (5, 1e-3, 0.2), (6, 1e-2, 0.0)] {
        let mut random = Random::new(seed);
        let (mut bits, basic, wide) = line(&mut random, Framing { crc4: true, remote_alarm: false }, 77, 30_000);
        for bit in bits.as_mut_vec() {
            *bit ^= random.chance(rate);
        }
        let settings = planned(&["0:16=mtp2", "0:20-29=mtp2-annex-a"]);
        let Reading { units, counters, channels } = read(&bits, &settings, &mut random);
        for (link, sent) in [(16, &basic.units), (20, &wide.units)] {
            let mut expected = sent.iter();
            let found = messages(&units, link);
            let all_sent = found.iter().all(|message| expected.any(|sent| sent == message));
            assert!(all_sent, "rate {rate}: a message that was not sent, or out of order");
            let lost = (sent.len() - found.len()) as u64;
            assert!(found.len() as f64 >= sent.len() as f64 * least_share, "rate {rate}: {lost} of {}", sent.len());
            assert!(lost <= 2 * channels[&link].damaged() + counters.alignment_losses, "rate {rate}: {lost} lost");
        }
        assert!(counters.check_errors > 0, "rate {rate}");
        assert_eq!(counters.bit_slips, 0, "rate {rate}");
        let again = read(&bits, &settings, &mut random);
        assert_eq!((again.channels, again.counters), (channels, counters), "rate {rate}: however the line is cut");
    }
}

/// Where a line slips, and what is counted.
fn check_slips(seed: u64, change: impl Fn(&mut Vec<bool>, usize), counted: impl Fn(&LineCounters) -> u64) {
    let mut random = Random::new(seed);
    let framing = Framing { crc4: seed.is_multiple_of(2), remote_alarm: false };
    let (mut bits, basic, _) = line(&mut random, framing, 13, 40_000);
    let slips = 20;
    for slip in (1..=slips).rev() {
        change(bits.as_mut_vec(), 13 + slip * 1900 * FRAME_BITS + random.below(20_000) as usize);
    }
    let Reading { units, counters, .. } = read(&bits, &planned(&["0:16=mtp2"]), &mut random);
    assert_eq!(counted(&counters), slips as u64, "seed {seed}: {counters:?}");
    let found = messages(&units, 16);
    let mut expected = basic.units.iter();
    assert!(found.iter().all(|message| expected.any(|sent| sent == message)), "seed {seed}");
    // A slip costs the message that it falls in, and a search the next two or three.
    assert!(found.len() + slips * 4 >= basic.units.len(), "seed {seed}: {} of {}", found.len(), basic.units.len());
}

#[test]
fn slips_of_frames_and_bits_are_counted_and_survived() {
    for seed in 10..14 {
        check_slips(seed, |bits, at| drop(bits.drain(at..at + FRAME_BITS)), |counters| counters.frame_slips);
        check_slips(seed, |bits, at| drop(bits.splice(at..at, bits[at..at + FRAME_BITS].to_vec())), |c| c.frame_slips);
        check_slips(seed, |bits, at| _ = bits.remove(at), |counters| counters.bit_slips);
        check_slips(seed, |bits, at| bits.insert(at, true), |counters| counters.bit_slips);
        check_slips(seed, |bits, at| drop(bits.drain(at..at + 1000)), |counters| counters.bit_slips);
    }
}

#[test]
fn alarms_are_counted_and_what_follows_is_read() {
    let mut random = Random::new(20);
    let (mut bits, basic, _) = line(&mut random, Framing::default(), 3, 8000);
    let (alarmed, ..) = line(&mut random, Framing { crc4: false, remote_alarm: true }, 0, 2000);
    bits.append(&alarmed);
    (0..100_000).for_each(|_| bits.push(true));
    let (again, more, _) = line(&mut random, Framing::default(), 0, 8000);
    bits.append(&again);
    let Reading { units, counters, .. } = read(&bits, &planned(&["0:16=mtp2"]), &mut random);
    let found = messages(&units, 16);
    assert!(
        basic.units.iter().all(|sent| found.contains(sent))
            && more.units.iter().skip(1).all(|sent| found.contains(sent))
    );
    assert_eq!((counters.remote_alarms, counters.alarm_indications), (1, 1));
    assert_eq!((counters.alignment_losses, counters.alignment_recoveries), (1, 2));
}

#[test]
fn links_are_found_and_recognised_by_what_they_carry() {
    let mut random = Random::new(30);
    let (bits, ..) = line(&mut random, Framing::default(), 9, 8000);
    let mut search = Line::new(&LinkSettings::Search.channels(LineName { port: 3, direction: 0 }));
    let octets = bits.octets(false);
    search.take(&Block { at: Timestamp::from_seconds(START), follows_gap: false, octets: &octets }, &mut |_| {});
    let found = search.channels().iter().filter_map(|channel| Some((channel.plan().timeslots, channel.content()?)));
    let expected: [(Timeslots, _); 2] =
        [("16".parse().unwrap(), Content::Mtp2), ("20-29".parse().unwrap(), Content::Mtp2AnnexA)];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn a_line_without_frames_is_one_link() {
    let mut random = Random::new(31);
    let sent = traffic(&mut random, Numbering::AnnexA, 500_000);
    for (settings, late) in [(planned(&["0:all=mtp2-annex-a"]), 0), (LinkSettings::Automatic, 8)] {
        let Reading { units, counters, .. } = read(&sent.bits, &settings, &mut random);
        let found = messages(&units, 0);
        assert!(found.len() + late >= sent.units.len());
        assert_eq!(found, sent.units[sent.units.len() - found.len()..]);
        assert_eq!(counters.alignment_recoveries, 0);
    }
}
