//! `touchpoint`.

fn main() {}
