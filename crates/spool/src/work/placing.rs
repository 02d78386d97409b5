//! A bucket's packs, from being filled to standing in their places.

use crate::buckets::bucket;
use crate::cases::packs::{Pack, PackName, Standing, TextForm, shelf_of, staged_name};
use crate::cases::plan::Plan;
use crate::cases::staging::ensure_shelf;
use crate::layout::{
    BucketName, Context, EntryName, PathBuffer, SpoolError, ignore_vanished, unless_away,
};
use crate::work::draft::Work;
use crate::work::worker::Worker;
use alert::{AlertId, Disposition, Hour};
use host::{Class, File};
use std::collections::BTreeSet;

/// Bytes of a bucket's packs that are kept in memory before they are written aside.
const HELD_BYTES_MAX: usize = 4 << 20;

/// The packs of one bucket.
#[derive(Default)]
pub(crate) struct BucketPacks {
    /// Being filled, one an hour at most.
    open: Vec<Pack>,
    /// Written aside, with their names in the bucket.
    staged: Vec<(String, Pack)>,
    /// Ids that a pack was found to have whose directory was drafted.
    superseded: BTreeSet<AlertId>,
    /// Ids whose announcement could not be placed: no directory may be made.
    unannounced: BTreeSet<AlertId>,
    /// Packed and placed: to be removed from the bucket when that is recorded.
    pub(crate) placed: Vec<EntryName>,
}

/// What is to be done with a drafted directory, once the packs of its bucket are placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Clearance {
    /// It may be placed.
    Go,
    /// A pack has its id.
    Superseded,
    /// It was not announced: not now.
    Held,
}

impl BucketPacks {
    fn of(&mut self, hour: Hour) -> &mut Pack {
        let known = self.open.iter().position(|pack| pack.hour == hour);
        let at = known.unwrap_or_else(|| {
            self.open.push(Pack::new(hour));
            self.open.len() - 1
        });
        &mut self.open[at]
    }

    /// Adds the case of an entry.
    pub(crate) fn add(
        &mut self,
        hour: Hour,
        entry: EntryName,
        disposition: Disposition,
        case: &[u8],
        alert: &[u8],
        form: TextForm,
    ) {
        self.of(hour).add(entry, disposition, case, alert, form);
    }

    /// Announces a directory.
    pub(crate) fn announce(&mut self, hour: Hour, id: AlertId) {
        self.of(hour).index.directories.push(id);
    }

    /// How many cases wait in them to be placed.
    pub(crate) fn len(&self) -> usize {
        let staged = self.staged.iter().map(|(_, pack)| pack);
        let waiting = self.open.iter().chain(staged);
        waiting.map(|pack| pack.index.entries.len()).sum()
    }

    /// Whether enough is held in memory.
    pub(crate) fn is_heavy(&self) -> bool {
        HELD_BYTES_MAX <= self.open.iter().map(Pack::len).sum()
    }

    /// What is to be done with the drafted directory of an id.
    pub(crate) fn clearance(&self, id: AlertId) -> Clearance {
        if self.superseded.contains(&id) {
            Clearance::Superseded
        } else if self.unannounced.contains(&id) {
            Clearance::Held
        } else {
            Clearance::Go
        }
    }
}

/// How an attempt to place a pack ended.
enum Attempt {
    Placed(u32),
    /// The number is taken: somebody was faster.
    Taken,
    /// Its hour takes no more packs.
    Full,
    /// Not now.
    Held,
}

