//! What happened: one fact about one subscriber, read from the signalling.
//!
//! Facts only. What needs history (entered, powered on, changed the device, roamed in) is derived by the rules from
//! these facts, so that a scenario switched on now already knows the last 48 hours.

use std::time::Duration;

use crate::{CellId, DomainName, Imei, Imsi, Lai, Number, Rai, Timestamp, Tmsi};

/// One fact. `imsi` is absent where it could not be resolved: unresolved is acceptable, wrong is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Capture time of the message that is the evidence.
    pub at: Timestamp,
    /// Number of that message's frame in its feed, from 1.
    pub frame: u64,
    /// Which feed, in the order of the configuration.
    pub feed: u16,
    /// Which interface.
    pub interface: Interface,
    /// The subscriber.
    pub imsi: Option<Imsi>,
    /// How the subscriber is known.
    pub binding: Binding,
    /// The temporary identity that was used.
    pub tmsi: Option<Tmsi>,
    /// The device, where this connection has shown it.
    pub imei: Option<Imei>,
    /// The serving cell, as far as it is known.
    pub cell: CellId,
    /// A registration ([`Kind::is_registration`]) among those that follow a restart of MSC, BSC, SGSN or BSS: it
    /// confirms what is known, and nobody has come, returned or switched on.
    pub after_reset: bool,
    /// What happened.
    pub kind: Kind,
}

/// Where a fact was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// BSC to MSC, 3GPP TS 48.008.
    A,
    /// BSS to SGSN, 3GPP TS 48.018.
    Gb,
}

impl Interface {
    /// `a` or `gb`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::Gb => "gb",
        }
    }
}

/// How the IMSI of an event is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Binding {
    /// It is not known.
    #[default]
    Unresolved,
    /// From a TMSI binding that a restart, a gap or a conflict has made doubtful: sends no offer.
    Suspect,
    /// From a TMSI binding in good standing.
    Mapped,
    /// It stood on the wire in this connection.
    OnWire,
}

impl Binding {
    /// Snake case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unresolved => "unresolved",
            Self::Suspect => "suspect",
            Self::Mapped => "mapped",
            Self::OnWire => "on_wire",
        }
    }
}

/// Whose call or message: seen from the subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Mobile originated.
    Out,
    /// Mobile terminated.
    In,
}

impl Direction {
    /// `out` or `in`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }
}

/// Location updating type, 3GPP TS 24.008 §10.5.3.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpdateType {
    /// Normal location updating.
    Normal,
    /// Periodic updating.
    Periodic,
    /// IMSI attach.
    ImsiAttach,
    /// The reserved code, kept.
    Reserved,
}

impl UpdateType {
    /// Snake case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Periodic => "periodic",
            Self::ImsiAttach => "imsi_attach",
            Self::Reserved => "reserved",
        }
    }
}

/// Routing area update type, 3GPP TS 24.008 §10.5.5.18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoutingAreaUpdateType {
    /// Routing area updating.
    Normal,
    /// Combined routing and location area updating.
    Combined,
    /// The same with IMSI attach.
    CombinedImsiAttach,
    /// Periodic updating.
    Periodic,
    /// A reserved code.
    Reserved,
}

impl RoutingAreaUpdateType {
    /// Snake case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Combined => "combined",
            Self::CombinedImsiAttach => "combined_imsi_attach",
            Self::Periodic => "periodic",
            Self::Reserved => "reserved",
        }
    }
}

/// Whether a call was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Answered {
    /// It cannot be told: the call was joined in its middle, or one direction of it was not seen.
    #[default]
    Unknown,
    /// It was not.
    No,
    /// It was: the length from CONNECT to the first sign of the end.
    For(Duration),
}

impl Answered {
    /// CONNECT to the first sign of the end, where the call is known to have been answered.
    pub const fn length(self) -> Option<Duration> {
        match self {
            Self::For(length) => Some(length),
            Self::Unknown | Self::No => None,
        }
    }
}

