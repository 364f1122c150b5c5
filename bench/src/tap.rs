//! The observer's tap: what of the network's frames reaches the capture file. Loss, duplication and reordering happen
//! here, so that the network itself knows nothing of them; and the order of frame numbers is decided here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::time::Duration;

use event::Timestamp;

use crate::link::Lines;
use crate::mirror::Mirror;
use crate::random::Random;
use crate::script::{Side, Sighting, StepId};
use crate::writer::CaptureWriter;

/// Shares of frames that meet a fault on the way to the capture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Lost.
    pub loss: f64,
    /// Whose frames alone are lost so; both sides' if absent.
    pub lossy: Option<Side>,
    /// Captured twice.
    pub duplicate: f64,
    /// Captured after the frame that follows.
    pub reorder: f64,
    /// Captured by a second tap too: 1 to 50 ms later, in another VLAN.
    pub doubled: f64,
}

/// Whose message: a subscriber's script (by index) and its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The subscriber, by index.
    pub subscriber: u32,
    /// The step of the script.
    pub step: StepId,
    /// Whether the message ends here: else more pieces of it follow, and it was captured if they all were.
    pub is_whole: bool,
}

impl Token {
    /// The same of a piece of the message, the last one or not.
    pub fn of_piece(self, is_last: bool) -> Self {
        Self { is_whole: self.is_whole && is_last, ..self }
    }
}

/// A frame that waits to be overtaken.
#[derive(Debug)]
struct Held {
    side: Side,
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
    /// Frames captured by the second tap too.
    pub doubled: u64,
}

/// Frames with messages of subscribers that passed in one direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// All of them.
    pub frames: u64,
    /// Of them, those that the capture lacks.
    pub lost: u64,
}

/// A clock that goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// Microseconds that it is ahead when the capture begins.
    pub offset_micros: i64,
    /// Microseconds by which it runs faster in a second.
    pub drift_ppm: f64,
}

impl Clock {
    fn shows(&self, at: Timestamp, begin: Timestamp) -> Timestamp {
        let drift = (at.as_micros() - begin.as_micros()) as f64 * self.drift_ppm / 1e6;
        Timestamp::from_micros(at.as_micros() + self.offset_micros + drift.round() as i64)
    }
}

/// What is written.
#[derive(Debug)]
pub enum Output<W> {
    /// Frames, as the mirror hands them over.
    Frames(CaptureWriter<W>, Mirror),
    /// E1 lines, which meet no fault of frames but loss.
    Lines(Box<Lines<W>>),
}

/// When, in which order, whose, what.
type Echo = Reverse<(Timestamp, u64, Side, Vec<u8>)>;

/// Takes frames from the network, writes those that are captured.
#[derive(Debug)]
pub struct Tap<W> {
    output: Output<W>,
    // Whether the network's frames are of Ethernet.
    is_ethernet: bool,
    faults: Faults,
    opens: Timestamp,
    random: Random,
    held: Option<Held>,
    // What MSC and SGSN send, where it is captured apart.
    apart: Option<(CaptureWriter<W>, Clock)>,
    // The link whose frames pass now.
    link: usize,
    carried: Vec<[Carried; 2]>,
    // What the second tap will capture.
    echoes: BinaryHeap<Echo>,
    captured: Vec<(Token, Sighting)>,
    counts: TapCounts,
    error: Option<io::Error>,
}

const DUPLICATE_AFTER: Duration = Duration::from_micros(3);
const OVERTAKEN_BY: Duration = Duration::from_micros(5);

impl<W: Write> Tap<W> {
    /// A tap that is opened at `opens`: what is sent before is not captured.
    pub fn new(output: Output<W>, is_ethernet: bool, faults: Faults, opens: Timestamp, random: Random) -> Self {
        Self {
            output,
            is_ethernet,
            faults,
            opens,
            random,
            held: None,
            apart: None,
            link: 0,
            carried: Vec::new(),
            echoes: BinaryHeap::new(),
            captured: Vec::new(),
            counts: TapCounts::default(),
            error: None,
        }
    }

    /// What MSC and SGSN send goes there, by that clock.
    pub fn split(&mut self, writer: CaptureWriter<W>, clock: Clock) {
        self.apart = Some((writer, clock));
    }

    /// The frames to come are of this link.
    pub fn watch(&mut self, link: u32) {
        self.link = link as usize;
        if self.link >= self.carried.len() {
            self.carried.resize(self.link + 1, Default::default());
        }
    }

    /// What passed by each link.
    pub fn carried(&self) -> Vec<[Carried; 2]> {
        match &self.output {
            Output::Frames(..) => self.carried.clone(),
            Output::Lines(lines) => lines.carried(),
        }
    }

