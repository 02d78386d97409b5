//! The machine: files, clock and tasks, before and between runs.

use super::director::Window;
use super::fs::{Content, Fs, FsOptions, Grip, Ino, Node, READERS_MAX, Seen};
use super::latency::LatencyProfile;
use super::options::{Exit, MachineOptions, ProcessId, Recording, TaskId, TaskSpec};
use super::prng::{Prng, Seed};
use super::task::{Coroutine, Mail, TaskHost};
use super::trace::{Trace, TraceRecord};
use super::{director, stack};
use host::{Call, DirId, Errno, Host, Millis};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a task runs: straight-line code over a host.
pub type Program = Box<dyn FnOnce(&dyn Host) -> Exit>;

/// One task, alive or ended.
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) process: ProcessId,
    pub(crate) mail: Rc<Mail>,
    /// `None` once it has ended.
    pub(crate) coroutine: Option<Coroutine>,
    pub(crate) is_started: bool,
    /// Whether entries remember its scans.
    pub(crate) is_watched: bool,
    /// When the pending call acts, in virtual time.
    pub(crate) ready_ns: u64,
    /// Calls in all its lives.
    pub(crate) calls: u32,
    /// Calls in its lives before this one.
    calls_before: u32,
    /// Its scans: after how many calls, and when.
    pub(crate) scans: Vec<(u32, u64)>,
    /// What its last call cost beyond what was known before: added to the next one.
    pub(crate) debt_ns: u64,
    pub(crate) latency: Prng,
}

impl Drop for Task {
    fn drop(&mut self) {
        // What is on the stack closes its handles while it is unwound. Nobody is left to answer.
        self.mail.is_quiet.set(true);
    }
}

impl Task {
    /// How long this task, which is the one that `seen` names, has known the entry.
    #[inline]
    pub(crate) fn window(&self, seen: Seen, now_ns: u64) -> Option<Window> {
        if seen.calls <= self.calls_before {
            return None;
        }
        let at = self
            .scans
            .binary_search_by_key(&seen.calls, |&(calls, _)| calls);
        let &(_, since) = self.scans.get(at.ok()?)?;
        Some(director::Window {
            calls: self.calls - seen.calls,
            nanos: now_ns - since,
        })
    }
}

/// The files of a machine that is off.
pub struct Image {
    fs: Fs,
    trace: Trace,
}

impl Image {
    /// How many steps have made it.
    pub fn steps(&self) -> u64 {
        self.trace.steps
    }
}

/// A simulated machine.
pub struct Machine {
    pub(crate) seed: Seed,
    pub(crate) fs: Fs,
    pub(crate) latency: LatencyProfile,
    t0: Millis,
    /// Virtual time, in nanoseconds since the start.
    pub(crate) now_ns: u64,
    clock_offset_ms: i64,
    pub(crate) tasks: Vec<Task>,
    pub(crate) alive: usize,
    /// Tasks that no schedule has been offered yet.
    pub(crate) fresh: Vec<TaskId>,
    pub(crate) trace: Trace,
    /// Copies of the files that somebody may put back, each by its number.
    pub(crate) kept: BTreeMap<usize, Fs>,
}

impl Machine {
    /// A machine with an empty root directory.
    pub fn new(options: MachineOptions) -> Self {
        let fs = Fs::new(fs_options(&options));
        let trace = Trace::new(options.recording);
        Machine::with(options, fs, trace)
    }

    fn with(options: MachineOptions, fs: Fs, trace: Trace) -> Self {
        let mut machine = Machine {
            seed: options.seed,
            fs,
            latency: options.latency,
            t0: options.t0,
            now_ns: 0,
            clock_offset_ms: 0,
            tasks: Vec::new(),
            alive: 0,
            fresh: Vec::new(),
            trace,
            kept: BTreeMap::new(),
        };
        machine.fs.wall_ns = machine.wall_ns();
        machine
    }

    /// The files of this machine, for others that begin with them, and its trace, which theirs go on from.
    ///
    /// What it has written is durable then, as after a shutdown in good order.
    ///
    /// # Panics
    /// If a task has not ended.
    pub fn into_image(mut self) -> Image {
        assert_eq!(self.alive, 0, "a machine that runs has no image");
        self.fs.rest();
        Image {
            fs: self.fs,
            trace: self.trace,
        }
    }

