//! A source of subscribers' numbers over HTTP, as an operator would connect one: answers `GET /msisdn?imsi=…`.
#![expect(clippy::disallowed_types, reason = "a fake that answers from a thread of its own")]

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

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
pub struct LookupServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl LookupServer {
    /// Starts one on a free port of the loopback that knows these subscribers, by IMSI.
    pub fn start(subscribers: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let subscribers: Arc<HashMap<&str, Reply>> = Arc::new(subscribers.into_iter().collect());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (subscribers, noted) = (Arc::clone(&subscribers), Arc::clone(&noted));
                // A client that hangs up is its own affair.
                thread::spawn(move || serve(&stream, &subscribers, &noted).ok());
            }
        });
        Self { address, asked }
    }

    /// Starts one that gives this answer about everybody.
    pub fn for_everybody(reply: Reply) -> Self {
        Self::start([(EVERYBODY, reply)])
    }

    /// The hook's URL, with `{imsi}` where the digits go.
    pub fn url(&self) -> String {
        format!("http://{}/msisdn?imsi={{imsi}}", self.address)
    }

    /// The IMSIs asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, subscribers: &HashMap<&str, Reply>, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    while let Some(request) = lines.next() {
        let request = request?;
        let imsi = request.split_once("imsi=").map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
        // The headers, up to the empty line.
        while lines.next().transpose()?.is_some_and(|header| !header.is_empty()) {}
        asked.lock().unwrap().push(imsi.to_owned());
        answer(stream, subscribers.get(imsi).or_else(|| subscribers.get(EVERYBODY)).unwrap_or(&Reply::Status(404)))?;
    }
    Ok(())
}

fn answer(mut stream: &TcpStream, reply: &Reply) -> io::Result<()> {
    let json = |digits: &str| (200, format!("{{\"msisdn\":\"{digits}\"}}"));
    let (status, body) = match reply {
        Reply::Json(digits) => json(digits),
        Reply::Plain(digits) => (200, format!("{digits}\n")),
        Reply::Status(status) => (*status, String::new()),
        Reply::Slow(wait, digits) => {
            thread::sleep(*wait);
            json(digits)
        }
    };
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    write!(stream, "HTTP/1.1 {status} Status\r\n{length}\r\n{body}")
}
