//! Messages of CMPP (§8): cut from the stream, read and written. 2.0 and 3.0 differ in the width of numbers and of results.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::super::centre::{Coding, Part, cut_frame, write_frame};
use super::proof::Proof;
use super::status::Status;

/// Total_Length, Command_Id, Sequence_Id; §8.3.
const HEADER_LENGTH: usize = 12;
/// Longer than any message: a CMPP_SUBMIT to one destination has at most 354 octets, a CMPP_DELIVER 297.
const PDU_LIMIT: usize = 4096;

/// Command_Id, §8.5.1.
pub(super) mod command {
    pub(in super::super) const RESPONSE: u32 = 0x8000_0000;
    pub(in super::super) const CONNECT: u32 = 0x01;
    pub(in super::super) const TERMINATE: u32 = 0x02;
    pub(in super::super) const SUBMIT: u32 = 0x04;
    pub(in super::super) const DELIVER: u32 = 0x05;
    pub(in super::super) const CANCEL: u32 = 0x07;
    pub(in super::super) const ACTIVE_TEST: u32 = 0x08;
}

/// Which layouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V2,
    V3,
}

impl Version {
    /// Of CMPP_CONNECT: major in the upper four bits.
    const fn octet(self) -> u8 {
        match self {
            Self::V2 => 0x20,
            Self::V3 => 0x30,
        }
    }

    /// Of Fee_terminal_Id, Dest_terminal_Id and Src_terminal_Id.
    const fn terminal_length(self) -> usize {
        match self {
            Self::V2 => 21,
            Self::V3 => 32,
        }
    }

    /// Of the octet behind it that says what it is.
    const fn terminal_type(self) -> usize {
        match self {
            Self::V2 => 0,
            Self::V3 => 1,
        }
    }
}

/// One message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Pdu {
    pub(super) command: u32,
    pub(super) sequence: u32,
    pub(super) body: Bytes,
}

impl Pdu {
    /// Cuts the next message from what has come in; `None` until all of it is there, the length where it cannot be one.
    pub(super) fn cut(inbound: &mut BytesMut) -> Result<Option<Self>, u32> {
        let Some(mut pdu) = cut_frame(inbound, HEADER_LENGTH..=PDU_LIMIT)? else { return Ok(None) };
        let (command, sequence) = (pdu.get_u32(), pdu.get_u32());
        Ok(Some(Self { command, sequence, body: pdu }))
    }
}

/// CMPP_CONNECT, §8.4.1.1.
pub(super) struct Connect<'a> {
    pub(super) source_addr: &'a str,
    pub(super) proof: &'a Proof,
    pub(super) version: Version,
}

impl Connect<'_> {
    pub(super) fn write(&self, sequence: u32, to: &mut BytesMut) {
        write_pdu(to, command::CONNECT, sequence, |to| {
            put_octet_string(to, self.source_addr, 6);
            to.put_slice(&self.proof.authenticator);
            to.put_u8(self.version.octet());
            to.put_u32(self.proof.timestamp);
        });
    }
}

/// CMPP_CONNECT_RESP, §8.4.1.2.
pub(super) struct ConnectResp {
    pub(super) status: u32,
    /// As it came: its width tells the version, and the proof covers it.
    pub(super) status_octets: Vec<u8>,
    pub(super) authenticator: [u8; 16],
}

impl ConnectResp {
    /// Status has one octet in 2.0 and four in 3.0; what refuses may end after it. `None` where it is neither, or no status that
    /// anybody would give: another protocol's.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        const REST: usize = 16 + 1;
        let width = match body.len() {
            width @ (1 | 4) => width,
            length => length.checked_sub(REST).filter(|width| matches!(width, 1 | 4))?,
        };
        let (status, rest) = body.split_at_checked(width)?;
        const MOST: u32 = 0xffff;
        Some(Self {
            status: Some(number(status)).filter(|status| *status <= MOST)?,
            status_octets: status.to_vec(),
            authenticator: rest.first_chunk().copied().unwrap_or_default(),
        })
    }
}

/// CMPP_SUBMIT to one destination, §8.4.3.1.
pub(super) struct Submit<'a> {
    pub(super) version: Version,
    pub(super) part: Part<'a>,
    pub(super) coding: Coding,
    pub(super) registered_delivery: bool,
    pub(super) service_id: &'a str,
    pub(super) fee_user_type: u8,
    pub(super) fee_type: u8,
    pub(super) fee_code: u32,
    pub(super) msg_src: &'a str,
    pub(super) valid_time: &'a str,
    pub(super) src_id: &'a str,
    pub(super) destination: &'a str,
}

