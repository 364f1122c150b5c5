//! What will be said: the messages of one procedure with their times, and the facts that they prove. A procedure
//! writes its script whole when it begins; the simulation then sends step by step.

use std::ops::Range;

use event::{CellId, Imei, Interface, Kind, Number, Timestamp, Tmsi};

use crate::encode::{Message, Octets};
use crate::network::Line;

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The BSC, for itself or for a phone.
    Bss,
    /// The MSC.
    Msc,
}

impl Side {
    /// The one who receives it.
    pub fn other(self) -> Self {
        match self {
            Self::Bss => Self::Msc,
            Self::Msc => Self::Bss,
        }
    }
}

/// Index of a step in its script.
pub type StepId = u16;

/// One SCCP message, or on Gb one NS PDU, that will be sent.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// When it is handed to the transport.
    pub at: Timestamp,
    /// On which interface.
    pub interface: Interface,
    /// On which link of it, by index.
    pub link: u32,
    /// By whom.
    pub side: Side,
    /// Signalling link selection.
    pub link_selection: u8,
    octets_end: u32,
    messages_end: u32,
    captured: Option<Sighting>,
}

/// Where a message was captured: frame (0: not captured) and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Number of the frame, from 1; 0 where the capture lacks it.
    pub frame: u64,
    /// Capture time; where not captured, the time of sending.
    pub at: Timestamp,
}

/// Something that an ideal probe reports.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The message that is the evidence.
    pub step: StepId,
    /// What happened. The length of a call is filled in from the capture times.
    pub kind: Kind,
    /// The serving cell.
    pub cell: CellId,
    /// The P-TMSI by which the phone was known, on Gb.
    pub tmsi: Option<Tmsi>,
    /// The device, where the connection has shown it, and the step that showed it.
    pub device: Option<(Imei, StepId)>,
    /// The SETUP of the call that ended.
    pub set_up: Option<StepId>,
    /// The CONNECT from which a call's length counts.
    pub connected: Option<StepId>,
    /// The number as it was dialled or signalled, before normalisation.
    pub signalled: Option<Number>,
    depends: Range<u32>,
}

/// How the phone named itself when it opened the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presented {
    /// By IMSI.
    #[default]
    Imsi,
    /// By TMSI.
    Tmsi(Tmsi),
    /// By IMEI: an emergency call without SIM, which has no subscriber.
    Imei,
}

/// What becomes of an observer's knowledge of the TMSI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    /// The TMSI stays as it is.
    #[default]
    Kept,
    /// The TMSI is new, or has moved to another location area: these steps say so.
    Renewed(Vec<StepId>),
    /// The phone holds no TMSI any more.
    Deleted,
}

/// An SCCP connection of a script.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its ends.
    pub line: Line,
    /// The steps in it, from its request to its release.
    pub steps: Range<StepId>,
}

/// A procedure in the making or under way. Reused, so that its memory is allocated once.
#[derive(Debug)]
pub struct Script {
    octets: Octets,
    steps: Vec<Step>,
    facts: Vec<Fact>,
    depends: Vec<StepId>,
    /// Where its facts happen.
    pub interface: Interface,
    /// How the phone named itself.
    pub presented: Presented,
    /// The steps that first show the IMSI: more than one where others tell whose it is. Empty: none does.
    pub imsi_shown: Vec<StepId>,
    /// The first step by which the network goes on with the phone: before it nothing that the phone says counts.
    pub accepted: Option<StepId>,
    /// The steps without which nothing in the connection can be told: its opening, and handovers since.
    pub opening: Vec<StepId>,
    /// The SCCP connections, whose references are free when it is over.
    pub connections: Vec<Connection>,
    /// What becomes of the TMSI, or on Gb of the P-TMSI.
    pub binding: Binding,
    /// On Gb: the step that gives a TMSI for calls.
    pub binds_for_calls: Option<StepId>,
    /// On Gb: which steps show which device.
    pub devices: Vec<(Imei, StepId)>,
    /// On Gb: what was known of the phone's link counts no more.
    pub begins_anew: bool,
    /// On Gb: where the activation of the context that ends was seen, before this script.
    pub ended_context: Vec<Sighting>,
    /// Where frames, and the user packets in them, are put together.
    pub scratch: [Octets; 2],
    sent: usize,
    missing: usize,
    /// When the subscriber acts next.
    pub then: Timestamp,
}

