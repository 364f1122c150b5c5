//! One store from its making, through crashes, to the end of all inputs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use engine::offer::State;
use fastrand::Rng;
use rules::scenario::Purpose;
use tests::{root, touchpoint};

use super::Crash;
use super::layer::{Disk, Layer};
use super::peer::{Peer, check_contract, messages};
use super::town::Town;
use super::truth::{Contents, EventKey, Truth};

/// How long a start that ends by itself may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// So many octets of a stream are looked at, to know it again, before any of it is taken in: until then nothing is acknowledged.
const LOOKED_AT: usize = 64 << 10;
/// Twice the bound on what a killed process loses.
const COMMITTED: Duration = Duration::from_millis(200);
/// Twice the bound on what a failure of the power takes.
const SYNCED: Duration = Duration::from_millis(400);

/// What every life has in common.
pub struct World {
    pub folder: PathBuf,
    pub towns: Vec<Town>,
    pub people: PathBuf,
    pub truths: Vec<Truth>,
    pub layer: Layer,
}

impl World {
    /// A replay of its standard input into this store; who it delivers to is still to be said.
    pub fn replay(&self, store: &Path, threads: usize) -> Command {
        let mut command = touchpoint();
        command
            .args(["replay", "-", "--json", "--reveal", "--scenarios"])
            .arg(root().join("deploy/demo/synthesised"))
            .arg("--subscribers")
            .arg(&self.people)
            .args(["--threads", &threads.to_string(), "--store"])
            .arg(store);
        command
    }
}

/// How long the program is left alone amid its input before it crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Until a kill must lose nothing.
    Committed,
    /// Until a failure of the power must lose nothing.
    Synced,
}

pub struct Life<'a> {
    world: &'a World,
    folder: PathBuf,
    peer: Peer,
    town: usize,
    starts: usize,
    name: String,
}

impl<'a> Life<'a> {
    pub fn begin(world: &'a World, number: usize, random: &mut Rng) -> Self {
        let folder = world.folder.join(format!("life-{number}"));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let peer = match random.u8(0..3) {
            0 => Peer::Journal(folder.join("offers.jsonl")),
            _ => Peer::smsc(random.u64(0..5)),
        };
        Self { world, folder, peer, town: 0, starts: 0, name: format!("life {number}") }
    }

    pub fn goes_on(&self) -> bool {
        self.town < self.world.towns.len()
    }

    /// Starts the program on the present town, and lets it crash so. Tells whether it did, or came to the end before.
    pub fn start(&mut self, crash: Option<Crash>, random: &mut Rng) -> bool {
        self.starts += 1;
        let what = format!("{}, start {}, town {}, {crash:?}", self.name, self.starts, self.town);
        let mut command = self.world.replay(&self.folder.join("store"), 1 + random.usize(0..4));
        self.peer.deliver(&mut command);
        let disk = crash.and_then(|crash| self.put_layer(&mut command, crash, random));
        let refused = self.folder.join("stderr");
        command.stderr(fs::File::create(&refused).expect("a file can be written"));
        let mut running = Running::start(command, &self.world.towns[self.town]);
        let longest = self.world.truths[self.town].length.mul_f64(1.2);
        let ended = match crash.filter(|crash| !crash.is_refusal()) {
            None => Some(running.ends(&what)),
            Some(crash) => running.is_killed(crash.pause(), random, longest),
        };
        let said = fs::read_to_string(&refused).unwrap_or_default();
        match (ended, crash) {
            (Some(status), _) if status.success() => {
                self.check_end(&what);
                self.town += 1;
                return false;
            }
            (Some(_), Some(Crash::DiskFull)) => assert!(said.contains("is full"), "{what}: it said `{said}`"),
            (Some(_), Some(Crash::SyncFailed)) => assert!(!said.is_empty(), "{what}: it said nothing"),
            (Some(status), _) => panic!("{what}: it ended with {status}: {said}"),
            (None, _) => {}
        }
        if let Some(disk) = disk.filter(|_| crash.is_some_and(Crash::loses_power)) {
            disk.lose_power(random);
        }
        self.check_crashed(&running.acknowledged, &what);
        true
    }

    fn put_layer(&self, command: &mut Command, crash: Crash, random: &mut Rng) -> Option<Disk> {
        let fault = crash.fault(random)?;
        // A journal finds room for ever: how a store ends that does not is the question.
        let folder = if crash == Crash::DiskFull { self.folder.join("store") } else { self.folder.clone() };
        Some(self.world.layer.put_under(command, &folder, fault, random.u64(..)))
    }

    /// The store as the next start will find it: read in a copy, for reading recovers.
    fn check_crashed(&self, acknowledged: &[EventKey], what: &str) {
        let (store, copy) = (self.folder.join("store/window"), self.folder.join("copy"));
        if !store.join("CURRENT").is_file() {
            assert!(acknowledged.is_empty(), "{what}: there is no store");
            return;
        }
        copy_folder(&store, &copy);
        let found = Contents::read(&copy, what);
        fs::remove_dir_all(&copy).expect("a copy can be removed");
        let truth = &self.world.truths[self.town].contents;
        let before = self.town.checked_sub(1).map(|before| &self.world.truths[before].contents);
        for (event, count) in &found.facts {
            let is_known =
                [Some(truth), before].into_iter().flatten().any(|truth| truth.facts.get(event) == Some(count));
            assert!(is_known, "{what}: {event:?} is there {count} times");
        }
        for event in acknowledged {
            assert!(found.facts.contains_key(event), "{what}: {event:?} was taken in before the bound and is lost");
        }
        self.check_sent(&found, what);
    }

