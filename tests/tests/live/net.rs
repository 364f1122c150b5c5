//! A network namespace of the test's own, with links onto which packets are played.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use tests::{now, run, touchpoint};

use super::decoding::{Decoding, PATIENCE};

/// A namespace with links whose other ends are in it too. It goes when the test ends.
pub struct Net {
    name: String,
}

impl Net {
    /// `None`, said plainly, where the machine does not allow it.
    pub fn new(test: &str) -> Option<Self> {
        let name = format!("touchpoint-{test}-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: a network namespace needs root (CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN)");
            return None;
        }
        let net = Self { name };
        // The kernel's own neighbour discovery would be captured too.
        net.run(&["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]);
        Some(net)
    }

    /// A link whose ends are `tx…` and `rx…`.
    pub fn link(&self, number: u32) {
        let (tx, rx) = (format!("tx{number}"), format!("rx{number}"));
        self.run(&["ip", "link", "add", &tx, "type", "veth", "peer", "name", &rx]);
        self.run(&["ip", "link", "set", &tx, "up"]);
        self.run(&["ip", "link", "set", &rx, "up"]);
    }

    /// A command that runs in it.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Runs a command in it that must succeed.
    pub fn run(&self, words: &[&str]) -> Output {
        run(self.command(words[0]).args(&words[1..]))
    }

    /// What a command in it prints.
    pub fn output(&self, words: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(words).stdout).into_owned()
    }

    /// Plays a capture on an interface and gives the number of packets that were sent.
    pub fn play(&self, interface: &str, file: &Path, how: &[&str]) -> u64 {
        let output = run(self.command("tcpreplay").args(how).args(["-q", "-i", interface]).arg(file));
        let said = String::from_utf8_lossy(&output.stdout);
        let line = |name: &str| {
            said.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no `{name}` in:\n{said}"))
        };
        let count = |name: &str| {
            line(name).rsplit(' ').next().and_then(|number| number.parse::<u64>().ok()).expect("a number ends the line")
        };
        assert_eq!(count("Failed packets:"), 0, "{said}");
        println!("{interface}: {}", line("Rated:"));
        count("Successful packets:")
    }

    /// Packets that an interface did not send, because the other end of its link was down.
    pub fn unsent(&self, interface: &str) -> u64 {
        self.output(&["cat", &format!("/sys/class/net/{interface}/statistics/tx_dropped")])
            .trim()
            .parse()
            .expect("a number")
    }

    /// Waits until somebody listens: a line, below the heading, of the namespace's table of packet sockets.
    pub fn await_listener(&self) {
        let since = now();
        while self.output(&["cat", "/proc/net/packet"]).lines().count() < 2 {
            assert!(since.elapsed() < PATIENCE, "nobody begins to listen");
            thread::sleep(Duration::from_millis(50));
        }
        // Its ring and filter follow.
        thread::sleep(Duration::from_secs(1));
    }

    /// Starts `touchpoint decode --json` with these words more, and waits until it is listening or following.
    pub fn decode(&self, words: &[&str]) -> Decoding {
        let mut decoding = self.decode_unread(words);
        decoding.read();
        decoding
    }

    /// The same; nobody reads what it prints until [`Decoding::read`].
    pub fn decode_unread(&self, words: &[&str]) -> Decoding {
        let mut command = self.command(touchpoint().get_program());
        let mut decoding = Decoding::start(command.args(["decode", "--json"]).args(words));
        decoding.says("ing ");
        decoding
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}
