//! Octets to messages: pure decoders, a file per specification, fields in the specification's order.
//!
//! No state, no I/O, no clock, no allocation. A decoder borrows from the frame and gives typed values that nobody
//! validates again. What cannot be read is a [`Malformed`], which names layer and element.

pub mod bssap;
pub mod bssgp;
pub mod bssmap;
pub mod cc;
pub mod dtap;
pub mod ether_type;
pub mod frame_relay;
pub mod g704;
pub mod gmm;
pub mod gre;
pub mod gsmtap;
pub mod hdlc;
pub mod ip;
pub mod ipa;
pub mod link;
pub mod llc;
pub mod m2pa;
pub mod m2ua;
pub mod m3ua;
pub mod mm;
pub mod mpls;
pub mod mtp2;
pub mod mtp3;
pub mod ns;
pub mod point_code;
pub mod ppp;
pub mod rr;
pub mod rtp;
pub mod sccp;
pub mod sctp;
pub mod sigtran;
pub mod sm;
pub mod sms;
pub mod sndcp;
pub mod ss;
pub mod sua;
pub mod tcp;
pub mod udp;
pub mod vxlan;

mod cell;
mod codes;
mod decoded;
mod element;
mod identity;
mod message;
mod number;
mod reader;
mod tlli;

pub use bssap::{Bssap, Dlci};
pub use bssgp::{Bssgp, BssgpPduType};
pub use bssmap::{Bssmap, BssmapMessageType};
pub use cc::{Cc, CcMessageType};
pub use cell::CellIdentifierList;
pub use decoded::Decoded;
pub use dtap::{Dtap, TransactionIdentifier};
pub use gmm::{Gmm, GmmMessageType};
pub use identity::MobileIdentity;
pub use link::LinkType;
pub use llc::{FrameCheck, Llc, LlcFrameType};
pub use message::{Message, Protocol, Value};
pub use mm::{Mm, MmMessageType};
pub use ns::{Ns, NsPduType};
pub use point_code::PointCodeFormat;
pub use reader::{Fault, Malformed, Reader};
pub use rr::{Rr, RrMessageType};
pub use sccp::{LocalReference, Sccp, SccpMessageType};
pub use sm::{Sm, SmMessageType};
pub use sndcp::{SnPduType, Sndcp};
pub use ss::{Ss, SsMessageType};
pub use tlli::{Tlli, TlliKind};
