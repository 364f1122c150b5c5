//! What changed between two sets: by scenario and by what its author wrote, in one vocabulary. Notations that mean the same
//! are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::diagnostic::Findings;
use super::folder::{self, Folder};
use super::source::{Language, Source};
use super::value;
use super::vocabulary::{self as v, Vocabulary};
use super::words::Word;
use super::yaml::{self, Node, Value};

/// What changed in one scenario, one list, or the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetChange {
    /// What it is.
    pub kind: SetPart,
    /// Its name.
    pub name: String,
    /// What changed in it.
    #[serde(flatten)]
    pub change: Change,
}

/// What of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetPart {
    /// A scenario.
    Scenario,
    /// A list: of subscribers, handsets, cells…
    List,
    /// The contact policy.
    Policy,
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
        /// What.
        details: Vec<Detail>,
    },
}

/// One thing that says something else, that came or that went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The keys from the file inwards; what stood there, and what stands there.
    Value(Vec<Key>, Option<Values>, Option<Values>),
    /// So many rows.
    RowsAdded(usize),
    /// So many rows.
    RowsRemoved(usize),
}

/// A key, in both languages where it is known; or the number of an item of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([String; 2]);

impl Key {
    fn of(word: Word) -> Self {
        Self([word.english.to_owned(), word.chinese.to_owned()])
    }

    fn unknown(text: &str) -> Self {
        Self([text.to_owned(), text.to_owned()])
    }
}

/// What an author wrote under one key.
pub type Values = Vec<Notation>;

/// One value: two are the same that mean the same.
#[derive(Clone, Debug)]
pub struct Notation {
    meaning: String,
    written: String,
}

impl PartialEq for Notation {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Eq for Notation {}

impl SetChange {
    /// Laid out for people.
    pub fn told(&self, language: Language) -> String {
        let kind = match self.kind {
            SetPart::Scenario => language.of(["scenario", "场景"]),
            SetPart::List => language.of(["list", "名单"]),
            SetPart::Policy => language.of(["policy", "策略"]),
        };
        let name = &self.name;
        match &self.change {
            Change::Added => format!("{kind} {name}{}\n", language.of([": new", "：新增"])),
            Change::Removed => format!("{kind} {name}{}\n", language.of([": gone", "：已删除"])),
            Change::Changed { details } => {
                let details = details.iter().map(|detail| format!("  {}\n", detail.told(language)));
                format!("{kind} {name}\n{}", details.collect::<String>())
            }
        }
    }
}

impl Detail {
    /// `limits, per_user: 1 per 30d → 1 per 14d`; in Chinese with values as they were written.
    pub fn told(&self, language: Language) -> String {
        match (self, language) {
            (Self::RowsAdded(count), Language::English) => format!("{count} rows added"),
            (Self::RowsAdded(count), Language::Chinese) => format!("新增 {count} 行"),
            (Self::RowsRemoved(count), Language::English) => format!("{count} rows removed"),
            (Self::RowsRemoved(count), Language::Chinese) => format!("删去 {count} 行"),
            (Self::Value(place, was, is), _) => {
                let place: Vec<&str> =
                    place.iter().map(|Key([english, chinese])| &**language.of([english, chinese])).collect();
                let place = place.join(language.of([", ", "，"]));
                let change = match (was, is) {
                    (Some(was), Some(is)) => format!("{} → {}", told(was, language), told(is, language)),
                    (Some(was), None) => format!("{} {}", language.of(["removed", "删去"]), told(was, language)),
                    (None, is) => {
                        format!(
                            "{} {}",
                            language.of(["added", "新增"]),
                            told(is.as_deref().unwrap_or_default(), language)
                        )
                    }
                };
                format!("{place}{}{change}", language.of([": ", "："]))
            }
        }
    }
}

fn told(values: &[Notation], language: Language) -> String {
    let text = |value: &Notation| match language {
        Language::English => value.meaning.clone(),
        Language::Chinese => value.written.clone(),
    };
    values.iter().map(text).collect::<Vec<_>>().join(language.of([", ", "、"]))
}

/// To programs it is told in English.
impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.told(Language::English))
    }
}

