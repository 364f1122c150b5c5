//! A CMPP gateway beside the program, on a thread of this process, written from the specification's tables alone. It holds
//! its answers back until so many submissions wait or nothing comes for a moment, so that it sees how wide the window is.
#![expect(clippy::disallowed_types, reason = "what it sees is read by the test while it runs")]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use md5::{Digest, Md5};

/// What the gateway does.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// 0x20 or 0x30.
    pub version: u8,
    /// Every so many-th submission gets Result 8; 0 for none.
    pub throttle_each: u64,
    /// After so many submissions the connection is cut, once; 0 for never.
    pub drop_after: u64,
    /// The report comes before the answer, and twice.
    pub hasty: bool,
    /// Reports come in the other version's layout.
    pub mixed: bool,
    /// No reports come.
    pub silent: bool,
    /// Nothing is taken back.
    pub keeps: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self { version: 0x30, throttle_each: 0, drop_after: 0, hasty: false, mixed: false, silent: false, keeps: false }
    }
}

/// What the gateway has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Of each submission that was taken: destination, and its content.
    pub taken: Vec<(String, Vec<u8>)>,
    /// All submissions.
    pub submitted: u64,
    /// The most that waited for their answers.
    pub window: usize,
    /// Lengths of answers to CMPP_DELIVER.
    pub deliver_resps: Vec<usize>,
    /// Connections.
    pub connections: u64,
    /// Msg_Id of each CMPP_CANCEL.
    pub cancelled: Vec<u64>,
    /// Whether leave was taken with CMPP_TERMINATE.
    pub terminated: bool,
}

/// A running gateway; its thread ends with the process.
pub struct Gateway {
    address: String,
    seen: Arc<Mutex<Seen>>,
}

struct Link {
    stream: TcpStream,
    habits: Habits,
    seen: Arc<Mutex<Seen>>,
    waiting: Vec<(u32, String)>,
}

impl Gateway {
    /// Starts one on a free port of the loopback.
    pub fn start(habits: Habits) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound").to_string();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let seeing = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut link = Link { stream, habits, seen: Arc::clone(&seeing), waiting: Vec::new() };
                thread::spawn(move || link.run());
            }
        });
        Self { address, seen }
    }

    /// `cmpp://900001:secret@127.0.0.1:PORT`, to which `?parameters` may be added.
    pub fn url(&self) -> String {
        format!("cmpp://900001:secret@{}", self.address)
    }

    /// What it has seen so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

