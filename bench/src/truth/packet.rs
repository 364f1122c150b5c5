//! The truth about Gb: what an ideal probe tells of a phone depends on what it has told before.

use std::io::{self, Write};

use event::{Kind, Timestamp};

use super::{Identity, TruthWriter, is_told};
use crate::population::Subscriber;
use crate::script::{Binding, Fact, Presented, Script, Sighting};

impl<W: Write> TruthWriter<W> {
    pub(super) fn settle_packets(
        &mut self,
        script: &Script,
        subscriber: &mut Subscriber,
        opens: Timestamp,
    ) -> io::Result<()> {
        let identity = Identity::of(script, subscriber.packet.proof.as_ref(), opens);
        if script.begins_anew {
            subscriber.packet.observed.begin_anew();
        }
        for fact in script.facts() {
            if let Some(evidence) = script.sighting(fact.step)
                && evidence.at >= opens
                && is_told(script, fact, opens)
                && tells(script, fact, evidence, subscriber)
            {
                let device = subscriber.packet.observed.device;
                let further = if is_end(fact) { script.ended_context.as_slice() } else { &[] };
                self.event(script, fact, evidence, &identity, (subscriber.imsi, device, further))?;
            }
        }
        remember_activation(script, subscriber);
        remember(script, identity, subscriber, opens);
        Ok(())
    }
}

// Only what was captured can make a probe silent about what comes next.
fn tells(script: &Script, fact: &Fact, evidence: Sighting, subscriber: &mut Subscriber) -> bool {
    let observed = &mut subscriber.packet.observed;
    if fact.kind == Kind::ImeiSeen {
        let shown = script.devices.iter().find(|(_, step)| *step == fact.step).map(|(device, _)| *device);
        let is_new = observed.device != shown && evidence.frame != 0;
        observed.device = if is_new { shown } else { observed.device };
        return is_new;
    }
    let is_whole = script.depends(fact).iter().all(|step| script.sighting(*step).is_some_and(|seen| seen.frame != 0));
    observed.tells(&fact.kind, fact.cell, evidence, is_whole)
}

fn is_end(fact: &Fact) -> bool {
    matches!(fact.kind, Kind::PdpDeactivated { .. })
}

fn remember_activation(script: &Script, subscriber: &mut Subscriber) {
    if let Some(context) = &mut subscriber.packet.context
        && !context.activated_by.is_empty()
    {
        let steps = std::mem::take(&mut context.activated_by);
        context.seen.extend(steps.into_iter().filter_map(|step| script.sighting(step)));
    }
}

fn remember(script: &Script, identity: Identity, subscriber: &mut Subscriber, opens: Timestamp) {
    let extended = |proof: Option<Vec<Sighting>>, steps: &[u16]| {
        let own = || steps.iter().filter_map(|step| script.sighting(*step));
        proof.filter(|_| own().all(|sighting| sighting.at >= opens)).map(|mut proof| {
            proof.extend(own());
            proof
        })
    };
    if let Some(step) = script.binds_for_calls {
        // What was cut off before it was sent is bound by nobody.
        let given = script.sighting(step).is_some();
        subscriber.proof = if given { extended(identity.proof.clone(), &[step]) } else { None };
    }
    match &script.binding {
        Binding::Deleted => subscriber.packet.proof = None,
        Binding::Renewed(steps) => subscriber.packet.proof = extended(identity.proof, steps),
        Binding::Kept if identity.on_wire && matches!(script.presented, Presented::Tmsi(_)) => {
            subscriber.packet.proof = extended(identity.proof, script.accepted.as_slice());
        }
        Binding::Kept => {}
    }
}
