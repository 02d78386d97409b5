//! Where segments stand: the one that each writer appends to in `ledger/` itself, all others below `ledger/sealed/`.
//!
//! So whoever follows the ledger lists as many names as there are writers, however old the ledger is (contract S20). A
//! segment that is sealed moves by one rename, and only after its successor is durable: a reader that looks in `ledger/`
//! first and below `sealed/` second finds it in one of them.

use crate::layout::{Context, SpoolError, ignore_vanished};
use host::{At, Class, Dir, DirId, File, Host, Kind, Names};
use std::collections::BTreeSet;

/// The directory of the sealed segments, below `ledger/`.
pub(super) const SEALED: &str = "sealed";

/// How many numbers share a directory below `sealed/`, so that none grows beyond some thousand names.
const GROUP: u32 = 1_000;

/// The file name of a writer's segment.
pub fn segment_name(writer: &str, number: u32) -> String {
    format!("{writer}-{number:06}.ndjson")
}

/// The writer and number of a segment's file name.
pub fn parse_segment_name(name: &[u8]) -> Option<(&str, u32)> {
    let stem = std::str::from_utf8(name).ok()?.strip_suffix(".ndjson")?;
    let (writer, number) = stem.rsplit_once('-')?;
    Some((writer, number.parse().ok()?))
}

/// The group that a number belongs to.
pub(super) fn group_of(number: u32) -> u32 {
    number / GROUP
}

/// Where a segment stands, below `ledger/`, once it is sealed.
pub fn sealed_path(writer: &str, number: u32) -> String {
    let group = group_path(group_of(number));
    format!("{group}/{}", segment_name(writer, number))
}

fn group_path(group: u32) -> String {
    format!("{SEALED}/{group:06}")
}

/// All segments, sorted by writer and number.
///
/// A writer that carries its segment on puts a copy in its place, once: a scan meanwhile may miss that name, but two scans
/// do not both miss it.
pub fn segments(ledger: &Dir<'_>, names: &mut Names) -> Result<Vec<(String, u32)>, SpoolError> {
    let mut found: BTreeSet<_> = actives(ledger, names)?.into_iter().collect();
    found.extend(actives(ledger, names)?);
    // In this order: what is sealed meanwhile is seen twice rather than never.
    for group in groups(ledger, names)? {
        found.extend(of_group(ledger, group, names)?);
    }
    Ok(found.into_iter().collect())
}

/// The segments in `ledger/` itself, sorted: one a writer, and more where sealing was cut short or never done. By one scan,
/// which may miss the segment of another writer that puts a copy in its place meanwhile.
pub(crate) fn actives(
    ledger: &Dir<'_>,
    names: &mut Names,
) -> Result<Vec<(String, u32)>, SpoolError> {
    let mut found = BTreeSet::new();
    ledger.rewind().context("list", "ledger")?;
    while ledger.read(names).context("list", "ledger")? {
        let files = names.iter().filter(|entry| entry.kind != Kind::Dir);
        found.extend(files.filter_map(|entry| {
            parse_segment_name(entry.name).map(|(writer, number)| (writer.to_owned(), number))
        }));
    }
    Ok(found.into_iter().collect())
}

/// The numbers of a writer's sealed segments from `from` on, ascending.
pub(super) fn sealed_from(
    ledger: &Dir<'_>,
    writer: &str,
    from: u32,
    names: &mut Names,
) -> Result<Vec<u32>, SpoolError> {
    let mut found = BTreeSet::new();
    for group in groups(ledger, names)? {
        if group_of(from) <= group {
            add_of_group(ledger, writer, group, names, &mut found)?;
        }
    }
    Ok(found.into_iter().filter(|number| from <= *number).collect())
}

