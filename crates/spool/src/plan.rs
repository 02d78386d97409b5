//! The plan: what a worker is about to do with a claim, written down before it does it.
//!
//! A case that stands in its place no longer tells which claim made it. If the worker dies before its ledger record, the
//! plan is what lets recovery write that record. It is durable before the first move and removed after the record is.

use crate::case::CasePlace;
use crate::error::{Context, SpoolError};
use crate::name::{BucketName, EntryName};
use crate::spool::Spool;
use alert::Disposition;
use host::{Dir, File};

const PREFIX: &str = "plan-";
const QUARANTINE: &str = "quarantine";
const POLICY: &str = "policy";

/// A plan being made: the policy, and one line an entry, `<bucket> <entry> <staged name> <disposition's letter>`, or
/// `<bucket> <entry> quarantine`.
pub(crate) struct Plan {
    name: String,
    policy: String,
    lines: String,
}

/// A plan that was read back.
#[derive(Default)]
pub(crate) struct PlanRead {
    /// The policy that judged; empty if there was none.
    pub(crate) policy: String,
    pub(crate) steps: Vec<Step>,
}

/// One line of a plan that was read back.
pub(crate) struct Step {
    pub(crate) bucket: BucketName,
    pub(crate) entry: EntryName,
    /// `None`: into quarantine.
    pub(crate) case: Option<(CasePlace, Disposition)>,
}

impl Plan {
    /// An empty plan for the worker's claim of that number, judged by the policy of that hash.
    pub(crate) fn new(number: u64, policy: &str) -> Self {
        Plan {
            name: format!("{PREFIX}{number:08}"),
            policy: policy.to_owned(),
            lines: String::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn add_case(
        &mut self,
        bucket: BucketName,
        entry: EntryName,
        staged: &str,
        disposition: Disposition,
    ) {
        let letter = disposition.letter();
        let line = format!("{bucket} {entry} {staged} {letter}\n");
        self.lines.push_str(&line);
    }

    pub(crate) fn add_quarantine(&mut self, bucket: BucketName, entry: EntryName) {
        let line = format!("{bucket} {entry} {QUARANTINE}\n");
        self.lines.push_str(&line);
    }

    /// Writes the plan into the worker's directory. Not yet durable.
    pub(crate) fn write(&self, spool: &Spool<'_>, home: &Dir<'_>) -> Result<(), SpoolError> {
        let file =
            File::create_new(spool.host, home.at(&self.name)).context("create", &self.name)?;
        let text = format!("{POLICY} {}\n{}", self.policy, self.lines);
        file.append(text.as_bytes()).context("write", &self.name)
    }
}

/// Whether a name in a worker's directory is a plan's.
pub(crate) fn is_plan(name: &[u8]) -> bool {
    name.starts_with(PREFIX.as_bytes())
}

/// Reads a plan back. Lines that a power loss tore are left out: nothing was moved before the plan was durable.
pub(crate) fn read(spool: &Spool<'_>, home: &Dir<'_>, name: &[u8]) -> Result<PlanRead, SpoolError> {
    let mut bytes = Vec::new();
    let file = File::open_read(spool.host, home.at(name)).context("open", name)?;
    file.read_to(0, &mut bytes, usize::MAX)
        .context("read", name)?;
    let mut plan = PlanRead::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        match line.strip_prefix(POLICY.as_bytes()) {
            Some(policy) => plan.policy = String::from_utf8_lossy(policy.trim_ascii()).into_owned(),
            None => plan.steps.extend(parse_step(line)),
        }
    }
    Ok(plan)
}

fn parse_step(line: &[u8]) -> Option<Step> {
    let mut words = line.split(|byte| *byte == b' ');
    let bucket = BucketName::parse(words.next()?)?;
    let entry = EntryName::parse(words.next()?)?;
    let target = words.next()?;
    let case = match target == QUARANTINE.as_bytes() {
        true => None,
        false => {
            let letter = words.next()?.first().copied().map(char::from)?;
            let disposition = Disposition::from_letter(letter)?;
            Some((CasePlace::parse_staged(target)?, disposition))
        }
    };
    Some(Step {
        bucket,
        entry,
        case,
    })
}
