//! The highest rate that links carry here, and readers that are too slow for it: packets sent are packets decoded and drops
//! counted, exactly.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tests::{json_lines, recorded, run, synthesise, timeless, touchpoint};

use super::decoding::Closing;
use super::net::Net;

/// Some 156,000 packets.
fn town(folder: &Path) -> PathBuf {
    let town = folder.join("town.pcap");
    run(synthesise().args(["--subscribers", "2000", "--minutes", "30", "--seed", "5", "--quiet", "--out"]).arg(&town));
    town
}

#[test]
fn at_the_highest_rate_no_packet_is_unaccounted_for() {
    let Some(net) = Net::new("rate") else { return };
    net.link(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let town = town(folder.path());
    // The smallest ring, so that drops are likely: they are to be counted, not to be avoided.
    for ring in ["1", "64"] {
        let decoding = net.decode(&["--interface", "rx1", "--buffer-mb", ring]);
        let sent = net.play("tx1", &town, &["--preload-pcap", "--topspeed", "--loop=12"]);
        let (_, said) = decoding.end();
        println!("{sent} sent, ring of {ring} MB: {said}");
        assert!(sent > 1_500_000, "{sent} packets are few");
        assert_eq!(Closing::of(&said, "rx1").accounted(), sent, "{said}");
    }
}

#[test]
fn what_a_slow_reader_costs_is_counted() {
    let Some(net) = Net::new("slow") else { return };
    net.link(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let town = town(folder.path());
    let mut decoding = net.decode_unread(&["--interface", "rx1", "--buffer-mb", "1", "--messages"]);
    let sent = net.play("tx1", &town, &["--preload-pcap", "--topspeed", "--loop=2"]);
    decoding.read();
    let (_, said) = decoding.end();
    println!("{sent} sent, nobody reads: {said}");
    let closing = Closing::of(&said, "rx1");
    assert!(closing.count("dropped by the kernel") > sent / 2, "the reader was not slow: {said}");
    assert_eq!(closing.accounted(), sent, "{said}");
}

#[test]
fn an_interface_that_goes_down_amid_the_highest_rate_is_accounted_for() {
    let Some(net) = Net::new("amid") else { return };
    net.link(1);
    net.link(2);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let town = town(folder.path());
    let mut decoding = net.decode(&["-i", "rx1", "-i", "rx2", "--buffer-mb", "1"]);
    let how = ["--preload-pcap", "--topspeed", "--loop=6"];
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| net.play("tx1", &town, &how));
        let second = scope.spawn(|| net.play("tx2", &town, &how));
        thread::sleep(Duration::from_secs(1));
        net.run(&["ip", "link", "set", "rx2", "down"]);
        decoding.says("interface `rx2` is down");
        net.run(&["ip", "link", "set", "rx2", "up"]);
        decoding.says("interface `rx2` is back");
        (first.join().expect("a player"), second.join().expect("a player"))
    });
    let (_, said) = decoding.end();
    let unsent = net.unsent("tx2");
    println!("{first} and {second} sent, {unsent} of them into a link that was down: {said}");
    assert_eq!(Closing::of(&said, "rx1").accounted(), first, "{said}");
    let closing = Closing::of(&said, "rx2");
    // What the interface refused was sent again, but stands among the unsent.
    assert_eq!(closing.accounted() + unsent, second + closing.count("by the interface"), "{said}");
    assert_eq!(closing.count("gaps"), 1, "{said}");
}

#[test]
fn voice_stays_in_the_kernel_unless_asked_for() {
    let Some(net) = Net::new("voice") else { return };
    net.link(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("voice.pcap");
    fs::write(&file, voice(50)).expect("a file can be written");
    for (words, decoded) in [(&["--interface", "rx1"][..], 0), (&["--interface", "rx1", "--filter", ""], 50)] {
        let decoding = net.decode(words);
        let sent = net.play("tx1", &file, &["--pps=1000"]);
        let (_, said) = decoding.end();
        let closing = Closing::of(&said, "rx1");
        assert_eq!((sent, closing.count("decoded")), (50, decoded), "{said}");
        assert_eq!(closing.count("passed over by the filter"), 50 - decoded, "{said}");
    }
}

#[test]
fn signalling_among_a_thousand_times_as_much_voice_is_all_decoded() {
    let Some(net) = Net::new("mirror") else { return };
    net.link(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (talk, signalling) = (folder.path().join("voice.pcap"), recorded("a-msc-leg.pcap"));
    fs::write(&talk, voice(1000)).expect("a file can be written");
    let decoding = net.decode(&["--interface", "rx1", "--buffer-mb", "1"]);
    let (spoken, signalled) = thread::scope(|scope| {
        let spoken = scope.spawn(|| net.play("tx1", &talk, &["--preload-pcap", "--topspeed", "--loop=516"]));
        let signalled = net.play("tx1", &signalling, &["--pps=500"]);
        (spoken.join().expect("a player"), signalled)
    });
    let (events, said) = decoding.end();
    println!("{spoken} packets of voice, {signalled} of signalling: {said}");
    let closing = Closing::of(&said, "rx1");
    assert_eq!((closing.count("decoded"), closing.accounted()), (signalled, signalled), "{said}");
    assert_eq!(closing.count("passed over by the filter"), spoken, "{said}");
    assert_eq!(timeless(events), timeless(json_lines(touchpoint().args(["decode", "--json"]).arg(signalling))));
}

/// A capture of as many RTP packets.
fn voice(count: u32) -> Vec<u8> {
    let udp = [&[0x40, 0, 0x0f, 0xa2, 0, 180, 0, 0, 0x80, 8][..], &[0; 170]].concat();
    let ip = [0x45, 0, 0, 200, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let frame = [&[2; 12][..], &[8, 0], &ip, &udp].concat();
    let length = u32::try_from(frame.len()).expect("a frame is short");
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut file = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1]);
    for index in 0..count {
        file.extend(words(&[1_700_000_000 + index / 50, index % 50 * 20_000, length, length]));
        file.extend(&frame);
    }
    file
}
