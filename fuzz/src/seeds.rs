//! What the fuzzer starts from: the frames of captures, and the messages in them, layer by layer.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bench::e1::{Bits, BlockHead, Framer, Framing, Recording, stuffed};
use event::{Event, Timestamp};
use flate2::Compression;
use flate2::write::GzEncoder;
use probe::capture::{Capture, CaptureError, Frame};
use probe::track::transport::{Payload, Transport, TransportSettings};
use probe::wire::{Bssap, Decoded, Llc, PointCodeFormat, SccpMessageType, bssap, bssgp, bssmap, llc, ns, sccp, sndcp};
use probe::{Sink, wire};

use crate::input::{Record, Settings, Step};
use crate::run::START;
use crate::shape::Shape;

/// The most octets of an input.
pub const INPUT_OCTETS: usize = 4096;
/// What stands around the information field of an LLC frame of the form that [`crate::wrapping`] makes.
const FRAME_CHECK_OCTETS: usize = 3;
const UPLINK: u8 = 0;
const DOWNLINK: u8 = 1;

/// A message, where it stands in the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What its octets are.
    pub shape: Shape,
    /// 0 from the phone, 1 to it.
    pub direction: u8,
    /// When.
    pub at: Timestamp,
    /// The octets.
    pub octets: Vec<u8>,
}

/// The samples of a capture, each kind in the order of the capture.
#[derive(Debug, Default)]
pub struct Samples {
    /// Whole frames.
    pub frames: Vec<Sample>,
    /// SCCP messages and NS PDUs.
    pub messages: Vec<Sample>,
    /// What stands in them: layer 3, LLC frames and what is in those.
    pub content: Vec<Sample>,
}

struct Nobody;

impl Sink for Nobody {
    fn event(&mut self, _: &Event) {}
}

impl Samples {
    /// Those of a capture.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of(file: &Path) -> Result<Self, CaptureError> {
        let mut capture = Capture::open(&[PathBuf::from(file)])?;
        let mut transport = Transport::new(&TransportSettings::default());
        let mut samples = Self::default();
        while let Some(frame) = capture.next()? {
            samples.frames.push(of_frame(&frame));
            transport.frame(&frame, 0, &mut Nobody, &mut |carrier, payload, _| match payload {
                Payload::Sccp(octets) => samples.sccp(frame.at, u8::from(carrier.sender > carrier.receiver), octets),
                Payload::Ns(octets) => samples.ns(frame.at, octets),
                _ => {}
            });
        }
        Ok(samples)
    }

    /// All of them, from the outermost layer.
    pub fn all(&self) -> impl Iterator<Item = &Sample> {
        self.frames.iter().chain(&self.messages).chain(&self.content)
    }

    /// Inputs that together hold every sample.
    pub fn inputs(&self) -> Vec<Vec<u8>> {
        [&self.frames, &self.messages, &self.content].into_iter().flat_map(|samples| inputs(samples)).collect()
    }

    fn sccp(&mut self, at: Timestamp, direction: u8, octets: &[u8]) {
        let sample = |shape, octets: &[u8]| Sample { shape, direction, at, octets: octets.to_vec() };
        self.messages.push(sample(Shape::Sccp, octets));
        let Ok(Decoded { message, .. }) = sccp::read(octets, PointCodeFormat::default()) else { return };
        let data = message.data.unwrap_or_default();
        let bssap = bssap::read(data).ok();
        self.content.extend(match (message.message_type, bssap) {
            (SccpMessageType::CONNECTION_REQUEST, Some(Bssap::Bssmap(octets))) => {
                let layer_3 = bssmap::read(octets).ok().and_then(|read| read.message.layer_3());
                layer_3.map(|layer_3| sample(Shape::Connect, layer_3))
            }
            (SccpMessageType::CONNECTION_CONFIRM, _) => Some(sample(Shape::Connect, data)),
            (SccpMessageType::RELEASED | SccpMessageType::RELEASE_COMPLETE, _) => Some(sample(Shape::Release, data)),
            (SccpMessageType::UNITDATA, Some(Bssap::Bssmap(octets))) => Some(sample(Shape::Unitdata, octets)),
            (_, Some(Bssap::Bssmap(octets))) => Some(sample(Shape::Bssmap, octets)),
            (_, Some(Bssap::Dtap { layer_3, .. })) => Some(sample(Shape::Dtap, layer_3)),
            _ => None,
        });
    }

    fn ns(&mut self, at: Timestamp, octets: &[u8]) {
        self.messages.push(Sample { shape: Shape::Ns, direction: UPLINK, at, octets: octets.to_vec() });
        let Some(pdu) = ns::read(octets).ok().and_then(|decoded| decoded.message.sdu) else { return };
        let Ok(Decoded { message: pdu, .. }) = bssgp::read(pdu) else { return };
        let Some(frame) = pdu.llc_pdu else { return };
        let direction = if pdu.pdu_type.is_from_bss() == Some(true) { UPLINK } else { DOWNLINK };
        let sample = |shape, octets: &[u8]| Sample { shape, direction, at, octets: octets.to_vec() };
        let unchecked = frame.len().saturating_sub(FRAME_CHECK_OCTETS);
        self.content.push(sample(Shape::Llc, frame.get(..unchecked).unwrap_or_default()));
        let Ok(Decoded { message: Llc { sapi, information, .. }, .. }) = llc::read(frame) else { return };
        match sapi {
            llc::sapi::LLGMM => self.content.push(sample(Shape::Gmm, information)),
            llc::sapi::LLSMS => self.content.push(sample(Shape::ShortMessage, information)),
            _ => {
                self.content.push(sample(Shape::Sndcp, information));
                self.content.extend(user_data(information).map(|(shape, data)| sample(shape, data)));
            }
        }
    }
}

