//! An interface's thread: takes frames from the kernel's ring, and survives that the interface goes down or away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;

use ::pcap::{Error, PacketHeader};
use event::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::plausible;
use super::super::step::{self, Deadline, News};
use super::batch::Batch;
use super::device::{self, Handle, State};
use super::tally::Tally;
use super::{BATCH_TIME, CHECK_INTERVAL, LiveSettings, POLL, SETTLE};

/// The feed has ended, or nobody takes its frames any more.
struct Ended;

/// Why taking frames stopped.
enum Filled {
    /// The batch is to be handed over.
    Full,
    /// Nothing more in the ring.
    Empty,
    /// A frame later than the end of the feed.
    Late,
    /// The ring is dead.
    Dead(String),
}

/// One interface's thread.
pub(super) struct Listener {
    pub(super) interface: String,
    pub(super) settings: Arc<LiveSettings>,
    pub(super) deadline: Deadline,
    pub(super) tally: Arc<Tally>,
    /// Batches to be filled. Where there are none, the kernel's ring fills, and drops are counted there.
    pub(super) pool: Receiver<Batch>,
    pub(super) filled: SyncSender<Batch>,
    /// When the interface was last known to be there.
    pub(super) sound_at: Timestamp,
    pub(super) checked_at: Timestamp,
    pub(super) is_lost: bool,
}

impl Listener {
    /// Listens until the feed ends.
    pub(super) fn run(mut self, mut handle: Handle) {
        loop {
            let listened = self.listen(&mut handle);
            self.measure(&mut handle);
            if listened.is_err() {
                break;
            }
            drop(handle);
            match self.find_again() {
                Ok(found) => handle = found,
                Err(Ended) => break,
            }
        }
        if let Ok(mut batch) = self.batch() {
            batch.last = true;
            let _ = self.hand_over(batch);
        }
    }

    // Returns where the ring is dead.
    fn listen(&mut self, handle: &mut Handle) -> Result<(), Ended> {
        loop {
            let mut batch = self.batch()?;
            batch.link = handle.link;
            let now = step::now();
            let filled = self.fill(handle, &mut batch, now);
            self.tally.taken.fetch_add(batch.len() as u64, Ordering::Relaxed);
            if let Some(first) = batch.first_at() {
                self.is_there(&mut batch, first);
                self.sound_at = now;
            }
            let is_due = now >= self.checked_at + CHECK_INTERVAL;
            if is_due {
                self.checked_at = now;
                self.measure(handle);
            }
            match filled {
                Filled::Full => self.hand_over(batch)?,
                Filled::Late => {
                    self.hand_over(batch)?;
                    return Err(Ended);
                }
                Filled::Dead(reason) => {
                    self.is_not_there(&mut batch, now, &reason);
                    return self.hand_over(batch);
                }
                Filled::Empty => {
                    batch.until = batch.until.max(now - SETTLE);
                    let is_gone = is_due && self.check(&mut batch, now);
                    self.hand_over(batch)?;
                    if now > self.deadline.at() + SETTLE {
                        return Err(Ended);
                    }
                    if is_gone {
                        return Ok(());
                    }
                    wait(handle);
                }
            }
        }
    }

    fn fill(&self, handle: &mut Handle, batch: &mut Batch, now: Timestamp) -> Filled {
        let end = self.deadline.at();
        loop {
            match handle.packets.next_packet() {
                Ok(packet) => {
                    let at = plausible::of_live(time(packet.header), now).unwrap_or_else(|| {
                        self.tally.implausible.fetch_add(1, Ordering::Relaxed);
                        now
                    });
                    if at > end {
                        return Filled::Late;
                    }
                    batch.push(at, packet.header.len, packet.data);
                    let is_old = batch.first_at().is_some_and(|first| at.since(first) >= BATCH_TIME);
                    if is_old || batch.is_full() {
                        return Filled::Full;
                    }
                }
                Err(Error::TimeoutExpired) => return Filled::Empty,
                Err(error) => return Filled::Dead(format!("cannot be read ({})", device::reason(error))),
            }
        }
    }

    // Looks for an interface that is gone, until it can be opened.
    fn find_again(&mut self) -> Result<Handle, Ended> {
        loop {
            thread::sleep(POLL);
            let now = step::now();
            if now > self.deadline.at() {
                return Err(Ended);
            }
            let mut batch = self.batch()?;
            batch.until = now;
            self.hand_over(batch)?;
            if now >= self.checked_at + CHECK_INTERVAL {
                self.checked_at = now;
                if let Ok(handle) = device::open(&self.interface, &self.settings) {
                    // To be looked at as soon as the ring is empty.
                    self.checked_at = Timestamp::MIN;
                    return Ok(handle);
                }
            }
        }
    }

    // Whether the interface is gone. A ring outlives its interface's going down, and serves it when it comes up.
    fn check(&mut self, batch: &mut Batch, now: Timestamp) -> bool {
        match device::state(&self.interface) {
            State::Up => {
                self.is_there(batch, now);
                self.sound_at = now;
            }
            State::Down => self.is_not_there(batch, now, "is down"),
            State::Gone => {
                self.is_not_there(batch, now, "is gone");
                return true;
            }
        }
        false
    }

    fn is_there(&mut self, batch: &mut Batch, at: Timestamp) {
        if self.is_lost {
            self.is_lost = false;
            let gap = at.since(self.sound_at);
            batch.news = Some((at, News::InterfaceBack { interface: self.interface.clone(), gap }));
        }
    }

    fn is_not_there(&mut self, batch: &mut Batch, at: Timestamp, reason: &str) {
        if !self.is_lost {
            self.is_lost = true;
            self.tally.gaps.fetch_add(1, Ordering::Relaxed);
            let news = News::InterfaceLost { interface: self.interface.clone(), reason: reason.to_owned() };
            batch.news = Some((at, news));
        }
    }

    fn measure(&self, handle: &mut Handle) {
        if let Ok(stat) = handle.packets.stats() {
            handle.meter.read(&self.interface, handle.is_loopback, stat, &self.tally);
        }
    }

    fn batch(&mut self) -> Result<Batch, Ended> {
        let mut batch = self.pool.recv().map_err(|_| Ended)?;
        batch.clear();
        Ok(batch)
    }

    fn hand_over(&mut self, batch: Batch) -> Result<(), Ended> {
        self.filled.send(batch).map_err(|_| Ended)
    }
}

#[expect(clippy::useless_conversion, reason = "the fields of timeval are shorter on some machines")]
fn time(header: &PacketHeader) -> Timestamp {
    Timestamp::from_micros(i64::from(header.ts.tv_sec) * 1_000_000 + i64::from(header.ts.tv_usec))
}

// Until something is in the ring. A failure shows itself at the next reading.
fn wait(handle: &Handle) {
    let timeout = Timespec::try_from(POLL).ok();
    let _ = poll(&mut [PollFd::new(&handle.packets, PollFlags::IN)], timeout.as_ref());
}
