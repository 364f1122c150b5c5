//! The events of `when:`, and how long what they begin must last.

use std::time::Duration;

use event::{Direction, UpdateType};

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::pattern;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Value};
use crate::profile::EMERGENCY_NUMBERS;
use crate::scenario::{Attempt, CallPhase, Evidence, Happening, Hold, LengthRange, NumberPattern, Origin, Trigger};

type Read = fn(&Entry, &mut Shelf<'_>, &mut Findings<'_>) -> Option<Happening>;

/// How each trigger is read.
const READERS: [(Word, Read); 18] = [
    (v::AREA, area),
    (v::CALL, |entry, _, findings| call(entry, findings).map(at_once)),
    (v::SMS, |entry, _, findings| sms(entry, findings).map(at_once)),
    (v::USSD, |entry, _, findings| Some(at_once(ussd(entry, findings)))),
    (v::CALL_FORWARDING, |entry, _, findings| nothing_more(entry, Trigger::CallForwarding, findings).map(at_once)),
    (v::DEVICE_CHANGE, device_change),
    (v::DEVICE, |entry, shelf, findings| shelf.devices(entry, findings).map(Trigger::Device).map(at_once)),
    (v::ROAM, |entry, _, findings| roam(entry, findings)),
    (v::POWER, |entry, _, findings| power(entry, findings).map(at_once)),
    (v::POWER_ON, |entry, _, findings| nothing_more(entry, Trigger::PowerOn, findings).map(at_once)),
    (v::POWER_OFF, |entry, _, findings| nothing_more(entry, Trigger::PowerOff, findings).map(at_once)),
    (v::LOCATION_UPDATE, |entry, shelf, findings| location_update(entry, shelf, findings).map(at_once)),
    (v::CELL_CHANGE, |entry, _, findings| nothing_more(entry, Trigger::CellChange, findings).map(at_once)),
    (v::SEEN, |entry, _, findings| nothing_more(entry, Trigger::Seen, findings).map(at_once)),
    (v::DATA, |entry, _, findings| data(entry, findings).map(at_once)),
    (v::PDP, |entry, _, findings| context(entry, findings).map(at_once)),
    (v::WEB, |entry, _, findings| Some(at_once(Trigger::Web(domains(entry, findings))))),
    (v::REFUSED, |entry, _, findings| Some(at_once(refused(entry, findings)))),
];

/// What the network can refuse.
pub(super) const ATTEMPTS: [(Word, Attempt); 3] =
    [(v::LOCATION_UPDATE, Attempt::LocationUpdate), (v::SERVICE, Attempt::Service), (v::DATA, Attempt::Data)];
/// Whether a data connection begins.
pub(super) const CONTEXT_PHASES: [(Word, bool); 2] = [(v::BEGUN, true), (v::ENDED, false)];

const PHASES: [(Word, CallPhase); 3] =
    [(v::SETUP, CallPhase::Setup), (v::ANSWERED, CallPhase::Answered), (v::ENDED, CallPhase::Ended)];
const CALL_DIRECTIONS: [(Word, Option<Direction>); 3] =
    [(v::CALL_OUT, Some(Direction::Out)), (v::CALL_IN, Some(Direction::In)), (v::ANY, None)];
const SMS_DIRECTIONS: [(Word, Option<Direction>); 3] =
    [(v::SMS_OUT, Some(Direction::Out)), (v::SMS_IN, Some(Direction::In)), (v::ANY, None)];
/// Where a roamer can come from; the home province is no roaming.
const ORIGINS: [(Word, Option<Origin>); 4] = [
    (v::OTHER_PROVINCE, Some(Origin::OtherProvince)),
    (v::OTHER_NETWORK, Some(Origin::OtherNetwork)),
    (v::INTERNATIONAL, Some(Origin::International)),
    (v::ANY, None),
];

