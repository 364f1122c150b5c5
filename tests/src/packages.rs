//! Programs of others that tests start, from the registries of their languages: installed once, under the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

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
        attempt(install(&folder).current_dir(&folder), peer);
        fs::write(done, wanted).expect("the target folder can be written");
    }
    folder
}

/// A registry may be out of reach for a moment.
fn attempt(install: &mut Command, peer: &str) {
    let mut said = String::new();
    for pause_s in [0, 5, 20] {
        thread::sleep(Duration::from_secs(pause_s));
        match install.output() {
            Ok(output) if output.status.success() => return,
            Ok(output) => {
                said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat()
            }
            Err(error) => said = error.to_string(),
        }
    }
    panic!(
        "the packages that tests/peers/{peer} lists cannot be installed, which takes {:?} and its registry in reach: {said}",
        install.get_program()
    );
}

fn target() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    let target = own.ancestors().nth(3).map(Path::to_owned);
    target.expect("tests lie in target/PROFILE/deps")
}
