//! The file format of recordings, as `deploy/docs/e1.md` describes it.

use std::io::{self, Write};

use event::Timestamp;

use super::{Bits, LINE_RATE};
use crate::writer::Pieces;

const MAGIC: [u8; 8] = *b"\x89E1B\r\n\x1a\n";
const VERSION: u16 = 1;

/// Writes a recording.
#[derive(Debug)]
pub struct Recording<W> {
    out: Pieces<W>,
    first_is_most_significant: bool,
}

/// Which line a block is of, and when.
#[derive(Clone, Copy, Debug)]
pub struct BlockHead {
    /// Number of the port.
    pub port: u16,
    /// 0 or 1.
    pub direction: u8,
    /// Number of the block on its line.
    pub sequence: u32,
    /// When its first bit was on the line.
    pub at: Timestamp,
}

impl<W: Write> Recording<W> {
    /// Writes the file header.
    pub fn new(out: W, first_is_most_significant: bool) -> io::Result<Self> {
        let mut out = Pieces::new(out);
        let order = u16::from(!first_is_most_significant);
        out.write(|file| {
            file.extend_from_slice(&MAGIC);
            file.extend_from_slice([VERSION.to_be_bytes(), order.to_be_bytes(), [0; 2], [0; 2]].as_flattened());
        })?;
        Ok(Self { out, first_is_most_significant })
    }

    /// Writes one block.
    pub fn block(&mut self, head: BlockHead, octets: &[u8]) -> io::Result<()> {
        self.out.write(|file| {
            file.extend_from_slice(&head.port.to_be_bytes());
            file.extend_from_slice(&[head.direction, 0]);
            file.extend_from_slice(&head.sequence.to_be_bytes());
            file.extend_from_slice(&head.at.as_micros().to_be_bytes());
            file.extend_from_slice(&(octets.len() as u32).to_be_bytes());
            file.extend_from_slice(octets);
        })
    }

    /// Writes what was on a line from `start` on, in blocks of `block_octets`; what does not fill an octet is dropped. Gives the
    /// head of the block that would follow.
    pub fn line(&mut self, start: BlockHead, bits: &Bits, block_octets: usize) -> io::Result<BlockHead> {
        let octets = bits.octets(self.first_is_most_significant);
        let mut head = start;
        let mut sent_bits = 0;
        for block in octets.chunks(block_octets) {
            self.block(head, block)?;
            sent_bits += block.len() as u64 * 8;
            head.sequence = head.sequence.wrapping_add(1);
            head.at = start.at + std::time::Duration::from_micros(sent_bits * 1_000_000 / LINE_RATE);
        }
        Ok(head)
    }

    /// Gives the file back.
    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }
}
