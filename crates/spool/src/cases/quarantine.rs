//! Quarantine: one bad file each, with the reason beside it, and nothing else touched (contract S9).

use crate::buckets::bucket::read_payload;
use crate::layout::{BucketName, Context, EntryName, PathBuffer, Spool, SpoolError, unless_away};
use crate::ledger::Quarantined;
use host::{At, Class, Dir, File, Millis};

/// What became of a bad entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    SetAside,
    /// It stands in quarantine already, under this very name: what a power loss may leave of a move. This copy is to be
    /// dropped once that is recorded.
    Copy,
    Vanished,
    Held,
}

/// The suffix of the file that says why.
pub(crate) const REASON: &str = ".reason";

/// How many files of one name are kept that are no entries.
const SAME_NAME_MAX: u32 = 1_000;

/// Moves a bad entry of a claimed bucket into quarantine.
pub(crate) fn set_aside(
    spool: &Spool<'_>,
    home: &Dir<'_>,
    bucket: BucketName,
    bad: &Quarantined,
) -> Result<Outcome, SpoolError> {
    let mut path = PathBuffer::default();
    let from = home.at(path.join(&[bucket.as_ref(), bad.entry.as_ref()]));
    let moved = move_to(spool, from, bad.entry.as_ref(), &bad.reason)?;
    Ok(moved.unwrap_or(Outcome::Copy))
}

/// Moves a name that is no entry's out of a bucket, so that the bucket can be finished. It is nobody's alert: only the
/// directory `quarantine` tells of it.
pub(crate) fn set_stray_aside(
    spool: &Spool<'_>,
    home: &Dir<'_>,
    bucket: BucketName,
    stray: &[u8],
) -> Result<Outcome, SpoolError> {
    let mut path = PathBuffer::default();
    let from = home.at(path.join(&[bucket.as_ref(), stray]));
    move_aside(spool, from, stray, "not an entry's name")
}

/// Moves `from`, which is no entry, to `quarantine/<name>`, or to `quarantine/<name>.<number>` if that is taken.
pub(crate) fn move_aside(
    spool: &Spool<'_>,
    from: At<'_>,
    name: &[u8],
    reason: &str,
) -> Result<Outcome, SpoolError> {
    let mut target = name.to_vec();
    for number in 1..=SAME_NAME_MAX {
        if let Some(outcome) = move_to(spool, from, &target, reason)? {
            return Ok(outcome);
        }
        target = [name, format!(".{number}").as_bytes()].concat();
    }
    Ok(Outcome::Held)
}

/// Moves `from` to `quarantine/<name>` and writes the reason beside it; `None` if the name is taken.
fn move_to(
    spool: &Spool<'_>,
    from: At<'_>,
    name: &[u8],
    reason: &str,
) -> Result<Option<Outcome>, SpoolError> {
    if let Err(error) = spool.host.rename_noreplace(from, spool.quarantine.at(name)) {
        return match error.class() {
            Class::Contended if error.is_exists() => Ok(None),
            Class::Vanished => Ok(Some(Outcome::Vanished)),
            Class::Contended | Class::Poison => Ok(Some(Outcome::Held)),
            Class::Resource | Class::Fault => Err(error).context("set aside", name),
        };
    }
    // The reason is for people; without it the file in quarantine and its ledger record still stand.
    let reason_name = [name, REASON.as_bytes()].concat();
    match File::create_new(spool.host, spool.quarantine.at(&reason_name)) {
        Ok(file) => file
            .append(format!("{reason}\n").as_bytes())
            .context("write", &reason_name)?,
        Err(error) if matches!(error.class(), Class::Contended | Class::Poison) => {}
        Err(error) => return Err(error).context("create", &reason_name),
    }
    Ok(Some(Outcome::SetAside))
}

/// When a file in quarantine was last written to; `None` if it is gone, or cannot be looked at just now.
pub fn quarantined_at(spool: &Spool<'_>, entry: EntryName) -> Result<Option<Millis>, SpoolError> {
    let meta = unless_away(spool.host.stat(spool.quarantine.at(&entry)));
    let meta = meta.context("look at", entry)?;
    Ok(meta.map(|meta| Millis(meta.mtime_ns.div_euclid(1_000_000))))
}

/// The bytes of a file in quarantine; `None` if it is gone, or cannot be read just now.
pub fn quarantined_bytes(
    spool: &Spool<'_>,
    entry: EntryName,
) -> Result<Option<Vec<u8>>, SpoolError> {
    let mut bytes = Vec::new();
    let read = read_payload(spool.host, spool.quarantine.at(&entry), &mut bytes);
    let read = unless_away(read).context("read", entry)?;
    Ok(read.map(|()| bytes))
}

/// The reason that stands beside a file in quarantine, if it can be read.
pub(crate) fn reason_of(spool: &Spool<'_>, name: &[u8]) -> Option<String> {
    let reason_name = [name, REASON.as_bytes()].concat();
    let file = File::open_read(spool.host, spool.quarantine.at(&reason_name)).ok()?;
    let mut bytes = Vec::new();
    file.read_to(0, &mut bytes, 4_096).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}
