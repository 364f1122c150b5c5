//! The lists of a set: found by the names that scenarios use, read once, shared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::diagnostic::Findings;
use super::field;
use super::problem::{ListKind, Problem};
use super::words;
use super::yaml::{Entry, Node};
use crate::lists::{Area, ListError, SubscriberList, TacList};

/// Areas and lists on disk, and those that were read.
pub(super) struct Shelf<'a> {
    folder: &'a Path,
    area_files: BTreeMap<String, PathBuf>,
    list_files: BTreeMap<String, PathBuf>,
    areas: FxHashMap<String, Option<Arc<Area>>>,
    devices: FxHashMap<String, Option<Arc<TacList>>>,
    subscribers: FxHashMap<String, Option<Arc<SubscriberList>>>,
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
        }
    }

    /// The area that a field names.
    pub(super) fn area(&mut self, entry: &Entry, findings: &mut Findings<'_>) -> Option<Arc<Area>> {
        let name = field::text(entry, findings)?;
        let shelf = Row { folder: self.folder, files: &self.area_files, kind: ListKind::Area };
        shelf.find(&mut self.areas, &entry.value, name, findings, Area::load, Area::is_empty)
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
    let line = error.line.and_then(|line| usize::try_from(line).ok());
    findings.report_elsewhere(
        file,
        line,
        &Problem::BadList { message: error.message.clone(), help: error.help.clone() },
    );
}
