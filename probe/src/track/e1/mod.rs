//! One direction of an E1: bits of 2,048 kbit/s to the frames of the signalling links in it.
//!
//! Octets go to a channel only when the frame has an alignment signal on either side, so that nothing misaligned is read.
//! Time is that of a block's first bit, and the bits since.

pub mod alarm;
pub mod alignment;
pub mod channel;
pub mod content;
pub mod counters;
pub mod multiframe;
pub mod plan;
pub mod receiver;

use std::time::Duration;

use event::Timestamp;

use crate::wire::g704::{self, FRAME_BITS, LINE_RATE, TIMESLOTS};
use alarm::{AlarmIndication, RemoteAlarm};
use alignment::{Alignment, Verdict};
use multiframe::Multiframe;

pub use channel::Channel;
pub use content::Content;
pub use counters::{ChannelCounters, LineCounters};
pub use plan::{ChannelPlan, LineName, LinkPlan, LinkSettings, Timeslots};

/// Frames that are put together before channels read them: each then runs without leaving the processor's registers.
const BATCH_FRAMES: usize = 64;
/// A block whose time is farther than this from the time that the bits since the last one give does not follow it.
pub const GAP_MICROS: u64 = 10_000;

/// A frame of a signalling link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit<'a> {
    /// When its closing flag was complete.
    pub at: Timestamp,
    /// Number of the link, as in [`ChannelPlan`].
    pub link: u16,
    /// Whether it came by the link's second direction.
    pub is_second: bool,
    /// What it is.
    pub content: Content,
    /// The octets between the flags, without check sequence.
    pub octets: &'a [u8],
}

/// Octets of a line, with bit 1 of each timeslot in the lowest place wherever the octets begin.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// When the first bit was on the line.
    pub at: Timestamp,
    /// Whether the recording says that it has nothing of the time since the block before.
    pub follows_gap: bool,
    /// The octets.
    pub octets: &'a [u8],
}

/// The state of one direction of an E1.
#[derive(Debug)]
pub struct Line {
    window: Window,
    state: State,
    remote_alarm: RemoteAlarm,
    indication: AlarmIndication,
    /// Where in a frame the alignment was that was lost.
    lost_phase: Option<u64>,
    batch: Batch,
    channels: Vec<Channel>,
    wants_frames: bool,
    counters: LineCounters,
}

/// Octets that are not released yet.
#[derive(Debug, Default)]
struct Window {
    octets: Vec<u8>,
    /// Bit of `octets` up to which all is done.
    position: u64,
    /// Number on the line of the first bit of `octets`.
    origin: u64,
    /// A bit's number on the line and its time: of the first bit of the last block.
    anchor: Option<(u64, Timestamp)>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Searching,
    Aligned {
        alignment: Alignment,
        multiframe: Multiframe,
        /// Frames from the position on that were looked at and wait for an alignment signal; the first has one.
        held: u64,
    },
}

/// Frames that channels are to read: without gaps.
#[derive(Debug, Default)]
struct Batch {
    octets: Vec<u8>,
    /// Number on the line of the first bit.
    first_bit: u64,
    /// The octets of one channel.
    channel: Vec<u8>,
}

impl Line {
    /// Nothing seen yet.
    pub fn new(channels: &[ChannelPlan]) -> Self {
        Self {
            window: Window::default(),
            state: State::Searching,
            remote_alarm: RemoteAlarm::default(),
            indication: AlarmIndication::default(),
            lost_phase: None,
            batch: Batch::default(),
            wants_frames: channels.iter().any(|channel| !channel.timeslots.is_whole()),
            channels: channels.iter().map(|channel| Channel::new(*channel)).collect(),
            counters: LineCounters::default(),
        }
    }

    /// What the line has seen.
    pub fn counters(&self) -> &LineCounters {
        &self.counters
    }

    /// The channels that are or may be links.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Whether frames are aligned.
    pub fn is_aligned(&self) -> bool {
        matches!(self.state, State::Aligned { .. })
    }

