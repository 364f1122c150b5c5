//! The Debian package: made, installed, started, upgraded, removed and purged on a machine that is thrown away.

use std::process::Command;

use tests::{root, run};

fn package(version: &str, folder: &std::path::Path) -> String {
    let made = run(Command::new(root().join("deploy/package.sh")).arg(folder).env("VERSION", version));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_package_is_installed_started_upgraded_and_removed() {
    let id = run(Command::new("id").arg("-u"));
    if id.stdout != b"0\n" {
        eprintln!("SKIPPED: installing needs root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (package("0.0.9", folder.path()), package("0.1.0", folder.path()));
    let output = Command::new(root().join("tests/package/install.sh")).args([old, new]).output().unwrap();
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    if output.status.code() == Some(77) {
        eprintln!("SKIPPED: no overlay can be mounted here\n{told}");
        return;
    }
    assert!(output.status.success() && told.contains("== done"), "{told}");
}
