//! PDUs of SMPP 3.4 (§4, §5): cut from the stream, read and written. Tolerant of what others send: bodies may be
//! missing, short or too long for their fields; only a length that cannot be one ends the link.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::super::centre::{Address, Part, cut_frame, write_frame};
use super::config::Long;
use super::status::Status;

/// `command_length`, `command_id`, `command_status`, `sequence_number`; §3.2.
pub(super) const HEADER_LENGTH: usize = 16;

/// The longest PDU that is read: a `message_payload` of 64 KiB and room for everything else.
pub(super) const PDU_LIMIT: usize = 128 * 1024;

/// `command_id`, §5.1.2.1.
pub(super) mod command {
    pub(in super::super) const BIND_RECEIVER: u32 = 0x01;
    pub(in super::super) const RESPONSE: u32 = 0x8000_0000;
    pub(in super::super) const GENERIC_NACK: u32 = 0x8000_0000;
    pub(in super::super) const BIND_TRANSMITTER: u32 = 0x02;
    pub(in super::super) const QUERY_SM: u32 = 0x03;
    pub(in super::super) const SUBMIT_SM: u32 = 0x04;
    pub(in super::super) const DELIVER_SM: u32 = 0x05;
    pub(in super::super) const UNBIND: u32 = 0x06;
    pub(in super::super) const CANCEL_SM: u32 = 0x08;
    pub(in super::super) const BIND_TRANSCEIVER: u32 = 0x09;
    pub(in super::super) const ENQUIRE_LINK: u32 = 0x15;
    pub(in super::super) const ALERT_NOTIFICATION: u32 = 0x102;
    pub(in super::super) const DATA_SM: u32 = 0x103;
}

/// `esm_class` with a user data header, §5.2.12.
const ESM_CLASS_UDHI: u8 = 0x40;

/// Optional parameters, §5.3.2.
mod tag {
    pub(super) const SAR_MSG_REF_NUM: u16 = 0x020c;
    pub(super) const SAR_TOTAL_SEGMENTS: u16 = 0x020e;
    pub(super) const SAR_SEGMENT_SEQNUM: u16 = 0x020f;
    pub(super) const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
    pub(super) const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub(super) const MESSAGE_STATE: u16 = 0x0427;
    pub(super) const CONGESTION_STATE: u16 = 0x0428;
}

/// One PDU as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Pdu {
    pub(super) command: u32,
    pub(super) status: Status,
    pub(super) sequence: u32,
    pub(super) body: Bytes,
}

impl Pdu {
    /// Cuts the next PDU from what has come in; `None` until all of it is there, the length where it cannot be one.
    pub(super) fn cut(inbound: &mut BytesMut) -> Result<Option<Self>, u32> {
        let Some(mut pdu) = cut_frame(inbound, HEADER_LENGTH..=PDU_LIMIT)? else { return Ok(None) };
        let (command, status, sequence) = (pdu.get_u32(), Status(pdu.get_u32()), pdu.get_u32());
        Ok(Some(Self { command, status, sequence, body: pdu }))
    }

    /// The message centre's name of a message: the body of `submit_sm_resp`, empty where it has none. §4.4.2.
    pub(super) fn message_id(&self) -> String {
        Fields(&self.body).c_octet_string()
    }

    /// `congestion_state` beside that name, in percent; 0, idle, where it is missing. SMPP 5.0 §4.2.3, §4.8.4.18.
    pub(super) fn congestion_state(&self) -> u8 {
        let mut fields = Fields(&self.body);
        fields.c_octet_string(); // message_id
        std::iter::from_fn(|| fields.tlv())
            .find_map(|(tag, value)| value.first().filter(|_| tag == tag::CONGESTION_STATE).copied())
            .unwrap_or(0)
    }
}

/// `query_sm`, §4.8.1.
pub(super) fn write_query(to: &mut BytesMut, sequence: u32, message_id: &str, source: &Address) {
    write_pdu(to, command::QUERY_SM, Status::OK, sequence, |to| {
        put_c_octet_string(to, message_id);
        put_address(to, source);
    });
}

