//! Counts of every alert that were not kept move by move, as the census was, and must say the same: the queue's own audit, and
//! what stands on the disk.

use super::Watch;
use super::places::place_of;
use crate::kernel::{Fs, Ino, Node};
use alert::AlertId;
use contract::{Event, Id, Place};
use spool::EntryName;
use spool::audit::Audit;

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
        let counts = [
            (audit.cased, Place::Cased),
            (audit.quarantined, Place::Quarantined),
            (audit.pending, Place::Pending),
            (audit.overflow, Place::Overflow),
            (audit.claimed, Place::Claimed),
            (audit.vanished.len() as u64 - untold, Place::Vanished),
        ];
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
        let differences = miscounted + misplaced - untold + audit.mismatches() - copied;
        self.contract.observe(
            Event::Audited {
                differences,
                step: self.step,
            },
            self.step,
        );
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
