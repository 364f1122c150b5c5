//! The events of a case: written in a line, as facts that the signalling would give.

use std::ops::Range;
use std::time::Duration;

use event::{
    Answered, Binding, CellId, Direction, Event, Forwarding, ForwardingOperation, Imsi, Interface, Kind, Lai, Number,
    Plmn, Timestamp, UpdateType,
};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::diagnostic::Findings;
use super::form::Form;
use super::problem::Problem;
use super::shelf::Shelf;
use super::test_file::{YES_OR_NO, identity};
use super::test_problem::TestProblem;
use super::test_words as t;
use super::trigger::{ATTEMPTS, CONTEXT_PHASES, release_causes};
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use super::{field, value};
use crate::policy::Policy;
use crate::scenario::{Attempt, CallPhase};
use crate::unit::MAX_EVENTS;

/// Where the policy names no home network.
const DEFAULT_NETWORK: Plmn = Plmn::from_octets([0x64, 0xf0, 0x00]);
/// A phone at rest is seen this often: at least twice in the usual time of periodic updates.
const SEEN_EVERY: Duration = Duration::from_secs(30 * 60);
/// All unconditional forwarding, 3GPP TS 29.002 §17.7.5.
const FORWARDING_UNCONDITIONAL: u8 = 0x21;

const PHASES: [(Word, CallPhase); 3] =
    [(v::SETUP, CallPhase::Setup), (v::ANSWERED, CallPhase::Answered), (v::ENDED, CallPhase::Ended)];
const BINDINGS: [(Word, Binding); 2] = [(t::CERTAIN, Binding::OnWire), (t::SUSPECT, Binding::Suspect)];

/// What a time of a case counts from.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    date: Date,
    zone: TimeZone,
    first: Option<Timestamp>,
}

impl Clock {
    /// `14:00`, `2009-07-11 14:00`, `+26h`.
    pub(super) fn read(&self, entry: &Entry, findings: &mut Findings<'_>) -> Option<Timestamp> {
        let relative = matches!(&entry.value.value, Value::Text { text, .. } if text.trim().starts_with('+'));
        if relative && self.first.is_none() {
            findings.report(&entry.value.span, TestProblem::FirstIsRelative.into());
            return None;
        }
        field::parsed(entry, findings, |text| self.time(text), |_| TestProblem::Time.into())
    }

    fn time(&self, text: &str) -> Option<Timestamp> {
        if let Some(span) = text.strip_prefix('+') {
            return Some(self.first? + value::duration(span)?);
        }
        let (date, clock) = match text.rsplit_once([' ', 'T']) {
            Some((date, clock)) => (value::dates(date)?.0, clock),
            None => (self.date, text),
        };
        let local = DateTime::from_parts(date, clock_with_seconds(clock)?);
        let instant = self.zone.to_timestamp(local).ok()?;
        Some(Timestamp::from_micros(instant.as_microsecond()))
    }
}

/// `14:00`, `14:00:30`.
fn clock_with_seconds(text: &str) -> Option<Time> {
    let Some((minutes, seconds)) = text.rsplit_once(':').filter(|(minutes, _)| minutes.contains(':')) else {
        return value::clock(text);
    };
    let time = value::clock(minutes)?;
    let seconds = (seconds.len() == 2).then(|| seconds.parse().ok()).flatten()?;
    Time::new(time.hour(), time.minute(), seconds, 0).ok()
}

/// The events of one case while they are read.
pub(super) struct Happenings {
    imsi: Imsi,
    network: Plmn,
    /// A location area of another province, where the policy tells provinces apart.
    elsewhere: Option<Lai>,
    clock: Clock,
    cell: CellId,
    events: Vec<Event>,
    /// The phone stays where it is until then, as far as no later event says otherwise.
    stays_until: Option<Timestamp>,
}

