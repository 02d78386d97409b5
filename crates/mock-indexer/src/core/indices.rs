//! Which indices a request means: names, patterns, what exists by now, and what the account may read.

use super::{Asked, Core};
use crate::failure::Failure;
use crate::fault::forbidden;
use crate::pattern::fits;
use crate::population::{Day, Population};
use crate::search::Target;
use crate::turn::{Parts, Turns};
use std::collections::BTreeSet;

impl Core {
    /// The indices that `names` stands for, by day; all that there are if it is `None`.
    pub(super) fn resolve(
        &self,
        asked: &Asked<'_>,
        names: Option<&str>,
    ) -> Result<Vec<Target>, Failure> {
        let parts = self.turns.at(asked.now_ms);
        let mut meant = BTreeSet::new();
        for name in names.unwrap_or("*").split(',') {
            let name = if name == "_all" { "*" } else { name };
            let is_pattern = name.contains('*');
            let found = self.named(name, &parts, asked.now_ms);
            let is_closed = |(_, part): &(usize, usize)| parts.is_closed(*part);
            if !is_pattern && found.iter().any(is_closed) {
                return Err(Failure::index_closed(name));
            }
            let is_open = |(_, part): &(usize, usize)| parts.is_open(*part);
            let found: Vec<_> = found.into_iter().filter(is_open).collect();
            let must_be = if is_pattern {
                !asked.flag("allow_no_indices", true)
            } else {
                !asked.flag("ignore_unavailable", false)
            };
            if found.is_empty() && must_be {
                return Err(Failure::no_such_index(name));
            }
            meant.extend(found);
        }
        let before = meant.len();
        meant.retain(|(day, _): &(usize, usize)| {
            let index = &self.population.days()[*day].index;
            let mut reads = asked.account.reads.iter();
            reads.any(|pattern| fits(pattern, index))
        });
        if meant.len() < before && !self.forbidden_left_out {
            return Err(forbidden(&asked.account.name));
        }
        let shards = u8::MAX >> (8 - self.population.shards());
        let mut targets: Vec<Target> = Vec::new();
        for (day, part) in meant {
            match targets.last_mut().filter(|last| last.day == day) {
                Some(last) => last.parts |= 1 << part,
                None => targets.push(Target {
                    day,
                    shards,
                    parts: 1 << part,
                }),
            }
        }
        Ok(targets)
    }

    /// The parts of days whose index has a name that fits, and was not deleted: the day, and the part.
    fn named(&self, name: &str, parts: &Parts, now_ms: i64) -> Vec<(usize, usize)> {
        let days = (0..self.population.days().len()).filter(|day| self.exists(*day, now_ms));
        let all = days.flat_map(|day| (0..parts.count()).map(move |part| (day, part)));
        let has_any = |day: usize, part: usize| {
            let created = self.created.get(day);
            created.is_none_or(|created| created[part] <= now_ms)
        };
        all.filter(|(day, part)| {
            let index = &self.population.days()[*day].index;
            let is_there = parts.is_open(*part) || parts.is_closed(*part);
            is_there && has_any(*day, *part) && fits(name, &parts.name(*part, index))
        })
        .collect()
    }

    /// Whether a day's index has been created, and not deleted.
    fn exists(&self, day: usize, now_ms: i64) -> bool {
        let day = &self.population.days()[day];
        let mut deleted = self.deleted.iter();
        let is_deleted = deleted.any(|(at_ms, index)| *at_ms <= now_ms && *index == day.index);
        day.created_at_ms <= now_ms && !is_deleted
    }
}

/// When the first document of each day becomes visible, in each part. Nothing where there are no turns.
pub(super) fn created(population: &Population, turns: &Turns) -> Vec<Vec<i64>> {
    let parts = turns.at(0);
    if parts.is_plain() {
        return Vec::new();
    }
    let of_day = |day: &Day| {
        let mut created = vec![i64::MAX; parts.count()];
        for key in population.keys(day.places.clone()) {
            let first = &mut created[parts.of(key)];
            *first = key.visible_at_ms.min(*first);
        }
        created
    };
    population.days().iter().map(of_day).collect()
}
