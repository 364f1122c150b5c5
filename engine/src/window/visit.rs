//! Every row once, in the order of keys, without keeping any: for sums beside a running engine.

use super::keys;
use super::ledger::LedgerEntry;
use super::read::read_entry;
use super::store::{Store, StoreError};
use crate::offer::Offer;

impl Store {
    /// Shows every decision, in no order that counts.
    pub(crate) fn each_decision(&self, mut visit: impl FnMut(LedgerEntry)) -> Result<(), StoreError> {
        let names = self.scenario_names()?;
        for row in self.current_rows(keys::LEDGER)? {
            let (key, value) = row?;
            // A scenario may be named after the names were read.
            read_entry(&names, &key, &value).into_iter().for_each(&mut visit);
        }
        Ok(())
    }

    /// Shows every offer, in the order of six hours' buckets and none within.
    pub(crate) fn each_offer(&self, mut visit: impl FnMut(Offer)) -> Result<(), StoreError> {
        for row in self.rows(keys::OUTBOX, &[])? {
            visit(Offer::read(&row?.1).ok_or_else(|| self.damaged(keys::OUTBOX))?);
        }
        Ok(())
    }
}
