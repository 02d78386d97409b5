//! Faults below HTTP: answers that end too soon, never end, or are none.

use crate::{REQUEST, assert_class, impatient, options, send};
use indexer::{Class, Https, Transport};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A server for one connection: reads a request, and leaves the rest to `answer`. Returns its address.
fn serve(answer: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 1024];
        while !request.ends_with(b"\r\n\r\n{}") {
            let count = stream.read(&mut chunk).unwrap();
            request.extend_from_slice(&chunk[..count]);
        }
        answer(stream);
    });
    url
}

/// A server that writes `bytes` and closes the connection.
fn say(bytes: &'static str) -> String {
    serve(move |mut stream| {
        stream.write_all(bytes.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
    })
}

#[test]
fn a_body_that_ends_before_its_length_is_no_body() {
    let url = say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"took\":1");
    assert_class(send(options(url)), Class::Interrupted);
}

#[test]
fn a_truncated_chunk_is_no_body() {
    let url = say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"took\":1");
    assert_class(send(options(url)), Class::Interrupted);
    let url = say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
    assert_class(send(options(url)), Class::Interrupted);
}

#[test]
fn a_connection_that_ends_without_an_answer_is_interrupted() {
    assert_class(send(options(say(""))), Class::Interrupted);
    assert_class(send(options(say("HTTP/1.1 20"))), Class::Interrupted);
}

#[test]
fn what_is_not_http_is_refused() {
    assert_class(
        send(options(say("SSH-2.0-OpenSSH_9.9\r\n\r\n"))),
        Class::Protocol,
    );
}

#[test]
fn a_stall_after_the_headers_ends_at_the_limit() {
    let url = serve(|mut stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            .unwrap();
        thread::sleep(Duration::from_secs(5));
    });
    assert_class(send(impatient(url)), Class::Timeout);
}

#[test]
fn a_server_that_accepts_and_is_silent_ends_at_the_limit() {
    let url = serve(|_stream| thread::sleep(Duration::from_secs(5)));
    assert_class(send(impatient(url)), Class::Timeout);
}

#[test]
fn a_slow_drip_ends_at_the_limit_of_the_whole_request() {
    let url = serve(|mut stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            .unwrap();
        // Never silent for as long as the limit of one read.
        for _ in 0..100 {
            if stream.write_all(b"x").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    assert_class(send(impatient(url)), Class::Timeout);
}

#[test]
fn a_port_where_nobody_listens_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_class(send(options(url)), Class::Unreachable);
}

#[test]
fn what_is_late_says_how_far_it_had_come() {
    let url = serve(|_stream| thread::sleep(Duration::from_secs(5)));
    let error = send(impatient(url)).unwrap_err();
    assert!(
        error
            .message
            .contains("accepted the connection and did not answer"),
        "{error}"
    );
    let url = serve(|mut stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
            .unwrap();
        thread::sleep(Duration::from_secs(5));
    });
    let error = send(impatient(url)).unwrap_err();
    assert!(error.message.contains("2 bytes came"), "{error}");
    // A port that takes connections and knows no TLS.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mut options = impatient(url);
    options.connect_timeout = Duration::from_millis(300);
    let error = send(options).unwrap_err();
    assert!(
        error.message.contains("no connection, TLS included"),
        "{error}"
    );
    assert_eq!(error.class, Class::Timeout);
}

#[test]
fn an_exchange_is_cut_from_another_thread_and_nothing_is_sent_after_it() {
    let (told, accepted) = mpsc::channel();
    let url = serve(move |mut stream| {
        told.send(()).unwrap();
        // Until the client hangs up.
        stream.read_exact(&mut [0; 1]).ok();
    });
    // Its own limits are minutes.
    let https = Https::new(options(url)).unwrap();
    let cutter = https.cutter();
    let other = thread::spawn(move || {
        accepted.recv().unwrap();
        cutter.cut();
    });
    let began = Instant::now();
    let mut body = Vec::new();
    assert!(https.send(&REQUEST, &mut body).is_err());
    other.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(https.send(&REQUEST, &mut body).is_err());
}
