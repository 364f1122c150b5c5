//! Control groups and samples: who never receives an offer and who alone does, by keyed hashes and so always the same
//! people.

use std::hash::Hasher;

use event::Imsi;
use siphasher::sip::SipHasher24;

use crate::scenario::{Scenario, Send, Variant};

// Keys, not secrets: they only keep the uses independent of each other. A change moves people between groups.
const SCENARIO_NAME: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_3a6e_616d_6531);
const SCENARIO_CONTROL: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_3a63_7472_6c31);
const UNIVERSAL_CONTROL: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_3a75_6e69_7631);
const SAMPLE: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_3a73_616d_7031);
const VARIANT: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_3a76_6172_6931);

/// Hundredths of a percent in a whole.
const WHOLE: u64 = 10_000;

/// A hash of a scenario's name that stays the same for ever: what stored contacts know the scenario by.
pub fn scenario_hash(name: &str) -> u64 {
    hash(SCENARIO_NAME, &[name.as_bytes()])
}

/// Whether the subscriber receives no marketing at all. `share` is in hundredths of a percent.
pub(super) fn in_universal_control(imsi: Imsi, share: u16) -> bool {
    hash(UNIVERSAL_CONTROL, &[&imsi.to_bits().to_le_bytes()]) % WHOLE < u64::from(share)
}

/// Whether the subscriber never receives this scenario's offer. `share` is in hundredths of a percent.
pub(super) fn in_control(imsi: Imsi, scenario: &str, share: u16) -> bool {
    hash(SCENARIO_CONTROL, &[&imsi.to_bits().to_le_bytes(), scenario.as_bytes()]) % WHOLE < u64::from(share)
}

/// Whether the subscriber is one of the share that alone may receive this scenario's offer, in hundredths of a percent.
pub(super) fn in_sample(imsi: Imsi, scenario: &str, share: u16) -> bool {
    hash(SAMPLE, &[&imsi.to_bits().to_le_bytes(), scenario.as_bytes()]) % WHOLE < u64::from(share)
}

impl Scenario {
    /// Which of its variants the subscriber gets, always the same one, and its place among them. `None` where it has none.
    pub fn variant_of(&self, imsi: Imsi) -> Option<(u8, &Variant)> {
        if self.variants.is_empty() {
            return None;
        }
        let place = hash(VARIANT, &[&imsi.to_bits().to_le_bytes(), self.name.as_bytes()]) % WHOLE;
        let mut upto = 0;
        (0..).zip(&self.variants).find(|(_, variant)| {
            upto += u64::from(variant.share);
            place < upto
        })
    }

    /// What the subscriber is sent.
    pub fn send_to(&self, imsi: Imsi) -> &Send {
        self.variant_of(imsi).map_or(&self.send, |(_, variant)| &variant.send)
    }
}

fn hash((key_0, key_1): (u64, u64), parts: &[&[u8]]) -> u64 {
    let mut hasher = SipHasher24::new_with_keys(key_0, key_1);
    parts.iter().for_each(|part| hasher.write(part));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscribers() -> impl Iterator<Item = Imsi> {
        (0..10_000_u64).map(|number| format!("46000{number:010}").parse().unwrap())
    }

    #[test]
    fn names_hash_as_siphash_2_4_for_ever() {
        assert_eq!(scenario_hash("wanda"), 5_015_834_749_943_968_474);
        assert_ne!(scenario_hash("wanda"), scenario_hash("wandb"));
    }

    #[test]
    fn variants_have_their_shares_and_keep_their_subscribers() {
        let variant = |name: &str, share| Variant { name: name.into(), share, send: Send::sms(name) };
        let trigger = crate::scenario::Trigger::Seen;
        let mut scenario = Scenario::new("one", crate::scenario::Purpose::Marketing, trigger, Send::sms(""));
        assert!(scenario.variant_of("460001234567890".parse().unwrap()).is_none());
        scenario.variants = vec![variant("a", 2000), variant("b", 0), variant("c", 8000)];
        let places = |scenario: &Scenario| -> Vec<u8> {
            subscribers().map(|imsi| scenario.variant_of(imsi).unwrap().0).collect()
        };
        let before = places(&scenario);
        let count = |wanted: u8| before.iter().filter(|place| **place == wanted).count();
        assert!((1900..2100).contains(&count(0)) && count(1) == 0, "{} {}", count(0), count(1));
        // Whoever had the first keeps it when its share grows.
        (scenario.variants[0].share, scenario.variants[2].share) = (4000, 6000);
        assert!(before.iter().zip(places(&scenario)).all(|(before, after)| *before != 0 || after == 0));
    }

    #[test]
    fn groups_have_their_share_and_are_independent() {
        let count = |is_in: &dyn Fn(Imsi) -> bool| subscribers().filter(|imsi| is_in(*imsi)).count();
        let universal = |imsi| in_universal_control(imsi, 1000);
        let one = |imsi| in_control(imsi, "one", 1000);
        let two = |imsi| in_control(imsi, "two", 1000);
        let sampled = |imsi| in_sample(imsi, "one", 1000);
        for size in [count(&universal), count(&one), count(&two), count(&sampled)] {
            assert!((900..1100).contains(&size), "{size}");
        }
        for shared in [count(&|imsi| universal(imsi) && one(imsi)), count(&|imsi| one(imsi) && two(imsi))]
            .into_iter()
            .chain([count(&|imsi| one(imsi) && sampled(imsi))])
        {
            assert!((60..150).contains(&shared), "{shared}");
        }
        assert_eq!(count(&|imsi| in_control(imsi, "one", 0)), 0);
        assert_eq!(count(&|imsi| in_control(imsi, "one", 10_000)), 10_000);
    }
}
