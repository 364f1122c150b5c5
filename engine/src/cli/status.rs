//! `touchpoint status`: how a running Touchpoint is, once.

use comfy_table::Cell;
use serde_json::Value;

use super::remote::Remote;
use super::report::{new_table, right};
use super::{Ending, Failure, say};

/// Tells how a running Touchpoint is.
#[derive(clap::Args, Debug)]
pub(crate) struct Status {
    #[command(flatten)]
    remote: Remote,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let status = self.remote.ask(&self.remote.agent()?, "status")?;
        if self.json {
            say(format_args!("{status:#}"))?;
            return Ok(Ending::Complete);
        }
        let mut table = new_table(["feed", "frames", "lost", "silent, s"]);
        for feed in list(&status, "feeds") {
            let frames = right(count(feed, "frames"));
            table.add_row([Cell::new(word(feed, "name")), frames, right(lost(feed)), right(count(feed, "silent_s"))]);
        }
        say(table)?;
        let mut table = new_table(["channel", "state", "handed over", "taken", "refused"]);
        for channel in list(&status, "channels") {
            table.add_row([
                Cell::new(word(channel, "name")),
                Cell::new(channel.get("down").and_then(Value::as_str).unwrap_or("up")),
                right(count(channel, "submitted")),
                right(count(channel, "accepted")),
                right(count(channel, "refused")),
            ]);
        }
        say(table)?;
        say(status.pointer("/rules/loaded").and_then(Value::as_str).unwrap_or_default())?;
        Ok(Ending::Complete)
    }
}

/// The objects of a list.
pub(crate) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn word<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn count(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// Packets that a feed has lost.
pub(crate) fn lost(feed: &Value) -> u64 {
    let interfaces = list(feed, "interfaces").iter();
    interfaces.map(|found| count(found, "dropped_by_kernel") + count(found, "dropped_by_interface")).sum()
}
