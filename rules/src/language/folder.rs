//! The files of a set: found in a fixed order, read whole, decoded, named by a revision.

use std::fs;
use std::hash::Hasher;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use siphasher::sip::SipHasher13;

use super::problem::{Encoding, Limit, Problem};
use super::shelf;

/// The largest scenario or policy file, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;
/// The most files of a set.
pub const MAX_FILES: usize = 20_000;
/// How deep folders may stand in `scenarios`.
const MAX_FOLDER_DEPTH: usize = 8;

/// The files of a set, by what they are; all paths relative to its folder, in order of name.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) scenarios: Vec<PathBuf>,
    pub(super) policies: Vec<PathBuf>,
    pub(super) areas: Vec<PathBuf>,
    pub(super) lists: Vec<PathBuf>,
    /// The table of cells with their places, if there is one.
    pub(super) cells: Vec<PathBuf>,
}

/// A file or folder that cannot be read, and why.
pub(super) type Refused = (PathBuf, Problem);

impl Folder {
    /// Finds the files of the set in `root`.
    pub(super) fn open(root: &Path) -> Result<Self, Refused> {
        let mut folder = Self::default();
        for file in files(root, Path::new(""))?.files {
            if is_yaml(&file) {
                let is_policy = file.file_stem().is_some_and(|stem| stem == "policy");
                if is_policy { &mut folder.policies } else { &mut folder.scenarios }.push(file);
            }
        }
        let nested = Path::new("scenarios");
        if root.join(nested).is_dir() {
            folder.descend(root, nested, 0)?;
        }
        folder.areas = tables(root, Path::new("areas"), &["csv", "geojson", "json"])?;
        folder.lists = tables(root, Path::new("lists"), &["csv"])?;
        if root.join(shelf::CELLS).is_file() {
            folder.cells.push(shelf::CELLS.into());
        }
        folder.scenarios.sort();
        Ok(folder)
    }

    /// Each two area files that scenarios would call by the same name.
    pub(super) fn same_areas(&self) -> impl Iterator<Item = (&Path, &Path)> {
        let pairs = self.areas.iter().zip(self.areas.iter().skip(1));
        pairs
            .map(|(one, other)| (one.as_path(), other.as_path()))
            .filter(|(one, other)| one.file_stem() == other.file_stem())
    }

    fn descend(&mut self, root: &Path, inside: &Path, depth: usize) -> Result<(), Refused> {
        let found = files(root, inside)?;
        self.scenarios.extend(found.files.into_iter().filter(|file| is_yaml(file)));
        if self.scenarios.len() > MAX_FILES || depth > MAX_FOLDER_DEPTH {
            return Err((inside.to_owned(), Problem::TooLarge { limit: Limit::Files }));
        }
        found.folders.into_iter().try_for_each(|folder| self.descend(root, &folder, depth + 1))
    }

