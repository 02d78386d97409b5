//! The transport that opens sockets.

use crate::patience::Patience;
use crate::rate::Rate;
use crate::transport::{Answered, Class, Request, Transport, TransportError};
use std::io::{self, ErrorKind, Read};
use std::time::Duration;
use ureq::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error, Timeout};

/// How to reach an indexer.
#[derive(Clone, Debug)]
pub struct HttpsOptions {
    /// Scheme, host and port, for example `https://indexer.example:9200`. `http` is for loopback addresses alone.
    pub url: String,
    /// The certificates to trust, as PEM: these alone. Without any, the public authorities.
    pub ca_pem: Option<Vec<u8>>,
    /// Takes any certificate, so that anybody on the way can read and answer for the indexer. [`Transport::is_verified`]
    /// says so to everybody who asks.
    pub insecure: bool,
    /// The longest wait for the address of a name. The word to stop does not cut it: no system call that looks up names can
    /// be interrupted.
    pub resolve_timeout: Duration,
    /// The longest wait for a connection, TLS included. The word to stop cuts it once the connection is there.
    pub connect_timeout: Duration,
    /// The longest wait for the next byte.
    pub read_timeout: Duration,
    /// The longest time for a whole request, however steadily its answer drips, where the request's patience allows more.
    pub total_timeout: Duration,
    /// The fewest bytes a second with which a body may come, measured over five seconds by the clock of the
    /// request's patience.
    pub rate_min: u32,
    /// The largest body to accept. The indexer refuses documents beyond 100 MB, so one always fits the default.
    pub body_bytes_max: usize,
}

impl HttpsOptions {
    /// The recommended limits.
    pub fn new(url: impl Into<String>) -> Self {
        HttpsOptions {
            url: url.into(),
            ca_pem: None,
            insecure: false,
            resolve_timeout: Duration::from_secs(4),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(180),
            rate_min: 1_024,
            body_bytes_max: 128 << 20,
        }
    }
}

/// Options that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The address is not one that credentials may be sent to.
    #[error("{url} must be https://host:port without path; http is for loopback addresses alone")]
    BadUrl {
        /// The refused address.
        url: String,
    },
    /// The CA file holds no certificate, or a damaged one.
    #[error("cannot use the CA certificates: {reason}")]
    BadCa {
        /// What does not fit.
        reason: String,
    },
}

/// Sends requests over HTTPS, one after the other on a connection that stays open.
///
/// Verifies the server's certificate, unless [`HttpsOptions::insecure`] says otherwise. Follows no redirect, uses no proxy, and asks for no compression, so that a
/// small answer cannot become a large one.
pub struct Https {
    agent: Agent,
    url: String,
    limits: Limits,
    insecure: bool,
}

/// What bounds one request.
struct Limits {
    resolve: Duration,
    connect: Duration,
    total: Duration,
    rate_min: u32,
    body_bytes_max: usize,
}

impl Limits {
    /// The time for a name's address, of a request that has so much. Less than the whole, so that an end at this limit says
    /// what it was.
    fn resolve(&self, within: Duration) -> Duration {
        self.resolve.min(within / 2)
    }

    /// The time for a connection, likewise.
    fn connect(&self, within: Duration) -> Duration {
        self.connect.min(within / 2)
    }
}

/// Ends the exchange in flight of one [`Https`], from whatever thread hears the word to stop.
#[derive(Clone)]
pub struct Cutter(Agent);

impl Cutter {
    /// Closes the connection: whoever waits on it is told so at once. Nothing more can be sent.
    ///
    /// A name that is being looked up, or a connection that is being opened, ends at its own limit.
    pub fn cut(self) {
        self.0.shutdown();
    }
}

/// A record of TLS has no more.
const PIECE_BYTES: usize = 16 << 10;

impl Https {
    /// A transport with these options. Opens no connection yet.
    pub fn new(options: HttpsOptions) -> Result<Self, HttpsError> {
        let url = options.url.strip_suffix('/').unwrap_or(&options.url);
        if !may_carry_credentials(url) {
            return Err(HttpsError::BadUrl { url: options.url });
        }
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &options.ca_pem {
            tls = tls.root_certs(roots(pem)?);
        }
        tls = tls.disable_verification(options.insecure);
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .accept_encoding("identity")
            .user_agent("signalfoundry")
            .timeout_per_read(Some(options.read_timeout))
            .max_idle_connections(1)
            .build();
        Ok(Https {
            agent: config.new_agent(),
            url: url.to_owned(),
            limits: Limits {
                resolve: options.resolve_timeout,
                connect: options.connect_timeout,
                total: options.total_timeout,
                rate_min: options.rate_min,
                body_bytes_max: options.body_bytes_max,
            },
            insecure: options.insecure,
        })
    }

    /// What ends the exchange in flight.
    pub fn cutter(&self) -> Cutter {
        Cutter(self.agent.clone())
    }

    /// Replaces what `into` held by the body.
    fn read(
        &self,
        body: Body,
        into: &mut Vec<u8>,
        patience: &Patience<'_>,
        within: Duration,
    ) -> Result<(), TransportError> {
        into.clear();
        let max = self.limits.body_bytes_max;
        let mut rate = Rate::new(self.limits.rate_min, patience.now());
        let mut reader = body.into_reader();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(cut_short(&error, into.len(), within)),
            };
            into.extend_from_slice(&piece[..read]);
            if max < into.len() {
                let message = format!("the body is larger than {max} bytes");
                return Err(TransportError::new(Class::TooLarge, message));
            }
            if rate.is_too_slow(read, patience.now()) {
                let message = format!(
                    "the body comes with fewer than {} bytes a second",
                    self.limits.rate_min
                );
                return Err(TransportError::new(Class::Timeout, message));
            }
        }
    }
}

