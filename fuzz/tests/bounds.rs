//! Millions of hostile frames, each something new to remember: every table stops at its limit, and memory stays flat.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::time::Duration;

use bench::encode::bssgp::{self, Uplink};
use bench::encode::bssmap::{self, bssmap, complete_layer_3_information, dtap};
use bench::encode::ip::{self, Socket};
use bench::encode::llc::{self, Protection, Sapi};
use bench::encode::mm::{self, MobileIdentity, Service};
use bench::encode::mtp3::Route;
use bench::encode::sccp::{self, Ends, Reference};
use bench::encode::sctp::{self, Position};
use bench::encode::sndcp::{self, Segment};
use bench::encode::{Octets, PointCode, m3ua, ns};
use bench::random::Random;
use bench::script::Side;
use event::{CellId, Event, Imsi, Lai, Plmn, Rai, Timestamp, Tmsi};
use fuzz::memory::resident_octets;
use fuzz::run::START;
use probe::capture::Frame;
use probe::track::connection::MAX_CONNECTIONS;
use probe::track::identity::MAX_SUBSCRIBERS;
use probe::track::links::MAX_LINKS;
use probe::track::network::NETWORK_LIMIT;
use probe::track::sctp::DIRECTION_LIMIT;
use probe::track::tcp::CONNECTION_LIMIT;
use probe::wire::LinkType;
use probe::{Probe, ProbeConfig, Sink};

/// What the process may hold when every table is full.
const MEMORY_LIMIT: usize = 3 << 30;
/// How much more it may hold after more of the same: what allocators need.
const GROWTH_LIMIT: usize = 48 << 20;

struct Nobody;

impl Sink for Nobody {
    fn event(&mut self, _: &Event) {}
}

/// Writes the frame with this number.
type Write = fn(&mut Octets, u32);

/// What is new in each frame, how many of them fill its table, and how they are written. What would shut the others out comes
/// last: associations without room are not put together again, and without room for networks nothing goes upward.
const FLOODS: [(&str, usize, Write); 12] = [
    ("fragments of SCTP messages", 100_000, sctp_fragment),
    ("fragments of datagrams", 10_000, ip_fragment),
    ("unknown references with more data", 2 * MAX_CONNECTIONS, segment),
    ("connections with calls", 3 * MAX_CONNECTIONS, call),
    ("subscribers", MAX_SUBSCRIBERS, paged),
    ("segments of unitdata", 10_000, unitdata_segment),
    ("nodes", 100_000, node),
    ("TLLIs with packets in segments", MAX_LINKS, packet_segment),
    ("cells and virtual connections", 400_000, cell),
    ("TCP connections with holes", 4 * CONNECTION_LIMIT, hole),
    ("associations", DIRECTION_LIMIT, association),
    ("network appearances", NETWORK_LIMIT, network_appearance),
];

const M3UA: u32 = 3;
const BSC: Socket = Socket { address: [10, 0, 0, 1], port: 2905 };
const MSC: Socket = Socket { address: [10, 0, 0, 2], port: 2905 };
const AREA: Lai = Lai { plmn: Plmn::from_octets([0x64, 0xf0, 0x00]), lac: 1 };

fn sctp(o: &mut Octets, tag: u32, position: Position, user_message: &[u8]) {
    sctp::begin(o, BSC, MSC, tag, 0);
    sctp::data(o, position, user_message);
    sctp::end(o);
}

fn whole(tsn: u32) -> Position {
    Position { tsn, stream: 0, sequence: tsn as u16, begins: true, ends: true, protocol: M3UA }
}

fn over_m3ua(o: &mut Octets, number: u32, originating: u16, write: impl FnOnce(&mut Octets, Ends)) {
    // Without tag, as in traces that tools made: nothing is taken for a repetition.
    const TAG: u32 = 0;
    let (calling, called) = (PointCode::Itu(originating), PointCode::Itu(2));
    let (mut message, mut data) = (Octets::default(), Octets::default());
    write(&mut message, Ends { called, calling });
    let route = Route { originating: calling, destination: called, network_indicator: 2, link_selection: 0 };
    m3ua::data(&mut data, route, 1, message.as_slice());
    sctp(o, TAG, whole(number), data.as_slice());
}

