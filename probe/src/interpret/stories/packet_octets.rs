//! Messages of the Gb interface as octets, by the tables of the specifications.

use super::octets as o;
use crate::wire::llc::frame_check;

const PLMN: [u8; 3] = [0x64, 0xf0, 0x00];

pub(super) const ATTACH_COMPLETE: [u8; 2] = [0x08, 0x03];
pub(super) const UPDATE_COMPLETE: [u8; 2] = [0x08, 0x0a];
pub(super) const DETACH_ACCEPT: [u8; 2] = [0x08, 0x06];
pub(super) const AUTHENTICATION_REJECT: [u8; 2] = [0x08, 0x14];

fn lv(value: &[u8]) -> Vec<u8> {
    [&[value.len() as u8], value].concat()
}

/// Identifier, length of the Gb interface, value.
fn element(identifier: u8, value: &[u8]) -> Vec<u8> {
    [&[identifier, 0x80 | value.len() as u8], value].concat()
}

fn area(lac: u16, rac: u8) -> Vec<u8> {
    [&PLMN[..], &lac.to_be_bytes(), &[rac]].concat()
}

// BSSGP in NS-UNITDATA, 3GPP TS 48.018 §10.

fn unitdata(bvci: u16, pdu: &[u8]) -> Vec<u8> {
    [&[0, 0], &bvci.to_be_bytes()[..], pdu].concat()
}

/// From a phone in cell `ci` of area 0x17; each cell has its virtual connection.
pub(super) fn uplink(tlli: u32, ci: u16, llc: &[u8]) -> Vec<u8> {
    let cell = [&area(0x17, 5)[..], &ci.to_be_bytes()].concat();
    let pdu = [&[0x01][..], &tlli.to_be_bytes(), &[0, 0, 4], &element(0x08, &cell), &element(0x0e, llc)].concat();
    unitdata(ci, &pdu)
}

/// To a phone in cell `ci`.
pub(super) fn downlink(tlli: u32, ci: u16, old_tlli: Option<u32>, imsi: Option<&str>, llc: &[u8]) -> Vec<u8> {
    let imsi = imsi.map_or(Vec::new(), |imsi| element(0x0d, &o::imsi(imsi)));
    let old = old_tlli.map_or(Vec::new(), |old| element(0x1f, &old.to_be_bytes()));
    let pdu = [&[0x00][..], &tlli.to_be_bytes(), &[0, 0, 4], &imsi, &old, &element(0x0e, llc)].concat();
    unitdata(ci, &pdu)
}

pub(super) fn paging_ps(imsi: &str, p_tmsi: u32) -> Vec<u8> {
    unitdata(0, &[&[0x06][..], &element(0x0d, &o::imsi(imsi)), &element(0x20, &p_tmsi.to_be_bytes())].concat())
}

pub(super) fn bvc_reset_by_sgsn() -> Vec<u8> {
    unitdata(0, &[&[0x22][..], &element(0x04, &[0, 0]), &element(0x07, &[8])].concat())
}

pub(super) fn bvc_reset_by_bss() -> Vec<u8> {
    unitdata(0, &[&[0x22][..], &element(0x04, &[0, 0]), &element(0x07, &[8]), &element(0x3b, &[0])].concat())
}

/// The virtual connection `ci` is cell `ci` of area 0x17.
pub(super) fn bvc_reset_of_cell(ci: u16) -> Vec<u8> {
    let cell = [&area(0x17, 5)[..], &ci.to_be_bytes()].concat();
    unitdata(0, &[&[0x22][..], &bvci(ci), &element(0x07, &[8]), &element(0x08, &cell)].concat())
}

pub(super) fn bvc_block(ci: u16) -> Vec<u8> {
    unitdata(0, &[&[0x20][..], &bvci(ci), &element(0x07, &[7])].concat())
}

/// `area` is the element that tells where to page.
pub(super) fn paging_cs(imsi: &str, tmsi: u32, area: &[u8]) -> Vec<u8> {
    let who = [element(0x0d, &o::imsi(imsi)), element(0x20, &tmsi.to_be_bytes())].concat();
    unitdata(0, &[&[0x07][..], &who, area].concat())
}

pub(super) fn location_area(lac: u16) -> Vec<u8> {
    element(0x10, &[&PLMN[..], &lac.to_be_bytes()].concat())
}

pub(super) fn bvci(bvci: u16) -> Vec<u8> {
    element(0x04, &bvci.to_be_bytes())
}

