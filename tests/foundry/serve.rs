//! The service: probes while it runs, and an end that waits for the pass.

use crate::scene::{Running, Scene, indexer};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

const LINE: &str =
    "serve --config foundry.toml --set serve.listen=127.0.0.1:0 --set serve.every=1s";

/// More than a pass takes in within a second.
const FILES: u64 = 20_000;

/// Where it listens, as it says itself.
fn address(running: &mut Running) -> SocketAddr {
    running.wait_for("address", |line| {
        let line: Value = serde_json::from_str(line).ok()?;
        line["address"].as_str()?.parse().ok()
    })
}

/// Status and body of one answer.
fn ask(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(stream, "{request} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status, body)
}

#[test]
fn probes_see_the_last_pass_and_sigterm_ends_it_well() {
    let server = indexer(200);
    let scene = Scene::home_of(&server, "s3cret");
    let mut running = scene.start(LINE);
    let at = address(&mut running);
    let mut health = ask(at, "GET /healthz");
    for _ in 0..200 {
        if health.0 == 200 {
            break;
        }
        assert_eq!(health.0, 503, "{}", health.1);
        std::thread::sleep(Duration::from_millis(100));
        health = ask(at, "GET /healthz");
    }
    assert_eq!(health.0, 200, "{}\n{}", health.1, running.log());
    assert!(health.1.contains("\"healthy\":true"), "{}", health.1);
    let (status, metrics) = ask(at, "GET /metrics");
    assert_eq!(status, 200);
    assert!(
        metrics.contains("foundry_alerts_total{disposition=\"escalated\"} 1"),
        "{metrics}"
    );
    assert_eq!(ask(at, "GET /").0, 404);
    assert_eq!(ask(at, "POST /metrics").0, 405);
    assert_eq!(running.terminate(), 0);
    scene.on_home("audit").expect(0).shows(&["cased 200"]);
}

#[test]
fn a_failed_pass_is_unhealthy_and_the_next_one_is_tried() {
    let server = indexer(20);
    let scene = Scene::home_of(&server, "wrong");
    let mut running = scene.start(LINE);
    let at = address(&mut running);
    running.wait_for("failure", |line| {
        line.contains("a stage failed").then_some(())
    });
    std::thread::sleep(Duration::from_millis(500));
    let (status, body) = ask(at, "GET /healthz");
    assert_eq!(status, 503);
    assert!(body.contains("poll failed"), "{body}");
    // The first pass was refused; a later one keeps the pause.
    running.wait_for("pause", |line| {
        line.contains("no request before").then_some(())
    });
    assert!(
        running.log().contains("\"stage\":\"poll\""),
        "{}",
        running.log()
    );
    assert_eq!(running.terminate(), 0);
}

#[test]
fn a_second_signal_ends_it_at_once_and_loses_nothing() {
    let scene = Scene::home();
    // To take them in takes seconds, and the first signal does not cut that.
    for number in 0..FILES {
        let alert = format!(r#"{{"rule":{{"level":3,"id":"{number}"}}}}"#);
        scene.write(&format!("spool/inbox/{number}.json"), &alert);
    }
    let mut running = scene.start(LINE);
    address(&mut running);
    running.signal("INT");
    running.wait_for("a word", |line| {
        line.contains("the running pass ends first").then_some(())
    });
    running.signal("TERM");
    assert_eq!(running.wait(), 75);
    let left = fs::read_dir(scene.path("spool/inbox")).unwrap().count();
    let audit = scene.on_home("audit --format json").expect(0).json();
    let places = ["pending", "claimed", "overflow", "quarantined", "cased"];
    let kept: u64 = places
        .iter()
        .map(|place| audit[place].as_u64().unwrap())
        .sum();
    assert_eq!(left as u64 + kept, FILES, "{audit}");
}

#[test]
fn systemd_hears_of_start_watchdog_and_end() {
    let scene = Scene::home();
    let socket = UnixDatagram::bind(scene.path("notify")).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let path = scene.path("notify");
    let variables = [
        ("NOTIFY_SOCKET", path.to_str().unwrap()),
        ("WATCHDOG_USEC", "400000"),
    ];
    let running = scene.start_with(LINE, &variables);
    let mut heard = String::new();
    let mut hear_until = |word: &str| {
        let mut bytes = [0; 4096];
        let until = Instant::now() + Duration::from_secs(20);
        while !heard.contains(word) {
            // The watchdog is fed all the time: silence is not the only way to miss a word.
            assert!(Instant::now() < until, "no {word}: {heard}");
            let len = socket
                .recv(&mut bytes)
                .unwrap_or_else(|e| panic!("{e} before {word}: {heard}"));
            heard.push_str(std::str::from_utf8(&bytes[..len]).unwrap());
        }
    };
    hear_until("READY=1");
    hear_until("STATUS=last pass ok");
    hear_until("WATCHDOG=1");
    assert_eq!(running.terminate(), 0);
    hear_until("STOPPING=1");
    hear_until("EXTEND_TIMEOUT_USEC=");
}
