//! Offers for people to carry: halls and outbound calls. A CSV file for each scenario and hour, `DIR/SCENARIO/2026-11-22T13.csv`,
//! with numbers in clear, for that is what it is for. A row counts as sent when it is on the disk; none stands twice.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;
use thiserror::Error;

use super::desk::{Clerk, Desk};
use super::url::{Parameter, Url, store};
use super::{Channel, Report, Submission};

/// The most offers that wait for the disk; also the largest batch of one `fsync`.
const ROOM: usize = 1024;
/// The most files that are kept open; the one opened first is closed first.
const OPEN_LIMIT: usize = 64;
/// How long to wait when nothing can be written (a full disk).
const FAILURE_PAUSE: Duration = Duration::from_secs(1);
/// A file's first line.
const HEAD: &str = "offer,at,msisdn,valid_s,text,url\n";

/// Why lists cannot be written.
#[derive(Debug, Error)]
pub enum ListError {
    /// The URL says something that cannot be meant.
    #[error("the URL: {0}; it is written `list:DIR`")]
    Url(String),
    /// The system says so.
    #[error("cannot make the folder of lists `{}`: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

const PARAMETERS: &[Parameter<Lists>] = &[Parameter {
    name: "zone",
    meaning: "time zone of the hours in the files' names (default: this machine's)",
    set: |lists, value| store(&mut lists.zone, TimeZone::get(value).ok()),
}];

struct Lists {
    folder: PathBuf,
    zone: TimeZone,
    open: VecDeque<List>,
}

/// One file, and what stands in it.
struct List {
    path: PathBuf,
    file: File,
    /// Where the last whole row ends.
    end: u64,
    offers: FxHashSet<String>,
}

/// Opens `list:DIR`.
pub(super) fn open(url: &str) -> Result<Box<dyn Channel + Send>, ListError> {
    let rest = url.trim_start_matches("list:").trim_start_matches("//");
    let (folder, query) = rest.split_once('?').unwrap_or((rest, ""));
    if folder.is_empty() {
        return Err(ListError::Url("the folder is missing".to_owned()));
    }
    let mut lists = Lists { folder: folder.into(), zone: TimeZone::system(), open: VecDeque::new() };
    let parameters = Url::read(&format!("list://?{query}")).map_err(ListError::Url)?;
    parameters.set(&mut lists, &[PARAMETERS]).map_err(ListError::Url)?;
    let unmade = |source| ListError::Folder { path: folder.into(), source };
    fs::create_dir_all(&lists.folder).map_err(unmade)?;
    let desk = Desk::open("list", ROOM, vec![lists]).map_err(unmade)?;
    Ok(Box::new(desk))
}

impl Clerk for Lists {
    const BATCH: usize = ROOM;

    fn work(&mut self, batch: &mut Vec<Submission>, tell: &mut dyn FnMut(Report)) {
        let written: Vec<io::Result<()>> = batch.iter().map(|submission| self.write(submission)).collect();
        let synced = self.sync();
        for (submission, written) in batch.iter().zip(written) {
            let id = submission.id;
            let failed = written
                .err()
                .or_else(|| synced.as_ref().err().map(|error| io::Error::new(error.kind(), error.to_string())));
            tell(match failed {
                None => Report::Accepted { id, message_id: id.to_string() },
                Some(error) => {
                    Report::Refused { id, reason: format!("the list cannot be written: {error}"), again: true }
                }
            });
        }
    }
}

impl Lists {
    fn path(&self, submission: &Submission) -> PathBuf {
        let at = jiff::Timestamp::from_microsecond(submission.at.as_micros()).unwrap_or_default();
        let hour = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H.csv").to_string();
        self.folder.join(file_name(&submission.scenario)).join(hour)
    }

    fn write(&mut self, submission: &Submission) -> io::Result<()> {
        let path = self.path(submission);
        let list = self.list(&path)?;
        let id = submission.id.to_string();
        if list.offers.contains(&id) {
            return Ok(());
        }
        let url = submission.push.as_ref().map_or("", |push| &push.url);
        let (at, to) = (submission.at.to_string(), submission.to.to_string());
        let valid = submission.validity_s.to_string();
        let row = [&id, &at, &to, &valid, &submission.text, url].map(field).join(",") + "\n";
        list.append(&row)?;
        list.offers.insert(id);
        Ok(())
    }

