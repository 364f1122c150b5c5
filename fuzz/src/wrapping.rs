//! Around a message what carries it: right lengths, numbers that go on and checks that hold.

use bench::encode::bssgp::{self, Downlink, Uplink};
use bench::encode::bssmap::{bssmap, complete_layer_3_information, dtap};
use bench::encode::ip::{self, Socket};
use bench::encode::llc::{self, Protection, Sapi};
use bench::encode::mtp3::Route;
use bench::encode::sccp::{self, Ends, Reference};
use bench::encode::sctp::{self, Position};
use bench::encode::sndcp::{self, Segment};
use bench::encode::{Octets, PointCode, m3ua, ns, user_packet};
use bench::random::Random;
use bench::script::Side;
use event::{CellId, Lai, Plmn, Rai};
use probe::wire::LinkType;

use crate::input::Record;
use crate::shape::Shape;

/// Phones, each with a connection of its own.
const PHONES: usize = 8;
/// Of the BSS, and of the MSC and SGSN.
const POINT_CODES: [PointCode; 2] = [PointCode::Itu(1), PointCode::Itu(2)];
const ADDRESSES: [[u8; 4]; 2] = [[10, 0, 0, 1], [10, 0, 0, 2]];
/// Octets behind the end of a frame that was snapped.
const SNAPPED_OCTETS: u32 = 100;
/// What one octet of length can say, less what stands before the message.
const SCCP_DATA_OCTETS: usize = 200;

/// A frame, as a capture would hold it.
#[derive(Clone, Copy, Debug)]
pub struct Wrapped<'a> {
    /// What it begins with.
    pub link: LinkType,
    /// Its octets.
    pub octets: &'a [u8],
    /// Octets on the wire.
    pub original_length: u32,
    /// Which file it is of.
    pub file: u16,
}

/// The numbers of everything that counts what it sends.
#[derive(Debug)]
pub struct Wrapping {
    frame: Octets,
    message: Octets,
    inner: Octets,
    identification: u16,
    transmission: [u32; 2],
    stream: [u32; 2],
    logical_link: [[u16; PHONES]; 2],
    n_pdu: u16,
    random: Random,
}

/// Who a record is about, and who sent it: the record's lane.
#[derive(Clone, Copy)]
struct Lane(u8);

impl Lane {
    /// 0 from the phone, 1 to it.
    const fn direction(self) -> usize {
        (self.0 & 1) as usize
    }

    const fn side(self) -> Side {
        if self.direction() == 0 { Side::Bss } else { Side::Msc }
    }

    const fn phone(self) -> usize {
        (self.0 >> 1) as usize % PHONES
    }

    /// Another of whatever there are a few of: ports, areas, protocols, files.
    const fn variant(self) -> u8 {
        self.0 >> 4 & 7
    }

    const fn is_snapped(self) -> bool {
        self.0 & 0x80 != 0
    }

    fn cell(self) -> CellId {
        CellId { plmn: None, lac: Some(u16::from(self.variant() & 3)), ci: Some(self.phone() as u16) }
    }

    fn area(self) -> Rai {
        Rai { lai: Lai { plmn: Plmn::from_octets([0x64, 0xf0, 0x00]), lac: u16::from(self.variant() & 3) }, rac: 1 }
    }

    /// Local, or foreign.
    fn tlli(self) -> u32 {
        0xc000_0000_u32 >> (self.variant() & 1) | self.phone() as u32
    }

    fn ends(self) -> Ends {
        let [calling, called] = self.in_order(POINT_CODES);
        Ends { called, calling }
    }

    /// The local references of the sender and of the receiver.
    fn references(self) -> [Reference; 2] {
        self.in_order([0x100, 0x900].map(|first| Reference(first + self.phone() as u32)))
    }

    fn sockets(self, ports: [u16; 2]) -> [Socket; 2] {
        let [bss, network] = ADDRESSES;
        let [bss_port, network_port] = ports;
        self.in_order([Socket { address: bss, port: bss_port }, Socket { address: network, port: network_port }])
    }

    /// The sender's first.
    fn in_order<T>(self, [bss, network]: [T; 2]) -> [T; 2] {
        if self.direction() == 0 { [bss, network] } else { [network, bss] }
    }
}

