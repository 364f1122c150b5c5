//! Delivery receipts matched to the offer. Names come back in another base, case or width than they were given in; the
//! subscriber's number must fit too, since a wrong match is worse than none.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::offer::OfferId;
use crate::offer::channel::ReceiptState;

/// Accepted segments whose receipt is waited for; the oldest is forgotten first.
const REMEMBERED_LIMIT: usize = 100_000;
/// Receipts kept that came before the answer to their `submit_sm`; the oldest is forgotten first.
const EARLY_LIMIT: usize = 1_000;

/// The last word on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    message_id: String,
    /// The subscriber's, by the specification, then the sender's: some exchange them.
    numbers: [u32; 2],
    state: ReceiptState,
}

impl Receipt {
    /// Of the message that the message centre gave this name, to one of these numbers.
    pub(super) fn new(message_id: &str, numbers: [&str; 2], state: ReceiptState) -> Self {
        Self { message_id: message_id.to_owned(), numbers: numbers.map(last_digits), state }
    }
}

/// The last eight digits, as a number: what remains of a number whatever prefix it is written with.
fn last_digits(number: &str) -> u32 {
    let digits = number.bytes().rev().filter(u8::is_ascii_digit).take(8);
    digits.enumerate().map(|(place, digit)| u32::from(digit - b'0') * 10_u32.pow(place as u32)).sum()
}

/// A segment as the message centre knows it: name in its plainest form, subscriber's last digits.
type Name = (Box<str>, u32);

/// Lower case, without leading zeros.
fn plain(message_id: &str) -> String {
    message_id.trim().trim_start_matches('0').to_ascii_lowercase()
}

/// In how many forms a name may have been given.
const FORMS: usize = 3;

/// The forms in which a name may have been given: as it came; as hexadecimal of what came in decimal; the reverse.
fn forms(message_id: &str) -> [Option<String>; FORMS] {
    let given = plain(message_id);
    let as_hexadecimal = given.parse::<u128>().ok().map(|value| format!("{value:x}"));
    let as_decimal = u128::from_str_radix(&given, 16).ok().map(|value| value.to_string());
    [Some(given), as_hexadecimal, as_decimal]
}

/// Which of several forms a message centre uses, by those of its names that could be read in one alone.
#[derive(Default)]
struct Usage([u64; FORMS]);

impl Usage {
    /// What a name may mean, in the form that is used most first.
    fn sort(&self, known: &mut [(usize, Name, Meaning)]) {
        known.sort_by_key(|(form, ..)| std::cmp::Reverse(self.0.get(*form).copied()));
    }

    fn learn(&mut self, form: usize, known: &[(usize, Name, Meaning)]) {
        if known.iter().all(|(other, ..)| *other == form) {
            self.0.get_mut(form).into_iter().for_each(|times| *times += 1);
        }
    }
}

/// An offer's segments that still lack a receipt.
struct Pending {
    missing: usize,
    worst: ReceiptState,
    /// Names of segments as they were given.
    names: Vec<Box<str>>,
}

/// What a name that the message centre has given means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// A segment of this offer, which waits for its receipt.
    Waiting(OfferId),
    /// Nothing: it was given twice.
    Ambiguous,
    /// A segment whose receipt has come. Remembered for a while, so that a second copy is not taken for an early receipt.
    Done,
}

/// Accepted segments that wait for their receipts.
#[derive(Default)]
pub(super) struct Receipts {
    segments: FxHashMap<Name, Meaning>,
    /// Of `segments`, how many wait.
    waiting: usize,
    order: VecDeque<Name>,
    offers: FxHashMap<OfferId, Pending>,
    early: VecDeque<Receipt>,
    usage: Usage,
}

/// What came of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// The last that an offer lacked.
    Offer(OfferId, ReceiptState),
    /// Others of the offer are still missing.
    Segment,
    /// One that needs none: it came before, or its name is another's too.
    Known,
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
        match self.segments.get_mut(&name) {
            Some(Meaning::Ambiguous) => return None,
            Some(known @ Meaning::Waiting(_)) => {
                if let Meaning::Waiting(id) = std::mem::replace(known, Meaning::Ambiguous) {
                    self.offers.remove(&id);
                }
                self.waiting -= 1;
                return None;
            }
            Some(Meaning::Done) | None => {}
        }
        let number = name.1;
        self.order.push_back(name.clone());
        self.segments.insert(name, Meaning::Waiting(id));
        self.waiting += 1;
        let new = || Pending { missing: segments, worst: ReceiptState::Delivered, names: Vec::with_capacity(segments) };
        self.offers.entry(id).or_insert_with(new).names.push(message_id.into());
        self.early_receipt(number)
    }

    /// The names of an offer's segments, as they were given, of which one lacks its receipt at least.
    pub(super) fn waiting(&self, id: OfferId) -> Vec<String> {
        self.offers.get(&id).into_iter().flat_map(|pending| &pending.names).map(|name| name.to_string()).collect()
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
        let mut index = 0;
        while let Some(receipt) = self.early.get(index) {
            let own = Some(receipt).filter(|receipt| receipt.numbers.contains(&number)).cloned();
            match own.map_or(Matched::Nothing, |receipt| self.match_up(&receipt)) {
                Matched::Nothing => index += 1,
                Matched::Known => _ = self.early.remove(index),
                matched => {
                    self.early.remove(index);
                    return Some(matched);
                }
            }
        }
        None
    }

    fn match_up(&mut self, receipt: &Receipt) -> Matched {
        let mut known: Vec<(usize, Name, Meaning)> = (0..)
            .zip(forms(&receipt.message_id))
            .filter_map(|(form, name)| Some((form, name?.into_boxed_str())))
            .flat_map(|(form, name)| receipt.numbers.map(|number| (form, (name.clone(), number))))
            .filter_map(|(form, name)| self.segments.get(&name).copied().map(|meaning| (form, name, meaning)))
            .collect();
        self.usage.sort(&mut known);
        let Some((form, name, meaning)) = known.first().cloned() else { return Matched::Nothing };
        let Meaning::Waiting(id) = meaning else { return Matched::Known };
        self.usage.learn(form, &known);
        self.segments.insert(name, Meaning::Done);
        self.waiting -= 1;
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
        if self.order.len() >= 2 * REMEMBERED_LIMIT {
            self.segments.retain(|_, meaning| matches!(meaning, Meaning::Waiting(_)));
            self.order.retain(|name| self.segments.contains_key(name));
        }
        while self.waiting >= REMEMBERED_LIMIT {
            let Some(name) = self.order.pop_front() else { return };
            if let Some(Meaning::Waiting(id)) = self.segments.remove(&name) {
                self.offers.remove(&id);
                self.waiting -= 1;
                limit_reached("receipts");
            }
        }
    }
}

