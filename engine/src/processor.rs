//! What the program asks of the processor. It is built for `x86-64-v3` (`.cargo/config.toml`): one that lacks a part of that would
//! stop it at any instruction, without a word.

use std::fmt::Write;

/// What `x86-64-v3` has and `x86-64` has not, as Linux calls it; and what RocksDB takes for granted beside AVX.
const WANTED: &str = "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe pclmulqdq";

/// Whether the program can run here; else what to tell, and what to do about it. Where the kernel says nothing it can.
///
/// # Errors
/// The text.
pub fn check() -> Result<(), String> {
    if !cfg!(target_feature = "avx2") {
        return Ok(());
    }
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let missing = missing(&processors);
    if missing.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    let _ = writeln!(text, "error: this processor lacks what the program is built with: {}", missing.join(", "));
    let _ = writeln!(text, "  It is built for x86-64-v3: Intel since Haswell (2013), AMD since Excavator (2015).");
    let _ = writeln!(
        text,
        "  A virtual machine often has less than its host: give it the host's model (`host-passthrough`)."
    );
    let _ = writeln!(text, "  Else build with `target-cpu=x86-64-v2` in .cargo/config.toml: it is somewhat slower.");
    Err(text)
}

fn missing(processors: &str) -> Vec<&'static str> {
    let flags = processors.lines().find_map(|line| line.strip_prefix("flags")?.trim_start().strip_prefix(':'));
    let Some(flags) = flags else { return Vec::new() };
    WANTED.split(' ').filter(|wanted| flags.split_whitespace().all(|flag| flag != *wanted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_processor_lacks_is_named() {
        let all = format!("processor\t: 0\nflags\t\t: fpu {WANTED} sse2\nbugs\t\t: spectre\n");
        assert_eq!(missing(&all), [""; 0]);
        // One of them begins as the other does.
        assert_eq!(missing(&all.replace(" avx ", " ").replace(" bmi2 ", " ")), ["avx", "bmi2"]);
        assert_eq!(missing("flags\t\t: fpu\n").len(), 15);
        assert_eq!(missing("Features\t: neon\n"), [""; 0]);
    }

    #[test]
    fn this_one_runs_the_tests_and_so_lacks_nothing() {
        assert_eq!(check(), Ok(()));
    }
}
