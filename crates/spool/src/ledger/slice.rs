//! Walking the ledger record by record, from wherever one stopped: for whoever looks at all of it, a little at a time.

use super::reader::check_mark;
use super::{Mark, Record, chain, open_segment, segment_name, segments};
use crate::layout::{Context, Spool, SpoolError};
use host::{Class, Names};
use serde::{Deserialize, Serialize};

/// Between which two records a walk stands. The default is the beginning.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WalkPosition {
    writer: String,
    segment: u32,
    mark: Mark,
}

/// A walk over the whole ledger, writer by writer and segment by segment, as it stood when the walk was taken up.
pub struct Walk<'a, 'h> {
    spool: &'a Spool<'h>,
    /// Those that are yet to be read, the next one last.
    segments: Vec<(String, u32)>,
    position: WalkPosition,
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
        let mut segments = segments(&spool.ledger, &mut Names::default())?;
        segments.retain(|(writer, number)| {
            (writer.as_str(), *number) >= (position.writer.as_str(), position.segment)
        });
        segments.reverse();
        Ok(Walk {
            spool,
            segments,
            position,
        })
    }

    /// The next record; `None` at the ledger's end. A torn last line of a segment is left out.
    ///
    /// Errs with [`SpoolError::BrokenLedger`] where a line does not fit: [`Walk::pass_by`] goes on behind that segment.
    pub fn step(&mut self) -> Result<Option<Step>, SpoolError> {
        while let Some((writer, number)) = self.segments.last() {
            let at = &mut self.position;
            if (&at.writer, at.segment) != (writer, *number) {
                let is_next = at.writer == *writer && at.segment.checked_add(1) == Some(*number);
                // A segment carries on the chain of the one before it. Of its own first record it says which that is.
                let chain = at.mark.chain.take().filter(|_| is_next);
                *at = WalkPosition {
                    writer: writer.clone(),
                    segment: *number,
                    mark: Mark {
                        chain,
                        ..Mark::default()
                    },
                };
            }
            let name = segment_name(writer, *number);
            if let Some((record, bytes)) = read_one(self.spool, &name, &mut self.position.mark)? {
                let after = self.position.clone();
                return Ok(Some(Step {
                    record,
                    bytes,
                    after,
                }));
            }
            self.segments.pop();
        }
        Ok(None)
    }

    /// Leaves out what is left of the segment that the walk is in.
    pub fn pass_by(&mut self) {
        self.segments.pop();
        self.position.mark.chain = None;
    }
}

/// Reads the line after the mark, and moves the mark behind it. `None` at the segment's end.
fn read_one(
    spool: &Spool<'_>,
    name: &str,
    mark: &mut Mark,
) -> Result<Option<(Record, u64)>, SpoolError> {
    /// More than most records have.
    const CHUNK: usize = 16 * 1024;
    let file = match open_segment(spool.host, spool.ledger.id(), name) {
        // It was removed since the walk was taken up.
        Err(error) if error.class() == Class::Vanished => return Ok(None),
        other => other?,
    };
    let (mut bytes, mut len) = (Vec::new(), None);
    while len.is_none() {
        let (seen, offset) = (bytes.len(), mark.offset + bytes.len() as u64);
        // Twice as much each time, so that a long record takes few calls.
        let count = file.read(offset, &mut bytes, CHUNK.max(seen));
        if count.context("read", name)? == 0 {
            return Ok(None);
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
            Ok(Some((record, read)))
        }
        Err(reason) => {
            let (after, mut rest) = (mark.offset + len as u64 + 1, Vec::new());
            if file.read(after, &mut rest, 1).context("read", name)? == 0 {
                return Ok(None);
            }
            Err(SpoolError::BrokenLedger {
                segment: name.to_owned(),
                line: mark.lines + 1,
                reason,
            })
        }
    }
}
