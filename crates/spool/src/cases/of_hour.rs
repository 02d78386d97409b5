//! All cases of one hour, whatever form they have.

use crate::cases::case::CasePlace;
use crate::cases::find::read;
use crate::cases::packs::{self, PackedCase};
use crate::layout::{Context, Spool, SpoolError, hour, read_or_gone};
use alert::{Alert, AlertId, Hour};
use host::{Dir, Names};

/// More than a pack has, whose bucket has at most 4,096 entries.
const PACK_BYTES_MAX: usize = 1 << 30;

/// Hands over each case whose alert lies in `hour`: its id and its alert's bytes. In no order; what is placed meanwhile may
/// be left out.
///
/// Costs an open a directory, and reads all bytes. Errs if a case stands there and cannot be read.
pub fn of_hour(
    spool: &Spool<'_>,
    hour: Hour,
    each: &mut dyn FnMut(AlertId, &[u8]),
) -> Result<(), SpoolError> {
    let mut names = Names::default();
    let shelf = hour::shelf_of(hour);
    for id in ids(spool, &shelf, &mut names)? {
        if let Some(case) = read(spool, &shelf, id)? {
            each(id, &case.alert);
        }
    }
    for number in packs::numbers(spool, hour, &mut names)? {
        let shelf = packs::PackName { hour, number }.shelf();
        for case in read_pack(spool, &shelf)? {
            each(case.entry.id(), &case.alert);
        }
    }
    Ok(())
}

/// Whether the case of `id`, whose alert is `alert`, stands as a directory. One look, because there is one place for it.
pub fn has_directory(
    spool: &Spool<'_>,
    id: AlertId,
    alert: &Alert<'_>,
) -> Result<bool, SpoolError> {
    let path = CasePlace::new(id, alert).path();
    spool.cases.has(&path).context("look at", &path)
}

/// The cases of a pack; none if it is gone, or damaged, which an audit tells of.
fn read_pack(spool: &Spool<'_>, shelf: &str) -> Result<Vec<PackedCase>, SpoolError> {
    let bytes = spool.cases.read_file(shelf, PACK_BYTES_MAX);
    let Some(bytes) = bytes.context("read", shelf)? else {
        return Ok(Vec::new());
    };
    Ok(packs::parse(&bytes).map_or(Vec::new(), |pack| pack.cases))
}

/// The ids of the cases that are directories on a shelf; none if there is no such shelf.
fn ids(spool: &Spool<'_>, shelf: &str, names: &mut Names) -> Result<Vec<AlertId>, SpoolError> {
    let dir = match Dir::open(spool.host, spool.cases.at(shelf)) {
        Ok(dir) => dir,
        Err(error) if error.is_vanished() => return Ok(Vec::new()),
        Err(error) => return Err(error).context("open", shelf),
    };
    let mut found = Vec::new();
    while read_or_gone(&dir, names).context("list", shelf)? {
        found.extend(names.iter().filter_map(|name| AlertId::from_hex(name.name)));
    }
    Ok(found)
}
