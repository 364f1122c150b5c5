//! Listeners: console and API, by TLS where there is a certificate; and `/metrics` for Prometheus, on an address of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware;
use axum::routing::get;
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::limit::{Limit, limit};
use super::{Access, Surface, routes};
use crate::config::TlsConfig;
use crate::console;
use crate::metrics::Meters;
use crate::run::{RunError, View};

/// Octets of a request at most: a scenario is far shorter.
const BODY_LIMIT: usize = 256 * 1024;
/// How long requests that are being answered may take when it ends.
const GRACE: Duration = Duration::from_secs(2);
/// How long somebody may take to finish a request's head.
const FIRST_REQUEST: Duration = Duration::from_secs(10);

/// What a browser may load: nothing but what we serve.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                              form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Listeners that run.
pub struct Server {
    handle: Handle<SocketAddr>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Ends: no new requests, and a little time for those that are being answered.
    pub(crate) fn end(self) {
        self.handle.graceful_shutdown(Some(GRACE));
        // A listener's thread has nothing to lose.
        self.thread.into_iter().for_each(|thread| _ = thread.join());
    }
}

/// Begins to listen.
pub(crate) fn serve(view: &Arc<View>, meters: &Meters) -> Result<Server, RunError> {
    let (console, metrics) = (&view.config.console, view.config.metrics.listen);
    let handle = Handle::new();
    let surface = Arc::new(Surface {
        view: Arc::clone(view),
        meters: meters.clone(),
        access: Access::new(&console.tokens),
        is_secure: console.tls.is_some(),
        trials: tokio::sync::Semaphore::new(1),
    });
    let people = console.listen.map(listen).transpose()?;
    let scrape = metrics.map(listen).transpose()?;
    let tls = console.tls.as_ref().map(tls).transpose()?;
    if people.is_none() && scrape.is_none() {
        return Ok(Server { handle, thread: None });
    }
    let app = app(surface, console.requests_per_second);
    let (meters, ends) = (meters.clone(), handle.clone());
    let run = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!("console and metrics cannot run: {error}"),
        };
        runtime.block_on(async {
            let scrape = scrape.map(|listener| {
                let app = Router::new()
                    .route("/metrics", get(async move |headers: HeaderMap| routes::counters(&meters, &headers)));
                tokio::spawn(plain(listener, app, ends.clone()))
            });
            match (people, tls) {
                (Some(listener), Some(tls)) => secure(listener, app, tls, ends).await,
                (Some(listener), None) => plain(listener, app, ends).await,
                (None, _) => {}
            }
            if let Some(scrape) = scrape {
                _ = scrape.await;
            }
        });
    };
    let thread = thread::Builder::new().name("http".to_owned()).spawn(run);
    let thread = thread.map_err(|error| RunError::System { what: "no thread can be started", error })?;
    Ok(Server { handle, thread: Some(thread) })
}

fn listen(address: SocketAddr) -> Result<TcpListener, RunError> {
    let fail = |error| RunError::Listen { what: format!("cannot listen at {address}"), error };
    let listener = TcpListener::bind(address).map_err(fail)?;
    listener.set_nonblocking(true).map_err(fail)?;
    Ok(listener)
}

async fn plain(listener: TcpListener, app: Router, handle: Handle<SocketAddr>) {
    let served = match axum_server::from_tcp(listener) {
        Ok(server) => {
            let service = app.into_make_service_with_connect_info::<SocketAddr>();
            server.handle(handle).first_request_timeout(FIRST_REQUEST).serve(service).await
        }
        Err(error) => Err(error),
    };
    told(served);
}

async fn secure(listener: TcpListener, app: Router, tls: RustlsConfig, handle: Handle<SocketAddr>) {
    let served = match axum_server::from_tcp_rustls(listener, tls) {
        Ok(server) => {
            let service = app.into_make_service_with_connect_info::<SocketAddr>();
            server.handle(handle).first_request_timeout(FIRST_REQUEST).serve(service).await
        }
        Err(error) => Err(error),
    };
    told(served);
}

fn told(served: io::Result<()>) {
    served.unwrap_or_else(|error| tracing::error!("console or metrics have ended: {error}"));
}

fn tls(config: &TlsConfig) -> Result<RustlsConfig, RunError> {
    let fail = |what: &str, error: String| RunError::Listen { what: what.to_owned(), error: io::Error::other(error) };
    let chain = CertificateDer::pem_file_iter(&config.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| fail("the certificate cannot be read", error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&config.key);
    let key = key.map_err(|error| fail("the key cannot be read", error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| fail("certificate and key do not fit", error.to_string()))?;
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// Everything that is served, behind the limit.
pub(super) fn app(surface: Arc<Surface>, requests_per_second: u64) -> Router {
    let fixed = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let (api, description) = routes::api();
    api.merge(console::pages())
        .fallback(routes::nowhere)
        .with_state(surface)
        .layer(Extension(Arc::new(description)))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(routes::count))
        .layer(CompressionLayer::new())
        .layer(fixed(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Without any referrer browsers would not tell where our own forms come from.
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(middleware::from_fn_with_state(Limit::new(requests_per_second), limit))
}