/// All that changed from one set to another. Files that cannot be read as forms are taken as empty: `check` tells of them.
pub fn difference(old: &Path, new: &Path) -> Vec<SetChange> {
    let (old, new) = (Contents::read(old), Contents::read(new));
    let mut changes = compare(SetPart::Scenario, &old.scenarios, &new.scenarios, form_details);
    changes.extend(compare(SetPart::List, &old.lists, &new.lists, row_details));
    changes.extend(compare(SetPart::Policy, &old.policy, &new.policy, form_details));
    changes
}

/// What an author wrote: words from the file inwards, and what stands there.
type Form = BTreeMap<Vec<Key>, Values>;
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
        let forms = |files: &[PathBuf], vocabulary| -> BTreeMap<String, Form> {
            files.iter().filter_map(|file| Some((file, form(root, file, vocabulary)?))).map(named).collect()
        };
        let lists = folder.areas.iter().chain(&folder.lists).chain(&folder.cells);
        Self {
            scenarios: forms(&folder.scenarios, &v::SCENARIO_FILE),
            policy: forms(&folder.policies, &v::POLICY_FILE),
            lists: lists.map(|file| (file.display().to_string(), rows(&root.join(file)))).collect(),
        }
    }
}

/// A form by the name that it gives itself, else by its file.
fn named((file, form): (&PathBuf, Form)) -> (String, Form) {
    let name = form.get(&vec![Key::of(v::SCENARIO)]).and_then(|names| names.first()).map(|name| name.written.clone());
    (name.unwrap_or_else(|| file.display().to_string()), form)
}

fn form(root: &Path, file: &Path, vocabulary: &'static Vocabulary) -> Option<Form> {
    let source = Source::new(file, folder::read_text(&root.join(file)).ok()?);
    let node = yaml::parse(&mut Findings::new(&source, Language::English))?;
    let mut form = Form::new();
    flatten(&node, Some(vocabulary), &mut Vec::new(), &mut form);
    Some(form)
}

