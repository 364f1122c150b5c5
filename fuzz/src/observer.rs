//! Somebody who looks at everything that the probe tells.

use std::fmt::{self, Write};

use event::Event;
use probe::wire::{Malformed, Message, Protocol, Value};
use probe::{Provenance, Sink};

/// Writes out every value of every message and event, keeps none, and counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observer {
    /// Events told.
    pub events: u64,
    /// Messages shown.
    pub messages: u64,
    /// Of them, headers of GSMTAP.
    pub gsmtap: u64,
    /// Of them, messages of SUA.
    pub sua: u64,
    /// Of them, PDUs of network service that carry one of BSSGP.
    pub ns_data: u64,
    /// Messages whose decoding stopped.
    pub malformed: u64,
}

/// 3GPP TS 48.016 §9.2.10.
const NS_UNITDATA: u8 = 0;

struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        std::hint::black_box(text);
        Ok(())
    }
}

fn show(shown: fmt::Arguments<'_>) {
    // What writes nowhere cannot fail.
    let _ = Nowhere.write_fmt(shown);
}

impl Sink for Observer {
    const MESSAGES: bool = true;

    fn event(&mut self, event: &Event) {
        self.events += 1;
        show(format_args!("{} {event:?}", event.at));
    }

    fn message(&mut self, _: Provenance, message: &dyn Message) {
        self.messages += 1;
        self.gsmtap += u64::from(message.protocol() == Protocol::Gsmtap);
        self.sua += u64::from(message.protocol() == Protocol::Sua);
        let is_ns_data = message.protocol() == Protocol::Ns && message.code() == NS_UNITDATA;
        show(format_args!("{} {} {}", message.protocol().name(), message.name(), message.code()));
        message.elements(&mut |name, value| match value {
            // What it is for stands before what it carries.
            Value::Integer(_) if is_ns_data && name == "bvci" => self.ns_data += 1,
            Value::Number(number) => show(format_args!("{name} {number}")),
            Value::Imsi(imsi) => show(format_args!("{name} {imsi}")),
            Value::Imei(imei) => show(format_args!("{name} {imei}")),
            Value::Tmsi(tmsi) => show(format_args!("{name} {tmsi}")),
            Value::Lai(lai) => show(format_args!("{name} {lai}")),
            Value::Cell(cell) => show(format_args!("{name} {cell}")),
            Value::Domain(host) => show(format_args!("{name} {host}")),
            plain => show(format_args!("{name} {plain:?}")),
        });
    }

    fn malformed(&mut self, _: Provenance, malformed: Malformed) {
        self.malformed += 1;
        show(format_args!("{malformed:?}"));
    }
}
