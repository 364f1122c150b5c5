//! What feeds know of temporary identities, kept between starts: a file for each feed in the store's folder, written again and
//! again while it runs. One thread writes for all, so that no feed waits for a disk; a file takes the place of the one before
//! when it is whole and on disk.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use event::{AreaFact, AreaFactKind, Imsi, Source, Timestamp};
use probe::remembered::{self, Writing};
use probe::{Probe, Sink};
use rustc_hash::FxHashMap;
use siphasher::sip::SipHasher13;

use crate::run::DOUBTFUL_GAP;

/// The folder, in that of the store.
const FOLDER: &str = "identities";
/// What is being written is called so until it is whole.
const DRAFT: &str = "draft";
/// The least time between two writings of one feed.
const LEAST_ROUND: Duration = Duration::from_secs(10);
/// Subscribers in one turn, of which a feed has one a second: at most half a megabyte, so that four million take four minutes.
const SUBSCRIBERS_A_TURN: usize = 16_384;
/// The most pieces of all feeds that wait for the disk. Beyond it a feed's writing waits; the feed does not.
const PIECES: usize = 16;

/// Writes for all feeds.
pub(crate) struct Keeper {
    folder: PathBuf,
    tasks: Sender<Task>,
    thread: JoinHandle<()>,
}

/// What the thread is to do.
enum Task {
    Write(Piece),
    /// Erase a subscriber from all files, and tell how many bindings that were.
    Forget(Imsi, Sender<io::Result<u64>>),
}

/// A part of a file.
struct Piece {
    file: PathBuf,
    octets: Vec<u8>,
    is_first: bool,
    is_last: bool,
}

impl Keeper {
    /// Begins, beside the store in this folder; what was kept of feeds that are not among these goes.
    pub(crate) fn begin<'a>(store: &Path, feeds: impl Iterator<Item = &'a str>) -> io::Result<Self> {
        let folder = store.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let own: Vec<PathBuf> = feeds.map(|feed| file_of(&folder, feed)).collect();
        for file in fs::read_dir(&folder)? {
            let file = file?.path();
            if !own.contains(&file) {
                fs::remove_file(file)?;
            }
        }
        let (tasks, come) = bounded(PIECES);
        let own = folder.clone();
        let thread = thread::Builder::new().name("identities".to_owned()).spawn(move || work(&own, &come))?;
        Ok(Self { folder, tasks, thread })
    }

    /// For one feed, of which nothing is kept for longer than this.
    pub(crate) fn notes(&self, feed: &str, retention: Duration) -> Notes {
        let file = file_of(&self.folder, feed);
        let tasks = self.tasks.clone();
        Notes { file, retention, tasks, writing: None, begun: Timestamp::MIN, unsent: None }
    }

    /// What erases subscribers from it.
    pub(crate) fn eraser(&self) -> Eraser {
        Eraser(self.tasks.clone())
    }

    /// Waits until all is written that was given. There must be no [`Notes`] and no [`Eraser`] left.
    pub(crate) fn end(self) {
        drop(self.tasks);
        // A thread that panicked has told so itself.
        _ = self.thread.join();
    }
}

/// Erases subscribers from what is kept.
#[derive(Clone)]
pub(crate) struct Eraser(Sender<Task>);

impl Eraser {
    /// Erases a subscriber: how many bindings that was; none where nobody writes any more. Every feed must have begun to write
    /// anew before.
    pub(crate) fn forget(&self, imsi: Imsi) -> Option<io::Result<u64>> {
        let (tell, told) = bounded(1);
        self.0.send(Task::Forget(imsi, tell)).ok()?;
        told.recv().ok()
    }
}

/// One feed's side of it.
pub(crate) struct Notes {
    file: PathBuf,
    retention: Duration,
    tasks: Sender<Task>,
    writing: Option<Writing>,
    begun: Timestamp,
    unsent: Option<Piece>,
}

