//! A folder into which a capture program writes file after file: each is read in its turn, the newest as it grows.
//!
//! The folder has one writer, which begins a file after it has finished the one before. It is looked at a few times a
//! second, which works on every file system.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use event::Timestamp;

use super::ring_numbers::RingNumbers;
use super::source::Source;
use super::step::{self, Deadline, News, Step};
use super::{BATCH_FRAMES, Batch, CaptureError, E1Settings, FILE_LIMIT, Place, input};

/// How often the folder is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// A compressed file is whole when it has not changed for this long: it cannot be followed as it grows.
const REST: Duration = Duration::from_secs(2);
/// Endings of files that were compressed after they had been read.
const COMPRESSED: [&str; 2] = ["gz", "zst"];

/// What was made of a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FollowTotals {
    /// Files begun.
    pub files: u64,
    /// Frames given.
    pub frames: u64,
    /// Files that were truncated, replaced, missed, or could not be read.
    pub gaps: u64,
    /// Files that are no captures.
    pub passed_over: u64,
}

/// The captures of a folder that is being written.
pub struct Follow {
    folder: PathBuf,
    e1: E1Settings,
    deadline: Deadline,
    current: Option<Followed>,
    /// Every file of the folder that was looked at, the current one excepted.
    noted: HashMap<PathBuf, Noted>,
    numbers: RingNumbers,
    reached: Timestamp,
    totals: FollowTotals,
    /// The frames that were given last.
    places: Vec<Place>,
}

/// The file that is being read.
struct Followed {
    name: PathBuf,
    source: Box<Source>,
    state: FileState,
    first: Timestamp,
    read_octets: Arc<AtomicU64>,
    /// A later file was seen: what there is now is all.
    is_finished: bool,
}

/// What is known of another file.
#[derive(Clone, Copy)]
struct Noted {
    state: FileState,
    turn: Turn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It has no frame yet.
    Unwritten,
    /// It waits; capture time of its first frame.
    Waiting(Timestamp),
    /// It was read; capture time of its first frame.
    Read(Timestamp),
    /// It is no capture, or the copy of one.
    PassedOver,
}

/// A file as the system knows it, whatever its name.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileState {
    device: u64,
    inode: u64,
    octets: u64,
    modified: (i64, i64),
}

impl Follow {
    /// Follows `folder` (not its subfolders) until `deadline`. E1 recordings are read as `e1` says; those without header cannot
    /// be followed.
    ///
    /// # Errors
    /// Where the folder cannot be listed.
    pub fn open(folder: PathBuf, e1: E1Settings, deadline: &Deadline) -> Result<Self, CaptureError> {
        input::files_in(&folder).map_err(|reason| unreadable(&folder, reason))?;
        Ok(Self {
            folder,
            e1: E1Settings { raw: None, ..e1 },
            deadline: deadline.clone(),
            current: None,
            noted: HashMap::new(),
            numbers: RingNumbers::default(),
            reached: Timestamp::MIN,
            totals: FollowTotals::default(),
            places: Vec::new(),
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was made of it so far.
    pub fn totals(&self) -> FollowTotals {
        self.totals
    }

    /// What comes next, `most` frames at most; waits for it, not long.
    ///
    /// # Errors
    /// Where the folder cannot be listed any more, or holds too many files.
    pub fn next(&mut self, most: usize) -> Result<Step<'_>, CaptureError> {
        if self.deadline.at() < Timestamp::MAX && step::now() > self.deadline.at() {
            return Ok(Step::End);
        }
        match self.advance() {
            Ok(true) => return Ok(self.frames(most.min(BATCH_FRAMES))),
            Ok(false) => {}
            Err(error) => return Ok(self.gap(News::FileUnreadable { error })),
        }
        if let Some(news) = self.look()? {
            return Ok(self.gap(news));
        }
        Ok(Step::Quiet(self.reached))
    }

    // Whether the file has a further frame. One that was written in part is waited for.
    fn advance(&mut self) -> Result<bool, CaptureError> {
        let Some(current) = &mut self.current else { return Ok(false) };
        match current.source.advance() {
            Ok(false) if current.is_finished => {
                self.settle();
                Ok(false)
            }
            Err(error) if error.is_truncation() && !current.is_finished => Ok(false),
            Err(error) => {
                self.settle();
                Err(error)
            }
            read => read,
        }
    }

    fn frames(&mut self, most: usize) -> Step<'_> {
        let Self { current, places, totals, reached, .. } = self;
        let Some(Followed { source, .. }) = current else { return Step::Quiet(*reached) };
        places.clear();
        let first = totals.frames + 1;
        if let Some(latest) = source.gather(places, most, (Timestamp::MAX, Timestamp::MAX)) {
            totals.frames += places.len() as u64;
            *reached = latest.max(*reached);
            return Step::Frames(Batch::new(source.buffered(), places, first));
        }
        let Some(frame) = source.frame(first) else { return Step::Quiet(*reached) };
        totals.frames += 1;
        *reached = frame.at.max(*reached);
        places.push(Place::new(&frame, 0));
        Step::Frames(Batch::new(frame.captured, places, first))
    }

    fn gap(&mut self, news: News) -> Step<'_> {
        self.totals.gaps += if let News::FilesUnseen { count, .. } = &news { *count } else { 1 };
        Step::News(self.reached, news)
    }

