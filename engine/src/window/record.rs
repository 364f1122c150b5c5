//! One event as a compact record. Time, frame and cell are told relative to the record before it, so that a chain of
//! one subscriber's events costs about a dozen octets each. The same form serves journal, arena and sealed runs.

mod retold;

use std::time::Duration;

use event::{
    Answered, Binding, CellId, Direction, DomainName, Event, Forwarding, ForwardingOperation, Imei, Imsi, Interface,
    Kind, Lai, Number, Plmn, Rai, RoutingAreaUpdateType, Timestamp, Tmsi, UpdateType,
};

pub(crate) use self::retold::{Record, Retold};
use super::keys::Bucket;
use super::octets::{Octets, put_signed, put_varint};

/// What the next record is told relative to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Previous {
    at: i64,
    frame: u64,
    cell: CellId,
}

impl Previous {
    /// Of what comes after this event.
    pub(crate) fn of(event: &Event) -> Self {
        Self { at: event.at.as_micros(), frame: event.frame, cell: event.cell }
    }

    /// Of the first event of a block in this bucket: about its time, and at home.
    pub(crate) fn in_bucket(bucket: Bucket, imsi: Imsi) -> Self {
        let (start, end) = bucket.span();
        let (at, code) = (start.as_micros().midpoint(end.as_micros()), imsi.prefix(5));
        let digit = |power: u32| (code / 10_u64.pow(power) % 10) as u8;
        let home = Plmn::from_octets([digit(4) | digit(3) << 4, digit(2) | 0xf0, digit(1) | digit(0) << 4]);
        Self { at, frame: 0, cell: CellId { plmn: Some(home), lac: Some(0), ci: Some(0) } }
    }

    /// Microseconds, and the frame of then.
    pub(crate) fn point(&self) -> (i64, u64) {
        (self.at, self.frame)
    }

    /// Reads it as it stood on its own in the journal before layout 11.
    pub(crate) fn read(octets: &mut Octets<'_>) -> Option<Self> {
        Some(Self { at: octets.signed()?, frame: octets.varint()?, cell: read_whole_cell(octets)? })
    }
}

/// No record has more octets: the length of one is an octet, in whatever form.
pub(crate) const MOST_OCTETS: usize = 0x7f;

// Head, time, frame, feed, TMSI, device with its software, cell, and the longest of what belongs to a kind.
const _: () = assert!(2 + 10 + 10 + 3 + 4 + 10 + 7 + 1 + DomainName::CAPACITY <= MOST_OCTETS);
// That is a name; a call that has ended has its flags, a number, its length and a cause.
const _: () = assert!(1 + (1 + Number::CAPACITY / 2) + 10 + 1 < 1 + DomainName::CAPACITY);

// The second octet: which fields follow. Of a cell the parts that follow; where it is the same but for those, that too.
const TMSI: u8 = 1 << 0;
const IMEI: u8 = 1 << 1;
const SOFTWARE: u8 = 1 << 2;
const SAME_CELL: u8 = 1 << 3;
const PLMN: u8 = 1 << 4;
const LAC: u8 = 1 << 5;
const CI: u8 = 1 << 6;
const FEED: u8 = 1 << 7;
const CELL: u8 = SAME_CELL | PLMN | LAC | CI;

// The first octet: the low four bits of the kind, interface in the next, binding in the next two, the kind's fifth bit.
const KIND_BITS: u8 = 4;
const INTERFACE_BIT: u8 = 1 << KIND_BITS;
const BINDING_SHIFT: u8 = 5;
const UPPER_KIND_BIT: u8 = 1 << 7;

/// Appends the event without its IMSI, which the key or the blob holds.
pub(crate) fn put(out: &mut Vec<u8>, event: &Event, previous: &mut Previous) {
    let head =
        kind_bits(kind_code(&event.kind)) | interface_bit(event.interface) | (event.binding as u8) << BINDING_SHIFT;
    let cell = cell_flags_after(event.cell, previous.cell);
    out.extend_from_slice(&[head, cell | identity_flags(event)]);
    put_signed(out, event.at.as_micros().wrapping_sub(previous.at));
    put_signed(out, event.frame.wrapping_sub(previous.frame) as i64);
    if event.feed != 0 {
        put_varint(out, u64::from(event.feed));
    }
    if let Some(tmsi) = event.tmsi {
        out.extend_from_slice(&tmsi.0.to_be_bytes());
    }
    put_imei(out, event.imei);
    put_cell(out, event.cell, cell);
    put_kind(out, &event.kind, event.after_reset);
    *previous = Previous::of(event);
}

