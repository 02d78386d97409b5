//! What can be done to the inside of a bucket: list it, give it back, drop it.

use crate::layout::{
    BucketName, Context, EntryName, Spool, SpoolError, ignore_vanished, read_or_gone,
};
use alert::PAYLOAD_BYTES_MAX;
use host::{At, Class, Dir, File, Host, Kind, Names};

/// What a bucket's directory holds now.
#[derive(Default)]
pub(crate) struct Content {
    /// Its entries, oldest first, each once.
    pub(crate) entries: Vec<(EntryName, Kind)>,
    /// Names that are no entry's.
    pub(crate) strays: Vec<Vec<u8>>,
    /// Packs that were staged here and not placed.
    pub(crate) packs: Vec<String>,
}

/// Lists the bucket `bucket` below `parent`; `None` if it is gone.
pub(crate) fn list(
    spool: &Spool<'_>,
    parent: &Dir<'_>,
    bucket: BucketName,
    names: &mut Names,
) -> Result<Option<Content>, SpoolError> {
    let dir = match Dir::open(spool.host, parent.at(&bucket)) {
        Ok(dir) => dir,
        Err(error) if error.is_vanished() => return Ok(None),
        Err(error) => return Err(error).context("list", bucket),
    };
    let mut content = Content::default();
    while read_or_gone(&dir, names).context("list", bucket)? {
        for found in names.iter() {
            match EntryName::parse(found.name) {
                Some(entry) => content.entries.push((entry, found.kind)),
                None => match std::str::from_utf8(found.name) {
                    Ok(name) if is_staged_pack(found.name) => content.packs.push(name.to_owned()),
                    _ => content.strays.push(found.name.to_vec()),
                },
            }
        }
    }
    content.entries.sort_unstable();
    content.entries.dedup_by_key(|(entry, _)| *entry);
    Ok(Some(content))
}

/// How a bucket left a worker's hands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GivenBack {
    /// It was empty and is removed, or was gone.
    Removed,
    /// So many entries are pending again.
    Pending(u32),
    /// Somebody holds it: it stays where it is for now.
    Held,
}

/// Removes the bucket if it is empty; otherwise makes it pending again, under the count of what it still holds.
pub(crate) fn give_back(
    spool: &Spool<'_>,
    parent: &Dir<'_>,
    bucket: BucketName,
    names: &mut Names,
) -> Result<GivenBack, SpoolError> {
    match spool.host.rmdir(parent.at(&bucket)) {
        Ok(()) => return Ok(GivenBack::Removed),
        Err(error) => match error.class() {
            Class::Vanished => return Ok(GivenBack::Removed),
            Class::Contended => {}
            _ => return Err(error).context("remove", bucket),
        },
    }
    let Some(content) = list(spool, parent, bucket, names)? else {
        return Ok(GivenBack::Removed);
    };
    let count = u32::try_from(content.entries.len())
        .unwrap_or(u32::MAX)
        .min(bucket.count());
    let target = bucket.with_count(count);
    match spool
        .host
        .rename_noreplace(parent.at(&bucket), spool.pending.at(&target))
    {
        Ok(()) => Ok(GivenBack::Pending(count)),
        Err(error) => match error.class() {
            Class::Vanished => Ok(GivenBack::Removed),
            Class::Contended | Class::Poison => Ok(GivenBack::Held),
            _ => Err(error).context("give back", bucket),
        },
    }
}

/// Removes a bucket that was never published, with what it holds. Returns whether it is gone: what another program holds is
/// left, and its bucket with it.
pub(crate) fn drop_unpublished(
    spool: &Spool<'_>,
    parent: &Dir<'_>,
    bucket: BucketName,
    names: &mut Names,
) -> Result<bool, SpoolError> {
    let Some(content) = list(spool, parent, bucket, names)? else {
        return Ok(true);
    };
    let entries: Vec<_> = content.entries.iter().map(|(entry, _)| *entry).collect();
    drop_entries(spool, parent, bucket, &entries)?;
    match ignore_vanished(spool.host.rmdir(parent.at(&bucket))) {
        Err(error) if error.class() == Class::Contended => Ok(false),
        other => other.context("remove", bucket).map(|()| true),
    }
}

/// Removes entries of the bucket that were never published, or whose ids have a case that is recorded. What somebody holds is
/// left with the bucket.
pub(crate) fn drop_entries(
    spool: &Spool<'_>,
    parent: &Dir<'_>,
    bucket: BucketName,
    entries: &[EntryName],
) -> Result<(), SpoolError> {
    if entries.is_empty() {
        return Ok(());
    }
    // From the bucket itself: there are many of them, and each path less is a tenth of the cost.
    let dir = match Dir::open(spool.host, parent.at(&bucket)) {
        Ok(dir) => dir,
        Err(error) if error.is_vanished() => return Ok(()),
        Err(error) => return Err(error).context("open", bucket),
    };
    for entry in entries {
        match ignore_vanished(spool.host.unlink(dir.at(entry))) {
            Err(error) if error.class() == Class::Contended => {}
            other => other.context("remove", entry)?,
        }
    }
    Ok(())
}

/// Whether a directory entry may be an alert's file, as far as the directory says.
pub(crate) fn may_be_file(kind: Kind) -> bool {
    matches!(kind, Kind::File | Kind::Unknown)
}

/// Appends the bytes of an alert's file to `into`; of one that is too large, one byte more than an alert may have.
pub(crate) fn read_payload(host: &dyn Host, at: At<'_>, into: &mut Vec<u8>) -> host::Result<()> {
    File::open_read(host, at)?.read_to(0, into, PAYLOAD_BYTES_MAX + 1)
}

/// The end of a pack's name while it waits in its bucket to be placed ([`crate::packs`]).
pub(crate) const STAGED_PACK: &str = ".pack";

/// Whether a name in a bucket is that of a pack which was not placed: the queue's own, and of no use to anybody.
pub(crate) fn is_staged_pack(name: &[u8]) -> bool {
    name.ends_with(STAGED_PACK.as_bytes())
}
