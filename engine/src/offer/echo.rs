//! Our own short messages as they come back on the A interface: which offer a phone's answer is about. A wrong guess is
//! worse than none: where more than one offer fits, none does.

use std::collections::VecDeque;
use std::time::Duration;

use event::{Binding, Direction, Event, Imsi, Kind, Number, Timestamp};
use rustc_hash::FxHashMap;

use super::consent::is_same;
use super::{Offer, OfferId};

/// The most offers to which phones may still answer; the oldest is forgotten first.
const ECHOES_LIMIT: usize = 65_536;
/// A message centre's clock is not the probe's, and a phone takes a moment to answer.
const GRACE: Duration = Duration::from_secs(60);

/// What the phone said to an offer's messages on the A interface: more than a message centre can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When, in packet time.
    pub at: Timestamp,
    /// RP-Cause of RP-ERROR, 3GPP TS 24.011 §8.2.5.4; absent where it has taken all of them: RP-ACK.
    pub cause: Option<u8>,
}

/// A phone's answer to one of our messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PhoneAnswer {
    /// Place among the events of the input.
    pub(crate) sequence: u64,
    pub(crate) imsi: Imsi,
    pub(crate) from: Number,
    pub(crate) said: Acknowledgement,
}

impl PhoneAnswer {
    /// What an event says of a message to this subscriber, whoever sent it; nothing where it is not certain whose phone it was.
    pub(crate) fn of(event: &Event, imsi: Imsi, sequence: u64) -> Option<Self> {
        let (from, cause) = match event.kind {
            Kind::Sms { direction: Direction::In, peer } => (peer?, None),
            Kind::SmsRejected { direction: Direction::In, peer, cause } => (peer?, Some(cause)),
            _ => return None,
        };
        let said = Acknowledgement { at: event.at, cause };
        (event.binding != Binding::Suspect).then_some(Self { sequence, imsi, from, said })
    }
}

/// An offer whose messages may come back.
struct Echo {
    id: OfferId,
    /// Event time of the trigger.
    at: Timestamp,
    from: Number,
    since: Timestamp,
    until: Timestamp,
    /// Messages that no phone has taken yet.
    missing: u8,
    said: Option<Acknowledgement>,
}

impl Echo {
    fn fits(&self, answer: &PhoneAnswer) -> bool {
        let is_ours = self.from == answer.from || is_same(&self.from, &answer.from);
        is_ours && self.missing > 0 && (self.since..=self.until).contains(&answer.said.at)
    }

    /// Tells whether that says something new of the offer: every message taken, or one of them refused.
    fn hear(&mut self, said: Acknowledgement) -> bool {
        self.missing -= u8::from(said.cause.is_none());
        let is_news = said.cause.is_some() || self.missing == 0;
        if is_news {
            self.said = Some(said);
        }
        is_news
    }
}

/// What came of a phone's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// Trigger's time and identity of the offer that it is the word on.
    Offer(Timestamp, OfferId),
    /// One of several messages of an offer.
    Part,
    /// No offer fits, or more than one.
    Nothing,
}

/// Offers to which phones may still answer.
#[derive(Default)]
pub(super) struct Echoes {
    by_subscriber: FxHashMap<Imsi, Vec<Echo>>,
    /// Also holds those that are forgotten since.
    order: VecDeque<(Imsi, OfferId)>,
}

impl Echoes {
    /// An offer goes out in short messages from this number, now at the earliest. What is known already stays.
    pub(super) fn expect(&mut self, offer: &Offer, from: Number) {
        let known = self.by_subscriber.get(&offer.imsi).into_iter().flatten();
        if known.into_iter().any(|echo| echo.id == offer.id) {
            return;
        }
        self.forget_beyond_limit();
        let Offer { id, imsi, at, since, .. } = *offer;
        let (until, missing) = (offer.expires + GRACE, offer.parts());
        self.order.push_back((imsi, id));
        self.by_subscriber.entry(imsi).or_default().push(Echo { id, at, from, since, until, missing, said: None });
    }

    /// A phone has answered.
    pub(super) fn hear(&mut self, answer: &PhoneAnswer) -> Matched {
        let echoes = self.by_subscriber.get_mut(&answer.imsi).into_iter().flatten();
        let mut fitting = echoes.filter(|echo| echo.fits(answer));
        let (Some(echo), None) = (fitting.next(), fitting.next()) else { return Matched::Nothing };
        if echo.hear(answer.said) { Matched::Offer(echo.at, echo.id) } else { Matched::Part }
    }

    /// What the phone has said to an offer so far.
    pub(super) fn said(&self, imsi: Imsi, id: OfferId) -> Option<Acknowledgement> {
        self.by_subscriber.get(&imsi)?.iter().find(|echo| echo.id == id)?.said
    }

    /// Nothing of this offer comes back any more.
    pub(super) fn forget(&mut self, imsi: Imsi, id: OfferId) {
        let Some(echoes) = self.by_subscriber.get_mut(&imsi) else { return };
        echoes.retain(|echo| echo.id != id);
        if echoes.is_empty() {
            self.by_subscriber.remove(&imsi);
        }
    }

