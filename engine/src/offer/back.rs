//! The way back: what subscribers answer, matched to the last offer that each got; who refuses is refused to from then on.

use std::collections::VecDeque;
use std::hash::Hasher;

use event::{Number, Timestamp};
use rules::scenario::Purpose;
use rustc_hash::{FxHashMap, FxHashSet};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::answer::{Keywords, Said};
use super::channel::Submission;
use super::consent::{Consent, Word, is_same, last_digits};
use super::{Offer, OfferId};

/// The most subscribers whose last offer is remembered; who got theirs first is forgotten first.
const RECENT_LIMIT: usize = 262_144;
/// The most confirmations that wait for their channel; more are not sent, and counted.
const REPLIES_LIMIT: usize = 10_000;
/// How long a confirmation makes sense.
const REPLY_VALIDITY_S: u64 = 3600;

/// What is needed to hear subscribers.
pub(crate) struct Back {
    consent: Option<Consent>,
    keywords: Keywords,
    recent: Recent,
    /// Refusals that hold and are not on the disk yet.
    words: Vec<Word>,
    replies: VecDeque<(usize, Submission)>,
    /// Confirmations on their way.
    replying: FxHashSet<OfferId>,
}

/// A message from a subscriber.
pub(crate) struct Incoming<'a> {
    pub(crate) track: usize,
    pub(crate) at: Timestamp,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) text: &'a str,
}

/// What came of a message.
pub(crate) struct Heard {
    pub(crate) said: Said,
    /// Time and identity of the offer that it answers: the last one to that subscriber, as long as it is kept.
    pub(crate) offer: Option<(Timestamp, OfferId)>,
}

impl Back {
    pub(crate) fn new(consent: Option<Consent>, keywords: Keywords) -> Self {
        let (replies, replying) = (VecDeque::new(), FxHashSet::default());
        Self { consent, keywords, recent: Recent::default(), words: Vec::new(), replies, replying }
    }

    /// Whether this subscriber has refused messages for this purpose.
    pub(crate) fn refuses(&self, to: &Number, purpose: Purpose) -> bool {
        self.consent.as_ref().is_some_and(|consent| consent.refuses(to, purpose))
    }

    /// An offer was taken by its channel.
    pub(crate) fn sent(&mut self, offer: &Offer) {
        if let Some(to) = offer.to {
            self.recent.insert(to, offer.at, offer.id);
        }
    }

    /// What is answered is none of these offers any more.
    pub(crate) fn forget(&mut self, offers: &FxHashSet<OfferId>) {
        self.recent.forget(offers);
    }

    /// Time and identity of the last offer to this subscriber.
    pub(crate) fn last(&self, to: &Number) -> Option<(Timestamp, OfferId)> {
        self.recent.find(to)
    }

    /// Hears what a subscriber says. A refusal holds at once, and stands in the ledger after [`Self::write_down`].
    pub(crate) fn hear(&mut self, incoming: &Incoming<'_>) -> Option<Heard> {
        let from = incoming.from.parse().ok()?;
        let said = self.keywords.read(incoming.text);
        if let Said::Stop(purpose) = said {
            self.refuse(from, purpose, incoming);
        }
        Some(Heard { said, offer: self.last(&from) })
    }

    fn refuse(&mut self, msisdn: Number, purpose: Option<Purpose>, incoming: &Incoming<'_>) {
        let word = Word {
            at: incoming.at,
            msisdn,
            purpose,
            agrees: false,
            source: format!("message to {}", incoming.to),
            proof: self.keywords.keyword(incoming.text),
        };
        if let Some(consent) = &mut self.consent {
            consent.remember(&word);
            self.words.push(word);
        }
        self.confirm(msisdn, incoming);
    }

    /// Writes the refusals heard since the last time, together.
    pub(crate) fn write_down(&mut self) {
        let written =
            self.consent.as_mut().filter(|_| !self.words.is_empty()).map(|consent| consent.write(&self.words));
        if let Some(Err(error)) = written {
            tracing::error!(%error, refusals = self.words.len(), "not on disk; they hold until this process ends");
        }
        self.words.clear();
    }

    fn confirm(&mut self, to: Number, incoming: &Incoming<'_>) {
        let Some(text) = self.keywords.confirmation.clone() else { return };
        if self.replies.len() >= REPLIES_LIMIT {
            metrics::counter!("touchpoint_replies_limit_reached_total").increment(1);
            return;
        }
        let submission = Submission {
            id: reply_id(&to, incoming.at),
            to,
            imsi: None,
            scenario: "confirmation".to_owned(),
            at: incoming.at,
            // From the number that was written to.
            from: Some(incoming.to.to_owned()).filter(|number| !number.is_empty()),
            text,
            push: None,
            validity_s: REPLY_VALIDITY_S,
            replaces: None,
        };
        self.replies.push_back((incoming.track, submission));
    }

    /// The next confirmation that its channel has room for. (It is sent once; what the channel refuses is not sent.)
    pub(crate) fn reply(&mut self, has_room: impl Fn(usize) -> bool) -> Option<(usize, Submission)> {
        let place = self.replies.iter().position(|(track, _)| has_room(*track))?;
        let (track, reply) = self.replies.remove(place)?;
        self.replying.insert(reply.id);
        Some((track, reply))
    }

    /// Whether a report is about a confirmation, which then has ended.
    pub(crate) fn is_reply(&mut self, id: OfferId) -> bool {
        self.replying.remove(&id)
    }

    /// Whether confirmations wait, or are on their way.
    pub(crate) fn is_replying(&self) -> bool {
        !self.replies.is_empty() || !self.replying.is_empty()
    }
}