/// Hands the numbers of a writer's sealed segments to `each`, newest first, until it says that it has enough.
pub(super) fn sealed_back(
    ledger: &Dir<'_>,
    writer: &str,
    names: &mut Names,
    each: &mut dyn FnMut(u32) -> Result<bool, SpoolError>,
) -> Result<(), SpoolError> {
    for group in groups(ledger, names)?.into_iter().rev() {
        let mut found = BTreeSet::new();
        add_of_group(ledger, writer, group, names, &mut found)?;
        for number in found.into_iter().rev() {
            if each(number)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn add_of_group(
    ledger: &Dir<'_>,
    writer: &str,
    group: u32,
    names: &mut Names,
    found: &mut BTreeSet<u32>,
) -> Result<(), SpoolError> {
    let all = of_group(ledger, group, names)?.into_iter();
    found.extend(all.filter(|(of, _)| of == writer).map(|(_, number)| number));
    Ok(())
}

/// The groups below `sealed/`, ascending.
pub(super) fn groups(ledger: &Dir<'_>, names: &mut Names) -> Result<Vec<u32>, SpoolError> {
    let mut found = BTreeSet::new();
    list(
        ledger.host(),
        At::new(ledger.id(), SEALED),
        names,
        &mut |name| {
            let number = std::str::from_utf8(name).ok();
            found.extend(number.and_then(|name| name.parse::<u32>().ok()));
        },
    )?;
    Ok(found.into_iter().collect())
}

/// The sealed segments of a group, in no order.
pub(super) fn of_group(
    ledger: &Dir<'_>,
    group: u32,
    names: &mut Names,
) -> Result<Vec<(String, u32)>, SpoolError> {
    let (path, mut found) = (group_path(group), Vec::new());
    list(
        ledger.host(),
        At::new(ledger.id(), &path),
        names,
        &mut |name| {
            found.extend(
                parse_segment_name(name).map(|(writer, number)| (writer.to_owned(), number)),
            );
        },
    )?;
    Ok(found)
}

/// Hands every name of a directory to `each`; none if there is no such directory.
fn list(
    host: &dyn Host,
    at: At<'_>,
    names: &mut Names,
    each: &mut dyn FnMut(&[u8]),
) -> Result<(), SpoolError> {
    let dir = match Dir::open(host, at) {
        Ok(dir) => dir,
        Err(error) if error.is_vanished() => return Ok(()),
        Err(error) => return Err(error).context("open", at.path),
    };
    while dir.read(names).context("list", at.path)? {
        names.iter().for_each(|entry| each(entry.name));
    }
    Ok(())
}

/// Opens a segment for reading, wherever it stands.
pub fn open_segment<'h>(
    host: &'h dyn Host,
    ledger: DirId,
    name: &str,
) -> Result<File<'h>, SpoolError> {
    match File::open_read(host, At::new(ledger, name)) {
        Err(error) if error.is_vanished() => {}
        other => return other.context("open", name),
    }
    let (writer, number) = parse_segment_name(name.as_bytes()).unwrap_or((name, 0));
    File::open_read(host, At::new(ledger, &sealed_path(writer, number))).context("open", name)
}

/// Moves a segment whose successor is durable below `sealed/`. Needs no sync: either place is right.
///
/// One that somebody reads just now, or has moved meanwhile, is left alone; the next life of a writer tries again.
pub(super) fn seal(
    host: &dyn Host,
    ledger: DirId,
    writer: &str,
    number: u32,
) -> Result<(), SpoolError> {
    for dir in [SEALED.to_owned(), group_path(group_of(number))] {
        match host.mkdir(At::new(ledger, &dir)) {
            Err(error) if !error.is_exists() => return Err(error).context("make", dir),
            _ => {}
        }
    }
    let (from, to) = (segment_name(writer, number), sealed_path(writer, number));
    match host.rename_noreplace(At::new(ledger, &from), At::new(ledger, &to)) {
        Err(error) if matches!(error.class(), Class::Vanished | Class::Contended) => Ok(()),
        other => other.context("seal", from),
    }
}

/// Removes a sealed segment that says nothing any more; one that is gone is fine. Not yet durable.
pub(crate) fn remove_sealed(ledger: &Dir<'_>, writer: &str, number: u32) -> Result<(), SpoolError> {
    let (host, path) = (ledger.host(), sealed_path(writer, number));
    ignore_vanished(host.unlink(ledger.at(&path))).context("remove", &path)?;
    let group = group_path(group_of(number));
    match ignore_vanished(host.rmdir(ledger.at(&group))) {
        // Others of its group are left, or somebody looks into it.
        Err(error) if error.class() == Class::Contended => Ok(()),
        other => other.context("remove", &group),
    }
}

/// Seals every segment in `ledger/` but the newest of each writer: what a home from before there were sealed segments has,
/// and what a crash has left.
pub(crate) fn seal_older(ledger: &Dir<'_>, names: &mut Names) -> Result<(), SpoolError> {
    let found = actives(ledger, names)?;
    for pair in found.windows(2) {
        let ((writer, number), (next, _)) = (&pair[0], &pair[1]);
        if writer == next {
            seal(ledger.host(), ledger.id(), writer, *number)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segments_name_tells_its_writer_and_its_place() {
        let name = segment_name("w1", 12_345);
        assert_eq!(parse_segment_name(name.as_bytes()), Some(("w1", 12_345)));
        assert_eq!(sealed_path("w1", 12_345), "sealed/000012/w1-012345.ndjson");
        for other in [&b"w1-000001.ndjson.copy"[..], b"sealed", b"w1.ndjson"] {
            assert_eq!(parse_segment_name(other), None);
        }
    }
}