/// A call-forwarding operation of the subscriber, 3GPP TS 24.082.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// What was asked for.
    pub operation: ForwardingOperation,
    /// The SS code of 3GPP TS 29.002 §17.7.5: 0x21 unconditional, 0x29 busy, 0x2a no reply, 0x2b not reachable, 0x20 all.
    pub service: u8,
    /// The number forwarded to, on registration.
    pub to: Option<Number>,
}

/// What a forwarding operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForwardingOperation {
    /// Registration (with a number).
    Register,
    /// Erasure.
    Erase,
    /// Activation.
    Activate,
    /// Deactivation.
    Deactivate,
    /// Interrogation.
    Interrogate,
}

impl ForwardingOperation {
    /// Snake case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Erase => "erase",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Interrogate => "interrogate",
        }
    }
}

/// The kinds of fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A location update was accepted.
    LocationUpdate {
        /// What the phone asked for.
        update: UpdateType,
        /// The location area that the phone came from, as it said.
        old: Option<Lai>,
    },
    /// A location update was rejected: never a sighting of the claimed IMSI.
    LocationUpdateRejected {
        /// What the phone asked for.
        update: UpdateType,
        /// Reject cause, 3GPP TS 24.008 §10.5.3.6.
        cause: u8,
    },
    /// The phone said that it is being switched off.
    ImsiDetach,
    /// The phone answered a page.
    PagingResponse,
    /// A service request (CM SERVICE REQUEST) was rejected.
    ServiceRejected {
        /// Reject cause, 3GPP TS 24.008 §10.5.3.6.
        cause: u8,
    },
    /// The serving cell changed during a connection.
    Handover,
    /// A call was set up: SETUP or EMERGENCY SETUP.
    CallSetup {
        /// Whose call.
        direction: Direction,
        /// The other party: dialled, or calling where shown. Normalised.
        number: Option<Number>,
        /// An emergency call.
        emergency: bool,
    },
    /// A call was answered: CONNECT.
    CallAnswered {
        /// Whose call.
        direction: Direction,
        /// The other party, normalised.
        number: Option<Number>,
    },
    /// A call ended.
    CallEnded {
        /// Whose call.
        direction: Direction,
        /// The other party, normalised.
        number: Option<Number>,
        /// Whether it was answered, and then for how long.
        answered: Answered,
        /// Cause, 3GPP TS 24.008 §10.5.4.11, where one was given.
        cause: Option<u8>,
        /// The call went on where nobody watches (handover to another MSC).
        left_view: bool,
    },
    /// A short message was passed. Its text is never read.
    Sms {
        /// Sent (`Out`) or received (`In`) by the subscriber.
        direction: Direction,
        /// TP-DA or TP-OA, normalised; a name where the sender shows one ([`Number::is_name`]).
        peer: Option<Number>,
    },
    /// A short message was refused by the side that it was for: RP-ERROR.
    SmsRejected {
        /// Sent (`Out`) or to be received (`In`) by the subscriber.
        direction: Direction,
        /// TP-DA or TP-OA, normalised; a name where the sender shows one ([`Number::is_name`]).
        peer: Option<Number>,
        /// RP-Cause, 3GPP TS 24.011 §8.2.5.4; 0 where it could not be read.
        cause: u8,
    },
    /// A USSD code was dialled. Of anything but keypad symbols nothing is kept.
    Ussd {
        /// `*100#`.
        code: Number,
    },
    /// A call-forwarding operation by the handset.
    CallForwarding(Forwarding),
    /// The device showed its IMEI or IMEISV (in [`Event::imei`]).
    ImeiSeen,
    /// A GPRS attach was accepted.
    GprsAttach {
        /// The network attached the phone for calls too (Gs).
        combined: bool,
        /// The routing area that the phone came from, as it said.
        old: Option<Rai>,
    },
    /// A GPRS attach was rejected: never a sighting of the claimed IMSI.
    GprsAttachRejected {
        /// GMM cause, 3GPP TS 24.008 §10.5.5.14.
        cause: u8,
    },
    /// A routing area update was accepted.
    RoutingAreaUpdate {
        /// What the phone asked for.
        update: RoutingAreaUpdateType,
        /// The routing area that the phone came from, as it said.
        old: Option<Rai>,
    },
    /// A routing area update was rejected: never a sighting.
    RoutingAreaUpdateRejected {
        /// What the phone asked for.
        update: RoutingAreaUpdateType,
        /// GMM cause, 3GPP TS 24.008 §10.5.5.14.
        cause: u8,
    },
    /// The phone left the packet service.
    GprsDetach {
        /// Because it is being switched off.
        power_off: bool,
    },
    /// A PDP context was activated.
    PdpActivated {
        /// Access point name, where the phone named one.
        access_point: Option<DomainName>,
    },
    /// A PDP context ended.
    PdpDeactivated {
        /// Access point name, where the activation was seen and named one.
        access_point: Option<DomainName>,
    },
    /// The phone sent something in this cell; told when the cell is another one or after a time of quiet.
    Sighting,
    /// The phone asked for a host. Of what it asked there nothing is kept.
    WebVisit {
        /// The host.
        host: DomainName,
    },
}

