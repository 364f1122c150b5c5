//! Capture files: pcap with microseconds, or pcapng. Time never goes backwards in them.

use std::io::{self, Write};

use event::Timestamp;

/// The format of a capture file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// libpcap's, microseconds, little endian.
    #[default]
    Pcap,
    /// The newer block format, microseconds, little endian.
    Pcapng,
}

/// What a capture's frames begin with, by the number registered at <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkType {
    /// IEEE 802.3.
    #[default]
    Ethernet = 1,
    /// PPP.
    Ppp = 9,
    /// Frame Relay.
    FrameRelay = 107,
    /// Linux "cooked" capture.
    LinuxSll = 113,
    /// MTP2 signal units behind a pseudo-header.
    Mtp2WithPseudoHeader = 139,
    /// MTP2 signal units.
    Mtp2 = 140,
    /// MTP3 messages.
    Mtp3 = 141,
    /// SCCP messages.
    Sccp = 142,
    /// Linux "cooked" capture, version 2.
    LinuxSll2 = 276,
}

const SNAP_LENGTH: u32 = 262_144;

/// A file that is written in large pieces.
#[derive(Debug)]
pub struct Pieces<W> {
    out: W,
    next: Vec<u8>,
}

impl<W: Write> Pieces<W> {
    const PIECE_OCTETS: usize = 1 << 17;

    /// Nothing is written yet.
    pub fn new(out: W) -> Self {
        Self { out, next: Vec::with_capacity(Self::PIECE_OCTETS) }
    }

    /// Takes what `append` appends.
    pub fn write(&mut self, append: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        append(&mut self.next);
        if self.next.len() >= Self::PIECE_OCTETS {
            self.out.write_all(&self.next)?;
            self.next.clear();
        }
        Ok(())
    }

    /// Hands the rest to the operating system and gives the file back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&self.next)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Writes frames and numbers them.
#[derive(Debug)]
pub struct CaptureWriter<W> {
    out: Pieces<W>,
    format: Format,
    frames: u64,
    last: Timestamp,
}

impl<W: Write> CaptureWriter<W> {
    /// Begins a file with its head.
    pub fn new(out: W, format: Format, link_type: LinkType) -> io::Result<Self> {
        let mut out = Pieces::new(out);
        out.write(|octets| match format {
            Format::Pcap => pcap_head(octets, link_type),
            Format::Pcapng => pcapng_head(octets, link_type),
        })?;
        Ok(Self { out, format, frames: 0, last: Timestamp::MIN })
    }

    /// Writes one frame; gives its number, from 1, and its time, which is not before its predecessor's.
    pub fn frame(&mut self, at: Timestamp, octets: &[u8]) -> io::Result<(u64, Timestamp)> {
        self.last = self.last.max(at);
        self.frames += 1;
        self.out.write(|file| match self.format {
            Format::Pcap => pcap_frame(file, self.last, octets),
            Format::Pcapng => pcapng_frame(file, self.last, octets),
        })?;
        Ok((self.frames, self.last))
    }

    /// How many frames were written.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Hands the rest to the operating system and gives the file back.
    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }
}

fn push_words<const N: usize>(file: &mut Vec<u8>, words: [u32; N]) {
    file.extend_from_slice(words.map(u32::to_le_bytes).as_flattened());
}

fn pcap_head(file: &mut Vec<u8>, link_type: LinkType) {
    const VERSION_2_4: u32 = 4 << 16 | 2;
    push_words(file, [0xa1b2_c3d4, VERSION_2_4, 0, 0, SNAP_LENGTH, link_type as u32]);
}

fn pcap_frame(file: &mut Vec<u8>, at: Timestamp, octets: &[u8]) {
    let (seconds, micros) = (at.as_micros().div_euclid(1_000_000), at.as_micros().rem_euclid(1_000_000));
    let length = octets.len() as u32;
    push_words(file, [seconds as u32, micros as u32, length, length]);
    file.extend_from_slice(octets);
}

fn pcapng_head(file: &mut Vec<u8>, link_type: LinkType) {
    const SECTION_HEADER: u32 = 0x0a0d_0d0a;
    const BYTE_ORDER: u32 = 0x1a2b_3c4d;
    const VERSION_1_0: u32 = 1;
    const INTERFACE_DESCRIPTION: u32 = 1;
    push_words(file, [SECTION_HEADER, 28, BYTE_ORDER, VERSION_1_0, u32::MAX, u32::MAX, 28]);
    push_words(file, [INTERFACE_DESCRIPTION, 20, link_type as u32, SNAP_LENGTH, 20]);
}

fn pcapng_frame(file: &mut Vec<u8>, at: Timestamp, octets: &[u8]) {
    const ENHANCED_PACKET: u32 = 6;
    let length = octets.len() as u32;
    let padding = length.wrapping_neg() & 3;
    let micros = at.as_micros() as u64;
    let block = 32 + length + padding;
    push_words(file, [ENHANCED_PACKET, block, 0, (micros >> 32) as u32, micros as u32, length, length]);
    file.extend_from_slice(octets);
    file.extend((0..padding).map(|_| 0));
    push_words(file, [block]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_backwards() {
        let mut writer = CaptureWriter::new(Vec::new(), Format::Pcap, LinkType::Ethernet).unwrap();
        assert_eq!(writer.frame(Timestamp::from_seconds(9), &[1]).unwrap(), (1, Timestamp::from_seconds(9)));
        assert_eq!(writer.frame(Timestamp::from_seconds(8), &[2]).unwrap(), (2, Timestamp::from_seconds(9)));
        assert_eq!(writer.finish().unwrap().len(), 24 + 2 * 17);
    }

    #[test]
    fn pcapng_blocks_are_padded_and_say_their_length_twice() {
        let mut writer = CaptureWriter::new(Vec::new(), Format::Pcapng, LinkType::Ethernet).unwrap();
        writer.frame(Timestamp::from_seconds(1), &[1, 2, 3, 4, 5]).unwrap();
        let octets = writer.finish().unwrap();
        assert_eq!(octets.len(), 28 + 20 + 40);
        assert_eq!(octets[48 + 4..48 + 8], octets[octets.len() - 4..]);
    }
}
