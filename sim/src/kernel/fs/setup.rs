//! Making a machine's files before it runs: at once, durable, and without a trace.

use super::entries::counted_bytes;
use super::inode::{Blob, Form, LEN_UNKNOWN};
use super::walk::is_plain;
use super::{Content, Fs, Ino, Node};
use host::Errno;

impl Fs {
    /// A directory and all missing ones above it.
    pub(crate) fn make_dir(&mut self, path: &[u8]) -> Result<Ino, Errno> {
        if path.is_empty() {
            return Ok(Ino::ROOT);
        }
        if !is_plain(path) {
            return Err(Errno::Invalid);
        }
        let mut dir = Ino::ROOT;
        for name in path.split(|&byte| byte == b'/') {
            dir = match self.child(dir, name) {
                Some(ino) if self.inodes[ino].node == Node::Dir => ino,
                Some(_) => return Err(Errno::NotDir),
                None => self.place(dir, name, Node::Dir)?,
            };
        }
        Ok(dir)
    }

    /// A directory that is the root of another filesystem.
    pub(crate) fn make_device(&mut self, path: &[u8]) -> Result<Ino, Errno> {
        if self.at(path).is_some() {
            return Err(Errno::Exists);
        }
        let ino = self.make_dir(path)?;
        self.inodes[ino].device = u8::try_from(self.journals.len()).map_err(|_| Errno::NoSpace)?;
        self.journals.push(super::journal::Journal::new());
        Ok(ino)
    }

    /// A file, a FIFO or a link in an existing directory.
    pub(crate) fn make_node(&mut self, path: &[u8], node: Node) -> Result<Ino, Errno> {
        if !is_plain(path) {
            return Err(Errno::Invalid);
        }
        let (dir, name) = self.parent(Ino::ROOT, path)?;
        self.place(dir, name, node)
    }

    /// A file with content in an existing directory.
    pub(crate) fn make_file_in(
        &mut self,
        dir: Ino,
        name: &[u8],
        content: Content,
        mtime_ns: i64,
    ) -> Result<Ino, Errno> {
        let ino = self.place(dir, name, Node::File)?;
        let (form, data, len) = match content {
            Content::Generated(index) => (Form::Generated, index, 0),
            Content::Zeros(len) => (Form::Zeros, 0, len),
            Content::Bytes(bytes) if bytes.is_empty() => (Form::Empty, 0, 0),
            Content::Bytes(bytes) => {
                let len = bytes.len() as u64;
                let blob = Blob {
                    bytes,
                    synced: len,
                    doomed: false,
                };
                (Form::Blob, self.blobs.insert(blob), len)
            }
        };
        let inode = &mut self.inodes[ino];
        inode.form = form;
        inode.data = data;
        inode.len = len;
        inode.mtime_ns = mtime_ns;
        inode.set(LEN_UNKNOWN, form == Form::Generated);
        self.usage.bytes += counted_bytes(inode);
        Ok(ino)
    }

    fn place(&mut self, dir: Ino, name: &[u8], node: Node) -> Result<Ino, Errno> {
        let spot = self.find(dir, name)?;
        if spot.rec.is_some() {
            return Err(Errno::Exists);
        }
        let device = self.inodes[dir].device;
        let ino = self.new_inode(node, dir, device);
        let seq = self.next_seq();
        self.add_entry((dir, name, spot.hash), ino, seq, None);
        // In a machine that runs, the log may know this name from before. What is made here must not be undone with it.
        if !self.journals[usize::from(device)].ops.is_empty() {
            self.sync_names(dir);
        }
        Ok(ino)
    }
}
