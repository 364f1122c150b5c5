//! Frames from files, folders and standard input. The only module of the probe that does I/O.
