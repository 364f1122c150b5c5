//! Delivery receipts: read from `deliver_sm` in the forms that message centres use (SMPP 3.4 Appendix B, §5.3.2.12,
//! §5.3.2.35), and matched to the offer. Names come back in another base, case or width than they were given in; the
//! subscriber's number must fit too, since a wrong match is worse than none.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::pdu::DeliverSm;
use crate::offer::OfferId;
use crate::offer::channel::ReceiptState;

/// Accepted segments that are remembered until their receipt comes; the oldest is forgotten first.
const REMEMBERED_LIMIT: usize = 100_000;
/// Receipts kept that came before the answer to their `submit_sm`; the oldest is forgotten first.
const EARLY_LIMIT: usize = 1_000;

/// `esm_class`, §5.2.12: bits 5 to 2 say what kind of message this is.
const ESM_CLASS_KIND: u8 = 0b0011_1100;
const DELIVERY_RECEIPT: u8 = 0b0000_0100;
const INTERMEDIATE_NOTIFICATION: u8 = 0b0010_0000;

/// What a `deliver_sm` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The last word on a message.
    Receipt(Receipt),
    /// A word that is not the last, or that cannot be read.
    Passing,
    /// A message from a subscriber.
    MobileOriginated,
}

/// The last word on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    message_id: String,
    /// The subscriber's, by the specification, then the sender's: some exchange them.
    numbers: [u32; 2],
    state: ReceiptState,
}

/// Tells a receipt from a message, and reads it.
pub(super) fn read(deliver: &DeliverSm) -> Delivery {
    match deliver.esm_class & ESM_CLASS_KIND {
        INTERMEDIATE_NOTIFICATION => return Delivery::Passing,
        DELIVERY_RECEIPT => {}
        _ if deliver.receipted_message_id.is_some() => {}
        _ => return Delivery::MobileOriginated,
    }
    let text = String::from_utf8_lossy(&deliver.text);
    let named = deliver.receipted_message_id.as_deref().or_else(|| field(&text, "id:"));
    let state = deliver.message_state.map_or_else(|| state_of_text(&text), state_of_code);
    match (named, state) {
        (Some(name), Some(state)) => Delivery::Receipt(Receipt {
            message_id: name.to_owned(),
            numbers: [last_digits(&deliver.source), last_digits(&deliver.destination)],
            state,
        }),
        _ => Delivery::Passing,
    }
}

/// `message_state`, §5.2.28; `None` where it is not the last.
fn state_of_code(code: u8) -> Option<ReceiptState> {
    match code {
        2 => Some(ReceiptState::Delivered),
        3 => Some(ReceiptState::Expired),
        4 => Some(ReceiptState::Deleted),
        5 => Some(ReceiptState::Undeliverable),
        7 => Some(ReceiptState::Unknown),
        8 => Some(ReceiptState::Rejected),
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

/// The word after `key`, whatever the case; the message's own text at the end is not looked at.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split_ascii_whitespace()
        .take_while(|word| !starts_with(word, "text:"))
        .find_map(|word| starts_with(word, key).then(|| word.get(key.len()..)).flatten())
        .filter(|value| !value.is_empty())
}

fn starts_with(word: &str, key: &str) -> bool {
    word.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key))
}

/// The last eight digits, as a number: what remains of a number whatever prefix it is written with.
pub(super) fn last_digits(number: &str) -> u32 {
    let digits = number.bytes().rev().filter(u8::is_ascii_digit).take(8);
    digits.enumerate().map(|(place, digit)| u32::from(digit - b'0') * 10_u32.pow(place as u32)).sum()
}

/// A segment as the message centre knows it: name in its plainest form, subscriber's last digits.
type Name = (Box<str>, u32);

/// Lower case, without leading zeros.
fn plain(message_id: &str) -> String {
    message_id.trim().trim_start_matches('0').to_ascii_lowercase()
}

/// The forms in which a name may have been given: as it came; as hexadecimal of what came in decimal; the reverse.
fn forms(message_id: &str) -> impl Iterator<Item = String> {
    let given = plain(message_id);
    let as_hexadecimal = given.parse::<u128>().ok().map(|value| format!("{value:x}"));
    let as_decimal = u128::from_str_radix(&given, 16).ok().map(|value| value.to_string());
    [Some(given), as_hexadecimal, as_decimal].into_iter().flatten()
}

/// An offer's segments that still lack a receipt.
struct Pending {
    missing: usize,
    worst: ReceiptState,
}

