//! A home that was begun when alerts were known by their documents keeps its cases.

use super::{BOTH, HOUR, INDEX, MINUTE, Renaming, SECOND, T0, World, check, hits};
use alert::AlertId;
use host::{Dir, Millis, Names};
use indexer::{Config, Hit, Poller, Profile, SecretFile};
use spool::{Incoming, Publisher};
use std::collections::BTreeSet;
use std::rc::Rc;
use tests::InProcess;
use xxhash_rust::xxh3::xxh3_64;

const STATE: &str = "indexer.state";

impl World<'_> {
    /// Makes the home as it was before: reads all that there is and publishes it under the identities of the documents.
    fn begin_formerly(&self) {
        let spool = self.spool();
        let state = Dir::open_or_make(self.host, spool.root().at("state")).unwrap();
        let transport = Renaming(InProcess {
            host: self.host,
            core: Rc::clone(&self.core),
        });
        let secret = SecretFile::new(self.host, self.host.root(), "secret");
        let config = Config::new(Profile::wazuh4());
        let start = Millis(T0 - 60_000);
        let mut poller =
            Poller::open(self.host, state.id(), &transport, secret, config, start, 7).unwrap();
        let mut publisher = Publisher::open(&spool).unwrap();
        let mut sink = |hits: &[Hit<'_>]| {
            let batch = hits.iter().map(|hit| Incoming {
                id: hit.document,
                payload: hit.raw,
                document: None,
                time: Some(hit.time),
            });
            publisher.publish(&batch.collect::<Vec<_>>())?;
            Ok(())
        };
        while !poller.step(&mut sink).unwrap().is_caught_up {}
        drop(poller);
        let bytes = state.read_file(STATE, usize::MAX).unwrap().unwrap();
        let (bytes, _) = bytes.split_at(bytes.len() - 8);
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        let line = std::str::from_utf8(&bytes[..end]).unwrap();
        let field = format!(r#""former_until":{},"#, i64::MIN);
        assert!(line.contains(&field), "{line}");
        let mut former = line.replace(&field, "").into_bytes();
        former.extend_from_slice(&bytes[end..]);
        former.extend_from_slice(&xxh3_64(&former).to_le_bytes());
        state.replace(STATE, &former).unwrap();
    }
}

/// The identities of the documents of the first index.
fn documents() -> [AlertId; 2] {
    ["first-1", "first-2"].map(|id| AlertId::of(INDEX, id))
}

fn first(world: &World<'_>) {
    let first = hits(|index, id| !index.ends_with(SECOND) && id.starts_with("first"));
    first.iter().for_each(|hit| world.add(hit));
}

#[test]
fn what_was_pending_or_cased_under_its_documents_identity_is_known_and_found() {
    // Read again within the overlap, and by the audit, by publishers that remember and that do not.
    for seconds in [MINUTE, 20 * HOUR] {
        check(move |world| {
            first(world);
            world.begin_formerly();
            world.pass_after(seconds);
            let documents = documents();
            assert_eq!(
                world.cases().into_keys().collect::<BTreeSet<_>>(),
                documents.into()
            );
            let others = hits(|index, id| index.ends_with(SECOND) || id.starts_with("retry"));
            others.iter().for_each(|hit| world.add(hit));
            world.pass_after(seconds);
            world.assert_cases(BOTH);
            let spool = world.spool();
            for id in documents {
                assert!(spool::cases::find(&spool, id).unwrap().is_some(), "{id}");
            }
        });
    }
}

#[test]
fn what_was_removed_under_its_documents_identity_is_fetched_again_under_it() {
    check(|world| {
        first(world);
        world.begin_formerly();
        let spool = world.spool();
        let mut entries = Vec::new();
        spool::live(&spool, &mut |one| {
            if let spool::Live::Entry(entry) = one {
                entries.push(entry);
            }
        })
        .unwrap();
        let pending = Dir::open(world.host, spool.root().at("pending")).unwrap();
        let mut names = Names::default();
        pending.read(&mut names).unwrap();
        let bucket = names.iter().next().unwrap().name.to_vec();
        let path = [&bucket[..], b"/", entries[0].as_str().as_bytes()].concat();
        world.host.unlink(pending.at(&path)).unwrap();
        drop(spool);
        for _ in 0..3 {
            world.pass_after(20 * MINUTE);
        }
        let cases: BTreeSet<AlertId> = world.cases().into_keys().collect();
        assert_eq!(cases, documents().into());
    });
}
