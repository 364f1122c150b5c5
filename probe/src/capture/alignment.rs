//! Files and interfaces with clocks of their own as one feed, in the order in which things happened.
//!
//! What was recorded by several clocks is compared ([`Clocks`]), the difference taken off, and each frame held until none
//! can come that belongs before it. Nothing else than the frames themselves decides, so a second reading gives the same.
//! Where inputs begin together, frames are held until their clocks are known, at most [`LEARNING`] of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::time::Duration;

use event::Timestamp;

use super::{Frame, LinkType};
use crate::track::causality;
use crate::track::clocks::{Clocks, Estimate, LEAD_LIMIT};

/// How much of the beginning is held until clocks are known.
pub const LEARNING: Duration = Duration::from_secs(30);
/// Frames held at once: beyond, the earliest goes on.
pub const HELD_LIMIT: usize = 1 << 17;
/// Octets of frames held at once.
pub const HELD_OCTETS_LIMIT: usize = 64 << 20;

/// Frames between two looks at whether clocks are known.
const LOOK_EVERY: u64 = 256;

/// What is known of the clock of a file, of the files of a ring, or of an interface in them.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockReport {
    /// The file that was read first, and the interface where the file has several.
    pub input: String,
    /// Frames read.
    pub frames: u64,
    /// How its clock goes.
    pub estimate: Estimate,
}

/// Who stamped a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamper<'a> {
    /// The file.
    pub(super) file: &'a Path,
    /// Its place among what was named.
    pub(super) position: u16,
    /// The interface within it, and how many there are.
    pub(super) interface: (u32, usize),
    /// Whether it is a recording of E1 lines, whose ports are numbered across files.
    pub(super) has_lines: bool,
}

/// Clocks, and frames held back.
#[derive(Default)]
pub(super) struct Alignment {
    inputs: Vec<InputClock>,
    clocks: Clocks,
    /// Since when frames are held because clocks are not known.
    learning_since: Option<Timestamp>,
    /// When it was last said that a further clock is to come.
    expected_at: Timestamp,
    held: BinaryHeap<Reverse<(Timestamp, u64, usize)>>,
    places: Vec<Held>,
    free: Vec<usize>,
    held_octets: usize,
    /// Microseconds that the fastest clock is ahead.
    fastest: i64,
    /// Time of the latest frame that was taken, as it was recorded.
    reached: Timestamp,
    taken: u64,
    released_early: u64,
    released: Option<usize>,
    is_over: bool,
}

struct InputClock {
    family: String,
    interface: u32,
    recorder: u16,
    has_lines: bool,
    /// Place of the file that it stamps, or stamped last.
    position: u16,
    name: String,
    /// Absent at the limit of clocks that are compared.
    clock: Option<usize>,
    /// The file that it stamps now.
    is_open: bool,
    frames: u64,
    last: Timestamp,
}

/// A frame that waits; its octets stay where they are when the next one takes its place.
struct Held {
    at: Timestamp,
    input: usize,
    link: LinkType,
    original_length: u32,
    file: u16,
    octets: Vec<u8>,
}

impl Alignment {
    /// The clock of this stamper: one of its own, or that of an earlier file of the same ring.
    pub(super) fn input(&mut self, stamper: Stamper<'_>) -> usize {
        let Stamper { file, position, interface: (interface, of), has_lines } = stamper;
        let family = family(file);
        let same = |input: &&mut InputClock| !input.is_open && input.family == family && input.interface == interface;
        if let Some((index, input)) = self.inputs.iter_mut().enumerate().find(|(_, input)| same(input)) {
            (input.is_open, input.position) = (true, position);
            return index;
        }
        let beside = |input: &&InputClock| input.position == position || has_lines && input.has_lines;
        let recorder = self.inputs.iter().find(beside).map(|input| input.recorder);
        let recorder = recorder.unwrap_or_else(|| u16::try_from(self.inputs.len()).unwrap_or(u16::MAX));
        let clock = self.clocks.add(u64::from(position) << 32 | u64::from(interface));
        let name =
            if of > 1 { format!("{} interface {interface}", file.display()) } else { file.display().to_string() };
        let (frames, last) = (0, Timestamp::MIN);
        let is_open = true;
        let input = InputClock { family, interface, recorder, has_lines, position, name, clock, is_open, frames, last };
        self.inputs.push(input);
        self.inputs.len() - 1
    }

