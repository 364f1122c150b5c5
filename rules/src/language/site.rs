//! Where a set is to run: what scenarios of it cannot work with.

use event::Number;

use super::diagnostic::Findings;
use super::problem::Problem;
use super::scenario_file::is_name;
use super::shelf::Shelf;
use super::vocabulary as v;
use super::words::{self, Word};
use super::yaml::{Entry, Node, Value};
use super::{feeds, field};
use crate::feed::{Feed, Seen};

/// What there is where a set is to run. Nothing is told of what is not known.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The signalling that a probe is attached to; empty means not known.
    pub feeds: Vec<Feed>,
    /// What its subscribers have shown; absent means not known.
    pub seen: Option<Seen>,
    /// The names of the channels; absent means not known.
    pub channels: Option<Vec<String>>,
    /// The numbers from which channels send where a scenario names none: ours, as are those of the policy.
    pub senders: Vec<Number>,
}

impl Site {
    /// Tells of everything in a scenario file that does not work here.
    pub(super) fn judge(&self, root: &Node, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) {
        feeds::judge(root, self, shelf, findings);
        if let Some(known) = &self.channels {
            each_send(root, &mut |send| judge_channel(send, known, findings));
        }
    }
}

/// What is sent stands in the file itself, in its variants and in its stages.
fn each_send(node: &Node, judge: &mut impl FnMut(&Entry)) {
    const AROUND: [Word; 2] = [v::VARIANTS, v::STAGES];
    let Value::Fields(entries) = &node.value else { return };
    for entry in entries {
        match &entry.value.value {
            _ if v::SEND.is(&entry.key) => judge(entry),
            Value::List(items) if AROUND.iter().any(|word| word.is(&entry.key)) => {
                items.iter().for_each(|item| each_send(item, judge));
            }
            _ => {}
        }
    }
}

fn judge_channel(send: &Entry, known: &[String], findings: &mut Findings<'_>) {
    let Value::Fields(entries) = &send.value.value else { return };
    let channel = entries.iter().find(|entry| v::CHANNEL.is(&entry.key));
    // A name that is none has been told.
    let mut told = Findings::new(findings.source, findings.language);
    let name = channel.and_then(|entry| field::text(entry, &mut told)).filter(|name| is_name(name));
    let Some(name) = name else { return };
    if let Some(entry) = channel.filter(|_| !known.iter().any(|channel| channel == name)) {
        let nearest = words::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let problem = Problem::UnknownChannel { name: name.to_owned(), nearest, known: known.to_vec() };
        findings.report(&entry.value.span, problem);
    }
}