/// Accepted segments that wait for their receipts.
#[derive(Default)]
pub(super) struct Receipts {
    /// `None`: the message centre gave the name twice, so that it means nothing.
    segments: FxHashMap<Name, Option<OfferId>>,
    order: VecDeque<Name>,
    offers: FxHashMap<OfferId, Pending>,
    early: VecDeque<Receipt>,
}

/// What came of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// The last that an offer lacked.
    Offer(OfferId, ReceiptState),
    /// Others of the offer are still missing.
    Segment,
    /// No segment has this name, so far.
    Nothing,
}

impl Receipts {
    /// A segment was accepted. Gives the offer's end where all its receipts were there before.
    pub(super) fn expect(&mut self, id: OfferId, segments: usize, message_id: &str, to: &str) -> Option<Matched> {
        if message_id.is_empty() {
            return None;
        }
        self.forget_beyond_limit();
        let name: Name = (plain(message_id).into(), last_digits(to));
        if let Some(known) = self.segments.get_mut(&name) {
            let ambiguous = known.take();
            ambiguous.map(|id| self.offers.remove(&id));
            return None;
        }
        let number = name.1;
        self.order.push_back(name.clone());
        self.segments.insert(name, Some(id));
        self.offers.entry(id).or_insert(Pending { missing: segments, worst: ReceiptState::Delivered });
        self.early_receipt(number)
    }

    /// A receipt came; kept a while where it fits nothing, since some come before the answer to the `submit_sm`.
    pub(super) fn receive(&mut self, receipt: Receipt) -> Matched {
        let matched = self.match_up(&receipt);
        if matched == Matched::Nothing {
            if self.early.len() >= EARLY_LIMIT {
                self.early.pop_front();
                limit_reached("early_receipts");
            }
            self.early.push_back(receipt);
        }
        matched
    }

    fn early_receipt(&mut self, number: u32) -> Option<Matched> {
        for index in 0..self.early.len() {
            let receipt = self.early.get(index).filter(|receipt| receipt.numbers.contains(&number)).cloned();
            let matched = receipt.map_or(Matched::Nothing, |receipt| self.match_up(&receipt));
            if matched != Matched::Nothing {
                self.early.remove(index);
                return Some(matched);
            }
        }
        None
    }

    fn match_up(&mut self, receipt: &Receipt) -> Matched {
        let id = forms(&receipt.message_id)
            .flat_map(|form| receipt.numbers.map(|number| (form.clone().into_boxed_str(), number)))
            .find_map(|name| self.segments.get(&name).copied().flatten().map(|id| (name, id)));
        let Some((name, id)) = id else { return Matched::Nothing };
        self.segments.remove(&name);
        let Some(pending) = self.offers.get_mut(&id) else { return Matched::Segment };
        pending.missing = pending.missing.saturating_sub(1);
        pending.worst = pending.worst.max(receipt.state);
        if pending.missing > 0 {
            return Matched::Segment;
        }
        let state = pending.worst;
        self.offers.remove(&id);
        Matched::Offer(id, state)
    }

    fn forget_beyond_limit(&mut self) {
        while self.order.len() >= REMEMBERED_LIMIT {
            let Some(name) = self.order.pop_front() else { return };
            if let Some(Some(id)) = self.segments.remove(&name) {
                self.offers.remove(&id);
                limit_reached("receipts");
            }
        }
    }
}

