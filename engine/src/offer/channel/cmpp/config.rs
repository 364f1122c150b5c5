//! A gateway as one URL, `cmpp://sp_id:secret@host:port?parameter=value&…`. Without a secret in the URL the environment
//! variable `TOUCHPOINT_CMPP_SECRET` is used.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use event::Timestamp;
use jiff::tz::TimeZone;

use super::super::centre::{CentreError, Habits};
use super::super::url::{Parameter, Url, ascii, code, store};
use super::pdu::Version;
use super::proof::Proof;

/// The environment variable that holds the shared secret when the URL does not.
pub const PASSWORD_VARIABLE: &str = "TOUCHPOINT_CMPP_SECRET";

/// The port of long connections between service provider and gateway.
pub const DEFAULT_PORT: u16 = 7890;

const FORM: &str = "cmpp://sp_id:secret@host:port?source=10086&service=TOUCH";

/// What CMPP has of its own.
pub(in super::super) const PARAMETERS: &[Parameter<CmppConfig>] = &[
    Parameter {
        name: "version",
        meaning: "of CMPP: `3.0` (default) or `2.0`",
        set: |config, value| {
            config.version = match value {
                "3.0" => Version::V3,
                "2.0" => Version::V2,
                _ => return None,
            };
            Some(())
        },
    },
    Parameter {
        name: "source",
        meaning: "Src_Id, the number that the phone shows for offers that name no sender: up to 21 digits (default the sp_id)",
        set: |config, value| store(&mut config.source, digits(value, 21)),
    },
    Parameter {
        name: "service",
        meaning: "Service_Id, up to 10 characters (default none)",
        set: |config, value| store(&mut config.service_id, ascii(value, 10)),
    },
    Parameter {
        name: "fee_user",
        meaning: "Fee_UserType, who pays: 0 receiver, 1 sender, 2 provider (default), 3 as Fee_terminal_Id says",
        set: |config, value| store(&mut config.fee_user_type, code(value, 3)),
    },
    Parameter {
        name: "fee_type",
        meaning: "FeeType: 1 free (default), 2 by message, 3 by month, 4 capped, 5 by the provider",
        set: |config, value| store(&mut config.fee_type, code(value, 99)),
    },
    Parameter {
        name: "fee_code",
        meaning: "FeeCode, in hundredths of the currency, 0 to 999999 (default 0)",
        set: |config, value| store(&mut config.fee_code, value.parse().ok().filter(|fee: &u32| *fee <= 999_999)),
    },
    Parameter {
        name: "registered_delivery",
        meaning: "whether reports are asked for: 0 or 1 (default)",
        set: |config, value| store(&mut config.registered_delivery, code(value, 1).map(|code| code == 1)),
    },
    Parameter {
        name: "country",
        meaning: "the country's code, left out of subscribers' numbers (default 86; empty keeps it)",
        set: |config, value| {
            let country = if value.is_empty() { Some(String::new()) } else { digits(value, 3) };
            store(&mut config.country, country)
        },
    },
    Parameter {
        name: "zone",
        meaning: "time zone of the gateway's clock (default Asia/Shanghai)",
        set: |config, value| store(&mut config.zone, TimeZone::get(value).ok()),
    },
];

/// A gateway and how to use it. Read from a URL: see the module.
#[derive(Clone)]
pub struct CmppConfig {
    pub(super) habits: Habits,
    /// Source_Addr: the provider's number at the operator, which is Msg_src too.
    pub(super) source_addr: String,
    pub(super) secret: String,
    pub(super) version: Version,
    pub(super) source: String,
    pub(super) service_id: String,
    pub(super) fee_user_type: u8,
    pub(super) fee_type: u8,
    pub(super) fee_code: u32,
    pub(super) registered_delivery: bool,
    pub(super) country: String,
    pub(super) zone: TimeZone,
    /// Of the session that is being opened.
    pub(super) proof: Proof,
}

impl CmppConfig {
    /// Reads the URL; a secret that it lacks comes from [`PASSWORD_VARIABLE`].
    pub fn from_url(url: &str) -> Result<Self, CentreError> {
        let mut config: Self = url.parse()?;
        if config.secret.is_empty() {
            config.secret = std::env::var(PASSWORD_VARIABLE).unwrap_or_default();
        }
        Ok(config)
    }

