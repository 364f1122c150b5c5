//! SMPP 3.4 and 5.0 as an ESME: what is said to a message centre, and what its answers mean.
//!
//! `config` reads the URL, `pdu` and `status` are the octets, `delivery` what a `deliver_sm` is.

mod config;
mod delivery;
mod pdu;
mod status;

use bytes::BytesMut;
use event::Number;

pub(super) use self::config::PARAMETERS;
pub use self::config::{DEFAULT_PORT, Long, Mode, PASSWORD_VARIABLE, SmppConfig};
use self::pdu::{Bind, DeliverSm, Pdu, SubmitSm, command};
use self::status::{Status, advice};
use super::Taken;
use super::centre::{
    Address, Alphabet, Answer, Broken, CentreError, Coding, Dialect, Habits, Heard, Message, Part, Role, Verdict,
    Wanted,
};

impl Dialect for SmppConfig {
    const NAME: &'static str = "smpp";
    type Pdu = Pdu;

    fn habits(&self) -> &Habits {
        &self.habits
    }

    fn centre(&self) -> String {
        self.centre()
    }

    fn roles(&self) -> Vec<Role> {
        self.roles()
    }

    fn has_receipts(&self) -> bool {
        self.registered_delivery() != 0
    }

    fn wanted(&self) -> Wanted {
        let alphabet = if self.always_ucs2 { Alphabet::Ucs2 } else { Alphabet::Default };
        Wanted { alphabet, whole: self.concatenation == Long::Payload }
    }

    fn source(&self, from: Option<&str>) -> Option<Address> {
        self.source(from)
    }

    fn cut(inbound: &mut BytesMut) -> Result<Option<Pdu>, u32> {
        Pdu::cut(inbound)
    }

    fn greet(&mut self, role: Role, sequence: u32, out: &mut BytesMut) {
        let bind = Bind {
            command: bind_command(role),
            system_id: &self.system_id,
            password: &self.password,
            system_type: &self.system_type,
            interface_version: self.interface_version,
        };
        bind.write(sequence, out);
    }

    fn greeted(&self, pdu: &Pdu, sequence: u32, out: &mut BytesMut) -> Option<Result<(), CentreError>> {
        const BINDS: [u32; 3] = [command::BIND_RECEIVER, command::BIND_TRANSMITTER, command::BIND_TRANSCEIVER];
        let is_answer = match pdu.command {
            command::GENERIC_NACK => true,
            // §3.3: some answer a bind of another version with a response of another kind.
            answer if answer & command::RESPONSE != 0 => {
                pdu.sequence == sequence || BINDS.contains(&(answer & !command::RESPONSE))
            }
            _ => false,
        };
        if pdu.command == command::ENQUIRE_LINK {
            respond(pdu, out);
        }
        is_answer.then(|| match pdu.status {
            Status::OK => Ok(()),
            status => {
                Err(CentreError::Refused { centre: self.centre(), status: status.to_string(), advice: advice(status) })
            }
        })
    }

    fn submit(&self, sequence: u32, message: &Message, part: Part<'_>, out: &mut BytesMut) {
        let submit = SubmitSm {
            service_type: &self.service_type,
            source: &message.source,
            destination: &self.destination(message.to),
            priority_flag: self.priority,
            validity_s: message.validity_s,
            registered_delivery: self.registered_delivery(),
            data_coding: data_coding(message.short.coding()),
            concatenation: self.concatenation,
            part,
        };
        submit.write(sequence, out);
    }

    fn enquire(&self, sequence: u32, out: &mut BytesMut) {
        pdu::write_bare(out, command::ENQUIRE_LINK, Status::OK, sequence);
    }

    fn leave(&self, sequence: u32, out: &mut BytesMut) {
        pdu::write_bare(out, command::UNBIND, Status::OK, sequence);
    }

    fn query(&self, sequence: u32, taken: &Taken, out: &mut BytesMut) -> bool {
        let source = self.source(taken.from.as_deref());
        source.iter().for_each(|source| pdu::write_query(out, sequence, &taken.message_id, source));
        source.is_some()
    }

