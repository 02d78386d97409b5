//! One chunk of a directory, in a buffer that is used again for the next.

/// What a name stands for, as far as the directory itself says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link, FIFO, socket or device: never an alert.
    Other,
    /// The filesystem does not say: `stat` does.
    Unknown,
}

/// One name of a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    /// The name's bytes, without a path.
    pub name: &'a [u8],
    /// What it stands for.
    pub kind: Kind,
}

/// The names of one chunk. Its capacity bounds what one [`crate::Host::read_dir`] returns, so memory does not grow with
/// the directory (contract S16).
#[derive(Debug)]
pub struct Names {
    capacity: usize,
    bytes: Vec<u8>,
    entries: Vec<(u32, u16, Kind)>,
    /// Room for the host's own form of the chunk, kept here so that it is allocated once.
    pub scratch: Vec<u8>,
}

/// What the standard library reads at once.
const CHUNK_BYTES: usize = 32 * 1024;

impl Default for Names {
    fn default() -> Self {
        Names::with_capacity(CHUNK_BYTES)
    }
}

impl Names {
    /// A buffer for chunks of at most `capacity` bytes in the kernel's `linux_dirent64` form.
    ///
    /// # Panics
    /// If `capacity` cannot hold one longest name (280 bytes).
    pub fn with_capacity(capacity: usize) -> Self {
        assert!(
            280 <= capacity,
            "a chunk of {capacity} bytes cannot hold one name"
        );
        Names {
            capacity,
            bytes: Vec::new(),
            entries: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// The bound of one chunk, in bytes of `linux_dirent64`.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many bytes `linux_dirent64` takes for a name of `len` bytes: 19 of header, a terminator, rounded up to 8.
    pub fn cost(len: usize) -> usize {
        (19 + len + 1).next_multiple_of(8)
    }

    /// Forgets the names and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    /// Adds a name; for hosts.
    pub fn push(&mut self, name: &[u8], kind: Kind) {
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let len = u16::try_from(name.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(name);
        self.entries.push((start, len, kind));
    }

    /// How many names the chunk has; none means that the directory is at its end.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the directory is at its end.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names, in the directory's order, which means nothing.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.entries.iter().map(|&(start, len, kind)| Entry {
            name: &self.bytes[start as usize..start as usize + usize::from(len)],
            kind,
        })
    }
}