impl Notes {
    /// Gives the probe what was kept of before `now`: every binding of it is suspect. Where nobody has listened since `heard` for
    /// long, tells that every location area of before has been silent since.
    pub(crate) fn recall(&self, probe: &mut Probe, heard: Timestamp, now: Timestamp, sink: &mut impl Sink) {
        let octets = match fs::read(&self.file) {
            Ok(octets) => octets,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return tracing::warn!("identities of before cannot be read: {error}"),
        };
        let recalled = match probe.recall(&octets, before(now, self.retention), now) {
            Ok(recalled) => recalled,
            Err(unreadable) => {
                return tracing::warn!("identities of before are not known: {}: {unreadable}", self.file.display());
            }
        };
        tracing::info!(suspects = recalled.bindings, beside = recalled.beside, "identities of before are known again");
        if heard > Timestamp::MIN && now.since(heard) >= DOUBTFUL_GAP {
            let kind = AreaFactKind::Silent { source: Source::Area, since: heard };
            recalled.areas.into_iter().for_each(|area| sink.area(&AreaFact { at: heard, area, kind }));
        }
    }

    /// Writes on, once a second: `wall` says when a new writing is due, `reached` how far the feed has come in packet time.
    pub(crate) fn turn(&mut self, probe: &mut Probe, wall: Timestamp, reached: Timestamp) {
        if let Some(piece) = self.unsent.take() {
            self.send(piece);
        } else if self.writing.is_some() || wall >= self.begun + LEAST_ROUND {
            if self.writing.is_none() {
                self.begun = wall;
            }
            let piece = self.piece(probe, reached);
            self.send(piece);
        }
    }

    /// What is being written is not gone on with: the next turn begins anew.
    pub(crate) fn restart(&mut self) {
        (self.writing, self.unsent, self.begun) = (None, None, Timestamp::MIN);
    }

    /// Writes all, at the end of the feed.
    pub(crate) fn finish(mut self, probe: &mut Probe, reached: Timestamp) {
        self.writing = None;
        loop {
            let piece = self.piece(probe, reached);
            // Nobody is left to write where the thread has ended.
            if self.tasks.send(Task::Write(piece)).is_err() || self.writing.is_none() {
                return;
            }
        }
    }

    fn piece(&mut self, probe: &mut Probe, reached: Timestamp) -> Piece {
        let (is_first, mut octets) = (self.writing.is_none(), Vec::new());
        let writing = self.writing.unwrap_or_default();
        self.writing = probe.remember(writing, SUBSCRIBERS_A_TURN, before(reached, self.retention), &mut octets);
        Piece { file: self.file.clone(), octets, is_first, is_last: self.writing.is_none() }
    }

    fn send(&mut self, piece: Piece) {
        if let Err(TrySendError::Full(Task::Write(piece))) = self.tasks.try_send(Task::Write(piece)) {
            metrics::counter!("touchpoint_limit_reached_total", "limit" => "identities_pieces").increment(1);
            self.unsent = Some(piece);
        }
    }
}

/// Erases a subscriber from what is kept in the store of this folder: how many bindings that were. Only while no engine runs on it.
///
/// # Errors
/// Where a file cannot be read or written, or is none of ours.
pub(crate) fn forget(store: &Path, imsi: Imsi) -> io::Result<u64> {
    forget_in(&store.join(FOLDER), imsi)
}

/// Whether a file is one of those, in the store of this folder.
pub(crate) fn is_kept(store: &Path, file: &Path) -> bool {
    file.starts_with(store.join(FOLDER))
}

fn forget_in(folder: &Path, imsi: Imsi) -> io::Result<u64> {
    let mut all = 0;
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    for file in files {
        let file = file?.path();
        if file.extension().is_some_and(|extension| extension == DRAFT) {
            fs::remove_file(file)?;
            continue;
        }
        let (kept, gone) = remembered::without(&fs::read(&file)?, imsi).map_err(io::Error::other)?;
        if gone > 0 {
            let mut draft = File::create(file.with_extension(DRAFT))?;
            draft.write_all(&kept)?;
            put_in_place(&draft, &file)?;
        }
        all += gone;
    }
    Ok(all)
}

/// What does the tasks.
fn work(folder: &Path, tasks: &Receiver<Task>) {
    let mut drafts = FxHashMap::default();
    for task in tasks {
        match task {
            Task::Write(piece) => write(&mut drafts, &piece),
            Task::Forget(imsi, tell) => {
                drafts.clear();
                // Who asked may have gone.
                _ = tell.send(forget_in(folder, imsi));
            }
        }
    }
}

