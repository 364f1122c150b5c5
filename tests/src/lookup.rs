//! A source of subscribers' numbers over HTTP, as an operator would connect one: answers `GET /msisdn?imsi=…`.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use crate::web::{Answer, Request, Web};

/// How the source answers about one subscriber.
#[derive(Clone, Debug)]
pub enum Reply {
    /// `{"msisdn":"…"}`.
    Json(&'static str),
    /// The digits alone.
    Plain(&'static str),
    /// This status and no body; 404 is what everybody else gets.
    Status(u16),
    /// Waits, then answers with JSON.
    Slow(Duration, &'static str),
}

/// No IMSI: who is not named.
const EVERYBODY: &str = "";

/// A running source; its thread ends with the test's process.
pub struct LookupServer(Web);

impl LookupServer {
    /// Starts one on a free port of the loopback that knows these subscribers, by IMSI.
    pub fn start(subscribers: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let subscribers: HashMap<&str, Reply> = subscribers.into_iter().collect();
        Self(Web::start(move |_, request| {
            let reply = subscribers.get(imsi(request)).or_else(|| subscribers.get(EVERYBODY));
            answer(reply.unwrap_or(&Reply::Status(404)))
        }))
    }

    /// Starts one that gives this answer about everybody.
    pub fn for_everybody(reply: Reply) -> Self {
        Self::start([(EVERYBODY, reply)])
    }

    /// The hook's URL, with `{imsi}` where the digits go.
    pub fn url(&self) -> String {
        format!("http://{}/msisdn?imsi={{imsi}}", self.0.address())
    }

    /// The IMSIs asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.0.seen().iter().map(|request| imsi(request).to_owned()).collect()
    }
}

fn imsi(request: &Request) -> &str {
    request.path.split_once("imsi=").map_or("", |(_, imsi)| imsi)
}

fn answer(reply: &Reply) -> Answer {
    let json = |digits: &str| Answer::Say(200, format!("{{\"msisdn\":\"{digits}\"}}"));
    match reply {
        Reply::Json(digits) => json(digits),
        Reply::Plain(digits) => Answer::Say(200, format!("{digits}\n")),
        Reply::Status(status) => Answer::Say(*status, String::new()),
        Reply::Slow(wait, digits) => {
            thread::sleep(*wait);
            json(digits)
        }
    }
}
