//! What the signalling can show of subscribers, by interface, and on what that depends. The one table of it: `check --feed`
//! and the documentation are made of it.

use crate::language::Language;
use crate::scenario::{Attempt, Trigger};

mod seen;
mod table;

pub use seen::Seen;
pub use table::{ROWS, page};

/// Signalling that a probe is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The A interface, BSC to MSC.
    A,
    /// The Gb interface, BSS to SGSN, with LLC in clear.
    Gb,
    /// The Gb interface with LLC ciphered, as it usually is.
    GbCiphered,
}

impl Feed {
    /// All feeds, in the order of the table's columns.
    pub const ALL: [Self; 3] = [Self::A, Self::Gb, Self::GbCiphered];

    /// The feed of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feed| feed.name() == name)
    }

    /// `a`, `gb`, `gb-ciphered`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::Gb => "gb",
            Self::GbCiphered => "gb-ciphered",
        }
    }
}

/// A text in both languages, English first.
pub(crate) type Said = [&'static str; 2];

/// Whether a feed shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Whenever it happens.
    Always,
    /// Only on a condition, which depends on the network or the phone.
    OnlyIf(Condition),
    /// Not at all.
    Never(Obstacle),
}

/// On what it depends whether a feed shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Phones register through the MSC, not through the SGSN over Gs (3GPP TS 23.060 §6.3, network mode I).
    NoGs,
    /// An idle phone says where it is when it crosses into another location area (3GPP TS 23.012 §3).
    IdlePhone,
    /// A phone in STANDBY says where it is when it crosses into another routing area (3GPP TS 23.060 §6.1).
    StandbyPhone,
    /// The network lets phones attach and detach: ATT in SYSTEM INFORMATION 3 (3GPP TS 44.018 §10.5.2.11).
    AttachAllowed,
    /// The phone attaches for packets when it is switched on.
    PacketAttach,
    /// The phone answers the page.
    Reachable,
    /// The caller's number is shown (CLIP, 3GPP TS 22.081).
    NumberShown,
    /// The phone sends messages over GPRS.
    MessagesOverPackets,
    /// It was set with the phone.
    ByHandset,
    /// The network asks phones for their IMEI.
    ImeiAsked,
    /// The name of the host is not hidden in a tunnel.
    HostInClear,
}

/// Why a feed does not show something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It belongs to the circuit-switched domain.
    OnA,
    /// It belongs to the packet domain.
    OnGb,
    /// It is ciphered between phone and SGSN.
    Ciphered,
    /// Only the home location register is told.
    OnMap,
}

/// What a scenario can wait for, as far as the signalling shows it in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// That the subscriber is there.
    Presence,
    /// An accepted location or routing area update.
    Update,
    /// The cell, and with it areas.
    Cell,
    /// A call that the subscriber makes.
    CallMade,
    /// A call that reaches the subscriber.
    CallReceived,
    /// Who calls.
    Caller,
    /// A short message.
    Message,
    /// A USSD code.
    Ussd,
    /// Call forwarding registered or activated.
    Forwarding,
    /// The handset.
    Device,
    /// A guest arrives.
    RoamIn,
    /// Our own subscriber comes back.
    RoamBack,
    /// Our own subscriber arrives elsewhere.
    RoamOut,
    /// Switched on.
    PowerOn,
    /// Switched off.
    PowerOff,
    /// Attached for packets.
    DataAttach,
    /// Detached from packets.
    DataDetach,
    /// A PDP context.
    DataConnection,
    /// A host that was asked for.
    Host,
    /// A refused location update or service.
    RefusedCircuit,
    /// A refused attach or update for packets.
    RefusedPacket,
}

/// A line of the table.
#[derive(Debug)]
pub struct Row {
    /// What is seen.
    pub sight: Sight,
    name: Said,
    /// By [`Feed::ALL`].
    shown: [Shown; 3],
    /// Kinds of events that show this and nothing else (names as in [`event::Kind::NAMES`]).
    pub kinds: &'static [&'static str],
}

impl Row {
    /// What is seen, in a few words.
    pub const fn name(&self, language: Language) -> &'static str {
        language.of(self.name)
    }
}

