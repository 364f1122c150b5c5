//! A message centre as one URL, `smpp://system_id:password@host:port?parameter=value&…`, `smpps://` for TLS.
//!
//! Password, user name and values are percent-encoded where they must be; without a password in the URL the
//! environment variable `TOUCHPOINT_SMPP_PASSWORD` is used. The tables [`PARAMETERS`] and of [`Habits`] are the documentation
//! of the rest.

use std::fmt;
use std::str::FromStr;

use super::super::centre::{Address, CentreError, Habits, Role};
use super::super::url::{Parameter, Url, ascii, code, store};

/// The environment variable that holds the password when the URL does not.
pub const PASSWORD_VARIABLE: &str = "TOUCHPOINT_SMPP_PASSWORD";

/// The port where the URL names none: IANA's for SMPP.
pub const DEFAULT_PORT: u16 = 2775;

/// IANA's for SMPP over TLS.
const TLS_PORT: u16 = 3550;

const FORM: &str = "smpp://system_id:password@host:port?window=10&source=10086";

/// What SMPP has of its own.
pub(in super::super) const PARAMETERS: &[Parameter<SmppConfig>] = &[
    Parameter {
        name: "mode",
        meaning: "`transceiver` (default), `pair` (a transmitter and a receiver) or `transmitter` (no receipts)",
        set: |config, value| {
            config.mode = match value {
                "transceiver" => Mode::Transceiver,
                "pair" => Mode::Pair,
                "transmitter" => Mode::Transmitter,
                _ => return None,
            };
            Some(())
        },
    },
    Parameter {
        name: "version",
        meaning: "of SMPP: `3.4` (default) or `5.0`",
        set: |config, value| {
            config.interface_version = match value {
                "3.4" => 0x34,
                "5.0" => 0x50,
                _ => return None,
            };
            Some(())
        },
    },
    Parameter {
        name: "concatenation",
        meaning: "how long texts are told: `udh` (default), `sar` (parameters beside each part) or `payload` (in one piece)",
        set: |config, value| {
            config.concatenation = match value {
                "udh" => Long::Header,
                "sar" => Long::Parameters,
                "payload" => Long::Payload,
                _ => return None,
            };
            Some(())
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
];

/// How we bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Sends, and receives receipts.
    Transceiver,
    /// A session that sends and one that receives, for each of `binds=`.
    Pair,
    /// Only sends.
    Transmitter,
}

/// How the parts of a long text are told to belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Long {
    /// By a user data header in each part, 3GPP TS 23.040 §9.2.3.24.1.
    Header,
    /// By `sar_msg_ref_num` and its like, SMPP 3.4 §5.3.2.22.
    Parameters,
    /// The text is given whole, in `message_payload`, SMPP 3.4 §5.3.2.32; the message centre cuts it.
    Payload,
}

/// A message centre and how to use it. Read from a URL: see the module.
#[derive(Clone, PartialEq)]
pub struct SmppConfig {
    pub(super) habits: Habits,
    pub(super) system_id: String,
    pub(super) password: String,
    pub(super) mode: Mode,
    pub(super) interface_version: u8,
    pub(super) concatenation: Long,
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
}

impl AsMut<Habits> for SmppConfig {
    fn as_mut(&mut self) -> &mut Habits {
        &mut self.habits
    }
}

impl SmppConfig {
    /// Reads the URL; a password that it lacks comes from [`PASSWORD_VARIABLE`].
    pub fn from_url(url: &str) -> Result<Self, CentreError> {
        let mut config: Self = url.parse()?;
        if config.password.is_empty() {
            config.password = std::env::var(PASSWORD_VARIABLE).unwrap_or_default();
        }
        config.check()?;
        Ok(config)
    }

    /// `system_id@host:port`, for messages.
    pub(super) fn centre(&self) -> String {
        format!("{}@{}:{}", self.system_id, self.habits.host, self.habits.port)
    }

    pub(super) fn roles(&self) -> Vec<Role> {
        let of_each: &[Role] = match self.mode {
            Mode::Transceiver => &[Role::Both],
            Mode::Pair => &[Role::Sender, Role::Receiver],
            Mode::Transmitter => &[Role::Sender],
        };
        of_each.repeat(self.habits.binds)
    }

