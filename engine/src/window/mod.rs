//! The facts of the last 48 hours, in RocksDB.