fn write(drafts: &mut FxHashMap<PathBuf, File>, piece: &Piece) {
    if let Err(error) = write_piece(drafts, piece) {
        tracing::error!("{} cannot be written, identities stay as they were: {error}", piece.file.display());
        drafts.remove(&piece.file);
    }
}

fn write_piece(drafts: &mut FxHashMap<PathBuf, File>, piece: &Piece) -> io::Result<()> {
    if piece.is_first {
        drafts.insert(piece.file.clone(), File::create(piece.file.with_extension(DRAFT))?);
    }
    // A writing that has failed is begun anew, not gone on with.
    let Some(draft) = drafts.get_mut(&piece.file) else { return Ok(()) };
    draft.write_all(&piece.octets)?;
    if piece.is_last {
        put_in_place(draft, &piece.file)?;
        drafts.remove(&piece.file);
    }
    Ok(())
}

fn put_in_place(draft: &File, file: &Path) -> io::Result<()> {
    draft.sync_all()?;
    fs::rename(file.with_extension(DRAFT), file)?;
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// A name may hold what a file's name may not.
fn file_of(folder: &Path, feed: &str) -> PathBuf {
    let mut hasher = SipHasher13::new();
    hasher.write(feed.as_bytes());
    folder.join(format!("{:016x}", hasher.finish()))
}

fn before(now: Timestamp, retention: Duration) -> Timestamp {
    let retention = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_sub(retention))
}

#[cfg(test)]
mod tests {
    use probe::ProbeConfig;
    use probe::capture::Capture;

    use super::*;

    /// Keeps what is told of areas.
    #[derive(Default)]
    struct Told(Vec<AreaFact>);

    impl Sink for Told {
        fn event(&mut self, _event: &event::Event) {}

