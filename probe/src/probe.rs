//! The probe put together: transports below, the interfaces A and Gb above.

use event::{Imsi, Timestamp};

use crate::Sink;
use crate::capture::{Batch, Frame, Place};
use crate::counters::Counters;
use crate::interpret::{AInterface, GbInterface, GbSettings, NetworkSettings, NumberPlan};
use crate::listener::Heard;
use crate::remembered::{Parts, Recalled, Unreadable, Writing};
use crate::track::loss::LinkLoss;
use crate::track::transport::{Carrier, Payload, Transport, TransportCounters, TransportSettings};

/// What is to be configured of a probe.
#[derive(Clone, Debug, Default)]
pub struct ProbeConfig {
    /// Which feed it reads, in the order of the configuration: stands in its events.
    pub feed: u16,
    /// How transports are told apart.
    pub transport: TransportSettings,
    /// How numbers are dialled.
    pub numbers: NumberPlan,
    /// What no message tells of the network.
    pub network: NetworkSettings,
    /// How phones are sighted on the Gb interface.
    pub gb: GbSettings,
}

/// What a feed gives.
enum Input<'a> {
    /// Frames, and whether the sink is told when each has been taken.
    Frames(Batch<'a>, bool),
    /// No frame until this time.
    Quiet(Timestamp),
    /// Nobody can tell what was there until this time.
    Blind(Timestamp),
    End,
}

/// Frames of which the sink has not been told yet that they have been taken.
struct Passing<'a> {
    frames: Batch<'a>,
}

impl Passing<'_> {
    /// Those before this number have been.
    #[inline]
    fn until<S: Sink>(&mut self, number: u64, sink: &mut S) {
        while let Some(frame) = self.frames.iter().next().filter(|frame| frame.number < number) {
            sink.frame(frame.at);
            self.frames = self.frames.after(1);
        }
    }
}

/// Frames of one feed in, facts about subscribers out. One thread's.
pub struct Probe {
    feed: u16,
    transport: Transport,
    a_interface: AInterface,
    gb_interface: GbInterface,
}

impl Probe {
    /// A probe that has seen nothing yet.
    pub fn new(config: ProbeConfig) -> Self {
        Self {
            feed: config.feed,
            transport: Transport::new(&config.transport),
            gb_interface: GbInterface::new(config.gb, &config.network),
            a_interface: AInterface::new(config.numbers, config.network),
        }
    }

    /// Takes the next frame, in the order of capture.
    pub fn frame<S: Sink>(&mut self, frame: &Frame<'_>, sink: &mut S) {
        let place = [Place::new(frame, 0)];
        self.frames(Batch::new(frame.captured, &place, frame.number), sink);
    }

    /// Takes the next frames: as one after the other, but sooner, as the memory that they will need is fetched side by side.
    pub fn frames<S: Sink>(&mut self, frames: Batch<'_>, sink: &mut S) {
        self.take(Input::Frames(frames, S::FRAMES), sink);
    }

    /// Time has passed without a frame: ends what has been silent for too long.
    pub fn tick<S: Sink>(&mut self, now: Timestamp, sink: &mut S) {
        self.take(Input::Quiet(now), sink);
    }

    /// The feed was blind before `until`, for so long that temporary identities may have changed hands: bindings confirmed
    /// until then are suspect, and every location area is silent until it is heard again.
    pub fn doubt<S: Sink>(&mut self, until: Timestamp, sink: &mut S) {
        self.take(Input::Blind(until), sink);
    }

    /// Nothing is known any more of a subscriber's temporary identities. A connection that is open goes on to its end.
    pub fn forget(&mut self, imsi: Imsi) {
        self.a_interface.identities_mut().release(imsi);
        self.gb_interface.identities_mut().release(imsi);
    }

