//! Status of CMPP_CONNECT_RESP and Result of CMPP_SUBMIT_RESP (§8.4.1.2, §8.4.3.2), and what they mean for us.

use std::fmt;

use super::super::centre::Verdict;

/// A status or result. Vendors use what the specification leaves free; it is kept and shown as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Status(pub(super) u32);

impl Status {
    pub(super) const OK: Self = Self(0);
    pub(super) const STRUCTURE: Self = Self(1);
    const FLOW_CONTROL: Self = Self(8);

    /// What the answer to a CMPP_SUBMIT asks of the sender.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::OK => Verdict::Taken,
            Self::FLOW_CONTROL => Verdict::Slower,
            _ => Verdict::Refused,
        }
    }

    /// As Result of CMPP_SUBMIT_RESP.
    pub(super) fn name(self) -> Option<&'static str> {
        RESULTS.get(self.0 as usize).copied()
    }

    /// As Status of CMPP_CONNECT_RESP, for people.
    pub(super) fn of_connect(self) -> String {
        let meaning = match self.0 {
            1 => "wrong structure",
            2 => "unknown Source_Addr",
            3 => "authentication failed",
            4 => "version too high",
            _ => "another error",
        };
        format!("status {} ({meaning})", self.0)
    }

    /// What to check where CMPP_CONNECT was refused.
    pub(super) fn advice(self) -> &'static str {
        match self.0 {
            1 | 4 => "try `version=2.0` in the URL, or ask the gateway's operator which version it speaks",
            2 => "it does not know this sp_id, or not from this address: check the part of the URL before `:` and `@`",
            3 => "the secret is wrong: check it in the URL, or in `TOUCHPOINT_CMPP_SECRET`",
            _ => "ask the gateway's operator",
        }
    }
}

/// `flow control (Result 8)`
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (Result {})", self.0),
            None => write!(f, "Result {}", self.0),
        }
    }
}

/// §8.4.3.2, in the order of the codes.
const RESULTS: [&str; 14] = [
    "ok",
    "wrong structure",
    "wrong command",
    "sequence number repeated",
    "wrong length",
    "wrong FeeCode",
    "text too long",
    "wrong Service_Id",
    "flow control",
    "not served by this gateway",
    "wrong Src_Id",
    "wrong Msg_src",
    "wrong Fee_terminal_Id",
    "wrong Dest_terminal_Id",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_named_and_judged() {
        let check = |code, shown: &str, verdict| {
            assert_eq!(Status(code).to_string(), shown);
            assert_eq!(Status(code).verdict(), verdict, "{shown}");
        };
        check(0, "ok (Result 0)", Verdict::Taken);
        check(8, "flow control (Result 8)", Verdict::Slower);
        check(13, "wrong Dest_terminal_Id (Result 13)", Verdict::Refused);
        check(101, "Result 101", Verdict::Refused);
    }
}
