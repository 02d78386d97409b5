//! The calls on files, open directories and locks.

use super::handles::Grip;
use super::inode::{Blob, DIRTY, Form, LEN_UNKNOWN, LOCKED};
use super::names::Path;
use super::{Fs, Ino, Node};
use crate::kernel::effect::Effect;
use crate::kernel::options::ProcessId;
use host::{DirId, Errno, FileId, Meta};

/// `ENXIO`: a FIFO without a reader.
const NO_READER: Errno = Errno::Other(6);

impl Fs {
    /// [`host::Host::open_dir`].
    pub(crate) fn open_dir<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<(u32, Effect<'p>), Errno> {
        let ino = self.locate_to_open(process, at)?;
        match self.inodes[ino].node {
            Node::Dir => self.open(ino, process, Grip::Dir),
            Node::Link => Err(Errno::Loop),
            Node::File | Node::Fifo => Err(Errno::NotDir),
        }
    }

    /// [`host::Host::open_read`].
    pub(crate) fn open_read<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<(u32, Effect<'p>), Errno> {
        let ino = self.locate_to_open(process, at)?;
        match self.inodes[ino].node {
            Node::Link => Err(Errno::Loop),
            Node::File | Node::Dir | Node::Fifo => self.open(ino, process, Grip::Read),
        }
    }

    /// [`host::Host::open_append`].
    pub(crate) fn open_append<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<(u32, Effect<'p>), Errno> {
        let ino = self.locate_to_open(process, at)?;
        match self.inodes[ino].node {
            Node::File => self.open(ino, process, Grip::Append),
            Node::Dir => Err(Errno::IsDir),
            Node::Link => Err(Errno::Loop),
            Node::Fifo => Err(NO_READER),
        }
    }

    /// [`host::Host::create_new`].
    pub(crate) fn create_new<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<(u32, Effect<'p>), Errno> {
        let start = self.start(process, at.0, at.1)?;
        self.check_handles(process)?;
        let (dir, name) = self.parent(start, at.1)?;
        let spot = self.look(dir, name)?;
        let ino = self.make(spot, Node::File)?;
        let (id, _) = self.open(ino, process, Grip::Append)?;
        Ok((id, Effect::NameAdded { dir, ino, name }))
    }

    /// [`host::Host::lock`].
    pub(crate) fn lock<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<(u32, Effect<'p>), Errno> {
        let start = self.start(process, at.0, at.1)?;
        self.check_handles(process)?;
        let (dir, name) = self.parent(start, at.1)?;
        let spot = self.look(dir, name)?;
        let created = spot.rec.is_none();
        let ino = match spot.rec {
            Some(rec) => self.records.ino(rec),
            None => self.make(spot, Node::File)?,
        };
        match self.inodes[ino].node {
            Node::File | Node::Fifo => {}
            Node::Dir => return Err(Errno::IsDir),
            Node::Link => return Err(Errno::Loop),
        }
        if self.inodes[ino].is(LOCKED) {
            return Err(Errno::Busy);
        }
        let (id, _) = self.open(ino, process, Grip::Lock)?;
        self.inodes[ino].set(LOCKED, true);
        Ok((
            id,
            Effect::Locked {
                dir,
                ino,
                name,
                created,
            },
        ))
    }

    fn check_handles(&self, process: ProcessId) -> Result<(), Errno> {
        if self.options.limits.handles_max <= self.handles.count(process) {
            return Err(Errno::TooManyOpen);
        }
        Ok(())
    }

    /// The kernel takes the handle before it looks the path up.
    fn locate_to_open(&mut self, process: ProcessId, at: Path<'_>) -> Result<Ino, Errno> {
        let start = self.start(process, at.0, at.1)?;
        self.check_handles(process)?;
        let (dir, name) = self.parent(start, at.1)?;
        let spot = self.look(dir, name)?;
        Ok(self.records.ino(spot.rec.ok_or(Errno::NotFound)?))
    }

