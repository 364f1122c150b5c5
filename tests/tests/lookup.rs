//! The look-up hook against a source of numbers over HTTP and HTTPS.

use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::offer::address::{Answer, Lookup, LookupConfig};
use event::Imsi;
use tests::lookup::{LookupServer, Reply};
use tests::now;

const PATIENCE: Duration = Duration::from_secs(60);

fn imsi(digits: &str) -> Imsi {
    digits.parse().unwrap()
}

fn found(digits: &str) -> Answer {
    Answer::Found(digits.parse().unwrap())
}

fn ask(lookup: &Lookup, digits: &str) -> Answer {
    lookup.request(imsi(digits));
    let (answered, answer) = lookup.answers().recv_timeout(PATIENCE).expect("an answer comes");
    assert_eq!(answered, imsi(digits));
    answer
}

#[test]
fn a_source_answers_in_its_ways() {
    let source = LookupServer::start([
        ("460000000000001", Reply::Json("8613900000001")),
        ("460000000000002", Reply::Plain("+447700900123")),
        ("460000000000003", Reply::Status(204)),
        ("460000000000004", Reply::Status(404)),
        ("460000000000005", Reply::Status(500)),
        ("460000000000006", Reply::Plain("<html>")),
        ("460000000000007", Reply::Slow(Duration::from_secs(5), "1")),
    ]);
    let lookup =
        Lookup::open(LookupConfig { timeout: Duration::from_millis(500), ..LookupConfig::new(source.url()) }).unwrap();
    let failed = |reason: &str| Answer::Failed(reason.to_owned());
    let check = |digits, expected| assert_eq!(ask(&lookup, digits), expected, "{digits}");
    check("460000000000001", found("8613900000001"));
    check("460000000000002", found("+447700900123"));
    check("460000000000003", Answer::Unknown);
    check("460000000000004", Answer::Unknown);
    check("460000000000005", failed("the source answered with HTTP status 500"));
    check("460000000000006", failed("the answer is neither a number of 3 to 15 digits nor JSON with `msisdn`"));
    check("460000000000007", failed("no answer within 0.5 s"));
}

#[test]
fn what_is_known_is_not_asked_again_and_questions_are_joined() {
    let source = LookupServer::start([
        ("460000000000001", Reply::Slow(Duration::from_millis(300), "8613900000001")),
        ("460000000000003", Reply::Status(500)),
    ]);
    let lookup = Lookup::open(LookupConfig::new(source.url())).unwrap();
    (0..9).for_each(|_| lookup.request(imsi("460000000000001")));
    assert_eq!(ask(&lookup, "460000000000001"), found("8613900000001"));
    for _ in 0..3 {
        assert_eq!(ask(&lookup, "460000000000001"), found("8613900000001"));
        assert_eq!(ask(&lookup, "460000000000002"), Answer::Unknown);
        assert!(matches!(ask(&lookup, "460000000000003"), Answer::Failed(_)));
    }
    let failing = "460000000000003";
    assert_eq!(source.asked(), ["460000000000001", "460000000000002", failing, failing, failing]);
}

#[test]
fn the_rate_is_held() {
    let source = LookupServer::start([]);
    let rate = NonZeroU32::new(50).unwrap();
    let lookup = Lookup::open(LookupConfig { rate, ..LookupConfig::new(source.url()) }).unwrap();
    let started = now();
    (0..21).for_each(|n| lookup.request(imsi(&format!("46000{n:010}"))));
    let answers: Vec<_> = (0..21).map(|_| lookup.answers().recv_timeout(PATIENCE).unwrap().1).collect();
    assert!(answers.iter().all(|answer| *answer == Answer::Unknown), "{answers:?}");
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());
}

/// A source over HTTPS: the server of `openssl`, which serves the files of its folder.
struct Https {
    server: Child,
    address: String,
}

impl Https {
    fn start(folder: &Path) -> Self {
        let key =
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "key.pem", "-out", "own.pem"];
        let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
        let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
        tests::run(Command::new("openssl").args(key).args(subject).args(leaf).current_dir(folder));
        fs::write(folder.join("460000000000001"), "{\"msisdn\":\"8613900000001\"}").unwrap();
        let mut server = Command::new("openssl")
            .args(["s_server", "-WWW", "-cert", "own.pem", "-key", "key.pem", "-accept", "127.0.0.1:0"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl starts");
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("ACCEPT ")?.rsplit_once(':')?.1.to_owned()));
        Self { server, address: format!("localhost:{}", port.expect("openssl says where it listens")) }
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

#[test]
fn a_source_over_https_is_trusted_by_its_authority_only() {
    let folder = tempfile::tempdir().unwrap();
    let source = Https::start(folder.path());
    let config = LookupConfig::new(format!("https://{}/{{imsi}}", source.address));
    let trusting = LookupConfig { authorities: Some(folder.path().join("own.pem")), ..config.clone() };
    assert_eq!(ask(&Lookup::open(trusting).unwrap(), "460000000000001"), found("8613900000001"));
    let Answer::Failed(reason) = ask(&Lookup::open(config).unwrap(), "460000000000001") else {
        panic!("a stranger's certificate was trusted")
    };
    assert!(reason.contains("certificate"), "{reason}");
}