macro_rules! kinds {
    ($($kind:pat => $name:literal,)*) => {
        impl Kind {
            /// The names of all kinds, in the order in which tables show them.
            pub const NAMES: [&'static str; [$($name),*].len()] = [$($name),*];

            /// Snake case, as in JSON.
            pub const fn name(&self) -> &'static str {
                match self {
                    $($kind => $name,)*
                }
            }

            /// The place of the kind's name among [`Kind::NAMES`].
            pub const fn index(&self) -> usize {
                let mut index = 0;
                $(
                    if matches!(self, $kind) {
                        return index;
                    }
                    index += 1;
                )*
                index
            }
        }
    };
}

kinds! {
    Kind::LocationUpdate { .. } => "location_update",
    Kind::LocationUpdateRejected { .. } => "location_update_rejected",
    Kind::ImsiDetach => "imsi_detach",
    Kind::PagingResponse => "paging_response",
    Kind::ServiceRejected { .. } => "service_rejected",
    Kind::Handover => "handover",
    Kind::CallSetup { .. } => "call_setup",
    Kind::CallAnswered { .. } => "call_answered",
    Kind::CallEnded { .. } => "call_ended",
    Kind::Sms { direction: Direction::Out, .. } => "sms_sent",
    Kind::Sms { direction: Direction::In, .. } => "sms_received",
    Kind::SmsRejected { .. } => "sms_rejected",
    Kind::Ussd { .. } => "ussd",
    Kind::CallForwarding(_) => "call_forwarding",
    Kind::ImeiSeen => "imei_seen",
    Kind::GprsAttach { .. } => "gprs_attach",
    Kind::GprsAttachRejected { .. } => "gprs_attach_rejected",
    Kind::RoutingAreaUpdate { .. } => "routing_area_update",
    Kind::RoutingAreaUpdateRejected { .. } => "routing_area_update_rejected",
    Kind::GprsDetach { .. } => "gprs_detach",
    Kind::PdpActivated { .. } => "pdp_activated",
    Kind::PdpDeactivated { .. } => "pdp_deactivated",
    Kind::Sighting => "sighting",
    Kind::WebVisit { .. } => "web_visit",
}

impl Kind {
    /// Whether the network has registered the phone where it is: an accepted update or attach.
    pub const fn is_registration(&self) -> bool {
        matches!(self, Self::LocationUpdate { .. } | Self::GprsAttach { .. } | Self::RoutingAreaUpdate { .. })
    }

    /// Whether this proves that the subscriber is present in the event's cell. A refused attempt proves nothing.
    pub const fn is_sighting(&self) -> bool {
        !matches!(
            self,
            Self::LocationUpdateRejected { .. }
                | Self::ServiceRejected { .. }
                | Self::GprsAttachRejected { .. }
                | Self::RoutingAreaUpdateRejected { .. }
        )
    }
}
