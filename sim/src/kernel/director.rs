//! Who watches the machine and disturbs it.

use super::effect::Effect;
use super::fs::{Ino, PowerLoss};
use super::options::{Ended, ProcessId, TaskId};
use super::view::View;
use host::{At, Call, DirId, Errno};

/// A call that is about to act.
#[derive(Clone, Copy, Debug)]
pub struct Pending<'a> {
    /// The number that the step will have.
    pub step: u64,
    /// Virtual time, in nanoseconds since the start.
    pub time_ns: u64,
    /// Who calls.
    pub task: TaskId,
    /// Its process.
    pub process: ProcessId,
    /// How many calls the task has made before this one, in all its lives.
    pub calls: u32,
    /// What is called.
    pub call: Call,
    /// The handle that the call works on, or that its path starts from.
    pub handle: u32,
    /// The path; empty if the call has none.
    pub path: &'a [u8],
    /// Where the second path of a rename or link starts.
    pub to_handle: u32,
    /// That path.
    pub to_path: &'a [u8],
    /// The bytes to append; empty for other calls.
    pub bytes: &'a [u8],
}

impl<'a> Pending<'a> {
    /// The path and where it starts, for [`View::start_of`].
    pub fn at(&self) -> At<'a> {
        At::new(DirId(self.handle), self.path)
    }

    /// The second path of a rename or link.
    pub fn to(&self) -> At<'a> {
        At::new(DirId(self.to_handle), self.to_path)
    }
}

/// What happens instead of, or before, a pending call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Nothing: the call acts.
    Proceed,
    /// The call fails and changes nothing. A failed `sync_file` or `sync_all` dooms bytes: see contract S18. Calls that
    /// cannot fail proceed.
    Fail(Errno),
    /// An append writes so many of its bytes, then fails. Any other call just fails.
    AppendPrefixThenFail(usize, Errno),
    /// A read gives at most so many bytes, and at least one if there is one. Any other call acts.
    ReadAtMost(usize),
    /// The process dies. If it was not the caller's, the call then acts.
    Kill(ProcessId),
    /// The power goes.
    PowerLoss,
    /// Every process is killed, and the copy of the files that was [kept](View::keep_files) under this number takes their place.
    /// Nothing happens if there is none.
    PutBack(usize),
}

/// What happens after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// The run goes on.
    Continue,
    /// The run stops; it can be continued.
    Stop,
    /// The process dies. If it was the caller's, the call has acted and nobody learns its answer.
    Kill(ProcessId),
    /// The power goes.
    PowerLoss,
}

/// How long a program knew a name before it used it (contract S19).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Calls of the same task from the `read_dir` that returned the entry to this one.
    pub calls: u32,
    /// Virtual time between the two, in nanoseconds.
    pub nanos: u64,
}

/// A call that has acted.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The call as it was pending.
    pub pending: Pending<'a>,
    /// How it failed, if it did.
    pub errno: Option<Errno>,
    /// What it did.
    pub effect: Effect<'a>,
    /// If it used an entry that the same task had read in a directory: since when. Uses are `stat`, `open_*`, `rename*`,
    /// `link`, `unlink`, `rmdir` and `lock`; of two paths, the first.
    pub window: Option<Window>,
    /// If it used an entry that another task was the last to read in a directory: who, and since when.
    pub others_window: Option<(TaskId, Window)>,
    /// The directory of the last name of its path, or the open file or directory itself, as far as that was reached.
    pub dir: Option<Ino>,
    /// What the path or the handle stood for.
    pub ino: Option<Ino>,
}

impl<'a> Step<'a> {
    /// The last name of the path.
    pub fn name(&self) -> &'a [u8] {
        let path = self.pending.path;
        path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
    }
}

/// Who watches and disturbs a run. Everything has a default: do nothing.
pub trait Director {
    /// Before a call acts.
    #[inline]
    fn before(&mut self, _view: &mut View<'_>, _pending: &Pending<'_>) -> Act {
        Act::Proceed
    }

    /// After a call has acted, before its task goes on.
    #[inline]
    fn after(&mut self, _view: &mut View<'_>, _step: &Step<'_>) -> Control {
        Control::Continue
    }

    /// After a task has ended, and its process's handles and locks are released. May spawn it again.
    fn exited(&mut self, _view: &mut View<'_>, _task: TaskId, _how: &Ended) {}

    /// After a copy of the files was put back, before [`Director::exited`] is told of each task that was killed for it.
    fn put_back(&mut self, _view: &mut View<'_>, _number: usize) {}

    /// After a power loss, before [`Director::exited`] is told of each task that it killed.
    fn power_lost(&mut self, _view: &mut View<'_>, _loss: &PowerLoss) {}
}

/// A director that does nothing.
#[derive(Clone, Copy, Debug)]
pub struct Undisturbed;

impl Director for Undisturbed {}
