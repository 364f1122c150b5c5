//! What changed between two sets: by scenario and by what its author wrote, in one vocabulary. Notations that mean the same
//! are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::diagnostic::Findings;
use super::folder::{self, Folder};
use super::source::{Language, Source};
use super::value;
use super::vocabulary as v;
use super::yaml::{self, Node, Value};

/// What changed in one scenario, one list, or the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetChange {
    /// `scenario`, `list` or `policy`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What changed in it.
    #[serde(flatten)]
    pub change: Change,
}

/// How something changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else, in the order of its keys.
    Changed {
        /// `limits, per_user: 1 per 30d → 1 per 14d`.
        details: Vec<String>,
    },
}

/// All that changed from one set to another. Files that cannot be read as forms are taken as empty: `check` tells of them.
pub fn difference(old: &Path, new: &Path) -> Vec<SetChange> {
    let (old, new) = (Contents::read(old), Contents::read(new));
    let mut changes = compare("scenario", &old.scenarios, &new.scenarios, form_details);
    changes.extend(compare("list", &old.lists, &new.lists, row_details));
    changes.extend(compare("policy", &old.policy, &new.policy, form_details));
    changes
}

/// What an author wrote: words from the file inwards, and what stands there.
type Form = BTreeMap<Vec<String>, Vec<String>>;
type Rows = BTreeSet<String>;

#[derive(Default)]
struct Contents {
    scenarios: BTreeMap<String, Form>,
    policy: BTreeMap<String, Form>,
    lists: BTreeMap<String, Rows>,
}

impl Contents {
    fn read(root: &Path) -> Self {
        let Ok(folder) = Folder::open(root) else { return Self::default() };
        let forms = |files: &[PathBuf]| -> BTreeMap<String, Form> {
            files.iter().filter_map(|file| Some((file, form(root, file)?))).map(named).collect()
        };
        let lists = folder.areas.iter().chain(&folder.lists).chain(&folder.cells);
        Self {
            scenarios: forms(&folder.scenarios),
            policy: forms(&folder.policies),
            lists: lists.map(|file| (file.display().to_string(), rows(&root.join(file)))).collect(),
        }
    }
}

/// A form by the name that it gives itself, else by its file.
fn named((file, form): (&PathBuf, Form)) -> (String, Form) {
    let name = form.get(&vec![v::SCENARIO.english.to_owned()]).and_then(|names| names.first()).cloned();
    (name.unwrap_or_else(|| file.display().to_string()), form)
}

fn form(root: &Path, file: &Path) -> Option<Form> {
    let source = Source::new(file, folder::read_text(&root.join(file)).ok()?);
    let node = yaml::parse(&mut Findings::new(&source, Language::English))?;
    let mut form = Form::new();
    flatten(&node, &mut Vec::new(), &mut form);
    Some(form)
}

/// The rows of a list, without its header. A list in another encoding is compared as its octets are.
fn rows(file: &Path) -> Rows {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn flatten(node: &Node, place: &mut Vec<String>, form: &mut Form) {
    match &node.value {
        Value::Text { text, .. } => form.entry(place.clone()).or_default().push(canonical(text.trim())),
        Value::Empty | Value::Refused => form.entry(place.clone()).or_default().push(String::new()),
        Value::Fields(entries) => {
            for entry in entries {
                place.push(v::canonical_key(&entry.key).unwrap_or(&entry.key).to_owned());
                flatten(&entry.value, place, form);
                place.pop();
            }
        }
        Value::List(items) => {
            let nested = items.iter().any(|item| matches!(item.value, Value::Fields(_) | Value::List(_)));
            for (number, item) in (1..).zip(items) {
                if nested {
                    place.push(format!("{number}"));
                }
                flatten(item, place, form);
                if nested {
                    place.pop();
                }
            }
            if items.is_empty() {
                form.entry(place.clone()).or_default();
            }
        }
    }
}

/// The one notation of what can be written in several.
fn canonical(text: &str) -> String {
    let span = |span: std::time::Duration| super::mutation::span_text(span.as_secs());
    value::duration(text)
        .map(span)
        .or_else(|| value::cap(text).map(|cap| format!("{} per {}", cap.count, span(cap.per))))
        .or_else(|| value::dates(text).map(|(first, last)| format!("{first}..{last}")))
        .or_else(|| v::canonical_choice(text).map(str::to_owned))
        .unwrap_or_else(|| text.to_owned())
}

fn compare<T: PartialEq>(
    kind: &'static str,
    old: &BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
    details: impl Fn(&T, &T) -> Vec<String>,
) -> Vec<SetChange> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |name: &String| match (old.get(name), new.get(name)) {
        (None, Some(_)) => Some(Change::Added),
        (Some(_), None) => Some(Change::Removed),
        (Some(old), Some(new)) if old != new => Some(Change::Changed { details: details(old, new) }),
        _ => None,
    };
    let changed = names.into_iter().filter_map(|name| Some((name, change(name)?)));
    changed.map(|(name, change)| SetChange { kind, name: name.clone(), change }).collect()
}

fn form_details(old: &Form, new: &Form) -> Vec<String> {
    let places: BTreeSet<&Vec<String>> = old.keys().chain(new.keys()).collect();
    let detail = |place: &Vec<String>| {
        let words = place.join(", ");
        let text = |values: &[String]| values.join(", ");
        match (old.get(place), new.get(place)) {
            (None, Some(new)) => Some(format!("{words}: added {}", text(new))),
            (Some(old), None) => Some(format!("{words}: removed {}", text(old))),
            (Some(old), Some(new)) if old != new => Some(format!("{words}: {} → {}", text(old), text(new))),
            _ => None,
        }
    };
    places.into_iter().filter_map(detail).collect()
}

fn row_details(old: &Rows, new: &Rows) -> Vec<String> {
    let (added, removed) = (new.difference(old).count(), old.difference(new).count());
    [(added, "added"), (removed, "removed")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} rows {what}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &[&str]) {
        let form = |text: &str| {
            let source = Source::new(Path::new("a.yaml"), text.to_owned());
            let node = yaml::parse(&mut Findings::new(&source, Language::English)).unwrap();
            let mut form = Form::new();
            flatten(&node, &mut Vec::new(), &mut form);
            form
        };
        assert_eq!(form_details(&form(old), &form(new)), expected, "{old} / {new}");
    }

    #[test]
    fn what_means_the_same_has_not_changed() {
        check("limits: {per_user: 1 per 30d}", "限制: {每人: 每30天1次}", &[]);
        check("purpose: location", "用途: 位置", &[]);
        check("when: {area: {enter: a, dwell: 60m}}", "当: {区域: {进入: a, 停留: 1h}}", &[]);
    }

    #[test]
    fn changes_are_told_with_their_place_and_both_values() {
        check(
            "when: {call: {dialled: 114}}",
            "when: {call: {dialled: [114, 12580]}}",
            &["when, call, dialled: 114 → 114, 12580"],
        );
        check("priority: 50", "priority: 60\nlimits: {total: 5}", &["limits, total: added 5", "priority: 50 → 60"]);
        check("limits: {total: 5}\nnote: a", "note: a", &["limits, total: removed 5"]);
    }

    #[test]
    fn lists_are_told_by_how_many_rows_came_and_went() {
        let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Rows>();
        let details = row_details(&rows(&["1", "2", "3"]), &rows(&["3", "4"]));
        assert_eq!(details, ["1 rows added", "2 rows removed"]);
    }
}
