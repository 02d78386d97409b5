//! A task's side of the machine: `Host` calls become requests in a mailbox, and the coroutine is suspended until the run loop
//! has answered.

use super::options::Exit;
use corosensei::Yielder;
use host::{At, Call, DirId, Errno, FileId, Host, HostError, LockId, Meta, Millis, Names, Result};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// What suspends and resumes a task.
pub(crate) type Coroutine = corosensei::Coroutine<(), (), Exit>;

/// What the run loop answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Done,
    Id(u32),
    Meta(Meta),
    Count(usize),
    Time(Millis),
}

/// One call and its answer. The buffers are used again for the next call.
pub(crate) struct Body {
    pub(crate) call: Call,
    pub(crate) handle: u32,
    pub(crate) to_handle: u32,
    pub(crate) offset: u64,
    pub(crate) max: usize,
    pub(crate) sleep_ns: u64,
    pub(crate) path: Vec<u8>,
    pub(crate) to_path: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) names: Names,
    pub(crate) answer: std::result::Result<Answer, Errno>,
}

/// Between a task and the run loop.
pub(crate) struct Mail {
    pub(crate) body: RefCell<Body>,
    pub(crate) root: Cell<DirId>,
    /// The task is being torn down: its calls do nothing and do not wait.
    pub(crate) is_quiet: Cell<bool>,
    /// What it closed while it panicked.
    pub(crate) closed: RefCell<Vec<u32>>,
    wall: Cell<Millis>,
}

impl Mail {
    pub(crate) fn new(root: DirId, wall: Millis) -> Self {
        Mail {
            body: RefCell::new(Body {
                call: Call::Now,
                handle: 0,
                to_handle: 0,
                offset: 0,
                max: 0,
                sleep_ns: 0,
                path: Vec::new(),
                to_path: Vec::new(),
                data: Vec::new(),
                names: Names::with_capacity(280),
                answer: Ok(Answer::Done),
            }),
            root: Cell::new(root),
            is_quiet: Cell::new(false),
            closed: RefCell::new(Vec::new()),
            wall: Cell::new(wall),
        }
    }
}

/// The machine as one task sees it.
pub(crate) struct TaskHost<'y> {
    pub(crate) yielder: &'y Yielder<(), ()>,
    pub(crate) mail: Rc<Mail>,
}

impl TaskHost<'_> {
    /// Nothing waits while a stack is being unwound: the other tasks would run in the middle of it.
    #[inline]
    fn is_quiet(&self) -> bool {
        self.mail.is_quiet.get() || std::thread::panicking()
    }

    /// Makes a call and waits for its turn.
    #[inline]
    fn call(&self, call: Call, fill: impl FnOnce(&mut Body)) -> Result<Answer> {
        if self.is_quiet() {
            return Err(HostError::new(call, Errno::BadHandle));
        }
        {
            let body = &mut *self.mail.body.borrow_mut();
            body.call = call;
            body.path.clear();
            body.to_path.clear();
            fill(body);
        }
        self.yielder.suspend(());
        let answer = self.mail.body.borrow().answer;
        answer.map_err(|errno| HostError::new(call, errno))
    }

    #[inline]
    fn on_path(&self, call: Call, at: At<'_>) -> Result<Answer> {
        self.call(call, |body| {
            body.handle = at.dir.0;
            body.path.extend_from_slice(at.path);
        })
    }

    fn on_paths(&self, call: Call, from: At<'_>, to: At<'_>) -> Result<()> {
        self.call(call, |body| {
            body.handle = from.dir.0;
            body.path.extend_from_slice(from.path);
            body.to_handle = to.dir.0;
            body.to_path.extend_from_slice(to.path);
        })?;
        Ok(())
    }

    fn on_handle(&self, call: Call, handle: u32) -> Result<()> {
        self.call(call, |body| body.handle = handle)?;
        Ok(())
    }

    fn open(&self, call: Call, at: At<'_>) -> Result<u32> {
        match self.on_path(call, at)? {
            Answer::Id(id) => Ok(id),
            other => unreachable!("{} was answered with {other:?}", call.name()),
        }
    }

    fn shut(&self, call: Call, handle: u32) {
        // A task that is torn down still closes what it holds; a killed one has lost it already.
        if self.on_handle(call, handle).is_err() && !self.mail.is_quiet.get() {
            self.mail.closed.borrow_mut().push(handle);
        }
    }
}

