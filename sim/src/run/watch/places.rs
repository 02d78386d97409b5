//! Notes on inodes: the alert of a file, the place of a directory.

use super::Watch;
use crate::kernel::{Fs, Ino, Machine, Node};
use crate::run::program::foundry::ROOT;
use crate::run::source::index_of_legacy_name;
use contract::{Id, Place};
use spool::EntryName;

/// The ledger's note.
pub(super) const LEDGER: u32 = 100;
/// A ledger segment's note.
pub(in crate::run) const SEGMENT: u32 = u32::MAX - 1;
pub(super) const NONE: u32 = crate::kernel::NO_NOTE;
/// The directory of an alert that has no file.
pub(super) const NOWHERE: Ino = Ino(u32::MAX);

impl Watch {
    pub(super) fn note_of_dir(&self, fs: &Fs, above: u32, ino: Ino) -> u32 {
        match inherited(above) {
            Some(note) => note,
            None => self.note_of_path(&fs.path(ino)),
        }
    }

    pub(super) fn note_of_dir_named(&self, fs: &Fs, above: u32, parent: Ino, name: &[u8]) -> u32 {
        if let Some(note) = inherited(above) {
            return note;
        }
        let mut path = fs.path(parent);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        self.note_of_path(&path)
    }

    pub(super) fn note_of_path(&self, path: &[u8]) -> u32 {
        let path = String::from_utf8_lossy(path);
        if path.ends_with("/ledger") {
            return LEDGER;
        }
        self.layout
            .place_of(&path)
            .map_or(NONE, |place| place as u32)
    }

    pub(super) fn noted(&self, fs: &Fs, ino: Ino) -> Option<Id> {
        let note = fs.note(ino);
        let is_alert = fs.node(ino) != Node::Dir && (note as usize) < self.primary.len();
        is_alert.then_some(Id(note))
    }

    pub(super) fn id_of(&self, fs: &Fs, ino: Ino, name: &[u8]) -> Option<Id> {
        let index = match EntryName::parse(name) {
            Some(entry) => self.source.index_of(entry.id()),
            None => index_of_legacy_name(name).or(self.noted(fs, ino).map(|id| id.0)),
        };
        index
            .filter(|index| (*index as usize) < self.primary.len())
            .map(Id)
    }

    /// Notes the alert that a file which is there from the start stands for.
    pub fn adopt_initial(&mut self, machine: &mut Machine, ino: Ino, dir: Ino, index: u32) {
        machine.set_note(ino, index);
        self.primary[index as usize] = (ino, dir);
        self.contract
            .place_initially(Id(index), Place::Pending, false);
    }

    /// Notes the places of directories that are there from the start.
    pub fn note_dirs(&mut self, machine: &mut Machine, paths: &[&str]) {
        for path in paths {
            if let Some(ino) = machine.fs().at(path.as_bytes()) {
                machine.set_note(ino, self.note_of_path(path.as_bytes()));
            }
        }
    }
}

/// The directory into which scripts put their files; `None` if there is none.
pub(in crate::run) fn inbox(fs: &Fs) -> Option<Ino> {
    fs.at(format!("{ROOT}/inbox").as_bytes())
}

/// The place that a directory's note says.
pub(super) fn place_of(note: u32) -> Option<Place> {
    Place::ALL.get(note as usize).copied()
}

/// Below claims and cases everything is of the same place, however deep.
fn inherited(above: u32) -> Option<u32> {
    [Place::Claimed as u32, Place::Cased as u32]
        .contains(&above)
        .then_some(above)
}
