//! Golden messages of the A interface: octets, and what is read out of them, in `wire.golden`.
//!
//! Most are taken from the recorded captures, the others made by hand; all were compared with tshark's reading.
//! `GOLDEN=write cargo test -p probe --test wire` writes what is read now: review the difference.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

use std::fmt::Write as _;
use std::path::PathBuf;

use probe::wire::{
    Bssap, Bssmap, Decoded, Dtap, Malformed, Message, PointCodeFormat, Sccp, Value, bssap, bssgp, bssmap, dtap, llc,
    ns, sccp, sndcp,
};

/// Appends a line for each message in the octets, layer in layer, and one for what is malformed.
struct Reading(String);

impl Reading {
    fn of(layer: &str, octets: &[u8]) -> String {
        let mut reading = Self(String::new());
        match layer {
            "sccp" => reading.sccp(octets),
            "bssap" => reading.bssap(octets),
            "dtap" => reading.dtap(octets),
            "ns" => reading.ns(octets),
            other => panic!("no layer `{other}`"),
        }
        reading.0
    }

    fn sccp(&mut self, octets: &[u8]) {
        let Some(sccp) = self.kept::<Sccp<'_>>(sccp::read(octets, PointCodeFormat::default())) else { return };
        self.message(&sccp);
        if let Some(data) = sccp.data {
            self.bssap(data);
        }
    }

    fn bssap(&mut self, octets: &[u8]) {
        match self.kept::<Bssap<'_>>(bssap::read(octets).map(Decoded::from)) {
            Some(Bssap::Bssmap(octets)) => {
                let Some(bssmap) = self.kept::<Bssmap<'_>>(bssmap::read(octets)) else { return };
                self.message(&bssmap);
                bssmap.layer_3().into_iter().for_each(|layer_3| self.dtap(layer_3));
            }
            Some(Bssap::Dtap { layer_3, .. }) => self.dtap(layer_3),
            None => {}
        }
    }

    fn dtap(&mut self, octets: &[u8]) {
        if let Some(message) = self.kept::<Dtap<'_>>(dtap::read(octets)) {
            message.messages(|message| self.message(message));
        }
    }

    fn ns(&mut self, octets: &[u8]) {
        let Some(ns) = self.kept(ns::read(octets)) else { return };
        self.message(&ns);
        let Some(bssgp) = ns.sdu.and_then(|sdu| self.kept(bssgp::read(sdu))) else { return };
        self.message(&bssgp);
        let llc_pdu = bssgp.llc_pdu.filter(|octets| !octets.is_empty());
        let Some(llc) = llc_pdu.and_then(|octets| self.kept(llc::read(octets))) else { return };
        self.message(&llc);
        match llc.sapi {
            _ if llc.sequence.is_none() || llc.information.is_empty() || llc.encrypted => {}
            llc::sapi::LLGMM | llc::sapi::LLSMS => self.dtap(llc.information),
            _ => {
                if let Some(sndcp) = self.kept(sndcp::read(llc.information)) {
                    self.message(&sndcp);
                }
            }
        }
    }

    fn kept<M>(&mut self, read: Result<Decoded<M>, Malformed>) -> Option<M> {
        let (message, malformed) = match read {
            Ok(decoded) => (Some(decoded.message), decoded.malformed),
            Err(malformed) => (None, Some(malformed)),
        };
        if let Some(Malformed { layer, element, fault }) = malformed {
            writeln!(self.0, "    ! {} {element}: {fault:?}", layer.name()).unwrap();
        }
        message
    }

    fn message(&mut self, message: &dyn Message) {
        write!(self.0, "    {} {} {:#04x}", message.protocol().name(), message.name(), message.code()).unwrap();
        message.elements(&mut |name, value| write!(self.0, " {name}={}", shown(value)).unwrap());
        self.0.push('\n');
    }
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Code(code) => format!("{code:#x}"),
        Value::Flag(flag) => flag.to_string(),
        Value::Name(name) => name.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Imsi(imsi) => imsi.to_string(),
        Value::Imei(imei) => imei.to_string(),
        Value::Tmsi(tmsi) => tmsi.to_string(),
        Value::Lai(lai) => lai.to_string(),
        Value::Cell(cell) => cell.to_string(),
        Value::Domain(name) => name.to_string(),
        Value::Octets(octets) => format!("{octets:02x?}"),
    }
}

