//! What is counted over all subscribers: totals and budgets. Whoever counts decides in order, so that nothing is overspent.

use super::{Policy, Reason};
use crate::scenario::{Money, Purpose, Scenario};

/// What was let pass so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Offers.
    pub offers: u64,
    /// What they cost.
    pub money: Money,
}

impl Spent {
    /// With one offer more, which costs this.
    pub const fn and(self, cost: Money) -> Self {
        Self { offers: self.offers.saturating_add(1), money: self.money.plus(cost) }
    }
}

impl Policy {
    /// What an offer costs whose text takes so many short messages; nothing where nobody says what one costs.
    pub fn cost(&self, parts: u8) -> Money {
        self.price.map_or(Money::default(), |price| price.times(u64::from(parts)))
    }

    /// Why an offer of this cost is one too many, after what was let pass of its scenario and of all marketing.
    pub fn excess(&self, scenario: &Scenario, own: Spent, marketing: Spent, cost: Money) -> Option<Reason> {
        let exceeds =
            |budget: Option<Money>, spent: Spent| budget.is_some_and(|budget| spent.money.plus(cost) > budget);
        let commercial = scenario.purpose != Purpose::Service;
        if scenario.limits.total.is_some_and(|total| own.offers >= total) {
            return Some(Reason::TotalReached);
        }
        let is_spent = exceeds(scenario.limits.budget, own) || commercial && exceeds(self.budget, marketing);
        is_spent.then_some(Reason::BudgetSpent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Send, Trigger};

    #[test]
    fn the_last_offer_is_the_one_that_still_fits() {
        let check = |purpose, own: Spent, marketing: u64, expected| {
            let mut scenario = Scenario::new("a", purpose, Trigger::Seen, Send::sms("text"));
            (scenario.limits.total, scenario.limits.budget) = (Some(3), Some(Money(100)));
            let policy = Policy { price: Some(Money(20)), budget: Some(Money(1000)), ..Policy::default() };
            let marketing = Spent { offers: 50, money: Money(marketing) };
            assert_eq!(policy.excess(&scenario, own, marketing, policy.cost(2)), expected, "{own:?} {marketing:?}");
        };
        let spent = |offers, money| Spent { offers, money: Money(money) };
        check(Purpose::Marketing, spent(2, 60), 960, None);
        check(Purpose::Marketing, spent(3, 0), 0, Some(Reason::TotalReached));
        check(Purpose::Marketing, spent(2, 61), 0, Some(Reason::BudgetSpent));
        check(Purpose::Marketing, spent(0, 0), 961, Some(Reason::BudgetSpent));
        check(Purpose::Service, spent(0, 0), 961, None);
        assert_eq!(spent(1, 5).and(Money(7)), spent(2, 12));
    }
}
