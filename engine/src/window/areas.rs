//! The stored form of what is known of a location area: see [`rules::areas`].

use std::time::Duration;

use event::{ReportTimer, Timestamp};
use rules::Areas;
use rules::areas::{AreaState, Reports, Silence};

use super::keys;
use super::octets::{Octets, put_signed, put_varint};
use super::store::{Store, StoreError};

const AREA_VERSION: u8 = 1;

impl Store {
    /// What is known of location areas.
    pub fn areas(&self) -> Result<Areas, StoreError> {
        let mut areas = Areas::default();
        for row in self.rows(keys::AREA, &[])? {
            let (key, value) = row?;
            let area = keys::read_area(&key).zip(read(&value));
            let (area, state) = area.ok_or_else(|| self.damaged(keys::AREA))?;
            areas.restore(area, state);
        }
        Ok(areas)
    }
}

/// Appends what is known of an area.
pub(crate) fn put(out: &mut Vec<u8>, state: &AreaState) {
    out.push(AREA_VERSION);
    put_varint(out, state.silences.len() as u64);
    for silence in &state.silences {
        put_signed(out, silence.from.as_micros());
        out.push(u8::from(silence.until.is_some()));
        silence.until.into_iter().for_each(|until| put_signed(out, until.as_micros()));
    }
    put_varint(out, state.reports.len() as u64);
    for reports in &state.reports {
        put_signed(out, reports.from.as_micros());
        out.push(code(reports.timer));
        put_varint(out, reports.every.as_secs());
    }
}

/// Reads what [`put`] appended.
pub(crate) fn read(octets: &[u8]) -> Option<AreaState> {
    let mut octets = Octets::new(octets);
    if octets.octet()? != AREA_VERSION {
        return None;
    }
    let silences = (0..octets.varint()?).map(|_| silence(&mut octets)).collect::<Option<Vec<_>>>()?;
    let reports = (0..octets.varint()?).map(|_| reports(&mut octets)).collect::<Option<Vec<_>>>()?;
    Some(AreaState { silences, reports })
}

fn silence(octets: &mut Octets<'_>) -> Option<Silence> {
    let from = Timestamp::from_micros(octets.signed()?);
    let until = if octets.octet()? == 0 { None } else { Some(Timestamp::from_micros(octets.signed()?)) };
    Some(Silence { from, until })
}

fn reports(octets: &mut Octets<'_>) -> Option<Reports> {
    let from = Timestamp::from_micros(octets.signed()?);
    let timer = match octets.octet()? {
        1 => ReportTimer::T3212,
        2 => ReportTimer::T3312,
        _ => return None,
    };
    Some(Reports { from, timer, every: Duration::from_secs(octets.varint()?) })
}

const fn code(timer: ReportTimer) -> u8 {
    match timer {
        ReportTimer::T3212 => 1,
        ReportTimer::T3312 => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_an_area_survives() {
        let at = Timestamp::from_seconds;
        let silence = |from, until: Option<i64>| Silence { from: at(from), until: until.map(at) };
        let reports = |from, timer, every| Reports { from: at(from), timer, every: Duration::from_secs(every) };
        let state = AreaState {
            silences: vec![silence(-5, Some(7)), silence(9, None)],
            reports: vec![reports(1, ReportTimer::T3212, 3600), reports(2, ReportTimer::T3312, 3240)],
        };
        let mut out = Vec::new();
        put(&mut out, &state);
        assert_eq!(read(&out), Some(state));
        (0..out.len()).for_each(|length| assert_eq!(read(&out[..length]), None));
    }
}
