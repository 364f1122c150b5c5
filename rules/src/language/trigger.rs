//! `when:` — the event that triggers a scenario.

use event::{Direction, Number};

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use crate::scenario::{CallPhase, NumberPattern, Origin, Trigger};

type Read = fn(&Entry, &mut Shelf<'_>, &mut Findings<'_>) -> Option<Trigger>;

/// How each trigger is read.
const READERS: [(Word, Read); 11] = [
    (v::AREA, area),
    (v::CALL, |entry, _, findings| call(entry, findings)),
    (v::SMS, |entry, _, findings| sms(entry, findings)),
    (v::USSD, |entry, _, findings| Some(ussd(entry, findings))),
    (v::CALL_FORWARDING, |entry, _, findings| nothing_more(entry, Trigger::CallForwarding, findings)),
    (v::DEVICE_CHANGE, device_change),
    (v::DEVICE, |entry, shelf, findings| shelf.devices(entry, findings).map(Trigger::Device)),
    (v::ROAM, |entry, _, findings| roam(entry, findings)),
    (v::POWER, |entry, _, findings| power(entry, findings)),
    (v::POWER_ON, |entry, _, findings| nothing_more(entry, Trigger::PowerOn, findings)),
    (v::POWER_OFF, |entry, _, findings| nothing_more(entry, Trigger::PowerOff, findings)),
];

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

/// Reads the one trigger under `when`. A trigger that needs no more may stand alone: `when: power_on`.
pub(super) fn read(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Trigger> {
    if let Value::Text { text, .. } = &entry.value.value {
        let key = Entry { key: text.clone(), key_span: entry.value.span.clone(), value: empty(&entry.value) };
        let alone = Node { span: entry.value.span.clone(), value: Value::Fields(vec![key]) };
        return within(&alone, entry, shelf, findings);
    }
    within(&entry.value, entry, shelf, findings)
}

fn within(node: &Node, entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Trigger> {
    let form = Form::read(node, &entry.key_span, &v::TRIGGER, findings)?;
    let (word, trigger) = form.require_one(v::TRIGGER.keys, findings)?;
    let (_, read) = READERS.iter().find(|(known, _)| *known == word)?;
    read(trigger, shelf, findings)
}

fn empty(at: &Node) -> Node {
    Node { span: at.span.clone(), value: Value::Empty }
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

fn area(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Trigger> {
    let form = Form::read(&entry.value, &entry.key_span, &v::AREA_FORM, findings)?;
    let (word, named) = form.require_one(v::AREA_FORM.keys, findings)?;
    let area = shelf.area(named, findings)?;
    Some(if word == v::ENTER { Trigger::Enter(area) } else { Trigger::Leave(area) })
}

fn device_change(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Trigger> {
    if is_bare(entry) {
        return Some(Trigger::DeviceChange { to: None, from: None });
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::DEVICE_CHANGE_FORM, findings)?;
    let mut list = |word| form.find(word).map(|named| shelf.devices(named, findings));
    let (to, from) = (list(v::CHANGE_TO), list(v::CHANGE_FROM));
    // A list that was named but could not be read must not widen the trigger to any device.
    Some(Trigger::DeviceChange {
        to: to.map_or(Some(None), |list| list.map(Some))?,
        from: from.map_or(Some(None), |list| list.map(Some))?,
    })
}

/// `call: 114`, `call: [114, 1795*]`, `call: {dialled: 114, phase: answered}`.
fn call(entry: &Entry, findings: &mut Findings<'_>) -> Option<Trigger> {
    if !matches!(entry.value.value, Value::Fields(_)) {
        let dialled = !is_bare(entry);
        let numbers = if dialled { field::numbers(entry, findings) } else { Vec::new() };
        let direction = dialled.then_some(Direction::Out);
        return Some(Trigger::Call { phase: CallPhase::Setup, direction, numbers });
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::CALL_FORM, findings)?;
    let phase = form.find(v::PHASE).map_or(Some(CallPhase::Setup), |phase| field::choice(phase, &PHASES, findings));
    let (direction, numbers) = peer(&form, [v::DIALLED, v::CALLER], &CALL_DIRECTIONS, findings);
    Some(Trigger::Call { phase: phase?, direction, numbers })
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

/// The other party and the direction. A key that names the called or the calling party says the direction as well.
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
    let Some(entry) = form.find(v::DIRECTION) else { return (implied, numbers) };
    let said = field::choice(entry, directions, findings).flatten();
    if let (Some(_), Some((word, _))) = (implied.filter(|implied| Some(*implied) != said), party) {
        findings.report(&entry.key_span, Problem::OneOnly { words: vec![word, v::DIRECTION] });
    }
    (said, numbers)
}

fn roam(entry: &Entry, findings: &mut Findings<'_>) -> Option<Trigger> {
    if let Value::Text { .. } = entry.value.value {
        let bare = [(v::ROAM_IN, true), (v::ROAM_BACK, false)];
        return field::choice(entry, &bare, findings).map(|arriving| roamed(arriving, Vec::new()));
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::ROAM_FORM, findings)?;
    let (word, from) = form.require_one(v::ROAM_FORM.keys, findings)?;
    let named = if is_bare(from) { vec![None] } else { field::choices(from, &ORIGINS, findings) };
    let origins = if named.contains(&None) { Vec::new() } else { named.into_iter().flatten().collect() };
    Some(roamed(word == v::ROAM_IN, origins))
}

fn roamed(arriving: bool, origins: Vec<Origin>) -> Trigger {
    if arriving { Trigger::RoamIn(origins) } else { Trigger::RoamBack(origins) }
}

/// Numbers in need: nothing commercial may be tied to them (110, 112, 119, 120, 122).
const EMERGENCY: [&str; 5] = ["110", "112", "119", "120", "122"];

/// The emergency number that a trigger names or covers.
pub(super) fn emergency(trigger: &Trigger) -> Option<&'static str> {
    let (Trigger::Call { numbers, .. } | Trigger::Sms { numbers, .. }) = trigger else { return None };
    EMERGENCY.into_iter().find(|code| {
        let Ok(code) = code.parse::<Number>() else { return false };
        numbers.iter().any(|pattern| match pattern {
            NumberPattern::Exactly(number) => *number == code,
            NumberPattern::Prefix(prefix) => code.starts_with(prefix),
        })
    })
}

/// Whether the trigger tells where the subscriber is.
pub(super) const fn uses_location(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Enter(_) | Trigger::Leave(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emergency_numbers_are_seen_alone_and_under_a_prefix() {
        let check = |pattern: &str, expected| {
            let numbers = vec![super::super::value::number_pattern(pattern).unwrap()];
            let trigger = Trigger::Call { phase: CallPhase::Setup, direction: None, numbers };
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
    fn every_key_of_a_trigger_can_be_read() {
        for key in v::TRIGGER.keys {
            assert!(READERS.iter().any(|(word, _)| word == key), "{}", key.english);
        }
    }
}