fn golden_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire.golden")
}

/// A case begins with `layer hex`, is followed by its reading, and may stand behind comments.
struct Case {
    layer: String,
    octets: Vec<u8>,
    reading: String,
}

fn cases() -> Vec<Case> {
    let golden = std::fs::read_to_string(golden_path()).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in golden.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(' ') {
            cases.last_mut().unwrap().reading.push_str(&format!("{line}\n"));
        } else if let Some((layer, hex)) = line.split_once(' ') {
            cases.push(Case { layer: layer.to_string(), octets: octets(hex), reading: String::new() });
        }
    }
    cases
}

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn rewrite_golden() {
    let golden = std::fs::read_to_string(golden_path()).unwrap();
    let mut written = String::new();
    for line in golden.lines().filter(|line| !line.starts_with(' ')) {
        writeln!(written, "{line}").unwrap();
        if let Some((layer, hex)) = line.split_once(' ').filter(|_| !line.starts_with('#')) {
            written.push_str(&Reading::of(layer, &octets(hex)));
        }
    }
    std::fs::write(golden_path(), written).unwrap();
}

#[test]
fn messages_read_as_recorded() {
    if std::env::var_os("GOLDEN").is_some() {
        rewrite_golden();
    }
    let cases = cases();
    assert!(cases.len() > 100, "the golden file has lost its cases");
    for case in cases {
        assert_eq!(Reading::of(&case.layer, &case.octets), case.reading, "{} {:02x?}", case.layer, case.octets);
    }
}

/// Every octet of these messages is claimed by a length or a pointer, so none can go missing unnoticed.
#[test]
fn a_truncated_sccp_message_is_malformed_but_keeps_its_type() {
    for case in cases().iter().filter(|case| case.layer == "sccp" && !case.reading.contains("unknown")) {
        for length in 0..case.octets.len() {
            let cut = Reading::of("sccp", &case.octets[..length]);
            assert!(cut.contains("    ! "), "{length} octets of {:02x?} read as {cut}", case.octets);
            let message_type = case.reading.split(' ').nth(5);
            assert!(length == 0 || cut.contains(message_type.unwrap()), "{cut}");
        }
    }
}

#[test]
fn a_truncated_layer_3_message_gives_its_name_or_an_error() {
    for case in cases().iter().filter(|case| case.layer != "sccp") {
        for length in 0..case.octets.len() {
            let cut = Reading::of(&case.layer, &case.octets[..length]);
            assert!(!cut.is_empty(), "{length} octets of {:02x?}", case.octets);
        }
    }
}

/// Deterministic noise: xorshift by Marsaglia.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn octets(&mut self) -> Vec<u8> {
        let length = self.next() % 48;
        (0..length).map(|_| self.next() as u8).collect()
    }
}

#[test]
fn noise_never_stops_the_decoders() {
    let mut noise = Noise(0x5eed_0001);
    for _ in 0..100_000 {
        let octets = noise.octets();
        for layer in ["sccp", "bssap", "dtap", "ns"] {
            assert!(!Reading::of(layer, &octets).is_empty());
        }
    }
}

#[test]
fn damaged_messages_never_stop_the_decoders() {
    let cases = cases();
    let mut noise = Noise(0x5eed_0002);
    for _ in 0..100_000 {
        let case = &cases[noise.next() as usize % cases.len()];
        let mut octets = case.octets.clone();
        for _ in 0..=noise.next() % 3 {
            let at = noise.next() as usize % octets.len();
            octets[at] = noise.next() as u8;
        }
        assert!(!Reading::of(&case.layer, &octets).is_empty());
    }
}
