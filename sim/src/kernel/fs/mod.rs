//! The simulated filesystem: inodes, directories, a page cache and what is durable of it.
//!
//! - [`records`](self) and `table`: the names, and a directory's table of them in hash order.
//! - `inode`: what a name stands for; `handles`: what is open.
//! - `walk`, `entries`, `scan`: from a path to an entry; adding and removing entries; reading a directory in chunks.
//! - `names`, `files`: the calls, in the order of checks of the real kernel.
//! - `journal`, `power_loss`: which of it survives; `image`: all of it, for another machine.
//!
//! The queries of [`Fs`] are for watchers. They cost no virtual time and change nothing.

mod census;
mod entries;
mod files;
mod handles;
mod image;
mod inode;
mod journal;
mod names;
mod power_loss;
mod records;
mod scan;
mod setup;
mod table;
mod walk;

pub use inode::NO_NOTE;
pub use power_loss::{BytesChange, PowerLoss, SlotChange};

pub(crate) use handles::{Grip, Handles};
pub(crate) use records::{READERS_MAX, Seen};

use super::options::{DirectoryProfile, Generator, Limits, PowerLossProfile, Sharing};
use super::prng::{Prng, Seed};
use entries::Order;
use inode::{Blob, Inode, Slab};
use journal::Journal;
use records::Records;
use table::Table;

/// An inode's number. It is used again when nothing can reach the inode any more, not even a power loss.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ino(pub u32);

impl Ino {
    /// No inode.
    pub(crate) const NONE: Ino = Ino(u32::MAX);
    /// The machine's own root directory.
    pub const ROOT: Ino = Ino(0);
}

/// What kind of thing an inode is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Node {
    /// A regular file.
    File = 0,
    /// A directory.
    Dir = 1,
    /// A FIFO.
    Fifo = 2,
    /// A symbolic link that points nowhere.
    Link = 3,
}

impl Node {
    pub(crate) fn of_bits(bits: u8) -> Node {
        [Node::File, Node::Dir, Node::Fifo, Node::Link][usize::from(bits & 3)]
    }

    pub(crate) fn kind(self) -> host::Kind {
        match self {
            Node::File => host::Kind::File,
            Node::Dir => host::Kind::Dir,
            Node::Fifo | Node::Link => host::Kind::Other,
        }
    }
}

/// What a fabricated file contains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What the machine's generator makes for this index, each time it is read.
    Generated(u32),
    /// So many zero bytes, which take no memory. Nothing can be appended to them.
    Zeros(u64),
}

/// One directory.
#[derive(Clone)]
struct Directory {
    table: Table,
    /// The scan order, where it is not the order of the table.
    order: Option<Box<Order>>,
    subdirs: u32,
    /// Operations up to this number are durable here.
    synced: u32,
    /// It was removed, and a handle or the journal keeps it.
    dead: bool,
}

/// What the last call resolved, for the trace and for the step.
#[derive(Clone, Copy)]
pub(crate) struct Touched {
    pub(crate) dir: Ino,
    pub(crate) ino: Ino,
    pub(crate) hash: u32,
    pub(crate) seen: Option<Seen>,
    /// The target of a rename or link.
    pub(crate) to_dir: Ino,
    pub(crate) to_hash: u32,
}

impl Touched {
    pub(crate) const NOTHING: Touched = Touched {
        dir: Ino::NONE,
        ino: Ino::NONE,
        hash: 0,
        seen: None,
        to_dir: Ino::NONE,
        to_hash: 0,
    };
}

/// How much is in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Inodes that a name or a handle reaches.
    pub inodes: u32,
    /// Bytes of those of them that are files, fabricated ones of unknown length not counted.
    pub bytes: u64,
}

/// What makes one filesystem unlike another.
#[derive(Clone)]
pub(crate) struct FsOptions {
    pub(crate) seed: Seed,
    pub(crate) directory: DirectoryProfile,
    pub(crate) sharing: Sharing,
    pub(crate) limits: Limits,
    pub(crate) power_loss: PowerLossProfile,
    pub(crate) generator: Generator,
    pub(crate) mtime_tick_ns: u64,
}

/// The files of a machine.
#[derive(Clone)]
pub struct Fs {
    options: FsOptions,
    hash_seed: u64,
    records: Records,
    inodes: Slab<Inode>,
    dirs: Slab<Directory>,
    blobs: Slab<Blob>,
    /// One for each filesystem; 0 is the machine's own.
    journals: Vec<Journal>,
    pub(crate) handles: Handles,
    usage: Usage,
    /// The number of the last directory operation.
    seq: u32,
    /// The wall clock, for modification times.
    pub(crate) wall_ns: i64,
    pub(crate) touched: Touched,
    /// For the adversarial order.
    order_prng: Prng,
    loss_prng: Prng,
    sync_prng: Prng,
    /// The bytes of the fabricated file that was read last.
    generated: (u32, Vec<u8>),
}

impl Fs {
    pub(crate) fn new(options: FsOptions) -> Self {
        let seed = options.seed;
        let mut fs = Fs {
            hash_seed: seed.child("kernel/name-hash").0,
            records: Records::new(),
            inodes: Slab::new(),
            dirs: Slab::new(),
            blobs: Slab::new(),
            journals: vec![Journal::new()],
            handles: Handles::default(),
            usage: Usage::default(),
            seq: 0,
            wall_ns: 0,
            touched: Touched::NOTHING,
            order_prng: seed.stream("kernel/adversarial-order"),
            loss_prng: seed.stream("kernel/power-loss"),
            sync_prng: seed.stream("kernel/failed-sync"),
            generated: (u32::MAX, Vec::new()),
            options,
        };
        let root = fs.new_inode(Node::Dir, Ino::ROOT, 0);
        assert_eq!(root, Ino::ROOT, "the root is the first inode");
        fs.inodes[root].links = 1;
        fs
    }

    #[inline]
    fn dir(&self, ino: Ino) -> &Directory {
        &self.dirs[self.inodes[ino].data]
    }

    #[inline]
    fn dir_mut(&mut self, ino: Ino) -> &mut Directory {
        let data = self.inodes[ino].data;
        &mut self.dirs[data]
    }

    fn next_seq(&mut self) -> u32 {
        self.seq = self
            .seq
            .checked_add(1)
            .expect("four thousand million directory operations are more than a run can hold");
        self.seq
    }

    /// The modification time of something that changes now.
    fn mtime(&self) -> i64 {
        let tick = i64::try_from(self.options.mtime_tick_ns.max(1)).unwrap_or(i64::MAX);
        self.wall_ns - self.wall_ns.rem_euclid(tick)
    }
}
