//! Programs of others that tests start, from the registries of their languages: installed once, under the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of a peer in the repository.
pub fn source(peer: &str) -> PathBuf {
    crate::root().join("tests/peers").join(peer)
}

/// The folder into which `install` has brought the packages that the peer's `files` list; the last of them decides whether they
/// are there already.
pub fn installed(peer: &str, files: &[&str], install: impl FnOnce(&Path) -> Command) -> PathBuf {
    let folder = target().join("peers").join(peer);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    // Several tests start at once, each in its own process perhaps.
    let lock = fs::File::create(folder.join("lock")).expect("the target folder can be written");
    lock.lock().expect("a file can be locked");
    let list = files.last().expect("packages are listed in a file");
    let wanted = fs::read(source(peer).join(list)).expect("the list is in the repository");
    let done = folder.join("installed");
    if fs::read(&done).ok().as_ref() != Some(&wanted) {
        for file in files {
            fs::copy(source(peer).join(file), folder.join(file)).expect("packages' files can be copied");
        }
        crate::run(install(&folder).current_dir(&folder));
        fs::write(done, wanted).expect("the target folder can be written");
    }
    folder
}

fn target() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    let target = own.ancestors().nth(3).map(Path::to_owned);
    target.expect("tests lie in target/PROFILE/deps")
}
