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

/// Writes frames and numbers them.
#[derive(Debug)]
pub struct CaptureWriter<W> {
    out: W,
    format: Format,
    frames: u64,
    last: Timestamp,
}

impl<W: Write> CaptureWriter<W> {
    /// Writes the file's head.
    pub fn new(mut out: W, format: Format, link_type: LinkType) -> io::Result<Self> {
        match format {
            Format::Pcap => pcap_head(&mut out, link_type)?,
            Format::Pcapng => pcapng_head(&mut out, link_type)?,
        }
        Ok(Self { out, format, frames: 0, last: Timestamp::MIN })
    }

    /// Writes one frame; gives its number, from 1, and its time, which is not before its predecessor's.
    pub fn frame(&mut self, at: Timestamp, octets: &[u8]) -> io::Result<(u64, Timestamp)> {
        self.last = self.last.max(at);
        self.frames += 1;
        match self.format {
            Format::Pcap => pcap_frame(&mut self.out, self.last, octets)?,
            Format::Pcapng => pcapng_frame(&mut self.out, self.last, octets)?,
        }
        Ok((self.frames, self.last))
    }

    /// How many frames were written.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Hands the rest to the operating system and gives the file back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn write_words(out: &mut impl Write, words: &[u32]) -> io::Result<()> {
    words.iter().try_for_each(|word| out.write_all(&word.to_le_bytes()))
}

fn pcap_head(out: &mut impl Write, link_type: LinkType) -> io::Result<()> {
    const VERSION_2_4: u32 = 4 << 16 | 2;
    write_words(out, &[0xa1b2_c3d4, VERSION_2_4, 0, 0, SNAP_LENGTH, link_type as u32])
}

fn pcap_frame(out: &mut impl Write, at: Timestamp, octets: &[u8]) -> io::Result<()> {
    let (seconds, micros) = (at.as_micros().div_euclid(1_000_000), at.as_micros().rem_euclid(1_000_000));
    let length = octets.len() as u32;
    write_words(out, &[seconds as u32, micros as u32, length, length])?;
    out.write_all(octets)
}

fn pcapng_head(out: &mut impl Write, link_type: LinkType) -> io::Result<()> {
    const SECTION_HEADER: u32 = 0x0a0d_0d0a;
    const BYTE_ORDER: u32 = 0x1a2b_3c4d;
    const VERSION_1_0: u32 = 1;
    const INTERFACE_DESCRIPTION: u32 = 1;
    write_words(out, &[SECTION_HEADER, 28, BYTE_ORDER, VERSION_1_0, u32::MAX, u32::MAX, 28])?;
    write_words(out, &[INTERFACE_DESCRIPTION, 20, link_type as u32, SNAP_LENGTH, 20])
}

fn pcapng_frame(out: &mut impl Write, at: Timestamp, octets: &[u8]) -> io::Result<()> {
    const ENHANCED_PACKET: u32 = 6;
    let length = octets.len() as u32;
    let padded = length.next_multiple_of(4);
    let micros = at.as_micros() as u64;
    let block = 32 + padded;
    write_words(out, &[ENHANCED_PACKET, block, 0, (micros >> 32) as u32, micros as u32, length, length])?;
    out.write_all(octets)?;
    out.write_all([0; 3].get(..(padded - length) as usize).unwrap_or_default())?;
    write_words(out, &[block])
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
