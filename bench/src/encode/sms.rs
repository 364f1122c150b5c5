//! Short messages: CP and RP of 3GPP TS 24.011, the transport of 3GPP TS 23.040. The text is random octets.

use event::{Number, Timestamp};

use super::{Message, Octets};

/// The other party of a short message.
#[derive(Clone, Copy, Debug)]
pub enum Address<'a> {
    /// A number.
    Number(&'a Number),
    /// A name in the default alphabet, at most 11 characters (3GPP TS 23.040 §9.1.2.5, type of number 101).
    Name(&'a str),
}

/// User data: its coding, its length as the coding counts it, its octets.
#[derive(Clone, Copy, Debug)]
pub struct UserData<'a> {
    /// TP-DCS, 3GPP TS 23.038 §4: 0 default alphabet, 8 UCS-2.
    pub coding: u8,
    /// TP-UDL: septets in the default alphabet, else octets.
    pub length: u8,
    /// TP-UD.
    pub octets: &'a [u8],
}

/// CP-DATA, 3GPP TS 24.011 §7.2.1, around an RP message.
pub fn cp_data(o: &mut Octets, ti: u8, rp: impl FnOnce(&mut Octets)) {
    o.layer3(ti, Message::CpData);
    o.lv(rp);
}

/// CP-ACK, §7.2.2.
pub fn cp_ack(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::CpAck);
}

/// RP-DATA from the phone, §7.3.1.2.
pub fn rp_data_uplink(o: &mut Octets, reference: u8, centre: &Number, tpdu: impl FnOnce(&mut Octets)) {
    o.message(Message::RpDataUplink);
    o.u8(reference);
    o.u8(0); // originator address: empty
    o.lv(|o| centre_address(o, centre));
    o.lv(tpdu);
}

/// RP-DATA to the phone, §7.3.1.1.
pub fn rp_data_downlink(o: &mut Octets, reference: u8, centre: &Number, tpdu: impl FnOnce(&mut Octets)) {
    o.message(Message::RpDataDownlink);
    o.u8(reference);
    o.lv(|o| centre_address(o, centre));
    o.u8(0); // destination address: empty
    o.lv(tpdu);
}

/// RP-ACK from the phone, §7.3.3.
pub fn rp_ack_uplink(o: &mut Octets, reference: u8) {
    o.message(Message::RpAckUplink);
    o.u8(reference);
}

/// RP-ACK to the phone, §7.3.3.
pub fn rp_ack_downlink(o: &mut Octets, reference: u8) {
    o.message(Message::RpAckDownlink);
    o.u8(reference);
}

// §8.2.5.1: as a called party number.
fn centre_address(o: &mut Octets, centre: &Number) {
    o.u8(if centre.is_international() { 0x91 } else { 0x81 });
    o.number(centre);
}

/// SMS-SUBMIT, 3GPP TS 23.040 §9.2.2.2, with a relative validity period of a day.
pub fn submit(o: &mut Octets, reference: u8, destination: Address<'_>, data: UserData<'_>) {
    o.note(Message::SmsSubmit);
    o.u8(0x11);
    o.u8(reference);
    address(o, destination);
    o.u8(0); // TP-PID
    o.u8(data.coding);
    o.u8(167); // TP-VP: 24 hours
    user_data(o, data);
}

/// SMS-DELIVER, 3GPP TS 23.040 §9.2.2.1.
pub fn deliver(o: &mut Octets, originator: Address<'_>, sent: Timestamp, data: UserData<'_>) {
    o.note(Message::SmsDeliver);
    o.u8(0x04);
    address(o, originator);
    o.u8(0); // TP-PID
    o.u8(data.coding);
    time_stamp(o, sent);
    user_data(o, data);
}

fn user_data(o: &mut Octets, data: UserData<'_>) {
    o.u8(data.length);
    o.bytes(data.octets);
}

// §9.1.2.5: the length counts useful half octets.
fn address(o: &mut Octets, address: Address<'_>) {
    match address {
        Address::Number(number) => {
            o.u8(number.len() as u8);
            o.u8(if number.is_international() { 0x91 } else { 0x81 });
            o.number(number);
        }
        Address::Name(name) => {
            o.u8((name.len() * 7).div_ceil(4) as u8);
            o.u8(0xd0);
            septets(o, name.bytes());
        }
    }
}

/// Packs septets into octets, 3GPP TS 23.038 §6.1.2.1.
pub fn septets(o: &mut Octets, septets: impl IntoIterator<Item = u8>) {
    let (mut bits, mut count) = (0_u32, 0);
    for septet in septets {
        bits |= u32::from(septet & 0x7f) << count;
        count += 7;
        if count >= 8 {
            o.u8(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        o.u8(bits as u8);
    }
}

// TP-SCTS, §9.2.3.11: two half octets a part, swapped; the zone in quarters of an hour: +8 hours, as in China.
fn time_stamp(o: &mut Octets, at: Timestamp) {
    const ZONE_QUARTERS: u64 = 32;
    let text = (at + std::time::Duration::from_secs(ZONE_QUARTERS * 900)).to_string();
    let mut digits = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').skip(2);
    o.half_octets(digits.by_ref().take(12));
    o.half_octets([(ZONE_QUARTERS / 10) as u8, (ZONE_QUARTERS % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn septets_pack_as_in_the_specification() {
        let mut o = Octets::default();
        septets(&mut o, *b"hellohello");
        assert_eq!(o.as_slice(), [0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37]);
    }

    #[test]
    fn the_time_stamp_is_local_with_its_zone() {
        let mut o = Octets::default();
        time_stamp(&mut o, "2026-03-02T16:30:05Z".parse().unwrap());
        assert_eq!(o.as_slice(), [0x62, 0x30, 0x30, 0x00, 0x03, 0x50, 0x23]);
    }
}