impl Worker<'_> {
    /// Writes the packs that are being filled into the bucket, and into the plan. Not yet durable.
    pub(crate) fn stage_packs(
        &mut self,
        work: &mut Work,
        plan: &mut Plan,
    ) -> Result<(), SpoolError> {
        let mut path = PathBuffer::default();
        for mut pack in std::mem::take(&mut work.packs.open) {
            let name = staged_name(pack.hour, work.packs.staged.len());
            let at = path.join(&[work.bucket.as_ref(), name.as_bytes()]);
            drop(pack.write(self.spool, self.home.at(at))?);
            let Some(books) = &mut self.packs else {
                continue;
            };
            plan.add_pack(work.bucket, &name, books.last(self.spool, pack.hour)?);
            work.packs.staged.push((name, pack));
        }
        Ok(())
    }

    /// Takes out of the bucket's packs what somebody outside has removed since it was read.
    ///
    /// The plan is visible by now. Whoever looks for an entry sees it in its bucket up to here, and in the plan from here on:
    /// so nobody takes one for vanished, and fetches it again, that gets its case.
    pub(crate) fn confirm_packs(&mut self, work: &mut Work) -> Result<(), SpoolError> {
        if work.packs.staged.is_empty() {
            return Ok(());
        }
        let listed = bucket::list(self.spool, &self.home, work.bucket, &mut self.names)?;
        let left = match listed {
            Some(content) => content.entries,
            None => self.check_fence().map(|()| Vec::new())?,
        };
        let is_left =
            |entry: &EntryName| left.binary_search_by_key(entry, |(left, _)| *left).is_ok();
        let staged = std::mem::take(&mut work.packs.staged);
        for (name, mut pack) in staged {
            let entries = pack.index.entries.iter();
            let gone: Vec<_> = entries.filter(|entry| !is_left(entry)).copied().collect();
            if !gone.is_empty() {
                let ids = gone.iter().map(EntryName::id).collect();
                if !self.rewrite(work.bucket, &name, &mut pack, &ids)? {
                    work.hold_pack(&mut pack);
                }
                work.done.vanished += gone.len() as u64;
                work.vanished.extend(gone);
            }
            match pack.is_empty() {
                true => self.drop_staged(work.bucket, &name)?,
                false => work.packs.staged.push((name, pack)),
            }
        }
        Ok(())
    }

    /// Places the bucket's packs, each under the next number of its hour, and counts what that makes of their entries.
    pub(crate) fn place_packs(&mut self, work: &mut Work) -> Result<(), SpoolError> {
        for (name, pack) in std::mem::take(&mut work.packs.staged) {
            self.place_pack(work, &name, pack)?;
        }
        Ok(())
    }

    fn place_pack(
        &mut self,
        work: &mut Work,
        staged: &str,
        mut pack: Pack,
    ) -> Result<(), SpoolError> {
        ensure_shelf(self.spool, &mut self.shelves, shelf_of(pack.hour))?;
        // While the packs before it were placed, others may have placed theirs, with copies of its alerts.
        self.make_room(work, staged, &mut pack)?;
        while !pack.is_empty() {
            match self.attempt(work.bucket, staged, &pack)? {
                Attempt::Placed(number) => {
                    work.count_placed(number, pack);
                    return Ok(());
                }
                Attempt::Taken => {
                    if let Some(books) = &mut self.packs {
                        books.read_on(self.spool, pack.hour)?;
                    }
                    self.make_room(work, staged, &mut pack)?;
                }
                Attempt::Full => {
                    // Nobody packs this hour any more: its directories need no announcement.
                    work.done.held += pack.index.entries.len() as u64;
                    break;
                }
                Attempt::Held => work.hold_pack(&mut pack),
            }
        }
        self.drop_staged(work.bucket, staged)
    }

    /// Tries the number after the last that was seen.
    fn attempt(
        &mut self,
        bucket: BucketName,
        staged: &str,
        pack: &Pack,
    ) -> Result<Attempt, SpoolError> {
        let spool = self.spool;
        let Some(books) = &mut self.packs else {
            return Ok(Attempt::Held);
        };
        if books.is_full(spool, pack.hour)? {
            return Ok(Attempt::Full);
        }
        let name = PackName {
            hour: pack.hour,
            number: books.last(spool, pack.hour)? + 1,
        };
        let mut path = PathBuffer::default();
        let from = self
            .home
            .at(path.join(&[bucket.as_ref(), staged.as_bytes()]));
        let shelf = name.shelf();
        let Err(error) = spool.host.rename_noreplace(from, spool.cases.at(&shelf)) else {
            books.note(spool, name.number, pack)?;
            return Ok(Attempt::Placed(name.number));
        };
        match error.class() {
            Class::Contended if error.is_exists() => Ok(Attempt::Taken),
            Class::Vanished => self.check_fence().map(|()| Attempt::Held),
            Class::Contended | Class::Poison => Ok(Attempt::Held),
            Class::Resource | Class::Fault => Err(error).context("place", &shelf),
        }
    }

    /// Takes out of the pack what others are known to have placed.
    fn make_room(
        &mut self,
        work: &mut Work,
        staged: &str,
        pack: &mut Pack,
    ) -> Result<(), SpoolError> {
        let (spool, hour) = (self.spool, pack.hour);
        let Some(books) = &mut self.packs else {
            return Ok(());
        };
        let mut gone = BTreeSet::new();
        for entry in &pack.index.entries {
            match books.standing(spool, hour, entry.id())? {
                Standing::Unknown => continue,
                Standing::Packed(..) => work.drop_duplicate(*entry),
                Standing::Later => work.done.held += 1,
                // It is to be a directory: the next to claim it makes one.
                Standing::Directory => work.done.held += 1,
            }
            gone.insert(entry.id());
        }
        for id in &pack.index.directories {
            match books.standing(spool, hour, *id)? {
                Standing::Unknown => continue,
                Standing::Packed(..) => drop(work.packs.superseded.insert(*id)),
                Standing::Later => drop(work.packs.unannounced.insert(*id)),
                Standing::Directory => {}
            }
            gone.insert(*id);
        }
        if !gone.is_empty() && !self.rewrite(work.bucket, staged, pack, &gone)? {
            work.hold_pack(pack);
        }
        Ok(())
    }

    /// Writes a staged pack again without the ids in `gone`, durable before it takes the old one's place. Returns `false` if another
    /// program holds the old one.
    fn rewrite(
        &mut self,
        bucket: BucketName,
        staged: &str,
        pack: &mut Pack,
        gone: &BTreeSet<AlertId>,
    ) -> Result<bool, SpoolError> {
        let host = self.spool.host;
        let (mut from, mut to) = (PathBuffer::default(), PathBuffer::default());
        let old_at = self
            .home
            .at(from.join(&[bucket.as_ref(), staged.as_bytes()]));
        let mut rewritten = Pack::new(pack.hour);
        {
            let old = match File::open_read(host, old_at) {
                Ok(old) => old,
                // The attempt that follows finds that out as well.
                Err(error) if error.is_vanished() => {
                    pack.forget(gone);
                    return Ok(true);
                }
                Err(error) if matches!(error.class(), Class::Contended | Class::Poison) => {
                    pack.forget(gone);
                    return Ok(false);
                }
                Err(error) => return Err(error).context("open", staged),
            };
            let mut line = Vec::new();
            for ((entry, start, end), disposition) in pack.index.spans().zip(&pack.dispositions) {
                if gone.contains(&entry.id()) {
                    continue;
                }
                line.clear();
                let len = usize::try_from(end - start).unwrap_or(usize::MAX);
                old.read_to(start, &mut line, len).context("read", staged)?;
                rewritten.add_line(entry, *disposition, &line);
            }
        }
        let directories = pack.index.directories.iter().copied();
        rewritten.index.directories = directories.filter(|id| !gone.contains(id)).collect();
        if !rewritten.is_empty() {
            let name = format!("new-{staged}");
            let new_at = self.home.at(to.join(&[bucket.as_ref(), name.as_bytes()]));
            let file = rewritten.write(self.spool, new_at)?;
            file.sync().context("make durable", &name)?;
            drop(file);
            let replaced = unless_away(host.rename(new_at, old_at)).context("replace", staged)?;
            if replaced.is_none() {
                pack.forget(gone);
                return Ok(false);
            }
        }
        *pack = rewritten;
        Ok(true)
    }

    /// Removes a staged pack. What cannot be removed is dropped by whoever claims the bucket next.
    pub(crate) fn drop_staged(&self, bucket: BucketName, staged: &str) -> Result<(), SpoolError> {
        let mut path = PathBuffer::default();
        let at = path.join(&[bucket.as_ref(), staged.as_bytes()]);
        match ignore_vanished(self.spool.host.unlink(self.home.at(at))) {
            Err(error) if error.class() == Class::Contended => Ok(()),
            other => other.context("remove", staged),
        }
    }
}

impl Work {
    /// Another program holds a staged pack: nothing of it is placed now. Whoever claims the bucket next makes another.
    fn hold_pack(&mut self, pack: &mut Pack) {
        self.done.held += pack.index.entries.len() as u64;
        let directories = std::mem::take(&mut pack.index.directories);
        self.packs.unannounced.extend(directories);
        *pack = Pack::new(pack.hour);
    }

    fn count_placed(&mut self, number: u32, pack: Pack) {
        let hour = pack.hour;
        let shelf = PackName { hour, number }.shelf();
        for (entry, disposition) in pack.index.entries.iter().zip(pack.dispositions) {
            self.done.cased += 1;
            self.done.judged[disposition as usize] += 1;
            self.cased
                .push(*entry, disposition, &shelf, &pack.index.digest);
            self.packs.placed.push(*entry);
        }
    }
}
