//! `touchpoint top` and `touchpoint status` beside a running service, in a terminal of their own.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tests::service::Service;
use tests::{now, recorded, root, run, touchpoint};

const PATIENCE: Duration = Duration::from_secs(60);

fn recording() -> Service {
    let feed = "[[feed]]\nname = \"tap-a\"\nfolder = \"captures\"\n";
    let mut service = Service::start(&root().join("deploy/demo/recorded"), feed);
    fs::copy(recorded("a-msc-leg.pcap"), service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join("a.pcap")).unwrap();
    service.until("all frames are decoded", |service| service.status()["feeds"][0]["frames"] == 516);
    service
}

/// What a terminal of 40 rows has shown when q is pressed: once all that is expected stands there.
fn shown(url: &str, token: &str, typescript: &Path, expected: &[&str]) -> String {
    let program = touchpoint().get_program().to_string_lossy().into_owned();
    let top = format!("stty rows 40 cols 120; exec {program} top --every 1 --url {url} --token {token}");
    let mut terminal = Command::new("script")
        .args(["-q", "-e", "-f", "-c", &top])
        .arg(typescript)
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("script is there (Debian: bsdutils)");
    let text = || String::from_utf8_lossy(&fs::read(typescript).unwrap_or_default()).into_owned();
    let begun = now();
    while !expected.iter().all(|expected| text().contains(expected)) {
        assert!(begun.elapsed() < PATIENCE, "{expected:?} is not shown:\n{}", text());
        thread::sleep(Duration::from_millis(50));
    }
    terminal.stdin.as_mut().unwrap().write_all(b"q").unwrap();
    assert!(terminal.wait().unwrap().success(), "q ends it");
    text()
}

#[test]
fn a_terminal_shows_health_until_q() {
    let mut service = recording();
    service.until("offers are added up", |service| {
        service.get("/api/v1/scenarios", "viewer").json()[0]["triggered"].as_u64() > Some(0)
    });
    let expected = ["tap-a", "516", "hotline", "feeds", "channels", "scenarios"];
    let text = shown(&service.url(""), service.token("viewer"), &service.folder().join("typescript"), &expected);
    assert!(text.contains("\u{1b}[?1049h") && text.contains("\u{1b}[?1049l"), "the screen of before comes back");
}

#[test]
fn status_tells_people_in_tables_and_programs_in_json() {
    let service = recording();
    let status = |more: &[&str]| {
        let mut command = touchpoint();
        command.args(["status", "--url", &service.url(""), "--token", service.token("viewer")]).args(more);
        String::from_utf8(run(&mut command).stdout).unwrap()
    };
    let told: Value = serde_json::from_str(&status(&["--json"])).unwrap();
    assert_eq!((&told["feeds"][0]["name"], &told["feeds"][0]["frames"]), (&"tap-a".into(), &516.into()));
    assert_eq!(told["shards"].as_array().map(Vec::len), Some(2));
    let table = status(&[]);
    assert!(table.contains("tap-a") && table.contains("516") && table.contains("sms"), "{table}");
}
