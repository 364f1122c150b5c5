//! The whole network in motion: a queue of what happens next, scripts that are sent step by step over the links, a tap
//! that writes the capture, and the truth. Single-threaded and without a clock: a seed gives the same octets for ever.

mod packet;

use std::io::{self, Write};
use std::time::Duration;

use event::{Interface, Timestamp};

use self::packet::Happening;
use crate::encode::sccp::{self, Ends};
use crate::encode::{Octets, Tally, bssmap};
use crate::link::gb::NetworkService;
use crate::link::{BLOCK, Cargo, Choices, Lines, Link, Medium, Nodes, Surroundings, Timer, Transport};
use crate::mirror::{Mirror, Wrapping};
use crate::network::{Hotspot, Network, Size};
use crate::population::{self, Shares, Subscriber};
use crate::procedures::Practice;
use crate::procedures::behaviour;
use crate::procedures::dialogue::Parts;
use crate::queue::Queue;
use crate::random::Random;
use crate::script::{Script, Side, Sighting};
use crate::sgsn::{Layout, PacketCore};
use crate::tap::{Carried, Clock, Faults, Output, Tap, TapCounts, Token};
use crate::truth::TruthWriter;
use crate::writer::{CaptureWriter, Format, LinkType};

/// Everything that decides what a capture looks like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Equal plans with equal seeds give equal octets.
    pub seed: u64,
    /// How many subscribers.
    pub subscribers: u32,
    /// Who they are.
    pub shares: Shares,
    /// When the capture begins.
    pub start: Timestamp,
    /// How long it lasts.
    pub length: Duration,
    /// How long the network has been running when it begins: not captured.
    pub lead_in: Duration,
    /// How large the network is.
    pub size: Size,
    /// Which interfaces are captured.
    pub interfaces: Interfaces,
    /// How the A interface is carried.
    pub transport: Transport,
    /// What else there is to choose of links.
    pub choices: Choices,
    /// How the mirror hands frames over, the innermost wrapping first; only frames of IP.
    pub wrappings: Vec<Wrapping>,
    /// How the packet side is built, where Gb is captured.
    pub packet: Layout,
    /// Areas where people go.
    pub hotspots: Vec<Hotspot>,
    /// What the network is configured to do.
    pub practice: Practice,
    /// How often a BSC or an MSC loses its memory of their connections, on average; never if absent.
    pub resets: Option<Duration>,
    /// What the tap does to frames.
    pub faults: Faults,
    /// The format of the capture.
    pub format: Format,
    /// What the truth calls the feed.
    pub feed: String,
}

/// Which interfaces the network has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interfaces {
    /// A alone.
    #[default]
    A,
    /// Gb alone.
    Gb,
    /// Both, with the same subscribers on them.
    Both,
}

impl Interfaces {
    /// Whether there is an A interface.
    pub fn a(self) -> bool {
        self != Self::Gb
    }

    /// Whether there is a Gb interface.
    pub fn gb(self) -> bool {
        self != Self::A
    }
}

impl Plan {
    /// What the capture is of: of both interfaces the same.
    pub fn medium(&self) -> Medium {
        if self.interfaces.a() { self.transport.medium() } else { self.packet.carrier.medium() }
    }