impl Sight {
    /// Its line of the table.
    pub fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.sight == self)
    }

    /// Whether `feed` shows it.
    pub fn shown_by(self, feed: Feed) -> Option<Shown> {
        let column = Feed::ALL.iter().position(|known| *known == feed)?;
        self.row()?.shown.get(column).copied()
    }

    /// All sights any of which is this trigger.
    pub fn of(trigger: &Trigger) -> &'static [Self] {
        use event::Direction::{In, Out};
        match trigger {
            Trigger::Seen => &[Self::Presence],
            Trigger::LocationUpdate(_) | Trigger::UpdateIn(_) => &[Self::Update],
            Trigger::Enter(_) | Trigger::Leave(_) | Trigger::Inside(_) | Trigger::CellChange => &[Self::Cell],
            Trigger::Call { direction: Some(Out), .. } => &[Self::CallMade],
            Trigger::Call { direction: Some(In), numbers, .. } if numbers.is_empty() => &[Self::CallReceived],
            Trigger::Call { direction: Some(In), .. } => &[Self::Caller],
            Trigger::Call { direction: None, .. } => &[Self::CallMade, Self::CallReceived],
            Trigger::Sms { .. } => &[Self::Message],
            Trigger::Ussd(_) => &[Self::Ussd],
            Trigger::CallForwarding => &[Self::Forwarding],
            Trigger::DeviceChange { .. } | Trigger::Device(_) => &[Self::Device],
            Trigger::RoamIn(_) => &[Self::RoamIn],
            Trigger::RoamBack(_) => &[Self::RoamBack],
            Trigger::PowerOn => &[Self::PowerOn],
            Trigger::PowerOff => &[Self::PowerOff],
            Trigger::DataAttach => &[Self::DataAttach],
            Trigger::DataDetach => &[Self::DataDetach],
            Trigger::Pdp { .. } => &[Self::DataConnection],
            Trigger::Web(_) => &[Self::Host],
            Trigger::Refused(attempts) => refused(attempts),
        }
    }
}

fn refused(attempts: &[Attempt]) -> &'static [Sight] {
    let packets = attempts.contains(&Attempt::Data);
    let circuits = attempts.iter().any(|attempt| *attempt != Attempt::Data);
    match (circuits, packets) {
        (true, false) => &[Sight::RefusedCircuit],
        (false, true) => &[Sight::RefusedPacket],
        _ => &[Sight::RefusedCircuit, Sight::RefusedPacket],
    }
}

/// What the best of several feeds shows of the best of several sights. Of a feed that would show it in clear, that is told.
pub fn best(sights: &[Sight], feeds: &[Feed]) -> Option<Shown> {
    let rank = |shown: &Shown| match shown {
        Shown::Always => 0,
        Shown::OnlyIf(_) => 1,
        Shown::Never(Obstacle::Ciphered) => 2,
        Shown::Never(_) => 3,
    };
    sights.iter().flat_map(|sight| feeds.iter().filter_map(|feed| sight.shown_by(*feed))).min_by_key(rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sight_has_one_line_and_every_kind_stands_in_one() {
        let mut kinds: Vec<&str> = ROWS.iter().flat_map(|row| row.kinds.iter().copied()).collect();
        let count = kinds.len();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), count, "a kind stands in two lines");
        assert!(kinds.iter().all(|kind| event::Kind::NAMES.contains(kind)), "{kinds:?}");
        for row in &ROWS {
            assert_eq!(ROWS.iter().filter(|other| other.sight == row.sight).count(), 1, "{:?}", row.sight);
        }
    }

    #[test]
    fn the_best_feed_and_the_best_sight_decide() {
        let check =
            |sights: &[Sight], feeds: &[Feed], expected| assert_eq!(best(sights, feeds), expected, "{sights:?}");
        let on_gb = Some(Shown::Never(Obstacle::OnGb));
        check(&[Sight::DataAttach], &[Feed::A], on_gb);
        check(&[Sight::DataAttach], &[Feed::A, Feed::Gb], Some(Shown::Always));
        check(&[Sight::CallReceived, Sight::CallMade], &[Feed::A], Some(Shown::Always));
        check(&[Sight::Host], &[Feed::GbCiphered], Some(Shown::Never(Obstacle::Ciphered)));
        check(&[Sight::Host], &[Feed::GbCiphered, Feed::Gb], Some(Shown::OnlyIf(Condition::HostInClear)));
        check(&[Sight::Host], &[], None);
    }
}
