//! Every row once, in the order of keys, without keeping any: for sums beside a running engine.

use super::keys;
use super::ledger::LedgerEntry;
use super::read::read_entry;
use super::store::{Store, StoreError};
use crate::offer::Offer;

impl Store {
    /// Shows every decision, in no order that counts, as long as `visit` says to go on.
    pub(crate) fn each_decision(&self, mut visit: impl FnMut(LedgerEntry) -> bool) -> Result<(), StoreError> {
        let names = self.scenario_names()?;
        for row in self.current_rows(keys::LEDGER)? {
            let (key, value) = row?;
            // A scenario may be named after the names were read.
            if !read_entry(&names, &key, &value).is_none_or(&mut visit) {
                break;
            }
        }
        Ok(())
    }

    /// Shows every offer, in the order of six hours' buckets and none within, as long as `visit` says to go on.
    pub(crate) fn each_offer(&self, mut visit: impl FnMut(Offer) -> bool) -> Result<(), StoreError> {
        for row in self.rows(keys::OUTBOX, &[])? {
            if !visit(Offer::read(&row?.1).ok_or_else(|| self.damaged(keys::OUTBOX))?) {
                break;
            }
        }
        Ok(())
    }
}
