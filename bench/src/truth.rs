//! The truth beside a capture: what an ideal probe reports, one JSON object a line, in the names of `decode --json`, with
//! the frames that each event depends on and whether its identity could be known.

mod packet;
mod row;

use std::io::{self, Write};

use event::{Imei, Imsi, Interface, Kind, Timestamp, Tmsi};

use crate::encode::digits;
use crate::population::Subscriber;
use crate::script::{Binding, Fact, Presented, Script, Sighting};

use row::Row;

/// Writes truth lines, or only counts them.
#[derive(Debug)]
pub struct TruthWriter<W> {
    out: Option<W>,
    feed: String,
    row: Row,
    depends: Vec<Sighting>,
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
            row: Row::default(),
            depends: Vec::new(),
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
        let row = &mut self.row;
        row.begin();
        row.frame("frame", evidence.frame);
        row.text("at", self.clock.show(evidence.at));
        row.text("feed", self.feed.as_str());
        row.text("interface", script.interface.name());
        row.text("kind", fact.kind.name());
        if script.presented != Presented::Imei {
            row.text("imsi", &imsi);
        }
        row.text_if("tmsi", shown_tmsi(script, fact).as_ref());
        row.text_if("imei", device.as_ref());
        row.text("cell", &fact.cell);
        write_kind(row, script, fact, evidence);
        row.text_if("signalled", fact.signalled.as_ref());
        collect_depends(&mut self.depends, script, fact, identity, further);
        row.frames("depends", self.depends.iter().map(|sighting| sighting.frame));
        row.flag("observable", identity.proof.is_some());
        out.write_all(row.end())
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

fn write_kind(row: &mut Row, script: &Script, fact: &Fact, evidence: Sighting) {
    match &fact.kind {
        Kind::LocationUpdate { update, old } => {
            row.text("update", update.name());
            row.text_if("old_lai", old.as_ref());
        }
        Kind::LocationUpdateRejected { update, cause } => {
            row.text("update", update.name());
            row.integer("cause", (*cause).into());
        }
        Kind::ServiceRejected { cause } | Kind::GprsAttachRejected { cause } => row.integer("cause", (*cause).into()),
        Kind::CallSetup { direction, number, emergency } => {
            row.text("direction", direction.name());
            row.text_if("number", number.as_ref());
            row.flag("emergency", *emergency);
        }
        Kind::CallAnswered { direction, number } | Kind::Sms { direction, peer: number } => {
            row.text("direction", direction.name());
            row.text_if("number", number.as_ref());
        }
        Kind::SmsRejected { direction, peer, cause } => {
            row.text("direction", direction.name());
            row.text_if("number", peer.as_ref());
            row.integer("cause", (*cause).into());
        }
        Kind::CallEnded { direction, number, cause, .. } => {
            row.text("direction", direction.name());
            row.text_if("number", number.as_ref());
            let connected = fact.connected.and_then(|step| script.sighting(step));
            row.flag("answered", connected.is_some());
            if let Some(connected) = connected {
                row.integer("length_ms", evidence.at.since(connected.at).as_millis() as u64);
            }
            if let Some(cause) = cause {
                row.integer("cause", (*cause).into());
            }
        }
        Kind::Ussd { code } => row.text("code", code),
        Kind::CallForwarding(forwarding) => {
            row.text("operation", forwarding.operation.name());
            row.text("service", format!("0x{:02x}", forwarding.service).as_str());
            row.text_if("number", forwarding.to.as_ref());
        }
        Kind::GprsAttach { combined, old } => {
            row.flag("combined", *combined);
            write_old_area(row, *old);
        }
        Kind::RoutingAreaUpdate { update, old } => {
            row.text("update", update.name());
            write_old_area(row, *old);
        }
        Kind::RoutingAreaUpdateRejected { update, cause } => {
            row.text("update", update.name());
            row.integer("cause", (*cause).into());
        }
        Kind::GprsDetach { power_off } => row.flag("power_off", *power_off),
        Kind::PdpActivated { access_point } | Kind::PdpDeactivated { access_point } => {
            row.text_if("access_point", access_point.as_ref());
        }
        Kind::WebVisit { host } => row.text("host", host),
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::ImeiSeen | Kind::Sighting => {}
    }
}

fn write_old_area(row: &mut Row, old: Option<event::Rai>) {
    if let Some(old) = old {
        row.text("old_lai", &old.lai);
        row.integer("old_rac", old.rac.into());
    }
}

// In order of capture, each once; first each message that the capture lacks.
fn collect_depends(
    depends: &mut Vec<Sighting>,
    script: &Script,
    fact: &Fact,
    identity: &Identity,
    further: &[Sighting],
) {
    let late = script.accepted.filter(|accepted| *accepted > fact.step);
    let own = script.depends(fact).iter().copied().chain(late).filter_map(|step| script.sighting(step));
    depends.clear();
    depends.extend(own.chain(identity.proof.iter().flatten().copied()).chain(further.iter().copied()));
    depends.sort_unstable_by_key(|sighting| (sighting.frame, sighting.at));
    depends.dedup();
}

/// Times in text, RFC 3339 in UTC. Dates are asked for again only where they change.
#[derive(Debug, Default)]
struct Clock {
    // The day of the time that was shown last, from that of the epoch.
    day: Option<i64>,
    text: String,
}

impl Clock {
    fn show(&mut self, at: Timestamp) -> &str {
        const DAY_MICROS: i64 = 86_400_000_000;
        const DATE: usize = "2026-11-22T".len();
        let day = at.as_micros().div_euclid(DAY_MICROS);
        if self.day.replace(day) != Some(day) {
            self.text = at.to_string();
        }
        self.text.truncate(DATE);
        let micros = at.as_micros().rem_euclid(DAY_MICROS) as u64;
        let seconds = micros / 1_000_000;
        for (value, places, end) in [
            (seconds / 3600, 2, ':'),
            (seconds / 60 % 60, 2, ':'),
            (seconds % 60, 2, '.'),
            (micros % 1_000_000, 6, 'Z'),
        ] {
            self.text.extend(digits(value, places).map(|digit| char::from(b'0' + digit)));
            self.text.push(end);
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_the_probe_does() {
        let mut clock = Clock::default();
        for micros in
            [1_772_442_000_000_000, 1_772_495_999_999_999, 1_772_496_000_000_001, 0, -1, 1_772_442_061_000_050]
        {
            let at = Timestamp::from_micros(micros);
            assert_eq!(clock.show(at), at.to_string());
        }
    }
}
