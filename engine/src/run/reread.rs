//! What is read at the start and again when it is asked for: scenarios, subscribers, keys of pseudonyms. In a thread beside the
//! events, for it may take long.

use rules::Directory;

use super::directory;
use crate::config::Config;
use crate::pseudonyms::Pseudonyms;
use crate::reload::{self, Loaded, Refused};

/// What came of it.
pub(super) struct Reread {
    pub(super) scenarios: Result<Loaded, Refused>,
    pub(super) subscribers: Result<Directory, String>,
    pub(super) keys: Result<Pseudonyms, String>,
}

impl Reread {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            scenarios: reload::load(&config.scenarios.folder, &config.site()),
            subscribers: directory(config).map_err(|error| error.to_string()),
            keys: Pseudonyms::load(&config.privacy.keys).map_err(|error| error.to_string()),
        }
    }
}
