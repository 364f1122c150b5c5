//! The map of temporary identities, and the way to the VLR that gave one.

use super::*;

const HERE: Vlr = Vlr { network: 0, node: 2 };
const THERE: Vlr = Vlr { network: 0, node: 3 };

fn imsi(number: u32) -> Imsi {
    format!("46000{number:010}").parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

fn temporary(vlr: Vlr, tmsi: u32) -> Temporary {
    Temporary { vlr, tmsi: Tmsi(tmsi) }
}

fn here(tmsi: u32) -> Temporary {
    temporary(HERE, tmsi)
}

fn area(lac: u16) -> Lai {
    Lai { plmn: "460-00".parse().unwrap(), lac }
}

/// Who holds each TMSI of [`HERE`], by the last digits; 0 for nobody.
#[track_caller]
fn check(identities: &Identities, holders: &[(u32, u32)]) {
    for (tmsi, number) in holders {
        let holder = identities.resolve(here(*tmsi)).map(|(imsi, _)| imsi);
        assert_eq!(holder, (*number > 0).then(|| imsi(*number)), "TMSI {tmsi}");
    }
}

#[test]
fn a_tmsi_means_a_subscriber_only_with_its_vlr() {
    let mut identities = Identities::default();
    identities.bind(temporary(HERE, 5), imsi(1), Proof::Paging, at(1));
    identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(1));
    check(&identities, &[(5, 1)]);
    assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Mapped)));
}

#[test]
fn an_allocation_keeps_the_old_one_until_complete() {
    let mut identities = Identities::default();
    identities.bind(here(5), imsi(1), Proof::CommonId, at(1));
    identities.allocate(here(6), imsi(1), Some(here(5)), Proof::Allocation, at(2));
    check(&identities, &[(5, 1), (6, 1)]);
    identities.complete(here(6));
    check(&identities, &[(5, 0), (6, 1)]);
}

#[test]
fn of_two_allocations_that_were_not_completed_the_one_in_use_stays() {
    for (used, kept, gone) in [(Some(6), 6, 5), (Some(5), 5, 6), (None, 5, 6)] {
        let mut identities = Identities::default();
        identities.bind(here(5), imsi(1), Proof::CommonId, at(1));
        identities.allocate(here(6), imsi(1), Some(here(5)), Proof::Allocation, at(2));
        identities.allocate(here(7), imsi(1), used.map(here), Proof::Allocation, at(3));
        check(&identities, &[(kept, 1), (gone, 0), (7, 1)]);
    }
}

#[test]
fn a_tmsi_for_a_second_subscriber_is_the_seconds_alone() {
    let mut identities = Identities::default();
    identities.bind(here(5), imsi(1), Proof::Paging, at(1));
    identities.bind(here(5), imsi(2), Proof::Paging, at(2));
    identities.bind(here(6), imsi(1), Proof::Paging, at(3));
    check(&identities, &[(5, 2), (6, 1)]);
    assert_eq!(identities.counters().reassigned, 1);
}

#[test]
fn a_subscriber_holds_what_the_network_said_last() {
    let mut identities = Identities::default();
    identities.bind(here(5), imsi(1), Proof::Paging, at(1));
    identities.bind(here(6), imsi(1), Proof::Paging, at(2));
    check(&identities, &[(5, 0), (6, 1)]);
    identities.release(imsi(1));
    check(&identities, &[(6, 0)]);
}

#[test]
fn doubt_lasts_until_the_next_proof() {
    let mut identities = Identities::default();
    identities.bind(here(5), imsi(1), Proof::Paging, at(1));
    identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(1));
    identities.doubt(HERE, at(2));
    assert_eq!(identities.resolve(here(5)), Some((imsi(1), Binding::Suspect)));
    assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Mapped)));
    identities.bind(here(5), imsi(1), Proof::CommonId, at(3));
    assert_eq!(identities.resolve(here(5)), Some((imsi(1), Binding::Mapped)));
}

#[test]
fn a_restart_beyond_those_remembered_makes_everybody_suspect() {
    let mut identities = Identities::default();
    let binding = |identities: &Identities| identities.resolve(here(5)).map(|(_, binding)| binding);
    identities.bind(here(5), imsi(1), Proof::Paging, at(1));
    for node in 0..MAX_DOUBTED as u32 {
        identities.doubt(Vlr { network: 1, node }, at(2));
    }
    assert_eq!(binding(&identities), Some(Binding::Mapped));
    identities.doubt(Vlr { network: 1, node: MAX_DOUBTED as u32 }, at(3));
    assert_eq!(binding(&identities), Some(Binding::Suspect));
    assert_eq!((identities.doubted_at.len(), identities.counters.doubts_widened), (MAX_DOUBTED, 1));
}

