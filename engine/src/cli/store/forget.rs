//! `touchpoint store forget`: erases a subscriber, and proves it.

use std::io::{self, Write};
use std::path::PathBuf;

use event::Imsi;

use crate::erasure::{Erased, erase};
use crate::window::Trace;

use super::super::explain::existing;
use super::super::json::Line;
use super::super::{Ending, Failure};

/// Erases every trace of a subscriber from a store, and proves it: the rows and the files are looked through afterwards.
///
/// Its events, its profile and its contacts, what scenarios have begun for it, decisions about it and offers to it. What
/// scenarios have used of their totals stays, for it names nobody. A capture that is replayed again does not bring back
/// what it brought before; new signalling does begin anew.
///
/// Not in the store, and so not erased: the subscriber file, journals of offers, captures, copies of the store, and what
/// a disk keeps of files that were removed.
#[derive(clap::Args, Debug)]
pub(super) struct Forget {
    /// The subscriber's IMSI.
    #[arg(value_name = "SUBSCRIBER")]
    subscriber: Imsi,
    /// The store of a replay or an engine.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// One JSON object, for programs.
    #[arg(long)]
    json: bool,
}

impl Forget {
    pub(super) fn run(&self) -> Result<Ending, Failure> {
        let erased = erase(&existing(&self.store)?, self.subscriber)?;
        let mut out = io::stdout().lock();
        let written = match self.json {
            true => self.json(&mut out, &erased),
            false => writeln!(out, "{}: {erased}", self.subscriber.masked()),
        };
        written.map_err(Failure::output)?;
        match erased.is_proven() {
            true => Ok(Ending::Complete),
            false => Err(Failure::new("the subscriber is not erased; run the command again")),
        }
    }

    fn json(&self, out: &mut impl Write, Erased { gone, traces }: &Erased) -> io::Result<()> {
        let mut line = Line::new(false);
        line.begin();
        line.imsi("imsi", self.subscriber);
        line.integer("facts", gone.facts);
        line.integer("decisions", gone.decisions);
        line.integer("offers", gone.offers);
        line.integer("other_rows", gone.rows);
        line.flag("erased", traces.is_empty());
        line.open_list("traces");
        for trace in traces {
            line.open_item();
            match trace {
                Trace::Row(family) => line.text("row_of", family),
                Trace::Remains(family) => line.text("remains_of", family),
                Trace::File(file) | Trace::Former(file) => line.text("file", &file.display().to_string()),
            }
            line.close();
        }
        line.close_list();
        out.write_all(line.end())
    }
}
