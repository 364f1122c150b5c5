//! Live capture: a link of the test's own in a network namespace of its own, packets played onto it by tcpreplay, and every
//! one of them accounted for. Needs root; without, it is skipped and says so.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{json_lines, recorded, run, synthesise, timeless, touchpoint};

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A namespace with links whose other ends are in it too. It goes when the test ends.
struct Net {
    name: String,
}

impl Net {
    /// `None`, said plainly, where the machine does not allow it.
    fn new(test: &str) -> Option<Self> {
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
    fn link(&self, number: u32) {
        let (tx, rx) = (format!("tx{number}"), format!("rx{number}"));
        self.run(&["ip", "link", "add", &tx, "type", "veth", "peer", "name", &rx]);
        self.run(&["ip", "link", "set", &tx, "up"]);
        self.run(&["ip", "link", "set", &rx, "up"]);
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        run(self.command(words[0]).args(&words[1..]))
    }

    /// Plays a capture and gives the number of packets that went out.
    fn play(&self, link: u32, file: &Path, how: &[&str]) -> u64 {
        let output = run(self.command("tcpreplay").args(how).args(["-q", "-i", &format!("tx{link}")]).arg(file));
        let said = String::from_utf8_lossy(&output.stdout);
        let count = |name: &str| {
            let line =
                said.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no `{name}` in:\n{said}"));
            line.rsplit(' ').next().and_then(|number| number.parse::<u64>().ok()).expect("a number ends the line")
        };
        assert_eq!(count("Failed packets:"), 0, "{said}");
        count("Successful packets:")
    }

    /// Waits until somebody listens: a line, below the heading, of the namespace's table of packet sockets.
    fn await_listener(&self) {
        let since = now();
        while String::from_utf8_lossy(&self.run(&["cat", "/proc/net/packet"]).stdout).lines().count() < 2 {
            assert!(since.elapsed() < PATIENCE, "nobody begins to listen");
            thread::sleep(Duration::from_millis(50));
        }
        // Its ring and filter follow.
        thread::sleep(Duration::from_secs(1));
    }

    /// Starts `touchpoint decode --json` with these words more, and waits until it is listening or following.
    fn decode(&self, words: &[&str]) -> Decoding {
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

/// A decoder that runs.
struct Decoding {
    child: Running,
    events: Receiver<String>,
    said: Receiver<String>,
    so_far: String,
}

impl Decoding {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("touchpoint starts");
        let events = lines(child.stdout.take().expect("a pipe"));
        let said = lines(child.stderr.take().expect("a pipe"));
        Self { child: Running(child), events, said, so_far: String::new() }
    }

    /// Waits until it says this on standard error.
    fn says(&mut self, words: &str) {
        let since = now();
        while !self.so_far.contains(words) {
            let left = PATIENCE.saturating_sub(since.elapsed());
            let line = self.said.recv_timeout(left).unwrap_or_else(|_| panic!("no `{words}` in:\n{}", self.so_far));
            self.so_far += &line;
            self.so_far += "\n";
        }
    }

    /// Ctrl-C; the events and what it said.
    fn end(self) -> (Vec<Value>, String) {
        run(Command::new("kill").args(["-INT", &self.child.0.id().to_string()]));
        self.wait()
    }

    /// The events and what it said, when it has ended.
    fn wait(mut self) -> (Vec<Value>, String) {
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
        let events = self.events.iter();
        (events.map(|line| serde_json::from_str(&line).expect("a line is JSON")).collect(), self.so_far)
    }
}

/// A program that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    thread::spawn(move || BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
    told
}

/// The numbers of an interface's closing line by the words behind them.
struct Closing<'a>(&'a str);

impl<'a> Closing<'a> {
    fn of(said: &'a str, interface: &str) -> Self {
        let is_it = |line: &&str| line.starts_with(&format!("{interface}: "));
        Self(said.lines().find(is_it).unwrap_or_else(|| panic!("no closing line of {interface} in:\n{said}")))
    }

    fn count(&self, words: &str) -> u64 {
        let before = self.0.split(&format!(" {words}")).next().expect("a split has a first part");
        assert_ne!(before, self.0, "no `{words}` in {}", self.0);
        before.rsplit(' ').next().expect("a number").replace(',', "").parse().expect("a number")
    }

