//! Events to a stream of Redis, an entry a line, where consumer groups read them each at its own pace.

use std::io::{self, Write};
use std::time::Duration;

use redis::{Client, Connection};

/// A stream whose oldest entries make room for new ones.
pub(super) struct Stream {
    connection: Connection,
    key: String,
    entries: u64,
}

impl Stream {
    /// Connects to the server of a URL; nothing takes longer than `patience`. The stream keeps about so many entries.
    pub(super) fn open(url: &str, key: &str, entries: u64, patience: Duration) -> io::Result<Self> {
        let connect = || {
            let connection = Client::open(url)?.get_connection_with_timeout(patience)?;
            connection.set_read_timeout(Some(patience))?;
            connection.set_write_timeout(Some(patience))?;
            Ok(connection)
        };
        let connection = connect().map_err(|error: redis::RedisError| io::Error::other(error))?;
        Ok(Self { connection, key: key.to_owned(), entries })
    }
}

impl Write for Stream {
    /// Takes whole lines, all of them or none; an entry has one field, `event`.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut commands = redis::pipe();
        for line in lines.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
            let add = commands.cmd("XADD").arg(&self.key).arg("MAXLEN").arg("~").arg(self.entries);
            add.arg("*").arg("event").arg(line).ignore();
        }
        commands.query::<()>(&mut self.connection).map_err(io::Error::other)?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