impl Host for TaskHost<'_> {
    fn root(&self) -> DirId {
        self.mail.root.get()
    }

    fn open_dir(&self, at: At<'_>) -> Result<DirId> {
        self.open(Call::OpenDir, at).map(DirId)
    }

    fn close_dir(&self, dir: DirId) {
        self.shut(Call::CloseDir, dir.0);
    }

    fn read_dir(&self, dir: DirId, names: &mut Names) -> Result<()> {
        // The buffer travels with the request. Nothing below can unwind before it is back but a kill, which drops it.
        let fill = |body: &mut Body| {
            body.handle = dir.0;
            std::mem::swap(&mut body.names, names);
        };
        if self.is_quiet() {
            return Err(HostError::new(Call::ReadDir, Errno::BadHandle));
        }
        let answer = self.call(Call::ReadDir, fill);
        std::mem::swap(&mut self.mail.body.borrow_mut().names, names);
        if answer.is_err() {
            names.clear();
        }
        answer.map(drop)
    }

    fn rewind_dir(&self, dir: DirId) -> Result<()> {
        self.on_handle(Call::RewindDir, dir.0)
    }

    fn mkdir(&self, at: At<'_>) -> Result<()> {
        self.on_path(Call::Mkdir, at).map(drop)
    }

    fn rmdir(&self, at: At<'_>) -> Result<()> {
        self.on_path(Call::Rmdir, at).map(drop)
    }

    fn create_new(&self, at: At<'_>) -> Result<FileId> {
        self.open(Call::CreateNew, at).map(FileId)
    }

    fn open_append(&self, at: At<'_>) -> Result<FileId> {
        self.open(Call::OpenAppend, at).map(FileId)
    }

    fn open_read(&self, at: At<'_>) -> Result<FileId> {
        self.open(Call::OpenRead, at).map(FileId)
    }

    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        if self.is_quiet() {
            return Err(HostError::new(Call::Read, Errno::BadHandle));
        }
        let answer = self.call(Call::Read, |body| {
            body.handle = file.0;
            body.offset = offset;
            body.max = max;
            std::mem::swap(&mut body.data, into);
        });
        std::mem::swap(&mut self.mail.body.borrow_mut().data, into);
        match answer? {
            Answer::Count(count) => Ok(count),
            other => unreachable!("read was answered with {other:?}"),
        }
    }

    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()> {
        self.call(Call::Append, |body| {
            body.handle = file.0;
            body.data.clear();
            body.data.extend_from_slice(bytes);
        })?;
        Ok(())
    }

    fn close(&self, file: FileId) {
        self.shut(Call::Close, file.0);
    }

    fn stat(&self, at: At<'_>) -> Result<Meta> {
        match self.on_path(Call::Stat, at)? {
            Answer::Meta(meta) => Ok(meta),
            other => unreachable!("stat was answered with {other:?}"),
        }
    }

    fn rename_noreplace(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.on_paths(Call::RenameNoreplace, from, to)
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.on_paths(Call::Rename, from, to)
    }

    fn link(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.on_paths(Call::Link, from, to)
    }

    fn unlink(&self, at: At<'_>) -> Result<()> {
        self.on_path(Call::Unlink, at).map(drop)
    }

    fn sync_file(&self, file: FileId) -> Result<()> {
        self.on_handle(Call::SyncFile, file.0)
    }

    fn sync_dir(&self, dir: DirId) -> Result<()> {
        self.on_handle(Call::SyncDir, dir.0)
    }

    fn sync_all(&self, dir: DirId) -> Result<()> {
        self.on_handle(Call::SyncAll, dir.0)
    }

    fn lock(&self, at: At<'_>) -> Result<LockId> {
        self.open(Call::Lock, at).map(LockId)
    }

    fn unlock(&self, lock: LockId) {
        self.shut(Call::Unlock, lock.0);
    }

    fn now(&self) -> Millis {
        if let Ok(Answer::Time(now)) = self.call(Call::Now, |_| {}) {
            self.mail.wall.set(now);
        }
        self.mail.wall.get()
    }

    fn sleep(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // A task that is torn down does not wait, and there is nobody to tell.
        self.call(Call::Sleep, |body| body.sleep_ns = nanos).ok();
    }
}