    /// A machine that begins with the files of `image`: its clock starts anew, at the `t0` of `options`, and its steps are
    /// counted from those of the image. Directories keep the order that they have there.
    ///
    /// # Panics
    /// If `options` keep more of the trace than its hash: the image has no records.
    pub fn of_image(options: MachineOptions, image: &Image) -> Self {
        assert_eq!(
            options.recording,
            Recording::HashOnly,
            "an image has no records of its steps"
        );
        let fs = image.fs.copy(fs_options(&options));
        Machine::with(options, fs, image.trace.clone())
    }

    /// Makes a directory and all missing ones above it, at once and durable.
    ///
    /// Set-up calls leave no trace and cost no time. In a machine that runs they make the other names of the same directory
    /// durable too; a program that is part of the simulation should make its own calls.
    ///
    /// # Errors
    /// As the calls of a program: a name in the way, a bad path.
    pub fn make_dir<P: AsRef<[u8]> + ?Sized>(&mut self, path: &P) -> Result<Ino, Errno> {
        self.fs.make_dir(path.as_ref())
    }

    /// Makes a directory that is the root of another filesystem: rename and link across it are refused.
    ///
    /// # Errors
    /// If the name is taken, or there are 256 filesystems.
    pub fn make_device<P: AsRef<[u8]> + ?Sized>(&mut self, path: &P) -> Result<Ino, Errno> {
        self.fs.make_device(path.as_ref())
    }