fn limit_reached(table: &'static str) {
    metrics::counter!("touchpoint_smpp_limit_reached_total", "table" => table).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(message_id: &str, from: &str, state: ReceiptState) -> Receipt {
        Receipt { message_id: message_id.into(), numbers: [last_digits(from), last_digits("10086")], state }
    }

    #[test]
    fn receipts_are_read_in_the_forms_that_are_sent() {
        let check = |esm_class, text: &str, named: Option<&str>, code, expected: Option<(&str, ReceiptState)>| {
            let deliver = DeliverSm {
                source: "8613900000005".into(),
                destination: "10086".into(),
                esm_class,
                text: text.into(),
                receipted_message_id: named.map(str::to_owned),
                message_state: code,
            };
            let expected = expected
                .map_or(Delivery::Passing, |(id, state)| Delivery::Receipt(receipt(id, "+86 139 0000 0005", state)));
            assert_eq!(read(&deliver), expected, "{text}");
        };
        use ReceiptState::{Delivered, Expired, Rejected, Undeliverable};
        let whole =
            "id:0A1 sub:001 dlvrd:001 submit date:0907101200 done date:0907101201 stat:DELIVRD err:000 text:id:9";
        check(4, whole, None, None, Some(("0A1", Delivered)));
        check(4, "ID:7 STAT:undeliv", None, None, Some(("7", Undeliverable)));
        check(4, "id:7 dlvrd:001 text:stat:EXPIRED", None, None, Some(("7", Delivered)));
        check(4, "id:7 stat:ENROUTE", None, None, None);
        check(4, "stat:DELIVRD", None, None, None);
        check(4, "", None, None, None);
        check(0, "", Some("abc"), Some(3), Some(("abc", Expired)));
        check(4, "id:7 stat:DELIVRD", Some("8"), Some(8), Some(("8", Rejected)));
        check(4, "", Some("8"), Some(1), None);
        check(0x20, "id:7 stat:DELIVRD", None, None, None);
    }

    #[test]
    fn what_a_subscriber_writes_is_no_receipt() {
        let deliver = DeliverSm { text: b"id:7 stat:DELIVRD".into(), ..DeliverSm::default() };
        assert_eq!(read(&deliver), Delivery::MobileOriginated);
    }

    #[test]
    fn names_match_in_other_bases_cases_and_widths() {
        let check = |given: &str, came: &str, expected: bool| {
            let mut receipts = Receipts::default();
            assert_eq!(receipts.expect(OfferId(1), 1, given, "13900000005"), None);
            let matched = receipts.receive(receipt(came, "8613900000005", ReceiptState::Delivered));
            let offer = Matched::Offer(OfferId(1), ReceiptState::Delivered);
            assert_eq!(matched, if expected { offer } else { Matched::Nothing }, "{given} {came}");
        };
        check("1a2B", "1A2b", true);
        check("00001a2b", "1a2b", true);
        check("1a2b", "6699", true);
        check("6699", "1a2b", true);
        check("6699", "0000006699", true);
        check("msg-17", "msg-17", true);
        check("6699", "669a", false);
    }

    #[test]
    fn another_subscribers_receipt_does_not_match() {
        let mut receipts = Receipts::default();
        receipts.expect(OfferId(1), 1, "77", "13900000005");
        let other = receipt("77", "13900000006", ReceiptState::Delivered);
        assert_eq!(receipts.receive(other), Matched::Nothing);
    }

    #[test]
    fn the_last_segments_receipt_ends_the_offer_with_the_worst_state() {
        let mut receipts = Receipts::default();
        receipts.expect(OfferId(1), 2, "1", "13900000005");
        receipts.expect(OfferId(1), 2, "2", "13900000005");
        let failed = receipt("1", "13900000005", ReceiptState::Undeliverable);
        assert_eq!(receipts.receive(failed), Matched::Segment);
        let delivered = receipt("2", "13900000005", ReceiptState::Delivered);
        assert_eq!(receipts.receive(delivered.clone()), Matched::Offer(OfferId(1), ReceiptState::Undeliverable));
        assert_eq!(receipts.receive(delivered), Matched::Nothing);
    }

    #[test]
    fn a_receipt_before_the_answer_waits_for_it() {
        let mut receipts = Receipts::default();
        let early = receipt("5", "13900000005", ReceiptState::Delivered);
        assert_eq!(receipts.receive(early), Matched::Nothing);
        let ended = Some(Matched::Offer(OfferId(1), ReceiptState::Delivered));
        assert_eq!(receipts.expect(OfferId(1), 1, "5", "13900000005"), ended);
    }

    #[test]
    fn a_name_given_twice_to_one_subscriber_matches_nothing() {
        let mut receipts = Receipts::default();
        receipts.expect(OfferId(1), 1, "not_implemented", "13900000005");
        receipts.expect(OfferId(2), 1, "not_implemented", "13900000005");
        let came = receipt("not_implemented", "13900000005", ReceiptState::Delivered);
        assert_eq!(receipts.receive(came), Matched::Nothing);
    }

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let mut receipts = Receipts::default();
        for id in 0..=REMEMBERED_LIMIT as u128 {
            receipts.expect(OfferId(id), 1, &format!("x{id}"), "13900000005");
        }
        assert_eq!(receipts.order.len(), REMEMBERED_LIMIT);
        let came = |id: usize| receipt(&format!("x{id}"), "13900000005", ReceiptState::Delivered);
        assert_eq!(receipts.receive(came(0)), Matched::Nothing);
        let last = Matched::Offer(OfferId(REMEMBERED_LIMIT as u128), ReceiptState::Delivered);
        assert_eq!(receipts.receive(came(REMEMBERED_LIMIT)), last);
    }
}
