//! How events and messages look: a line for people, a JSON object for programs.

use std::fmt::{self, Display, Write as _};

use event::{Answered, Event, Kind, Number, Rai};
use probe::Provenance;
use probe::wire::{Malformed, Message, Value};

use super::json::{Line, element_key};

/// Writes the event as DESIGN's `decode --json` names its fields.
pub(crate) fn event_json<'l>(line: &'l mut Line, event: &Event, feed: &str) -> &'l [u8] {
    line.begin();
    line.integer("frame", event.frame);
    line.time("at", event.at);
    line.text("feed", feed);
    line.plain("interface", event.interface.name());
    line.plain("kind", event.kind.name());
    if let Some(imsi) = event.imsi {
        line.imsi("imsi", imsi);
    }
    line.plain("identity", event.binding.name());
    if let Some(tmsi) = event.tmsi {
        line.tmsi("tmsi", tmsi);
    }
    if let Some(imei) = event.imei {
        line.imei("imei", imei);
    }
    if event.cell != event::CellId::UNKNOWN {
        line.plain("cell", event.cell);
    }
    if event.after_reset {
        line.flag("after_reset", true);
    }
    kind_json(line, &event.kind);
    line.end()
}

fn kind_json(line: &mut Line, kind: &Kind) {
    match kind {
        Kind::LocationUpdate { update, old } => {
            line.plain("update", update.name());
            if let Some(old) = old {
                line.plain("old_lai", old);
            }
        }
        Kind::LocationUpdateRejected { update, cause } => {
            line.plain("update", update.name());
            line.integer("cause", u64::from(*cause));
        }
        Kind::ServiceRejected { cause } => line.integer("cause", u64::from(*cause)),
        Kind::CallSetup { direction, number, emergency } => {
            line.plain("direction", direction.name());
            number_json(line, number.as_ref());
            line.flag("emergency", *emergency);
        }
        Kind::CallAnswered { direction, number } => {
            line.plain("direction", direction.name());
            number_json(line, number.as_ref());
        }
        Kind::CallEnded { direction, number, answered, cause, left_view } => {
            line.plain("direction", direction.name());
            number_json(line, number.as_ref());
            if *answered != Answered::Unknown {
                line.flag("answered", answered.length().is_some());
            }
            if let Some(length) = answered.length() {
                line.integer("length_ms", u64::try_from(length.as_millis()).unwrap_or(u64::MAX));
            }
            if let Some(cause) = cause {
                line.integer("cause", u64::from(*cause));
            }
            if *left_view {
                line.flag("left_view", true);
            }
        }
        Kind::Sms { direction, peer } => {
            line.plain("direction", direction.name());
            number_json(line, peer.as_ref());
        }
        Kind::SmsRejected { direction, peer, cause } => {
            line.plain("direction", direction.name());
            number_json(line, peer.as_ref());
            line.integer("cause", u64::from(*cause));
        }
        Kind::Ussd { code } => line.number("code", code),
        Kind::CallForwarding(forwarding) => {
            line.plain("operation", forwarding.operation.name());
            line.code("service", u64::from(forwarding.service));
            number_json(line, forwarding.to.as_ref());
        }
        Kind::GprsAttach { combined, old } => {
            line.flag("combined", *combined);
            old_area_json(line, *old);
        }
        Kind::GprsAttachRejected { cause } => line.integer("cause", u64::from(*cause)),
        Kind::RoutingAreaUpdate { update, old } => {
            line.plain("update", update.name());
            old_area_json(line, *old);
        }
        Kind::RoutingAreaUpdateRejected { update, cause } => {
            line.plain("update", update.name());
            line.integer("cause", u64::from(*cause));
        }
        Kind::GprsDetach { power_off } => line.flag("power_off", *power_off),
        Kind::PdpActivated { access_point } | Kind::PdpDeactivated { access_point } => {
            if let Some(access_point) = access_point {
                line.plain("access_point", access_point);
            }
        }
        Kind::WebVisit { host } => line.plain("host", host),
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::ImeiSeen | Kind::Sighting => {}
    }
}

fn old_area_json(line: &mut Line, old: Option<Rai>) {
    if let Some(Rai { lai, rac }) = old {
        line.plain("old_lai", lai);
        line.integer("old_rac", u64::from(rac));
    }
}

fn number_json(line: &mut Line, number: Option<&Number>) {
    if let Some(number) = number {
        line.number("number", number);
    }
}

/// Writes a decoded message with its elements; in `names` they are counted.
pub(crate) fn message_json<'l>(
    line: &'l mut Line,
    names: &mut Names,
    from: Provenance,
    message: &dyn Message,
) -> &'l [u8] {
    message_head(line, from, message.protocol().name());
    line.text("message", message.name());
    line.code("code", u64::from(message.code()));
    names.seen.clear();
    message.elements(&mut |name, value| names.note(element_key(name, &value)));
    if !names.repeated() {
        message.elements(&mut |name, value| line.element(name, value));
        return line.end();
    }
    for &(key, count) in &names.seen {
        let values = |take: &mut dyn FnMut(&'static str, Value<'_>)| {
            message.elements(&mut |name, value| {
                if element_key(name, &value) == key {
                    take(name, value);
                }
            });
        };
        if count == 1 {
            values(&mut |name, value| line.element(name, value));
        } else {
            line.open_list(key);
            values(&mut |_, value| line.item(value));
            line.close_list();
        }
    }
    line.end()
}