impl Submit<'_> {
    pub(super) fn write(&self, sequence: u32, to: &mut BytesMut) {
        let header = self.part.header();
        let (header, text) = (header.octets(), self.part.octets);
        let (pk_total, pk_number) = self.part.concatenation.map_or((1, 1), |which| (which.total, which.sequence));
        let terminal = self.version.terminal_length();
        write_pdu(to, command::SUBMIT, sequence, |to| {
            to.put_u64(0); // Msg_Id: the gateway's to give
            to.put_slice(&[pk_total, pk_number, u8::from(self.registered_delivery), 0]); // Msg_level
            put_octet_string(to, self.service_id, 10);
            to.put_u8(self.fee_user_type);
            put_octet_string(to, "", terminal); // Fee_terminal_Id
            to.put_bytes(0, self.version.terminal_type()); // Fee_terminal_type: 0, a real number
            to.put_slice(&[0, u8::from(!header.is_empty()), msg_fmt(self.coding)]); // TP_pId, TP_udhi
            put_octet_string(to, self.msg_src, 6);
            put_octet_string(to, &format!("{:02}", self.fee_type), 2);
            put_octet_string(to, &format!("{:06}", self.fee_code), 6);
            put_octet_string(to, self.valid_time, 17);
            put_octet_string(to, "", 17); // At_Time: at once
            put_octet_string(to, self.src_id, 21);
            to.put_u8(1); // DestUsr_tl
            put_octet_string(to, self.destination, terminal);
            to.put_bytes(0, self.version.terminal_type()); // Dest_terminal_type
            to.put_u8((header.len() + text.len()) as u8);
            to.put_slice(header);
            to.put_slice(text);
            to.put_bytes(0, reserve(self.version)); // Reserve; LinkID
        });
    }
}

/// CMPP_SUBMIT_RESP, §8.4.3.2: Result has one octet in 2.0 and four in 3.0.
pub(super) struct SubmitResp {
    pub(super) msg_id: u64,
    pub(super) result: u32,
}

impl SubmitResp {
    /// A body cut short is no success.
    pub(super) fn read(body: &[u8]) -> Self {
        match body.split_first_chunk::<8>() {
            Some((msg_id, result)) if !result.is_empty() => {
                Self { msg_id: u64::from_be_bytes(*msg_id), result: number(result) }
            }
            _ => Self { msg_id: 0, result: Status::STRUCTURE.0 },
        }
    }
}

/// CMPP_DELIVER, §8.4.5.1: a message from a subscriber, or a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deliver {
    pub(super) msg_id: u64,
    pub(super) dest_id: String,
    pub(super) tp_udhi: u8,
    pub(super) msg_fmt: u8,
    pub(super) src_terminal_id: String,
    pub(super) is_report: bool,
    pub(super) content: Vec<u8>,
}

impl Deliver {
    /// In the layout that its length fits, whatever was agreed: some gateways answer a login of one version and tell in the
    /// other. `None` where it ends before its content does.
    pub(super) fn read(agreed: Version, body: &[u8]) -> Option<(Version, Self)> {
        let other = if agreed == Version::V2 { Version::V3 } else { Version::V2 };
        let version = [agreed, other].into_iter().find(|version| Self::fits(*version, body)).unwrap_or(agreed);
        Some((version, Self::read_as(version, body)?))
    }

    /// Whether what stands in the place of Msg_Length is what is left.
    fn fits(version: Version, body: &[u8]) -> bool {
        let length_at = 8 + 21 + 10 + 3 + version.terminal_length() + version.terminal_type() + 1;
        let left = body.len().checked_sub(length_at + 1 + reserve(version));
        left.is_some() && body.get(length_at).map(|length| usize::from(*length)) == left
    }

    fn read_as(version: Version, body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let msg_id = fields.number()?;
        let dest_id = fields.octet_string(21)?;
        fields.take(10)?; // Service_Id
        let [_tp_pid, tp_udhi, msg_fmt] = *fields.take(3)?.first_chunk()?;
        let src_terminal_id = fields.octet_string(version.terminal_length())?;
        fields.take(version.terminal_type())?; // Src_terminal_type
        let [registered_delivery, length] = *fields.take(2)?.first_chunk()?;
        let content = fields.take(usize::from(length))?.to_vec();
        Some(Self { msg_id, dest_id, tp_udhi, msg_fmt, src_terminal_id, is_report: registered_delivery == 1, content })
    }
}

