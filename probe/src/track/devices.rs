//! Devices that too many subscribers show: copies of one IMEI, which tell nothing about anybody.

use std::hash::{BuildHasher, BuildHasherDefault};

use event::{Imei, Imsi, prefetch, with_large_capacity};
use rustc_hash::{FxHashMap, FxHasher};

/// Places for the last subscriber of a device; a device takes the place of another one there.
pub const MAX_DEVICES: usize = 1 << 20;
/// Devices of several subscribers that are remembered; further ones count as somebody's own.
pub const MAX_SHARED_DEVICES: usize = 65_536;
/// Subscribers of one device that are told apart.
pub const MAX_SUBSCRIBERS_OF_DEVICE: usize = 16;

/// Who showed which device. Allocated when the first one is seen.
pub struct Devices {
    most: usize,
    /// By a hash of the device; zeros of none.
    last: Vec<Last>,
    shared: FxHashMap<u64, Users>,
    /// Devices of several subscribers that were not remembered because of [`MAX_SHARED_DEVICES`].
    pub refused: u64,
}

/// A device by more of its hash, and its last subscriber by one.
type Last = [u32; 2];

#[derive(Clone, Copy, Default)]
struct Users {
    count: usize,
    users: [u32; MAX_SUBSCRIBERS_OF_DEVICE],
}

impl Users {
    fn add(&mut self, user: u32) {
        let known = self.users.iter().take(self.count).any(|known| *known == user);
        if let Some(slot) = self.users.get_mut(self.count).filter(|_| !known) {
            *slot = user;
            self.count += 1;
        }
    }
}

impl Devices {
    /// None seen yet. A device of more than `most` subscribers (1 to [`MAX_SUBSCRIBERS_OF_DEVICE`] less one) is shared.
    pub fn new(most: usize) -> Self {
        let most = most.clamp(1, MAX_SUBSCRIBERS_OF_DEVICE - 1);
        Self { most, last: Vec::new(), shared: FxHashMap::default(), refused: 0 }
    }

    /// A device will be shown: begins to fetch where its last subscriber is. Changes nothing.
    #[inline]
    pub fn expect(&self, imei: Imei) {
        self.last.get(place(imei.device())).into_iter().for_each(prefetch);
    }

    /// A subscriber shows a device. Whether too many have done so for it to mean anything.
    pub fn shown(&mut self, imei: Imei, imsi: Imsi) -> bool {
        let (device, user) = (imei.device(), hash(&imsi.to_bits()) as u32);
        if let Some(users) = self.shared.get_mut(&device) {
            users.add(user);
            return users.count > self.most;
        }
        if self.last.is_empty() {
            self.last = with_large_capacity(MAX_DEVICES);
            self.last.resize(MAX_DEVICES, Last::default());
        }
        let tag = (hash(&device) >> u32::BITS) as u32;
        let Some(last) = self.last.get_mut(place(device)) else { return false };
        let [known, before] = std::mem::replace(last, [tag, user]);
        if known != tag || before == user {
            return false;
        }
        if self.shared.len() >= MAX_SHARED_DEVICES {
            self.refused += 1;
            return false;
        }
        let mut users = Users::default();
        users.add(before);
        users.add(user);
        self.shared.insert(device, users);
        users.count > self.most
    }
}

fn place(device: u64) -> usize {
    hash(&device) as usize % MAX_DEVICES
}

fn hash(key: &u64) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(most: usize, shown: &[(&str, u32, bool)]) {
        let mut devices = Devices::new(most);
        for (imei, number, shared) in shown {
            let imsi = format!("46000{number:010}").parse().unwrap();
            assert_eq!(devices.shown(imei.parse().unwrap(), imsi), *shared, "{imei} of {number}");
        }
    }

    const COPY: &str = "353900021234560";
    const OWN: &str = "353900021234570";

    #[test]
    fn a_device_of_more_subscribers_than_allowed_is_shared() {
        check(
            2,
            &[(COPY, 1, false), (OWN, 1, false), (COPY, 2, false), (COPY, 1, false), (COPY, 3, true), (COPY, 1, true)],
        );
        check(1, &[(COPY, 1, false), (COPY, 1, false), (COPY, 2, true), (OWN, 2, false)]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut devices = Devices::new(1);
        let imsi = |number: u64| format!("46000{number:010}").parse().unwrap();
        for number in 0..=MAX_SHARED_DEVICES as u64 {
            let imei = Imei::from_device(35_390_002_000_000 + number).unwrap();
            devices.shown(imei, imsi(1));
            devices.shown(imei, imsi(2));
        }
        assert_eq!((devices.shared.len(), devices.refused), (MAX_SHARED_DEVICES, 1));
    }
}
