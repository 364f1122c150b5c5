//! An offer with all that is needed to send it, and how far it has come. What the outbox stores.

use std::sync::Arc;

use event::{Imsi, Number, Timestamp};
use rules::scenario::{DEFAULT_PRIORITY, Message, Purpose, Push};
use rules::{Reason, push, segments};

use super::channel::ReceiptState;
use super::{Acknowledgement, OfferId, Reaction};
use crate::window::octets::{Octets, put_signed, put_text, put_varint};
use crate::window::record::{put_number, read_number};

/// 1: no priority, no channel, no pushed address. 2: of a long text no name but the first segment's.
const OFFER_VERSION: u8 = 3;

/// An intent to send, whole: to be sent it needs nothing more of the scenario that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its identity.
    pub id: OfferId,
    /// The scenario's name.
    pub scenario: Arc<str>,
    /// The subscriber.
    pub imsi: Imsi,
    /// Event time of the trigger.
    pub at: Timestamp,
    /// Which input the trigger came from.
    pub input: u64,
    /// Place of the triggering event in that input, from 1.
    pub sequence: u64,
    /// Place among the decisions on that event, from 0.
    pub rank: u16,
    /// What it is for.
    pub purpose: Purpose,
    /// It is not sent later than this.
    pub expires: Timestamp,
    /// The text; of a pushed address the short message that stands in for it: its title, and the address.
    pub text: String,
    /// The address that is pushed; absent means a short message.
    pub push: Option<Pushed>,
    /// The channel that it asks for; absent means the one for its kind.
    pub channel: Option<String>,
    /// Its scenario's: the higher goes first; 0 to 100.
    pub priority: u8,
    /// The sender shown; absent means the channel's own.
    pub from: Option<String>,
    /// The number to send to, once it is known.
    pub to: Option<Number>,
    /// How far it has come.
    pub state: State,
    /// The channel's names of its segments after the first, in order.
    pub others: Vec<String>,
    /// Since when, in packet time. In a replay packet time stands still for an offer once it is decided.
    pub since: Timestamp,
    /// The message centre's last word, where one came.
    pub receipt: Option<ReceiptState>,
    /// What the phone said, where that was seen on the A interface.
    pub acknowledged: Option<Acknowledgement>,
    /// What the subscriber answered first, or yes where that came at all.
    pub reaction: Option<Reaction>,
}

/// An address that is pushed to the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// `http://…` or `https://…`.
    pub url: String,
    /// What the phone does with it.
    pub action: Push,
}

impl Pushed {
    /// Of a scenario's message, where it pushes one.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        match message {
            Message::WapPush { url, push, .. } => Some(Self { url: url.clone(), action: *push }),
            Message::Sms(_) => None,
        }
    }

    /// What stands before the address in the short message that stands in for it.
    pub(crate) fn title<'t>(&self, text: &'t str) -> &'t str {
        push::title(text, &self.url)
    }
}

/// How far an offer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The shard wants it; the arbiter has not decided.
    Proposed,
    /// Decided; waits for the channel.
    Queued,
    /// Handed to the channel, or about to be: whether the message centre has it is not known yet.
    Sending,
    /// Its channel took it, under this name: a message centre, a gateway, a server, a file.
    Accepted(String),
    /// Its channel refused it for good, or there is none, and why.
    Failed(String),
    /// The link or this process broke before the answer: never sent again.
    Unknown,
    /// Queued, but not sent before it expired.
    Expired,
    /// The arbiter withheld it.
    Withheld(Reason),
}

impl State {
    /// Snake case, as in reports and JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Accepted(_) => "accepted",
            Self::Failed(_) => "failed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Withheld(_) => "withheld",
        }
    }

    /// What people call it, in English and in Chinese.
    pub const fn names(&self) -> [&'static str; 2] {
        let chinese = match self {
            Self::Proposed | Self::Queued => "等待发送",
            Self::Sending => "正在发送",
            Self::Accepted(_) => "渠道已接收",
            Self::Failed(_) => "发送失败",
            Self::Unknown => "结果不明，不再重发",
            Self::Expired => "过了时效",
            Self::Withheld(_) => "未发送",
        };
        [self.name(), chinese]
    }

    /// Why nothing was sent, where that was our own doing: withheld by what is global, or too late.
    pub const fn withheld(&self) -> Option<Reason> {
        match self {
            Self::Withheld(reason) => Some(*reason),
            Self::Expired => Some(Reason::Expired),
            _ => None,
        }
    }

    /// Whether nothing more is to be done.
    pub const fn is_settled(&self) -> bool {
        !matches!(self, Self::Proposed | Self::Queued | Self::Sending)
    }
}

