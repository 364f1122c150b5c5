//! Scenarios that people edit while the engine runs: read, checked and tested beside it, all or nothing. What cannot be
//! used is refused with its reason, and the set in force stays.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use rules::language::{MAX_FILES, Site, TestSet, load_tests};
use rules::{RuleSet, unit};
use siphasher::sip::SipHasher13;

/// How often a folder is looked at. It is read when two looks in a row find the same, so that nobody is read while writing.
const LOOK: Duration = Duration::from_millis(250);
/// How deep folders of a set may stand.
const MAX_DEPTH: usize = 10;

/// A set that can be used, and what to tell of it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The set.
    pub rules: Arc<RuleSet>,
    /// How many unit tests it has passed.
    pub cases: usize,
    /// Who committed last, where the folder is a git checkout.
    pub author: Option<Author>,
}

/// Who changed a folder last, as git tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// When, ISO 8601.
    pub at: String,
    /// Whether files have been changed since, or are not yet known to git.
    pub has_more: bool,
}

/// Why a set is not taken, laid out for people.
#[derive(Clone, Debug)]
pub struct Refused {
    /// How many errors it has; none where only its unit tests fail.
    pub errors: usize,
    /// How many of its unit tests fail.
    pub failing: usize,
    /// All diagnostics.
    pub diagnostics: String,
}

/// Reads a folder whole: a set with errors, one that does not work here, or one of whose unit tests fails, is refused.
pub fn load(folder: &Path, site: &Site) -> Result<Loaded, Refused> {
    let (set, mut diagnostics) = load_tests(folder, None, site);
    let is_error = |found: &&rules::Diagnostic| found.severity == rules::language::Severity::Error;
    let Some(set) = set else {
        let errors = diagnostics.list.iter().filter(is_error).count();
        return Err(Refused { errors, failing: 0, diagnostics: diagnostics.render(false) });
    };
    diagnostics.list.clear();
    let (cases, failing) = test(&set, &mut diagnostics);
    if failing > 0 {
        return Err(Refused { errors: 0, failing, diagnostics: diagnostics.render(false) });
    }
    Ok(Loaded { rules: Arc::new(set.whole), cases, author: author(folder) })
}

/// Runs all cases; tells of those that fail. Gives how many there are, and how many fail.
fn test(set: &TestSet, diagnostics: &mut rules::Diagnostics) -> (usize, usize) {
    let (mut cases, mut failing) = (0, 0);
    for (source, case) in set.files.iter().flat_map(|file| file.cases.iter().map(|case| (file.source, case))) {
        let rules = set.rules_of(case);
        let steps = unit::run(rules, case);
        let failures = unit::failures(rules, case, &steps);
        cases += 1;
        failing += usize::from(!failures.is_empty());
        failures.iter().for_each(|failure| diagnostics.tell_failure(source, rules, case, &steps, failure));
    }
    (cases, failing)
}