    // At the end of what there is: looks whether the file goes on, and which is next.
    fn look(&mut self) -> Result<Option<News>, CaptureError> {
        if let Some(news) = self.current_has_changed() {
            // Whatever has its name now is another file.
            self.current = None;
            return Ok(Some(news));
        }
        if let Some(news) = self.note_files()? {
            return Ok(Some(news));
        }
        let waiting = self.noted.iter().filter_map(|(name, noted)| Some((noted.waiting_since()?, name)));
        match (&mut self.current, waiting.min()) {
            (None, Some((first, name))) => {
                let name = name.clone();
                return Ok(self.begin(name, first));
            }
            // Its writer finished it before it began a later one: what it wrote last is there by now.
            (Some(current), _) if self.noted.values().any(|noted| noted.is_after(current.first)) => {
                current.is_finished = true;
                current.source.grows(false);
            }
            _ => thread::sleep(LOOK_INTERVAL),
        }
        Ok(None)
    }

    fn current_has_changed(&self) -> Option<News> {
        let Followed { name, state, read_octets, .. } = self.current.as_ref()?;
        // A file that was deleted is still read to its end.
        let now = FileState::of(&fs::metadata(name).ok()?);
        if !now.is_same_file(state) {
            Some(News::FileReplaced { file: name.clone() })
        } else if now.octets < read_octets.load(Ordering::Relaxed) {
            Some(News::FileTruncated { file: name.clone() })
        } else {
            None
        }
    }

    fn begin(&mut self, name: PathBuf, first: Timestamp) -> Option<News> {
        let noted = self.noted.remove(&name)?;
        let read_octets = Arc::default();
        let opened =
            input::open(&name, &read_octets).and_then(|octets| Source::open(name.clone(), 0, octets, &self.e1));
        match opened {
            Ok(mut source) => {
                source.grows(true);
                self.totals.files += 1;
                let (source, state) = (Box::new(source), noted.state);
                let count = self.numbers.begun(&name);
                let before = name.clone();
                self.current = Some(Followed { name, source, state, first, read_octets, is_finished: false });
                (count > 0).then_some(News::FilesUnseen { before, count })
            }
            Err(CaptureError::Missing { file }) => {
                self.numbers.missed();
                Some(News::FileMissed { file })
            }
            Err(error) => {
                self.noted.insert(name, Noted { turn: Turn::PassedOver, ..noted });
                Some(News::FileUnreadable { error })
            }
        }
    }

    // Closes the file that was read.
    fn settle(&mut self) {
        let Some(Followed { name, state, first, .. }) = self.current.take() else { return };
        if let Ok(metadata) = fs::metadata(&name) {
            let now = FileState::of(&metadata);
            if now.is_same_file(&state) {
                self.noted.insert(name, Noted { state: now, turn: Turn::Read(first) });
            }
        }
    }

    // Looks at what is new in the folder.
    fn note_files(&mut self) -> Result<Option<News>, CaptureError> {
        let files = input::files_in(&self.folder).map_err(|reason| unreadable(&self.folder, reason))?;
        if files.len() > FILE_LIMIT {
            return Err(CaptureError::TooManyFiles { count: files.len(), limit: FILE_LIMIT });
        }
        if let Some(file) = self.forget_deleted(&files) {
            self.numbers.missed();
            return Ok(Some(News::FileMissed { file }));
        }
        Ok(files.into_iter().find_map(|name| self.note(name)))
    }

