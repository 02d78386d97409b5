//! A machine of a few maps for the specimens' own tests: no time, no durability, listings in reverse order of names.

use host::{
    At, Call, DirId, Errno, FileId, Host, HostError, Kind, LockId, Meta, Millis, Names, Result,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What happens right before a call on a name.
#[derive(Clone, Copy)]
pub(super) enum Before {
    /// Somebody moves the file away.
    Vanish,
    /// The call fails.
    Fail(Errno),
}

#[derive(Default)]
struct State {
    /// Path to bytes and modification time.
    files: BTreeMap<String, (Vec<u8>, i64)>,
    dirs: BTreeSet<String>,
    /// Opened directories: path, and whether the listing is done.
    handles: Vec<(String, bool)>,
    opened: Vec<String>,
    hooks: Vec<(Call, String, Before)>,
    slept: Duration,
}

pub(super) struct Fake(RefCell<State>);

impl Fake {
    pub(super) fn new() -> Self {
        let mut state = State::default();
        state.handles.push((String::new(), false));
        Fake(RefCell::new(state))
    }

    pub(super) fn put(&self, path: &str, bytes: &[u8], mtime_ns: i64) {
        let mut state = self.0.borrow_mut();
        if let Some((dir, _)) = path.rsplit_once('/') {
            state.dirs.insert(dir.to_owned());
        }
        state
            .files
            .insert(path.to_owned(), (bytes.to_owned(), mtime_ns));
    }

    /// Before the next `call` on the file `name` (of any directory), once.
    pub(super) fn before(&self, call: Call, name: &str, what: Before) {
        self.0
            .borrow_mut()
            .hooks
            .push((call, name.to_owned(), what));
    }

    /// The files below `dir`, sorted.
    pub(super) fn files(&self, dir: &str) -> Vec<String> {
        let prefix = format!("{dir}/");
        let state = self.0.borrow();
        let below = state.files.keys().filter_map(|p| p.strip_prefix(&prefix));
        below.map(str::to_owned).collect()
    }

    pub(super) fn text(&self, path: &str) -> String {
        let state = self.0.borrow();
        let (bytes, _) = state.files.get(path).expect("the file is there");
        String::from_utf8(bytes.clone()).expect("text")
    }

    pub(super) fn slept(&self) -> Duration {
        self.0.borrow().slept
    }

    /// The full path of `at`, after the hook of this call has acted.
    fn enter(&self, call: Call, at: At<'_>) -> Result<String> {
        let mut state = self.0.borrow_mut();
        let name = String::from_utf8(at.path.to_owned()).expect("the tests use ASCII names");
        let dir = &state.handles[at.dir.0 as usize].0;
        let path = if dir.is_empty() {
            name.clone()
        } else {
            format!("{dir}/{name}")
        };
        let hook = state
            .hooks
            .iter()
            .position(|(c, n, _)| *c == call && *n == name);
        match hook.map(|at| state.hooks.remove(at).2) {
            Some(Before::Vanish) => {
                state
                    .files
                    .remove(&path)
                    .expect("only what is there can vanish");
            }
            Some(Before::Fail(errno)) => return Err(HostError::new(call, errno)),
            None => {}
        }
        Ok(path)
    }

    fn open(&self, call: Call, at: At<'_>) -> Result<FileId> {
        let path = self.enter(call, at)?;
        self.need(call, &path)?;
        let mut state = self.0.borrow_mut();
        state.opened.push(path);
        Ok(FileId(u32::try_from(state.opened.len() - 1).expect("few")))
    }

    fn need(&self, call: Call, path: &str) -> Result<()> {
        match self.0.borrow().files.contains_key(path) {
            true => Ok(()),
            false => Err(HostError::new(call, Errno::NotFound)),
        }
    }
}

impl Host for Fake {
    fn root(&self) -> DirId {
        DirId(0)
    }

    fn open_dir(&self, at: At<'_>) -> Result<DirId> {
        let path = self.enter(Call::OpenDir, at)?;
        let mut state = self.0.borrow_mut();
        if !state.dirs.contains(&path) {
            return Err(HostError::new(Call::OpenDir, Errno::NotFound));
        }
        state.handles.push((path, false));
        Ok(DirId(u32::try_from(state.handles.len() - 1).expect("few")))
    }

    fn close_dir(&self, _: DirId) {}

    fn read_dir(&self, dir: DirId, names: &mut Names) -> Result<()> {
        names.clear();
        let (path, done) = self.0.borrow().handles[dir.0 as usize].clone();
        if !done {
            for name in self.files(&path).iter().rev() {
                names.push(name.as_bytes(), Kind::File);
            }
            self.0.borrow_mut().handles[dir.0 as usize].1 = true;
        }
        Ok(())
    }

    fn rewind_dir(&self, dir: DirId) -> Result<()> {
        self.0.borrow_mut().handles[dir.0 as usize].1 = false;
        Ok(())
    }

    fn mkdir(&self, at: At<'_>) -> Result<()> {
        let path = self.enter(Call::Mkdir, at)?;
        match self.0.borrow_mut().dirs.insert(path) {
            true => Ok(()),
            false => Err(HostError::new(Call::Mkdir, Errno::Exists)),
        }
    }

    fn create_new(&self, at: At<'_>) -> Result<FileId> {
        let path = self.enter(Call::CreateNew, at)?;
        let mut state = self.0.borrow_mut();
        if state.files.contains_key(&path) {
            return Err(HostError::new(Call::CreateNew, Errno::Exists));
        }
        state.files.insert(path.clone(), (Vec::new(), 0));
        state.opened.push(path);
        Ok(FileId(u32::try_from(state.opened.len() - 1).expect("few")))
    }

    fn open_append(&self, at: At<'_>) -> Result<FileId> {
        self.open(Call::OpenAppend, at)
    }

    fn open_read(&self, at: At<'_>) -> Result<FileId> {
        self.open(Call::OpenRead, at)
    }

    fn read(&self, file: FileId, offset: u64, into: &mut Vec<u8>, max: usize) -> Result<usize> {
        let state = self.0.borrow();
        let bytes = &state.files[&state.opened[file.0 as usize]].0;
        let rest = &bytes[usize::try_from(offset).expect("small").min(bytes.len())..];
        let count = rest.len().min(max);
        into.extend_from_slice(&rest[..count]);
        Ok(count)
    }

    fn append(&self, file: FileId, bytes: &[u8]) -> Result<()> {
        let mut state = self.0.borrow_mut();
        let path = state.opened[file.0 as usize].clone();
        let (content, _) = state.files.get_mut(&path).expect("it is open");
        content.extend_from_slice(bytes);
        Ok(())
    }

    fn close(&self, _: FileId) {}

    fn stat(&self, at: At<'_>) -> Result<Meta> {
        let path = self.enter(Call::Stat, at)?;
        self.need(Call::Stat, &path)?;
        let (bytes, mtime_ns) = &self.0.borrow().files[&path];
        Ok(Meta {
            kind: Kind::File,
            len: bytes.len() as u64,
            mtime_ns: *mtime_ns,
            links: 1,
            inode: 0,
        })
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> Result<()> {
        let from = self.enter(Call::Rename, from)?;
        self.need(Call::Rename, &from)?;
        let to = self.enter(Call::Rename, to)?;
        let mut state = self.0.borrow_mut();
        let file = state.files.remove(&from).expect("it was there");
        state.files.insert(to, file);
        Ok(())
    }

    fn unlink(&self, at: At<'_>) -> Result<()> {
        let path = self.enter(Call::Unlink, at)?;
        self.need(Call::Unlink, &path)?;
        self.0.borrow_mut().files.remove(&path);
        Ok(())
    }

    fn now(&self) -> Millis {
        Millis(0)
    }

    fn sleep(&self, duration: Duration) {
        self.0.borrow_mut().slept += duration;
    }

    fn rmdir(&self, _: At<'_>) -> Result<()> {
        unreachable!("the specimens never remove a directory")
    }

    fn rename_noreplace(&self, _: At<'_>, _: At<'_>) -> Result<()> {
        unreachable!("the specimens replace silently")
    }

    fn link(&self, _: At<'_>, _: At<'_>) -> Result<()> {
        unreachable!("the specimens never link")
    }

    fn sync_file(&self, _: FileId) -> Result<()> {
        unreachable!("the specimens never sync")
    }

    fn sync_dir(&self, _: DirId) -> Result<()> {
        unreachable!("the specimens never sync")
    }

    fn sync_all(&self, _: DirId) -> Result<()> {
        unreachable!("the specimens never sync")
    }

    fn lock(&self, _: At<'_>) -> Result<LockId> {
        unreachable!("the specimens never lock")
    }

    fn unlock(&self, _: LockId) {}
}
