//! What a file that is no capture looks like, so that a message can say so.

/// Octets that are looked at.
pub(super) const BEGINNING_OCTETS: usize = 512;

const KNOWN: [(&[u8], &str); 16] = [
    (b"PK\x03\x04", "a ZIP archive (unpack it first)"),
    (b"\xfd7zXZ\0", "an xz file (unpack it first)"),
    (b"BZh", "a bzip2 file (unpack it first)"),
    (b"\x04\x22\x4d\x18", "an LZ4 file (unpack it first)"),
    (b"7z\xbc\xaf", "a 7-Zip archive (unpack it first)"),
    (b"\x1f\x8b", "a gzip file inside another one"),
    (b"\x28\xb5\x2f\xfd", "a zstd file inside another one"),
    (b"snoop\0", "a snoop capture (convert it with editcap -F pcapng)"),
    (b"GMBU", "a Network Monitor capture (convert it with editcap -F pcapng)"),
    (b"RTSS", "a Network Monitor capture (convert it with editcap -F pcapng)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"<?xml", "an XML document"),
];

/// A name for what begins in this way.
pub(super) fn looks_like(beginning: &[u8]) -> &'static str {
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| beginning.starts_with(magic)) {
        return name;
    }
    if beginning.get(257..262) == Some(b"ustar") {
        return "a tar archive (unpack it first)";
    }
    let is_text = |octet: &u8| !octet.is_ascii_control() || octet.is_ascii_whitespace();
    if beginning.iter().all(is_text) { "a text" } else { "something else" }
}
