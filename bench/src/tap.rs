//! The observer's tap: what of the network's frames reaches the capture file. Loss, duplication and reordering happen
//! here, so that the network itself knows nothing of them; and the order of frame numbers is decided here.

use std::io::{self, Write};

use event::Timestamp;

use crate::random::Random;
use crate::script::{Sighting, StepId};
use crate::writer::CaptureWriter;

/// Shares of frames that meet a fault on the way to the capture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Lost.
    pub loss: f64,
    /// Captured twice.
    pub duplicate: f64,
    /// Captured after the frame that follows.
    pub reorder: f64,
}

/// Whose message: a subscriber's script (by index) and its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The subscriber, by index.
    pub subscriber: u32,
    /// The step of the script.
    pub step: StepId,
}

/// A frame that waits to be overtaken.
#[derive(Debug)]
struct Held {
    octets: Vec<u8>,
    tokens: Vec<Token>,
}

/// What the tap did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TapCounts {
    /// Frames lost.
    pub lost: u64,
    /// Frames captured a second time.
    pub duplicated: u64,
    /// Frames captured after their successor.
    pub reordered: u64,
}

/// Takes frames from the network, writes those that are captured.
#[derive(Debug)]
pub struct Tap<W> {
    writer: CaptureWriter<W>,
    faults: Faults,
    opens: Timestamp,
    random: Random,
    held: Option<Held>,
    captured: Vec<(Token, Sighting)>,
    counts: TapCounts,
    error: Option<io::Error>,
}

const DUPLICATE_AFTER: std::time::Duration = std::time::Duration::from_micros(3);
const OVERTAKEN_BY: std::time::Duration = std::time::Duration::from_micros(5);

impl<W: Write> Tap<W> {
    /// A tap that is opened at `opens`: what is sent before is not captured.
    pub fn new(writer: CaptureWriter<W>, faults: Faults, opens: Timestamp, random: Random) -> Self {
        Self {
            writer,
            faults,
            opens,
            random,
            held: None,
            captured: Vec::new(),
            counts: TapCounts::default(),
            error: None,
        }
    }

    /// A frame passes with these messages in it.
    pub fn frame(&mut self, at: Timestamp, octets: &[u8], tokens: &[Token]) {
        if at < self.opens {
            return self.report(tokens, Sighting { frame: 0, at });
        }
        if self.strikes(self.faults.loss) {
            self.counts.lost += 1;
            return self.report(tokens, Sighting { frame: 0, at });
        }
        if self.held.is_none() && self.strikes(self.faults.reorder) {
            self.counts.reordered += 1;
            self.held = Some(Held { octets: octets.to_vec(), tokens: tokens.to_vec() });
            return;
        }
        self.write(at, octets, tokens);
        if self.strikes(self.faults.duplicate) {
            self.counts.duplicated += 1;
            self.write(at + DUPLICATE_AFTER, octets, &[]);
        }
        if let Some(held) = self.held.take() {
            self.write(at + OVERTAKEN_BY, &held.octets, &held.tokens);
        }
    }

    /// Where messages were captured since the last call.
    pub fn drain(&mut self) -> impl Iterator<Item = (Token, Sighting)> + '_ {
        self.captured.drain(..)
    }

    /// Whether there is something to drain.
    pub fn has_news(&self) -> bool {
        !self.captured.is_empty()
    }

    /// How many frames were written.
    pub fn frames(&self) -> u64 {
        self.writer.frames()
    }

    /// What became of the frames that met a fault.
    pub fn counts(&self) -> TapCounts {
        self.counts
    }

    /// Writes what is still held.
    pub fn close(&mut self, at: Timestamp) {
        if let Some(held) = self.held.take() {
            self.write(at, &held.octets, &held.tokens);
        }
    }

    /// The first error that writing met, if any.
    pub fn check(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.check()?;
        self.writer.finish()
    }

    // No draw where the fault is switched off, so that switching one on leaves the others' draws alone.
    fn strikes(&mut self, share: f64) -> bool {
        share > 0.0 && self.random.chance(share)
    }

    fn write(&mut self, at: Timestamp, octets: &[u8], tokens: &[Token]) {
        match self.writer.frame(at, octets) {
            Ok((frame, at)) => self.report(tokens, Sighting { frame, at }),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
    }

    fn report(&mut self, tokens: &[Token], sighting: Sighting) {
        self.captured.extend(tokens.iter().map(|token| (*token, sighting)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::Format;

    fn check(faults: Faults, expected_frames: &[u64]) {
        let writer = CaptureWriter::new(Vec::new(), Format::Pcap).unwrap();
        let mut tap = Tap::new(writer, faults, Timestamp::MIN, Random::new(1));
        for step in 0..3 {
            tap.frame(Timestamp::from_seconds(i64::from(step)), &[1, 2, 3], &[Token { subscriber: 0, step }]);
        }
        tap.close(Timestamp::from_seconds(3));
        let mut seen: Vec<_> = tap.drain().collect();
        seen.sort_by_key(|(token, _)| token.step);
        assert_eq!(seen.iter().map(|(_, sighting)| sighting.frame).collect::<Vec<_>>(), expected_frames);
    }

    #[test]
    fn a_perfect_tap_numbers_frames_in_order() {
        check(Faults::default(), &[1, 2, 3]);
    }

    #[test]
    fn a_lost_frame_has_number_zero() {
        check(Faults { loss: 1.0, ..Faults::default() }, &[0, 0, 0]);
    }

    #[test]
    fn a_duplicate_takes_a_number_of_its_own() {
        check(Faults { duplicate: 1.0, ..Faults::default() }, &[1, 3, 5]);
    }

    #[test]
    fn a_reordered_frame_comes_after_the_next() {
        check(Faults { reorder: 1.0, ..Faults::default() }, &[2, 1, 3]);
    }
}
