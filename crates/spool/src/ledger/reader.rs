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
    /// Where the line before it begins; `None` in marks that an earlier version kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<u64>,
}

/// [`read_segment`] from a mark on. Returns the mark after the last line that fits.
///
/// Errs with [`SpoolError::BrokenLedger`] unless the segment still has, before the mark, the line that it had when the mark was
/// made: a ledger that was taken away, or replaced by an older copy, does not.
pub(crate) fn read_from(
    host: &dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    mut mark: Mark,
    mut each: impl FnMut(Record),
) -> Result<Mark, SpoolError> {
    const CHUNK: usize = 1 << 20;
    let file = open_marked(host, ledger, name, &mark)?;
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
                    mark.last = Some(mark.offset);
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

/// Errs with [`SpoolError::BrokenLedger`] unless the segment is there and still has the line before the mark.
pub(super) fn check_mark(
    host: &dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    mark: &Mark,
) -> Result<(), SpoolError> {
    open_marked(host, ledger, name, mark).map(drop)
}

/// Opens a segment that has the line before the mark. Reads no more of that line than its beginning, which has the chain, and
/// its end: a record may name thousands of entries.
fn open_marked<'h>(
    host: &'h dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    mark: &Mark,
) -> Result<File<'h>, SpoolError> {
    let taken_back = |reason: &str| SpoolError::BrokenLedger {
        segment: name.to_owned(),
        line: mark.lines.max(1),
        reason: reason.to_owned(),
    };
    let file = match open_segment(host, ledger.id(), name) {
        Err(error) if error.class() == Class::Vanished && 0 < mark.lines => {
            return Err(taken_back("the segment is gone"));
        }
        other => other?,
    };
    if mark.offset == 0 {
        return Ok(file);
    }
    let mut end = Vec::with_capacity(1);
    file.read_to(mark.offset - 1, &mut end, 1)
        .context("read", name)?;
    if end != b"\n" {
        return Err(taken_back("it is shorter than it was"));
    }
    if let (Some(last), Some(chain)) = (mark.last, &mark.chain) {
        let wanted = chain::head_of_line(chain);
        let mut head = Vec::with_capacity(wanted.len());
        file.read_to(last, &mut head, wanted.len())
            .context("read", name)?;
        if head != wanted {
            return Err(taken_back("it is not the line that was read before"));
        }
    }
    Ok(file)
}
