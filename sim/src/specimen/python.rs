//! The few Python calls that the pipeline used, on a [`Host`].

use host::{At, Dir, DirId, File, Host, HostError, Names, Result};

/// The names that a glob returned, in the order of the directory. Grows with the directory, as Python's list does.
pub(super) struct Listing {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Listing {
    /// How many names.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The name at `index`.
    pub(super) fn name(&self, index: usize) -> &[u8] {
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        &self.bytes[start..self.ends[index]]
    }
}

/// `[p for p in ROOT.glob("*.json")]`: the whole directory, read to its end before anything is done with it.
pub(super) fn glob_json(dir: &Dir<'_>) -> Result<Listing> {
    list(dir, |name| name.ends_with(b".json"))
}

/// `[p for p in ROOT.iterdir() if is_meant(p.name)]`.
pub(super) fn list(dir: &Dir<'_>, is_meant: fn(&[u8]) -> bool) -> Result<Listing> {
    let mut listing = Listing {
        bytes: Vec::new(),
        ends: Vec::new(),
    };
    let mut names = Names::default();
    // The handle is used for paths as well, so a scan may have left its position at the end.
    dir.rewind()?;
    while dir.read(&mut names)? {
        for entry in names.iter().filter(|entry| is_meant(entry.name)) {
            listing.bytes.extend_from_slice(entry.name);
            listing.ends.push(listing.bytes.len());
        }
    }
    Ok(listing)
}

/// `p.stat().st_mtime`: seconds as a float, so that times less than about 240 ns apart are equal.
pub(super) fn st_mtime(host: &dyn Host, at: At<'_>) -> Result<f64> {
    let nanos = host.stat(at)?.mtime_ns;
    #[expect(clippy::cast_precision_loss, reason = "Python loses it too")]
    Ok(nanos as f64 / 1e9)
}

/// `p.exists()`: a name that is gone is an answer; any other failure is raised.
pub(super) fn exists(host: &dyn Host, at: At<'_>) -> Result<bool> {
    match host.stat(at) {
        Ok(_) => Ok(true),
        Err(error) if error.is_vanished() => Ok(false),
        Err(error) => Err(error),
    }
}

/// `p.read_text()`: all of the file, whatever its size. On a FIFO, Python would wait for ever; here it reads nothing.
pub(super) fn read_text(host: &dyn Host, at: At<'_>, text: &mut Vec<u8>) -> Result<()> {
    text.clear();
    File::open_read(host, at)?.read_to(0, text, usize::MAX)
}

/// `p.write_text(text)`: a new file, or the old one emptied first. The seam cannot empty a file, so the old one is removed;
/// neither way is atomic.
pub(super) fn write_text(host: &dyn Host, dir: DirId, path: &[u8], text: &[u8]) -> Result<()> {
    let at = At::new(dir, path);
    let file = match File::create_new(host, at) {
        Err(error) if error.is_exists() => {
            host.unlink(at)?;
            File::create_new(host, at)?
        }
        created => created?,
    };
    file.append(text)
}

/// `shutil.move(src, dst)`, where `dst` is a full path: a rename that replaces silently, or else a copy and a removal.
///
/// The copy is what Python falls back to when the rename fails for *any* reason. Under a sharing violation it leaves the
/// file in both places and raises. Between two filesystems it is not atomic; scenarios keep queue and archive on one.
pub(super) fn shutil_move(host: &dyn Host, from: At<'_>, to: At<'_>) -> Result<()> {
    let failed = match host.rename(from, to) {
        Ok(()) => return Ok(()),
        Err(failed) => failed,
    };
    if failed.is_vanished() {
        // Python tries the copy here too; its open fails in the same way.
        return Err(failed);
    }
    copy2(host, from, to)?;
    host.unlink(from)
}

fn copy2(host: &dyn Host, from: At<'_>, to: At<'_>) -> Result<()> {
    let mut bytes = Vec::new();
    read_text(host, from, &mut bytes)?;
    write_text(host, to.dir, to.path, &bytes)
}

/// Whether this is Python's `FileNotFoundError`.
pub(super) fn is_file_not_found(error: HostError) -> bool {
    error.is_vanished()
}