    /// A frame that this side sends passes with these messages in it.
    pub fn frame(&mut self, at: Timestamp, side: Side, octets: &[u8], tokens: &[Token]) {
        if at < self.opens {
            return self.report(tokens, Sighting { frame: 0, at });
        }
        self.write_echoes(at);
        if self.strikes(self.faults.doubled) {
            self.echo(at, side, octets);
        }
        let lost = self.faults.lossy.is_none_or(|lossy| lossy == side) && self.strikes(self.faults.loss);
        self.count(side, tokens, lost);
        if lost {
            self.counts.lost += 1;
            return self.report(tokens, Sighting { frame: 0, at });
        }
        if self.held.is_none() && self.strikes(self.faults.reorder) {
            self.counts.reordered += 1;
            self.held = Some(Held { side, octets: octets.to_vec(), tokens: tokens.to_vec() });
            return;
        }
        self.write(at, side, octets, tokens);
        if self.strikes(self.faults.duplicate) {
            self.counts.duplicated += 1;
            self.write(at + DUPLICATE_AFTER, side, octets, &[]);
        }
        if let Some(held) = self.held.take() {
            self.write(at + OVERTAKEN_BY, held.side, &held.octets, &held.tokens);
        }
    }

    fn count(&mut self, side: Side, tokens: &[Token], lost: bool) {
        let direction = usize::from(side == Side::Msc);
        let carried = self.carried.get_mut(self.link).and_then(|link| link.get_mut(direction));
        if let Some(carried) = carried.filter(|_| !tokens.is_empty()) {
            carried.frames += 1;
            carried.lost += u64::from(lost);
        }
    }

    /// Tells where messages were captured since the last call, in exchange for an empty list.
    pub fn drain(&mut self, empty: &mut Vec<(Token, Sighting)>) {
        std::mem::swap(&mut self.captured, empty);
    }

    /// Whether there is something to drain.
    pub fn has_news(&self) -> bool {
        !self.captured.is_empty()
    }

    /// How many frames were written.
    pub fn frames(&self) -> u64 {
        let apart = self.apart.as_ref().map_or(0, |(writer, _)| writer.frames());
        match &self.output {
            Output::Frames(writer, _) => writer.frames() + apart,
            Output::Lines(lines) => lines.frames(),
        }
    }

    /// The lines, where such are captured.
    pub fn lines(&mut self) -> Option<&mut Lines<W>> {
        match &mut self.output {
            Output::Frames(..) => None,
            Output::Lines(lines) => Some(lines),
        }
    }

    /// Records what was on the lines by now.
    pub fn record(&mut self, now: Timestamp) {
        if let Output::Lines(lines) = &mut self.output
            && let Err(error) = lines.record(now, &mut self.captured)
        {
            self.error.get_or_insert(error);
        }
    }

    /// What became of the frames that met a fault.
    pub fn counts(&self) -> TapCounts {
        self.counts
    }

    /// Writes what is still held.
    pub fn close(&mut self, at: Timestamp) {
        self.record(at);
        self.write_echoes(Timestamp::MAX);
        if let Some(held) = self.held.take() {
            self.write(at, held.side, &held.octets, &held.tokens);
        }
    }

    /// The first error that writing met, if any.
    pub fn check(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.check()?;
        if let Some((writer, _)) = self.apart {
            writer.finish()?;
        }
        match self.output {
            Output::Frames(writer, _) => writer.finish(),
            Output::Lines(lines) => lines.finish(),
        }
    }

    // The second tap stands behind a switch that puts every frame into its VLAN (IEEE 802.1Q), where there are such.
    fn echo(&mut self, at: Timestamp, side: Side, octets: &[u8]) {
        const TAG: [u8; 4] = [0x81, 0x00, 0x00, 0x65];
        let tagged = match octets.split_at_checked(12).filter(|_| self.is_ethernet) {
            Some((addresses, rest)) => [addresses, &TAG, rest].concat(),
            None => octets.to_vec(),
        };
        self.counts.doubled += 1;
        self.echoes.push(Reverse((at + self.random.millis(1, 50), self.counts.doubled, side, tagged)));
    }

    fn write_echoes(&mut self, until: Timestamp) {
        while self.echoes.peek().is_some_and(|Reverse((at, ..))| *at <= until) {
            if let Some(Reverse((at, _, side, octets))) = self.echoes.pop() {
                self.write(at, side, &octets, &[]);
            }
        }
    }

    // No draw where the fault is switched off, so that switching one on leaves the others' draws alone.
    fn strikes(&mut self, share: f64) -> bool {
        share > 0.0 && self.random.chance(share)
    }

