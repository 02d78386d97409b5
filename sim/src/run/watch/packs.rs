//! Packs: one file, and the cases of many alerts.
//!
//! When a pack comes to stand in its place, each alert that it has a line of is cased, and the file that the case was made
//! of is a copy from then on. Its removal is judged as that of a copy: not before the record is durable (S12).

use super::Watch;
use super::places::NOWHERE;
use crate::kernel::{Fs, Ino, View};
use contract::{Actor, Id, Motion, PassKind, Place, Side};
use spool::packs;

/// A pack's note, once it was placed.
pub(super) const PACK: u32 = u32::MAX - 2;

/// Whether a name in a directory of cases is a pack's.
pub(super) fn is_pack(place: Option<Place>, name: &[u8]) -> bool {
    place == Some(Place::Cased) && name.ends_with(b".ndjson")
}

impl Watch {
    /// A pack was renamed into its place.
    pub(super) fn pack_placed(
        &mut self,
        view: &mut View<'_>,
        actor: Actor,
        side: Side,
        (ino, dir, name): (Ino, Ino, &[u8]),
    ) {
        view.set_note(ino, PACK);
        self.packs.insert(ino, name.to_vec());
        let is_heir = self.pass_of(actor) == Some(PassKind::Recover);
        for (id, alert) in self.packed(view.fs(), ino) {
            self.packed_cases += 1;
            let before = *self.contract.census().get(id);
            // Somebody has copied it, and the copy is the first that gets a case.
            let is_heir = is_heir || before.facts.had_several;
            if before.facts.had_several && matches!(before.place, Place::Pending | Place::Overflow)
            {
                self.contract
                    .counts_as(id, Place::Claimed, actor, self.step);
            }
            self.primary[id.0 as usize] = (ino, dir);
            let motion = Motion {
                to: Place::Cased,
                actor,
                side,
                is_whole: self.edited_in_hand.contains(&id) || self.is_alert(id, &alert),
                is_heir,
                step: self.step,
            };
            let has_file = !matches!(before.place, Place::Source | Place::Vanished);
            self.contract.cased_beside(id, motion, has_file);
        }
    }

    /// The alerts that a pack has lines of, with their bytes. None of a pack that cannot be read.
    pub(super) fn packed(&self, fs: &Fs, ino: Ino) -> Vec<(Id, Vec<u8>)> {
        let known = self.primary.len();
        let bytes = fs.bytes(ino);
        // What somebody has written behind its last line changes none of its cases.
        let lines = bytes.iter().rposition(|byte| *byte == b'\n');
        let parsed = packs::parse(&bytes[..lines.map_or(0, |last| last + 1)]);
        let cases = parsed.map(|pack| pack.cases).unwrap_or_default();
        let cases = cases.into_iter().filter_map(|case| {
            let index = self.source.index_of(case.entry.id())?;
            ((index as usize) < known).then_some((Id(index), case.alert))
        });
        cases.collect()
    }

    /// Whether a power loss now would leave a pack where it stands.
    pub(super) fn is_pack_durable(&self, fs: &Fs, ino: Ino, dir: Ino) -> bool {
        let Some(name) = self.packs.get(&ino).filter(|_| dir != NOWHERE) else {
            return false;
        };
        fs.bytes_durable(ino) && fs.name_durable(dir, name) && fs.dir_durable(dir)
    }

    /// Power failed, and a pack is found in a directory of cases: the alerts that it has lines of.
    pub(super) fn pack_found(&mut self, view: &mut View<'_>, ino: Ino, name: &[u8]) -> Vec<Id> {
        view.set_note(ino, PACK);
        self.packs.insert(ino, name.to_vec());
        let packed = self.packed(view.fs(), ino).into_iter();
        packed.map(|(id, _)| id).collect()
    }

    /// Whether the file that counts for an alert has its bytes: a file of its own, or its line of a pack.
    pub(super) fn is_whole_of(&self, fs: &Fs, id: Id, ino: Ino) -> bool {
        if fs.note(ino) != PACK {
            return self.is_whole(fs, ino);
        }
        let packed = self.packed(fs, ino);
        packed
            .iter()
            .any(|(one, alert)| *one == id && self.is_alert(id, alert))
    }

    /// Whether these are the alert's bytes: all of them, nothing else.
    fn is_alert(&self, id: Id, bytes: &[u8]) -> bool {
        self.source.is_payload(id.0, bytes)
    }
}
