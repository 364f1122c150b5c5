//! The truth beside a capture: what an ideal probe reports, one JSON object a line, in the names of `decode --json`, with
//! the frames that each event depends on and whether its identity could be known.

mod packet;

use std::io::{self, Write};

use event::{Imei, Imsi, Interface, Kind, Number, Timestamp, Tmsi};

use crate::encode::digits;
use crate::population::Subscriber;
use crate::script::{Binding, Fact, Presented, Script, Sighting};

/// Writes truth lines, or only counts them.
#[derive(Debug)]
pub struct TruthWriter<W> {
    out: Option<W>,
    feed: String,
    line: Vec<u8>,
    clock: Clock,
    written: u64,
    observable: u64,
}

impl<W: Write> TruthWriter<W> {
    /// A writer of lines about this feed; without `out` it only counts.
    pub fn new(out: Option<W>, feed: &str) -> Self {
        Self {
            out,
            feed: feed.to_owned(),
            line: Vec::with_capacity(1024),
            clock: Clock::default(),
            written: 0,
            observable: 0,
        }
    }

    /// How many events there were, and of how many the identity could be known.
    pub fn counts(&self) -> (u64, u64) {
        (self.written, self.observable)
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<Option<W>> {
        let Some(mut out) = self.out else { return Ok(None) };
        out.flush()?;
        Ok(Some(out))
    }

    /// Writes the facts of a script that has been sent, as far as it was, in the order of their evidence; events from
    /// before `opens` are nobody's to see. Then brings the observer's knowledge of the TMSI up to date.
    pub fn settle(&mut self, script: &Script, subscriber: &mut Subscriber, opens: Timestamp) -> io::Result<()> {
        if script.interface == Interface::Gb {
            return self.settle_packets(script, subscriber, opens);
        }
        let identity = Identity::of(script, subscriber.proof.as_ref(), opens);
        for fact in script.facts() {
            if let Some(evidence) = script.sighting(fact.step)
                && evidence.at >= opens
                && is_told(script, fact, opens)
            {
                let device = shown_device(script, fact, evidence);
                self.event(script, fact, evidence, &identity, (subscriber.imsi, device, &[]))?;
            }
        }
        remember(script, identity, subscriber, opens);
        Ok(())
    }

    fn event(
        &mut self,
        script: &Script,
        fact: &Fact,
        evidence: Sighting,
        identity: &Identity,
        (imsi, device, further): (Imsi, Option<Imei>, &[Sighting]),
    ) -> io::Result<()> {
        self.written += 1;
        self.observable += u64::from(identity.proof.is_some());
        let Some(out) = &mut self.out else { return Ok(()) };
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(b"{\"frame\":");
        write_frame(line, evidence.frame);
        let at = self.clock.show(evidence.at);
        let (interface, kind) = (script.interface.name(), fact.kind.name());
        for text in [
            ",\"at\":\"",
            at,
            "\",\"feed\":\"",
            &self.feed,
            "\",\"interface\":\"",
            interface,
            "\",\"kind\":\"",
            kind,
            "\"",
        ] {
            line.extend_from_slice(text.as_bytes());
        }
        if script.presented != Presented::Imei {
            write!(line, ",\"imsi\":\"{imsi}\"")?;
        }
        if let Some(tmsi) = shown_tmsi(script, fact) {
            write!(line, ",\"tmsi\":\"{tmsi}\"")?;
        }
        if let Some(device) = device {
            write!(line, ",\"imei\":\"{device}\"")?;
        }
        write!(line, ",\"cell\":\"{}\"", fact.cell)?;
        write_kind(line, script, fact, evidence)?;
        if let Some(number) = fact.signalled {
            write!(line, ",\"signalled\":\"{number}\"")?;
        }
        write_depends(line, script, fact, identity, further);
        writeln!(line, ",\"observable\":{}}}", identity.proof.is_some())?;
        out.write_all(line)
    }
}

/// What the observer can know about who is in the connection.
struct Identity {
    // The sightings from which the IMSI follows, if it does.
    proof: Option<Vec<Sighting>>,
    // Whether the IMSI stood on the wire in this connection.
    on_wire: bool,
}

impl Identity {
    // `proof` is that of the temporary identity, from before.
    fn of(script: &Script, proof: Option<&Vec<Sighting>>, opens: Timestamp) -> Self {
        let shown: Vec<_> = script.imsi_shown.iter().filter_map(|step| script.sighting(*step)).collect();
        let on_wire = !shown.is_empty()
            && shown.len() == script.imsi_shown.len()
            && shown.iter().all(|sighting| sighting.at >= opens);
        let proof = match script.presented {
            _ if on_wire => Some(shown),
            Presented::Tmsi(_) => proof.cloned(),
            _ => None,
        };
        Self { proof, on_wire }
    }
}

// What the phone says counts once the network has gone on with it (3GPP TS 24.008 §4.3.2.1: until then anybody may have said
// it), and the end of a call is told of whom saw something of the call before it: else whether it was answered is a guess.
fn is_told(script: &Script, fact: &Fact, opens: Timestamp) -> bool {
    let is_seen = |step| script.sighting(step).is_some_and(|sighting| sighting.at >= opens);
    let accepted = script.accepted.is_none_or(|step| step <= fact.step || script.sighting(step).is_some());
    let begun = fact.set_up.is_none_or(|step| is_seen(step) || fact.connected.is_some_and(is_seen));
    accepted && begun
}

// On Gb the P-TMSI of which the phone's TLLI is made; on A what the connection was opened with.
fn shown_tmsi(script: &Script, fact: &Fact) -> Option<Tmsi> {
    match script.interface {
        Interface::A => script.presented.tmsi(),
        Interface::Gb => fact.tmsi,
    }
}

// The device as it was known at the evidence, in the order of capture.
fn shown_device(script: &Script, fact: &Fact, evidence: Sighting) -> Option<Imei> {
    let (device, step) = fact.device?;
    let shown = script.sighting(step)?;
    (shown.frame <= evidence.frame || evidence.frame == 0).then_some(device)
}

fn remember(script: &Script, identity: Identity, subscriber: &mut Subscriber, opens: Timestamp) {
    let steps: &[u16] = match &script.binding {
        Binding::Deleted => {
            subscriber.proof = None;
            return;
        }
        Binding::Renewed(steps) => steps,
        Binding::Kept if identity.on_wire && matches!(script.presented, Presented::Tmsi(_)) => &[],
        Binding::Kept => return,
    };
    let own = || script.opening.iter().chain(steps).filter_map(|step| script.sighting(*step));
    subscriber.proof = identity.proof.filter(|_| own().all(|sighting| sighting.at >= opens)).map(|mut proof| {
        proof.extend(own());
        proof
    });
}

fn write_kind(line: &mut Vec<u8>, script: &Script, fact: &Fact, evidence: Sighting) -> io::Result<()> {
    match &fact.kind {
        Kind::LocationUpdate { update, old } => {
            write!(line, ",\"update\":\"{}\"", update.name())?;
            old.map_or(Ok(()), |old| write!(line, ",\"old_lai\":\"{old}\""))
        }
        Kind::LocationUpdateRejected { update, cause } => {
            write!(line, ",\"update\":\"{}\",\"cause\":{cause}", update.name())
        }
        Kind::ServiceRejected { cause } => write!(line, ",\"cause\":{cause}"),
        Kind::CallSetup { direction, number, emergency } => {
            write!(line, ",\"direction\":\"{}\"", direction.name())?;
            write_number(line, number.as_ref())?;
            write!(line, ",\"emergency\":{emergency}")
        }
        Kind::CallAnswered { direction, number } => {
            write!(line, ",\"direction\":\"{}\"", direction.name())?;
            write_number(line, number.as_ref())
        }
        Kind::CallEnded { direction, number, cause, .. } => {
            write!(line, ",\"direction\":\"{}\"", direction.name())?;
            write_number(line, number.as_ref())?;
            let connected = fact.connected.and_then(|step| script.sighting(step));
            write!(line, ",\"answered\":{}", connected.is_some())?;
            if let Some(connected) = connected {
                write!(line, ",\"length_ms\":{}", evidence.at.since(connected.at).as_millis())?;
            }
            cause.map_or(Ok(()), |cause| write!(line, ",\"cause\":{cause}"))
        }
        Kind::Sms { direction, peer } => {
            write!(line, ",\"direction\":\"{}\"", direction.name())?;
            write_number(line, peer.as_ref())
        }
        Kind::Ussd { code } => write!(line, ",\"code\":\"{code}\""),
        Kind::CallForwarding(forwarding) => {
            let operation = forwarding.operation.name();
            write!(line, ",\"operation\":\"{operation}\",\"service\":\"0x{:02x}\"", forwarding.service)?;
            write_number(line, forwarding.to.as_ref())
        }
        Kind::GprsAttach { combined, old } => {
            write!(line, ",\"combined\":{combined}")?;
            write_old_area(line, *old)
        }
        Kind::GprsAttachRejected { cause } => write!(line, ",\"cause\":{cause}"),
        Kind::RoutingAreaUpdate { update, old } => {
            write!(line, ",\"update\":\"{}\"", update.name())?;
            write_old_area(line, *old)
        }
        Kind::RoutingAreaUpdateRejected { update, cause } => {
            write!(line, ",\"update\":\"{}\",\"cause\":{cause}", update.name())
        }
        Kind::GprsDetach { power_off } => write!(line, ",\"power_off\":{power_off}"),
        Kind::PdpActivated { access_point } | Kind::PdpDeactivated { access_point } => {
            access_point.map_or(Ok(()), |name| write!(line, ",\"access_point\":\"{name}\""))
        }
        Kind::WebVisit { host } => write!(line, ",\"host\":\"{host}\""),
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::ImeiSeen | Kind::Sighting => Ok(()),
    }
}

fn write_old_area(line: &mut Vec<u8>, old: Option<event::Rai>) -> io::Result<()> {
    old.map_or(Ok(()), |old| write!(line, ",\"old_lai\":\"{}\",\"old_rac\":{}", old.lai, old.rac))
}

fn write_number(line: &mut Vec<u8>, number: Option<&Number>) -> io::Result<()> {
    number.map_or(Ok(()), |number| write!(line, ",\"number\":\"{number}\""))
}

// Frames in order, each once; null for each message that the capture lacks.
fn write_depends(line: &mut Vec<u8>, script: &Script, fact: &Fact, identity: &Identity, further: &[Sighting]) {
    let mut steps = script.depends(fact).to_vec();
    steps.extend(script.accepted.filter(|accepted| *accepted > fact.step));
    steps.sort_unstable();
    steps.dedup();
    let own = steps.iter().filter_map(|step| script.sighting(*step));
    let mut frames: Vec<Sighting> =
        own.chain(identity.proof.iter().flatten().copied()).chain(further.iter().copied()).collect();
    frames.sort_by_key(|sighting| (sighting.frame, sighting.at));
    frames.dedup();
    line.extend_from_slice(b",\"depends\":[");
    for (index, sighting) in frames.iter().enumerate() {
        if index > 0 {
            line.push(b',');
        }
        write_frame(line, sighting.frame);
    }
    line.push(b']');
}

fn write_frame(line: &mut Vec<u8>, frame: u64) {
    match frame {
        0 => line.extend_from_slice(b"null"),
        _ => line.extend_from_slice(itoa::Buffer::new().format(frame).as_bytes()),
    }
}

/// Times of day in text. Of times that follow each other closely only the last digits differ.
#[derive(Debug, Default)]
struct Clock {
    // The second of the time that was shown last.
    second: Option<i64>,
    text: String,
}

impl Clock {
    fn show(&mut self, at: Timestamp) -> &str {
        const MICROS: i64 = 1_000_000;
        const FRACTION: usize = "000000Z".len();
        let second = at.as_micros().div_euclid(MICROS);
        if self.second.replace(second) != Some(second) {
            self.text = at.to_string();
        }
        self.text.truncate(self.text.len() - FRACTION);
        let micros = digits(at.as_micros().rem_euclid(MICROS) as u64, 6);
        self.text.extend(micros.map(|digit| char::from(b'0' + digit)).chain(['Z']));
        &self.text
    }
}
