//! A connection's octets, in clear or under TLS.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::habits::Habits;

/// What is read from.
pub(super) type Reader = Box<dyn AsyncRead + Unpin>;
/// What is written to.
pub(super) type Writer = Box<dyn AsyncWrite + Unpin>;

/// Splits a connection; with TLS after its handshake, in which the other side proves to be the host that was named.
pub(super) async fn split(stream: TcpStream, habits: &Habits) -> io::Result<(Reader, Writer)> {
    if !habits.tls {
        let (reader, writer) = stream.into_split();
        return Ok((Box::new(reader), Box::new(writer)));
    }
    let name = ServerName::try_from(habits.host.clone()).map_err(io::Error::other)?;
    let config = ClientConfig::builder().with_root_certificates(authorities(habits)?).with_no_client_auth();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let (reader, writer) = tokio::io::split(stream);
    Ok((Box::new(reader), Box::new(writer)))
}

fn authorities(habits: &Habits) -> io::Result<RootCertStore> {
    let Some(path) = &habits.authorities else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let unusable = |why: String| io::Error::other(format!("`ca={}`: {why}", path.display()));
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        store.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(store)
}
