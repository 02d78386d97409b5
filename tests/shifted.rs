//! A machine whose clock is wrong by so much, and that is the real one in everything else.

use host::{At, DirId, FileId, Host, LockId, Meta, Millis, Names, Result};
use std::time::Duration;

/// A machine with another time.
pub struct Shifted<'h> {
    /// The machine.
    pub host: &'h dyn Host,
    /// By how many milliseconds its clock is ahead of that machine's.
    pub by_ms: i64,
}

impl Host for Shifted<'_> {
    fn root(&self) -> DirId {
        self.host.root()
    }

    fn open_dir(&self, at: At<'_>) -> Result<DirId> {
        self.host.open_dir(at)
    }

    fn close_dir(&self, dir: DirId) {
        self.host.close_dir(dir);
    }

    fn read_dir(&self, dir: DirId, names: &mut Names) -> Result<()> {
        self.host.read_dir(dir, names)
    }

    fn rewind_dir(&self, dir: DirId) -> Result<()> {
        self.host.rewind_dir(dir)
    }

    fn mkdir(&self, at: At<'_>) -> Result<()> {
        self.host.mkdir(at)
    }

    fn rmdir(&self, at: At<'_>) -> Result<()> {
        self.host.rmdir(at)
    }

    fn create_new(&self, at: At<'_>) -> Result<FileId> {
        self.host.create_new(at)
    }

    fn open_append(&self, at: At<'_>) -> Result<FileId> {
        self.host.open_append(at)
    }

    fn open_read(&self, at: At<'_>) -> Result<FileId> {
        self.host.open_read(at)
    }

    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        self.host.read(file, offset, into, max)
    }

    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()> {
        self.host.append(file, bytes)
    }

    fn close(&self, file: FileId) {
        self.host.close(file);
    }

    fn stat(&self, at: At<'_>) -> Result<Meta> {
        self.host.stat(at)
    }

    fn rename_noreplace(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.host.rename_noreplace(from, to)
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.host.rename(from, to)
    }

    fn link(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.host.link(from, to)
    }

    fn unlink(&self, at: At<'_>) -> Result<()> {
        self.host.unlink(at)
    }

    fn sync_file(&self, file: FileId) -> Result<()> {
        self.host.sync_file(file)
    }

    fn sync_dir(&self, dir: DirId) -> Result<()> {
        self.host.sync_dir(dir)
    }

    fn sync_all(&self, dir: DirId) -> Result<()> {
        self.host.sync_all(dir)
    }

    fn lock(&self, at: At<'_>) -> Result<LockId> {
        self.host.lock(at)
    }

    fn unlock(&self, lock: LockId) {
        self.host.unlock(lock);
    }

    fn now(&self) -> Millis {
        Millis(self.host.now().0 + self.by_ms)
    }

    fn sleep(&self, duration: Duration) {
        self.host.sleep(duration);
    }
}
