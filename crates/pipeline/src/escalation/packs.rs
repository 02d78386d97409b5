//! The directory of packs. A pack is written aside, made durable, and renamed into its place, where nobody ever sees half of
//! one; the rename does not replace, so the first pack of a case is its only one.

use super::evidence::Trouble;
use crate::failure::Failure;
use alert::AlertId;
use host::{Dir, File, Host};

/// The directory beside the spool's parts that holds the packs.
pub(super) const ESCALATIONS: &str = "escalations";
/// Below it, packs that are being written. What a crash left there is of no use to anybody.
const ASIDE: &str = ".aside";

/// The directory of packs, with nothing aside.
pub(super) struct Packs<'h> {
    host: &'h dyn Host,
    dir: Dir<'h>,
    aside: Dir<'h>,
}

impl<'h> Packs<'h> {
    /// Opens the directory, making it if it is missing, and removes what an earlier pass left aside.
    pub(super) fn open(host: &'h dyn Host, root: &Dir<'h>) -> Result<Self, Failure> {
        let failed = |error| Failure::of_host("open", ESCALATIONS, &error);
        let dir = Dir::open_or_make(host, root.at(ESCALATIONS)).map_err(failed)?;
        let aside = Dir::open_or_make(host, dir.at(ASIDE)).map_err(failed)?;
        host::clear(&aside, LEVELS)
            .map_err(|error| Failure::of_host("clear", "escalations/.aside", &error))?;
        Ok(Packs { host, dir, aside })
    }

    /// Whether something stands at `place`. Spares work; the rename decides.
    pub(super) fn has(&self, place: &str) -> Result<bool, Trouble> {
        let has = self.dir.has(place);
        has.map_err(|error| Trouble::of("look at", place, error))
    }

    /// Writes a pack aside. It is not durable yet.
    pub(super) fn write(&self, id: AlertId, files: &[(String, Vec<u8>)]) -> Result<(), Trouble> {
        let write = || {
            self.host.mkdir(self.aside.at(&id.to_hex()))?;
            self.host.mkdir(self.aside.at(&format!("{id}/data")))?;
            for (path, bytes) in files {
                let path = format!("{id}/{path}");
                let file = File::create_new(self.host, self.aside.at(&path))?;
                file.append(bytes)?;
            }
            Ok(())
        };
        write().map_err(|error| Trouble::of("write the pack of", &id.to_string(), error))
    }

    /// Renames a pack that is aside, and durable, to `place`. Says whether it stands there now by this call: otherwise the
    /// case had its pack.
    pub(super) fn put(&self, id: AlertId, place: &str) -> Result<bool, Trouble> {
        let put = || {
            for (at, _) in place.match_indices('/') {
                match self.host.mkdir(self.dir.at(&place[..at])) {
                    Err(error) if !error.is_exists() => return Err(error),
                    _ => {}
                }
            }
            let name = id.to_hex();
            match self
                .host
                .rename_noreplace(self.aside.at(&name), self.dir.at(place))
            {
                Ok(()) => Ok(true),
                Err(error) if error.is_exists() => Ok(false),
                Err(error) => Err(error),
            }
        };
        put().map_err(|error| Trouble::of("put the pack at", place, error))
    }

    /// Makes everything durable that was done so far.
    pub(super) fn commit(&self) -> Result<(), Failure> {
        self.host
            .sync_all(self.dir.id())
            .map_err(|error| Failure::of_host("make durable", ESCALATIONS, &error))
    }
}

/// Removes the pack at `place`, and the directories of its date that are left empty. One that is gone is fine.
pub(super) fn remove(host: &dyn Host, root: &Dir<'_>, place: &str) -> host::Result<()> {
    let dir = match Dir::open(host, root.at(ESCALATIONS)) {
        Ok(dir) => dir,
        Err(error) if error.is_vanished() => return Ok(()),
        Err(error) => return Err(error),
    };
    let pack = match Dir::open(host, dir.at(place)) {
        Ok(pack) => pack,
        Err(error) if error.is_vanished() => return Ok(()),
        Err(error) => return Err(error),
    };
    host::clear(&pack, LEVELS)?;
    drop(pack);
    host::remove_empty(&dir, place)
}

/// `.aside` holds packs, a pack holds `data`, and that holds files. Somebody may have put more there.
const LEVELS: u32 = 8;

/// Where the pack of the case on `shelf` belongs, below the directory of packs: `YYYY/MM/DD/<id>`, or `undated/<id>`.
///
/// The shelf comes from a file. Errs if it is none that the queue gives a case, so that no path leads anywhere else.
pub(super) fn place_of(shelf: &str, id: AlertId) -> Result<String, Trouble> {
    let parts: Vec<&str> = shelf.split('/').collect();
    let is_number = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    match parts.as_slice() {
        [year, month, day, hour]
            if is_number(year, 4) && [month, day, hour].iter().all(|part| is_number(part, 2)) =>
        {
            Ok(format!("{year}/{month}/{day}/{id}"))
        }
        ["undated", two] if id.to_string().starts_with(two) && two.len() == 2 => {
            Ok(format!("undated/{id}"))
        }
        _ => Err(Trouble::OfCase(format!("{shelf:?} is no shelf of cases"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_filed_by_its_cases_date_and_a_path_never_leaves_its_directory() {
        let id = AlertId::from_bytes([0xAB; 16]);
        assert_eq!(
            place_of("2026/04/01/05", id).ok(),
            Some(format!("2026/04/01/{id}"))
        );
        assert_eq!(
            place_of("undated/ab", id).ok(),
            Some(format!("undated/{id}"))
        );
        for bad in [
            "",
            "undated",
            "undated/..",
            "undated/cd",
            "../04/01/05",
            "2026/../01/05",
            "2026/04/01",
            "2026/04/01/05/06",
            "2026/04/01/05/",
            "/2026/04/01/05",
            "packed/2026/04/01/05/000001.ndjson",
            "２０２６/04/01/05",
        ] {
            assert!(place_of(bad, id).is_err(), "{bad}");
        }
    }
}
