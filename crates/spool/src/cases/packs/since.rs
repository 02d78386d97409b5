//! What became of a dead worker's packs.

use super::book::is_packed;
use super::{PackName, Standing, numbers, read_index};
use crate::cases::case::CasePlace;
use crate::cases::plan::PlanRead;
use crate::layout::{
    Context, Dispositions, EntryName, PathBuffer, Spool, SpoolError, ignore_vanished,
};
use alert::{AlertId, Hour};
use host::{Class, Dir, Names};
use std::collections::BTreeMap;

/// The packs that were placed since a worker wrote its plans down: one of them may be its own.
///
/// Only the hours that are asked for are read, and of each the packs above the number that the plan says was the last one:
/// so the work depends on what was in flight and on what others did since, not on the hour.
pub(crate) struct Since {
    /// Whether the spool packs: then a directory must have been announced to be made.
    announces: bool,
    /// Whether there are packs at all.
    is_packed: bool,
    floors: BTreeMap<Hour, u32>,
    hours: BTreeMap<Hour, BTreeMap<AlertId, Standing>>,
    /// The digests of the packs that were read.
    digests: BTreeMap<PackName, String>,
    names: Names,
}

/// Whether a staged case that holds its alert may be placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Permit {
    /// It may.
    Place,
    /// A pack has its id: it is a copy.
    Duplicate,
    /// A power loss took its announcement, or it was never made: somebody may be packing the id now.
    Refused,
}

impl Since {
    /// Drops what the dead worker staged and did not place: from here on it can place nothing more (contract S4).
    pub(crate) fn new(
        spool: &Spool<'_>,
        home: &Dir<'_>,
        plans: &[PlanRead],
    ) -> Result<Self, SpoolError> {
        let mut floors = BTreeMap::new();
        let mut path = PathBuffer::default();
        for staged in plans.iter().flat_map(|plan| &plan.packs) {
            let name = path.join(&[staged.bucket.as_ref(), &staged.name]);
            match ignore_vanished(spool.host.unlink(home.at(name))) {
                // Whoever claims the bucket next drops it.
                Err(error) if error.class() == Class::Contended => {}
                other => other.context("remove", name)?,
            }
            let floor = floors.entry(staged.hour).or_insert(staged.floor);
            *floor = staged.floor.min(*floor);
        }
        Ok(Since {
            announces: spool.options.packed != Dispositions::NONE,
            is_packed: is_packed(spool)?,
            floors,
            hours: BTreeMap::new(),
            digests: BTreeMap::new(),
            names: Names::default(),
        })
    }

    /// The pack that the case of an entry stands in, and the entry that it was made of; `None` if there is none.
    pub(crate) fn packed(
        &mut self,
        spool: &Spool<'_>,
        hour: Hour,
        id: AlertId,
    ) -> Result<Option<(PackName, EntryName)>, SpoolError> {
        Ok(match self.standing(spool, hour, id)? {
            Standing::Packed(name, entry) => Some((name, entry)),
            Standing::Unknown | Standing::Directory | Standing::Later => None,
        })
    }

    /// The digest that a pack of [`Since::packed`] carries.
    ///
    /// It comes from the disk and not from the plan: a pack is written again when its bucket or its hour changed meanwhile,
    /// after the plan was. It was durable before it was placed, and its number is never given to another one.
    pub(crate) fn digest(&self, pack: PackName) -> &str {
        self.digests.get(&pack).map_or("", String::as_str)
    }

    /// Whether a staged case that holds its alert may be placed.
    pub(crate) fn permit(
        &mut self,
        spool: &Spool<'_>,
        place: CasePlace,
    ) -> Result<Permit, SpoolError> {
        let Some(hour) = place.packable_hour() else {
            return Ok(Permit::Place);
        };
        Ok(match self.standing(spool, hour, place.id())? {
            Standing::Packed(..) => Permit::Duplicate,
            Standing::Directory => Permit::Place,
            Standing::Unknown | Standing::Later if self.announces => Permit::Refused,
            Standing::Unknown | Standing::Later => Permit::Place,
        })
    }

    fn standing(
        &mut self,
        spool: &Spool<'_>,
        hour: Hour,
        id: AlertId,
    ) -> Result<Standing, SpoolError> {
        if !self.is_packed {
            return Ok(Standing::Unknown);
        }
        if !self.hours.contains_key(&hour) {
            let floor = self.floors.get(&hour).copied().unwrap_or(0);
            let known = self.read_above(spool, hour, floor)?;
            self.hours.insert(hour, known);
        }
        let known = self.hours.get(&hour).and_then(|hour| hour.get(&id));
        Ok(known.copied().unwrap_or(Standing::Unknown))
    }

    /// What the packs of the hour above `floor` say.
    fn read_above(
        &mut self,
        spool: &Spool<'_>,
        hour: Hour,
        floor: u32,
    ) -> Result<BTreeMap<AlertId, Standing>, SpoolError> {
        let mut known = BTreeMap::new();
        // What is placed meanwhile may be missed, and is not the dead worker's. A number may be missing: the power took it.
        for number in numbers(spool, hour, &mut self.names)? {
            let name = PackName { hour, number };
            if number <= floor {
                continue;
            }
            let Some(index) = read_index(spool, spool.cases.at(&name.shelf()))? else {
                continue;
            };
            for entry in &index.entries {
                known.insert(entry.id(), Standing::Packed(name, *entry));
            }
            for id in index.directories {
                known.entry(id).or_insert(Standing::Directory);
            }
            self.digests.insert(name, index.digest);
        }
        Ok(known)
    }
}
