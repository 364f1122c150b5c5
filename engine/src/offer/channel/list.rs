//! Offers for people to carry: halls and outbound calls. A CSV file for each scenario and hour, `DIR/SCENARIO/2026-11-22T13.csv`,
//! with numbers in clear, for that is what it is for. A row counts as sent when it is on the disk; none stands twice.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, str, thread};

use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;
use thiserror::Error;

use super::desk::{Clerk, Desk};
use super::url::{Parameter, Url, store};
use super::{Channel, Report, Submission};
use crate::offer::OfferId;
use crate::offer::lines::{Lines, LinesError, Title, sync_folder};

/// The most offers that wait for the disk; also the largest batch.
const ROOM: usize = 1024;
/// The most files that are kept open; the one written longest ago is closed first.
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

pub(super) const PARAMETERS: &[Parameter<Lists>] = &[Parameter {
    name: "zone",
    meaning: "time zone of the hours in the files' names (default: this machine's)",
    set: |lists, value| store(&mut lists.zone, TimeZone::get(value).ok()),
}];

pub(super) struct Lists {
    folder: PathBuf,
    zone: TimeZone,
    open: VecDeque<List>,
}

/// One file, and what stands in it.
struct List {
    path: PathBuf,
    lines: Lines,
    offers: FxHashSet<OfferId>,
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

    /// Each file has one `fsync` for all that it gets of a batch, and fails for itself.
    fn work(&mut self, batch: &mut Vec<Submission>, tell: &mut dyn FnMut(Report)) {
        let mut by_file: BTreeMap<PathBuf, Vec<Submission>> = BTreeMap::new();
        for submission in batch.drain(..) {
            by_file.entry(self.path(&submission)).or_default().push(submission);
        }
        let mut has_failed = false;
        for (path, submissions) in by_file {
            let written = self.write(path, &submissions).map_err(|error| error.to_string());
            has_failed |= written.is_err();
            submissions.iter().for_each(|submission| tell(report(submission.id, &written)));
        }
        if has_failed {
            thread::sleep(FAILURE_PAUSE);
        }
    }
}

fn report(id: OfferId, written: &Result<(), String>) -> Report {
    match written {
        Ok(()) => Report::Accepted { id, message_id: id.to_string(), others: Vec::new() },
        Err(reason) => Report::Refused { id, reason: reason.clone(), again: true },
    }
}

impl Lists {
    fn path(&self, submission: &Submission) -> PathBuf {
        let at = jiff::Timestamp::from_microsecond(submission.at.as_micros()).unwrap_or_default();
        let hour = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H.csv").to_string();
        self.folder.join(file_name(&submission.scenario)).join(hour)
    }

    fn write(&mut self, path: PathBuf, submissions: &[Submission]) -> Result<(), LinesError> {
        let place = self.open.iter().position(|list| list.path == path);
        let known = place.and_then(|place| self.open.remove(place));
        let mut list = known.map_or_else(|| List::open(path), Ok)?;
        let written = list.write(submissions);
        self.open.push_front(list);
        self.open.truncate(OPEN_LIMIT);
        written
    }
}

impl List {
    fn open(path: PathBuf) -> Result<Self, LinesError> {
        let mut offers = FxHashSet::default();
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder)
            .and_then(|()| sync_folder(folder))
            .map_err(title(&path).failed("make the folder of"))?;
        let lines = Lines::open::<LinesError>(title(&path), HEAD.as_bytes(), |_, line| {
            offers.extend(offer_id(line));
            Ok(())
        })?;
        Ok(Self { path, lines, offers })
    }

    /// All that are new, or none.
    fn write(&mut self, submissions: &[Submission]) -> Result<(), LinesError> {
        let mut rows = String::from(if self.lines.is_empty() { HEAD } else { "" });
        let mut new = FxHashSet::default();
        for submission in submissions {
            if !self.offers.contains(&submission.id) && new.insert(submission.id) {
                rows.push_str(&row(submission));
            }
        }
        self.lines.append(rows.as_bytes()).map_err(title(&self.path).failed("write"))?;
        self.offers.extend(new);
        Ok(())
    }
}

fn title(path: &Path) -> Title<'_> {
    Title { what: "list of offers", path }
}

/// The head has none.
fn offer_id(line: &[u8]) -> Option<OfferId> {
    let first = line.split(|octet| *octet == b',').next()?;
    u128::from_str_radix(str::from_utf8(first).ok()?, 16).ok().map(OfferId)
}

fn row(submission: &Submission) -> String {
    let (id, at, to) = (submission.id.to_string(), submission.at.to_string(), submission.to.to_string());
    let (valid, url) = (submission.validity_s.to_string(), submission.push.as_ref().map_or("", |push| &push.url));
    [&id, &at, &to, &valid, &submission.text, url].map(field).join(",") + "\n"
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
    use super::*;
    use crate::offer::channel::tests::submission;

    fn write(folder: &Path, submissions: Vec<Submission>) -> Vec<Report> {
        let mut lists = open(&format!("list:{}?zone=Asia/Shanghai", folder.display())).unwrap();
        let count = submissions.len();
        submissions.into_iter().for_each(|submission| lists.submit(submission));
        (0..count).map(|_| lists.reports().recv_timeout(Duration::from_secs(60)).unwrap()).collect()
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

    #[test]
    fn a_file_that_cannot_be_written_fails_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        // A folder stands where the file would.
        fs::create_dir_all(folder.path().join("closed/2026-03-01T17.csv")).unwrap();
        let other =
            |id, scenario: &str| Submission { id: OfferId(id), scenario: scenario.to_owned(), ..submission("hi") };
        let mut lists = Lists {
            folder: folder.path().to_owned(),
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            open: VecDeque::new(),
        };
        for _ in 0..2 {
            let mut reports = Vec::new();
            lists.work(&mut vec![other(1, "hall"), other(2, "closed")], &mut |report| reports.push(report));
            assert!(matches!(reports[0], Report::Refused { id: OfferId(2), again: true, .. }), "{reports:?}");
            assert!(matches!(reports[1], Report::Accepted { id: OfferId(1), .. }), "{reports:?}");
        }
        assert_eq!(fs::read_to_string(folder.path().join("hall/2026-03-01T17.csv")).unwrap().lines().count(), 2);
    }
}
