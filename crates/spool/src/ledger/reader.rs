//! Reading segments, whole or from a place on.

use super::chain;
use super::segments::open_segment;
use crate::layout::{Context, SpoolError};
use crate::ledger::Record;
use host::{Class, Dir, File, Host};
use serde::{Deserialize, Serialize};

/// Reads a segment and hands its records to `each`, oldest first. Returns the chain after the last of them, or
/// `continues` if there is none.
///
/// A torn last line is left out. Errs with [`SpoolError::BrokenLedger`] where any other line does not fit, and where the
/// segment does not carry on `continues`, if that is given.
pub fn read_segment(
    host: &dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    continues: Option<&str>,
    each: impl FnMut(Record),
) -> Result<Option<String>, SpoolError> {
    let from = Mark {
        chain: continues.map(str::to_owned),
        ..Mark::default()
    };
    read_from(host, ledger, name, from, each).map(|end| end.chain)
}

/// A place between two lines of a segment.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Lines before it.
    pub(crate) lines: usize,
    /// The chain after the line before it.
    pub(crate) chain: Option<String>,
}

/// [`read_segment`] from a mark on. Returns the mark after the last line that fits.
pub(crate) fn read_from(
    host: &dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    mut mark: Mark,
    mut each: impl FnMut(Record),
) -> Result<Mark, SpoolError> {
    const CHUNK: usize = 1 << 20;
    let file = open_segment(host, ledger.id(), name)?;
    let (mut bytes, mut offset) = (Vec::new(), mark.offset);
    loop {
        let count = file.read(offset, &mut bytes, CHUNK).context("read", name)?;
        offset += count as u64;
        let at_end = count == 0;
        let mut start = 0;
        while let Some(len) = bytes[start..].iter().position(|byte| *byte == b'\n') {
            let line = &bytes[start..start + len];
            start += len + 1;
            match chain::read_line(line, mark.chain.as_deref()) {
                Ok((next, record)) => {
                    mark.chain = Some(next);
                    mark.offset += len as u64 + 1;
                    mark.lines += 1;
                    each(record);
                }
                // A power loss may leave zeros, or a hole before bytes that came later.
                Err(_) if is_torn(host, &file, offset, &bytes[start..]) => {
                    return Ok(mark);
                }
                Err(reason) => {
                    return Err(SpoolError::BrokenLedger {
                        segment: name.to_owned(),
                        line: mark.lines + 1,
                        reason,
                    });
                }
            }
        }
        bytes.drain(..start);
        if at_end {
            return Ok(mark);
        }
    }
}

/// Whether nothing follows a line that does not fit: then a power loss tore it, otherwise somebody changed it.
fn is_torn(host: &dyn Host, file: &File<'_>, offset: u64, rest: &[u8]) -> bool {
    let mut more = Vec::new();
    rest.is_empty() && matches!(host.read(file.id(), offset, &mut more, 1), Ok(0))
}

/// Errs with [`SpoolError::BrokenLedger`] unless the segment is there and still has, before the mark, the line that it had
/// when the mark was made: a ledger that was taken away, or replaced by an older copy, does not.
pub(super) fn check_mark(
    host: &dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    mark: &Mark,
) -> Result<(), SpoolError> {
    let taken_back = |reason: &str| SpoolError::BrokenLedger {
        segment: name.to_owned(),
        line: mark.lines.max(1),
        reason: reason.to_owned(),
    };
    let file = match open_segment(host, ledger.id(), name) {
        Err(error) if error.class() == Class::Vanished => {
            return Err(taken_back("the segment is gone"));
        }
        other => other?,
    };
    let Some(chain) = mark.chain.as_ref().filter(|_| 0 < mark.offset) else {
        return Ok(());
    };
    let line = line_before(&file, mark.offset).context("read", name)?;
    match line.as_deref().map(chain::chain_of) {
        None => Err(taken_back("it is shorter than it was")),
        Some(found) if found.as_ref() == Some(chain) => Ok(()),
        Some(_) => Err(taken_back("it is not the line that was read before")),
    }
}

/// The line that ends right before `offset`, without its end; `None` if the file is shorter, or no line ends there.
fn line_before(file: &File<'_>, offset: u64) -> host::Result<Option<Vec<u8>>> {
    // Most records are short; one that names thousands of entries takes a second, longer look.
    let mut window: u64 = 4 << 10;
    loop {
        let from = offset.saturating_sub(window);
        let wanted = usize::try_from(offset - from).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        file.read_to(from, &mut bytes, wanted)?;
        if bytes.len() < wanted || bytes.pop() != Some(b'\n') {
            return Ok(None);
        }
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => return Ok(Some(bytes.split_off(end + 1))),
            None if from == 0 => return Ok(Some(bytes)),
            None => window *= 16,
        }
    }
}
