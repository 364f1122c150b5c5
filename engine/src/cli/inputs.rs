//! Captures as arguments: what `decode` and `replay` share.

use std::path::PathBuf;

use probe::ProbeConfig;
use probe::capture::e1::E1Settings;
use probe::capture::{Batch, Capture, CaptureError};

use crate::config;

use super::e1::E1Options;
use super::network::NetworkOptions;
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
    /// Network indicators (0 to 3) whose point codes have 24 bits, as in China's national network; the others' have 14.
    #[arg(long, value_name = "INDICATOR", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(0..=3))]
    wide_point_codes: Vec<u8>,
    /// Where a capture does not tell: MTP2 links number with 12 bits (Q.703 Annex A), not 7.
    #[arg(long)]
    wide_sequence_numbers: bool,
    #[command(flatten)]
    network: NetworkOptions,
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
        let capture = Capture::open_with(captures, self.e1_settings())?;
        capture.passed_over().iter().for_each(|why| eprintln!("passed over: {why}"));
        Ok(capture)
    }

    pub(crate) fn e1_settings(&self) -> E1Settings {
        self.e1.settings()
    }

    pub(crate) fn feed(&self) -> &str {
        &self.feed
    }

    pub(crate) fn probe_config(&self) -> ProbeConfig {
        let reading = config::Reading {
            raw_numbers: self.raw_numbers,
            wide_point_codes: self.wide_point_codes.clone(),
            wide_sequence_numbers: self.wide_sequence_numbers,
            network: self.network.settings(),
        };
        reading.probe_config()
    }
}

/// Gives all frames to `take` until the end, or until `take` says that it has seen enough.
pub(crate) fn each_batch(capture: &mut Capture, mut take: impl FnMut(Batch<'_>) -> bool) -> Result<Ending, Failure> {
    let mut ending = Ending::Complete;
    loop {
        match capture.batch() {
            Ok(batch) => {
                if batch.is_empty() || !take(batch) {
                    return Ok(ending);
                }
            }
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