/// Reads what [`put`] appended.
pub(crate) fn read(octets: &mut Octets<'_>, imsi: Imsi, previous: &mut Previous) -> Option<Event> {
    let head = octets.octet()?;
    let present = octets.octet()?;
    let has = |flag: u8| present & flag != 0;
    let at = previous.at.wrapping_add(octets.signed()?);
    let frame = previous.frame.wrapping_add(octets.signed()? as u64);
    let feed = if has(FEED) { u16::try_from(octets.varint()?).ok()? } else { 0 };
    let tmsi = if has(TMSI) { Some(Tmsi(u32::from_be_bytes(octets.fixed()?))) } else { None };
    let imei = if has(IMEI) { Some(read_imei(octets, has(SOFTWARE))?) } else { None };
    let cell = read_cell(octets, present, if has(SAME_CELL) { previous.cell } else { CellId::UNKNOWN })?;
    let (kind, after_reset) = match kind_of(head) {
        code @ (1 | 14 | 16) => read_registration(octets, code)?,
        code => (read_kind(octets, code)?, false),
    };
    *previous = Previous { at, frame, cell };
    Some(Event {
        at: Timestamp::from_micros(at),
        frame,
        feed,
        interface: if head & INTERFACE_BIT == 0 { Interface::A } else { Interface::Gb },
        imsi: Some(imsi),
        binding: binding(head >> BINDING_SHIFT),
        tmsi,
        imei,
        cell,
        after_reset,
        kind,
    })
}

/// The bits of the first octet that a kind's code takes; the inverse of [`kind_of`].
fn kind_bits(code: u8) -> u8 {
    let lower = code & (INTERFACE_BIT - 1);
    if code & INTERFACE_BIT == 0 { lower } else { lower | UPPER_KIND_BIT }
}

fn kind_of(head: u8) -> u8 {
    let lower = head & (INTERFACE_BIT - 1);
    if head & UPPER_KIND_BIT == 0 { lower } else { lower | INTERFACE_BIT }
}

fn interface_bit(interface: Interface) -> u8 {
    match interface {
        Interface::A => 0,
        Interface::Gb => INTERFACE_BIT,
    }
}

fn binding(code: u8) -> Binding {
    match code & 3 {
        0 => Binding::Unresolved,
        1 => Binding::Suspect,
        2 => Binding::Mapped,
        _ => Binding::OnWire,
    }
}

fn identity_flags(event: &Event) -> u8 {
    let flag = |flag: u8, present: bool| if present { flag } else { 0 };
    flag(TMSI, event.tmsi.is_some())
        | flag(IMEI, event.imei.is_some())
        | flag(SOFTWARE, event.imei.and_then(Imei::software).is_some())
        | flag(FEED, event.feed != 0)
}

fn cell_flags(cell: CellId) -> u8 {
    let flag = |flag: u8, present: bool| if present { flag } else { 0 };
    flag(PLMN, cell.plmn.is_some()) | flag(LAC, cell.lac.is_some()) | flag(CI, cell.ci.is_some())
}

/// Those of a cell told after another one: mostly of the same network, often of the same location area.
fn cell_flags_after(cell: CellId, previous: CellId) -> u8 {
    match cell {
        _ if cell == previous => SAME_CELL,
        _ if !cell.is_complete() || cell.plmn != previous.plmn => cell_flags(cell),
        _ if cell.lac != previous.lac => SAME_CELL | LAC | CI,
        _ => SAME_CELL | CI,
    }
}

fn put_cell(out: &mut Vec<u8>, cell: CellId, present: u8) {
    let has = |flag: u8| present & flag != 0;
    if let Some(plmn) = cell.plmn.filter(|_| has(PLMN)) {
        out.extend_from_slice(&plmn.octets());
    }
    if let Some(lac) = cell.lac.filter(|_| has(LAC)) {
        out.extend_from_slice(&lac.to_be_bytes());
    }
    if let Some(ci) = cell.ci.filter(|_| has(CI)) {
        out.extend_from_slice(&ci.to_be_bytes());
    }
}

