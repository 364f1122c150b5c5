//! One connection to the message centre: opened, bound, read and written. What is said over it is the session's.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::config::SmppConfig;
use super::error::SmppError;
use super::pdu::{self, Bind, Pdu, command};
use super::status::Status;

/// Octets waiting to be written beyond which nothing more is read: a peer that asks and does not listen must wait.
const OUTBOUND_LIMIT: usize = 256 * 1024;

/// A connection, with what has come in and what is to go out.
pub(super) struct Link {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    inbound: BytesMut,
    pub(super) outbound: BytesMut,
}

/// Room made before each read.
const READ_SIZE: usize = 16 * 1024;

/// What moved.
pub(super) enum Moved {
    /// Something came in.
    Read,
    /// Something went out.
    Written,
}

impl Link {
    /// Connects and binds; every way in which this fails is told apart.
    pub(super) async fn open(config: &SmppConfig, sequence: u32) -> Result<Self, SmppError> {
        let mut link = Self::connect(config).await?;
        let bind = Bind {
            command: config.bind_command(),
            system_id: &config.system_id,
            password: &config.password,
            system_type: &config.system_type,
        };
        bind.write(sequence, &mut link.outbound);
        let answer = timeout(config.response_timeout, link.bind_answer(config.bind_command(), sequence));
        match answer.await {
            Ok(Ok(Status::OK)) => Ok(link),
            Ok(Ok(status)) => Err(SmppError::refused(config.centre(), status)),
            Ok(Err(Broken::NotSmpp(found))) => Err(SmppError::NotSmpp { centre: config.centre(), found }),
            Ok(Err(_)) => Err(SmppError::HungUp { centre: config.centre() }),
            Err(_) => Err(SmppError::Silent {
                centre: config.centre(),
                step: "answer the bind",
                waited: config.response_timeout,
                parameter: "response_s",
            }),
        }
    }

    async fn connect(config: &SmppConfig) -> Result<Self, SmppError> {
        let host = (config.host.as_str(), config.port);
        let unknown = |source| SmppError::UnknownHost { centre: config.centre(), source };
        let silent = || SmppError::Silent {
            centre: config.centre(),
            step: "accept the connection",
            waited: config.connect_timeout,
            parameter: "connect_s",
        };
        let connecting = async {
            let addresses: Vec<_> = tokio::net::lookup_host(host).await.map_err(unknown)?.collect();
            let connected = TcpStream::connect(addresses.as_slice()).await;
            connected.map_err(|source| SmppError::Connect { centre: config.centre(), source })
        };
        let stream = timeout(config.connect_timeout, connecting).await.map_err(|_| silent())??;
        // A failure costs delay only.
        stream.set_nodelay(true).ok();
        let (reader, writer) = stream.into_split();
        Ok(Self { reader, writer, inbound: BytesMut::new(), outbound: BytesMut::new() })
    }

    async fn bind_answer(&mut self, bind: u32, sequence: u32) -> Result<Status, Broken> {
        loop {
            while let Some(pdu) = self.next_pdu()? {
                match pdu.command {
                    answer if answer == bind | command::RESPONSE => return Ok(pdu.status),
                    command::GENERIC_NACK => return Ok(pdu.status),
                    command::ENQUIRE_LINK => {
                        self.respond(&pdu, Status::OK);
                    }
                    // §3.3: some answer a bind of another version with a response of another kind.
                    other if other & command::RESPONSE != 0 && pdu.sequence == sequence => return Ok(pdu.status),
                    _ => {}
                }
            }
            self.moved().await?;
        }
    }

    /// The next PDU that has come in whole.
    pub(super) fn next_pdu(&mut self) -> Result<Option<Pdu>, Broken> {
        Pdu::cut(&mut self.inbound).map_err(|length| Broken::NotSmpp(unreadable(length, &self.inbound)))
    }

    /// Waits until something came in or went out. Safe to abandon.
    pub(super) async fn moved(&mut self) -> Result<Moved, Broken> {
        let Self { reader, writer, inbound, outbound } = self;
        let (listening, speaking) = (outbound.len() < OUTBOUND_LIMIT, !outbound.is_empty());
        inbound.reserve(READ_SIZE);
        tokio::select! {
            read = reader.read_buf(inbound), if listening => match read? {
                0 => Err(Broken::Closed),
                _ => Ok(Moved::Read),
            },
            written = writer.write_buf(outbound), if speaking => {
                written?;
                Ok(Moved::Written)
            }
        }
    }

    /// Answers a request with nothing but a status.
    pub(super) fn respond(&mut self, request: &Pdu, status: Status) {
        pdu::write_bare(&mut self.outbound, request.command | command::RESPONSE, status, request.sequence);
    }

    /// Says good-bye (§4.2) and waits a moment for the answer. What fails here costs nothing.
    pub(super) async fn close(mut self, sequence: u32, wait: Duration) {
        pdu::write_bare(&mut self.outbound, command::UNBIND, Status::OK, sequence);
        timeout(wait, self.farewell()).await.ok();
        self.writer.shutdown().await.ok();
    }

    async fn farewell(&mut self) {
        while self.moved().await.is_ok() {
            while let Ok(Some(pdu)) = self.next_pdu() {
                match pdu.command {
                    answer if answer == command::UNBIND | command::RESPONSE => return,
                    command::DELIVER_SM | command::DATA_SM => {
                        pdu::write_delivered(&mut self.outbound, pdu.command, pdu.sequence);
                    }
                    command::ENQUIRE_LINK => self.respond(&pdu, Status::OK),
                    _ => {}
                }
            }
        }
    }
}

/// Why a link ended.
#[derive(Debug)]
pub(super) enum Broken {
    /// The other side closed it.
    Closed,
    /// The other side said `unbind`.
    Unbound,
    /// The message centre answers that there is no session.
    NoSession,
    /// It does not answer.
    Silent(&'static str, Duration),
    /// What came is no PDU.
    NotSmpp(String),
    /// The system says so.
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Closed => f.write_str("the message centre closed the connection"),
            Self::Unbound => f.write_str("the message centre ended the session with unbind"),
            Self::NoSession => f.write_str("the message centre answered that we are not bound"),
            Self::Silent(request, wait) => write!(f, "no answer to {request} within {} s", wait.as_secs_f64()),
            Self::NotSmpp(found) => write!(f, "what the message centre sent is no PDU ({found})"),
            Self::Io(error) => write!(f, "the connection failed: {error}"),
        }
    }
}

/// What came instead of a PDU: readable text shows best which protocol it is.
fn unreadable(length: u32, start: &[u8]) -> String {
    let text: String = start.iter().take(8).map(|octet| char::from(*octet)).collect();
    match text.chars().all(|character| character.is_ascii_graphic() || character == ' ') {
        true => format!("it begins with `{text}`"),
        false => format!("a PDU of {length} octets was announced; 16 to {} can be", pdu::PDU_LIMIT),
    }
}
