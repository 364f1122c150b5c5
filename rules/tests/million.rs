//! A list of a million subscribers: a few bytes each, read while one waits.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use event::{Imsi, Number};
use rules::lists::SubscriberList;

const SUBSCRIBERS: u64 = 1_000_000;

fn number(index: u64) -> String {
    format!("139{:08}", index * 97 % 100_000_000)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long reading takes is what is shown")]
fn a_million_subscribers_cost_a_few_bytes_each() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("million");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("vip.csv");
    let mut text = String::from("msisdn\n");
    (0..SUBSCRIBERS).for_each(|index| writeln!(text, "{}", number(index)).unwrap());
    std::fs::write(&file, &text).unwrap();
    let begun = Instant::now();
    let list = SubscriberList::load(&file).unwrap();
    println!("{} subscribers, {} bytes, read in {:?}", list.len(), list.bytes(), begun.elapsed());
    assert_eq!(list.len() as u64, SUBSCRIBERS);
    assert!(list.bytes() as u64 <= 11 * SUBSCRIBERS);
    let somebody: Imsi = "460001234567890".parse().unwrap();
    let is_on = |text: &str| list.contains(somebody, text.parse::<Number>().ok());
    assert!(is_on(&number(0)) && is_on(&number(SUBSCRIBERS - 1)) && !is_on("13800000000"));
}
