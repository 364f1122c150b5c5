//! Stories: a subscriber's session message by message, built from octets, and the facts that are told of it.

mod call_stories;
mod connection_stories;
mod handover_stories;
mod identity_stories;
mod octets;
mod packet_octets;
mod packet_stories;
mod service_stories;

use event::{Answered, Event, Kind, Timestamp};

use super::{AInterface, NetworkSettings, NumberPlan};
use crate::counters::Counters;
use crate::track::transport::Carrier;
use crate::wire::PointCodeFormat;
use crate::{Provenance, Sink};

use octets as o;

/// The point codes of two BSCs and two MSCs.
const BSC: u32 = 1;
const OTHER_BSC: u32 = 3;
const MSC: u32 = 2;
const OTHER_MSC: u32 = 4;

/// Identities of the stories.
const ANNA: &str = "460001111111101";
const BORIS: &str = "460002222222202";

struct Told(Vec<Event>);

impl Sink for Told {
    fn event(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

/// What passes on the interface, in order, a second between messages unless told otherwise.
struct Story {
    interface: AInterface,
    told: Told,
    point_codes: PointCodeFormat,
    second: i64,
    frame: u64,
}

/// A connection by its nodes and references. Messages of either side name the other's reference.
#[derive(Clone, Copy)]
struct Line {
    bsc: u32,
    msc: u32,
    bsc_reference: u32,
    msc_reference: u32,
}

impl Line {
    fn new(number: u32) -> Self {
        Self { bsc: BSC, msc: MSC, bsc_reference: 0x100 + number, msc_reference: 0x900 + number }
    }

    fn of_msc(self, msc: u32) -> Self {
        Self { msc, ..self }
    }
}

impl Story {
    fn new() -> Self {
        Self::in_network(NetworkSettings::default())
    }

    fn in_network(network: NetworkSettings) -> Self {
        let interface = AInterface::new(NumberPlan::default(), network);
        Self { interface, told: Told(Vec::new()), point_codes: PointCodeFormat::default(), second: 0, frame: 0 }
    }

    fn message(&mut self, sender: u32, receiver: u32, octets: &[u8]) -> &mut Self {
        self.message_over(0, sender, receiver, octets)
    }

    /// A message over one of several TCP connections between the same nodes.
    fn message_over(&mut self, network: u32, sender: u32, receiver: u32, octets: &[u8]) -> &mut Self {
        self.second += 1;
        self.frame += 1;
        let from = Provenance { at: Timestamp::from_seconds(self.second), frame: self.frame, feed: 0 };
        let carrier = Carrier { from, network, nodes: 0, sender, receiver, point_codes: self.point_codes };
        self.interface.sccp(&carrier, octets, &mut self.told);
        self
    }

    fn wait(&mut self, seconds: i64) -> &mut Self {
        self.second += seconds;
        self.interface.tick(Timestamp::from_seconds(self.second), &mut self.told);
        self
    }

    /// The BSC opens a connection with this layer 3 message of a phone in cell `ci` of area 0x17.
    fn opens(&mut self, line: Line, ci: u16, layer_3: &[u8]) -> &mut Self {
        self.opens_in(line, o::cell(0x17, ci), layer_3)
    }

    fn opens_in(&mut self, line: Line, cell: Vec<u8>, layer_3: &[u8]) -> &mut Self {
        let request = o::cr(line.bsc_reference, &o::complete_layer_3(&cell, layer_3));
        self.message(line.bsc, line.msc, &request);
        self.message(line.msc, line.bsc, &o::cc(line.bsc_reference, line.msc_reference))
    }

    /// The phone sends.
    fn phone(&mut self, line: Line, layer_3: &[u8]) -> &mut Self {
        self.bss(line, &o::dtap(layer_3))
    }

    /// The network sends to the phone.
    fn network(&mut self, line: Line, layer_3: &[u8]) -> &mut Self {
        self.msc(line, &o::dtap(layer_3))
    }

    fn bss(&mut self, line: Line, bssap: &[u8]) -> &mut Self {
        self.message(line.bsc, line.msc, &o::dt1(line.msc_reference, bssap))
    }

    fn msc(&mut self, line: Line, bssap: &[u8]) -> &mut Self {
        self.message(line.msc, line.bsc, &o::dt1(line.bsc_reference, bssap))
    }

    fn paged(&mut self, imsi: &str, tmsi: u32) -> &mut Self {
        self.message(MSC, BSC, &o::udt(&o::paging(imsi, tmsi)))
    }

    fn closes(&mut self, line: Line) -> &mut Self {
        self.message(line.msc, line.bsc, &o::rlsd(line.bsc_reference, line.msc_reference));
        self.message(line.bsc, line.msc, &o::rlc(line.msc_reference, line.bsc_reference))
    }

    /// An accepted update of a phone that says its IMSI and gets this TMSI.
    fn registers(&mut self, number: u32, imsi: &str, tmsi: u32) -> &mut Self {
        let line = Line::new(number);
        self.opens(line, 7, &o::lu_request(0, o::NO_AREA, &o::imsi(imsi)))
            .network(line, &o::lu_accept(0x17, Some(&o::tmsi(tmsi))))
            .phone(line, &o::TMSI_REALLOCATION_COMPLETE)
            .closes(line)
    }

    fn counters(&self) -> Counters {
        self.interface.counters()
    }

    /// What was told since the last look.
    #[track_caller]
    fn tells(&mut self, expected: &[&str]) -> &mut Self {
        let told: Vec<_> = self.told.0.drain(..).map(|event| short(&event)).collect();
        assert_eq!(told, expected);
        self
    }

    #[track_caller]
    fn finally_tells(&mut self, expected: &[&str]) -> &mut Self {
        self.interface.finish(&mut self.told);
        self.tells(expected)
    }
}

/// `call_setup out 114, anna mapped, cell 7`: an event in words.
fn short(event: &Event) -> String {
    let number = |number: &Option<event::Number>| number.map_or(String::new(), |number| format!(" {number}"));
    let detail = match &event.kind {
        Kind::LocationUpdate { update, old } => {
            format!(" {} from {:x}", update.name(), old.map_or(0, |old| old.lac))
        }
        Kind::LocationUpdateRejected { cause, .. } | Kind::ServiceRejected { cause } => format!(" {cause}"),
        Kind::CallSetup { direction, number: party, emergency } => {
            format!(" {}{}{}", direction.name(), number(party), if *emergency { " emergency" } else { "" })
        }
        Kind::CallAnswered { direction, number: party } => format!(" {}{}", direction.name(), number(party)),
        Kind::CallEnded { direction, number: party, answered, cause, left_view } => format!(
            " {}{}{}{}{}",
            direction.name(),
            number(party),
            match answered {
                Answered::For(length) => format!(" {}s", length.as_secs()),
                Answered::No => String::new(),
                Answered::Unknown => " answered?".to_owned(),
            },
            cause.map_or(String::new(), |cause| format!(" cause {cause}")),
            if *left_view { " left view" } else { "" }
        ),
        Kind::Sms { peer, .. } => number(peer),
        Kind::SmsRejected { peer, cause, .. } => format!("{} cause {cause}", number(peer)),
        Kind::Ussd { code } => format!(" {code}"),
        Kind::CallForwarding(forwarding) => {
            format!(" {} {:x}{}", forwarding.operation.name(), forwarding.service, number(&forwarding.to))
        }
        Kind::GprsAttachRejected { cause } | Kind::RoutingAreaUpdateRejected { cause, .. } => format!(" {cause}"),
        Kind::RoutingAreaUpdate { update, .. } => format!(" {}", update.name()),
        Kind::GprsAttach { combined, .. } => if *combined { " combined" } else { "" }.to_owned(),
        Kind::GprsDetach { power_off } => if *power_off { " power off" } else { "" }.to_owned(),
        Kind::PdpActivated { access_point } | Kind::PdpDeactivated { access_point } => {
            access_point.map_or(String::new(), |name| format!(" {name}"))
        }
        Kind::WebVisit { host } => format!(" {host}"),
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::ImeiSeen | Kind::Sighting => String::new(),
    };
    let who = match event.imsi.map(|imsi| imsi.to_string()).as_deref() {
        Some(ANNA) => "anna",
        Some(BORIS) => "boris",
        Some(_) => "somebody else",
        None => "nobody",
    };
    let ci = event.cell.ci.map_or(String::new(), |ci| format!(", cell {ci}"));
    let storm = if event.after_reset { " after reset" } else { "" };
    format!("{}{detail}, {who} {}{ci}{storm}, at {}", event.kind.name(), event.binding.name(), event.frame)
}
