//! What the octets of a record are: a frame as captured, or a message that is to be wrapped.

use probe::wire::LinkType;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A frame of a link type.
    Frame(LinkType),
    /// An SCCP message, over M3UA.
    Sccp,
    /// A message of a user of SCTP: M3UA, M2UA, M2PA, SUA.
    UserMessage,
    /// Octets of a TCP stream that carries IPA or M3UA, behind those before.
    Stream,
    /// A layer 3 message that opens a connection; from the network, what confirms one, with data if there is any.
    Connect,
    /// The end of a connection: RLSD from the network, RLC from the BSS.
    Release,
    /// A BSSMAP message in a connection.
    Bssmap,
    /// A layer 3 message in a connection.
    Dtap,
    /// A BSSMAP message outside of connections.
    Unitdata,
    /// An NS PDU.
    Ns,
    /// An LLC frame without its check, which is put right.
    Llc,
    /// A message of GMM or SM.
    Gmm,
    /// A message of SMS over GPRS.
    ShortMessage,
    /// An SN-PDU.
    Sndcp,
    /// What a phone sends in UDP.
    Datagram,
    /// What a phone sends in TCP.
    Segment,
}

impl Shape {
    const WRAPPED: [Self; 15] = [
        Self::Sccp,
        Self::UserMessage,
        Self::Stream,
        Self::Connect,
        Self::Release,
        Self::Bssmap,
        Self::Dtap,
        Self::Unitdata,
        Self::Ns,
        Self::Llc,
        Self::Gmm,
        Self::ShortMessage,
        Self::Sndcp,
        Self::Datagram,
        Self::Segment,
    ];

    /// How many there are.
    pub const COUNT: usize = Self::WRAPPED.len() + LinkType::KNOWN.len();

    /// The shape of a number: what is wrapped comes first, so that a new link type changes no number.
    pub fn of(number: u8) -> Self {
        let number = usize::from(number) % Self::COUNT;
        let frame = |number| LinkType::KNOWN.get(number).map(|(_, link, _)| Self::Frame(*link));
        Self::WRAPPED
            .get(number)
            .copied()
            .or_else(|| frame(number - Self::WRAPPED.len()))
            .unwrap_or(Self::Frame(LinkType::Raw))
    }

    /// The number of a shape.
    pub fn number(self) -> u8 {
        (0..Self::COUNT as u8).find(|number| Self::of(*number) == self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_number() {
        let ethernet = Shape::Frame(LinkType::Ethernet);
        for shape in Shape::WRAPPED.into_iter().chain([ethernet]) {
            assert_eq!(Shape::of(shape.number()), shape);
        }
    }
}
