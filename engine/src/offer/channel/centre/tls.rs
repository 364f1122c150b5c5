//! A connection's octets, in clear or under TLS.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

use super::habits::Habits;

/// What is read from.
pub(super) type Reader = Box<dyn AsyncRead + Unpin>;
/// What is written to.
pub(super) type Writer = Box<dyn AsyncWrite + Unpin>;

/// Why there is no TLS.
#[derive(Debug, Error)]
pub(super) enum TlsError {
    /// The certificates to trust cannot be used: which file, and why.
    #[error("`ca={}`: {}", .0.display(), .1)]
    Authorities(PathBuf, String),
    /// The handshake failed.
    #[error(transparent)]
    Handshake(#[from] io::Error),
}

/// Splits a connection; with TLS after its handshake, in which the other side proves to be the host that was named.
pub(super) async fn split(stream: TcpStream, habits: &Habits) -> Result<(Reader, Writer), TlsError> {
    if !habits.tls {
        let (reader, writer) = stream.into_split();
        return Ok((Box::new(reader), Box::new(writer)));
    }
    let roots = match &habits.authorities {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(path) => authorities(path).map_err(|why| TlsError::Authorities(path.clone(), why))?,
    };
    let name = ServerName::try_from(habits.host.clone()).map_err(io::Error::other)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(explained)?;
    let (reader, writer) = tokio::io::split(stream);
    Ok((Box::new(reader), Box::new(writer)))
}

fn authorities(path: &Path) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| error.to_string())?;
        store.add(certificate).map_err(|error| error.to_string())?;
    }
    if store.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    Ok(store)
}

/// In the words of an operator, where the certificate is what is wrong.
fn explained(error: io::Error) -> io::Error {
    use CertificateError as C;
    let why = match error.get_ref().and_then(|source| source.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(why)) => why,
        _ => return error,
    };
    io::Error::other(match why {
        C::UnknownIssuer => "nobody whom we trust has signed its certificate".to_owned(),
        C::NotValidForName | C::NotValidForNameContext { .. } => "its certificate is of another host".to_owned(),
        C::Expired | C::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        C::NotValidYet | C::NotValidYetContext { .. } => {
            "its certificate does not hold yet; compare the clocks of both machines".to_owned()
        }
        // A certificate that signs itself and may sign others is the usual one.
        C::Other(why) => format!("its certificate is none of a server ({why:?}); have one issued for the host"),
        _ => return error,
    })
}
