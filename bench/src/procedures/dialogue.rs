//! One SCCP connection as a script in the making: who says what, with the pauses of a real network.

use std::time::Duration;

use event::{CellId, Imei, Kind, Number, Timestamp};

use super::Practice;
use crate::encode::mm::{IdentityType, MobileIdentity};
use crate::encode::sccp::{Ends, Reference};
use crate::encode::{Message, Octets, PointCode, bssgp, bssmap, mm, ns, rr, sccp};
use crate::network::{Line, Network, Site};
use crate::population::Subscriber;
use crate::random::Random;
use crate::script::{Binding, Fact, Presented, Script, Side, StepId};
use crate::sgsn::PacketCore;

/// One leg: a connection between a BSC and the MSC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub(super) site: Site,
    /// The MSC, by index.
    pub(super) msc_index: u32,
    point_code: PointCode,
    // The way to the MSC and the way back: link and signalling link selection.
    routes: [(u32, u8); 2],
    pub(super) bss: Reference,
    pub(super) msc: Reference,
}

/// The service access point of a DTAP message, 3GPP TS 48.006 §9.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sapi {
    /// Signalling.
    Signalling = 0,
    /// Short messages.
    ShortMessages = 3,
}

/// The most frames by which a TMSI is known before the MSC asks for the IMSI again: keeps the truth's lists short.
const PROOF_LIMIT: usize = 64;

/// A dialogue between one phone and the network.
pub struct Dialogue<'a> {
    pub(super) script: &'a mut Script,
    pub(super) network: &'a mut Network,
    pub(super) random: &'a mut Random,
    pub(super) practice: &'a Practice,
    pub(super) subscriber: &'a mut Subscriber,
    pub(super) at: Timestamp,
    pub(super) leg: Leg,
    // N(SD) of the phone's next MM, CC or SS message (3GPP TS 24.007 §11.2.3.2.3).
    send_sequence: u8,
    device_shown: Option<(Imei, StepId)>,
    // The reference of the suspension of packets.
    suspended: Option<u8>,
}

/// What a script is made of and for.
pub struct Parts<'a> {
    /// Where it is written: empty.
    pub script: &'a mut Script,
    /// The network.
    pub network: &'a mut Network,
    /// Chance.
    pub random: &'a mut Random,
    /// What the network is configured to do.
    pub practice: &'a Practice,
    /// Who.
    pub subscriber: &'a mut Subscriber,
}

impl<'a> Dialogue<'a> {
    /// A dialogue that begins at `at` in the subscriber's cell. Nothing has been said.
    pub fn new(parts: Parts<'a>, at: Timestamp) -> Self {
        let Parts { script, network, random, practice, subscriber } = parts;
        let leg = leg(subscriber.site, subscriber.msc, at, practice, network, random);
        Self {
            script,
            network,
            random,
            practice,
            subscriber,
            at,
            leg,
            send_sequence: 0,
            device_shown: None,
            suspended: None,
        }
    }

    /// The phone is now in this cell, before anything is said.
    pub(super) fn move_to(&mut self, site: u32) {
        self.subscriber.site = site;
        self.leg = self.leg_to(site);
    }

    /// Time passes.
    pub(super) fn pause(&mut self, least_ms: u64, most_ms: u64) {
        self.at = self.at + self.random.millis(least_ms, most_ms);
    }

    /// Time passes.
    pub(super) fn wait(&mut self, span: Duration) {
        self.at = self.at + span;
    }

    pub(super) fn cell(&self) -> CellId {
        self.leg.site.cell
    }

    /// A cell as BSC and MSC name it to each other.
    pub(super) fn named(&self, cell: CellId) -> CellId {
        if self.practice.short_cells { CellId { plmn: None, ..cell } } else { cell }
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.random.chance(probability)
    }

    /// An SCCP message on the current leg.
    pub(super) fn sccp(&mut self, side: Side, write: impl FnOnce(&mut Octets)) -> StepId {
        let [to_msc, to_bss] = self.leg.routes;
        let (link, selection) = if side == Side::Bss { to_msc } else { to_bss };
        self.script.step(self.at, link, side, selection, write)
    }

    fn data(&mut self, side: Side, write: impl FnOnce(&mut Octets)) -> StepId {
        let destination = match side {
            Side::Bss => self.leg.msc,
            Side::Msc => self.leg.bss,
        };
        self.sccp(side, |o| sccp::data_form_1(o, destination, write))
    }

    /// The BSC says something of its own.
    pub(super) fn bss(&mut self, message: impl FnOnce(&mut Octets)) -> StepId {
        self.pause(2, 12);
        self.data(Side::Bss, |o| bssmap::bssmap(o, message))
    }