    /// Valid_Time, absolute: `YYMMDDhhmmss032+` (SMPP 3.3 as CMPP has it, quarters of an hour from Greenwich); empty leaves
    /// it to the gateway.
    pub(super) fn valid_time(&self, validity_s: u64, now: Timestamp) -> String {
        if validity_s == 0 {
            return String::new();
        }
        let until = now + Duration::from_secs(validity_s);
        let Ok(until) = jiff::Timestamp::from_microsecond(until.as_micros()) else { return String::new() };
        let until = until.to_zoned(self.zone.clone());
        let quarters = until.offset().seconds() / 900;
        let sign = if quarters < 0 { '-' } else { '+' };
        format!("{}0{:02}{sign}", until.strftime("%y%m%d%H%M%S"), quarters.abs())
    }
}

/// The URL alone, without the environment.
impl FromStr for CmppConfig {
    type Err = CentreError;

    fn from_str(url: &str) -> Result<Self, CentreError> {
        let complaint = |why: String| CentreError::Url { why, form: FORM };
        let url = Url::read(url).map_err(complaint)?;
        if url.scheme != "cmpp" {
            return Err(complaint("it does not begin with `cmpp://`".to_owned()));
        }
        if url.user.is_empty() || ascii(&url.user, 6).is_none() {
            return Err(complaint("the sp_id before `:` and `@` has 1 to 6 ASCII characters".to_owned()));
        }
        if url.host.is_empty() {
            return Err(complaint("the host is missing".to_owned()));
        }
        let usual = Habits {
            window: 16,
            response_timeout: Duration::from_secs(60),
            enquire_interval: Duration::from_secs(180),
            ..Habits::default()
        };
        let mut config = Self {
            habits: usual.at(&url, DEFAULT_PORT),
            source_addr: url.user.clone(),
            secret: url.password.clone(),
            version: Version::V3,
            source: url.user.clone(),
            service_id: String::new(),
            fee_user_type: 2,
            fee_type: 1,
            fee_code: 0,
            registered_delivery: true,
            country: "86".to_owned(),
            zone: TimeZone::get("Asia/Shanghai").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(8))),
            proof: Proof::default(),
        };
        url.set(&mut config, &[PARAMETERS, &Habits::parameters()]).map_err(complaint)?;
        Ok(config)
    }
}

impl AsMut<Habits> for CmppConfig {
    fn as_mut(&mut self) -> &mut Habits {
        &mut self.habits
    }
}

/// Without the secret.
impl fmt::Debug for CmppConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CmppConfig")
            .field("source_addr", &self.source_addr)
            .field("habits", &self.habits)
            .finish_non_exhaustive()
    }
}

fn digits(value: &str, most: usize) -> Option<String> {
    let fits = (1..=most).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit());
    fits.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_everything() {
        let config: CmppConfig =
            "cmpp://900001:geheim@gw.example?version=2.0&source=10086&service=TP&fee_type=2&fee_code=5\
            &window=8&country="
                .parse()
                .unwrap();
        assert_eq!((config.habits.host.as_str(), config.habits.port, config.habits.window), ("gw.example", 7890, 8));
        assert_eq!((config.version, config.source.as_str(), config.service_id.as_str()), (Version::V2, "10086", "TP"));
        assert_eq!((config.fee_user_type, config.fee_type, config.fee_code), (2, 2, 5));
        assert_eq!(config.habits.response_timeout, Duration::from_secs(60));
        assert!(!format!("{config:?}").contains("geheim"));
    }

    #[test]
    fn mistakes_are_explained() {
        let check = |url: &str, expected: &str| {
            let told = CmppConfig::from_url(url).unwrap_err().to_string();
            assert!(told.contains(expected) && told.contains("cmpp://sp_id"), "{told}");
        };
        check("cmpp://host", "sp_id");
        check("cmpp://9000011:x@host", "1 to 6");
        check("cmpp://900001:x@", "host is missing");
        check("cmpp://900001:x@host?version=1", "`1` does not fit `version`");
        check("cmpp://900001:x@host?zone=Beijing", "time zone");
    }

    #[test]
    fn a_message_is_valid_until_a_time_on_the_gateways_clock() {
        let at: Timestamp = "2026-11-22T15:30:05Z".parse().unwrap();
        let check = |zone: &str, validity_s, expected: &str| {
            let config: CmppConfig = format!("cmpp://900001:x@host?zone={zone}").parse().unwrap();
            assert_eq!(config.valid_time(validity_s, at), expected);
        };
        check("Asia/Shanghai", 3600, "261123003005032+");
        check("UTC", 60, "261122153105000+");
        check("America/New_York", 60, "261122103105020-");
        check("UTC", 0, "");
    }
}