/// `cancel_sm`, §4.9.1, of one message: its name, and the addresses that it was submitted with.
pub(super) fn write_cancel(to: &mut BytesMut, sequence: u32, message_id: &str, addresses: [&Address; 2]) {
    write_pdu(to, command::CANCEL_SM, Status::OK, sequence, |to| {
        put_c_octet_string(to, ""); // service_type
        put_c_octet_string(to, message_id);
        addresses.iter().for_each(|address| put_address(to, address));
    });
}

/// `message_state` of `query_sm_resp`, §4.8.2; `None` where it is missing.
pub(super) fn message_state(body: &[u8]) -> Option<u8> {
    let mut fields = Fields(body);
    fields.c_octet_string(); // message_id
    fields.c_octet_string(); // final_date
    fields.0.first().copied()
}

/// The fields of `deliver_sm` that matter here; §4.6.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeliverSm {
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
    /// `short_message`, or `message_payload` where that was used.
    pub(super) text: Vec<u8>,
    pub(super) receipted_message_id: Option<String>,
    pub(super) message_state: Option<u8>,
    /// `sar_segment_seqnum`, from 1.
    pub(super) segment: Option<u8>,
}

impl DeliverSm {
    /// Reads what is there: a body that ends early leaves the rest empty.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut fields = Fields(body);
        fields.c_octet_string(); // service_type
        fields.skip(2); // source_addr_ton, source_addr_npi
        let source = fields.c_octet_string();
        fields.skip(2); // dest_addr_ton, dest_addr_npi
        let destination = fields.c_octet_string();
        let esm_class = fields.octet();
        fields.skip(2); // protocol_id, priority_flag
        fields.c_octet_string(); // schedule_delivery_time
        fields.c_octet_string(); // validity_period
        fields.skip(2); // registered_delivery, replace_if_present_flag
        let data_coding = fields.octet();
        fields.skip(1); // sm_default_msg_id
        let length = usize::from(fields.octet());
        let text = fields.octets(length).to_vec();
        let mut deliver = Self { source, destination, esm_class, data_coding, text, ..Self::default() };
        while let Some((tag, value)) = fields.tlv() {
            deliver.optional(tag, value);
        }
        deliver
    }

    fn optional(&mut self, tag: u16, value: &[u8]) {
        match tag {
            tag::RECEIPTED_MESSAGE_ID => self.receipted_message_id = Some(Fields(value).c_octet_string()),
            tag::SAR_SEGMENT_SEQNUM => self.segment = value.first().copied(),
            tag::MESSAGE_STATE => self.message_state = value.first().copied(),
            tag::MESSAGE_PAYLOAD if self.text.is_empty() => self.text = value.to_vec(),
            _ => {}
        }
    }
}

/// Reads a body field by field; past the end everything is empty or zero.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn octets(&mut self, count: usize) -> &'a [u8] {
        let (octets, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        octets
    }

    fn skip(&mut self, count: usize) {
        self.octets(count);
    }

    fn octet(&mut self) -> u8 {
        self.octets(1).first().copied().unwrap_or(0)
    }

    /// C-octet string, §3.1: ends at its zero, or where the body ends.
    fn c_octet_string(&mut self) -> String {
        let length = self.0.iter().position(|octet| *octet == 0).unwrap_or(self.0.len());
        let text = String::from_utf8_lossy(self.octets(length)).into_owned();
        self.skip(1);
        text
    }

    /// Tag, length, value, §3.2.4.1; a value cut short is given as far as it goes.
    fn tlv(&mut self) -> Option<(u16, &'a [u8])> {
        let [a, b, c, d] = *self.0.first_chunk::<4>()?;
        self.skip(4);
        Some((u16::from_be_bytes([a, b]), self.octets(usize::from(u16::from_be_bytes([c, d])))))
    }
}

/// `bind_transceiver`, `bind_transmitter`; §4.1.
pub(super) struct Bind<'a> {
    pub(super) command: u32,
    pub(super) system_id: &'a str,
    pub(super) password: &'a str,
    pub(super) system_type: &'a str,
    /// §5.2.4: 0x34, or 0x50 for SMPP 5.0.
    pub(super) interface_version: u8,
}

