//! The whole network in motion: a queue of what happens next, scripts that are sent step by step over the links, a tap
//! that writes the capture, and the truth. Single-threaded and without a clock: a seed gives the same octets for ever.

mod foresight;
mod outage;
mod packet;
mod plan;
mod settlement;

use std::io::{self, Write};
use std::ops::Range;
use std::time::Duration;

use event::{Interface, Timestamp};

use self::packet::Happening;
use crate::encode::{Message, Octets, Tally};
use crate::link::{BLOCK, Cargo, Desk, Lines, Link, Medium, Nodes, Surroundings, Timer};
use crate::mirror::Mirror;
use crate::network::Network;
use crate::population::{self, Subscriber};
use crate::procedures::behaviour;
use crate::procedures::dialogue::Parts;
use crate::queue::Queue;
use crate::random::Random;
use crate::script::{Script, Side, Sighting};
use crate::sgsn::PacketCore;
use crate::tap::{Clock, Output, Tap, Token};
use crate::truth::TruthWriter;
use crate::writer::{CaptureWriter, LinkType};

pub use plan::{Interfaces, Plan, Report};

#[derive(Clone, Copy, Debug)]
enum Action {
    Act(u32),
    Step(u32),
    Link(u32, Timer),
    Reset { bsc: u32, by: Side, answers: bool },
    Outage,
    Record,
    Packet(Happening),
}

/// The network in motion.
pub struct Simulation<C, T> {
    plan: Plan,
    end: Timestamp,
    network: Network,
    people: Vec<Subscriber>,
    // Those of A, and behind them the virtual connections of Gb.
    links: Vec<Link>,
    services: Range<u32>,
    queue: Queue<Action>,
    // The millisecond for which what is needed was fetched.
    foreseen: i64,
    running: Vec<Option<Box<Script>>>,
    #[expect(clippy::vec_box, reason = "a script goes to and from `running` as a pointer")]
    idle: Vec<Box<Script>>,
    random: Random,
    link_random: Random,
    outage_random: Random,
    timers: Vec<(Timestamp, Timer)>,
    desk: Desk,
    captured: Vec<(Token, Sighting)>,
    // Messages of which the capture lacks a piece.
    lost_pieces: Vec<Token>,
    tap: Tap<C>,
    truth: TruthWriter<T>,
    owners: Option<T>,
    messages: Tally,
    unseen_messages: Tally,
}

// Links come up one after the other, so that ten thousand do not begin in the same microsecond.
const LINK_EVERY: Duration = Duration::from_micros(100);
const MEAN_OFF_AT_START: Duration = Duration::from_secs(240);
const PROGRESS_EVERY: u64 = 1 << 16;

impl<C: Write, T: Write> Simulation<C, T> {
    /// A network at rest. Writes the capture's head.
    pub fn new(plan: Plan, capture: C, truth: Option<T>) -> io::Result<Self> {
        let mut seeds = Random::new(plan.seed);
        let mut stream = || Random::new(seeds.bits());
        let (mut random, mut link_random, tap_random, outage_random) = (stream(), stream(), stream(), stream());
        let begin = plan.start - plan.lead_in;
        let mut network = Network::new(plan.size, &plan.hotspots, &mut random);
        let mut people = population::populate(plan.subscribers, plan.shares, begin, &mut network, &mut random);
        let mut links = if plan.interfaces.a() { links(&plan, &network, &mut link_random) } else { Vec::new() };
        network.circuits = plan.interfaces.a();
        network.packet = plan.interfaces.gb().then(|| PacketCore::new(plan.packet, plan.size.bscs, &mut link_random));
        let of_a = links.len() as u32;
        let services = network.packet.iter().flat_map(|core| core.connections(of_a as u16));
        links.extend(services.map(Link::of_packets));
        if plan.interfaces.gb() {
            population::equip(&mut people, plan.practice.packet.combined, &mut network, &mut link_random);
        }
        let output = output(&plan, capture, begin, of_a, &mut link_random)?;
        let is_ethernet = plan.medium() == Medium::Frames(LinkType::Ethernet);
        let truth = TruthWriter::new(truth, &plan.feed);
        let mut simulation = Self {
            end: plan.start + plan.length,
            tap: Tap::new(output, is_ethernet, plan.faults, plan.start, tap_random),
            running: people.iter().map(|_| None).collect(),
            plan,
            network,
            people,
            services: of_a..links.len() as u32,
            links,
            queue: Queue::new(begin),
            foreseen: i64::MIN,
            desk: Desk::default(),
            idle: Vec::new(),
            random,
            link_random,
            outage_random,
            timers: Vec::new(),
            captured: Vec::new(),
            lost_pieces: Vec::new(),
            truth,
            owners: None,
            messages: Tally::default(),
            unseen_messages: Tally::default(),
        };
        simulation.switch_on(begin);
        Ok(simulation)
    }