impl Happenings {
    pub(super) fn new(imsi: Imsi, policy: &Policy, date: Date) -> Self {
        let clock = Clock { date, zone: policy.timezone.clone(), first: None };
        let network = policy.home.first().copied().unwrap_or(DEFAULT_NETWORK);
        let elsewhere = policy.provinces.as_ref().and_then(|provinces| provinces.elsewhere());
        Self { imsi, network, elsewhere, clock, cell: CellId::UNKNOWN, events: Vec::new(), stays_until: None }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// All events; the author is told at `span` where they are too many.
    pub(super) fn finish(mut self, span: &Range<usize>, findings: &mut Findings<'_>) -> Vec<Event> {
        self.rest(Timestamp::MAX);
        if self.events.len() > MAX_EVENTS {
            findings.report(span, TestProblem::TooManyEvents { most: MAX_EVENTS }.into());
            self.events.truncate(MAX_EVENTS);
        }
        self.events
    }

    /// Reads one entry of `events`: several facts where it names several things. The device shows itself first, then the
    /// phone is seen in its cell, then it acts there.
    pub(super) fn read(&mut self, node: &Node, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) {
        let Some(form) = Form::read(node, &node.span, &t::EVENT_FORM, findings) else { return };
        let at = form.require(t::AT, findings).and_then(|entry| Some((self.clock.read(entry, findings)?, entry)));
        let binding = form.find(t::IDENTITY).and_then(|entry| field::choice(entry, &BINDINGS, findings));
        let cell = self.whereabouts(&form, shelf, findings);
        let kinds = self.kinds(&form, cell, findings);
        let imei = form.find(t::IMEI);
        let imei = imei.map(|entry| field::parsed(entry, findings, |text| text.parse().ok(), |_| identity("IMEI")));
        let stay =
            form.find(t::STAY).and_then(|entry| field::parsed(entry, findings, value::duration, |_| Problem::Duration));
        let Some((at, entry)) = at else { return };
        if self.events.last().is_some_and(|last| at < last.at) {
            findings.report(&entry.value.span, TestProblem::TimeGoesBack.into());
            return;
        }
        if kinds.is_empty() && imei.is_none() {
            findings.report(&node.span, TestProblem::NothingHappens.into());
            return;
        }
        self.clock.first.get_or_insert(at);
        self.rest(at);
        self.cell = cell;
        let binding = binding.unwrap_or(Binding::OnWire);
        let shown = imei.flatten().map(|imei| Event { imei: Some(imei), ..self.event(at, binding, Kind::ImeiSeen) });
        self.events.extend(shown);
        for kind in kinds {
            let event = self.event(at, binding, kind);
            self.events.push(event);
        }
        self.stays_until = stay.map(|stay| at + stay);
    }

    fn event(&self, at: Timestamp, binding: Binding, kind: Kind) -> Event {
        Event {
            at,
            frame: self.events.len() as u64 + 1,
            feed: 0,
            interface: Interface::A,
            imsi: Some(self.imsi),
            binding,
            tmsi: None,
            imei: None,
            cell: self.cell,
            after_reset: false,
            kind,
        }
    }

    /// The phone is seen now and then where it stays, until it does something else at `next`.
    fn rest(&mut self, next: Timestamp) {
        let (Some(until), Some(last)) = (self.stays_until.take(), self.events.last()) else { return };
        let mut at = last.at + SEEN_EVERY;
        while at <= until && at < next && self.events.len() <= MAX_EVENTS {
            let kind = Kind::LocationUpdate { update: UpdateType::Periodic, old: self.cell.lai() };
            let event = self.event(at, Binding::OnWire, kind);
            self.events.push(event);
            at = at + SEEN_EVERY;
        }
    }

    /// The cell that the event names, or the one before.
    fn whereabouts(&self, form: &Form<'_>, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> CellId {
        let named = form.one_of(&[t::CELL, v::AREA], findings).and_then(|(word, entry)| match word == t::CELL {
            true => field::parsed(entry, findings, |text| self.cell(text), |_| TestProblem::Cell.into()),
            false => self.somewhere(entry, shelf, findings),
        });
        named.unwrap_or(self.cell)
    }

    /// `6A11-1001`: LAC as four hexadecimal digits, CI in decimal. With the network all decimal: `460-00-27153-1001`.
    fn cell(&self, text: &str) -> Option<CellId> {
        let (front, ci) = text.rsplit_once('-')?;
        let ci = Some(ci.parse().ok()?);
        let Some((plmn, lac)) = front.rsplit_once('-') else {
            let is_hexadecimal = front.len() == 4 && front.bytes().all(|digit| digit.is_ascii_hexdigit());
            let lac = is_hexadecimal.then(|| u16::from_str_radix(front, 16).ok()).flatten();
            return Some(CellId { plmn: Some(self.network), lac: Some(lac?), ci });
        };
        Some(CellId { plmn: Some(plmn.parse().ok()?), lac: Some(lac.parse().ok()?), ci })
    }

    /// The first cell of an area.
    fn somewhere(&self, entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<CellId> {
        let area = shelf.area(entry, findings)?;
        let (lac, ci) = area.codes().min()?;
        Some(CellId { plmn: Some(self.network), lac: Some(lac), ci: ci.or(Some(1)) })
    }

    /// What the event says that the subscriber does, in order.
    fn kinds(&self, form: &Form<'_>, cell: CellId, findings: &mut Findings<'_>) -> Vec<Kind> {
        let mut kinds = Vec::new();
        let old = form.find(t::OLD_LAI).and_then(|entry| self.old_location_area(entry, findings));
        match form.find(v::POWER).map(|entry| field::choice(entry, &[(v::ON, true), (v::OFF, false)], findings)) {
            Some(Some(true)) => kinds.push(Kind::LocationUpdate { update: UpdateType::ImsiAttach, old }),
            Some(Some(false)) => kinds.push(Kind::ImsiDetach),
            _ if form.find(t::CELL).or(form.find(v::AREA)).or(form.find(t::OLD_LAI)).is_some() => {
                kinds.push(self.sighting(cell, old));
            }
            _ => {}
        }
        kinds.extend(form.find(v::CALL).and_then(|entry| call(entry, findings)));
        kinds.extend(form.find(v::SMS).and_then(|entry| short_message(entry, findings)));
        kinds.extend(form.find(v::USSD).and_then(|entry| number(entry, findings)).map(|code| Kind::Ussd { code }));
        kinds.extend(form.find(v::CALL_FORWARDING).and_then(|entry| forwarding(entry, findings)));
        kinds.extend(form.find(v::DATA).and_then(|entry| data(entry, findings)));
        kinds.extend(form.find(v::PDP).and_then(|entry| context(entry, findings)));
        let host = form.find(v::WEB).and_then(|entry| field::domain(entry, findings));
        kinds.extend(host.map(|host| Kind::WebVisit { host }));
        kinds.extend(form.find(v::REFUSED).and_then(|entry| refused(entry, findings)));
        kinds
    }

    /// A phone that comes into another location area says so; within one it is seen by a periodic update.
    fn sighting(&self, cell: CellId, old: Option<Lai>) -> Kind {
        let stays = old.is_none() && self.cell.lai().is_some() && self.cell.lai() == cell.lai();
        match stays {
            true => Kind::LocationUpdate { update: UpdateType::Periodic, old: self.cell.lai() },
            false => Kind::LocationUpdate { update: UpdateType::Normal, old: old.or(self.cell.lai()) },
        }
    }

    /// `international`, `other_network`, `other_province`, or a location area: `454-00-1`.
    fn old_location_area(&self, entry: &Entry, findings: &mut Findings<'_>) -> Option<Lai> {
        /// Any location area of a network that is not ours.
        const LAC: u16 = 1;
        let country = self.network.mcc();
        let read = |text: &str| {
            let plmn: Plmn = match () {
                () if v::OTHER_PROVINCE.is(text) => return self.elsewhere,
                () if v::INTERNATIONAL.is(text) => foreign(country).parse().ok()?,
                () if v::OTHER_NETWORK.is(text) => format!("{country:03}99").parse().ok()?,
                () => {
                    let (plmn, lac) = text.rsplit_once('-')?;
                    return Some(Lai { plmn: plmn.parse().ok()?, lac: lac.parse().ok()? });
                }
            };
            Some(Lai { plmn, lac: LAC })
        };
        field::parsed(entry, findings, read, |_| TestProblem::OldArea.into())
    }
}

/// A network of another country than this.
fn foreign(country: u16) -> &'static str {
    if country == 454 { "460-00" } else { "454-00" }
}

fn number(entry: &Entry, findings: &mut Findings<'_>) -> Option<Number> {
    field::parsed(entry, findings, |text| text.parse().ok(), |_| Problem::NumberPattern)
}

/// `data: attach`
fn data(entry: &Entry, findings: &mut Findings<'_>) -> Option<Kind> {
    const KINDS: [(Word, Kind); 2] = [
        (v::ATTACH, Kind::GprsAttach { combined: false, old: None }),
        (v::DETACH, Kind::GprsDetach { power_off: false }),
    ];
    field::choice(entry, &KINDS, findings)
}

/// `pdp: cmwap`, `pdp: {apn: cmwap, phase: ended}`
fn context(entry: &Entry, findings: &mut Findings<'_>) -> Option<Kind> {
    if !matches!(entry.value.value, Value::Fields(_)) {
        let access_point = Some(field::domain(entry, findings)?);
        return Some(Kind::PdpActivated { access_point });
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::PDP_FORM, findings)?;
    let access_point = form.find(v::ACCESS_POINT).and_then(|entry| field::domain(entry, findings));
    let begun = form.find(v::PHASE).and_then(|entry| field::choice(entry, &CONTEXT_PHASES, findings));
    Some(match begun.unwrap_or(true) {
        true => Kind::PdpActivated { access_point },
        false => Kind::PdpDeactivated { access_point },
    })
}

/// `refused: location_update`
fn refused(entry: &Entry, findings: &mut Findings<'_>) -> Option<Kind> {
    /// "Network failure", 3GPP TS 24.008 §10.5.3.6 and §10.5.5.14.
    const CAUSE: u8 = 17;
    let update = UpdateType::Normal;
    Some(match field::choice(entry, &ATTEMPTS, findings)? {
        Attempt::LocationUpdate => Kind::LocationUpdateRejected { update, cause: CAUSE },
        Attempt::Service => Kind::ServiceRejected { cause: CAUSE },
        Attempt::Data => Kind::GprsAttachRejected { cause: CAUSE },
    })
}

/// `call: 114`, `call: {caller: 10086, phase: ended, length: 40s}`.
fn call(entry: &Entry, findings: &mut Findings<'_>) -> Option<Kind> {
    if !matches!(entry.value.value, Value::Fields(_)) {
        let number = Some(number(entry, findings)?);
        return Some(Kind::CallSetup { direction: Direction::Out, number, emergency: false });
    }
    let form = Form::read(&entry.value, &entry.key_span, &t::CALL_FORM, findings)?;
    let (direction, number) = party(&form, &[t::CALLED, t::CALLING], findings)?;
    let phase = form.find(v::PHASE).map_or(Some(CallPhase::Setup), |entry| field::choice(entry, &PHASES, findings));
    let length =
        form.find(v::LENGTH).map(|entry| field::parsed(entry, findings, value::duration, |_| Problem::Duration));
    let length = length.flatten();
    let cause = form.find(v::CAUSE);
    let causes = cause.and_then(|entry| field::parsed(entry, findings, release_causes, |_| Problem::Cause));
    let cause = causes.and_then(|causes| causes.first().copied());
    Some(match phase? {
        CallPhase::Setup => Kind::CallSetup { direction, number, emergency: false },
        CallPhase::Answered => Kind::CallAnswered { direction, number },
        CallPhase::Ended => {
            let answered = length.map_or(Answered::No, Answered::For);
            Kind::CallEnded { direction, number, answered, cause, left_view: false }
        }
    })
}

/// `sms: {to: 10086}`, `sms: {from: 13900000000}`.
fn short_message(entry: &Entry, findings: &mut Findings<'_>) -> Option<Kind> {
    let form = Form::read(&entry.value, &entry.key_span, &t::SMS_FORM, findings)?;
    let (direction, peer) = party(&form, &[v::TO, v::FROM], findings)?;
    Some(Kind::Sms { direction, peer })
}

/// The other party; the key that names it, `to` or `from`, says the direction.
fn party(
    form: &Form<'_>,
    words: &'static [Word; 2],
    findings: &mut Findings<'_>,
) -> Option<(Direction, Option<Number>)> {
    let (word, entry) = form.require_one(words, findings)?;
    let [to, _] = words;
    let direction = if word == *to { Direction::Out } else { Direction::In };
    // A caller that hides its number has none.
    let hidden = matches!(&entry.value.value, Value::Text { text, .. } if t::HIDDEN.is(text.trim()));
    Some((direction, if hidden { None } else { Some(number(entry, findings)?) }))
}

fn forwarding(entry: &Entry, findings: &mut Findings<'_>) -> Option<Kind> {
    let to = match &entry.value.value {
        Value::Text { text, .. } if YES_OR_NO.iter().any(|(word, _)| word.is(text.trim())) => {
            if !field::choice(entry, &YES_OR_NO, findings)? {
                return None;
            }
            None
        }
        _ => Some(number(entry, findings)?),
    };
    let operation = if to.is_some() { ForwardingOperation::Register } else { ForwardingOperation::Activate };
    Some(Kind::CallForwarding(Forwarding { operation, service: FORWARDING_UNCONDITIONAL, to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happenings() -> Happenings {
        let policy = Policy { timezone: TimeZone::fixed(jiff::tz::offset(8)), ..Policy::default() };
        let mut happenings =
            Happenings::new("460001234567890".parse().unwrap(), &policy, jiff::civil::date(2009, 7, 10));
        happenings.clock.first = "2009-07-10T01:00:00Z".parse().ok();
        happenings
    }

    #[test]
    fn times_are_of_the_day_of_a_date_or_after_the_first_event() {
        let clock = happenings().clock;
        let check = |text: &str, expected: Option<&str>| {
            let expected = expected.map(|time| time.parse().unwrap());
            assert_eq!(clock.time(text), expected, "{text}");
        };
        check("14:00", Some("2009-07-10T06:00:00Z"));
        check("14:00:30", Some("2009-07-10T06:00:30Z"));
        check("2009-07-11 00:30", Some("2009-07-10T16:30:00Z"));
        check("+26h", Some("2009-07-11T03:00:00Z"));
        check("+1d2h", Some("2009-07-11T03:00:00Z"));
        for bad in ["", "2pm", "25:00", "14:00:5", "+26", "2009-07-32 10:00", "14:00:61"] {
            check(bad, None);
        }
    }

    #[test]
    fn a_cell_is_four_hexadecimal_digits_and_decimal_or_all_decimal_with_its_network() {
        let happenings = happenings();
        let check = |text: &str, expected: Option<&str>| {
            let found = happenings.cell(text).map(|cell| cell.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("6A11-1001", Some("460-00-27153-1001"));
        check("6011-1001", Some("460-00-24593-1001"));
        check("460-01-27153-1001", Some("460-01-27153-1001"));
        for bad in ["", "6A11", "6A1-1", "27153-1001", "6A11-1A", "6A11-70000", "0x6A11-1", "460-00-6A11-1"] {
            check(bad, None);
        }
    }
}
