//! The queue as it is, on any host.

use crate::operation::{Answer, OPTIONS, Operation, Seen, Tally, id, payload};
use alert::{AlertId, Disposition};
use host::{At, Dir, File, Host, Names};
use spool::audit::audit;
use spool::cap::CapPass;
use spool::{Always, Claim, Claimed, EntryName, Incoming, Publisher, Spool, Stamp, Worker, cap};

const SPOOL: &str = "s";
const AWAY: &str = "away";
/// Later than any name that a publisher gives out.
const COPY_MILLIS: u64 = 9_999_999_999_999;

/// Carries the operations out, and says what is to be seen.
pub(crate) fn carry_out(host: &dyn Host, operations: &[Operation]) -> Vec<Seen> {
    let root = host.root();
    host.mkdir(At::new(root, AWAY)).expect("the root is empty");
    let spool = Spool::init(host, At::new(root, SPOOL), OPTIONS).expect("a spool");
    let mut outsider = Outsider {
        host,
        away: Vec::new(),
        copies: 0,
    };
    let mut seen = Vec::new();
    let mut left = operations;
    let mut alerts = 0;
    loop {
        // A crash ends this block: what was open is closed, and nothing is finished.
        let publisher = Publisher::open(&spool).expect("the lock is free");
        if !seen.is_empty() || left.len() < operations.len() {
            let recovery = publisher.recovery();
            let answer = Answer::Recovered(recovery.buckets, recovery.entries);
            seen.push((answer, tally(&spool)));
        }
        let worker = Worker::open(&spool, "w1").expect("the name is free");
        let mut queue = Queue {
            spool: &spool,
            publisher,
            worker,
            claim: None,
            alerts,
        };
        let end = left.iter().position(|&next| next == Operation::Crash);
        for &operation in &left[..end.unwrap_or(left.len())] {
            let answer = match queue.act(operation) {
                Some(answer) => answer,
                None => Answer::Outsider(outsider.act(operation)),
            };
            seen.push((answer, tally(&spool)));
        }
        alerts = queue.alerts;
        match end {
            Some(end) => left = &left[end + 1..],
            None => return seen,
        }
    }
}

struct Queue<'h> {
    spool: &'h Spool<'h>,
    publisher: Publisher<'h>,
    worker: Worker<'h>,
    claim: Option<Claim>,
    alerts: u32,
}

impl Queue<'_> {
    /// `None` if the operation is an outsider's.
    fn act(&mut self, operation: Operation) -> Option<Answer> {
        Some(match operation {
            Operation::Publish { again, fresh } => self.publish(again, fresh),
            Operation::Claim => Answer::Claimed(self.claim()),
            Operation::Complete => {
                let claim = self.claim.take();
                Answer::Completed(claim.map(|claim| {
                    let worker = &mut self.worker;
                    worker
                        .complete(claim, &mut Always(Disposition::Review))
                        .expect("completes")
                }))
            }
            Operation::Release => {
                let claim = self.claim.take();
                let had = claim.is_some();
                if let Some(claim) = claim {
                    self.worker.release(claim).expect("releases");
                }
                Answer::Released(had)
            }
            Operation::Cap => moved(cap::enforce(self.spool).expect("a pass")),
            Operation::Readmit => moved(cap::readmit(self.spool).expect("a pass")),
            _ => return None,
        })
    }

    fn publish(&mut self, again: u32, fresh: u32) -> Answer {
        let numbers = self.alerts.saturating_sub(again)..self.alerts + fresh;
        self.alerts += fresh;
        let payloads: Vec<_> = numbers.clone().map(payload).collect();
        let batch: Vec<_> = numbers
            .zip(&payloads)
            .map(|(number, payload)| Incoming {
                id: id(number),
                payload,
                document: None,
                time: None,
            })
            .collect();
        let done = self.publisher.publish(&batch).expect("publishes");
        Answer::Published(done.published, done.duplicates, done.buckets)
    }

    fn claim(&mut self) -> Option<u64> {
        if self.claim.is_some() {
            return None;
        }
        match self.worker.claim().expect("claims") {
            Claimed::Nothing => None,
            Claimed::Buckets(claim) => Some(self.claim.insert(claim).entries()),
        }
    }
}

fn moved(pass: CapPass) -> Answer {
    assert_eq!((pass.vanished_buckets, pass.held_buckets), (0, 0));
    Answer::Moved(
        pass.pending_before,
        pass.pending_after,
        pass.moved_buckets,
        pass.moved,
    )
}

fn tally(spool: &Spool<'_>) -> Tally {
    let audit = audit(spool).expect("an audit");
    assert!(audit.case_missing.is_empty(), "{audit}");
    assert!(audit.case_unrecorded.is_empty(), "{audit}");
    assert_eq!(audit.strays, 0, "{audit}");
    Tally {
        published: audit.published,
        pending: audit.pending,
        claimed: audit.claimed,
        overflow: audit.overflow,
        quarantined: audit.quarantined,
        cased: audit.cased,
        vanished: audit.vanished,
        doubled: audit.doubled,
    }
}

