//! `command_status`: the codes of SMPP 3.4 §5.1.3, by name, and what a refused `submit_sm` means for us.

use std::fmt;

use super::super::centre::Verdict;

/// A `command_status`. Codes that the specification does not name are kept and shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Status(pub(super) u32);

impl Status {
    pub(super) const OK: Self = Self(0x00);
    pub(super) const INVALID_COMMAND_ID: Self = Self(0x03);
    pub(super) const INVALID_BIND_STATUS: Self = Self(0x04);
    pub(super) const ALREADY_BOUND: Self = Self(0x05);
    pub(super) const BIND_FAILED: Self = Self(0x0d);
    pub(super) const INVALID_PASSWORD: Self = Self(0x0e);
    pub(super) const INVALID_SYSTEM_ID: Self = Self(0x0f);
    pub(super) const QUEUE_FULL: Self = Self(0x14);
    pub(super) const INVALID_SYSTEM_TYPE: Self = Self(0x53);
    pub(super) const THROTTLED: Self = Self(0x58);

    /// What the answer to a `submit_sm` asks of the sender.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::OK => Verdict::Taken,
            Self::THROTTLED | Self::QUEUE_FULL => Verdict::Slower,
            Self::INVALID_BIND_STATUS => Verdict::Unbound,
            _ => Verdict::Refused,
        }
    }

    /// The specification's name.
    pub(super) fn name(self) -> Option<&'static str> {
        NAMES.binary_search_by_key(&self.0, |(code, _)| *code).ok().and_then(|at| NAMES.get(at)).map(|(_, name)| *name)
    }
}

/// What to check where a bind was refused.
pub(super) fn advice(status: Status) -> &'static str {
    match status {
        Status::INVALID_PASSWORD => "the password is wrong: check it in the URL, or in `TOUCHPOINT_SMPP_PASSWORD`",
        Status::INVALID_SYSTEM_ID => "it does not know this system_id: check the part of the URL before `:` and `@`",
        Status::ALREADY_BOUND => "another program is bound with this system_id: stop it, or ask for one more session",
        Status::INVALID_SYSTEM_TYPE => "set `system_type=` in the URL to what the message centre's operator gave you",
        Status::BIND_FAILED => {
            "check system_id, password, `system_type=`, `mode=` and `version=` in the URL with the message centre's operator"
        }
        Status::THROTTLED | Status::QUEUE_FULL => "it is overloaded: try again later",
        _ => "ask the message centre's operator",
    }
}

/// `ESME_RINVDSTADR (0x0000000b)`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:08x})", self.0),
            None => write!(f, "status 0x{:08x}", self.0),
        }
    }
}

/// SMPP 3.4 Table 5-2, in the order of the codes.
const NAMES: &[(u32, &str)] = &[
    (0x00, "ESME_ROK"),
    (0x01, "ESME_RINVMSGLEN"),
    (0x02, "ESME_RINVCMDLEN"),
    (0x03, "ESME_RINVCMDID"),
    (0x04, "ESME_RINVBNDSTS"),
    (0x05, "ESME_RALYBND"),
    (0x06, "ESME_RINVPRTFLG"),
    (0x07, "ESME_RINVREGDLVFLG"),
    (0x08, "ESME_RSYSERR"),
    (0x0a, "ESME_RINVSRCADR"),
    (0x0b, "ESME_RINVDSTADR"),
    (0x0c, "ESME_RINVMSGID"),
    (0x0d, "ESME_RBINDFAIL"),
    (0x0e, "ESME_RINVPASWD"),
    (0x0f, "ESME_RINVSYSID"),
    (0x11, "ESME_RCANCELFAIL"),
    (0x13, "ESME_RREPLACEFAIL"),
    (0x14, "ESME_RMSGQFUL"),
    (0x15, "ESME_RINVSERTYP"),
    (0x33, "ESME_RINVNUMDESTS"),
    (0x34, "ESME_RINVDLNAME"),
    (0x40, "ESME_RINVDESTFLAG"),
    (0x42, "ESME_RINVSUBREP"),
    (0x43, "ESME_RINVESMCLASS"),
    (0x44, "ESME_RCNTSUBDL"),
    (0x45, "ESME_RSUBMITFAIL"),
    (0x48, "ESME_RINVSRCTON"),
    (0x49, "ESME_RINVSRCNPI"),
    (0x50, "ESME_RINVDSTTON"),
    (0x51, "ESME_RINVDSTNPI"),
    (0x53, "ESME_RINVSYSTYP"),
    (0x54, "ESME_RINVREPFLAG"),
    (0x55, "ESME_RINVNUMMSGS"),
    (0x58, "ESME_RTHROTTLED"),
    (0x61, "ESME_RINVSCHED"),
    (0x62, "ESME_RINVEXPIRY"),
    (0x63, "ESME_RINVDFTMSGID"),
    (0x64, "ESME_RX_T_APPN"),
    (0x65, "ESME_RX_P_APPN"),
    (0x66, "ESME_RX_R_APPN"),
    (0x67, "ESME_RQUERYFAIL"),
    (0xc0, "ESME_RINVOPTPARSTREAM"),
    (0xc1, "ESME_ROPTPARNOTALLWD"),
    (0xc2, "ESME_RINVPARLEN"),
    (0xc3, "ESME_RMISSINGOPTPARAM"),
    (0xc4, "ESME_RINVOPTPARAMVAL"),
    (0xfe, "ESME_RDELIVERYFAILURE"),
    (0xff, "ESME_RUNKNOWNERR"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_named_and_judged() {
        let check = |code, shown: &str, verdict| {
            assert_eq!(Status(code).to_string(), shown);
            assert_eq!(Status(code).verdict(), verdict, "{shown}");
        };
        check(0x00, "ESME_ROK (0x00000000)", Verdict::Taken);
        check(0x04, "ESME_RINVBNDSTS (0x00000004)", Verdict::Unbound);
        check(0x0b, "ESME_RINVDSTADR (0x0000000b)", Verdict::Refused);
        check(0x14, "ESME_RMSGQFUL (0x00000014)", Verdict::Slower);
        check(0x58, "ESME_RTHROTTLED (0x00000058)", Verdict::Slower);
        check(0x0400, "status 0x00000400", Verdict::Refused);
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(NAMES.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}
