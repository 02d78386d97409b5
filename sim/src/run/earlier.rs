//! The lives that a home has behind it before anybody is watched: their ledger, written down at once instead of lived.
//!
//! What a life leaves that had nothing to publish and promised names all the same is a line in the publisher's segment; it is
//! carried on, or sealed when it is long, as the production writer does it. A test holds such a ledger against one that the
//! writer has written life by life.

use super::program::foundry::ROOT;
use super::watch::Watch;
use crate::kernel::{Content, Machine};
use spool::ledger::{CARRIED_BYTES_MAX, PUBLISHER, Record, sealed_path, segment_name, write_line};

/// A segment of the ledger, as it lies below `ledger/`.
pub(super) struct Segment {
    /// Its path there.
    pub(super) path: String,
    /// Its lines.
    pub(super) bytes: Vec<u8>,
}

/// The publisher's segments after so many lives, one after the other, the first of which began at `begun_ms`.
pub(super) fn segments(lives: u32, begun_ms: u64) -> impl Iterator<Item = Segment> {
    let (mut number, mut next, mut chain) = (0, 0, String::new());
    std::iter::from_fn(move || {
        if lives <= next {
            return None;
        }
        let mut bytes = Vec::new();
        let names_before = |epoch: u32| begun_ms + u64::from(epoch) * 60_000;
        let opened = Record::Opened {
            writer: PUBLISHER.to_owned(),
            number,
            continues: Some(chain.clone()).filter(|chain| !chain.is_empty()),
            epoch: Some(next),
            names_before: names_before(next),
        };
        chain = write_line(&chain, &opened, &mut bytes);
        next += 1;
        // A life carries its segment on while that is short.
        while next < lives && bytes.len() as u64 <= CARRIED_BYTES_MAX {
            let life = Record::Life {
                epoch: next,
                names_before: names_before(next),
            };
            chain = write_line(&chain, &life, &mut bytes);
            next += 1;
        }
        let path = match next < lives {
            true => sealed_path(PUBLISHER, number),
            false => segment_name(PUBLISHER, number),
        };
        number += 1;
        Some(Segment { path, bytes })
    })
}

/// Puts the ledger of so many lives onto the disk of a machine that has nothing yet.
pub(super) fn write(machine: &mut Machine, watch: &mut Watch, lives: u32, begun_ms: i64) {
    let ledger = format!("{ROOT}/ledger");
    let begun_ms = u64::try_from(begun_ms).unwrap_or_default();
    machine
        .make_dir(&ledger)
        .expect("an empty machine has room");
    for Segment { path, bytes } in segments(lives, begun_ms) {
        let path = format!("{ledger}/{path}");
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        machine.make_dir(dir).expect("an empty machine has room");
        let made = machine.make_file(
            &path,
            Content::Bytes(bytes),
            begun_ms.cast_signed() * 1_000_000,
        );
        made.expect("an empty machine has room");
    }
    watch.note_dirs(machine, &[ROOT, &ledger]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Ino;
    use crate::run::{Base, Plan, run_until};
    use crate::scenario::{Engine, builtin};
    use spool::ledger::parse_record;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    fn plan(lives: u64) -> Plan {
        let scenario = builtin("age").expect("it is built in").at(lives);
        Plan {
            scenario,
            // As many as fill a segment of each writer.
            depth: 1_000,
            engine: Engine::Spool,
            seed: 5,
            stop_when_broken: Vec::new(),
        }
    }

    fn lived(lives: u64) -> Base {
        let never = Arc::new(AtomicBool::new(false));
        let base = Base::of(&plan(lives), &never).unwrap();
        base.expect("a home with a past")
    }

    #[test]
    fn segments_follow_one_another_and_all_but_the_last_are_sealed() {
        let all: Vec<Segment> = segments(5_000, 1_000).collect();
        assert!(3 < all.len(), "{}", all.len());
        let (last, sealed) = all.split_last().expect("there are some");
        assert_eq!(last.path, format!("publish-{:06}.ndjson", sealed.len()));
        let mut epochs = 0;
        for (number, segment) in all.iter().enumerate() {
            let text = String::from_utf8(segment.bytes.clone()).unwrap();
            for line in text.lines() {
                let epoch = match parse_record(line.as_bytes()).expect("a record") {
                    Record::Opened { epoch, .. } => epoch.expect("of this version"),
                    Record::Life { epoch, .. } => epoch,
                    other => panic!("{other:?}"),
                };
                assert_eq!(epoch, epochs, "in segment {number}");
                epochs += 1;
            }
            if number < sealed.len() {
                assert_eq!(
                    segment.path,
                    format!("sealed/000000/publish-{number:06}.ndjson")
                );
                assert!(CARRIED_BYTES_MAX < segment.bytes.len() as u64);
            }
        }
        assert_eq!(epochs, 5_000);
    }

    /// The names below `ledger/`, each number a 0: where segments stand, and whose they are.
    fn kinds_of_names(base: &Base) -> Vec<String> {
        let machine =
            crate::kernel::Machine::of_image(crate::kernel::tests::options(1), &base.image);
        let fs = machine.fs();
        let mut kinds = Vec::new();
        let mut left: Vec<Ino> = vec![fs.at(format!("{ROOT}/ledger").as_bytes()).unwrap()];
        while let Some(dir) = left.pop() {
            for (name, ino) in fs.children(dir) {
                let name: String = String::from_utf8_lossy(name)
                    .chars()
                    .map(|c| if c.is_ascii_digit() { '0' } else { c })
                    .collect();
                kinds.push(name);
                if fs.node(ino) == crate::kernel::Node::Dir {
                    left.push(ino);
                }
            }
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }

    #[test]
    fn a_home_with_fabricated_lives_is_like_one_that_lived_them_all() {
        let never = Arc::new(AtomicBool::new(false));
        // All of them lived; and as many more before them that were not.
        let (all, more) = (lived(1_000), lived(4_000));
        assert_eq!(kinds_of_names(&all), kinds_of_names(&more));
        let costs = |base: &Base, lives| {
            let outcome = run_until(&plan(lives), Some(base), &never);
            assert!(
                outcome.is_clean(),
                "{:?} {:?}",
                outcome.violations,
                outcome.accidents
            );
            [outcome.idle.calls_max, outcome.idle.start_calls_max]
        };
        let (all, more) = (costs(&all, 1_000), costs(&more, 4_000));
        for (one, other) in all.into_iter().zip(more) {
            assert!(
                0 < one && one.abs_diff(other) * 20 <= one,
                "{all:?} {more:?}"
            );
        }
    }
}
