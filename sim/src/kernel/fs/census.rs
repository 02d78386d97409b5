//! Questions that a watcher may ask. They cost no virtual time and change nothing.

use super::entries::counted_bytes;
use super::inode::{FREE, Form, LEN_UNKNOWN};
use super::{Fs, Ino, Node, Usage};
use host::At;

impl Fs {
    /// The entries of a directory, in an order that the seed fixes; none if it is not a directory.
    pub fn children(&self, dir: Ino) -> impl Iterator<Item = (&[u8], Ino)> {
        let directory = (self.node(dir) == Node::Dir).then(|| self.dir(dir));
        directory
            .into_iter()
            .flat_map(|directory| directory.table.after(None))
            .map(|slot| (self.records.name(slot.rec()), self.records.ino(slot.rec())))
    }

    /// How many entries a directory has; 0 if it is not a directory.
    pub fn child_count(&self, dir: Ino) -> usize {
        match self.node(dir) {
            Node::Dir => self.dir(dir).table.len(),
            _ => 0,
        }
    }

    /// What `name` stands for in `dir`.
    pub fn child(&self, dir: Ino, name: &[u8]) -> Option<Ino> {
        if self.node(dir) != Node::Dir {
            return None;
        }
        let rec = self.find(dir, name).ok()?.rec?;
        Some(self.records.ino(rec))
    }

    /// What a path from the machine's root stands for; the empty path is the root itself.
    pub fn at(&self, path: &[u8]) -> Option<Ino> {
        if path.is_empty() {
            return Some(Ino::ROOT);
        }
        path.split(|&byte| byte == b'/')
            .try_fold(Ino::ROOT, |dir, name| self.child(dir, name))
    }

    /// What kind of thing it is.
    pub fn node(&self, ino: Ino) -> Node {
        self.inodes[ino].node
    }

    /// Bytes of a file.
    pub fn len(&self, ino: Ino) -> u64 {
        let inode = &self.inodes[ino];
        if inode.is(LEN_UNKNOWN) {
            return self.bytes(ino).len() as u64;
        }
        inode.len
    }

    /// The bytes of a file, copied.
    pub fn bytes(&self, ino: Ino) -> Vec<u8> {
        let inode = &self.inodes[ino];
        match inode.form {
            Form::Empty => Vec::new(),
            Form::Zeros => vec![0; usize::try_from(inode.len).unwrap_or(0)],
            Form::Blob => self.blobs[inode.data].bytes.clone(),
            Form::Generated => {
                let mut bytes = Vec::new();
                (self.options.generator)(self.options.seed.0, inode.data, &mut bytes);
                bytes
            }
        }
    }

    /// How many names it has.
    pub fn links(&self, ino: Ino) -> u32 {
        u32::from(self.inodes[ino].links)
    }

    /// The directory above a directory. For a file, one that had a name for it last.
    pub fn parent_of(&self, ino: Ino) -> Ino {
        self.inodes[ino].parent
    }

    /// One name of an inode in the directory that [`Fs::parent_of`] says. O(entries of that directory).
    pub fn name_of(&self, ino: Ino) -> Option<&[u8]> {
        let mut children = self.children(self.inodes[ino].parent);
        children
            .find(|&(_, child)| child == ino)
            .map(|(name, _)| name)
    }

    /// A path to the inode from the machine's root, for messages: slow.
    pub fn path(&self, mut ino: Ino) -> Vec<u8> {
        let mut names: Vec<Vec<u8>> = Vec::new();
        while ino != Ino::ROOT {
            let Some(name) = self.name_of(ino) else {
                names.push(format!("(nameless inode {})", ino.0).into_bytes());
                break;
            };
            names.push(name.to_vec());
            ino = self.inodes[ino].parent;
        }
        names.reverse();
        names.join(&b'/')
    }

    /// How much is in use.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// How many directory operations may still be undone by a power loss.
    pub fn unsynced(&self) -> usize {
        self.journals.iter().map(|journal| journal.ops.len()).sum()
    }

    /// The watcher's note on an inode; [`super::NO_NOTE`] at first. It stays with the inode through every rename.
    #[inline]
    pub fn note(&self, ino: Ino) -> u32 {
        self.inodes[ino].notes[0]
    }

    /// The watcher's second note.
    #[inline]
    pub fn second_note(&self, ino: Ino) -> u32 {
        self.inodes[ino].notes[1]
    }

    #[inline]
    pub(crate) fn set_note(&mut self, ino: Ino, which: usize, note: u32) {
        self.inodes[ino].notes[which] = note;
    }

    /// The directory that a pending call's path starts from; for the harness, to know its role.
    pub(crate) fn start_of(&self, at: At<'_>) -> Option<Ino> {
        self.handles.peek(at.dir.0)
    }

    /// Bytes of memory that names, entries and inodes take, the content of files left out.
    pub fn memory(&self) -> usize {
        let tables: usize = (0..self.dirs.places())
            .map(|at| self.dirs[at].table.memory())
            .sum();
        self.records.memory() + self.inodes.memory() + self.dirs.memory() + tables
    }

    pub(crate) fn count_usage(&self) -> Usage {
        (0..self.inodes.places())
            .map(|at| &self.inodes[at])
            .filter(|inode| !inode.is(FREE) && inode.is_used())
            .fold(Usage::default(), |usage, inode| Usage {
                inodes: usage.inodes + 1,
                bytes: usage.bytes + counted_bytes(inode),
            })
    }
}