impl Transport for Https {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        let limits = &self.limits;
        let within = request.patience.attempt().unwrap_or(limits.total);
        let within = within.min(limits.total);
        let builder = self.agent.post(format!("{}{}", self.url, request.path));
        let mut builder = builder
            .config()
            .timeout_global(Some(within))
            .timeout_resolve(Some(limits.resolve(within)))
            .timeout_connect(Some(limits.connect(within)))
            .build();
        builder = builder.header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = request.authorization {
            builder = builder.header(AUTHORIZATION, authorization);
        }
        let sent = builder.send(request.body);
        let response = sent.map_err(|error| failed(&error, within, limits))?;
        if let Some(encoding) = response.headers().get(CONTENT_ENCODING)
            && encoding != "identity"
        {
            let message = format!("the answer is encoded as {encoding:?}, which was not asked for");
            return Err(TransportError::new(Class::Protocol, message));
        }
        let date = response.headers().get(DATE);
        let date = date.and_then(|date| date.to_str().ok());
        let answered = Answered::new(response.status().as_u16(), date);
        self.read(response.into_body(), answer, &request.patience, within)?;
        Ok(answered)
    }

    fn is_verified(&self) -> bool {
        !self.insecure
    }
}

/// Whether `url` is scheme, host and port, and nobody can listen to what is sent there.
fn may_carry_credentials(url: &str) -> bool {
    let Some((scheme, host)) = url.split_once("://") else {
        return false;
    };
    if host.is_empty() || host.contains(['/', '?', '#', '@']) || host.contains(char::is_whitespace)
    {
        return false;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    scheme == "https" || scheme == "http" && matches!(name, "127.0.0.1" | "[::1]")
}

fn roots(pem: &[u8]) -> Result<RootCerts, HttpsError> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        let item = item.map_err(|error| HttpsError::BadCa {
            reason: error.to_string(),
        })?;
        if let PemItem::Certificate(certificate) = item {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(HttpsError::BadCa {
            reason: "the file holds no certificate".to_owned(),
        });
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// A failure before the answer's body.
fn failed(error: &Error, within: Duration, limits: &Limits) -> TransportError {
    let class = match error {
        Error::Timeout(at) => {
            let message = overdue(*at, within, limits);
            return TransportError::new(Class::Timeout, message);
        }
        Error::Tls(_) | Error::Pem(_) | Error::Rustls(_) | Error::TlsRequired => Class::Tls,
        Error::HostNotFound | Error::ConnectionFailed => Class::Unreachable,
        Error::Io(error) => match (error.kind(), timeout_within(error)) {
            (_, Some(at)) => {
                let message = overdue(at, within, limits);
                return TransportError::new(Class::Timeout, message);
            }
            (ErrorKind::TimedOut | ErrorKind::WouldBlock, _) => Class::Timeout,
            // What a failed handshake looks like from above.
            (ErrorKind::InvalidData, _) => Class::Tls,
            (
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof,
                _,
            ) => Class::Interrupted,
            _ => Class::Unreachable,
        },
        _ => Class::Protocol,
    };
    TransportError::new(class, error.to_string())
}

/// How far an exchange had come when its time was over.
fn overdue(at: Timeout, within: Duration, limits: &Limits) -> String {
    let (resolve, connect) = (limits.resolve(within), limits.connect(within));
    match at {
        Timeout::Resolve => format!("its name has no address within {}", shown(resolve)),
        Timeout::Connect => {
            let within = shown(connect);
            format!("no connection, TLS included, came about within {within}")
        }
        Timeout::SendRequest | Timeout::SendBody => {
            let within = shown(within);
            format!("it accepted the connection and did not take the request within {within}")
        }
        _ => {
            let within = shown(within);
            format!("it accepted the connection and did not answer within {within}")
        }
    }
}

fn shown(limit: Duration) -> String {
    format!("{:.1} s", limit.as_secs_f64())
}

/// The limit that an error of the layer below stands for.
fn timeout_within(error: &io::Error) -> Option<Timeout> {
    match error.get_ref()?.downcast_ref::<Error>()? {
        Error::Timeout(at) => Some(*at),
        _ => None,
    }
}

/// A failure within the answer's body, after so many bytes of it.
fn cut_short(error: &io::Error, bytes: usize, within: Duration) -> TransportError {
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
    let class = match (error.kind(), inner) {
        (ErrorKind::TimedOut | ErrorKind::WouldBlock, _) | (_, Some(Error::Timeout(_))) => {
            let within = shown(within);
            let message = format!("its answer was not whole within {within}: {bytes} bytes came");
            return TransportError::new(Class::Timeout, message);
        }
        (_, Some(Error::Protocol(_))) => Class::Protocol,
        _ => Class::Interrupted,
    };
    TransportError::new(class, format!("the body was cut short: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_where_nobody_listens() {
        for good in [
            "https://indexer.example:9200",
            "https://[2001:db8::1]:9200",
            "https://indexer/",
            "http://127.0.0.1:9200",
            "http://[::1]:9200",
        ] {
            assert!(Https::new(HttpsOptions::new(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://indexer.example:9200",
            "http://127.0.0.1.example:9200",
            "http://127.0.0.1@example:9200",
            "https://user:password@indexer",
            "https://indexer/path",
            "https://",
            "indexer:9200",
            "ftp://indexer",
        ] {
            assert!(Https::new(HttpsOptions::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_ca_file_without_certificate_is_refused() {
        for bad in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
        ] {
            let mut options = HttpsOptions::new("https://indexer:9200");
            options.ca_pem = Some(bad.as_bytes().to_vec());
            assert!(Https::new(options).is_err(), "{bad:?}");
        }
    }
}
