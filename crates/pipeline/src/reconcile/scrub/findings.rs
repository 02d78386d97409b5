//! What the scrub found not to be as recorded, until it is.

use serde::{Deserialize, Serialize};
use spool::SpoolError;
use spool::audit::Verified;
use spool::ledger::NewCase;
use std::collections::BTreeMap;

/// How many findings are kept by name; others are counted.
const KEPT_MAX: usize = 1_000;
/// How many are told by name.
const NAMED_MAX: usize = 20;

/// What does not fit, by the case's id, the pack's path or the segment's name.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Findings {
    kept: BTreeMap<String, Finding>,
    /// Those of this round that found no room.
    others: u64,
    /// Those of the round before.
    others_before: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    /// A sentence.
    what: String,
    /// Whether the round that is going on has met it.
    is_fresh: bool,
}

/// All that is wrong with a case, in one sentence; `None` if it is what it was.
fn sentence(case: &NewCase<'_>, found: &Verified) -> Option<String> {
    if found.is_missing {
        return Some(format!("missing: {}", place(case)));
    }
    let damage = found.damage.iter();
    let all: Vec<_> = damage
        .map(|one| format!("{}: {one}", one.kind.as_str()))
        .collect();
    (!all.is_empty()).then(|| all.join("; "))
}

impl Findings {
    /// Notes what a look at a case found, or that it is well.
    pub(super) fn note(&mut self, case: &NewCase<'_>, found: &Verified) {
        let id = case.entry.id().to_string();
        match sentence(case, found) {
            None => {
                self.kept.remove(&id);
                self.kept.remove(case.shelf);
            }
            // A changed pack is one finding, however many cases it has.
            Some(what) if !what.starts_with("missing") && is_file(case.shelf) => {
                self.add(case.shelf.to_owned(), what);
            }
            Some(what) => self.add(id, what),
        }
    }

    /// Notes a segment of the ledger that does not fit.
    pub(super) fn note_ledger(&mut self, error: &SpoolError) {
        let key = match error {
            SpoolError::BrokenLedger { segment, .. } => segment.clone(),
            other => other.to_string(),
        };
        self.add(key, format!("ledger: {error}"));
    }

    fn add(&mut self, key: String, what: String) {
        if let Some(known) = self.kept.get_mut(&key) {
            known.is_fresh = true;
            known.what = what;
        } else if self.kept.len() < KEPT_MAX {
            tracing::error!(what, "what is finished is not as it was recorded");
            let is_fresh = true;
            self.kept.insert(key, Finding { what, is_fresh });
        } else {
            self.others += 1;
        }
    }

    /// Forgets what the round that ends has not met any more.
    pub(super) fn end_round(&mut self) {
        self.kept.retain(|_, finding| finding.is_fresh);
        for finding in self.kept.values_mut() {
            finding.is_fresh = false;
        }
        (self.others_before, self.others) = (self.others, 0);
    }

    /// How many there are. Those without a name are as many as the round before had, or this one, if that has more.
    pub(super) fn count(&self) -> u64 {
        self.kept.len() as u64 + self.others.max(self.others_before)
    }

    /// The first of them.
    pub(super) fn named(&self) -> Vec<String> {
        let all = self.kept.values().map(|finding| finding.what.clone());
        all.take(NAMED_MAX).collect()
    }
}

/// Whether a shelf is a file that holds its cases.
fn is_file(shelf: &str) -> bool {
    shelf.ends_with(".ndjson")
}

/// Where a case should stand, with its id.
fn place(case: &NewCase<'_>) -> String {
    let id = case.entry.id();
    match is_file(case.shelf) {
        true => format!("{}#{id}", case.shelf),
        false => format!("{}/{id}", case.shelf),
    }
}
