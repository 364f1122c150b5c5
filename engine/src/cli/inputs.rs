//! Captures as arguments: what `decode` and `replay` share.

use std::path::PathBuf;

use probe::ProbeConfig;
use probe::capture::{Capture, CaptureError, Frame};

use super::e1::E1Options;
use super::{Ending, Failure};

/// Which captures to read.
#[derive(clap::Args, Debug)]
pub(crate) struct Inputs {
    /// Capture files (pcap, pcapng, E1 recordings; gzip, zstd), folders of them, or `-` for standard input. Read as one feed, in
    /// order of time.
    #[arg(value_name = "CAPTURE", required = true)]
    captures: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

/// How a feed is read, whatever it comes from.
#[derive(clap::Args, Debug)]
pub(crate) struct Reading {
    /// What to call the feed in the output.
    #[arg(long, value_name = "NAME", default_value = "capture")]
    feed: String,
    /// Take dialled numbers as they are, without the Chinese numbering plan (+86, area codes, IP prefixes).
    #[arg(long)]
    raw_numbers: bool,
    #[command(flatten)]
    e1: E1Options,
}

impl Inputs {
    pub(crate) fn open(&self) -> Result<Capture, Failure> {
        self.reading.open(&self.captures)
    }

    pub(crate) fn probe_config(&self) -> ProbeConfig {
        self.reading.probe_config()
    }
}

impl Reading {
    /// Opens captures, telling which files in folders are none.
    pub(crate) fn open(&self, captures: &[PathBuf]) -> Result<Capture, Failure> {
        let capture = Capture::open_with(captures, self.e1.settings())?;
        capture.passed_over().iter().for_each(|why| eprintln!("passed over: {why}"));
        Ok(capture)
    }

    pub(crate) fn feed(&self) -> &str {
        &self.feed
    }

    pub(crate) fn probe_config(&self) -> ProbeConfig {
        let mut config = ProbeConfig::default();
        if self.raw_numbers {
            config.numbers = probe::interpret::NumberPlan::empty();
        }
        config
    }
}

/// Gives each frame to `take` until the end, or until `take` says that it has seen enough.
pub(crate) fn each_frame(capture: &mut Capture, mut take: impl FnMut(&Frame<'_>) -> bool) -> Result<Ending, Failure> {
    let mut ending = Ending::Complete;
    loop {
        match capture.next() {
            Ok(Some(frame)) => {
                if !take(&frame) {
                    return Ok(ending);
                }
            }
            Ok(None) => return Ok(ending),
            Err(error) => ending = cut_off(error)?,
        }
    }
}

/// Whether a reader can go on after this error: a file that ends in the middle of a record is reported on standard
/// error, and the others are read to their end.
pub(crate) fn cut_off(error: CaptureError) -> Result<Ending, Failure> {
    if !error.is_truncation() {
        return Err(error.into());
    }
    eprintln!("warning: {error}");
    Ok(Ending::CutOff)
}
