//! The real machine: [`OsHost`] turns each call of [`host::Host`] into the system call that it is named for.
//!
//! This is the only crate that touches the operating system's files and clock. It is thin on purpose: what the calls mean
//! is written in `host`, and `tests/conformance` holds this host and the simulated one to the same sentences.
//!
//! - [`OsHost`] may be shared by threads. A handle closed by one thread while another uses it stays open for that one call.
//! - A call interrupted by a signal is made again.
//! - Files are made with mode 0640 and directories with 0750, less the umask.
//! - Whose things are ([`effective_user`], [`OsHost::owner`]) and what is left of a filesystem ([`space()`]) are no part of the
//!   seam: no queue decides on them.
//! - `renameat2` is what a claim stands on; see `noreplace.rs` for filesystems that do not have it.

mod errno;
mod handles;
mod noreplace;
mod owner;
mod path;
mod scan;
mod space;
#[cfg(test)]
mod tests;

/// What `handles` locks with. The loom model puts loom's own types here.
mod sync {
    pub(crate) use std::sync::{Arc, Mutex};
}

pub use owner::{effective_user, user_name};
pub use space::{Space, space};

use errno::failed;
use handles::Handles;
use host::{At, Call, DirId, Errno, FileId, Host, HostError, LockId, Meta, Millis, Names, Result};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, SeekFrom};
use rustix::io::retry_on_intr;
use rustix::thread::NanosleepRelativeResult;
use rustix::time::{ClockId, Timespec};
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Of every opened name: no leak into child processes, no link followed, no waiting for a FIFO's other end, no terminal.
const ALWAYS: OFlags = OFlags::CLOEXEC
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);
const FILE_MODE: Mode = Mode::from_raw_mode(0o640);
const DIR_MODE: Mode = Mode::from_raw_mode(0o750);
/// The root's number in the table of directories.
const ROOT: u32 = 0;
/// The most that one `read` brings; callers loop anyway. It is on the stack, so that a read allocates only what it found.
const READ_BYTES: usize = 16 * 1024;

/// The real machine, seen from one directory.
///
/// Dropping it closes every handle and gives every lock back.
pub struct OsHost {
    dirs: Handles<OwnedFd>,
    files: Handles<OwnedFd>,
    locks: Handles<OwnedFd>,
}

impl OsHost {
    /// The machine, seen from the directory `root`, which must exist. A symbolic link to it is followed.
    pub fn new(root: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = retry_on_intr(|| rustix::fs::open(root, flags, Mode::empty()))
            .map_err(failed(Call::OpenDir))?;
        let dirs = Handles::starting_at(ROOT);
        dirs.insert(fd);
        Ok(OsHost {
            dirs,
            files: Handles::starting_at(1),
            locks: Handles::starting_at(1),
        })
    }

    fn dir(&self, call: Call, dir: DirId) -> Result<Arc<OwnedFd>> {
        let closed = HostError::new(call, Errno::BadHandle);
        self.dirs.get(dir.0).ok_or(closed)
    }

    fn file(&self, call: Call, file: FileId) -> Result<Arc<OwnedFd>> {
        let closed = HostError::new(call, Errno::BadHandle);
        self.files.get(file.0).ok_or(closed)
    }

    /// The directory that the path of `at` starts from, once the path is known to stay below it.
    fn start(&self, call: Call, at: At<'_>) -> Result<Arc<OwnedFd>> {
        if !path::is_plain(at.path) {
            return Err(HostError::new(call, Errno::Invalid));
        }
        self.dir(call, at.dir)
    }

    fn open(&self, call: Call, at: At<'_>, flags: OFlags) -> Result<OwnedFd> {
        let dir = self.start(call, at)?;
        retry_on_intr(|| rustix::fs::openat(&*dir, at.path, flags | ALWAYS, FILE_MODE))
            .map_err(failed(call))
    }

    fn open_file(&self, call: Call, at: At<'_>, flags: OFlags) -> Result<FileId> {
        Ok(FileId(self.files.insert(self.open(call, at, flags)?)))
    }
}

