//! Following the ledger: what was recorded since one looked last, without reading the rest again.

use crate::layout::{Spool, SpoolError};
use crate::ledger::{self, Mark, PUBLISHER, Record};
use host::{File, Names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
}

/// Hands every record after `position` to `each`, writer by writer, and returns the position after them.
///
/// The publisher's records come first; otherwise those of different writers have no order. A torn last line is left for later. Errs with [`SpoolError::BrokenLedger`]
/// where a line does not fit, or where less is left than was read before: then somebody, or a power loss, took it back, and
/// a reader must begin anew. Changes nothing.
pub fn follow(
    spool: &Spool<'_>,
    position: &LedgerPosition,
    each: &mut dyn FnMut(Record),
) -> Result<LedgerPosition, SpoolError> {
    let mut after = position.clone();
    let mut segments = ledger::segments(&spool.ledger, &mut Names::default())?;
    segments.sort_by_key(|(writer, _)| writer != PUBLISHER);
    for (writer, at) in &position.writers {
        if !segments.contains(&(writer.clone(), at.segment)) {
            let name = ledger::segment_name(writer, at.segment);
            return Err(taken_back(&name, 0));
        }
    }
    for (writer, segment) in segments {
        let name = ledger::segment_name(&writer, segment);
        let mark = match after.writers.get(&writer) {
            Some(at) if segment < at.segment => continue,
            Some(at) if segment == at.segment => at.mark.clone(),
            Some(at) => Mark {
                chain: at.mark.chain.clone(),
                ..Mark::default()
            },
            None => Mark::default(),
        };
        check_length(spool, &name, &mark)?;
        let mark = ledger::read_from(spool.host, &spool.ledger, &name, mark, &mut *each)?;
        after.writers.insert(writer, InSegment { segment, mark });
    }
    Ok(after)
}

/// Errs if the segment ends before the mark.
fn check_length(spool: &Spool<'_>, name: &str, mark: &Mark) -> Result<(), SpoolError> {
    let Some(before) = mark.offset.checked_sub(1) else {
        return Ok(());
    };
    let failed = |source| SpoolError::Host {
        operation: "read",
        object: name.to_owned(),
        source,
    };
    let file = File::open_read(spool.host, spool.ledger.at(name)).map_err(failed)?;
    let mut last = Vec::new();
    file.read(before, &mut last, 1).map_err(failed)?;
    match last.as_slice() {
        b"\n" => Ok(()),
        _ => Err(taken_back(name, mark.lines)),
    }
}

fn taken_back(name: &str, lines: usize) -> SpoolError {
    SpoolError::BrokenLedger {
        segment: name.to_owned(),
        line: lines.max(1),
        reason: "it is shorter than it was".to_owned(),
    }
}
