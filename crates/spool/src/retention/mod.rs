//! Retention: what came long ago is removed, with a durable record first.
//!
//! # What is removed, and when
//! A day of stamps is the unit: everything that was published before some midnight (UTC), and has its end. Whoever asks for
//! it sees to it that nothing older waits, and knows how all of it ended ([`Tally`]).
//!
//! 1. **Announce**: the ledger says, durably, from which stamp on things are kept, and the counts of all that came before.
//!    From here on the older entries count by that record alone, whatever else is left of them.
//! 2. **Remove**: the ledger's records are walked, oldest first and writer by writer. A record that names older entries alone
//!    is *spent*: its cases, its packs and its quarantined files are removed. A walk stops at a writer's first record that is
//!    not; that is the business of another day.
//! 3. **Drop**: when the removals of a sealed segment are durable, the ledger says where the writer's chain begins now, and
//!    the segment goes. The last two segments of a writer always stay.
//!
//! **After a crash** at any call the walk is taken up again, from its beginning if nobody knows better: to remove what is
//! gone changes nothing. A case that was made again meanwhile, because somebody read a range of the indexer anew, says of
//! itself that it is younger, and stays.

mod remove;

use crate::layout::{Context, Spool, SpoolError};
use crate::ledger::{
    self, KeptFrom, LedgerWriter, NewCase, PRUNER, Pruned, Record, Tally, read_segment,
    segment_name,
};
use host::{Lock, Names};
use remove::Remover;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file that is locked for as long as somebody removes what is old. It is never deleted.
const LOCK: &str = "PRUNE";

/// The right to remove what is old. One process at a time has it.
pub struct Pruner<'h> {
    spool: &'h Spool<'h>,
    ledger: LedgerWriter<'h>,
    pruned: Pruned,
    _lock: Lock<'h>,
}

/// How far a walk over what is old has got. The default is the beginning. A cache: without it a walk begins again.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrunePosition {
    /// What it removes came before this millisecond.
    before: u64,
    writer: String,
    segment: u32,
    /// Records of that segment that are done with.
    records: usize,
    is_done: bool,
}

/// What a walk removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Removed {
    /// Cases: directories, and lines of packs.
    pub cases: u64,
    /// Quarantined files.
    pub quarantined: u64,
    /// Segments of the ledger.
    pub segments: u64,
    /// Files that somebody holds. They are tried again.
    pub held: u64,
}

impl Removed {
    /// Counts what another walk removed as well.
    pub fn add(&mut self, other: Removed) {
        self.cases += other.cases;
        self.quarantined += other.quarantined;
        self.segments += other.segments;
        self.held += other.held;
    }
}

/// What else is to happen when a case is removed, and which segments of a writer nobody needs any more.
pub trait Beside {
    /// Removes what was made of this case. Called before the case itself goes; may be called again for the same case.
    fn remove(&mut self, case: &NewCase<'_>) -> Result<(), SpoolError>;

    /// Whether every reader has read on beyond the writer's segment `number`.
    fn is_read(&self, writer: &str, number: u32) -> bool;
}

impl PrunePosition {
    /// Whether all is removed that `pruned` says.
    pub fn is_done(&self, pruned: &Pruned) -> bool {
        pruned.before == 0 || (self.is_done && self.before == pruned.before)
    }
}

impl<'h> Pruner<'h> {
    /// Takes the lock, and reads what was announced last. Changes nothing else.
    ///
    /// Errs with [`SpoolError::Held`] while another process removes.
    pub fn open(spool: &'h Spool<'h>) -> Result<Self, SpoolError> {
        let lock = spool.lock(LOCK)?;
        let mut names = Names::default();
        let ledger = LedgerWriter::open(spool.host, &spool.ledger, PRUNER, None, &mut names)?;
        Ok(Pruner {
            spool,
            ledger,
            pruned: ledger::pruned(spool)?,
            _lock: lock,
        })
    }

    /// What was announced last.
    pub fn pruned(&self) -> &Pruned {
        &self.pruned
    }

    /// Announces that what was published before `before` goes, and that `gone` is all that ever was. Durable when it returns.
    ///
    /// Every entry with an earlier stamp has its end, and `gone` counts it. What was announced before stays so: an earlier
    /// `before` changes nothing.
    pub fn announce(&mut self, before: u64, gone: Tally) -> Result<(), SpoolError> {
        if before <= self.pruned.before {
            return Ok(());
        }
        (self.pruned.before, self.pruned.gone) = (before, gone);
        self.write_down()
    }

    fn write_down(&mut self) -> Result<(), SpoolError> {
        self.pruned.at = self.spool.host.now().0;
        self.ledger.append(&Record::Pruned(self.pruned.clone()))?;
        self.ledger.sync()
    }