fn limit_reached(table: &'static str) {
    metrics::counter!("touchpoint_centre_limit_reached_total", "table" => table).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(message_id: &str, from: &str, state: ReceiptState) -> Receipt {
        Receipt::new(message_id, [from, "10086"], state)
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
    fn where_a_name_means_two_messages_it_is_read_as_the_others_were() {
        let check = |given: [&str; 3], came: [&str; 3]| {
            let mut receipts = Receipts::default();
            (1..).zip(given).for_each(|(id, name)| _ = receipts.expect(OfferId(id), 1, name, "13900000005"));
            let matched = came.map(|name| receipts.receive(receipt(name, "13900000005", ReceiptState::Delivered)));
            assert_eq!(matched, [1, 2, 3].map(|id| Matched::Offer(OfferId(id), ReceiptState::Delivered)), "{came:?}");
            assert_eq!(receipts.receive(receipt(came[1], "13900000005", ReceiptState::Delivered)), Matched::Known);
        };
        check(["26", "16", "10"], ["1a", "10", "a"]);
        check(["1a", "10", "a"], ["26", "16", "10"]);
        check(["1a", "10", "16"], ["1a", "10", "16"]);
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
        assert_eq!(receipts.receive(delivered), Matched::Known);
    }

    #[test]
    fn an_offers_names_are_known_as_they_were_given_until_all_its_receipts_are_there() {
        let mut receipts = Receipts::default();
        ["00A1", "00A2"].iter().for_each(|name| _ = receipts.expect(OfferId(1), 2, name, "13900000005"));
        assert_eq!(receipts.waiting(OfferId(1)), ["00A1", "00A2"]);
        assert_eq!(receipts.waiting(OfferId(2)), [""; 0]);
        for name in ["a1", "a2"] {
            receipts.receive(receipt(name, "13900000005", ReceiptState::Delivered));
        }
        assert_eq!(receipts.waiting(OfferId(1)), [""; 0]);
    }

    #[test]
    fn second_copies_take_no_room_of_early_receipts() {
        let mut receipts = Receipts::default();
        let of = |id: usize| receipt(&format!("x{id}"), "13900000005", ReceiptState::Delivered);
        assert_eq!(receipts.receive(receipt("early", "13900000005", ReceiptState::Delivered)), Matched::Nothing);
        for id in 0..=EARLY_LIMIT {
            receipts.expect(OfferId(id as u128), 1, &format!("x{id}"), "13900000006");
            let came = Receipt::new(&format!("x{id}"), ["13900000006", ""], ReceiptState::Delivered);
            assert_eq!(receipts.receive(came.clone()), Matched::Offer(OfferId(id as u128), ReceiptState::Delivered));
            assert_eq!(receipts.receive(came), Matched::Known);
        }
        assert_eq!(receipts.receive(of(0)), Matched::Nothing, "of another subscriber");
        let ended = Some(Matched::Offer(OfferId(u128::MAX), ReceiptState::Delivered));
        assert_eq!(receipts.expect(OfferId(u128::MAX), 1, "early", "13900000005"), ended);
    }

    #[test]
    fn what_has_come_takes_no_room_of_what_waits() {
        let mut receipts = Receipts::default();
        receipts.expect(OfferId(0), 1, "first", "13900000005");
        for id in 1..=REMEMBERED_LIMIT as u128 {
            receipts.expect(OfferId(id), 1, &format!("x{id}"), "13900000005");
            receipts.receive(receipt(&format!("x{id}"), "13900000005", ReceiptState::Delivered));
        }
        let first = Matched::Offer(OfferId(0), ReceiptState::Delivered);
        assert_eq!(receipts.receive(receipt("first", "13900000005", ReceiptState::Delivered)), first);
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
    fn a_second_early_copy_hides_no_other() {
        let mut receipts = Receipts::default();
        for name in ["5", "5", "7"] {
            receipts.receive(receipt(name, "13900000005", ReceiptState::Delivered));
        }
        let ended = |id| Some(Matched::Offer(OfferId(id), ReceiptState::Delivered));
        assert_eq!(receipts.expect(OfferId(1), 1, "5", "13900000005"), ended(1));
        assert_eq!(receipts.expect(OfferId(2), 1, "7", "13900000005"), ended(2));
    }

    #[test]
    fn a_name_given_twice_to_one_subscriber_matches_nothing() {
        let mut receipts = Receipts::default();
        receipts.expect(OfferId(1), 1, "not_implemented", "13900000005");
        receipts.expect(OfferId(2), 1, "not_implemented", "13900000005");
        let came = receipt("not_implemented", "13900000005", ReceiptState::Delivered);
        assert_eq!(receipts.receive(came), Matched::Known);
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
