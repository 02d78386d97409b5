//! The files of a machine that is off, and other machines that begin with them; and copies of a machine's files that somebody
//! puts back later.

use super::handles::Handles;
use super::journal::Journal;
use super::records::Rec;
use super::{Fs, FsOptions, Touched};

impl Fs {
    /// Brings the files to rest: all of them durable, as a machine leaves them that is shut down in good order, and without a
    /// memory of who has read them. No handle may be open.
    pub(crate) fn rest(&mut self) {
        for device in 0..self.journals.len() as u8 {
            self.sync_device(device);
        }
        let dirs = (0..self.dirs.places()).map(|at| &self.dirs[at]);
        let recs: Vec<Rec> = dirs
            .flat_map(|dir| dir.table.after(None).map(|slot| slot.rec()))
            .collect();
        for rec in recs {
            self.records.forget_seen(rec);
        }
        self.handles = Handles::default();
        self.touched = Touched::NOTHING;
    }

    /// The files as a copy of the disk has them that was taken now, while programs were at work: whatever was written, and nothing
    /// that is open.
    pub(crate) fn copied(&self) -> Fs {
        let mut copy = self.clone();
        for process in copy.handles.processes() {
            copy.close_process(process);
        }
        copy.rest();
        copy
    }

    /// The same files in a machine with these options. Directories keep their order; what the new machine draws, it draws from
    /// its own seed. These files must be at [rest](Fs::rest).
    pub(crate) fn copy(&self, options: FsOptions) -> Fs {
        let fresh = Fs::new(options);
        Fs {
            hash_seed: self.hash_seed,
            records: self.records.clone(),
            inodes: self.inodes.clone(),
            dirs: self.dirs.clone(),
            blobs: self.blobs.clone(),
            journals: self.journals.iter().map(Journal::at_rest).collect(),
            usage: self.usage,
            seq: self.seq,
            ..fresh
        }
    }
}