fn of_frame(frame: &Frame<'_>) -> Sample {
    Sample { shape: Shape::Frame(frame.link), direction: UPLINK, at: frame.at, octets: frame.captured.to_vec() }
}

/// What a phone sends in UDP or TCP on IPv4.
fn user_data(information: &[u8]) -> Option<(Shape, &[u8])> {
    let packet = wire::ip::read_v4(sndcp::read(information).ok()?.message.data).ok()?;
    match packet.protocol {
        wire::ip::protocol::UDP => Some((Shape::Datagram, wire::udp::Datagram::read(packet.payload).ok()?.payload)),
        wire::ip::protocol::TCP => Some((Shape::Segment, wire::tcp::Segment::read(packet.payload).ok()?.payload)),
        _ => None,
    }
}

fn inputs(samples: &[Sample]) -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    let mut input = vec![Settings::RECORDS.0];
    let mut before = samples.first().map_or(Timestamp::MIN, |sample| sample.at);
    for Sample { shape, direction, at, octets } in samples {
        if input.len() + octets.len() > INPUT_OCTETS {
            inputs.push(std::mem::replace(&mut input, vec![Settings::RECORDS.0]));
        }
        let step = Step::between(before, *at);
        Record { shape: shape.number(), lane: *direction, step, octets }.write(&mut input);
        before = *at;
    }
    inputs.push(input);
    inputs
}

/// The beginning of a capture file as an input, bare and compressed.
///
/// # Errors
/// Where it cannot be compressed.
pub fn files(capture: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let beginning = capture.get(..INPUT_OCTETS / 2).unwrap_or(capture);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(beginning)?;
    let kinds = [beginning.to_vec(), gzip.finish()?, zstd::encode_all(beginning, 0)?];
    Ok(kinds.into_iter().map(|file| [&[Settings::CAPTURE.0], &file[..]].concat()).collect())
}

/// A recording of an E1 line with these signal units in timeslot 16, as an input: with header, or only its bits.
///
/// # Errors
/// None: it is written to memory.
pub fn recording(units: &[Vec<u8>], has_header: bool) -> io::Result<Vec<u8>> {
    const FRAMES: usize = 100;
    let mut channel = Bits::default();
    units.iter().for_each(|unit| channel.append(&stuffed(unit)));
    let framing = Framing { crc4: false, remote_alarm: false };
    let bits = Framer::new(framing).channel([16], channel).frames(FRAMES);
    if !has_header {
        return Ok([&[Settings::BITS.0], &bits.octets(true)[..]].concat());
    }
    let mut recording = Recording::new(vec![Settings::CAPTURE.0], true)?;
    recording.block(BlockHead { port: 1, direction: 0, sequence: 1, at: START }, &bits.octets(true))?;
    recording.finish()
}