    /// The MSC says something to the BSC.
    pub(super) fn msc(&mut self, message: impl FnOnce(&mut Octets)) -> StepId {
        self.pause(2, 20);
        self.data(Side::Msc, |o| bssmap::bssmap(o, message))
    }

    /// The phone says something to the network.
    pub(super) fn phone(&mut self, sapi: Sapi, message: impl FnOnce(&mut Octets)) -> StepId {
        const FACCH_OR_SDCCH: u8 = 0x80;
        self.pause(60, 320);
        let mut sequence = self.send_sequence;
        let step = self.data(Side::Bss, |o| {
            bssmap::dtap(o, FACCH_OR_SDCCH | sapi as u8, |o| numbered(o, &mut sequence, message));
        });
        self.send_sequence = sequence;
        step
    }

    /// The network says something to the phone.
    pub(super) fn network(&mut self, sapi: Sapi, message: impl FnOnce(&mut Octets)) -> StepId {
        self.pause(3, 25);
        self.data(Side::Msc, |o| bssmap::dtap(o, sapi as u8, message))
    }

    /// Reports a fact that this step proves.
    pub(super) fn happened(&mut self, step: StepId, kind: Kind) -> Fact {
        let mut fact = Fact::new(step, kind, self.cell());
        fact.device = self.device_shown;
        fact
    }

    /// Keeps a fact, with the steps that it depends on besides the opening and its own.
    pub(super) fn note(&mut self, fact: Fact, depends: &[StepId]) {
        let shown = self.device_shown.map(|(_, shown)| shown).filter(|shown| *shown <= fact.step);
        self.script.fact(fact, depends.iter().copied().chain(shown));
    }

    /// A fact without further dependencies.
    pub(super) fn noted(&mut self, step: StepId, kind: Kind) {
        let fact = self.happened(step, kind);
        self.note(fact, &[]);
    }

    /// How the phone names itself where it may use a TMSI.
    pub(super) fn identity(&self) -> MobileIdentity {
        self.subscriber.tmsi.map_or(MobileIdentity::Imsi(self.subscriber.imsi), MobileIdentity::Tmsi)
    }

    /// The number of the ciphering key that the phone holds.
    pub(super) fn key(&mut self) -> u8 {
        if self.subscriber.tmsi.is_some() { self.random.below(6) as u8 } else { mm::NO_KEY }
    }

    /// The phone opens a connection with its first message.
    pub(super) fn open(&mut self, identity: MobileIdentity, layer3: impl FnOnce(&mut Octets)) -> StepId {
        let (leg, cell) = (self.leg, self.named(self.cell()));
        let mut sequence = self.send_sequence;
        let ends = Ends { called: self.network.msc_point_code(leg.msc_index), calling: leg.point_code };
        self.connect(leg);
        let request = self.sccp(Side::Bss, |o| {
            sccp::connection_request(o, leg.bss, ends, |o| {
                bssmap::bssmap(o, |o| {
                    bssmap::complete_layer_3_information(o, cell, |o| numbered(o, &mut sequence, layer3));
                });
            });
        });
        self.send_sequence = sequence;
        self.pause(1, 6);
        let confirm = self.sccp(Side::Msc, |o| sccp::connection_confirm(o, leg.bss, leg.msc));
        self.script.opening.extend([request, confirm]);
        self.suspend_packets();
        match identity {
            MobileIdentity::Tmsi(tmsi) => self.script.presented = Presented::Tmsi(tmsi),
            MobileIdentity::Imsi(_) => self.imsi_shown(&[request]),
            MobileIdentity::Imei(device) | MobileIdentity::Imeisv(device) => {
                self.script.presented = Presented::Imei;
                // An IMEI, unlike an IMEISV, has no software version.
                self.device_shown(Imei::from_device(device.device()).unwrap_or(device), request);
            }
        }
        request
    }

    /// The network's questions before it serves: classmark, identity, authentication, ciphering, Common ID. True if the
    /// connection is ciphered, which stands for acceptance (3GPP TS 24.008 §4.5.1.1).
    pub(super) fn security(&mut self) -> bool {
        if self.random.chance(0.3) {
            self.pause(100, 250);
            self.bss(bssmap::classmark_update);
        }
        if self.chance(self.practice.authentication) {
            let (key, challenge, response) =
                (self.random.below(7) as u8, self.random.octets(), self.random.bits() as u32);
            self.network(Sapi::Signalling, |o| mm::authentication_request(o, key, challenge));
            self.phone(Sapi::Signalling, |o| mm::authentication_response(o, response));
        }
        let ciphered = self.chance(self.practice.ciphering);
        if ciphered {
            self.cipher();
        }
        if self.chance(self.practice.common_id) {
            let imsi = self.subscriber.imsi;
            let step = self.msc(|o| bssmap::common_id(o, imsi));
            self.imsi_shown(&[step]);
        }
        ciphered
    }

