//! A channel by hand: its offers wait until a person lets them go. The two speak by files in a folder: `waiting` says how many
//! wait, `release` how many may go.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;

/// How often the folder is looked into.
pub(super) const LOOK: Duration = Duration::from_millis(500);

const WAITING: &str = "waiting";
const RELEASE: &str = "release";
const ALL: &str = "all";

/// Why nothing can be released.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The system says so.
    #[error("cannot {step} `{}`: {source}; name the folder that the channel's URL has as `manual=`", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// `read`, `write`.
        step: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Nobody has taken the last one.
    #[error("the last release has not been taken yet; is the program running whose channel has `manual={}`?", path.display())]
    Pending {
        /// The folder.
        path: PathBuf,
    },
}

/// How many offers of a channel wait, as of half a second ago.
pub fn waiting(folder: &Path) -> Result<u64, ReleaseError> {
    let path = folder.join(WAITING);
    let failed = |source| ReleaseError::Io { path: path.clone(), step: "read", source };
    let text = fs::read_to_string(&path).map_err(failed)?;
    text.trim().parse().map_err(|_| failed(io::Error::from(ErrorKind::InvalidData)))
}

/// Lets so many offers go, the most important first; all that wait where none is said.
pub fn release(folder: &Path, count: Option<u64>) -> Result<(), ReleaseError> {
    let path = folder.join(RELEASE);
    if path.exists() {
        return Err(ReleaseError::Pending { path: folder.to_owned() });
    }
    let text = count.map_or_else(|| ALL.to_owned(), |count| count.to_string());
    write(&path, &text).map_err(|source| ReleaseError::Io { path, step: "write", source })
}

/// Whole or not at all: nobody reads half of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    fs::write(&draft, format!("{text}\n"))?;
    fs::rename(&draft, path)
}

/// The side that holds back.
pub(super) struct Hold {
    folder: PathBuf,
    released: usize,
    looked: Option<Instant>,
    told: Option<usize>,
    is_failing: bool,
}

impl Hold {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, released: 0, looked: None, told: None, is_failing: false }
    }

    /// How many of those that wait may go now.
    pub(super) fn released(&mut self, waiting: usize, now: Instant) -> usize {
        if self.looked.is_none_or(|at| now.duration_since(at) >= LOOK) {
            self.looked = Some(now);
            let looked = self.look(waiting);
            if let Err(error) = &looked
                && !self.is_failing
            {
                tracing::error!(folder = %self.folder.display(), %error, "offers held back cannot be released");
            }
            self.is_failing = looked.is_err();
        }
        self.released
    }

    /// So many have gone.
    pub(super) fn spend(&mut self, count: usize) {
        self.released = self.released.saturating_sub(count);
    }

    fn look(&mut self, waiting: usize) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        match self.take_release()? {
            Some(text) if text.trim() == ALL => self.released = waiting,
            // What is no number releases nothing.
            Some(text) => self.released = self.released.saturating_add(text.trim().parse().unwrap_or(0)).min(waiting),
            None => {}
        }
        let held = waiting.saturating_sub(self.released);
        if self.told != Some(held) {
            write(&self.folder.join(WAITING), &held.to_string())?;
            self.told = Some(held);
        }
        Ok(())
    }

    /// Taken away before it counts, so that it counts once.
    fn take_release(&self) -> io::Result<Option<String>> {
        let path = self.folder.join(RELEASE);
        match fs::read_to_string(&path) {
            Ok(text) => fs::remove_file(&path).map(|()| Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "some instant to count from")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn nothing_goes_before_a_person_lets_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("held");
        let (mut hold, mut now) = (Hold::new(folder.clone()), start());
        assert_eq!(hold.released(10, now), 0);
        assert_eq!(waiting(&folder).unwrap(), 10);
        release(&folder, Some(3)).unwrap();
        assert!(matches!(release(&folder, None), Err(ReleaseError::Pending { .. })));
        assert_eq!(hold.released(10, now), 0, "it does not look all the time");
        now += LOOK;
        assert_eq!(hold.released(10, now), 3);
        hold.spend(2);
        now += LOOK;
        assert_eq!((hold.released(8, now), waiting(&folder).unwrap()), (1, 7));
        release(&folder, None).unwrap();
        now += LOOK;
        assert_eq!((hold.released(8, now), waiting(&folder).unwrap()), (8, 0));
    }

    #[test]
    fn a_folder_of_nobody_is_told() {
        let told = waiting(Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert!(told.contains("/nowhere/at/all/waiting") && told.contains("manual="), "{told}");
    }
}
