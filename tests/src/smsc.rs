//! A message centre beside the program: the npm package `smpp` as a server, in a process of its own. What it can be
//! told is listed at the top of `peers/smsc/server.js`.
#![expect(clippy::disallowed_types, reason = "its output is read by a thread of its own")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::now;
use crate::packages::{installed, source};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running message centre; dropping it ends its process.
pub struct Smsc {
    process: Child,
    port: u64,
    log: Arc<Log>,
    asked: AtomicU64,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<Value>>,
    grown: Condvar,
}

/// A message as a phone would show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The destination address.
    pub to: String,
    /// The source address.
    pub from: String,
    /// All segments, in order.
    pub text: String,
}

impl Smsc {
    /// Starts one on a free port of the loopback; see `server.js` for the options. User `touchpoint`, password `secret`.
    pub fn start(options: Value) -> Self {
        let mut process = Command::new("node")
            .arg(source("smsc").join("server.js"))
            .arg(options.to_string())
            .env("NODE_PATH", packages().join("node_modules"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts; it is needed for the tests with a message centre");
        let stdout = process.stdout.take().expect("it was piped");
        let log = Arc::new(Log::default());
        let reading = Arc::clone(&log);
        thread::spawn(move || reading.read(BufReader::new(stdout)));
        let mut smsc = Self { process, port: 0, log, asked: AtomicU64::new(0) };
        let listening = smsc.wait_for("listening", |line| line["event"] == "listening");
        smsc.port = listening["port"].as_u64().expect("a port is a number");
        smsc
    }

    /// `smpp://touchpoint:secret@127.0.0.1:PORT`, to which `?parameters` may be added.
    pub fn url(&self) -> String {
        self.url_as("touchpoint", "secret")
    }

    /// The same for another user.
    pub fn url_as(&self, system_id: &str, password: &str) -> String {
        format!("smpp://{system_id}:{password}@127.0.0.1:{}", self.port)
    }

    /// Everything that has happened until now, oldest first.
    pub fn log(&self) -> Vec<Value> {
        self.catch_up();
        self.log.lines.lock().unwrap().iter().filter(|line| line["event"] != "marked").cloned().collect()
    }

    // Has the server put a mark into its log, and waits until that is read.
    fn catch_up(&self) {
        let mark = self.asked.fetch_add(1, Ordering::Relaxed);
        let mut stdin = self.process.stdin.as_ref().expect("it was piped");
        if writeln!(stdin, "{mark}").is_err() {
            return;
        }
        self.wait_until("its mark", |lines| {
            let is_there = |line: &Value| line["event"] == "ended" || line["event"] == "marked" && line["mark"] == mark;
            lines.iter().rev().any(is_there).then_some(())
        });
    }

    /// What has happened of this kind: `submit_sm`, `enquire_link`, `close`…
    pub fn events(&self, event: &str) -> Vec<Value> {
        self.log().into_iter().filter(|line| line["event"] == event).collect()
    }

    /// Waits until a line is there that fits, and gives it.
    pub fn wait_for(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait_until(what, |lines| lines.iter().find(|line| fits(line)).cloned())
    }

    /// Waits until there are so many events of this kind.
    pub fn wait_for_count(&self, event: &str, count: usize) {
        self.wait_until(&format!("{count} {event}"), |lines| {
            (lines.iter().filter(|line| line["event"] == event).count() >= count).then_some(())
        });
    }

    fn wait_until<T>(&self, what: &str, found: impl Fn(&[Value]) -> Option<T>) -> T {
        let deadline = now() + PATIENCE;
        let mut lines = self.log.lines.lock().unwrap();
        loop {
            if let Some(found) = found(&lines) {
                return found;
            }
            let left = deadline.saturating_duration_since(now());
            assert!(!left.is_zero(), "the message centre did not see {what} within {PATIENCE:?}: {lines:#?}");
            assert!(lines.last().is_none_or(|line| line["event"] != "ended"), "the message centre ended: {lines:#?}");
            lines = self.log.grown.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// The messages that the message centre has accepted, put together, in the order of their first segments. Panics
    /// where segments are missing or come twice.
    pub fn texts(&self) -> Vec<Text> {
        let taken: Vec<u64> = self
            .events("submit_sm_resp")
            .iter()
            .filter(|line| line["command_status"] == 0)
            .filter_map(|line| line["n"].as_u64())
            .collect();
        let submitted = self.events("submit_sm");
        put_together(submitted.iter().filter(|line| line["n"].as_u64().is_some_and(|n| taken.contains(&n))))
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Log {
    fn read(&self, stdout: impl BufRead) {
        for line in stdout.lines().map_while(Result::ok) {
            self.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
        self.push(json!({ "event": "ended" }));
    }

    fn push(&self, line: Value) {
        self.lines.lock().unwrap().push(line);
        self.grown.notify_all();
    }
}

/// A message whose segments are coming in.
struct Growing {
    reference: Value,
    text: Text,
    parts: Vec<Option<String>>,
}

fn put_together<'a>(submitted: impl Iterator<Item = &'a Value>) -> Vec<Text> {
    let mut messages: Vec<Growing> = Vec::new();
    for line in submitted {
        let part = &line["concatenation"];
        let total = part["total"].as_u64().unwrap_or(1) as usize;
        let index = part["part"].as_u64().unwrap_or(1) as usize - 1;
        let text =
            Text { to: string(&line["destination_addr"]), from: string(&line["source_addr"]), text: String::new() };
        let open =
            |known: &Growing| known.reference == part["reference"] && known.text == text && known.parts.contains(&None);
        let at = messages.iter().position(open).unwrap_or_else(|| {
            messages.push(Growing {
                reference: part["reference"].clone(),
                text: text.clone(),
                parts: vec![None; total],
            });
            messages.len() - 1
        });
        let previous = messages[at].parts[index].replace(string(&line["text"]));
        assert_eq!(previous, None, "segment {} of {} came twice", index + 1, total);
    }
    let whole = |Growing { text, parts, .. }| {
        let parts: Option<Vec<String>> = parts.into_iter().collect();
        Text { text: parts.expect("every segment came").concat(), ..text }
    };
    messages.into_iter().map(whole).collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn packages() -> PathBuf {
    installed("smsc", &["package.json", "package-lock.json"], |_| {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        npm
    })
}
