//! BSS GPRS protocol, 3GPP TS 48.018 §10, between BSS and SGSN. Each PDU goes into an NS-UNITDATA.

use event::{CellId, Imsi, Rai, Tmsi};

use super::mm::{self, MobileIdentity};
use super::ns::element;
use super::{Message, Octets, gmm};

const ALIGNMENT: u8 = 0x00;
const BMAX_DEFAULT_MS: u8 = 0x01;
const BUCKET_LEAK_RATE: u8 = 0x03;
const BVCI: u8 = 0x04;
const BVC_BUCKET_SIZE: u8 = 0x05;
const CAUSE: u8 = 0x07;
const CELL_IDENTIFIER: u8 = 0x08;
const CHANNEL_NEEDED: u8 = 0x0b;
const FLUSH_ACTION: u8 = 0x0c;
const IMSI: u8 = 0x0d;
const LLC_PDU: u8 = 0x0e;
const LLC_FRAMES_DISCARDED: u8 = 0x0f;
const MS_BUCKET_SIZE: u8 = 0x12;
const MS_RADIO_ACCESS_CAPABILITY: u8 = 0x13;
const PDU_LIFETIME: u8 = 0x16;
const QOS_PROFILE: u8 = 0x18;
const RADIO_CAUSE: u8 = 0x19;
const RA_CAP_UPD_CAUSE: u8 = 0x1a;
const ROUTEING_AREA: u8 = 0x1b;
const R_DEFAULT_MS: u8 = 0x1c;
const SUSPEND_REFERENCE_NUMBER: u8 = 0x1d;
const TAG: u8 = 0x1e;
const TLLI: u8 = 0x1f;
const TMSI: u8 = 0x20;
const OCTETS_AFFECTED: u8 = 0x25;
const PACKET_FLOW_IDENTIFIER: u8 = 0x28;

/// Best effort, §11.3.28: peak bit rate as best effort, no precedence asked for.
const BEST_EFFORT: [u8; 3] = [0x00, 0x00, 0x20];

/// BVC cause `O&M intervention`, §11.3.8.
pub const INTERVENTION: u8 = 0x08;
/// The BVCI of signalling, §5.4.1.
pub const SIGNALLING: u16 = 0;

fn tlli(o: &mut Octets, tlli: u32) {
    element(o, TLLI, &tlli.to_be_bytes());
}

fn imsi(o: &mut Octets, imsi: Imsi) {
    o.u8(IMSI);
    let at = o.len();
    o.u8(0);
    mm::mobile_identity(o, MobileIdentity::Imsi(imsi));
    let length = (o.len() - at - 1) as u8;
    o.patch(at, &[0x80 | length]);
}

fn area_octets(area: Rai) -> [u8; 6] {
    let ([a, b, c], [high, low]) = (area.lai.plmn.octets(), area.lai.lac.to_be_bytes());
    [a, b, c, high, low, area.rac]
}

fn cell_octets(area: Rai, cell: CellId) -> [u8; 8] {
    let ([a, b, c, d, e, f], [high, low]) = (area_octets(area), cell.ci.unwrap_or(0).to_be_bytes());
    [a, b, c, d, e, f, high, low]
}

// The LLC-PDU begins at a multiple of four octets of the BSSGP PDU (§11.3.1).
fn llc_pdu(o: &mut Octets, start: usize, pdu: &Octets) {
    let head = if pdu.len() < 0x80 { 2 } else { 3 };
    let used = o.len() - start;
    if !(used + head).is_multiple_of(4) {
        let fill = (used + head + 2).wrapping_neg() & 3;
        element(o, ALIGNMENT, [0; 3].get(..fill).unwrap_or_default());
    }
    element(o, LLC_PDU, pdu.as_slice());
    pdu.messages().iter().for_each(|message| o.note(*message));
}

/// What stands beside the LLC frame of a phone, §10.2.2.
#[derive(Clone, Copy, Debug)]
pub struct Uplink {
    /// The phone.
    pub tlli: u32,
    /// Its routing area.
    pub area: Rai,
    /// Its cell.
    pub cell: CellId,
    /// The packet flow, where the phone has one.
    pub packet_flow: Option<u8>,
}

/// UL-UNITDATA, §10.2.2.
pub fn ul_unitdata(o: &mut Octets, from: Uplink, frame: &Octets) {
    let start = o.len();
    o.message(Message::UlUnitdata);
    o.u32(from.tlli);
    o.bytes(&BEST_EFFORT);
    element(o, CELL_IDENTIFIER, &cell_octets(from.area, from.cell));
    if let Some(flow) = from.packet_flow {
        element(o, PACKET_FLOW_IDENTIFIER, &[flow]);
    }
    llc_pdu(o, start, frame);
}

