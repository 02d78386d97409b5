//! A worker: a name, an epoch, and the directory that its claims are moved into.
//!
//! **Fencing.** All that a worker does to a claimed entry goes through the path `claimed/<worker>-<epoch>/…`. Whoever
//! declares the worker dead moves its buckets out of there, and from then on each of its calls finds nothing: a dead epoch
//! cannot complete anything (contract S4).

use crate::buckets::claims;
use crate::buckets::claims::{next_life, take_lock};
use crate::buckets::survey;
use crate::cases::packs::Books;
use crate::cases::staging::STAGING;
use crate::layout::{BucketName, Context, Shed, Spool, SpoolError, Stamp};
use crate::ledger::LedgerWriter;
use crate::recovery;
use crate::work::draft::Draft;
use host::{Class, Dir, Lock, Names};
use std::collections::BTreeSet;

/// A worker that may claim. Its claims go back to `pending` when it is dropped and its name is taken again, or when
/// the recovery of a publisher finds its lock free.
pub struct Worker<'h> {
    pub(crate) spool: &'h Spool<'h>,
    pub(crate) home_name: String,
    pub(crate) home: Dir<'h>,
    pub(crate) ledger: LedgerWriter<'h>,
    pub(crate) names: Names,
    /// The days and hours of `cases/` that are known to exist.
    pub(crate) shelves: BTreeSet<String>,
    /// Buckets given back in this pass because something in them was held: passed by until the pass is over.
    passed: BTreeSet<Stamp>,
    /// Buckets that could not be given back, because somebody held a file in them.
    pub(crate) retained: Vec<BucketName>,
    /// What it knows of the hours that are packed; `None` in a spool that has no packs and is to have none.
    pub(crate) packs: Option<Books>,
    /// The policy of its last claim's judge.
    pub(crate) policy: String,
    /// How many claims it has completed or begun to.
    pub(crate) claims: u64,
    /// Cases that hold their alert and that somebody held when they were to be placed, with their buckets.
    pub(crate) unplaced: Vec<(BucketName, Draft)>,
    _lock: Lock<'h>,
}

/// Buckets that this worker has moved into its own directory. At most [`crate::SpoolOptions::claim_buckets`] of them.
#[must_use = "a claim is completed, or stays claimed until the worker is swept"]
#[derive(Debug)]
pub struct Claim {
    pub(crate) buckets: Vec<BucketName>,
}

impl Claim {
    /// How many entries were claimed, by the buckets' names.
    pub fn entries(&self) -> u64 {
        self.buckets
            .iter()
            .map(|bucket| u64::from(bucket.count()))
            .sum()
    }
}

/// What [`Worker::claim`] found.
#[must_use]
#[derive(Debug)]
pub enum Claimed {
    /// The oldest pending buckets that nobody else took first.
    Buckets(Claim),
    /// Nothing is pending but what this pass has given back; the next call begins a new pass.
    Nothing,
}

impl<'h> Worker<'h> {
    /// Takes the worker's name, begins its next epoch, and returns the claims of its earlier ones.
    ///
    /// Errs with [`SpoolError::Held`] while a process of that name lives. Ends in a number of calls that depends on what was
    /// claimed, not on the backlog (contract L6).
    pub fn open(spool: &'h Spool<'h>, name: &str) -> Result<Self, SpoolError> {
        check_name(name)?;
        let lock = take_lock(spool, name)?;
        let mut names = Names::default();
        let mut ledger = next_life(spool, name, &mut names)?;
        // No later life of this worker may be given the same epoch.
        ledger.begin()?;
        let epoch = ledger.epoch();
        let home_name = claims::home_name(name, epoch);
        let home = Dir::open_or_make(spool.host, spool.claimed.at(&home_name))
            .context("make", &home_name)?;
        drop(Dir::open_or_make(spool.host, home.at(STAGING)).context("make", STAGING)?);
        for (worker, earlier) in claims::homes(spool, &mut names)? {
            if worker == name && earlier < epoch {
                recovery::return_claims(spool, &worker, earlier, &mut ledger)?;
            }
        }
        let (shelves, passed) = (BTreeSet::new(), BTreeSet::new());
        Ok(Worker {
            spool,
            home_name,
            home,
            ledger,
            names,
            shelves,
            passed,
            retained: Vec::new(),
            packs: Books::open(spool)?,
            policy: String::new(),
            claims: 0,
            unplaced: Vec::new(),
            _lock: lock,
        })
    }

    /// Moves the oldest pending buckets into this worker's directory.
    ///
    /// A bucket that was gone, or is held by somebody, is passed by. If the process dies, each bucket is either pending or
    /// claimed: never both, never neither. Claims need no durability: a lost one is pending again.
    ///
    /// Errs with [`SpoolError::Fenced`] if this worker was declared dead.
    pub fn claim(&mut self) -> Result<Claimed, SpoolError> {
        self.place_unplaced()?;
        // What was passed by because nothing was known of its hour can be worked off now.
        if let Some(books) = &mut self.packs
            && books.read_wanted(self.spool)?
        {
            self.passed.clear();
        }
        let wanted = self.spool.options.claim_buckets.max(1) as usize;
        loop {
            let is_passed = |first| self.passed.contains(&first);
            let oldest = survey(
                &self.spool.pending,
                &mut self.names,
                Shed::Oldest,
                wanted,
                is_passed,
            )?;
            if oldest.chosen.is_empty() {
                self.passed.clear();
                return Ok(Claimed::Nothing);
            }
            let mut buckets = Vec::with_capacity(oldest.chosen.len());
            for bucket in oldest.chosen {
                if self.take(bucket)? {
                    buckets.push(bucket);
                }
            }
            if !buckets.is_empty() {
                return Ok(Claimed::Buckets(Claim { buckets }));
            }
            // Others were faster with every one of them: look again, for nothing says that nothing is left.
        }
    }

    fn take(&mut self, bucket: BucketName) -> Result<bool, SpoolError> {
        let host = self.spool.host;
        let moved = host.rename_noreplace(self.spool.pending.at(&bucket), self.home.at(&bucket));
        let Err(error) = moved else { return Ok(true) };
        match error.class() {
            Class::Vanished => self.check_fence().map(|()| false),
            Class::Contended | Class::Poison => {
                self.pass_by(bucket);
                Ok(false)
            }
            Class::Resource | Class::Fault => Err(error).context("claim", bucket),
        }
    }

    /// Leaves the bucket alone until this pass is over.
    pub(crate) fn pass_by(&mut self, bucket: BucketName) {
        self.passed.insert(bucket.first());
    }

    /// Errs if this worker's directory is gone: the sign that it was declared dead.
    pub(crate) fn check_fence(&self) -> Result<(), SpoolError> {
        match self.spool.host.stat(self.spool.claimed.at(&self.home_name)) {
            Ok(_) => Ok(()),
            Err(error) if error.is_vanished() => Err(SpoolError::Fenced {
                worker: self.home_name.clone(),
            }),
            Err(error) => Err(error).context("look at", &self.home_name),
        }
    }
}

fn check_name(name: &str) -> Result<(), SpoolError> {
    let is_good = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    if (1..=24).contains(&name.len()) && name.bytes().all(is_good) {
        return Ok(());
    }
    Err(SpoolError::BadWorkerName {
        name: name.to_owned(),
    })
}