impl Default for Wrapping {
    fn default() -> Self {
        Self {
            frame: Octets::default(),
            message: Octets::default(),
            inner: Octets::default(),
            identification: 0,
            transmission: [0; 2],
            stream: [0; 2],
            logical_link: [[0; PHONES]; 2],
            n_pdu: 0,
            random: Random::new(1),
        }
    }
}

impl Wrapping {
    /// The frame that carries the record.
    pub fn wrap<'a>(&'a mut self, record: &Record<'a>) -> Wrapped<'a> {
        let lane = Lane(record.lane);
        let (link, octets) = match record.shape() {
            Shape::Frame(link) => (link, record.octets),
            shape => {
                [&mut self.frame, &mut self.message, &mut self.inner].into_iter().for_each(Octets::clear);
                self.identification = self.identification.wrapping_add(1);
                self.carry(shape, lane, record.octets);
                (LinkType::Ethernet, self.frame.as_slice())
            }
        };
        let beyond = if lane.is_snapped() { SNAPPED_OCTETS } else { 0 };
        Wrapped { link, octets, original_length: octets.len() as u32 + beyond, file: u16::from(lane.variant()) }
    }

    fn carry(&mut self, shape: Shape, lane: Lane, octets: &[u8]) {
        match shape {
            Shape::Frame(_) => {}
            Shape::UserMessage => self.sctp(lane, u32::from(lane.variant()), octets),
            Shape::Stream => self.stream(lane, octets),
            Shape::Ns => self.ns(lane, octets),
            Shape::Llc => self.checked(lane, octets),
            Shape::Gmm => self.unacknowledged(lane, Sapi::Llgmm, octets),
            Shape::ShortMessage => self.unacknowledged(lane, Sapi::Llsms, octets),
            Shape::Sndcp => self.unacknowledged(lane, Sapi::Ll3, octets),
            Shape::Datagram => {
                const PORTS: [u16; 4] = [user_packet::DNS, user_packet::WSP[0], user_packet::WSP[1], 8000];
                let port = PORTS.get(usize::from(lane.variant() & 3)).copied().unwrap_or_default();
                let [from, to] = lane.sockets([40_000, port]);
                user_packet::datagram(&mut self.inner, from, to, |o| o.bytes(octets));
                self.user_packet(lane);
            }
            Shape::Segment => {
                let [from, to] = lane.sockets([40_000, user_packet::HTTP]);
                let segment = ip::Segment { from, to, sequence: 1, acknowledged: 1, control: ip::ACK };
                user_packet::segment(&mut self.inner, segment, |o| o.bytes(octets));
                self.user_packet(lane);
            }
            _ => {
                let mut message = std::mem::take(&mut self.message);
                sccp_message(&mut message, shape, lane, octets);
                self.sccp(lane, message.as_slice());
                self.message = message;
            }
        }
    }

    fn sccp(&mut self, lane: Lane, message: &[u8]) {
        const M3UA: u32 = 3;
        const CONTEXT: u32 = 1;
        let [originating, destination] = lane.in_order(POINT_CODES);
        let mut inner = std::mem::take(&mut self.inner);
        m3ua::data(
            &mut inner,
            Route { originating, destination, network_indicator: 2, link_selection: 0 },
            CONTEXT,
            message,
        );
        self.sctp(lane, M3UA, inner.as_slice());
        self.inner = inner;
    }

    fn sctp(&mut self, lane: Lane, protocol: u32, user_message: &[u8]) {
        const TAGS: [u32; 2] = [0xf000, 0xf001];
        let Some(next) = self.transmission.get_mut(lane.direction()) else { return };
        let tsn = std::mem::replace(next, next.wrapping_add(1));
        let [from, to] = lane.sockets([2905, 2905]);
        let [tag, _] = lane.in_order(TAGS);
        let position = Position { tsn, stream: 1, sequence: tsn as u16, begins: true, ends: true, protocol };
        sctp::begin(&mut self.frame, from, to, tag, self.identification);
        sctp::data(&mut self.frame, position, user_message);
        sctp::end(&mut self.frame);
    }

    fn stream(&mut self, lane: Lane, octets: &[u8]) {
        const PORTS: [u16; 2] = [5000, 2905];
        let port = PORTS.get(usize::from(lane.variant() & 1)).copied().unwrap_or_default();
        let [from, to] = lane.sockets([40_000, port]);
        let Some(next) = self.stream.get_mut(lane.direction()) else { return };
        let sequence = std::mem::replace(next, next.wrapping_add(octets.len() as u32));
        let segment = ip::Segment { from, to, sequence, acknowledged: 0, control: ip::PSH };
        ip::tcp(&mut self.frame, self.identification, segment, octets);
    }

