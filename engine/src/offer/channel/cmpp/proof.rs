//! Who knows the shared secret: AuthenticatorSource and AuthenticatorISMG, §8.4.1.1.

use event::Timestamp;
use md5::{Digest, Md5};

use super::pdu::ConnectResp;

/// What we proved ourselves with.
#[derive(Clone, Debug, Default)]
pub(super) struct Proof {
    pub(super) authenticator: [u8; 16],
    /// MMDDHHMMSS as a number.
    pub(super) timestamp: u32,
}

impl Proof {
    /// MD5 of Source_Addr, nine zeros, the secret, and the time in ten digits. (Any time serves: the gateway takes ours.)
    pub(super) fn new(source_addr: &str, secret: &str, now: Timestamp) -> Self {
        let now = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or_default();
        let timestamp: u32 = now.strftime("%m%d%H%M%S").to_string().parse().unwrap_or(0);
        let mut hash = Md5::new();
        hash.update(padded(source_addr));
        hash.update([0; 9]);
        hash.update(secret);
        hash.update(format!("{timestamp:010}"));
        Self { authenticator: hash.finalize().into(), timestamp }
    }

    /// Whether a gateway that says yes proves that it knows the secret: MD5 of its status, our proof, and the secret.
    pub(super) fn is_answered_by(&self, secret: &str, answer: &ConnectResp) -> bool {
        let mut hash = Md5::new();
        hash.update(&answer.status_octets);
        hash.update(self.authenticator);
        hash.update(secret);
        let expected: [u8; 16] = hash.finalize().into();
        expected == answer.authenticator
    }
}

/// Source_Addr has six octets, and is shorter where it is shorter.
fn padded(source_addr: &str) -> [u8; 6] {
    let mut octets = [0; 6];
    octets.iter_mut().zip(source_addr.bytes()).for_each(|(to, from)| *to = from);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_a_hash_of_who_and_what_and_when() {
        let proof = Proof::new("900001", "888888", "2026-01-02T03:04:05Z".parse().unwrap());
        assert_eq!(proof.timestamp, 102_030_405);
        // By `printf '900001\0\0\0\0\0\0\0\0\08888880102030405' | md5sum`.
        let hex: String = proof.authenticator.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, "3b7bba56a8c1d885b7d43d3f6d82cb94");
        let answer = |secret: &str, status_octets: Vec<u8>| {
            let mut hash = Md5::new();
            hash.update(&status_octets);
            hash.update(proof.authenticator);
            hash.update(secret);
            ConnectResp { status: 0, status_octets, authenticator: hash.finalize().into() }
        };
        assert!(proof.is_answered_by("888888", &answer("888888", vec![0])));
        assert!(proof.is_answered_by("888888", &answer("888888", vec![0; 4])));
        assert!(!proof.is_answered_by("888888", &answer("888889", vec![0])));
    }
}
