//! The reference: a RocksDB key for each event. Log on, lz4, a memtable of 64 MB, batches of 1,000, until all is compacted.

use std::path::Path;

use anyhow::Result;
use rocksdb::{DB, DBCompressionType, Options, WaitForCompactOptions, WriteBatch};

use crate::WINDOW;
use crate::stream::{self, Record};

const BATCH_EVENTS: usize = 1_000;
const MEMTABLE_OCTETS: usize = 64 << 20;

/// Writes the events of a file into a database, and prints how many octets it wrote.
pub(crate) fn run(events: &Path, store: &Path) -> Result<()> {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(MEMTABLE_OCTETS);
    std::fs::create_dir_all(store)?;
    let db = DB::open(&options, store.join(WINDOW))?;
    let (mut batch, mut index, mut failure) = (WriteBatch::default(), 0_u32, None);
    stream::for_each_batch(events, |records| {
        for record in records {
            batch.put(key(record, index), value(record));
            index += 1;
            if batch.len() >= BATCH_EVENTS {
                failure = db.write(std::mem::take(&mut batch)).err().or(failure.take());
            }
        }
    })?;
    failure.map_or(Ok(()), Err)?;
    db.write(batch)?;
    db.flush()?;
    db.wait_for_compact(&WaitForCompactOptions::default())?;
    println!("{}", crate::written_octets()?);
    Ok(())
}

/// Subscriber, time, number of the event: 20 octets.
fn key(record: &Record, index: u32) -> [u8; 20] {
    let mut key = [0; 20];
    let parts = record.imsi.to_be_bytes().into_iter().chain(record.at_ms.to_be_bytes()).chain(index.to_be_bytes());
    key.iter_mut().zip(parts).for_each(|(place, octet)| *place = octet);
    key
}

/// Kind, cell, number: 13 octets.
fn value(record: &Record) -> [u8; 13] {
    let mut value = [record.kind as u8; 13];
    let parts = record.cell.to_be_bytes().into_iter().chain(record.number.to_be_bytes());
    value.iter_mut().skip(1).zip(parts).for_each(|(place, octet)| *place = octet);
    value
}