    /// A hash over names and contents of all files, 16 hexadecimal digits. The same on every machine.
    pub(super) fn revision(&self, root: &Path) -> Result<String, Refused> {
        let mut hasher = SipHasher13::new();
        for file in [&self.policies, &self.scenarios, &self.areas, &self.lists, &self.cells].into_iter().flatten() {
            let name = file.to_string_lossy().replace('\\', "/");
            hasher.write(&(name.len() as u64).to_le_bytes());
            hasher.write(name.as_bytes());
            let length = digest(&root.join(file), &mut hasher).map_err(|error| unreadable(file, &error))?;
            hasher.write(&length.to_le_bytes());
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}

fn digest(file: &Path, hasher: &mut SipHasher13) -> io::Result<u64> {
    let mut file = fs::File::open(file)?;
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let count = file.read(&mut buffer)?;
        let Some(octets) = buffer.get(..count).filter(|octets| !octets.is_empty()) else { return Ok(length) };
        hasher.write(octets);
        length += count as u64;
    }
}

/// What stands directly in one folder.
struct Listing {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// Lists `inside`, a folder relative to `root`. Hidden files are none of the set's.
fn files(root: &Path, inside: &Path) -> Result<Listing, Refused> {
    let refused = |error: io::Error| unreadable(inside, &error);
    let mut listing = Listing { files: Vec::new(), folders: Vec::new() };
    for entry in fs::read_dir(root.join(inside)).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = inside.join(entry.file_name());
        // A link that leads nowhere is listed, so that reading it tells; a pipe or a device is no file of a set.
        match fs::metadata(entry.path()) {
            Ok(kind) if kind.is_dir() => listing.folders.push(path),
            Ok(kind) if !kind.is_file() => {}
            _ => listing.files.push(path),
        }
    }
    listing.files.sort();
    listing.folders.sort();
    Ok(listing)
}

fn tables(root: &Path, inside: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, Refused> {
    if !root.join(inside).is_dir() {
        return Ok(Vec::new());
    }
    let mut tables = files(root, inside)?.files;
    tables.retain(|file| has_ending(file, endings));
    if tables.len() > MAX_FILES {
        return Err((inside.to_owned(), Problem::TooLarge { limit: Limit::Files }));
    }
    Ok(tables)
}

/// The files of the folder `inside` whose names end so; none where there is no such folder.
pub(super) fn tests(root: &Path, inside: &str, endings: &[&str]) -> Result<Vec<PathBuf>, Refused> {
    let inside = Path::new(inside);
    if !root.join(inside).is_dir() {
        return Ok(Vec::new());
    }
    let mut tests = files(root, inside)?.files;
    tests.retain(|file| file.to_str().is_some_and(|name| endings.iter().any(|ending| name.ends_with(ending))));
    if tests.len() > MAX_FILES {
        return Err((inside.to_owned(), Problem::TooLarge { limit: Limit::Files }));
    }
    Ok(tests)
}

fn is_yaml(file: &Path) -> bool {
    has_ending(file, &["yaml", "yml"])
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn unreadable(file: &Path, error: &io::Error) -> Refused {
    (file.to_owned(), Problem::Unreadable { reason: error.kind() })
}

/// Reads a scenario or policy file: UTF-8, with or without byte order mark. What cannot be read gives the problem, and
/// the octets before the first wrong one as text.
pub(super) fn read_text(file: &Path) -> Result<String, Problem> {
    let unreadable = |error: io::Error| Problem::Unreadable { reason: error.kind() };
    let mut octets = Vec::new();
    let opened = fs::File::open(file).map_err(unreadable)?;
    opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut octets).map_err(unreadable)?;
    if octets.len() as u64 > MAX_FILE_BYTES {
        return Err(Problem::TooLarge { limit: Limit::Octets });
    }
    decode(octets)
}

/// How files of Excel and Word begin, the present ones and those of before 2007.
const DOCUMENTS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

fn decode(octets: Vec<u8>) -> Result<String, Problem> {
    if DOCUMENTS.iter().any(|begin| octets.starts_with(begin)) {
        return Err(Problem::Encoding { encoding: Encoding::Document });
    }
    if octets.starts_with(&[0xff, 0xfe]) || octets.starts_with(&[0xfe, 0xff]) || octets.contains(&0) {
        return Err(Problem::Encoding { encoding: Encoding::Utf16 });
    }
    let text = String::from_utf8(octets).map_err(|_| Problem::Encoding { encoding: Encoding::Other })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text_and_other_encodings_are_named() {
        let check = |octets: &[u8], expected: Option<&str>| {
            assert_eq!(decode(octets.to_vec()).ok().as_deref(), expected, "{octets:?}");
        };
        check(b"a: b", Some("a: b"));
        check(b"\xef\xbb\xbfa: b", Some("a: b"));
        check(b"\xff\xfea\0", None);
        check(b"\xb3\xa1\xbe\xb0: a", None);
        check(b"", Some(""));
    }
}
