//! The table of every message that can be written: its protocol, type code and name. A new message is one line here
//! and one function in its protocol's file.

/// The protocol of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the specifications'")]
pub enum Protocol {
    Sctp,
    M3ua,
    Ipa,
    Sccp,
    Bssmap,
    Rr,
    Mm,
    Cc,
    Sms,
    Rp,
    Tpdu,
    Ss,
}

impl Protocol {
    /// Lower case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sctp => "sctp",
            Self::M3ua => "m3ua",
            Self::Ipa => "ipa",
            Self::Sccp => "sccp",
            Self::Bssmap => "bssmap",
            Self::Rr => "rr",
            Self::Mm => "mm",
            Self::Cc => "cc",
            Self::Sms => "sms",
            Self::Rp => "rp",
            Self::Tpdu => "tpdu",
            Self::Ss => "ss",
        }
    }
}

macro_rules! messages {
    ($($protocol:ident { $($message:ident = $code:literal $name:literal,)* })*) => {
        /// A message that can be written. M3UA's code is its class in the high and its type in the low half octet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the specifications'")]
        #[repr(u8)]
        pub enum Message { $($($message,)*)* }

        impl Message {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$($(Self::$message,)*)*];

            /// The protocol that it belongs to.
            pub const fn protocol(self) -> Protocol {
                match self { $($(Self::$message => Protocol::$protocol,)*)* }
            }

            /// The message type as on the wire.
            pub const fn code(self) -> u8 {
                match self { $($(Self::$message => $code,)*)* }
            }

            /// The specification's name in snake case.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$message => $name,)*)* }
            }
        }
    };
}