impl Bind<'_> {
    pub(super) fn write(&self, sequence: u32, to: &mut BytesMut) {
        write_pdu(to, self.command, Status::OK, sequence, |to| {
            put_c_octet_string(to, self.system_id);
            put_c_octet_string(to, self.password);
            put_c_octet_string(to, self.system_type);
            to.put_slice(&[self.interface_version, 0, 0]); // addr_ton, addr_npi
            put_c_octet_string(to, ""); // address_range
        });
    }
}

/// `submit_sm`, §4.4.1.
pub(super) struct SubmitSm<'a> {
    pub(super) service_type: &'a str,
    pub(super) source: &'a Address,
    pub(super) destination: &'a Address,
    pub(super) priority_flag: u8,
    /// Seconds from now; 0 leaves it to the message centre.
    pub(super) validity_s: u64,
    pub(super) registered_delivery: u8,
    pub(super) data_coding: u8,
    pub(super) concatenation: Long,
    /// At most 160 octets with its header, but for [`Long::Payload`].
    pub(super) part: Part<'a>,
}

impl SubmitSm<'_> {
    pub(super) fn write(&self, sequence: u32, to: &mut BytesMut) {
        let header = match self.concatenation {
            Long::Header => self.part.header(),
            Long::Parameters | Long::Payload => self.part.header_without_concatenation(),
        };
        let (header, text) = (header.octets(), self.part.octets);
        // sm_length is one octet, §5.2.21; what is longer goes beside it.
        let is_payload = header.len() + text.len() > 254;
        write_pdu(to, command::SUBMIT_SM, Status::OK, sequence, |to| {
            put_c_octet_string(to, self.service_type);
            put_address(to, self.source);
            put_address(to, self.destination);
            to.put_u8(if header.is_empty() { 0 } else { ESM_CLASS_UDHI });
            to.put_slice(&[0, self.priority_flag]); // protocol_id
            put_c_octet_string(to, ""); // schedule_delivery_time: at once
            put_c_octet_string(to, &relative_time(self.validity_s));
            // replace_if_present_flag, sm_default_msg_id: none
            to.put_slice(&[self.registered_delivery, 0, self.data_coding, 0]);
            let length = header.len() + text.len();
            match is_payload {
                true => {
                    to.put_u8(0);
                    to.put_u16(tag::MESSAGE_PAYLOAD);
                    to.put_u16(length as u16);
                }
                false => to.put_u8(length as u8),
            }
            to.put_slice(header);
            to.put_slice(text);
            self.put_concatenation(to);
        });
    }

    fn put_concatenation(&self, to: &mut BytesMut) {
        if let (Long::Parameters, Some(which)) = (self.concatenation, self.part.concatenation) {
            put_tlv(to, tag::SAR_MSG_REF_NUM, &[0, which.reference]);
            put_tlv(to, tag::SAR_TOTAL_SEGMENTS, &[which.total]);
            put_tlv(to, tag::SAR_SEGMENT_SEQNUM, &[which.sequence]);
        }
    }
}

fn put_tlv(to: &mut BytesMut, tag: u16, value: &[u8]) {
    to.put_u16(tag);
    to.put_u16(value.len() as u16);
    to.put_slice(value);
}

fn put_address(to: &mut BytesMut, address: &Address) {
    to.put_slice(&[address.ton, address.npi]);
    put_c_octet_string(to, &address.digits);
}

/// Relative time format `YYMMDDhhmmsstnnR`, §7.1.1.2; empty for 0. More than 30 days are 30 days: months and years
/// differ between message centres, and none keeps a message longer.
fn relative_time(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    const MOST: u64 = 30 * DAY;
    match seconds.min(MOST) {
        0 => String::new(),
        s => format!("0000{:02}{:02}{:02}{:02}000R", s / DAY, s / 3600 % 24, s / 60 % 60, s % 60),
    }
}

/// A PDU without a body: requests such as `enquire_link`, and most responses.
pub(super) fn write_bare(to: &mut BytesMut, command: u32, status: Status, sequence: u32) {
    write_pdu(to, command, status, sequence, |_| {});
}