fn read_cell(octets: &mut Octets<'_>, present: u8, mut cell: CellId) -> Option<CellId> {
    let has = |flag: u8| present & flag != 0;
    if has(PLMN) {
        cell.plmn = Some(Plmn::from_octets(octets.fixed()?));
    }
    if has(LAC) {
        cell.lac = Some(u16::from_be_bytes(octets.fixed()?));
    }
    if has(CI) {
        cell.ci = Some(u16::from_be_bytes(octets.fixed()?));
    }
    Some(cell)
}

/// Appends a cell that is told on its own.
pub(crate) fn put_whole_cell(out: &mut Vec<u8>, cell: CellId) {
    out.push(cell_flags(cell));
    put_cell(out, cell, cell_flags(cell));
}

/// Reads what [`put_whole_cell`] appended.
pub(crate) fn read_whole_cell(octets: &mut Octets<'_>) -> Option<CellId> {
    let present = octets.octet()?;
    read_cell(octets, present, CellId::UNKNOWN)
}

/// Appends a device; whether there is one, and its software version, stands in flags before it.
pub(crate) fn put_imei(out: &mut Vec<u8>, imei: Option<Imei>) {
    if let Some(imei) = imei {
        put_varint(out, imei.device());
        out.extend(imei.software());
    }
}

/// Reads what [`put_imei`] appended for a device.
pub(crate) fn read_imei(octets: &mut Octets<'_>, software: bool) -> Option<Imei> {
    let device = octets.varint()?;
    let software = if software { Some(octets.octet()?) } else { None };
    let digit = |value: u64, power: u32| (value / 10_u64.pow(power) % 10) as u8;
    let version = software.into_iter().flat_map(|value| [digit(u64::from(value), 1), digit(u64::from(value), 0)]);
    Imei::from_digits((0..14).rev().map(|power| digit(device, power)).chain(version))
}

/// Appends a location area.
pub(crate) fn put_lai(out: &mut Vec<u8>, lai: Lai) {
    out.extend_from_slice(&lai.plmn.octets());
    out.extend_from_slice(&lai.lac.to_be_bytes());
}

/// Reads what [`put_lai`] appended.
pub(crate) fn read_lai(octets: &mut Octets<'_>) -> Option<Lai> {
    Some(Lai { plmn: Plmn::from_octets(octets.fixed()?), lac: u16::from_be_bytes(octets.fixed()?) })
}

const INTERNATIONAL: u8 = 0x80;

/// Appends a number: length and type in one octet, then two symbols an octet.
pub(crate) fn put_number(out: &mut Vec<u8>, number: &Number) {
    out.push(number.len() as u8 | if number.is_international() { INTERNATIONAL } else { 0 });
    let mut symbols = number.symbols();
    while let Some(low) = symbols.next() {
        out.push(low | symbols.next().unwrap_or(0) << 4);
    }
}

/// Reads what [`put_number`] appended.
pub(crate) fn read_number(octets: &mut Octets<'_>) -> Option<Number> {
    let head = octets.octet()?;
    let length = usize::from(head & !INTERNATIONAL);
    let mut number = Number::new(head & INTERNATIONAL != 0);
    let packed = octets.slice(length.div_ceil(2))?;
    packed.iter().flat_map(|octet| [octet & 15, octet >> 4]).take(length).for_each(|symbol| number.push(symbol));
    (number.len() == length).then_some(number)
}

/// The stored code of a kind. Stable.
pub(crate) fn kind_code(kind: &Kind) -> u8 {
    match kind {
        Kind::LocationUpdate { .. } => 1,
        Kind::LocationUpdateRejected { .. } => 2,
        Kind::ImsiDetach => 3,
        Kind::PagingResponse => 4,
        Kind::ServiceRejected { .. } => 5,
        Kind::Handover => 6,
        Kind::CallSetup { .. } => 7,
        Kind::CallAnswered { .. } => 8,
        Kind::CallEnded { .. } => 9,
        Kind::Sms { .. } => 10,
        Kind::Ussd { .. } => 11,
        Kind::CallForwarding(_) => 12,
        Kind::ImeiSeen => 13,
        Kind::GprsAttach { .. } => 14,
        Kind::GprsAttachRejected { .. } => 15,
        Kind::RoutingAreaUpdate { .. } => 16,
        Kind::RoutingAreaUpdateRejected { .. } => 17,
        Kind::GprsDetach { .. } => 18,
        Kind::PdpActivated { .. } => 19,
        Kind::PdpDeactivated { .. } => 20,
        Kind::Sighting => 21,
        Kind::WebVisit { .. } => 22,
        Kind::SmsRejected { .. } => 23,
    }
}

