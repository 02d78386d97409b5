//! What is durable, and what the ledger says, held against the census.

use super::Watch;
use super::packs::PACK;
use super::places::{NOWHERE, SEGMENT};
use crate::kernel::{Fs, Ino, View};
use contract::{Actor, Id, Place, Side};
use spool::EntryName;
use spool::ledger::{Record, parse_record};
use std::collections::BTreeSet;

impl Watch {
    /// Judges what is due before a call acts.
    pub fn before(&mut self, view: &View<'_>) {
        if self.to_acknowledge.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.to_acknowledge);
        // Directory by directory: its own durability is asked once.
        waiting.sort_by_key(|id| self.primary[id.0 as usize].1);
        let mut rest = &waiting[..];
        while let Some(first) = rest.first() {
            let dir = self.dir_of(*first);
            let count = rest
                .iter()
                .take_while(|id| self.dir_of(**id) == dir)
                .count();
            let (here, later) = rest.split_at(count);
            rest = later;
            let durable = durable_children(view.fs(), dir);
            for id in here {
                let (ino, _) = self.primary[id.0 as usize];
                // What a power loss took and left the record of, the queue misses as it misses what vanished.
                let place = self.contract.census().get(*id).place;
                let is_gone =
                    place == Place::Vanished || place == Place::Source && self.has_lost_power;
                // A group commit after it was published: whatever is moved later, it keeps a durable name.
                let is_anchored = self.published[id.0 as usize] < self.committed;
                let is_durable = is_gone || is_anchored || durable.contains(&ino);
                self.contract.acknowledged(*id, is_durable, self.step);
            }
        }
    }

    pub(super) fn dir_of(&self, id: Id) -> Ino {
        self.primary[id.0 as usize].1
    }

    /// Whether a power loss now would leave the entry's file where the census has it.
    pub(super) fn is_durable(&self, fs: &Fs, id: Id, entry: EntryName) -> bool {
        let (ino, dir) = self.primary[id.0 as usize];
        if dir == NOWHERE {
            return false;
        }
        if fs.note(ino) == PACK {
            return self.is_pack_durable(fs, ino, dir);
        }
        let is_named = match self.contract.census().get(id).place {
            Place::Cased => {
                // By name and not by `dir_durable`, which would look for it among all cases of the hour.
                let shelf = fs.parent_of(dir);
                fs.name_durable(dir, b"alert.json")
                    && fs.name_durable(shelf, &entry.id().to_hex())
                    && fs.dir_durable(shelf)
            }
            _ => fs.name_durable(dir, entry.as_ref()) && fs.dir_durable(dir),
        };
        // A script, or whoever spoils a file, syncs nothing, and a sync that failed when nobody asked for its file took what no later
        // sync gives back.
        let is_foreign =
            self.source.is_dropped(id.0) || self.contract.census().get(id).facts.is_bad;
        let is_given_up = is_foreign && fs.is_doomed(ino);
        (fs.bytes_durable(ino) || is_given_up) && is_named
    }

    /// Bytes were appended: to the ledger, or by an outsider to an alert.
    pub(super) fn appended(&mut self, view: &View<'_>, actor: Actor, ino: Ino, bytes: &[u8]) {
        let note = view.fs().note(ino);
        if note == SEGMENT {
            self.ledger_appended(view, ino, bytes);
        } else if self.actor(actor).side == Side::Outside
            && let Some(id) = self.noted(view.fs(), ino)
        {
            // What is written into a file after its worker has read it, nobody can see: the contract does not ask for it.
            if self.contract.census().get(id).place == Place::Claimed {
                self.edited_in_hand.insert(id);
            }
            self.contract.spoil(id);
        }
    }

    /// Reads what was appended to a ledger segment, and holds each record against the census.
    pub(super) fn ledger_appended(&mut self, view: &View<'_>, ino: Ino, bytes: &[u8]) {
        let mut tail = self.segment_tails.remove(&ino).unwrap_or_default();
        tail.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(len) = tail[start..].iter().position(|byte| *byte == b'\n') {
            let record = parse_record(&tail[start..start + len]);
            start += len + 1;
            if let Some(Record::Published { entries, .. }) = &record {
                let known = entries
                    .iter()
                    .filter_map(|entry| self.source.index_of(entry.id()));
                self.told
                    .extend(known.filter(|index| self.source.is_dropped(*index)));
            }
            let Some(Record::Completed {
                cased,
                quarantined,
                duplicates,
                ..
            }) = record
            else {
                continue;
            };
            for entry in cased {
                self.record(view, ino, entry, Place::Cased);
            }
            for bad in quarantined {
                self.record(view, ino, bad.entry, Place::Quarantined);
            }
            // That a copy is dropped says that there is a case.
            for entry in duplicates {
                self.record(view, ino, entry, Place::Cased);
            }
        }
        tail.drain(..start);
        if !tail.is_empty() {
            self.segment_tails.insert(ino, tail);
        }
    }

    pub(super) fn record(&mut self, view: &View<'_>, segment: Ino, entry: EntryName, place: Place) {
        let Some(index) = self.source.index_of(entry.id()) else {
            return;
        };
        let id = Id(index);
        let known = self.contract.census().get(id);
        // A copy that somebody made, and that is bad now: its alert has its case all the same.
        if place == Place::Quarantined && known.place == Place::Cased && 0 < known.copies {
            return;
        }
        let is_durable = self.is_durable(view.fs(), id, entry);
        self.contract.recorded(id, place, is_durable, self.step);
        self.recorded.push((segment, id));
    }

    pub(super) fn settle_records(&mut self, segment: Option<Ino>, is_kept: bool) {
        if self.recorded.is_empty() {
            return;
        }
        let contract = &mut self.contract;
        self.recorded.retain(|(ino, id)| {
            let is_settled = segment.is_none_or(|segment| segment == *ino);
            if is_settled {
                contract.record_settled(*id, is_kept);
            }
            !is_settled
        });
    }
}

/// The files in a directory whose bytes, names and directory a power loss now would leave.
fn durable_children(fs: &Fs, dir: Ino) -> BTreeSet<Ino> {
    if dir == NOWHERE || !fs.dir_durable(dir) {
        return BTreeSet::new();
    }
    let is_durable =
        |(name, ino): &(&[u8], Ino)| fs.bytes_durable(*ino) && fs.name_durable(dir, name);
    fs.children(dir)
        .filter(is_durable)
        .map(|(_, ino)| ino)
        .collect()
}
