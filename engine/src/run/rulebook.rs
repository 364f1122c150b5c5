//! The scenarios in force: those of the folder, less those that are paused. What is paused stays paused over restarts, until a
//! person releases it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::Timestamp;
use rules::RuleSet;

use super::status::RulesStatus;
use crate::durable;
use crate::reload::{Loaded, Refused};

/// The file, beside the store, that names what is paused.
const PAUSED_FILE: &str = "paused.json";
/// What a person has released may offer more than usual for so long.
const RELEASED_FOR: Duration = Duration::from_secs(3600);

/// What is in force, and what is not.
pub(super) struct Rulebook {
    whole: Arc<RuleSet>,
    paused: BTreeSet<String>,
    /// Those that a person has released: until when they are not stopped again.
    released: BTreeMap<String, Timestamp>,
    file: PathBuf,
    cases: usize,
    author: Option<String>,
    loaded: String,
    since: Timestamp,
    refused: Option<String>,
}

impl Rulebook {
    /// With what an earlier start has paused.
    pub(super) fn open(folder: &Path, loaded: &Loaded, wall: Timestamp) -> io::Result<Self> {
        let file = folder.join(PAUSED_FILE);
        let paused = match std::fs::read(&file) {
            Ok(octets) => serde_json::from_slice(&octets)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        let mut rulebook = Self {
            whole: Arc::clone(&loaded.rules),
            paused,
            released: BTreeMap::new(),
            file,
            cases: 0,
            author: None,
            loaded: String::new(),
            since: wall,
            refused: None,
        };
        rulebook.note(loaded);
        Ok(rulebook)
    }

    /// The set of the folder.
    pub(super) fn whole(&self) -> &Arc<RuleSet> {
        &self.whole
    }

    /// The set without what is paused.
    pub(super) fn in_force(&self) -> Arc<RuleSet> {
        if !self.whole.scenarios().iter().any(|scenario| self.paused.contains(&*scenario.name)) {
            return Arc::clone(&self.whole);
        }
        let running = self.whole.scenarios().iter().filter(|scenario| !self.paused.contains(&*scenario.name));
        Arc::new(RuleSet::new(
            running.cloned().collect(),
            self.whole.policy().clone(),
            self.whole.revision().to_owned(),
        ))
    }

    /// Takes what came of reading the folder once more; tells whether it is to be taken over.
    pub(super) fn take(&mut self, read: Result<Loaded, Refused>, wall: Timestamp) -> bool {
        match read {
            Ok(loaded) => {
                self.note(&loaded);
                (self.whole, self.since, self.refused) = (loaded.rules, wall, None);
                true
            }
            Err(refused) => {
                self.refused = Some(format!("{refused}\n{}", refused.diagnostics));
                false
            }
        }
    }

    fn note(&mut self, loaded: &Loaded) {
        (self.loaded, self.cases) = (loaded.to_string(), loaded.cases);
        self.author = loaded.author.as_ref().map(|author| format!("{}, {}", author.name, author.at));
    }

    /// Whether a scenario of this name is there.
    pub(super) fn knows(&self, scenario: &str) -> bool {
        self.whole.scenarios().iter().any(|known| *known.name == *scenario)
    }

    /// Pauses a scenario, or releases it; tells whether that changes anything. Durable before it is in force.
    pub(super) fn pause(&mut self, scenario: &str, is_paused: bool) -> io::Result<bool> {
        let mut paused = self.paused.clone();
        let changed = if is_paused { paused.insert(scenario.to_owned()) } else { paused.remove(scenario) };
        if changed {
            durable::replace(&self.file, &serde_json::to_vec(&paused)?)?;
            self.paused = paused;
        }
        Ok(changed)
    }

    /// A person has released a scenario: it is not stopped again for a while.
    pub(super) fn trust(&mut self, scenario: &str, wall: Timestamp) {
        self.released.insert(scenario.to_owned(), wall + RELEASED_FOR);
    }

    /// Whether a scenario that offers far more than usual is to be stopped.
    pub(super) fn may_stop(&self, scenario: &str, wall: Timestamp) -> bool {
        let is_trusted = self.released.get(scenario).is_some_and(|until| wall < *until);
        self.knows(scenario) && !is_trusted && !self.paused.contains(scenario)
    }

    pub(super) fn status(&self) -> RulesStatus {
        RulesStatus {
            revision: self.whole.revision().to_owned(),
            scenarios: self.whole.scenarios().len(),
            cases: self.cases,
            author: self.author.clone(),
            loaded: self.loaded.clone(),
            since: Some(self.since),
            refused: self.refused.clone(),
            paused: self.paused.iter().filter(|name| self.knows(name)).cloned().collect(),
        }
    }
}