/// Writes where decoding stopped.
pub(crate) fn malformed_json(line: &mut Line, from: Provenance, malformed: Malformed) -> &[u8] {
    message_head(line, from, malformed.layer.name());
    line.open("malformed");
    line.plain("layer", malformed.layer.name());
    line.text("element", malformed.element);
    line.plain("fault", malformed.fault.name());
    line.close();
    line.end()
}

fn message_head(line: &mut Line, from: Provenance, protocol: &str) {
    line.begin();
    line.integer("frame", from.frame);
    line.time("at", from.at);
    line.plain("protocol", protocol);
}

/// The names of a message's elements and how often each stands in it. Used again for the next message.
#[derive(Default)]
pub(crate) struct Names {
    seen: Vec<(&'static str, usize)>,
}

impl Names {
    fn note(&mut self, name: &'static str) {
        match self.seen.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => self.seen.push((name, 1)),
        }
    }

    fn repeated(&self) -> bool {
        self.seen.iter().any(|(_, count)| *count > 1)
    }
}

/// The head above event lines for people.
pub(crate) const EVENT_HEAD: &str =
    "   frame  time (UTC)                   subscriber       cell                what happened";

/// A line about an event for people.
pub(crate) fn event_line(text: &mut String, event: &Event, reveal: bool) {
    text.clear();
    let subscriber = match (event.imsi, event.tmsi) {
        (Some(imsi), _) if reveal => imsi.to_string(),
        (Some(imsi), _) => imsi.masked().to_string(),
        (None, Some(tmsi)) => format!("tmsi {tmsi}"),
        (None, None) => "unknown".to_owned(),
    };
    let cell = if event.cell == event::CellId::UNKNOWN { "-".to_owned() } else { event.cell.to_string() };
    // Writing to a String cannot fail.
    let _ = write!(text, "{:>8}  {}  {subscriber:<15}  {cell:<18}  ", event.frame, event.at);
    let _ = write!(text, "{}", what(event, reveal));
    text.push('\n');
}

/// What happened, in words.
pub(crate) fn what(event: &Event, reveal: bool) -> impl Display {
    What { event, reveal }
}

struct What<'a> {
    event: &'a Event,
    reveal: bool,
}

impl What<'_> {
    fn party(&self, f: &mut fmt::Formatter<'_>, word: &str, number: Option<&Number>) -> fmt::Result {
        match number {
            Some(number) if self.reveal => write!(f, " {word} {number}"),
            Some(number) => write!(f, " {word} {}", number.masked()),
            None => Ok(()),
        }
    }

    /// The other side of a call, which there always is.
    fn caller(&self, f: &mut fmt::Formatter<'_>, word: &str, number: Option<&Number>) -> fmt::Result {
        if number.is_none() { write!(f, " {word} an unknown number") } else { self.party(f, word, number) }
    }
}

