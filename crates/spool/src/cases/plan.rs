//! The plan: what a worker is about to do with a claim, written down before it does it.
//!
//! A case that stands in its place no longer tells which claim made it. If the worker dies before its ledger record, the
//! plan is what lets recovery write that record. It is durable before the first move and removed after the record is.

use crate::buckets::bucket;
use crate::cases::case::CasePlace;
use crate::layout::{BucketName, Context, EntryName, Spool, SpoolError, hour};
use alert::{Disposition, Hour};
use host::{Dir, File};

const PREFIX: &str = "plan-";
const QUARANTINE: &str = "quarantine";
const POLICY: &str = "policy";
const PACK: &str = "pack ";
/// What stands before an hour where the staged name of a directory would.
const PACKED: &str = "packed-";

/// A plan being made: the policy, and one line an entry, `<bucket> <entry> <staged name> <disposition's letter>`,
/// `<bucket> <entry> packed-<hour> <letter>`, or `<bucket> <entry> quarantine`; and one line a pack that waits in a bucket,
/// `pack <bucket> <name> <the hour's last number that was seen>`.
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
    pub(crate) packs: Vec<StagedPack>,
}

/// A pack that was to be placed.
pub(crate) struct StagedPack {
    pub(crate) bucket: BucketName,
    /// Its name in the bucket.
    pub(crate) name: Vec<u8>,
    pub(crate) hour: Hour,
    /// Its number is greater than this.
    pub(crate) floor: u32,
}

/// What was to become of an entry.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Quarantine,
    Directory(CasePlace, Disposition),
    Packed(Hour, Disposition),
}

/// One line of a plan that was read back.
pub(crate) struct Step {
    pub(crate) bucket: BucketName,
    pub(crate) entry: EntryName,
    pub(crate) target: Target,
}

impl Step {
    /// The hour of its alert; `None` if that is to be set aside, or has none.
    pub(crate) fn hour(&self) -> Option<Hour> {
        match self.target {
            Target::Quarantine => None,
            Target::Directory(place, _) => place.hour(),
            Target::Packed(hour, _) => Some(hour),
        }
    }
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

    pub(crate) fn add_packed(
        &mut self,
        bucket: BucketName,
        entry: EntryName,
        hour: Hour,
        disposition: Disposition,
    ) {
        let letter = disposition.letter();
        let hour = hour::hour_digits(hour);
        let line = format!("{bucket} {entry} {PACKED}{hour} {letter}\n");
        self.lines.push_str(&line);
    }

    pub(crate) fn add_pack(&mut self, bucket: BucketName, staged: &str, floor: u32) {
        let line = format!("{PACK}{bucket} {staged} {floor}\n");
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
        if let Some(pack) = line.strip_prefix(PACK.as_bytes()) {
            plan.packs.extend(parse_pack(pack));
        } else if let Some(policy) = line.strip_prefix(POLICY.as_bytes()) {
            plan.policy = String::from_utf8_lossy(policy.trim_ascii()).into_owned();
        } else {
            plan.steps.extend(parse_step(line));
        }
    }
    Ok(plan)
}

fn parse_pack(line: &[u8]) -> Option<StagedPack> {
    let mut words = line.split(|byte| *byte == b' ');
    let bucket = BucketName::parse(words.next()?)?;
    let name = words.next().filter(|name| bucket::is_staged_pack(name))?;
    let floor = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    Some(StagedPack {
        bucket,
        name: name.to_vec(),
        hour: hour::parse_hour(name.split(|byte| *byte == b'-').next()?)?,
        floor,
    })
}

fn parse_step(line: &[u8]) -> Option<Step> {
    let mut words = line.split(|byte| *byte == b' ');
    let bucket = BucketName::parse(words.next()?)?;
    let entry = EntryName::parse(words.next()?)?;
    let target = words.next()?;
    if target == QUARANTINE.as_bytes() {
        let target = Target::Quarantine;
        return Some(Step {
            bucket,
            entry,
            target,
        });
    }
    let letter = words.next()?.first().copied().map(char::from)?;
    let disposition = Disposition::from_letter(letter)?;
    let target = match target.strip_prefix(PACKED.as_bytes()) {
        Some(hour) => Target::Packed(hour::parse_hour(hour)?, disposition),
        None => Target::Directory(CasePlace::parse_staged(target)?, disposition),
    };
    Some(Step {
        bucket,
        entry,
        target,
    })
}
