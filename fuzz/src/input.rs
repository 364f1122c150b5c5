//! What an input of the fuzzer is: an octet of settings, then a file, or records one behind the other.

use std::time::Duration;

use event::Timestamp;
use probe::ProbeConfig;
use probe::track::transport::TransportSettings;
use probe::wire::PointCodeFormat;
use probe::wire::mtp2::SequenceFormat;

use crate::shape::Shape;

/// The first octet of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings(pub u8);

impl Settings {
    const FILE: u8 = 0x01;
    const RAW_E1: u8 = 0x02;
    const CHINESE_POINT_CODES: u8 = 0x04;
    const EXTENDED_SEQUENCE_NUMBERS: u8 = 0x08;
    const EVERY_RUN_OF_TIMESLOTS: u8 = 0x10;

    /// Records follow.
    pub const RECORDS: Self = Self(0);
    /// A capture file follows.
    pub const CAPTURE: Self = Self(Self::FILE);
    /// The bits of an E1 line follow, without header.
    pub const BITS: Self = Self(Self::FILE | Self::RAW_E1);

    /// Whether a file follows.
    pub const fn is_file(self) -> bool {
        self.0 & Self::FILE != 0
    }

    /// Whether a file that is no capture is taken for the bits of an E1 line.
    pub const fn raw_e1(self) -> bool {
        self.0 & Self::RAW_E1 != 0
    }

    /// Whether every run of timeslots is searched for a link.
    pub const fn every_run(self) -> bool {
        self.0 & Self::EVERY_RUN_OF_TIMESLOTS != 0
    }

    /// How the probe is configured.
    pub fn probe(self) -> ProbeConfig {
        let chinese = self.0 & Self::CHINESE_POINT_CODES != 0;
        let extended = self.0 & Self::EXTENDED_SEQUENCE_NUMBERS != 0;
        let transport = TransportSettings {
            point_codes: [if chinese { PointCodeFormat::China } else { PointCodeFormat::International }; 4],
            sequence_numbers: if extended { SequenceFormat::Extended } else { SequenceFormat::Basic },
            ..TransportSettings::default()
        };
        ProbeConfig { transport, ..ProbeConfig::default() }
    }
}

/// Octets of a record's head: shape, lane, step, length (least significant octet first).
pub const HEAD_OCTETS: usize = 5;

/// One thing that comes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What the octets are; taken modulo the number of shapes.
    pub shape: u8,
    /// Which of several connections, phones or directions they belong to.
    pub lane: u8,
    /// How time goes on before.
    pub step: Step,
    /// The octets.
    pub octets: &'a [u8],
}

impl Record<'_> {
    /// What the octets are.
    pub fn shape(&self) -> Shape {
        Shape::of(self.shape)
    }

    /// Writes it behind others.
    pub fn write(&self, input: &mut Vec<u8>) {
        let length = u16::try_from(self.octets.len()).unwrap_or(u16::MAX);
        input.extend([self.shape, self.lane, self.step.0]);
        input.extend(length.to_le_bytes());
        input.extend(self.octets.iter().take(usize::from(length)));
    }
}

/// How time goes on: microseconds by powers of two, forward or back, with or without a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step(pub u8);

impl Step {
    const BACK: u8 = 0x80;
    const TICK: u8 = 0x40;
    const POWER: u8 = 0x3f;

    /// The probe is told of the time even without a frame.
    pub const fn is_tick(self) -> bool {
        self.0 & Self::TICK != 0
    }

    /// The time after `now`.
    pub fn after(self, now: Timestamp) -> Timestamp {
        let span = match self.0 & Self::POWER {
            0 => Duration::ZERO,
            power => Duration::from_micros(1 << power),
        };
        if self.0 & Self::BACK == 0 { now + span } else { now - span }
    }

    /// The forward step that comes nearest from below.
    pub fn between(earlier: Timestamp, later: Timestamp) -> Self {
        let micros = later.since(earlier).as_micros().clamp(1, 1 << 40);
        Self(micros.ilog2() as u8)
    }
}

/// The records in `octets`. The last may be shorter than it says.
pub fn records(octets: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let (&[shape, lane, step, low, high], behind) = rest.split_first_chunk::<HEAD_OCTETS>()?;
        let length = usize::from(u16::from_le_bytes([low, high])).min(behind.len());
        let (octets, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some(Record { shape, lane, step: Step(step), octets })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_written_and_the_last_one_may_be_cut() {
        let written = [
            Record { shape: 1, lane: 2, step: Step(3), octets: &[4, 5, 6] },
            Record { shape: 7, lane: 0, step: Step(0x85), octets: &[8, 9] },
        ];
        let mut input = Vec::new();
        written.iter().for_each(|record| record.write(&mut input));
        assert!(records(&input).eq(written));
        input.pop();
        assert!(records(&input).map(|record| record.octets).eq([&[4, 5, 6][..], &[8]]));
    }

    #[test]
    fn time_goes_by_powers_of_two() {
        let now = Timestamp::from_seconds(100);
        assert_eq!(Step(0).after(now), now);
        assert_eq!(Step(20).after(now).since(now), Duration::from_micros(1 << 20));
        assert_eq!(now.since(Step(0x80 | 10).after(now)), Duration::from_micros(1024));
        assert_eq!(Step::between(now, now + Duration::from_micros(1500)), Step(10));
    }
}
