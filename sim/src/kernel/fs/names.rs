//! The calls that change names. Each checks in the order of the Linux kernel, so that the same mistake gets the same answer.

use super::entries::counted_bytes;
use super::journal::Op;
use super::walk::Spot;
use super::{Fs, Ino, Node, Sharing};
use crate::kernel::effect::Effect;
use crate::kernel::options::ProcessId;
use host::{DirId, Errno};

/// A program's path: where it starts, and the names.
pub(crate) type Path<'p> = (DirId, &'p [u8]);

impl Fs {
    /// [`host::Host::mkdir`].
    pub(crate) fn mkdir<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<Effect<'p>, Errno> {
        let spot = self.locate(process, at.0, at.1)?;
        let ino = self.make(spot, Node::Dir)?;
        Ok(Effect::NameAdded {
            dir: spot.dir,
            ino,
            name: spot.name,
        })
    }

    /// Makes a new inode with the name of `spot`, which must be free.
    pub(crate) fn make(&mut self, spot: Spot<'_>, node: Node) -> Result<Ino, Errno> {
        if spot.rec.is_some() {
            return Err(Errno::Exists);
        }
        self.check_room(spot.dir)?;
        if self.options.limits.inodes_max <= self.usage.inodes {
            return Err(Errno::NoSpace);
        }
        let device = self.inodes[spot.dir].device;
        let ino = self.new_inode(node, spot.dir, device);
        let seq = self.next_seq();
        self.add_entry((spot.dir, spot.name, spot.hash), ino, seq, None);
        self.touched.ino = ino;
        self.log(Op::add(seq, ino, node, spot.dir), &[], spot.name);
        Ok(ino)
    }

    /// Whether `dir` can take one more name.
    fn check_room(&self, dir: Ino) -> Result<(), Errno> {
        let directory = self.dir(dir);
        if directory.dead {
            return Err(Errno::NotFound);
        }
        if self.options.limits.names_max as usize <= directory.table.len() {
            return Err(Errno::NoSpace);
        }
        Ok(())
    }

    /// [`host::Host::rmdir`].
    pub(crate) fn rmdir<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<Effect<'p>, Errno> {
        let spot = self.locate(process, at.0, at.1)?;
        let rec = spot.rec.ok_or(Errno::NotFound)?;
        let ino = self.records.ino(rec);
        if self.inodes[ino].node != Node::Dir {
            return Err(Errno::NotDir);
        }
        if self.is_device_root(ino) {
            return Err(Errno::Busy);
        }
        if 0 < self.dir(ino).table.len() {
            return Err(Errno::NotEmpty);
        }
        self.check_sharing(process, ino)?;
        self.remove(spot, ino)
    }

    /// [`host::Host::unlink`].
    pub(crate) fn unlink<'p>(
        &mut self,
        process: ProcessId,
        at: Path<'p>,
    ) -> Result<Effect<'p>, Errno> {
        let spot = self.locate(process, at.0, at.1)?;
        let rec = spot.rec.ok_or(Errno::NotFound)?;
        let ino = self.records.ino(rec);
        if self.inodes[ino].node == Node::Dir {
            return Err(Errno::IsDir);
        }
        self.check_sharing(process, ino)?;
        self.remove(spot, ino)
    }

    fn remove<'p>(&mut self, spot: Spot<'p>, ino: Ino) -> Result<Effect<'p>, Errno> {
        let rec = spot.rec.ok_or(Errno::NotFound)?;
        let seq = self.next_seq();
        let node = self.inodes[ino].node;
        self.remove_entry(spot.dir, spot.hash, rec);
        if node == Node::Dir {
            self.dir_mut(ino).dead = true;
        }
        let links_left = u32::from(self.inodes[ino].links);
        self.log(Op::remove(seq, ino, node, spot.dir), spot.name, &[]);
        self.after_unlink(ino);
        Ok(Effect::NameRemoved {
            dir: spot.dir,
            ino,
            name: spot.name,
            links_left,
        })
    }

    /// [`host::Host::link`].
    pub(crate) fn link<'p>(
        &mut self,
        process: ProcessId,
        from: Path<'p>,
        to: Path<'p>,
    ) -> Result<Effect<'p>, Errno> {
        let start_from = self.start(process, from.0, from.1)?;
        let start_to = self.start(process, to.0, to.1)?;
        let (from_dir, from_name) = self.parent(start_from, from.1)?;
        let source = self.look(from_dir, from_name)?;
        let ino = self.records.ino(source.rec.ok_or(Errno::NotFound)?);
        let (to_dir, to_name) = self.parent(start_to, to.1)?;
        let target = self.find(to_dir, to_name)?;
        (self.touched.to_dir, self.touched.to_hash) = (to_dir, target.hash);
        if target.rec.is_some() {
            return Err(Errno::Exists);
        }
        let inode = &self.inodes[ino];
        if inode.device != self.inodes[to_dir].device {
            return Err(Errno::CrossDevice);
        }
        if inode.node == Node::Dir {
            return Err(Errno::Access);
        }
        if self.options.limits.links_max <= inode.links {
            return Err(Errno::TooManyLinks);
        }
        let node = inode.node;
        self.check_room(to_dir)?;
        let seq = self.next_seq();
        self.add_entry((to_dir, to_name, target.hash), ino, seq, None);
        self.log(Op::add(seq, ino, node, to_dir), &[], to_name);
        Ok(Effect::Linked {
            dir: to_dir,
            ino,
            name: to_name,
        })
    }

    /// [`host::Host::rename`], or with `replace` false [`host::Host::rename_noreplace`].
    pub(crate) fn rename<'p>(
        &mut self,
        process: ProcessId,
        from: Path<'p>,
        to: Path<'p>,
        replace: bool,
    ) -> Result<Effect<'p>, Errno> {
        let start_from = self.start(process, from.0, from.1)?;
        let start_to = self.start(process, to.0, to.1)?;
        let (from_dir, from_name) = self.parent(start_from, from.1)?;
        let (to_dir, to_name) = self.parent(start_to, to.1)?;
        if self.inodes[from_dir].device != self.inodes[to_dir].device {
            return Err(Errno::CrossDevice);
        }
        let source = self.look(from_dir, from_name)?;
        let ino = self.records.ino(source.rec.ok_or(Errno::NotFound)?);
        let target = self.find(to_dir, to_name)?;
        (self.touched.to_dir, self.touched.to_hash) = (to_dir, target.hash);
        let replaced = target.rec.map(|rec| self.records.ino(rec));
        if !replace && replaced.is_some() {
            return Err(Errno::Exists);
        }
        self.check_rename(ino, from_dir, to_dir, replaced)?;
        if replaced == Some(ino) {
            return Ok(Effect::None);
        }
        self.check_sharing(process, ino)?;
        match replaced {
            Some(other) => self.check_sharing(process, other)?,
            None if from_dir == to_dir => {}
            None => self.check_room(to_dir)?,
        }
        Ok(self.move_entry(source, ino, target, replaced))
    }

    /// Whether kinds and places allow the move.
    fn check_rename(
        &self,
        ino: Ino,
        from_dir: Ino,
        to_dir: Ino,
        replaced: Option<Ino>,
    ) -> Result<(), Errno> {
        let is_dir = self.inodes[ino].node == Node::Dir;
        if is_dir && self.is_within(to_dir, ino) {
            return Err(Errno::Invalid);
        }
        let Some(other) = replaced else {
            if self.dir(to_dir).dead {
                return Err(Errno::NotFound);
            }
            return self.check_device_root(ino);
        };
        if other == ino {
            return Ok(());
        }
        let other_is_dir = self.inodes[other].node == Node::Dir;
        if other_is_dir && self.is_within(from_dir, other) {
            return Err(Errno::NotEmpty);
        }
        match (is_dir, other_is_dir) {
            (true, false) => return Err(Errno::NotDir),
            (false, true) => return Err(Errno::IsDir),
            (true, true) if 0 < self.dir(other).table.len() => return Err(Errno::NotEmpty),
            _ => {}
        }
        self.check_device_root(ino)?;
        self.check_device_root(other)
    }

    fn move_entry<'p>(
        &mut self,
        source: Spot<'p>,
        ino: Ino,
        target: Spot<'p>,
        replaced: Option<Ino>,
    ) -> Effect<'p> {
        let node = self.inodes[ino].node;
        let seq = self.next_seq();
        if let (Some(rec), Some(other)) = (target.rec, replaced) {
            self.remove_entry(target.dir, target.hash, rec);
            if node == Node::Dir {
                self.dir_mut(other).dead = true;
            }
        }
        let rec = source.rec.expect("the source was looked up");
        let (_, key) = self.remove_entry(source.dir, source.hash, rec);
        let was = key.filter(|_| source.dir == target.dir);
        self.add_entry((target.dir, target.name, target.hash), ino, seq, was);
        let op = Op::rename(seq, ino, node, source.dir, target.dir, replaced);
        self.log(op, source.name, target.name);
        if let Some(other) = replaced {
            self.after_unlink(other);
        }
        Effect::Moved {
            ino,
            from_dir: source.dir,
            from_name: source.name,
            to_dir: target.dir,
            to_name: target.name,
            replaced,
        }
    }

    fn is_device_root(&self, ino: Ino) -> bool {
        let inode = &self.inodes[ino];
        inode.device != self.inodes[inode.parent].device
    }

    fn check_device_root(&self, ino: Ino) -> Result<(), Errno> {
        if self.is_device_root(ino) {
            return Err(Errno::Busy);
        }
        Ok(())
    }

    /// On Windows a name cannot go while another process has it open, or something below it.
    fn check_sharing(&self, process: ProcessId, ino: Ino) -> Result<(), Errno> {
        let inode = &self.inodes[ino];
        let is_dir = inode.node == Node::Dir;
        if self.options.sharing == Sharing::Posix || (!is_dir && inode.opens == 0) {
            return Ok(());
        }
        let mut others = self
            .handles
            .iter()
            .filter(|handle| handle.process != process && handle.grip != super::Grip::Root);
        let holds = |open: Ino| {
            open == ino || is_dir && self.inodes[open].is_used() && self.is_within(open, ino)
        };
        if others.any(|handle| holds(handle.ino)) {
            return Err(Errno::Busy);
        }
        Ok(())
    }

    /// One handle fewer on `ino`.
    pub(crate) fn let_go(&mut self, ino: Ino) {
        let inode = &mut self.inodes[ino];
        inode.opens -= 1;
        if !inode.is_used() {
            self.usage.inodes -= 1;
            self.usage.bytes -= counted_bytes(&self.inodes[ino]);
            self.free_if_unreachable(ino);
        }
    }
}
