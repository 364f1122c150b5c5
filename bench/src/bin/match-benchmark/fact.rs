//! A record of the stream as the probe would tell it.

use event::{
    Answered, Binding, CellId, Direction, Event, Imei, Imsi, Interface, Kind, Number, Plmn, Timestamp, UpdateType,
};

use crate::stream::{Record, kind};

/// Only kind 0 is a location update; the number of the event in the stream makes the
/// device that is shown another one each time.
#[inline]
pub(crate) fn event(record: &Record, index: u64) -> Event {
    let device = Imei::from_device((FIRST_TAC + index) * 1_000_000);
    let mut event = Event {
        at: at(record),
        frame: index,
        feed: 0,
        interface: Interface::A,
        imsi: imsi(record.imsi),
        binding: Binding::OnWire,
        tmsi: None,
        imei: device.filter(|_| record.kind == kind::OTHER_DEVICE),
        cell: CellId { plmn: Some(NETWORK), lac: Some(location_area(record.cell)), ci: Some(record.cell as u16) },
        after_reset: false,
        kind: Kind::ImsiDetach,
    };
    // In its place, of which most kinds need little.
    let direction = Direction::Out;
    match record.kind {
        kind::LOCATION => event.kind = Kind::LocationUpdate { update: UpdateType::Normal, old: None },
        kind::CALL_SET_UP => {
            event.kind = Kind::CallSetup { direction, number: Some(number(record.number)), emergency: false };
        }
        kind::CALL_ENDED => {
            let answered = Answered::Unknown;
            event.kind = Kind::CallEnded { direction, number: None, answered, cause: None, left_view: false };
        }
        kind::SHORT_MESSAGE => event.kind = Kind::Sms { direction, peer: Some(number(record.number)) },
        kind::DATA => event.kind = Kind::PdpActivated { access_point: None },
        kind::OTHER_DEVICE => event.kind = Kind::ImeiSeen,
        kind::ROAMED_IN => event.kind = Kind::GprsAttach { combined: false, old: None },
        _ => {}
    }
    event
}

/// 460-00.
const NETWORK: Plmn = Plmn::from_octets([0x64, 0xf0, 0x00]);
const FIRST_TAC: u64 = 35_000_000;
const IMSI_DIGITS: u64 = 15;
const NUMBER_DIGITS: usize = 11;

pub(crate) fn at(record: &Record) -> Timestamp {
    Timestamp::from_micros(record.at_ms as i64 * 1000)
}

pub(crate) fn imsi(digits: u64) -> Option<Imsi> {
    Imsi::from_bits(IMSI_DIGITS << 56 | digits)
}

pub(crate) fn location_area(cell: u32) -> u16 {
    1 + (cell / 100) as u16
}

fn number(mut digits: u64) -> Number {
    let mut symbols = [0; NUMBER_DIGITS];
    for symbol in symbols.iter_mut().rev() {
        *symbol = (digits % 10) as u8;
        digits /= 10;
    }
    let mut number = Number::EMPTY;
    symbols.into_iter().for_each(|symbol| number.push(symbol));
    number
}
