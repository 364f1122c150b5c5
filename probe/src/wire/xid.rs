//! Exchange of LLC parameters, 3GPP TS 44.064 §6.4.1.6: what the information field of an XID frame holds.

use super::{Malformed, Protocol, Reader, Value};

/// A parameter, as asked for or answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// XID type, §6.4.1.6 Table 6.
    pub code: u8,
    /// Its value: a number of up to four octets, or for layer 3 parameters what SNDCP negotiates.
    pub value: &'a [u8],
}

const LAYER_3_PARAMETERS: u8 = 11;
/// By XID type, §6.4.1.6 Table 6.
const NAMES: [&str; 13] = [
    "version",
    "iov_ui",
    "iov_i",
    "t200",
    "n200",
    "n201_u",
    "n201_i",
    "md",
    "mu",
    "kd",
    "ku",
    "layer_3_parameters",
    "reset",
];

impl<'a> Parameter<'a> {
    /// Reads the next parameter.
    fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        const PARAMETER: &str = "xid parameter";
        const LONG: u8 = 0x80;
        let [first] = r.v(PARAMETER)?;
        let short = usize::from(first & 3);
        let length = match first & LONG {
            0 => short,
            _ => short << 6 | usize::from(r.u8(PARAMETER)? >> 2),
        };
        Ok(Self { code: first >> 2 & 0x1f, value: r.take(length, PARAMETER)? })
    }

    /// Snake case; `unknown` for types that the specification reserves.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.code)).copied().unwrap_or("unknown")
    }

    pub(super) fn visit(self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let number = self.value.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        let is_number = self.code != LAYER_3_PARAMETERS && self.value.len() <= 4;
        visit(self.name(), if is_number { Value::Integer(number) } else { Value::Octets(self.value) });
    }
}

/// The parameters of an information field, up to the first that is cut short.
pub fn parameters(information: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    let mut r = Reader::new(Protocol::Llc, information);
    std::iter::from_fn(move || (!r.is_empty()).then(|| Parameter::read(&mut r).ok()).flatten())
}

/// Whether an information field holds whole parameters only.
pub(super) fn check(r: &mut Reader<'_>) -> Result<(), Malformed> {
    while !r.is_empty() {
        Parameter::read(r)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    /// Version 0, N201-U 500, layer 3 parameters of 68 octets by the long form.
    fn field() -> Vec<u8> {
        [&[0x01, 0x00, 0x16, 0x01, 0xf4, 0xad, 0x10], &[7; 68][..]].concat()
    }

    #[test]
    fn parameters_have_short_and_long_lengths() {
        let field = field();
        let read: Vec<_> = parameters(&field).map(|parameter| (parameter.name(), parameter.value.len())).collect();
        assert_eq!(read, [("version", 1), ("n201_u", 2), ("layer_3_parameters", 68)]);
        let mut numbers = Vec::new();
        parameters(&field).for_each(|parameter| {
            parameter.visit(&mut |_, value| {
                if let Value::Integer(number) = value {
                    numbers.push(number);
                }
            });
        });
        assert_eq!(numbers, [0, 500]);
    }

    #[test]
    fn every_truncation_is_told_or_ends_between_parameters() {
        let field = field();
        for length in 0..field.len() {
            let cut = check(&mut Reader::new(Protocol::Llc, &field[..length])).map_err(|malformed| malformed.fault);
            let between = [0, 2, 5].contains(&length);
            assert_eq!(cut, if between { Ok(()) } else { Err(Fault::Truncated) }, "cut at {length}");
        }
    }
}