// Bits of the octet that leads the fields of a call, a message, an update or a forwarding.
const INCOMING: u8 = 1 << 0;
const HAS_NUMBER: u8 = 1 << 1;
const EMERGENCY: u8 = 1 << 2;
const HAS_LENGTH: u8 = 1 << 3;
const HAS_CAUSE: u8 = 1 << 4;
const LEFT_VIEW: u8 = 1 << 5;
const UNANSWERED: u8 = 1 << 6;
const COMBINED: u8 = 1 << 0;
const AFTER_RESET: u8 = 1 << 6;
const HAS_OLD: u8 = 1 << 7;

fn put_kind(out: &mut Vec<u8>, kind: &Kind, after_reset: bool) {
    let after_reset = if after_reset { AFTER_RESET } else { 0 };
    match *kind {
        Kind::LocationUpdate { update, old } => {
            out.push(update as u8 | after_reset | if old.is_some() { HAS_OLD } else { 0 });
            if let Some(old) = old {
                put_lai(out, old);
            }
        }
        Kind::LocationUpdateRejected { update, cause } => out.extend_from_slice(&[update as u8, cause]),
        Kind::ServiceRejected { cause } => out.push(cause),
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::ImeiSeen | Kind::Sighting => {}
        Kind::GprsAttach { combined, old } => put_old_area(out, after_reset | if combined { COMBINED } else { 0 }, old),
        Kind::GprsAttachRejected { cause } => out.push(cause),
        Kind::RoutingAreaUpdate { update, old } => put_old_area(out, after_reset | update as u8, old),
        Kind::RoutingAreaUpdateRejected { update, cause } => out.extend_from_slice(&[update as u8, cause]),
        Kind::GprsDetach { power_off } => out.push(u8::from(power_off)),
        Kind::PdpActivated { access_point } | Kind::PdpDeactivated { access_point } => put_name(out, access_point),
        Kind::WebVisit { host } => put_name(out, Some(host)),
        Kind::CallSetup { direction, number, emergency } => {
            put_party(out, direction, number, if emergency { EMERGENCY } else { 0 });
        }
        Kind::CallAnswered { direction, number } => put_party(out, direction, number, 0),
        Kind::Sms { direction, peer } => put_party(out, direction, peer, 0),
        Kind::SmsRejected { direction, peer, cause } => {
            put_party(out, direction, peer, 0);
            out.push(cause);
        }
        Kind::CallEnded { direction, number, answered, cause, left_view } => {
            let flag = |flag: u8, present: bool| if present { flag } else { 0 };
            let flags = flag(HAS_LENGTH, answered.length().is_some())
                | flag(UNANSWERED, answered == Answered::No)
                | flag(HAS_CAUSE, cause.is_some())
                | flag(LEFT_VIEW, left_view);
            put_party(out, direction, number, flags);
            if let Some(length) = answered.length() {
                put_varint(out, u64::try_from(length.as_micros()).unwrap_or(u64::MAX));
            }
            out.extend(cause);
        }
        Kind::Ussd { code } => put_number(out, &code),
        Kind::CallForwarding(Forwarding { operation, service, to }) => {
            out.push((operation as u8) << 2 | if to.is_some() { HAS_NUMBER } else { 0 });
            out.push(service);
            if let Some(to) = to {
                put_number(out, &to);
            }
        }
    }
}

fn put_old_area(out: &mut Vec<u8>, head: u8, old: Option<Rai>) {
    out.push(head | if old.is_some() { HAS_OLD } else { 0 });
    if let Some(Rai { lai, rac }) = old {
        put_lai(out, lai);
        out.push(rac);
    }
}