#[test]
fn after_a_gap_of_the_feed_every_vlr_is_doubted() {
    let mut identities = Identities::default();
    identities.bind(here(5), imsi(1), Proof::Paging, at(1));
    identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(3));
    identities.doubt_all(at(2));
    assert_eq!(identities.resolve(here(5)), Some((imsi(1), Binding::Suspect)));
    assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Mapped)));
    identities.doubt_all(at(3));
    assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Suspect)));
}

#[test]
fn stored_bindings_come_back_as_suspects_and_do_not_displace_what_is_known() {
    let mut before = Identities::default();
    before.bind(here(5), imsi(1), Proof::Paging, at(1));
    before.bind(here(6), imsi(2), Proof::Paging, at(1));
    before.allocate(here(7), imsi(2), Some(here(6)), Proof::Allocation, at(2));
    let mut after = Identities::default();
    after.bind(here(5), imsi(3), Proof::Paging, at(9));
    before.bindings().for_each(|bound| after.insert_suspect(bound));
    check(&after, &[(5, 3), (6, 2), (7, 2)]);
    assert_eq!(after.resolve(here(7)), Some((imsi(2), Binding::Suspect)));
    assert_eq!(after.resolve(here(5)), Some((imsi(3), Binding::Mapped)));
}

#[test]
fn an_area_leads_to_the_vlrs_that_serve_it_and_two_answers_are_none() {
    let mut identities = Identities::default();
    identities.learn_area(area(1), HERE);
    identities.learn_area(area(1), THERE);
    identities.learn_area(area(0xfffe), HERE);
    identities.bind(here(5), imsi(1), Proof::Paging, at(1));
    identities.bind(temporary(THERE, 6), imsi(2), Proof::Paging, at(1));
    let elsewhere = Vlr { network: 0, node: 9 };
    assert_eq!(identities.in_area(area(1), Tmsi(5), elsewhere), Some(here(5)));
    assert_eq!(identities.in_area(area(1), Tmsi(6), elsewhere), Some(temporary(THERE, 6)));
    assert_eq!(identities.in_area(area(1), Tmsi(7), HERE), Some(here(7)));
    assert_eq!(identities.in_area(area(2), Tmsi(5), HERE), None);
    assert_eq!(identities.in_area(area(0xfffe), Tmsi(5), HERE), None);
    identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(2));
    assert_eq!(identities.in_area(area(1), Tmsi(5), elsewhere), None);
}

#[test]
fn the_number_of_subscribers_is_bounded_and_the_longest_unconfirmed_go() {
    const LIMIT: u32 = 100;
    let mut identities = Identities::new(&PoolSettings::default(), LIMIT as usize);
    for number in 1..=2 * LIMIT {
        identities.bind(here(number), imsi(number), Proof::Paging, at(i64::from(number)));
    }
    assert_eq!((identities.len(), identities.counters().evicted), (LIMIT as usize, u64::from(LIMIT)));
    assert_eq!(identities.bindings().count(), LIMIT as usize);
    check(&identities, &[(2 * LIMIT, 2 * LIMIT)]);
    for bound in identities.bindings() {
        assert_eq!(identities.resolve(bound.temporary).map(|(imsi, _)| imsi), Some(bound.imsi));
    }
}

/// Whatever happens, the two indexes and the subscribers say the same, and no TMSI has two holders.
#[test]
fn a_long_random_history_keeps_the_map_whole() {
    let mut identities = Identities::new(&PoolSettings::default(), 64);
    let mut seed = 1_u32;
    let mut next = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % below
    };
    for second in 0..20_000 {
        let (who, tmsi, used) = (imsi(next(90) + 1), here(next(150)), here(next(150)));
        match next(6) {
            0 | 1 => identities.bind(tmsi, who, Proof::Paging, at(second)),
            2 => identities.allocate(tmsi, who, Some(used), Proof::Allocation, at(second)),
            3 => identities.complete(tmsi),
            4 => identities.disown(tmsi),
            _ => identities.release(who),
        }
    }
    let held: Vec<_> = identities.bindings().collect();
    let distinct: std::collections::HashSet<_> = held.iter().map(|bound| bound.temporary).collect();
    assert_eq!((distinct.len(), identities.by_temporary.len()), (held.len(), held.len()));
    assert_eq!(identities.by_imsi.len(), identities.len());
    for bound in held {
        assert_eq!(identities.resolve(bound.temporary).map(|(imsi, _)| imsi), Some(bound.imsi));
    }
}

