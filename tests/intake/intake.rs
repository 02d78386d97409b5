//! A poller, a publisher and a worker in a row, as straight-line code on whatever machine there is.

use alert::Disposition;
use host::{At, Dir, Host, Millis};
use indexer::{Config, Hit, PollError, Poller, Profile, SecretFile, SinkError, Transport};
use mock_indexer::Population;
use spool::audit::{Audit, audit};
use spool::{Always, Claimed, Incoming, Publisher, Spool, SpoolOptions, Worker};
use std::time::Duration;

/// What came in, and what went wrong meanwhile.
pub(crate) struct Taken {
    pub(crate) errors: Vec<PollError>,
    pub(crate) audit: Audit,
}

/// Polls from `start` until nothing before `until` can be missing, makes a case of every alert, and audits.
pub(crate) fn take_in(
    host: &dyn Host,
    transport: &dyn Transport,
    start: Millis,
    until: Millis,
) -> Taken {
    let spool = Spool::init(host, At::new(host.root(), "spool"), SpoolOptions::default()).unwrap();
    let mut publisher = Publisher::open(&spool).unwrap();
    let state = Dir::open_or_make(host, At::new(host.root(), "state")).unwrap();
    let secret = SecretFile::new(host, host.root(), "secret");
    let config = Config::new(Profile::wazuh4());
    let mut poller = Poller::open(host, state.id(), transport, secret, config, start, 7).unwrap();
    let mut errors = Vec::new();
    loop {
        match poller.step(&mut |hits| publish(&mut publisher, hits)) {
            Ok(step) if until <= step.watermark => break,
            Ok(step) if !step.is_caught_up => {}
            Ok(_) => host.sleep(Duration::from_secs(60)),
            Err(error) => {
                errors.push(error);
                host.sleep(Duration::from_secs(60));
            }
        }
    }
    drain(&spool);
    Taken {
        errors,
        audit: audit(&spool).unwrap(),
    }
}

fn publish(publisher: &mut Publisher<'_>, hits: &[Hit<'_>]) -> Result<(), SinkError> {
    let batch: Vec<Incoming<'_>> = hits
        .iter()
        .map(|hit| Incoming {
            id: hit.alert,
            payload: hit.raw,
        })
        .collect();
    publisher.publish(&batch)?;
    Ok(())
}

fn drain(spool: &Spool<'_>) {
    let mut worker = Worker::open(spool, "w1").unwrap();
    while let Claimed::Buckets(claim) = worker.claim().unwrap() {
        worker
            .complete(claim, &mut Always(Disposition::Review))
            .unwrap();
    }
}

impl Taken {
    /// Every document of the oracle has its case, once, and there is no other.
    #[track_caller]
    pub(crate) fn assert_all_once(&self, population: &Population) {
        let expected = Audit {
            published: population.len() as u64,
            cased: population.len() as u64,
            ..Audit::default()
        };
        assert_eq!(self.audit, expected, "{:?}", self.errors);
    }
}
