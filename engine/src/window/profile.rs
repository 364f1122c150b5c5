//! The stored form of what is remembered of a subscriber. A stored profile is as it was at the last sealing: the events
//! in the journal bring it up to date. Contacts no event can rebuild; they are written with the offer.

use event::Timestamp;
use rules::Profile;
use rules::profile::Contact;
use rules::scenario::MessageKind;

use super::octets::{Octets, put_signed, put_varint};
use super::record::{put_imei, put_lai, put_whole_cell, read_imei, read_lai, read_whole_cell};

const PROFILE_VERSION: u8 = 1;
const CONTACTS_VERSION: u8 = 2;
/// Knew neither campaigns nor kinds of messages: each was a short message alone, and its scenario the campaign.
const FIRST_CONTACTS_VERSION: u8 = 1;

const DETACHED: u8 = 1 << 0;
const LAST_SEEN: u8 = 1 << 1;
const LAI: u8 = 1 << 2;
const IMEI: u8 = 1 << 3;
const SOFTWARE: u8 = 1 << 4;
const IMEI_SINCE: u8 = 1 << 5;
const EMERGENCY: u8 = 1 << 6;

/// Appends a profile without its contacts.
pub(crate) fn put(out: &mut Vec<u8>, profile: &Profile) {
    let Profile { last_seen, cell, lai, detached, imei, imei_since, emergency, contacts: _, live: _ } = profile;
    let flag = |flag: u8, present: bool| if present { flag } else { 0 };
    out.push(PROFILE_VERSION);
    out.push(
        flag(DETACHED, *detached)
            | flag(LAST_SEEN, last_seen.is_some())
            | flag(LAI, lai.is_some())
            | flag(IMEI, imei.is_some())
            | flag(SOFTWARE, imei.and_then(|imei| imei.software()).is_some())
            | flag(IMEI_SINCE, imei_since.is_some())
            | flag(EMERGENCY, emergency.is_some()),
    );
    put_whole_cell(out, cell.cell());
    for at in [last_seen, imei_since, emergency].into_iter().flatten() {
        put_signed(out, at.as_micros());
    }
    if let Some(lai) = lai {
        put_lai(out, *lai);
    }
    put_imei(out, *imei);
}

/// Reads what [`put`] appended.
pub(crate) fn read(octets: &[u8]) -> Option<Profile> {
    let mut octets = Octets::new(octets);
    if octets.octet()? != PROFILE_VERSION {
        return None;
    }
    let flags = octets.octet()?;
    let has = |flag: u8| flags & flag != 0;
    let cell = read_whole_cell(&mut octets)?.into();
    let mut time = |flag| Some(if has(flag) { Some(Timestamp::from_micros(octets.signed()?)) } else { None });
    let (last_seen, imei_since, emergency) = (time(LAST_SEEN)?, time(IMEI_SINCE)?, time(EMERGENCY)?);
    let lai = if has(LAI) { Some(read_lai(&mut octets)?) } else { None };
    let imei = if has(IMEI) { Some(read_imei(&mut octets, has(SOFTWARE))?) } else { None };
    Some(Profile { last_seen, cell, lai, detached: has(DETACHED), imei, imei_since, emergency, ..Profile::default() })
}

/// When the newest thing that a stored profile knows happened.
pub(crate) fn newest(octets: &[u8]) -> Option<Timestamp> {
    let profile = read(octets)?;
    profile.last_seen.max(profile.imei_since)
}

/// When the newest of the offers made was.
pub(crate) fn newest_contact(octets: &[u8]) -> Option<Timestamp> {
    read_contacts(octets)?.last().map(|contact| contact.at)
}

/// Appends the offers made to a subscriber.
pub(crate) fn put_contacts(out: &mut Vec<u8>, contacts: &[Contact]) {
    out.push(CONTACTS_VERSION);
    put_varint(out, contacts.len() as u64);
    for contact in contacts {
        put_signed(out, contact.at.as_micros());
        out.extend_from_slice(&contact.scenario.to_be_bytes());
        out.extend_from_slice(&contact.campaign.to_be_bytes());
        out.extend_from_slice(&[u8::from(contact.counted), contact.kind.code(), contact.parts]);
    }
}

/// Reads what [`put_contacts`] appended.
pub(crate) fn read_contacts(octets: &[u8]) -> Option<Vec<Contact>> {
    let mut octets = Octets::new(octets);
    let version = octets.octet()?;
    if !(FIRST_CONTACTS_VERSION..=CONTACTS_VERSION).contains(&version) {
        return None;
    }
    (0..octets.varint()?).map(|_| read_contact(&mut octets, version)).collect()
}

fn read_contact(octets: &mut Octets<'_>, version: u8) -> Option<Contact> {
    let at = Timestamp::from_micros(octets.signed()?);
    let scenario = u64::from_be_bytes(octets.fixed()?);
    if version == FIRST_CONTACTS_VERSION {
        let counted = octets.octet()? != 0;
        return Some(Contact { at, scenario, campaign: scenario, counted, kind: MessageKind::Sms, parts: 1 });
    }
    let campaign = u64::from_be_bytes(octets.fixed()?);
    let [counted, kind, parts] = octets.fixed()?;
    Some(Contact { at, scenario, campaign, counted: counted != 0, kind: MessageKind::from_code(kind)?, parts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};

    fn check(profile: &Profile) {
        let (mut out, mut contacts) = (Vec::new(), Vec::new());
        put(&mut out, profile);
        put_contacts(&mut contacts, &profile.contacts);
        let mut read_back = read(&out).unwrap();
        read_back.contacts = read_contacts(&contacts).unwrap().into();
        assert_eq!(&read_back, profile);
        let software = |profile: &Profile| profile.imei.and_then(|imei| imei.software());
        assert_eq!(software(&read_back), software(profile));
        (0..out.len()).for_each(|length| assert_eq!(read(&out[..length]), None));
        (0..contacts.len()).for_each(|length| assert_eq!(read_contacts(&contacts[..length]), None));
    }

    #[test]
    fn profiles_survive() {
        check(&Profile::default());
        let mut random = Random::new(11);
        for _ in 0..500 {
            let event = random_event(&mut random, "460001234567890".parse().unwrap());
            let contact = |random: &mut Random| Contact {
                at: event.at,
                scenario: random.next(),
                campaign: random.next(),
                counted: random.chance(50),
                kind: if random.chance(50) { MessageKind::Sms } else { MessageKind::WapPush },
                parts: random.below(256) as u8,
            };
            check(&Profile {
                last_seen: random.chance(50).then_some(event.at),
                cell: event.cell.into(),
                lai: event.cell.lai(),
                detached: random.chance(50),
                imei: event.imei,
                imei_since: random.chance(50).then_some(event.at),
                emergency: random.chance(50).then_some(event.at),
                contacts: (0..random.below(4)).map(|_| contact(&mut random)).collect(),
                ..Profile::default()
            });
        }
    }

    #[test]
    fn contacts_of_the_first_version_are_short_messages_of_campaigns_of_their_own() {
        let at = Timestamp::from_micros(-1);
        let mut row = vec![1, 1];
        put_signed(&mut row, at.as_micros());
        row.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 5, 1]);
        let contact = Contact { at, scenario: 5, campaign: 5, counted: true, kind: MessageKind::Sms, parts: 1 };
        assert_eq!(read_contacts(&row), Some(vec![contact]));
    }
}