impl Host for OsHost {
    fn root(&self) -> DirId {
        DirId(ROOT)
    }

    fn open_dir(&self, at: At<'_>) -> Result<DirId> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match self.open(Call::OpenDir, at, flags) {
            Ok(fd) => Ok(DirId(self.dirs.insert(fd))),
            // Linux looks at `O_DIRECTORY` first, so it does not say that the name is a link.
            Err(error) if error.errno == Errno::NotDir && self.is_link(at) => {
                Err(HostError::new(Call::OpenDir, Errno::Loop))
            }
            Err(error) => Err(error),
        }
    }

    fn close_dir(&self, dir: DirId) {
        if dir != self.root() {
            drop(self.dirs.remove(dir.0));
        }
    }

    fn read_dir(&self, dir: DirId, names: &mut Names) -> Result<()> {
        let dir = self.dir(Call::ReadDir, dir)?;
        scan::read(dir.as_fd(), names).map_err(failed(Call::ReadDir))
    }

    fn rewind_dir(&self, dir: DirId) -> Result<()> {
        let dir = self.dir(Call::RewindDir, dir)?;
        rustix::fs::seek(&*dir, SeekFrom::Start(0)).map_err(failed(Call::RewindDir))?;
        Ok(())
    }

    fn mkdir(&self, at: At<'_>) -> Result<()> {
        let dir = self.start(Call::Mkdir, at)?;
        rustix::fs::mkdirat(&*dir, at.path, DIR_MODE).map_err(failed(Call::Mkdir))
    }

    fn rmdir(&self, at: At<'_>) -> Result<()> {
        let dir = self.start(Call::Rmdir, at)?;
        rustix::fs::unlinkat(&*dir, at.path, AtFlags::REMOVEDIR).map_err(failed(Call::Rmdir))
    }

    fn create_new(&self, at: At<'_>) -> Result<FileId> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL;
        self.open_file(Call::CreateNew, at, flags)
    }

    fn open_append(&self, at: At<'_>) -> Result<FileId> {
        self.open_file(Call::OpenAppend, at, OFlags::WRONLY | OFlags::APPEND)
    }

    fn open_read(&self, at: At<'_>) -> Result<FileId> {
        self.open_file(Call::OpenRead, at, OFlags::RDONLY)
    }

    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        let file = self.file(Call::Read, file)?;
        let max = max.min(READ_BYTES);
        loop {
            let mut buffer = [MaybeUninit::<u8>::uninit(); READ_BYTES];
            match rustix::io::pread(&*file, &mut buffer[..max], offset) {
                Ok((bytes, _)) => {
                    into.extend_from_slice(bytes);
                    return Ok(bytes.len());
                }
                Err(rustix::io::Errno::INTR) => {}
                // A FIFO or a terminal has no offsets. The promise is that it reads as empty.
                Err(rustix::io::Errno::SPIPE) => return Ok(0),
                Err(errno) => return Err(failed(Call::Read)(errno)),
            }
        }
    }

    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()> {
        let file = self.file(Call::Append, file)?;
        write_all(bytes, |part| rustix::io::write(&*file, part))
    }

    fn close(&self, file: FileId) {
        drop(self.files.remove(file.0));
    }

    fn stat(&self, at: At<'_>) -> Result<Meta> {
        let dir = self.start(Call::Stat, at)?;
        let stat = rustix::fs::statat(&*dir, at.path, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(failed(Call::Stat))?;
        Ok(meta(&stat))
    }

    fn rename_noreplace(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        let source = self.start(Call::RenameNoreplace, from)?;
        let target = self.start(Call::RenameNoreplace, to)?;
        noreplace::rename((source.as_fd(), from.path), (target.as_fd(), to.path))
            .map_err(failed(Call::RenameNoreplace))
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        let source = self.start(Call::Rename, from)?;
        let target = self.start(Call::Rename, to)?;
        rustix::fs::renameat(&*source, from.path, &*target, to.path).map_err(failed(Call::Rename))
    }

    fn link(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        let source = self.start(Call::Link, from)?;
        let target = self.start(Call::Link, to)?;
        rustix::fs::linkat(&*source, from.path, &*target, to.path, AtFlags::empty())
            .map_err(failed(Call::Link))
    }

    fn unlink(&self, at: At<'_>) -> Result<()> {
        let dir = self.start(Call::Unlink, at)?;
        rustix::fs::unlinkat(&*dir, at.path, AtFlags::empty()).map_err(failed(Call::Unlink))
    }

    fn sync_file(&self, file: FileId) -> Result<()> {
        let file = self.file(Call::SyncFile, file)?;
        retry_on_intr(|| rustix::fs::fsync(&*file)).map_err(failed(Call::SyncFile))
    }

    fn sync_dir(&self, dir: DirId) -> Result<()> {
        let dir = self.dir(Call::SyncDir, dir)?;
        retry_on_intr(|| rustix::fs::fsync(&*dir)).map_err(failed(Call::SyncDir))
    }

    fn sync_all(&self, dir: DirId) -> Result<()> {
        let dir = self.dir(Call::SyncAll, dir)?;
        retry_on_intr(|| rustix::fs::syncfs(&*dir)).map_err(failed(Call::SyncAll))
    }

    fn lock(&self, at: At<'_>) -> Result<LockId> {
        let file = self.open(Call::Lock, at, OFlags::RDWR | OFlags::CREATE)?;
        retry_on_intr(|| rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive))
            .map_err(failed(Call::Lock))?;
        Ok(LockId(self.locks.insert(file)))
    }

    fn unlock(&self, lock: LockId) {
        if let Some(file) = self.locks.remove(lock.0) {
            // Not left to the close: a child process that was just forked holds the same lock until its exec.
            rustix::fs::flock(&*file, FlockOperation::Unlock).ok();
        }
    }

    fn now(&self) -> Millis {
        let now = rustix::time::clock_gettime(ClockId::Realtime);
        Millis(now.tv_sec * 1_000 + now.tv_nsec / 1_000_000)
    }

    fn sleep(&self, duration: Duration) {
        let longest = Timespec {
            tv_sec: i64::MAX,
            tv_nsec: 0,
        };
        let mut left = Timespec::try_from(duration).unwrap_or(longest);
        while let NanosleepRelativeResult::Interrupted(rest) = rustix::thread::nanosleep(&left) {
            left = rest;
        }
    }
}