/// Who committed last to a folder. `None` where it is no checkout, or there is no git.
fn author(folder: &Path) -> Option<Author> {
    let is_checkout = folder.canonicalize().ok()?.ancestors().any(|folder| folder.join(".git").exists());
    if !is_checkout {
        return None;
    }
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(["-c", "log.showSignature=false", "-c", "core.fsmonitor=false"]);
        command.args(arguments).args(["--", "."]).env("GIT_OPTIONAL_LOCKS", "0");
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let last = git(&["log", "-1", "--format=%aI%n%an"])?;
    let (at, name) = last.split_once('\n')?;
    let has_more = git(&["status", "--porcelain"]).is_none_or(|changed| !changed.is_empty());
    Some(Author { name: name.to_owned(), at: at.to_owned(), has_more })
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (revision, scenarios) = (self.rules.revision(), self.rules.scenarios().len());
        write!(f, "revision {revision}, {scenarios} scenarios, {} unit tests passed", self.cases)?;
        if let Some(author) = &self.author {
            write!(f, ", last committed by {} at {}", author.name, author.at)?;
            f.write_str(if author.has_more { " and changed since" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.errors, self.failing) {
            (0, failing) => write!(f, "{failing} of its unit tests fail"),
            (errors, _) => write!(f, "{errors} errors"),
        }
    }
}

/// Looks at a folder from a thread of its own, and reads it each time it has changed.
#[derive(Debug)]
pub struct Watch {
    news: Receiver<Result<Loaded, Refused>>,
    // Dropped, it ends the thread.
    _ends: Sender<()>,
}

impl Watch {
    /// Begins to look. What stands there now is taken as known.
    pub fn begin(folder: &Path, site: Site) -> std::io::Result<Self> {
        let (tell, news) = bounded(1);
        let (ends, ended) = bounded(0);
        let mut looker = Looker { folder: folder.to_owned(), known: fingerprint(folder), seen: None };
        thread::Builder::new().name("scenarios".to_owned()).spawn(move || {
            while ended.recv_timeout(LOOK).is_err_and(|error| error.is_timeout()) {
                // While nobody takes the news, nothing newer is read.
                if looker.has_changed() && tell.send(load(&looker.folder, &site)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { news, _ends: ends })
    }

    /// What came of the last change, once. Never waits.
    pub fn news(&self) -> Option<Result<Loaded, Refused>> {
        self.news.try_recv().ok()
    }
}

struct Looker {
    folder: PathBuf,
    /// What the folder was like when it was last read.
    known: u64,
    /// What it was like at the last look, where that was not the same.
    seen: Option<u64>,
}

impl Looker {
    fn has_changed(&mut self) -> bool {
        let now = fingerprint(&self.folder);
        let is_settled = now != self.known && self.seen == Some(now);
        self.seen = Some(now);
        if is_settled {
            self.known = now;
        }
        is_settled
    }
}

/// Names what stands in a folder by names, lengths and times of its files, hidden ones aside.
fn fingerprint(folder: &Path) -> u64 {
    let mut files = BTreeSet::new();
    list(folder, 0, &mut files);
    let mut hasher = SipHasher13::new();
    for (path, length, nanos) in files {
        hasher.write(path.as_os_str().as_encoded_bytes());
        hasher.write_u64(length);
        hasher.write_u128(nanos);
    }
    hasher.finish()
}

fn list(folder: &Path, depth: usize, files: &mut BTreeSet<(PathBuf, u64, u128)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let Some(metadata) = entry.metadata().ok().filter(|_| !is_hidden && files.len() < MAX_FILES) else { continue };
        if metadata.is_dir() && depth < MAX_DEPTH {
            list(&entry.path(), depth + 1, files);
        } else if metadata.is_file() {
            let modified = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            files.insert((entry.path(), metadata.len(), modified.map_or(0, |since| since.as_nanos())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "scenario: a\npurpose: service\nwhen: {call: 114}\nsend: {sms: hello}\n";
    const TESTS: &str = "defaults: {date: 2009-07-10}\ncases:\n  - case: one\n    events: [{at: \"10:00\", call: NUMBER}]\n    expect: [{at: \"10:00\", offer: a}]\n";

    fn folder(scenario: &str, tests: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tests")).unwrap();
        std::fs::write(folder.path().join("a.yaml"), scenario).unwrap();
        std::fs::write(folder.path().join("tests/a_test.yaml"), tests).unwrap();
        folder
    }

    #[test]
    fn a_set_is_taken_whole_or_refused_with_its_reason() {
        let check = |scenario: &str, tests: &str, expected: &str| {
            let told = match load(folder(scenario, tests).path(), &Site::default()) {
                Ok(loaded) => loaded.to_string().split_once(", ").unwrap().1.to_owned(),
                Err(refused) => {
                    assert!(refused.diagnostics.contains("a.yaml") || refused.diagnostics.contains("a_test.yaml"));
                    refused.to_string()
                }
            };
            assert_eq!(told, expected);
        };
        check(GOOD, &TESTS.replace("NUMBER", "114"), "1 scenarios, 1 unit tests passed");
        check(GOOD, &TESTS.replace("NUMBER", "115"), "1 of its unit tests fail");
        check("scenario: a\npurpose: servce\nwhen: {cal: 114}\nsend: {sms: hello}\n", TESTS, "2 errors");
    }

    #[test]
    fn a_change_is_read_once_it_has_settled() {
        let folder = folder(GOOD, TESTS);
        let mut looker = Looker { folder: folder.path().to_owned(), known: fingerprint(folder.path()), seen: None };
        assert_eq!([looker.has_changed(), looker.has_changed()], [false, false]);
        std::fs::write(folder.path().join("a.yaml"), GOOD.replace("hello", "welcome")).unwrap();
        assert!(!looker.has_changed(), "it may still be written");
        std::fs::write(folder.path().join("a.yaml"), GOOD.replace("hello", "welcome!")).unwrap();
        assert_eq!([looker.has_changed(), looker.has_changed(), looker.has_changed()], [false, true, false]);
    }
}
