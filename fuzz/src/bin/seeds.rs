//! Writes the inputs that the fuzzer starts from: `fuzz-seeds FOLDER CAPTURE…`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use bench::e1::{Numbering, SignalUnits};
use fuzz::seeds::{Samples, files, recording};

fn main() -> Result<(), Box<dyn Error>> {
    let mut named = env::args_os().skip(1).map(PathBuf::from);
    let folder = named.next().ok_or("usage: fuzz-seeds FOLDER CAPTURE…")?;
    fs::create_dir_all(&folder)?;
    for capture in named {
        let inputs = Samples::of(&capture)?.inputs();
        let files = files(&fs::read(&capture)?)?;
        write(&folder, &capture, inputs.into_iter().chain(files))?;
    }
    let recordings = [recording(&units(), true)?, recording(&units(), false)?];
    write(&folder, Path::new("e1"), recordings.into_iter())
}

/// Signal units of a link that is being aligned and then carries a message.
fn units() -> Vec<Vec<u8>> {
    const MESSAGE: [u8; 9] = [0x83, 0x02, 0x40, 0x00, 0x10, 0x09, 0x00, 0x03, 0x05];
    let mut units = SignalUnits::new(Numbering::Basic);
    let mut sent = vec![units.status(0), units.status(1)];
    sent.extend((0..8).map(|_| units.fill_in()));
    sent.extend([units.message(&MESSAGE), units.again(&MESSAGE), units.fill_in()]);
    sent
}

fn write(folder: &Path, capture: &Path, inputs: impl Iterator<Item = Vec<u8>>) -> Result<(), Box<dyn Error>> {
    let name = capture.file_stem().unwrap_or_default().to_string_lossy();
    for (number, input) in inputs.enumerate() {
        fs::write(folder.join(format!("{name}-{number:04}")), input)?;
    }
    Ok(())
}
