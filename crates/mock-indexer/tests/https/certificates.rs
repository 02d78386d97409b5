//! What a client that verifies makes of each certificate.

use crate::client::{agent, ask, server};
use mock_indexer::Certificate;

/// Asks a server that shows `certificate`; the client's error, or nothing if it asked.
fn check(certificate: Certificate) -> Option<String> {
    let server = server();
    server.present(certificate).unwrap();
    let asked = ask(&agent(&server), &server, "secret");
    let answered = server.with_core(|core| core.tally().answered);
    assert_eq!(
        answered,
        u64::from(asked.is_ok()),
        "a refused server learns no password"
    );
    asked.err().map(|error| error.to_string())
}

#[test]
fn bad_certificates_are_refused_each_for_its_reason() {
    assert_eq!(check(Certificate::Valid), None);
    for (certificate, reason) in [
        (Certificate::Expired, "expired"),
        (Certificate::WrongName, "not valid for name"),
        (Certificate::UnknownAuthority, "certificate"),
    ] {
        let error = check(certificate).unwrap();
        assert!(error.contains(reason), "{certificate:?}: {error}");
    }
}

#[test]
fn a_renewed_certificate_serves_new_connections() {
    let server = server();
    server.present(Certificate::Expired).unwrap();
    assert!(ask(&agent(&server), &server, "secret").is_err());
    server.present(Certificate::Valid).unwrap();
    assert!(ask(&agent(&server), &server, "secret").is_ok());
}
