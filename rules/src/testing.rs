//! What tests begin with.

use event::{Binding, CellId, Event, Interface, Kind, Timestamp};

/// At a second, of one subscriber, nobody knows where.
pub(crate) fn event(second: i64, kind: Kind) -> Event {
    Event {
        at: Timestamp::from_seconds(second),
        frame: 1,
        feed: 0,
        interface: Interface::A,
        imsi: "460001234567890".parse().ok(),
        binding: Binding::OnWire,
        tmsi: None,
        imei: None,
        cell: CellId::UNKNOWN,
        after_reset: false,
        kind,
    }
}
