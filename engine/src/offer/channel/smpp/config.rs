//! A message centre as one URL, `smpp://system_id:password@host:port?parameter=value&…`.
//!
//! Password, user name and values are percent-encoded where they must be; without a password in the URL the
//! environment variable `TOUCHPOINT_SMPP_PASSWORD` is used. The table [`PARAMETERS`] is the documentation of the rest.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::super::url::{Parameter, Url, ascii, code, span, store};
use super::error::SmppError;
use super::pdu::{Address, command};

/// The environment variable that holds the password when the URL does not.
pub const PASSWORD_VARIABLE: &str = "TOUCHPOINT_SMPP_PASSWORD";

/// The port where the URL names none: IANA's for SMPP.
pub const DEFAULT_PORT: u16 = 2775;

/// The widest window that may be asked for.
pub const WINDOW_LIMIT: usize = 1000;

/// Every parameter. Times are in seconds and may have a fraction.
const PARAMETERS: &[Parameter<SmppConfig>] = &[
    Parameter {
        name: "mode",
        meaning: "`transceiver` (default) or `transmitter` (no receipts)",
        set: |config, value| {
            config.mode = match value {
                "transceiver" => Mode::Transceiver,
                "transmitter" => Mode::Transmitter,
                _ => return None,
            };
            Some(())
        },
    },
    Parameter {
        name: "window",
        meaning: "most unanswered submit_sm, 1 to 1000 (default 10)",
        set: |config, value| {
            let window = value.parse().ok().filter(|window| (1..=WINDOW_LIMIT).contains(window))?;
            store(&mut config.window, Some(window))
        },
    },
    Parameter {
        name: "source",
        meaning: "sender of offers that name none: a number, a short code, or up to 11 letters",
        set: |config, value| store(&mut config.source, Some(value.to_owned()).filter(|value| sender_fits(value))),
    },
    Parameter {
        name: "ton",
        meaning: "type of number of `source`, 0 to 6 (default by its form)",
        set: |config, value| store(&mut config.ton, code(value, 6).map(Some)),
    },
    Parameter {
        name: "npi",
        meaning: "numbering plan of `source`, 0 to 18 (default by its form)",
        set: |config, value| store(&mut config.npi, code(value, 18).map(Some)),
    },
    Parameter {
        name: "dest_ton",
        meaning: "type of number of subscribers written without `+`, 0 to 6 (default 0, unknown)",
        set: |config, value| store(&mut config.dest_ton, code(value, 6)),
    },
    Parameter {
        name: "dest_npi",
        meaning: "numbering plan of subscribers, 0 to 18 (default 1, E.164)",
        set: |config, value| store(&mut config.dest_npi, code(value, 18)),
    },
    Parameter {
        name: "system_type",
        meaning: "of the bind, at most 12 characters (default none)",
        set: |config, value| store(&mut config.system_type, ascii(value, 12)),
    },
    Parameter {
        name: "service_type",
        meaning: "of each message, at most 5 characters (default none)",
        set: |config, value| store(&mut config.service_type, ascii(value, 5)),
    },
    Parameter {
        name: "registered_delivery",
        meaning: "receipts asked for: 0 none, 1 always, 2 on failure (default 1; 0 for a transmitter)",
        set: |config, value| store(&mut config.registered_delivery, code(value, 2).map(Some)),
    },
    Parameter {
        name: "priority",
        meaning: "priority_flag, 0 to 3 (default 0)",
        set: |config, value| store(&mut config.priority, code(value, 3)),
    },
    Parameter {
        name: "alphabet",
        meaning: "`gsm7` (default: UCS-2 only where needed) or `ucs2` (always), for other default alphabets",
        set: |config, value| {
            config.always_ucs2 = match value {
                "gsm7" => false,
                "ucs2" => true,
                _ => return None,
            };
            Some(())
        },
    },
    Parameter {
        name: "connect_s",
        meaning: "wait for a connection (default 10)",
        set: |config, value| store(&mut config.connect_timeout, span(value)),
    },
    Parameter {
        name: "response_s",
        meaning: "wait for any answer (default 30)",
        set: |config, value| store(&mut config.response_timeout, span(value)),
    },
    Parameter {
        name: "enquire_link_s",
        meaning: "silence before the link is tried (default 30)",
        set: |config, value| store(&mut config.enquire_interval, span(value)),
    },
    Parameter {
        name: "reconnect_s",
        meaning: "first pause before connecting again, doubled each time (default 1)",
        set: |config, value| store(&mut config.reconnect_first, span(value)),
    },
    Parameter {
        name: "reconnect_max_s",
        meaning: "longest such pause (default 60)",
        set: |config, value| store(&mut config.reconnect_most, span(value)),
    },
    Parameter {
        name: "close_s",
        meaning: "wait for answers when closing (default 5)",
        set: |config, value| store(&mut config.close_timeout, span(value)),
    },
];

