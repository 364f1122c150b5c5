//! Who may do what: every route of the API's own description with every kind of token; TLS; how often one may ask.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::service::{ROLES, Service};
use tests::{root, run, touchpoint};

const ALL: &[&str] = &ROLES;
const AUTHORS: &[&str] = &["marketing", "operator"];
const ASKERS: &[&str] = &["marketing", "operator", "privacy_officer"];
const OFFICER: &[&str] = &["privacy_officer"];
const ANYBODY: &[&str] = &["", "unknown", "expired", "viewer", "marketing", "operator", "privacy_officer"];

/// Who may use each route, by method and path.
const ALLOWED: [(&str, &str, &[&str]); 15] = [
    ("get", "/api/v1/health", ANYBODY),
    ("get", "/api/v1/openapi.json", ANYBODY),
    ("get", "/api/v1/status", ALL),
    ("get", "/api/v1/history", ALL),
    ("get", "/api/v1/scenarios", ALL),
    ("get", "/api/v1/offers", ALL),
    ("get", "/metrics", ALL),
    ("post", "/api/v1/scenarios/reload", AUTHORS),
    ("post", "/api/v1/scenarios/{name}/pause", AUTHORS),
    ("post", "/api/v1/scenarios/{name}/release", AUTHORS),
    ("post", "/api/v1/channels/{name}/release", AUTHORS),
    ("post", "/api/v1/backtest", AUTHORS),
    ("post", "/api/v1/explain", ASKERS),
    ("post", "/api/v1/forget", OFFICER),
    ("get", "/api/v1/audit", OFFICER),
];

fn quiet(console: &str) -> Service {
    Service::start_with(&root().join("deploy/demo/recorded"), console, "")
}

fn ask(service: &Service, method: &str, path: &str, role: &str, body: &str) -> u16 {
    let path = path.replace("{name}", "none");
    match method {
        "get" => service.get(&path, role).status,
        "post" => service.post(&path, role, body, None).status,
        method => panic!("{method} {path}: say here how to ask"),
    }
}

#[test]
fn every_route_of_the_description_asks_for_the_right_role() {
    let service = quiet("requests_per_second = 1000\n");
    let description = service.get("/api/v1/openapi.json", "").json();
    let mut told = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let allowed = ALLOWED.iter().find(|(known, at, _)| known == method && at == path);
            let (_, _, allowed) = allowed.unwrap_or_else(|| panic!("who may use {method} {path}? say so in this test"));
            let is_open = operation["security"].is_null();
            assert_eq!(is_open, *allowed == ANYBODY, "{method} {path}: the description says otherwise");
            told += 1;
            for body in ["no JSON", r#"{"subscriber": "001010000000001", "text": "x"}"#] {
                for role in ANYBODY {
                    let status = ask(&service, method, path, role, body);
                    let is_known = ROLES.contains(role);
                    let expected = match allowed.contains(role) {
                        true => !matches!(status, 401 | 403) && status < 500,
                        false => status == if is_known { 403 } else { 401 },
                    };
                    assert!(expected, "{method} {path} by `{role}`: {status}");
                }
            }
        }
    }
    assert_eq!(told, ALLOWED.len(), "a route is gone: take it out here too");
    // Marketing may ask why, but not who.
    let reveal = json!({"subscriber": "001010000000001", "reveal": true}).to_string();
    for (role, expected) in [("marketing", 403), ("operator", 403), ("privacy_officer", 200)] {
        assert_eq!(ask(&service, "post", "/api/v1/explain", role, &reveal), expected, "{role}");
    }
}

#[test]
fn every_page_asks_for_the_right_role() {
    let service = quiet("requests_per_second = 1000\n");
    let pages = [
        ("/", ALL),
        ("/areas", ALL),
        ("/scenarios", ALL),
        ("/offers", ALL),
        ("/privacy", ALL),
        ("/explain", ASKERS),
        ("/backtest", AUTHORS),
        ("/forget", OFFICER),
    ];
    for (page, allowed) in pages {
        for role in ANYBODY {
            let answer = service.get(page, role);
            match (ROLES.contains(role), allowed.contains(role)) {
                (false, _) => assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/login")), "{page}"),
                (true, may) => assert_eq!(answer.status, if may { 200 } else { 403 }, "{page} {role}"),
            }
        }
    }
    // A form of another site, in the name of who has a token.
    for form in ["/scenarios/reload", "/scenarios/x/pause", "/channels/sms/release", "/explain", "/backtest", "/forget"]
    {
        assert_eq!(service.post(form, "operator", "", Some("http://elsewhere")).status, 403, "{form}");
    }
}

#[test]
fn who_asks_too_often_is_told_so_and_counted() {
    let mut service = quiet("requests_per_second = 1\n");
    let answers: Vec<_> = (0..40).map(|_| service.get("/api/v1/status", "viewer")).collect();
    let (first, last) = (answers.first().unwrap(), answers.last().unwrap());
    assert_eq!((first.status, last.status), (200, 429));
    assert!(last.text.contains("too many requests"), "{}", last.text);
    let metrics = service.metrics();
    assert!(metrics.contains(r#"touchpoint_limit_reached_total{limit="http_requests"}"#), "{metrics}");
    service.until("it may ask again", |service| service.get("/api/v1/status", "viewer").status == 200);
}

/// A key and a certificate for 127.0.0.1, signed by itself.
fn certificate(folder: &Path) -> [PathBuf; 2] {
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| folder.join(name));
    run(Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=probe", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate));
    [key, certificate]
}

#[test]
fn the_console_is_there_by_tls_alone_where_it_has_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let [key, certificate] = certificate(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let [_, other] = self::certificate(elsewhere.path());
    let lines = format!("certificate = \"{}\"\nkey = \"{}\"\n", certificate.display(), key.display());
    let service = quiet(&lines);
    assert_eq!(service.get("/", "viewer").status, 200);

    let status = |url: &str, trusted: Option<&Path>| {
        let mut command = touchpoint();
        command.args(["status", "--json", "--url", url, "--token", service.token("viewer")]);
        trusted.into_iter().for_each(|file| _ = command.arg("--certificate").arg(file));
        command.output().unwrap()
    };
    let url = service.url("");
    let told = status(&url, Some(&certificate));
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert!(told["rules"]["scenarios"].as_u64().is_some_and(|count| count > 0), "{told}");
    for (url, trusted) in [(&*url, None), (&*url, Some(&*other)), (&*url.replace("https", "http"), None)] {
        assert!(!status(url, trusted).status.success(), "{url} {trusted:?}");
    }
}

#[test]
fn a_token_is_no_cookie_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let [key, certificate] = certificate(folder.path());
    let cookie = |console: &str| {
        let service = quiet(console);
        let address = service.url("").split_once("://").unwrap().1.to_owned();
        let origin = format!("https://{address}");
        let form = format!("token={}", service.token("viewer"));
        service.post("/login", "", &form, Some(&origin)).cookie.unwrap()
    };
    let by_tls = cookie(&format!("certificate = \"{}\"\nkey = \"{}\"\n", certificate.display(), key.display()));
    let plain = cookie("requests_per_second = 1000\n");
    for (cookie, is_secure) in [(by_tls, true), (plain, false)] {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        assert_eq!(cookie.contains("Secure"), is_secure, "{cookie}");
    }
}
