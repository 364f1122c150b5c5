//! Whom a connection over HTTPS trusts.

use std::path::Path;

use ureq::tls::{PemItem, RootCerts, parse_pem};

/// The certificates of a PEM file, or the public authorities; why a file cannot be used, for people.
pub(super) fn roots(file: Option<&Path>) -> Result<RootCerts, String> {
    let Some(file) = file else { return Ok(RootCerts::WebPki) };
    let pem = std::fs::read(file).map_err(|error| error.to_string())?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            certificates.push(certificate);
        }
    }
    match certificates.is_empty() {
        true => Err("it holds no certificate".to_owned()),
        false => Ok(RootCerts::new_with_certs(&certificates)),
    }
}