const HAS_FROM: u8 = 1 << 0;
const HAS_TO: u8 = 1 << 1;
const HAS_RECEIPT: u8 = 1 << 2;
const HAS_PUSH: u8 = 1 << 3;
const HAS_CHANNEL: u8 = 1 << 4;
const HAS_REACTION: u8 = 1 << 5;
const HAS_ACKNOWLEDGED: u8 = 1 << 6;
const HAS_OTHERS: u8 = 1 << 7;

const RECEIPTS: [ReceiptState; 6] = [
    ReceiptState::Delivered,
    ReceiptState::Unknown,
    ReceiptState::Expired,
    ReceiptState::Deleted,
    ReceiptState::Rejected,
    ReceiptState::Undeliverable,
];

const PUSHES: [Push; 2] = [Push::Indication, Push::Loading];

const PURPOSES: [Purpose; 3] = [Purpose::Service, Purpose::Marketing, Purpose::Location];

impl Offer {
    /// Whether it is sent again when nobody knows whether it was: information that the subscriber needs.
    pub(crate) fn is_service(&self) -> bool {
        self.purpose == Purpose::Service
    }

    /// How many short messages it takes: of a pushed address the parts of its datagram.
    pub fn parts(&self) -> u8 {
        match &self.push {
            Some(pushed) => push::parts(pushed.action, &pushed.url, pushed.title(&self.text)),
            None => segments::count(self.text.chars()),
        }
    }

    /// Whether a channel has taken it. One of which the channel does not know may be seen on its way to the phone.
    pub const fn is_sent(&self) -> bool {
        matches!(self.state, State::Accepted(_)) || self.is_acknowledged()
    }

    /// Whether the phone has taken it before our eyes.
    pub const fn is_acknowledged(&self) -> bool {
        matches!(self.acknowledged, Some(Acknowledgement { cause: None, .. }))
    }

    /// How it ended, where that is known. What the phone said that it has, it has, whatever a message centre says: that one
    /// may have missed the answer. A refusal of the phone's is no end, since message centres try again.
    pub const fn delivery(&self) -> Option<ReceiptState> {
        if self.is_acknowledged() { Some(ReceiptState::Delivered) } else { self.receipt }
    }

    /// Whether the subscriber has answered it with yes.
    pub fn is_answered_yes(&self) -> bool {
        self.reaction.is_some_and(|reaction| reaction.is_yes)
    }