    /// Who recorded an input: the same for the interfaces of a file, the files of a ring, and all recordings of E1 lines.
    pub(super) fn recorder(&self, input: usize) -> u16 {
        self.inputs.get(input).map_or(0, |input| input.recorder)
    }

    /// An input has no more frames.
    pub(super) fn close(&mut self, input: usize) {
        self.inputs.iter_mut().skip(input).take(1).for_each(|input| input.is_open = false);
    }

    /// A file is about to begin beside others: unless it goes on with one of them, what comes is held.
    pub(super) fn expect(&mut self, file: &Path, begins: Timestamp) {
        let family = family(file);
        let goes_on = self.inputs.iter().any(|input| input.family == family && input.frames > LOOK_EVERY);
        if !goes_on {
            self.learn(begins);
        }
    }

    /// Interfaces are about to begin beside each other: what comes is held.
    pub(super) fn learn(&mut self, from: Timestamp) {
        self.expected_at = from.max(self.expected_at);
        self.learning_since.get_or_insert(if self.taken == 0 { from } else { self.reached });
    }

    /// Takes a frame in the order of recording. Gives the time at which it goes on at once; else it is held.
    #[inline]
    pub(super) fn take(&mut self, input: usize, frame: &Frame<'_>) -> Option<Timestamp> {
        if self.is_idle() {
            self.pass(1, frame.at);
            return Some(frame.at);
        }
        self.taken += 1;
        self.reached = self.reached.max(frame.at);
        self.align(input, frame)
    }

