//! A channel's URL, `scheme://user:password@host:port/path?parameter=value&…`, and the tables of parameters that each
//! protocol documents and reads it by. User, password and values are percent-encoded where they must be.

use std::time::Duration;

use percent_encoding::percent_decode_str;

/// A URL in its parts; what is wrong with it is told as a fragment for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    /// Before `://`, or before the first `:`.
    pub(super) scheme: String,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// With its leading `/`; empty where there is none.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
}

impl Url {
    /// Cuts a URL.
    pub(super) fn read(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or("it does not begin with `scheme://`")?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place.find('/').map_or((place, ""), |slash| place.split_at(slash));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let (host, port) = host_and_port(host)?;
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((name.to_owned(), decoded(value)?))
        });
        Ok(Self {
            scheme: scheme.to_owned(),
            user: decoded(user)?,
            password: decoded(password)?,
            host,
            port,
            path: path.to_owned(),
            query: query.collect::<Result<_, String>>()?,
        })
    }

    /// Sets what the query says, by a protocol's tables.
    pub(super) fn set<C>(&self, config: &mut C, tables: &[&[Parameter<C>]]) -> Result<(), String> {
        let known = || tables.iter().flat_map(|table| table.iter());
        self.query.iter().try_for_each(|(name, value)| {
            let Some(parameter) = known().find(|parameter| parameter.name == name) else {
                let names: Vec<&str> = known().map(|parameter| parameter.name).collect();
                return Err(format!("unknown parameter `{name}` (known: {})", names.join(", ")));
            };
            (parameter.set)(config, value)
                .ok_or_else(|| format!("`{value}` does not fit `{name}`: {}", parameter.meaning))
        })
    }
}

/// A parameter of a URL: how it is set, and for people what it does.
pub(super) struct Parameter<C> {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) set: fn(&mut C, &str) -> Option<()>,
}

fn host_and_port(place: &str) -> Result<(String, Option<u16>), String> {
    let port = |text: &str| {
        let port = text.parse().ok().filter(|port| *port != 0);
        port.map(Some).ok_or_else(|| "the port is not a number from 1 to 65535".to_owned())
    };
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':').map_or(Ok(None), port)?),
        None => match place.split_once(':') {
            Some((host, text)) => (host, port(text)?),
            None => (place, None),
        },
    };
    Ok((host.to_owned(), port))
}

fn decoded(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| "a percent-encoded part is not UTF-8")?;
    Ok(text.into_owned())
}

/// Stores a value that fits.
pub(super) fn store<T>(field: &mut T, value: Option<T>) -> Option<()> {
    *field = value?;
    Some(())
}

/// A number from 0 to `most`.
pub(super) fn code(value: &str, most: u8) -> Option<u8> {
    value.parse().ok().filter(|code| *code <= most)
}

/// Printable ASCII, at most so many characters.
pub(super) fn ascii(value: &str, most: usize) -> Option<String> {
    (value.len() <= most && value.bytes().all(|octet| (b' '..=b'~').contains(&octet))).then(|| value.to_owned())
}

/// Seconds, with a fraction perhaps: a millisecond to a day.
pub(super) fn span(value: &str) -> Option<Duration> {
    const MOST_S: f64 = 86_400.0;
    let seconds: f64 = value.parse().ok().filter(|seconds| (0.001..=MOST_S).contains(seconds))?;
    Some(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_its_parts() {
        let url = Url::read("cmpp://900001:p%40ss%3aword@gw.example:7890/x?window=8&source=%2B86&flag").unwrap();
        let query = [("window", "8"), ("source", "+86"), ("flag", "")];
        let expected = Url {
            scheme: "cmpp".to_owned(),
            user: "900001".to_owned(),
            password: "p@ss:word".to_owned(),
            host: "gw.example".to_owned(),
            port: Some(7890),
            path: "/x".to_owned(),
            query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        };
        assert_eq!(url, expected);
    }

    #[test]
    fn host_and_port_have_their_forms() {
        let check = |place: &str, host: &str, port| {
            let url = Url::read(&format!("x://u:p@{place}")).unwrap();
            assert_eq!((url.host.as_str(), url.port), (host, port));
        };
        check("10.0.0.1:9000", "10.0.0.1", Some(9000));
        check("smsc", "smsc", None);
        check("[2001:db8::1]", "2001:db8::1", None);
        check("[2001:db8::1]:2776/", "2001:db8::1", Some(2776));
    }

    #[test]
    fn mistakes_are_explained() {
        let check = |url: &str, expected: &str| {
            let told = Url::read(url).unwrap_err();
            assert!(told.contains(expected), "{told}");
        };
        check("smsc", "scheme://");
        check("x://u:p@h:0", "port");
        check("x://u:%ff@h", "UTF-8");
    }
}
