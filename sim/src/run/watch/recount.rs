//! Counts of every alert that were not kept move by move, as the census was, and must say the same: the queue's own audit, and
//! what stands on the disk.

use super::Watch;
use super::places::place_of;
use crate::kernel::{Fs, Ino, Node};
use alert::AlertId;
use contract::event::Difference;
use contract::{Event, Id, Place};
use spool::EntryName;
use spool::audit::Audit;
use std::collections::BTreeSet;

/// Where alerts wait under names that tell their identity.
const WAITING: [Place; 4] = [
    Place::Staged,
    Place::Pending,
    Place::Overflow,
    Place::Claimed,
];

impl Watch {
    /// The queue audited itself at rest: it is held against the census.
    pub fn audited(&mut self, audit: &Audit) {
        let census = self.contract.census();
        let place_of = |id: &AlertId| {
            let index = self.source.index_of(*id);
            index.map(|index| census.get(Id(index)).place)
        };
        // A power loss has left the record of a publication that nobody was told of, and taken its file: the queue misses the
        // alert, and fetches it again; the census has it where it comes from.
        let is_untold = |id: &&AlertId| place_of(id) == Some(Place::Source);
        let untold = audit.vanished.iter().filter(is_untold).count() as u64;
        let is_known = |id: &&AlertId| place_of(id).is_some();
        let unknown = audit.vanished.iter().filter(|id| !is_known(id)).count() as u64;
        let unheard = self.unheard(audit);
        let missed = audit.vanished.len() as u64;
        let counts = [
            (audit.cased, Place::Cased),
            (audit.quarantined, Place::Quarantined),
            (audit.pending, Place::Pending),
            (audit.overflow, Place::Overflow),
            (audit.claimed, Place::Claimed),
            (missed - untold - unknown + unheard, Place::Vanished),
        ];
        // What a script has left half-written, or with a piece missing, has an identity that no alert has.
        let mut strange = self.taken_unknown;
        let counts = counts.map(|(count, place)| {
            let is_strange = matches!(place, Place::Quarantined | Place::Overflow | Place::Cased);
            let more = count.saturating_sub(census.count(place)).min(strange);
            let more = if is_strange { more } else { 0 };
            strange -= more;
            (count - more, place)
        });
        let first = self.first_difference(audit, &counts);
        let miscounted = counts
            .iter()
            .map(|(count, place)| count.abs_diff(census.count(*place)));
        let is_misplaced = |id: &&AlertId| place_of(id) != Some(Place::Vanished);
        let misplaced = audit.vanished.iter().filter(is_misplaced).count() as u64;
        // A power loss has brought a file back whose alert has its case: it is dropped when its turn comes, and until then the
        // audit has the alert where the file is.
        let is_copied = |id: &&AlertId| {
            let index = self.source.index_of(**id);
            index.is_some_and(|index| 0 < census.get(Id(index)).copies)
        };
        let copied = audit.doubled.iter().filter(is_copied).count() as u64;
        let miscounted = miscounted.sum::<u64>().saturating_sub(2 * copied);
        let differences = miscounted + misplaced - untold - unknown + audit.mismatches() - copied;
        self.contract.observe(
            Event::Audited {
                differences,
                first,
                step: self.step,
            },
            self.step,
        );
    }

    /// How many alerts somebody took before a record told of them, or of which a power loss took the record: the queue knows nothing
    /// of them.
    fn unheard(&self, audit: &Audit) -> u64 {
        let missed: BTreeSet<u32> = audit
            .vanished
            .iter()
            .filter_map(|id| self.source.index_of(*id))
            .collect();
        let all = self.contract.census().iter();
        let unheard = all.filter(|(id, entry)| {
            entry.place == Place::Vanished && self.is_unheard_of(*id) && !missed.contains(&id.0)
        });
        unheard.count() as u64
    }

