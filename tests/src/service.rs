//! A running service: `touchpoint run` in a folder of its own, with a token for each role.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;
use ureq::tls::TlsConfig;

use crate::{free_port, now, run, touchpoint};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Every role, as in the configuration.
pub const ROLES: [&str; 4] = ["viewer", "marketing", "operator", "privacy_officer"];

/// A service that runs, until it is dropped.
pub struct Service {
    folder: TempDir,
    scheme: &'static str,
    port: u16,
    metrics_port: u16,
    tokens: Vec<(&'static str, String)>,
    agent: Agent,
    child: Option<Child>,
}

/// An answer.
pub struct Answer {
    /// HTTP.
    pub status: u16,
    /// Whatever it is.
    pub text: String,
    /// Where it sends us.
    pub location: Option<String>,
    /// What a browser is to keep.
    pub cookie: Option<String>,
}

impl Answer {
    /// As JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl Service {
    /// Writes a configuration and starts: `scenarios` is copied; `more` is added to the configuration, with `FOLDER` standing
    /// for the service's own.
    pub fn start(scenarios: &Path, more: &str) -> Self {
        Self::start_with(scenarios, "requests_per_second = 1000\n", more)
    }

    /// The same, with other lines about the console.
    pub fn start_with(scenarios: &Path, console: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        run(Command::new("cp").arg("-r").arg(scenarios).arg(folder.path().join("scenarios")));
        fs::create_dir(folder.path().join("captures")).expect("a folder");
        let (port, metrics_port) = (free_port(), free_port());
        let mut text = format!(
            "[store]\nfolder = \"store\"\nthreads = 2\n[scenarios]\nfolder = \"scenarios\"\n[metrics]\nlisten = \
             \"127.0.0.1:{metrics_port}\"\n[console]\nlisten = \"127.0.0.1:{port}\"\n{console}"
        );
        let mut tokens = Vec::new();
        for role in ROLES {
            let (token, hash) = new_token();
            text.push_str(&format!("[[console.token]]\nname = \"{role}\"\nrole = \"{role}\"\nsha256 = \"{hash}\"\n"));
            tokens.push((role, token));
        }
        let (token, hash) = new_token();
        text.push_str(&format!(
            "[[console.token]]\nname = \"gone\"\nrole = \"operator\"\nsha256 = \"{hash}\"\nexpires = \"2020-01-01T00:00:00Z\"\n"
        ));
        tokens.push(("expired", token));
        let offers = folder.path().join("offers.jsonl");
        text.push_str(&format!("[[channel]]\nname = \"sms\"\nurl = \"journal:{}\"\n", offers.display()));
        text.push_str(&more.replace("FOLDER", &folder.path().display().to_string()));
        fs::write(folder.path().join("touchpoint.toml"), text).expect("the configuration");
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Whether a certificate is to be trusted is asked with the program's own commands.
            .tls_config(TlsConfig::builder().disable_verification(true).build())
            .timeout_global(Some(PATIENCE));
        let scheme = if console.contains("certificate") { "https" } else { "http" };
        let mut service = Self { folder, scheme, port, metrics_port, tokens, agent: agent.build().into(), child: None };
        service.begin();
        service
    }

    /// Starts, once more, and waits until it answers.
    pub fn begin(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.log_file()).expect("a log");
        let mut command = touchpoint();
        command.args(["run", "--config"]).arg(self.folder.path().join("touchpoint.toml"));
        if self.journal().exists() {
            // A machine of its own, as far as the journal goes.
            let (program, journal) = (command.get_program().to_owned(), self.journal());
            command = Command::new("unshare");
            let script = "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && mount --bind \"$0\" /run/systemd/journal \
                          && exec \"$@\"";
            command
                .args(["--mount", "sh", "-c", script])
                .arg(journal.parent().expect("it is in a folder"))
                .arg(program);
            command.args(["run", "--config"]).arg(self.folder.path().join("touchpoint.toml"));
        }
        if self.manager().exists() {
            command.env("NOTIFY_SOCKET", self.manager()).env("WATCHDOG_USEC", "400000");
        }
        self.child = Some(command.stderr(Stdio::from(log)).stdout(Stdio::null()).spawn().expect("it starts"));
        self.until("it runs", |service| {
            service.agent.get(service.url("/api/v1/health")).call().is_ok_and(|answer| answer.status() == 200)
        });
    }

    /// Where a service manager would listen; whoever binds a socket there before it starts hears what it tells.
    pub fn manager(&self) -> PathBuf {
        self.folder.path().join("manager")
    }

    /// Where systemd's journal would listen, likewise; to take its place needs root.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal/socket")
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder in which a feed may look for captures.
    pub fn captures(&self) -> PathBuf {
        self.folder.path().join("captures")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Where a path of it is.
    pub fn url(&self, path: &str) -> String {
        format!("{}://127.0.0.1:{}{path}", self.scheme, self.port)
    }

    /// A token by its role, `expired` or any other word for one that nobody knows.
    pub fn token(&self, role: &str) -> &str {
        self.tokens.iter().find(|(name, _)| *name == role).map_or("0123456789abcdef", |(_, token)| token)
    }

    /// GET with the token of a role; with none where the role is empty.
    pub fn get(&self, path: &str, role: &str) -> Answer {
        self.get_as(path, role, "*/*")
    }

    /// The same, for who accepts this.
    pub fn get_as(&self, path: &str, role: &str, accept: &str) -> Answer {
        let mut request = self.agent.get(self.url(path)).header("Accept", accept);
        if !role.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.token(role)));
        }
        answer(request.call())
    }

    /// POST of JSON, or of a form where `origin` is told.
    pub fn post(&self, path: &str, role: &str, body: &str, origin: Option<&str>) -> Answer {
        let kind = if origin.is_some() { "application/x-www-form-urlencoded" } else { "application/json" };
        let mut request = self.agent.post(self.url(path)).header("Content-Type", kind);
        if !role.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.token(role)));
        }
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        answer(request.send(body))
    }

    /// Counters, as Prometheus gets them.
    pub fn metrics(&self) -> String {
        answer(self.agent.get(format!("http://127.0.0.1:{}/metrics", self.metrics_port)).call()).text
    }

    /// What the status says.
    pub fn status(&self) -> Value {
        self.get("/api/v1/status", "viewer").json()
    }

    /// Waits until something holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = now();
        while !holds(self) {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "{what}: it has ended with {ended:?}\n{}", self.log());
            assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let child = self.child.as_ref().expect("it runs");
        run(Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]));
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.take().expect("it runs").wait().expect("it ends")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Whatever it is in the middle of.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = sent.expect("an answer");
    let header = |name| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let (location, cookie) = (header("location"), header("set-cookie"));
    let mut text = String::new();
    response.body_mut().as_reader().read_to_string(&mut text).expect("an answer of text");
    Answer { status: response.status().as_u16(), text, location, cookie }
}

fn new_token() -> (String, String) {
    let output = run(touchpoint().arg("token"));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.expect("a token and its hash").trim().to_owned()
    };
    (field("token"), field("sha256"))
}
