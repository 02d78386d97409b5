//! What a call did to the filesystem, in inodes.

use super::fs::Ino;

/// What a call did. Names are parts of the caller's paths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect<'p> {
    /// Nothing that another program could see: a query, a close, a failure.
    None,
    /// A file or directory was made.
    NameAdded {
        /// The directory that has the name now.
        dir: Ino,
        /// The new inode.
        ino: Ino,
        /// Its name.
        name: &'p [u8],
    },
    /// A name was removed.
    NameRemoved {
        /// The directory that had the name.
        dir: Ino,
        /// What the name stood for.
        ino: Ino,
        /// The name.
        name: &'p [u8],
        /// How many names the file has left.
        links_left: u32,
    },
    /// A name was moved.
    Moved {
        /// What was moved.
        ino: Ino,
        /// The directory that had it.
        from_dir: Ino,
        /// The name it had.
        from_name: &'p [u8],
        /// The directory that has it now.
        to_dir: Ino,
        /// The name it has now.
        to_name: &'p [u8],
        /// What had the new name before, and lost it.
        replaced: Option<Ino>,
    },
    /// A file got another name.
    Linked {
        /// The directory of the new name.
        dir: Ino,
        /// The file.
        ino: Ino,
        /// The new name.
        name: &'p [u8],
    },
    /// Bytes were appended. A call that failed may have appended some.
    Appended {
        /// The file.
        ino: Ino,
        /// How many bytes.
        bytes: u64,
    },
    /// A chunk of a directory was read.
    Listed {
        /// The directory.
        dir: Ino,
        /// How many names; 0 is the end.
        count: u32,
    },
    /// A file or directory was opened.
    Opened {
        /// What was opened.
        ino: Ino,
    },
    /// Bytes were read.
    ReadBytes {
        /// The file.
        ino: Ino,
        /// From where.
        offset: u64,
        /// How many; 0 is the end.
        bytes: u64,
    },
    /// A file's bytes are durable now, unless an earlier sync of it failed.
    SyncedFile {
        /// The file.
        ino: Ino,
    },
    /// A directory's names are durable now.
    SyncedDir {
        /// The directory.
        dir: Ino,
    },
    /// A whole filesystem is durable now.
    SyncedAll {
        /// The number of the filesystem; 0 is the machine's own.
        device: u8,
        /// How many names and files were not durable before.
        items: u32,
    },
    /// A lock was taken.
    Locked {
        /// The directory of the lock file.
        dir: Ino,
        /// The lock file.
        ino: Ino,
        /// Its name.
        name: &'p [u8],
        /// Whether the call made the file.
        created: bool,
    },
    /// A lock was given back.
    Unlocked {
        /// The lock file.
        ino: Ino,
    },
    /// A file or directory was closed.
    Closed {
        /// What was open.
        ino: Ino,
    },
}