impl Presented {
    /// The TMSI.
    pub fn tmsi(self) -> Option<Tmsi> {
        match self {
            Self::Tmsi(tmsi) => Some(tmsi),
            Self::Imsi | Self::Imei => None,
        }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self {
            octets: Octets::default(),
            steps: Vec::new(),
            facts: Vec::new(),
            depends: Vec::new(),
            interface: Interface::A,
            presented: Presented::default(),
            imsi_shown: Vec::new(),
            accepted: None,
            opening: Vec::new(),
            connections: Vec::new(),
            binding: Binding::default(),
            binds_for_calls: None,
            devices: Vec::new(),
            begins_anew: false,
            ended_context: Vec::new(),
            scratch: Default::default(),
            sent: 0,
            missing: 0,
            then: Timestamp::default(),
        }
    }
}

impl Script {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.steps.clear();
        self.facts.clear();
        self.depends.clear();
        self.presented = Presented::default();
        self.imsi_shown.clear();
        self.accepted = None;
        self.opening.clear();
        self.connections.clear();
        self.binding = Binding::default();
        self.interface = Interface::A;
        self.binds_for_calls = None;
        self.devices.clear();
        self.begins_anew = false;
        self.ended_context.clear();
        self.sent = 0;
        self.missing = 0;
    }

    /// Appends a step, whose SCCP message `write` writes.
    pub fn step(&mut self, at: Timestamp, link: u32, side: Side, sls: u8, write: impl FnOnce(&mut Octets)) -> StepId {
        self.push(at, Interface::A, (link, side, sls), write)
    }

    /// Appends a step on Gb, whose NS PDU `write` writes.
    pub fn packet_step(&mut self, at: Timestamp, link: u32, side: Side, write: impl FnOnce(&mut Octets)) -> StepId {
        self.push(at, Interface::Gb, (link, side, 0), write)
    }

    fn push(
        &mut self,
        at: Timestamp,
        interface: Interface,
        (link, side, link_selection): (u32, Side, u8),
        write: impl FnOnce(&mut Octets),
    ) -> StepId {
        write(&mut self.octets);
        self.steps.push(Step {
            at,
            interface,
            link,
            side,
            link_selection,
            octets_end: self.octets.len() as u32,
            messages_end: self.octets.messages().len() as u32,
            captured: None,
        });
        self.missing += 1;
        (self.steps.len() - 1) as StepId
    }

    /// A connection begins with the next step.
    pub fn connect(&mut self, line: Line) {
        self.connections.push(Connection { line, steps: self.len() as StepId..StepId::MAX });
    }

    /// The BSC's connection was released with the last step.
    pub fn release(&mut self, bsc: u32) {
        let end = self.len() as StepId;
        let mut open = self.connections.iter_mut().filter(|connection| connection.steps.end == StepId::MAX);
        if let Some(connection) = open.find(|connection| connection.line.bsc == bsc) {
            connection.steps.end = end;
        }
    }

    /// The connections of which something has been sent, and not everything.
    pub fn open_lines(&self) -> impl Iterator<Item = &Line> {
        let next = self.sent as StepId;
        let is_open =
            move |connection: &&Connection| (connection.steps.start + 1..connection.steps.end).contains(&next);
        self.connections.iter().filter(is_open).map(|connection| &connection.line)
    }

    /// Appends a fact that depends on the connection's opening, on its own step and on `depends`.
    pub fn fact(&mut self, mut fact: Fact, depends: impl IntoIterator<Item = StepId>) {
        let start = self.depends.len() as u32;
        self.depends.extend_from_slice(&self.opening);
        self.depends.extend(depends);
        self.depends.push(fact.step);
        fact.depends = start..self.depends.len() as u32;
        self.facts.push(fact);
    }

    /// The steps that a fact depends on; a step may come twice.
    pub fn depends(&self, fact: &Fact) -> &[StepId] {
        self.depends.get(fact.depends.start as usize..fact.depends.end as usize).unwrap_or_default()
    }

    /// The facts, in the order of their evidence.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Puts the facts in the order in which an observer tells them: a mere sighting after what else its frame proves.
    pub fn order_facts(&mut self) {
        self.facts.sort_by_key(|fact| (fact.step, fact.kind == Kind::Sighting));
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// When the next step is due, if there is one.
    pub fn due(&self) -> Option<Timestamp> {
        self.steps.get(self.sent).map(|step| step.at)
    }

    /// The next step with its SCCP message.
    pub fn upcoming(&self) -> Option<(&Step, &[u8])> {
        self.step_at(self.sent)
    }

    /// The next step with its SCCP message and the messages in it; from now on it counts as sent.
    pub fn send(&mut self) -> Option<(StepId, Step, &[u8], &[Message])> {
        let index = self.sent;
        self.sent += 1;
        let (step, octets) = self.step_at(index)?;
        let begin = self.before(index).map_or(0, |before| before.messages_end);
        let messages = self.octets.messages().get(begin as usize..step.messages_end as usize)?;
        Some((index as StepId, *step, octets, messages))
    }

    fn step_at(&self, index: usize) -> Option<(&Step, &[u8])> {
        let step = self.steps.get(index)?;
        let begin = self.before(index).map_or(0, |before| before.octets_end);
        Some((step, self.octets.as_slice().get(begin as usize..step.octets_end as usize)?))
    }

    fn before(&self, index: usize) -> Option<&Step> {
        self.steps.get(index.checked_sub(1)?)
    }

    /// A reset ends the connection: what was not sent never will be, and a call under way has ended. Gives the step that stands
    /// for the reset; `None` where no connection is open.
    pub fn cut_off(&mut self, at: Timestamp) -> Option<StepId> {
        let reset = self.sent as StepId;
        let is_open = self.opening.first().is_some_and(|opening| *opening < reset) && self.due().is_some();
        if !is_open {
            return None;
        }
        let last = self.sent.checked_sub(1).and_then(|last| self.steps.get(last)).copied()?;
        self.replace_rest(Step { at, ..last });
        self.opening.retain(|step| *step < reset);
        if matches!(&self.binding, Binding::Renewed(steps) if steps.iter().any(|step| *step >= reset)) {
            self.binding = Binding::Deleted;
        }
        self.end_call(reset);
        Some(reset)
    }

    /// The SGSN has restarted in the middle of a dialogue on Gb: what was not sent never will be. Gives the step that stands for
    /// the restart; `None` where nothing was left.
    pub fn abandon(&mut self, at: Timestamp) -> Option<StepId> {
        let restart = self.sent as StepId;
        let next = *self.steps.get(self.sent)?;
        self.replace_rest(Step { at, ..next });
        self.facts.retain(|fact| fact.step < restart);
        self.binding = Binding::Deleted;
        Some(restart)
    }

    // What was not sent will not be; this counts as sent in its place.
    fn replace_rest(&mut self, step: Step) {
        self.steps.truncate(self.sent);
        self.steps.push(Step { captured: None, ..step });
        self.sent = self.steps.len();
        self.missing = self.steps.iter().filter(|step| step.captured.is_none()).count();
    }

    // The facts that will never be; the end of a call that was set up comes with the reset.
    fn end_call(&mut self, reset: StepId) {
        let kept = self.facts.iter().position(|fact| fact.step >= reset).unwrap_or(self.facts.len());
        let lost = self.facts.split_off(kept);
        let (cell, device) = match self.facts.last() {
            Some(fact) => (fact.cell, fact.device),
            None => return,
        };
        for fact in lost {
            let Kind::CallEnded { direction, number, answered, left_view, .. } = fact.kind else { continue };
            let Some(set_up) = fact.set_up.filter(|set_up| *set_up < reset) else { continue };
            let connected = fact.connected.filter(|connected| *connected < reset);
            let kind = Kind::CallEnded { direction, number, answered, cause: None, left_view };
            let shown = device.map_or(set_up, |(_, step)| step);
            let ended = Fact { step: reset, kind, cell, device, connected, ..fact };
            self.fact(ended, [set_up, connected.unwrap_or(set_up), shown]);
        }
    }

    /// Notes where a step was captured. True when that was the last one missing.
    pub fn captured(&mut self, step: StepId, sighting: Sighting) -> bool {
        if let Some(step) = self.steps.get_mut(usize::from(step))
            && step.captured.replace(sighting).is_none()
        {
            self.missing -= 1;
        }
        self.missing == 0
    }

    /// Where a step was captured, if it was sent.
    pub fn sighting(&self, step: StepId) -> Option<Sighting> {
        self.steps.get(usize::from(step)).and_then(|step| step.captured)
    }
}