    fn imeisv_wanted(&mut self) -> bool {
        if self.practice.imeisv_on_attach_only && self.subscriber.attached {
            false
        } else {
            self.chance(self.practice.imeisv)
        }
    }

    fn cipher(&mut self) {
        let key = self.random.octets();
        let asked = self.imeisv_wanted();
        let device = self.subscriber.device;
        let command = self.msc(|o| bssmap::cipher_mode_command(o, key, asked));
        self.accepted(command);
        self.pause(100, 350);
        let shown = asked.then_some(MobileIdentity::Imeisv(device));
        let step = self.bss(|o| bssmap::cipher_mode_complete(o, |o| rr::ciphering_mode_complete(o, shown)));
        if asked {
            self.device_shown(device, step);
        }
    }

    /// The network asks who that is, or what device it is.
    pub(super) fn identify(&mut self, wanted: IdentityType) {
        let (imsi, device) = (self.subscriber.imsi, self.subscriber.device);
        let identity = match wanted {
            IdentityType::Imsi => MobileIdentity::Imsi(imsi),
            IdentityType::Imei => MobileIdentity::Imei(device),
            IdentityType::Imeisv => MobileIdentity::Imeisv(device),
        };
        self.network(Sapi::Signalling, |o| mm::identity_request(o, wanted));
        let step = self.phone(Sapi::Signalling, |o| mm::identity_response(o, identity));
        match wanted {
            IdentityType::Imsi => self.imsi_shown(&[step]),
            IdentityType::Imei | IdentityType::Imeisv => self.device_shown(device, step),
        }
    }

    /// Whether the network asks for the IMSI: it does not know the TMSI, or wants to be sure again.
    pub(super) fn identity_wanted(&mut self) -> bool {
        let presented_tmsi = matches!(self.script.presented, Presented::Tmsi(_));
        let stale = self.subscriber.proof.as_ref().is_some_and(|proof| proof.len() > PROOF_LIMIT);
        presented_tmsi && (!self.subscriber.known_to_vlr || stale || self.random.chance(self.practice.identity))
    }

    // Shown again in the same connection it is no news.
    fn device_shown(&mut self, device: Imei, step: StepId) {
        if self.device_shown.is_none() {
            self.device_shown = Some((device, step));
            self.noted(step, Kind::ImeiSeen);
        }
    }

    /// These steps together show the IMSI.
    pub(super) fn imsi_shown(&mut self, steps: &[StepId]) {
        if self.script.imsi_shown.is_empty() {
            self.script.imsi_shown.extend_from_slice(steps);
        }
    }

    /// With this step the network goes on with the phone.
    pub(super) fn accepted(&mut self, step: StepId) {
        self.script.accepted.get_or_insert(step);
    }

    /// The MSC pages the phone in its location area.
    pub(super) fn page(&mut self) -> StepId {
        if self.subscriber.packet.attached && self.subscriber.packet.combined {
            return self.page_by_packets();
        }
        let (imsi, tmsi, area) = (self.subscriber.imsi, self.subscriber.tmsi, self.leg.site.area);
        let leg = self.leg;
        let ends = self.ends_towards(leg);
        let (link, selection) = self.network.route(leg.site.bsc, leg.msc_index, self.random);
        self.script.step(self.at, link, Side::Msc, selection, |o| {
            sccp::unitdata(o, ends, |o| bssmap::bssmap(o, |o| bssmap::paging(o, imsi, tmsi, area)));
        })
    }

    // The MSC pages through the SGSN (3GPP TS 29.018 §7).
    fn page_by_packets(&mut self) -> StepId {
        let (imsi, tmsi, tlli) = (self.subscriber.imsi, self.subscriber.tmsi, self.subscriber.packet.tlli);
        let area = PacketCore::routing_area(self.leg.site);
        self.signal_packets(Side::Msc, |o| bssgp::paging_cs(o, imsi, area, tlli, tmsi))
    }

    // A BSSGP PDU of the phone's BSS or SGSN, which is of no cell.
    fn signal_packets(&mut self, side: Side, write: impl FnOnce(&mut Octets)) -> StepId {
        let route = self.network.packet.as_ref().map_or(0, |core| core.route(self.leg.site.bsc, 0));
        self.script.packet_step(self.at, route, side, |o| ns::unitdata(o, bssgp::SIGNALLING, write))
    }

