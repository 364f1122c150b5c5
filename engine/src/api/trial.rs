//! What takes long, in a thread beside those that answer: why somebody got an offer or did not, and what a draft would have
//! done with what has happened.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::Imsi;
use rules::RuleSet;
use rules::language::{Language, load_for};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Refusal, beside};
use crate::backtest::Tally;
use crate::cli::Failure;
use crate::cli::backtest::Facts;
use crate::cli::explain::{Inquiry, Nobody, subscriber};
use crate::cli::json::Naming;
use crate::pseudonyms::Pseudonym;
use crate::run::View;

/// The most hours that a draft is tried on.
const MOST_HOURS: u64 = 48;
/// How deep folders of a set may stand.
const DEPTH: usize = 4;

/// Whom to explain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// An IMSI, a number of the subscriber file, or a pseudonym.
    #[schema(min_length = 1)]
    pub(crate) subscriber: String,
    /// Only decisions about this scenario.
    #[serde(default)]
    pub(crate) scenario: Option<String>,
    /// Show identities in clear.
    #[serde(default)]
    pub(crate) reveal: bool,
}

/// A draft to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// A scenario file: takes the place of the scenario of its name, or is added.
    pub(crate) text: String,
    /// How far back, in hours.
    #[serde(default = "most_hours")]
    #[schema(minimum = 1, maximum = 48)]
    pub(crate) hours: u64,
}

const fn most_hours() -> u64 {
    MOST_HOURS
}

/// What came of a trial.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trial {
    /// Warnings about the draft, laid out for people.
    pub(crate) diagnostics: String,
    /// Subscribers with facts in that time.
    pub(crate) subscribers: u64,
    /// Each scenario that comes to something else than it does now, and the draft's.
    pub(crate) scenarios: Vec<Tried>,
}

/// One scenario, in force and tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tried {
    pub(crate) scenario: String,
    pub(crate) title: String,
    pub(crate) in_force: Option<Outcome>,
    pub(crate) tried: Option<Outcome>,
    /// Subscribers who would get an offer and did not.
    pub(crate) gained: u64,
    /// The other way.
    pub(crate) lost: u64,
}

/// What one scenario came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Outcome {
    pub(crate) triggered: u64,
    pub(crate) offers: u64,
    /// Short messages that they take.
    pub(crate) messages: u64,
}

impl From<&Tally> for Outcome {
    fn from(tally: &Tally) -> Self {
        Self { triggered: tally.triggered, offers: tally.offers, messages: tally.segments }
    }
}

/// Whom an IMSI, a number of the subscriber file or a pseudonym names.
pub(crate) async fn asked(view: &Arc<View>, name: String) -> Result<Imsi, Refusal> {
    let view = Arc::clone(view);
    // It may look at every row of the file, or at every decision.
    beside(move || {
        if let Ok(pseudonym) = name.trim().parse() {
            return called(&view, pseudonym);
        }
        subscriber(name.trim(), &view.directory.load()).map_err(|nobody| match nobody {
            Nobody::Several => Refusal::conflict(nobody.to_string()),
            Nobody::Unknown => Refusal::missing(nobody.to_string()),
        })
    })
    .await
}

/// Of those about whom anything was decided.
fn called(view: &View, pseudonym: Pseudonym) -> Result<Imsi, Refusal> {
    let (keys, mut found) = (view.pseudonyms.load(), None);
    let key = keys.key_of(pseudonym).ok_or_else(|| Refusal::missing("the key of this pseudonym is gone"))?;
    let decided = view.store.each_decision(|entry| {
        found = Some(entry.imsi).filter(|imsi| key.name(*imsi) == pseudonym);
        found.is_none()
    });
    decided.map_err(|error| Refusal::internal(error.to_string()))?;
    found.ok_or_else(|| Refusal::missing("nothing was decided about a subscriber of this pseudonym"))
}

