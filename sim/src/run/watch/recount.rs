//! A count of every alert that waits, by what stands on the disk: the census was kept move by move, and must say the same.

use super::Watch;
use super::places::place_of;
use crate::kernel::{Fs, Ino, Node};
use contract::{Id, Place};
use spool::EntryName;

/// Where alerts wait under names that tell their identity.
const WAITING: [Place; 4] = [
    Place::Staged,
    Place::Pending,
    Place::Overflow,
    Place::Claimed,
];

impl Watch {
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
