//! How sure a difference between two shares is: Newcombe's interval from the two of Wilson (Newcombe 1998, method 10), which
//! holds for few people and for shares of nothing or all too.

use event::Imsi;
use rustc_hash::FxHashSet;

/// People that are compared with others, and who of them did what was hoped for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    people: FxHashSet<Imsi>,
    succeeded: FxHashSet<Imsi>,
}

impl Cohort {
    /// Takes somebody in.
    pub fn take(&mut self, who: Imsi) {
        self.people.insert(who);
    }

    /// Somebody did what was hoped for.
    pub fn succeed(&mut self, who: Imsi) {
        self.succeeded.insert(who);
    }

    /// Puts another beside this one; who is in both is one person still.
    pub fn add(&mut self, other: &Self) {
        self.people.extend(&other.people);
        self.succeeded.extend(&other.succeeded);
    }

    /// How many of it did what was hoped for; `None` of nobody.
    pub fn share(&self) -> Option<Share> {
        Share::new(self.people.intersection(&self.succeeded).count(), self.people.len())
    }
}

/// A share of some people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub count: usize,
    /// Of so many; more than none.
    pub of: usize,
}

/// The 97.5 % quantile of the normal distribution: intervals of 95 %.
const Z: f64 = 1.959_963_985;

impl Share {
    /// `None` of nobody.
    pub fn new(count: usize, of: usize) -> Option<Self> {
        (of > 0).then_some(Self { count, of })
    }

    /// 0 to 1.
    pub fn value(self) -> f64 {
        self.count as f64 / self.of as f64
    }

    /// Wilson's score interval at 95 %.
    pub fn interval(self) -> (f64, f64) {
        let (p, n) = (self.value(), self.of as f64);
        let centre = p + Z * Z / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + Z * Z / n;
        (((centre - half) / whole).max(0.0), ((centre + half) / whole).min(1.0))
    }
}

/// What an offer brings: its share of successes, less that of the control group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// Of those who got it, 0 to 1.
    pub offered: f64,
    /// Of those who by the control group did not, 0 to 1.
    pub control: f64,
    /// The one less the other.
    pub difference: f64,
    /// Where the difference lies, at 95 %.
    pub interval: (f64, f64),
}

impl Lift {
    /// Of these two shares.
    pub fn of(offered: Share, control: Share) -> Self {
        let (p, q) = (offered.value(), control.value());
        let ((p_low, p_high), (q_low, q_high)) = (offered.interval(), control.interval());
        let difference = p - q;
        let low = difference - ((p - p_low).powi(2) + (q_high - q).powi(2)).sqrt();
        let high = difference + ((p_high - p).powi(2) + (q - q_low).powi(2)).sqrt();
        Self { offered: p, control: q, difference, interval: (low, high) }
    }

    /// Whether the interval leaves out that it brings nothing.
    pub fn is_certain(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Newcombe 1998, table II, method 10.
    #[test]
    fn intervals_are_those_of_the_paper() {
        let check = |a: (usize, usize), b: (usize, usize), low: f64, high: f64| {
            let lift = Lift::of(Share::new(a.0, a.1).unwrap(), Share::new(b.0, b.1).unwrap());
            let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
            assert_eq!((rounded(lift.interval.0), rounded(lift.interval.1)), (low, high), "{a:?} {b:?}");
        };
        check((56, 70), (48, 80), 0.0524, 0.3339);
        check((9, 10), (3, 10), 0.1705, 0.8090);
        check((10, 10), (0, 20), 0.6791, 1.0);
        check((0, 10), (0, 20), -0.1611, 0.2775);
    }

    #[test]
    fn a_person_counts_once_and_only_where_they_belong() {
        let imsi = |last: u64| format!("46000123456789{last}").parse::<Imsi>().unwrap();
        let cohort = |people: &[u64], succeeded: &[u64]| {
            let mut cohort = Cohort::default();
            people.iter().for_each(|last| cohort.take(imsi(*last)));
            succeeded.iter().for_each(|last| cohort.succeed(imsi(*last)));
            cohort
        };
        assert_eq!(cohort(&[1, 1, 2, 3], &[1, 1, 9]).share(), Share::new(1, 3));
        let mut both = cohort(&[1, 2], &[1]);
        both.add(&cohort(&[2, 3], &[1, 3]));
        assert_eq!(both.share(), Share::new(2, 3));
        assert_eq!(Cohort::default().share(), None);
    }

    #[test]
    fn nobody_has_no_share() {
        assert_eq!(Share::new(0, 0), None);
        let sure = Lift::of(Share::new(900, 1000).unwrap(), Share::new(10, 1000).unwrap());
        let unsure = Lift::of(Share::new(1, 2).unwrap(), Share::new(1, 3).unwrap());
        assert_eq!((sure.is_certain(), unsure.is_certain()), (true, false));
    }
}
