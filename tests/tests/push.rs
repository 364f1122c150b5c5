//! Pushed addresses as they arrive at a gateway, put together and read by independent decoders.

mod delivery;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use delivery::{deliver, offer};
use engine::offer::Pushed;
use engine::offer::channel::{self, Opening, Submission};
use rules::scenario::Push;
use tests::gateway::{Gateway, Habits};
use tests::run;

/// Address and title of each offer.
fn cases() -> Vec<(String, String)> {
    let starts = ["http://", "https://", "http://www.", "https://www.", "wtai://"];
    let rests = ["example.com/", "a.net/x?y=1", "b.org", "c.edu/.com/", "example", "10.0.0.1:8080/a/b"];
    let of_start = |start: &'static str| rests.map(|rest| format!("{start}{rest}"));
    let mut urls: Vec<String> = starts.into_iter().flat_map(of_start).collect();
    // Long enough for several parts; the dissector cuts what is longer.
    urls.extend((1..8).map(|length| format!("http://long.example/{}", "x".repeat(length * 17))));
    urls.into_iter().enumerate().map(|(n, url)| (url, format!("Offer {n}"))).collect()
}

fn submission(n: usize, push: Push, url: &str, title: &str) -> Submission {
    let pushed = Pushed { url: url.to_owned(), action: push };
    Submission { push: Some(pushed), ..offer(n as u128, format!("{title} {url}")) }
}

/// The datagram of each offer, put together from what the gateway took.
fn datagrams(push: Push, cases: &[(String, String)]) -> Vec<Vec<u8>> {
    let gateway = Gateway::start(Habits::default());
    let mut cmpp = channel::open("wap_push", &gateway.url(), Opening::default()).unwrap().channel;
    let offers = cases.iter().enumerate().map(|(n, (url, title))| submission(n, push, url, title)).collect();
    assert_eq!(deliver(&mut *cmpp, offers).accepted(), cases.len());
    let mut datagrams: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (to, content) in gateway.seen().taken {
        let (header, rest) = content.split_at(usize::from(content[0]) + 1);
        assert_eq!(header[1..7], [0x05, 0x04, 0x0b, 0x84, 0x23, 0xf0]);
        datagrams.entry(to).or_default().extend(rest);
    }
    datagrams.into_values().collect()
}

/// A capture of raw IP with a datagram to port 2948 for each.
fn capture(datagrams: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend([0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101].iter().flat_map(|field| field.to_le_bytes()));
    for datagram in datagrams {
        let length = (28 + datagram.len()) as u16;
        let ip =
            [&[0x45, 0][..], &length.to_be_bytes(), &[0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2]].concat();
        let udp = [9200_u16, 2948, length - 20, 0].iter().flat_map(|field| field.to_be_bytes()).collect::<Vec<_>>();
        let frame = [0, 0, u32::from(length), u32::from(length)];
        file.extend(frame.iter().flat_map(|field: &u32| field.to_le_bytes()));
        file.extend([ip, udp, datagram.clone()].concat());
    }
    file
}

/// What stands between quotation marks in each of the dissector's lines that hold this.
fn rendered(packet: &str, kinds: &[&str]) -> String {
    let lines = packet.lines().filter(|line| kinds.iter().any(|kind| line.contains(kind)));
    lines.filter_map(|line| Some(line.split_once('\'')?.1.rsplit_once('\'')?.0)).collect()
}

#[test]
fn the_dissector_reads_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    for (push, media_type) in [(Push::Indication, "vnd.wap.sic"), (Push::Loading, "vnd.wap.slc")] {
        let cases = cases();
        let file = folder.path().join("push.pcap");
        fs::write(&file, capture(&datagrams(push, &cases))).unwrap();
        let output = run(Command::new("tshark").arg("-V").arg("-r").arg(&file)).stdout;
        let output = String::from_utf8_lossy(&output).into_owned();
        let packets: Vec<&str> = output.split("\nWireless Session Protocol").skip(1).collect();
        assert_eq!(packets.len(), cases.len());
        for (packet, (url, title)) in packets.iter().zip(&cases) {
            assert!(packet.contains(media_type) && !packet.contains("Malformed"), "{packet}");
            let attributes = packet.lines().filter(|line| line.contains(" Attr "));
            let attributes: Vec<&str> = attributes.collect();
            assert_eq!(rendered(&attributes.join("\n"), &["|"]), *url);
            let text: Vec<&str> =
                packet.lines().filter(|line| line.contains(" Tag ") && line.contains("STR_I")).collect();
            let expected = if push == Push::Indication { title.as_str() } else { "" };
            assert_eq!(rendered(&text.join("\n"), &["|"]), expected);
        }
    }
}

#[test]
fn another_library_reads_what_was_meant() {
    if Command::new("wbxml2xml").arg("-h").output().is_err() {
        eprintln!("SKIPPED: no wbxml2xml (Debian: libwbxml2-utils)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cases = [("http://www.example.com/?a=1&b=2".to_owned(), "欢迎 <光临>".to_owned())];
    for (push, expected) in [
        (Push::Indication, ">欢迎 &lt;光临&gt;</indication>"),
        (Push::Loading, "<sl href=\"http://www.example.com/?a=1&amp;b=2\""),
    ] {
        let datagram = datagrams(push, &cases).remove(0);
        let document = datagram.windows(3).position(|octets| matches!(octets, [0x02, 0x05 | 0x06, 0x6a])).unwrap();
        let file = folder.path().join("push.wbxml");
        fs::write(&file, &datagram[document..]).unwrap();
        let output = run(Command::new("wbxml2xml").args(["-o", "-"]).arg(&file)).stdout;
        let text = String::from_utf8_lossy(&output).into_owned();
        assert!(text.contains(expected) && text.contains("http://www.example.com/?a=1&amp;b=2"), "{text}");
    }
}
