//! Inputs in which the fuzzer found something once.

use fuzz::run::run;

/// GSMTAP with an LLC frame, in which GMM's message ends within an access point name: it was told, and not counted.
const UNCOUNTED: &[u8] =
    b"\x00\xa2\x01\x9d\x3a\x00\x02\x04\x01\x00\x43\x00\x41\x00\x00\x27\x02\x01\x04access point name\
    \xfeint name\xfe\x00\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\x03\xb9\x43\x00";

#[test]
fn what_was_found_is_mended() {
    run(UNCOUNTED);
}
