//! The words in which values of options are written.

use bench::link::Transport;
use bench::script::Side;
use bench::simulation::Interfaces;

/// A share of all.
pub(super) fn share(text: &str) -> Result<f64, String> {
    match text {
        "always" => Ok(1.0),
        "never" => Ok(0.0),
        _ => text
            .parse()
            .ok()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| "a share is a number from 0 to 1, `always` or `never`".to_owned()),
    }
}

/// Some minutes.
pub(super) fn minutes(text: &str) -> Result<f64, String> {
    minutes_or_none(text)?;
    text.parse().ok().filter(|minutes| *minutes > 0.0).ok_or_else(|| "it must be more than 0".to_owned())
}

/// Minutes, or none.
pub(super) fn minutes_or_none(text: &str) -> Result<f64, String> {
    const MOST: f64 = 60.0 * 24.0 * 366.0;
    text.parse()
        .ok()
        .filter(|minutes| (0.0..=MOST).contains(minutes))
        .ok_or_else(|| "minutes are a number from 0 to a year's".to_owned())
}

/// Who sends.
pub(super) fn side(text: &str) -> Result<Side, String> {
    match text {
        "bss" => Ok(Side::Bss),
        "msc" => Ok(Side::Msc),
        _ => Err("there are `bss` and `msc`".to_owned()),
    }
}

/// What is captured.
pub(super) fn interfaces(text: &str) -> Result<Interfaces, String> {
    match text {
        "a" => Ok(Interfaces::A),
        "gb" => Ok(Interfaces::Gb),
        "both" => Ok(Interfaces::Both),
        _ => Err("there are `a`, `gb` and `both`".to_owned()),
    }
}

/// What carries the A interface.
pub(super) fn transport(text: &str) -> Result<Transport, String> {
    let known = Transport::ALL.iter().find(|(_, name, _)| *name == text);
    known.map(|(transport, ..)| *transport).ok_or_else(|| format!("there are {}", transports()))
}

/// The transports by name.
pub(super) fn transports() -> String {
    let described = Transport::ALL.iter().map(|(_, name, what)| format!("`{name}` ({what})"));
    described.collect::<Vec<_>>().join(", ")
}
