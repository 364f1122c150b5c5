//! How RocksDB keeps each column family, and what of memory it may take for what is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rocksdb::compaction_filter::Decision;
use rocksdb::{BlockBasedIndexType, BlockBasedOptions, Cache, DBCompressionType, LogLevel, MergeOperands, Options};

use super::keys::{self, Bucket};
use super::profile;

pub(crate) const DEFAULT_CACHE_BYTES: usize = 64 << 20;
pub(crate) const DEFAULT_ARENA_BYTES: usize = 32 << 20;
const WRITE_BUFFER_BYTES: usize = 32 << 20;
/// So many of a small family, those included that are being put into files: with the usual two nothing can be written for as long as
/// that takes. The large ones keep two, so that a disk that does not keep up stops writes before it takes memory.
const WRITE_BUFFERS: i32 = 6;
const LEAST_JOURNAL_BUFFER_BYTES: usize = 128 << 20;
const OPEN_FILES: i32 = 512;
/// So many runs of a bucket are merged before it closes, lest too many be read.
const RUNS_OF_OPEN_BUCKET: i32 = 8;
/// So many runs of what is known of each subscriber are merged at once: that writes all of it anew.
const RUNS_OF_SUBSCRIBERS: i32 = 8;
const BLOOM_BITS_PER_KEY: f64 = 10.0;
/// Of an index, and of a filter.
const PIECE_OF_INDEX_BYTES: usize = 4 << 10;
/// zstd's own. One octet of a fact less than with level 1, for next to no time. Larger blocks would save another half, and make a
/// warm read of a window dearer by half.
const ZSTD_LEVEL: i32 = 3;
/// RocksDB's own.
const USUAL_WINDOW_BITS: i32 = -14;

/// Room for what three arenas have in the journal: a blob that is sealed before its buffer is full is never written to a file.
pub(super) fn journal_buffer_octets(arena_bytes: usize) -> usize {
    (4 * arena_bytes).max(LEAST_JOURNAL_BUFFER_BYTES)
}

/// Memory for what is written and in no file yet.
pub(crate) fn write_buffers_octets(arena_bytes: usize) -> usize {
    journal_buffer_octets(arena_bytes) + WRITE_BUFFER_BYTES
}

pub(super) fn database_options(arena_bytes: usize) -> Result<Options, rocksdb::Error> {
    // A manifest names the first and the last row of each file. It is written anew with every change, so that it tells of no file
    // that has gone.
    let mut options =
        Options::default().get_options_from_string("max_manifest_file_size=1;max_manifest_space_amp_pct=0")?;
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_total_wal_size(2 * journal_buffer_octets(arena_bytes) as u64);
    options.set_db_write_buffer_size(write_buffers_octets(arena_bytes));
    options.set_max_open_files(OPEN_FILES);
    options.set_max_background_jobs(2);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(2);
    Ok(options)
}

/// Leaves out rows of forgotten subscribers whenever the family's files are written anew. A row that cannot be read stays.
pub(super) fn forget(options: &mut Options, name: &str, forgotten: &Arc<AtomicI64>) {
    let newest = match name {
        keys::PROFILE => profile::newest,
        keys::CONTACT => profile::newest_contact,
        _ => return,
    };
    let forgotten = Arc::clone(forgotten);
    options.set_compaction_filter("forgotten", move |_, _, row: &[u8]| {
        let oldest = forgotten.load(Ordering::Relaxed);
        match newest(row).is_some_and(|newest| newest.as_micros() < oldest) {
            true => Decision::Remove,
            false => Decision::Keep,
        }
    });
}

pub(super) fn family_options(name: &str, cache: &Cache, arena_bytes: usize) -> Result<Options, rocksdb::Error> {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    // What leads to blocks counts as what has been read: else it would grow with the window.
    table.set_cache_index_and_filter_blocks(true);
    table.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
    table.set_whole_key_filtering(true);
    // In pieces: one of all of a large file finds no place in the cache, and is read whole for each subscriber that is looked for.
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_partition_filters(true);
    table.set_metadata_block_size(PIECE_OF_INDEX_BYTES);
    table.set_pin_top_level_index_and_filter(true);
    let is_bucket = Bucket::from_family(name).is_some();
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    // Between two blocks an index would name a key that lies between theirs: perhaps that of somebody who was forgotten, or never was.
    let mut options = options.get_options_from_string("block_based_table_factory={index_shortening=kNoShortening}")?;
    if is_bucket || name == keys::PROFILE {
        options.set_compression_type(DBCompressionType::Zstd);
        options.set_compression_options(USUAL_WINDOW_BITS, ZSTD_LEVEL, 0, 0);
    } else {
        options.set_compression_type(DBCompressionType::Lz4);
    }
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    if name == keys::JOURNAL || name == keys::CHANGE {
        options.set_write_buffer_size(journal_buffer_octets(arena_bytes));
        // What comes to a file is soon deleted.
        options.set_compression_type(DBCompressionType::None);
    } else {
        options.set_max_write_buffer_number(WRITE_BUFFERS);
    }
    if name == keys::PROFILE || name == keys::LIVE {
        options.set_level_zero_file_num_compaction_trigger(RUNS_OF_SUBSCRIBERS);
    }
    if is_bucket {
        options.set_merge_operator_associative("append", append);
        options.set_level_zero_file_num_compaction_trigger(RUNS_OF_OPEN_BUCKET);
    }
    Ok(options)
}

// A subscriber's blocks of several sealed runs, one after the other.
fn append(_key: &[u8], before: Option<&[u8]>, blocks: &MergeOperands) -> Option<Vec<u8>> {
    let mut all = before.unwrap_or_default().to_vec();
    blocks.iter().for_each(|block| all.extend_from_slice(block));
    Some(all)
}
