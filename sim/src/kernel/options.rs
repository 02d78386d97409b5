//! What a simulated machine is like. All of it is required: nothing has a hidden default.

use super::latency::LatencyProfile;
use super::prng::Seed;
use host::Millis;
use std::time::Duration;

/// Makes the bytes of a fabricated file from (seed, index): the same bytes each time it is asked.
pub type Generator = fn(seed: u64, index: u32, into: &mut Vec<u8>);

/// A machine before it starts.
#[derive(Clone, Debug)]
pub struct MachineOptions {
    /// Where every choice of the machine comes from.
    pub seed: Seed,
    /// The wall clock at the start.
    pub t0: Millis,
    /// The order in which directories are read, and what a rename meanwhile does to it.
    pub directory: DirectoryProfile,
    /// What calls cost in virtual time.
    pub latency: LatencyProfile,
    /// Whether an open handle keeps others from renaming and unlinking.
    pub sharing: Sharing,
    /// What can run out.
    pub limits: Limits,
    /// What a power loss may choose.
    pub power_loss: PowerLossProfile,
    /// What fabricated files contain.
    pub generator: Generator,
    /// How much of the trace is kept beside its hash.
    pub recording: Recording,
}

/// The order in which a directory is read. In all of them a name that stays is returned exactly once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DirectoryProfile {
    /// By the hash of the name: a name renamed inside the directory during a scan is missed about 1 time in 6 and
    /// doubled as often.
    Ext4,
    /// Newest first: a renamed name is missed about 1 time in 2 and never doubled.
    Tmpfs,
    /// As it was at the first chunk.
    Snapshot,
    /// New and renamed names are placed where an open scan misses or doubles them, three times in four.
    Adversarial,
}

/// What an open handle does to others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// Nothing.
    Posix,
    /// A handle of another process makes rename and unlink fail with `Busy`: of the file, of a directory above it.
    Windows,
}

/// What a power loss may choose of the operations that nothing has synced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PowerLossProfile {
    /// Any subset of the directory operations (contract K3).
    AnySubset,
    /// As a journal does: the operations up to some moment.
    Ordered,
}

/// What can run out. Counted on the whole machine unless said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Inodes in use.
    pub inodes_max: u32,
    /// Bytes of files.
    pub bytes_max: u64,
    /// Names of one directory.
    pub names_max: u32,
    /// Files and directories that one process has open.
    pub handles_max: u32,
    /// Names of one file.
    pub links_max: u16,
    /// Bytes of a path, the terminator counted.
    pub path_bytes_max: usize,
    /// Unsynced directory operations of one filesystem. The oldest half is written back when there are more, as a
    /// kernel does when too much memory is dirty.
    pub unsynced_max: u32,
}

impl Limits {
    /// A large, ordinary machine: 1,024 open files a process, and no end of space.
    pub const ORDINARY: Limits = Limits {
        inodes_max: u32::MAX,
        bytes_max: u64::MAX,
        names_max: u32::MAX,
        handles_max: 1_024,
        links_max: 65_000,
        path_bytes_max: 4_096,
        unsynced_max: 1 << 18,
    };
}

/// How much of the trace is kept beside its hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recording {
    /// Only the hash and its checkpoints.
    HashOnly,
    /// The last so many steps.
    Last(usize),
    /// All steps.
    All,
}

/// Who runs: its handles and locks belong to its process, and it dies with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProcessId(pub u16);

/// A task: one line of execution. A task that is spawned with the name of one that has ended gets its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskId(pub u16);

/// A task before it starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskSpec {
    /// What traces and tapes call it. Unique among the tasks that run.
    pub name: String,
    /// Its process.
    pub process: ProcessId,
    /// The directory that it is given as its root; empty for the machine's own root.
    pub root: Vec<u8>,
    /// How long to wait before it starts.
    pub start_after: Duration,
    /// Whether entries remember that a scan of this task returned them ([`super::Window`]). An entry remembers one task:
    /// neighbours, whose windows nobody asks for, should not.
    pub is_watched: bool,
    /// Bytes of its stack.
    pub stack_bytes: usize,
}

impl TaskSpec {
    /// A stack that holds any sane straight-line code.
    pub const STACK_BYTES: usize = 512 * 1024;
}

/// How a program ended by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exit {
    /// 0 is success.
    pub code: u8,
    /// What it would have printed last.
    pub text: String,
}

impl Exit {
    /// Success, with nothing to say.
    pub const OK: Exit = Exit {
        code: 0,
        text: String::new(),
    };
}

/// How a task ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The program returned.
    Returned(Exit),
    /// Its process was killed, or the power went.
    Killed,
    /// It panicked, with this message: a bug of the program, or of its test.
    Panicked(String),
}
