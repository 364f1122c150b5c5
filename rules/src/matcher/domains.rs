//! Hosts and access points that scenarios speak of: one look-up for each label of the name that was seen.

use event::DomainName;

use super::shared::Ranks;
use super::table::Table;

/// Ranks of scenarios by domain name.
#[derive(Debug, Default)]
pub(super) struct Domains {
    any: Ranks,
    named: Table<DomainName, Ranks>,
}

/// What follows the network identifier of an access point name, 3GPP TS 23.003 §9.1.2: `.mnc000.mcc460.gprs`.
const OPERATOR: &str = ".mnc";
const OPERATOR_END: &str = ".gprs";

impl Domains {
    /// A scenario for any of these hosts and what is below them, or for any where there are none.
    pub(super) fn insert_hosts(&mut self, hosts: &[DomainName], rank: u32) {
        // A name below another one of the same scenario would give it twice.
        let is_covered = |name: &DomainName| hosts.iter().any(|other| other != name && name.is_within(other));
        self.insert(hosts.iter().filter(|name| !is_covered(name)).copied().collect(), rank);
    }

    /// A scenario for any of these access points, or for any where there are none.
    pub(super) fn insert_access_points(&mut self, access_points: &[DomainName], rank: u32) {
        self.insert(access_points.iter().map(|name| network(name).unwrap_or(*name)).collect(), rank);
    }

    fn insert(&mut self, mut names: Vec<DomainName>, rank: u32) {
        if names.is_empty() {
            self.any.push(rank);
        }
        names.sort_unstable();
        names.dedup();
        names.into_iter().for_each(|name| self.named.entry(name).or_default().push(rank));
    }

    /// Gives the scenarios for this host or a domain above it.
    pub(super) fn matching_host(&self, host: DomainName, mut hit: impl FnMut(u32)) {
        self.any.iter().copied().for_each(&mut hit);
        if self.named.is_empty() {
            return;
        }
        let mut rest = host.as_str();
        loop {
            self.give(rest, &mut hit);
            match rest.split_once('.') {
                Some((_, above)) => rest = above,
                None => return,
            }
        }
    }

    /// Gives the scenarios for this access point, be it written with the operator or without.
    pub(super) fn matching_access_point(&self, access_point: Option<DomainName>, mut hit: impl FnMut(u32)) {
        self.any.iter().copied().for_each(&mut hit);
        let Some(access_point) = access_point.filter(|_| !self.named.is_empty()) else { return };
        self.give(network(&access_point).unwrap_or(access_point).as_str(), &mut hit);
    }

    fn give(&self, name: &str, hit: impl FnMut(u32)) {
        let ranks = name.parse::<DomainName>().ok().and_then(|name| self.named.get(&name));
        ranks.into_iter().flatten().copied().for_each(hit);
    }
}

/// The network identifier of an access point name that has an operator identifier as well.
fn network(access_point: &DomainName) -> Option<DomainName> {
    let name = access_point.as_str();
    let operator = name.rfind(OPERATOR).filter(|_| name.ends_with(OPERATOR_END))?;
    name.get(..operator)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<DomainName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn a_host_fits_its_domains_and_a_scenario_once() {
        let check = |hosts: &[&str], host: &str, expected| {
            let (mut domains, mut hits) = (Domains::default(), 0);
            domains.insert_hosts(&names(hosts), 7);
            domains.matching_host(host.parse().unwrap(), |_| hits += 1);
            assert_eq!(hits, expected, "{hosts:?} {host}");
        };
        check(&["taobao.com"], "m.taobao.com", 1);
        check(&["taobao.com"], "TAOBAO.com", 1);
        check(&["taobao.com"], "nottaobao.com", 0);
        check(&["m.taobao.com"], "taobao.com", 0);
        check(&["taobao.com", "m.taobao.com", "taobao.com"], "m.taobao.com", 1);
        check(&[], "a.b", 1);
    }

    #[test]
    fn an_access_point_is_the_same_with_its_operator_and_without() {
        let check = |access_points: &[&str], seen: &str, expected| {
            let (mut domains, mut hits) = (Domains::default(), 0);
            domains.insert_access_points(&names(access_points), 7);
            domains.matching_access_point(seen.parse().ok(), |_| hits += 1);
            assert_eq!(hits, expected, "{access_points:?} {seen}");
        };
        check(&["cmwap"], "cmwap", 1);
        check(&["cmwap"], "cmwap.mnc000.mcc460.gprs", 1);
        check(&["cmwap", "cmwap.mnc000.mcc460.gprs"], "cmwap", 1);
        check(&["cmwap", "x.cmwap"], "x.cmwap", 1);
        check(&["cmwap"], "cmnet", 0);
        check(&["cmwap"], "", 0);
        check(&[], "", 1);
    }
}