/// Reads the event that `word` names. `None` too where it names none.
pub(super) fn read(word: Word, entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Happening> {
    let (_, read) = READERS.iter().find(|(known, _)| *known == word)?;
    read(entry, shelf, findings)
}

const fn at_once(trigger: Trigger) -> Happening {
    Happening { trigger, hold: None }
}

/// How long something must last, if the form says so. The outer `None` where it says so in vain.
fn hold(
    form: &Form<'_>,
    word: Word,
    findings: &mut Findings<'_>,
    hold: impl FnOnce(Duration) -> Hold,
) -> Option<Option<Hold>> {
    let Some(entry) = form.find(word) else { return Some(None) };
    field::span(entry, findings).map(hold).map(Some)
}

fn is_bare(entry: &Entry) -> bool {
    entry.value.value == Value::Empty
}

/// A trigger without conditions: `call_forwarding:`, `call_forwarding: yes`.
fn nothing_more(entry: &Entry, trigger: Trigger, findings: &mut Findings<'_>) -> Option<Trigger> {
    if !is_bare(entry) {
        field::choice(entry, &[(v::YES, ())], findings)?;
    }
    Some(trigger)
}

fn power(entry: &Entry, findings: &mut Findings<'_>) -> Option<Trigger> {
    let on = field::choice(entry, &[(v::ON, true), (v::OFF, false)], findings)?;
    Some(if on { Trigger::PowerOn } else { Trigger::PowerOff })
}

fn ussd(entry: &Entry, findings: &mut Findings<'_>) -> Trigger {
    Trigger::Ussd(if is_bare(entry) { Vec::new() } else { field::numbers(entry, findings) })
}

/// `area: {enter: wanda, dwell: 10m, evidence: presume, grace: 2m}`
fn area(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Happening> {
    let form = Form::read(&entry.value, &entry.key_span, &v::AREA_FORM, findings)?;
    let (word, named) = form.require_one(&[v::ENTER, v::LEAVE, v::INSIDE], findings)?;
    let area = shelf.area(named, findings);
    if word != v::ENTER {
        if let Some(dwell) = form.find(v::DWELL) {
            findings.report(&dwell.key_span, Problem::OneOnly { words: vec![word, v::DWELL] });
            return None;
        }
        let trigger = if word == v::LEAVE { Trigger::Leave } else { Trigger::Inside };
        return area.map(trigger).map(at_once);
    }
    let hold = dwell(&form, findings)?;
    Some(Happening { trigger: Trigger::Enter(area?), hold })
}

fn dwell(form: &Form<'_>, findings: &mut Findings<'_>) -> Option<Option<Hold>> {
    const KINDS: [(Word, Evidence); 2] = [(v::RECONFIRM, Evidence::Reconfirm), (v::PRESUME, Evidence::Presume)];
    let evidence = form.find(v::EVIDENCE);
    let grace = form.find(v::GRACE);
    let presence = form.find(v::STILL_HERE);
    if evidence.or(grace).or(presence).is_some() {
        form.require(v::DWELL, findings)?;
    }
    let evidence = evidence.map(|entry| field::choice(entry, &KINDS, findings));
    let grace = grace.map(|entry| field::span(entry, findings));
    let still_here = pattern::still_here(form, findings);
    let (evidence, grace) = (evidence.unwrap_or(Some(Evidence::default())), grace.unwrap_or(Some(Duration::ZERO)));
    let dwell = hold(form, v::DWELL, findings, |lasting| Hold::Dwell {
        lasting,
        evidence: evidence.unwrap_or_default(),
        grace: grace.unwrap_or_default(),
        still_here: still_here.unwrap_or_default(),
    })?;
    evidence.and(grace).and(still_here)?;
    Some(dwell)
}

/// `device_change: {to: smartphones, stable: 24h}`
fn device_change(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Happening> {
    if is_bare(entry) {
        return Some(at_once(Trigger::DeviceChange { to: None, from: None }));
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::DEVICE_CHANGE_FORM, findings)?;
    let mut list = |word| form.find(word).map(|named| shelf.devices(named, findings));
    let (to, from) = (list(v::CHANGE_TO), list(v::CHANGE_FROM));
    let hold = hold(&form, v::STABLE, findings, Hold::Stable)?;
    // A list that was named but could not be read must not widen the trigger to any device.
    let trigger = Trigger::DeviceChange {
        to: to.map_or(Some(None), |list| list.map(Some))?,
        from: from.map_or(Some(None), |list| list.map(Some))?,
    };
    Some(Happening { trigger, hold })
}

/// `call: 114`, `call: [114, 1795*]`, `call: {dialled: 114, phase: answered}`.
fn call(entry: &Entry, findings: &mut Findings<'_>) -> Option<Trigger> {
    if !matches!(entry.value.value, Value::Fields(_)) {
        let dialled = !is_bare(entry);
        let numbers = if dialled { field::numbers(entry, findings) } else { Vec::new() };
        let direction = dialled.then_some(Direction::Out);
        return Some(Trigger::Call { phase: CallPhase::Setup, direction, numbers, length: None, causes: Vec::new() });
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::CALL_FORM, findings)?;
    let (length, cause) = (form.find(v::LENGTH), form.find(v::CAUSE));
    // How long a call was, and why it ended, is known when it is over.
    let usual = if length.or(cause).is_some() { CallPhase::Ended } else { CallPhase::Setup };
    let phase = form.find(v::PHASE).map_or(Some(usual), |phase| field::choice(phase, &PHASES, findings));
    let of_the_end = [(v::LENGTH, length), (v::CAUSE, cause)];
    for (word, entry) in of_the_end.into_iter().filter_map(|(word, entry)| Some((word, entry?))) {
        if phase.is_some_and(|phase| phase != CallPhase::Ended) {
            findings.report(&entry.key_span, Problem::OneOnly { words: vec![v::PHASE, word] });
        }
    }
    let length = length.map(|entry| length_range(entry, findings));
    let causes = cause.map(|entry| field::each(entry, findings, release_causes, |_| Problem::Cause));
    let (direction, numbers) = peer(&form, [v::DIALLED, v::CALLER], &CALL_DIRECTIONS, findings);
    Some(Trigger::Call {
        phase: phase?,
        direction,
        numbers,
        length: length.map_or(Some(None), |range| range.map(Some))?,
        causes: causes.into_iter().flatten().flatten().collect(),
    })
}

/// Why calls end, as people say it: the causes of 3GPP TS 24.008 §10.5.4.11 that mean it, the usual one first.
const CAUSES: [(Word, &[u8]); 7] = [
    (v::NORMAL, &[16, 31]),
    (v::BUSY, &[17]),
    (v::NO_ANSWER, &[19, 18]),
    (v::TURNED_DOWN, &[21]),
    (v::UNREACHABLE, &[27]),
    (v::WRONG_NUMBER, &[1, 28]),
    (v::CONGESTION, &[34, 38, 41, 42, 44, 47]),
];

/// `busy`, or a cause by its number.
pub(super) fn release_causes(text: &str) -> Option<Vec<u8>> {
    let named = CAUSES.iter().find(|(word, _)| word.is(text)).map(|(_, causes)| causes.to_vec());
    named.or_else(|| text.parse().ok().filter(|cause| (1..=127).contains(cause)).map(|cause| vec![cause]))
}

/// `length: 5m` for at least so long, `length: {at_least: 1m, at_most: 10m}`.
fn length_range(entry: &Entry, findings: &mut Findings<'_>) -> Option<LengthRange> {
    let Value::Fields(_) = entry.value.value else {
        return field::span(entry, findings).map(|least| LengthRange { least, most: None });
    };
    let form = Form::read(&entry.value, &entry.key_span, &v::LENGTH_FORM, findings)?;
    let (least, most) = (form.find(v::AT_LEAST), form.find(v::AT_MOST));
    let span = |entry: &Entry, findings: &mut Findings<'_>| field::span(entry, findings);
    let shortest = least.map_or(Some(Duration::ZERO), |entry| span(entry, findings))?;
    let longest = most.map_or(Some(None), |entry| span(entry, findings).map(Some))?;
    if let Some(entry) = most.filter(|_| longest.is_some_and(|longest| longest < shortest)) {
        findings.report(&entry.value.span, Problem::EndsBeforeItBegins);
        return None;
    }
    Some(LengthRange { least: shortest, most: longest })
}

/// `location_update:`, `location_update: periodic`, `location_update: {area: wanda}`
fn location_update(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Trigger> {
    const KINDS: [(Word, Option<UpdateType>); 4] = [
        (v::NORMAL, Some(UpdateType::Normal)),
        (v::PERIODIC, Some(UpdateType::Periodic)),
        (v::ATTACH, Some(UpdateType::ImsiAttach)),
        (v::YES, None),
    ];
    if let Value::Fields(_) = entry.value.value {
        let form = Form::read(&entry.value, &entry.key_span, &v::LOCATION_UPDATE_FORM, findings)?;
        let named = form.require(v::AREA, findings)?;
        return shelf.area(named, findings).map(Trigger::UpdateIn);
    }
    let kind = if is_bare(entry) { None } else { field::choice(entry, &KINDS, findings)? };
    Some(Trigger::LocationUpdate(kind))
}

/// `data: attach`
fn data(entry: &Entry, findings: &mut Findings<'_>) -> Option<Trigger> {
    let attach = field::choice(entry, &[(v::ATTACH, true), (v::DETACH, false)], findings)?;
    Some(if attach { Trigger::DataAttach } else { Trigger::DataDetach })
}

/// `pdp:`, `pdp: [cmwap, cmnet]`, `pdp: {apn: cmwap, phase: ended}`
fn context(entry: &Entry, findings: &mut Findings<'_>) -> Option<Trigger> {
    if !matches!(entry.value.value, Value::Fields(_)) {
        return Some(Trigger::Pdp { activated: true, access_points: domains(entry, findings) });
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::PDP_FORM, findings)?;
    let access_points = form.find(v::ACCESS_POINT).map(|entry| domains(entry, findings)).unwrap_or_default();
    let phase = form.find(v::PHASE);
    let activated = phase.map_or(Some(true), |entry| field::choice(entry, &CONTEXT_PHASES, findings))?;
    Some(Trigger::Pdp { activated, access_points })
}

/// Names, or nothing for any.
fn domains(entry: &Entry, findings: &mut Findings<'_>) -> Vec<event::DomainName> {
    if is_bare(entry) { Vec::new() } else { field::domains(entry, findings) }
}

/// `refused:`, `refused: [service, data]`
fn refused(entry: &Entry, findings: &mut Findings<'_>) -> Trigger {
    Trigger::Refused(if is_bare(entry) { Vec::new() } else { field::choices(entry, &ATTEMPTS, findings) })
}

fn sms(entry: &Entry, findings: &mut Findings<'_>) -> Option<Trigger> {
    if is_bare(entry) {
        return Some(Trigger::Sms { direction: None, numbers: Vec::new() });
    }
    if let Value::Text { .. } | Value::List(_) = entry.value.value {
        findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::Fields });
        return None;
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::SMS_FORM, findings)?;
    let (direction, numbers) = peer(&form, [v::TO, v::FROM], &SMS_DIRECTIONS, findings);
    Some(Trigger::Sms { direction, numbers })
}

/// The other party and the direction. A key that names the called or the calling party says the direction as well, as
/// does `out: yes`.
fn peer(
    form: &Form<'_>,
    [to, from]: [Word; 2],
    directions: &[(Word, Option<Direction>)],
    findings: &mut Findings<'_>,
) -> (Option<Direction>, Vec<NumberPattern>) {
    let party = form.one_of(&[to, from, v::NUMBER], findings);
    let numbers = party.map(|(_, numbers)| field::numbers(numbers, findings)).unwrap_or_default();
    let implied = party.and_then(|(word, _)| match word {
        word if word == to => Some(Direction::Out),
        word if word == from => Some(Direction::In),
        _ => None,
    });
    let Some((word, entry)) = form.one_of(&[v::DIRECTION, v::OUTGOING, v::INCOMING], findings) else {
        return (implied, numbers);
    };
    let said = match word {
        word if word == v::DIRECTION => field::choice(entry, directions, findings).flatten(),
        word => field::choice(entry, &[(v::YES, ())], findings).map(|()| match word {
            word if word == v::OUTGOING => Direction::Out,
            _ => Direction::In,
        }),
    };
    if let (Some(_), Some((word, _))) = (implied.filter(|implied| Some(*implied) != said), party) {
        findings.report(&entry.key_span, Problem::OneOnly { words: vec![word, v::DIRECTION] });
    }
    (said, numbers)
}

/// `roam: in`, `roam: {in: [international], settle: 5m}`
fn roam(entry: &Entry, findings: &mut Findings<'_>) -> Option<Happening> {
    if let Value::Text { text, .. } = &entry.value.value {
        if v::ROAM_OUT.is(text.trim()) {
            findings.report(&entry.value.span, Problem::NotOnTheseInterfaces { what: text.trim().to_owned() });
            return None;
        }
        let bare = [(v::ROAM_IN, true), (v::ROAM_BACK, false)];
        return field::choice(entry, &bare, findings).map(|arriving| at_once(roamed(arriving, Vec::new())));
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::ROAM_FORM, findings)?;
    let (word, from) = form.require_one(&[v::ROAM_IN, v::ROAM_BACK, v::ROAM_OUT], findings)?;
    if word == v::ROAM_OUT {
        let what = form.find(v::ROAM_OUT).map(|entry| entry.key.clone()).unwrap_or_default();
        findings.report(&entry.value.span, Problem::NotOnTheseInterfaces { what });
        return None;
    }
    let named = if is_bare(from) { vec![None] } else { field::choices(from, &ORIGINS, findings) };
    let origins = if named.contains(&None) { Vec::new() } else { named.into_iter().flatten().collect() };
    let hold = hold(&form, v::SETTLE, findings, Hold::Settle)?;
    Some(Happening { trigger: roamed(word == v::ROAM_IN, origins), hold })
}

fn roamed(arriving: bool, origins: Vec<Origin>) -> Trigger {
    if arriving { Trigger::RoamIn(origins) } else { Trigger::RoamBack(origins) }
}

/// The emergency number that a trigger names or covers: nothing commercial may be tied to it.
pub(super) fn emergency(trigger: &Trigger) -> Option<&'static str> {
    let numbers = numbers_of(trigger);
    EMERGENCY_NUMBERS.into_iter().find(|code| {
        let code = code.parse().map(NumberPattern::Exactly);
        code.is_ok_and(|code| numbers.iter().any(|pattern| meet(pattern, &code)))
    })
}

/// The number of ours from which a trigger waits for a message: it would be triggered by what we send.
pub(super) fn own_sender<'s>(trigger: &Trigger, senders: &'s [NumberPattern]) -> Option<&'s NumberPattern> {
    let Trigger::Sms { direction: None | Some(Direction::In), numbers } = trigger else { return None };
    senders.iter().find(|sender| numbers.iter().any(|pattern| meet(pattern, sender)))
}