    /// The capture has ended: events that still wait go out. Calls that go on have not ended.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) {
        self.take(Input::End, sink);
    }

    fn take<S: Sink>(&mut self, input: Input<'_>, sink: &mut S) {
        if S::MESSAGES { self.take_and_show(input, Heard(sink)) } else { self.take_and_tell(input, Heard(sink)) }
    }

    #[inline(never)]
    fn take_and_show(&mut self, input: Input<'_>, mut sink: Heard<'_, true>) {
        self.work(input, &mut sink);
    }

    #[inline(never)]
    fn take_and_tell(&mut self, input: Input<'_>, mut sink: Heard<'_, false>) {
        self.work(input, &mut sink);
    }

    fn work<S: Sink>(&mut self, input: Input<'_>, sink: &mut S) {
        let Self { feed, transport, a_interface, gb_interface } = self;
        match input {
            Input::Frames(frames, is_told) => {
                let mut passing = Passing { frames: if is_told { frames } else { Batch::default() } };
                transport.take(frames, *feed, sink, &mut |carrier, payload, sink| {
                    passing.until(carrier.from.frame, sink);
                    interpret(carrier, payload, a_interface, gb_interface, sink);
                });
                // What stands alone is not looked ahead for. What is on its way from memory has time to come.
                if frames.len() > 1 {
                    a_interface.expect(transport.waiting(frames));
                    transport.look();
                    a_interface.fetch();
                    a_interface.fetch_further();
                }
                transport.deliver(frames, sink, &mut |carrier, payload, sink| {
                    passing.until(carrier.from.frame, sink);
                    interpret(carrier, payload, a_interface, gb_interface, sink);
                });
                passing.until(u64::MAX, sink);
            }
            Input::Quiet(now) => {
                a_interface.tick(now, sink);
                gb_interface.tick(now, a_interface, sink);
            }
            Input::Blind(until) => {
                a_interface.go_blind(sink);
                a_interface.identities_mut().doubt_all(until);
                gb_interface.identities_mut().doubt_all(until);
            }
            Input::End => {
                transport.finish(sink, &mut |carrier, payload, sink| {
                    interpret(carrier, payload, a_interface, gb_interface, sink);
                });
                gb_interface.finish(a_interface, sink);
                a_interface.finish(sink);
            }
        }
    }

    /// What was seen and done from SCCP and NS upward.
    pub fn counters(&self) -> Counters {
        let mut counters = self.a_interface.counters();
        self.gb_interface.add_counters(&mut counters);
        counters
    }

    /// What was lost before it reached the capture, by link and direction, in the order of their names.
    pub fn losses(&self) -> Vec<LinkLoss> {
        self.transport.losses(self.gb_interface.losses())
    }

    /// What the transports have seen.
    pub fn transport_counters(&self) -> &TransportCounters {
        self.transport.counters()
    }

    /// Writes on at what is known of temporary identities, as octets that [`Probe::recall`] reads: of so many subscribers more, in
    /// bindings that the network confirmed at `since` or later. Gives how far it has come; `None` when all is written.
    pub fn remember(
        &mut self,
        writing: Writing,
        subscribers: usize,
        since: Timestamp,
        octets: &mut Vec<u8>,
    ) -> Option<Writing> {
        self.parts().remember(writing, subscribers, since, octets)
    }

    /// Takes back what an earlier probe on the same feed knew: bindings confirmed between two times, each of them suspect until
    /// the network confirms it. What is known by now is better.
    ///
    /// # Errors
    /// Where the octets are not what was written, or not all of it: then nothing that counts has changed.
    pub fn recall(&mut self, octets: &[u8], since: Timestamp, until: Timestamp) -> Result<Recalled, Unreadable> {
        self.parts().recall(octets, since, until)
    }

    pub(crate) fn parts(&mut self) -> Parts<'_> {
        let Self { feed, transport, a_interface, gb_interface } = self;
        Parts { feed: *feed, transport, a_interface, gb_interface }
    }
}

#[inline(always)]
fn interpret<S: Sink>(
    carrier: &Carrier,
    payload: Payload<'_>,
    a_interface: &mut AInterface,
    gb_interface: &mut GbInterface,
    sink: &mut S,
) {
    match payload {
        Payload::Sccp(octets) => a_interface.sccp(carrier, octets, sink),
        Payload::Duplicate(octets) => a_interface.show(carrier, octets, sink),
        Payload::Sua(message) => a_interface.message(carrier, message, sink),
        Payload::Ns(octets) => gb_interface.ns(carrier, octets, a_interface, sink),
    }
}
