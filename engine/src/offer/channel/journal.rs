//! The journal of offers: one JSON line each, for a system without a message centre, for demonstrations and for trials.
//!
//! A line counts as sent when it is on the disk: a thread writes what has been submitted, in that order, and reports a
//! batch after one `fsync`. Opened again, the journal knows what it holds: nothing is written twice, and a line that a
//! crash has torn is dropped.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use event::Imsi;
use rules::segments::segments;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::desk::{Clerk, Desk};
use super::{Channel, Report, Submission};
use crate::offer::OfferId;
use crate::offer::lines::{Lines, LinesError, Title};

/// The most offers on their way to the disk; also the largest batch of one `fsync`.
const BATCH_LIMIT: usize = 1024;

/// The offers that the journal remembers in memory, latest first. What the outbox may submit again after a crash was
/// among the last that it submitted, so that forgetting what is a million offers old writes nothing twice.
const REMEMBERED_LIMIT: usize = 1_000_000;

/// How long a batch that could not be written (a full disk) is held before it is given back.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// How every line begins.
const LINE_START: &[u8] = b"{\"id\":\"";

/// A line of the journal. Fields are only ever added.
#[derive(Serialize)]
struct Line<'a> {
    /// The offer's identity, 32 hexadecimal digits.
    id: String,
    /// Event time of the trigger, RFC 3339.
    at: String,
    scenario: &'a str,
    /// IMSI, masked unless the journal was opened to reveal it.
    subscriber: String,
    /// Masked likewise.
    msisdn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    text: &'a str,
    /// How many short messages it would take.
    segments: usize,
    /// `gsm7` or `ucs2`.
    encoding: &'static str,
}

/// Opens or creates the file. `reveal` writes IMSI and number in clear.
pub fn open(path: &Path, reveal: bool) -> Result<Box<dyn Channel + Send>, LinesError> {
    let (lines, written) = open_file(path)?;
    let writer = Writer { path: path.to_owned(), lines, failing: false, reveal, written };
    let desk = Desk::open("journal", BATCH_LIMIT, vec![writer]).map_err(title(path).failed("start the thread of"))?;
    Ok(Box::new(desk))
}

fn title(path: &Path) -> Title<'_> {
    Title { what: "journal of offers", path }
}

/// The thread that owns the file.
struct Writer {
    path: PathBuf,
    lines: Lines,
    /// The last batch could not be written.
    failing: bool,
    reveal: bool,
    written: Remembered,
}

impl Clerk for Writer {
    const BATCH: usize = BATCH_LIMIT;

    fn work(&mut self, batch: &mut Vec<Submission>, tell: &mut dyn FnMut(Report)) {
        let outcome = self.write(batch);
        match &outcome {
            Ok(()) => self.failing = false,
            Err(error) => {
                // Once, not for each try.
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(path = %self.path.display(), %error, "the journal of offers cannot be written");
                }
                thread::sleep(FAILURE_PAUSE);
            }
        }
        batch.iter().for_each(|submission| tell(report(submission.id, &outcome)));
    }
}

impl Writer {
    fn write(&mut self, batch: &[Submission]) -> io::Result<()> {
        let mut octets = Vec::new();
        let mut new = FxHashSet::default();
        for submission in batch {
            if !self.written.contains(submission.id) && new.insert(submission.id) {
                serde_json::to_writer(&mut octets, &line(submission, self.reveal))?;
                octets.push(b'\n');
            }
        }
        self.lines.append(&octets)?;
        batch.iter().for_each(|submission| self.written.insert(submission.id));
        Ok(())
    }
}

fn report(id: OfferId, outcome: &io::Result<()>) -> Report {
    match outcome {
        Ok(()) => Report::Accepted { id, message_id: id.to_string(), others: Vec::new() },
        Err(error) => {
            Report::Refused { id, reason: format!("the journal of offers cannot be written: {error}"), again: true }
        }
    }
}

fn line(submission: &Submission, reveal: bool) -> Line<'_> {
    let cut = segments(&submission.text);
    let (segments, encoding) = match &cut {
        Ok(segments) => (segments.count(), segments.encoding().name()),
        Err(error) => (error.segments, error.encoding.name()),
    };
    let imsi = |show: fn(Imsi) -> String| submission.imsi.map(show).unwrap_or_default();
    let (subscriber, msisdn) = match reveal {
        true => (imsi(|imsi| imsi.to_string()), submission.to.to_string()),
        false => (imsi(|imsi| imsi.masked().to_string()), submission.to.masked().to_string()),
    };
    Line {
        id: submission.id.to_string(),
        at: submission.at.to_string(),
        scenario: &submission.scenario,
        subscriber,
        msisdn,
        from: submission.from.as_deref(),
        text: &submission.text,
        segments,
        encoding,
    }
}

/// The offers written last, up to [`REMEMBERED_LIMIT`].
#[derive(Default)]
struct Remembered {
    known: FxHashSet<OfferId>,
    order: VecDeque<OfferId>,
}

