//! Mobile identity, 3GPP TS 24.008 §10.5.1.4.

use event::{Imei, Imsi, Tmsi};

use super::{Malformed, Reader, Value};

/// Who a mobile station says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MobileIdentity {
    /// No identity: an IDENTITY RESPONSE that has none to give, the filling of a PAGING REQUEST.
    Absent,
    /// IMSI.
    Imsi(Imsi),
    /// IMEI, or IMEISV where [`Imei::software`] is there.
    Imei(Imei),
    /// TMSI, P-TMSI or M-TMSI.
    Tmsi(Tmsi),
    /// A type of identity that names no subscriber (TMGI) or that the specification reserves.
    Other(u8),
}
