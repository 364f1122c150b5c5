//! A decoder that runs, and what it says in the end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tests::{now, run};

/// How long anything is waited for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A decoder that runs.
pub struct Decoding {
    child: Running,
    lines: Receiver<String>,
    /// Who reads its lines waits for this to go.
    unread: Option<Sender<()>>,
    said: Receiver<String>,
    so_far: String,
}

impl Decoding {
    /// Starts it. Nobody reads its lines yet.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("touchpoint starts");
        let (unread, begin) = channel();
        let printed = lines(child.stdout.take().expect("a pipe"), begin);
        let said = lines(child.stderr.take().expect("a pipe"), channel().1);
        Self { child: Running(child), lines: printed, unread: Some(unread), said, so_far: String::new() }
    }

    /// Begins to read its lines.
    pub fn read(&mut self) {
        self.unread = None;
    }

    /// Waits until it says this on standard error.
    pub fn says(&mut self, words: &str) {
        let since = now();
        while !self.so_far.contains(words) {
            let left = PATIENCE.saturating_sub(since.elapsed());
            let line = self.said.recv_timeout(left).unwrap_or_else(|_| panic!("no `{words}` in:\n{}", self.so_far));
            self.so_far += &line;
            self.so_far += "\n";
        }
    }

    /// Forgets what it said so far.
    pub fn forget(&mut self) {
        self.so_far.clear();
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        run(Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]));
    }

    /// Ctrl-C; its lines and what it said.
    pub fn end(self) -> (Vec<Value>, String) {
        self.signal("INT");
        self.wait()
    }

    /// Its lines and what it said, when it has ended.
    pub fn wait(mut self) -> (Vec<Value>, String) {
        self.read();
        let since = now();
        let status = loop {
            match self.child.0.try_wait().expect("it can be waited for") {
                Some(status) => break status,
                None => assert!(since.elapsed() < PATIENCE, "it does not end"),
            }
            thread::sleep(Duration::from_millis(20));
        };
        self.so_far.extend(self.said.iter().map(|line| line + "\n"));
        assert!(status.success(), "{status}: {}", self.so_far);
        let lines = self.lines.iter();
        (lines.map(|line| serde_json::from_str(&line).expect("a line is JSON")).collect(), self.so_far)
    }
}

/// A program that does not outlive its test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// The lines of a pipe, read once nobody can say any more to begin later.
fn lines(pipe: impl Read + Send + 'static, begin: Receiver<()>) -> Receiver<String> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let _ = begin.recv();
        BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
    });
    told
}

/// The numbers of a closing line by the words behind them.
pub struct Closing<'a>(&'a str);

impl<'a> Closing<'a> {
    /// The closing line of an interface or folder.
    pub fn of(said: &'a str, name: &str) -> Self {
        let is_it = |line: &&str| line.starts_with(&format!("{name}: "));
        Self(said.lines().find(is_it).unwrap_or_else(|| panic!("no closing line of {name} in:\n{said}")))
    }

    /// The number before these words.
    pub fn count(&self, words: &str) -> u64 {
        let before = self.0.split(&format!(" {words}")).next().expect("a split has a first part");
        assert_ne!(before, self.0, "no `{words}` in {}", self.0);
        before.rsplit(' ').next().expect("a number").replace(',', "").parse().expect("a number")
    }

    /// Decoded and all counted drops, but those of the interface: on a pair of virtual links the sender hears of them at
    /// once and sends the same packet again.
    pub fn accounted(&self) -> u64 {
        ["decoded", "dropped by the kernel", "by our ring", "left unread"].iter().map(|words| self.count(words)).sum()
    }
}
