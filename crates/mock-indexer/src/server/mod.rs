//! The indexer over HTTPS, on a port of the loopback address.
//!
//! Requests are read, and healthy answers written, by `hyper`. An answer that a [`Sabotage`] strikes is written byte by
//! byte to the connection that is taken back from it.

mod certificate;
mod sabotage;

pub use certificate::Certificate;
pub use sabotage::{Mishap, Sabotage};

use crate::core::Core;
use crate::exchange::{Request, Response};
use certificate::Authority;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::AUTHORIZATION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// The most bytes that a request may have; a search has some hundred.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// A server that answers from a [`Core`] until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    authority: Authority,
    shared: Arc<Shared>,
    /// One thread of its own; `None` only while the server is dropped.
    runtime: Option<Runtime>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The machine gives no port, or no thread.
    #[error("cannot listen on the loopback address")]
    Listen(#[source] io::Error),
    /// A certificate cannot be made.
    #[error("cannot make a certificate")]
    Certificate(#[source] rcgen::Error),
    /// A certificate cannot be used.
    #[error("cannot set up TLS")]
    Tls(#[source] tokio_rustls::rustls::Error),
}

/// What every connection needs.
struct Shared {
    state: Mutex<State>,
    clock: Box<dyn Fn() -> i64 + Send + Sync>,
}

struct State {
    core: Core,
    acceptor: TlsAcceptor,
    mishaps: Vec<Mishap>,
}

impl Server {
    /// Answers from `core` on a free port. `clock` says the time in milliseconds since 1970: the machine's, or a test's.
    ///
    /// Errs if the machine gives no port, no thread or no certificate.
    pub fn start(
        core: Core,
        clock: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Result<Server, ServerError> {
        let authority = Authority::new().map_err(ServerError::Certificate)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                core,
                acceptor: authority.acceptor(Certificate::Valid)?,
                mishaps: Vec::new(),
            }),
            clock: Box::new(clock),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("mock-indexer")
            .enable_all()
            .build()
            .map_err(ServerError::Listen)?;
        let any_port = (Ipv4Addr::LOCALHOST, 0);
        let listener = runtime.block_on(TcpListener::bind(any_port));
        let listener = listener.map_err(ServerError::Listen)?;
        let address = listener.local_addr().map_err(ServerError::Listen)?;
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Server {
            address,
            authority,
            shared,
            runtime: Some(runtime),
        })
    }

    /// Where it answers, such as `https://127.0.0.1:34567`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The certificate, in PEM, of the authority that a client must trust.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// Shows new connections this certificate. Connections that are open go on.
    ///
    /// Errs if it cannot be made.
    pub fn present(&self, certificate: Certificate) -> Result<(), ServerError> {
        let acceptor = self.authority.acceptor(certificate)?;
        self.shared.lock().acceptor = acceptor;
        Ok(())
    }

    /// Adds something that goes wrong below HTTP. What was there before comes first.
    pub fn add_mishap(&self, mishap: Mishap) {
        self.shared.lock().mishaps.push(mishap);
    }

    /// Lets `look` at the core between two requests.
    pub fn with_core<R>(&self, look: impl FnOnce(&mut Core) -> R) -> R {
        look(&mut self.shared.lock().core)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting would wait for clients that keep their connection.
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.state.lock();
        state.expect("nothing panics while it holds the state")
    }

    /// The answer of the core, and what is to happen to it on its way.
    fn answer(&self, request: &Request<'_>) -> (Response, Option<Sabotage>) {
        let now_ms = (self.clock)();
        let mut state = self.lock();
        let number = state.core.tally().answered;
        let mut mishaps = state.mishaps.iter();
        let sabotage = mishaps
            .find(|mishap| mishap.when.strikes(number, now_ms))
            .map(|mishap| mishap.sabotage);
        (state.core.answer(now_ms, request), sabotage)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // Without a descriptor for one more connection, the next one may have one.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    }
}

/// Serves one connection until it ends, or until sabotage ends it.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let acceptor = shared.lock().acceptor.clone();
    let Ok(stream) = acceptor.accept(stream).await else {
        // The client refused the certificate, as tests want it to.
        return;
    };
    let (strike, mut struck) = mpsc::channel(1);
    let service = service_fn(move |request| {
        let (shared, strike) = (Arc::clone(&shared), strike.clone());
        async move {
            let (response, sabotage) = respond(&shared, request).await;
            if let Some(sabotage) = sabotage
                && strike.send((sabotage, response.clone())).await.is_ok()
            {
                // From here on the connection is no longer hyper's.
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(http(response))
        }
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let struck = tokio::select! {
        biased;
        struck = struck.recv() => struck,
        // How a connection ends is the client's affair.
        _ = &mut connection => None,
    };
    if let Some((sabotage, response)) = struck {
        let stream = connection.into_parts().io.into_inner();
        sabotage.perform(stream, &response).await;
    }
}

async fn respond(
    shared: &Shared,
    request: hyper::Request<Incoming>,
) -> (Response, Option<Sabotage>) {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_BYTES_MAX).collect().await else {
        return (Response::text(413, "Request Entity Too Large"), None);
    };
    let authorization = head.headers.get(AUTHORIZATION);
    shared.answer(&Request {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        authorization: authorization.and_then(|value| value.to_str().ok()),
        body: &body.to_bytes(),
    })
}

/// The answer as hyper sends it.
fn http(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut builder = hyper::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    let built = builder.body(Full::new(Bytes::from(response.body)));
    built.unwrap_or_else(|_| {
        // A redirect's URL is the one part that a test may choose badly.
        let mut broken = hyper::Response::new(Full::default());
        *broken.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}
