//! Captures of every format, whole and broken.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("touchpoint-capture-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, octets).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Writer {
    big_endian: bool,
    octets: Vec<u8>,
}

impl Writer {
    fn u32s(&mut self, numbers: &[u32]) -> &mut Self {
        for number in numbers {
            self.octets.extend(if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() });
        }
        self
    }

    fn u16s(&mut self, numbers: &[u16]) -> &mut Self {
        for number in numbers {
            self.octets.extend(if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() });
        }
        self
    }

    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self { big_endian: self.big_endian, octets: Vec::new() };
        body(&mut inner);
        inner.octets.resize(inner.octets.len().next_multiple_of(4), 0);
        let total = u32::try_from(inner.octets.len() + 12).unwrap();
        self.u32s(&[kind, total]);
        self.octets.extend(inner.octets);
        self.u32s(&[total])
    }

    fn packet(&mut self, interface: u32, ticks: u64, payload: &[u8]) -> &mut Self {
        let length = u32::try_from(payload.len()).unwrap();
        self.block(6, |block| {
            block.u32s(&[interface, (ticks >> 32) as u32, ticks as u32, length, length + 4]);
            block.octets.extend(payload);
        })
    }
}

fn pcap(magic: u32, big_endian: bool, link: u32, records: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut writer = Writer { big_endian, octets: Vec::new() };
    writer.u32s(&[magic, 0x0002_0004, 0, 0, 65_535, link]);
    for (seconds, fraction, payload) in records {
        let length = u32::try_from(payload.len()).unwrap();
        writer.u32s(&[*seconds, *fraction, length, length + 4]);
        if magic == 0xa1b2_cd34 {
            writer.u32s(&[0, 0]);
        }
        writer.octets.extend(*payload);
    }
    writer.octets
}

fn simple(records: &[(u32, u32, &[u8])]) -> Vec<u8> {
    pcap(0xa1b2_c3d4, false, 1, records)
}

/// Microseconds, link type, octets.
type Read = (i64, LinkType, Vec<u8>);

/// The frames until the end or an error: one by one, and in batches.
fn read(named: &[PathBuf]) -> (Vec<Read>, Option<CaptureError>) {
    let one_by_one = read_with(named, |capture, take| Ok(capture.next()?.map(take).is_some()));
    let (frames, error) = read_with(named, |capture, take| {
        let batch = capture.batch()?;
        batch.iter().for_each(take);
        Ok(!batch.is_empty())
    });
    assert_eq!(one_by_one.0, frames);
    assert_eq!(one_by_one.1.map(|error| error.to_string()), error.as_ref().map(ToString::to_string));
    (frames, error)
}

/// Gives frames away; whether there were any.
type Reading = fn(&mut Capture, &mut dyn FnMut(Frame<'_>)) -> Result<bool, CaptureError>;

fn read_with(named: &[PathBuf], step: Reading) -> (Vec<Read>, Option<CaptureError>) {
    let mut capture = match Capture::open(named) {
        Ok(capture) => capture,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut frames = Vec::new();
    let mut take = |frame: Frame<'_>| {
        assert_eq!(frame.number, frames.len() as u64 + 1);
        assert_eq!(frame.original_length as usize, frame.captured.len() + 4);
        frames.push((frame.at.as_micros(), frame.link, frame.captured.to_vec()));
    };
    let error = loop {
        match step(&mut capture, &mut take) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error) => break Some(error),
        }
    };
    (frames, error)
}

fn check(name: &str, octets: &[u8], expected: &[(i64, LinkType, &[u8])]) {
    let folder = Folder::new(name);
    let (frames, error) = read(&[folder.file("x", octets)]);
    assert!(error.is_none(), "{name}: {error:?}");
    let expected: Vec<_> = expected.iter().map(|(at, link, octets)| (*at, *link, octets.to_vec())).collect();
    assert_eq!(frames, expected, "{name}");
}

