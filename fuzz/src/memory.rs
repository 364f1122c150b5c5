//! How much memory this process has.

use std::fs;

/// Octets of memory that are resident, of this process; 0 where the system does not say.
pub fn resident_octets() -> usize {
    const PAGE_OCTETS: usize = 4096;
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * PAGE_OCTETS
}