    fn ns(&mut self, lane: Lane, pdu: &[u8]) {
        let [from, to] = lane.sockets([23_000, 23_000]);
        ip::udp(&mut self.frame, self.identification, from, to, |o| o.bytes(pdu));
    }

    /// An LLC frame that is whole, in UL-UNITDATA or DL-UNITDATA.
    fn bssgp(&mut self, lane: Lane, frame: &Octets) {
        let mut pdu = std::mem::take(&mut self.message);
        ns::unitdata(&mut pdu, 2 + u16::from(lane.variant()), |o| match lane.side() {
            Side::Bss => {
                let from = Uplink { tlli: lane.tlli(), area: lane.area(), cell: lane.cell(), packet_flow: None };
                bssgp::ul_unitdata(o, from, frame);
            }
            Side::Msc => bssgp::dl_unitdata(o, Downlink { tlli: lane.tlli(), old_tlli: None, imsi: None }, frame),
        });
        self.ns(lane, pdu.as_slice());
        self.message = pdu;
    }

    /// An LLC frame of any form, with the check over all of it.
    fn checked(&mut self, lane: Lane, octets: &[u8]) {
        let mut frame = Octets::default();
        frame.bytes(octets);
        frame.bytes(probe::wire::llc::frame_check(octets).to_le_bytes().get(..3).unwrap_or_default());
        self.bssgp(lane, &frame);
    }

    /// A UI frame with the number that follows.
    fn unacknowledged(&mut self, lane: Lane, sapi: Sapi, information: &[u8]) {
        const NUMBERS: u16 = 512;
        let numbers = self.logical_link.get_mut(lane.direction());
        let Some(number) = numbers.and_then(|numbers| numbers.get_mut(lane.phone())) else { return };
        *number = (*number + 1) % NUMBERS;
        let mut frame = Octets::default();
        llc::ui(&mut frame, lane.side(), sapi, *number, Protection::Checked, &mut self.random, |o| {
            o.bytes(information)
        });
        self.bssgp(lane, &frame);
    }

    /// The packet in `inner`, in one segment.
    fn user_packet(&mut self, lane: Lane) {
        self.n_pdu = self.n_pdu.wrapping_add(1);
        let mut pdu = Octets::default();
        let octets = self.inner.as_slice();
        sndcp::unitdata(&mut pdu, &Segment { nsapi: 5, number: self.n_pdu, index: 0, more: false, octets });
        self.unacknowledged(lane, Sapi::Ll3, pdu.as_slice());
    }
}

fn sccp_message(o: &mut Octets, shape: Shape, lane: Lane, octets: &[u8]) {
    let [here, there] = lane.references();
    let short = |o: &mut Octets| o.bytes(octets.get(..SCCP_DATA_OCTETS).unwrap_or(octets));
    match (shape, lane.side()) {
        (Shape::Connect, Side::Bss) => {
            let layer_3 = |o: &mut Octets| complete_layer_3_information(o, lane.cell(), short);
            sccp::connection_request(o, here, lane.ends(), |o| bssmap(o, layer_3));
        }
        (Shape::Connect, Side::Msc) if octets.is_empty() => sccp::connection_confirm(o, there, here),
        (Shape::Connect, Side::Msc) => sccp::connection_confirm_with_data(o, there, here, short),
        (Shape::Release, Side::Bss) => sccp::release_complete(o, there, here),
        (Shape::Release, Side::Msc) => sccp::released(o, there, here),
        (Shape::Bssmap, _) => sccp::data_form_1(o, there, |o| bssmap(o, short)),
        (Shape::Dtap, _) => {
            const SHORT_MESSAGES: u8 = 3; // SAPI, 3GPP TS 48.006 §9.3.2
            let dlci = if lane.variant() & 1 == 0 { 0 } else { SHORT_MESSAGES };
            sccp::data_form_1(o, there, |o| dtap(o, dlci, short));
        }
        (Shape::Unitdata, _) => sccp::unitdata(o, lane.ends(), |o| bssmap(o, short)),
        _ => o.bytes(octets),
    }
}
