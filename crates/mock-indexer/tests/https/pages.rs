//! Answers over HTTPS are those of the core.

use crate::client::{agent, ask, core, in_process, next_meets, server};
use mock_indexer::{Fault, Tally};

#[test]
fn a_page_over_https_is_the_page_in_process() {
    let server = server();
    let agent = agent(&server);
    let expect = in_process(&mut core());
    for _ in 0..3 {
        let (status, body) = ask(&agent, &server, "secret").unwrap();
        assert_eq!(status, 200);
        assert!(body == expect.body, "{} bytes", body.len());
    }
    let expect = Tally {
        answered: 3,
        unauthorized: 0,
        hits: 600,
    };
    assert_eq!(server.with_core(|core| core.tally()), expect);
}

#[test]
fn a_wrong_password_is_told_how_to_ask() {
    let server = server();
    let agent = agent(&server);
    let (status, body) = ask(&agent, &server, "wrong").unwrap();
    assert_eq!((status, body.as_slice()), (401, &b"Unauthorized"[..]));
    let answer = agent.get(server.url()).call().unwrap();
    let realm = answer.headers().get("www-authenticate").unwrap();
    assert_eq!(realm, "Basic realm=\"OpenSearch Security\"");
}

#[test]
fn a_redirect_has_a_place_to_go() {
    let server = server();
    next_meets(&server, Fault::Redirect("https://127.0.0.1:1/".to_owned()));
    let answer = agent(&server).get(server.url()).call().unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(
        answer.headers().get("location").unwrap(),
        "https://127.0.0.1:1/"
    );
}

#[test]
fn the_date_over_https_is_that_of_the_clock_it_was_started_with() {
    let server = server();
    let answer = agent(&server).get(server.url()).call().unwrap();
    let shown = answer.headers().get_all("date").iter();
    let shown: Vec<&str> = shown.map(|date| date.to_str().unwrap()).collect();
    assert_eq!(shown, [in_process(&mut core()).date().unwrap()]);
}