/// What stands beside the LLC frame to a phone, §10.2.1.
#[derive(Clone, Copy, Debug)]
pub struct Downlink {
    /// The phone.
    pub tlli: u32,
    /// The TLLI by which the BSS knows it until now.
    pub old_tlli: Option<u32>,
    /// Its subscriber, where the SGSN says so.
    pub imsi: Option<Imsi>,
}

/// DL-UNITDATA, §10.2.1.
pub fn dl_unitdata(o: &mut Octets, to: Downlink, frame: &Octets) {
    const LIFETIME: u16 = 1000; // centiseconds
    let start = o.len();
    o.message(Message::DlUnitdata);
    o.u32(to.tlli);
    o.bytes(&BEST_EFFORT);
    element(o, PDU_LIFETIME, &LIFETIME.to_be_bytes());
    if let Some(subscriber) = to.imsi {
        imsi(o, subscriber);
    }
    if let Some(old) = to.old_tlli {
        tlli(o, old);
    }
    llc_pdu(o, start, frame);
}

/// PAGING-PS, §10.3.1, in a routing area.
pub fn paging_ps(o: &mut Octets, subscriber: Imsi, area: Rai, p_tmsi: Option<Tmsi>) {
    o.message(Message::PagingPs);
    imsi(o, subscriber);
    element(o, ROUTEING_AREA, &area_octets(area));
    element(o, QOS_PROFILE, &BEST_EFFORT);
    if let Some(p_tmsi) = p_tmsi {
        element(o, TMSI, &p_tmsi.0.to_be_bytes());
    }
}

/// PAGING-CS, §10.3.2: the MSC pages through the SGSN.
pub fn paging_cs(o: &mut Octets, subscriber: Imsi, area: Rai, of: u32, tmsi: Option<Tmsi>) {
    const ANY_CHANNEL: u8 = 0;
    o.message(Message::PagingCs);
    imsi(o, subscriber);
    element(o, ROUTEING_AREA, &area_octets(area));
    tlli(o, of);
    element(o, CHANNEL_NEEDED, &[ANY_CHANNEL]);
    if let Some(tmsi) = tmsi {
        element(o, TMSI, &tmsi.0.to_be_bytes());
    }
}

/// RA-CAPABILITY, §10.3.3.
pub fn ra_capability(o: &mut Octets, of: u32) {
    o.message(Message::RaCapability);
    tlli(o, of);
    element(o, MS_RADIO_ACCESS_CAPABILITY, &gmm::RADIO_ACCESS_CAPABILITY);
}

/// RA-CAPABILITY-UPDATE, §10.3.4: the BSS asks what the phone can.
pub fn ra_capability_update(o: &mut Octets, of: u32, tag: u8) {
    o.message(Message::RaCapabilityUpdate);
    tlli(o, of);
    element(o, TAG, &[tag]);
}

/// RA-CAPABILITY-UPDATE-ACK, §10.3.5, with the subscriber.
pub fn ra_capability_update_ack(o: &mut Octets, of: u32, tag: u8, subscriber: Imsi) {
    const OK: u8 = 0;
    o.message(Message::RaCapabilityUpdateAck);
    tlli(o, of);
    element(o, TAG, &[tag]);
    imsi(o, subscriber);
    element(o, RA_CAP_UPD_CAUSE, &[OK]);
    element(o, MS_RADIO_ACCESS_CAPABILITY, &gmm::RADIO_ACCESS_CAPABILITY);
}

/// RADIO-STATUS, §10.3.6: radio contact with the phone is lost.
pub fn radio_status(o: &mut Octets, of: u32) {
    const CONTACT_LOST: u8 = 0x00;
    o.message(Message::RadioStatus);
    tlli(o, of);
    element(o, RADIO_CAUSE, &[CONTACT_LOST]);
}

/// SUSPEND, §10.3.7: the phone goes on dedicated channels.
pub fn suspend(o: &mut Octets, of: u32, area: Rai) {
    o.message(Message::Suspend);
    tlli(o, of);
    element(o, ROUTEING_AREA, &area_octets(area));
}

/// SUSPEND-ACK, §10.3.8, and RESUME, §10.3.10, which returns its reference.
pub fn with_suspend_reference(o: &mut Octets, message: Message, of: u32, area: Rai, reference: u8) {
    o.message(message);
    tlli(o, of);
    element(o, ROUTEING_AREA, &area_octets(area));
    element(o, SUSPEND_REFERENCE_NUMBER, &[reference]);
}

/// RESUME-ACK, §10.3.11.
pub fn resume_ack(o: &mut Octets, of: u32, area: Rai) {
    o.message(Message::ResumeAck);
    tlli(o, of);
    element(o, ROUTEING_AREA, &area_octets(area));
}

