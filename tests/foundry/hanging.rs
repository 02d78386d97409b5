//! An indexer that hangs, or is slow, at each point of an exchange: what waits in the inbox is a case meanwhile, and the service
//! stops when it is told to.

use crate::scene::{Scene, files, indexer};
use mock_indexer::{Mishap, Sabotage, When};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// What a peer does with a connection, once it has read a request. The connection stays open until the client ends it.
type Manner = fn(&mut TcpStream) -> std::io::Result<()>;

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(600);
const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n";

/// A peer on a port of this machine, until the test ends.
struct Peer {
    url: String,
    asked: Receiver<()>,
}

/// A peer that reads requests and answers them in this manner.
fn peer(scheme: &str, manner: Manner) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}", listener.local_addr().unwrap());
    let (told, asked) = mpsc::channel();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let told = told.clone();
            thread::spawn(move || {
                // A client that has gone was the point.
                let _gone = converse(&mut stream, manner, &|| told.send(()).ok());
            });
        }
    });
    Peer { url, asked }
}

fn converse(
    stream: &mut TcpStream,
    manner: Manner,
    tell: &dyn Fn() -> Option<()>,
) -> std::io::Result<()> {
    let mut chunk = [0; 4096];
    loop {
        // A request of this client is one write for its head and one for its body; the last one ends with `}`.
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        tell();
        if chunk[..count].ends_with(b"}") || chunk[0] == TLS_HANDSHAKE {
            manner(stream)?;
        }
    }
}

/// The first byte of a connection that begins with TLS.
const TLS_HANDSHAKE: u8 = 0x16;

fn silent(_: &mut TcpStream) -> std::io::Result<()> {
    thread::sleep(FOR_EVER);
    Ok(())
}

fn stops_in_its_head(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Ty")?;
    silent(stream)
}

fn stops_in_its_body(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(HEAD)?;
    stream.write_all(b"{\"took\":")?;
    silent(stream)
}

fn drips(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(HEAD)?;
    loop {
        stream.write_all(b" ")?;
        thread::sleep(Duration::from_millis(100));
    }
}

fn drips_its_head(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
    loop {
        stream.write_all(b"x")?;
        thread::sleep(Duration::from_millis(100));
    }
}

fn never_ends(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    loop {
        stream.write_all(b"1000\r\n")?;
        stream.write_all(&[b' '; 0x1000])?;
        stream.write_all(b"\r\n")?;
        thread::sleep(Duration::from_millis(1));
    }
}

fn refuses_slowly(stream: &mut TcpStream) -> std::io::Result<()> {
    thread::sleep(Duration::from_millis(400));
    stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nUnauthorized")
}

fn is_not_ready(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 503 Unavailable\r\nContent-Length: 9\r\n\r\nnot ready")
}

/// A home that asks there, with five alerts in its inbox.
fn home(url: &str) -> Scene {
    let scene = Scene::home();
    scene.write("indexer.secret", "reader:s3cret\n");
    let keys = format!("[indexer]\nurl = \"{url}\"\ncredential_file = \"indexer.secret\"\n");
    scene.edit("foundry.toml", "[indexer]\n", &keys);
    fill(&scene);
    scene
}

fn fill(scene: &Scene) {
    for number in 0..5 {
        let text = format!(r#"{{"rule":{{"level":3,"id":"{number}"}}}}"#);
        scene.write(&format!("spool/inbox/{number}.json"), &text);
    }
}

fn cases(scene: &Scene) -> usize {
    files(&scene.path("spool/cases"), "case.json").len()
}

/// One pass that has a second for the indexer: all that waits is a case, and the pass says what its indexer did.
#[track_caller]
fn check(scene: &Scene, code: i32, says: &str) {
    let report = scene
        .on_home("run --format json --set indexer.poll_max=1s")
        .expect(code)
        .json();
    let error = report["stages"][0]["error"].as_str().unwrap();
    assert!(error.contains(says), "{error}");
    assert_eq!(report["stages"][3]["out"], 5, "{report}");
    assert_eq!(cases(scene), 5);
    let heartbeat = scene.json("spool/heartbeat.json");
    assert!(heartbeat["stages"][0]["last_success"].is_null());
    assert!(!heartbeat["stages"][5]["last_success"].is_null());
}

#[test]
fn whatever_an_indexer_leaves_undone_the_inbox_becomes_cases() {
    let late = "it accepted the connection and did not answer within";
    let cut = "its answer was not whole within";
    for (scheme, manner, code, says) in [
        ("http", silent as Manner, 69, late),
        (
            "https",
            silent,
            69,
            "no connection, TLS included, came about within",
        ),
        ("http", stops_in_its_head, 69, late),
        ("http", drips_its_head, 69, late),
        ("http", stops_in_its_body, 69, cut),
        ("http", drips, 69, cut),
        ("http", never_ends, 69, cut),
        ("http", refuses_slowly, 77, "(401): Unauthorized"),
        ("http", is_not_ready, 69, "(503): not ready"),
    ] {
        check(&home(&peer(scheme, manner).url), code, says);
    }
}

#[test]
fn a_port_where_nobody_listens_does_not_hold_the_inbox() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    check(&home(&url), 69, "Connection refused");
}

#[test]
fn an_indexer_that_finishes_tls_and_never_answers_holds_the_inbox_for_less_than_half_a_minute() {
    let server = indexer(10);
    server.add_mishap(Mishap {
        sabotage: Sabotage::SlowDrip {
            bytes: 1,
            every: FOR_EVER,
        },
        when: When::Requests(0..1_000),
    });
    let scene = Scene::home_of(&server, "s3cret");
    fill(&scene);
    // With the limits that everybody has.
    let began = Instant::now();
    let ended = scene.on_home("run").expect(69);
    let took = began.elapsed();
    ended.shows(&["it accepted the connection and did not answer within"]);
    assert_eq!(cases(&scene), 5);
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn a_body_below_the_least_rate_is_given_up_before_its_time_is_over() {
    let scene = home(&peer("http", drips).url);
    let line =
        "serve --config foundry.toml --set serve.listen=127.0.0.1:0 --set indexer.poll_max=2h";
    // An attempt has five minutes, since a pass has no more than ten; the drip would go on for a day.
    let mut running = scene.start(line);
    running.wait_for("rate", |line| {
        line.contains("fewer than 1024 bytes a second")
            .then_some(())
    });
    assert_eq!(running.terminate(), 0);
}

/// The service in the middle of an exchange with this peer, told to stop: it ends well, and soon.
#[track_caller]
fn check_stop(manner: Manner) {
    let peer = peer("http", manner);
    let scene = home(&peer.url);
    let running = scene.start("serve --config foundry.toml --set serve.listen=127.0.0.1:0");
    peer.asked.recv_timeout(Duration::from_secs(30)).unwrap();
    let began = Instant::now();
    assert_eq!(running.terminate(), 0);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
    scene.on_home("audit").expect(0);
}

#[test]
fn the_service_stops_in_the_middle_of_an_exchange() {
    for manner in [
        silent as Manner,
        stops_in_its_body,
        drips,
        never_ends,
        is_not_ready,
    ] {
        check_stop(manner);
    }
}