/// The kinds of [`Kind::is_registration`], and whether it followed a reset.
fn read_registration(octets: &mut Octets<'_>, code: u8) -> Option<(Kind, bool)> {
    let head = octets.octet()?;
    let lai = if head & HAS_OLD != 0 { Some(read_lai(octets)?) } else { None };
    let after_reset = head & AFTER_RESET != 0;
    if code == 1 {
        return Some((Kind::LocationUpdate { update: update_type(head), old: lai }, after_reset));
    }
    let old = match lai {
        Some(lai) => Some(Rai { lai, rac: octets.octet()? }),
        None => None,
    };
    let kind = match code {
        14 => Kind::GprsAttach { combined: head & COMBINED != 0, old },
        _ => Kind::RoutingAreaUpdate { update: routing_update_type(head & !(HAS_OLD | AFTER_RESET)), old },
    };
    Some((kind, after_reset))
}

/// A name behind its length; no name is a length of 0.
fn put_name(out: &mut Vec<u8>, name: Option<DomainName>) {
    let text = name.as_ref().map_or("", DomainName::as_str);
    out.push(text.len() as u8);
    out.extend_from_slice(text.as_bytes());
}

fn read_name(octets: &mut Octets<'_>) -> Option<Option<DomainName>> {
    let length = usize::from(octets.octet()?);
    let text = octets.slice(length)?;
    if text.is_empty() { Some(None) } else { DomainName::from_text(text).map(Some) }
}

fn put_party(out: &mut Vec<u8>, direction: Direction, number: Option<Number>, flags: u8) {
    let direction = match direction {
        Direction::Out => 0,
        Direction::In => INCOMING,
    };
    out.push(flags | direction | if number.is_some() { HAS_NUMBER } else { 0 });
    if let Some(number) = number {
        put_number(out, &number);
    }
}

fn read_party(octets: &mut Octets<'_>) -> Option<(u8, Direction, Option<Number>)> {
    let flags = octets.octet()?;
    let direction = if flags & INCOMING == 0 { Direction::Out } else { Direction::In };
    let number = if flags & HAS_NUMBER != 0 { Some(read_number(octets)?) } else { None };
    Some((flags, direction, number))
}

fn update_type(code: u8) -> UpdateType {
    match code & 3 {
        0 => UpdateType::Normal,
        1 => UpdateType::Periodic,
        2 => UpdateType::ImsiAttach,
        _ => UpdateType::Reserved,
    }
}

fn routing_update_type(code: u8) -> RoutingAreaUpdateType {
    match code {
        0 => RoutingAreaUpdateType::Normal,
        1 => RoutingAreaUpdateType::Combined,
        2 => RoutingAreaUpdateType::CombinedImsiAttach,
        3 => RoutingAreaUpdateType::Periodic,
        _ => RoutingAreaUpdateType::Reserved,
    }
}

fn forwarding_operation(code: u8) -> Option<ForwardingOperation> {
    [
        ForwardingOperation::Register,
        ForwardingOperation::Erase,
        ForwardingOperation::Activate,
        ForwardingOperation::Deactivate,
        ForwardingOperation::Interrogate,
    ]
    .into_iter()
    .find(|operation| *operation as u8 == code)
}

fn read_kind(octets: &mut Octets<'_>, code: u8) -> Option<Kind> {
    Some(match code {
        2 => Kind::LocationUpdateRejected { update: update_type(octets.octet()?), cause: octets.octet()? },
        3 => Kind::ImsiDetach,
        4 => Kind::PagingResponse,
        5 => Kind::ServiceRejected { cause: octets.octet()? },
        6 => Kind::Handover,
        7 => {
            let (flags, direction, number) = read_party(octets)?;
            Kind::CallSetup { direction, number, emergency: flags & EMERGENCY != 0 }
        }
        8 => {
            let (_, direction, number) = read_party(octets)?;
            Kind::CallAnswered { direction, number }
        }
        9 => read_call_ended(octets)?,
        10 => {
            let (_, direction, peer) = read_party(octets)?;
            Kind::Sms { direction, peer }
        }
        11 => Kind::Ussd { code: read_number(octets)? },
        12 => {
            let head = octets.octet()?;
            let (operation, service) = (forwarding_operation(head >> 2)?, octets.octet()?);
            let to = if head & HAS_NUMBER != 0 { Some(read_number(octets)?) } else { None };
            Kind::CallForwarding(Forwarding { operation, service, to })
        }
        13 => Kind::ImeiSeen,
        15 => Kind::GprsAttachRejected { cause: octets.octet()? },
        17 => Kind::RoutingAreaUpdateRejected { update: routing_update_type(octets.octet()?), cause: octets.octet()? },
        18 => Kind::GprsDetach { power_off: octets.octet()? != 0 },
        19 => Kind::PdpActivated { access_point: read_name(octets)? },
        20 => Kind::PdpDeactivated { access_point: read_name(octets)? },
        21 => Kind::Sighting,
        22 => Kind::WebVisit { host: read_name(octets)?? },
        23 => {
            let (_, direction, peer) = read_party(octets)?;
            Kind::SmsRejected { direction, peer, cause: octets.octet()? }
        }
        _ => return None,
    })
}

