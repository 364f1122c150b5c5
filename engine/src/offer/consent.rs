//! Who has refused what, and who has agreed again: a ledger with time, source and proof of each word, as a CSV that people can
//! read, `at,msisdn,purpose,consent,source,proof`. A row is only ever added, and counts once it is on the disk; of a number
//! and a purpose the latest row holds. It is looked into just before sending.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::str;

use event::{Number, Timestamp};
use rules::scenario::Purpose;
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::lines::{Lines, LinesError, Title};

const HEAD: &str = "at,msisdn,purpose,consent,source,proof";
/// In messages for people.
const LEDGER: &str = "consent ledger";

/// The purposes that may be refused, in the order in which choices are kept.
const PURPOSES: [Purpose; 2] = [Purpose::Marketing, Purpose::Location];

/// Why the ledger cannot be used.
#[derive(Debug, Error)]
pub enum ConsentError {
    /// The file itself.
    #[error(transparent)]
    File(#[from] LinesError),
    /// A row says nothing that can be meant.
    #[error("`{}`, line {line}: {why}; a row is `{HEAD}`, as in `2026-11-22T08:00:00Z,+8613900000005,all,no,hotline,ticket 77`", path.display())]
    Row {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
}

/// A word about consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// When it was given.
    pub at: Timestamp,
    /// By whom.
    pub msisdn: Number,
    /// About what; absent means everything that may be refused.
    pub purpose: Option<Purpose>,
    /// Yes or no.
    pub agrees: bool,
    /// How it came: `sms 10086`, `hotline`.
    pub source: String,
    /// What proves it: the keyword, a ticket.
    pub proof: String,
}

/// What is known of one number: of each purpose, when what was said.
#[derive(Clone, Copy, Debug, Default)]
struct Choices([Option<(Timestamp, bool)>; PURPOSES.len()]);

/// The ledger.
#[derive(Debug)]
pub struct Consent {
    path: PathBuf,
    lines: Lines,
    /// By the last digits of the number.
    known: Known,
}

type Known = FxHashMap<u32, Vec<(Number, Choices)>>;

impl Consent {
    /// Opens or begins a ledger. A last row without its end was being written when we stopped, and never counted.
    pub fn open(path: &Path) -> Result<Self, ConsentError> {
        let mut known = Known::default();
        let title = Title { what: LEDGER, path };
        let lines = Lines::open(title, HEAD.as_bytes(), |number, line| {
            read(path, number, line).map(|word| word.into_iter().for_each(|word| remember(&mut known, &word)))
        })?;
        let mut consent = Self { path: path.to_owned(), lines, known };
        if consent.lines.is_empty() {
            consent.append(&format!("{HEAD}\n"))?;
        }
        Ok(consent)
    }

    /// Takes words in, and writes them down. Where that fails they hold until the ledger is closed.
    pub fn record(&mut self, words: &[Word]) -> Result<(), ConsentError> {
        words.iter().for_each(|word| self.remember(word));
        self.write(words)
    }

    /// Takes a word in without writing it.
    pub(crate) fn remember(&mut self, word: &Word) {
        remember(&mut self.known, word);
    }

    /// Writes words down that have been taken in, all or none.
    pub(crate) fn write(&mut self, words: &[Word]) -> Result<(), ConsentError> {
        let rows: String = words.iter().map(row).collect();
        self.append(&rows)
    }

    /// Adds the rows of another file, all or none. Tells how many they are.
    pub fn import(&mut self, path: &Path) -> Result<usize, ConsentError> {
        let failed = Title { what: "file of consents", path }.failed("read");
        let rows = BufReader::new(File::open(path).map_err(&failed)?).split(b'\n');
        let mut words = Vec::new();
        for (number, row) in (1..).zip(rows) {
            words.extend(read(path, number, &row.map_err(&failed)?)?);
        }
        self.record(&words)?;
        Ok(words.len())
    }

    /// Whether the last word about this purpose is a no. Service messages cannot be refused.
    pub fn refuses(&self, msisdn: &Number, purpose: Purpose) -> bool {
        let Some(place) = PURPOSES.iter().position(|known| *known == purpose) else { return false };
        let same = self.known.get(&last_digits(msisdn)).into_iter().flatten();
        let choices = same.filter(|(known, _)| is_same(known, msisdn));
        let last = choices.filter_map(|(_, choices)| choices.0.get(place).copied().flatten()).max_by_key(|(at, _)| *at);
        last.is_some_and(|(_, agrees)| !agrees)
    }

