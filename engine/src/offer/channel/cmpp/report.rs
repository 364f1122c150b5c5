//! What a CMPP_DELIVER is: a report on a message (§8.4.5.1, table of Msg_Content), or a message from a subscriber.

use super::super::centre::Delivery;
use super::super::incoming;
use super::super::receipts::Receipt;
use super::pdu::{Deliver, Fields};
use crate::offer::channel::ReceiptState;
use rules::segments;

/// Msg_Id as a name.
pub(super) fn name(msg_id: u64) -> String {
    format!("{msg_id:016x}")
}

/// The Msg_Id that a name stands for.
pub(super) fn msg_id(name: &str) -> Option<u64> {
    u64::from_str_radix(name, 16).ok()
}

/// Tells a report from a message, and reads it.
pub(super) fn read(deliver: &Deliver) -> Delivery {
    if deliver.is_report { read_report(&deliver.content).unwrap_or(Delivery::Passing) } else { written(deliver) }
}

/// Msg_Id, Stat, Submit_time, Done_time, Dest_terminal_Id, SMSC_sequence: 60 octets in 2.0, 71 in 3.0, where some
/// gateways keep the 60.
fn read_report(content: &[u8]) -> Option<Delivery> {
    const FIXED: usize = 8 + 7 + 10 + 10 + 4;
    let mut fields = Fields(content);
    let msg_id = fields.number()?;
    let state = state(&fields.octet_string(7)?)?;
    fields.take(20)?; // Submit_time, Done_time
    let destination = fields.octet_string(content.len().checked_sub(FIXED)?)?;
    Some(Delivery::Receipt(Receipt::new(&name(msg_id), [&destination, ""], state)))
}

/// Stat; `None` where it is not the last word. Vendors' codes (`MA:0001`) all say that it was not delivered.
fn state(stat: &str) -> Option<ReceiptState> {
    match stat {
        "DELIVRD" => Some(ReceiptState::Delivered),
        "EXPIRED" => Some(ReceiptState::Expired),
        "DELETED" => Some(ReceiptState::Deleted),
        "UNDELIV" => Some(ReceiptState::Undeliverable),
        "UNKNOWN" => Some(ReceiptState::Unknown),
        "REJECTD" => Some(ReceiptState::Rejected),
        "ACCEPTD" => None,
        vendor => vendor.contains(':').then_some(ReceiptState::Undeliverable),
    }
}

fn written(deliver: &Deliver) -> Delivery {
    let octets = incoming::beginning(&deliver.content, deliver.tp_udhi != 0);
    let text = octets.and_then(|octets| match deliver.msg_fmt {
        0 => Some(String::from_utf8_lossy(octets).into_owned()),
        8 => Some(segments::read_ucs2(octets)),
        15 => Some(incoming::gb18030(octets)),
        _ => None,
    });
    Delivery::Incoming { from: deliver.src_terminal_id.clone(), to: deliver.dest_id.clone(), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliver(is_report: bool, msg_fmt: u8, content: &[u8]) -> Deliver {
        Deliver {
            msg_id: 1,
            dest_id: "10086".to_owned(),
            tp_udhi: 0,
            msg_fmt,
            src_terminal_id: "13900000005".to_owned(),
            is_report,
            content: content.to_vec(),
        }
    }

    fn report(stat: &str, width: usize) -> Vec<u8> {
        let mut content = 0x1234_u64.to_be_bytes().to_vec();
        content.extend(stat.bytes());
        content.extend([b'0'; 20]);
        content.extend(b"13900000005");
        content.resize(35 + width, 0);
        content.extend([0; 4]);
        content
    }

    #[test]
    fn reports_are_read_in_both_lengths() {
        let check = |stat: &str, expected: Option<ReceiptState>| {
            for width in [21, 32] {
                let content = report(stat, width);
                let receipt = |state| Delivery::Receipt(Receipt::new("0000000000001234", ["13900000005", ""], state));
                assert_eq!(read(&deliver(true, 0, &content)), expected.map_or(Delivery::Passing, receipt), "{stat}");
                for length in 0..39 {
                    assert_eq!(read(&deliver(true, 0, &content[..length])), Delivery::Passing);
                }
            }
        };
        check("DELIVRD", Some(ReceiptState::Delivered));
        check("UNDELIV", Some(ReceiptState::Undeliverable));
        check("MA:0054", Some(ReceiptState::Undeliverable));
        check("ACCEPTD", None);
        check("RETRYNG", None);
    }

    #[test]
    fn what_a_subscriber_writes_is_read_in_its_format() {
        let check = |msg_fmt, content: &[u8], expected: Option<&str>| {
            let (from, to) = ("13900000005".to_owned(), "10086".to_owned());
            let expected = Delivery::Incoming { from, to, text: expected.map(str::to_owned) };
            assert_eq!(read(&deliver(false, msg_fmt, content)), expected);
        };
        check(0, b"TD", Some("TD"));
        check(8, &[0x90, 0x00, 0x8b, 0xa2], Some("退订"));
        check(15, &[0xcd, 0xcb, 0xb6, 0xa9], Some("退订"));
        check(4, &[1], None);
    }
}
