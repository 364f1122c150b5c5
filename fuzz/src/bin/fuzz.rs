//! The fuzz target, driven by libFuzzer: `fuzz CORPUS… [-max_total_time=SECONDS]`.
#![no_main]
#![expect(unsafe_code, reason = "libFuzzer calls its target by exported symbols")]

use fuzz::mutation;
use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|input: &[u8]| fuzz::run(input));

fuzz_mutator!(|data: &mut [u8], size: usize, limit: usize, seed: u32| {
    let mut input = data.get(..size).unwrap_or_default().to_vec();
    let mut plain = |octets: &mut [u8], size: usize| {
        let room = octets.len();
        fuzzer_mutate(octets, size, room)
    };
    mutation::mutate(&mut input, limit, u64::from(seed), &mut plain);
    put(&input, data)
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    put(&mutation::cross(one, other, out.len(), u64::from(seed)), out)
});

fn put(octets: &[u8], into: &mut [u8]) -> usize {
    let count = octets.len().min(into.len());
    into.iter_mut().zip(octets).for_each(|(place, octet)| *place = *octet);
    count
}