    /// Also writes, as CSV, whose messages stand in each frame of the capture: with it even an event that the truth does not
    /// know can be told to be the right subscriber's.
    pub fn write_owners(&mut self, mut out: T) -> io::Result<()> {
        writeln!(out, "frame,imsi")?;
        self.owners = Some(out);
        Ok(())
    }

    /// What MSC and SGSN send goes into a capture of its own, stamped by a clock of its own.
    pub fn split(&mut self, capture: C, clock: Clock) -> io::Result<()> {
        if let Some(link_type) = self.plan.link_type() {
            self.tap.split(CaptureWriter::new(capture, self.plan.format, link_type)?, clock);
        }
        Ok(())
    }

    /// The people, for the subscriber file.
    pub fn people(&self) -> &[Subscriber] {
        &self.people
    }

    /// Runs to the end. `progress` is called now and then with the time reached and the frames written.
    pub fn run(mut self, mut progress: impl FnMut(Timestamp, u64)) -> io::Result<(Report, C, Option<T>)> {
        let mut reported = 0;
        while let Some((at, action)) = self.queue.pop() {
            if at >= self.end {
                break;
            }
            self.foresee();
            self.perform(at, action)?;
            if self.tap.frames() >= reported + PROGRESS_EVERY {
                reported = self.tap.frames();
                self.tap.check()?;
                progress(at, reported);
            }
        }
        self.close()
    }

    fn switch_on(&mut self, begin: Timestamp) {
        if self.plan.medium() == Medium::Lines {
            self.schedule(begin, Action::Record);
        }
        for link in 0..self.services.start {
            self.schedule(begin + LINK_EVERY * link, Action::Link(link, Timer::Start(0)));
        }
        for (number, service) in (0..).zip(self.services.clone()) {
            self.schedule(begin + LINK_EVERY * number, Action::Link(service, Timer::Start(0)));
        }
        let ready = begin + LINK_EVERY * self.services.start + self.plan.transport.ready_after();
        self.bring_cells_up(ready);
        for bsc in 0..if self.plan.interfaces.a() { self.plan.size.bscs } else { 0 } {
            self.schedule(ready + LINK_EVERY * bsc, Action::Reset { bsc, by: Side::Bss, answers: false });
        }
        let open = ready + LINK_EVERY * self.plan.size.bscs + self.plan.transport.ready_after();
        for index in 0..self.people.len() as u32 {
            self.settle_in(index, open);
        }
        self.plan_outage(open);
        self.plan_packet_outage(open);
    }

    // The first thing that somebody does: anything, a periodic update that falls due, or switching the phone on.
    fn settle_in(&mut self, index: u32, open: Timestamp) {
        let Some(person) = self.people.get_mut(index as usize) else { return };
        let periodic = self.plan.practice.periodic_update;
        let silent = periodic.mul_f64(self.random.fraction());
        person.last_contact = open - silent;
        person.packet.last_contact = person.last_contact;
        let first = match person.attached || person.packet.attached {
            true => self.random.exponential(self.plan.practice.action_every).min(periodic - silent),
            false => self.random.exponential(MEAN_OFF_AT_START),
        };
        self.schedule(open + first, Action::Act(index));
    }

    fn schedule(&mut self, at: Timestamp, action: Action) {
        self.queue.push(at, action);
    }

    fn perform(&mut self, at: Timestamp, action: Action) -> io::Result<()> {
        match action {
            Action::Act(subscriber) => self.act(at, subscriber),
            Action::Step(subscriber) => self.step(at, subscriber),
            Action::Link(link, timer) => self.work(at, link, |link, around| link.wake(at, timer, around)),
            Action::Reset { bsc, by, answers } => self.reset(at, bsc, by, answers),
            Action::Outage => self.outage(at),
            Action::Record => {
                self.tap.record(at);
                self.schedule(at + BLOCK, Action::Record);
            }
            Action::Packet(happening) => self.happen(at, happening),
        }
        self.note_captured()
    }

    fn act(&mut self, at: Timestamp, index: u32) {
        let Some(subscriber) = self.people.get_mut(index as usize) else { return };
        let mut script = self.idle.pop().unwrap_or_default();
        script.clear();
        let parts = Parts {
            script: &mut script,
            network: &mut self.network,
            random: &mut self.random,
            practice: &self.plan.practice,
            subscriber,
        };
        behaviour::act(parts, at);
        script.order_facts();
        match script.due() {
            Some(due) => {
                self.schedule(due, Action::Step(index));
                if let Some(slot) = self.running.get_mut(index as usize) {
                    *slot = Some(script);
                }
            }
            None => {
                self.schedule(script.then, Action::Act(index));
                self.idle.push(script);
            }
        }
    }

