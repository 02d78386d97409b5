//! Which indices a request means: names, patterns, what exists by now, and what the account may read.

use super::{Asked, Core};
use crate::failure::Failure;
use crate::fault::forbidden;
use crate::pattern::fits;
use crate::search::Target;
use std::collections::BTreeSet;

impl Core {
    /// The indices that `names` stands for, by day; all that there are if it is `None`.
    pub(super) fn resolve(
        &self,
        asked: &Asked<'_>,
        names: Option<&str>,
    ) -> Result<Vec<Target>, Failure> {
        let mut meant = BTreeSet::new();
        for name in names.unwrap_or("*").split(',') {
            let name = if name == "_all" { "*" } else { name };
            let days = 0..self.population.days().len();
            let found: Vec<usize> = days
                .filter(|day| self.exists(*day, asked.now_ms))
                .filter(|day| fits(name, &self.population.days()[*day].index))
                .collect();
            let is_pattern = name.contains('*');
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
        meant.retain(|day| {
            let index = &self.population.days()[*day].index;
            let mut reads = asked.account.reads.iter();
            reads.any(|pattern| fits(pattern, index))
        });
        if meant.len() < before && !self.forbidden_left_out {
            return Err(forbidden(&asked.account.name));
        }
        let shards = u8::MAX >> (8 - self.population.shards());
        let target = |day| Target { day, shards };
        Ok(meant.into_iter().map(target).collect())
    }

    /// Whether a day's index has been created, and not deleted.
    fn exists(&self, day: usize, now_ms: i64) -> bool {
        let day = &self.population.days()[day];
        let mut deleted = self.deleted.iter();
        let is_deleted = deleted.any(|(at_ms, index)| *at_ms <= now_ms && *index == day.index);
        day.created_at_ms <= now_ms && !is_deleted
    }
}
