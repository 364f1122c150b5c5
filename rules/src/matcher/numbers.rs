//! Numbers that scenarios speak of: exact ones by one look-up, prefixes by one look-up per length in use.

use event::{Direction, Number};

use super::table::Table;
use crate::lists::national;
use crate::profile::is_emergency;
use crate::scenario::NumberPattern;

/// Ranks of scenarios by the number of the other party.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    any: Vec<u32>,
    exact: Table<Number, Vec<u32>>,
    prefixes: Table<Number, Vec<u32>>,
    /// Bit n: there are prefixes of n symbols.
    lengths: u64,
}

impl Numbers {
    /// A scenario for any of these, or for any number where there are none.
    pub(super) fn insert(&mut self, patterns: &[NumberPattern], rank: u32) {
        if patterns.is_empty() {
            self.any.push(rank);
        }
        for pattern in distinct(patterns) {
            match pattern {
                NumberPattern::Exactly(number) => self.exact.entry(number).or_default().push(rank),
                NumberPattern::Prefix(prefix) => {
                    self.lengths |= 1 << prefix.len();
                    self.prefixes.entry(prefix).or_default().push(rank);
                }
            }
        }
    }

    /// These patterns alone.
    pub(super) fn of(patterns: &[NumberPattern]) -> Self {
        let mut numbers = Self::default();
        if !patterns.is_empty() {
            numbers.insert(patterns, 0);
        }
        numbers
    }

    /// Whether the number fits a pattern.
    pub(super) fn fits(&self, number: Number) -> bool {
        let mut fits = false;
        if !self.exact.is_empty() || self.lengths != 0 {
            self.matching(Some(number), false, |_| fits = true);
        }
        fits
    }

    /// Gives the ranks of scenarios for this number, and where `somebody` of those for any number; each once.
    pub(super) fn matching(&self, number: Option<Number>, somebody: bool, mut hit: impl FnMut(u32)) {
        if somebody {
            self.any.iter().copied().for_each(&mut hit);
        }
        let Some(number) = number.map(key) else { return };
        let exact = self.exact.get(&number);
        exact.into_iter().flatten().copied().for_each(&mut hit);
        if self.lengths == 0 {
            return;
        }
        let mut prefix = Number::EMPTY;
        for symbol in std::iter::once(None).chain(number.symbols().map(Some)) {
            symbol.into_iter().for_each(|symbol| prefix.push(symbol));
            if self.lengths & 1 << prefix.len() != 0 {
                self.prefixes.get(&prefix).into_iter().flatten().copied().for_each(&mut hit);
            }
        }
    }
}

/// Whether this is a call to anybody at all. One that goes out without a number may be an emergency call; those to
/// emergency numbers never trigger a scenario about calls to anybody.
pub(super) fn is_call_to_somebody(direction: Direction, number: Option<Number>) -> bool {
    number.map_or(direction == Direction::In, |number| !is_emergency(number))
}

/// The form in which numbers are compared: ours without country code, others as dialled from here, `00…`.
fn key(number: Number) -> Number {
    let number = national(number);
    match number.is_international() {
        true => dialled_abroad(&number),
        false => number,
    }
}

fn dialled_abroad(number: &Number) -> Number {
    let mut dialled = Number::EMPTY;
    [0, 0].into_iter().chain(number.symbols()).for_each(|symbol| dialled.push(symbol));
    dialled
}

/// The patterns in the form in which numbers are compared, such that no number fits two of them. One written without
/// `+` or `00` also means the international number of these digits: the type of number is not compared.
fn distinct(patterns: &[NumberPattern]) -> Vec<NumberPattern> {
    let mut all: Vec<NumberPattern> = Vec::new();
    for pattern in patterns {
        let (number, form): (Number, fn(Number) -> NumberPattern) = match pattern {
            NumberPattern::Exactly(number) => (*number, NumberPattern::Exactly),
            NumberPattern::Prefix(prefix) => (*prefix, NumberPattern::Prefix),
        };
        let number = key(number);
        all.push(form(number));
        if !number.symbols().take(2).eq([0, 0]) {
            all.push(form(dialled_abroad(&number)));
        }
    }
    let kept = |(index, pattern): &(usize, &NumberPattern)| {
        let others = all.iter().enumerate().filter(|(other, _)| other != index);
        !others.into_iter().any(|(other, wider)| covers(wider, pattern) && (wider != *pattern || other < *index))
    };
    all.iter().enumerate().filter(kept).map(|(_, pattern)| *pattern).collect()
}

/// Whether whatever fits `pattern` fits `wider` too.
fn covers(wider: &NumberPattern, pattern: &NumberPattern) -> bool {
    let (NumberPattern::Exactly(number) | NumberPattern::Prefix(number)) = pattern;
    match wider {
        NumberPattern::Prefix(prefix) => number.starts_with(prefix),
        NumberPattern::Exactly(_) => wider == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> NumberPattern {
        match text.strip_suffix('*') {
            Some(prefix) => NumberPattern::Prefix(prefix.parse().unwrap_or(Number::EMPTY)),
            None => NumberPattern::Exactly(text.parse().unwrap()),
        }
    }

    fn check(patterns: &[&str], number: &str, expected: usize) {
        let mut numbers = Numbers::default();
        numbers.insert(&patterns.iter().map(|text| pattern(text)).collect::<Vec<_>>(), 7);
        let mut hits = 0;
        let number: Option<Number> = number.parse().ok();
        numbers.matching(number, is_call_to_somebody(Direction::Out, number), |rank| {
            assert_eq!(rank, 7);
            hits += 1;
        });
        assert_eq!(hits, expected, "{patterns:?} {number:?}");
    }

    #[test]
    fn a_number_fits_a_scenario_once_however_it_is_written() {
        for (patterns, number, expected) in [
            (&["114"][..], "114", 1),
            (&["114"], "1145", 0),
            (&["114*"], "1145", 1),
            (&["114", "114*", "11*", "114"], "114", 1),
            (&["+8613900000001"], "13900000001", 1),
            (&["13900000001"], "+8613900000001", 1),
            (&["49170002"], "+49170002", 1),
            (&["49170002"], "0049170002", 1),
            (&["+49*"], "0049170002", 1),
            (&["00*"], "+49170002", 1),
            (&["00*", "49*", "+49*"], "+49170002", 1),
            (&["00*"], "+8613900000001", 0),
            (&["+49*"], "49170002", 0),
            (&["1795*", "12593*"], "12593", 1),
            (&["*100#"], "*100#", 1),
            (&["114"], "", 0),
        ] {
            check(patterns, number, expected);
        }
    }

    #[test]
    fn anybody_is_nobody_in_an_emergency() {
        check(&[], "10086", 1);
        check(&[], "110", 0);
        check(&[], "", 0);
        check(&["110"], "110", 1);
        assert!(is_call_to_somebody(Direction::In, None));
    }
}
