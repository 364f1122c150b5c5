//! The same capture and the same scenarios decide the same: with any number of threads, and wherever a run is cut off and
//! gone on with. Byte for byte, what the ledger holds and what programs are told.
#![expect(clippy::disallowed_methods, reason = "kills at moments of the clock")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use engine::window::{LedgerEntry, Store};
use fastrand::Rng;
use tests::{replay_town, run, synthesise};

fn replay(folder: &Path, store: &str, threads: usize) -> Command {
    let mut command = replay_town(folder);
    command.args(["--json", "--reveal", "--threads", &threads.to_string(), "--store"]).arg(folder.join(store));
    command
}

fn ledger(folder: &Path, store: &str) -> Vec<LedgerEntry> {
    let store = Store::open(&folder.join(store).join("window")).expect("a store");
    let ledger = store.ledger().expect("a ledger").collect::<Result<_, _>>();
    ledger.expect("a ledger")
}

#[test]
fn threads_and_cuts_decide_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    // Both interfaces, and the end of a bucket amid the capture.
    run(synthesise()
        .args(["--subscribers", "2000", "--minutes", "30", "--seed", "31", "--interface", "both", "--quiet"])
        .args(["--start", "2026-03-02T11:45:00Z", "--out"])
        .arg(folder.join("town.pcap"))
        .arg("--directory")
        .arg(folder.join("town.csv")));
    let began = Instant::now();
    let told = run(&mut replay(folder, "one", 1)).stdout;
    let length = began.elapsed();
    let decided = ledger(folder, "one");
    assert!(decided.len() > 500, "{} decisions are few", decided.len());

    for threads in [2, 3, 8, 64] {
        let store = format!("{threads}-threads");
        assert!(run(&mut replay(folder, &store, threads)).stdout == told, "{threads} threads told something else");
        assert!(ledger(folder, &store) == decided, "{threads} threads decided something else");
    }

    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    for store in ["cut-a", "cut-b", "cut-c"] {
        let mut threads = Vec::new();
        for _ in 0..1 + random.usize(0..4) {
            threads.push([1, 2, 5, 64][random.usize(0..4)]);
            let mut command = replay(folder, store, threads[threads.len() - 1]);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("touchpoint starts");
            std::thread::sleep(Duration::from_secs_f64(length.as_secs_f64() * random.f64()));
            child.kill().ok();
            child.wait().expect("it is dead");
        }
        run(&mut replay(folder, store, 3));
        assert!(ledger(folder, store) == decided, "seed {seed}, {store}: cut off under {threads:?} threads");
    }
}
