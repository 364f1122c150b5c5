//! The table of every message that can be written: its protocol, type code and name. A new message is one line here
//! and one function in its protocol's file.

/// The protocol of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the specifications'")]
pub enum Protocol {
    Sctp,
    M2ua,
    M3ua,
    Sua,
    M2pa,
    Ipa,
    Mtp2,
    Mtp3,
    Sccp,
    Bssmap,
    Rr,
    Mm,
    Cc,
    Sms,
    Rp,
    Tpdu,
    Ss,
    Ns,
    Bssgp,
    Llc,
    Gmm,
    Sm,
    Sndcp,
}

impl Protocol {
    /// Lower case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sctp => "sctp",
            Self::M2ua => "m2ua",
            Self::M3ua => "m3ua",
            Self::Sua => "sua",
            Self::M2pa => "m2pa",
            Self::Ipa => "ipa",
            Self::Mtp2 => "mtp2",
            Self::Mtp3 => "mtp3",
            Self::Sccp => "sccp",
            Self::Bssmap => "bssmap",
            Self::Rr => "rr",
            Self::Mm => "mm",
            Self::Cc => "cc",
            Self::Sms => "sms",
            Self::Rp => "rp",
            Self::Tpdu => "tpdu",
            Self::Ss => "ss",
            Self::Ns => "ns",
            Self::Bssgp => "bssgp",
            Self::Llc => "llc",
            Self::Gmm => "gmm",
            Self::Sm => "sm",
            Self::Sndcp => "sndcp",
        }
    }
}