/// No offer has it: offers are hashed with another key.
fn reply_id(to: &Number, at: Timestamp) -> OfferId {
    let mut hasher = SipHasher13::new_with_keys(0x636f_6e66_6972_6d61, 0x7469_6f6e_7265_706c);
    to.symbols().for_each(|symbol| hasher.write_u8(symbol));
    hasher.write_i64(at.as_micros());
    OfferId(hasher.finish128().as_u128())
}

/// The last offer that each subscriber got.
#[derive(Default)]
struct Recent {
    by_digits: FxHashMap<u32, Vec<(Number, Timestamp, OfferId)>>,
    order: VecDeque<(u32, OfferId)>,
}

impl Recent {
    fn insert(&mut self, to: Number, at: Timestamp, id: OfferId) {
        let digits = last_digits(&to);
        let offers = self.by_digits.entry(digits).or_default();
        offers.retain(|(known, _, _)| !is_same(known, &to));
        offers.push((to, at, id));
        self.order.push_back((digits, id));
        while self.order.len() > RECENT_LIMIT {
            let Some((digits, id)) = self.order.pop_front() else { return };
            if let Some(offers) = self.by_digits.get_mut(&digits) {
                offers.retain(|(_, _, known)| *known != id);
                if offers.is_empty() {
                    self.by_digits.remove(&digits);
                }
            }
        }
    }

    fn forget(&mut self, offers: &FxHashSet<OfferId>) {
        let is_one = |id: &OfferId| offers.contains(id);
        let digits: FxHashSet<u32> =
            self.order.iter().filter(|(_, id)| is_one(id)).map(|(digits, _)| *digits).collect();
        self.order.retain(|(_, id)| !is_one(id));
        for digits in digits {
            if let Some(known) = self.by_digits.get_mut(&digits) {
                known.retain(|(_, _, id)| !is_one(id));
                if known.is_empty() {
                    self.by_digits.remove(&digits);
                }
            }
        }
    }

    fn find(&self, from: &Number) -> Option<(Timestamp, OfferId)> {
        let offers = self.by_digits.get(&last_digits(from))?;
        offers.iter().find(|(known, _, _)| is_same(known, from)).map(|(_, at, id)| (*at, *id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::offer;

    fn back(folder: &std::path::Path) -> Back {
        let keywords = Keywords { confirmation: Some("OK".to_owned()), ..Keywords::default() };
        let mut back = Back::new(Some(Consent::open(&folder.join("consent.csv")).unwrap()), keywords);
        back.sent(&Offer { to: "+8613900000005".parse().ok(), ..offer(1) });
        back.sent(&Offer { to: "+8613900000005".parse().ok(), ..offer(2) });
        back.sent(&Offer { to: "+8613900000006".parse().ok(), ..offer(3) });
        back
    }

    fn hear(back: &mut Back, from: &str, text: &str) -> (Said, Option<u128>) {
        let incoming = Incoming { track: 0, at: offer(1).at, from, to: "10086", text };
        let heard = back.hear(&incoming).unwrap();
        (heard.said, heard.offer.map(|(_, id)| id.0))
    }

    #[test]
    fn an_answer_belongs_to_the_last_offer() {
        let folder = tempfile::tempdir().unwrap();
        let mut back = back(folder.path());
        assert_eq!(hear(&mut back, "8613900000005", "yes"), (Said::Yes, Some(2)));
        assert_eq!(hear(&mut back, "13900000006", "what?"), (Said::Other, Some(3)));
        assert_eq!(hear(&mut back, "13900000007", "yes"), (Said::Yes, None));
    }

    #[test]
    fn a_refusal_holds_at_once_and_is_confirmed_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut back = back(folder.path());
        let number: Number = "+8613900000005".parse().unwrap();
        assert!(!back.refuses(&number, Purpose::Marketing));
        hear(&mut back, "8613900000005", "TD");
        assert!(back.refuses(&number, Purpose::Marketing) && back.refuses(&number, Purpose::Location));
        assert!(!back.refuses(&number, Purpose::Service));
        assert!(back.reply(|_| false).is_none());
        let (track, reply) = back.reply(|track| track == 0).unwrap();
        assert_eq!((track, reply.text.as_str(), reply.from.as_deref()), (0, "OK", Some("10086")));
        assert!(back.is_replying() && back.is_reply(reply.id) && !back.is_reply(reply.id) && !back.is_replying());
    }

    #[test]
    fn refusals_heard_together_are_written_together_and_hold_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut back = back(folder.path());
        let rows = || std::fs::read_to_string(folder.path().join("consent.csv")).unwrap().lines().count() - 1;
        hear(&mut back, "8613900000005", "TD");
        hear(&mut back, "8613900000006", "STOP");
        assert_eq!(rows(), 0);
        assert!(back.refuses(&"13900000006".parse().unwrap(), Purpose::Marketing));
        back.write_down();
        back.write_down();
        assert_eq!(rows(), 2);
    }

    #[test]
    fn who_got_an_offer_first_is_forgotten_first() {
        let mut recent = Recent::default();
        let number = |n: usize| format!("+86139{n:08}").parse::<Number>().unwrap();
        for n in 0..=RECENT_LIMIT {
            recent.insert(number(n), offer(1).at, OfferId(n as u128));
        }
        assert_eq!(recent.order.len(), RECENT_LIMIT);
        assert_eq!(recent.find(&number(0)), None);
        assert!(recent.find(&number(1)).is_some());
    }
}