    // A phone that cannot do both at once has its packets held back (3GPP TS 48.018 §7.4).
    fn suspend_packets(&mut self) {
        if !self.subscriber.packet.attached {
            return;
        }
        let (tlli, area) = (self.subscriber.packet.tlli, PacketCore::routing_area(self.leg.site));
        let reference = self.random.bits() as u8;
        self.pause(2, 10);
        self.signal_packets(Side::Bss, |o| bssgp::suspend(o, tlli, area));
        self.pause(2, 10);
        self.signal_packets(Side::Msc, |o| {
            bssgp::with_suspend_reference(o, Message::SuspendAck, tlli, area, reference);
        });
        self.suspended = Some(reference);
    }

    fn resume_packets(&mut self) {
        let Some(reference) = self.suspended.take() else { return };
        let (tlli, area) = (self.subscriber.packet.tlli, PacketCore::routing_area(self.leg.site));
        self.pause(2, 10);
        self.signal_packets(Side::Bss, |o| bssgp::with_suspend_reference(o, Message::Resume, tlli, area, reference));
        self.pause(2, 10);
        self.signal_packets(Side::Msc, |o| bssgp::resume_ack(o, tlli, area));
    }

    /// The phone is paged and answers.
    pub(super) fn answer_page(&mut self) {
        let page = self.page();
        self.pause(400, 2500);
        let (identity, key) = (self.identity(), self.key());
        let response = self.open(identity, |o| rr::paging_response(o, key, identity));
        self.imsi_shown(&[page]);
        self.noted(response, Kind::PagingResponse);
    }

    /// The network ends the connection.
    pub(super) fn clear(&mut self, cause: u8) {
        self.msc(|o| bssmap::clear_command(o, cause));
        self.bss(bssmap::clear_complete);
        self.release();
        self.resume_packets();
        self.subscriber.last_contact = self.at;
    }

    /// The MSC gives the SCCP connection back.
    pub(super) fn release(&mut self) {
        let leg = self.leg;
        self.pause(1, 8);
        self.sccp(Side::Msc, |o| sccp::released(o, leg.bss, leg.msc));
        self.pause(1, 8);
        if !self.practice_strikes(self.practice.unconfirmed_releases) {
            self.sccp(Side::Bss, |o| sccp::release_complete(o, leg.msc, leg.bss));
        }
        self.script.release(leg.site.bsc);
    }

    /// The connection of a leg is opened.
    pub(super) fn connect(&mut self, leg: Leg) {
        self.script.connect(Line { bsc: leg.site.bsc, msc: leg.msc_index, bss: leg.bss, at_msc: leg.msc });
    }

    // No draw where it never happens, so that captures without it stay what they are.
    fn practice_strikes(&mut self, share: f64) -> bool {
        share > 0.0 && self.chance(share)
    }

    /// A second leg to another cell, for a handover. Nothing is said on it yet.
    pub(super) fn leg_to(&mut self, site: u32) -> Leg {
        leg(site, self.subscriber.msc, self.at, self.practice, self.network, self.random)
    }

    /// The two ends of a connection that the MSC opens.
    pub(super) fn ends_towards(&self, leg: Leg) -> Ends {
        Ends { called: leg.point_code, calling: self.network.msc_point_code(leg.msc_index) }
    }

    /// The TMSI is new or has moved: these steps say so.
    pub(super) fn renewed(&mut self, steps: Vec<StepId>) {
        self.script.binding = Binding::Renewed(steps);
    }
}

/// A number as it stands on the wire beside the one it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signalled {
    pub(super) wire: Number,
    pub(super) meant: Number,
}

fn leg(
    site: u32,
    registered: u32,
    now: Timestamp,
    practice: &Practice,
    network: &mut Network,
    random: &mut Random,
) -> Leg {
    let site = network.site(site);
    let msc_index = network.msc_of(site.bsc, registered);
    let to_msc = network.route(site.bsc, msc_index, random);
    let to_bss = if practice.split_links { network.route(site.bsc, msc_index, random) } else { to_msc };
    let (bss, msc) = (network.bss_reference(site.bsc, now), network.msc_reference(msc_index, now));
    let point_code = network.point_code(site.bsc);
    Leg { site, msc_index, point_code, routes: [to_msc, to_bss], bss, msc }
}

// Writes a message of the phone; MM, CC and SS carry N(SD) in bit 7 of the message type, RR and SMS do not.
fn numbered(o: &mut Octets, sequence: &mut u8, message: impl FnOnce(&mut Octets)) {
    const CC_MM_SS: [u8; 3] = [0x3, 0x5, 0xb];
    let at = o.len();
    message(o);
    let discriminator = o.as_slice().get(at).map_or(0, |octet| octet & 15);
    if CC_MM_SS.contains(&discriminator) {
        o.set_bits(at + 1, *sequence << 6);
        *sequence ^= 1;
    }
}