    fn cancel(&self, sequence: u32, taken: &Taken, out: &mut BytesMut) -> bool {
        let (source, to) = (self.source(taken.from.as_deref()), self.destination(taken.to));
        source.iter().for_each(|source| pdu::write_cancel(out, sequence, &taken.message_id, [source, &to]));
        source.is_some()
    }

    fn hear(&self, pdu: Pdu, out: &mut BytesMut) -> Heard {
        const CANCEL_SM_RESP: u32 = command::CANCEL_SM | command::RESPONSE;
        const SUBMIT_SM_RESP: u32 = command::SUBMIT_SM | command::RESPONSE;
        const QUERY_SM_RESP: u32 = command::QUERY_SM | command::RESPONSE;
        const UNBIND_RESP: u32 = command::UNBIND | command::RESPONSE;
        match pdu.command {
            SUBMIT_SM_RESP | command::GENERIC_NACK => return Heard::Answered(answer(&pdu)),
            command::DELIVER_SM => {
                pdu::write_delivered(out, pdu.command, pdu.sequence);
                return Heard::Delivered(delivery::read(&DeliverSm::read(&pdu.body)));
            }
            // Nobody expects data here, but an unanswered request would block their window.
            command::DATA_SM => pdu::write_delivered(out, pdu.command, pdu.sequence),
            command::ENQUIRE_LINK => respond(&pdu, out),
            command::UNBIND => {
                respond(&pdu, out);
                return Heard::Ended(Broken::Unbound);
            }
            QUERY_SM_RESP => {
                let state = pdu::message_state(&pdu.body).filter(|_| pdu.status == Status::OK);
                let state = state.and_then(delivery::state_of_code);
                return Heard::Told { sequence: pdu.sequence, state };
            }
            CANCEL_SM_RESP => {
                return Heard::Cancelled { sequence: pdu.sequence, is_done: pdu.status == Status::OK };
            }
            UNBIND_RESP => return Heard::Farewell,
            command::ALERT_NOTIFICATION => {} // §4.12.1: has no response
            response if response & command::RESPONSE != 0 => {}
            _ => {
                pdu::write_bare(out, command::GENERIC_NACK, Status::INVALID_COMMAND_ID, pdu.sequence);
                return Heard::Odd("unknown_pdus");
            }
        }
        Heard::Nothing
    }
}

impl SmppConfig {
    /// The subscriber's address: international with `+`, else as the message centre's operator wants it.
    fn destination(&self, number: Number) -> Address {
        let ton = if number.is_international() { 1 } else { self.dest_ton };
        Address { ton, npi: self.dest_npi, digits: number.without_first(0, false).to_string() }
    }
}

fn bind_command(role: Role) -> u32 {
    match role {
        Role::Both => command::BIND_TRANSCEIVER,
        Role::Sender => command::BIND_TRANSMITTER,
        Role::Receiver => command::BIND_RECEIVER,
    }
}

/// Answers a request with nothing but a status.
fn respond(request: &Pdu, out: &mut BytesMut) {
    pdu::write_bare(out, request.command | command::RESPONSE, Status::OK, request.sequence);
}

fn answer(pdu: &Pdu) -> Answer {
    // A generic_nack that says "success" still took nothing; §4.3.1.
    let status = match (pdu.command, pdu.status) {
        (command::GENERIC_NACK, Status::OK) => Status::INVALID_COMMAND_ID,
        (_, status) => status,
    };
    let verdict = status.verdict();
    let is_taken = verdict == Verdict::Taken;
    Answer {
        sequence: pdu.sequence,
        verdict,
        status: status.name().unwrap_or("other"),
        why: if is_taken { String::new() } else { format!("submit_sm refused: {status}") },
        name: pdu.message_id(),
        load: pdu.congestion_state(),
    }
}

/// §5.2.19.
fn data_coding(coding: Coding) -> u8 {
    match coding {
        Coding::Gsm7 => 0,
        Coding::Ascii => 1, // IA5
        Coding::Binary => 4,
        Coding::Ucs2 => 8,
    }
}
