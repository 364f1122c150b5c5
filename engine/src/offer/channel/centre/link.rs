//! One connection to the message centre: opened, bound, read and written. What is said over it is the session's.

use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::dialect::{Dialect, Heard, Role};
use super::error::CentreError;
use super::habits::Habits;
use super::tls::{self, Reader, TlsError, Writer};

/// Octets waiting to be written beyond which nothing more is read: a peer that asks and does not listen must wait.
const OUTBOUND_LIMIT: usize = 256 * 1024;

/// A connection, with what has come in and what is to go out.
pub(super) struct Link<D> {
    reader: Reader,
    writer: Writer,
    inbound: BytesMut,
    pub(super) outbound: BytesMut,
    speaks: PhantomData<D>,
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

impl<D: Dialect> Link<D> {
    /// Connects and opens a session; every way in which this fails is told apart.
    pub(super) async fn open(dialect: &mut D, role: Role, sequence: u32) -> Result<Self, CentreError> {
        let mut link = Self::connect(dialect.habits(), dialect.centre()).await?;
        dialect.greet(role, sequence, &mut link.outbound);
        let waited = dialect.habits().response_timeout;
        let answered = timeout(waited, link.greeted(dialect, sequence)).await;
        let centre = || dialect.centre();
        match answered {
            Ok(Ok(answer)) => answer.map(|()| link),
            Ok(Err(Broken::Foreign(found))) => Err(CentreError::Foreign { centre: centre(), protocol: D::NAME, found }),
            Ok(Err(_)) => Err(CentreError::HungUp { centre: centre() }),
            Err(_) => {
                Err(CentreError::Silent { centre: centre(), step: "answer the bind", waited, parameter: "response_s" })
            }
        }
    }

    async fn connect(habits: &Habits, centre: String) -> Result<Self, CentreError> {
        let host = (habits.host.as_str(), habits.port);
        let (waited, parameter) = (habits.connect_timeout, "connect_s");
        let connecting = async {
            let unknown = |source| CentreError::UnknownHost { centre: centre.clone(), source };
            let addresses: Vec<_> = tokio::net::lookup_host(host).await.map_err(unknown)?.collect();
            let refused = |source| CentreError::Connect { centre: centre.clone(), source };
            TcpStream::connect(addresses.as_slice()).await.map_err(refused)
        };
        let step = "accept the connection";
        let silent = |_| CentreError::Silent { centre: centre.clone(), step, waited, parameter };
        let stream = timeout(waited, connecting).await.map_err(silent)??;
        // A failure costs delay only.
        stream.set_nodelay(true).ok();
        let silent = || io::Error::other(format!("no answer within {} s", waited.as_secs_f64()));
        let secured = timeout(waited, tls::split(stream, habits)).await.unwrap_or_else(|_| Err(silent().into()));
        let (reader, writer) = secured.map_err(|error| match error {
            TlsError::Authorities(path, why) => CentreError::Authorities { path, why },
            TlsError::Handshake(source) => CentreError::Tls { centre, source },
        })?;
        let (inbound, outbound) = (BytesMut::new(), BytesMut::new());
        Ok(Self { reader, writer, inbound, outbound, speaks: PhantomData })
    }

    async fn greeted(&mut self, dialect: &D, sequence: u32) -> Result<Result<(), CentreError>, Broken> {
        loop {
            while let Some(pdu) = self.next_pdu()? {
                if let Some(answer) = dialect.greeted(&pdu, sequence, &mut self.outbound) {
                    return Ok(answer);
                }
            }
            self.moved().await?;
        }
    }

    /// The next unit that has come in whole.
    pub(super) fn next_pdu(&mut self) -> Result<Option<D::Pdu>, Broken> {
        D::cut(&mut self.inbound).map_err(|length| Broken::Foreign(unreadable(length, &self.inbound)))
    }

    /// Waits until something came in or went out. Safe to abandon.
    pub(super) async fn moved(&mut self) -> Result<Moved, Broken> {
        let Self { reader, writer, inbound, outbound, .. } = self;
        let (listening, speaking) = (outbound.len() < OUTBOUND_LIMIT, !outbound.is_empty());
        inbound.reserve(READ_SIZE);
        tokio::select! {
            // What came in before the connection failed counts, also where writing would find out first.
            biased;
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

    /// Takes leave and waits a moment for the answer. What fails here costs nothing.
    pub(super) async fn close(mut self, dialect: &D, sequence: u32) {
        dialect.leave(sequence, &mut self.outbound);
        timeout(dialect.habits().close_timeout, self.farewell(dialect)).await.ok();
        self.writer.shutdown().await.ok();
    }

    async fn farewell(&mut self, dialect: &D) {
        while self.moved().await.is_ok() {
            while let Ok(Some(pdu)) = self.next_pdu() {
                if matches!(dialect.hear(pdu, &mut self.outbound), Heard::Farewell) {
                    return;
                }
            }
        }
    }
}

/// Why a link ended.
#[derive(Debug)]
pub(in super::super) enum Broken {
    /// The other side closed it.
    Closed,
    /// The other side took leave.
    Unbound,
    /// The message centre answers that there is no session.
    NoSession,
    /// It does not answer.
    Silent(&'static str, Duration),
    /// What came is nothing of the protocol.
    Foreign(String),
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
            Self::Unbound => f.write_str("the message centre ended the session"),
            Self::NoSession => f.write_str("the message centre answered that we are not bound"),
            Self::Silent(request, wait) => write!(f, "no answer to {request} within {} s", wait.as_secs_f64()),
            Self::Foreign(found) => write!(f, "what the message centre sent is no PDU ({found})"),
            Self::Io(error) => write!(f, "the connection failed: {error}"),
        }
    }
}

/// What came instead of a PDU: readable text shows best which protocol it is.
fn unreadable(length: u32, start: &[u8]) -> String {
    let text: String = start.iter().take(8).map(|octet| char::from(*octet)).collect();
    match text.chars().all(|character| character.is_ascii_graphic() || character == ' ') {
        true => format!("it begins with `{text}`"),
        false => format!("a PDU of {length} octets was announced"),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::offer::channel::smpp::SmppConfig;

    /// A connection that the other side has reset after its last words, with something still to be written.
    async fn reset() -> Link<SmppConfig> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.write_all(b"last words").await.unwrap();
        peer.set_zero_linger().unwrap();
        drop(peer);
        stream.writable().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let (reader, writer) = tls::split(stream, &Habits::default()).await.unwrap();
        let (inbound, outbound) = (BytesMut::new(), BytesMut::from(&b"too late"[..]));
        Link { reader, writer, inbound, outbound, speaks: PhantomData }
    }

    #[test]
    fn last_words_are_heard_although_nothing_can_be_written_any_more() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for _ in 0..20 {
                let mut link = reset().await;
                assert!(matches!(link.moved().await, Ok(Moved::Read)));
                assert_eq!(&link.inbound[..], b"last words");
            }
        });
    }
}