    fn append(&mut self, rows: &str) -> Result<(), ConsentError> {
        let failed = Title { what: LEDGER, path: &self.path }.failed("write");
        Ok(self.lines.append(rows.as_bytes()).map_err(failed)?)
    }
}

fn remember(known: &mut Known, word: &Word) {
    let of_digits = known.entry(last_digits(&word.msisdn)).or_default();
    let place = of_digits.iter().position(|(known, _)| known == &word.msisdn).unwrap_or_else(|| {
        of_digits.push((word.msisdn, Choices::default()));
        of_digits.len() - 1
    });
    let Some((_, choices)) = of_digits.get_mut(place) else { return };
    for (purpose, choice) in PURPOSES.iter().zip(&mut choices.0) {
        let is_meant = word.purpose.is_none_or(|meant| meant == *purpose);
        if is_meant && choice.is_none_or(|(at, _)| at <= word.at) {
            *choice = Some((word.at, word.agrees));
        }
    }
}

/// Whether two ways of writing a number mean the same one: with the country's code or without, `+` or `00` before it.
pub(crate) fn is_same(a: &Number, b: &Number) -> bool {
    // `00` and the longest code of a country; the shortest number of a subscriber.
    const PREFIX: usize = 5;
    const SHORTEST: usize = 7;
    if a.is_name() || b.is_name() {
        return a == b;
    }
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let more = long.len() - short.len();
    short.len() >= SHORTEST && more <= PREFIX && long.symbols().skip(more).eq(short.symbols())
}

/// The last seven digits, as a number: what remains of a number whatever is written before it.
pub(crate) fn last_digits(number: &Number) -> u32 {
    const KEPT: usize = 7;
    let digits = number.symbols().skip(number.len().saturating_sub(KEPT));
    digits.fold(0, |value, digit| value << 4 | u32::from(digit))
}

/// The word of a row; the head has none, nor has an empty one.
fn read(path: &Path, line: usize, row: &[u8]) -> Result<Option<Word>, ConsentError> {
    let wrong = |why| ConsentError::Row { path: path.to_owned(), line, why };
    let text = str::from_utf8(row).map_err(|_| wrong("it is not written in UTF-8"))?;
    let text = text.trim_end().trim_start_matches('\u{feff}');
    let is_head = line == 1 && text.starts_with("at,");
    if is_head || text.is_empty() { Ok(None) } else { word(text).map(Some).map_err(wrong) }
}

fn word(row: &str) -> Result<Word, &'static str> {
    let mut fields = row.splitn(6, ',').map(str::trim);
    let mut field = |missing| fields.next().ok_or(missing);
    let at = field("the time is missing")?.parse().map_err(|_| "the time is not written as in 2026-11-22T08:00:00Z")?;
    let msisdn = field("the number is missing")?.parse().map_err(|_| "the number is none")?;
    let purpose = match field("the purpose is missing")? {
        "marketing" => Some(Purpose::Marketing),
        "location" => Some(Purpose::Location),
        "all" => None,
        _ => return Err("the purpose is none of marketing, location and all"),
    };
    let agrees = match field("the word is missing")? {
        "yes" => true,
        "no" => false,
        _ => return Err("the word is neither yes nor no"),
    };
    let (source, proof) = (field("the source is missing")?.to_owned(), field("the proof is missing")?.to_owned());
    Ok(Word { at, msisdn, purpose, agrees, source, proof })
}

