//! Whole-program tests: what they share. Each test drives the `touchpoint` binary as a person would.

pub mod allocations;
pub mod bare;
pub mod gateway;
pub mod kannel;
pub mod lookup;
pub mod packages;
pub mod service;
pub mod smsc;
pub mod web;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde_json::Value;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}

/// A recorded capture that the repository carries.
pub fn recorded(name: &str) -> PathBuf {
    root().join("tests/captures/osmocom").join(name)
}

/// The folder of third parties' captures beside the repository, or `None`, said plainly.
pub fn shared_captures() -> Option<PathBuf> {
    let folder = root().join("../shared/captures");
    if folder.is_dir() {
        Some(folder)
    } else {
        eprintln!("SKIPPED in part: no folder ../shared/captures beside the repository");
        None
    }
}

/// The clock on the wall.
#[expect(clippy::disallowed_methods, reason = "how long a test waits for another process, or what it measures")]
pub fn now() -> Instant {
    Instant::now()
}

/// A port of the loopback that nobody has, and that nobody is given until it is used: it is none of those that a system hands out to
/// who asks for any port, and none that another test of this process, or of another that runs now, is likely to try.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(101);
    let ports = std::iter::repeat_with(|| begin.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % COUNT + FIRST);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.take(COUNT as usize).map(|port| port as u16).find(is_free).expect("a port is free")
}

/// The program under test, built by `make test` beside the test's own executable.
pub fn touchpoint() -> Command {
    Command::new(binary("touchpoint"))
}

/// The synthesiser.
pub fn synthesise() -> Command {
    Command::new(binary("synthesise"))
}

/// Replays the capture `town.pcap` of a folder, whose people stand in `town.csv` there, through the demonstration's scenarios.
pub fn replay_town(folder: &Path) -> Command {
    let mut command = touchpoint();
    command.arg("replay").arg(folder.join("town.pcap"));
    command.arg("--scenarios").arg(root().join("deploy/demo/synthesised"));
    command.arg("--subscribers").arg(folder.join("town.csv"));
    command
}

fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    let path = own.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps").join(name);
    assert!(path.exists(), "{} is not built: run `make test`, or `cargo build --release --workspace`", path.display());
    path
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs a command that must succeed and prints JSON lines.
pub fn json_lines(command: &mut Command) -> Vec<Value> {
    let output = run(command);
    json(&String::from_utf8(output.stdout).expect("output is UTF-8"))
}

/// Lines of JSON.
pub fn json(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The frames of a little-endian pcap file whose time, in whole seconds, is to be kept.
pub fn frames_of(capture: &[u8], keep: impl Fn(u32) -> bool) -> Vec<u8> {
    const FILE_HEADER: usize = 24;
    const RECORD_HEADER: usize = 16;
    let number = |at: usize| u32::from_le_bytes(capture[at..at + 4].try_into().expect("four octets"));
    let mut kept = capture[..FILE_HEADER].to_vec();
    let mut at = FILE_HEADER;
    while at < capture.len() {
        let length = RECORD_HEADER + number(at + 8) as usize;
        if keep(number(at)) {
            kept.extend_from_slice(&capture[at..at + length]);
        }
        at += length;
    }
    kept
}

/// What does not depend on when, and after which other frames, something was captured.
pub fn timeless(lines: Vec<Value>) -> Vec<Value> {
    let strip = |mut line: Value| {
        let fields = line.as_object_mut().expect("a line is an object");
        ["at", "frame", "length_ms"].iter().for_each(|field| _ = fields.remove(*field));
        line
    };
    lines.into_iter().map(strip).collect()
}
