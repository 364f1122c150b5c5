//! The parts of radio resource management that ride in BSSMAP, 3GPP TS 44.018 §9.1.

use super::mm::{self, MobileIdentity};
use super::{Message, Octets};

/// PAGING RESPONSE, §9.1.25.
pub fn paging_response(o: &mut Octets, key: u8, identity: MobileIdentity) {
    o.layer3(0, Message::PagingResponse);
    o.u8(key);
    o.lv(|o| o.bytes(&mm::CLASSMARK_2));
    o.lv(|o| mm::mobile_identity(o, identity));
}

/// CIPHERING MODE COMPLETE, §9.1.10, with the IMEISV where the network asked for it.
pub fn ciphering_mode_complete(o: &mut Octets, equipment: Option<MobileIdentity>) {
    o.layer3(0, Message::CipheringModeComplete);
    if let Some(identity) = equipment {
        o.tlv(0x17, |o| mm::mobile_identity(o, identity));
    }
}

/// HANDOVER COMMAND, §9.1.15, to a full-rate traffic channel without hopping.
pub fn handover_command(o: &mut Octets, arfcn: u16, colour: u8, timeslot: u8, reference: u8) {
    o.layer3(0, Message::HandoverCommand);
    // Cell description, §10.5.2.2: the BCCH's high bits, NCC and BCC, then its low bits.
    o.u8((arfcn >> 2) as u8 & 0xc0 | colour & 0x3f);
    o.u8(arfcn as u8);
    // Channel description 2, §10.5.2.5a: TCH/F, training sequence = BCC, no hopping.
    o.u8(0x08 | timeslot & 7);
    o.u8(colour << 5 | (arfcn >> 8) as u8 & 3);
    o.u8(arfcn as u8);
    o.u8(reference); // §10.5.2.15
    o.u8(0x05); // power command and access type, §10.5.2.28a
}
