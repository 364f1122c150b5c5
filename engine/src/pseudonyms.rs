//! Names for subscribers that only who holds the key can give: whatever is written for others or shown to people names nobody
//! else. A key is in force from its time on; what happened before is named by the one before, which is kept for a while.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use event::{Imsi, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::durable;

/// The file of keys, in the folder of a service's store where its configuration names no other.
pub(crate) const KEYS_FILE: &str = "pseudonyms.json";
/// Octets of chance in a key.
const SECRET_OCTETS: usize = 32;
/// The most keys that are kept; more than these are not rotated in within what is remembered.
const KEYS_LIMIT: usize = 1_000;

/// Why keys are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file.
    #[error("the keys of pseudonyms cannot be read or written: `{0}`: {1}")]
    File(String, io::Error),
    /// What stands in it.
    #[error("`{0}` holds no keys of pseudonyms: {1}")]
    Content(String, String),
}

/// What a subscriber is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pseudonym {
    /// The number of the key.
    key: u32,
    name: u64,
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}-{:016x}", self.key, self.name)
    }
}

impl std::str::FromStr for Pseudonym {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (key, name) = text.strip_prefix('p').and_then(|text| text.split_once('-')).ok_or(())?;
        if name.len() != 16 || name.bytes().any(|digit| !digit.is_ascii_hexdigit()) {
            return Err(());
        }
        Ok(Self { key: key.parse().map_err(|_| ())?, name: u64::from_str_radix(name, 16).map_err(|_| ())? })
    }
}

/// A key, and from when on it is in force.
#[derive(Clone)]
pub struct Key {
    number: u32,
    since: Timestamp,
    mac: Hmac<Sha256>,
}

impl Key {
    /// What it calls a subscriber: the first 64 bits of HMAC-SHA-256 (RFC 2104) over the IMSI's digits.
    pub fn name(&self, imsi: Imsi) -> Pseudonym {
        self.name_of(&imsi)
    }

    /// What it calls a device or another party's number, as it is shown.
    pub(crate) fn name_of(&self, identity: &impl fmt::Display) -> Pseudonym {
        let mut mac = self.mac.clone();
        mac.update(identity.to_string().as_bytes());
        let octets = mac.finalize().into_bytes();
        let name = octets.iter().take(8).fold(0, |name, octet| name << 8 | u64::from(*octet));
        Pseudonym { key: self.number, name }
    }

    /// Its number; the first has 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// From when on it is in force.
    pub fn since(&self) -> Timestamp {
        self.since
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} since {})", self.number, self.since)
    }
}

/// All keys that are kept; at least one.
#[derive(Clone, Debug)]
pub struct Pseudonyms {
    newest: Arc<Key>,
    /// The newest of them first.
    before: Vec<Arc<Key>>,
}

/// A key as its file has it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: u32,
    /// RFC 3339.
    since: String,
    /// Hexadecimal.
    secret: String,
}

impl Pseudonyms {
    /// Reads a file of keys.
    ///
    /// # Errors
    /// Where it is not there, or holds something else.
    pub fn load(file: &Path) -> Result<Self, KeysError> {
        Self::of(&rows(file)?).map_err(|what| content(file, &what))
    }

    /// As [`Pseudonyms::load`]; where there is no file, one is made, with a first key.
    ///
    /// # Errors
    /// Where it can be neither read nor made.
    pub fn open(file: &Path, now: Timestamp) -> Result<Self, KeysError> {
        if !file.exists() {
            write(file, &[Row::new(1, now).map_err(|error| failed(file, error))?])?;
        }
        Self::load(file)
    }

    /// A key of chance that nobody keeps.
    ///
    /// # Errors
    /// Where the system has no chance to give.
    pub(crate) fn unkept() -> io::Result<Self> {
        Row::new(1, Timestamp::from_seconds(0)).and_then(|row| Self::of(&[row]).map_err(io::Error::other))
    }

    /// A new key takes the place of the newest, which is kept until `kept` later: then nobody can tell any more whom its
    /// pseudonyms meant. Durable when this comes back.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn rotate(file: &Path, now: Timestamp, kept: Duration) -> Result<Self, KeysError> {
        let mut rows = rows(file)?;
        let keys = Self::of(&rows).map_err(|what| content(file, &what))?;
        let is_kept = |key: &Key| keys.until(key).is_none_or(|until| until + kept > now);
        let gone: Vec<u32> = keys.all().filter(|key| !is_kept(key)).map(Key::number).collect();
        rows.retain(|row| !gone.contains(&row.number));
        let number = keys.newest.number.saturating_add(1);
        rows.push(Row::new(number, now).map_err(|error| failed(file, error))?);
        let beyond = rows.len().saturating_sub(KEYS_LIMIT);
        rows.drain(..beyond);
        write(file, &rows)?;
        Self::load(file)
    }

    fn of(rows: &[Row]) -> Result<Self, String> {
        let mut keys = rows.iter().map(|row| row.key().map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        keys.sort_by_key(|key| (key.since, key.number));
        let newest = keys.pop().ok_or("there is none")?;
        keys.reverse();
        Ok(Self { newest, before: keys })
    }

    /// The key in force at a time; the oldest for what was before all of them.
    pub fn at(&self, at: Timestamp) -> &Arc<Key> {
        if self.newest.since <= at {
            return &self.newest;
        }
        self.before.iter().find(|key| key.since <= at).or(self.before.last()).unwrap_or(&self.newest)
    }

    /// The key in force now.
    pub fn newest(&self) -> &Arc<Key> {
        &self.newest
    }

    /// Every key, the newest first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.newest).chain(&self.before).map(|key| &**key)
    }

    /// When the key was replaced; none of the newest.
    pub fn until(&self, key: &Key) -> Option<Timestamp> {
        self.all().take_while(|later| later.number != key.number).last().map(Key::since)
    }

    /// The key that made a pseudonym; none where it is gone.
    pub fn key_of(&self, pseudonym: Pseudonym) -> Option<&Key> {
        self.all().find(|key| key.number == pseudonym.key)
    }
}