    fn write(&mut self, at: Timestamp, side: Side, octets: &[u8], tokens: &[Token]) {
        let Output::Frames(writer, mirror) = &mut self.output else { return };
        let apart = self.apart.as_mut().filter(|_| side == Side::Msc);
        let (writer, shown, beside) = match apart {
            Some((apart, clock)) => (apart, clock.shows(at, self.opens), writer.frames()),
            None => (writer, at, self.apart.as_ref().map_or(0, |(apart, _)| apart.frames())),
        };
        let written = match mirror.is_plain() {
            true => writer.frame(shown, octets),
            false => mirror.hand_over(octets).iter().try_fold((0, shown), |_, octets| writer.frame(shown, octets)),
        };
        match written {
            // Of two captures the numbers are those of one: in the order in which frames passed.
            Ok((frame, written_at)) => {
                let late = written_at.since(shown);
                self.report(tokens, Sighting { frame: frame + beside, at: at + late });
            }
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
    use crate::writer::{Format, LinkType};

    const BSS: Side = Side::Bss;

    fn tap(faults: Faults) -> Tap<Vec<u8>> {
        let writer = CaptureWriter::new(Vec::new(), Format::Pcap, LinkType::Ethernet).unwrap();
        Tap::new(Output::Frames(writer, Mirror::default()), true, faults, Timestamp::MIN, Random::new(1))
    }

    fn drained<W: Write>(tap: &mut Tap<W>) -> Vec<(Token, Sighting)> {
        let mut captured = Vec::new();
        tap.drain(&mut captured);
        captured
    }

    fn check(faults: Faults, expected_frames: &[u64]) {
        let mut tap = tap(faults);
        for step in 0..3 {
            tap.frame(
                Timestamp::from_seconds(i64::from(step)),
                BSS,
                &[1, 2, 3],
                &[Token { subscriber: 0, step, is_whole: true }],
            );
        }
        tap.close(Timestamp::from_seconds(3));
        let mut seen = drained(&mut tap);
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
    fn a_second_tap_captures_a_frame_later_and_in_its_vlan() {
        let mut tap = tap(Faults { doubled: 1.0, ..Faults::default() });
        let frame = [7; 20];
        tap.frame(Timestamp::from_seconds(1), BSS, &frame, &[Token { subscriber: 0, step: 0, is_whole: true }]);
        tap.frame(Timestamp::from_seconds(2), BSS, &frame, &[Token { subscriber: 0, step: 1, is_whole: true }]);
        tap.close(Timestamp::from_seconds(3));
        assert_eq!(drained(&mut tap).iter().map(|(_, sighting)| sighting.frame).collect::<Vec<_>>(), [1, 3]);
        let octets = tap.finish().unwrap();
        let lengths: Vec<_> = [24, 24 + 36, 24 + 36 + 40, 24 + 36 + 40 + 36].map(|at| octets[at + 8]).into();
        assert_eq!(lengths, [20, 24, 20, 24]);
    }

    #[test]
    fn what_is_lost_of_one_side_is_counted_by_link() {
        let mut tap = tap(Faults { loss: 1.0, lossy: Some(Side::Msc), ..Faults::default() });
        tap.watch(1);
        for (side, tokens) in [(BSS, 1), (Side::Msc, 1), (Side::Msc, 0)] {
            let token = Token { subscriber: 0, step: 0, is_whole: true };
            tap.frame(Timestamp::from_seconds(1), side, &[1], &vec![token; tokens]);
        }
        let lost = Carried { frames: 1, lost: 1 };
        assert_eq!(tap.carried(), [[Carried::default(); 2], [Carried { lost: 0, ..lost }, lost]]);
    }

    #[test]
    fn a_direction_apart_has_its_own_clock_and_its_frames_their_place_among_all() {
        let mut tap = tap(Faults::default());
        let apart = CaptureWriter::new(Vec::new(), Format::Pcap, LinkType::Ethernet).unwrap();
        tap.split(apart, Clock { offset_micros: -500_000, drift_ppm: 100.0 });
        tap.opens = Timestamp::from_seconds(0);
        for step in 0..4 {
            let side = if step % 2 == 0 { BSS } else { Side::Msc };
            let token = Token { subscriber: 0, step, is_whole: true };
            tap.frame(Timestamp::from_seconds(10_000 + i64::from(step)), side, &[1], &[token]);
        }
        let seen: Vec<_> =
            drained(&mut tap).iter().map(|(_, sighting)| (sighting.frame, sighting.at.as_micros())).collect();
        assert_eq!(seen, [(1, 10_000_000_000), (2, 10_001_000_000), (3, 10_002_000_000), (4, 10_003_000_000)]);
        let (apart, _) = tap.apart.unwrap();
        let octets = apart.finish().unwrap();
        let stamp: Vec<_> = octets[24..32].chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
        assert_eq!(stamp, [10_001, 500_100]);
    }

    #[test]
    fn a_reordered_frame_comes_after_the_next() {
        check(Faults { reorder: 1.0, ..Faults::default() }, &[2, 1, 3]);
    }
}