/// The rows of a list, without its header. A list in another encoding is compared as its octets are.
fn rows(file: &Path) -> Rows {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Enters what stands at a place, where a form of this vocabulary may stand.
fn flatten(node: &Node, vocabulary: Option<&'static Vocabulary>, place: &mut Vec<Key>, form: &mut Form) {
    match &node.value {
        Value::Text { text, .. } => form.entry(place.clone()).or_default().push(notation(text.trim(), vocabulary)),
        Value::Empty | Value::Refused => form.entry(place.clone()).or_default().push(notation("", None)),
        Value::Fields(entries) => {
            for entry in entries {
                let word = v::key(&entry.key, vocabulary);
                place.push(word.map_or_else(|| Key::unknown(&entry.key), Key::of));
                flatten(&entry.value, word.and_then(v::form_under), place, form);
                place.pop();
            }
        }
        Value::List(items) => {
            let nested = items.iter().any(|item| matches!(item.value, Value::Fields(_) | Value::List(_)));
            for (number, item) in (1..).zip(items) {
                if nested {
                    place.push(Key::unknown(&format!("{number}")));
                }
                flatten(item, vocabulary, place, form);
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

/// A word alone in the place of a form is a key of it: `when: power_on`.
fn notation(text: &str, vocabulary: Option<&Vocabulary>) -> Notation {
    let key = vocabulary.and_then(|form| form.keys.iter().find(|word| word.is(text)));
    Notation { meaning: key.map_or_else(|| meaning(text), |word| word.english.to_owned()), written: text.to_owned() }
}

/// The one notation of what can be written in several.
fn meaning(text: &str) -> String {
    let span = |span: std::time::Duration| super::mutation::span_text(span.as_secs());
    value::duration(text)
        .map(span)
        .or_else(|| value::cap(text).map(|cap| format!("{} per {}", cap.count, span(cap.per))))
        .or_else(|| value::dates(text).map(|(first, last)| format!("{first}..{last}")))
        .or_else(|| v::canonical_choice(text).map(str::to_owned))
        .unwrap_or_else(|| text.to_owned())
}

fn compare<T: PartialEq>(
    kind: SetPart,
    old: &BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
    details: impl Fn(&T, &T) -> Vec<Detail>,
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

fn form_details(old: &Form, new: &Form) -> Vec<Detail> {
    let places: BTreeSet<&Vec<Key>> = old.keys().chain(new.keys()).collect();
    let other = places.into_iter().filter(|place| old.get(*place) != new.get(*place));
    other.map(|place| Detail::Value(place.clone(), old.get(place).cloned(), new.get(place).cloned())).collect()
}

fn row_details(old: &Rows, new: &Rows) -> Vec<Detail> {
    let (added, removed) = (new.difference(old).count(), old.difference(new).count());
    let added = (added > 0).then_some(Detail::RowsAdded(added));
    added.into_iter().chain((removed > 0).then_some(Detail::RowsRemoved(removed))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &[&str]) {
        check_in(Language::English, old, new, expected);
    }

    fn check_in(language: Language, old: &str, new: &str, expected: &[&str]) {
        let form = |text: &str| {
            let source = Source::new(Path::new("a.yaml"), text.to_owned());
            let node = yaml::parse(&mut Findings::new(&source, Language::English)).unwrap();
            let mut form = Form::new();
            flatten(&node, Some(&v::SCENARIO_FILE), &mut Vec::new(), &mut form);
            form
        };
        let details: Vec<_> = form_details(&form(old), &form(new)).iter().map(|detail| detail.told(language)).collect();
        assert_eq!(details, expected, "{old} / {new}");
    }

    #[test]
    fn what_means_the_same_has_not_changed() {
        check("limits: {per_user: 1 per 30d}", "限制: {每人: 每30天1次}", &[]);
        check("purpose: location", "用途: 位置", &[]);
        check("when: {area: {enter: a, dwell: 60m}}", "当: {区域: {进入: a, 停留: 1h}}", &[]);
        check("when: power_on", "当: 开机", &[]);
        check("when: {power: on}", "当: {开关机: 开机}", &[]);
        check("stages: [{after: 10m, unless: call_forwarding}]", "分阶段: [{之后: 10分钟, 除非: 呼叫转移}]", &[]);
        check("when: {call: {length: {at_least: 3m}}}", "当: {呼叫: {时长: {至少: 3分钟}}}", &[]);
        check("send: {wap_push: {url: a, text: b}}", "发送: {WAP推送: {网址: a, 标题: b}}", &[]);
        check("when: {all: [power_on, {not: call}]}", "当: {同时满足: [开机, {非: 呼叫}]}", &[]);
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
    fn in_chinese_keys_are_chinese_and_values_as_they_were_written() {
        let check = |old, new, expected| check_in(Language::Chinese, old, new, expected);
        check("limits: {per_user: 1 per 30d}", "限制: {每人: 每14天1次}", &["限制，每人：1 per 30d → 每14天1次"]);
        check("优先级: 50", "优先级: 50\n备注: 试", &["备注：新增 试"]);
        check("标题: 甲\n优先级: 50", "优先级: 50", &["标题：删去 甲"]);
    }

    #[test]
    fn lists_are_told_by_how_many_rows_came_and_went() {
        let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Rows>();
        let details = row_details(&rows(&["1", "2", "3"]), &rows(&["3", "4"]));
        assert_eq!(details, [Detail::RowsAdded(1), Detail::RowsRemoved(2)]);
        let told = |language| details.iter().map(|detail| detail.told(language)).collect::<Vec<_>>();
        assert_eq!(told(Language::English), ["1 rows added", "2 rows removed"]);
        assert_eq!(told(Language::Chinese), ["新增 1 行", "删去 2 行"]);
    }
}