    fn step(&mut self, at: Timestamp, index: u32) {
        let Some(mut script) = self.running.get_mut(index as usize).and_then(Option::take) else { return };
        // What a reset has cut off is no longer due.
        let is_due = script.due().is_some_and(|due| due <= at);
        if is_due && let Some((id, step, sccp, messages)) = script.send() {
            self.count(at, messages);
            let tokens = &[Token { subscriber: index, step: id, is_whole: true }];
            let cargo = Cargo { side: step.side, link_selection: step.link_selection, sccp, tokens };
            self.send(at, self.link(step.interface, step.link), cargo);
        }
        if is_due && let Some(due) = script.due() {
            self.schedule(due, Action::Step(index));
        }
        if let Some(slot) = self.running.get_mut(index as usize) {
            *slot = Some(script);
        }
    }

    fn link(&self, interface: Interface, index: u32) -> u32 {
        match interface {
            Interface::A => index,
            Interface::Gb => self.services.start + index,
        }
    }

    // A link works, and asks to be woken.
    fn work(&mut self, at: Timestamp, index: u32, work: impl FnOnce(&mut Link, &mut Surroundings<'_, C>)) {
        let Some(link) = self.links.get_mut(index as usize) else { return };
        self.tap.watch(index);
        let mut around = Surroundings {
            tap: &mut self.tap,
            tally: if at < self.plan.start { &mut self.unseen_messages } else { &mut self.messages },
            random: &mut self.link_random,
            timers: &mut self.timers,
            desk: &mut self.desk,
        };
        work(link, &mut around);
        while let Some((at, timer)) = self.timers.pop() {
            self.schedule(at, Action::Link(index, timer));
        }
    }

    fn send(&mut self, at: Timestamp, index: u32, cargo: Cargo<'_>) {
        self.work(at, index, |link, around| link.send(at, cargo, around));
    }

    // What the network says of its own.
    fn announce(&mut self, at: Timestamp, index: u32, side: Side, message: &Octets, ended: &[Token]) {
        self.count(at, message.messages());
        self.send(at, index, Cargo { side, link_selection: 0, sccp: message.as_slice(), tokens: ended });
    }

    fn count(&mut self, at: Timestamp, messages: &[Message]) {
        let tally = if at < self.plan.start { &mut self.unseen_messages } else { &mut self.messages };
        messages.iter().for_each(|message| tally.count(*message));
    }

    // The capture ends: what was on its way is written, what was under way is told as far as it went.
    fn close(mut self) -> io::Result<(Report, C, Option<T>)> {
        let end = self.end;
        for link in 0..self.services.start {
            self.work(end, link, |link, around| {
                link.wake(end, Timer::Flush(Side::Bss), around);
                link.wake(end, Timer::Flush(Side::Msc), around);
            });
        }
        self.tap.close(end);
        self.note_captured()?;
        let mut open = 0;
        for index in 0..self.running.len() {
            if let Some(script) = self.running.get_mut(index).and_then(Option::take) {
                open += 1;
                self.settle(index as u32, &script)?;
            }
        }
        let (events, observable) = self.truth.counts();
        let report = Report {
            frames: self.tap.frames(),
            messages: self.messages,
            events,
            observable,
            tap: self.tap.counts(),
            carried: self.tap.carried(),
            open,
        };
        self.owners.as_mut().map_or(Ok(()), Write::flush)?;
        Ok((report, self.tap.finish()?, self.truth.finish()?))
    }
}

fn output<W: Write>(
    plan: &Plan,
    capture: W,
    begin: Timestamp,
    links: u32,
    random: &mut Random,
) -> io::Result<Output<W>> {
    let Some(link_type) = plan.link_type() else {
        let mut lines =
            Lines::new(capture, plan.choices.layout, begin, plan.start, plan.faults, Random::new(random.bits()))?;
        (0..links).for_each(|_| lines.add(true));
        if plan.interfaces.gb() {
            (0..plan.size.bscs).for_each(|_| lines.add(false));
        }
        return Ok(Output::Lines(Box::new(lines)));
    };
    let mirror = Mirror::new(plan.wrappings.clone());
    Ok(Output::Frames(CaptureWriter::new(capture, plan.format, link_type)?, mirror))
}

fn links(plan: &Plan, network: &Network, random: &mut Random) -> Vec<Link> {
    let mut links = Vec::with_capacity(plan.size.links as usize);
    for (number, bsc) in (0..).zip(network.bscs()) {
        for index in bsc.links.clone() {
            let msc = network.msc_point_code(network.msc_of_link(number, index));
            let nodes = Nodes { bss: bsc.point_code, msc };
            links.push(Link::new(plan.transport, plan.choices, index, nodes, random));
        }
    }
    links
}
