//! MTP3 User Adaptation, RFC 4666 §3.

use super::sigtran::{self, Header};
use super::{Fault, Malformed, Message, Protocol, Reader, Value};

/// The longest message that is taken for one in a stream of octets.
pub const LONGEST_MESSAGE: usize = 4096;

/// Whether `octets` could be the beginning of a message: what a stream that was lost is picked up at.
pub fn is_plausible(octets: &[u8]) -> bool {
    let &[version, reserved, class, kind, a, b, c, d, ..] = octets else { return false };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    let known = sigtran::management_name(class, kind) != "unknown" || (class, kind) == (1, 1);
    version == 1 && reserved == 0 && known && (sigtran::HEADER_LENGTH..=LONGEST_MESSAGE).contains(&length)
}

// Parameter tags, §3.2.
const ROUTING_CONTEXT: u16 = 0x0006;
const NETWORK_APPEARANCE: u16 = 0x0200;
const PROTOCOL_DATA: u16 = 0x0210;

/// A message of any class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct M3uaMessage<'a> {
    /// Message class, §3.1.2.
    pub class: u8,
    /// Message type within its class.
    pub kind: u8,
    /// Which of the sender's networks the point codes belong to.
    pub network_appearance: Option<u32>,
    /// The first routing context.
    pub routing_context: Option<u32>,
    /// The MTP3 user's data, of DATA messages.
    pub protocol_data: Option<ProtocolData<'a>>,
}

/// The Protocol Data parameter, §3.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolData<'a> {
    /// Originating point code.
    pub opc: u32,
    /// Destination point code.
    pub dpc: u32,
    /// Service indicator, Q.704 §14.2.1.
    pub si: u8,
    /// Network indicator, Q.704 §14.2.2.
    pub ni: u8,
    /// Message priority.
    pub mp: u8,
    /// Signalling link selection.
    pub sls: u8,
    /// The MTP3 user's message: as much of it as was captured.
    pub user_data: &'a [u8],
}

impl<'a> M3uaMessage<'a> {
    /// Reads a message. `snapped` tells that the capture does not hold its end: what is there of the user's data is then
    /// given, to be judged by its own decoder.
    // Most of it vanishes where only the data is wanted.
    #[inline(always)]
    pub fn read(octets: &'a [u8], snapped: bool) -> Result<Self, Malformed> {
        let Header { class, kind, mut body } = Header::read(Protocol::M3ua, octets, snapped)?;
        let mut message = Self { class, kind, network_appearance: None, routing_context: None, protocol_data: None };
        while !body.is_empty() {
            let (tag, value) = sigtran::parameter(&mut body, snapped)?;
            message.parameter(tag, value)?;
        }
        Ok(message)
    }

    /// The appearance and the data of a DATA message that is whole and as nearly all are: appearance and routing context, if any, of
    /// one number each, before its data. It says no more than [`M3uaMessage::read`] would, and of what is otherwise nothing.
    #[inline(always)]
    pub fn plain(octets: &'a [u8]) -> Option<(Option<u32>, ProtocolData<'a>)> {
        // Version, whatever is reserved, class and type; the length.
        const RESERVED: u64 = 0xff << 48;
        const DATA: u64 = 0x0100_0101 << 32;
        // Tag and length.
        const APPEARANCE: u32 = (NETWORK_APPEARANCE as u32) << 16 | 8;
        const CONTEXT: u32 = (ROUTING_CONTEXT as u32) << 16 | 8;
        let (header, mut parameters) = octets.split_first_chunk()?;
        if u64::from_be_bytes(*header) & !RESERVED != DATA | octets.len() as u64 {
            return None;
        }
        let mut appearance = None;
        loop {
            let (word, behind) = parameters.split_first_chunk()?;
            let word = u64::from_be_bytes(*word);
            let (parameter, value) = ((word >> 32) as u32, word as u32);
            if parameter >> 16 == u32::from(PROTOCOL_DATA) {
                let length = usize::from(parameter as u16);
                let is_last = parameters.len().wrapping_sub(length) < 4;
                let (&[d0, d1, d2, d3, si, ni, mp, sls], _) = behind.split_first_chunk()?;
                let (opc, dpc) = (value, u32::from_be_bytes([d0, d1, d2, d3]));
                let user_data = parameters.get(16..length).filter(|_| is_last)?;
                return Some((appearance, ProtocolData { opc, dpc, si, ni, mp, sls, user_data }));
            }
            match parameter {
                APPEARANCE => appearance = Some(value),
                CONTEXT => {}
                _ => return None,
            }
            parameters = behind;
        }
    }

    /// The data of a DATA message, of which it is the mandatory parameter, RFC 4666 §3.3.1; `None` of another message.
    #[inline]
    pub fn data(&self) -> Result<Option<ProtocolData<'a>>, Malformed> {
        const MISSING: Malformed =
            Malformed { layer: Protocol::M3ua, element: "protocol data", fault: Fault::Truncated };
        if self.is_data() { self.protocol_data.map(Some).ok_or(MISSING) } else { Ok(None) }
    }

    /// Whether this is a DATA message.
    pub const fn is_data(&self) -> bool {
        self.class == 1 && self.kind == 1
    }

    #[inline]
    fn parameter(&mut self, tag: u16, mut value: Reader<'a>) -> Result<(), Malformed> {
        match tag {
            NETWORK_APPEARANCE => self.network_appearance = Some(value.u32("network appearance")?),
            ROUTING_CONTEXT => self.routing_context = Some(value.u32("routing context")?),
            PROTOCOL_DATA => self.protocol_data = Some(ProtocolData::read(&mut value)?),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> ProtocolData<'a> {
    #[inline]
    fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let &[o0, o1, o2, o3, d0, d1, d2, d3, si, ni, mp, sls] = r.header("routing label")?;
        let (opc, dpc) = (u32::from_be_bytes([o0, o1, o2, o3]), u32::from_be_bytes([d0, d1, d2, d3]));
        Ok(Self { opc, dpc, si, ni, mp, sls, user_data: r.rest() })
    }
}

