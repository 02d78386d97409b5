//! A server, and a client that trusts its authority.

use mock_indexer::{
    Core, Fault, Misfortune, Mishap, Options, Population, Recipe, Request, Response, Sabotage,
    Server, When, basic_authorization,
};
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// 2025-11-12 00:00 UTC.
pub(crate) const T0: i64 = 1_762_905_600_000;
pub(crate) const NOW: i64 = T0 + 4 * 3_600_000;
pub(crate) const SEARCH: &str = "/wazuh-alerts-4.x-*/_search";
pub(crate) const PAGE: &str =
    r#"{"size":200,"track_total_hits":true,"sort":[{"timestamp":"asc"},{"_id":"asc"}]}"#;

/// An indexer of 300 alerts.
pub(crate) fn core() -> Core {
    let population = Population::new(Recipe::steady(1, 300, T0..T0 + 3_600_000));
    Core::new(Arc::new(population), Options::healthy("poller", "secret"))
}

pub(crate) fn server() -> Server {
    Server::start(core(), || NOW).unwrap()
}

/// The next request meets `fault`.
pub(crate) fn next_meets(server: &Server, fault: Fault) {
    server.with_core(|core| {
        let next = core.tally().answered;
        let when = When::Requests(next..next + 1);
        core.add_misfortune(Misfortune { fault, when });
    });
}

/// The answer to the next request meets `sabotage`.
pub(crate) fn next_is_sabotaged(server: &Server, sabotage: Sabotage) {
    let next = server.with_core(|core| core.tally().answered);
    let when = When::Requests(next..next + 1);
    server.add_mishap(Mishap { sabotage, when });
}

/// A client that trusts the server's authority alone and waits a second for each part of an answer.
pub(crate) fn agent(server: &Server) -> Agent {
    let authority = Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[authority]));
    let second = Some(Duration::from_secs(1));
    let config = Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_recv_response(second)
        .timeout_recv_body(second);
    config.build().new_agent()
}

/// Asks for a page; its status and body.
pub(crate) fn ask(
    agent: &Agent,
    server: &Server,
    password: &str,
) -> Result<(u16, Vec<u8>), ureq::Error> {
    let mut answer = agent
        .post(format!("{}{SEARCH}", server.url()))
        .header("Authorization", basic_authorization("poller", password))
        .header("Content-Type", "application/json")
        .send(PAGE)?;
    let body = answer
        .body_mut()
        .with_config()
        .limit(8_000_000)
        .read_to_vec()?;
    Ok((answer.status().as_u16(), body))
}

/// What a core answers in process.
pub(crate) fn in_process(core: &mut Core) -> Response {
    core.answer(
        NOW,
        &Request {
            method: "POST",
            path: SEARCH,
            query: "",
            authorization: Some(&basic_authorization("poller", "secret")),
            body: PAGE.as_bytes(),
        },
    )
}
