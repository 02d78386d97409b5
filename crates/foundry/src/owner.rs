//! A home is worked on by its owner alone: what another user writes there, root above all, the owner could not use afterwards.

use crate::error::FoundryError;
use crate::machine::{Machine, Place, User};
use host::{Dir, Names};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What every pass needs at the top of a home. The inbox is not among it: that may be its producer's.
const AT_THE_TOP: [&str; 15] = [
    "LOCK",
    "PRUNE",
    "run.lock",
    "run.holder",
    "heartbeat.json",
    "foundry.prom",
    "tmp",
    "pending",
    "claimed",
    "overflow",
    "quarantine",
    "ledger",
    "cases",
    "escalations",
    "state",
];
/// The directories of which every pass needs all: they hold few names, and the program's own.
const WHOLE: [&str; 2] = ["state", "claimed"];

/// Refuses any user but the home's owner, and a home in which files of others would lock its owner out. Changes nothing.
pub(crate) fn check(machine: &Machine, home: &Place) -> Result<(), FoundryError> {
    let (user, path) = (User::current(), home.path().to_owned());
    let owner = machine
        .owner(home)
        .map_err(|source| FoundryError::Read { path, source })?;
    if owner != user {
        return Err(FoundryError::NotOwner {
            path: home.path().to_owned(),
            owner,
            user,
        });
    }
    let top = AT_THE_TOP.iter().map(|name| home.below(OsStr::new(name)));
    let mut foreign = first_of_others(machine, top, &owner);
    for part in WHOLE {
        let dir = home.below(OsStr::new(part));
        let names = if foreign.is_none() {
            names(machine, &dir)?
        } else {
            Vec::new()
        };
        foreign = foreign.or_else(|| first_of_others(machine, names.into_iter(), &owner));
    }
    match foreign {
        None => Ok(()),
        Some((place, other)) => Err(FoundryError::Foreign {
            path: place.path().to_owned(),
            other,
            home: home.path().to_owned(),
            owner,
        }),
    }
}

/// The first of these that belongs to somebody else. What is not there locks nobody out.
fn first_of_others(
    machine: &Machine,
    mut places: impl Iterator<Item = Place>,
    owner: &User,
) -> Option<(Place, User)> {
    places.find_map(|place| {
        let other = machine.owner(&place).ok()?;
        (other != *owner).then_some((place, other))
    })
}

/// What stands in a directory; nothing if there is none.
fn names(machine: &Machine, dir: &Place) -> Result<Vec<Place>, FoundryError> {
    let opened = match Dir::open(machine.host(), dir.at(machine.host())) {
        Ok(opened) => opened,
        Err(error) if error.is_vanished() => return Ok(Vec::new()),
        Err(error) => return Err(FoundryError::of_host(dir.path(), error)),
    };
    let (mut found, mut names) = (Vec::new(), Names::default());
    while opened
        .read(&mut names)
        .map_err(|error| FoundryError::of_host(dir.path(), error))?
    {
        let here = names
            .iter()
            .map(|one| dir.below(OsStr::from_bytes(one.name)));
        found.extend(here);
    }
    Ok(found)
}