impl Fact {
    /// A fact whose evidence is `step`.
    pub fn new(step: StepId, kind: Kind, cell: CellId) -> Self {
        Self {
            step,
            kind,
            cell,
            tmsi: None,
            device: None,
            set_up: None,
            connected: None,
            signalled: None,
            depends: 0..0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_ends_the_call_that_was_set_up_and_all_that_was_to_come() {
        let mut script = Script::default();
        let at = Timestamp::from_seconds(1);
        for _ in 0..4 {
            script.step(at, 0, Side::Bss, 0, |o| o.message(Message::Reset));
        }
        script.opening.push(0);
        let direction = event::Direction::Out;
        let ended = Kind::CallEnded {
            direction,
            number: None,
            answered: event::Answered::No,
            cause: Some(16),
            left_view: false,
        };
        script.fact(Fact::new(1, Kind::CallSetup { direction, number: None, emergency: false }, CellId::UNKNOWN), []);
        script.fact(Fact { set_up: Some(1), connected: Some(2), ..Fact::new(3, ended, CellId::UNKNOWN) }, [1, 2]);
        assert_eq!(script.cut_off(at), None, "nothing is open yet");
        script.send();
        script.send();
        assert_eq!(script.cut_off(at), Some(2));
        assert_eq!(script.due(), None);
        let facts: Vec<_> = script.facts().iter().map(|fact| (fact.step, fact.kind.name(), fact.connected)).collect();
        assert_eq!(facts, [(1, "call_setup", None), (2, "call_ended", None)]);
        let seen = Sighting { frame: 1, at };
        assert!(!script.captured(0, seen) && !script.captured(1, seen) && script.captured(2, seen));
    }

    #[test]
    fn steps_are_sent_in_order_with_their_own_octets_and_messages() {
        let mut script = Script::default();
        let at = Timestamp::from_seconds(1);
        script.step(at, 0, Side::Bss, 0, |o| o.message(Message::Reset));
        script.step(at, 0, Side::Msc, 0, |o| o.message(Message::ResetAcknowledge));
        assert!(script.send().is_some());
        let (id, step, octets, messages) = script.send().unwrap();
        assert_eq!((id, step.side, octets, messages), (1, Side::Msc, &[0x31][..], &[Message::ResetAcknowledge][..]));
        assert!(script.send().is_none());
        let seen = Sighting { frame: 1, at };
        assert!(!script.captured(1, seen));
        assert!(script.captured(0, seen), "both are captured now");
    }
}
