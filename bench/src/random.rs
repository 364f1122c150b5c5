//! The one source of chance: xoshiro256++ seeded through SplitMix64, both public domain algorithms (Blackman and Vigna).
//! Fixed here, so that a seed gives the same capture for ever.

use std::time::Duration;

/// A deterministic stream of random values.
#[derive(Clone, Debug)]
pub struct Random([u64; 4]);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| split_mix(&mut state)))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let [mut a, mut b, mut c, mut d] = self.0;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let t = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = d.rotate_left(45);
        self.0 = [a, b, c, d];
        result
    }

    /// Random octets.
    pub fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        for chunk in octets.chunks_mut(8) {
            let bits = self.bits().to_le_bytes();
            chunk.iter_mut().zip(bits).for_each(|(octet, random)| *octet = random);
        }
        octets
    }

    /// A value from 0 to `bound` − 1; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // Lemire's multiplication; its bias is below 2⁻³² for every bound used here.
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A value from `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// From 0 up to, but not, 1.
    pub fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of these; `None` of none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len() as u64) as usize)
    }

    /// One of these by weight.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u32, T)], otherwise: T) -> T {
        let total: u32 = choices.iter().map(|(weight, _)| weight).sum();
        let mut rest = self.below(u64::from(total)) as u32;
        for (weight, choice) in choices {
            if rest < *weight {
                return *choice;
            }
            rest -= weight;
        }
        otherwise
    }

    /// A duration between two numbers of milliseconds, to the microsecond.
    pub fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_micros(self.between(least * 1000, most * 1000))
    }

    /// The time to the next of independent happenings that come once in `mean`.
    pub fn exponential(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(-(1.0 - self.fraction()).ln())
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_stream_and_another_seed_another() {
        let stream = |seed| {
            let mut random = Random::new(seed);
            [random.bits(), random.bits(), random.bits()]
        };
        assert_eq!(stream(1), stream(1));
        assert_ne!(stream(1), stream(2));
    }

    #[test]
    fn values_stay_in_their_range_and_reach_its_ends() {
        let mut random = Random::new(7);
        let values: Vec<u64> = (0..1000).map(|_| random.between(3, 5)).collect();
        assert!(values.iter().all(|value| (3..=5).contains(value)));
        assert!(values.contains(&3) && values.contains(&5));
    }
}
