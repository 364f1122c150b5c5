//! Numbers as people mean them: one form for one line, however it was dialled or signalled.
//!
//! What is a prefix and what an area code differs by country, so it is configuration: a [`NumberPlan`].

use std::ops::RangeInclusive;

use event::Number;

/// How numbers are dialled in a country. An empty plan leaves numbers as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberPlan {
    /// Supplementary-service prefixes that stand before the number proper (3GPP TS 22.030 annex B): `*31#`, `#31#`.
    pub service_prefixes: Vec<Number>,
    /// Whether a `#` that ends a number is a keypress and no part of it.
    pub trailing_hash: bool,
    /// Prefixes that select a carrier (an "IP call"): `17951`. What follows is a number by itself.
    pub carrier_prefixes: Vec<Number>,
    /// The country's own code, without `+`: numbers of it lose it.
    pub country_code: Option<Number>,
    /// What is dialled for `+`: `00`.
    pub international_prefix: Option<Number>,
    /// What is dialled before an area code: `0`.
    pub trunk_prefix: Option<Number>,
    /// Area codes, with the trunk prefix: the first whose beginning fits tells the length.
    pub area_codes: Vec<Pattern>,
    /// Mobile numbers, without trunk prefix; `digits` is the whole length.
    pub mobile: Vec<Pattern>,
    /// What short codes begin with: an area code before one of them is dropped, before another number kept.
    pub short_codes: Vec<Number>,
    /// Lengths of short codes.
    pub short_code_digits: RangeInclusive<usize>,
}

/// Numbers, or the first digits of numbers, that begin so and have this many digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The first digits.
    pub begins: Number,
    /// The number of digits in all, 1 to 32.
    pub digits: usize,
}

impl NumberPlan {
    /// Leaves every number as it is.
    pub fn empty() -> Self {
        Self {
            service_prefixes: Vec::new(),
            trailing_hash: false,
            carrier_prefixes: Vec::new(),
            country_code: None,
            international_prefix: None,
            trunk_prefix: None,
            area_codes: Vec::new(),
            mobile: Vec::new(),
            short_codes: Vec::new(),
            short_code_digits: 3..=6,
        }
    }

    /// Mainland China: +86, two-digit area codes 010 and 02x, three-digit ones 03xx to 09xx, mobile numbers 1xx of 11
    /// digits, short codes 1xx to 1xxxxx and 9xxxx, and the carrier prefixes of its operators.
    pub fn china() -> Self {
        let pattern = |begins: &str, digits| Pattern { begins: known(begins), digits };
        let areas =
            [("010", 3), ("02", 3), ("03", 4), ("04", 4), ("05", 4), ("06", 4), ("07", 4), ("08", 4), ("09", 4)];
        Self {
            service_prefixes: ["*31#", "#31#"].map(known).to_vec(),
            trailing_hash: true,
            carrier_prefixes: ["17951", "12593", "17950", "17911", "17901", "17908", "17909", "10193"]
                .map(known)
                .to_vec(),
            country_code: Some(known("86")),
            international_prefix: Some(known("00")),
            trunk_prefix: Some(known("0")),
            area_codes: areas.map(|(begins, digits)| pattern(begins, digits)).to_vec(),
            mobile: vec![pattern("1", 11)],
            short_codes: ["1", "9"].map(known).to_vec(),
            short_code_digits: 3..=6,
        }
    }

    /// The one form of `number`. Doing it twice changes nothing more.
    pub fn normalise(&self, number: Number) -> Number {
        let number = self.without_service_prefix(number);
        let number = self.without_trailing_hash(number);
        let number = self.without_carrier_prefix(number);
        let number = self.in_country(number);
        let number = self.without_trunk_before_mobile(number);
        self.without_area_before_short_code(number)
    }

    fn without_service_prefix(&self, number: Number) -> Number {
        strip_first(number, &self.service_prefixes, 1).unwrap_or(number)
    }

    fn without_trailing_hash(&self, number: Number) -> Number {
        let length = number.len();
        // A code that begins with `*` or `#` ends with `#` as of right (3GPP TS 22.030 §6.5.2).
        let dialled_code = number.symbols().next().is_none_or(|first| first == STAR || first == HASH);
        if !self.trailing_hash || dialled_code || number.symbols().last() != Some(HASH) {
            return number;
        }
        let mut shorter = Number::new(number.is_international());
        number.symbols().take(length - 1).for_each(|symbol| shorter.push(symbol));
        shorter
    }

    fn without_carrier_prefix(&self, number: Number) -> Number {
        if number.is_international() {
            return number;
        }
        strip_first(number, &self.carrier_prefixes, *self.short_code_digits.start()).unwrap_or(number)
    }

    /// Own-country numbers in national form, others as `+` and country code.
    fn in_country(&self, number: Number) -> Number {
        let prefix = self.international_prefix;
        let number = match prefix.filter(|prefix| number.starts_with(prefix) && number.len() > prefix.len()) {
            Some(prefix) => number.without_first(prefix.len(), true),
            None => number,
        };
        let Some(code) = self.country_code.filter(|code| number.starts_with(code) && number.len() > code.len()) else {
            return number;
        };
        let national = number.without_first(code.len(), false);
        match number.is_international() {
            true => self.with_trunk(national),
            // Without a type of number only a mobile number is certain to follow the country's code.
            false if self.is_mobile(&national) => national,
            false => number,
        }
    }

