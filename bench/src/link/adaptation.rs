//! What stands between SCCP and what carries it: M3UA, M2UA, M2PA and SUA, or the multiplex of SCCPlite. Writes messages;
//! when they leave and in what packets is the carrier's.

use super::{Cargo, Nodes};
use crate::encode::m2pa::{self, Numbers, Status};
use crate::encode::sigtran::{self, Management, State};
use crate::encode::{Message, Octets, ipa, m2ua, m3ua, mtp3, sua};
use crate::script::Side;

/// The layers that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// MTP 3 user adaptation.
    M3ua,
    /// MTP 2 user adaptation.
    M2ua,
    /// MTP 2 peer-to-peer adaptation.
    M2pa,
    /// SCCP user adaptation.
    Sua,
    /// IP Access framing.
    Ipa,
}

/// One link's layer and its state.
#[derive(Debug)]
pub(super) struct Adaptation {
    layer: Layer,
    nodes: Nodes,
    context: u32,
    // M2PA: the numbers of the last message of the BSC and of the MSC, and those that they have acknowledged.
    sent: [u32; 2],
    acknowledged: [u32; 2],
}

/// What the sides say before there is traffic.
#[derive(Clone, Copy)]
enum Opening {
    AspUp,
    AspUpAck,
    Notify(State),
    AspActive,
    AspActiveAck,
    Establish,
    Established,
    Link(Status),
    IdentityRequest,
    IdentityResponse,
    IdentityAck,
}

// Each with whether the side that opens the association says it.
type Dialogue = &'static [(bool, Opening)];

// RFC 4666 §5.1.
const APPLICATION_SERVER: Dialogue = &[
    (true, Opening::AspUp),
    (false, Opening::AspUpAck),
    (false, Opening::Notify(State::Inactive)),
    (true, Opening::AspActive),
    (false, Opening::AspActiveAck),
    (false, Opening::Notify(State::Active)),
];
// RFC 3331 §5.
const SIGNALLING_TERMINAL: Dialogue = &[
    (true, Opening::AspUp),
    (false, Opening::AspUpAck),
    (true, Opening::AspActive),
    (false, Opening::AspActiveAck),
    (true, Opening::Establish),
    (false, Opening::Established),
];
// RFC 4165 §4.1.
const PEERS: Dialogue = &[
    (true, Opening::Link(Status::Alignment)),
    (false, Opening::Link(Status::Alignment)),
    (true, Opening::Link(Status::Proving)),
    (false, Opening::Link(Status::Proving)),
    (true, Opening::Link(Status::Ready)),
    (false, Opening::Link(Status::Ready)),
];
const UNIT: Dialogue =
    &[(false, Opening::IdentityRequest), (true, Opening::IdentityResponse), (false, Opening::IdentityAck)];

impl Adaptation {
    /// A layer between these nodes, which has said nothing yet.
    pub(super) fn new(layer: Layer, nodes: Nodes) -> Self {
        let [sent, acknowledged] = [[m2pa::LAST_NUMBER; 2]; 2];
        Self { layer, nodes, context: nodes.bss.value(), sent, acknowledged }
    }

    /// Its registered port, or the usual one.
    pub(super) fn port(&self) -> u16 {
        match self.layer {
            Layer::M3ua => 2905,
            Layer::M2ua => 2904,
            Layer::M2pa => 3565,
            Layer::Sua => 14_001,
            Layer::Ipa => 5000,
        }
    }

    /// Its payload protocol identifier (IANA).
    pub(super) fn protocol(&self) -> u32 {
        match self.layer {
            Layer::M2ua => 2,
            Layer::M3ua => 3,
            Layer::Sua => 4,
            Layer::M2pa => 5,
            Layer::Ipa => 0,
        }
    }

    /// On which of `count` streams a message goes: what must keep its order on one of its own, and on none the link's own.
    pub(super) fn stream(&self, link_selection: u8, count: usize) -> usize {
        match self.layer {
            Layer::M2pa => 1, // RFC 4165 §1.5
            _ => 1 + usize::from(link_selection) % (count - 1),
        }
    }

    /// Who speaks next before there is traffic, `step` counting from 0; `None` when all is said.
    pub(super) fn opener(&self, step: usize) -> Option<Side> {
        self.dialogue()
            .get(step)
            .map(|(opens, _)| if *opens { self.opening_side() } else { self.opening_side().other() })
    }

