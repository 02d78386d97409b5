//! What the demo plays on: a mock indexer with a backlog, and a home that knows it.

use super::planted;
use crate::command::init;
use crate::error::FoundryError;
use crate::machine::{Machine, Place};
use host::Host;
use mock_indexer::{Core, Options, Population, Recipe, Server};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The set, while the server answers.
pub(super) struct Set {
    pub(super) server: Server,
    pub(super) config: PathBuf,
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Alerts of so many days wait.
const DAYS: i64 = 6;
/// The bytes of planted alerts are kept in memory.
const PLANTED_MAX: u32 = 20_000;
/// Every demo has the same alerts, but for their day.
const SEED: u64 = 0x0066_6f75_6e64_7279;

/// Starts the indexer, and writes a home for it into `dir`.
pub(super) fn build(machine: &Machine, dir: &Path, alerts: u32) -> Result<Set, FoundryError> {
    let now = machine.host().now().0;
    let times = now - DAYS * DAY_MS..now - HOUR_MS;
    let of_policy = (alerts / 6).min(PLANTED_MAX);
    let recipe = Recipe {
        planted: planted::planted(of_policy, &times),
        ..Recipe::steady(SEED, alerts - of_policy, times)
    };
    let core = Core::new(
        Arc::new(Population::new(recipe)),
        Options::healthy("demo", "demo"),
    );
    let clock = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let server = Server::start(core, move || clock.host().now().0).map_err(FoundryError::Mock)?;
    let keys = [
        ("url", format!("\"{}\"", server.url())),
        ("ca_file", "\"root-ca.pem\"".to_owned()),
        ("credential_file", "\"indexer.secret\"".to_owned()),
        ("start", format!("\"{}h\"", 24 * DAYS + 1)),
        // As most will want it: directories are for what a person will open.
        ("packed", "[\"benign\", \"known_fp\"]".to_owned()),
        // Small, so that there are several passes to see, and something is parked and comes back.
        ("backlog_max", (alerts / 5).clamp(2_000, 50_000).to_string()),
    ];
    let text = keys
        .iter()
        .fold(init::TEMPLATE.to_owned(), |text, (key, value)| {
            text.replace(&commented(&text, key), &format!("{key} = {value}"))
        });
    let written = init::write(machine, dir, &text)?;
    write(
        machine,
        &written.config.with_file_name("root-ca.pem"),
        server.ca_pem().as_bytes(),
    )?;
    write(
        machine,
        &written.config.with_file_name("indexer.secret"),
        b"demo:demo\n",
    )?;
    Ok(Set {
        server,
        config: written.config,
    })
}

/// The template's line that shows this key.
fn commented(text: &str, key: &str) -> String {
    let begin = format!("#{key} = ");
    let line = text.lines().find(|line| line.starts_with(&begin));
    line.expect("the template shows every key").to_owned()
}

fn write(machine: &Machine, path: &Path, bytes: &[u8]) -> Result<(), FoundryError> {
    let written = Place::wanted(path).and_then(|place| machine.write_new(&place, bytes));
    written.map_err(|source| FoundryError::Make {
        path: path.to_owned(),
        source,
    })
}