    /// Of which kind it is, as channels are named that are for one kind.
    pub(crate) fn kind(&self) -> &'static str {
        if self.push.is_some() { "wap_push" } else { "sms" }
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        let flag = |flag: u8, present: bool| if present { flag } else { 0 };
        let flags = flag(HAS_FROM, self.from.is_some())
            | flag(HAS_TO, self.to.is_some())
            | flag(HAS_RECEIPT, self.receipt.is_some())
            | flag(HAS_PUSH, self.push.is_some())
            | flag(HAS_CHANNEL, self.channel.is_some())
            | flag(HAS_REACTION, self.reaction.is_some())
            | flag(HAS_ACKNOWLEDGED, self.acknowledged.is_some())
            | flag(HAS_OTHERS, !self.others.is_empty());
        out.extend_from_slice(&[OFFER_VERSION, flags, code(&PURPOSES, &self.purpose)]);
        out.extend_from_slice(&self.id.0.to_be_bytes());
        out.extend_from_slice(&self.imsi.to_bits().to_be_bytes());
        out.extend_from_slice(&self.input.to_be_bytes());
        put_varint(out, self.sequence);
        put_varint(out, u64::from(self.rank));
        [self.at, self.expires, self.since].iter().for_each(|at| put_signed(out, at.as_micros()));
        put_text(out, &self.scenario);
        put_text(out, &self.text);
        if let Some(from) = &self.from {
            put_text(out, from);
        }
        if let Some(to) = &self.to {
            put_number(out, to);
        }
        out.extend(self.receipt.map(|receipt| code(&RECEIPTS, &receipt)));
        out.push(self.priority);
        if let Some(push) = &self.push {
            out.push(code(&PUSHES, &push.action));
            put_text(out, &push.url);
        }
        if let Some(channel) = &self.channel {
            put_text(out, channel);
        }
        if let Some(Reaction { at, is_yes }) = self.reaction {
            put_signed(out, at.as_micros());
            out.push(u8::from(is_yes));
        }
        if let Some(Acknowledgement { at, cause }) = self.acknowledged {
            put_signed(out, at.as_micros());
            out.push(u8::from(cause.is_some()));
            out.extend(cause);
        }
        if !self.others.is_empty() {
            put_varint(out, self.others.len() as u64);
            self.others.iter().for_each(|name| put_text(out, name));
        }
        put_state(out, &self.state);
    }

    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let mut octets = Octets::new(octets);
        let version = octets.octet().filter(|version| (1..=OFFER_VERSION).contains(version))?;
        let flags = octets.octet()?;
        let has = |flag: u8| flags & flag != 0;
        let purpose = *PURPOSES.get(usize::from(octets.octet()?))?;
        let id = OfferId(u128::from_be_bytes(octets.fixed()?));
        let imsi = Imsi::from_bits(u64::from_be_bytes(octets.fixed()?))?;
        let input = u64::from_be_bytes(octets.fixed()?);
        let sequence = octets.varint()?;
        let rank = u16::try_from(octets.varint()?).ok()?;
        let mut time = || octets.signed().map(Timestamp::from_micros);
        let (at, expires, since) = (time()?, time()?, time()?);
        let scenario = octets.text()?.into();
        let text = octets.text()?.to_owned();
        let from = if has(HAS_FROM) { Some(octets.text()?.to_owned()) } else { None };
        let to = if has(HAS_TO) { Some(read_number(&mut octets)?) } else { None };
        let receipt = if has(HAS_RECEIPT) { Some(*RECEIPTS.get(usize::from(octets.octet()?))?) } else { None };
        let priority = if version > 1 { octets.octet()? } else { DEFAULT_PRIORITY };
        let push = if has(HAS_PUSH) { Some(read_push(&mut octets)?) } else { None };
        let channel = if has(HAS_CHANNEL) { Some(octets.text()?.to_owned()) } else { None };
        let reaction = if has(HAS_REACTION) { Some(read_reaction(&mut octets)?) } else { None };
        let acknowledged = if has(HAS_ACKNOWLEDGED) { Some(read_acknowledged(&mut octets)?) } else { None };
        let others = if has(HAS_OTHERS) { read_others(&mut octets)? } else { Vec::new() };
        let state = read_state(&mut octets)?;
        Some(Self {
            id,
            scenario,
            imsi,
            at,
            input,
            sequence,
            rank,
            purpose,
            expires,
            text,
            push,
            channel,
            priority,
            from,
            to,
            state,
            others,
            since,
            receipt,
            acknowledged,
            reaction,
        })
    }
}

fn read_reaction(octets: &mut Octets<'_>) -> Option<Reaction> {
    Some(Reaction { at: Timestamp::from_micros(octets.signed()?), is_yes: octets.octet()? != 0 })
}

fn read_acknowledged(octets: &mut Octets<'_>) -> Option<Acknowledgement> {
    let at = Timestamp::from_micros(octets.signed()?);
    let cause = if octets.octet()? != 0 { Some(octets.octet()?) } else { None };
    Some(Acknowledgement { at, cause })
}

fn read_others(octets: &mut Octets<'_>) -> Option<Vec<String>> {
    let count = octets.varint()?;
    (0..count).map(|_| Some(octets.text()?.to_owned())).collect()
}

fn read_push(octets: &mut Octets<'_>) -> Option<Pushed> {
    let action = *PUSHES.get(usize::from(octets.octet()?))?;
    Some(Pushed { url: octets.text()?.to_owned(), action })
}

fn code<T: PartialEq>(table: &[T], value: &T) -> u8 {
    table.iter().position(|entry| entry == value).map_or(u8::MAX, |index| index as u8)
}

fn put_state(out: &mut Vec<u8>, state: &State) {
    match state {
        State::Proposed => out.push(1),
        State::Queued => out.push(2),
        State::Sending => out.push(3),
        State::Accepted(message_id) => {
            out.push(4);
            put_text(out, message_id);
        }
        State::Failed(reason) => {
            out.push(5);
            put_text(out, reason);
        }
        State::Unknown => out.push(6),
        State::Expired => out.push(7),
        State::Withheld(reason) => out.extend_from_slice(&[8, reason.code()]),
    }
}

