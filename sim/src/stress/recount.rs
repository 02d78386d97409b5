//! The recount: every directory of the run is read, in the order in which alerts flow, and every case with its bytes.
//!
//! It shares no code with the queue's own audit, so that one of them can be wrong without the other.

use super::books::Lookup;
use super::fabricate::Population;
use super::report::Findings;
use super::site::{LINK, QUEUE, STOLEN, Site, entries, names_in};
use super::{StressError, packed};
use alert::{AlertId, PAYLOAD_BYTES_MAX};
use contract::Place;
use host::{At, File, Host};
use os::OsHost;
use rayon::prelude::*;
use serde::Deserialize;
use spool::EntryName;

/// Where the recount found every alert.
pub(super) struct Recount {
    /// By number; `Source` for nowhere, `Vanished` for in the archiver's hands.
    pub(super) places: Vec<Place>,
    /// Legacy files that were never adopted because the archiver was faster.
    pub(super) stolen_unadopted: u64,
}

/// What is read of a case beside its alert.
#[derive(Deserialize)]
struct CaseFile<'a> {
    alert_id: &'a str,
    alert_bytes: usize,
}

struct Counter<'a> {
    site: &'a Site,
    host: &'a OsHost,
    lookup: &'a Lookup,
    findings: &'a mut Findings,
    places: Vec<Place>,
    stolen_unadopted: u64,
}

/// Reads every directory of the run once.
pub(super) fn recount(
    site: &Site,
    host: &OsHost,
    lookup: &Lookup,
    findings: &mut Findings,
) -> Result<Recount, StressError> {
    let mut counter = Counter {
        site,
        host,
        lookup,
        findings,
        places: vec![Place::Source; lookup.len()],
        stolen_unadopted: 0,
    };
    counter.queue()?;
    for (path, place) in [
        ("spool/pending", Place::Pending),
        ("spool/overflow", Place::Overflow),
    ] {
        for (_, entry) in entries(host, path)? {
            counter.find(entry.id(), place);
        }
    }
    counter.claims()?;
    counter.cases()?;
    counter.packs()?;
    counter.quarantine()?;
    counter.stolen()?;
    for left in ["spool/tmp", "spool/inbox"] {
        let names = names_in(host, left)?;
        counter.findings.demand(names.is_empty(), "S17", || {
            format!("{left} still holds {names:?}")
        });
    }
    Ok(Recount {
        places: counter.places,
        stolen_unadopted: counter.stolen_unadopted,
    })
}

