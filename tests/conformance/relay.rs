//! Another process's host, for a task of a simulated machine: each call is made by a task of that other process.
//!
//! A task cannot call under two process ids, and a second task cannot be called like a function. So the [`Relay`] hands each
//! of its calls over a [`Line`] and waits, by virtual time, until the task that [`serve`]s the line has made it.

use host::{At, DirId, FileId, Host, LockId, Meta, Millis, Names, Result};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How long either side waits before it looks at the line again.
const PAUSE: Duration = Duration::from_micros(10);

/// A call that the other process is to make.
type Job = Box<dyn FnOnce(&dyn Host)>;

/// What lies between the two tasks.
#[derive(Default)]
pub struct Line {
    job: RefCell<Option<Job>>,
    is_over: Cell<bool>,
    root: Cell<Option<DirId>>,
}

/// Makes the calls that come over the line, until the other side is gone.
pub fn serve(line: &Line, host: &dyn Host) {
    line.root.set(Some(host.root()));
    while !line.is_over.get() {
        let job = line.job.borrow_mut().take();
        match job {
            Some(job) => job(host),
            None => host.sleep(PAUSE),
        }
    }
}

/// The other process's host. Dropping it ends the serving.
pub struct Relay<'h> {
    line: Rc<Line>,
    /// Only to wait.
    own: &'h dyn Host,
}

impl<'h> Relay<'h> {
    /// A host whose calls the server of `line` makes. Waits until it is there.
    pub fn new(line: Rc<Line>, own: &'h dyn Host) -> Self {
        while line.root.get().is_none() {
            own.sleep(PAUSE);
        }
        Relay { line, own }
    }

    fn ask<T: 'static>(&self, call: impl FnOnce(&dyn Host) -> T + 'static) -> T {
        let answer = Rc::new(RefCell::new(None));
        let place = Rc::clone(&answer);
        let job: Job = Box::new(move |host| *place.borrow_mut() = Some(call(host)));
        *self.line.job.borrow_mut() = Some(job);
        loop {
            self.own.sleep(PAUSE);
            if let Some(answer) = answer.borrow_mut().take() {
                return answer;
            }
        }
    }

    fn on_path<T: 'static>(
        &self,
        at: At<'_>,
        call: impl FnOnce(&dyn Host, At<'_>) -> T + 'static,
    ) -> T {
        let (dir, path) = (at.dir, at.path.to_vec());
        self.ask(move |host| call(host, At::new(dir, &path)))
    }

    fn on_paths(
        &self,
        from: At<'_>,
        to: At<'_>,
        call: impl FnOnce(&dyn Host, At<'_>, At<'_>) -> Result<()> + 'static,
    ) -> Result<()> {
        let (dir, path) = (to.dir, to.path.to_vec());
        self.on_path(from, move |host, from| {
            call(host, from, At::new(dir, &path))
        })
    }
}

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        self.line.is_over.set(true);
    }
}

impl Host for Relay<'_> {
    fn root(&self) -> DirId {
        self.line.root.get().expect("the server is there")
    }

    fn open_dir(&self, at: At<'_>) -> Result<DirId> {
        self.on_path(at, |host, at| host.open_dir(at))
    }

    fn close_dir(&self, dir: DirId) {
        self.ask(move |host| host.close_dir(dir));
    }

    fn read_dir(&self, dir: DirId, names: &mut Names) -> Result<()> {
        let mut theirs = std::mem::take(names);
        let (result, theirs) = self.ask(move |host| {
            let result = host.read_dir(dir, &mut theirs);
            (result, theirs)
        });
        *names = theirs;
        result
    }

    fn rewind_dir(&self, dir: DirId) -> Result<()> {
        self.ask(move |host| host.rewind_dir(dir))
    }

    fn mkdir(&self, at: At<'_>) -> Result<()> {
        self.on_path(at, |host, at| host.mkdir(at))
    }

    fn rmdir(&self, at: At<'_>) -> Result<()> {
        self.on_path(at, |host, at| host.rmdir(at))
    }

    fn create_new(&self, at: At<'_>) -> Result<FileId> {
        self.on_path(at, |host, at| host.create_new(at))
    }

    fn open_append(&self, at: At<'_>) -> Result<FileId> {
        self.on_path(at, |host, at| host.open_append(at))
    }

    fn open_read(&self, at: At<'_>) -> Result<FileId> {
        self.on_path(at, |host, at| host.open_read(at))
    }

    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        let mut theirs = std::mem::take(into);
        let (result, theirs) = self.ask(move |host| {
            let result = host.read(file, offset, &mut theirs, max);
            (result, theirs)
        });
        *into = theirs;
        result
    }

    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()> {
        let bytes = bytes.to_vec();
        self.ask(move |host| host.append(file, &bytes))
    }

    fn close(&self, file: FileId) {
        self.ask(move |host| host.close(file));
    }

    fn stat(&self, at: At<'_>) -> Result<Meta> {
        self.on_path(at, |host, at| host.stat(at))
    }

    fn rename_noreplace(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.on_paths(from, to, |host, from, to| host.rename_noreplace(from, to))
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.on_paths(from, to, |host, from, to| host.rename(from, to))
    }

    fn link(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        self.on_paths(from, to, |host, from, to| host.link(from, to))
    }

    fn unlink(&self, at: At<'_>) -> Result<()> {
        self.on_path(at, |host, at| host.unlink(at))
    }

    fn sync_file(&self, file: FileId) -> Result<()> {
        self.ask(move |host| host.sync_file(file))
    }

    fn sync_dir(&self, dir: DirId) -> Result<()> {
        self.ask(move |host| host.sync_dir(dir))
    }

    fn sync_all(&self, dir: DirId) -> Result<()> {
        self.ask(move |host| host.sync_all(dir))
    }

    fn lock(&self, at: At<'_>) -> Result<LockId> {
        self.on_path(at, |host, at| host.lock(at))
    }

    fn unlock(&self, lock: LockId) {
        self.ask(move |host| host.unlock(lock));
    }

    fn now(&self) -> Millis {
        self.ask(|host| host.now())
    }

    fn sleep(&self, duration: Duration) {
        self.ask(move |host| host.sleep(duration));
    }
}
