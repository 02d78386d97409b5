//! The plan: what a worker is about to do with a claim, written down before it does it.
//!
//! A case that stands in its place no longer tells which claim made it. If the worker dies before its ledger record, the
//! plan is what lets recovery write that record. It is durable before the first move and removed after the record is.

use crate::case::CasePlace;
use crate::error::{Context, SpoolError};
use crate::name::{BucketName, EntryName};
use crate::spool::Spool;
use host::{Dir, File};

const PREFIX: &str = "plan-";
const QUARANTINE: &str = "quarantine";

/// A plan being made: one line an entry, `<bucket> <entry> <staged name, or "quarantine">`.
pub(crate) struct Plan {
    name: String,
    lines: String,
}

/// One line of a plan that was read back.
pub(crate) struct Step {
    pub(crate) bucket: BucketName,
    pub(crate) entry: EntryName,
    /// `None`: into quarantine.
    pub(crate) place: Option<CasePlace>,
}

impl Plan {
    /// An empty plan for the worker's claim of that number.
    pub(crate) fn new(number: u64) -> Self {
        Plan {
            name: format!("{PREFIX}{number:08}"),
            lines: String::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn add_case(&mut self, bucket: BucketName, entry: EntryName, staged: &str) {
        self.lines.push_str(&format!("{bucket} {entry} {staged}\n"));
    }

    pub(crate) fn add_quarantine(&mut self, bucket: BucketName, entry: EntryName) {
        self.add_case(bucket, entry, QUARANTINE);
    }

    /// Writes the plan into the worker's directory. Not yet durable.
    pub(crate) fn write(&self, spool: &Spool<'_>, home: &Dir<'_>) -> Result<(), SpoolError> {
        let file =
            File::create_new(spool.host, home.at(&self.name)).context("create", &self.name)?;
        file.append(self.lines.as_bytes())
            .context("write", &self.name)
    }
}

/// Whether a name in a worker's directory is a plan's.
pub(crate) fn is_plan(name: &[u8]) -> bool {
    name.starts_with(PREFIX.as_bytes())
}

/// Reads a plan back. Lines that a power loss tore are left out: nothing was moved before the plan was durable.
pub(crate) fn read(
    spool: &Spool<'_>,
    home: &Dir<'_>,
    name: &[u8],
) -> Result<Vec<Step>, SpoolError> {
    let mut bytes = Vec::new();
    let file = File::open_read(spool.host, home.at(name)).context("open", name)?;
    file.read_to(0, &mut bytes, usize::MAX)
        .context("read", name)?;
    Ok(bytes
        .split(|byte| *byte == b'\n')
        .filter_map(parse_step)
        .collect())
}

fn parse_step(line: &[u8]) -> Option<Step> {
    let mut words = line.split(|byte| *byte == b' ');
    let bucket = BucketName::parse(words.next()?)?;
    let entry = EntryName::parse(words.next()?)?;
    let target = words.next()?;
    let place = match target == QUARANTINE.as_bytes() {
        true => None,
        false => Some(CasePlace::parse_staged(target)?),
    };
    Some(Step {
        bucket,
        entry,
        place,
    })
}
