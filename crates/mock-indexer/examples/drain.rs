//! Walks a backlog to its end, in process and over HTTPS, and prints how fast that was.
//!
//! `cargo run --release -p mock-indexer --example drain -- 1100000 1000` walks 1,100,000 alerts in pages of 1,000.

#![expect(
    clippy::disallowed_methods,
    reason = "a measurement reads the machine's clock and memory"
)]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use mock_indexer::{Core, Options, Population, Recipe, Request, Server, basic_authorization};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const T0: i64 = 1_762_905_600_000;
const DAY: i64 = 86_400_000;
const PATH: &str = "/wazuh-alerts-4.x-*/_search";

/// What asks for a page: a body in, a body out.
type Ask<'a> = Box<dyn FnMut(&str) -> Result<Vec<u8>, Box<dyn Error>> + 'a>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let alerts: u32 = arguments
        .next()
        .map_or(Ok(1_100_000), |text| text.parse())?;
    let size: u32 = arguments.next().map_or(Ok(1_000), |text| text.parse())?;

    let before_kib = resident_kib()?;
    let start = Instant::now();
    let population = Arc::new(Population::new(Recipe::steady(1, alerts, T0..T0 + 6 * DAY)));
    let built = start.elapsed();
    let mib = (resident_kib()? - before_kib) as f64 / 1024.0;
    println!(
        "{} documents in {built:.2?}, {mib:.1} MiB",
        population.len()
    );

    let now_ms = T0 + 7 * DAY;
    let authorization = basic_authorization("poller", "secret");
    let options = Options::healthy("poller", "secret");
    let mut core = Core::new(Arc::clone(&population), options.clone());
    let ask: Ask<'_> = Box::new(|body| {
        let request = Request {
            method: "POST",
            path: PATH,
            query: "",
            authorization: Some(&authorization),
            body: body.as_bytes(),
        };
        Ok(core.answer(now_ms, &request).body)
    });
    walk("in process", alerts, size, ask)?;

    let server = Server::start(Core::new(population, options), move || now_ms)?;
    let authority = Certificate::from_pem(server.ca_pem().as_bytes())?;
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[authority]));
    let agent: Agent = Agent::config_builder()
        .tls_config(tls.build())
        .build()
        .into();
    let url = format!("{}{PATH}", server.url());
    let ask: Ask<'_> = Box::new(|body| {
        let request = agent.post(&url).header("Authorization", &authorization);
        let mut answer = request.content_type("application/json").send(body)?;
        let limit = 1 << 30;
        Ok(answer.body_mut().with_config().limit(limit).read_to_vec()?)
    });
    walk("over https", alerts, size, ask)
}

/// Walks the whole backlog, and prints the rate. Errs if it does not get every alert.
fn walk(name: &str, alerts: u32, size: u32, mut ask: Ask<'_>) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let (mut hits, mut bytes, mut after) = (0_u32, 0, String::new());
    loop {
        let page = ask(&format!(
            r#"{{"size":{size},"track_total_hits":true,{after}"sort":["timestamp","_id"]}}"#
        ))?;
        bytes += page.len();
        // Parsing the pages would measure the parser: the last hit's sort key is their end.
        let text = std::str::from_utf8(&page)?;
        let Some((_, key)) = text.rsplit_once("\"sort\":") else {
            break;
        };
        after = format!("\"search_after\":{},", &key[..key.len() - "}]}}".len()]);
        hits += u32::try_from(text.matches("\"_score\":null").count())?;
    }
    if hits != alerts {
        return Err(format!("{hits} hits of {alerts}").into());
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = f64::from(hits) / seconds;
    let mb = bytes as f64 / 1e6;
    println!("{name}: {hits} hits, {mb:.0} MB in {seconds:.2} s: {rate:.0} alerts/s");
    Ok(())
}

/// The memory that is resident, from the kernel's own count.
fn resident_kib() -> Result<i64, Box<dyn Error>> {
    let pages = String::from_utf8(std::fs::read("/proc/self/statm")?)?;
    let resident = pages
        .split(' ')
        .nth(1)
        .ok_or("statm has no resident size")?;
    Ok(resident.parse::<i64>()? * 4)
}
