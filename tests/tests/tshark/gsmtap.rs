//! The air interface as GSMTAP shows it: a phone registers in a cell, frame by frame. Nobody's recording: few are public.

use std::path::Path;

use super::{Field, Ours, Values, compare, number, text};

const fn field(name: &'static str, tshark: &'static [&'static str], ours: Ours) -> Field {
    Field { name, tshark, normal: number, ours, count: true }
}

const FIELDS: &[Field] = &[
    field("type", &["gsmtap.type"], Ours::Code("gsmtap")),
    field("timeslot", &["gsmtap.ts"], Ours::Of("gsmtap", &["timeslot"])),
    field("arfcn", &["gsmtap.arfcn"], Ours::Of("gsmtap", &["arfcn"])),
    field("frame number", &["gsmtap.frame_nr"], Ours::Of("gsmtap", &["frame_number"])),
    field("sapi", &["lapdm.sapi", "llcgprs.sapi"], Ours::Element(&["sapi"])),
    field("length", &["lapdm.length"], Ours::Of("lapdm", &["length"])),
    field("n(s)", &["lapdm.control.n_s"], Ours::Of("lapdm", &["n(s)"])),
    field("rr message", &["gsm_a.dtap.msg_rr_type"], Ours::Code("rr")),
    field("mm message", &["gsm_a.dtap.msg_mm_type"], Ours::Code("mm")),
    field("gmm message", &["gsm_a.dtap.msg_gmm_type"], Ours::Code("gmm")),
    field("lac", &["gsm_a.lac"], Ours::Place(1)),
    field("ci", &["gsm_a.bssmap.cell_ci"], Ours::Place(2)),
    field("t3212", &["gsm_a.rr.t3212"], Ours::Of("rr", &["t3212"])),
    field("tmsi", &["3gpp.tmsi"], Ours::Element(&["tmsi"])),
    Field { normal: text, ..field("imsi", &["e212.imsi"], Ours::Element(&["imsi"])) },
];

const BCCH: u8 = 1;
const SDCCH_8: u8 = 8;
const SACCH_8: u8 = 0x88;
const UM: u8 = 1;
const LLC: u8 = 8;
const LAI: [u8; 5] = [0x64, 0xf0, 0x00, 0x00, 0x17];
const IMSI: [u8; 9] = [8, 0x49, 0x06, 0x10, 0x11, 0x11, 0x11, 0x11, 0x01];

/// A datagram of GSMTAP in IPv4.
fn datagram(kind: u8, channel: u8, uplink: bool, payload: &[u8]) -> Vec<u8> {
    let arfcn = if uplink { 0x4000 | 871_u16 } else { 871 }.to_be_bytes();
    let header = [&[2, 4, kind, 3], &arfcn[..], &[0, 0, 0, 0, 1, 0, channel, 0, 2, 0]].concat();
    let length = (8 + header.len() + payload.len()) as u16;
    let udp = [&[0x9c, 0x40, 0x12, 0x79], &length.to_be_bytes()[..], &[0, 0], &header, payload].concat();
    let total = (20 + length).to_be_bytes();
    [&[0x45, 0], &total[..], &[0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], &udp].concat()
}

/// A block of 23 octets: what it holds, filled up.
fn block(octets: &[&[u8]]) -> Vec<u8> {
    let mut block = octets.concat();
    block.resize(23, 0x2b);
    block
}

/// A frame of a dedicated channel.
fn frame(address: u8, control: u8, more: bool, layer_3: &[u8]) -> Vec<u8> {
    let length = (layer_3.len() as u8) << 2 | u8::from(more) << 1 | 1;
    block(&[&[address, control, length], layer_3])
}

fn write(file: &Path) {
    let request = [&[0x05, 0x08, 0x70], &LAI[..], &[0x33], &IMSI].concat();
    let accept = [&[0x05, 0x02], &LAI[..], &[0x17, 5, 0xf4, 1, 2, 3, 4]].concat();
    let (first, last) = accept.split_at(8);
    let si3 =
        [&[0x49, 0x06, 0x1b, 0x10, 0x01], &LAI[..], &[0x41, 3, 30, 0x28, 0x65, 0x04, 0x98, 0, 0, 0x2b, 0x2b, 0x2b]];
    let si6 = [&[0, 0, 0x03, 0x03, 0x2d, 0x06, 0x1e, 0x10, 0x01], &LAI[..], &[0x28, 0xff]];
    let attach_complete = [0x01, 0xc0, 0x01, 0x08, 0x03, 0xe1, 0x41, 0x11];
    let frames = [
        datagram(UM, BCCH, false, &block(&si3.each_ref().map(|part| &part[..]))),
        datagram(UM, SDCCH_8, true, &frame(0x01, 0x3f, false, &request)),
        datagram(UM, SDCCH_8, false, &frame(0x01, 0x73, false, &request)),
        datagram(UM, SACCH_8, false, &block(&si6.each_ref().map(|part| &part[..]))),
        datagram(UM, SDCCH_8, false, &frame(0x03, 0x00, true, first)),
        datagram(UM, SDCCH_8, true, &frame(0x03, 0x21, false, &[])),
        datagram(UM, SDCCH_8, false, &frame(0x03, 0x02, false, last)),
        datagram(UM, SDCCH_8, true, &frame(0x01, 0x40, false, &[0x05, 0x1b])),
        datagram(LLC, 0, true, &attach_complete),
    ];
    // Raw IP, little-endian, microseconds.
    let mut octets = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0].to_vec();
    for (second, frame) in (1_u32..).zip(frames) {
        let length = (frame.len() as u32).to_le_bytes();
        octets.extend([&second.to_le_bytes()[..], &[0; 4], &length, &length, &frame].concat());
    }
    std::fs::write(file, octets).expect("a temporary file can be written");
}

/// Why a disagreement is none.
fn explained(_: &Values, _: &str, _: &[String], _: &[String]) -> Option<&'static str> {
    None
}

#[test]
fn frames_of_the_air_agree() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("air.pcap");
    write(&file);
    let compared = compare(&file, FIELDS, &[], explained);
    assert!(compared > 70, "the capture holds more than these {compared} values");
}
