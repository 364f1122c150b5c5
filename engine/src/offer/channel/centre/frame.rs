//! Units as SMPP and CMPP have them: a header of 32-bit numbers, the first of which is the length of all, and a body.

use std::ops::RangeInclusive;

use bytes::{BufMut, Bytes, BytesMut};

/// Octets of the length.
const LENGTH: usize = 4;

/// Cuts the next unit, without its length, from what has come in; `None` until all of it is there, the length where it cannot
/// be one.
pub(in super::super) fn cut_frame(
    inbound: &mut BytesMut,
    lengths: RangeInclusive<usize>,
) -> Result<Option<Bytes>, u32> {
    let Some((length, _)) = inbound.split_first_chunk::<LENGTH>() else { return Ok(None) };
    let claimed = u32::from_be_bytes(*length);
    let length = claimed as usize;
    if !lengths.contains(&length) {
        return Err(claimed);
    }
    if inbound.len() < length {
        return Ok(None);
    }
    Ok(Some(inbound.split_to(length).freeze().slice(LENGTH..)))
}

/// Writes a unit: what follows the length in its header, and its body.
pub(in super::super) fn write_frame(to: &mut BytesMut, header: &[u32], body: impl FnOnce(&mut BytesMut)) {
    let start = to.len();
    to.put_u32(0);
    header.iter().for_each(|field| to.put_u32(*field));
    body(to);
    let length = (to.len() - start) as u32;
    if let Some(field) = to.get_mut(start..start + LENGTH) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}
