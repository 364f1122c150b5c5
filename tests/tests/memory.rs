//! The memory of the program is what its documentation says.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use tests::{root, run, synthesise, touchpoint};

/// Of `deploy/docs/memory.md`: megabytes in any case, and octets a phone.
fn formula() -> (u64, u64) {
    let text = fs::read_to_string(root().join("deploy/docs/memory.md")).expect("the documentation");
    let line = text.lines().find(|line| line.trim_start().starts_with("memory = ")).expect("the formula");
    let numbers: Vec<f64> = line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [megabytes, kilobytes] = numbers.as_slice() else { panic!("{line}") };
    (*megabytes as u64, (*kilobytes * 1000.0) as u64)
}

/// The most memory that a program has had, in octets, when it ends.
fn peak(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a child can be asked").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(5));
    }
    peak
}

#[test]
fn a_town_of_phones_on_gb_takes_what_the_formula_says() {
    const PHONES: u64 = 15_000;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let town = folder.path().join("town.pcap");
    let options = ["--interface", "gb", "--minutes", "60", "--quiet", "--subscribers", &PHONES.to_string(), "--out"];
    run(synthesise().args(options).arg(&town));
    let decode = touchpoint().arg("decode").arg(&town).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let peak = peak(decode.expect("touchpoint starts"));
    let (megabytes, per_phone) = formula();
    let most = megabytes * 1_000_000 + per_phone * PHONES;
    println!("{} MB of {} MB", peak / 1_000_000, most / 1_000_000);
    assert!(peak <= most, "{peak} octets, more than {most}");
    assert!(peak >= most / 3, "{peak} octets: the formula of {most} says nothing");
}