    pub(crate) fn open<'p>(
        &mut self,
        ino: Ino,
        process: ProcessId,
        grip: Grip,
    ) -> Result<(u32, Effect<'p>), Errno> {
        let opens = &mut self.inodes[ino].opens;
        *opens = opens.checked_add(1).ok_or(Errno::TooManyOpen)?;
        Ok((
            self.handles.open(ino, process, grip),
            Effect::Opened { ino },
        ))
    }

    /// Closes a handle of a kind that `is_kind` accepts. Whatever is wrong with the handle, nothing happens.
    pub(crate) fn close<'p>(
        &mut self,
        process: ProcessId,
        id: u32,
        is_kind: impl Fn(Grip) -> bool,
    ) -> Result<Effect<'p>, Errno> {
        let Ok((ino, grip)) = self.handles.close(id, process, is_kind) else {
            return Ok(Effect::None);
        };
        self.touched.ino = ino;
        if grip == Grip::Lock {
            self.inodes[ino].set(LOCKED, false);
        }
        self.let_go(ino);
        Ok(match grip {
            Grip::Lock => Effect::Unlocked { ino },
            _ => Effect::Closed { ino },
        })
    }

    /// Closes all that a process has open, and gives its locks back.
    pub(crate) fn close_process(&mut self, process: ProcessId) {
        for id in self.handles.of_process(process) {
            let closed = self.close(process, id, |_| true);
            assert!(closed.is_ok(), "closing never fails");
        }
    }

    fn file(&mut self, process: ProcessId, file: FileId, grip: Grip) -> Result<Ino, Errno> {
        let handle = self.handles.get(file.0, process)?;
        if handle.grip != grip {
            return Err(Errno::BadHandle);
        }
        self.touched.ino = handle.ino;
        Ok(handle.ino)
    }

    /// [`host::Host::stat`].
    pub(crate) fn stat(&mut self, process: ProcessId, at: Path<'_>) -> Result<Meta, Errno> {
        let spot = self.locate(process, at.0, at.1)?;
        let ino = self.records.ino(spot.rec.ok_or(Errno::NotFound)?);
        self.measure(ino);
        let inode = &self.inodes[ino];
        let links = match inode.node {
            Node::Dir => 2 + self.dir(ino).subdirs,
            _ => u32::from(inode.links),
        };
        Ok(Meta {
            kind: inode.node.kind(),
            len: inode.len,
            mtime_ns: inode.mtime_ns,
            links,
            inode: u64::from(ino.0) + 1,
        })
    }

    /// [`host::Host::read`]; the bytes are added to `into`.
    pub(crate) fn read<'p>(
        &mut self,
        process: ProcessId,
        file: FileId,
        offset: u64,
        into: &mut Vec<u8>,
        max: usize,
    ) -> Result<Effect<'p>, Errno> {
        let ino = self.file(process, file, Grip::Read)?;
        if self.inodes[ino].node == Node::Dir {
            return Err(Errno::IsDir);
        }
        self.measure(ino);
        let inode = &self.inodes[ino];
        let left = inode.len.saturating_sub(offset);
        let count = left.min(max as u64) as usize;
        let from = offset.min(inode.len) as usize;
        match inode.form {
            Form::Empty => {}
            Form::Zeros => into.resize(into.len() + count, 0),
            Form::Blob => {
                into.extend_from_slice(&self.blobs[inode.data].bytes[from..from + count]);
            }
            Form::Generated if count == 0 => {}
            Form::Generated => {
                let index = inode.data;
                into.extend_from_slice(&self.generate(index)[from..from + count]);
            }
        }
        Ok(Effect::ReadBytes {
            ino,
            offset,
            bytes: count as u64,
        })
    }

    /// The bytes of a fabricated file.
    pub(crate) fn generate(&mut self, index: u32) -> &[u8] {
        if self.generated.0 != index {
            self.generated.0 = index;
            self.generated.1.clear();
            let seed = self.options.seed.0;
            (self.options.generator)(seed, index, &mut self.generated.1);
        }
        &self.generated.1
    }

    /// Makes the length of a fabricated file known.
    pub(crate) fn measure(&mut self, ino: Ino) {
        if self.inodes[ino].is(LEN_UNKNOWN) {
            let index = self.inodes[ino].data;
            let len = self.generate(index).len() as u64;
            let inode = &mut self.inodes[ino];
            inode.len = len;
            inode.set(LEN_UNKNOWN, false);
            self.usage.bytes += len;
        }
    }

    /// [`host::Host::append`]: how much was appended, and why not more.
    pub(crate) fn append<'p>(
        &mut self,
        process: ProcessId,
        file: FileId,
        bytes: &[u8],
    ) -> (Effect<'p>, Option<Errno>) {
        let ino = match self.file(process, file, Grip::Append) {
            Ok(ino) => ino,
            Err(errno) => return (Effect::None, Some(errno)),
        };
        if bytes.is_empty() {
            return (Effect::Appended { ino, bytes: 0 }, None);
        }
        let room = self
            .options
            .limits
            .bytes_max
            .saturating_sub(self.usage.bytes);
        let count = (bytes.len() as u64).min(room) as usize;
        let Some(blob) = self.blob(ino) else {
            return (Effect::None, Some(Errno::NoSpace));
        };
        self.blobs[blob].bytes.extend_from_slice(&bytes[..count]);
        self.usage.bytes += count as u64;
        let mtime = self.mtime();
        let inode = &mut self.inodes[ino];
        inode.len += count as u64;
        inode.mtime_ns = mtime;
        if !inode.is(DIRTY) && 0 < count {
            inode.set(DIRTY, true);
            let device = usize::from(inode.device);
            self.journals[device].dirty.push(ino);
        }
        let bytes_done = count as u64;
        let effect = Effect::Appended {
            ino,
            bytes: bytes_done,
        };
        let errno = (count < bytes.len()).then_some(Errno::NoSpace);
        (effect, errno)
    }

    /// The blob of a file that is about to be written, made from what it was before. `None` if it cannot be one.
    fn blob(&mut self, ino: Ino) -> Option<u32> {
        let (form, data) = (self.inodes[ino].form, self.inodes[ino].data);
        let bytes = match form {
            Form::Blob => return Some(data),
            Form::Zeros => return None,
            Form::Empty => Vec::new(),
            Form::Generated => {
                self.measure(ino);
                self.generate(data).to_vec()
            }
        };
        let blob = self.blobs.insert(Blob {
            synced: bytes.len() as u64,
            bytes,
            doomed: false,
        });
        let inode = &mut self.inodes[ino];
        inode.form = Form::Blob;
        inode.data = blob;
        Some(blob)
    }

    /// [`host::Host::sync_file`].
    pub(crate) fn sync_file<'p>(
        &mut self,
        process: ProcessId,
        file: FileId,
    ) -> Result<Effect<'p>, Errno> {
        let ino = self.sync_target(process, file.0)?;
        self.settle_error(process, file.0)?;
        self.sync_bytes(ino);
        Ok(Effect::SyncedFile { ino })
    }

    /// [`host::Host::sync_dir`].
    pub(crate) fn sync_dir<'p>(
        &mut self,
        process: ProcessId,
        dir: DirId,
    ) -> Result<Effect<'p>, Errno> {
        let ino = self.sync_target(process, dir.0)?;
        self.sync_names(ino);
        Ok(Effect::SyncedDir { dir: ino })
    }

    /// [`host::Host::sync_all`].
    pub(crate) fn sync_all<'p>(
        &mut self,
        process: ProcessId,
        dir: DirId,
    ) -> Result<Effect<'p>, Errno> {
        let ino = self.sync_target(process, dir.0)?;
        self.settle_error(process, dir.0)?;
        let device = self.inodes[ino].device;
        let items = self.sync_device(device);
        Ok(Effect::SyncedAll { device, items })
    }

    /// Errs, once, if bytes were given up of which this handle has not told.
    fn settle_error(&mut self, process: ProcessId, id: u32) -> Result<(), Errno> {
        let handle = self.handles.get(id, process)?;
        handle.owes_error.take().map_or(Ok(()), Err)
    }

    /// What a handle of any kind is open on.
    pub(crate) fn sync_target(&mut self, process: ProcessId, id: u32) -> Result<Ino, Errno> {
        let ino = self.handles.get(id, process)?.ino;
        self.touched.ino = ino;
        Ok(ino)
    }
}