fn association(o: &mut Octets, number: u32) {
    sctp(o, 0x1000_0000 + number, whole(number), &[1, 0, 3, 1, 0, 0, 0, 8]);
}

fn sctp_fragment(o: &mut Octets, number: u32) {
    sctp(o, 0x2000_0000 + number, Position { ends: false, ..whole(number) }, &[7; 1200]);
}

fn ip_fragment(o: &mut Octets, number: u32) {
    const FLAGS_AT: usize = 14 + 6;
    ip::begin(o, [10, 1, 0, 1], [10, 1, 0, 2], ip::UDP, number as u16);
    o.bytes(&[7; 1024]);
    ip::end(o);
    o.patch(FLAGS_AT, &[0x20, 0]); // more fragments
}

/// Two segments of each, the second one behind a hole.
fn hole(o: &mut Octets, number: u32) {
    let [a, b, c, _] = (number / 2).to_be_bytes();
    let from = Socket { address: [10, a, b, c], port: 1024 + (number / 2) as u16 % 256 };
    let sequence = 5000 * (number % 2);
    let segment = ip::Segment { from, to: Socket { port: 5000, ..MSC }, sequence, acknowledged: 0, control: 0 };
    ip::tcp(o, 0, segment, &[0; 1400]);
}

fn network_appearance(o: &mut Octets, number: u32) {
    let mut message = vec![1, 0, 1, 1, 0, 0, 0, 40, 0x02, 0x00, 0, 8];
    message.extend(number.to_be_bytes());
    message.extend([0x02, 0x10, 0, 22, 0, 0, 0, 1, 0, 0, 0, 2, 3, 2, 0, 0]); // protocol data
    message.extend([0x06, 1, 2, 3, 0, 1, 0, 0]); // DT1
    sctp(o, 0, whole(number), &message);
}

fn node(o: &mut Octets, number: u32) {
    over_m3ua(o, number, number as u16 % 0x3fff, |o, ends| sccp::unitdata(o, ends, |o| bssmap(o, bssmap::reset)));
}

fn segment(o: &mut Octets, number: u32) {
    over_m3ua(o, number, 1, |o, _| {
        sccp::data_form_1(o, Reference(number & 0xff_ffff), |o| o.bytes(&[1; 200]));
        let more = o.len() - 203;
        o.patch(more, &[1]);
    });
}

/// Three messages of each: the beginning, and set-ups that wait for a name.
fn call(o: &mut Octets, number: u32) {
    let reference = Reference(0x80_0000 + number / 3);
    let tmsi = MobileIdentity::Tmsi(Tmsi(0xb000_0000 + number));
    over_m3ua(o, number, 1, |o, ends| match number % 3 {
        0 => {
            let request = |o: &mut Octets| mm::cm_service_request(o, Service::Call, 0, tmsi);
            let layer_3 = |o: &mut Octets| complete_layer_3_information(o, CellId::UNKNOWN, request);
            sccp::connection_request(o, reference, ends, |o| bssmap(o, layer_3));
        }
        transaction => sccp::data_form_1(o, reference, |o| {
            dtap(o, 0, |o| o.bytes(&[(transaction as u8) << 4 | 3, 5, 4, 1, 0xa0, 0x5e, 3, 0x81, 0x21, 0xf3]));
        }),
    });
}

fn paged(o: &mut Octets, number: u32) {
    let imsi: Imsi = format!("46000{number:010}").parse().unwrap();
    let tmsi = Some(Tmsi(number));
    over_m3ua(o, number, 1, |o, ends| sccp::unitdata(o, ends, |o| bssmap(o, |o| bssmap::paging(o, imsi, tmsi, AREA))));
}