    /// Goes on with removing what was announced, from `position` on, and ends after about `most` cases and quarantined files:
    /// a record is never left half done.
    ///
    /// `position` is moved as far as the removals are durable. Errs with [`SpoolError::BrokenLedger`] where a line does not fit.
    pub fn remove(
        &mut self,
        position: &mut PrunePosition,
        most: u64,
        beside: &mut dyn Beside,
    ) -> Result<Removed, SpoolError> {
        if position.before != self.pruned.before {
            *position = PrunePosition {
                before: self.pruned.before,
                ..PrunePosition::default()
            };
        }
        let mut done = Removed::default();
        let mut at = position.clone();
        let mut remover = Remover::new(self.spool, self.pruned.before)?;
        let mut spent = Vec::new();
        let mut is_cut_short = false;
        for (writer, numbers) in self.segments()? {
            if writer < at.writer {
                continue;
            }
            if writer != at.writer {
                (at.segment, at.records) = (0, 0);
                at.writer.clone_from(&writer);
            }
            for (number, is_droppable) in numbers {
                if number < at.segment {
                    continue;
                }
                if number != at.segment {
                    (at.segment, at.records) = (number, 0);
                }
                let left = most.saturating_sub(done.cases + done.quarantined);
                let walked = self.walk(&mut at, left, &mut remover, beside)?;
                done.add(walked.removed);
                is_cut_short |= walked.is_cut_short;
                match walked.end {
                    Some(chain) if is_droppable && beside.is_read(&writer, number) => {
                        spent.push((writer.clone(), number, chain));
                    }
                    Some(_) => {}
                    None => break,
                }
            }
            if is_cut_short {
                break;
            }
        }
        remover.finish()?;
        if done != Removed::default() || !spent.is_empty() {
            // No segment may go before what it names, whatever the power does (contract S12).
            self.spool.group_commit()?;
        }
        done.segments = self.drop_segments(spent)?;
        at.is_done = !is_cut_short && done.held == 0;
        if 0 < done.held {
            // From the beginning, once they are free.
            at = PrunePosition::default();
        }
        *position = at;
        Ok(done)
    }

    /// Each writer's segments, and whether each may be removed as a file: it is sealed, and none of the last two. A power loss
    /// may have left the last one without a line, and then its predecessor tells where the chain goes on.
    fn segments(&self) -> Result<BTreeMap<String, Vec<(u32, bool)>>, SpoolError> {
        let (ledger, mut names) = (&self.spool.ledger, Names::default());
        let actives = ledger::actives(ledger, &mut names)?;
        let mut found: BTreeMap<String, Vec<(u32, bool)>> = BTreeMap::new();
        for one in ledger::segments(ledger, &mut names)? {
            let is_sealed = !actives.contains(&one);
            let (writer, number) = one;
            found.entry(writer).or_default().push((number, is_sealed));
        }
        for numbers in found.values_mut() {
            for (_, is_droppable) in numbers.iter_mut().rev().take(2) {
                *is_droppable = false;
            }
        }
        Ok(found)
    }

    /// Removes what the spent records of a segment name, from `at` on.
    fn walk(
        &self,
        at: &mut PrunePosition,
        most: u64,
        remover: &mut Remover<'_, '_>,
        beside: &mut dyn Beside,
    ) -> Result<Walked, SpoolError> {
        let name = segment_name(&at.writer, at.segment);
        let (host, ledger) = (self.spool.host, &self.spool.ledger);
        let mut records = Vec::new();
        let end = read_segment(host, ledger, &name, None, |record| records.push(record))?;
        let mut walked = Walked::default();
        for record in records.iter().skip(at.records) {
            if !is_spent(record, &self.pruned) {
                return Ok(walked);
            }
            if most <= walked.removed.cases + walked.removed.quarantined {
                walked.is_cut_short = true;
                return Ok(walked);
            }
            let removed = remover.remove_of(record, beside)?;
            walked.removed.add(removed);
            at.records += 1;
        }
        walked.end = end.filter(|_| walked.removed.held == 0);
        Ok(walked)
    }

    /// Drops segments whose removals are durable. Says how many.
    fn drop_segments(&mut self, spent: Vec<(String, u32, String)>) -> Result<u64, SpoolError> {
        if spent.is_empty() {
            return Ok(0);
        }
        for (writer, number, chain) in &spent {
            self.pruned
                .kept_from
                .retain(|kept| kept.writer != *writer || *number < kept.number);
            if self.pruned.kept_from(writer).is_none() {
                self.pruned.kept_from.push(KeptFrom {
                    writer: writer.clone(),
                    number: number + 1,
                    chain: chain.clone(),
                });
            }
        }
        self.write_down()?;
        for (writer, number, _) in &spent {
            ledger::remove_sealed(&self.spool.ledger, writer, *number)?;
        }
        let synced = self.spool.host.sync_dir(self.spool.ledger.id());
        synced.context("make durable", "ledger")?;
        Ok(spent.len() as u64)
    }
}

/// How a walk through one segment went.
#[derive(Default)]
struct Walked {
    removed: Removed,
    /// The chain at its end, if every record of it is spent and nothing it names is left.
    end: Option<String>,
    is_cut_short: bool,
}

/// Whether a record names older entries alone.
fn is_spent(record: &Record, pruned: &Pruned) -> bool {
    match record {
        Record::Opened { .. }
        | Record::Life { .. }
        | Record::Repeated { .. }
        | Record::Pruned(_) => true,
        Record::Published { entries, .. } => entries.iter().all(|one| pruned.covers(*one)),
        Record::Completed {
            cased,
            quarantined,
            duplicates,
            vanished,
            ..
        } => {
            let set_aside = quarantined.iter().map(|bad| &bad.entry);
            let mut all = cased
                .iter()
                .chain(set_aside)
                .chain(duplicates)
                .chain(vanished);
            all.all(|one| pruned.covers(*one))
        }
    }
}