fn check_error(name: &str, octets: &[u8], frames: usize, message: &str) {
    let folder = Folder::new(name);
    let (read, error) = read(&[folder.file("x", octets)]);
    let text = error.unwrap().to_string();
    assert_eq!(read.len(), frames, "{name}");
    assert!(text.contains(message), "{name}: {text}");
    assert!(text.contains(folder.0.to_str().unwrap()), "{name}: {text}");
}

#[test]
fn pcap_of_every_variant() {
    for (magic, nanoseconds) in [(0xa1b2_c3d4, false), (0xa1b2_3c4d, true), (0xa1b2_cd34, false)] {
        for big_endian in [false, true] {
            let fraction = if nanoseconds { 123_456_789 } else { 123_456 };
            let octets = pcap(magic, big_endian, 0x1000_0071, &[(5, fraction, b"one"), (6, 0, b"")]);
            let expected: [(i64, LinkType, &[u8]); 2] =
                [(5_123_456, LinkType::LinuxSll, b"one"), (6_000_000, LinkType::LinuxSll, b"")];
            check(&format!("pcap-{magic:x}-{big_endian}"), &octets, &expected);
        }
    }
}

#[test]
fn pcapng_sections_interfaces_and_clocks() {
    for big_endian in [false, true] {
        let mut w = Writer { big_endian, octets: Vec::new() };
        let section = |w: &mut Writer| {
            w.block(0x0a0d_0d0a, |b| {
                b.u32s(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]);
            });
        };
        section(&mut w);
        w.block(1, |b| {
            b.u16s(&[1, 0]).u32s(&[96]);
        });
        w.block(1, |b| {
            b.u16s(&[101, 0]).u32s(&[0]).u16s(&[9, 1]).octets.extend([9, 0, 0, 0]);
            b.u16s(&[14, 8]);
            let offset: u64 = 10;
            b.octets.extend(if big_endian { offset.to_be_bytes() } else { offset.to_le_bytes() });
            b.u16s(&[0, 0]);
        });
        w.block(1, |b| {
            b.u16s(&[276, 0]).u32s(&[0]).u16s(&[9, 1]).octets.extend([0x80 | 10, 0, 0, 0]);
        });
        w.block(0x0bad, |b| {
            b.u32s(&[1, 2, 3]);
        });
        w.packet(0, 5_000_001, b"micro").packet(1, 7_000_002_999, b"nano").packet(2, 1024 * 3 + 512, b"two");
        w.block(3, |b| {
            b.u32s(&[104]).octets.extend([7; 100]);
        });
        section(&mut w);
        w.block(1, |b| {
            b.u16s(&[0, 0]).u32s(&[0]);
        });
        w.packet(0, 9, b"again");
        let expected: [(i64, LinkType, &[u8]); 5] = [
            (5_000_001, LinkType::Ethernet, b"micro"),
            (17_000_002, LinkType::Raw, b"nano"),
            (3_500_000, LinkType::LinuxSll2, b"two"),
            (3_500_000, LinkType::Ethernet, &[7; 96]),
            (9, LinkType::Null, b"again"),
        ];
        let mut frames = Vec::new();
        let folder = Folder::new(&format!("pcapng-{big_endian}"));
        let mut capture = Capture::open(&[folder.file("x", &w.octets)]).unwrap();
        while let Some(frame) = capture.next().unwrap() {
            frames.push((frame.at.as_micros(), frame.link, frame.captured.to_vec()));
        }
        let expected: Vec<_> = expected.iter().map(|(at, link, octets)| (*at, *link, octets.to_vec())).collect();
        assert_eq!(frames, expected);
    }
}

#[test]
fn frames_of_an_unknown_interface_are_passed_over_if_others_are_known() {
    let mut w = Writer { big_endian: false, octets: Vec::new() };
    w.block(0x0a0d_0d0a, |b| {
        b.u32s(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]);
    });
    w.block(1, |b| {
        b.u16s(&[189, 0]).u32s(&[0]);
    });
    let mut only_unknown = Writer { big_endian: false, octets: w.octets.clone() };
    only_unknown.packet(0, 1, b"usb");
    check_error(
        "unknown-only",
        &only_unknown.octets,
        0,
        "link type 189, which is not known; known are 0 (BSD loopback), 1",
    );
    w.block(1, |b| {
        b.u16s(&[1, 0]).u32s(&[0]);
    });
    w.packet(0, 1, b"usb").packet(1, 2, b"net");
    check("unknown-too", &w.octets, &[(2, LinkType::Ethernet, b"net")]);
}

