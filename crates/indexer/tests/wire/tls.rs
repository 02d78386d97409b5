//! Whom the transport trusts: certificates of its own authority, for this name, now.

use crate::{assert_class, options, send};
use indexer::Class;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server for one connection, with a certificate of `authority` for `name`. Returns its address.
fn serve(
    authority: &Authority,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
    versions: &[&'static SupportedProtocolVersion],
) -> String {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_protocol_versions(versions)
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let mut request = Vec::new();
        let mut chunk = [0; 1024];
        while !request.ends_with(b"\r\n\r\n{}") {
            // A client that does not trust us says no more.
            let Ok(count @ 1..) = stream.read(&mut chunk) else {
                return;
            };
            request.extend_from_slice(&chunk[..count]);
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(answer).unwrap();
        stream.flush().unwrap();
    });
    url
}

/// Sends a request to `url` that trusts `authority` alone.
fn send_trusting(
    url: String,
    authority: &Authority,
) -> Result<(u16, String), indexer::TransportError> {
    let mut options = options(url);
    options.ca_pem = Some(authority.pem().into_bytes());
    send(options)
}

#[test]
fn a_certificate_of_our_authority_is_trusted_with_either_version() {
    let authority = authority();
    for version in [&TLS12, &TLS13] {
        let url = serve(&authority, "127.0.0.1", |_| {}, &[version]);
        assert_eq!(send_trusting(url, &authority), Ok((200, "{}".to_owned())));
    }
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let (ours, theirs) = (authority(), authority());
    let url = serve(&theirs, "127.0.0.1", |_| {}, &[&TLS12]);
    assert_class(send_trusting(url, &ours), Class::Tls);
    // Nor does a private one count among the public ones.
    let url = serve(&theirs, "127.0.0.1", |_| {}, &[&TLS12]);
    assert_class(send(options(url)), Class::Tls);
}

#[test]
fn an_expired_certificate_is_refused() {
    let authority = authority();
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    };
    let url = serve(&authority, "127.0.0.1", expired, &[&TLS12]);
    assert_class(send_trusting(url, &authority), Class::Tls);
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = authority();
    let url = serve(&authority, "other.example", |_| {}, &[&TLS12]);
    assert_class(send_trusting(url, &authority), Class::Tls);
}
