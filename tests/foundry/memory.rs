//! What a pass takes of memory does not depend on how much waits (contract S16).
//!
//! Ten thousand alerts are compared with a hundred thousand; `MEMORY_DEPTH=1000000` compares with a million, which takes some
//! minutes and about 4 GB where the files are made: in memory where the machine has such a place, and `MEMORY_DIR` names
//! another. A page cache is nobody's memory, so that the figures are the same on either.

use crate::scene::Scene;
use alert::AlertId;
use host::{At, Host, Millis};
use os::OsHost;
use spool::{Incoming, Publisher, Spool, SpoolOptions};
use std::path::PathBuf;

/// What a place in `/dev/shm` spares: on a disk that discards online, removing the files takes minutes.
fn place() -> PathBuf {
    let in_memory = PathBuf::from("/dev/shm");
    match std::env::var_os("MEMORY_DIR") {
        Some(dir) => dir.into(),
        None if in_memory.is_dir() => in_memory,
        None => std::env::temp_dir(),
    }
}

/// Publishes alerts `from` to `to`, as the pipeline does.
fn publish(scene: &Scene, from: u32, to: u32) {
    let host = OsHost::new(&scene.path("")).unwrap();
    let at = At::new(host.root(), "spool");
    let spool = Spool::open(&host, at, SpoolOptions::default()).unwrap();
    let mut publisher = Publisher::open(&spool).unwrap();
    const BATCH: u32 = 1_000;
    for first in (from..to).step_by(BATCH as usize) {
        let payloads: Vec<String> = (first..to.min(first + BATCH)).map(payload).collect();
        let batch: Vec<_> = payloads
            .iter()
            .map(|payload| Incoming {
                id: AlertId::of_alert(payload.as_bytes()),
                payload: payload.as_bytes(),
                document: None,
                // A minute apart: the indexer would be asked for each bucket in a range of its own.
                time: Some(Millis(1_775_000_000_000 + i64::from(first) * 60_000)),
            })
            .collect();
        publisher.publish(&batch).unwrap();
    }
}

fn payload(number: u32) -> String {
    format!(
        r#"{{"timestamp":"2026-03-26T00:00:00.000+0000","id":"{number}","agent":{{"name":"a"}},"rule":{{"id":"550","level":3}}}}"#
    )
}

/// The peak of two passes over so many alerts that wait: the first finds all of it new, the second knows it.
fn peaks(waiting: u32) -> [u64; 2] {
    let scene = Scene::home_in(&place());
    publish(&scene, 0, waiting);
    [1, 2].map(|pass| {
        // Something is published, so that the publisher reads back what it remembers.
        scene.write(
            &format!("spool/inbox/{pass}.json"),
            &payload(u32::MAX - pass),
        );
        let file = scene.path("peak");
        let variables = [("PEAK_KIB_FILE", file.to_str().unwrap())];
        // A pass that has one second for the work on claims leaves most of it waiting.
        let line = "run --config foundry.toml --set run.pass_max=1s --set run.workers=2";
        scene.foundry_with(line, &variables).expect(0);
        let queue = &scene.json("spool/heartbeat.json")["queue"];
        let left = queue["pending"].as_u64().unwrap() + queue["overflow"].as_u64().unwrap();
        println!(
            "pass {pass} over {waiting}: {left} left, {} KiB",
            scene.read("peak")
        );
        scene.read("peak").parse().unwrap()
    })
}

#[test]
fn a_pass_takes_no_more_memory_for_more_that_waits() {
    let depth = std::env::var("MEMORY_DEPTH").map_or(100_000, |text| text.parse().unwrap());
    let (few, many) = (peaks(10_000), peaks(depth));
    println!("10,000: {few:?} KiB, {depth}: {many:?} KiB");
    // Of both passes: a fast machine has worked off the few in the first one, and the second has nothing that waits.
    let [few, many] = [few, many].map(|peaks| peaks[0].max(peaks[1]));
    assert!(
        many * 10 <= few * 11,
        "{many} KiB at {depth}, {few} KiB at 10,000: more than a tenth more"
    );
}