macro_rules! messages {
    ($($protocol:ident { $($message:ident = $code:literal $name:literal,)* })*) => {
        /// A message that can be written. The code of SIGTRAN's layers is the class in the high and the type in the low half
        /// octet.
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
    // RFC 3331 §3.1.2
    M2ua {
        M2uaNotify = 0x01 "notify",
        M2uaAspUp = 0x31 "asp_up",
        M2uaHeartbeat = 0x33 "heartbeat",
        M2uaAspUpAck = 0x34 "asp_up_ack",
        M2uaHeartbeatAck = 0x36 "heartbeat_ack",
        M2uaAspActive = 0x41 "asp_active",
        M2uaAspActiveAck = 0x43 "asp_active_ack",
        M2uaData = 0x61 "data",
        M2uaEstablishRequest = 0x62 "establish_request",
        M2uaEstablishConfirm = 0x63 "establish_confirm",
    }
    // RFC 4666 §3.1
    M3ua {
        M3uaNotify = 0x01 "notify",
        M3uaData = 0x11 "data",
        M3uaAspUp = 0x31 "asp_up",
        M3uaHeartbeat = 0x33 "heartbeat",
        M3uaAspUpAck = 0x34 "asp_up_ack",
        M3uaHeartbeatAck = 0x36 "heartbeat_ack",
        M3uaAspActive = 0x41 "asp_active",
        M3uaAspActiveAck = 0x43 "asp_active_ack",
    }
    // RFC 3868 §3.1.2
    Sua {
        SuaNotify = 0x01 "notify",
        SuaAspUp = 0x31 "asp_up",
        SuaHeartbeat = 0x33 "heartbeat",
        SuaAspUpAck = 0x34 "asp_up_ack",
        SuaHeartbeatAck = 0x36 "heartbeat_ack",
        SuaAspActive = 0x41 "asp_active",
        SuaAspActiveAck = 0x43 "asp_active_ack",
        SuaConnectionlessData = 0x71 "connectionless_data_transfer",
        SuaConnectionRequest = 0x81 "connection_request",
        SuaConnectionAcknowledge = 0x82 "connection_acknowledge",
        SuaReleaseRequest = 0x84 "release_request",
        SuaReleaseComplete = 0x85 "release_complete",
        SuaData = 0x88 "connection_oriented_data_transfer",
        SuaInactivityTest = 0x8b "inactivity_test",
    }
    // RFC 4165 §2.1.3
    M2pa {
        M2paUserData = 0xb1 "user_data",
        M2paLinkStatus = 0xb2 "link_status",
    }
    // GSM 12.21 subset as used by BSCs: IPA CCM
    Ipa {
        IpaPing = 0x00 "ping",
        IpaPong = 0x01 "pong",
        IpaIdentityRequest = 0x04 "id_get",
        IpaIdentityResponse = 0x05 "id_resp",
        IpaIdentityAck = 0x06 "id_ack",
    }
    // ITU-T Q.703 §2.2: the length indicator, as far as it tells the kinds apart
    Mtp2 {
        FillIn = 0 "fill_in_signal_unit",
        LinkStatus = 1 "link_status_signal_unit",
        MessageSignalUnit = 3 "message_signal_unit",
    }
    // ITU-T Q.704 §14.2.1
    Mtp3 {
        Mtp3Sccp = 3 "sccp",
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
        ExtendedUnitdata = 0x11 "extended_unitdata",
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
    // 3GPP TS 48.016 Table 10.3.7.1
    Ns {
        NsUnitdata = 0x00 "ns_unitdata",
        NsReset = 0x02 "ns_reset",
        NsResetAck = 0x03 "ns_reset_ack",
        NsUnblock = 0x06 "ns_unblock",
        NsUnblockAck = 0x07 "ns_unblock_ack",
        NsAlive = 0x0a "ns_alive",
        NsAliveAck = 0x0b "ns_alive_ack",
        SnsConfig = 0x0f "sns_config",
        SnsConfigAck = 0x10 "sns_config_ack",
        SnsSize = 0x12 "sns_size",
        SnsSizeAck = 0x13 "sns_size_ack",
    }
    // 3GPP TS 48.018 Table 11.3.26
    Bssgp {
        DlUnitdata = 0x00 "dl_unitdata",
        UlUnitdata = 0x01 "ul_unitdata",
        RaCapability = 0x02 "ra_capability",
        PagingPs = 0x06 "paging_ps",
        PagingCs = 0x07 "paging_cs",
        RaCapabilityUpdate = 0x08 "ra_capability_update",
        RaCapabilityUpdateAck = 0x09 "ra_capability_update_ack",
        RadioStatus = 0x0a "radio_status",
        Suspend = 0x0b "suspend",
        SuspendAck = 0x0c "suspend_ack",
        Resume = 0x0e "resume",
        ResumeAck = 0x0f "resume_ack",
        BvcReset = 0x22 "bvc_reset",
        BvcResetAck = 0x23 "bvc_reset_ack",
        FlowControlBvc = 0x26 "flow_control_bvc",
        FlowControlBvcAck = 0x27 "flow_control_bvc_ack",
        FlowControlMs = 0x28 "flow_control_ms",
        FlowControlMsAck = 0x29 "flow_control_ms_ack",
        FlushLl = 0x2a "flush_ll",
        FlushLlAck = 0x2b "flush_ll_ack",
        LlcDiscarded = 0x2c "llc_discarded",
    }
    // 3GPP TS 44.064 §6.3: the bits of the control field that tell
    Llc {
        LlcI = 0x00 "i_rr",
        LlcRr = 0x80 "rr",
        LlcUi = 0xc0 "ui",
        LlcNull = 0xe0 "null",
        LlcUa = 0xe6 "ua",
        LlcSabm = 0xe7 "sabm",
        LlcXid = 0xeb "xid",
    }
    // 3GPP TS 24.008 Table 10.4
    Gmm {
        AttachRequest = 0x01 "attach_request",
        AttachAccept = 0x02 "attach_accept",
        AttachComplete = 0x03 "attach_complete",
        AttachReject = 0x04 "attach_reject",
        DetachRequest = 0x05 "detach_request",
        DetachAccept = 0x06 "detach_accept",
        RoutingAreaUpdateRequest = 0x08 "routing_area_update_request",
        RoutingAreaUpdateAccept = 0x09 "routing_area_update_accept",
        RoutingAreaUpdateComplete = 0x0a "routing_area_update_complete",
        RoutingAreaUpdateReject = 0x0b "routing_area_update_reject",
        PTmsiReallocationCommand = 0x10 "p_tmsi_reallocation_command",
        PTmsiReallocationComplete = 0x11 "p_tmsi_reallocation_complete",
        AuthenticationAndCipheringRequest = 0x12 "authentication_and_ciphering_request",
        AuthenticationAndCipheringResponse = 0x13 "authentication_and_ciphering_response",
        AuthenticationAndCipheringReject = 0x14 "authentication_and_ciphering_reject",
        GmmIdentityRequest = 0x15 "identity_request",
        GmmIdentityResponse = 0x16 "identity_response",
        GmmInformation = 0x21 "gmm_information",
    }
    // 3GPP TS 24.008 Table 10.4a
    Sm {
        ActivatePdpContextRequest = 0x41 "activate_pdp_context_request",
        ActivatePdpContextAccept = 0x42 "activate_pdp_context_accept",
        ActivatePdpContextReject = 0x43 "activate_pdp_context_reject",
        DeactivatePdpContextRequest = 0x46 "deactivate_pdp_context_request",
        DeactivatePdpContextAccept = 0x47 "deactivate_pdp_context_accept",
        ModifyPdpContextRequest = 0x48 "modify_pdp_context_request",
        ModifyPdpContextAccept = 0x49 "modify_pdp_context_accept",
    }
    // 3GPP TS 44.065 §7.2: the PDU type bit
    Sndcp {
        SnData = 0 "sn_data",
        SnUnitdata = 1 "sn_unitdata",
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
        self.of_protocol(Protocol::Sccp)
    }

    /// How many messages of a protocol there were. SCCP's and NS's are what "messages a second" counts.
    pub fn of_protocol(&self, protocol: Protocol) -> u64 {
        self.written().filter(|(message, _)| message.protocol() == protocol).map(|(_, count)| count).sum()
    }
}
