//! Hosts of HTTP requests, RFC 9112 §3; WAP 2.0 through its proxy too. Path and fields other than Host are not read.

use event::DomainName;

use super::uri::{host, host_of_authority};
use super::{Message, Protocol, Value};

/// The first segment of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method, in lower case.
    pub method: &'static str,
    /// The host: of the request target where that is absolute (§3.2.2), else of the Host field.
    pub host: Option<DomainName>,
}

/// Methods, RFC 9110 §9.3 and RFC 5789.
const METHODS: [(&[u8], &str); 8] = [
    (b"GET ", "get"),
    (b"POST ", "post"),
    (b"HEAD ", "head"),
    (b"CONNECT ", "connect"),
    (b"PUT ", "put"),
    (b"OPTIONS ", "options"),
    (b"DELETE ", "delete"),
    (b"PATCH ", "patch"),
];

/// Reads a segment of TCP. `None` where it does not begin a request.
pub fn read(octets: &[u8]) -> Option<HttpRequest> {
    let (method, rest) =
        METHODS.iter().find_map(|(method, name)| octets.strip_prefix(*method).map(|rest| (*name, rest)))?;
    let mut lines = rest.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    let target = lines.next()?.split(|octet| *octet == b' ').next()?;
    let field = || lines.take_while(|line| !line.is_empty()).find_map(host_field);
    let host = match method {
        "connect" => host_of_authority(target),
        _ => host(target).or_else(field),
    };
    Some(HttpRequest { method, host })
}

fn host_field(line: &[u8]) -> Option<DomainName> {
    let (name, value) = line.split_at_checked(5)?;
    name.eq_ignore_ascii_case(b"host:").then(|| host_of_authority(value.trim_ascii()))?
}

impl Message for HttpRequest {
    fn protocol(&self) -> Protocol {
        Protocol::Http
    }

    fn name(&self) -> &'static str {
        self.method
    }

    fn code(&self) -> u8 {
        0
    }

    fn is_named_by_code(&self) -> bool {
        false
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Some(host) = self.host {
            visit("host", Value::Domain(host));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &str, expected: Option<&str>) {
        let request = read(octets.as_bytes());
        let host = request.and_then(|request| request.host);
        assert_eq!(host.map(|host| host.to_string()).as_deref(), expected, "{octets}");
        for length in 0..octets.len() {
            read(&octets.as_bytes()[..length]);
        }
    }

    #[test]
    fn the_host_is_of_the_field_or_of_an_absolute_target() {
        check("GET / HTTP/1.1\r\nAccept: */*\r\nhOST: m.Example.cn:8080\r\n\r\n", Some("m.example.cn"));
        check("GET http://wap.example.cn/x HTTP/1.1\r\nHost: 10.0.0.172\r\n\r\n", Some("wap.example.cn"));
        check("CONNECT example.cn:443 HTTP/1.1\r\n\r\n", Some("example.cn"));
    }

    #[test]
    fn what_begins_no_request_or_names_no_host_gives_none() {
        check("HTTP/1.1 200 OK\r\nHost: example.cn\r\n\r\n", None);
        check("GET / HTTP/1.0\r\n\r\nHost: example.cn", None);
        check("POST /a HTTP/1.1\r\nHos", None);
        check("", None);
    }
}
