//! What an operator's other programs read of the service: counters in the formats of Prometheus and OpenMetrics, log lines as
//! JSON and in systemd's journal, events in a stream of Redis.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tests::packages::installed;
use tests::service::Service;
use tests::{free_port, json_lines, now, recorded, root, run, touchpoint};

/// A broker of one's own, which ends with it.
struct Redis {
    server: Child,
    port: u16,
}

impl Redis {
    /// None where it is not installed.
    fn start(port: u16) -> Option<Self> {
        let mut server = Command::new("redis-server");
        server.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--requirepass", "secret"]);
        let server = server.args(["--save", "", "--dir", "/tmp"]).stdout(Stdio::null()).spawn().ok()?;
        Some(Self { server, port })
    }

    fn ask(&self, question: &[&str]) -> Value {
        let mut client = Command::new("redis-cli");
        client.args(["-p", &self.port.to_string(), "-a", "secret", "--no-auth-warning", "--json"]).args(question);
        serde_json::from_slice(&client.output().unwrap().stdout).unwrap_or_default()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

fn start(more: &str) -> Service {
    let feed = "[[feed]]\nname = \"a\"\nfolder = \"captures\"\n";
    Service::start(&root().join("deploy/demo/recorded"), &format!("{feed}{more}"))
}

fn play(service: &mut Service) {
    show(service, "a-msc-leg.pcap");
    service.until("all frames are decoded", |service| service.status()["feeds"][0]["frames"] == 516);
}

/// Lays a recording whole into the folder that is followed.
fn show(service: &Service, capture: &str) {
    fs::copy(recorded(capture), service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join(capture)).unwrap();
}

/// Has the reader of somebody else, in Python, read a text: what it found.
fn parsed(parser: &str, text: &str) -> Value {
    let packages = installed("openmetrics", &["requirements.txt"], |_| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--target", "packages"]);
        pip.args(["-r", "requirements.txt"]);
        pip
    });
    let script = format!(
        "import json, sys; from prometheus_client.{parser} import text_string_to_metric_families as read\n\
         print(json.dumps({{family.name: [family.type, len(family.samples)] for family in read(sys.stdin.read())}}))"
    );
    let mut reader = Command::new("python3")
        .args(["-c", &script])
        .env("PYTHONPATH", packages.join("packages"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    reader.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let told = reader.wait_with_output().unwrap();
    assert!(told.status.success(), "{text}");
    serde_json::from_slice(&told.stdout).unwrap()
}

#[test]
fn counters_are_read_by_prometheus_own_readers() {
    let mut service = start("");
    play(&mut service);
    service.until("links are added up", |service| service.metrics().contains("touchpoint_link_total"));
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    let open = parsed("openmetrics.parser", &service.get_as("/metrics", "viewer", accept).text);
    let plain = parsed("parser", &service.metrics());
    for (families, name) in [(&open, "OpenMetrics"), (&plain, "Prometheus")] {
        let count = |family: &str| families[family][1].as_u64().unwrap_or(0);
        assert_eq!(families["touchpoint_feed_frames"][0], "counter", "{name}");
        assert_eq!((count("touchpoint_shard_events"), count("touchpoint_feed_frames")), (2, 1), "{name}: {families}");
        assert!(count("touchpoint_link") > 2 && count("touchpoint_delay_seconds") > 1, "{name}: {families}");
    }
    assert_eq!(open.as_object().unwrap().len(), plain.as_object().unwrap().len());
}

#[test]
fn log_lines_are_json_and_name_nobody() {
    let mut service = start("[log]\nformat = \"json\"\n");
    play(&mut service);
    service.signal("HUP");
    service.until("it is told", |service| service.log().contains("scenarios taken over"));
    service.signal("TERM");
    assert!(service.ended().success());
    let log = service.log();
    let lines = tests::json(&log);
    assert!(lines.len() > 3, "{log}");
    for line in &lines {
        assert!(["timestamp", "level", "message"].iter().all(|field| line[field].is_string()), "{line}");
    }
    assert!(lines.iter().any(|line| line["events"].as_u64().is_some_and(|events| events > 50)), "{log}");
    assert!(!log.contains("00101000000"), "{log}");
}

#[test]
fn more_lines_than_may_be_are_counted_and_not_written() {
    let mut service = start("[log]\nformat = \"json\"\nlines_per_second = 1\n");
    // The folder of scenarios cannot be used, each time that it is asked for.
    fs::write(service.folder().join("scenarios/scenarios/bad.yaml"), "scenario: [").unwrap();
    let ask =
        |service: &Service| assert_eq!(service.post("/api/v1/scenarios/reload", "operator", "", None).status, 422);
    let refused = |service: &Service| service.log().matches("not taken over").count();
    let begun = now();
    let mut asked = 0;
    while asked < refused(&service) + 5 {
        ask(&service);
        asked += 1;
        assert!(begun.elapsed() < Duration::from_secs(60), "{asked} are told: {}", service.log());
    }
    service.until("one is told when there is room again", |service| {
        ask(service);
        refused(service) > 0
    });
    let counted =
        |service: &Service| service.metrics().contains(r#"touchpoint_limit_reached_total{limit="log_lines"}"#);
    service.until("the others are counted", counted);
}

#[test]
fn the_journal_gets_lines_with_their_fields() {
    if run(Command::new("id").arg("-u")).stdout != b"0\n" {
        return eprintln!("SKIPPED: to take the place of the journal needs root");
    }
    let mut service = start("[log]\nformat = \"journal\"\n");
    service.signal("TERM");
    assert!(service.ended().success());
    fs::create_dir(service.journal().parent().unwrap()).unwrap();
    let journal = UnixDatagram::bind(service.journal()).unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let before = service.log();
    service.begin();
    let mut octets = [0; 8192];
    let entry = loop {
        let length = journal.recv(&mut octets).expect("an entry in time");
        let entry = String::from_utf8_lossy(&octets[..length]).into_owned();
        if entry.contains("ready; console at") {
            break entry;
        }
    };
    let fields = ["PRIORITY", "SYSLOG_IDENTIFIER", "touchpoint", "CODE_FILE"];
    assert!(fields.iter().all(|field| entry.contains(field)), "{entry}");
    assert_eq!(service.log(), before, "nothing goes to standard error");
}

#[test]
fn events_go_to_a_stream_of_a_broker_which_may_be_away() {
    let port = free_port();
    let to = format!("[events]\nto = \"redis://:secret@127.0.0.1:{port}\"\nstream = \"net:2g\"\nentries = 1000\n");
    let mut service = start(&to);
    let dropped = |service: &Service| service.metrics().contains(r#"touchpoint_event_lines_total{what="dropped"}"#);
    play(&mut service);
    service.until("nobody is there", dropped);
    assert!(service.log().contains("redis://:***@127.0.0.1") && !service.log().contains("secret"), "{}", service.log());

    let Some(broker) = Redis::start(port) else {
        return eprintln!("SKIPPED: there is no redis-server (Debian package redis-server)");
    };
    let decoded = json_lines(touchpoint().args(["decode", "--json"]).arg(recorded("lite-ipa-leg.pcap")));
    show(&service, "lite-ipa-leg.pcap");
    service.until("all that came since is there", |_| broker.ask(&["XLEN", "net:2g"]) == decoded.len());
    let entries = broker.ask(&["XRANGE", "net:2g", "-", "+"]);
    for (entry, decoded) in entries.as_array().unwrap().iter().zip(&decoded) {
        let event: Value = serde_json::from_str(entry[1][1].as_str().unwrap()).unwrap();
        assert_eq!((&entry[1][0], &event["at"], &event["kind"]), (&json!("event"), &decoded["at"], &decoded["kind"]));
        assert_eq!(event["subscriber"].is_string(), decoded["imsi"].is_string(), "by pseudonym: {event}");
    }
}