fn row(word: &Word) -> String {
    let purpose = match word.purpose {
        Some(Purpose::Marketing) => "marketing",
        Some(Purpose::Location) => "location",
        _ => "all",
    };
    let agrees = if word.agrees { "yes" } else { "no" };
    let plain = |text: &str| text.replace([',', '\r', '\n'], " ");
    format!("{},{},{purpose},{agrees},{},{}\n", word.at, word.msisdn, plain(&word.source), plain(&word.proof))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(at: &str, msisdn: &str, purpose: Option<Purpose>, agrees: bool) -> Word {
        Word {
            at: at.parse().unwrap(),
            msisdn: msisdn.parse().unwrap(),
            purpose,
            agrees,
            source: "sms 10086".to_owned(),
            proof: "退订".to_owned(),
        }
    }

    fn refuses(consent: &Consent, msisdn: &str) -> [bool; 3] {
        let number = msisdn.parse().unwrap();
        [Purpose::Service, Purpose::Marketing, Purpose::Location].map(|purpose| consent.refuses(&number, purpose))
    }

    #[test]
    fn the_latest_word_holds_by_purpose_and_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("consent.csv");
        let mut consent = Consent::open(&path).unwrap();
        assert_eq!(refuses(&consent, "+8613900000005"), [false; 3]);
        consent.record(&[word("2026-03-01T09:00:00Z", "8613900000005", None, false)]).unwrap();
        consent.record(&[word("2026-03-01T10:00:00Z", "+8613900000005", Some(Purpose::Location), true)]).unwrap();
        consent.record(&[word("2026-03-01T08:00:00Z", "13900000005", Some(Purpose::Marketing), true)]).unwrap();
        for _ in 0..2 {
            assert_eq!(refuses(&consent, "13900000005"), [false, true, false]);
            assert_eq!(refuses(&consent, "+8613900000006"), [false; 3]);
            drop(consent);
            consent = Consent::open(&path).unwrap();
        }
        assert!(matches!(Consent::open(&path), Err(ConsentError::File(LinesError::Locked { .. }))));
    }

    #[test]
    fn a_crash_at_any_octet_loses_no_word_that_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("consent.csv");
        let numbers = ["13900000001", "13900000002"];
        let words = numbers.map(|number| word("2026-03-01T09:00:00Z", number, None, false));
        Consent::open(&path).unwrap().record(&words).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let consent = Consent::open(&path).unwrap();
            let rows = whole[..length].iter().filter(|octet| **octet == b'\n').count();
            for (index, number) in numbers.iter().enumerate() {
                assert_eq!(refuses(&consent, number)[1], rows > index + 1, "cut at {length}");
            }
        }
    }

    #[test]
    fn an_import_is_all_or_nothing_and_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("consent.csv"), folder.path().join("other.csv"));
        let mut consent = Consent::open(&path).unwrap();
        let mut check = |rows: &str, expected: Result<usize, &str>| {
            std::fs::write(&other, rows).unwrap();
            match (consent.import(&other), expected) {
                (Ok(count), Ok(expected)) => assert_eq!(count, expected),
                (Err(told), Err(expected)) => assert!(told.to_string().contains(expected), "{told}"),
                (found, expected) => panic!("{found:?} {expected:?}"),
            }
        };
        check("\u{feff}at,msisdn,purpose,consent,source,proof\r\n2026-03-01T09:00:00Z,139,all,no,hotline,7\r\n", Ok(1));
        check("2026-03-01T09:00:00Z,139,all,no,hotline,7\n2026-03-01,139,all,no,x,y\n", Err("line 2: the time"));
        check("2026-03-01T09:00:00Z,139,all,perhaps,hotline,7\n", Err("line 1: the word is neither"));
        check("2026-03-01T09:00:00Z,139,some,no,hotline,7\n", Err("the purpose is none of"));
        check("2026-03-01T09:00:00Z,139\n", Err("the purpose is missing"));
        check("\r\n2026-03-01T09:00:00Z,139,all,no,hotline,\u{85}\n", Ok(1));
        check("2026-03-01T09:00:00Z,139,all,no,hotline,8\n2026-03-01T09:00:00Z,138,all,no,hotline,9", Ok(2));
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        let check = |a: &str, b: &str, expected| {
            let (a, b): (Number, Number) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!((is_same(&a, &b), is_same(&b, &a)), (expected, expected), "{a} {b}");
            assert!(!expected || last_digits(&a) == last_digits(&b));
        };
        check("+8613900000005", "13900000005", true);
        check("008613900000005", "13900000005", true);
        check("+8613900000005", "+8613900000005", true);
        check("13800000005", "13900000005", false);
        check("+4512345678", "12345678", true);
        check("10086", "10086", false);
    }
}