impl Message for M3uaMessage<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::M3ua
    }

    fn name(&self) -> &'static str {
        match (self.class, self.kind) {
            (1, 1) => "data",
            (class, kind) => sigtran::management_name(class, kind),
        }
    }

    fn code(&self) -> u8 {
        self.kind
    }

    fn is_named_by_code(&self) -> bool {
        false
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("message_class", Value::Code(u64::from(self.class)));
        if let Some(appearance) = self.network_appearance {
            visit("network_appearance", Value::Integer(u64::from(appearance)));
        }
        if let Some(context) = self.routing_context {
            visit("routing_context", Value::Integer(u64::from(context)));
        }
        if let Some(data) = self.protocol_data {
            visit("opc", Value::Integer(u64::from(data.opc)));
            visit("dpc", Value::Integer(u64::from(data.dpc)));
            visit("si", Value::Integer(u64::from(data.si)));
            visit("ni", Value::Integer(u64::from(data.ni)));
            visit("mp", Value::Integer(u64::from(data.mp)));
            visit("sls", Value::Integer(u64::from(data.sls)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: [u8; 46] = [
        1, 0, 1, 1, 0, 0, 0, 48, // padded to 48
        2, 0, 0, 8, 0, 0, 0, 7, // network appearance
        0, 6, 0, 8, 0, 0, 0, 1, // routing context
        2, 0x10, 0, 22, 0, 0, 0, 187, 0, 0, 0, 185, 3, 2, 0, 5, 9, 8, 7, 6, 5, 4,
    ];

    #[test]
    fn data_is_read_with_or_without_its_last_padding() {
        let message = M3uaMessage::read(&DATA, false).unwrap();
        assert_eq!((message.name(), message.network_appearance, message.routing_context), ("data", Some(7), Some(1)));
        let data = message.protocol_data.unwrap();
        assert_eq!((data.opc, data.dpc, data.si, data.ni, data.mp, data.sls), (187, 185, 3, 2, 0, 5));
        assert_eq!(data.user_data, [9, 8, 7, 6, 5, 4]);
        assert_eq!(M3uaMessage::read(&[&DATA[..], &[0, 0]].concat(), false).unwrap(), message);
    }

    #[test]
    fn what_is_cut_off_is_malformed_unless_the_capture_was_snapped() {
        for len in 0..DATA.len() {
            assert!(M3uaMessage::read(&DATA[..len], false).is_err(), "cut at {len}");
            let data = M3uaMessage::read(&DATA[..len], true).and_then(|message| message.data());
            assert_eq!(data.is_ok(), len >= 40, "snapped at {len}");
        }
    }

    #[test]
    fn a_plain_message_is_what_reading_says_or_left_to_it() {
        let whole = [&DATA[..], &[0, 0]].concat();
        let read = |octets: &[u8]| {
            let message = M3uaMessage::read(octets, false).ok()?;
            message.data().ok().flatten().map(|data| (message.network_appearance, format!("{data:?}")))
        };
        let plain = |octets: &[u8]| M3uaMessage::plain(octets).map(|(of, data)| (of, format!("{data:?}")));
        assert_eq!((plain(&whole).is_some(), plain(&whole)), (true, read(&whole)));
        // Neither appearance nor context; the appearance alone.
        for left_out in [8..24, 16..24] {
            let mut other = whole.clone();
            other.drain(left_out);
            other[7] = other.len() as u8;
            assert_eq!((plain(&other).is_some(), plain(&other)), (true, read(&other)));
        }
        for len in 0..whole.len() {
            assert!(plain(&whole[..len]).is_none(), "cut at {len}");
        }
        for (place, value) in (0..whole.len()).flat_map(|place| (0..=u8::MAX).map(move |value| (place, value))) {
            let mut other = whole.clone();
            other[place] = value;
            if let Some(plain) = plain(&other) {
                assert_eq!(Some(plain), read(&other), "octet {place} is {value}");
            }
        }
    }

    #[test]
    fn data_without_its_parameter_is_a_message_and_malformed() {
        let message = M3uaMessage::read(&[1, 0, 1, 1, 0, 0, 0, 16, 0, 6, 0, 8, 0, 0, 0, 1], false).unwrap();
        assert_eq!((message.name(), message.routing_context), ("data", Some(1)));
        assert_eq!(message.data().unwrap_err().element, "protocol data");
    }

    #[test]
    fn messages_without_data_have_names() {
        for (class, kind, name) in [
            (3, 1, "asp_up"),
            (4, 3, "asp_active_acknowledgement"),
            (2, 2, "destination_available"),
            (0, 1, "notify"),
            (5, 5, "unknown"),
        ] {
            assert_eq!(M3uaMessage::read(&[1, 0, class, kind, 0, 0, 0, 8], false).unwrap().name(), name);
        }
        assert_eq!(M3uaMessage::read(&[2, 0, 3, 1, 0, 0, 0, 8], false).unwrap_err().element, "version");
        assert_eq!(M3uaMessage::read(&[1, 0, 3, 1, 0, 0, 0, 7], false).unwrap_err().element, "message length");
    }
}