    /// At the end of a town.
    fn check_end(&self, what: &str) {
        let found = Contents::read(&self.folder.join("store/window"), what);
        let truth = &self.world.truths[self.town].contents;
        assert!(found.facts == truth.facts, "{what}: other facts than without crashes");
        let differ = found.ledger.iter().zip(&truth.ledger).find(|(found, truth)| found != truth);
        assert!(differ.is_none() && found.ledger.len() == truth.ledger.len(), "{what}: other decisions: {differ:#?}");
        assert_eq!(found.decided(), truth.decided(), "{what}: other offers than without crashes");
        for offer in &found.offers {
            let is_over = offer.state.is_settled();
            let may_be_unknown = offer.purpose != Purpose::Service || offer.state != State::Unknown;
            assert!(is_over && may_be_unknown, "{what}: {offer:?}");
        }
        self.check_sent(&found, what);
    }

    fn check_sent(&self, found: &Contents, what: &str) {
        let truths = self.world.truths.iter().take(self.town + 1);
        // Every offer of every town, once: what is in two truths is the same offer.
        let mut wanted: Vec<_> = truths.flat_map(|truth| truth.contents.decided()).collect();
        wanted.sort_by_key(|offer| offer.id);
        wanted.dedup_by_key(|offer| offer.id);
        let accepted = messages(&found.offers, |offer| matches!(offer.state, State::Accepted(_)));
        check_contract(&wanted, &accepted, &self.peer, self.starts, what);
    }
}

impl Drop for Life<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// The program, being fed.
struct Running<'a> {
    child: Child,
    town: &'a Town,
    feed: mpsc::Sender<Option<usize>>,
    given: mpsc::Receiver<()>,
    feeder: Option<thread::JoinHandle<()>>,
    /// Events that must be there whatever happens.
    acknowledged: Vec<EventKey>,
}

impl<'a> Running<'a> {
    fn start(mut command: Command, town: &'a Town) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("touchpoint starts");
        let mut input = child.stdin.take().expect("it was piped");
        let (feed, wanted) = mpsc::channel::<Option<usize>>();
        let (tell, given) = mpsc::channel();
        let capture = town.capture.clone();
        let feeder = thread::spawn(move || {
            let mut end = 0;
            for upto in wanted {
                let upto = upto.unwrap_or(capture.len());
                // Who has been killed reads no more.
                if input.write_all(&capture[end..upto]).is_err() {
                    return;
                }
                end = upto;
                tell.send(()).ok();
                if end == capture.len() {
                    return;
                }
            }
        });
        Self { child, town, feed, given, feeder: Some(feeder), acknowledged: Vec::new() }
    }

    fn give(&self, upto: Option<usize>) {
        self.feed.send(upto).ok();
    }

    /// Lets it come to its end.
    fn ends(&mut self, what: &str) -> ExitStatus {
        self.give(None);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return status;
            }
            assert!(Instant::now() < deadline, "{what}: it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it at some moment, perhaps after a pause. `None` where it was alive until then.
    fn is_killed(&mut self, pause: Option<Pause>, random: &mut Rng, longest: Duration) -> Option<ExitStatus> {
        if let Some(pause) = pause {
            self.rest(pause, random);
        }
        self.give(None);
        thread::sleep(longest.mul_f64(if random.bool() { random.f64() } else { random.f64() * 0.2 }));
        match self.child.try_wait().expect("a child can be asked") {
            Some(status) => Some(status),
            None => {
                self.child.kill().expect("SIGKILL");
                self.child.wait().expect("it is dead");
                None
            }
        }
    }

    /// Gives a part of the input and waits until nothing moves any more, for the bound, and until what the bound has set off
    /// is done: on a busy machine that may take longer than the bound.
    fn rest(&mut self, pause: Pause, random: &mut Rng) {
        let heard = self.town.frames.partition_point(|(end, _)| *end <= LOOKED_AT);
        let cut = random.usize(heard..self.town.frames.len());
        self.give(Some(self.town.frames[cut].0));
        self.given.recv().ok();
        self.settle();
        thread::sleep(if pause == Pause::Committed { COMMITTED } else { SYNCED });
        self.settle();
        self.acknowledged = self.town.released(cut);
    }

    fn settle(&self) {
        const LOOKS: usize = 5;
        let mut at_rest = 0;
        while at_rest < LOOKS {
            thread::sleep(Duration::from_millis(20));
            at_rest = if is_at_rest(self.child.id()) { at_rest + 1 } else { 0 };
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        (self.feed, _) = mpsc::channel();
        self.feeder.take().into_iter().for_each(|feeder| feeder.join().expect("the feeder ends"));
    }
}

/// Whether every thread of a process waits for something other than a disk or a processor: proc(5), `stat`, field 3.
fn is_at_rest(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return true };
    let mut states = threads.flatten().map(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|fields| fields.chars().next())
    });
    states.all(|state| state.is_none_or(|state| state == 'S'))
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("a folder can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a file has a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