    /// Writes what is said in that step.
    pub(super) fn open(&self, o: &mut Octets, step: usize) {
        let Some((_, opening)) = self.dialogue().get(step) else { return };
        let (layer, context) = (self.management(), self.context);
        match opening {
            Opening::AspUp => sigtran::asp_up(o, layer, context),
            Opening::AspUpAck => sigtran::asp_up_ack(o, layer),
            Opening::Notify(state) => sigtran::notify(o, layer, *state, context),
            Opening::AspActive => sigtran::asp_active(o, layer, false, context),
            Opening::AspActiveAck => sigtran::asp_active(o, layer, true, context),
            Opening::Establish => m2ua::establish(o, context, false),
            Opening::Established => m2ua::establish(o, context, true),
            Opening::Link(status) => m2pa::link_status(o, *status),
            Opening::IdentityRequest => ipa::identity_request(o),
            Opening::IdentityResponse => ipa::identity_response(o, &format!("bsc-{context}")),
            Opening::IdentityAck => ipa::ccm(o, Message::IpaIdentityAck),
        }
    }

    /// Writes a message.
    pub(super) fn data(&mut self, o: &mut Octets, cargo: &Cargo<'_>) {
        let route = self.nodes.route(cargo);
        match self.layer {
            Layer::M3ua => m3ua::data(o, route, self.context, cargo.sccp),
            Layer::M2ua => m2ua::data(o, self.context, route, cargo.sccp),
            Layer::M2pa => {
                let numbers = self.number(cargo.side, 1);
                m2pa::user_data(o, numbers, |o| mtp3::sccp(o, route, cargo.sccp));
            }
            Layer::Sua => {
                let ends = self.nodes.ends(cargo.side);
                let sequence_control = u32::from(cargo.link_selection);
                sua::of_sccp(o, sua::Around { routing_context: self.context, ends, sequence_control }, cargo.sccp);
            }
            Layer::Ipa => ipa::sccp(o, cargo.sccp),
        }
    }

    /// Whether a message may wait for company: one of M2PA acknowledges what has come.
    pub(super) fn may_wait(&self) -> bool {
        self.layer != Layer::M2pa
    }

    /// Writes the acknowledgement that the layer owes besides its carrier's. False where it owes none.
    pub(super) fn acknowledge(&mut self, o: &mut Octets, side: Side) -> bool {
        let acknowledged = self.acknowledged;
        let numbers = self.number(side, 0);
        let owes = self.acknowledged != acknowledged;
        if owes {
            m2pa::acknowledgement(o, numbers);
        }
        owes
    }

    /// Writes a sign of life, or the answer to it, where the carrier has none of its own.
    pub(super) fn heartbeat(&self, o: &mut Octets, answer: bool) {
        match self.layer {
            Layer::Ipa => ipa::ccm(o, if answer { Message::IpaPong } else { Message::IpaPing }),
            _ => sigtran::heartbeat(o, self.management(), answer, self.context),
        }
    }

    fn dialogue(&self) -> Dialogue {
        match self.layer {
            Layer::M3ua | Layer::Sua => APPLICATION_SERVER,
            Layer::M2ua => SIGNALLING_TERMINAL,
            Layer::M2pa => PEERS,
            Layer::Ipa => UNIT,
        }
    }

    // A signalling terminal stands before the BSC, and the MSC uses it; else it is the BSC that registers.
    fn opening_side(&self) -> Side {
        if self.layer == Layer::M2ua { Side::Msc } else { Side::Bss }
    }

    fn management(&self) -> &'static Management {
        match self.layer {
            Layer::Sua => &sigtran::SUA,
            Layer::M2ua => &sigtran::M2UA,
            _ => &sigtran::M3UA,
        }
    }

    // The numbers of what a side sends: so many messages more. It has accepted all that the other has sent.
    fn number(&mut self, side: Side, messages: u32) -> Numbers {
        let ([bss, msc], [by_bss, by_msc]) = (&mut self.sent, &mut self.acknowledged);
        let (own, other, acknowledged) = if side == Side::Bss { (bss, msc, by_bss) } else { (msc, bss, by_msc) };
        *own = (*own + messages) & m2pa::LAST_NUMBER;
        *acknowledged = *other;
        Numbers { backward: *other, forward: *own }
    }
}
