//! Quarantine: one bad file each, with the reason beside it, and nothing else touched (contract S9).

use crate::error::{Context, SpoolError};
use crate::ledger::Quarantined;
use crate::name::BucketName;
use crate::spool::{PathBuffer, Spool};
use host::{At, Class, Dir, File};

/// What became of a bad entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    SetAside,
    Vanished,
    Held,
}

/// The suffix of the file that says why.
const REASON: &str = ".reason";

/// Moves a bad entry of a claimed bucket into quarantine.
pub(crate) fn set_aside(
    spool: &Spool<'_>,
    home: &Dir<'_>,
    bucket: BucketName,
    bad: &Quarantined,
) -> Result<Outcome, SpoolError> {
    let mut path = PathBuffer::default();
    let from = home.at(path.join(&[bucket.as_ref(), bad.entry.as_ref()]));
    move_aside(spool, from, bad.entry.as_ref(), &bad.reason)
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

/// Moves `from` to `quarantine/<name>` and writes the reason beside it.
pub(crate) fn move_aside(
    spool: &Spool<'_>,
    from: At<'_>,
    name: &[u8],
    reason: &str,
) -> Result<Outcome, SpoolError> {
    if let Err(error) = spool.host.rename_noreplace(from, spool.quarantine.at(name)) {
        return match error.class() {
            Class::Vanished => Ok(Outcome::Vanished),
            Class::Contended | Class::Poison => Ok(Outcome::Held),
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
    Ok(Outcome::SetAside)
}

/// The reason that stands beside a file in quarantine, if it can be read.
pub(crate) fn reason_of(spool: &Spool<'_>, name: &[u8]) -> Option<String> {
    let reason_name = [name, REASON.as_bytes()].concat();
    let file = File::open_read(spool.host, spool.quarantine.at(&reason_name)).ok()?;
    let mut bytes = Vec::new();
    file.read_to(0, &mut bytes, 4_096).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}
