//! Looking cases up: by the shelf that the ledger names, or by the id alone.
//!
//! A case is a directory, or a line of a pack ([`crate::cases::packs`]); whoever looks one up need not know.
//!
//! A search by id goes over the hours, newest first, and not over the ledger: an hour costs one look, a ledger of a million
//! alerts is a hundred megabytes, and the hours are right even where a record is yet to be written.

use crate::cases::packs::{self, PACKED};
use crate::cases::staging::{ALERT_FILE, CASE_FILE};
use crate::layout::{Context, PathBuffer, Spool, SpoolError, read_or_gone};
use alert::{AlertId, PAYLOAD_BYTES_MAX};
use host::{Dir, File, Names};

/// The shelf of cases whose alert carries no usable time.
const UNDATED: &str = "undated";

/// A case, as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundCase {
    /// Where it stands, below `cases/`, as [`crate::ledger::NewCase::shelf`] says it.
    pub shelf: String,
    /// The alert's id.
    pub id: AlertId,
    /// The bytes of `case.json`, or of what stands for it in a pack: one JSON object.
    pub case: Vec<u8>,
    /// The alert's bytes, as they were published.
    pub alert: Vec<u8>,
}

/// The case of `id` that stands on `shelf`; `None` if it does not stand there (any more).
///
/// Errs if it stands there and cannot be read.
pub fn read(spool: &Spool<'_>, shelf: &str, id: AlertId) -> Result<Option<FoundCase>, SpoolError> {
    if packs::is_pack(shelf) {
        let found = packs::read_line(spool, spool.cases.at(shelf), id)?;
        return Ok(found.map(|found| FoundCase {
            shelf: shelf.to_owned(),
            id,
            case: found.case,
            alert: found.alert,
        }));
    }
    let Some(alert) = read_part(spool, shelf, id, ALERT_FILE)? else {
        return Ok(None);
    };
    // Looked for second: a case without its alert is none, but one with it has its judgement.
    let Some(case) = read_part(spool, shelf, id, CASE_FILE)? else {
        return Ok(None);
    };
    Ok(Some(FoundCase {
        shelf: shelf.to_owned(),
        id,
        case,
        alert,
    }))
}

/// The case of `id`, wherever it stands; `None` if there is none.
///
/// Looks at every hour that has cases, newest first: one call for the directories of an hour, and then the first line of
/// each pack of an hour. The undated ones are looked at in between.
pub fn find(spool: &Spool<'_>, id: AlertId) -> Result<Option<FoundCase>, SpoolError> {
    let mut names = Names::default();
    let mut path = String::new();
    if let Some(found) = find_below(spool, id, &mut path, LEVELS, &mut names)? {
        return Ok(Some(found));
    }
    let undated = read(spool, &undated_shelf(id), id)?;
    if undated.is_some() {
        return Ok(undated);
    }
    path.push_str(PACKED);
    find_below(spool, id, &mut path, LEVELS + 1, &mut names)
}

/// The shelf of a case whose alert carries no usable time.
pub(super) fn undated_shelf(id: AlertId) -> String {
    format!("{UNDATED}/{}", &id.to_string()[..2])
}

/// Year, month, day and hour; below an hour of packs, their numbers.
pub(super) const LEVELS: usize = 4;

/// Looks below `path`, which is `levels` above where cases stand.
fn find_below(
    spool: &Spool<'_>,
    id: AlertId,
    path: &mut String,
    levels: usize,
    names: &mut Names,
) -> Result<Option<FoundCase>, SpoolError> {
    if levels == 0 {
        return read(spool, path, id);
    }
    let len = path.len();
    for number in numbers(spool, path, names)? {
        if 0 < len {
            path.push('/');
        }
        path.push_str(&number);
        let found = find_below(spool, id, path, levels - 1, names)?;
        path.truncate(len);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The names below `path` that are numbers, or packs by their numbers, greatest first.
pub(super) fn numbers(
    spool: &Spool<'_>,
    path: &str,
    names: &mut Names,
) -> Result<Vec<String>, SpoolError> {
    let mut found = Vec::new();
    let mut add_all = |dir: &Dir<'_>| -> host::Result<()> {
        dir.rewind()?;
        while read_or_gone(dir, names)? {
            let is_wanted = |name: &[u8]| {
                name.iter().all(u8::is_ascii_digit) || packs::parse_number(name).is_some()
            };
            found.extend(
                names
                    .iter()
                    .filter(|found| is_wanted(found.name))
                    .map(|found| String::from_utf8_lossy(found.name).into_owned()),
            );
        }
        Ok(())
    };
    if path.is_empty() {
        add_all(&spool.cases).context("list", "cases")?;
    } else {
        match Dir::open(spool.host, spool.cases.at(path)) {
            Ok(dir) => add_all(&dir).context("list", path)?,
            Err(error) if error.is_vanished() => {}
            Err(error) => return Err(error).context("open", path),
        }
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    Ok(found)
}

/// The bytes of one file of a case; `None` if there is no such file.
fn read_part(
    spool: &Spool<'_>,
    shelf: &str,
    id: AlertId,
    file: &str,
) -> Result<Option<Vec<u8>>, SpoolError> {
    let mut path = PathBuffer::default();
    let at = path.join(&[shelf.as_bytes(), &id.to_hex(), file.as_bytes()]);
    let file = match File::open_read(spool.host, spool.cases.at(at)) {
        Ok(file) => file,
        Err(error) if error.is_vanished() => return Ok(None),
        Err(error) => return Err(error).context("open", at),
    };
    let mut bytes = Vec::new();
    file.read_to(0, &mut bytes, FILE_BYTES_MAX)
        .context("read", at)?;
    Ok(Some(bytes))
}

/// More than any file of a case has: a judgement is not larger than what it judges.
const FILE_BYTES_MAX: usize = 8 * PAYLOAD_BYTES_MAX;