// LLC, 3GPP TS 44.064 §6.

pub(super) fn ui(sapi: u8, number: u16, information: &[u8]) -> Vec<u8> {
    let frame = [&[sapi, 0xc0 | (number >> 6) as u8, (number << 2) as u8 | 1], information].concat();
    [&frame[..], &frame_check(&frame).to_le_bytes()[..3]].concat()
}

/// What it holds cannot be told.
pub(super) fn ciphered(number: u16) -> Vec<u8> {
    vec![1, 0xc0 | (number >> 6) as u8, (number << 2) as u8 | 3, 0x5a, 0xc3, 0x99, 0x17, 0x20, 0x3e]
}

// GMM and SM, 3GPP TS 24.008 §9.4 and §9.5.

pub(super) fn attach_request(identity: &[u8], old: u16) -> Vec<u8> {
    [&[0x08, 0x01, 1, 0xe0, 0x71, 0, 0], &lv(identity)[..], &area(old, 5), &[1, 0]].concat()
}

pub(super) fn attach_accept(p_tmsi: u32, tmsi: Option<u32>) -> Vec<u8> {
    let result = if tmsi.is_some() { 3 } else { 1 };
    let tmsi = tmsi.map_or(Vec::new(), |tmsi| [&[0x23], &lv(&o::tmsi(tmsi))[..]].concat());
    [&[0x08, 0x02, result, 0x49, 0], &area(0x17, 5)[..], &[0x18], &lv(&o::tmsi(p_tmsi)), &tmsi].concat()
}

pub(super) fn attach_reject(cause: u8) -> Vec<u8> {
    vec![0x08, 0x04, cause]
}

pub(super) fn update_request(update: u8, old: u16) -> Vec<u8> {
    [&[0x08, 0x08, 0x70 | update], &area(old, 5)[..], &[1, 0]].concat()
}

pub(super) fn update_accept(p_tmsi: Option<u32>) -> Vec<u8> {
    let p_tmsi = p_tmsi.map_or(Vec::new(), |p_tmsi| [&[0x18], &lv(&o::tmsi(p_tmsi))[..]].concat());
    [&[0x08, 0x09, 0, 0x49], &area(0x17, 5)[..], &p_tmsi].concat()
}

pub(super) fn update_reject(cause: u8) -> Vec<u8> {
    vec![0x08, 0x0b, cause, 0]
}

pub(super) fn detach_request(detach_type: u8) -> Vec<u8> {
    vec![0x08, 0x05, detach_type]
}

pub(super) fn activate_request(ti: u8, access_point: &str) -> Vec<u8> {
    let name = lv(&lv(access_point.as_bytes()));
    [&[ti << 4 | 0x0a, 0x41, 5, 3, 3, 0, 0, 0, 2, 1, 0x21, 0x28], &name[..]].concat()
}

pub(super) fn activate_accept(ti: u8) -> Vec<u8> {
    vec![0x80 | ti << 4 | 0x0a, 0x42, 3, 3, 0, 0, 0, 1]
}

pub(super) fn deactivate_request(ti: u8) -> Vec<u8> {
    vec![ti << 4 | 0x0a, 0x46, 36]
}

pub(super) fn deactivate_accept(ti: u8) -> Vec<u8> {
    vec![0x80 | ti << 4 | 0x0a, 0x47]
}

// User data, 3GPP TS 44.065 §7.2 and RFC 1035.

pub(super) fn dns_query(first: bool, more: bool, segment: u8, part: &[u8]) -> Vec<u8> {
    let head = u8::from(first) << 6 | 0x20 | u8::from(more) << 4 | 5;
    let compression: &[u8] = if first { &[0] } else { &[] };
    [&[head], compression, &[segment << 4, 1], part].concat()
}

/// The first segment of an N-PDU whose protocol control information is compressed.
pub(super) fn compressed() -> Vec<u8> {
    vec![0x65, 0x01, 0x00, 0x02, 0x45]
}

/// A packet that asks for `www.example.cn`.
pub(super) fn dns_packet() -> Vec<u8> {
    let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x02cn\x00\x00\x01\x00\x01";
    let udp = [&[0x10, 0, 0, 53, 0, 8 + query.len() as u8, 0, 0], &query[..]].concat();
    let header = [0x45, 0, 0, 20 + udp.len() as u8, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&header[..], &udp].concat()
}