/// Reads a body field by field; `None` past its end.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(octets)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(*self.take(8)?.first_chunk()?))
    }

    /// Octet String, §8.2: filled up with zeros, by some with blanks.
    pub(super) fn octet_string(&mut self, width: usize) -> Option<String> {
        let octets = self.take(width)?;
        let text = octets.split(|octet| *octet == 0).next().unwrap_or_default();
        Some(String::from_utf8_lossy(text).trim().to_owned())
    }
}

/// CMPP_DELIVER_RESP, §8.4.5.2.
pub(super) fn write_deliver_resp(to: &mut BytesMut, version: Version, sequence: u32, msg_id: u64, result: Status) {
    write_pdu(to, command::DELIVER | command::RESPONSE, sequence, |to| {
        to.put_u64(msg_id);
        match version {
            Version::V2 => to.put_u8(result.0 as u8),
            Version::V3 => to.put_u32(result.0),
        }
    });
}

/// CMPP_CANCEL, §8.4.7.1.
pub(super) fn write_cancel(to: &mut BytesMut, sequence: u32, msg_id: u64) {
    write_pdu(to, command::CANCEL, sequence, |to| to.put_u64(msg_id));
}

/// Success_Id of CMPP_CANCEL_RESP, §8.4.7.2: one octet in 2.0 and four in 3.0; 0 says that it is done.
pub(super) fn is_cancelled(body: &[u8]) -> bool {
    !body.is_empty() && number(body) == 0
}

/// CMPP_ACTIVE_TEST_RESP, §8.4.9.2: one octet, reserved.
pub(super) fn write_active_test_resp(to: &mut BytesMut, sequence: u32) {
    write_pdu(to, command::ACTIVE_TEST | command::RESPONSE, sequence, |to| to.put_u8(0));
}

/// A message without a body: CMPP_ACTIVE_TEST, CMPP_TERMINATE and its answer.
pub(super) fn write_bare(to: &mut BytesMut, command: u32, sequence: u32) {
    write_pdu(to, command, sequence, |_| {});
}

fn write_pdu(to: &mut BytesMut, command: u32, sequence: u32, body: impl FnOnce(&mut BytesMut)) {
    write_frame(to, &[command, sequence], body);
}

/// Filled up with zeros, cut where it is too long.
fn put_octet_string(to: &mut BytesMut, text: &str, width: usize) {
    let octets = text.as_bytes().get(..width).unwrap_or(text.as_bytes());
    to.put_slice(octets);
    to.put_bytes(0, width - octets.len());
}

/// Reserve of 2.0, LinkID of 3.0.
const fn reserve(version: Version) -> usize {
    match version {
        Version::V2 => 8,
        Version::V3 => 20,
    }
}

/// Msg_Fmt, §8.4.3.1.
fn msg_fmt(coding: Coding) -> u8 {
    match coding {
        Coding::Gsm7 | Coding::Ascii => 0,
        Coding::Binary => 4,
        Coding::Ucs2 => 8,
    }
}

fn number(octets: &[u8]) -> u32 {
    octets.iter().take(4).fold(0, |value, octet| value << 8 | u32::from(*octet))
}

#[cfg(test)]
mod tests {
    use super::super::super::centre::{Alphabet, Short, Wanted};
    use super::*;
    use crate::offer::OfferId;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    fn wanted() -> Wanted {
        Wanted { alphabet: Alphabet::Ascii, whole: false }
    }

    fn submit(version: Version, short: &Short, index: usize) -> Vec<u8> {
        let mut out = BytesMut::new();
        let submit = Submit {
            version,
            part: short.part(index).unwrap(),
            coding: short.coding(),
            registered_delivery: true,
            service_id: "TOUCH",
            fee_user_type: 2,
            fee_type: 1,
            fee_code: 5,
            msg_src: "900001",
            valid_time: "261123003005032+",
            src_id: "10086",
            destination: "13900000005",
        };
        submit.write(9, &mut out);
        out.to_vec()
    }

    // The lengths of §8.4.3.1: 12 + 117 + 21 n + 1 + text + 8, and 12 + 129 + 32 n + 1 + 1 + text + 20.
    #[test]
    fn submissions_have_the_layout_of_their_version() {
        let short = Short::text(OfferId(0xa7), &"欢".repeat(71), wanted()).unwrap();
        let check = |version, length: usize, udhi_at: usize, content_at: usize| {
            let octets = submit(version, &short, 1);
            assert_eq!(octets.len(), length);
            assert_eq!(hex(&octets[..12]), format!("{length:08x}0000000400000009"));
            assert_eq!(hex(&octets[20..24]), "02020100", "Pk_total to Msg_level");
            assert_eq!(hex(&octets[udhi_at..udhi_at + 8]), format!("0108{}", hex(b"900001")));
            assert_eq!(hex(&octets[content_at..content_at + 15]), "0e050003a702026b226b226b226b22");
        };
        let text = 14;
        check(Version::V2, 12 + 117 + 21 + 1 + text + 8, 57, 12 + 117 + 21);
        check(Version::V3, 12 + 129 + 32 + 1 + 1 + text + 20, 69, 12 + 129 + 32 + 1);
    }