    /// A national number as dialled at home: an area code gets its trunk prefix back.
    fn with_trunk(&self, national: Number) -> Number {
        let complete = self.is_mobile(&national) || self.is_short_code(&national);
        let Some(trunk) = self.trunk_prefix.filter(|trunk| !complete && !national.starts_with(trunk)) else {
            return national;
        };
        let mut dialled = trunk;
        national.symbols().for_each(|symbol| dialled.push(symbol));
        if self.area_of(&dialled).is_some() { dialled } else { national }
    }

    fn without_trunk_before_mobile(&self, number: Number) -> Number {
        let Some(trunk) = self.trunk_prefix.filter(|trunk| number.starts_with(trunk)) else { return number };
        let rest = number.without_first(trunk.len(), number.is_international());
        if self.is_mobile(&rest) { rest } else { number }
    }

    fn without_area_before_short_code(&self, number: Number) -> Number {
        let rest = self.area_of(&number).map(|area| number.without_first(area, number.is_international()));
        rest.filter(|rest| self.is_short_code(rest)).unwrap_or(number)
    }

    fn is_short_code(&self, number: &Number) -> bool {
        self.short_code_digits.contains(&number.len())
            && self.short_codes.iter().any(|begins| number.starts_with(begins))
    }

    fn area_of(&self, number: &Number) -> Option<usize> {
        self.area_codes.iter().find(|area| number.starts_with(&area.begins)).map(|area| area.digits)
    }

    fn is_mobile(&self, number: &Number) -> bool {
        self.mobile.iter().any(|mobile| number.len() == mobile.digits && number.starts_with(&mobile.begins))
    }
}

/// Mainland China's.
impl Default for NumberPlan {
    fn default() -> Self {
        Self::china()
    }
}

const STAR: u8 = 10;
const HASH: u8 = 11;

/// `number` without the first of `prefixes` that it begins with, where at least `least` symbols remain.
fn strip_first(number: Number, prefixes: &[Number], least: usize) -> Option<Number> {
    let prefix = prefixes.iter().find(|prefix| number.starts_with(prefix) && number.len() >= prefix.len() + least)?;
    Some(number.without_first(prefix.len(), number.is_international()))
}

/// A constant of the tables above.
fn known(text: &str) -> Number {
    text.parse().unwrap_or(Number::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(plan: &NumberPlan, cases: &[(&str, &str)]) {
        for (dialled, meant) in cases {
            let once = plan.normalise(dialled.parse().unwrap());
            assert_eq!(once.to_string(), *meant, "{dialled}");
            assert_eq!(plan.normalise(once), once, "{dialled} a second time");
        }
    }

    #[test]
    fn a_mobile_number_has_one_form() {
        let forms = [
            "13900000005",
            "+8613900000005",
            "008613900000005",
            "8613900000005",
            "013900000005",
            "1795113900000005",
            "12593013900000005",
            "17951008613900000005",
            "*31#13900000005",
            "#31#008613900000005",
            "13900000005#",
        ];
        let plan = NumberPlan::default();
        forms.iter().for_each(|dialled| check(&plan, &[(dialled, "13900000005")]));
    }

    #[test]
    fn an_area_code_before_a_short_code_is_dropped_and_before_a_line_kept() {
        check(
            &NumberPlan::default(),
            &[
                ("114", "114"),
                ("0571114", "114"),
                ("010114", "114"),
                ("021114", "114"),
                ("+86571114", "114"),
                ("1145", "1145"),
                ("05711145", "1145"),
                ("057188886666", "057188886666"),
                ("+8657188886666", "057188886666"),
                ("00861062345678", "01062345678"),
                ("+8610086", "10086"),
                ("057110086", "10086"),
                ("0571", "0571"),
            ],
        );
    }

    #[test]
    fn what_is_not_of_the_country_keeps_its_own_form() {
        check(
            &NumberPlan::default(),
            &[
                ("+4915112345678", "+4915112345678"),
                ("004915112345678", "+4915112345678"),
                ("17951004915112345678", "+4915112345678"),
                ("+86", "+86"),
                ("86", "86"),
                ("00", "00"),
                ("17951", "17951"),
                ("*100#", "*100#"),
                ("#", "#"),
                ("8612345", "8612345"),
            ],
        );
    }

    #[test]
    fn every_prefix_of_the_chinese_plan_is_a_number() {
        let plan = NumberPlan::china();
        let all = [&plan.service_prefixes, &plan.carrier_prefixes].into_iter().flatten();
        assert!(all.chain(plan.area_codes.iter().map(|area| &area.begins)).all(|prefix| !prefix.is_empty()));
    }

    #[test]
    fn an_empty_plan_changes_nothing() {
        check(&NumberPlan::empty(), &[("0571114", "0571114"), ("+8610086", "+8610086"), ("*31#114#", "*31#114#")]);
    }
}
