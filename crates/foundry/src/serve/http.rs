//! Two pages for the machines of this machine: `/metrics` and `/healthz`.

use super::Board;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at once; more wait.
const CONNECTIONS_MAX: usize = 32;
/// Whoever takes longer for one question is cut off.
const CONNECTION_MAX: Duration = Duration::from_secs(10);

type Page = Response<Full<Bytes>>;

/// Answers until its runtime ends.
pub(super) async fn accept(listener: TcpListener, board: Arc<Board>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let board = Arc::clone(&board);
                tokio::spawn(async move {
                    serve(stream, board).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Without a descriptor for it now, a later one may have one.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, board: Arc<Board>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let page = answer(request.method(), request.uri().path(), &board);
        async move { Ok::<_, Infallible>(page) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // How a connection ends is the client's affair.
    tokio::time::timeout(CONNECTION_MAX, connection).await.ok();
}

fn answer(method: &Method, path: &str, board: &Board) -> Page {
    if method != Method::GET && method != Method::HEAD {
        let mut refused = page(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain",
            "only GET\n".to_owned(),
        );
        refused
            .headers_mut()
            .insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/metrics" => match board.metrics() {
            Some(text) => page(
                StatusCode::OK,
                "text/plain; version=0.0.4; charset=utf-8",
                text,
            ),
            None => {
                let text = "no pass has ended yet\n".to_owned();
                page(StatusCode::SERVICE_UNAVAILABLE, "text/plain", text)
            }
        },
        "/healthz" => {
            let health = board.health();
            let status = match health.is_healthy() {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            };
            let body = json!({
                "healthy": health.is_healthy(),
                "reasons": health.reasons,
                "age_ms": health.age_ms,
            });
            page(status, "application/json", format!("{body}\n"))
        }
        _ => {
            let text = "there are /metrics and /healthz\n".to_owned();
            page(StatusCode::NOT_FOUND, "text/plain", text)
        }
    }
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Page {
    let mut page = Response::new(Full::new(Bytes::from(text)));
    *page.status_mut() = status;
    page.headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    page
}