impl Counter<'_> {
    /// Notes that an alert is at `place`; a second place is a breach of S1.
    fn find(&mut self, id: AlertId, place: Place) {
        let Some(number) = self.lookup.number(id) else {
            return self
                .findings
                .push("S17", format!("nobody made the alert {id}, found {place}"));
        };
        let known = &mut self.places[number as usize];
        if *known != Place::Source {
            let before = *known;
            let what = format!("alert {number} is {before} and {place} at once");
            let predicate = if (before, place) == (Place::Cased, Place::Cased) {
                "S3"
            } else {
                "S1"
            };
            self.findings.push(predicate, what);
        }
        *known = place;
    }

    /// Nothing may be left of the legacy queue.
    fn queue(&mut self) -> Result<(), StressError> {
        let left = names_in(self.host, QUEUE)?.len();
        self.findings.demand(left == 0, "L7", || {
            format!("{left} legacy files were not adopted")
        });
        Ok(())
    }

    fn claims(&mut self) -> Result<(), StressError> {
        for home in names_in(self.host, "spool/claimed")? {
            let path = format!("spool/claimed/{home}");
            for (_, entry) in entries(self.host, &path)? {
                self.find(entry.id(), Place::Claimed);
            }
            for staged in names_in(self.host, &format!("{path}/cases"))? {
                self.findings.push(
                    "L7",
                    format!("a case stays unfinished at {path}/cases/{staged}"),
                );
            }
        }
        Ok(())
    }

    fn cases(&mut self) -> Result<(), StressError> {
        for shelf in shelves(self.host)? {
            let mut names = names_in(self.host, &shelf)?;
            // In the order in which they were made, which is nearer to the disk's than a directory's order.
            names.sort_by_cached_key(|name| {
                let id = AlertId::from_hex(name.as_bytes());
                id.and_then(|id| self.lookup.number(id))
            });
            let (host, lookup, population) = (self.host, self.lookup, self.site.population);
            let checked: Vec<_> = names
                .par_iter()
                .map_init(<(Vec<u8>, Vec<u8>)>::default, |buffers, name| {
                    let id = AlertId::from_hex(name.as_bytes());
                    let id = id.ok_or_else(|| format!("{shelf}/{name} is no case"))?;
                    let number = lookup.number(id);
                    let number = number.ok_or_else(|| format!("nobody made the alert {id}"))?;
                    check_case(
                        host,
                        &format!("{shelf}/{name}"),
                        id,
                        population,
                        number,
                        buffers,
                    )?;
                    Ok::<_, String>(id)
                })
                .collect();
            for case in checked {
                match case {
                    Ok(id) => self.find(id, Place::Cased),
                    Err(what) => self.findings.push("S6", what),
                }
            }
        }
        Ok(())
    }

    fn packs(&mut self) -> Result<(), StressError> {
        let (host, lookup, population) = (self.host, self.lookup, self.site.population);
        let packs = packed::packs(host)?;
        let checked: Vec<_> = packs
            .par_iter()
            .flat_map_iter(|path| packed::check_pack(host, path, lookup, population))
            .collect();
        for case in checked {
            match case {
                Ok(id) => self.find(id, Place::Cased),
                Err(what) => self.findings.push("S6", what),
            }
        }
        Ok(())
    }

    fn quarantine(&mut self) -> Result<(), StressError> {
        let mut has_link = false;
        for name in names_in(self.host, "spool/quarantine")? {
            if let Some(entry) = EntryName::parse(name.as_bytes()) {
                self.find(entry.id(), Place::Quarantined);
            }
            has_link |= name == LINK;
        }
        self.findings.demand(has_link, "S9", || {
            format!("{LINK} of the legacy queue was not set aside")
        });
        Ok(())
    }

    fn stolen(&mut self) -> Result<(), StressError> {
        for name in names_in(self.host, STOLEN)? {
            match EntryName::parse(name.as_bytes()) {
                Some(entry) => self.find(entry.id(), Place::Vanished),
                None => {
                    self.stolen_unadopted += 1;
                    self.find(AlertId::of_file_name(name.as_bytes()), Place::Vanished);
                }
            }
        }
        Ok(())
    }
}

/// The directories that hold cases: `YYYY/MM/DD/HH`, or `undated/<two digits>`.
fn shelves(host: &OsHost) -> Result<Vec<String>, StressError> {
    let mut waiting = vec![("spool/cases".to_owned(), 0)];
    let mut found = Vec::new();
    while let Some((path, level)) = waiting.pop() {
        for name in names_in(host, &path)? {
            let below = format!("{path}/{name}");
            match (level, name.as_str()) {
                // Two more levels down are the shelves of undated cases.
                (0, "packed") => {}
                (0, "undated") => waiting.push((below, 3)),
                (3, _) => found.push(below),
                _ => waiting.push((below, level + 1)),
            }
        }
    }
    Ok(found)
}

/// Compares a case with what was fabricated, byte for byte.
fn check_case(
    host: &OsHost,
    path: &str,
    id: AlertId,
    population: Population,
    number: u32,
    (found, made): &mut (Vec<u8>, Vec<u8>),
) -> Result<(), String> {
    if let Some(flaw) = population.flaw(number) {
        return Err(format!(
            "a case was made of the bad alert {number} ({flaw:?})"
        ));
    }
    read(host, &format!("{path}/alert.json"), found)?;
    population.payload(number, made);
    if found != made {
        return Err(format!(
            "{path}/alert.json does not hold the bytes of alert {number}"
        ));
    }
    let bytes = found.len();
    read(host, &format!("{path}/case.json"), found)?;
    let case: CaseFile<'_> =
        serde_json::from_slice(found).map_err(|error| format!("{path}/case.json: {error}"))?;
    if case.alert_id != id.to_string() || case.alert_bytes != bytes {
        return Err(format!("{path}/case.json speaks of another alert"));
    }
    Ok(())
}

fn read(host: &OsHost, path: &str, into: &mut Vec<u8>) -> Result<(), String> {
    into.clear();
    File::open_read(host, At::new(host.root(), path))
        .and_then(|file| file.read_to(0, into, PAYLOAD_BYTES_MAX))
        .map_err(|error| format!("{path}: {error}"))
}