impl OsHost {
    fn is_link(&self, at: At<'_>) -> bool {
        let kind = self.start(Call::OpenDir, at).ok().and_then(|dir| {
            let stat = rustix::fs::statat(&*dir, at.path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            Some(FileType::from_raw_mode(stat.st_mode))
        });
        kind == Some(FileType::Symlink)
    }
}

/// Gives all of `bytes` to `write`, which may take a part of them at a time: a write that a signal interrupts, or for which the
/// space ends in its middle, says how far it came.
fn write_all(
    mut bytes: &[u8],
    mut write: impl FnMut(&[u8]) -> rustix::io::Result<usize>,
) -> Result<()> {
    while !bytes.is_empty() {
        let count = retry_on_intr(|| write(bytes)).map_err(failed(Call::Append))?;
        if count == 0 {
            // No filesystem should; without this, one that does would hold us here for ever.
            return Err(HostError::new(Call::Append, Errno::Io));
        }
        bytes = &bytes[count..];
    }
    Ok(())
}

#[allow(
    clippy::useless_conversion,
    reason = "the widths differ by architecture"
)]
fn meta(stat: &rustix::fs::Stat) -> Meta {
    Meta {
        kind: scan::kind(FileType::from_raw_mode(stat.st_mode)),
        len: u64::try_from(stat.st_size).unwrap_or(0),
        mtime_ns: stat
            .st_mtime
            .saturating_mul(1_000_000_000)
            .saturating_add(stat.st_mtime_nsec as i64),
        links: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
        inode: stat.st_ino,
    }
}
