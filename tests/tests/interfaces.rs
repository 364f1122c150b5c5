//! One pcapng file of two interfaces, as a card with two ports writes it: each with a link type, a resolution and a clock of its
//! own. It gives the events of the two files that it is made of.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::{json_lines, run, synthesise, timeless, touchpoint};

const ETHERNET: u16 = 1;
const LINUX_COOKED: u16 = 113;

/// A frame of a pcap file: microseconds, octets, octets on the wire.
struct Frame {
    micros: u64,
    octets: Vec<u8>,
    original_length: u32,
}

fn frames(capture: &Path) -> Vec<Frame> {
    let file = fs::read(capture).expect("the capture");
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four octets"));
    assert_eq!((number(0), number(20)), (0xa1b2_c3d4, ETHERNET.into()), "microseconds, Ethernet");
    let (mut at, mut frames) = (24, Vec::new());
    while at < file.len() {
        let captured = number(at + 8) as usize;
        let micros = u64::from(number(at)) * 1_000_000 + u64::from(number(at + 4));
        let octets = file[at + 16..at + 16 + captured].to_vec();
        frames.push(Frame { micros, octets, original_length: number(at + 12) });
        at += 16 + captured;
    }
    frames
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = (padded as u32 + 12).to_le_bytes();
    let mut block = [&kind.to_le_bytes()[..], &length, body].concat();
    block.resize(8 + padded, 0);
    block.extend(length);
    block
}

/// An interface with this link type, of so many decimals of a second.
fn interface(link: u16, decimals: u8) -> Vec<u8> {
    let options = [9, 0, 1, 0, decimals, 0, 0, 0, 0, 0, 0, 0];
    block(1, &[&link.to_le_bytes()[..], &[0; 6], &options].concat())
}

fn packet(interface: u32, ticks: u64, octets: &[u8], original_length: u32) -> Vec<u8> {
    let numbers = [interface, (ticks >> 32) as u32, ticks as u32, octets.len() as u32, original_length];
    block(6, &[&numbers.map(u32::to_le_bytes).concat()[..], octets].concat())
}

/// The frame as `any` gives it: the addresses of the card are gone, a header of 16 octets is there (LINKTYPE_LINUX_SLL).
fn cooked(frame: &Frame) -> Vec<u8> {
    [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &frame.octets[12..]].concat()
}

/// Both in one file, each frame where it was stamped.
fn pcapng(up: &[Frame], down: &[Frame]) -> Vec<u8> {
    let header = [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let mut file = [block(0x0a0d_0d0a, &header), interface(ETHERNET, 9), interface(LINUX_COOKED, 6)].concat();
    let up = up.iter().map(|frame| (frame.micros, 0, frame));
    let mut all: Vec<_> = up.chain(down.iter().map(|frame| (frame.micros, 1, frame))).collect();
    all.sort_by_key(|(micros, interface, _)| (*micros, *interface));
    for (micros, interface, frame) in all {
        file.extend(match interface {
            0 => packet(0, micros * 1000, &frame.octets, frame.original_length),
            _ => packet(1, micros, &cooked(frame), frame.original_length + 2),
        });
    }
    file
}

fn events(captures: &[&Path]) -> Vec<Value> {
    timeless(json_lines(touchpoint().args(["decode", "--json", "--reveal"]).args(captures)))
}

#[test]
fn two_interfaces_of_one_file_are_two_links_with_two_clocks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    run(synthesise()
        .args(["--subscribers", "400", "--minutes", "10", "--seed", "3", "--quiet", "--clock-offset", "300", "--out"])
        .arg(path("up.pcap"))
        .arg("--split-directions")
        .arg(path("down.pcap")));
    let (up, down) = (frames(&path("up.pcap")), frames(&path("down.pcap")));
    fs::write(path("both.pcapng"), pcapng(&up, &down)).expect("the folder is ours");
    let expected = events(&[&path("up.pcap"), &path("down.pcap")]);
    assert!(expected.len() > 1000, "{} events", expected.len());
    assert_eq!(events(&[&path("both.pcapng")]), expected);
}
