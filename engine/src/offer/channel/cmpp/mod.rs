//! CMPP 2.0 and 3.0 (China Mobile Peer to Peer, V3.0.0 of 2003-06-30) as a service provider: what is said to a gateway
//! (ISMG), and what its answers mean.
//!
//! `config` reads the URL, `pdu` and `status` are the octets, `proof` who knows the secret, `report` what became of a message.

mod config;
mod pdu;
mod proof;
mod report;
mod status;

use std::time::SystemTime;

use bytes::BytesMut;
use event::{Number, Timestamp};

pub(super) use self::config::PARAMETERS;
pub use self::config::{CmppConfig, DEFAULT_PORT, PASSWORD_VARIABLE};
use self::pdu::{Connect, ConnectResp, Deliver, Pdu, Submit, SubmitResp, command};
use self::proof::Proof;
use self::status::Status;
use super::Taken;
use super::centre::{
    Address, Alphabet, Answer, Broken, CentreError, Dialect, Habits, Heard, Message, Part, Role, Verdict, Wanted,
};

impl Dialect for CmppConfig {
    const NAME: &'static str = "cmpp";
    type Pdu = Pdu;

    fn habits(&self) -> &Habits {
        &self.habits
    }

    fn centre(&self) -> String {
        format!("{}@{}:{}", self.source_addr, self.habits.host, self.habits.port)
    }

    fn roles(&self) -> Vec<Role> {
        vec![Role::Both; self.habits.binds]
    }

    fn has_receipts(&self) -> bool {
        self.registered_delivery
    }

    /// Msg_Fmt has no default alphabet of GSM: what is not ASCII goes as UCS-2.
    fn wanted(&self) -> Wanted {
        Wanted { alphabet: Alphabet::Ascii, whole: false }
    }

    fn source(&self, from: Option<&str>) -> Option<Address> {
        let digits = from.unwrap_or(&self.source);
        let is_number = digits.len() <= 21 && digits.bytes().all(|octet| octet.is_ascii_digit());
        is_number.then(|| Address { digits: digits.to_owned(), ..Address::default() })
    }

    fn cut(inbound: &mut BytesMut) -> Result<Option<Pdu>, u32> {
        Pdu::cut(inbound)
    }

    fn greet(&mut self, _: Role, sequence: u32, out: &mut BytesMut) {
        self.proof = Proof::new(&self.source_addr, &self.secret, now());
        let connect = Connect { source_addr: &self.source_addr, proof: &self.proof, version: self.version };
        connect.write(sequence, out);
    }

    fn greeted(&self, pdu: &Pdu, _: u32, out: &mut BytesMut) -> Option<Result<(), CentreError>> {
        if pdu.command == command::ACTIVE_TEST {
            pdu::write_active_test_resp(out, pdu.sequence);
        }
        if pdu.command != command::CONNECT | command::RESPONSE {
            return None;
        }
        let Some(answer) = ConnectResp::read(&pdu.body) else {
            let found = format!("its answer has {} octets", pdu.body.len());
            return Some(Err(CentreError::Foreign { centre: self.centre(), protocol: Self::NAME, found }));
        };
        let status = Status(answer.status);
        Some(match () {
            () if status != Status::OK => Err(CentreError::Refused {
                centre: self.centre(),
                status: status.of_connect(),
                advice: status.advice(),
            }),
            () if !self.proof.is_answered_by(&self.secret, &answer) => {
                Err(CentreError::Impostor { centre: self.centre() })
            }
            () => Ok(()),
        })
    }

    fn submit(&self, sequence: u32, message: &Message, part: Part<'_>, out: &mut BytesMut) {
        let submit = Submit {
            version: self.version,
            part,
            coding: message.short.coding(),
            registered_delivery: self.registered_delivery,
            service_id: &self.service_id,
            fee_user_type: self.fee_user_type,
            fee_type: self.fee_type,
            fee_code: self.fee_code,
            msg_src: &self.source_addr,
            valid_time: &self.valid_time(message.validity_s, now()),
            src_id: &message.source.digits,
            destination: &self.destination(message.to),
        };
        submit.write(sequence, out);
    }

    fn enquire(&self, sequence: u32, out: &mut BytesMut) {
        pdu::write_bare(out, command::ACTIVE_TEST, sequence);
    }

    fn leave(&self, sequence: u32, out: &mut BytesMut) {
        pdu::write_bare(out, command::TERMINATE, sequence);
    }

    fn cancel(&self, sequence: u32, taken: &Taken, out: &mut BytesMut) -> bool {
        let msg_id = report::msg_id(&taken.message_id);
        msg_id.iter().for_each(|msg_id| pdu::write_cancel(out, sequence, *msg_id));
        msg_id.is_some()
    }

    fn hear(&self, pdu: Pdu, out: &mut BytesMut) -> Heard {
        const CANCEL_RESP: u32 = command::CANCEL | command::RESPONSE;
        const SUBMIT_RESP: u32 = command::SUBMIT | command::RESPONSE;
        const TERMINATE_RESP: u32 = command::TERMINATE | command::RESPONSE;
        match pdu.command {
            SUBMIT_RESP => Heard::Answered(answer(&pdu)),
            command::DELIVER => {
                let Some((version, deliver)) = Deliver::read(self.version, &pdu.body) else {
                    pdu::write_deliver_resp(out, self.version, pdu.sequence, 0, Status::STRUCTURE);
                    return Heard::Odd("unreadable_deliveries");
                };
                pdu::write_deliver_resp(out, version, pdu.sequence, deliver.msg_id, Status::OK);
                Heard::Delivered(report::read(&deliver))
            }
            command::ACTIVE_TEST => {
                pdu::write_active_test_resp(out, pdu.sequence);
                Heard::Nothing
            }
            command::TERMINATE => {
                pdu::write_bare(out, TERMINATE_RESP, pdu.sequence);
                Heard::Ended(Broken::Unbound)
            }
            CANCEL_RESP => Heard::Cancelled { sequence: pdu.sequence, is_done: pdu::is_cancelled(&pdu.body) },
            TERMINATE_RESP => Heard::Farewell,
            response if response & command::RESPONSE != 0 => Heard::Nothing,
            // No answer exists for what nobody knows.
            _ => Heard::Odd("unknown_pdus"),
        }
    }
}

impl CmppConfig {
    /// Gateways want numbers as they are dialled at home: without `+`, and without the country's code where that is told.
    fn destination(&self, number: Number) -> String {
        let digits = number.without_first(0, false).to_string();
        match digits.strip_prefix(&*self.country) {
            Some(national) if !self.country.is_empty() && number.is_international() => national.to_owned(),
            _ => digits,
        }
    }
}

fn answer(pdu: &Pdu) -> Answer {
    let SubmitResp { msg_id, result } = SubmitResp::read(&pdu.body);
    let status = Status(result);
    let verdict = status.verdict();
    let is_taken = verdict == Verdict::Taken;
    Answer {
        sequence: pdu.sequence,
        verdict,
        status: status.name().unwrap_or("other"),
        why: if is_taken { String::new() } else { format!("CMPP_SUBMIT refused: {status}") },
        name: if is_taken { report::name(msg_id) } else { String::new() },
        load: 0,
    }
}

#[expect(clippy::disallowed_methods, reason = "the protocol proves and ends by the clock on the wall")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(since.as_micros() as i64)
}