    /// Whether every frame goes on at once, at its own time: there is but one clock.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.inputs.len() < 2 && self.learning_since.is_none() && self.held.is_empty()
    }

    /// Frames go on while it is idle: so many, the latest of this time.
    #[inline]
    pub(super) fn pass(&mut self, frames: u64, latest: Timestamp) {
        self.taken += frames;
        self.reached = self.reached.max(latest);
        self.inputs.iter_mut().for_each(|input| input.frames += frames);
    }

    #[inline(never)]
    fn align(&mut self, input: usize, frame: &Frame<'_>) -> Option<Timestamp> {
        let Self { inputs, clocks, .. } = self;
        let own = inputs.get_mut(input)?;
        own.frames += 1;
        own.last = frame.at;
        if let Some(clock) = own.clock {
            causality::signs(frame.link, frame.captured, |sign| clocks.note(clock, frame.at, sign));
        }
        if self.learning_since.is_some() {
            self.hold(frame.at, input, frame);
            self.look_whether_known();
            return None;
        }
        if clocks.tick(self.reached) {
            self.find_fastest();
        }
        let at = self.aligned(frame.at, input);
        if self.held.is_empty() && at <= self.watermark() {
            return Some(at);
        }
        self.hold(at, input, frame);
        None
    }

    /// Whether a held frame goes on now.
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        match self.held.peek() {
            None => false,
            Some(_) if self.is_over || self.is_full() => true,
            Some(Reverse((at, ..))) => self.learning_since.is_none() && *at <= self.watermark(),
        }
    }

    /// Chooses the held frame that goes on: [`Alignment::released`].
    pub(super) fn release(&mut self) {
        let Some(Reverse((at, _, place))) = self.held.pop() else { return };
        self.released_early += u64::from(!self.is_over && at > self.watermark());
        if let Some(held) = self.places.get_mut(place) {
            held.at = at;
            self.held_octets -= held.octets.len();
        }
        self.free.extend(self.released.replace(place));
    }

    /// The frame that was chosen last.
    pub(super) fn released(&self, number: u64) -> Option<Frame<'_>> {
        let Held { at, link, original_length, file, octets, .. } = self.places.get(self.released?)?;
        let (at, link, original_length, file) = (*at, *link, *original_length, *file);
        Some(Frame { number, at, link, captured: octets, original_length, file })
    }

    /// Nothing more is to come: all that is held goes on. Whether there is something.
    pub(super) fn end(&mut self) -> bool {
        self.settle();
        self.is_over = true;
        !self.held.is_empty()
    }

    /// What is known of the clocks, where there are several.
    pub(super) fn reports(&self) -> Vec<ClockReport> {
        if self.inputs.len() < 2 {
            return Vec::new();
        }
        let estimate =
            |input: &InputClock| input.clock.map_or(Estimate::default(), |clock| self.clocks.estimate(clock));
        let report = |input: &InputClock| ClockReport {
            input: input.name.clone(),
            frames: input.frames,
            estimate: estimate(input),
        };
        self.inputs.iter().map(report).collect()
    }

    /// Frames that went on before their time because too many were held.
    pub(super) fn released_early(&self) -> u64 {
        self.released_early
    }

    // Frames that are still to come were recorded no earlier than the last, by the fastest clock at worst.
    fn watermark(&self) -> Timestamp {
        shifted(self.reached, self.fastest)
    }

    fn find_fastest(&mut self) {
        self.fastest = self.inputs.iter().map(|input| self.ahead(input)).max().unwrap_or_default();
    }

    fn aligned(&self, at: Timestamp, input: usize) -> Timestamp {
        self.inputs.get(input).map_or(at, |input| shifted(at, self.ahead(input)))
    }

    fn ahead(&self, input: &InputClock) -> i64 {
        input.clock.map_or(0, |clock| self.clocks.ahead(clock))
    }

    fn is_full(&self) -> bool {
        self.held.len() >= HELD_LIMIT || self.held_octets >= HELD_OCTETS_LIMIT
    }

    fn hold(&mut self, at: Timestamp, input: usize, frame: &Frame<'_>) {
        let place = self.free.pop().unwrap_or_else(|| {
            let (link, original_length) = (frame.link, frame.original_length);
            self.places.push(Held { at, input, link, original_length, file: frame.file, octets: Vec::new() });
            self.places.len() - 1
        });
        let Some(held) = self.places.get_mut(place) else { return };
        (held.at, held.input, held.link) = (frame.at, input, frame.link);
        (held.original_length, held.file) = (frame.original_length, frame.file);
        held.octets.clear();
        held.octets.extend_from_slice(frame.captured);
        self.held_octets += frame.captured.len();
        self.held.push(Reverse((at, self.taken, place)));
    }

    fn look_whether_known(&mut self) {
        let waits = self.learning_since.is_some_and(|since| self.reached.since(since) <= LEARNING) && !self.is_full();
        if waits && !self.taken.is_multiple_of(LOOK_EVERY) {
            return;
        }
        self.clocks.set(self.reached);
        let recent = || self.inputs.iter().filter(|input| self.reached.since(input.last) <= LEARNING);
        let is_known = match recent().count() {
            // Whoever was to come did not.
            0 | 1 => self.reached.since(self.expected_at) > LEAD_LIMIT,
            _ => self.clocks.are_known(recent().filter_map(|input| input.clock)),
        };
        if is_known || !waits {
            self.settle();
        }
    }

    // The clocks are known as far as they can be: what is held takes its place in the order.
    fn settle(&mut self) {
        if self.learning_since.take().is_none() {
            return;
        }
        self.clocks.set(self.reached);
        self.find_fastest();
        let held = std::mem::take(&mut self.held);
        let aligned = held.into_iter().map(|Reverse((at, order, place))| {
            let input = self.places.get(place).map_or(0, |held| held.input);
            Reverse((self.aligned(at, input), order, place))
        });
        self.held = aligned.collect();
    }
}

