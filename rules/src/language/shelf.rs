//! The lists of a set: found by the names that scenarios use, read once, shared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::diagnostic::{Diagnostics, Findings};
use super::field;
use super::folder::Folder;
use super::problem::{ListKind, Problem};
use super::source::Language;
use super::words;
use super::yaml::{Entry, Node};
use crate::lists::{Area, CellTable, ListError, Sheet, SubscriberList, TacList};

/// Areas and lists on disk, and those that were read.
pub(super) struct Shelf<'a> {
    folder: &'a Path,
    area_files: BTreeMap<String, PathBuf>,
    list_files: BTreeMap<String, PathBuf>,
    areas: FxHashMap<String, Option<Arc<Area>>>,
    devices: FxHashMap<String, Option<Arc<TacList>>>,
    subscribers: FxHashMap<String, Option<Arc<SubscriberList>>>,
    sheets: FxHashMap<String, Option<Arc<Sheet>>>,
    /// Where cells stand; read when an area is first drawn on the map.
    cells: Option<Result<Arc<CellTable>, ()>>,
}

impl<'a> Shelf<'a> {
    /// `areas` and `lists` are the CSV files of the set, relative to `folder`.
    pub(super) fn new(folder: &'a Path, areas: &[PathBuf], lists: &[PathBuf]) -> Self {
        Self {
            folder,
            area_files: by_name(areas),
            list_files: by_name(lists),
            areas: FxHashMap::default(),
            devices: FxHashMap::default(),
            subscribers: FxHashMap::default(),
            sheets: FxHashMap::default(),
            cells: None,
        }
    }

    /// The rows with which a template is filled in, and the file that they stand in.
    pub(super) fn sheet(&mut self, entry: &Entry, findings: &mut Findings<'_>) -> Option<(PathBuf, Arc<Sheet>)> {
        let name = field::text(entry, findings)?;
        let shelf = Row { folder: self.folder, files: &self.list_files, kind: ListKind::Rows };
        let sheet = shelf.find(&mut self.sheets, &entry.value, name, findings, Sheet::load, Sheet::is_empty)?;
        Some((self.list_files.get(name)?.clone(), sheet))
    }

    /// Fills a table of provinces from the list that a field names.
    pub(super) fn provinces(
        &self,
        entry: &Entry,
        findings: &mut Findings<'_>,
        load: impl FnOnce(&Path) -> Result<(), ListError>,
    ) -> Option<()> {
        let name = field::text(entry, findings)?;
        let shelf = Row { folder: self.folder, files: &self.list_files, kind: ListKind::Provinces };
        let mut unshared = FxHashMap::default();
        shelf.find(&mut unshared, &entry.value, name, findings, load, |()| false).map(|_| ())
    }

    /// The area that a field names.
    pub(super) fn area(&mut self, entry: &Entry, findings: &mut Findings<'_>) -> Option<Arc<Area>> {
        let name = field::text(entry, findings)?;
        let is_drawn = self.area_files.get(name).is_some_and(|file| is_drawn(file));
        let cells = if is_drawn && !self.areas.contains_key(name) { self.cells(findings)? } else { Arc::default() };
        let load = |file: &Path| if is_drawn { Area::load_drawn(file, &cells) } else { Area::load(file) };
        let shelf = Row { folder: self.folder, files: &self.area_files, kind: ListKind::Area };
        shelf.find(&mut self.areas, &entry.value, name, findings, load, Area::is_empty)
    }

    /// Where cells stand. The author is told once where that cannot be read.
    fn cells(&mut self, findings: &mut Findings<'_>) -> Option<Arc<CellTable>> {
        let folder = self.folder;
        let read = self.cells.get_or_insert_with(|| {
            let file = Path::new(CELLS);
            CellTable::load(&folder.join(file)).map(Arc::new).map_err(|error| tell_bad(file, &error, findings))
        });
        read.as_ref().ok().cloned()
    }

    /// The list of handset models that a field names.
    pub(super) fn devices(&mut self, entry: &Entry, findings: &mut Findings<'_>) -> Option<Arc<TacList>> {
        let name = field::text(entry, findings)?;
        let shelf = Row { folder: self.folder, files: &self.list_files, kind: ListKind::Devices };
        shelf.find(&mut self.devices, &entry.value, name, findings, TacList::load, TacList::is_empty)
    }

    /// The list of subscribers that a field names.
    pub(super) fn subscribers(&mut self, entry: &Entry, findings: &mut Findings<'_>) -> Option<Arc<SubscriberList>> {
        let name = field::text(entry, findings)?;
        self.subscribers_named(&entry.value, name, findings)
    }

