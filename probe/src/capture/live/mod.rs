//! Live capture: interfaces as one feed, merged by time, every packet accounted for.
//!
//! Each interface has a thread that moves frames from the kernel's ring (TPACKET_V3, through libpcap) into batches; whoever
//! calls [`Live::next`] gives emptied batches back. Where it is too slow, batches run out, the kernel's ring fills, and the
//! kernel drops and counts: the one place where a live feed loses anything.

mod batch;
mod device;
mod error;
mod filter;
mod listener;
mod merge;
mod privilege;
mod tally;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use event::Timestamp;

pub use error::LiveError;
pub use filter::{DEFAULT_FILTER, check_filter};
pub use tally::InterfaceTotals;

use super::error::known_link_types as known_links;
use super::step::{self, Deadline, Step};
use batch::Batch;
use listener::Listener;
use merge::{Choice, Merge};
use tally::Tally;

/// Interfaces of one feed.
pub const INTERFACE_LIMIT: usize = 64;
/// Batches of each interface.
const BATCHES: usize = 64;

/// The kernel hands over a block that is not full after this.
const RETIRE: Duration = Duration::from_millis(20);
/// How long a thread waits for frames before it tells that there are none.
const POLL: Duration = Duration::from_millis(25);
/// A frame is in the ring this long after its time at the latest: [`RETIRE`], and the kernel's timers.
const SETTLE: Duration = Duration::from_millis(80);
/// Frames are handed over when the first of them is this old.
const BATCH_TIME: Duration = Duration::from_millis(20);
/// How often the state and the counters of an interface are looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long [`Live::next`] waits.
const QUIET: Duration = Duration::from_millis(100);

const _: () = assert!(RETIRE.as_millis() + POLL.as_millis() < SETTLE.as_millis());

/// How interfaces are listened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSettings {
    /// What the kernel gives us, in the language of pcap-filter(7); empty for everything.
    pub filter: String,
    /// Octets kept of each frame.
    pub snaplen: u32,
    /// Whether frames to other stations are taken too.
    pub promiscuous: bool,
    /// Octets of the kernel's ring of each interface.
    pub buffer_octets: u32,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self { filter: DEFAULT_FILTER.to_owned(), snaplen: 262_144, promiscuous: true, buffer_octets: 64 << 20 }
    }
}

/// One or more interfaces that are listened to.
pub struct Live {
    interfaces: Vec<String>,
    tallies: Vec<Arc<Tally>>,
    deadline: Deadline,
    arrivals: Receiver<Batch>,
    merge: Merge,
    threads: Vec<JoinHandle<()>>,
}

impl Live {
    /// Begins to listen, until `deadline`. The calling thread has no capabilities afterwards; those of the interfaces keep
    /// CAP_NET_RAW, to open an interface again that was away.
    ///
    /// # Errors
    /// Where one of the interfaces cannot be listened to.
    pub fn open(interfaces: &[String], settings: &LiveSettings, deadline: &Deadline) -> Result<Self, LiveError> {
        check(interfaces)?;
        let settings = Arc::new(settings.clone());
        let (filled, arrivals) = sync_channel(BATCHES * interfaces.len());
        let (mut tallies, mut pools, mut threads, mut openings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, interface) in interfaces.iter().enumerate() {
            let (pool, empty) = pool(index);
            let tally = Arc::new(Tally::default());
            let listener = Listener {
                interface: interface.clone(),
                settings: Arc::clone(&settings),
                deadline: deadline.clone(),
                tally: Arc::clone(&tally),
                pool: empty,
                filled: filled.clone(),
                sound_at: step::now(),
                checked_at: Timestamp::MIN,
                is_lost: false,
            };
            let (tell, opening) = sync_channel(1);
            threads.push(start(listener, tell)?);
            tallies.push(tally);
            pools.push(pool);
            openings.push(opening);
        }
        for (opening, interface) in openings.into_iter().zip(interfaces) {
            opening.recv().unwrap_or_else(|_| Err(open_error(interface, "its thread ended")))?;
        }
        privilege::give_up_all()?;
        let (interfaces, deadline) = (interfaces.to_vec(), deadline.clone());
        Ok(Self { interfaces, tallies, deadline, arrivals, merge: Merge::new(pools), threads })
    }