fn read_call_ended(octets: &mut Octets<'_>) -> Option<Kind> {
    let (flags, direction, number) = read_party(octets)?;
    let answered = match flags & (HAS_LENGTH | UNANSWERED) {
        HAS_LENGTH => Answered::For(Duration::from_micros(octets.varint()?)),
        UNANSWERED => Answered::No,
        _ => Answered::Unknown,
    };
    let cause = if flags & HAS_CAUSE != 0 { Some(octets.octet()?) } else { None };
    Some(Kind::CallEnded { direction, number, answered, cause, left_view: flags & LEFT_VIEW != 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};

    fn software(event: &Event) -> Option<u8> {
        event.imei.and_then(Imei::software)
    }

    #[test]
    fn chains_of_any_events_survive() {
        let mut random = Random::new(7);
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let mut events: Vec<Event> = (0..5_000).map(|_| random_event(&mut random, imsi)).collect();
        events[17].at = Timestamp::MIN;
        events[18].at = Timestamp::MAX;
        events[19].frame = u64::MAX;

        let (mut out, mut previous) = (Vec::new(), Previous::default());
        events.iter().for_each(|event| put(&mut out, event, &mut previous));

        let (mut octets, mut previous) = (Octets::new(&out), Previous::default());
        for event in &events {
            let read = read(&mut octets, imsi, &mut previous).unwrap();
            assert_eq!(&read, event);
            // Two devices are equal whatever their software versions.
            assert_eq!(software(&read), software(event));
        }
        assert!(octets.is_empty());
    }

    /// Stores of this layout are out there: a change here needs another layout, and a reader for this one.
    #[test]
    fn the_stored_form_never_changes() {
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let party: Number = "+86*13#".parse().unwrap();
        let kinds = [
            Kind::LocationUpdate {
                update: UpdateType::ImsiAttach,
                old: Some(Lai { plmn: "310-260".parse().unwrap(), lac: 0xfffe }),
            },
            Kind::CallEnded {
                direction: Direction::In,
                number: Some(party),
                answered: Answered::For(Duration::from_secs(61)),
                cause: Some(16),
                left_view: true,
            },
            Kind::CallForwarding(Forwarding {
                operation: ForwardingOperation::Activate,
                service: 0x21,
                to: Some(party),
            }),
        ];
        let (mut out, mut previous) = (Vec::new(), Previous::default());
        for (index, kind) in kinds.into_iter().enumerate() {
            let event = Event {
                at: Timestamp::from_seconds(1_795_305_600 + index as i64),
                frame: 1000 + index as u64,
                feed: 2,
                interface: Interface::Gb,
                imsi: Some(imsi),
                binding: Binding::OnWire,
                tmsi: Some(Tmsi(0x1234_5678)),
                imei: "3539000212345678".parse().ok(),
                cell: CellId { plmn: "460-00".parse().ok(), lac: Some(0x6a11), ci: Some(0x1001) },
                after_reset: false,
                kind,
            };
            put(&mut out, &event, &mut previous);
        }
        let hex: String = out.iter().map(|octet| format!("{octet:02x}")).collect();
        let golden = "71f78080e988c5b4b006d00f0212345678c0a58584fe85084e64f0006a11100182130062fffe798f80897a020212345678c0a58584fe8508\
            4e3b86681ab3c0928b1d107c8f80897a020212345678c0a58584fe85084e0a2186681ab3";
        assert_eq!(hex, golden);
    }

    /// As above, of the kinds that came with layout 2.
    #[test]
    fn the_stored_form_of_packet_kinds_never_changes() {
        let old = Some(Rai { lai: Lai { plmn: "310-260".parse().unwrap(), lac: 0xfffe }, rac: 5 });
        let host: DomainName = "m.cn".parse().unwrap();
        let kinds = [
            (Kind::GprsAttach { combined: true, old }, "81130062fffe05"),
            (Kind::GprsAttachRejected { cause: 7 }, "07"),
            (Kind::RoutingAreaUpdate { update: RoutingAreaUpdateType::Periodic, old: None }, "03"),
            (Kind::RoutingAreaUpdateRejected { update: RoutingAreaUpdateType::Combined, cause: 10 }, "010a"),
            (Kind::GprsDetach { power_off: true }, "01"),
            (Kind::PdpActivated { access_point: Some(host) }, "046d2e636e"),
            (Kind::PdpDeactivated { access_point: None }, "00"),
            (Kind::Sighting, ""),
            (Kind::WebVisit { host }, "046d2e636e"),
        ];
        for (index, (kind, golden)) in kinds.into_iter().enumerate() {
            let mut out = Vec::new();
            put_kind(&mut out, &kind, false);
            let hex: String = out.iter().map(|octet| format!("{octet:02x}")).collect();
            assert_eq!((kind_code(&kind), hex.as_str()), (14 + index as u8, golden));
        }
        assert_eq!([kind_bits(15), kind_bits(16), kind_bits(22)], [0x0f, 0x80, 0x86]);
    }

    /// As above, of what is told beside the kinds since then.
    #[test]
    fn later_flags_have_their_bits() {
        let unanswered = Kind::CallEnded {
            direction: Direction::Out,
            number: None,
            answered: Answered::No,
            cause: None,
            left_view: false,
        };
        let registered = Kind::RoutingAreaUpdate { update: RoutingAreaUpdateType::Normal, old: None };
        for (kind, after_reset, golden) in [(unanswered, false, 0x40), (registered, true, 0x40)] {
            let mut out = Vec::new();
            put_kind(&mut out, &kind, after_reset);
            assert_eq!(out, [golden], "{kind:?}");
        }
    }

    /// As above, of cells, with those parts alone that are others than before since layout 6.
    #[test]
    fn cells_are_told_after_one_another() {
        let cell = |plmn: &str, lac, ci| CellId { plmn: plmn.parse().ok(), lac, ci };
        let cells = [
            (cell("460-00", Some(1), Some(2)), "70 64f000 0001 0002"),
            (cell("460-00", Some(1), Some(2)), "08"),
            (cell("460-00", Some(1), Some(3)), "48 0003"),
            (cell("460-00", Some(4), Some(3)), "68 0004 0003"),
            (cell("460-00", Some(4), None), "30 64f000 0004"),
            (cell("460-01", Some(4), Some(3)), "70 64f010 0004 0003"),
            (CellId::UNKNOWN, "00"),
            (cell("", Some(4), Some(3)), "60 0004 0003"),
        ];
        let mut previous = CellId::UNKNOWN;
        for (cell, golden) in cells {
            let mut out = vec![cell_flags_after(cell, previous)];
            let present = out[0];
            put_cell(&mut out, cell, present);
            let hex: String = out.iter().map(|octet| format!("{octet:02x}")).collect();
            assert_eq!(hex, golden.replace(' ', ""), "{cell:?}");
            let base = if out[0] & SAME_CELL != 0 { previous } else { CellId::UNKNOWN };
            assert_eq!(read_cell(&mut Octets::new(&out[1..]), out[0], base), Some(cell));
            previous = cell;
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let mut random = Random::new(8);
        let imsi: Imsi = "460001234567890".parse().unwrap();
        for _ in 0..300 {
            let event = random_event(&mut random, imsi);
            let mut out = Vec::new();
            put(&mut out, &event, &mut Previous::default());
            for length in 0..out.len() {
                assert_eq!(read(&mut Octets::new(&out[..length]), imsi, &mut Previous::default()), None, "{event:?}");
            }
        }
    }
}