impl Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use event::Direction::{In, Out};
        let word = |direction| if direction == Out { "to" } else { "from" };
        match &self.event.kind {
            Kind::LocationUpdate { update, old } => {
                write!(f, "location update ({})", update.name())?;
                match old {
                    Some(old) if old.is_deleted() => f.write_str(", had no location area"),
                    Some(old) => write!(f, " from {old}"),
                    None => Ok(()),
                }
            }
            Kind::LocationUpdateRejected { update, cause } => {
                write!(f, "location update ({}) rejected, cause {cause}", update.name())
            }
            Kind::ImsiDetach => f.write_str("switched off (IMSI detach)"),
            Kind::PagingResponse => f.write_str("answered a page"),
            Kind::ServiceRejected { cause } => write!(f, "service rejected, cause {cause}"),
            Kind::Handover => f.write_str("handed over to this cell"),
            // It is dialled without a number.
            Kind::CallSetup { direction, number, emergency: true } => {
                f.write_str("emergency call")?;
                self.party(f, word(*direction), number.as_ref())
            }
            Kind::CallSetup { direction, number, emergency: false } => {
                f.write_str("call")?;
                self.caller(f, word(*direction), number.as_ref())
            }
            Kind::CallAnswered { direction, number } => {
                f.write_str("call answered,")?;
                self.caller(f, word(*direction), number.as_ref())
            }
            Kind::CallEnded { direction, number, answered, cause, left_view } => {
                f.write_str(if *left_view { "call left our view," } else { "call ended," })?;
                self.caller(f, word(*direction), number.as_ref())?;
                match answered {
                    Answered::For(length) => write!(f, ", after {:.1} s", length.as_secs_f64())?,
                    Answered::No => f.write_str(", not answered")?,
                    Answered::Unknown => {}
                }
                cause.map_or(Ok(()), |cause| write!(f, ", cause {cause}"))
            }
            Kind::Sms { direction, peer } => {
                f.write_str(if *direction == In { "message received" } else { "message sent" })?;
                self.party(f, word(*direction), peer.as_ref())
            }
            Kind::SmsRejected { direction, peer, cause } => {
                f.write_str(if *direction == In { "message refused by the phone" } else { "message refused" })?;
                self.party(f, word(*direction), peer.as_ref())?;
                write!(f, ", cause {cause}")
            }
            Kind::Ussd { code } => {
                f.write_str("code dialled")?;
                self.party(f, "", Some(code))
            }
            Kind::CallForwarding(forwarding) => {
                write!(f, "call forwarding {:#04x}: {}", forwarding.service, forwarding.operation.name())?;
                self.party(f, "to", forwarding.to.as_ref())
            }
            Kind::GprsAttach { combined, old } => {
                f.write_str(if *combined { "attached to packets and calls" } else { "attached to packets" })?;
                from_area(f, *old)
            }
            Kind::GprsAttachRejected { cause } => write!(f, "packet attach rejected, cause {cause}"),
            Kind::RoutingAreaUpdate { update, old } => {
                write!(f, "routing area update ({})", update.name())?;
                from_area(f, *old)
            }
            Kind::RoutingAreaUpdateRejected { update, cause } => {
                write!(f, "routing area update ({}) rejected, cause {cause}", update.name())
            }
            Kind::GprsDetach { power_off: true } => f.write_str("switched off (GPRS detach)"),
            Kind::GprsDetach { power_off: false } => f.write_str("left the packet service"),
            Kind::PdpActivated { access_point: Some(name) } => write!(f, "data connection to {name}"),
            Kind::PdpActivated { access_point: None } => f.write_str("data connection"),
            Kind::PdpDeactivated { access_point: Some(name) } => write!(f, "data connection to {name} ended"),
            Kind::PdpDeactivated { access_point: None } => f.write_str("data connection ended"),
            Kind::Sighting => f.write_str("active in this cell"),
            Kind::WebVisit { host } => write!(f, "visited {host}"),
            Kind::ImeiSeen => match self.event.imei {
                Some(imei) if self.reveal => write!(f, "device {imei}"),
                Some(imei) => write!(f, "device {}", imei.masked()),
                None => f.write_str("device"),
            },
        }
    }
}

fn from_area(f: &mut fmt::Formatter<'_>, old: Option<Rai>) -> fmt::Result {
    match old {
        Some(old) if old.lai.is_deleted() => f.write_str(", had no routing area"),
        Some(old) => write!(f, " from {old}"),
        None => Ok(()),
    }
}

/// A line about a message for people.
pub(crate) fn message_line(text: &mut String, from: Provenance, message: &dyn Message, reveal: bool) {
    text.clear();
    // Writing to a String cannot fail.
    let _ = write!(text, "{:>8}  {}  {:<6} {}", from.frame, from.at, message.protocol().name(), message.name());
    if message.name() == "unknown" {
        let _ = write!(text, " {:#04x}", message.code());
    }
    message.elements(&mut |name, value| {
        let _ = write!(text, "  {name}=");
        let _ = element_text(text, value, reveal);
    });
    text.push('\n');
}

/// A line about where decoding stopped, for people.
pub(crate) fn malformed_line(text: &mut String, from: Provenance, malformed: Malformed) {
    text.clear();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{:>8}  {}  {:<6} malformed: {} at `{}`",
        from.frame,
        from.at,
        malformed.layer.name(),
        malformed.fault.name(),
        malformed.element
    );
}

fn element_text(text: &mut String, value: Value<'_>, reveal: bool) -> fmt::Result {
    match value {
        Value::Integer(number) => write!(text, "{number}"),
        Value::Code(code) => write!(text, "{code:#04x}"),
        Value::Flag(flag) => write!(text, "{flag}"),
        Value::Name(name) => write!(text, "{name}"),
        Value::Number(number) if reveal => write!(text, "{number}"),
        Value::Number(number) => write!(text, "{}", number.masked()),
        Value::Imsi(imsi) if reveal => write!(text, "{imsi}"),
        Value::Imsi(imsi) => write!(text, "{}", imsi.masked()),
        Value::Imei(imei) if reveal => write!(text, "{imei}"),
        Value::Imei(imei) => write!(text, "{}", imei.masked()),
        Value::Tmsi(tmsi) => write!(text, "{tmsi}"),
        Value::Lai(lai) => write!(text, "{lai}"),
        Value::Cell(cell) => write!(text, "{cell}"),
        Value::Domain(name) => write!(text, "{name}"),
        Value::Octets(octets) => octets.iter().try_for_each(|octet| write!(text, "{octet:02x}")),
    }
}