    #[test]
    fn ascii_goes_as_it_is() {
        let short = Short::text(OfferId(1), "abc @$_", wanted()).unwrap();
        let octets = submit(Version::V2, &short, 0);
        assert_eq!((octets[57], octets[58]), (0, 0));
        assert!(octets.ends_with(&[&[7][..], b"abc @$_", &[0; 8]].concat()));
    }

    #[test]
    fn answers_are_read_in_both_widths() {
        let check = |body: &[u8], msg_id, result| {
            let answer = SubmitResp::read(body);
            assert_eq!((answer.msg_id, answer.result), (msg_id, result));
        };
        check(&[0, 0, 0, 0, 0, 0, 1, 2, 8], 0x102, 8);
        check(&[0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 101], 0x102, 101);
        check(&[0, 0, 0, 0, 0, 0, 1, 2], 0, 1);
        check(&[], 0, 1);
        let connected = |body: &[u8]| ConnectResp::read(body).map(|read| (read.status, read.status_octets.len()));
        assert_eq!(connected(&[3; 18]), Some((3, 1)));
        assert_eq!(connected(&[&[0, 0, 0, 4][..], &[0; 17]].concat()), Some((4, 4)));
        assert_eq!(connected(&[2]), Some((2, 1)));
        assert_eq!(connected(&[0, 0, 0, 2]), Some((2, 4)));
        assert_eq!(connected(b"\0\0\0\x01smsc\0"), None);
        assert_eq!(connected(b""), None);
        assert_eq!(connected(b"9000"), None);
    }

    #[test]
    fn a_message_is_taken_back_by_its_name() {
        let mut out = BytesMut::new();
        write_cancel(&mut out, 9, 0x0123_4567_89ab_cdef);
        assert_eq!(hex(&out), "0000001400000007000000090123456789abcdef");
        let check = |body: &[u8], expected| assert_eq!(is_cancelled(body), expected, "{body:?}");
        check(&[0], true);
        check(&[0, 0, 0, 0], true);
        check(&[1], false);
        check(&[0, 0, 0, 1], false);
        check(&[], false);
    }

    #[test]
    fn deliveries_are_read_whole_or_not_at_all_in_whichever_layout_they_come() {
        let check = |version, terminal: usize| {
            let mut body = BytesMut::new();
            body.put_u64(77);
            put_octet_string(&mut body, "10086", 21);
            put_octet_string(&mut body, "TOUCH", 10);
            body.put_slice(&[0, 0, 8]);
            put_octet_string(&mut body, "8613900000005", terminal);
            body.put_bytes(0, usize::from(version == Version::V3));
            body.put_slice(&[0, 2, 0x90, 0x00]);
            let expected = Deliver {
                msg_id: 77,
                dest_id: "10086".to_owned(),
                tp_udhi: 0,
                msg_fmt: 8,
                src_terminal_id: "8613900000005".to_owned(),
                is_report: false,
                content: vec![0x90, 0x00],
            };
            assert_eq!(Deliver::read(version, &body), Some((version, expected.clone())), "without its reserve");
            (0..body.len()).for_each(|length| assert_eq!(Deliver::read_as(version, &body[..length]), None));
            body.put_bytes(0, reserve(version));
            for agreed in [Version::V2, Version::V3] {
                assert_eq!(Deliver::read(agreed, &body), Some((version, expected.clone())), "{agreed:?}");
            }
        };
        check(Version::V2, 21);
        check(Version::V3, 32);
    }

    #[test]
    fn messages_are_cut_wherever_the_stream_was_cut() {
        let mut stream = BytesMut::new();
        write_bare(&mut stream, command::ACTIVE_TEST, 7);
        write_active_test_resp(&mut stream, 8);
        write_deliver_resp(&mut stream, Version::V3, 9, 1, Status::OK);
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
        assert_eq!(Pdu::cut(&mut BytesMut::from(&b"HTTP/1.1 400"[..])), Err(0x4854_5450));
    }
}
