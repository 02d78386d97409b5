//! The seam: what a program may ask of its machine.
//!
//! Everything below the binaries is straight-line code over `&dyn Host`. Two machines stand behind the trait: the real
//! one (`os`) and the simulated one (`sim::kernel`). One conformance suite (`tests/conformance`) runs on both, and is the
//! proof that the simulated one tells the truth.
//!
//! - [`Host`] is the set of calls, near to the system calls they become: `openat`, `renameat2`, `getdents64`, `syncfs`.
//! - [`HostError`] says which call failed and how; its [`Class`] is all that a caller should branch on.
//! - [`Dir`], [`File`] and [`Lock`] close what they hold when they are dropped; [`replace_file`] and [`read_file`] are what
//!   small files of state need. [`clear`], [`remove_all`] and [`remove_empty`] remove what is below a directory.
//! - [`Names`] is the buffer that one chunk of a directory is read into.
//! - [`Stop`] is how whatever takes long hears that the program is to end.
//!
//! A name that is gone is [`Class::Vanished`]: an outcome for the caller to handle, at every call, always.

mod error;
mod guard;
mod names;
mod stop;
mod tree;

pub use error::{Call, Class, Errno, HostError};
pub use guard::{Dir, File, Lock, read_file, replace_file};
pub use names::{Entry, Kind, Names};
pub use stop::Stop;
pub use tree::{clear, remove_all, remove_empty};

use std::time::Duration;

/// What every call answers.
pub type Result<T> = std::result::Result<T, HostError>;

/// An open directory: where relative paths start. Valid until closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DirId(pub u32);

/// An open file. Keeps the file's bytes reachable through rename and unlink. Valid until closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// An exclusive lock that is held. The machine releases it when the process dies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LockId(pub u32);

/// Milliseconds since 1970-01-01T00:00:00Z, by a clock that may be stepped either way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Millis(pub i64);

/// A path relative to an open directory: one or more names joined by `/`.
///
/// A name is bytes, because a neighbour's names are. Empty names, `.` and `..` are refused with [`Errno::Invalid`], so a
/// path never leaves its directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At<'a> {
    /// Where the path starts.
    pub dir: DirId,
    /// The names, joined by `/`.
    pub path: &'a [u8],
}

impl<'a> At<'a> {
    /// The path `path` below `dir`.
    pub fn new<P: AsRef<[u8]> + ?Sized>(dir: DirId, path: &'a P) -> Self {
        At {
            dir,
            path: path.as_ref(),
        }
    }
}

/// What is known of a name without opening it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Meta {
    /// File, directory, or something that a queue has no use for.
    pub kind: Kind,
    /// Bytes of a file. Says nothing for other kinds.
    pub len: u64,
    /// Last change of the bytes, in nanoseconds since 1970. Ticks are coarse: never an order (contract S14).
    pub mtime_ns: i64,
    /// How many names the file has.
    pub links: u32,
    /// The file's number, unique on its filesystem while it lives.
    pub inode: u64,
}

/// A machine, as far as a queue needs one.
///
/// **Promise of an implementation.** Each call is atomic as seen by every other call; what happened before a call returns
/// is visible to all calls after it. A crash of the process loses nothing that a call has returned from. A power loss keeps
/// what a `sync_*` call covered, and any subset of the rest (contract K1 to K8).
///
/// **Symbolic links** are never followed at the last name of a path: opening one is [`Errno::Loop`].
///
/// **Panics.** Calls with an id that was closed answer [`Errno::BadHandle`]; no call panics.
pub trait Host {
    /// The directory this program was given. Never closed.
    fn root(&self) -> DirId;

    /// Opens a directory, its scan position at the start.
    fn open_dir(&self, at: At<'_>) -> Result<DirId>;

    /// Closes a directory. Never fails, because nothing could be done about it.
    fn close_dir(&self, dir: DirId);

    /// Reads the next chunk of names into `names`, replacing what it held; no names means the end.
    ///
    /// The position belongs to the handle. A name that stays where it is for the whole scan is returned exactly once; one
    /// that is created, removed or renamed meanwhile is returned once, twice or never. `.` and `..` are left out.
    fn read_dir(&self, dir: DirId, names: &mut Names) -> Result<()>;

    /// Puts the scan position back to the start.
    fn rewind_dir(&self, dir: DirId) -> Result<()>;

    /// Makes an empty directory. `Exists` if the name is taken by anything.
    fn mkdir(&self, at: At<'_>) -> Result<()>;

    /// Removes an empty directory. `NotEmpty` if it holds a name.
    fn rmdir(&self, at: At<'_>) -> Result<()>;

    /// Creates an empty file and opens it for appending. `Exists` if the name is taken by anything.
    fn create_new(&self, at: At<'_>) -> Result<FileId>;

    /// Opens an existing file for appending.
    fn open_append(&self, at: At<'_>) -> Result<FileId>;

    /// Opens an existing file for reading. Never waits, whatever the name is (a FIFO reads as empty).
    fn open_read(&self, at: At<'_>) -> Result<FileId>;

    /// Appends to `into` at most `max` bytes of the file from `offset`, and says how many; 0 is the end of the file.
    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize>;

    /// Appends all of `bytes` to the file. On an error any prefix of them may have been appended.
    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()>;

    /// Closes a file. Never fails; it makes nothing durable.
    fn close(&self, file: FileId);

    /// What is known of a name.
    fn stat(&self, at: At<'_>) -> Result<Meta>;

    /// Moves a name. `Exists`, and nothing is changed, if the target's name is taken: this *is* the check and the claim.
    fn rename_noreplace(&self, from: At<'_>, to: At<'_>) -> Result<()>;

    /// Moves a name, replacing a file (or an empty directory, by a directory) of the target's name in one step.
    ///
    /// Onto another name of the same file it changes nothing and succeeds.
    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()>;

    /// Gives a file a second name. `Exists` if the name is taken.
    fn link(&self, from: At<'_>, to: At<'_>) -> Result<()>;

    /// Removes a name. The bytes live on while a handle is open or another name is left.
    fn unlink(&self, at: At<'_>) -> Result<()>;

    /// Makes the file's bytes durable. Not its name: that takes [`Host::sync_dir`].
    ///
    /// After an error nothing is known of the bytes: they must be written again to a new file (contract S18).
    fn sync_file(&self, file: FileId) -> Result<()>;

    /// Makes the names of this directory durable: those added, and those removed.
    fn sync_dir(&self, dir: DirId) -> Result<()>;

    /// Makes everything on the filesystem of `dir` durable, names and bytes: the group commit.
    fn sync_all(&self, dir: DirId) -> Result<()>;

    /// Takes the exclusive lock on the file `at`, creating the file if it is missing. `Busy` if another process holds it.
    fn lock(&self, at: At<'_>) -> Result<LockId>;

    /// Gives a lock back.
    fn unlock(&self, lock: LockId);

    /// The wall clock. May step backwards.
    fn now(&self) -> Millis;

    /// Waits. Other programs run meanwhile.
    fn sleep(&self, duration: Duration);
}
