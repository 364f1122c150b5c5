//! Whom people call: services and persons, in the many ways in which a number is dialled or shown.

use super::dialogue::Signalled;
use crate::random::Random;

// Weight, as dialled, as meant.
const SERVICES: &[(u32, (&str, &str))] = &[
    (28, ("10086", "10086")),
    (14, ("114", "114")),
    (8, ("0571114", "114")),
    (14, ("12580", "12580")),
    (5, ("057112580", "12580")),
    (6, ("10010", "10010")),
    (6, ("95588", "95588")),
    (5, ("12306", "12306")),
    (4, ("057188886666", "057188886666")),
    (3, ("01062881234", "01062881234")),
];

/// What somebody dials: a service now and then, mostly a person.
pub(super) fn dialled(random: &mut Random) -> Option<Signalled> {
    if random.chance(0.35) {
        let (wire, meant) = random.weighted(SERVICES, ("10086", "10086"));
        return signalled(wire, meant);
    }
    if random.chance(0.03) {
        let number = format!("1212555{:04}", random.below(10_000));
        return signalled(&format!("00{number}"), &format!("+{number}"));
    }
    let number = person(random);
    let prefix = random.weighted(&[(70, ""), (14, "+86"), (6, "0"), (5, "17951"), (3, "12593"), (2, "*31#")], "");
    signalled(&format!("{prefix}{number}"), &number)
}

/// Who is shown as calling or sending: nobody where the number is withheld.
pub(super) fn calling(random: &mut Random) -> Option<Signalled> {
    if random.chance(0.1) {
        return None;
    }
    let number = person(random);
    match random.weighted(&[(45, 0), (45, 1), (10, 2)], 0) {
        0 => signalled(&number, &number),
        1 => signalled(&format!("+86{number}"), &number),
        _ => signalled("10086", "10086"),
    }
}

/// The person to whom a message or a call is sent on: always a whole number.
pub(super) fn peer(random: &mut Random) -> Option<Signalled> {
    let number = person(random);
    let wire = if random.chance(0.5) { format!("+86{number}") } else { number.clone() };
    signalled(&wire, &number)
}

fn person(random: &mut Random) -> String {
    let prefix = random.weighted(&[(3, 139), (3, 138), (2, 136), (1, 158), (1, 187), (1, 130), (1, 189)], 139);
    format!("{prefix}{:08}", random.below(100_000_000))
}

fn signalled(wire: &str, meant: &str) -> Option<Signalled> {
    Some(Signalled { wire: wire.parse().ok()?, meant: meant.parse().ok()? })
}
