//! A body of several parts; RFC 2046 §5.1, RFC 2387.

use super::super::OfferId;

/// A part: its media type, the name by which others speak of it, and what is in it.
pub(super) struct Part<'a> {
    pub(super) media_type: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) content: &'a str,
}

/// What stands between the parts. It holds the offer's identity, which no part of a message can know beforehand.
pub(super) fn boundary(id: OfferId) -> String {
    format!("touchpoint-{id}")
}

/// The parts between their boundaries.
pub(super) fn multipart(boundary: &str, parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = String::new();
    for Part { media_type, id, content } in parts {
        let id = id.map(|id| format!("Content-ID: <{id}>\r\n")).unwrap_or_default();
        body += &format!("--{boundary}\r\nContent-Type: {media_type}\r\n{id}\r\n{content}\r\n");
    }
    body += &format!("--{boundary}--\r\n");
    body.into_bytes()
}
