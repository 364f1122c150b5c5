//! A message centre under TLS: trusted when it is who it says, told apart when it is not.

mod delivery;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use delivery::{deliver, offers};
use engine::offer::channel::{self, Opening};
use serde_json::json;
use tests::run;
use tests::smsc::Smsc;

/// A key and a certificate for 127.0.0.1, signed by itself.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (config, key, cert) = (folder.join("config"), folder.join("key.pem"), folder.join("cert.pem"));
    let wanted = "[req]\ndistinguished_name=name\nx509_extensions=ext\nprompt=no\n[name]\nCN=smsc\n[ext]\n\
                  subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n";
    fs::write(&config, wanted).unwrap();
    run(Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .arg("-config")
        .arg(&config)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&cert));
    (key, cert)
}

fn told(url: &str) -> String {
    channel::open("sms", url, Opening::default()).map(|lane| lane.name).unwrap_err().to_string()
}

#[test]
fn a_message_centre_under_tls_is_trusted_when_it_is_who_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (key, cert) = certificate(folder.path());
    let smsc = Smsc::start(json!({ "tls": { "key": key, "cert": cert } }));
    let url = smsc.url().replace("smpp://", "smpps://");
    let mut smpp = channel::open("sms", &format!("{url}?ca={}", cert.display()), Opening::default()).unwrap().channel;
    assert_eq!(deliver(&mut *smpp, offers(20)).accepted(), 20);
    let check = |url: &str, expected: [&str; 2]| {
        let told = told(url);
        assert!(expected.iter().all(|part| told.contains(part)), "{told}");
    };
    let refused = "check that the port is the one for TLS";
    check(&url, ["nobody whom we trust has signed its certificate", refused]);
    let elsewhere = format!("{}?ca={}", url.replace("127.0.0.1", "localhost"), cert.display());
    check(&elsewhere, ["its certificate is of another host", refused]);
    let is_no_authority = "it is a PEM file with the authority's certificate";
    check(&format!("{url}?ca={}", key.display()), ["holds no certificate", is_no_authority]);
    check(&format!("{url}?ca=/nowhere"), ["`ca=/nowhere`", is_no_authority]);
    let plain = Smsc::start(json!({}));
    let to_plain = format!("{}?connect_s=0.5", plain.url().replace("smpp://", "smpps://"));
    check(&to_plain, ["no answer within 0.5 s", refused]);
    check(&smsc.url(), ["closed the connection", "whether it is one for TLS"]);
    check(
        &plain.url().replace("smpp://", "cmpp://").replace("touchpoint", "900001"),
        ["does not speak CMPP", "check the port"],
    );
}