/// The name of a file without its digits: the same for all files of a ring that one program writes.
fn family(file: &Path) -> String {
    file.to_string_lossy().chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

fn shifted(at: Timestamp, ahead_micros: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_sub(ahead_micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NS-ALIVE (3GPP TS 48.016 §9.2.1) or its acknowledgement between two sides, behind which stands a number.
    fn datagram(from_bss: bool, is_answer: bool) -> Vec<u8> {
        let ends = if from_bss { [1, 2] } else { [2, 1] };
        let pdu = if is_answer { 0x0b } else { 0x0a };
        let ip = [0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, ends[0], 10, 0, 0, ends[1]];
        [ip.as_slice(), &[0, ends[0], 0, ends[1], 0, 9, 0, 0, pdu]].concat()
    }

    /// True time in microseconds, the file that has it (0: what the BSS sends), and its octets.
    type Recorded = (i64, usize, Vec<u8>);

    // Twice a second for ten minutes, either side asks and is answered 3 ms later, at times of its own in a cycle of 11 s:
    // a number is used again after that.
    fn conversation() -> Vec<Recorded> {
        let asks = (0..55).flat_map(|round| {
            let begin = round * 11_000_000;
            [(begin, true), (begin + 5_300_000, false)]
        });
        let pairs = asks.flat_map(|(at, from_bss)| {
            let side = usize::from(!from_bss);
            [(at, side, datagram(from_bss, false)), (at + 3000, 1 - side, datagram(!from_bss, true))]
        });
        pairs.collect()
    }

    fn stamped(micros: i64, file: usize, lead: i64, drift_ppm: i64) -> Timestamp {
        const BEGIN: i64 = 1_700_000_000_000_000;
        let error = if file == 1 { lead + micros / 1_000_000 * drift_ppm } else { 0 };
        Timestamp::from_micros(BEGIN + micros + error)
    }

    /// Frames of the conversation in the order of two clocks go in; how many that come out are before an earlier one.
    fn check(lead: i64, drift_ppm: i64) -> (usize, Estimate) {
        let mut alignment = Alignment::default();
        let mut recorded: Vec<_> = conversation()
            .into_iter()
            .enumerate()
            .map(|(number, (micros, file, octets))| (stamped(micros, file, lead, drift_ppm), file, number, octets))
            .collect();
        recorded.sort_by_key(|(at, ..)| *at);
        let names = [Path::new("up.pcap"), Path::new("down.pcap")];
        alignment.learn(recorded[0].0);
        let inputs = [0, 1].map(|position: u16| {
            let file = names[usize::from(position)];
            alignment.input(Stamper { file, position, interface: (0, 1), has_lines: false })
        });
        let mut order = Vec::new();
        for (at, file, number, octets) in &recorded {
            let frame = Frame {
                number: 0,
                at: *at,
                link: LinkType::Ipv4,
                captured: octets,
                original_length: *number as u32,
                file: *file as u16,
            };
            order.extend(alignment.take(inputs[*file], &frame).map(|at| (at, *number)));
            drain(&mut alignment, &mut order);
        }
        alignment.end();
        drain(&mut alignment, &mut order);
        assert_eq!(order.len(), recorded.len());
        assert!(order.is_sorted_by_key(|(at, _)| *at), "times go on");
        let disorder = order.windows(2).filter(|pair| pair[0].1 > pair[1].1).count();
        (disorder, alignment.reports()[1].estimate)
    }

    fn drain(alignment: &mut Alignment, order: &mut Vec<(Timestamp, usize)>) {
        while alignment.is_due() {
            alignment.release();
            let frame = alignment.released(1).unwrap();
            order.push((frame.at, frame.original_length as usize));
        }
    }

    #[test]
    fn frames_of_two_clocks_come_in_the_order_in_which_they_were_sent() {
        for lead in [0, 500_000, -500_000, 40_000, -1_500_000] {
            let (disorder, estimate) = check(lead, 0);
            assert_eq!(disorder, 0, "{lead}");
            assert!((estimate.ahead_micros - lead).abs() <= 3000, "{lead}: {estimate:?}");
        }
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        for drift_ppm in [50, -50] {
            let (disorder, estimate) = check(300_000, drift_ppm);
            assert_eq!(disorder, 0, "{drift_ppm}");
            let told = estimate.drift_ppm.unwrap();
            assert!((told - drift_ppm as f64).abs() < 15.0, "{told}");
        }
    }

    #[test]
    fn files_of_a_ring_have_one_clock_and_others_their_own() {
        let mut alignment = Alignment::default();
        let mut open = |name: &str| {
            let stamper = Stamper { file: Path::new(name), position: 0, interface: (0, 1), has_lines: false };
            alignment.input(stamper)
        };
        let (up, down) = (open("up_001.pcap"), open("down_001.pcap"));
        assert_ne!(up, down);
        assert_ne!(open("up_002.pcap"), up, "while the first is read");
        alignment.close(up);
        let stamper = Stamper { file: Path::new("up_003.pcap"), position: 2, interface: (0, 1), has_lines: false };
        assert_eq!(alignment.input(stamper), up);
    }

    #[test]
    fn recorders_are_told_apart_but_not_their_files_and_interfaces() {
        let mut alignment = Alignment::default();
        let mut open = |name: &str, position, interface, has_lines| {
            let stamper = Stamper { file: Path::new(name), position, interface: (interface, 2), has_lines };
            alignment.input(stamper)
        };
        let inputs = [
            open("up_001.pcap", 0, 0, false),
            open("up_001.pcap", 0, 1, false),
            open("down_001.pcap", 1, 0, false),
            open("port0.e1", 2, 0, true),
            open("port1.e1", 3, 0, true),
        ];
        let recorders = |alignment: &Alignment, inputs: &[usize]| {
            inputs.iter().map(|input| alignment.recorder(*input)).collect::<Vec<_>>()
        };
        assert_eq!(recorders(&alignment, &inputs), [0, 0, 2, 3, 3]);
        inputs.into_iter().for_each(|input| alignment.close(input));
        let stamper = |interface| Stamper {
            file: Path::new("up_002.pcap"),
            position: 4,
            interface: (interface, 2),
            has_lines: false,
        };
        let inputs = [1, 0].map(|interface| alignment.input(stamper(interface)));
        assert_eq!(recorders(&alignment, &inputs), [0, 0]);
    }

    #[test]
    fn a_single_file_is_not_held() {
        let mut alignment = Alignment::default();
        let input =
            alignment.input(Stamper { file: Path::new("a.pcap"), position: 0, interface: (0, 1), has_lines: false });
        for (micros, _, octets) in conversation() {
            let at = stamped(micros, 0, 0, 0);
            let frame = Frame { number: 0, at, link: LinkType::Ipv4, captured: &octets, original_length: 0, file: 0 };
            assert_eq!(alignment.take(input, &frame), Some(at));
        }
        assert!(alignment.reports().is_empty());
    }

    #[test]
    fn inputs_that_have_nothing_to_do_with_each_other_are_held_for_the_time_of_learning_only() {
        let mut alignment = Alignment::default();
        alignment.learn(Timestamp::from_seconds(100));
        let inputs = ["a.pcap", "b.pcap"].map(|name| {
            alignment.input(Stamper { file: Path::new(name), position: 0, interface: (0, 1), has_lines: false })
        });
        let mut passed = Vec::new();
        for second in 100..200 {
            let at = Timestamp::from_seconds(second);
            for input in inputs {
                let frame = Frame { number: 0, at, link: LinkType::Ipv4, captured: &[], original_length: 0, file: 0 };
                passed.extend(alignment.take(input, &frame).map(|at| (at, 0)));
                drain(&mut alignment, &mut passed);
                assert!(passed.is_empty() == (second <= 130), "{second}");
            }
        }
        assert!(passed.is_sorted());
    }
}