    /// How many alerts are missing that can come from nowhere, and of which the queue must know.
    pub fn lost(&self) -> u64 {
        let census = self.contract.census();
        if census.count_gone(Place::Vanished) == 0 {
            return 0;
        }
        let gone = census.iter().filter(|(id, entry)| {
            entry.place == Place::Vanished && entry.facts.is_gone && !self.is_unheard_of(*id)
        });
        gone.count() as u64
    }

    /// How many alerts the queue may rightly miss: also those that it may know nothing of, and what a script has left half-written,
    /// which is an alert to the queue alone.
    pub fn lost_at_most(&self) -> u64 {
        let census = self.contract.census();
        let gone = census.count_gone(Place::Vanished) + census.count_gone(Place::Source);
        gone + self.taken_unknown
    }

    /// Whether the queue may know nothing of an alert that it once had.
    fn is_unheard_of(&self, id: Id) -> bool {
        self.source.is_dropped(id.0) && (self.has_lost_power || !self.told.contains(&id.0))
    }

    /// Something on which the audit and the census may differ.
    fn first_difference(&self, audit: &Audit, counts: &[(u64, Place)]) -> Option<Difference> {
        let census = self.contract.census();
        let mut missed = audit.vanished.iter().filter_map(|id| {
            let id = Id(self.source.index_of(*id)?);
            let place = census.get(id).place;
            let is_right = matches!(place, Place::Vanished | Place::Source);
            (!is_right).then_some(Difference::Missed(id, place))
        });
        let mut counts = counts.iter().filter_map(|(count, place)| {
            let known = census.count(*place);
            (*count != known).then_some(Difference::Count {
                place: *place,
                audit: *count,
                census: known,
            })
        });
        let at_odds = [
            (&audit.doubled, "in two places"),
            (&audit.case_missing, "recorded with a case that is missing"),
            (&audit.case_unrecorded, "cases without a record"),
            (&audit.quarantine_unrecorded, "set aside without a record"),
        ];
        let mut at_odds = at_odds.into_iter().filter_map(|(ids, how)| {
            let count = ids.len() as u64;
            (0 < count).then_some(Difference::AtOdds(count, how))
        });
        missed
            .next()
            .or_else(|| at_odds.next())
            .or_else(|| counts.next())
    }

    /// Looks at every file of the queue, and says how it contradicts the census; `None` if it does not. No call may be under way.
    pub fn recount(&self, fs: &Fs) -> Option<String> {
        let mut counts = [0_u64; Place::ALL.len()];
        let mut strange = None;
        let mut dirs = vec![Ino::ROOT];
        while let Some(dir) = dirs.pop() {
            let place = place_of(fs.note(dir)).filter(|place| WAITING.contains(place));
            for (name, child) in fs.children(dir) {
                if fs.node(child) == Node::Dir {
                    dirs.push(child);
                    continue;
                }
                let entry = place.and_then(|place| Some((place, EntryName::parse(name)?)));
                let Some((place, entry)) = entry else {
                    continue;
                };
                let known = self.source.index_of(entry.id()).map(Id);
                let known = known.map(|id| (id, self.contract.census().get(id)));
                match known {
                    Some((id, known))
                        if self.primary[id.0 as usize] == (child, dir) && known.place == place =>
                    {
                        counts[place as usize] += 1;
                    }
                    Some((_, known)) if 0 < known.copies => {}
                    _ => strange = Some((place, String::from_utf8_lossy(name).into_owned())),
                }
            }
        }
        if let Some((place, name)) = strange {
            return Some(format!(
                "{name} stands in {place}, and the census has it elsewhere"
            ));
        }
        let census = self.contract.census();
        let differing = WAITING
            .into_iter()
            .find(|place| counts[*place as usize] != census.count(*place));
        differing.map(|place| {
            let (found, known) = (counts[place as usize], census.count(place));
            format!("{found} alerts stand in {place}, and the census has {known}")
        })
    }
}