    /// The lists of subscribers that a field names, one or several.
    pub(super) fn all_subscribers(&mut self, entry: &Entry, findings: &mut Findings<'_>) -> Vec<Arc<SubscriberList>> {
        let names = field::texts(entry, findings);
        names.into_iter().filter_map(|(node, name)| self.subscribers_named(node, name, findings)).collect()
    }

    fn subscribers_named(
        &mut self,
        node: &Node,
        name: &str,
        findings: &mut Findings<'_>,
    ) -> Option<Arc<SubscriberList>> {
        let shelf = Row { folder: self.folder, files: &self.list_files, kind: ListKind::Subscribers };
        shelf.find(&mut self.subscribers, node, name, findings, SubscriberList::load, SubscriberList::is_empty)
    }
}

fn by_name(files: &[PathBuf]) -> BTreeMap<String, PathBuf> {
    let name = |file: &PathBuf| file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    files.iter().filter_map(|file| Some((name(file)?, file.clone()))).collect()
}

/// Where cells stand, relative to the folder of the set.
pub(super) const CELLS: &str = "cells.csv";

/// Whether an area is drawn on the map rather than listed by cell.
fn is_drawn(file: &Path) -> bool {
    file.extension().is_some_and(|ending| !ending.eq_ignore_ascii_case("csv"))
}

/// The files among which one kind of list is looked for.
struct Row<'r> {
    folder: &'r Path,
    files: &'r BTreeMap<String, PathBuf>,
    kind: ListKind,
}

impl Row<'_> {
    fn find<L>(
        &self,
        known: &mut FxHashMap<String, Option<Arc<L>>>,
        node: &Node,
        name: &str,
        findings: &mut Findings<'_>,
        load: impl FnOnce(&Path) -> Result<L, ListError>,
        is_empty: impl FnOnce(&L) -> bool,
    ) -> Option<Arc<L>> {
        if let Some(list) = known.get(name) {
            return list.clone();
        }
        let Some(file) = self.files.get(name) else {
            self.tell_unknown(node, name, findings);
            return None;
        };
        let list = match load(&self.folder.join(file)) {
            Ok(list) if is_empty(&list) => {
                findings.report(&node.span, Problem::EmptyList { name: name.to_owned(), kind: self.kind });
                None
            }
            Ok(list) => Some(Arc::new(list)),
            Err(error) => {
                tell_bad(file, &error, findings);
                None
            }
        };
        known.insert(name.to_owned(), list.clone());
        list
    }

    fn tell_unknown(&self, node: &Node, name: &str, findings: &mut Findings<'_>) {
        let nearest = words::nearest(name, self.files.keys().map(String::as_str)).map(str::to_owned);
        let problem = Problem::UnknownList { name: name.to_owned(), kind: self.kind, nearest };
        super::form::refuse(node, name, problem, findings);
    }
}

fn tell_bad(file: &Path, error: &ListError, findings: &mut Findings<'_>) {
    let (line, problem) = bad(error, true);
    findings.report_elsewhere(file, line, &problem);
}

fn bad(error: &ListError, is_named: bool) -> (Option<usize>, Problem) {
    let says = error.says().map(|(message, help)| (message.to_owned(), help.to_owned()));
    (error.line.and_then(|line| usize::try_from(line).ok()), Problem::BadList { says: Box::new(says), is_named })
}

/// Adds what is wrong with the tables of the folder that no scenario names, as far as can be told without knowing what they are
/// for. Warnings: somebody may name them next. In the language given, else in that of the set.
pub fn check_tables(diagnostics: &mut Diagnostics, asked: Option<Language>) {
    let root = diagnostics.folder.clone();
    let Ok(folder) = Folder::open(&root) else { return };
    let language = asked.unwrap_or_else(|| diagnostics.language());
    let area = |file: &PathBuf| match is_drawn(file) {
        true => Area::load_drawn(&root.join(file), &CellTable::default()),
        false => Area::load(&root.join(file)),
    };
    let areas = folder.areas.iter().map(|file| (file, area(file).map(|_| ())));
    let lists = folder.lists.iter().map(|file| (file, Sheet::check(&root.join(file))));
    let cells = PathBuf::from(CELLS);
    let places = root.join(CELLS).exists().then(|| (&cells, CellTable::load(&root.join(CELLS)).map(|_| ())));
    for (file, read) in areas.chain(lists).chain(places) {
        let is_told = diagnostics.list.iter().any(|found| found.file == *file);
        if let Err(error) = read
            && !is_told
        {
            let (line, problem) = bad(&error, false);
            diagnostics.about(file, line, language, &problem);
        }
    }
    diagnostics.sort();
}