    /// Makes a file in an existing directory, at once and durable.
    ///
    /// # Errors
    /// As the calls of a program.
    pub fn make_file<P: AsRef<[u8]> + ?Sized>(
        &mut self,
        path: &P,
        content: Content,
        mtime_ns: i64,
    ) -> Result<Ino, Errno> {
        let path = path.as_ref();
        let (dir, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&b""[..], path),
        };
        let dir = self.fs.at(dir).ok_or(Errno::NotFound)?;
        self.make_file_in(dir, name, content, mtime_ns)
    }

    /// [`Machine::make_file`] in a directory that is known.
    ///
    /// # Errors
    /// As the calls of a program.
    pub fn make_file_in(
        &mut self,
        dir: Ino,
        name: &[u8],
        content: Content,
        mtime_ns: i64,
    ) -> Result<Ino, Errno> {
        if matches!(name, b"" | b"." | b"..") || name.contains(&b'/') {
            return Err(Errno::Invalid);
        }
        if self.fs.node(dir) != Node::Dir {
            return Err(Errno::NotDir);
        }
        self.fs.make_file_in(dir, name, content, mtime_ns)
    }

    /// Makes a FIFO, a dangling symbolic link or an empty file in an existing directory.
    ///
    /// # Errors
    /// As the calls of a program. `Invalid` for a directory.
    pub fn make_node<P: AsRef<[u8]> + ?Sized>(
        &mut self,
        path: &P,
        node: Node,
    ) -> Result<Ino, Errno> {
        if node == Node::Dir {
            return Err(Errno::Invalid);
        }
        self.fs.make_node(path.as_ref(), node)
    }

    /// Adds a task. It starts at its turn, when a run reaches it.
    ///
    /// # Errors
    /// `NotFound` if its root is no directory.
    ///
    /// # Panics
    /// If a task of that name runs, or there are more names than a machine can tell apart (16,382).
    pub fn spawn(&mut self, spec: TaskSpec, program: Program) -> Result<TaskId, Errno> {
        let root = self.fs.at(&spec.root).ok_or(Errno::NotFound)?;
        if self.fs.node(root) != Node::Dir {
            return Err(Errno::NotFound);
        }
        let known = self.tasks.iter().position(|task| task.name == spec.name);
        let id = known.unwrap_or(self.tasks.len());
        assert!(
            id < usize::from(READERS_MAX),
            "more task names than a machine can tell apart"
        );
        let handle = self.fs.open_root(root, spec.process)?;
        let mail = Rc::new(Mail::new(DirId(handle), self.wall()));
        let delay_ns = u64::try_from(spec.start_after.as_nanos()).unwrap_or(u64::MAX);
        let mut task = Task {
            coroutine: Some(coroutine(&mail, spec.stack_bytes, program)),
            latency: self.seed.stream(&format!("latency/{}", spec.name)),
            name: spec.name,
            process: spec.process,
            mail,
            is_started: false,
            is_watched: spec.is_watched,
            ready_ns: self.now_ns.saturating_add(delay_ns),
            calls: 0,
            calls_before: 0,
            scans: Vec::new(),
            debt_ns: 0,
        };
        if known.is_some() {
            let old = &mut self.tasks[id];
            assert!(
                old.coroutine.is_none(),
                "two tasks run with the name {}",
                old.name
            );
            task.calls = old.calls;
            task.calls_before = old.calls;
            task.latency = old.latency.clone();
            *old = task;
        } else {
            self.tasks.push(task);
        }
        self.alive += 1;
        let id = TaskId(id as u16);
        self.fresh.push(id);
        Ok(id)
    }

    /// The files, to look at.
    pub fn fs(&self) -> &Fs {
        &self.fs
    }

    /// Writes the watcher's note on an inode.
    pub fn set_note(&mut self, ino: Ino, note: u32) {
        self.fs.set_note(ino, 0, note);
    }

    /// Writes the watcher's second note on an inode.
    pub fn set_second_note(&mut self, ino: Ino, note: u32) {
        self.fs.set_note(ino, 1, note);
    }

    /// Virtual time, in nanoseconds since the start.
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// The wall clock, as programs read it.
    pub fn wall(&self) -> Millis {
        Millis(self.wall_ns().div_euclid(1_000_000))
    }

    pub(crate) fn wall_ns(&self) -> i64 {
        let start = (self.t0.0.saturating_add(self.clock_offset_ms)).saturating_mul(1_000_000);
        start.saturating_add(i64::try_from(self.now_ns).unwrap_or(i64::MAX))
    }

    /// Steps the wall clock, either way.
    pub fn step_clock(&mut self, delta_ms: i64) {
        self.clock_offset_ms = self.clock_offset_ms.saturating_add(delta_ms);
        self.trace.fold_event(1, delta_ms as u64);
        self.fs.wall_ns = self.wall_ns();
    }

    /// How many steps the machine has made: calls, and starts of tasks.
    pub fn steps(&self) -> u64 {
        self.trace.steps
    }

    /// The hash of all that has happened.
    pub fn trace_hash(&self) -> u64 {
        self.trace.hash
    }

    /// The hash after each [`CHECKPOINT_STEPS`](super::CHECKPOINT_STEPS) steps.
    pub fn checkpoints(&self) -> &[u64] {
        &self.trace.checkpoints
    }

    /// The steps that were recorded, oldest first.
    pub fn records(&self) -> impl Iterator<Item = &TraceRecord> {
        self.trace.records.iter()
    }

    /// The name of a task.
    pub fn task_name(&self, task: TaskId) -> &str {
        &self.tasks[usize::from(task.0)].name
    }

    /// The task of that name.
    pub fn task(&self, name: &str) -> Option<TaskId> {
        let at = self.tasks.iter().position(|task| task.name == name)?;
        Some(TaskId(at as u16))
    }

    /// The process of a task.
    pub fn process(&self, task: TaskId) -> ProcessId {
        self.tasks[usize::from(task.0)].process
    }

    /// Whether a task has not ended.
    pub fn is_running(&self, task: TaskId) -> bool {
        self.tasks[usize::from(task.0)].coroutine.is_some()
    }

    /// How many tasks have not ended.
    pub fn running(&self) -> usize {
        self.alive
    }

    /// How many calls a task has made, in all its lives.
    pub fn calls(&self, task: TaskId) -> u32 {
        self.tasks[usize::from(task.0)].calls
    }

    /// How many files, directories and locks a process has open, its root not counted.
    pub fn open_handles(&self, process: ProcessId) -> u32 {
        self.fs.handles.count(process)
    }

    /// What a call costs on average, in nanoseconds.
    pub fn mean_ns(&self, call: Call) -> u64 {
        self.latency.mean_ns(call)
    }
}

fn fs_options(options: &MachineOptions) -> FsOptions {
    FsOptions {
        seed: options.seed,
        directory: options.directory,
        sharing: options.sharing,
        limits: options.limits,
        power_loss: options.power_loss,
        generator: options.generator,
        mtime_tick_ns: options.latency.mtime_tick_ns,
    }
}

/// A coroutine that runs `program` and answers its calls from `mail`.
fn coroutine(mail: &Rc<Mail>, stack_bytes: usize, program: Program) -> Coroutine {
    let mail = Rc::clone(mail);
    Coroutine::with_stack(stack::take(stack_bytes), move |yielder, ()| {
        program(&TaskHost { yielder, mail })
    })
}

impl Fs {
    /// A program's root directory.
    pub(crate) fn open_root(&mut self, root: Ino, process: ProcessId) -> Result<u32, Errno> {
        Ok(self.open(root, process, Grip::Root)?.0)
    }
}