impl Row {
    fn new(number: u32, since: Timestamp) -> io::Result<Self> {
        let mut secret = [0; SECRET_OCTETS];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let secret = secret.iter().map(|octet| format!("{octet:02x}")).collect();
        Ok(Self { number, since: since.to_string(), secret })
    }

    fn key(&self) -> Result<Key, String> {
        let wrong = |what: &str| format!("key {}: {what}", self.number);
        let since = self.since.parse().map_err(|_| wrong("`since` is no time"))?;
        let digits = self.secret.as_bytes().chunks(2).map(std::str::from_utf8);
        let octets = digits.map(|digits| u8::from_str_radix(digits.ok()?, 16).ok()).collect::<Option<Vec<u8>>>();
        let octets = octets.filter(|octets| octets.len() == SECRET_OCTETS);
        let octets = octets.ok_or_else(|| wrong("`secret` must have 64 hexadecimal digits"))?;
        let mac = Hmac::new_from_slice(&octets).map_err(|_| wrong("`secret` cannot be used"))?;
        Ok(Key { number: self.number, since, mac })
    }
}

fn rows(file: &Path) -> Result<Vec<Row>, KeysError> {
    let octets = std::fs::read(file).map_err(|error| failed(file, error))?;
    serde_json::from_slice(&octets).map_err(|error| content(file, &error.to_string()))
}

fn write(file: &Path, rows: &[Row]) -> Result<(), KeysError> {
    let octets = serde_json::to_vec_pretty(rows).map_err(|error| content(file, &error.to_string()))?;
    durable::replace(file, &octets).map_err(|error| failed(file, error))
}

fn failed(file: &Path, error: io::Error) -> KeysError {
    KeysError::File(file.display().to_string(), error)
}

fn content(file: &Path, what: &str) -> KeysError {
    KeysError::Content(file.display().to_string(), what.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn day(day: i64) -> Timestamp {
        Timestamp::from_seconds(day * 86_400)
    }

    fn imsi() -> Imsi {
        "460001234567890".parse().unwrap()
    }

    #[test]
    fn a_name_is_the_beginning_of_a_known_keyed_hash() {
        let row = Row { number: 7, since: day(1).to_string(), secret: "00".repeat(SECRET_OCTETS) };
        // By `printf 460001234567890 | openssl dgst -sha256 -mac hmac -macopt hexkey:00…`.
        assert_eq!(row.key().unwrap().name(imsi()).to_string(), "p7-5676bc0414639fae");
    }

    #[test]
    fn a_pseudonym_survives_being_written() {
        let pseudonym = Pseudonym { key: 12, name: 0x0123_4567_89ab_cdef };
        assert_eq!(pseudonym.to_string(), "p12-0123456789abcdef");
        assert_eq!(pseudonym.to_string().parse(), Ok(pseudonym));
        for wrong in ["", "p12", "12-0123456789abcdef", "p12-0123", "p-0123456789abcdef", "p12-+123456789abcdef"] {
            assert_eq!(wrong.parse::<Pseudonym>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn each_time_has_its_key_and_the_oldest_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let first = Pseudonyms::open(&file, day(10)).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let named = |keys: &Pseudonyms, at| keys.at(day(at)).name(imsi());
        let old = named(&first, 10);
        assert_eq!((named(&first, 9), named(&Pseudonyms::open(&file, day(11)).unwrap(), 11)), (old, old));

        let second = Pseudonyms::rotate(&file, day(20), 2 * DAY).unwrap();
        let new = named(&second, 20);
        assert_ne!(new, old);
        assert_eq!((named(&second, 19), named(&second, 9)), (old, old), "what happened before keeps its name");
        assert_eq!(second.all().map(|key| second.until(key)).collect::<Vec<_>>(), [None, Some(day(20))]);
        let numbers = |keys: &Pseudonyms| [old, new].map(|name| keys.key_of(name).map(Key::number));
        assert_eq!(numbers(&second), [Some(1), Some(2)]);

        let third = Pseudonyms::rotate(&file, day(22), 2 * DAY).unwrap();
        assert_eq!(third.all().map(Key::number).collect::<Vec<_>>(), [3, 2], "its time was over two days ago");
        assert_eq!(numbers(&third), [None, Some(2)], "nobody can tell any more");
        assert_ne!(named(&third, 19), old);
    }

    #[test]
    fn what_is_no_file_of_keys_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let check = |text: &str, expected: &str| {
            std::fs::write(&file, text).unwrap();
            let error = Pseudonyms::open(&file, day(1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "holds no keys");
        check("[]", "there is none");
        check(r#"[{"number": 1, "since": "2026-01-01T00:00:00Z", "secret": "00"}]"#, "64 hexadecimal digits");
        check(r#"[{"number": 1, "since": "today", "secret": "00"}]"#, "no time");
    }
}