#[test]
fn compressed_captures_are_recognised_by_their_magic() {
    let octets = simple(&[(1, 0, b"one"), (2, 0, b"two")]);
    let expected: [(i64, LinkType, &[u8]); 2] =
        [(1_000_000, LinkType::Ethernet, b"one"), (2_000_000, LinkType::Ethernet, b"two")];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&octets[..30]).unwrap();
    let mut members = gzip.finish().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&octets[30..]).unwrap();
    members.extend(gzip.finish().unwrap());
    check("gzip", &members, &expected);
    let zstd = zstd::encode_all(&octets[..], 0).unwrap();
    check("zstd", &zstd, &expected);
    check_error("gzip-cut", &members[..members.len() - 1], 2, "is cut off at octet 62, in the middle of frame 3");
    check_error("zstd-cut", &zstd[..zstd.len() - 1], 0, "is cut off");
    check_error("gzip-text", &gzip_of(b"hello"), 0, "looks like a text");
}

fn gzip_of(octets: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(octets).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_cut_off_capture_gives_its_whole_frames_then_says_where() {
    let folder = Folder::new("cut");
    let octets = simple(&[(1, 0, b"one"), (2, 0, b"two")]);
    let record = 16 + 3;
    for len in 1..octets.len() {
        let (frames, error) = read(&[folder.file("x", &octets[..len])]);
        let whole = len.saturating_sub(24) / record;
        assert_eq!(frames.len(), whole, "cut at {len}");
        match error {
            None => assert!(len == 24 || len == 24 + record, "cut at {len}"),
            Some(error) if len < 4 => assert!(matches!(error, CaptureError::Foreign { .. }), "cut at {len}"),
            Some(error) => {
                assert!(error.is_truncation(), "cut at {len}: {error}");
                let place = format!("cut off at octet {len}, in the middle of frame {}", whole + 1);
                assert!(error.to_string().contains(&place), "{error}");
            }
        }
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    check_error("empty", b"", 0, "is empty");
    check_error("text", b"frame,time\n1,2\n", 0, "looks like a text");
    check_error("zip", b"PK\x03\x04rest", 0, "looks like a ZIP archive");
    check_error("link", &pcap(0xa1b2_c3d4, false, 147, &[]), 0, "link type 147");
    let mut absurd = simple(&[(1, 0, b"one"), (2, 0, b"two")]);
    absurd[24 + 19 + 8..][..4].copy_from_slice(&[0xef, 0xbe, 0xad, 0xde]);
    check_error("absurd", &absurd, 1, "at octet 43: frame 2 claims 3735928559 octets, more than the 262144");
    let (_, error) = read(&[PathBuf::from("/nowhere/x.pcap")]);
    assert!(error.unwrap().to_string().contains("no file or folder `/nowhere/x.pcap`"));
    let (_, error) = read(&[]);
    assert!(matches!(error, Some(CaptureError::NoInput)));
}

#[test]
fn files_that_overlap_are_merged_by_time() {
    let folder = Folder::new("merge");
    folder.file("a.pcap", &simple(&[(1, 0, b"1"), (5, 0, b"5"), (9, 0, b"9")]));
    folder.file("b.pcap", &simple(&[(2, 0, b"2"), (3, 0, b"3"), (7, 0, b"7")]));
    folder.file("c.pcap", &simple(&[(8, 0, b"8")]));
    folder.file("d.pcap", &simple(&[]));
    folder.file("README.md", b"not a capture");
    folder.file(".hidden", &simple(&[(4, 0, b"4")]));
    let (frames, error) = read(std::slice::from_ref(&folder.0));
    assert!(error.is_none());
    let seconds: Vec<_> = frames.iter().map(|(at, ..)| at / 1_000_000).collect();
    assert_eq!(seconds, [1, 2, 3, 5, 7, 8, 9]);
    let capture = Capture::open(std::slice::from_ref(&folder.0)).unwrap();
    let names: Vec<_> = capture.files().iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["d.pcap", "a.pcap", "b.pcap", "c.pcap"]);
    assert_eq!(capture.passed_over().len(), 1);
}

#[test]
fn a_frame_of_another_time_stands_at_its_predecessors_and_keeps_no_other_file_waiting() {
    let folder = Folder::new("implausible");
    let a = folder.file("a.pcap", &simple(&[(1, 0, b"1"), (99_999, 0, b"1"), (9, 0, b"9")]));
    let b = folder.file("b.pcap", &simple(&[(2, 0, b"2"), (10, 0, b"10")]));
    let (frames, error) = read(&[a.clone(), b.clone()]);
    assert!(error.is_none());
    let told: Vec<_> = frames.iter().map(|(at, _, octets)| (at / 1_000_000, octets.as_slice())).collect();
    assert_eq!(told, [(1, b"1".as_slice()), (1, b"1"), (2, b"2"), (9, b"9"), (10, b"10")]);
    let mut capture = Capture::open(&[a, b]).unwrap();
    while capture.next().unwrap().is_some() {}
    assert_eq!(capture.implausible_times(), 1);
}

#[test]
fn a_file_that_is_cut_off_behind_a_jump_in_time_gives_every_frame_before() {
    let mut octets = simple(&[(1, 0, b"one"), (500, 0, b"two"), (501, 0, b"three")]);
    octets.truncate(octets.len() - 2);
    check_error("jump", &octets, 2, "frame 3");
}

#[test]
fn a_cut_off_file_does_not_keep_the_others_from_being_read() {
    let folder = Folder::new("cut-merge");
    let whole = simple(&[(1, 0, b"1"), (3, 0, b"3")]);
    folder.file("a.pcap", &whole[..whole.len() - 1]);
    folder.file("b.pcap", &simple(&[(2, 0, b"2"), (4, 0, b"4")]));
    let mut capture = Capture::open(std::slice::from_ref(&folder.0)).unwrap();
    let (mut frames, mut errors) = (Vec::new(), 0);
    loop {
        match capture.next() {
            Ok(Some(frame)) => frames.push(frame.captured.to_vec()),
            Ok(None) => break,
            Err(error) => {
                assert!(error.is_truncation());
                errors += 1;
            }
        }
    }
    assert_eq!((frames, errors), (vec![b"1".to_vec(), b"2".to_vec(), b"4".to_vec()], 1));
}

#[test]
fn a_folder_without_captures_says_so() {
    let folder = Folder::new("none");
    folder.file("README.md", b"not a capture");
    let (_, error) = read(std::slice::from_ref(&folder.0));
    let text = error.unwrap().to_string();
    assert!(text.contains("holds no capture") && text.contains("passed over: 1"), "{text}");
}

#[test]
fn the_fingerprint_tells_inputs_apart_and_progress_reaches_the_end() {
    let folder = Folder::new("fingerprint");
    let a = folder.file("a.pcap", &simple(&[(1, 0, b"one")]));
    let b = folder.file("b.pcap", &simple(&[(2, 0, b"two")]));
    let fingerprint = |named: &[&Path]| {
        let named: Vec<_> = named.iter().map(|path| path.to_path_buf()).collect();
        Capture::open(&named).unwrap().fingerprint()
    };
    assert_eq!(fingerprint(&[&a, &b]), fingerprint(&[&b, &a]));
    assert_ne!(fingerprint(&[&a]), fingerprint(&[&b]));
    assert_ne!(fingerprint(&[&a]), fingerprint(&[&a, &b]));
    let mut capture = Capture::open(&[a, b]).unwrap();
    assert_eq!(capture.progress(), Progress { read_octets: 0, total_octets: Some(86) });
    while capture.next().unwrap().is_some() {}
    assert_eq!(capture.progress().read_octets, 86);
}
