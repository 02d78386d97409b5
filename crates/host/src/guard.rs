//! Handles that close themselves.

use crate::{At, DirId, FileId, Host, LockId, Names, Result};

/// An open directory.
pub struct Dir<'h> {
    host: &'h dyn Host,
    id: DirId,
}

impl<'h> Dir<'h> {
    /// Opens a directory.
    pub fn open(host: &'h dyn Host, at: At<'_>) -> Result<Self> {
        Ok(Dir {
            host,
            id: host.open_dir(at)?,
        })
    }

    /// Opens a directory, making it first if it is missing.
    pub fn open_or_make(host: &'h dyn Host, at: At<'_>) -> Result<Self> {
        match host.mkdir(at) {
            Ok(()) => {}
            Err(error) if error.is_exists() => {}
            Err(error) => return Err(error),
        }
        Dir::open(host, at)
    }

    /// The machine it is on.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// The handle, to start paths from.
    pub fn id(&self) -> DirId {
        self.id
    }

    /// The path `path` below this directory.
    pub fn at<'a, P: AsRef<[u8]> + ?Sized>(&self, path: &'a P) -> At<'a> {
        At::new(self.id, path)
    }

    /// Reads the next chunk of names; see [`Host::read_dir`]. Says whether there was one.
    pub fn read(&self, names: &mut Names) -> Result<bool> {
        self.host.read_dir(self.id, names)?;
        Ok(!names.is_empty())
    }

    /// Puts the scan position back to the start.
    pub fn rewind(&self) -> Result<()> {
        self.host.rewind_dir(self.id)
    }

    /// Makes the names of this directory durable.
    pub fn sync(&self) -> Result<()> {
        self.host.sync_dir(self.id)
    }

    /// Whether something stands at `path` now. It may be gone, or there, a moment later.
    pub fn has<P: AsRef<[u8]> + ?Sized>(&self, path: &P) -> Result<bool> {
        match self.host.stat(self.at(path)) {
            Ok(_) => Ok(true),
            Err(error) if error.is_vanished() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file `name` by one of these bytes; see [`replace_file`].
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<()> {
        replace_file(self.host, self.at(name), bytes)
    }

    /// The bytes of the file `name`, at most `max` of them; see [`read_file`].
    pub fn read_file(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>> {
        read_file(self.host, self.at(name), max)
    }
}

/// Replaces the file `at`, which is one name in its directory, by one of these bytes, in one step.
///
/// Durable when it returns. A crash leaves the old file or the new one, whole, and perhaps `<name>.new` beside it.
pub fn replace_file(host: &dyn Host, at: At<'_>, bytes: &[u8]) -> Result<()> {
    let aside = [at.path, b".new"].concat();
    let aside = At::new(at.dir, &aside);
    match host.unlink(aside) {
        // What a crash left there is of no use to anybody.
        Err(error) if !error.is_vanished() => return Err(error),
        _ => {}
    }
    let file = File::create_new(host, aside)?;
    file.append(bytes)?;
    file.sync()?;
    // It may not be open while it is renamed: some systems would refuse that.
    drop(file);
    host.rename(aside, at)?;
    // Without this, power loss can bring the old file back.
    host.sync_dir(at.dir)
}

/// The bytes of the file `at`, at most `max` of them; `None` if there is none.
pub fn read_file(host: &dyn Host, at: At<'_>, max: usize) -> Result<Option<Vec<u8>>> {
    let file = match File::open_read(host, at) {
        Ok(file) => file,
        Err(error) if error.is_vanished() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.read_to(0, &mut bytes, max)?;
    Ok(Some(bytes))
}

impl Drop for Dir<'_> {
    fn drop(&mut self) {
        self.host.close_dir(self.id);
    }
}

/// An open file.
pub struct File<'h> {
    host: &'h dyn Host,
    id: FileId,
}

impl<'h> File<'h> {
    /// Creates a file that must be new, for appending.
    pub fn create_new(host: &'h dyn Host, at: At<'_>) -> Result<Self> {
        Ok(File {
            host,
            id: host.create_new(at)?,
        })
    }

    /// Opens an existing file for appending.
    pub fn open_append(host: &'h dyn Host, at: At<'_>) -> Result<Self> {
        Ok(File {
            host,
            id: host.open_append(at)?,
        })
    }

    /// Opens an existing file for reading.
    pub fn open_read(host: &'h dyn Host, at: At<'_>) -> Result<Self> {
        Ok(File {
            host,
            id: host.open_read(at)?,
        })
    }

    /// The handle.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Appends all of `bytes`; see [`Host::append`].
    pub fn append(&self, bytes: &[u8]) -> Result<()> {
        self.host.append(self.id, bytes)
    }

    /// Appends at most `max` bytes from `offset` to `into`; see [`Host::read`].
    pub fn read(&self, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        self.host.read(self.id, offset, into, max)
    }

    /// Appends the file's bytes from `offset` to its end, but at most `max`, to `into`.
    pub fn read_to(&self, mut offset: u64, into: &mut Vec<u8>, max: usize) -> Result<()> {
        let mut left = max;
        while 0 < left {
            let count = self.read(offset, into, left)?;
            if count == 0 {
                break;
            }
            offset += count as u64;
            left -= count;
        }
        Ok(())
    }

    /// Makes the bytes durable.
    pub fn sync(&self) -> Result<()> {
        self.host.sync_file(self.id)
    }
}

impl Drop for File<'_> {
    fn drop(&mut self) {
        self.host.close(self.id);
    }
}

/// A lock that is held while this value lives.
pub struct Lock<'h> {
    host: &'h dyn Host,
    id: LockId,
}

impl<'h> Lock<'h> {
    /// Takes the lock; `Busy` if another process holds it.
    pub fn take(host: &'h dyn Host, at: At<'_>) -> Result<Self> {
        Ok(Lock {
            host,
            id: host.lock(at)?,
        })
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.host.unlock(self.id);
    }
}
