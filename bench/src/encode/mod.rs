//! Encoders, a file per specification, written from the specifications: they share nothing with the probe's decoders,
//! so that the two can be checked against each other.

pub mod bssgp;
pub mod bssmap;
pub mod cc;
pub mod frame_relay;
pub mod gmm;
pub mod ip;
pub mod ipa;
pub mod llc;
pub mod m2pa;
pub mod m2ua;
pub mod m3ua;
pub mod message;
pub mod mm;
pub mod mtp3;
pub mod ns;
mod octets;
pub mod point_code;
pub mod rr;
pub mod sccp;
pub mod sctp;
pub mod sigtran;
pub mod sm;
pub mod sms;
pub mod sndcp;
pub mod ss;
pub mod sua;
pub mod user_packet;

pub use message::{Message, Protocol, Tally};
pub use octets::{Octets, digits};
pub use point_code::PointCode;
