//! Octets as a capture file of whatever format they look like.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use probe::Probe;
use probe::capture::Capture;
use probe::capture::e1::{BitOrder, E1Settings, RawSettings};
use probe::track::e1::LinkSettings;

use crate::input::Settings;
use crate::observer::Observer;
use crate::run::START;

/// Frames of a file that the probe is shown: a few octets can stand for gigabytes of them.
const FRAME_LIMIT: usize = 10_000;

/// Reads the octets as a file to its end, and shows its frames to the probe.
///
/// # Panics
/// Where the machine has no room for a temporary file.
#[expect(clippy::expect_used, reason = "a fuzzer that cannot write its file is to stop")]
pub fn play(settings: Settings, octets: &[u8], probe: &mut Probe, observer: &mut Observer) {
    let file = written(octets).expect("a temporary file");
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let Ok(mut capture) = Capture::open_with(&[path], e1(settings)) else { return };
    let mut shown = 0;
    loop {
        match capture.next() {
            Ok(Some(frame)) if shown < FRAME_LIMIT => {
                shown += 1;
                probe.frame(&frame, observer);
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => drop(std::hint::black_box(error.to_string())),
        }
    }
    std::hint::black_box((capture.e1_lines(), capture.e1_counters(), capture.progress()));
}

fn written(octets: &[u8]) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(octets)?;
    Ok(file)
}

fn e1(settings: Settings) -> E1Settings {
    let links = if settings.every_run() { LinkSettings::Search } else { LinkSettings::Automatic };
    let raw = RawSettings { start: START, bit_order: BitOrder::FirstHighest };
    E1Settings { links, raw: settings.raw_e1().then_some(raw) }
}