    // A file that is compressed and deleted after it was read is remembered as long as its copy is there. Tells of one whose
    // turn had not come.
    fn forget_deleted(&mut self, files: &[PathBuf]) -> Option<PathBuf> {
        let is_there = |name: &Path| files.binary_search_by(|file| file.as_path().cmp(name)).is_ok();
        let has_copy = |name: &Path| COMPRESSED.iter().any(|ending| is_there(&with_ending(name, ending)));
        let is_missed = |(name, noted): &(&PathBuf, &Noted)| noted.waiting_since().is_some() && !is_there(name);
        let missed = self.noted.iter().find(is_missed).map(|(name, _)| name.clone());
        match &missed {
            Some(name) => _ = self.noted.remove(name),
            None => self.noted.retain(|name, _| is_there(name) || has_copy(name)),
        }
        missed
    }

    fn note(&mut self, name: PathBuf) -> Option<News> {
        let state = FileState::of(&fs::metadata(&name).ok()?);
        if self.current.as_ref().is_some_and(|current| current.name == name) {
            return None;
        }
        let before = self.noted.get(&name).copied();
        if before.is_some_and(|before| before.needs_no_look(&state)) {
            return None;
        }
        let (turn, news) = self.turn(&name, before, &state)?;
        self.totals.passed_over += u64::from(turn == Turn::PassedOver);
        self.noted.insert(name, Noted { state, turn });
        news
    }

    // `None` where it is too early to say.
    fn turn(&self, name: &Path, before: Option<Noted>, state: &FileState) -> Option<(Turn, Option<News>)> {
        if is_compressed(name) {
            let original = name.with_extension("");
            let is_copy = self.noted.get(&original).is_some_and(|noted| matches!(noted.turn, Turn::Read(_)))
                || self.current.as_ref().is_some_and(|current| current.name == original);
            if is_copy {
                return Some((Turn::PassedOver, None));
            }
            if step::now() < Timestamp::from_seconds(state.modified.0) + REST {
                return None;
            }
        }
        match (first_time(name, &self.e1), before) {
            (Ok(None), _) => Some((Turn::Unwritten, None)),
            (Ok(Some(first)), Some(Noted { turn: Turn::Read(read), state: then })) if first == read => {
                let grew = state.octets > then.octets;
                Some((Turn::Read(first), grew.then(|| News::FileGrew { file: name.to_owned() })))
            }
            (Ok(Some(first)), _) => Some((Turn::Waiting(first), None)),
            (Err(CaptureError::Missing { .. }), _) => None,
            (Err(error), _) if error.is_something_else() => Some((Turn::PassedOver, None)),
            (Err(error), _) => Some((Turn::PassedOver, Some(News::FileUnreadable { error }))),
        }
    }
}

impl Noted {
    fn waiting_since(&self) -> Option<Timestamp> {
        if let Turn::Waiting(first) = self.turn { Some(first) } else { None }
    }

    fn is_after(&self, first: Timestamp) -> bool {
        self.waiting_since().is_some_and(|own| own >= first)
    }

    // The first frame of a file that only grew is still its first.
    fn needs_no_look(&self, now: &FileState) -> bool {
        let grew = now.is_same_file(&self.state) && now.octets >= self.state.octets;
        *now == self.state || grew && self.waiting_since().is_some()
    }
}

impl FileState {
    fn of(metadata: &Metadata) -> Self {
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Self { device: metadata.dev(), inode: metadata.ino(), octets: metadata.len(), modified }
    }

    fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

fn is_compressed(name: &Path) -> bool {
    name.extension().is_some_and(|ending| COMPRESSED.iter().any(|known| ending == *known))
}

fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut longer = name.as_os_str().to_owned();
    longer.push(".");
    longer.push(ending);
    longer.into()
}

