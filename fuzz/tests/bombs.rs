//! Small files that stand for much: they are read to their end in bounded memory.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::Write;
use std::path::Path;

use bench::e1::{BlockHead, Recording};
use flate2::Compression;
use flate2::write::GzEncoder;
use fuzz::memory::resident_octets;
use fuzz::run::START;
use probe::capture::Capture;
use probe::capture::e1::LINE_LIMIT;

/// Zeros in a bomb.
const OCTETS: usize = 256 << 20;
/// What reading one may need beside.
const MEMORY_LIMIT: usize = 64 << 20;
/// The head of a capture of Ethernet frames. Zeros behind it are frames of no octets, 16 octets each.
const PCAP: [u8; 24] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
const RECORD_HEAD_OCTETS: usize = 16;

fn zeros(out: &mut impl Write) {
    out.write_all(&PCAP).unwrap();
    let megabyte = vec![0; 1 << 20];
    (0..OCTETS >> 20).for_each(|_| out.write_all(&megabyte).unwrap());
}

/// Reads the file to its end: its frames, and how much memory came with them.
fn read(folder: &Path, name: &str, file: &[u8]) -> (Capture, usize, usize) {
    const LOOK_EVERY: usize = 1 << 18;
    let path = folder.join(name);
    std::fs::write(&path, file).unwrap();
    let before = resident_octets();
    let mut capture = Capture::open(&[path]).unwrap();
    let (mut frames, mut most) = (0, 0);
    while capture.next().unwrap().is_some() {
        if frames % LOOK_EVERY == 0 {
            most = most.max(resident_octets());
        }
        frames += 1;
    }
    (capture, frames, most.max(resident_octets()).saturating_sub(before))
}

#[test]
fn small_files_that_stand_for_much_take_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    zeros(&mut gzip);
    let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
    zeros(&mut zstd);
    for (name, file) in [("bomb.pcap.gz", gzip.finish().unwrap()), ("bomb.pcap.zst", zstd.finish().unwrap())] {
        let (_, frames, grown) = read(folder.path(), name, &file);
        assert_eq!(frames, OCTETS / RECORD_HEAD_OCTETS, "{name}");
        assert!(grown < MEMORY_LIMIT, "{name}: {} MiB", grown >> 20);
    }
    let (capture, _, grown) = read(folder.path(), "lines.e1", &many_lines());
    assert_eq!((capture.e1_lines().len(), capture.e1_counters().blocks_refused), (LINE_LIMIT, REFUSED as u64));
    println!("{LINE_LIMIT} lines: {} MiB", grown >> 20);
    assert!(grown < 8 * MEMORY_LIMIT, "{} MiB", grown >> 20);
}

const REFUSED: usize = 10;

/// A recording of more lines than are read.
fn many_lines() -> Vec<u8> {
    let mut recording = Recording::new(Vec::new(), true).unwrap();
    for port in 0..LINE_LIMIT + REFUSED {
        let head = BlockHead { port: port as u16, direction: 0, sequence: 1, at: START };
        recording.block(head, &[0x7e; 512]).unwrap();
    }
    recording.finish().unwrap()
}
