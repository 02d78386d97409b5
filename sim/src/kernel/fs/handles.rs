//! What is open: files, directories and locks, each owned by a process.

use super::Ino;
use super::records::Rec;
use crate::kernel::options::ProcessId;
use host::Errno;

/// What a handle is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grip {
    /// A program's root directory: never closed, never counted.
    Root,
    Dir,
    Read,
    Append,
    Lock,
}

/// Where a scan stands.
#[derive(Clone, Default)]
pub(crate) struct Cursor {
    /// The last entry returned: its key in the scan order, and the tie.
    pub(crate) last: Option<(u32, Rec)>,
    /// The listing of a [`DirectoryProfile::Snapshot`](super::DirectoryProfile::Snapshot), and how far it was returned.
    pub(crate) listing: Option<Box<Listing>>,
}

/// The names of a directory at one moment.
#[derive(Clone)]
pub(crate) struct Listing {
    pub(crate) bytes: Vec<u8>,
    pub(crate) entries: Vec<(u32, u8, super::Node)>,
    pub(crate) next: usize,
}

/// One open handle.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) ino: Ino,
    pub(crate) process: ProcessId,
    pub(crate) grip: Grip,
    generation: u32,
    is_open: bool,
    pub(crate) cursor: Cursor,
    /// Since it was opened bytes of its filesystem, or of its file, were given up, and it has told nobody: its next sync fails, as
    /// that of every descriptor does which was open then (Linux 5.8 and later, syncfs(2) and `errseq_t`).
    pub(crate) owes_error: Option<Errno>,
}

/// A handle's number is its slot and, above that, how often the slot was used before: a stale number is refused.
const SLOT_BITS: u32 = 18;

/// All open handles of a machine.
#[derive(Clone, Default)]
pub(crate) struct Handles {
    slots: Vec<Handle>,
    free: Vec<u32>,
    /// How many each process has open, by its number.
    counts: Vec<u32>,
}

impl Handles {
    /// How many `process` has open, its root not counted.
    pub(crate) fn count(&self, process: ProcessId) -> u32 {
        self.counts
            .get(usize::from(process.0))
            .copied()
            .unwrap_or(0)
    }

    /// The processes that have had something open.
    pub(crate) fn processes(&self) -> Vec<ProcessId> {
        let mut all: Vec<ProcessId> = self.slots.iter().map(|handle| handle.process).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(crate) fn open(&mut self, ino: Ino, process: ProcessId, grip: Grip) -> u32 {
        if grip != Grip::Root {
            let at = usize::from(process.0);
            if self.counts.len() <= at {
                self.counts.resize(at + 1, 0);
            }
            self.counts[at] += 1;
        }
        let handle = |generation| Handle {
            ino,
            process,
            grip,
            generation,
            is_open: true,
            cursor: Cursor::default(),
            owes_error: None,
        };
        if let Some(slot) = self.free.pop() {
            let generation = self.slots[slot as usize].generation + 1;
            self.slots[slot as usize] = handle(generation % (1 << (32 - SLOT_BITS)));
            return self.id(slot);
        }
        let slot = self.slots.len() as u32;
        assert!(
            slot < 1 << SLOT_BITS,
            "more handles are open at once than a machine has"
        );
        self.slots.push(handle(0));
        self.id(slot)
    }

    fn id(&self, slot: u32) -> u32 {
        self.slots[slot as usize].generation << SLOT_BITS | slot
    }

    /// The open handle `id` of `process`.
    #[inline]
    pub(crate) fn get(&mut self, id: u32, process: ProcessId) -> Result<&mut Handle, Errno> {
        let slot = (id & ((1 << SLOT_BITS) - 1)) as usize;
        match self.slots.get_mut(slot) {
            Some(handle)
                if handle.is_open
                    && handle.generation == id >> SLOT_BITS
                    && handle.process == process =>
            {
                Ok(handle)
            }
            _ => Err(Errno::BadHandle),
        }
    }

    /// What a handle is open on, whoever owns it.
    pub(crate) fn peek(&self, id: u32) -> Option<Ino> {
        let slot = (id & ((1 << SLOT_BITS) - 1)) as usize;
        let handle = self.slots.get(slot)?;
        (handle.is_open && handle.generation == id >> SLOT_BITS).then_some(handle.ino)
    }

    /// Closes a handle and says what it was open on.
    pub(crate) fn close(
        &mut self,
        id: u32,
        process: ProcessId,
        is_kind: impl Fn(Grip) -> bool,
    ) -> Result<(Ino, Grip), Errno> {
        let handle = self.get(id, process)?;
        if !is_kind(handle.grip) {
            return Err(Errno::BadHandle);
        }
        handle.is_open = false;
        handle.cursor = Cursor::default();
        let (ino, grip) = (handle.ino, handle.grip);
        if grip != Grip::Root {
            self.counts[usize::from(process.0)] -= 1;
        }
        self.free.push(id & ((1 << SLOT_BITS) - 1));
        Ok((ino, grip))
    }

    /// The numbers of all that `process` has open.
    pub(crate) fn of_process(&self, process: ProcessId) -> Vec<u32> {
        (0..self.slots.len() as u32)
            .filter(|&slot| {
                let handle = &self.slots[slot as usize];
                handle.is_open && handle.process == process
            })
            .map(|slot| self.id(slot))
            .collect()
    }

    /// All open handles, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Handle> {
        self.slots.iter_mut().filter(|handle| handle.is_open)
    }

    /// All open handles.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Handle> {
        self.slots.iter().filter(|handle| handle.is_open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_or_foreign_number_is_refused() {
        let mut handles = Handles::default();
        let (ours, theirs) = (ProcessId(1), ProcessId(2));
        let a = handles.open(Ino(5), ours, Grip::Dir);
        assert_eq!(handles.get(a, ours).map(|h| h.ino), Ok(Ino(5)));
        assert!(handles.get(a, theirs).is_err());
        assert!(handles.close(a, ours, |grip| grip == Grip::Lock).is_err());
        assert!(handles.close(a, ours, |grip| grip == Grip::Dir).is_ok());
        let b = handles.open(Ino(6), ours, Grip::Read);
        assert_ne!(a, b);
        assert!(handles.get(a, ours).is_err());
        assert_eq!((handles.count(ours), handles.count(theirs)), (1, 0));
        assert_eq!(handles.of_process(ours), [b]);
    }
}
