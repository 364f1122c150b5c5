//! What a `deliver_sm` is: a receipt in one of the forms that message centres use (SMPP 3.4 Appendix B, §5.3.2.12,
//! §5.3.2.35), or a message from a subscriber.

use super::super::centre::Delivery;
use super::super::incoming;
use super::super::receipts::Receipt;
use super::pdu::DeliverSm;
use crate::offer::channel::ReceiptState;
use rules::segments;

/// `esm_class`, §5.2.12: bits 5 to 2 say what kind of message this is.
const ESM_CLASS_KIND: u8 = 0b0011_1100;
const DELIVERY_RECEIPT: u8 = 0b0000_0100;
const INTERMEDIATE_NOTIFICATION: u8 = 0b0010_0000;

/// Tells a receipt from a message, and reads it.
pub(super) fn read(deliver: &DeliverSm) -> Delivery {
    match deliver.esm_class & ESM_CLASS_KIND {
        INTERMEDIATE_NOTIFICATION => return Delivery::Passing,
        DELIVERY_RECEIPT => {}
        _ if deliver.receipted_message_id.is_some() => {}
        _ => return written(deliver),
    }
    let text = match deliver.data_coding {
        8 => segments::read_ucs2(&deliver.text),
        _ => String::from_utf8_lossy(&deliver.text).into_owned(),
    };
    let named = deliver.receipted_message_id.as_deref().or_else(|| field(&text, "id:"));
    let state = deliver.message_state.map_or_else(|| state_of_text(&text), state_of_code);
    match (named, state) {
        (Some(name), Some(state)) => {
            Delivery::Receipt(Receipt::new(name, [&deliver.source, &deliver.destination], state))
        }
        _ => Delivery::Passing,
    }
}

fn written(deliver: &DeliverSm) -> Delivery {
    const USER_DATA_HEADER: u8 = 0x40;
    let octets = incoming::beginning(&deliver.text, deliver.esm_class & USER_DATA_HEADER != 0);
    let octets = octets.filter(|_| deliver.segment.is_none_or(|segment| segment <= 1));
    let text = octets.and_then(|octets| match deliver.data_coding {
        0 | 1 | 3 => Some(segments::read_default(octets)),
        8 => Some(segments::read_ucs2(octets)),
        // Reserved; Chinese message centres say so what CMPP does.
        15 => Some(incoming::gb18030(octets)),
        _ => None,
    });
    Delivery::Incoming { from: deliver.source.clone(), to: deliver.destination.clone(), text }
}

/// `message_state`, §5.2.28; `None` where it is not the last.
pub(super) fn state_of_code(code: u8) -> Option<ReceiptState> {
    match code {
        2 => Some(ReceiptState::Delivered),
        3 => Some(ReceiptState::Expired),
        4 => Some(ReceiptState::Deleted),
        5 => Some(ReceiptState::Undeliverable),
        7 => Some(ReceiptState::Unknown),
        8 => Some(ReceiptState::Rejected),
        9 => Some(ReceiptState::Deleted), // skipped; SMPP 5.0 §4.7.15
        _ => None,
    }
}

/// Appendix B; where `stat` is missing, a delivered count that is not zero says it.
fn state_of_text(text: &str) -> Option<ReceiptState> {
    let Some(stat) = field(text, "stat:") else {
        let delivered = field(text, "dlvrd:")?.parse::<u32>().ok()?;
        return (delivered > 0).then_some(ReceiptState::Delivered);
    };
    const STATES: [(&str, ReceiptState); 6] = [
        ("DELIV", ReceiptState::Delivered),
        ("EXPIR", ReceiptState::Expired),
        ("DELET", ReceiptState::Deleted),
        ("UNDEL", ReceiptState::Undeliverable),
        ("UNKNO", ReceiptState::Unknown),
        ("REJEC", ReceiptState::Rejected),
    ];
    let stat = stat.to_ascii_uppercase();
    STATES.iter().find(|(word, _)| stat.starts_with(word)).map(|(_, state)| *state)
}