/// In a pool of two, TMSIs of NRIs 1 and 2 (of three bits) were given by one and the other.
fn pool(settings: &PoolSettings) -> Identities {
    let mut identities = Identities::new(settings, MAX_SUBSCRIBERS);
    for (number, vlr, tmsi) in [(1, HERE, 0x0020_0001), (2, THERE, 0x0040_0001)] {
        identities.learn_area(area(1), vlr);
        identities.allocate(temporary(vlr, tmsi), imsi(number), None, Proof::Allocation, at(1));
    }
    identities
}

#[test]
fn in_a_pool_the_nri_tells_which_vlr_gave_a_tmsi() {
    let learned = PoolSettings { nri_bits: 3, ..PoolSettings::default() };
    let named = PoolSettings { nri_bits: 3, mscs: vec![(3, HERE.node)] };
    let cases = [
        (&learned, 0x0020_0099, Some(HERE)),
        (&learned, 0xff5f_ffff, Some(THERE)),
        (&learned, 0x0060_0001, None),
        (&named, 0x0060_0001, Some(HERE)),
        (&PoolSettings::default(), 0x0020_0099, None),
    ];
    for (settings, tmsi, expected) in cases {
        let identities = pool(settings);
        assert_eq!(identities.server(area(1), Tmsi(tmsi)), expected, "{settings:?} {tmsi:08x}");
        let elsewhere = Vlr { network: 0, node: 9 };
        let temporary = identities.in_area(area(1), Tmsi(tmsi), elsewhere);
        assert_eq!(temporary.map(|temporary| temporary.vlr), expected, "{settings:?} {tmsi:08x}");
    }
}

#[test]
fn an_area_of_one_vlr_needs_no_nri() {
    let mut identities = Identities::default();
    identities.learn_area(area(1), HERE);
    assert_eq!((identities.server(area(1), Tmsi(1)), identities.server(area(2), Tmsi(1))), (Some(HERE), None));
}

fn unplaced(tmsi: u32, who: u32, seconds: i64) -> Unplaced {
    Unplaced { area: area(1), tmsi: Tmsi(tmsi), imsi: imsi(who), proof: Proof::Allocation, at: at(seconds) }
}

#[test]
fn what_an_area_without_vlr_gave_means_its_subscriber_once_the_vlr_is_known() {
    let mut identities = Identities::default();
    for given in [unplaced(5, 1, 1), unplaced(6, 1, 2), unplaced(7, 2, 3), unplaced(7, 3, 4), unplaced(8, 4, 5)] {
        assert!(!identities.place(given));
    }
    identities.release(imsi(4));
    identities.learn_area(area(2), HERE);
    check(&identities, &[(6, 0), (7, 0)]);
    identities.learn_area(area(1), HERE);
    check(&identities, &[(5, 0), (6, 1), (7, 3), (8, 0)]);
    assert!(identities.place(unplaced(9, 2, 6)));
    check(&identities, &[(6, 1), (7, 3), (9, 2)]);
}

#[test]
fn what_was_learned_since_is_better_than_what_waited() {
    let mut identities = Identities::default();
    identities.place(unplaced(5, 1, 1));
    identities.place(unplaced(6, 2, 1));
    identities.bind(here(7), imsi(1), Proof::Paging, at(2));
    identities.bind(here(6), imsi(3), Proof::Paging, at(2));
    identities.learn_area(area(1), HERE);
    check(&identities, &[(5, 0), (7, 1), (6, 3)]);
}

#[test]
fn only_so_many_wait_for_a_vlr() {
    let mut identities = Identities::default();
    for number in 0..=MAX_UNPLACED as u32 {
        identities.place(unplaced(number, number, 1));
    }
    assert_eq!(identities.counters().unplaced_refused, 1);
    identities.learn_area(area(1), HERE);
    assert_eq!(identities.len(), MAX_UNPLACED);
}