/// `deliver_sm_resp`, `data_sm_resp`: an empty `message_id`; §4.6.2.
pub(super) fn write_delivered(to: &mut BytesMut, command: u32, sequence: u32) {
    write_pdu(to, command | command::RESPONSE, Status::OK, sequence, |to| put_c_octet_string(to, ""));
}

fn write_pdu(to: &mut BytesMut, command: u32, status: Status, sequence: u32, body: impl FnOnce(&mut BytesMut)) {
    write_frame(to, &[command, status.0, sequence], body);
}

/// Ends at a zero in `text`, which the specification does not allow there.
fn put_c_octet_string(to: &mut BytesMut, text: &str) {
    to.put_slice(text.split('\0').next().unwrap_or_default().as_bytes());
    to.put_u8(0);
}

#[cfg(test)]
mod tests {
    use super::super::super::centre::{Short, Wanted};
    use super::*;
    use crate::offer::OfferId;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn written(write: impl FnOnce(&mut BytesMut)) -> String {
        let mut out = BytesMut::new();
        write(&mut out);
        hex(&out)
    }

    // The example of §3.2.3 of the specification, but for interface version and address.
    #[test]
    fn bind_is_written_as_in_the_specification() {
        let bind = Bind {
            command: command::BIND_TRANSMITTER,
            system_id: "SMPP3TEST",
            password: "secret08",
            system_type: "SUBMIT1",
            interface_version: 0x34,
        };
        assert_eq!(
            written(|out| bind.write(1, out)),
            "0000002f000000020000000000000001\
             534d50503354455354007365637265743038005355424d4954310034000000"
        );
    }

