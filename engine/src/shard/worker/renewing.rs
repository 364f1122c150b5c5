//! How a shard brings its subscribers over to another rule set: whoever is heard of at once, the others when it is told to.

use super::*;
use crate::shard::table::load;

/// While subscribers are brought over to the present rule set.
pub(in crate::shard) struct Renewing {
    renewal: Arc<Renewal>,
    /// Of those in the store, whoever comes up to here has been.
    upto: Option<Imsi>,
}

impl Worker {
    pub(super) fn change_rules(&mut self, renewal: Arc<Renewal>) {
        (self.rules, self.edition) = (renewal.rules.clone(), renewal.edition);
        self.circumstances += 1;
        self.group.keep_empty(renewal.is_needed());
        self.renewing = renewal.is_needed().then_some(Renewing { renewal, upto: None });
    }

    /// Brings a subscriber over to the present rules, where that is not done yet. Who was not in memory stays there if
    /// `is_wanted`.
    pub(super) fn renew(&mut self, imsi: Imsi, is_wanted: bool) -> Result<(), StoreError> {
        let Some(Renewing { renewal, upto }) = &self.renewing else { return Ok(()) };
        let store = &self.shared.store;
        let edition = if upto.is_some_and(|upto| imsi <= upto) { renewal.edition } else { renewal.oldest() };
        let is_passing = !is_wanted && !self.table.is_known(imsi);
        let mut passing = if is_passing { Some(load(store, imsi, edition)?) } else { None };
        let slot = match &mut passing {
            Some(slot) => slot,
            None => self.table.slot(store, imsi, Place::NOWHERE, edition)?,
        };
        if slot.edition == renewal.edition {
            return Ok(());
        }
        let tail = slot.tail;
        let mut facts = Vec::new();
        if renewal.needs_facts() {
            self.memory().window(store, imsi, tail, renewal.since(), &mut facts)?;
            self.shared.counters.windows_read.add(1);
        }
        let slot = match &mut passing {
            Some(slot) => slot,
            None => self.table.slot(store, imsi, Place::NOWHERE, edition)?,
        };
        renewal.renew(slot, imsi, &facts, &self.areas);
        let due = self.rules.due(&slot.profile, &self.areas, self.now);
        self.group.keep_empty(is_wanted);
        self.group.pass(is_passing);
        self.timers.set(&mut self.group, imsi, slot, due, Timestamp::MIN);
        self.group.pass(false);
        self.group.keep_empty(true);
        Ok(())
    }

    // Committed at once, so that whoever is not in memory is read as it is now.
    pub(super) fn sweep(&mut self, subscribers: &[Imsi], swept: Swept) -> Result<Result<(), Gone>, StoreError> {
        subscribers.iter().try_for_each(|imsi| self.renew(*imsi, false))?;
        if let (Swept::InOrder, Some(renewing), Some(last)) = (swept, &mut self.renewing, subscribers.last()) {
            renewing.upto = Some(*last);
        }
        let committed = self.commit(false)?;
        Ok(committed.and_then(|()| self.settle()))
    }

    pub(super) fn renewed(&mut self, asking: Sender<()>) -> Result<Result<(), Gone>, StoreError> {
        self.renewing = None;
        self.group.keep_empty(false);
        let committed = self.commit(true)?;
        Ok(committed.and_then(|()| self.hand(Work::Answer(asking))))
    }
}