impl Remembered {
    fn contains(&self, id: OfferId) -> bool {
        self.known.contains(&id)
    }

    fn insert(&mut self, id: OfferId) {
        if !self.known.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED_LIMIT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
            metrics::counter!("touchpoint_journal_limit_reached_total", "table" => "remembered").increment(1);
        }
    }
}

/// The file, and the offers that stand in it.
fn open_file(path: &Path) -> Result<(Lines, Remembered), LinesError> {
    let mut written = Remembered::default();
    let lines = Lines::open(title(path), LINE_START, |number, line| {
        offer_id(line).map(|id| written.insert(id)).ok_or_else(|| title(path).foreign(number))
    })?;
    Ok((lines, written))
}

fn offer_id(line: &[u8]) -> Option<OfferId> {
    #[derive(Deserialize)]
    struct Known<'a> {
        id: &'a str,
    }
    let known: Known<'_> = serde_json::from_slice(line).ok()?;
    u128::from_str_radix(known.id, 16).ok().map(OfferId)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::offer::channel::tests::submission as of_tests;

    fn submission(id: u128) -> Submission {
        Submission { id: OfferId(id), scenario: "welcome".to_owned(), ..of_tests("欢迎\n光临") }
    }

    fn report(journal: &(dyn Channel + Send)) -> Report {
        journal.reports().recv_timeout(Duration::from_secs(60)).expect("a report comes")
    }

    fn write(path: &Path, ids: impl IntoIterator<Item = u128>) {
        let mut journal = open(path, false).unwrap();
        for id in ids {
            journal.submit(submission(id));
            assert_eq!(
                report(&*journal),
                Report::Accepted { id: OfferId(id), message_id: OfferId(id).to_string(), others: Vec::new() }
            );
        }
    }

    fn ids(path: &Path) -> Vec<u128> {
        fs::read(path).unwrap().split_inclusive(|o| *o == b'\n').map(|line| offer_id(line).unwrap().0).collect()
    }

    #[test]
    fn a_line_says_everything_and_masks_who() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, reveal, subscriber: &str, msisdn: &str| {
            let path = folder.path().join(name);
            let mut journal = open(&path, reveal).unwrap();
            journal.submit(submission(0xabc));
            report(&*journal);
            let expected = format!(
                "{{\"id\":\"00000000000000000000000000000abc\",\"at\":\"2026-03-01T09:30:00.000000Z\",\"scenario\":\
                 \"welcome\",\"subscriber\":\"{subscriber}\",\"msisdn\":\"{msisdn}\",\"text\":\"欢迎\\n光临\",\
                 \"segments\":1,\"encoding\":\"ucs2\"}}\n"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        };
        check("masked", false, "46000********90", "+861********05");
        check("clear", true, "460001234567890", "+8613900000005");
    }

    #[test]
    fn offers_stand_in_the_order_given_and_never_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offers.jsonl");
        write(&path, [3, 1, 3, 2]);
        write(&path, [2, 5, 1, 4]);
        assert_eq!(ids(&path), [3, 1, 2, 5, 4]);
    }

    #[test]
    fn a_crash_at_any_octet_loses_no_reported_line_and_repeats_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offers.jsonl");
        write(&path, 1..=3);
        let whole = fs::read(&path).unwrap();
        let kept = |length: usize| whole[..length].iter().filter(|octet| **octet == b'\n').count();
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (_, written) = open_file(&path).unwrap();
            assert_eq!(written.order.len(), kept(length), "cut at {length}");
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        write(&path, 1..=3);
        assert_eq!(ids(&path), [1, 2, 3]);
    }

    #[test]
    fn a_file_of_something_else_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let check = |content: &str, line: usize| {
            let path = folder.path().join("other");
            fs::write(&path, content).unwrap();
            let told = open(&path, false).map(|_| ()).unwrap_err().to_string();
            assert!(told.contains(&format!("not a journal of offers: line {line}")), "{told}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        };
        check("imsi,msisdn\n1,2\n", 1);
        check("no line end", 1);
        check("{\"name\":1}", 1);
        check("{\"id\":\"0a\"}\n{\"name\":1}\n", 2);
    }

    #[test]
    fn a_journal_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offers.jsonl");
        let _first = open(&path, false).unwrap();
        assert!(matches!(open(&path, false).err(), Some(LinesError::Locked { .. })));
    }

    #[test]
    fn ready_counts_what_is_on_its_way_to_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = open(&folder.path().join("offers.jsonl"), false).unwrap();
        assert_eq!(journal.ready(), BATCH_LIMIT);
        (0..BATCH_LIMIT as u128).for_each(|id| journal.submit(submission(id)));
        let accepted = (0..BATCH_LIMIT).filter(|_| matches!(report(&*journal), Report::Accepted { .. })).count();
        assert!(accepted >= BATCH_LIMIT - 1, "{accepted}");
        assert_eq!(journal.ready(), BATCH_LIMIT);
    }
}
