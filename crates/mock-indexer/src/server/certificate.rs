//! Certificates, made at start: nothing that is kept can expire.

use super::ServerError;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, version::TLS12};

/// Which certificate a server shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certificate {
    /// One for `127.0.0.1` and `localhost`, by the server's own authority.
    Valid,
    /// The same, but it ended in 2021.
    Expired,
    /// One for another name.
    WrongName,
    /// One by an authority of the same name and another key.
    UnknownAuthority,
}

/// An authority with the subject of the one that Wazuh's tool makes; its key is an elliptic one, because RSA takes seconds.
#[derive(Debug)]
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(super) fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        let mut subject = DistinguishedName::new();
        subject.push(DnType::OrganizationalUnitName, "Wazuh");
        subject.push(DnType::OrganizationName, "Wazuh");
        subject.push(DnType::LocalityName, "California");
        params.distinguished_name = subject;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Authority {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// What takes connections with this certificate: TLS 1.2 only, as in Wazuh's own configuration.
    pub(super) fn acceptor(&self, certificate: Certificate) -> Result<TlsAcceptor, ServerError> {
        let stranger;
        let issuer = if certificate == Certificate::UnknownAuthority {
            stranger = Authority::new().map_err(ServerError::Certificate)?;
            &stranger.issuer
        } else {
            &self.issuer
        };
        let key = KeyPair::generate().map_err(ServerError::Certificate)?;
        let signed = node(certificate).and_then(|params| params.signed_by(&key, issuer));
        let chain = vec![signed.map_err(ServerError::Certificate)?.der().clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS12])
            .map_err(ServerError::Tls)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(ServerError::Tls)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// The certificate of the node.
fn node(certificate: Certificate) -> Result<CertificateParams, rcgen::Error> {
    let names = match certificate {
        Certificate::WrongName => vec!["indexer.invalid".to_owned()],
        _ => vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
    };
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = match certificate {
        Certificate::Expired => date_time_ymd(2021, 1, 1),
        _ => date_time_ymd(2100, 1, 1),
    };
    Ok(params)
}
