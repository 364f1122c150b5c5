//! BSS management application part, 3GPP TS 48.008 §3.2. Formats of elements are a table ([`element`]).

mod element;
mod message_type;

pub use message_type::BssmapMessageType;

use event::{CellId, Imsi, Lai, Tmsi};

use super::cell::CellIdentifierList;
use super::{Malformed, Message, MobileIdentity, Protocol, Reader, Value};

/// A BSSMAP message: its type and those of its elements that bear on who, where and what becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bssmap<'a> {
    /// Message type.
    pub message_type: BssmapMessageType,
    /// Circuit identity code, §3.2.2.2: absent over IP.
    pub circuit: Option<u16>,
    /// Cause, §3.2.2.5: 0 to 127, or of two octets where the first has its high bit set.
    pub cause: Option<u16>,
    /// Cell identifier, §3.2.2.17: the serving one.
    pub cell: Option<CellId>,
    /// The second cell identifier of HANDOVER REQUEST: the target.
    pub target_cell: Option<CellId>,
    /// Cell identifier list, §3.2.2.27: where to page, where to hand over to.
    pub cells: Option<CellIdentifierList<'a>>,
    /// IMSI, §3.2.2.6.
    pub imsi: Option<Imsi>,
    /// TMSI, §3.2.2.7.
    pub tmsi: Option<Tmsi>,
    /// Mobile identity (§3.2.2.41) or IMEI (§3.2.2.86).
    pub mobile_identity: Option<MobileIdentity>,
    /// Old LAI, §3.2.2.123.
    pub old_lai: Option<Lai>,
    /// Layer 3 information, §3.2.2.24: for [`super::dtap::read`].
    pub layer_3_information: Option<&'a [u8]>,
    /// Layer 3 message contents, §3.2.2.35: as above, of CIPHER MODE COMPLETE.
    pub layer_3_message_contents: Option<&'a [u8]>,
    /// Chosen encryption algorithm, §3.2.2.44: 1 none, 2 A5/1 and so on.
    pub chosen_encryption_algorithm: Option<u8>,
    /// RR cause, §3.2.2.22.
    pub rr_cause: Option<u8>,
    /// Data link connection identifier, §3.2.2.25.
    pub dlci: Option<u8>,
}
