//! What phones do with a context: pages of the web and of WAP asked for, and what comes back; data that the network pages
//! for; and cells entered in silence.

use event::{DomainName, Kind};

use super::PacketDialogue;
use crate::encode::ip::{ACK, PSH, SYN, Segment, Socket};
use crate::encode::llc::{self, Protection, Sapi};
use crate::encode::user_packet as user;
use crate::encode::{Octets, bssgp, sndcp};
use crate::script::{Side, StepId};
use crate::sgsn::PacketCore;

const HOSTS: &[(u32, &str)] = &[
    (30, "wap.monternet.com"),
    (22, "www.example.cn"),
    (16, "m.shop.example"),
    (12, "news.example.com"),
    (10, "www.bank.example"),
    (6, "a.very.long.name.of.a.host.within.bounds.example"),
    (4, "mail.example.org"),
];

/// How a page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Http,
    Tls,
    Proxy,
    Wsp,
    Wtp,
    Resolve,
}

const WAYS: &[(u32, Way)] =
    &[(25, Way::Http), (25, Way::Tls), (20, Way::Proxy), (10, Way::Wsp), (15, Way::Wtp), (5, Way::Resolve)];

const RESOLVER: [u8; 4] = [211, 136, 17, 107];
// Content of whatever kind comes from here.
const CONTENT: u16 = 40_001;
const PROXY: [u8; 4] = [10, 0, 0, 172];