/// Every decision about a subscriber, told in this language, or as JSON lines.
pub(crate) fn explain(
    view: &View,
    imsi: Imsi,
    question: &Question,
    language: Language,
    json: bool,
) -> Result<String, Refusal> {
    let (rules, store) = (view.rules.load(), Arc::clone(&view.store));
    let scenario = question.scenario.as_deref().filter(|name| !name.is_empty());
    let inquiry = Inquiry {
        store: &store,
        rules: Some(&rules),
        scenario,
        language,
        events: 5,
        naming: if question.reveal { Naming::Clear } else { Naming::Pseudonyms(view.pseudonyms.load_full()) },
        json,
    };
    let mut told = Vec::new();
    inquiry.tell(imsi, &mut told).map_err(|failure| failed(&failure))?;
    Ok(String::from_utf8_lossy(&told).into_owned())
}

/// Tries a draft on what has happened, beside what is in force. The store goes on being written meanwhile.
pub(crate) fn backtest(view: &View, draft: &Draft) -> Result<Trial, Refusal> {
    if !(1..=MOST_HOURS).contains(&draft.hours) {
        return Err(Refusal::unprocessable(format!("`hours` must be from 1 to {MOST_HOURS}")));
    }
    let system = |error: io::Error| Refusal::internal(error.to_string());
    let live = view.rules.load_full();
    let beside = &view.config.store.folder;
    let folder = tempfile::Builder::new().prefix("trial-").tempdir_in(beside).map_err(system)?;
    let set = folder.path().join("set");
    copy(&view.config.scenarios.folder, &set, DEPTH).map_err(system)?;
    let file = set.join(place(&live, &draft.text));
    std::fs::create_dir_all(file.parent().unwrap_or(&set)).map_err(system)?;
    std::fs::write(file, &draft.text).map_err(system)?;
    let (tried, diagnostics) = load_for(&set, None, &view.config.site());
    let diagnostics = diagnostics.render(false);
    let Some(tried) = tried else { return Err(Refusal::unprocessable(diagnostics)) };
    let store = view.store.copy(&folder.path().join("store")).map_err(|error| Refusal::internal(error.to_string()))?;
    let facts = Facts::of_store(Arc::new(store), Duration::from_secs(draft.hours * 3600));
    let compared = facts.and_then(|facts| facts.compare(&tried, Some(&live), &view.directory.load()));
    let (subscribers, compared) = compared.map_err(|failure| failed(&failure))?;
    let named = name(&draft.text);
    let scenarios = compared.into_iter().map(|(scenario, compared)| Tried {
        in_force: compared.live.as_ref().map(Outcome::from),
        tried: compared.draft.as_ref().map(Outcome::from),
        gained: compared.turnover.gained,
        lost: compared.turnover.lost,
        title: compared.title,
        scenario,
    });
    let scenarios = scenarios.filter(|tried| tried.in_force != tried.tried || named == Some(tried.scenario.as_str()));
    Ok(Trial { diagnostics, subscribers, scenarios: scenarios.collect() })
}

fn failed(failure: &Failure) -> Refusal {
    Refusal::unprocessable(failure.text().trim())
}

/// The name that a scenario file gives.
fn name(text: &str) -> Option<&str> {
    let mut names = text.lines().filter_map(|line| {
        let (key, value) = line.split_once([':', '：'])?;
        matches!(key, "scenario" | "场景").then(|| value.trim().trim_matches(['"', '\'']))
    });
    names.next()
}

/// Where a draft belongs in its set: in the place of the scenario of its name, or in a file of its own.
fn place(live: &RuleSet, text: &str) -> PathBuf {
    let same = live.scenarios().iter().find(|scenario| name(text) == Some(&*scenario.name));
    same.map_or_else(|| Path::new("scenarios").join("draft.yaml"), |scenario| scenario.file.clone())
}

/// Copies a folder of scenarios, without hidden files; it was read before, and is no larger than a set may be.
fn copy(from: &Path, to: &Path, depth: usize) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            copy(&entry.path(), &target, depth - 1)?;
        } else if !kind.is_dir() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_known_by_the_name_it_gives() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(name(text), expected, "{text}");
        check("# note\nscenario: a\ntitle: b", Some("a"));
        check("场景：万达\n标题: b", Some("万达"));
        check("scenario: \"a\"", Some("a"));
        check("  scenario: nested\n", None);
        check("", None);
    }
}
