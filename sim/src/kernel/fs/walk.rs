//! From a path to an entry, with the checks of the real kernel in its order.

use super::handles::Grip;
use super::records::Rec;
use super::{Fs, Ino, Node, Touched};
use crate::kernel::options::ProcessId;
use host::{DirId, Errno};

/// A name in a directory, whether or not there is an entry.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'p> {
    pub(crate) dir: Ino,
    pub(crate) name: &'p [u8],
    pub(crate) hash: u32,
    pub(crate) rec: Option<Rec>,
}

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 255;

impl Fs {
    /// The directory that a path of a program starts from, once the path is known to stay below it.
    pub(crate) fn start(
        &mut self,
        process: ProcessId,
        dir: DirId,
        path: &[u8],
    ) -> Result<Ino, Errno> {
        // A zero byte would end the path for the kernel.
        if !is_plain(path) || path.contains(&0) {
            return Err(Errno::Invalid);
        }
        let handle = self.handles.get(dir.0, process)?;
        if !matches!(handle.grip, Grip::Root | Grip::Dir) {
            return Err(Errno::BadHandle);
        }
        let ino = handle.ino;
        if self.options.limits.path_bytes_max <= path.len() {
            return Err(Errno::NameTooLong);
        }
        Ok(ino)
    }

    /// The directory of the last name of `path`, and that name.
    pub(crate) fn parent<'p>(&self, start: Ino, path: &'p [u8]) -> Result<(Ino, &'p [u8]), Errno> {
        let (mut dir, mut rest) = (start, path);
        while let Some(slash) = find_slash(rest) {
            let spot = self.find(dir, &rest[..slash])?;
            let rec = spot.rec.ok_or(Errno::NotFound)?;
            match self.records.node(rec) {
                Node::Dir => dir = self.records.ino(rec),
                // A link that points nowhere.
                Node::Link => return Err(Errno::NotFound),
                Node::File | Node::Fifo => return Err(Errno::NotDir),
            }
            rest = &rest[slash + 1..];
        }
        Ok((dir, rest))
    }

    /// Looks `name` up in `dir`.
    #[inline]
    pub(crate) fn find<'p>(&self, dir: Ino, name: &'p [u8]) -> Result<Spot<'p>, Errno> {
        if NAME_BYTES_MAX < name.len() {
            return Err(Errno::NameTooLong);
        }
        let hash = self.hash(name);
        let table = &self.dir(dir).table;
        let rec = table.find(hash, |rec| self.records.name(rec) == name);
        Ok(Spot {
            dir,
            name,
            hash,
            rec,
        })
    }

    /// [`Fs::find`], remembered as what the call is about.
    #[inline]
    pub(crate) fn look<'p>(&mut self, dir: Ino, name: &'p [u8]) -> Result<Spot<'p>, Errno> {
        let spot = self.find(dir, name)?;
        self.touched = Touched {
            dir,
            hash: spot.hash,
            ino: spot.rec.map_or(Ino::NONE, |rec| self.records.ino(rec)),
            seen: spot.rec.and_then(|rec| self.records.seen(rec)),
            ..Touched::NOTHING
        };
        Ok(spot)
    }

    /// From a program's path to the spot of its last name.
    #[inline]
    pub(crate) fn locate<'p>(
        &mut self,
        process: ProcessId,
        dir: DirId,
        path: &'p [u8],
    ) -> Result<Spot<'p>, Errno> {
        let start = self.start(process, dir, path)?;
        let (dir, name) = self.parent(start, path)?;
        self.look(dir, name)
    }

    #[inline]
    pub(crate) fn hash(&self, name: &[u8]) -> u32 {
        (xxhash_rust::xxh3::xxh3_64_with_seed(name, self.hash_seed) >> 32) as u32
    }

    /// Whether `dir` is `above` or lies somewhere below it.
    pub(crate) fn is_within(&self, mut dir: Ino, above: Ino) -> bool {
        loop {
            if dir == above {
                return true;
            }
            // What has no name any more hangs nowhere, and its parent may be another inode by now.
            if dir == Ino::ROOT || self.inodes[dir].links == 0 {
                return false;
            }
            dir = self.inodes[dir].parent;
        }
    }
}

/// Whether `path` is one or more names joined by `/`, none of them empty, `.` or `..`.
pub(crate) fn is_plain(mut path: &[u8]) -> bool {
    let plain = |name: &[u8]| !matches!(name, b"" | b"." | b"..");
    while let Some(slash) = find_slash(path) {
        if !plain(&path[..slash]) {
            return false;
        }
        path = &path[slash + 1..];
    }
    plain(path)
}

/// Where the first `/` is. Paths are long, mostly without one, and this is the first thing that every call does: so blocks of
/// 32 bytes are asked whether they have any before one is looked for. The compiler makes a few vector instructions of it.
#[inline]
fn find_slash(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let has_slash = |block: &[u8; BLOCK]| block.iter().fold(false, |any, &b| any | (b == b'/'));
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let from = match blocks.iter().position(has_slash) {
        Some(block) => block * BLOCK,
        // The last block is looked at together with what follows it.
        None => match bytes.last_chunk::<BLOCK>() {
            Some(tail) if !has_slash(tail) => return None,
            _ => blocks.len() * BLOCK,
        },
    };
    let found = bytes[from..].iter().position(|&byte| byte == b'/')?;
    Some(from + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_slash_is_found_wherever_it_is() {
        for len in 0..100 {
            let mut bytes = vec![b'.'; len];
            assert_eq!(find_slash(&bytes), None);
            for at in (0..len).rev() {
                bytes[at] = b'/';
                assert_eq!(find_slash(&bytes), Some(at), "{at} of {len}");
            }
        }
    }

    #[test]
    fn a_plain_path_never_leaves_its_directory() {
        for path in ["a", "a/b", "a/b/c", ".a", "..a", "a..", "...", "a b"] {
            assert!(is_plain(path.as_bytes()), "{path:?}");
        }
        for path in [
            "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "../a", "a/../b",
        ] {
            assert!(!is_plain(path.as_bytes()), "{path:?}");
        }
    }
}
