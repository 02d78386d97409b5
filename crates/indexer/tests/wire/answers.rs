//! Whole answers over HTTP, by `wiremock`.

use crate::{assert_class, options, send};
use indexer::{Class, Https, Transport};
use tokio::runtime::Runtime;
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A server that gives `answer` to the one request that is right.
fn server(runtime: &Runtime, answer: ResponseTemplate) -> MockServer {
    runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path("/wazuh-alerts-4.x-*/_search"))
            .and(query_param("allow_partial_search_results", "false"))
            .and(header("authorization", "Basic cmVhZGVyOm9uZQ=="))
            .and(header("content-type", "application/json"))
            .and(header("accept-encoding", "identity"))
            .and(body_string("{}"))
            .respond_with(answer)
            .mount(&server)
            .await;
        server
    })
}

#[test]
fn every_status_comes_with_its_body() {
    let runtime = Runtime::new().unwrap();
    for (status, body) in [
        (200, "{}"),
        (401, "Unauthorized"),
        (
            403,
            r#"{"error":{"type":"security_exception"},"status":403}"#,
        ),
        (
            404,
            r#"{"error":{"type":"index_not_found_exception"},"status":404}"#,
        ),
        (405, r#"{"error":"Incorrect HTTP method","status":405}"#),
        (
            429,
            r#"{"error":{"type":"circuit_breaking_exception"},"status":429}"#,
        ),
        (500, ""),
        (503, "OpenSearch Security not initialized."),
    ] {
        let server = server(
            &runtime,
            ResponseTemplate::new(status).set_body_string(body),
        );
        assert_eq!(send(options(server.uri())), Ok((status, body.to_owned())));
    }
}

#[test]
fn a_redirect_is_not_followed_and_credentials_stay_here() {
    let runtime = Runtime::new().unwrap();
    let elsewhere = server(&runtime, ResponseTemplate::new(200));
    for status in [301, 302, 307, 308] {
        let location = format!("{}/wazuh-alerts-4.x-*/_search", elsewhere.uri());
        let answer = ResponseTemplate::new(status).insert_header("location", location);
        let here = server(&runtime, answer);
        assert_eq!(send(options(here.uri())), Ok((status, String::new())));
    }
    let received = runtime.block_on(elsewhere.received_requests()).unwrap();
    assert!(received.is_empty(), "{received:?}");
}

#[test]
fn a_body_may_have_the_limit_and_not_one_byte_more() {
    let runtime = Runtime::new().unwrap();
    for (len, fits) in [(1_000, true), (1_001, false)] {
        let answer = ResponseTemplate::new(200).set_body_string("x".repeat(len));
        let server = server(&runtime, answer);
        let sent = send(options(server.uri()));
        match fits {
            true => assert_eq!(sent.unwrap().1.len(), len),
            false => assert_class(sent, Class::TooLarge),
        }
    }
}

#[test]
fn a_compressed_body_is_refused_before_it_can_grow() {
    let runtime = Runtime::new().unwrap();
    let answer = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_bytes([0x1f, 0x8b, 8, 0]);
    let server = server(&runtime, answer);
    assert_class(send(options(server.uri())), Class::Protocol);
}

#[test]
fn a_connection_serves_many_requests() {
    let runtime = Runtime::new().unwrap();
    let server = server(&runtime, ResponseTemplate::new(200).set_body_string("{}"));
    let https = Https::new(options(server.uri())).unwrap();
    let mut body = Vec::new();
    for _ in 0..50 {
        assert_eq!(https.send(&crate::REQUEST, &mut body).unwrap().status, 200);
        assert_eq!(body, b"{}");
    }
}

#[test]
fn a_date_is_read_in_all_three_forms_of_http_and_what_is_no_date_is_none() {
    let runtime = Runtime::new().unwrap();
    for (date, expected) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777_000)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777_000)),
        ("Sun Nov  6 08:49:37 1994", Some(784_111_777_000)),
        ("soon", None),
        ("", None),
    ] {
        let answer = ResponseTemplate::new(200).insert_header("date", date);
        let server = server(&runtime, answer);
        let https = Https::new(options(server.uri())).unwrap();
        let answered = https.send(&crate::REQUEST, &mut Vec::new()).unwrap();
        assert_eq!(answered.date.map(|at| at.0), expected, "{date:?}");
    }
}
