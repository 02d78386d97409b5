//! A machine in memory: the files of one directory, a clock that only sleeping moves, and calls that fail on demand.

use host::{At, Call, DirId, Errno, FileId, Host, HostError, LockId, Meta, Millis, Names, Result};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) struct Machine {
    /// The clock, in milliseconds.
    pub(crate) now: Cell<i64>,
    /// The call that fails, and how.
    pub(crate) broken: Cell<Option<(Call, Errno)>>,
    /// Every wait.
    pub(crate) sleeps: RefCell<Vec<Duration>>,
    files: RefCell<BTreeMap<Vec<u8>, u32>>,
    bytes: RefCell<Vec<Vec<u8>>>,
}

impl Machine {
    pub(crate) fn new(now: i64) -> Self {
        Machine {
            now: Cell::new(now),
            broken: Cell::new(None),
            sleeps: RefCell::default(),
            files: RefCell::default(),
            bytes: RefCell::default(),
        }
    }

    /// Puts a file in place of what has its name.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        self.files.borrow_mut().remove(name.as_bytes());
        let file = self.create_new(At::new(self.root(), name)).unwrap();
        self.append(file, bytes).unwrap();
    }

    /// A file's bytes.
    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let number = *self.files.borrow().get(name.as_bytes())?;
        Some(self.bytes.borrow()[number as usize].clone())
    }

    fn call(&self, call: Call) -> Result<()> {
        match self.broken.get() {
            Some((broken, errno)) if broken == call => Err(HostError::new(call, errno)),
            _ => Ok(()),
        }
    }

    fn open(&self, call: Call, at: At<'_>) -> Result<FileId> {
        self.call(call)?;
        let found = self.files.borrow().get(at.path).copied();
        let missing = HostError::new(call, Errno::NotFound);
        found.map(FileId).ok_or(missing)
    }
}

/// The answer of calls that the poller has no business to make.
fn never<T>(call: Call) -> Result<T> {
    Err(HostError::new(call, Errno::Invalid))
}

impl Host for Machine {
    fn root(&self) -> DirId {
        DirId(0)
    }

    fn create_new(&self, at: At<'_>) -> Result<FileId> {
        self.call(Call::CreateNew)?;
        if self.files.borrow().contains_key(at.path) {
            return Err(HostError::new(Call::CreateNew, Errno::Exists));
        }
        let number = u32::try_from(self.bytes.borrow().len()).unwrap();
        self.bytes.borrow_mut().push(Vec::new());
        self.files.borrow_mut().insert(at.path.to_vec(), number);
        Ok(FileId(number))
    }

    fn open_append(&self, at: At<'_>) -> Result<FileId> {
        self.open(Call::OpenAppend, at)
    }

    fn open_read(&self, at: At<'_>) -> Result<FileId> {
        self.open(Call::OpenRead, at)
    }

    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        self.call(Call::Read)?;
        let bytes = self.bytes.borrow();
        let rest = &bytes[file.0 as usize][usize::try_from(offset).unwrap()..];
        let part = &rest[..rest.len().min(max)];
        into.extend_from_slice(part);
        Ok(part.len())
    }

    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()> {
        self.call(Call::Append)?;
        self.bytes.borrow_mut()[file.0 as usize].extend_from_slice(bytes);
        Ok(())
    }

    fn close(&self, _: FileId) {}

    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.call(Call::Rename)?;
        let mut files = self.files.borrow_mut();
        let missing = HostError::new(Call::Rename, Errno::NotFound);
        let number = files.remove(from.path).ok_or(missing)?;
        files.insert(to.path.to_vec(), number);
        Ok(())
    }

    fn unlink(&self, at: At<'_>) -> Result<()> {
        self.call(Call::Unlink)?;
        let missing = HostError::new(Call::Unlink, Errno::NotFound);
        let removed = self.files.borrow_mut().remove(at.path);
        removed.map(drop).ok_or(missing)
    }

    fn sync_file(&self, _: FileId) -> Result<()> {
        self.call(Call::SyncFile)
    }

    fn sync_dir(&self, _: DirId) -> Result<()> {
        self.call(Call::SyncDir)
    }

    fn now(&self) -> Millis {
        Millis(self.now.get())
    }

    fn sleep(&self, duration: Duration) {
        self.sleeps.borrow_mut().push(duration);
        let millis = i64::try_from(duration.as_millis()).unwrap();
        self.now.set(self.now.get() + millis);
    }

    fn open_dir(&self, _: At<'_>) -> Result<DirId> {
        never(Call::OpenDir)
    }

    fn close_dir(&self, _: DirId) {}

    fn read_dir(&self, _: DirId, _: &mut Names) -> Result<()> {
        never(Call::ReadDir)
    }

    fn rewind_dir(&self, _: DirId) -> Result<()> {
        never(Call::RewindDir)
    }

    fn mkdir(&self, _: At<'_>) -> Result<()> {
        never(Call::Mkdir)
    }

    fn rmdir(&self, _: At<'_>) -> Result<()> {
        never(Call::Rmdir)
    }

    fn stat(&self, _: At<'_>) -> Result<Meta> {
        never(Call::Stat)
    }

    fn rename_noreplace(&self, _: At<'_>, _: At<'_>) -> Result<()> {
        never(Call::RenameNoreplace)
    }

    fn link(&self, _: At<'_>, _: At<'_>) -> Result<()> {
        never(Call::Link)
    }

    fn sync_all(&self, _: DirId) -> Result<()> {
        never(Call::SyncAll)
    }

    fn lock(&self, _: At<'_>) -> Result<LockId> {
        never(Call::Lock)
    }

    fn unlock(&self, _: LockId) {}
}
