//! Any other channel: each offer is posted as JSON to a server of yours, signed as the Standard Webhooks specification has
//! it (`webhook-id`, `webhook-timestamp`, `webhook-signature`), under an `Idempotency-Key` that stays the same when it is
//! posted again.

use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::http::{self, Dialog, Judgement, Request, Web, WebError};
use super::url::{Parameter, store};
use super::{Channel, Submission};
use crate::offer::Pushed;

/// The environment variable that holds the secret when the URL does not.
const SECRET_VARIABLE: &str = "TOUCHPOINT_WEBHOOK_SECRET";

/// What a webhook has of its own.
pub(super) const PARAMETERS: &[Parameter<Webhook>] = &[Parameter {
    name: "secret",
    meaning: "signs each request: text, or `whsec_` and base64 (default: from TOUCHPOINT_WEBHOOK_SECRET; none, no signature)",
    set: |config, value| store(&mut config.secret, key(value)),
}];

pub(super) struct Webhook {
    web: Web,
    secret: Vec<u8>,
}

impl AsMut<Web> for Webhook {
    fn as_mut(&mut self) -> &mut Web {
        &mut self.web
    }
}

/// What is posted. Fields are only ever added.
#[derive(Serialize)]
struct Body<'a> {
    /// The offer's identity, 32 hexadecimal digits.
    offer: String,
    /// Event time of the trigger, RFC 3339.
    at: String,
    scenario: &'a str,
    msisdn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// Seconds from now.
    valid_s: u64,
}

/// Opens `webhook+https://host/path`.
pub(super) fn open(url: &str) -> Result<Box<dyn Channel + Send>, WebError> {
    let mut webhook = read(url)?;
    if webhook.secret.is_empty() {
        webhook.secret = std::env::var(SECRET_VARIABLE).ok().and_then(|secret| key(&secret)).unwrap_or_default();
    }
    http::open(&webhook.web.clone(), webhook)
}

pub(super) fn read(url: &str) -> Result<Webhook, WebError> {
    Web::read("webhook", url, |web| Webhook { web, secret: Vec::new() }, PARAMETERS)
}

fn key(secret: &str) -> Option<Vec<u8>> {
    match secret.strip_prefix("whsec_") {
        Some(encoded) => BASE64_STANDARD.decode(encoded).ok(),
        None => Some(secret.as_bytes().to_vec()),
    }
}

impl Webhook {
    fn signature(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok().filter(|_| !self.secret.is_empty())?;
        [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].iter().for_each(|part| mac.update(part));
        Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    }
}

impl Dialog for Webhook {
    const NAME: &'static str = "webhook";
    const REPEATS: u32 = 3;

    fn request(&self, submission: &Submission) -> Result<Request, String> {
        let id = submission.id.to_string();
        let body = Body {
            offer: id.clone(),
            at: submission.at.to_string(),
            scenario: &submission.scenario,
            msisdn: submission.to.to_string(),
            from: submission.from.as_deref(),
            text: &submission.text,
            url: submission.push.as_ref().map(|Pushed { url, .. }| url.as_str()),
            valid_s: submission.validity_s,
        };
        let body = serde_json::to_vec(&body).map_err(|error| error.to_string())?;
        let timestamp = seconds().to_string();
        let signature = self.signature(&id, &timestamp, &body);
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", id.clone()),
            ("webhook-id", id),
            ("webhook-timestamp", timestamp),
        ];
        headers.extend(signature.map(|signature| ("webhook-signature", signature)));
        Ok(Request { headers, body })
    }

    /// A conflict (409) is an answer to what was taken before.
    fn judge(&self, status: u16, _: &str) -> Judgement {
        match status {
            409 => Judgement::Taken(None),
            status => Judgement::of_status(status),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the receiver compares it with its own clock")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the Standard Webhooks specification's libraries.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let web = |web| Webhook { web, secret: Vec::new() };
        let url = "webhook+http://127.0.0.1/x?secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw&tenant=7&workers=2";
        let webhook = Web::read("webhook", url, web, PARAMETERS).unwrap();
        assert_eq!(webhook.web.url, "http://127.0.0.1/x?tenant=7");
        let body = br#"{"test": 2432232314}"#;
        let signature = webhook.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn statuses_are_judged() {
        let webhook = Web::read("webhook", "webhook+http://h", |web| Webhook { web, secret: Vec::new() }, PARAMETERS);
        let webhook = webhook.unwrap();
        let why = |status| format!("the server answered with HTTP status {status}");
        for (status, expected) in [
            (204, Judgement::Taken(None)),
            (409, Judgement::Taken(None)),
            (429, Judgement::Later(why(429))),
            (503, Judgement::Later(why(503))),
            (301, Judgement::Refused(why(301))),
            (404, Judgement::Refused(why(404))),
        ] {
            assert_eq!(webhook.judge(status, ""), expected);
        }
    }
}
