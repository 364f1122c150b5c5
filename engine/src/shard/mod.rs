//! Each subscriber belongs to one shard; a shard is one thread that owns all of its state.