/// How we bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Sends, and receives receipts.
    Transceiver,
    /// Only sends.
    Transmitter,
}

/// A message centre and how to use it. Read from a URL: see the module.
#[derive(Clone, PartialEq)]
pub struct SmppConfig {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) system_id: String,
    pub(super) password: String,
    pub(super) mode: Mode,
    pub(super) window: usize,
    pub(super) source: String,
    pub(super) ton: Option<u8>,
    pub(super) npi: Option<u8>,
    pub(super) dest_ton: u8,
    pub(super) dest_npi: u8,
    pub(super) system_type: String,
    pub(super) service_type: String,
    pub(super) registered_delivery: Option<u8>,
    pub(super) priority: u8,
    pub(super) always_ucs2: bool,
    pub(super) connect_timeout: Duration,
    pub(super) response_timeout: Duration,
    pub(super) enquire_interval: Duration,
    pub(super) reconnect_first: Duration,
    pub(super) reconnect_most: Duration,
    pub(super) close_timeout: Duration,
}

impl SmppConfig {
    /// Reads the URL; a password that it lacks comes from [`PASSWORD_VARIABLE`].
    pub fn from_url(url: &str) -> Result<Self, SmppError> {
        let mut config: Self = url.parse()?;
        if config.password.is_empty() {
            config.password = std::env::var(PASSWORD_VARIABLE).unwrap_or_default();
        }
        config.check()?;
        Ok(config)
    }

    /// Every parameter of the URL and its meaning, for help texts.
    pub fn parameters() -> impl Iterator<Item = (&'static str, &'static str)> {
        PARAMETERS.iter().map(|parameter| (parameter.name, parameter.meaning))
    }

    /// `system_id@host:port`, for messages.
    pub(super) fn centre(&self) -> String {
        format!("{}@{}:{}", self.system_id, self.host, self.port)
    }

    pub(super) fn bind_command(&self) -> u32 {
        match self.mode {
            Mode::Transceiver => command::BIND_TRANSCEIVER,
            Mode::Transmitter => command::BIND_TRANSMITTER,
        }
    }

    pub(super) fn registered_delivery(&self) -> u8 {
        self.registered_delivery.unwrap_or(match self.mode {
            Mode::Transceiver => 1,
            Mode::Transmitter => 0,
        })
    }

    /// The address of a sender; `None` where it is no sender. Only the channel's own takes `ton=` and `npi=`.
    pub(super) fn source(&self, from: Option<&str>) -> Option<Address> {
        match from {
            Some(from) => sender_fits(from).then(|| sender(from)),
            None => {
                let own = sender(&self.source);
                Some(Address { ton: self.ton.unwrap_or(own.ton), npi: self.npi.unwrap_or(own.npi), ..own })
            }
        }
    }

    fn check(&self) -> Result<(), SmppError> {
        // §5.2.1, §5.2.2: 15 and 8 characters; many message centres take longer passwords, none a longer system_id.
        let complain = |what: &str| Err(SmppError::Url(what.to_owned()));
        match () {
            () if self.system_id.is_empty() || ascii(&self.system_id, 15).is_none() => {
                complain("the system_id has 1 to 15 ASCII characters")
            }
            () if ascii(&self.password, 64).is_none() => complain("the password has at most 64 ASCII characters"),
            () if self.host.is_empty() => complain("the host is missing"),
            () => Ok(()),
        }
    }
}

impl Default for SmppConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: DEFAULT_PORT,
            system_id: String::new(),
            password: String::new(),
            mode: Mode::Transceiver,
            window: 10,
            source: String::new(),
            ton: None,
            npi: None,
            dest_ton: 0,
            dest_npi: 1,
            system_type: String::new(),
            service_type: String::new(),
            registered_delivery: None,
            priority: 0,
            always_ucs2: false,
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(30),
            enquire_interval: Duration::from_secs(30),
            reconnect_first: Duration::from_secs(1),
            reconnect_most: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
        }
    }
}

/// Without the password.
impl fmt::Debug for SmppConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmppConfig")
            .field("centre", &self.centre())
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// The URL alone, without the environment.
impl FromStr for SmppConfig {
    type Err = SmppError;

