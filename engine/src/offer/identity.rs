//! Which offer: a keyed hash of what caused it.

use std::fmt;
use std::hash::Hasher;

use event::{Imsi, Timestamp};
use siphasher::sip128::{Hasher128, SipHasher13};

// Fixed for ever: another key would let a replay send again what was sent.
const OFFER_KEY: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_206f_6666_6572);

/// The identity of an offer: derived from scenario, subscriber and triggering event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(pub u128);

impl OfferId {
    /// Of the scenario with this name, for an event of this kind (its stored code) at this time.
    pub(crate) fn derive(scenario: &str, imsi: Imsi, at: Timestamp, kind: u8) -> Self {
        let mut hasher = SipHasher13::new_with_keys(OFFER_KEY.0, OFFER_KEY.1);
        hasher.write_u64(imsi.to_bits());
        hasher.write_i64(at.as_micros());
        hasher.write_u8(kind);
        hasher.write(scenario.as_bytes());
        Self(hasher.finish128().as_u128())
    }

    /// The concatenation reference of its message: the same on every attempt, so that a repeated segment completes the same
    /// message (3GPP TS 23.040 §9.2.3.24.1).
    pub(crate) fn reference(self) -> u8 {
        self.0.to_be_bytes().into_iter().fold(0, |folded, octet| folded ^ octet)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_differ_in_every_part_and_never_change() {
        let at = Timestamp::from_seconds(1_700_000_000);
        let later = Timestamp::from_seconds(1_700_000_001);
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let other: Imsi = "460001234567891".parse().unwrap();
        let id = OfferId::derive("wanda", imsi, at, 1);
        for different in [
            OfferId::derive("wandb", imsi, at, 1),
            OfferId::derive("wanda", other, at, 1),
            OfferId::derive("wanda", imsi, later, 1),
            OfferId::derive("wanda", imsi, at, 2),
        ] {
            assert_ne!(id, different);
        }
        // Stored: a change here would send again what was sent.
        assert_eq!(id.to_string(), "d281a6e672348176603cdbd9d123dfd5");
    }

    #[test]
    fn the_reference_of_its_message_does_not_change() {
        assert_eq!(OfferId(0x8100_0000_0000_0000_0000_0000_0000_1004).reference(), 0x95);
    }
}
