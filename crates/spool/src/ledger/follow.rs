//! Following the ledger: what was recorded since one looked last, without reading the rest again.

use super::reader::check_mark;
use super::segments::{self, segment_name};
use super::{Mark, PRUNER, PUBLISHER, Record, read_from};
use crate::layout::{Spool, SpoolError};
use host::Names;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far a reader of the ledger has got with each writer. The default is the beginning.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LedgerPosition {
    writers: BTreeMap<String, InSegment>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct InSegment {
    segment: u32,
    mark: Mark,
}

impl InSegment {
    /// Whether the writer's segment `number` has been read to its end: by its size, so that a writer with nothing new costs one
    /// call. Whether it is still the same segment, [`LedgerPosition::check`] says.
    fn is_all_of(&self, spool: &Spool<'_>, writer: &str, number: u32) -> bool {
        if self.segment != number || self.mark.offset == 0 {
            return false;
        }
        let name = segment_name(writer, number);
        // One that cannot be looked at, or is sealed by now, is read.
        let meta = spool.host.stat(spool.ledger.at(&name));
        meta.is_ok_and(|meta| meta.len == self.mark.offset)
    }
}

impl LedgerPosition {
    /// The chain after the last record that was read of each writer: whoever keeps these can tell later that nothing
    /// before them was changed.
    pub fn heads(&self) -> BTreeMap<String, String> {
        let chain = |at: &InSegment| at.mark.chain.clone().unwrap_or_default();
        let writers = self.writers.iter();
        writers
            .map(|(writer, at)| (writer.clone(), chain(at)))
            .collect()
    }

    /// Whether the writer's segment `number` lies before the one that was read last.
    pub fn is_past(&self, writer: &str, number: u32) -> bool {
        let at = self.writers.get(writer);
        at.is_some_and(|at| number < at.segment)
    }

    /// Errs with [`SpoolError::BrokenLedger`] unless the ledger still has, of every writer, the record that was read last.
    /// Changes nothing; costs a look at one line of each writer.
    pub fn check(&self, spool: &Spool<'_>) -> Result<(), SpoolError> {
        for (writer, at) in &self.writers {
            let name = segment_name(writer, at.segment);
            check_mark(spool.host, &spool.ledger, &name, &at.mark)?;
        }
        Ok(())
    }

    /// Errs with [`SpoolError::BrokenLedger`] unless the segments that were read last are there, however long they are. Those
    /// that `proven` is in are not looked at: [`LedgerPosition::check`] has done that.
    ///
    /// A power loss may take the end of a segment. It never takes one that has more than its first line: that is written
    /// when the segment's name is durable.
    pub fn check_segments(
        &self,
        spool: &Spool<'_>,
        proven: &LedgerPosition,
    ) -> Result<(), SpoolError> {
        for (writer, at) in self.writers.iter().filter(|(_, at)| 1 < at.mark.lines) {
            if proven
                .writers
                .get(writer)
                .is_some_and(|of| of.segment == at.segment)
            {
                continue;
            }
            let start = Mark {
                lines: at.mark.lines,
                ..Mark::default()
            };
            let name = segment_name(writer, at.segment);
            check_mark(spool.host, &spool.ledger, &name, &start)?;
        }
        Ok(())
    }

    /// What no power loss takes back once `self` was saved after `saved`: of each writer that has moved in between, what was
    /// saved; of the others what was `proven` before.
    ///
    /// The end of what was read may be doomed: a sync that failed leaves lines that can be read and that no later sync makes
    /// durable. A writer whose sync failed writes nothing more, and its next life first makes durable what it carries on.
    pub fn proven(&self, saved: &LedgerPosition, proven: &LedgerPosition) -> LedgerPosition {
        let mut after = proven.clone();
        for (writer, at) in &self.writers {
            if let Some(before) = saved.writers.get(writer).filter(|before| *before != at) {
                after.writers.insert(writer.clone(), before.clone());
            }
        }
        after
    }
}

/// Hands every record after `position` to `each`, writer by writer, and returns the position after them.
///
/// What says that older records are gone comes first, then the publisher's records; otherwise those of different writers have
/// no order. A torn last line is left for
/// later. Errs with [`SpoolError::BrokenLedger`] where a line does not fit, or where less is left than was read before: then
/// somebody took it back. A segment that is as long as it was is not opened: [`LedgerPosition::check`] looks into those. Some records may have been handed over by then. Changes nothing.
///
/// A writer whose first life begins in this very moment may be missed until next time.
pub fn follow(
    spool: &Spool<'_>,
    position: &LedgerPosition,
    each: &mut dyn FnMut(Record),
) -> Result<LedgerPosition, SpoolError> {
    let mut after = position.clone();
    let mut names = Names::default();
    let actives = segments::actives(&spool.ledger, &mut names)?;
    let known = position.writers.keys().cloned();
    let writers: BTreeSet<_> = actives.iter().map(|(writer, _)| writer.clone()).collect();
    let mut writers: Vec<_> = writers.into_iter().chain(known).collect();
    writers.sort_by_key(|writer| (writer != PRUNER, writer != PUBLISHER, writer.clone()));
    writers.dedup();
    for writer in writers {
        let mut at = after.writers.remove(&writer);
        for number in numbers_from(spool, &writer, at.as_ref(), &actives, &mut names)? {
            if at
                .as_ref()
                .is_some_and(|at| at.is_all_of(spool, &writer, number))
            {
                continue;
            }
            let mark = match at {
                Some(at) if at.segment == number => at.mark,
                Some(at) => Mark {
                    chain: at.mark.chain,
                    ..Mark::default()
                },
                None => Mark::default(),
            };
            let name = segment_name(&writer, number);
            let mark = read_from(spool.host, &spool.ledger, &name, mark, &mut *each)?;
            at = Some(InSegment {
                segment: number,
                mark,
            });
        }
        after.writers.extend(at.map(|at| (writer, at)));
    }
    Ok(after)
}

/// The numbers of the writer's segments from `at` on, ascending. Below `sealed/` is looked only if one was sealed since.
fn numbers_from(
    spool: &Spool<'_>,
    writer: &str,
    at: Option<&InSegment>,
    actives: &[(String, u32)],
    names: &mut Names,
) -> Result<Vec<u32>, SpoolError> {
    let from = at.map_or(0, |at| at.segment);
    let active = actives.iter().filter(|(name, _)| name == writer);
    let mut numbers: BTreeSet<u32> = active.map(|(_, number)| *number).collect();
    // The one that was read last is read further, or found to be gone.
    numbers.extend(at.map(|at| at.segment));
    let is_all = numbers.len() == 1 && numbers.contains(&from);
    if at.is_none() || !is_all {
        numbers.extend(segments::sealed_from(&spool.ledger, writer, from, names)?);
    }
    Ok(numbers
        .into_iter()
        .filter(|number| from <= *number)
        .collect())
}