/// Another program, which knows nothing of the queue.
struct Outsider<'h> {
    host: &'h dyn Host,
    /// Bucket and entry of what it moved away.
    away: Vec<(Vec<u8>, Vec<u8>)>,
    copies: u32,
}

impl Outsider<'_> {
    fn act(&mut self, operation: Operation) -> bool {
        match operation {
            Operation::Remove(pick) => self.waiting(pick).is_some_and(|(place, bucket, entry)| {
                let path = join(&[SPOOL.as_bytes(), place.as_bytes(), &bucket, &entry]);
                self.host.unlink(self.at(&path)).expect("it was just there");
                true
            }),
            Operation::MoveAway(pick) => {
                self.waiting(pick).is_some_and(|(place, bucket, entry)| {
                    let path = join(&[SPOOL.as_bytes(), place.as_bytes(), &bucket, &entry]);
                    let to = self.away_path(self.away.len());
                    let moved = self.host.rename_noreplace(self.at(&path), self.at(&to));
                    moved.expect("it was just there");
                    self.away.push((bucket, entry));
                    true
                })
            }
            Operation::PutBack => self.put_back(),
            Operation::CopyBack(pick) => self.copy_back(pick),
            _ => panic!("{operation:?} is none of an outsider's"),
        }
    }

    fn at<'a>(&self, path: &'a [u8]) -> At<'a> {
        At::new(self.host.root(), path)
    }

    fn away_path(&self, number: usize) -> Vec<u8> {
        join(&[AWAY.as_bytes(), number.to_string().as_bytes()])
    }

    /// The entry at the place `pick` of all that wait: pending first, then parked, oldest first.
    fn waiting(&self, pick: u32) -> Option<(&'static str, Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        for place in ["pending", "overflow"] {
            let below = join(&[SPOOL.as_bytes(), place.as_bytes()]);
            for bucket in self.list(&below) {
                for entry in self.list(&join(&[&below, &bucket])) {
                    all.push((place, bucket.clone(), entry));
                }
            }
        }
        let at = pick.checked_rem(all.len() as u32)?;
        Some(all.swap_remove(at as usize))
    }

    fn put_back(&mut self) -> bool {
        let Some((bucket, entry)) = self.away.pop() else {
            return false;
        };
        let from = self.away_path(self.away.len());
        let is_back = ["pending", "overflow"].iter().any(|place| {
            let path = join(&[SPOOL.as_bytes(), place.as_bytes(), &bucket, &entry]);
            let moved = self.host.rename_noreplace(self.at(&from), self.at(&path));
            moved.is_ok()
        });
        if !is_back {
            self.host
                .unlink(self.at(&from))
                .expect("nobody else has it");
        }
        is_back
    }

    fn copy_back(&mut self, pick: u32) -> bool {
        let mut cased = self.cases();
        cased.sort();
        let Some(at) = pick.checked_rem(cased.len() as u32) else {
            return false;
        };
        let (id, case) = cased.swap_remove(at as usize);
        let pending = join(&[SPOOL.as_bytes(), b"pending"]);
        let Some(bucket) = self.list(&pending).into_iter().next() else {
            return false;
        };
        let into = join(&[&pending, &bucket]);
        let is_id = |name: &Vec<u8>| EntryName::parse(name).is_some_and(|name| name.id() == id);
        if self.list(&into).iter().any(is_id) {
            return false;
        }
        let stamp = Stamp {
            millis: COPY_MILLIS,
            sequence: self.copies,
        };
        self.copies += 1;
        let mut bytes = Vec::new();
        let file = File::open_read(self.host, self.at(&join(&[&case, b"alert.json"])));
        let file = file.expect("the case has its alert");
        file.read_to(0, &mut bytes, usize::MAX).expect("is read");
        let path = join(&[&into, EntryName::new(stamp, id).as_ref()]);
        let copy = File::create_new(self.host, self.at(&path)).expect("the name is new");
        copy.append(&bytes).expect("is written");
        true
    }

    /// Every case: the alert's id and the path.
    fn cases(&self) -> Vec<(AlertId, Vec<u8>)> {
        let (mut found, mut waiting) = (Vec::new(), vec![join(&[SPOOL.as_bytes(), b"cases"])]);
        while let Some(path) = waiting.pop() {
            for name in self.list(&path) {
                let below = join(&[&path, &name]);
                match AlertId::from_hex(&name) {
                    Some(id) => found.push((id, below)),
                    None => waiting.push(below),
                }
            }
        }
        found
    }

    fn list(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let dir = Dir::open(self.host, self.at(path)).expect("a directory of the spool");
        let (mut names, mut found) = (Names::default(), Vec::new());
        while dir.read(&mut names).expect("is listed") {
            found.extend(names.iter().map(|entry| entry.name.to_vec()));
        }
        found.sort();
        found
    }
}

fn join(names: &[&[u8]]) -> Vec<u8> {
    names.join(&b'/')
}
