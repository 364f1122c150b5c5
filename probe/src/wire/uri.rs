//! The host of a URI, RFC 3986 §3.2. Nothing else of it is read.

use event::DomainName;

/// The host of an absolute URI.
pub(super) fn host(uri: &[u8]) -> Option<DomainName> {
    let scheme = uri.windows(3).position(|window| window == b"://")?;
    let authority = uri.get(scheme + 3..)?;
    let end = authority.iter().position(|octet| matches!(octet, b'/' | b'?' | b'#'));
    host_of_authority(authority.get(..end.unwrap_or(authority.len()))?)
}

/// The host of an authority: without user information and port.
pub(super) fn host_of_authority(authority: &[u8]) -> Option<DomainName> {
    let host = authority.rsplit(|octet| *octet == b'@').next()?;
    DomainName::from_text(host.split(|octet| *octet == b':').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_is_read() {
        let check = |uri: &str, expected: Option<&str>| {
            assert_eq!(host(uri.as_bytes()).map(|host| host.to_string()).as_deref(), expected, "{uri}");
        };
        check("http://wap.Example.cn/a?b=c", Some("wap.example.cn"));
        check("http://me:secret@example.cn:8080", Some("example.cn"));
        check("https://example.cn?x=http://other", Some("example.cn"));
        check("/path", None);
        check("http://", None);
    }
}