fn numbers_of(trigger: &Trigger) -> &[NumberPattern] {
    match trigger {
        Trigger::Call { numbers, .. } | Trigger::Sms { numbers, .. } => numbers,
        _ => &[],
    }
}

/// Whether a number can fit both.
fn meet(one: &NumberPattern, other: &NumberPattern) -> bool {
    match (one, other) {
        (NumberPattern::Exactly(one), NumberPattern::Exactly(other)) => one == other,
        (NumberPattern::Exactly(number), NumberPattern::Prefix(prefix))
        | (NumberPattern::Prefix(prefix), NumberPattern::Exactly(number)) => number.starts_with(prefix),
        (NumberPattern::Prefix(one), NumberPattern::Prefix(other)) => one.starts_with(other) || other.starts_with(one),
    }
}

/// Whether the trigger tells where the subscriber is.
pub(super) const fn uses_location(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Enter(_) | Trigger::Leave(_) | Trigger::UpdateIn(_) | Trigger::Inside(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emergency_numbers_are_seen_alone_and_under_a_prefix() {
        let check = |pattern: &str, expected| {
            let numbers = vec![super::super::value::number_pattern(pattern).unwrap()];
            let trigger =
                Trigger::Call { phase: CallPhase::Setup, direction: None, numbers, length: None, causes: Vec::new() };
            assert_eq!(emergency(&trigger), expected, "{pattern}");
        };
        check("110", Some("110"));
        check("12*", Some("120"));
        check("122*", Some("122"));
        check("1100", None);
        check("12580", None);
        check("125*", None);
        assert_eq!(emergency(&Trigger::PowerOn), None);
    }

    #[test]
    fn a_message_from_ourselves_is_seen_alone_and_under_a_prefix() {
        let check = |direction, wanted: &str, ours: &str, expected| {
            let [wanted, ours] = [wanted, ours].map(|text| super::super::value::number_pattern(text).unwrap());
            let trigger = Trigger::Sms { direction, numbers: vec![wanted] };
            assert_eq!(own_sender(&trigger, &[ours]).is_some(), expected, "{wanted:?} {ours:?}");
        };
        check(Some(Direction::In), "10086", "10086", true);
        check(None, "100*", "10086", true);
        check(None, "1065712580", "10657*", true);
        check(Some(Direction::In), "10657*", "106*", true);
        check(Some(Direction::Out), "10086", "10086", false);
        check(None, "10010", "10086", false);
    }

    #[test]
    fn every_event_that_a_step_can_name_can_be_read() {
        for key in v::STEP.keys.iter().filter(|key| **key != v::ANY_OF) {
            assert!(READERS.iter().any(|(word, _)| word == key), "{}", key.english);
        }
    }
}