messages! {
    // RFC 9260 §3.2
    Sctp {
        SctpData = 0 "data",
        SctpInit = 1 "init",
        SctpInitAck = 2 "init_ack",
        SctpSack = 3 "sack",
        SctpHeartbeat = 4 "heartbeat",
        SctpHeartbeatAck = 5 "heartbeat_ack",
        SctpCookieEcho = 10 "cookie_echo",
        SctpCookieAck = 11 "cookie_ack",
    }
    // RFC 4666 §3.1
    M3ua {
        M3uaNotify = 0x01 "notify",
        M3uaData = 0x11 "data",
        M3uaAspUp = 0x31 "asp_up",
        M3uaAspUpAck = 0x34 "asp_up_ack",
        M3uaAspActive = 0x41 "asp_active",
        M3uaAspActiveAck = 0x43 "asp_active_ack",
    }
    // GSM 12.21 subset as used by BSCs: IPA CCM
    Ipa {
        IpaPing = 0x00 "ping",
        IpaPong = 0x01 "pong",
        IpaIdentityRequest = 0x04 "id_get",
        IpaIdentityResponse = 0x05 "id_resp",
        IpaIdentityAck = 0x06 "id_ack",
    }
    // ITU-T Q.713 §2.1
    Sccp {
        ConnectionRequest = 0x01 "connection_request",
        ConnectionConfirm = 0x02 "connection_confirm",
        Released = 0x04 "released",
        ReleaseComplete = 0x05 "release_complete",
        DataForm1 = 0x06 "data_form_1",
        Unitdata = 0x09 "unitdata",
        InactivityTest = 0x10 "inactivity_test",
    }
    // 3GPP TS 48.008 §3.2.2.1
    Bssmap {
        AssignmentRequest = 0x01 "assignment_request",
        AssignmentComplete = 0x02 "assignment_complete",
        HandoverRequest = 0x10 "handover_request",
        HandoverRequired = 0x11 "handover_required",
        HandoverRequestAcknowledge = 0x12 "handover_request_acknowledge",
        BssmapHandoverCommand = 0x13 "handover_command",
        BssmapHandoverComplete = 0x14 "handover_complete",
        HandoverPerformed = 0x17 "handover_performed",
        HandoverDetect = 0x1b "handover_detect",
        ClearCommand = 0x20 "clear_command",
        ClearComplete = 0x21 "clear_complete",
        ClearRequest = 0x22 "clear_request",
        CommonId = 0x2f "common_id",
        Reset = 0x30 "reset",
        ResetAcknowledge = 0x31 "reset_acknowledge",
        Paging = 0x52 "paging",
        CipherModeCommand = 0x53 "cipher_mode_command",
        ClassmarkUpdate = 0x54 "classmark_update",
        CipherModeComplete = 0x55 "cipher_mode_complete",
        CompleteLayer3Information = 0x57 "complete_layer_3_information",
    }
    // 3GPP TS 44.018 §10.4
    Rr {
        PagingResponse = 0x27 "paging_response",
        HandoverCommand = 0x2b "handover_command",
        CipheringModeComplete = 0x32 "ciphering_mode_complete",
    }
    // 3GPP TS 24.008 §10.4, Table 10.2
    Mm {
        ImsiDetachIndication = 0x01 "imsi_detach_indication",
        LocationUpdatingAccept = 0x02 "location_updating_accept",
        LocationUpdatingReject = 0x04 "location_updating_reject",
        LocationUpdatingRequest = 0x08 "location_updating_request",
        AuthenticationRequest = 0x12 "authentication_request",
        AuthenticationResponse = 0x14 "authentication_response",
        IdentityRequest = 0x18 "identity_request",
        IdentityResponse = 0x19 "identity_response",
        TmsiReallocationComplete = 0x1b "tmsi_reallocation_complete",
        CmServiceAccept = 0x21 "cm_service_accept",
        CmServiceReject = 0x22 "cm_service_reject",
        CmServiceRequest = 0x24 "cm_service_request",
    }
    // 3GPP TS 24.008 §10.4, Table 10.3
    Cc {
        Alerting = 0x01 "alerting",
        CallProceeding = 0x02 "call_proceeding",
        Setup = 0x05 "setup",
        Connect = 0x07 "connect",
        CallConfirmed = 0x08 "call_confirmed",
        EmergencySetup = 0x0e "emergency_setup",
        ConnectAcknowledge = 0x0f "connect_acknowledge",
        Disconnect = 0x25 "disconnect",
        CcReleaseComplete = 0x2a "release_complete",
        Release = 0x2d "release",
    }
    // 3GPP TS 24.011 §8.1.3
    Sms {
        CpData = 0x01 "cp_data",
        CpAck = 0x04 "cp_ack",
    }
    // 3GPP TS 24.011 §8.2.2; direction is part of the type
    Rp {
        RpDataUplink = 0x00 "rp_data",
        RpDataDownlink = 0x01 "rp_data",
        RpAckUplink = 0x02 "rp_ack",
        RpAckDownlink = 0x03 "rp_ack",
    }
    // 3GPP TS 23.040 §9.2.3.1
    Tpdu {
        SmsDeliver = 0x00 "sms_deliver",
        SmsSubmit = 0x01 "sms_submit",
    }
    // 3GPP TS 24.080 §3.4
    Ss {
        SsReleaseComplete = 0x2a "release_complete",
        Facility = 0x3a "facility",
        Register = 0x3b "register",
    }
}

/// How many of each message were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally([u64; Message::ALL.len()]);

impl Default for Tally {
    fn default() -> Self {
        Self([0; Message::ALL.len()])
    }
}

impl Tally {
    /// Counts one.
    pub fn count(&mut self, message: Message) {
        if let Some(count) = self.0.get_mut(message as usize) {
            *count += 1;
        }
    }

    /// How many of this one there were.
    pub fn of(&self, message: Message) -> u64 {
        self.0.get(message as usize).copied().unwrap_or(0)
    }

    /// Those that were written at all, in the order of the table.
    pub fn written(&self) -> impl Iterator<Item = (Message, u64)> + '_ {
        Message::ALL.iter().map(|message| (*message, self.of(*message))).filter(|(_, count)| *count > 0)
    }

    /// How many SCCP messages there were: what "messages a second" counts.
    pub fn sccp(&self) -> u64 {
        self.written().filter(|(message, _)| message.protocol() == Protocol::Sccp).map(|(_, count)| count).sum()
    }
}