/// BVC-RESET, §10.4.12, of signalling or of a cell; a BSS says which cell.
pub fn bvc_reset(o: &mut Octets, bvci: u16, cell: Option<(Rai, CellId)>) {
    o.message(Message::BvcReset);
    element(o, BVCI, &bvci.to_be_bytes());
    element(o, CAUSE, &[INTERVENTION]);
    if let Some((area, cell)) = cell {
        element(o, CELL_IDENTIFIER, &cell_octets(area, cell));
    }
}

/// BVC-RESET-ACK, §10.4.13.
pub fn bvc_reset_ack(o: &mut Octets, bvci: u16, cell: Option<(Rai, CellId)>) {
    o.message(Message::BvcResetAck);
    element(o, BVCI, &bvci.to_be_bytes());
    if let Some((area, cell)) = cell {
        element(o, CELL_IDENTIFIER, &cell_octets(area, cell));
    }
}

/// FLOW-CONTROL-BVC, §10.4.4, in units of 100 octets and 100 bits a second.
pub fn flow_control_bvc(o: &mut Octets, tag: u8) {
    o.message(Message::FlowControlBvc);
    element(o, TAG, &[tag]);
    element(o, BVC_BUCKET_SIZE, &400_u16.to_be_bytes());
    element(o, BUCKET_LEAK_RATE, &800_u16.to_be_bytes());
    element(o, BMAX_DEFAULT_MS, &100_u16.to_be_bytes());
    element(o, R_DEFAULT_MS, &400_u16.to_be_bytes());
}

/// FLOW-CONTROL-MS, §10.4.6.
pub fn flow_control_ms(o: &mut Octets, of: u32, tag: u8) {
    o.message(Message::FlowControlMs);
    tlli(o, of);
    element(o, TAG, &[tag]);
    element(o, MS_BUCKET_SIZE, &100_u16.to_be_bytes());
    element(o, BUCKET_LEAK_RATE, &400_u16.to_be_bytes());
}

/// FLOW-CONTROL-BVC-ACK, §10.4.5.
pub fn flow_control_bvc_ack(o: &mut Octets, tag: u8) {
    o.message(Message::FlowControlBvcAck);
    element(o, TAG, &[tag]);
}

/// FLOW-CONTROL-MS-ACK, §10.4.7.
pub fn flow_control_ms_ack(o: &mut Octets, of: u32, tag: u8) {
    o.message(Message::FlowControlMsAck);
    tlli(o, of);
    element(o, TAG, &[tag]);
}

/// FLUSH-LL, §10.4.1: what waits for the phone in its old cell is to follow it to the new one.
pub fn flush_ll(o: &mut Octets, of: u32, old_bvci: u16, new_bvci: u16) {
    o.message(Message::FlushLl);
    tlli(o, of);
    element(o, BVCI, &old_bvci.to_be_bytes());
    element(o, BVCI, &new_bvci.to_be_bytes());
}

/// FLUSH-LL-ACK, §10.4.2.
pub fn flush_ll_ack(o: &mut Octets, of: u32, new_bvci: u16) {
    const TRANSFERRED: u8 = 1;
    o.message(Message::FlushLlAck);
    tlli(o, of);
    element(o, FLUSH_ACTION, &[TRANSFERRED]);
    element(o, BVCI, &new_bvci.to_be_bytes());
    element(o, OCTETS_AFFECTED, &[0, 0, 0]);
}

/// LLC-DISCARDED, §10.4.3: so many frames for the phone ran out of time.
pub fn llc_discarded(o: &mut Octets, of: u32, bvci: u16, frames: u8) {
    o.message(Message::LlcDiscarded);
    tlli(o, of);
    element(o, LLC_FRAMES_DISCARDED, &[frames]);
    element(o, BVCI, &bvci.to_be_bytes());
    element(o, OCTETS_AFFECTED, &[0, 0, frames.saturating_mul(60)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frame_length: usize, imsi: Option<Imsi>) {
        let (mut o, mut frame) = (Octets::default(), Octets::default());
        frame.bytes(&vec![0x55; frame_length]);
        dl_unitdata(&mut o, Downlink { tlli: 0xc000_0001, old_tlli: None, imsi }, &frame);
        let begins = o.len() - frame_length;
        assert!(begins.is_multiple_of(4), "the frame begins at octet {begins}");
    }

    #[test]
    fn a_frame_is_aligned_to_four_octets() {
        for length in [0, 1, 100, 127, 128, 1500] {
            check(length, None);
            check(length, "460000123456789".parse().ok());
        }
    }
}
