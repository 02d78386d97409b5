//! Where the alerts come from: a mock indexer with a backlog, at the incident's pace, that ends an hour ago.

use mock_indexer::{Core, Options, Population, Recipe, Server};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Alerts an hour: the incident's backlog of 1.1 million in six days.
pub(crate) const ALERTS_AN_HOUR: u32 = 7_638;
const HOUR_MS: i64 = 3_600_000;
/// Every run has the same alerts, but for their day.
const SEED: u64 = 0x00be_ac46;
const NAME: &str = "bench";

/// An indexer that answers until it is dropped.
pub(crate) struct Source {
    pub(crate) server: Server,
    /// The time of the first alert is not before this.
    pub(crate) start_ms: i64,
}

impl Source {
    /// An indexer with so many alerts of Wazuh's full form.
    pub(crate) fn start(alerts: u32) -> Self {
        let now = now_ms();
        let span = i64::from(alerts) * HOUR_MS / i64::from(ALERTS_AN_HOUR);
        let end = now - HOUR_MS;
        let start_ms = end - span.max(1);
        let recipe = Recipe::steady(SEED, alerts, start_ms..end);
        let core = Core::new(
            Arc::new(Population::new(recipe)),
            Options::healthy(NAME, NAME),
        );
        Source {
            server: Server::start(core, now_ms).expect("a port of the loopback address"),
            start_ms,
        }
    }

    /// Writes what a client needs into its directory.
    pub(crate) fn write_credentials(&self, dir: &Path) {
        std::fs::write(dir.join("secret"), format!("{NAME}:{NAME}\n")).expect("the secret");
        std::fs::write(dir.join("ca.pem"), self.server.ca_pem()).expect("the certificate");
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.expect("a clock after 1970").as_millis();
    i64::try_from(millis).expect("a clock of this age")
}