    fn list(&mut self, path: &Path) -> io::Result<&mut List> {
        if let Some(place) = self.open.iter().position(|list| list.path == path) {
            return self.open.get_mut(place).ok_or_else(|| io::ErrorKind::NotFound.into());
        }
        if self.open.len() >= OPEN_LIMIT
            && let Some(oldest) = self.open.pop_front()
        {
            oldest.file.sync_data()?;
        }
        self.open.push_back(List::open(path)?);
        self.open.back_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync(&mut self) -> io::Result<()> {
        let synced = self.open.iter().try_for_each(|list| list.file.sync_data());
        if synced.is_err() {
            thread::sleep(FAILURE_PAUSE);
        }
        synced
    }
}

impl List {
    /// Opens a file, or begins it. A last row without its end was being written when we stopped: it was never reported.
    fn open(path: &Path) -> io::Result<Self> {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let (mut offers, mut end, mut line) = (FxHashSet::default(), 0, Vec::new());
        let mut reader = BufReader::new(&file);
        while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            end += line.len() as u64;
            let id = line.split(|octet| *octet == b',').next().unwrap_or_default();
            offers.insert(String::from_utf8_lossy(id).into_owned());
            line.clear();
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let mut list = Self { path: path.to_owned(), file, end, offers };
        if end == 0 {
            list.append(HEAD)?;
        }
        Ok(list)
    }

    /// All or nothing: what a failure leaves behind is cut off.
    fn append(&mut self, row: &str) -> io::Result<()> {
        if let Err(error) = self.file.write_all(row.as_bytes()) {
            self.file.set_len(self.end)?;
            self.file.seek(SeekFrom::Start(self.end))?;
            return Err(error);
        }
        self.end += row.len() as u64;
        Ok(())
    }
}

/// A scenario's name as a file's: what a path could take for something else is replaced.
fn file_name(scenario: &str) -> String {
    let safe = |character: char| if character.is_alphanumeric() || "-_".contains(character) { character } else { '_' };
    scenario.chars().map(safe).collect()
}

/// RFC 4180, in one line: lines within a text become blanks. What a spreadsheet would take for a formula is a text.
fn field(text: &str) -> String {
    let text = text.replace(['\r', '\n'], " ");
    let text = if text.starts_with(['=', '@', '-']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::offer::OfferId;
    use crate::offer::channel::tests::submission;

    fn write(folder: &Path, submissions: Vec<Submission>) -> Vec<Report> {
        let mut lists = open(&format!("list:{}?zone=Asia/Shanghai", folder.display())).unwrap();
        let count = submissions.len();
        submissions.into_iter().for_each(|submission| lists.submit(submission));
        (0..count).map(|_| lists.reports().recv_timeout(Duration::from_secs(10)).unwrap()).collect()
    }

    #[test]
    fn rows_stand_by_scenario_and_hour_and_never_twice() {
        let folder = tempfile::tempdir().unwrap();
        let other = |id, scenario: &str, at: &str| Submission {
            id: OfferId(id),
            scenario: scenario.to_owned(),
            at: at.parse().unwrap(),
            ..submission("say \"hi\", then\n=go")
        };
        let all = || {
            vec![
                other(1, "hall", "2026-03-01T09:30:00Z"),
                other(2, "hall", "2026-03-01T10:00:00Z"),
                other(3, "../a/b", "2026-03-01T09:30:00Z"),
                other(1, "hall", "2026-03-01T09:30:00Z"),
            ]
        };
        let accepted = |report: &Report| matches!(report, Report::Accepted { .. });
        assert!(write(folder.path(), all()).iter().all(accepted));
        let file = folder.path().join("hall/2026-03-01T17.csv");
        let row = "00000000000000000000000000000001,2026-03-01T09:30:00.000000Z,+8613900000005,60,\"say \"\"hi\"\", then =go\",\n";
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{HEAD}{row}"));
        assert!(folder.path().join("hall/2026-03-01T18.csv").exists());
        assert!(folder.path().join("___a_b/2026-03-01T17.csv").exists());
        // A torn row is written again, a whole one is not.
        fs::write(&file, format!("{HEAD}{row}00000")).unwrap();
        assert!(write(folder.path(), all()).iter().all(accepted));
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{HEAD}{row}"));
    }
}
