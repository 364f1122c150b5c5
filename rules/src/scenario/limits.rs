//! How much may be sent: caps, totals, budgets, and until when.

use std::time::Duration;

use super::{DEFAULT_EXPIRY, MessageKind};

/// How much may be sent.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Offers of this scenario to one subscriber.
    pub per_subscriber: Option<Cap>,
    /// Offers of this scenario in all.
    pub total: Option<u64>,
    /// What they may cost in all.
    pub budget: Option<Money>,
    /// Share of subscribers who by a keyed hash never receive it, in hundredths of a percent, 0 to 10,000.
    pub control: u16,
    /// An offer not sent by then after its trigger is not sent at all.
    pub expires: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_subscriber: None, total: None, budget: None, control: 0, expires: DEFAULT_EXPIRY }
    }
}

/// At most `count` in any period `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// How many, at least 1.
    pub count: u32,
    /// In which period.
    pub per: Duration,
}

/// A cap of the policy on what one subscriber receives of marketing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactCap {
    /// On what.
    pub scope: Scope,
    /// What is counted.
    pub unit: Unit,
    /// How many.
    pub cap: Cap,
}

impl From<Cap> for ContactCap {
    /// On all offers.
    fn from(cap: Cap) -> Self {
        Self { scope: Scope::All, unit: Unit::Offers, cap }
    }
}

/// What a cap of the policy is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Offers of all scenarios.
    All,
    /// Offers of this kind.
    Kind(MessageKind),
    /// Offers of the same campaign, for each campaign.
    Campaign,
}

/// What a cap counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Offers.
    #[default]
    Offers,
    /// The short messages that they take: what is paid for.
    Parts,
}

/// An amount in the operator's currency, in ten-thousandths of its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub u64);

impl Money {
    /// In the unit of the currency.
    pub const fn units(self) -> f64 {
        self.0 as f64 / 10_000.0
    }

    /// What so many cost.
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// Both together.
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
