//! What is known beyond a connection or link, of devices, nodes and areas: one for both interfaces.

use std::time::Duration;

use event::Event;

use super::buffers::Buffers;
use super::lost::LostCalls;
use super::messages::Transfer;
use super::numbers::NumberPlan;
use super::settings::NetworkSettings;
use super::supplementary::Request;
use crate::track::devices::Devices;
use crate::track::reports::Reports;
use crate::track::resets::Resets;
use crate::track::silence::Silences;

/// Buffers for the lists of dialogues.
#[derive(Default)]
pub(super) struct Spare {
    pub(super) waiting: Buffers<Event>,
    pub(super) transfers: Buffers<Transfer>,
    pub(super) requests: Buffers<Request>,
}

/// What the messages of all connections and links share.
pub(super) struct Surroundings {
    pub(super) devices: Devices,
    pub(super) resets: Resets,
    pub(super) silences: Silences,
    pub(super) reports: Reports,
    pub(super) lost: LostCalls,
    pub(super) spare: Spare,
    pub(super) plan: NumberPlan,
    pub(super) network: NetworkSettings,
}

impl Surroundings {
    /// Nothing seen yet.
    pub(super) fn new(plan: NumberPlan, network: NetworkSettings) -> Self {
        Self {
            devices: Devices::new(network.subscribers_of_device),
            resets: Resets::new(Duration::from_secs(network.storm_seconds)),
            silences: Silences::default(),
            reports: Reports::default(),
            lost: LostCalls::default(),
            spare: Spare::default(),
            plan,
            network,
        }
    }
}
