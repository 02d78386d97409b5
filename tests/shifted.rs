//! A machine whose clock is wrong by so much, whose calls are counted, and on which other programs hold files, and that is the
//! real one in everything else.

use host::{At, Call, DirId, Errno, FileId, Host, HostError, LockId, Meta, Millis, Names, Result};
use std::cell::Cell;
use std::time::Duration;

/// Whether another program holds what this call would move or remove, by its first path.
type IsHeld<'h> = Box<dyn Fn(Call, &[u8]) -> bool + 'h>;

/// A machine with another time.
pub struct Shifted<'h> {
    host: &'h dyn Host,
    by_ms: i64,
    calls: Cell<u64>,
    is_held: IsHeld<'h>,
}

impl<'h> Shifted<'h> {
    /// The machine `host` with a clock that is ahead by so many milliseconds.
    pub fn new(host: &'h dyn Host, by_ms: i64) -> Self {
        Shifted {
            host,
            by_ms,
            calls: Cell::new(0),
            is_held: Box::new(|_, _| false),
        }
    }

    /// The machine `host` on which another program holds what a call would move or remove if `is_held` says so of the call and
    /// its first path. It is asked right before the call.
    pub fn holding(host: &'h dyn Host, is_held: impl Fn(Call, &[u8]) -> bool + 'h) -> Self {
        Shifted {
            is_held: Box::new(is_held),
            ..Shifted::new(host, 0)
        }
    }

    fn unless_held(&self, call: Call, at: At<'_>) -> Result<&'h dyn Host> {
        match (self.is_held)(call, at.path) {
            true => Err(HostError::new(call, Errno::Busy)),
            false => Ok(self.counted()),
        }
    }

    /// The calls that were made of it, but for looks at its clock.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    fn counted(&self) -> &'h dyn Host {
        self.calls.set(self.calls.get() + 1);
        self.host
    }
}

impl Host for Shifted<'_> {
    fn root(&self) -> DirId {
        self.host.root()
    }

    fn open_dir(&self, at: At<'_>) -> Result<DirId> {
        self.counted().open_dir(at)
    }

    fn close_dir(&self, dir: DirId) {
        self.counted().close_dir(dir);
    }

    fn read_dir(&self, dir: DirId, names: &mut Names) -> Result<()> {
        self.counted().read_dir(dir, names)
    }

    fn rewind_dir(&self, dir: DirId) -> Result<()> {
        self.counted().rewind_dir(dir)
    }

    fn mkdir(&self, at: At<'_>) -> Result<()> {
        self.counted().mkdir(at)
    }

    fn rmdir(&self, at: At<'_>) -> Result<()> {
        self.unless_held(Call::Rmdir, at)?.rmdir(at)
    }

    fn create_new(&self, at: At<'_>) -> Result<FileId> {
        self.counted().create_new(at)
    }

    fn open_append(&self, at: At<'_>) -> Result<FileId> {
        self.counted().open_append(at)
    }

    fn open_read(&self, at: At<'_>) -> Result<FileId> {
        self.counted().open_read(at)
    }

    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        self.counted().read(file, offset, into, max)
    }

    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()> {
        self.counted().append(file, bytes)
    }

    fn close(&self, file: FileId) {
        self.counted().close(file);
    }

    fn stat(&self, at: At<'_>) -> Result<Meta> {
        self.counted().stat(at)
    }

    fn rename_noreplace(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.unless_held(Call::RenameNoreplace, from)?
            .rename_noreplace(from, to)
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.unless_held(Call::Rename, from)?.rename(from, to)
    }

    fn link(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.counted().link(from, to)
    }

    fn unlink(&self, at: At<'_>) -> Result<()> {
        self.unless_held(Call::Unlink, at)?.unlink(at)
    }

    fn sync_file(&self, file: FileId) -> Result<()> {
        self.counted().sync_file(file)
    }

    fn sync_dir(&self, dir: DirId) -> Result<()> {
        self.counted().sync_dir(dir)
    }

    fn sync_all(&self, dir: DirId) -> Result<()> {
        self.counted().sync_all(dir)
    }

    fn lock(&self, at: At<'_>) -> Result<LockId> {
        self.counted().lock(at)
    }

    fn unlock(&self, lock: LockId) {
        self.counted().unlock(lock);
    }

    fn now(&self) -> Millis {
        Millis(self.host.now().0 + self.by_ms)
    }

    fn sleep(&self, duration: Duration) {
        self.counted().sleep(duration);
    }
}
