//! Which call failed, how, and what that means for the caller.

/// The calls of [`crate::Host`] that can fail, and those that only take time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "each is the trait's method of that name")]
pub enum Call {
    OpenDir,
    CloseDir,
    ReadDir,
    RewindDir,
    Mkdir,
    Rmdir,
    CreateNew,
    OpenAppend,
    OpenRead,
    Read,
    Append,
    Close,
    Stat,
    RenameNoreplace,
    Rename,
    Link,
    Unlink,
    SyncFile,
    SyncDir,
    SyncAll,
    Lock,
    Unlock,
    Now,
    Sleep,
}

impl Call {
    /// Every call, in declaration order, so that `ALL[call as usize] == call`.
    pub const ALL: [Call; 24] = [
        Call::OpenDir,
        Call::CloseDir,
        Call::ReadDir,
        Call::RewindDir,
        Call::Mkdir,
        Call::Rmdir,
        Call::CreateNew,
        Call::OpenAppend,
        Call::OpenRead,
        Call::Read,
        Call::Append,
        Call::Close,
        Call::Stat,
        Call::RenameNoreplace,
        Call::Rename,
        Call::Link,
        Call::Unlink,
        Call::SyncFile,
        Call::SyncDir,
        Call::SyncAll,
        Call::Lock,
        Call::Unlock,
        Call::Now,
        Call::Sleep,
    ];

    /// The name that traces, tapes and messages use.
    pub fn name(self) -> &'static str {
        match self {
            Call::OpenDir => "open_dir",
            Call::CloseDir => "close_dir",
            Call::ReadDir => "read_dir",
            Call::RewindDir => "rewind_dir",
            Call::Mkdir => "mkdir",
            Call::Rmdir => "rmdir",
            Call::CreateNew => "create_new",
            Call::OpenAppend => "open_append",
            Call::OpenRead => "open_read",
            Call::Read => "read",
            Call::Append => "append",
            Call::Close => "close",
            Call::Stat => "stat",
            Call::RenameNoreplace => "rename_noreplace",
            Call::Rename => "rename",
            Call::Link => "link",
            Call::Unlink => "unlink",
            Call::SyncFile => "sync_file",
            Call::SyncDir => "sync_dir",
            Call::SyncAll => "sync_all",
            Call::Lock => "lock",
            Call::Unlock => "unlock",
            Call::Now => "now",
            Call::Sleep => "sleep",
        }
    }
}

/// How a call failed, in POSIX terms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the message of each says it")]
pub enum Errno {
    NotFound,
    Exists,
    NotEmpty,
    NotDir,
    IsDir,
    Loop,
    NameTooLong,
    Invalid,
    CrossDevice,
    Access,
    Busy,
    NoSpace,
    Quota,
    TooManyOpen,
    NoMemory,
    TooManyLinks,
    Io,
    Stale,
    ReadOnly,
    BadHandle,
    /// Any other, by the operating system's number.
    Other(i32),
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Errno::NotFound => "not found",
            Errno::Exists => "the name is taken",
            Errno::NotEmpty => "the directory is not empty",
            Errno::NotDir => "not a directory",
            Errno::IsDir => "is a directory",
            Errno::Loop => "is a symbolic link",
            Errno::NameTooLong => "the name is too long",
            Errno::Invalid => "invalid argument",
            Errno::CrossDevice => "the names are on two filesystems",
            Errno::Access => "permission denied",
            Errno::Busy => "held by another program",
            Errno::NoSpace => "no space left",
            Errno::Quota => "the quota is used up",
            Errno::TooManyOpen => "too many open files",
            Errno::NoMemory => "out of memory",
            Errno::TooManyLinks => "too many links",
            Errno::Io => "input/output error",
            Errno::Stale => "the handle of a network filesystem is stale",
            Errno::ReadOnly => "read-only filesystem",
            Errno::BadHandle => "the handle is closed",
            Errno::Other(number) => return write!(f, "error {number}"),
        })
    }
}

/// What a failure means for the caller. Code branches on this and on nothing finer, but for `Exists` and `NotEmpty`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// The name is gone: somebody else was faster. An outcome, never a failure (contract S8).
    Vanished,
    /// Somebody holds or has taken the name now. Pass it by; come back later.
    Contended,
    /// This one name is bad and will stay bad. Set it aside; touch nothing else (contract S9).
    Poison,
    /// The machine has run out of something. Stop this pass and keep what is done.
    Resource,
    /// The machine is broken, or we are. Stop.
    Fault,
}

/// A failed call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("{}: {errno}", call.name())]
pub struct HostError {
    /// Which call.
    pub call: Call,
    /// How it failed.
    pub errno: Errno,
}

impl HostError {
    /// The failure `errno` of `call`.
    pub fn new(call: Call, errno: Errno) -> Self {
        HostError { call, errno }
    }

    /// What this failure means for the caller.
    ///
    /// `Io` is the one errno whose meaning depends on the call: a file that cannot be read is one bad file, while a
    /// directory or a sync that fails puts everything in doubt. `Stale` says that a server has forgotten what a handle or a
    /// path stood for, and nothing of the name: it neither vanished nor is bad, and another try may find it as it was.
    pub fn class(self) -> Class {
        match self.errno {
            Errno::NotFound => Class::Vanished,
            Errno::Exists | Errno::NotEmpty | Errno::Busy => Class::Contended,
            Errno::NotDir
            | Errno::IsDir
            | Errno::Loop
            | Errno::NameTooLong
            | Errno::Invalid
            | Errno::Access => Class::Poison,
            Errno::Io if matches!(self.call, Call::OpenRead | Call::Read | Call::Stat) => {
                Class::Poison
            }
            // A socket or a device without driver: openable by nobody.
            Errno::Other(_) if self.call == Call::OpenRead => Class::Poison,
            Errno::NoSpace
            | Errno::Quota
            | Errno::TooManyOpen
            | Errno::NoMemory
            | Errno::TooManyLinks => Class::Resource,
            Errno::Io
            | Errno::Stale
            | Errno::CrossDevice
            | Errno::ReadOnly
            | Errno::BadHandle
            | Errno::Other(_) => Class::Fault,
        }
    }

    /// Whether the name was gone.
    pub fn is_vanished(self) -> bool {
        self.class() == Class::Vanished
    }

    /// Whether there is no space for it, on the filesystem or in the account's share of it.
    pub fn is_full(self) -> bool {
        matches!(self.errno, Errno::NoSpace | Errno::Quota)
    }

    /// Whether the target's name was taken.
    pub fn is_exists(self) -> bool {
        self.errno == Errno::Exists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_stands_at_its_own_number() {
        for (index, call) in Call::ALL.into_iter().enumerate() {
            assert_eq!(call as usize, index, "{}", call.name());
        }
    }

    #[test]
    fn an_unreadable_file_is_one_bad_file_but_a_failed_sync_is_a_fault() {
        assert_eq!(HostError::new(Call::Read, Errno::Io).class(), Class::Poison);
        assert_eq!(
            HostError::new(Call::SyncAll, Errno::Io).class(),
            Class::Fault
        );
        assert_eq!(
            HostError::new(Call::ReadDir, Errno::Io).class(),
            Class::Fault
        );
    }

    #[test]
    fn a_stale_handle_says_nothing_of_the_name_at_any_call() {
        for call in Call::ALL {
            let error = HostError::new(call, Errno::Stale);
            assert_eq!(error.class(), Class::Fault, "{error}");
        }
    }
}