    /// Takes the next block and gives the frames that it completes: those of a channel in their order, channel by channel.
    pub fn take(&mut self, block: &Block<'_>, give: &mut impl FnMut(Unit<'_>)) {
        if block.follows_gap || !self.window.is_continued_at(block.at) {
            self.gap();
        }
        self.counters.octets += block.octets.len() as u64;
        self.counters.alarm_indications += self.indication.take(block.octets);
        self.window.push(block);
        self.read_whole(block.octets, give);
        if self.wants_frames {
            self.read_frames(give);
        } else {
            self.window.drop_all();
        }
    }

    fn gap(&mut self) {
        self.counters.gaps += 1;
        self.counters.bits_unaligned += self.window.bits() - self.window.position;
        self.window.drop_all();
        self.state = State::Searching;
        self.lost_phase = None;
        self.channels.iter_mut().for_each(Channel::lose);
    }

    // The channel that is the line itself.
    fn read_whole(&mut self, octets: &[u8], give: &mut impl FnMut(Unit<'_>)) {
        let Self { window, channels, .. } = self;
        let Some(channel) = channels.iter_mut().find(|channel| channel.plan().timeslots.is_whole()) else { return };
        let (plan, first_bit) = (*channel.plan(), window.line_bit(window.bits() - octets.len() as u64 * 8));
        channel.take(octets, |index, content, octets| {
            let at = window.time(first_bit + (index as u64 + 1) * 8);
            give(Unit { at, link: plan.link, is_second: plan.is_second, content, octets });
        });
        if channel.content().is_some() && channels.len() > 1 {
            channels.retain(|channel| channel.plan().timeslots.is_whole());
            self.wants_frames = false;
        }
    }

    fn read_frames(&mut self, give: &mut impl FnMut(Unit<'_>)) {
        loop {
            let goes_on = match self.state {
                State::Searching => self.search(),
                State::Aligned { .. } => self.follow(give),
            };
            if !goes_on {
                break;
            }
        }
        self.flush(give);
        self.window.drop_done();
    }

    // False where more octets are needed.
    fn search(&mut self) -> bool {
        let from = self.window.position;
        let found = alignment::search(&self.window.octets, from);
        let position = found.unwrap_or_else(|rest| rest);
        self.counters.bits_unaligned += position - from;
        self.window.position = position;
        if found.is_ok() {
            self.counters.alignment_recoveries += 1;
            let phase = self.window.line_bit(position) % FRAME_BITS;
            self.counters.bit_slips += u64::from(self.lost_phase.take().is_some_and(|lost| lost != phase));
            self.state = State::Aligned { alignment: Alignment::new(), multiframe: Multiframe::default(), held: 0 };
            self.channels.retain(|channel| channel.content().is_some() || !channel.plan().timeslots.is_whole());
        }
        found.is_ok()
    }

    // Looks at one frame more. False where more octets are needed.
    fn follow(&mut self, give: &mut impl FnMut(Unit<'_>)) -> bool {
        let State::Aligned { alignment, multiframe, held } = &mut self.state else { return false };
        let bit = self.window.position + *held * FRAME_BITS;
        // The frame is wanted whole, so that it can be released without a further look.
        if self.window.bits() < bit + FRAME_BITS {
            return false;
        }
        let Some(timeslot_0) = alignment::octet_at(&self.window.octets, bit) else { return false };
        let errors = alignment.errors();
        let verdict = alignment.take(timeslot_0);
        self.counters.alignment_errors += u64::from(alignment.errors() > errors);
        if verdict == Verdict::FrameSlip {
            *multiframe = Multiframe::default();
            self.counters.frame_slips += 1;
        }
        match verdict {
            Verdict::Wait => *held += 1,
            Verdict::Aligned | Verdict::FrameSlip => {
                let count = std::mem::replace(held, 1);
                self.release(count, give);
            }
            Verdict::Lost => self.lose(give),
        }
        true
    }

    // The alignment is not there any more, or never was.
    fn lose(&mut self, give: &mut impl FnMut(Unit<'_>)) {
        self.flush(give);
        self.counters.alignment_losses += 1;
        self.lost_phase = Some(self.window.line_bit(self.window.position) % FRAME_BITS);
        self.state = State::Searching;
        self.counters.bits_unaligned += 1;
        self.window.position += 1;
        self.channels.iter_mut().for_each(Channel::lose);
    }

    // The next frames are aligned; the first of them has the signal.
    fn release(&mut self, count: u64, give: &mut impl FnMut(Unit<'_>)) {
        for index in 0..count {
            if self.batch.is_full() {
                self.flush(give);
            }
            let has_signal = index % 2 == 0;
            let Self { window, batch, state, remote_alarm, counters, .. } = self;
            let frame = batch.append(window);
            window.position += FRAME_BITS;
            counters.frames += 1;
            if let Some(timeslot_0) = frame.first().filter(|_| !has_signal) {
                counters.remote_alarms += u64::from(remote_alarm.take(g704::remote_alarm(*timeslot_0)));
            }
            if let State::Aligned { multiframe, .. } = state
                && !multiframe.take(frame, has_signal, counters)
            {
                return self.lose(give);
            }
        }
    }

    // Lets the channels read what is released.
    fn flush(&mut self, give: &mut impl FnMut(Unit<'_>)) {
        let Self { window, batch, channels, .. } = self;
        if batch.octets.is_empty() {
            return;
        }
        let mut recognised = None;
        for channel in channels.iter_mut().filter(|channel| !channel.plan().timeslots.is_whole()) {
            let plan = *channel.plan();
            let was_known = channel.content().is_some();
            let (first_bit, octets) = batch.gather(plan.timeslots);
            channel.take(octets, |index, content, octets| {
                let at = window.time(first_bit + bits_through(index, plan.timeslots));
                give(Unit { at, link: plan.link, is_second: plan.is_second, content, octets });
            });
            if !was_known && channel.content().is_some() {
                recognised = Some(plan.timeslots);
            }
        }
        batch.octets.clear();
        if let Some(timeslots) = recognised {
            let is_possible =
                |channel: &Channel| channel.content().is_some() || !channel.plan().timeslots.overlaps(timeslots);
            channels.retain(is_possible);
        }
    }
}

// Bits from the beginning of a frame to the end of an octet of a channel.
fn bits_through(index: usize, timeslots: Timeslots) -> u64 {
    let count = timeslots.count().max(1);
    let timeslot = timeslots.iter().nth(index % count).unwrap_or_default();
    (index / count * TIMESLOTS + timeslot + 1) as u64 * 8
}

impl Window {
    fn bits(&self) -> u64 {
        self.octets.len() as u64 * 8
    }

    fn line_bit(&self, bit: u64) -> u64 {
        self.origin + bit
    }

    // Time of a bit of the line, before or behind the anchor.
    fn time(&self, line_bit: u64) -> Timestamp {
        let (bit, at) = self.anchor.unwrap_or_default();
        let span = |bits: u64| Duration::from_micros(bits * 1_000_000 / LINE_RATE);
        if line_bit >= bit { at + span(line_bit - bit) } else { at - span(bit - line_bit) }
    }

    fn is_continued_at(&self, at: Timestamp) -> bool {
        let expected = self.time(self.line_bit(self.bits()));
        let gap = Duration::from_micros(GAP_MICROS);
        self.anchor.is_none() || at.since(expected) <= gap && expected.since(at) <= gap
    }

    fn push(&mut self, block: &Block<'_>) {
        self.anchor = Some((self.line_bit(self.bits()), block.at));
        self.octets.extend_from_slice(block.octets);
    }

    fn drop_all(&mut self) {
        self.origin += self.bits();
        self.position = 0;
        self.octets.clear();
    }

    // Whole octets that are done with.
    fn drop_done(&mut self) {
        let done = (self.position / 8).min(self.octets.len() as u64);
        self.octets.drain(..done as usize);
        self.origin += done * 8;
        self.position -= done * 8;
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.octets.len() >= BATCH_FRAMES * TIMESLOTS
    }

    // Takes over the frame at the position.
    fn append(&mut self, window: &Window) -> &[u8] {
        if self.octets.is_empty() {
            self.first_bit = window.line_bit(window.position);
        }
        let (index, shift) = ((window.position / 8) as usize, window.position % 8);
        let rest = window.octets.get(index..).unwrap_or_default();
        let begin = self.octets.len();
        if shift == 0 {
            self.octets.extend(rest.iter().take(TIMESLOTS));
        } else {
            let pairs = rest.iter().zip(rest.iter().skip(1)).take(TIMESLOTS);
            self.octets.extend(pairs.map(|(low, high)| (u16::from_le_bytes([*low, *high]) >> shift) as u8));
        }
        self.octets.get(begin..).unwrap_or_default()
    }

    // The octets of these timeslots one behind the other, and the number of the batch's first bit.
    fn gather(&mut self, timeslots: Timeslots) -> (u64, &[u8]) {
        let Self { octets, first_bit, channel } = self;
        channel.clear();
        if timeslots.count() == 1 {
            let first = timeslots.iter().next().unwrap_or_default();
            channel.extend(octets.iter().skip(first).step_by(TIMESLOTS));
        } else {
            let of_frame = |frame| timeslots.iter().filter_map(move |timeslot| <[u8]>::get(frame, timeslot));
            channel.extend(octets.chunks_exact(TIMESLOTS).flat_map(of_frame));
        }
        (*first_bit, channel)
    }
}
