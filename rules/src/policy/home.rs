//! Which networks are ours, and what that makes of a subscriber and of a place.

use event::{Imsi, Lai, Plmn};

use super::Policy;
use crate::lists::Provinces;
use crate::scenario::Origin;

/// The home networks as one event sees them.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    networks: &'a [Plmn],
    provinces: Option<&'a Provinces>,
}

impl<'a> Home<'a> {
    /// The policy's home networks; where it names none, the network that serves.
    pub fn new(policy: &'a Policy, serving: &'a Option<Plmn>) -> Self {
        let networks = if policy.home.is_empty() { serving.as_slice() } else { policy.home.as_slice() };
        Self { networks, provinces: policy.provinces.as_deref() }
    }

    /// Where a subscriber is at home, by IMSI. `None` where the home networks are not known.
    pub fn of_subscriber(&self, imsi: Imsi) -> Option<Origin> {
        let origin = self.origin(|home| is_of(imsi, home), |mcc| imsi.mcc() == mcc)?;
        Some(self.in_province(origin, |provinces| provinces.is_of_another(imsi)))
    }

    /// What kind of place a location area is. `None` where the home networks are not known.
    pub fn of_place(&self, lai: Lai) -> Option<Origin> {
        let origin = self.origin(|home| lai.plmn == home, |mcc| lai.plmn.mcc() == mcc)?;
        Some(self.in_province(origin, |provinces| provinces.is_in_another(lai)))
    }

    /// In our network a province can be another one; what no table tells is ours.
    fn in_province(&self, origin: Origin, is_another: impl FnOnce(&Provinces) -> bool) -> Origin {
        match origin {
            Origin::Home if self.provinces.is_some_and(is_another) => Origin::OtherProvince,
            origin => origin,
        }
    }

    fn origin(&self, is_home: impl Fn(Plmn) -> bool, is_country: impl Fn(u16) -> bool) -> Option<Origin> {
        if self.networks.is_empty() {
            return None;
        }
        Some(match () {
            () if self.networks.iter().any(|home| is_home(*home)) => Origin::Home,
            () if self.networks.iter().any(|home| is_country(home.mcc())) => Origin::OtherNetwork,
            () => Origin::International,
        })
    }
}

// The length of an MNC follows from the network: 3GPP TS 23.003 §2.2.
fn is_of(imsi: Imsi, network: Plmn) -> bool {
    let (mnc, digits) = network.mnc();
    let digits = u32::from(digits);
    imsi.prefix(3 + digits) == u64::from(network.mcc()) * 10_u64.pow(digits) + u64::from(mnc)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        home: &[&str],
        serving: Option<&str>,
        imsi: &str,
        place: &str,
        expected: (Option<Origin>, Option<Origin>),
    ) {
        let home = home.iter().map(|plmn| plmn.parse().unwrap()).collect();
        let policy = Policy { home, ..Policy::default() };
        let serving = serving.map(|plmn| plmn.parse().unwrap());
        let home = Home::new(&policy, &serving);
        let found =
            (home.of_subscriber(imsi.parse().unwrap()), home.of_place(Lai { plmn: place.parse().unwrap(), lac: 1 }));
        assert_eq!(found, expected, "{imsi} {place}");
    }

    #[test]
    fn home_is_a_set_of_networks_and_the_serving_one_where_none_is_named() {
        use Origin::{Home, International, OtherNetwork};
        let ours: &[&str] = &["46000", "46002", "310260"];
        check(ours, None, "460001234567890", "46002", (Some(Home), Some(Home)));
        check(ours, None, "460021234567890", "46001", (Some(Home), Some(OtherNetwork)));
        check(ours, None, "460011234567890", "45400", (Some(OtherNetwork), Some(International)));
        check(ours, None, "310260123456789", "310260", (Some(Home), Some(Home)));
        check(ours, None, "310261123456789", "310261", (Some(OtherNetwork), Some(OtherNetwork)));
        check(ours, None, "454001234567890", "45400", (Some(International), Some(International)));
        check(&[], Some("46000"), "460001234567890", "46001", (Some(Home), Some(OtherNetwork)));
        check(&[], None, "460001234567890", "46001", (None, None));
    }
}
