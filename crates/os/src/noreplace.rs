//! A rename that may not replace its target: one system call, or the nearest thing on a filesystem without it.
//!
//! `renameat2` with `RENAME_NOREPLACE` is atomic, and every local Linux filesystem has it. Some network filesystems answer
//! `EINVAL` (or an old kernel `ENOSYS`). There, a *file* is given its second name by `link`, which refuses a taken name,
//! and then loses its first:
//!
//! - Of several movers of one file exactly one succeeds: the one whose `unlink` found the old name.
//! - A crash, or a look at the wrong moment, finds both names. The contract allows that of a rename (K3).
//!
//! A *directory* has no such substitute, so its move fails with `ENOSYS`, which is a fault: the queue moves whole buckets,
//! and a filesystem that cannot do so without replacing is no place for a queue.
//!
//! Nothing is remembered of a refusal, because one root may hold several filesystems; the price is one failed call a move,
//! paid only where the fallback works.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::fs::{fstat, linkat, openat, renameat_with, statat, unlinkat};
use rustix::io::{Errno, Result};

/// A directory, and a path below it.
pub(crate) type Place<'a> = (BorrowedFd<'a>, &'a [u8]);

/// Moves `from` to `to`, or fails with `EXIST` and changes nothing.
pub(crate) fn rename(from: Place<'_>, to: Place<'_>) -> Result<()> {
    let refused = match renameat_with(from.0, from.1, to.0, to.1, RenameFlags::NOREPLACE) {
        Err(errno @ (Errno::INVAL | Errno::NOSYS)) => errno,
        outcome => return outcome,
    };
    let moved = statat(from.0, from.1, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(moved.st_mode) != FileType::Directory {
        return link_then_unlink(from, to);
    }
    if refused == Errno::INVAL && is_below(to, &moved)? {
        return Err(Errno::INVAL);
    }
    Err(Errno::NOSYS)
}

/// Moves a file in two steps; see the module's page for what others may see meanwhile.
pub(crate) fn link_then_unlink(from: Place<'_>, to: Place<'_>) -> Result<()> {
    linkat(from.0, from.1, to.0, to.1, AtFlags::empty())?;
    unlinkat(from.0, from.1, AtFlags::empty()).inspect_err(|_| {
        // Another mover was faster, so the file is where that one put it. If this fails too, the file has two names,
        // and none of its bytes are lost.
        unlinkat(to.0, to.1, AtFlags::empty()).ok();
    })
}

/// Whether `place` is in `ancestor` or in a directory below it: a directory cannot be moved into itself.
fn is_below(place: Place<'_>, ancestor: &Stat) -> Result<bool> {
    let parent = match place.1.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => &place.1[..slash],
        None => b".",
    };
    let mut dir = open(place.0, parent)?;
    loop {
        let here = fstat(&dir)?;
        if (here.st_dev, here.st_ino) == (ancestor.st_dev, ancestor.st_ino) {
            return Ok(true);
        }
        let above = open(dir.as_fd(), b"..")?;
        let up = fstat(&above)?;
        if (here.st_dev, here.st_ino) == (up.st_dev, up.st_ino) {
            return Ok(false);
        }
        dir = above;
    }
}

fn open(dir: BorrowedFd<'_>, path: &[u8]) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(dir, path, flags, Mode::empty())
}
