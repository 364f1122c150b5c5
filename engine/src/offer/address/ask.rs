//! One question over HTTP, and what its answer says.

use std::time::Duration;

use crossbeam::channel::{Receiver, Sender};
use event::{Imsi, Number};
use ureq::http::Uri;
use ureq::tls::TlsConfig;
use ureq::{Agent, Error};

use super::super::authorities::roots;
use super::{Answer, LookupConfig, LookupError};

/// Where the IMSI goes in the URL.
pub(super) const PLACEHOLDER: &str = "{imsi}";

/// The longest answer that is read, in octets.
const ANSWER_LIMIT: u64 = 4096;
/// How often the source may send us elsewhere.
const REDIRECTS_LIMIT: u32 = 3;

/// Asks; cheap to clone, and the clones share their connections.
#[derive(Clone)]
pub(super) struct Asker {
    agent: Agent,
    template: String,
    timeout: Duration,
}

impl Asker {
    pub(super) fn new(config: &LookupConfig) -> Result<Self, LookupError> {
        check(&config.url)?;
        let path = config.authorities.clone().unwrap_or_default();
        let roots = roots(config.authorities.as_deref()).map_err(|why| LookupError::Authorities { path, why })?;
        let agent = Agent::config_builder()
            .timeout_global(Some(config.timeout))
            .http_status_as_error(false)
            .max_redirects(REDIRECTS_LIMIT)
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("touchpoint/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: Agent::new_with_config(agent), template: config.url.clone(), timeout: config.timeout })
    }

    /// Answers questions until there are no more.
    pub(super) fn run(&self, asked: &Receiver<Imsi>, replies: &Sender<(Imsi, Answer)>) {
        for imsi in asked {
            if replies.send((imsi, self.ask(imsi))).is_err() {
                return;
            }
        }
    }

    fn ask(&self, imsi: Imsi) -> Answer {
        let digits = imsi.to_string();
        self.exchange(&digits)
            .unwrap_or_else(|error| Answer::Failed(self.explain(&error).replace(&digits, PLACEHOLDER)))
    }

    fn exchange(&self, digits: &str) -> Result<Answer, Error> {
        let mut response = self.agent.get(self.template.replace(PLACEHOLDER, digits)).call()?;
        match response.status().as_u16() {
            200 => Ok(read(&response.body_mut().with_config().limit(ANSWER_LIMIT).read_to_string()?)),
            204 | 404 => Ok(Answer::Unknown),
            status => Ok(Answer::Failed(format!("the source answered with HTTP status {status}"))),
        }
    }

    fn explain(&self, error: &Error) -> String {
        match error {
            Error::Timeout(_) => format!("no answer within {} s", self.timeout.as_secs_f64()),
            Error::HostNotFound => "the source's host is not found".to_owned(),
            Error::BodyExceedsLimit(_) => format!("the answer is longer than {ANSWER_LIMIT} octets"),
            Error::Io(error) => format!("the source cannot be asked: {error}"),
            other => format!("the source cannot be asked: {other}"),
        }
    }
}

fn check(template: &str) -> Result<(), LookupError> {
    if !template.contains(PLACEHOLDER) {
        return Err(LookupError::NoPlaceholder(template.to_owned()));
    }
    let wrong = |why: String| LookupError::Url { url: template.to_owned(), why };
    let url: Uri =
        template.replace(PLACEHOLDER, "001010000000000").parse().map_err(|error| wrong(format!("{error}")))?;
    match (url.scheme_str(), url.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(()),
        (Some("http" | "https"), _) => Err(wrong("the host is missing".to_owned())),
        _ => Err(wrong("it does not begin with `http://` or `https://`".to_owned())),
    }
}

/// Reads the body of an answer: JSON, or the digits alone.
fn read(body: &str) -> Answer {
    let body = body.trim();
    match body.starts_with('{') {
        true => read_json(body),
        false => read_digits(body),
    }
}

fn read_json(body: &str) -> Answer {
    use serde_json::Value;
    let Ok(Value::Object(fields)) = serde_json::from_str(body) else {
        return Answer::Failed("the answer is not readable JSON".to_owned());
    };
    match fields.get("msisdn") {
        Some(Value::String(digits)) => read_digits(digits.trim()),
        Some(Value::Number(digits)) => read_digits(&digits.to_string()),
        Some(Value::Null) => Answer::Unknown,
        Some(_) => Answer::Failed("`msisdn` in the answer is not a text".to_owned()),
        None => Answer::Failed("the answer has no `msisdn`".to_owned()),
    }
}

/// An MSISDN has 3 to 15 digits (ITU-T E.164), written with or without `+`.
fn read_digits(text: &str) -> Answer {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let fits = (3..=15).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit());
    match text.parse::<Number>() {
        _ if text.is_empty() => Answer::Unknown,
        Ok(number) if fits => Answer::Found(number),
        _ => Answer::Failed("the answer is neither a number of 3 to 15 digits nor JSON with `msisdn`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_both_forms() {
        let found = |digits: &str| Answer::Found(digits.parse().unwrap());
        let failed = |reason: &str| Answer::Failed(reason.to_owned());
        let check = |body: &str, expected: Answer| assert_eq!(read(body), expected, "{body}");
        check("8613900000005\r\n", found("8613900000005"));
        check("+447700900123", found("+447700900123"));
        check(r#" {"imsi":"1","msisdn":"+8613900000005"}"#, found("+8613900000005"));
        check(r#"{"msisdn":8613900000005}"#, found("8613900000005"));
        check(r#"{"msisdn":null}"#, Answer::Unknown);
        check(r#"{"msisdn":""}"#, Answer::Unknown);
        check("", Answer::Unknown);
        check(r#"{"number":"1"}"#, failed("the answer has no `msisdn`"));
        check(r#"{"msisdn":["1"]}"#, failed("`msisdn` in the answer is not a text"));
        check(r#"{"msisdn""#, failed("the answer is not readable JSON"));
        let neither = "the answer is neither a number of 3 to 15 digits nor JSON with `msisdn`";
        check("<html>", failed(neither));
        check("12", failed(neither));
        check("1234567890123456", failed(neither));
        check("*100#", failed(neither));
        check("++861390000", failed(neither));
    }
}