    // What frames of the capture begin with, where it is of frames.
    fn link_type(&self) -> Option<LinkType> {
        let mirror = Mirror::new(self.wrappings.clone());
        match self.medium() {
            Medium::Frames(link_type) => Some(if mirror.is_plain() { link_type } else { mirror.link_type() }),
            Medium::Lines => None,
        }
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Frames in the capture.
    pub frames: u64,
    /// Messages that the network sent while it was captured, those lost by the tap included.
    pub messages: Tally,
    /// Events in the truth.
    pub events: u64,
    /// Of them, those whose identity could be known.
    pub observable: u64,
    /// What the tap did.
    pub tap: TapCounts,
    /// What passed on each link, and of that what was lost: what the BSS sends, then what comes to it. Virtual connections of
    /// Gb come behind the links of A.
    pub carried: Vec<[Carried; 2]>,
    /// How many SCCP connections were under way at the end.
    pub open: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Act(u32),
    Step(u32),
    Link(u32, Timer),
    Service(u32, Timer),
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
    links: Vec<Link>,
    services: Vec<NetworkService>,
    queue: Queue<Action>,
    running: Vec<Option<Box<Script>>>,
    #[expect(clippy::vec_box, reason = "a script goes to and from `running` as a pointer")]
    idle: Vec<Box<Script>>,
    random: Random,
    link_random: Random,
    outage_random: Random,
    timers: Vec<(Timestamp, Timer)>,
    packet: Octets,
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
const RESET_ANSWER_AFTER: Duration = Duration::from_millis(4);
const OUTAGE_WAITS: Duration = Duration::from_millis(500);
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
        let links = if plan.interfaces.a() { links(&plan, &network, &mut link_random) } else { Vec::new() };
        network.circuits = plan.interfaces.a();
        network.packet = plan.interfaces.gb().then(|| PacketCore::new(plan.packet, plan.size.bscs, &mut link_random));
        let services = network.packet.iter().flat_map(|core| core.connections(links.len() as u16)).collect();
        if plan.interfaces.gb() {
            population::equip(&mut people, plan.practice.packet.combined, &mut network, &mut link_random);
        }
        let output = output(&plan, capture, begin, links.len(), &mut link_random)?;
        let is_ethernet = plan.medium() == Medium::Frames(LinkType::Ethernet);
        let truth = TruthWriter::new(truth, &plan.feed);
        let mut simulation = Self {
            end: plan.start + plan.length,
            tap: Tap::new(output, is_ethernet, plan.faults, plan.start, tap_random),
            running: people.iter().map(|_| None).collect(),
            plan,
            network,
            people,
            links,
            services,
            queue: Queue::new(begin),
            packet: Octets::default(),
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
        for link in 0..self.links.len() as u32 {
            self.schedule(begin + LINK_EVERY * link, Action::Link(link, Timer::Start(0)));
        }
        for service in 0..self.services.len() as u32 {
            self.schedule(begin + LINK_EVERY * service, Action::Service(service, Timer::Start(0)));
        }
        let ready = begin + LINK_EVERY * self.links.len() as u32 + self.plan.transport.ready_after();
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
            Action::Link(link, timer) => self.on_link(at, link, |link, around| link.wake(at, timer, around)),
            Action::Service(index, timer) => {
                self.on_service(at, index, |service, around| service.wake(at, timer, around))
            }
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
            let tally = if at < self.plan.start { &mut self.unseen_messages } else { &mut self.messages };
            messages.iter().for_each(|message| tally.count(*message));
            let tokens = &[Token { subscriber: index, step: id, is_whole: true }];
            let cargo = Cargo { side: step.side, link_selection: step.link_selection, sccp, tokens };
            match step.interface {
                Interface::A => self.on_link(at, step.link, |link, around| link.send(at, cargo, around)),
                Interface::Gb => self.on_service(at, step.link, |service, around| service.send(at, cargo, around)),
            }
        }
        if is_due && let Some(due) = script.due() {
            self.schedule(due, Action::Step(index));
        }
        if let Some(slot) = self.running.get_mut(index as usize) {
            *slot = Some(script);
        }
    }

    // BSSMAP RESET and its answer, as elements do when they come up (3GPP TS 48.008 §3.1.4).
    fn reset(&mut self, at: Timestamp, bsc: u32, by: Side, answers: bool) {
        for msc in self.network.mscs_of(bsc) {
            let ended = if answers { Vec::new() } else { self.cut_off(at, bsc, msc) };
            self.reset_towards(at, (bsc, msc), by, answers, &ended);
        }
        if !answers {
            self.schedule(at + RESET_ANSWER_AFTER, Action::Reset { bsc, by: by.other(), answers: true });
        }
    }

    fn plan_outage(&mut self, now: Timestamp) {
        if let Some(mean) = self.plan.resets.filter(|_| self.plan.interfaces.a()) {
            let after = self.outage_random.exponential(mean);
            self.schedule(now + after, Action::Outage);
        }
    }

    // A BSC or its MSCs lose their memory of the connections between them. Where a phone is between two BSCs this waits: the
    // other BSC's part would go on without the call.
    fn outage(&mut self, at: Timestamp) {
        let bsc = self.outage_random.below(u64::from(self.plan.size.bscs)) as u32;
        let by = if self.outage_random.chance(0.5) { Side::Bss } else { Side::Msc };
        let is_between = |script: &Script| {
            let here = script.lines.iter().filter(|line| line.bsc == bsc).count();
            here != 0 && here != script.lines.len()
        };
        if self.running.iter().flatten().any(|script| is_between(script)) {
            return self.schedule(at + OUTAGE_WAITS, Action::Outage);
        }
        self.reset(at, bsc, by, false);
        self.plan_outage(at);
    }

    // Ends what is open between a BSC and an MSC; whose it was.
    fn cut_off(&mut self, at: Timestamp, bsc: u32, msc: u32) -> Vec<Token> {
        let mut ended = Vec::new();
        for (subscriber, script) in (0..).zip(&mut self.running) {
            if let Some(script) = script
                && script.lines.iter().any(|line| (line.bsc, line.msc) == (bsc, msc))
                && let Some(step) = script.cut_off(at)
            {
                ended.push(Token { subscriber, step, is_whole: true });
            }
        }
        ended
    }

