//! Walking the ledger record by record, from wherever one stopped: for whoever looks at all of it, a little at a time.
//!
//! A walk goes group by group, in each writer by writer, and segment by segment: so it lists the names of one group, now and
//! then, however many segments there are (contract S20).

use super::reader::{check_mark, read_from};
use super::segments::{actives, group_of, groups, of_group};
use super::{Mark, Record, chain, open_segment, segment_name};
use crate::layout::{Context, Spool, SpoolError};
use host::{Class, Names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Between which two records a walk stands. The default is the beginning.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WalkPosition {
    writer: String,
    segment: u32,
    mark: Mark,
}

/// A walk over the whole ledger.
pub struct Walk<'a, 'h> {
    spool: &'a Spool<'h>,
    names: Names,
    position: WalkPosition,
    /// Whether nothing more is read of the segment that the walk is in.
    is_passed: bool,
}

/// A record that a walk came to.
#[derive(Debug)]
pub struct Step {
    /// The record. Its chain fits that of the record before it.
    pub record: Record,
    /// Bytes that were read for it.
    pub bytes: u64,
    /// Where the walk stands after it.
    pub after: WalkPosition,
}

/// What stands after a mark.
enum Next {
    Record(Box<Record>, u64),
    End,
    /// There is no such segment: it was removed since the walk came to it.
    Gone,
}

impl<'a, 'h> Walk<'a, 'h> {
    /// Takes up a walk at `position`. Segments before it that are gone, or that were added, are not looked at. Where the line
    /// before it is another one than it was, a power loss may have taken it: then the segment is walked from its beginning.
    pub fn take_up(spool: &'a Spool<'h>, mut position: WalkPosition) -> Result<Self, SpoolError> {
        if 0 < position.mark.lines {
            let name = segment_name(&position.writer, position.segment);
            match check_mark(spool.host, &spool.ledger, &name, &position.mark) {
                Err(SpoolError::BrokenLedger { .. }) => position.mark = Mark::default(),
                other => other?,
            }
        }
        Ok(Walk {
            spool,
            names: Names::default(),
            // The beginning is before every segment.
            is_passed: position.writer.is_empty(),
            position,
        })
    }

    /// The next record; `None` at the ledger's end. A torn last line of a segment is left out.
    ///
    /// Errs with [`SpoolError::BrokenLedger`] where a line does not fit: [`Walk::pass_by`] goes on behind that segment.
    pub fn step(&mut self) -> Result<Option<Step>, SpoolError> {
        loop {
            let mut is_gone = false;
            if !self.is_passed {
                let at = &mut self.position;
                let name = segment_name(&at.writer, at.segment);
                match read_next(self.spool, &name, &mut at.mark)? {
                    Next::Record(record, bytes) => {
                        let after = self.position.clone();
                        return Ok(Some(Step {
                            record: *record,
                            bytes,
                            after,
                        }));
                    }
                    Next::End => {}
                    Next::Gone => is_gone = true,
                }
            }
            let Some((writer, segment)) = self.following(is_gone)? else {
                return Ok(None);
            };
            self.go_to(writer, segment)?;
        }
    }

    /// Leaves out what is left of the segment that the walk is in.
    pub fn pass_by(&mut self) {
        self.is_passed = true;
        self.position.mark.chain = None;
    }

    /// The segment after the one that the walk is in. Names are listed only where its number does not tell.
    fn following(&mut self, is_gone: bool) -> Result<Option<(String, u32)>, SpoolError> {
        let WalkPosition {
            writer, segment, ..
        } = &self.position;
        let ledger = &self.spool.ledger;
        let actives = actives(ledger, &mut self.names)?;
        let here = group_of(*segment);
        let has_later = actives
            .iter()
            .any(|(other, number)| other == writer && segment < number);
        // One that is gone may have been the first of many that are.
        if has_later && !is_gone && group_of(segment + 1) == here {
            return Ok(Some((writer.clone(), segment + 1)));
        }
        let mut groups: BTreeSet<u32> = groups(ledger, &mut self.names)?.into_iter().collect();
        groups.extend(actives.iter().map(|(_, number)| group_of(*number)));
        for group in groups.into_iter().filter(|group| here <= *group) {
            let mut found = of_group(ledger, group, &mut self.names)?;
            let active = actives.iter().filter(|one| group_of(one.1) == group);
            found.extend(active.cloned());
            found.sort_unstable();
            let is_after = |one: &(String, u32)| {
                here < group || (writer.as_str(), *segment) < (one.0.as_str(), one.1)
            };
            if let Some(next) = found.into_iter().find(is_after) {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    /// Goes to the beginning of a segment. It carries on the chain of the one before it; of its own first record it says which
    /// that is, where nobody knows.
    fn go_to(&mut self, writer: String, segment: u32) -> Result<(), SpoolError> {
        let at = &mut self.position;
        let is_next = at.writer == writer && at.segment.checked_add(1) == Some(segment);
        let mut chain = at.mark.chain.take().filter(|_| is_next);
        let is_first_of_group = segment.checked_sub(1).map(group_of) != Some(group_of(segment));
        if !is_next && is_first_of_group && 0 < segment {
            chain = end_of(self.spool, &segment_name(&writer, segment - 1))?;
        }
        *at = WalkPosition {
            writer,
            segment,
            mark: Mark {
                chain,
                ..Mark::default()
            },
        };
        self.is_passed = false;
        Ok(())
    }
}

/// The chain at the end of a segment; `None` if it is gone, or broken: that is told where it is walked itself.
fn end_of(spool: &Spool<'_>, name: &str) -> Result<Option<String>, SpoolError> {
    match read_from(spool.host, &spool.ledger, name, Mark::default(), |_| {}) {
        Ok(mark) => Ok(mark.chain),
        Err(SpoolError::BrokenLedger { .. }) => Ok(None),
        Err(error) if error.class() == Class::Vanished => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the line after the mark, and moves the mark behind it.
fn read_next(spool: &Spool<'_>, name: &str, mark: &mut Mark) -> Result<Next, SpoolError> {
    /// More than most records have.
    const CHUNK: usize = 16 * 1024;
    let file = match open_segment(spool.host, spool.ledger.id(), name) {
        Err(error) if error.class() == Class::Vanished => return Ok(Next::Gone),
        other => other?,
    };
    let (mut bytes, mut len) = (Vec::new(), None);
    while len.is_none() {
        let (seen, offset) = (bytes.len(), mark.offset + bytes.len() as u64);
        // Twice as much each time, so that a long record takes few calls.
        let count = file.read(offset, &mut bytes, CHUNK.max(seen));
        if count.context("read", name)? == 0 {
            return Ok(Next::End);
        }
        len = bytes[seen..].iter().position(|byte| *byte == b'\n');
        len = len.map(|len| seen + len);
    }
    let len = len.unwrap_or_default();
    let read = bytes.len() as u64;
    match chain::read_line(&bytes[..len], mark.chain.as_deref()) {
        Ok((chain, record)) => {
            mark.last = Some(mark.offset);
            mark.offset += len as u64 + 1;
            mark.lines += 1;
            mark.chain = Some(chain);
            Ok(Next::Record(Box::new(record), read))
        }
        Err(reason) => {
            let (after, mut rest) = (mark.offset + len as u64 + 1, Vec::new());
            if file.read(after, &mut rest, 1).context("read", name)? == 0 {
                return Ok(Next::End);
            }
            Err(SpoolError::BrokenLedger {
                segment: name.to_owned(),
                line: mark.lines + 1,
                reason,
            })
        }
    }
}