    /// What comes next, `most` frames at most; waits for it, not long. [`super::Frame::file`] is the interface, as an index into those named.
    #[inline]
    pub fn next(&mut self, most: usize) -> Step<'_> {
        let mut choice = self.merge.choose(most);
        if let Choice::Wait(_) = choice {
            self.receive();
            choice = self.merge.choose(most);
        }
        match choice {
            Choice::Frames(lane) => self.merge.frames(lane).map_or(Step::End, Step::Frames),
            Choice::News(at, news) => Step::News(at, news),
            Choice::Wait(reached) => Step::Quiet(reached),
            Choice::End => Step::End,
        }
    }

    /// Frames that were given after later ones: an interface was heard of too late.
    pub fn late(&self) -> u64 {
        self.merge.late()
    }

    /// Of each interface, where its packets have gone so far. What is under way between threads counts as left unread or dropped
    /// by our ring.
    pub fn totals(&self) -> Vec<InterfaceTotals> {
        let all = self.interfaces.iter().zip(&self.tallies).enumerate();
        all.map(|(index, (interface, tally))| tally.totals(interface, self.merge.given(index))).collect()
    }

    /// Ends, and tells of each interface where its packets went.
    pub fn close(self) -> Vec<InterfaceTotals> {
        let Self { interfaces, tallies, deadline, arrivals, merge, threads } = self;
        deadline.end_now();
        let given: Vec<u64> = (0..interfaces.len()).map(|index| merge.given(index)).collect();
        // Without them a thread that has not ended yet has nobody to hand over to, and ends.
        drop((arrivals, merge));
        threads.into_iter().for_each(|thread| _ = thread.join());
        let all = interfaces.iter().zip(tallies).zip(given);
        all.map(|((interface, tally), given)| tally.totals(interface, given)).collect()
    }

    fn receive(&mut self) {
        match self.arrivals.recv_timeout(QUIET) {
            Ok(batch) => self.merge.take_in(batch),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.merge.end(),
        }
    }
}

fn check(interfaces: &[String]) -> Result<(), LiveError> {
    if interfaces.is_empty() || interfaces.len() > INTERFACE_LIMIT {
        return Err(LiveError::Interfaces { count: interfaces.len(), limit: INTERFACE_LIMIT });
    }
    let is_repeated = |(index, name): &(usize, &String)| interfaces.iter().take(*index).any(|other| other == *name);
    match interfaces.iter().enumerate().find(is_repeated) {
        Some((_, name)) => Err(LiveError::NamedTwice { interface: name.clone() }),
        None => Ok(()),
    }
}

fn pool(index: usize) -> (SyncSender<Batch>, Receiver<Batch>) {
    let (pool, empty) = sync_channel(BATCHES);
    (0..BATCHES).for_each(|_| _ = pool.try_send(Batch::new(index)));
    (pool, empty)
}

// The interface is opened in its own thread, whose capabilities are its own.
fn start(listener: Listener, tell: SyncSender<Result<(), LiveError>>) -> Result<JoinHandle<()>, LiveError> {
    let interface = listener.interface.clone();
    let run = move || {
        let opened = device::open(&listener.interface, &listener.settings);
        let opened = opened.and_then(|handle| privilege::keep_capture().map(|()| handle));
        match opened {
            Ok(handle) => {
                let _ = tell.send(Ok(()));
                listener.run(handle);
            }
            Err(error) => _ = tell.send(Err(error)),
        }
    };
    thread::Builder::new()
        .name(format!("capture-{interface}"))
        .spawn(run)
        .map_err(|error| open_error(&interface, error))
}

fn open_error(interface: &str, reason: impl ToString) -> LiveError {
    LiveError::Open { interface: interface.to_owned(), reason: reason.to_string() }
}