    /// Decoded and all counted drops.
    fn accounted(&self) -> u64 {
        ["decoded", "dropped by the kernel", "by the interface", "by our ring", "left unread"]
            .iter()
            .map(|words| self.count(words))
            .sum()
    }
}

fn from_file(file: &Path) -> Vec<Value> {
    timeless(json_lines(touchpoint().args(["decode", "--json"]).arg(file)))
}

#[test]
fn what_is_played_onto_a_link_gives_the_events_of_the_file() {
    let Some(net) = Net::new("same") else { return };
    net.link(1);
    let file = recorded("a-msc-leg.pcap");
    let decoding = net.decode(&["--interface", "rx1"]);
    let sent = net.play(1, &file, &["--pps=2000"]);
    let (events, said) = decoding.end();
    let closing = Closing::of(&said, "rx1");
    assert_eq!((sent, closing.count("decoded")), (516, 516), "{said}");
    assert_eq!(closing.accounted(), sent, "{said}");
    assert_eq!(timeless(events), from_file(&file));
}

#[test]
fn at_the_highest_rate_no_packet_is_unaccounted_for() {
    let Some(net) = Net::new("rate") else { return };
    net.link(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let town = folder.path().join("town.pcap");
    run(synthesise().args(["--subscribers", "2000", "--minutes", "30", "--seed", "5", "--out"]).arg(&town));
    // The smallest ring, so that drops are likely: they are to be counted, not to be avoided.
    for ring in ["1", "64"] {
        let decoding = net.decode(&["--interface", "rx1", "--buffer-mb", ring]);
        let sent = net.play(1, &town, &["--topspeed", "--loop=3"]);
        let (_, said) = decoding.end();
        println!("{sent} sent, ring of {ring} MB: {said}");
        assert_eq!(Closing::of(&said, "rx1").accounted(), sent, "{said}");
    }
}

#[test]
fn several_interfaces_are_one_feed_and_each_is_accounted_for() {
    let Some(net) = Net::new("two") else { return };
    net.link(1);
    net.link(2);
    let file = recorded("a-msc-leg.pcap");
    // A tap for each direction, as operators have them.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (there, back) = (folder.path().join("there.pcap"), folder.path().join("back.pcap"));
    let first_port = "sctp src port 2905";
    for (part, filter) in [(&there, first_port.to_owned()), (&back, format!("not {first_port}"))] {
        run(Command::new("tcpdump").arg("-nr").arg(&file).arg("-w").arg(part).arg(filter));
    }
    let decoding = net.decode(&["-i", "rx1", "-i", "rx2"]);
    let (sent_there, sent_back) = thread::scope(|scope| {
        let other = scope.spawn(|| net.play(2, &back, &["--multiplier=20"]));
        (net.play(1, &there, &["--multiplier=20"]), other.join().expect("the other player"))
    });
    let (events, said) = decoding.end();
    assert_eq!(Closing::of(&said, "rx1").accounted(), sent_there, "{said}");
    assert_eq!(Closing::of(&said, "rx2").accounted(), sent_back, "{said}");
    assert_eq!(sent_there + sent_back, 516);
    assert!(!events.is_empty(), "the feed speaks of subscribers");
}

#[test]
fn an_interface_that_goes_down_or_away_is_survived_and_counted() {
    let Some(net) = Net::new("flap") else { return };
    net.link(1);
    let file = recorded("a-msc-leg.pcap");
    let mut decoding = net.decode(&["--interface", "rx1"]);
    let before = net.play(1, &file, &["--pps=5000"]);
    net.run(&["ip", "link", "set", "rx1", "down"]);
    decoding.says("interface `rx1` is down");
    net.run(&["ip", "link", "set", "rx1", "up"]);
    decoding.says("interface `rx1` is back");
    decoding.so_far.clear();
    let after = net.play(1, &file, &["--pps=5000"]);
    net.run(&["ip", "link", "del", "rx1"]);
    decoding.says("looking for it");
    net.link(1);
    decoding.says("interface `rx1` is back");
    let again = net.play(1, &file, &["--pps=5000"]);
    let (_, said) = decoding.end();
    let closing = Closing::of(&said, "rx1");
    // What was in the ring of an interface when it was deleted is left unread, and counted so.
    assert_eq!(closing.accounted(), before + after + again, "{said}");
    assert_eq!(closing.count("gaps"), 2, "{said}");
}

#[test]
fn voice_stays_in_the_kernel_unless_asked_for() {
    let Some(net) = Net::new("voice") else { return };
    net.link(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("voice.pcap");
    fs::write(&file, voice(50)).expect("a file can be written");
    for (words, decoded) in [(&["--interface", "rx1"][..], 0), (&["--interface", "rx1", "--filter", ""], 50)] {
        let decoding = net.decode(words);
        let sent = net.play(1, &file, &["--pps=1000"]);
        let (_, said) = decoding.end();
        let closing = Closing::of(&said, "rx1");
        assert_eq!((sent, closing.count("decoded")), (50, decoded), "{said}");
        assert_eq!(closing.count("passed over by the filter"), 50 - decoded, "{said}");
    }
}

/// A capture of as many RTP packets.
fn voice(count: u32) -> Vec<u8> {
    let udp = [&[0x40, 0, 0x0f, 0xa2, 0, 180, 0, 0, 0x80, 8][..], &[0; 170]].concat();
    let ip = [0x45, 0, 0, 200, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let frame = [&[2; 12][..], &[8, 0], &ip, &udp].concat();
    let length = u32::try_from(frame.len()).expect("a frame is short");
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut file = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1]);
    for index in 0..count {
        file.extend(words(&[1_700_000_000, index * 20_000, length, length]));
        file.extend(&frame);
    }
    file
}

#[test]
fn what_cannot_be_listened_to_says_why() {
    let Some(net) = Net::new("wrong") else { return };
    net.link(1);
    let check = |words: &[&str], expected: &[&str]| {
        let program = touchpoint();
        let output = net.command(program.get_program()).arg("decode").args(words).output().expect("touchpoint starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        expected.iter().for_each(|word| assert!(said.contains(word), "`{word}` is missing in:\n{said}"));
    };
    check(&["-i", "rx9"], &["no interface `rx9`", "did you mean `rx1`", "tx1"]);
    check(&["-i", "rx1", "--filter", "spct"], &["`spct`", "syntax error"]);
    check(&["-i", "rx1", "-i", "rx1"], &["named twice"]);
    check(&["-i", "lo"], &["`lo` is down", "ip link set lo up"]);
}

#[test]
fn a_folder_is_followed_while_it_is_written() {
    let Some(net) = Net::new("follow") else { return };
    net.link(1);
    let tcpdump = ["tcpdump", "-Z", "root", "--immediate-mode", "-U", "-G", "1", "-i", "rx1", "-w", "%s.pcap"];
    let dumpcap = ["dumpcap", "-q", "-b", "filesize:20", "-i", "rx1", "-w", "ring.pcapng"];
    for writer in [&tcpdump[..], &dumpcap] {
        follow(&net, writer);
    }
}

fn follow(net: &Net, writer: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Writers of captures give up root's rights.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    let name = folder.path().to_string_lossy().into_owned();
    let file = recorded("a-msc-leg.pcap");
    let decoding = net.decode(&["--follow", &name, "--frames", "516"]);
    let (program, words) = writer.split_first().expect("a program");
    let quiet = || Stdio::null();
    let mut command = net.command(program);
    let written = command.args(words).current_dir(folder.path()).stdout(quiet()).stderr(quiet()).spawn();
    let mut writing = Running(written.expect("it starts"));
    net.await_listener();
    net.play(1, &file, &["--pps=200"]);
    thread::sleep(Duration::from_secs(2));
    run(Command::new("kill").args(["-INT", &writing.0.id().to_string()]));
    writing.0.wait().expect("it ends");
    let (events, said) = decoding.wait();
    let closing = Closing::of(&said, &name);
    assert_eq!((closing.count("frames"), closing.count("gaps")), (516, 0), "{writer:?}: {said}");
    assert!(closing.count("files") >= 3, "{writer:?}: {said}");
    assert_eq!(timeless(events), from_file(&file), "{writer:?}");
}

#[expect(clippy::disallowed_methods, reason = "how long a test waits for another process")]
fn now() -> Instant {
    Instant::now()
}