    fn reset_towards(&mut self, at: Timestamp, (bsc, msc): (u32, u32), by: Side, answers: bool, ended: &[Token]) {
        let (bss, link) = (self.network.point_code(bsc), self.network.first_link(bsc, msc));
        let msc = self.network.msc_point_code(msc);
        let ends = match by {
            Side::Bss => Ends { called: msc, calling: bss },
            Side::Msc => Ends { called: bss, calling: msc },
        };
        let mut message = Octets::default();
        sccp::unitdata(&mut message, ends, |o| {
            bssmap::bssmap(o, if answers { bssmap::reset_acknowledge } else { bssmap::reset });
        });
        let tally = if at < self.plan.start { &mut self.unseen_messages } else { &mut self.messages };
        message.messages().iter().for_each(|message| tally.count(*message));
        let cargo = Cargo { side: by, link_selection: 0, sccp: message.as_slice(), tokens: ended };
        self.on_link(at, link, |link, around| link.send(at, cargo, around));
    }

    fn on_link(&mut self, at: Timestamp, index: u32, work: impl FnOnce(&mut Link, &mut Surroundings<'_, C>)) {
        let Some(link) = self.links.get_mut(index as usize) else { return };
        self.tap.watch(index);
        let mut around = Surroundings {
            tap: &mut self.tap,
            tally: if at < self.plan.start { &mut self.unseen_messages } else { &mut self.messages },
            random: &mut self.link_random,
            timers: &mut self.timers,
            packet: &mut self.packet,
        };
        work(link, &mut around);
        while let Some((at, timer)) = self.timers.pop() {
            self.schedule(at, Action::Link(index, timer));
        }
    }

    fn on_service(
        &mut self,
        at: Timestamp,
        index: u32,
        work: impl FnOnce(&mut NetworkService, &mut Surroundings<'_, C>),
    ) {
        let Some(service) = self.services.get_mut(index as usize) else { return };
        self.tap.watch(self.links.len() as u32 + index);
        let mut around = Surroundings {
            tap: &mut self.tap,
            tally: if at < self.plan.start { &mut self.unseen_messages } else { &mut self.messages },
            random: &mut self.link_random,
            timers: &mut self.timers,
            packet: &mut self.packet,
        };
        work(service, &mut around);
        while let Some((at, timer)) = self.timers.pop() {
            self.schedule(at, Action::Service(index, timer));
        }
    }

    // A script whose last message has been captured is settled; its subscriber goes on living.
    fn note_captured(&mut self) -> io::Result<()> {
        if !self.tap.has_news() {
            return Ok(());
        }
        let mut captured = std::mem::take(&mut self.captured);
        captured.extend(self.tap.drain());
        for (token, sighting) in captured.drain(..) {
            self.note_owner(token.subscriber, sighting.frame)?;
            let Some(sighting) = self.put_together(token, sighting) else { continue };
            let Some(slot) = self.running.get_mut(token.subscriber as usize) else { continue };
            let complete = slot.as_mut().is_some_and(|script| script.captured(token.step, sighting));
            if complete && let Some(script) = slot.take() {
                self.settle(token.subscriber, &script)?;
                self.give_back(&script, sighting.at);
                self.schedule(script.then.max(sighting.at), Action::Act(token.subscriber));
                self.idle.push(script);
            }
        }
        self.captured = captured;
        Ok(())
    }

    // Where a message was captured whose piece was: with its last one, if none is missing.
    fn put_together(&mut self, token: Token, sighting: Sighting) -> Option<Sighting> {
        let whole = Token { is_whole: true, ..token };
        if !token.is_whole {
            if sighting.frame == 0 && !self.lost_pieces.contains(&whole) {
                self.lost_pieces.push(whole);
            }
            return None;
        }
        let lost = self.lost_pieces.iter().position(|lost| *lost == whole);
        Some(match lost.map(|index| self.lost_pieces.swap_remove(index)) {
            Some(_) => Sighting { frame: 0, ..sighting },
            None => sighting,
        })
    }

    fn give_back(&mut self, script: &Script, at: Timestamp) {
        if self.plan.practice.reuse_references {
            script.lines.iter().for_each(|line| self.network.give_back(*line, at));
        }
    }

    fn note_owner(&mut self, index: u32, frame: u64) -> io::Result<()> {
        match (&mut self.owners, self.people.get(index as usize)) {
            (Some(out), Some(subscriber)) if frame != 0 => writeln!(out, "{frame},{}", subscriber.imsi),
            _ => Ok(()),
        }
    }

    fn settle(&mut self, index: u32, script: &Script) -> io::Result<()> {
        match self.people.get_mut(index as usize) {
            Some(subscriber) => self.truth.settle(script, subscriber, self.plan.start),
            None => Ok(()),
        }
    }

    // The capture ends: what was on its way is written, what was under way is told as far as it went.
    fn close(mut self) -> io::Result<(Report, C, Option<T>)> {
        let end = self.end;
        for link in 0..self.links.len() as u32 {
            self.on_link(end, link, |link, around| {
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
    links: usize,
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