    #[test]
    fn submit_sm_is_written_field_by_field() {
        let short = Short::text(OfferId(0xa7), &"欢".repeat(71), Wanted::default()).unwrap();
        let whole = Short::text(OfferId(0xa7), &"欢".repeat(150), Wanted { whole: true, ..Wanted::default() }).unwrap();
        let check = |concatenation, part: Part<'_>, expected: &str| {
            let submit = SubmitSm {
                service_type: "CMT",
                source: &Address { ton: 5, npi: 0, digits: "Shop".into() },
                destination: &Address { ton: 1, npi: 1, digits: "8613900000005".into() },
                priority_flag: 1,
                validity_s: 86_400 + 2 * 3600 + 3 * 60 + 4,
                registered_delivery: 1,
                data_coding: 8,
                concatenation,
                part,
            };
            assert_eq!(written(|out| submit.write(10, out)), hex(&octets(expected)));
        };
        let common = "00000004 00000000 0000000a 434d5400 050053686f7000 01013836313339303030303030303500";
        let times = "000100 3030303030313032303330343030305200 01000800";
        let text = "6b22".repeat(4);
        check(Long::Header, short.part(1).unwrap(), &format!("00000053 {common} 40 {times} 0e 050003a70202 {text}"));
        check(
            Long::Parameters,
            short.part(1).unwrap(),
            &format!("0000005d {common} 00 {times} 08 {text} 020c000200a7 020e000102 020f000102"),
        );
        let text = "6b22".repeat(150);
        check(Long::Payload, whole.part(0).unwrap(), &format!("00000175 {common} 00 {times} 00 0424012c {text}"));
    }

    #[test]
    fn a_question_names_the_message_and_its_sender() {
        let source = Address { ton: 3, npi: 0, digits: "10086".into() };
        assert_eq!(
            written(|out| write_query(out, 5, "a1", &source)),
            hex(&octets("0000001b 00000003 00000000 00000005 613100 0300 313030383600"))
        );
        let to = Address { ton: 1, npi: 1, digits: "8613".into() };
        assert_eq!(
            written(|out| write_cancel(out, 6, "a1", [&source, &to])),
            hex(&octets("00000023 00000008 00000000 00000006 00 613100 0300 313030383600 0101 3836313300"))
        );
        assert_eq!(message_state(b"a1\x00260101000000000R\0\x02\0"), Some(2));
        assert_eq!(message_state(b"a1\0\0\x01\0"), Some(1));
        assert_eq!(message_state(b"a1\0"), None);
    }

    #[test]
    fn validity_is_relative_and_bounded() {
        let check = |seconds, expected: &str| assert_eq!(relative_time(seconds), expected);
        check(0, "");
        check(59, "000000000059000R");
        check(3600, "000000010000000R");
        check(30 * 86_400, "000030000000000R");
        check(u64::MAX, "000030000000000R");
    }

    #[test]
    fn pdus_are_cut_wherever_the_stream_was_cut() {
        let mut stream = BytesMut::new();
        write_bare(&mut stream, command::ENQUIRE_LINK, Status::OK, 7);
        write_delivered(&mut stream, command::DELIVER_SM, 8);
        write_bare(&mut stream, command::GENERIC_NACK, Status::INVALID_COMMAND_ID, 9);
        let stream = stream.freeze();
        for split in 0..=stream.len() {
            let mut inbound = BytesMut::new();
            let mut sequences = Vec::new();
            for part in [&stream[..split], &stream[split..]] {
                inbound.extend_from_slice(part);
                while let Some(pdu) = Pdu::cut(&mut inbound).unwrap() {
                    sequences.push(pdu.sequence);
                }
            }
            assert_eq!(sequences, [7, 8, 9], "cut at {split}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_one_is_told() {
        let check = |start: &[u8], expected| assert_eq!(Pdu::cut(&mut BytesMut::from(start)), expected);
        check(&[0, 0, 0], Ok(None));
        check(&[0, 0, 0, 15], Err(15));
        check(&[0, 2, 0, 1], Err(0x2_0001));
        check(b"HTTP/1.1 400", Err(0x4854_5450));
    }

    #[test]
    fn deliver_sm_is_read_with_unknown_and_known_optional_parameters() {
        let body = octets(
            "00 0101 3836313339303030303030303500 0000 313030383600 04 00 00 00 00 00 00 00 00 03 69643a\
             1403 0002 ffff 001e 0003 413100 0427 0001 02 0424 0001 78",
        );
        let expected = DeliverSm {
            source: "8613900000005".into(),
            destination: "10086".into(),
            esm_class: 4,
            data_coding: 0,
            text: b"id:".to_vec(),
            receipted_message_id: Some("A1".into()),
            message_state: Some(2),
            segment: None,
        };
        assert_eq!(DeliverSm::read(&body), expected);
    }

    #[test]
    fn every_truncation_of_deliver_sm_is_read_as_far_as_it_goes() {
        let body = octets("00 0101 313300 0000 3100 04 00 00 00 00 00 00 00 00 03 69643a 001e 0002 4100 0427 0001 02");
        for length in 0..body.len() {
            let whole = DeliverSm::read(&body);
            let part = DeliverSm::read(&body[..length]);
            assert!(whole.source.starts_with(&part.source) && whole.text.starts_with(&part.text), "{length}");
            assert_eq!(part.message_state, None);
        }
    }

    #[test]
    fn a_submit_sm_resp_without_a_body_has_an_empty_name() {
        let pdu =
            |body: &'static [u8]| Pdu { command: 0x8000_0004, status: Status::OK, sequence: 1, body: body.into() };
        assert_eq!(pdu(b"").message_id(), "");
        assert_eq!(pdu(b"0a1b\0").message_id(), "0a1b");
        assert_eq!(pdu(b"unterminated").message_id(), "unterminated");
    }

    #[test]
    fn how_busy_the_message_centre_is_stands_beside_the_name() {
        let check = |body: &str, expected| {
            let pdu = Pdu { command: 0x8000_0004, status: Status::OK, sequence: 1, body: octets(body).into() };
            assert_eq!(pdu.congestion_state(), expected, "{body}");
        };
        check("6131 00", 0);
        check("6131 00 0428 0001 5a", 90);
        check("00 1403 0002 ffff 0428 0001 64", 100);
        check("6131 00 0428 0000", 0);
        check("6131 00 0428", 0);
        check("", 0);
    }
}
