//! What a client makes of each fault below HTTP; the request after it is answered.

use crate::client::{agent, ask, core, in_process, next_is_sabotaged, server};
use mock_indexer::Sabotage;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Asks once with `sabotage` and once without it; what the first came to.
fn check(sabotage: Sabotage) -> Result<Vec<u8>, String> {
    let server = server();
    let agent = agent(&server);
    next_is_sabotaged(&server, sabotage);
    let first = ask(&agent, &server, "secret");
    let (status, body) = ask(&agent, &server, "secret").unwrap();
    assert_eq!(status, 200);
    assert!(body == in_process(&mut core()).body, "{} bytes", body.len());
    first
        .map(|(_, body)| body)
        .map_err(|error| error.to_string())
}

#[test]
fn answers_that_end_early_are_errors() {
    for sabotage in [
        Sabotage::HangUp,
        Sabotage::ResetMidBody,
        Sabotage::TruncatedChunk,
        Sabotage::LengthTooLong,
        Sabotage::Garbage,
    ] {
        let answer = check(sabotage);
        assert!(
            answer.is_err(),
            "{sabotage:?}: {} bytes",
            answer.unwrap().len()
        );
    }
}

/// Reads the whole answer without HTTP; how the connection ended.
fn ending(sabotage: Sabotage) -> Option<ErrorKind> {
    let server = server();
    next_is_sabotaged(&server, sabotage);
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "127.0.0.1".try_into().unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let address = server.url().replace("https://", "");
    let socket = TcpStream::connect(address).unwrap();
    let mut stream = StreamOwned::new(session, socket);
    let head = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    end.err().map(|error| error.kind())
}

#[test]
fn a_reset_is_no_orderly_end() {
    assert_eq!(ending(Sabotage::LengthTooLong), None);
    assert_eq!(
        ending(Sabotage::ResetMidBody),
        Some(ErrorKind::ConnectionReset)
    );
}

#[test]
fn a_stall_ends_with_the_clients_patience() {
    let error = check(Sabotage::Stall(Duration::from_secs(60))).unwrap_err();
    assert!(error.contains("timeout"), "{error}");
}

#[test]
fn a_length_that_is_too_short_cuts_the_page() {
    let whole = in_process(&mut core()).body;
    let body = check(Sabotage::LengthTooShort).unwrap();
    assert!(body == whole[..whole.len() / 2], "{} bytes", body.len());
}

#[test]
fn a_slow_drip_gives_everything_to_the_patient_and_nothing_to_others() {
    let drip = |every| Sabotage::SlowDrip {
        bytes: 20_000,
        every,
    };
    let body = check(drip(Duration::from_millis(1))).unwrap();
    assert!(body == in_process(&mut core()).body);
    let error = check(drip(Duration::from_millis(400))).unwrap_err();
    assert!(error.contains("timeout"), "{error}");
}
