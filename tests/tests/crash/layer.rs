//! A fault-injecting layer under the program's files (`layer.c`), and what a power failure takes away.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use fastrand::Rng;

/// What the layer does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing but noting what is synced.
    None,
    /// So many percent of the writes are cut short, as POSIX allows.
    ShortWrites(u8),
    /// Syncs fail after so many of them: what was written since is gone.
    FailingSync(u64),
    /// The disk is full after so many octets.
    FullDisk(u64),
}

/// The layer, compiled.
pub struct Layer {
    library: PathBuf,
}

impl Layer {
    pub fn build(folder: &Path) -> Self {
        let library = folder.join("layer.so");
        let source = tests::root().join("tests/tests/crash/layer.c");
        tests::run(
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]).arg(&library).arg(source).arg("-ldl"),
        );
        Self { library }
    }

    /// Puts the layer under the program's files in `folder`; gives what is on disk for certain before it begins.
    pub fn put_under(&self, command: &mut Command, folder: &Path, fault: Fault, seed: u64) -> Disk {
        let log = folder.with_extension("synced");
        fs::remove_file(&log).ok();
        command
            .env("LD_PRELOAD", &self.library)
            .env("LAYER_FOLDER", folder)
            .env("LAYER_LOG", &log)
            .env("LAYER_SEED", seed.to_string());
        match fault {
            Fault::None => command,
            Fault::ShortWrites(percent) => command.env("LAYER_SHORT", percent.to_string()),
            Fault::FailingSync(count) => command.env("LAYER_SYNCS", count.to_string()),
            Fault::FullDisk(octets) => command.env("LAYER_ROOM", octets.to_string()),
        };
        Disk { folder: folder.to_owned(), log, synced: files(folder) }
    }
}

/// What of a folder's files is on disk for certain.
pub struct Disk {
    folder: PathBuf,
    log: PathBuf,
    synced: HashMap<PathBuf, u64>,
}

impl Disk {
    /// The power fails: of what was not synced a part is gone, from some place in each file on.
    pub fn lose_power(mut self, random: &mut Rng) {
        self.read_log();
        for (path, length) in files(&self.folder) {
            let certain = self.synced.get(&path).copied().unwrap_or(0).min(length);
            let kept = certain + random.u64(0..=length - certain);
            let file = OpenOptions::new().write(true).open(&path).expect("a file of the store can be written");
            file.set_len(kept).expect("a file can be cut");
        }
    }

    fn read_log(&mut self) {
        for line in fs::read_to_string(&self.log).unwrap_or_default().lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields[..] {
                ["S", length, path] => {
                    let length: u64 = length.parse().expect("a length");
                    let synced = self.synced.entry(path.into()).or_default();
                    *synced = length.max(*synced);
                }
                ["R", from, to] => {
                    let length = self.synced.remove(Path::new(from)).unwrap_or(0);
                    self.synced.insert(to.into(), length);
                }
                ["L", from, to] => {
                    let length = self.synced.get(Path::new(from)).copied().unwrap_or(0);
                    self.synced.insert(to.into(), length);
                }
                _ => panic!("the layer has noted `{line}`"),
            }
        }
    }
}

/// Every file below a folder, with its length.
fn files(folder: &Path) -> HashMap<PathBuf, u64> {
    let mut found = HashMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let entry = entry.expect("a folder can be read");
        let about = entry.metadata().expect("a file is there");
        if about.is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.insert(entry.path(), about.len());
        }
    }
    found
}