    /// Nothing of any offer to the subscriber does.
    pub(super) fn forget_all(&mut self, imsi: Imsi) {
        self.by_subscriber.remove(&imsi);
        self.order.retain(|(known, _)| *known != imsi);
    }

    fn forget_beyond_limit(&mut self) {
        while self.order.len() >= ECHOES_LIMIT
            && let Some((imsi, id)) = self.order.pop_front()
        {
            self.forget(imsi, id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "1065712580";

    fn offer(id: u64, text: &str) -> Offer {
        Offer { text: text.to_owned(), ..crate::testing::offer(id) }
    }

    fn answer(from: &str, after_s: u64, cause: Option<u8>) -> PhoneAnswer {
        let (Offer { imsi, since, .. }, from) = (offer(1, ""), from.parse().unwrap());
        PhoneAnswer {
            sequence: 1,
            imsi,
            from,
            said: Acknowledgement { at: since + Duration::from_secs(after_s), cause },
        }
    }

    /// What comes of these answers where these offers wait.
    fn check(texts: &[&str], answers: &[PhoneAnswer], expected: &[Matched], said: Option<Option<u8>>) {
        let mut echoes = Echoes::default();
        for (id, text) in (1..).zip(texts) {
            echoes.expect(&offer(id, text), SOURCE.parse().unwrap());
        }
        let found: Vec<Matched> = answers.iter().map(|answer| echoes.hear(answer)).collect();
        assert_eq!(found, expected);
        assert_eq!(echoes.said(offer(1, "").imsi, OfferId(1)).map(|said| said.cause), said);
    }

    #[test]
    fn a_phones_answer_is_about_the_one_offer_that_fits() {
        let first = Matched::Offer(offer(1, "").at, OfferId(1));
        check(&["hi"], &[answer(SOURCE, 5, None)], &[first], Some(None));
        check(&["hi"], &[answer("+861065712580", 5, None)], &[first], Some(None));
        check(&["hi"], &[answer("1065712581", 5, None)], &[Matched::Nothing], None);
        check(&["hi"], &[PhoneAnswer { from: name("Shop"), ..answer(SOURCE, 5, None) }], &[Matched::Nothing], None);
        check(&["hi"], &[answer(SOURCE, 661, None)], &[Matched::Nothing], None);
        check(&["hi", "ho"], &[answer(SOURCE, 5, None)], &[Matched::Nothing], None);
        check(&["hi"], &[answer(SOURCE, 5, None), answer(SOURCE, 6, None)], &[first, Matched::Nothing], Some(None));
    }

    fn name(text: &str) -> Number {
        Number::name(text).unwrap()
    }

    #[test]
    fn a_sender_may_be_a_name() {
        let heard = |from: Number| {
            let mut echoes = Echoes::default();
            echoes.expect(&offer(1, "hi"), name("Shop"));
            echoes.hear(&PhoneAnswer { from, ..answer(SOURCE, 5, None) })
        };
        assert_eq!(heard(name("Shop")), Matched::Offer(offer(1, "").at, OfferId(1)));
        for other in [name("shop"), name("MyShop"), SOURCE.parse().unwrap()] {
            assert_eq!(heard(other), Matched::Nothing, "{other}");
        }
    }

    #[test]
    fn a_long_text_has_arrived_when_every_part_has() {
        let first = Matched::Offer(offer(1, "").at, OfferId(1));
        let long = "x".repeat(161);
        check(&[&long], &[answer(SOURCE, 5, None)], &[Matched::Part], None);
        check(&[&long], &[answer(SOURCE, 5, None), answer(SOURCE, 8, None)], &[Matched::Part, first], Some(None));
    }

    #[test]
    fn a_phone_that_refused_may_take_it_later() {
        let first = Matched::Offer(offer(1, "").at, OfferId(1));
        check(&["hi"], &[answer(SOURCE, 5, Some(22))], &[first], Some(Some(22)));
        check(&["hi"], &[answer(SOURCE, 5, Some(22)), answer(SOURCE, 60, None)], &[first, first], Some(None));
    }

    #[test]
    fn who_is_not_certain_to_be_meant_has_answered_nothing() {
        let event = crate::testing::random_event(&mut crate::testing::Random::new(1), offer(1, "").imsi);
        let heard = |direction, binding| {
            let kind = Kind::Sms { direction, peer: SOURCE.parse().ok() };
            PhoneAnswer::of(&Event { kind, binding, ..event }, offer(1, "").imsi, 7).map(|answer| answer.sequence)
        };
        assert_eq!(heard(Direction::In, Binding::Mapped), Some(7));
        assert_eq!(heard(Direction::In, Binding::Suspect), None);
        assert_eq!(heard(Direction::Out, Binding::Mapped), None);
    }

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let mut echoes = Echoes::default();
        for id in 0..=ECHOES_LIMIT as u64 {
            let imsi = format!("46000{id:010}").parse().unwrap();
            echoes.expect(&Offer { imsi, ..offer(id, "hi") }, SOURCE.parse().unwrap());
        }
        assert_eq!((echoes.by_subscriber.len(), echoes.order.len()), (ECHOES_LIMIT, ECHOES_LIMIT));
        assert!(!echoes.by_subscriber.contains_key(&"460000000000000".parse().unwrap()));
    }
}