        fn area(&mut self, fact: &AreaFact) {
            self.0.push(*fact);
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn fresh() -> Probe {
        Probe::new(ProbeConfig::default())
    }

    /// A probe that has read a recorded capture, and how far that goes.
    fn taught() -> (Probe, Timestamp) {
        let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/osmocom/a-msc-leg.pcap");
        let (mut source, mut probe) = (Capture::open(&[capture]).unwrap(), fresh());
        let mut reached = Timestamp::MIN;
        while let Some(frame) = source.next().unwrap() {
            reached = frame.at;
            probe.frame(&frame, &mut Told::default());
        }
        (probe, reached)
    }

    fn kept(probe: &mut Probe) -> Vec<u8> {
        let (mut octets, mut writing) = (Vec::new(), Some(Writing::default()));
        while let Some(turn) = writing {
            writing = probe.remember(turn, SUBSCRIBERS_A_TURN, Timestamp::MIN, &mut octets);
        }
        octets
    }

    fn keeper(store: &Path, feeds: &[&str]) -> Keeper {
        Keeper::begin(store, feeds.iter().copied()).unwrap()
    }

    const DAY: Duration = Duration::from_secs(86_400);

    /// Has what was kept of a feed been given to a new probe as many rows as it was worth?
    fn check(store: &Path, feed: &str, now: Timestamp, expected: usize) {
        let keeper = keeper(store, &[feed]);
        let mut probe = fresh();
        keeper.notes(feed, DAY).recall(&mut probe, now, now, &mut Told::default());
        assert_eq!(kept(&mut probe).len(), expected, "{feed}");
        keeper.end();
    }

    #[test]
    fn what_a_feed_knew_is_known_at_the_next_start_and_only_to_it() {
        let store = tempfile::tempdir().unwrap();
        let (mut probe, reached) = taught();
        let (all, none) = (kept(&mut probe).len(), kept(&mut fresh()).len());
        assert!(all > none);
        let begun = keeper(store.path(), &["a", "b/../b"]);
        begun.notes("a", DAY).finish(&mut probe, reached);
        begun.end();
        check(store.path(), "a", reached, all);
        // Later than it is kept: what is left is no subscriber's.
        let begun = keeper(store.path(), &["a"]);
        let mut late = fresh();
        let later = reached + DAY + Duration::from_secs(3600);
        begun.notes("a", DAY).recall(&mut late, later, later, &mut Told::default());
        let imsi = "001010000000001".parse().unwrap();
        assert_eq!(remembered::without(&kept(&mut late), imsi).unwrap().1, 0);
        begun.end();
        check(store.path(), "b/../b", reached, none);
        assert_eq!(fs::read_dir(store.path().join(FOLDER)).unwrap().count(), 0, "a feed that is gone is forgotten");
    }

    #[test]
    fn areas_were_silent_while_nobody_listened_for_long() {
        let store = tempfile::tempdir().unwrap();
        let (mut probe, reached) = taught();
        let begun = keeper(store.path(), &["a"]);
        begun.notes("a", DAY).finish(&mut probe, reached);
        begun.end();
        let begun = keeper(store.path(), &["a"]);
        let silent = |heard, now| {
            let mut told = Told::default();
            begun.notes("a", DAY).recall(&mut fresh(), heard, now, &mut told);
            assert!(told.0.iter().all(|fact| fact.at == heard));
            told.0.into_iter().map(|fact| fact.area.to_string()).collect::<Vec<_>>()
        };
        let nobody = Vec::<String>::new();
        assert_eq!(silent(reached, reached + Duration::from_secs(9)), nobody);
        assert_eq!(silent(Timestamp::MIN, reached), nobody, "what has never listened has missed nothing");
        assert_eq!(silent(reached, reached + Duration::from_secs(10)), ["001-01-23", "001-01-24"]);
    }

    #[test]
    fn a_writing_is_due_every_ten_seconds_and_waits_where_the_disk_does() {
        let (mut probe, reached) = taught();
        let (tasks, come) = bounded(1);
        let file = PathBuf::from("file");
        let mut notes = Notes { file, retention: DAY, tasks, writing: None, begun: Timestamp::MIN, unsent: None };
        let piece = |task| match task {
            Task::Write(piece) => Some((piece.is_first, piece.is_last)),
            Task::Forget(..) => None,
        };
        let taken = |come: &Receiver<Task>| come.try_iter().filter_map(piece).collect::<Vec<_>>();
        notes.turn(&mut probe, at(100), reached);
        notes.turn(&mut probe, at(101), reached);
        assert_eq!(taken(&come), [(true, false)]);
        notes.turn(&mut probe, at(102), reached);
        assert_eq!(taken(&come), [(false, true)]);
        notes.turn(&mut probe, at(109), reached);
        assert!(taken(&come).is_empty());
        notes.turn(&mut probe, at(110), reached);
        assert_eq!(taken(&come), [(true, false)]);
    }

    #[test]
    fn a_file_that_is_not_whole_is_not_believed_and_not_in_the_way() {
        let store = tempfile::tempdir().unwrap();
        let (mut probe, reached) = taught();
        let all = kept(&mut probe);
        let begun = keeper(store.path(), &["a"]);
        let file = file_of(&begun.folder, "a");
        fs::write(&file, &all[..all.len() - 1]).unwrap();
        fs::write(file.with_extension(DRAFT), b"cut off").unwrap();
        begun.end();
        check(store.path(), "a", reached, kept(&mut fresh()).len());
    }

    #[test]
    fn a_subscriber_is_erased_from_every_file() {
        let store = tempfile::tempdir().unwrap();
        let (mut probe, reached) = taught();
        let imsi = "001010000000001".parse().unwrap();
        assert_eq!(forget(store.path(), imsi).unwrap(), 0, "nothing is kept yet");
        let begun = keeper(store.path(), &["a", "b"]);
        begun.notes("a", DAY).finish(&mut probe, reached);
        begun.notes("b", DAY).finish(&mut probe, reached);
        begun.end();
        let gone = forget(store.path(), imsi).unwrap();
        assert!(gone >= 2, "{gone}");
        // While a service runs, one of its feeds in the middle of a writing.
        let begun = keeper(store.path(), &["a", "b"]);
        begun.notes("a", DAY).finish(&mut probe, reached);
        let mut notes = begun.notes("b", DAY);
        notes.turn(&mut probe, at(100), reached);
        probe.forget(imsi);
        notes.restart();
        assert!(begun.eraser().forget(imsi).unwrap().unwrap() >= 1);
        notes.finish(&mut probe, reached);
        begun.end();
        assert_eq!(forget(store.path(), imsi).unwrap(), 0);
        for file in fs::read_dir(store.path().join(FOLDER)).unwrap() {
            let octets = fs::read(file.unwrap().path()).unwrap();
            assert!(octets.len() > kept(&mut fresh()).len(), "others are left");
        }
    }
}