fn unitdata_segment(o: &mut Octets, number: u32) {
    over_m3ua(o, number, 1, |o, ends| {
        let mut message = Octets::default();
        sccp::unitdata(&mut message, ends, |o| o.bytes(&[number.to_be_bytes(), [0; 4]].concat()));
        let mut segments = Octets::default();
        let ends_of = sccp::segmented(&mut segments, message.as_slice(), ends, 4);
        o.bytes(segments.as_slice().get(..*ends_of.first().unwrap()).unwrap());
    });
}

fn uplink(o: &mut Octets, number: u32, bvci: u16, ci: u16) {
    let (from, to) = (Socket { port: 23_000, ..BSC }, Socket { port: 23_000, ..MSC });
    let (mut packet, mut frame) = (Octets::default(), Octets::default());
    sndcp::unitdata(&mut packet, &Segment { nsapi: 5, number: 1, index: 0, more: true, octets: &[0x45; 500] });
    let information = |o: &mut Octets| o.bytes(packet.as_slice());
    llc::ui(&mut frame, Side::Bss, Sapi::Ll3, 1, Protection::Checked, &mut Random::new(1), information);
    let cell = CellId { plmn: Some(AREA.plmn), lac: Some(AREA.lac), ci: Some(ci) };
    let phone = Uplink { tlli: 0xc000_0000 | number, area: Rai { lai: AREA, rac: 1 }, cell, packet_flow: None };
    ip::udp(o, 0, from, to, |o| ns::unitdata(o, bvci, |o| bssgp::ul_unitdata(o, phone, &frame)));
}

fn packet_segment(o: &mut Octets, number: u32) {
    uplink(o, number, 2, 1);
}

fn cell(o: &mut Octets, number: u32) {
    uplink(o, number, number as u16, number as u16);
    // From another BSS each time that the cells are through.
    o.patch(14 + 12, &[10, 9, (number >> 24) as u8, (number >> 16) as u8]);
}

struct Feed {
    probe: Probe,
    at: Timestamp,
    frames: u64,
    octets: Octets,
}

impl Feed {
    fn flood(&mut self, write: Write, numbers: std::ops::Range<u32>) {
        for number in numbers {
            self.octets.clear();
            write(&mut self.octets, number);
            self.frames += 1;
            self.at = self.at + Duration::from_micros(20);
            let captured = self.octets.as_slice();
            let original_length = captured.len() as u32;
            let frame = Frame {
                number: self.frames,
                at: self.at,
                link: LinkType::Ethernet,
                captured,
                original_length,
                file: 0,
            };
            self.probe.frame(&frame, &mut Nobody);
        }
    }
}

#[test]
fn floods_of_new_things_stop_at_named_limits_and_memory_stays_flat() {
    let probe = Probe::new(ProbeConfig::default());
    let mut feed = Feed { probe, at: START, frames: 0, octets: Octets::default() };
    let mut round = |floods: &[(&str, usize, Write)], twentieths: std::ops::Range<usize>| {
        for (name, count, write) in floods {
            let of_count = |twentieths| (count / 20 * twentieths) as u32;
            feed.flood(*write, of_count(twentieths.start)..of_count(twentieths.end));
            println!("{name} to {}: {} MiB resident", of_count(twentieths.end), resident_octets() >> 20);
        }
    };
    let last = FLOODS.len() - 1;
    round(&FLOODS[..last], 0..21);
    // Places that served one flood serve another, and keep what memory each needs.
    round(&FLOODS[..last], 21..24);
    let full = resident_octets();
    round(&FLOODS, 24..27);
    let grown = resident_octets().saturating_sub(full);
    for (name, value) in feed.probe.transport_counters().iter().filter(|(_, value)| *value > 0) {
        println!("{name} {value}");
    }
    for (group, name, value) in feed.probe.counters().totals().filter(|(_, _, value)| *value > 0) {
        println!("{group}.{name} {value}");
    }
    assert!(full < MEMORY_LIMIT, "{} MiB resident", full >> 20);
    assert!(grown < GROWTH_LIMIT, "{} MiB more resident", grown >> 20);
}
