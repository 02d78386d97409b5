//! The same on the real disk and over real HTTPS, with connections that break.

use crate::intake::{starter, take_in};
use host::Millis;
use indexer::{Https, HttpsOptions};
use mock_indexer::{Core, Mishap, Options, Population, Recipe, Sabotage, Server, When};
use os::OsHost;
use std::sync::Arc;

const T0: i64 = 1_774_483_200_000;
const DAY: i64 = 86_400_000;

#[test]
fn a_backlog_over_https_ends_in_cases_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "poller:secret\n").unwrap();
    let host = OsHost::new(dir.path()).unwrap();
    let population = Arc::new(Population::new(Recipe::steady(9, 5_000, T0..T0 + DAY)));
    let core = Core::new(
        Arc::clone(&population),
        Options::healthy("poller", "secret"),
    );
    let server = Server::start(core, || T0 + 2 * DAY).unwrap();
    // One connection is cut in the middle of a body: within a step, the client tries once more.
    server.add_mishap(Mishap {
        sabotage: Sabotage::ResetMidBody,
        when: When::Requests(4..5),
    });
    let mut options = HttpsOptions::new(server.url());
    options.ca_pem = Some(server.ca_pem().as_bytes().to_vec());
    let transport = Https::new(options).unwrap();
    let taken = take_in(
        &host,
        &transport,
        &starter(),
        Millis(T0),
        Millis(T0 + 2 * DAY),
        1,
    );
    taken.assert_all_once(&population);
    assert_eq!(taken.failures(), Vec::<&str>::new());
}