impl Link {
    fn run(&mut self) -> Option<()> {
        self.stream.set_read_timeout(Some(Duration::from_millis(5))).ok()?;
        self.seen.lock().unwrap().connections += 1;
        let mut inbound = Vec::new();
        loop {
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(length) => inbound.extend_from_slice(&piece[..length]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.answer_all().ok()?;
                }
                Err(_) => return None,
            }
            while let Some(length) = inbound.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize) {
                if inbound.len() < length {
                    break;
                }
                let rest = inbound.split_off(length);
                let message = std::mem::replace(&mut inbound, rest);
                self.hear(&message)?;
            }
            if self.waiting.len() >= 64 {
                self.answer_all().ok()?;
            }
        }
    }

    fn hear(&mut self, message: &[u8]) -> Option<()> {
        let number = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().unwrap());
        let (command, sequence, body) = (number(4), number(8), &message[12..]);
        match command {
            1 => self.say(0x8000_0001, sequence, &self.connect_resp(&body[6..22])).ok()?,
            2 => {
                self.seen.lock().unwrap().terminated = true;
                self.say(0x8000_0002, sequence, &[]).ok()?;
            }
            4 => self.submitted(sequence, body)?,
            7 => {
                self.seen.lock().unwrap().cancelled.push(u64::from_be_bytes(body.try_into().unwrap()));
                self.say(0x8000_0007, sequence, &self.result(u8::from(self.habits.keeps))).ok()?;
            }
            8 => self.say(0x8000_0008, sequence, &[0]).ok()?,
            0x8000_0005 => self.seen.lock().unwrap().deliver_resps.push(body.len()),
            _ => {}
        }
        Some(())
    }

    /// Status, proof of the secret, version.
    fn connect_resp(&self, proof: &[u8]) -> Vec<u8> {
        let status = self.result(0);
        let digest: [u8; 16] = Md5::digest([&status, proof, b"secret"].concat()).into();
        [&status[..], &digest, &[self.habits.version]].concat()
    }

    fn result(&self, code: u8) -> Vec<u8> {
        if self.habits.version >= 0x30 { vec![0, 0, 0, code] } else { vec![code] }
    }

    fn submitted(&mut self, sequence: u32, body: &[u8]) -> Option<()> {
        // The places follow from the table of CMPP_SUBMIT with one destination.
        let (terminal, is_3) = if self.habits.version >= 0x30 { (32, 1) } else { (21, 0) };
        let destination_at = 8 + 4 + 10 + 1 + terminal + is_3 + 3 + 6 + 2 + 6 + 17 + 17 + 21 + 1;
        let content_at = destination_at + terminal + is_3 + 1;
        let destination = text(&body[destination_at..destination_at + terminal]);
        let length = usize::from(body[content_at - 1]);
        let content = body[content_at..content_at + length].to_vec();
        assert_eq!(body.len(), content_at + length + if is_3 == 1 { 20 } else { 8 }, "CMPP_SUBMIT has its length");
        let mut seen = self.seen.lock().unwrap();
        seen.submitted += 1;
        let nth = seen.submitted;
        if nth == self.habits.drop_after {
            return None;
        }
        if self.habits.throttle_each > 0 && nth.is_multiple_of(self.habits.throttle_each) {
            drop(seen);
            let answer = [&[0; 8][..], &self.result(8)].concat();
            return self.say(0x8000_0004, sequence, &answer).ok();
        }
        seen.taken.push((destination.clone(), content));
        self.waiting.push((sequence, destination));
        seen.window = seen.window.max(self.waiting.len());
        Some(())
    }

    fn answer_all(&mut self) -> io::Result<()> {
        for (sequence, destination) in std::mem::take(&mut self.waiting) {
            let msg_id = (0x0123_4567_89ab_0000 | u64::from(sequence)).to_be_bytes();
            let report = self.report(&msg_id, &destination);
            if self.habits.hasty {
                self.say(5, 0x7000_0000 | sequence, &report)?;
                self.say(5, 0x7100_0000 | sequence, &report)?;
            }
            let answer = [&msg_id[..], &self.result(0)].concat();
            self.say(0x8000_0004, sequence, &answer)?;
            if !self.habits.hasty && !self.habits.silent {
                self.say(5, 0x7000_0000 | sequence, &report)?;
            }
        }
        Ok(())
    }

    /// CMPP_DELIVER with a report.
    fn report(&self, msg_id: &[u8], destination: &str) -> Vec<u8> {
        let is_3 = (self.habits.version >= 0x30) != self.habits.mixed;
        let (terminal, is_3) = if is_3 { (32, 1) } else { (21, 0) };
        let padded = |text: &str, width: usize| [text.as_bytes(), &vec![0; width - text.len()]].concat();
        let content = [msg_id, b"DELIVRD", b"26112212002611221201", &padded(destination, terminal), &[0; 4]].concat();
        let reserve = if is_3 == 1 { 20 } else { 8 };
        let (head, tail) = ([&[0; 8][..], &padded("10086", 21), &padded("", 10), &[0; 3]].concat(), vec![0; reserve]);
        let from = [padded(destination, terminal), vec![0; is_3]].concat();
        [head, from, vec![1, content.len() as u8], content, tail].concat()
    }

    fn say(&mut self, command: u32, sequence: u32, body: &[u8]) -> io::Result<()> {
        let length = 12 + body.len() as u32;
        let head = [length.to_be_bytes(), command.to_be_bytes(), sequence.to_be_bytes()].concat();
        self.stream.write_all(&[&head, body].concat())
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.split(|octet| *octet == 0).next().unwrap_or_default()).into_owned()
}