    fn from_str(url: &str) -> Result<Self, SmppError> {
        let url = Url::read(url).map_err(SmppError::Url)?;
        if url.scheme != "smpp" {
            return Err(SmppError::Url("it does not begin with `smpp://`".to_owned()));
        }
        let port = url.port.unwrap_or(DEFAULT_PORT);
        let mut config = Self {
            host: url.host.clone(),
            port,
            system_id: url.user.clone(),
            password: url.password.clone(),
            ..Self::default()
        };
        url.set(&mut config, &[PARAMETERS]).map_err(SmppError::Url)?;
        Ok(config)
    }
}

/// TON and NPI by the form of the sender; §5.2.5, §5.2.6.
fn sender(text: &str) -> Address {
    const SHORT_CODE: usize = 8;
    let digits = text.strip_prefix('+').unwrap_or(text);
    let (ton, npi) = match () {
        () if text.is_empty() => (0, 0),            // the message centre's own
        () if !is_number(text) => (5, 0),           // alphanumeric
        () if text.len() > digits.len() => (1, 1),  // international
        () if digits.len() <= SHORT_CODE => (3, 0), // network specific
        () => (0, 1),                               // unknown, E.164
    };
    let digits = if ton == 5 { text } else { digits };
    Address { ton, npi, digits: digits.to_owned() }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit())
}

/// 20 digits (§5.2.8), or the 11 characters that an alphanumeric TP-OA holds (3GPP TS 23.040 §9.1.2.5).
fn sender_fits(text: &str) -> bool {
    let most = if is_number(text) { 20 } else { 11 };
    ascii(text.strip_prefix('+').unwrap_or(text), most).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_everything() {
        let config: SmppConfig = "smpp://tp:p%40ss%3aword@smsc.example:2776/?window=7&source=%2B8610086&system_type=VMA\
            &enquire_link_s=0.5&mode=transmitter&dest_ton=1&service_type=CMT&priority=2&reconnect_max_s=90&alphabet=ucs2"
            .parse()
            .unwrap();
        let expected = SmppConfig {
            host: "smsc.example".into(),
            port: 2776,
            system_id: "tp".into(),
            password: "p@ss:word".into(),
            mode: Mode::Transmitter,
            window: 7,
            source: "+8610086".into(),
            dest_ton: 1,
            system_type: "VMA".into(),
            service_type: "CMT".into(),
            priority: 2,
            always_ucs2: true,
            enquire_interval: Duration::from_millis(500),
            reconnect_most: Duration::from_secs(90),
            ..SmppConfig::default()
        };
        assert!(config == expected, "{config:?}");
        assert_eq!(config.registered_delivery(), 0);
    }

    #[test]
    fn mistakes_are_explained() {
        let check = |url: &str, expected: &str| {
            let told = SmppConfig::from_url(url).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        };
        check("http://x", "does not begin with `smpp://`");
        check("smpp://host", "system_id has 1 to 15");
        check("smpp://:x@host", "system_id has 1 to 15");
        check("smpp://tp:x@host:0", "port");
        check("smpp://tp:x@", "host is missing");
        check("smpp://tp:x@host?window=0", "`0` does not fit `window`: most unanswered submit_sm, 1 to 1000");
        check("smpp://tp:x@host?windows=5", "unknown parameter `windows` (known: mode, window");
        check("smpp://tp:x@host?mode=receiver", "`transceiver` (default) or `transmitter`");
        check("smpp://tp:x@host?source=TwelveLettrs", "`source`");
        check("smpp://tp:x@host?response_s=-1", "wait for any answer");
    }

    #[test]
    fn the_password_is_never_shown() {
        let config: SmppConfig = "smpp://tp:geheim@host".parse().unwrap();
        assert!(!format!("{config:?} {}", config.centre()).contains("geheim"));
    }

    #[test]
    fn senders_have_the_type_of_their_form() {
        let config: SmppConfig = "smpp://tp:x@host?source=10086&ton=6".parse().unwrap();
        let check = |from: Option<&str>, expected: Option<(u8, u8, &str)>| {
            let found = config.source(from);
            let found = found.as_ref().map(|address| (address.ton, address.npi, address.digits.as_str()));
            assert_eq!(found, expected);
        };
        check(None, Some((6, 0, "10086")));
        check(Some("10086"), Some((3, 0, "10086")));
        check(Some("+8613800000001"), Some((1, 1, "8613800000001")));
        check(Some("106575550000"), Some((0, 1, "106575550000")));
        check(Some("China Shop"), Some((5, 0, "China Shop")));
        check(Some("欢迎"), None);
        check(Some("123456789012345678901"), None);
    }
}
