//! A channel of its name and its URL: the one place that knows every kind.

use std::num::NonZeroU32;
use std::path::Path;

use event::Number;
use thiserror::Error;

use super::centre::{self, Centre, CentreError, Habits};
use super::cmpp::CmppConfig;
use super::http::WebError;
use super::list::ListError;
use super::smpp::SmppConfig;
use super::url::{Parameter, Url, store};
use super::{Channel, Lane, Terms, cmpp, http, journal, list, mm7, pap, smpp, webhook};
use crate::offer::LinesError;

/// How channels are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Journals show IMSI and number in clear.
    pub reveal: bool,
    /// A message centre that cannot be reached is no error: the channel is down, and tries again. A URL that cannot be
    /// meant is an error all the same.
    pub patient: bool,
}

/// Why a channel cannot be opened: what happened, and what to do. Passwords are never shown.
#[derive(Debug, Error)]
#[error("channel `{name}`: {why}")]
pub struct ChannelError {
    /// Which.
    pub name: String,
    /// Why.
    #[source]
    pub why: Fault,
}

/// What is wrong with a channel.
#[derive(Debug, Error)]
pub enum Fault {
    /// There is no such kind.
    #[error("`{scheme}` is no kind of channel; there are {}", schemes())]
    Scheme {
        /// What stands in its place.
        scheme: String,
    },
    /// What every channel may be told.
    #[error("{0}")]
    Terms(String),
    /// A message centre.
    #[error(transparent)]
    Centre(#[from] CentreError),
    /// A server over HTTP.
    #[error(transparent)]
    Web(#[from] WebError),
    /// A journal.
    #[error(transparent)]
    Journal(#[from] LinesError),
    /// Lists.
    #[error(transparent)]
    List(#[from] ListError),
}

/// Every kind of channel: how its URL begins, and for people what it is.
pub const URLS: &[(&str, &str)] = &[
    ("smpp://system_id:password@host:port", "a message centre by SMPP"),
    ("smpps://system_id:password@host:port", "the same over TLS"),
    ("cmpp://sp_id:secret@host:port", "a gateway by CMPP 2.0 or 3.0"),
    ("pap+http://user:password@host:port/path", "a push proxy gateway, for pushed addresses"),
    ("mm7+http://user:password@host:port/path", "MMS by MM7"),
    ("webhook+https://host/path", "a server of yours: JSON, signed, with an idempotency key"),
    ("list:DIR", "CSV files by scenario and hour, for halls and outbound calls"),
    ("journal:FILE", "a file, one JSON line an offer"),
];

fn schemes() -> String {
    let schemes: Vec<String> = URLS.iter().map(|(form, _)| format!("`{}`", scheme(form))).collect();
    schemes.join(", ")
}

fn scheme(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}

/// What a URL may say of any channel.
const TERMS: &[Parameter<Terms>] = &[
    Parameter {
        name: "per_second",
        meaning: "the most offers a second, from 1 (default: as many as it takes)",
        set: |terms, value| store(&mut terms.per_second, value.parse::<NonZeroU32>().ok().map(Some)),
    },
    Parameter {
        name: "fallback",
        meaning: "the name of the channel that helps out when this one is down or behind",
        set: |terms, value| {
            store(&mut terms.fallback, Some(value).filter(|name| !name.is_empty()).map(|n| Some(n.to_owned())))
        },
    },
    Parameter {
        name: "scenarios",
        meaning: "names, with commas between: the offers of these scenarios go by this channel",
        set: |terms, value| {
            let names: Vec<String> = value.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            store(&mut terms.scenarios, Some(names).filter(|names| !names.is_empty()))
        },
    },
    Parameter {
        name: "manual",
        meaning: "a folder: offers wait until `touchpoint release FOLDER` lets them go",
        set: |terms, value| {
            let folder = Some(value).filter(|folder| !folder.is_empty());
            store(&mut terms.manual, folder.map(|folder| Some(folder.into())))
        },
    },
];

/// Every parameter of every kind of channel, for help texts: whose they are, and each with its meaning.
pub fn parameters() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        ("every channel", told(TERMS)),
        ("any message centre (smpp, cmpp)", told(&Habits::parameters::<SmppConfig>())),
        ("smpp, as in smpp://user@host:port?window=20&source=10086", told(smpp::PARAMETERS)),
        ("cmpp", told(cmpp::PARAMETERS)),
        ("any server over HTTP (pap, mm7, webhook)", told(&http::parameters::<pap::Pap>())),
        ("pap", told(pap::PARAMETERS)),
        ("mm7", told(mm7::PARAMETERS)),
        ("webhook", told(webhook::PARAMETERS)),
        ("list", told(list::PARAMETERS)),
    ]
}

fn told<C>(table: &[Parameter<C>]) -> Vec<(&'static str, &'static str)> {
    table.iter().map(|parameter| (parameter.name, parameter.meaning)).collect()
}

/// Opens the channel of this name that a URL describes, `scheme:…?parameter=value&…`.
pub fn open(name: &str, url: &str, opening: Opening) -> Result<Lane, ChannelError> {
    let failed = |why| ChannelError { name: name.to_owned(), why };
    let (terms, url) = cut_terms(url).map_err(|why| failed(Fault::Terms(why)))?;
    let channel = channel(&url, opening).map_err(failed)?;
    Ok(Lane { name: name.to_owned(), channel, terms })
}

/// Whether a URL can be meant, without opening what it names.
///
/// # Errors
/// What is wrong with it.
pub fn check(url: &str) -> Result<(), Fault> {
    let (_, url) = cut_terms(url).map_err(Fault::Terms)?;
    match scheme(&url) {
        "smpp" | "smpps" => drop(SmppConfig::from_url(&url)?),
        "cmpp" => drop(CmppConfig::from_url(&url)?),
        "webhook+http" | "webhook+https" => drop(webhook::read(&url)?),
        "pap+http" | "pap+https" => drop(pap::read(&url)?),
        "mm7+http" | "mm7+https" => drop(mm7::read(&url)?),
        "journal" | "list" => {}
        other => return Err(Fault::Scheme { scheme: other.to_owned() }),
    }
    Ok(())
}

fn channel(url: &str, opening: Opening) -> Result<Box<dyn Channel + Send>, Fault> {
    Ok(match scheme(url) {
        "smpp" | "smpps" => Box::new(Centre::open(SmppConfig::from_url(url)?, opening.patient)?),
        "cmpp" => Box::new(Centre::open(CmppConfig::from_url(url)?, opening.patient)?),
        "journal" => {
            let file = url.trim_start_matches("journal:").trim_start_matches("//");
            journal::open(Path::new(file), opening.reveal)?
        }
        "webhook+http" | "webhook+https" => webhook::open(url)?,
        "pap+http" | "pap+https" => pap::open(url)?,
        "mm7+http" | "mm7+https" => mm7::open(url)?,
        "list" => list::open(url)?,
        other => return Err(Fault::Scheme { scheme: other.to_owned() }),
    })
}

/// The number or name from which the channel of this URL sends where a scenario names none.
pub fn sender(url: &str) -> Option<Number> {
    let (_, url) = cut_terms(url).ok()?;
    match scheme(&url) {
        "smpp" | "smpps" => centre::sender(&SmppConfig::from_url(&url).ok()?, None),
        "cmpp" => centre::sender(&CmppConfig::from_url(&url).ok()?, None),
        _ => None,
    }
}

/// What concerns every channel, and the URL without it.
fn cut_terms(url: &str) -> Result<(Terms, String), String> {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let is_term = |pair: &&str| TERMS.iter().any(|term| pair.split('=').next() == Some(term.name));
    let (terms, rest): (Vec<&str>, Vec<&str>) = query.split('&').filter(|pair| !pair.is_empty()).partition(is_term);
    let mut read = Terms::default();
    Url::read(&format!("x://?{}", terms.join("&")))?.set(&mut read, &[TERMS])?;
    let rest = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
    Ok((read, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_channel_may_be_told_is_taken_out_of_the_url() {
        let check = |url: &str, per_second, fallback: Option<&str>, rest: &str| {
            let fallback = fallback.map(str::to_owned);
            let expected = Terms { per_second: NonZeroU32::new(per_second), fallback, ..Terms::default() };
            assert_eq!(cut_terms(url).unwrap(), (expected, rest.to_owned()));
        };
        check(
            "smpp://a:b@c?window=5&per_second=20&source=1&fallback=other",
            20,
            Some("other"),
            "smpp://a:b@c?window=5&source=1",
        );
        check("journal:/tmp/x?per_second=5", 5, None, "journal:/tmp/x");
        check("journal:offers.jsonl", 0, None, "journal:offers.jsonl");
    }

    #[test]
    fn the_number_that_a_channel_sends_from_stands_in_its_url() {
        let check = |url: &str, expected: Option<&str>| {
            assert_eq!(sender(url).map(|number| number.to_string()).as_deref(), expected, "{url}");
        };
        check("smpp://a:b@c?per_second=5&source=10086", Some("10086"));
        check("smpp://a:b@c?source=Shop", Some("Shop"));
        check("smpp://a:b@c?source=Caf%C3%A9", None);
        check("smpp://a:b@c", None);
        check("cmpp://900001:secret@c?source=1065712580", Some("1065712580"));
        check("journal:/tmp/x", None);
    }

    #[test]
    fn mistakes_are_explained_and_name_the_channel() {
        let check = |url: &str, expected: &str| {
            assert!(super::check(url).unwrap_err().to_string().contains(expected), "without opening it: {url}");
            let told = open("sms", url, Opening::default()).map(|lane| lane.name).unwrap_err().to_string();
            assert!(told.starts_with("channel `sms`: ") && told.contains(expected), "{told}");
        };
        check("smtp://host", "`smtp` is no kind of channel; there are `smpp`");
        check("smpp://a:b@c?per_second=0", "`0` does not fit `per_second`");
        check("smpp://a:b@c?windows=1", "unknown parameter `windows`");
    }

    #[test]
    fn a_journal_is_opened_by_its_url() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("journal:{}/offers.jsonl?per_second=7", folder.path().display());
        let lane = open("trial", &url, Opening::default()).unwrap();
        assert_eq!((lane.name.as_str(), lane.channel.name()), ("trial", "journal"));
        assert_eq!(lane.terms.per_second, NonZeroU32::new(7));
    }
}