// Of the first frame, if one has been written.
fn first_time(name: &Path, e1: &E1Settings) -> Result<Option<Timestamp>, CaptureError> {
    let source = input::open(name, &Arc::default()).and_then(|octets| Source::open(name.to_owned(), 0, octets, e1));
    match source {
        Ok(mut source) => match source.advance() {
            Ok(_) => Ok(source.at()),
            Err(error) if error.is_truncation() => Ok(None),
            Err(error) => Err(error),
        },
        Err(error) if error.is_truncation() || matches!(error, CaptureError::Empty { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn unreadable(folder: &Path, reason: std::io::Error) -> CaptureError {
    CaptureError::UnreadableFolder { folder: folder.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    struct Ring {
        folder: PathBuf,
        follow: Follow,
    }

    impl Ring {
        fn new(test: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("touchpoint-follow-{test}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            let follow = Follow::open(folder.clone(), E1Settings::default(), &Deadline::new(None)).unwrap();
            Self { folder, follow }
        }

        fn write(&self, name: &str, octets: &[u8]) {
            fs::write(self.folder.join(name), octets).unwrap();
        }

        fn append(&self, name: &str, octets: &[u8]) {
            fs::OpenOptions::new().append(true).open(self.folder.join(name)).unwrap().write_all(octets).unwrap();
        }

        /// The seconds of the frames, and news, until nothing comes any more.
        fn check(&mut self, expected: &str) {
            let (mut words, mut quiet) = (Vec::new(), 0);
            while quiet < 4 {
                match self.follow.next(2).unwrap() {
                    Step::Frames(frames) => {
                        words.extend(frames.iter().map(|frame| (frame.at.as_micros() / 1_000_000).to_string()));
                    }
                    Step::News(_, news) => words.push(news.to_string().replace(self.folder.to_str().unwrap(), "")),
                    Step::Quiet(_) => quiet += 1,
                    Step::End => break,
                }
            }
            assert_eq!(words.join(" "), expected);
        }
    }

    impl Drop for Ring {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    fn record(second: u32) -> Vec<u8> {
        [second, 0, 4, 4, 0].iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn pcap(seconds: &[u32]) -> Vec<u8> {
        let header = [0xa1b2_c3d4, 0x0004_0002_u32, 0, 0, 65_535, 1].into_iter().flat_map(u32::to_le_bytes);
        header.chain(seconds.iter().flat_map(|second| record(*second))).collect()
    }

    #[test]
    fn files_come_in_the_order_of_time_and_the_newest_grows() {
        let mut ring = Ring::new("grow");
        ring.write("z", &pcap(&[1, 2]));
        ring.write("a", &pcap(&[3]));
        ring.write("README", b"no capture");
        ring.check("1 2 3");
        ring.append("a", &record(4)[..9]);
        ring.check("");
        ring.append("a", &record(4)[9..]);
        ring.check("4");
        ring.write("b", &pcap(&[]));
        ring.append("a", &record(5));
        ring.append("b", &record(6));
        ring.check("5 6");
        let FollowTotals { files, frames, gaps, passed_over } = ring.follow.totals();
        assert_eq!((files, frames, gaps, passed_over), (3, 6, 0, 1));
    }

    #[test]
    fn files_that_were_read_may_go_or_be_compressed() {
        let mut ring = Ring::new("done");
        ring.write("a", &pcap(&[1]));
        ring.write("b", &pcap(&[2]));
        ring.check("1 2");
        ring.write("a.gz", b"\x1f\x8b");
        fs::remove_file(ring.folder.join("a")).unwrap();
        ring.check("");
        fs::remove_file(ring.folder.join("b")).unwrap();
        ring.write("c", &pcap(&[3]));
        ring.check("3");
        assert_eq!(ring.follow.totals().gaps, 0);
    }

    #[test]
    fn a_name_that_is_used_again_is_another_file() {
        let mut ring = Ring::new("again");
        ring.write("0", &pcap(&[1, 2]));
        ring.write("1", &pcap(&[3]));
        ring.check("1 2 3");
        ring.write("0", &pcap(&[4, 5]));
        ring.check("4 5");
        assert_eq!(ring.follow.totals().gaps, 0);
    }

    #[test]
    fn files_that_nobody_saw_are_known_by_their_numbers() {
        let mut ring = Ring::new("unseen");
        ring.write("a_00001_20261122063000.pcap", &pcap(&[1]));
        ring.check("1");
        ring.write("a_00004_20261122063003.pcap", &pcap(&[4]));
        ring.check("files were deleted unseen before `/a_00004_20261122063003.pcap` (2): give the ring more files 4");
        assert_eq!(ring.follow.totals().gaps, 2);
    }

    #[test]
    fn a_file_that_is_truncated_replaced_or_missed_is_a_gap() {
        let mut ring = Ring::new("gap");
        ring.write("a", &pcap(&[1, 2, 3]));
        ring.check("1 2 3");
        ring.write("a", &pcap(&[4]));
        ring.check("`/a` became shorter while it was followed: a gap of unknown length 4");
        ring.write("new", &pcap(&[5]));
        fs::rename(ring.folder.join("new"), ring.folder.join("a")).unwrap();
        ring.check("`/a` was replaced while it was followed: a gap of unknown length 5");
        ring.append("a", &record(6)[..9]);
        ring.write("b", &pcap(&[7]));
        let is_cut = (0..5).any(|_| format!("{:?}", ring.follow.next(1).unwrap()).contains("Truncated"));
        assert!(is_cut, "the end of the record never came");
        ring.check("7");
        assert_eq!(ring.follow.totals().gaps, 3);
    }
}
