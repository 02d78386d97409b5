//! The way to the indexer, as the configuration says it.

use crate::config::Config;
use crate::error::FoundryError;
use crate::machine::{Machine, Place};
use host::{Dir, Host};
use indexer::{Cutter, Https, HttpsOptions};
use pipeline::{Intake, Secret};
use std::path::PathBuf;

/// No file of certificates is larger; the public authorities together are a quarter of it.
const CA_BYTES_MAX: usize = 1 << 20;
/// The name of systemd's credential.
const CREDENTIAL: &str = "indexer";

/// An indexer that can be asked; what a [`pipeline::Pipeline`] borrows its intake from.
pub(crate) struct Way<'h> {
    transport: Https,
    secret_dir: Option<Dir<'h>>,
    secret_name: String,
}

impl<'h> Way<'h> {
    /// The way that the configuration names; `None` if it names no indexer.
    ///
    /// Opens no connection, and does not read the secret: that is for the pass to do, and to fail at alone.
    pub(crate) fn open(
        machine: &'h Machine,
        config: &Config,
    ) -> Result<Option<Self>, FoundryError> {
        let keys = &config.values.indexer;
        let Some(url) = &keys.url.value else {
            return Ok(None);
        };
        let mut options = HttpsOptions::new(url);
        options.insecure = keys.insecure.value;
        if let Some(file) = &keys.ca_file.value {
            let pem = machine.read(&file.0, CA_BYTES_MAX);
            options.ca_pem = Some(pem.map_err(|source| FoundryError::Named {
                key: "indexer.ca_file",
                path: file.0.clone(),
                source,
            })?);
        }
        let transport = Https::new(options)?;
        let path = match (&keys.credential_file.value, credential_dir()) {
            (Some(file), _) => file.0.clone(),
            (None, Some(dir)) => dir.join(CREDENTIAL),
            (None, None) => {
                return Err(FoundryError::NoValue {
                    key: "indexer.credential_file",
                    help: "name a file of one line, `user:password`, that only this program may read; \
                           or pass it by systemd: LoadCredential=indexer:FILE",
                });
            }
        };
        // A link is resolved once. A file that is not there yet may come: its directory must be.
        let named = |source| FoundryError::Named {
            key: "indexer.credential_file",
            path: path.clone(),
            source,
        };
        let place = Place::of(&path)
            .or_else(|_| Place::wanted(&path))
            .map_err(named)?;
        let (dir, secret_name) = place.split();
        let host = machine.host();
        let secret_dir = match dir {
            Some(dir) => Some(Dir::open(host, dir.at(host)).map_err(|error| named(error.into()))?),
            None => None,
        };
        Ok(Some(Way {
            transport,
            secret_dir,
            secret_name,
        }))
    }

    /// What cuts the exchange in flight.
    pub(crate) fn cutter(&self) -> Cutter {
        self.transport.cutter()
    }

    /// The intake of a pipeline.
    pub(crate) fn intake<'a>(&'a self, machine: &'a Machine, config: &Config) -> Intake<'a> {
        let host: &dyn Host = machine.host();
        let now = host.now();
        Intake {
            transport: &self.transport,
            secret: Secret {
                host,
                dir: self.secret_dir.as_ref().map_or(host.root(), Dir::id),
                name: self.secret_name.clone(),
            },
            config: config.values.indexer_config(),
            start: config.start(now),
            seed: seed(now),
        }
    }
}

/// Where systemd puts the credentials of a service.
fn credential_dir() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Spreads the retries of several pollers that were started by one power cut.
fn seed(now: host::Millis) -> u64 {
    now.0.unsigned_abs() ^ u64::from(std::process::id()).rotate_left(32)
}
