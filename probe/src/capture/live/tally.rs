//! Where the packets of an interface went, so that every one is accounted for.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use ::pcap::Stat;

/// Counters of one interface, written by its thread.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Packets that passed the filter.
    pub(super) received: AtomicU64,
    /// Those for which the kernel's ring had no room.
    pub(super) dropped_by_kernel: AtomicU64,
    /// Packets that the interface or its driver lost.
    pub(super) dropped_by_interface: AtomicU64,
    /// Packets that the interface saw, by its own count.
    pub(super) seen: AtomicU64,
    /// Packets that the thread took from the kernel's ring.
    pub(super) taken: AtomicU64,
    /// Times it was down or away.
    pub(super) gaps: AtomicU64,
    /// Frames whose time cannot be.
    pub(super) implausible: AtomicU64,
}

/// Where the packets of an interface went: `received` = `decoded` + `dropped_by_kernel` + `dropped_by_ring` + `left_unread`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceTotals {
    /// The interface's name.
    pub interface: String,
    /// Packets that passed the filter.
    pub received: u64,
    /// Frames given.
    pub decoded: u64,
    /// Packets for which the kernel's ring had no room.
    pub dropped_by_kernel: u64,
    /// Packets that the interface or its driver lost before the filter.
    pub dropped_by_interface: u64,
    /// Frames that were taken from the kernel's ring and not given, because whoever took them ended before.
    pub dropped_by_ring: u64,
    /// Packets that lay in the kernel's ring at the end: captured after the feed was told to end.
    pub left_unread: u64,
    /// Packets that the interface saw and the filter passed over, by the interface's own count.
    pub filtered: u64,
    /// Times the interface was down or away.
    pub gaps: u64,
    /// Frames whose time cannot be: they were given at the time at which they were taken from the kernel's ring.
    pub implausible: u64,
}

impl Tally {
    /// Everything so far, `decoded` frames having been given.
    pub(super) fn totals(&self, interface: &str, decoded: u64) -> InterfaceTotals {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (received, taken, by_kernel) = (load(&self.received), load(&self.taken), load(&self.dropped_by_kernel));
        InterfaceTotals {
            interface: interface.to_owned(),
            received,
            decoded,
            dropped_by_kernel: by_kernel,
            dropped_by_interface: load(&self.dropped_by_interface),
            dropped_by_ring: taken.saturating_sub(decoded),
            left_unread: received.saturating_sub(by_kernel).saturating_sub(taken),
            filtered: load(&self.seen).saturating_sub(received),
            gaps: load(&self.gaps),
            implausible: load(&self.implausible),
        }
    }
}

/// The counts of one opening of the interface as last read: what was added since goes into the [`Tally`].
pub(super) struct Meter {
    received: u32,
    dropped: u32,
    interface: Option<InterfaceCounts>,
}

impl Meter {
    /// To be called before opening, so that no packet is missed.
    pub(super) fn new(interface: &str) -> Self {
        Self { received: 0, dropped: 0, interface: InterfaceCounts::read(interface) }
    }

    /// Adds what has come since the last reading. libpcap's counts are of 32 bits and wrap.
    pub(super) fn read(&mut self, interface: &str, is_loopback: bool, stat: Stat, tally: &Tally) {
        let add = |counter: &AtomicU64, count: u64| _ = counter.fetch_add(count, Ordering::Relaxed);
        add(&tally.received, stat.received.wrapping_sub(self.received).into());
        add(&tally.dropped_by_kernel, stat.dropped.wrapping_sub(self.dropped).into());
        (self.received, self.dropped) = (stat.received, stat.dropped);
        if let (Some(now), Some(before)) = (InterfaceCounts::read(interface), self.interface) {
            // They begin again where the interface was made again.
            let sent = if is_loopback { 0 } else { now.sent.saturating_sub(before.sent) };
            add(&tally.seen, now.received.saturating_sub(before.received) + sent);
            add(&tally.dropped_by_interface, now.dropped.saturating_sub(before.dropped));
            self.interface = Some(now);
        }
    }
}

/// An interface's own counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct InterfaceCounts {
    received: u64,
    dropped: u64,
    sent: u64,
}

impl InterfaceCounts {
    fn read(interface: &str) -> Option<Self> {
        Self::find(&fs::read_to_string("/proc/net/dev").ok()?, interface)
    }

    // proc_net(5): a line for each interface, eight columns of what it received, eight of what it sent. `drop` holds what
    // missed the host; `fifo` what its queue had no room for.
    fn find(table: &str, interface: &str) -> Option<Self> {
        let row = table.lines().find_map(|line| line.trim_start().strip_prefix(interface)?.strip_prefix(':'))?;
        let mut columns = row.split_ascii_whitespace().map(|column| column.parse::<u64>().unwrap_or(0));
        let received = columns.nth(1)?;
        let dropped = columns.nth(1)? + columns.next()?;
        let sent = columns.nth(4)?;
        Some(Self { received, dropped, sent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 23450     220    0    0    0     0          0         0    23451     221    0    0    0     0       0          0
  eth1:10001 102 3 4 5 6 7 8 9001 92 13 14 15 16 17 18
";

    #[test]
    fn the_kernel_s_table_is_read() {
        let eth1 = InterfaceCounts { received: 102, dropped: 9, sent: 92 };
        assert_eq!(InterfaceCounts::find(TABLE, "eth1"), Some(eth1));
        assert_eq!(InterfaceCounts::find(TABLE, "lo").map(|counts| counts.sent), Some(221));
        assert_eq!(InterfaceCounts::find(TABLE, "eth"), None);
    }

    #[test]
    fn counts_of_32_bits_go_on_when_they_wrap() {
        let tally = Tally::default();
        let mut meter = Meter { received: 0, dropped: 0, interface: None };
        for (received, dropped) in [(u32::MAX - 1, 7), (3, 9)] {
            meter.read("", false, Stat { received, dropped, if_dropped: 0 }, &tally);
        }
        let totals = tally.totals("", 0);
        assert_eq!((totals.received, totals.dropped_by_kernel), ((1 << 32) + 3, 9));
    }

    #[test]
    fn every_packet_is_accounted_for() {
        let tally = Tally { received: 100.into(), dropped_by_kernel: 20.into(), taken: 70.into(), ..Tally::default() };
        let totals = tally.totals("eth1", 64);
        assert_eq!((totals.dropped_by_ring, totals.left_unread), (6, 10));
        assert_eq!(totals.decoded + 20 + totals.dropped_by_ring + totals.left_unread, totals.received);
    }
}
