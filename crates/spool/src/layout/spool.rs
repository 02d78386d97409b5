//! The spool's directory: its parts, opened once.

use crate::layout::BUCKET_ENTRIES_MAX;
use crate::layout::{Context, SpoolError};
use alert::Disposition;
use host::{At, Dir, Errno, Host, Lock};

/// Which end of the queue the cap sheds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shed {
    /// The oldest buckets are parked: what is new is judged first.
    Oldest,
    /// The newest buckets are parked: first in, first out.
    Newest,
}

/// What a spool promises about its size. Every process that opens a spool must be given the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpoolOptions {
    /// The cap: the most pending entries after a cap pass.
    pub pending_max: u32,
    /// The most entries of a bucket, if an eighth of the cap is more than that.
    pub bucket_max: u32,
    /// Which end a cap pass sheds.
    pub shed: Shed,
    /// Whether parked buckets come back, oldest first, when there is room.
    pub readmit: bool,
    /// How many buckets a worker takes at once; each is published with one group commit less than the last.
    pub claim_buckets: u32,
    /// How many ids the publisher remembers to recognise a page that is fetched again.
    pub seen_max: u32,
    /// What is judged so becomes a line of a file instead of a directory, at a tenth of the cost ([`crate::cases::packs`]).
    pub packed: Dispositions,
}

/// A set of dispositions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dispositions(u8);

impl Dispositions {
    /// None of them.
    pub const NONE: Dispositions = Dispositions(0);

    /// Those in the list.
    pub const fn of(list: &[Disposition]) -> Self {
        let (mut bits, mut next) = (0, 0);
        while next < list.len() {
            bits |= 1 << list[next] as u8;
            next += 1;
        }
        Dispositions(bits)
    }

    /// Whether this one is among them.
    pub const fn contains(self, one: Disposition) -> bool {
        self.0 & 1 << one as u8 != 0
    }
}

impl Default for SpoolOptions {
    /// The incident's cap of 2,000; oldest shed and readmitted; claims of 4 buckets; 65,536 ids remembered (1 MiB); a
    /// directory for every case.
    fn default() -> Self {
        SpoolOptions {
            pending_max: 2_000,
            bucket_max: BUCKET_ENTRIES_MAX,
            shed: Shed::Oldest,
            readmit: true,
            claim_buckets: 4,
            seen_max: 65_536,
            packed: Dispositions::NONE,
        }
    }
}

impl SpoolOptions {
    /// The most entries of a bucket: an eighth of the cap, so that a cap pass can leave the queue nearly full, and no more
    /// than [`SpoolOptions::bucket_max`].
    pub fn bucket_entries(&self) -> u32 {
        let most = self.bucket_max.clamp(1, BUCKET_ENTRIES_MAX);
        (self.pending_max / 8).clamp(1, most)
    }
}

/// An open spool: handles to its parts.
///
/// ```text
/// LOCK                          held by the one publisher, never deleted
/// tmp/<bucket>/                 being written; nobody else reads it
/// inbox/                        flat drop-in for other programs
/// pending/<bucket>/             sealed, oldest name first
/// claimed/<worker>.lock         held while the worker lives
/// claimed/<worker>-<epoch>/     its buckets, the plans of what it is about to do, and its cases being written
/// overflow/<bucket>/            beyond the cap, parked whole
/// quarantine/                   one bad file each, with the reason beside it
/// ledger/                       what happened to every alert
/// cases/YYYY/MM/DD/HH/<id>/     finished
/// cases/packed/YYYY/MM/DD/HH/   finished, many in a file
/// ```
pub struct Spool<'h> {
    pub(crate) host: &'h dyn Host,
    pub(crate) options: SpoolOptions,
    pub(crate) root: Dir<'h>,
    pub(crate) tmp: Dir<'h>,
    pub(crate) inbox: Dir<'h>,
    pub(crate) pending: Dir<'h>,
    pub(crate) claimed: Dir<'h>,
    pub(crate) overflow: Dir<'h>,
    pub(crate) quarantine: Dir<'h>,
    pub(crate) ledger: Dir<'h>,
    pub(crate) cases: Dir<'h>,
}

/// The parts, as `init` makes them.
pub(crate) const PARTS: [&str; 8] = [
    "tmp",
    "inbox",
    "pending",
    "claimed",
    "overflow",
    "quarantine",
    "ledger",
    "cases",
];

impl<'h> Spool<'h> {
    /// Makes a spool at `at`, or completes one that is there, and opens it.
    ///
    /// Durable when it returns. Calling it again changes nothing.
    pub fn init(host: &'h dyn Host, at: At<'_>, options: SpoolOptions) -> Result<Self, SpoolError> {
        let root = Dir::open_or_make(host, at).context("make", at.path)?;
        for part in PARTS {
            drop(Dir::open_or_make(host, root.at(part)).context("make", part)?);
        }
        host.sync_all(root.id()).context("make durable", at.path)?;
        Self::open_below(host, root, options)
    }

    /// Opens the spool at `at`. Errs with `NotFound` if there is none.
    pub fn open(host: &'h dyn Host, at: At<'_>, options: SpoolOptions) -> Result<Self, SpoolError> {
        let root = Dir::open(host, at).context("open", at.path)?;
        Self::open_below(host, root, options)
    }

    fn open_below(
        host: &'h dyn Host,
        root: Dir<'h>,
        options: SpoolOptions,
    ) -> Result<Self, SpoolError> {
        let part = |name: &str| Dir::open(host, root.at(name)).context("open", name);
        Ok(Spool {
            tmp: part("tmp")?,
            inbox: part("inbox")?,
            pending: part("pending")?,
            claimed: part("claimed")?,
            overflow: part("overflow")?,
            quarantine: part("quarantine")?,
            ledger: part("ledger")?,
            cases: part("cases")?,
            host,
            options,
            root,
        })
    }

    /// The spool's promise about its size.
    pub fn options(&self) -> &SpoolOptions {
        &self.options
    }

    /// The machine it stands on.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// The spool's directory, for what others keep beside its parts.
    pub fn root(&self) -> &Dir<'h> {
        &self.root
    }

    /// Takes the lock on the file `object` of the spool's directory. Errs with [`SpoolError::Held`] while another process has it.
    pub(crate) fn lock(&self, object: &str) -> Result<Lock<'h>, SpoolError> {
        Lock::take(self.host, self.root.at(object)).map_err(|source| {
            let object = object.to_owned();
            match source.errno {
                Errno::Busy => SpoolError::Held { object },
                _ => SpoolError::Host {
                    operation: "lock",
                    object,
                    source,
                },
            }
        })
    }

    /// Makes everything that was done so far durable.
    pub(crate) fn group_commit(&self) -> Result<(), SpoolError> {
        self.host
            .sync_all(self.root.id())
            .context("make durable", "the spool")
    }
}

/// A path in one reused buffer.
#[derive(Default)]
pub(crate) struct PathBuffer(Vec<u8>);

impl PathBuffer {
    /// The names joined by `/`.
    pub(crate) fn join(&mut self, names: &[&[u8]]) -> &[u8] {
        self.0.clear();
        for (index, name) in names.iter().enumerate() {
            if 0 < index {
                self.0.push(b'/');
            }
            self.0.extend_from_slice(name);
        }
        &self.0
    }
}
