//! What a director may see and do between two steps.

use super::fs::{Content, Fs, Ino};
use super::machine::{Machine, Program};
use super::options::{ProcessId, TaskId, TaskSpec};
use host::{At, Errno, Millis};

/// The machine between two steps. Reading costs no virtual time.
pub struct View<'m> {
    machine: &'m mut Machine,
}

impl<'m> View<'m> {
    pub(crate) fn new(machine: &'m mut Machine) -> Self {
        View { machine }
    }

    /// The machine, to read.
    pub fn machine(&self) -> &Machine {
        self.machine
    }

    /// The files, to read.
    #[inline]
    pub fn fs(&self) -> &Fs {
        &self.machine.fs
    }

    /// Virtual time, in nanoseconds since the start.
    #[inline]
    pub fn now_ns(&self) -> u64 {
        self.machine.now_ns
    }

    /// The wall clock, as programs read it.
    pub fn wall(&self) -> Millis {
        self.machine.wall()
    }

    /// How many steps the machine has made.
    #[inline]
    pub fn steps(&self) -> u64 {
        self.machine.trace.steps
    }

    /// The watcher's note on an inode.
    #[inline]
    pub fn note(&self, ino: Ino) -> u32 {
        self.machine.fs.note(ino)
    }

    /// Writes the watcher's note on an inode. It stays with the inode through every rename.
    #[inline]
    pub fn set_note(&mut self, ino: Ino, note: u32) {
        self.machine.fs.set_note(ino, 0, note);
    }

    /// The watcher's second note on an inode.
    #[inline]
    pub fn second_note(&self, ino: Ino) -> u32 {
        self.machine.fs.second_note(ino)
    }

    /// Writes the watcher's second note on an inode.
    #[inline]
    pub fn set_second_note(&mut self, ino: Ino, note: u32) {
        self.machine.fs.set_note(ino, 1, note);
    }

    /// The directory that a pending call's path starts from, or what its handle is open on.
    #[inline]
    pub fn start_of(&self, at: At<'_>) -> Option<Ino> {
        self.machine.fs.start_of(at)
    }

    /// The name of a task.
    pub fn task_name(&self, task: TaskId) -> &str {
        self.machine.task_name(task)
    }

    /// The process of a task.
    pub fn process(&self, task: TaskId) -> ProcessId {
        self.machine.process(task)
    }

    /// Steps the wall clock, either way.
    pub fn step_clock(&mut self, delta_ms: i64) {
        self.machine.step_clock(delta_ms);
    }

    /// Keeps a copy of all files under this number, for [`Act::PutBack`](super::Act::PutBack): as a snapshot of the disk is taken,
    /// at one moment and without anybody's help.
    pub fn keep_files(&mut self, number: usize) {
        let copy = self.machine.fs.copied();
        self.machine.kept.insert(number, copy);
    }

    /// Adds a task; see [`Machine::spawn`].
    ///
    /// # Errors
    /// `NotFound` if its root is no directory.
    pub fn spawn(&mut self, spec: TaskSpec, program: Program) -> Result<TaskId, Errno> {
        self.machine.spawn(spec, program)
    }

    /// Makes a file from nowhere; see [`Machine::make_file`].
    ///
    /// # Errors
    /// As the calls of a program.
    pub fn make_file<P: AsRef<[u8]> + ?Sized>(
        &mut self,
        path: &P,
        content: Content,
        mtime_ns: i64,
    ) -> Result<Ino, Errno> {
        self.machine.make_file(path, content, mtime_ns)
    }
}