/// The word after `key`, whatever the case and with or without a space between; some put commas between fields. The message's
/// own text at the end is not looked at.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let is_gap = |octet: char| octet.is_ascii_whitespace() || matches!(octet, ',' | ';');
    let mut words = text.split(is_gap).filter(|word| !word.is_empty()).take_while(|word| !starts_with(word, "text:"));
    let value = words.find(|word| starts_with(word, key))?.get(key.len()..)?;
    if value.is_empty() { words.next().filter(|word| !word.contains(':')) } else { Some(value) }
}

fn starts_with(word: &str, key: &str) -> bool {
    word.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_read_in_the_forms_that_are_sent() {
        let check = |esm_class, text: &str, named: Option<&str>, code, expected: Option<(&str, ReceiptState)>| {
            let deliver = DeliverSm {
                source: "8613900000005".into(),
                destination: "10086".into(),
                esm_class,
                data_coding: 0,
                text: text.into(),
                receipted_message_id: named.map(str::to_owned),
                message_state: code,
                segment: None,
            };
            let expected = expected.map_or(Delivery::Passing, |(id, state)| {
                Delivery::Receipt(Receipt::new(id, ["+86 139 0000 0005", "10086"], state))
            });
            assert_eq!(read(&deliver), expected, "{text}");
        };
        use ReceiptState::{Delivered, Expired, Rejected, Undeliverable};
        let whole =
            "id:0A1 sub:001 dlvrd:001 submit date:0907101200 done date:0907101201 stat:DELIVRD err:000 text:id:9";
        check(4, whole, None, None, Some(("0A1", Delivered)));
        check(4, "ID:7 STAT:undeliv", None, None, Some(("7", Undeliverable)));
        check(4, "id:7 dlvrd:001 text:stat:EXPIRED", None, None, Some(("7", Delivered)));
        check(4, "id: 7 sub: 001 stat: UNDELIV err: 001", None, None, Some(("7", Undeliverable)));
        check(4, "id:7,sub:001;stat:EXPIRED,err:001", None, None, Some(("7", Expired)));
        check(4, "id: stat:DELIVRD", None, None, None);
        check(4, "id:7 stat:ENROUTE", None, None, None);
        check(4, "stat:DELIVRD", None, None, None);
        check(4, "", None, None, None);
        check(0, "", Some("abc"), Some(3), Some(("abc", Expired)));
        check(4, "id:7 stat:DELIVRD", Some("8"), Some(8), Some(("8", Rejected)));
        check(4, "", Some("8"), Some(1), None);
        check(0x20, "id:7 stat:DELIVRD", None, None, None);
    }

    #[test]
    fn what_a_subscriber_writes_is_a_message_in_its_coding() {
        let check = |esm_class, data_coding, text: &[u8], expected: Option<&str>| {
            let deliver = DeliverSm {
                source: "8613900000005".into(),
                destination: "10086".into(),
                esm_class,
                data_coding,
                text: text.to_vec(),
                ..DeliverSm::default()
            };
            let (from, to) = ("8613900000005".to_owned(), "10086".to_owned());
            assert_eq!(read(&deliver), Delivery::Incoming { from, to, text: expected.map(str::to_owned) });
        };
        check(0, 0, b"id:7 stat:DELIVRD", Some("id:7 stat:DELIVRD"));
        check(0, 0, b"\x1b\x65\x00", Some("\u{20ac}@"));
        check(0, 8, &[0x90, 0x00, 0x8b, 0xa2], Some("\u{9000}\u{8ba2}"));
        check(0x40, 8, &[5, 0, 3, 1, 2, 1, 0x90, 0x00], Some("\u{9000}"));
        check(0, 4, &[1, 2, 3], None);
        check(0, 15, &[0xcd, 0xcb, 0xb6, 0xa9], Some("\u{9000}\u{8ba2}"));
        check(0x40, 0, &[5, 0, 3, 1, 2, 2, b'T', b'D'], None);
    }
}
