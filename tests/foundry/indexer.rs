//! What the indexer tells besides its alerts, and reading a range of it again.

use crate::scene::{Scene, now_ms};
use mock_indexer::{Core, Options, Population, Recipe, Server};
use std::sync::Arc;

const HOUR: i64 = 3_600_000;

/// An indexer whose clock is `ahead_ms` ahead, with 30 alerts of the two hours before that many hours ago.
fn indexer(ahead_ms: i64, hours_ago: i64) -> Server {
    let end = now_ms() + ahead_ms - hours_ago * HOUR;
    let recipe = Recipe::steady(7, 30, end - 2 * HOUR..end);
    let options = Options::healthy("reader", "s3cret");
    let core = Core::new(Arc::new(Population::new(recipe)), options);
    Server::start(core, move || now_ms() + ahead_ms).unwrap()
}

#[test]
fn a_clock_a_day_behind_the_indexers_is_told_and_holds_nothing_back() {
    let server = indexer(24 * HOUR, 1);
    let scene = Scene::home_of(&server, "s3cret");
    scene.on_home("run").expect(0);
    scene.on_home("status").expect(1).shows(&[
        "NOT healthy",
        "behind the indexer's: ours showed",
        "timedatectl",
        "newest alert",
    ]);
    let beat = scene.json("spool/heartbeat.json");
    let skew = beat["indexer"]["skew_s"].as_i64().unwrap();
    assert!((-86_400..-86_390).contains(&skew), "{skew}");
    let metric = format!("\nfoundry_indexer_clock_skew_seconds {skew}\n");
    assert!(scene.read("spool/foundry.prom").contains(&metric));
    scene.on_home("audit").expect(0).shows(&["cased 30"]);
    scene.on_home("status --set indexer.skew_max=25h").expect(0);
}

#[test]
fn an_indexer_that_has_nothing_new_for_days_is_told_with_the_likely_causes() {
    let server = indexer(0, 70);
    let scene = Scene::home_of(&server, "s3cret");
    scene.on_home("run").expect(0);
    scene.on_home("status").expect(1).shows(&[
        "the indexer has had nothing new since",
        "cluster.max_shards_per_node",
        "indexer.silence_max",
    ]);
    for limit in ["off", "0s", "80h"] {
        scene
            .on_home(&format!("status --set indexer.silence_max={limit}"))
            .expect(0);
    }
    let prom = scene.read("spool/foundry.prom");
    assert!(prom.contains("\nfoundry_indexer_newest_alert_timestamp_seconds "));
}

#[test]
fn a_backfill_reads_what_lies_before_the_start_and_a_second_one_adds_nothing() {
    let server = indexer(0, 50);
    let scene = Scene::home_of(&server, "s3cret");
    scene.on_home("run").expect(0);
    scene.on_home("audit").expect(0).shows(&["published 0"]);
    let day = |ago: i64| {
        let at = jiff::Timestamp::from_millisecond(now_ms() - ago * 24 * HOUR).unwrap();
        at.strftime("%Y-%m-%d").to_string()
    };
    let line = format!("backfill --from {} --to {}", day(4), day(1));
    scene
        .on_home(&line)
        .expect(0)
        .shows(&["read 30 alerts, of which 30 are new"]);
    let again = scene.on_home(&format!("{line} --format json")).expect(0);
    let again = again.json();
    assert_eq!((&again["read"], &again["new"]), (&30.into(), &0.into()));
    scene.on_home("run").expect(0);
    scene.on_home("audit").expect(0).shows(&["cased 30"]);
    scene
        .on_home("backfill --from 2026-03-02 --to 2026-03-01")
        .expect(64)
        .tells(&["is not later than --from"]);
}