    pub(super) fn registered_delivery(&self) -> u8 {
        self.registered_delivery.unwrap_or(match self.mode {
            Mode::Transceiver | Mode::Pair => 1,
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

    fn check(&self) -> Result<(), CentreError> {
        // §5.2.1, §5.2.2: 15 and 8 characters; many message centres take longer passwords, none a longer system_id.
        let complain = |what: &str| Err(complaint(what.to_owned()));
        match () {
            () if self.system_id.is_empty() || ascii(&self.system_id, 15).is_none() => {
                complain("the system_id has 1 to 15 ASCII characters")
            }
            () if ascii(&self.password, 64).is_none() => complain("the password has at most 64 ASCII characters"),
            () if self.habits.host.is_empty() => complain("the host is missing"),
            () => Ok(()),
        }
    }
}

impl Default for SmppConfig {
    fn default() -> Self {
        Self {
            habits: Habits::default(),
            system_id: String::new(),
            password: String::new(),
            mode: Mode::Transceiver,
            interface_version: 0x34,
            concatenation: Long::Header,
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
        }
    }
}

/// Without the password.
impl fmt::Debug for SmppConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmppConfig")
            .field("centre", &self.centre())
            .field("window", &self.habits.window)
            .finish_non_exhaustive()
    }
}

/// The URL alone, without the environment.
impl FromStr for SmppConfig {
    type Err = CentreError;

    fn from_str(url: &str) -> Result<Self, CentreError> {
        let url = Url::read(url).map_err(complaint)?;
        let (tls, port) = match url.scheme.as_str() {
            "smpp" => (false, DEFAULT_PORT),
            "smpps" => (true, TLS_PORT),
            _ => return Err(complaint("it does not begin with `smpp://` or `smpps://`".to_owned())),
        };
        let mut config = Self {
            habits: Habits { tls, ..Habits::default().at(&url, port) },
            system_id: url.user.clone(),
            password: url.password.clone(),
            ..Self::default()
        };
        url.set(&mut config, &[PARAMETERS, &Habits::parameters()]).map_err(complaint)?;
        Ok(config)
    }
}

fn complaint(why: String) -> CentreError {
    CentreError::Url { why, form: FORM }
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_url_says_everything() {
        let config: SmppConfig = "smpp://tp:p%40ss%3aword@smsc.example:2776/?window=7&source=%2B8610086&system_type=VMA\
            &enquire_link_s=0.5&mode=transmitter&dest_ton=1&service_type=CMT&priority=2&reconnect_max_s=90&alphabet=ucs2"
            .parse()
            .unwrap();
        let expected = SmppConfig {
            habits: Habits {
                host: "smsc.example".into(),
                port: 2776,
                window: 7,
                enquire_interval: Duration::from_millis(500),
                reconnect_most: Duration::from_secs(90),
                ..Habits::default()
            },
            system_id: "tp".into(),
            password: "p@ss:word".into(),
            mode: Mode::Transmitter,
            source: "+8610086".into(),
            dest_ton: 1,
            system_type: "VMA".into(),
            service_type: "CMT".into(),
            priority: 2,
            always_ucs2: true,
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
        check("http://x", "does not begin with `smpp://` or `smpps://`");
        check("smpp://host", "system_id has 1 to 15");
        check("smpp://:x@host", "system_id has 1 to 15");
        check("smpp://tp:x@host:0", "port");
        check("smpp://tp:x@", "host is missing");
        check("smpp://tp:x@host?window=0", "`0` does not fit `window`: most unanswered submissions");
        check("smpp://tp:x@host?windows=5", "unknown parameter `windows` (known: mode, version");
        check("smpp://tp:x@host?mode=receiver", "`transceiver` (default), `pair`");
        check("smpp://tp:x@host?source=TwelveLettrs", "`source`");
        check("smpp://tp:x@host?response_s=-1", "wait for any answer");
    }

    #[test]
    fn tls_has_a_port_of_its_own() {
        let config: SmppConfig = "smpps://tp:x@smsc.example?ca=/etc/ca.pem".parse().unwrap();
        assert_eq!((config.habits.tls, config.habits.port), (true, 3550));
        assert_eq!(config.habits.authorities, Some("/etc/ca.pem".into()));
    }

    #[test]
    fn each_bind_has_its_sessions() {
        let roles = |query: &str| format!("smpp://tp:x@host?{query}").parse::<SmppConfig>().unwrap().roles();
        assert_eq!(roles("binds=2"), [Role::Both, Role::Both]);
        assert_eq!(roles("binds=2&mode=pair"), [Role::Sender, Role::Receiver, Role::Sender, Role::Receiver]);
        assert_eq!(roles("mode=transmitter"), [Role::Sender]);
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