impl PacketDialogue<'_> {
    /// A few pages, with the context that they need.
    pub(super) fn browse(&mut self) {
        if self.subscriber.packet.context.is_none() && !self.activate() {
            return;
        }
        for _ in 0..self.random.between(1, 3) {
            let host = self.random.weighted(HOSTS, "www.example.cn");
            let way = self.random.weighted(WAYS, Way::Http);
            self.visit(host, way);
            self.pause(1000, 20_000);
        }
        if self.chance(0.1) {
            self.modify();
        }
        if self.chance(0.6) {
            self.deactivate();
        }
    }

    fn visit(&mut self, text: &str, way: Way) {
        let Some(host) = DomainName::from_text(text.as_bytes()) else { return };
        let (id, random) = (self.random.bits() as u16, self.random.octets());
        let server = [203, 0, 113, text.len() as u8];
        if matches!(way, Way::Http | Way::Tls | Way::Resolve) {
            self.asks(host, |o, own| {
                user::datagram(o, own, Socket { address: RESOLVER, port: user::DNS }, |o| user::dns_query(o, id, text));
            });
            self.answered(RESOLVER, user::DNS, |o| user::dns_answer(o, id, text, server));
        }
        let [wsp, wtp] = user::WSP;
        match way {
            Way::Http => self.fetch(host, server, user::HTTP, |o| user::http_get(o, text)),
            Way::Tls => self.fetch(host, server, user::HTTPS, |o| user::client_hello(o, random, text)),
            Way::Proxy => self.fetch(host, PROXY, user::HTTP, |o| user::proxy_get(o, text)),
            Way::Wsp => self.asks(host, |o, own| {
                user::datagram(o, own, Socket { address: PROXY, port: wsp }, |o| user::wsp_get(o, id as u8, text));
            }),
            Way::Wtp => self.asks(host, |o, own| {
                user::datagram(o, own, Socket { address: PROXY, port: wtp }, |o| user::wtp_get(o, id, text));
            }),
            Way::Resolve => return,
        }
        for _ in 0..self.random.between(1, 2) {
            let length = self.random.between(40, 600) as usize;
            self.answered(PROXY, CONTENT, |o| (0..length).for_each(|index| o.u8(index as u8)));
        }
    }

    // A TCP connection with the request in its first segment of data.
    fn fetch(&mut self, host: DomainName, server: [u8; 4], port: u16, request: impl FnOnce(&mut Octets)) {
        let (sequence, to) = (self.random.bits() as u32, Socket { address: server, port });
        let begin = |own| Segment { from: own, to, sequence, acknowledged: 0, control: SYN };
        self.packet_up(|o, own| user::segment(o, begin(own), |_| {}));
        let goes_on =
            |own| Segment { from: own, to, sequence: sequence.wrapping_add(1), acknowledged: 1, control: ACK | PSH };
        self.asks(host, |o, own| user::segment(o, goes_on(own), request));
    }

    // A packet that names a host: told, if all of it is seen.
    fn asks(&mut self, host: DomainName, write: impl FnOnce(&mut Octets, Socket)) {
        let steps = self.packet_up(write);
        if let Some(last) = steps.last() {
            self.happened(*last, Kind::WebVisit { host }, &steps.iter().map(|said| said.step).collect::<Vec<_>>());
        }
    }

    fn packet_up(&mut self, write: impl FnOnce(&mut Octets, Socket)) -> Vec<super::Said> {
        let address = self.subscriber.packet.context.as_ref().map_or([0; 4], |context| context.address);
        let own = Socket { address, port: self.random.between(1024, 60_000) as u16 };
        write(&mut self.packet, own);
        self.pause(100, 500);
        self.segments(Side::Bss)
    }

    fn answered(&mut self, from: [u8; 4], port: u16, payload: impl FnOnce(&mut Octets)) {
        let address = self.subscriber.packet.context.as_ref().map_or([0; 4], |context| context.address);
        user::datagram(&mut self.packet, Socket { address: from, port }, Socket { address, port: 40_000 }, payload);
        self.pause(200, 900);
        self.segments(Side::Msc);
    }

    // The user packet that was put together, in as many frames as it takes.
    fn segments(&mut self, side: Side) -> Vec<super::Said> {
        let number = self.subscriber.packet.next_n_pdu(side);
        let Some(context) = &self.subscriber.packet.context else { return Vec::new() };
        let (nsapi, longest, protected) = (context.nsapi, context.longest_segment, context.protected);
        let acknowledged = context.acknowledged.is_some();
        let packet = std::mem::take(&mut self.packet);
        let mut steps = Vec::new();
        for segment in sndcp::segments(nsapi, number, packet.as_slice(), longest) {
            self.pause(15, 60);
            steps.push(match acknowledged {
                true => self.acknowledged_frame(side, &segment),
                false => {
                    let protection = match (self.subscriber.packet.ciphered, protected) {
                        (true, _) => Protection::Ciphered,
                        (false, true) => Protection::Checked,
                        (false, false) => Protection::HeaderChecked,
                    };
                    self.ui(side, Sapi::Ll3, protection, |o| sndcp::unitdata(o, &segment))
                }
            });
        }
        self.packet = packet;
        if acknowledged {
            self.acknowledge(side.other());
        }
        steps
    }

    fn acknowledged_frame(&mut self, side: Side, segment: &sndcp::Segment<'_>) -> super::Said {
        let ciphered = self.subscriber.packet.ciphered;
        let (own, other) = self.sent(side);
        let random = ciphered.then_some(&mut *self.random);
        llc::i(&mut self.frame, side, Sapi::Ll3, (own, other), random, |o| sndcp::data(o, segment));
        if let Some(sent) = self.subscriber.packet.context.as_mut().and_then(|context| context.acknowledged.as_mut()) {
            let [mobile, network] = sent;
            let next = if side == Side::Bss { mobile } else { network };
            *next = (*next + 1) % 512;
        }
        super::Said { step: self.transmit(side), readable: !ciphered }
    }

    fn acknowledge(&mut self, side: Side) {
        self.pause(40, 200);
        let (_, awaited) = self.sent(side);
        llc::receive_ready(&mut self.frame, side, Sapi::Ll3, awaited);
        self.transmit(side);
    }

    // V(S) of a side and of the other one.
    fn sent(&self, side: Side) -> (u16, u16) {
        let context = self.subscriber.packet.context.as_ref();
        let [mobile, network] = context.and_then(|context| context.acknowledged).unwrap_or_default();
        if side == Side::Bss { (mobile, network) } else { (network, mobile) }
    }

    /// The network has data for a phone that is silent: it pages, the phone answers with any frame.
    pub(super) fn receive(&mut self) {
        let page = self.page();
        self.pause(300, 2000);
        self.imsi_shown(page);
        self.enter_cell();
        if self.subscriber.packet.context.is_some() {
            self.answered(PROXY, CONTENT, |o| o.bytes(&[0x55; 90]));
        }
        if self.chance(0.05) {
            self.discard();
        }
    }

    /// A frame that says nothing but where the phone is.
    pub(super) fn enter_cell(&mut self) -> StepId {
        self.pause(50, 300);
        llc::null(&mut self.frame, Side::Bss);
        self.transmit(Side::Bss)
    }

    fn page(&mut self) -> StepId {
        let (imsi, p_tmsi) = (self.subscriber.imsi, self.subscriber.packet.p_tmsi);
        let area = PacketCore::routing_area(self.site);
        self.pdu(Side::Msc, bssgp::SIGNALLING, |o| bssgp::paging_ps(o, imsi, area, p_tmsi))
    }

    // Frames ran out of time in the BSS, which also lost the phone for a while.
    fn discard(&mut self) {
        let (tlli, bvci) = (self.subscriber.packet.tlli, self.site.bvci);
        self.pause(500, 3000);
        self.pdu(Side::Bss, bvci, |o| bssgp::radio_status(o, tlli));
        self.pause(500, 3000);
        self.pdu(Side::Bss, bssgp::SIGNALLING, |o| bssgp::llc_discarded(o, tlli, bvci, 2));
    }

    /// What waits for the phone in a cell of its BSS follows it to the next one.
    pub(super) fn flush(&mut self, old_bvci: u16) {
        let (tlli, new) = (self.subscriber.packet.tlli, self.site.bvci);
        self.pause(2, 10);
        self.pdu(Side::Msc, bssgp::SIGNALLING, |o| bssgp::flush_ll(o, tlli, old_bvci, new));
        self.pause(2, 10);
        self.pdu(Side::Bss, bssgp::SIGNALLING, |o| bssgp::flush_ll_ack(o, tlli, new));
    }
}
