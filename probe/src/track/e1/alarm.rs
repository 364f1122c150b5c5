//! Alarms of a line, believed when they last (ITU-T G.775 §5).

use crate::wire::g704::FRAME_BITS;

/// Double frames in which the alarm indication signal must be (or not be) to come on (or go off), G.775 §5.2.
const INDICATION_PERIODS: u8 = 2;
/// Zeros in a double frame of which more are no alarm indication signal.
const INDICATION_ZEROS: u32 = 2;
/// Octets of a double frame.
const PERIOD_OCTETS: usize = (2 * FRAME_BITS / 8) as usize;
/// Double frames that the remote alarm must last, of the 2 to 5 that G.775 §5.3 leaves free.
const REMOTE_PERIODS: u8 = 4;

/// A condition that comes on and goes off when it has lasted.
#[derive(Clone, Copy, Debug, Default)]
struct Lasting {
    is_on: bool,
    contrary: u8,
}

impl Lasting {
    // Whether it comes on now.
    fn take(&mut self, is_seen: bool, periods: u8) -> bool {
        self.contrary = if is_seen == self.is_on { 0 } else { self.contrary + 1 };
        let turns = self.contrary >= periods;
        if turns {
            *self = Self { is_on: is_seen, contrary: 0 };
        }
        turns && is_seen
    }
}

/// The remote alarm indication.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemoteAlarm(Lasting);

impl RemoteAlarm {
    /// Takes its bit of the next frame that has one; true where the alarm comes on.
    pub fn take(&mut self, is_set: bool) -> bool {
        self.0.take(is_set, REMOTE_PERIODS)
    }
}

/// The alarm indication signal: ones and nothing else, so without frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlarmIndication {
    state: Lasting,
    octets: usize,
    zeros: u32,
}

impl AlarmIndication {
    /// Takes the next octets of the line; how often it came on.
    pub fn take(&mut self, mut octets: &[u8]) -> u64 {
        let mut count = 0;
        while let Some((piece, rest)) = octets.split_at_checked(PERIOD_OCTETS - self.octets) {
            let is_seen = self.zeros + zeros(piece) <= INDICATION_ZEROS;
            count += u64::from(self.state.take(is_seen, INDICATION_PERIODS));
            (self.octets, self.zeros, octets) = (0, 0, rest);
        }
        self.octets += octets.len();
        self.zeros += zeros(octets);
        count
    }
}

fn zeros(octets: &[u8]) -> u32 {
    octets.iter().map(|octet| octet.count_zeros()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_come_on_when_they_last() {
        let mut alarm = RemoteAlarm::default();
        let on: Vec<usize> = (0..20).filter(|period| alarm.take(matches!(period, 1..=3 | 6..=12 | 15..=19))).collect();
        assert_eq!(on, [9], "two periods without do not end it");
    }

    #[test]
    fn all_ones_for_two_double_frames_are_an_alarm_wherever_cut() {
        for (ones, expected) in [(PERIOD_OCTETS, 0), (3 * PERIOD_OCTETS, 1), (300, 1)] {
            for piece in [1, 7, 64, 1000] {
                let line = [vec![0x7e; 200], vec![0xff; ones], vec![0x7e; 200]].concat();
                let mut alarm = AlarmIndication::default();
                let count: u64 = line.chunks(piece).map(|octets| alarm.take(octets)).sum();
                assert_eq!(count, expected, "{ones} octets of ones in pieces of {piece}");
            }
        }
    }
}