fn read_state(octets: &mut Octets<'_>) -> Option<State> {
    Some(match octets.octet()? {
        1 => State::Proposed,
        2 => State::Queued,
        3 => State::Sending,
        4 => State::Accepted(octets.text()?.to_owned()),
        5 => State::Failed(octets.text()?.to_owned()),
        6 => State::Unknown,
        7 => State::Expired,
        8 => State::Withheld(Reason::from_code(octets.octet()?)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_survive_in_every_state_and_no_part_of_one_is_an_offer() {
        let at = Timestamp::from_seconds(1_700_000_000);
        let bare = Offer {
            id: OfferId(77),
            scenario: "漫入欢迎".into(),
            imsi: "310260000000001".parse().unwrap(),
            at,
            input: 5,
            sequence: 9,
            rank: 1,
            purpose: Purpose::Service,
            expires: Timestamp::from_seconds(1_700_000_600),
            text: "欢迎".to_owned(),
            push: None,
            channel: None,
            priority: 70,
            from: None,
            to: None,
            state: State::Proposed,
            others: Vec::new(),
            since: at,
            receipt: None,
            acknowledged: None,
            reaction: None,
        };
        let full = Offer {
            from: Some("10086".to_owned()),
            to: "+8613900000005".parse().ok(),
            receipt: Some(ReceiptState::Undeliverable),
            purpose: Purpose::Location,
            push: Some(Pushed { url: "http://wap.example.cn/3g".to_owned(), action: Push::Loading }),
            channel: Some("hall".to_owned()),
            reaction: Some(Reaction { at, is_yes: true }),
            acknowledged: Some(Acknowledgement { at, cause: Some(22) }),
            others: ["0100".to_owned(), String::new()].to_vec(),
            ..bare.clone()
        };
        let states = [
            State::Proposed,
            State::Queued,
            State::Sending,
            State::Accepted("00ff".to_owned()),
            State::Failed("submit_sm refused".to_owned()),
            State::Unknown,
            State::Expired,
            State::Withheld(Reason::TotalReached),
        ];
        for state in states {
            for offer in [&bare, &full] {
                let offer = Offer { state: state.clone(), ..offer.clone() };
                let mut out = Vec::new();
                offer.put(&mut out);
                assert_eq!(Offer::read(&out), Some(offer));
                (0..out.len()).for_each(|length| assert_eq!(Offer::read(&out[..length]), None));
            }
        }
    }

    #[test]
    fn the_phones_word_that_it_has_a_message_counts_more_than_the_message_centres() {
        use ReceiptState::{Delivered, Expired};
        let check = |cause: Option<Option<u8>>, receipt, expected| {
            let acknowledged = cause.map(|cause| Acknowledgement { at: Timestamp::from_seconds(1), cause });
            let offer = Offer { acknowledged, receipt, ..crate::testing::offer(1) };
            assert_eq!(
                (offer.delivery(), offer.is_sent()),
                (expected, cause == Some(None)),
                "{acknowledged:?} {receipt:?}"
            );
        };
        check(None, None, None);
        check(None, Some(Expired), Some(Expired));
        check(Some(None), None, Some(Delivered));
        check(Some(None), Some(Expired), Some(Delivered));
        check(Some(Some(22)), None, None);
        check(Some(Some(22)), Some(Delivered), Some(Delivered));
    }

    #[test]
    fn offers_of_the_first_layout_are_read() {
        let (offer, mut old) = (crate::testing::offer(7), Vec::new());
        offer.put(&mut old);
        // The first layout had no priority, which stands just before the state.
        old[0] = 1;
        let priority = old.len() - 2;
        assert_eq!(old.remove(priority), DEFAULT_PRIORITY);
        assert_eq!(Offer::read(&old), Some(offer));
    }

    #[test]
    fn a_pushed_address_is_counted_as_it_is_sent() {
        let (url, text) = ("http://example.com/", format!("{} http://example.com/", "看".repeat(60)));
        let sms = Offer { text, ..crate::testing::offer(1) };
        let push = |action| Offer { push: Some(Pushed { url: url.to_owned(), action }), ..sms.clone() };
        assert_eq!((sms.parts(), push(Push::Loading).parts(), push(Push::Indication).parts()), (2, 1, 2));
    }
}
