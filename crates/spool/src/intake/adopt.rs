//! Adopting a directory of alert files: a legacy queue, or the drop-in directory ([`super::inbox`]).
//!
//! It streams: names are used a chunk at a time, and nothing is held that grows with the directory. Each file is renamed
//! into a bucket under `claimed/adopt-<epoch>/`, so a crash leaves ordinary claims, which recovery returns. Which files are
//! taken, and under which identity, is for the directory's doorkeeper to say.

use crate::buckets::bucket::{may_be_file, read_payload};
use crate::buckets::claims;
use crate::cases::quarantine;
use crate::intake::publish::Publisher;
use crate::layout::{
    BucketName, Context, EntryName, PathBuffer, Spool, SpoolError, Stamp, unless_away,
};
use crate::ledger::Record;
use alert::AlertId;
use host::{At, Class, Dir, Kind, Meta, Names};

/// Buckets that are sealed by one group commit.
const SEALED_MAX: usize = 16;

/// What adoption saw and did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Adoption {
    /// Files that are pending now.
    pub adopted: u64,
    /// Names ending in `.json` that are no regular files: set aside.
    pub quarantined: u64,
    /// Files that were gone when their turn came.
    pub vanished: u64,
    /// Files that somebody held: still where they were.
    pub held: u64,
    /// Names that are left alone.
    pub skipped: u64,
}

/// Who says what becomes of a directory's names.
pub(super) trait Doorkeeper {
    /// A scan of the directory begins, from its start.
    fn begin_scan(&mut self) {}

    /// What is to become of this name.
    fn look(&mut self, dir: &Dir<'_>, name: &[u8], kind: Kind) -> Result<Look, SpoolError>;
}

/// What is to become of a name.
pub(super) enum Look {
    /// It is taken, under this identity. If the identity is of its content: what the file was when that was read.
    Take(AlertId, Option<Meta>),
    /// It is set aside, for this reason.
    Refuse(&'static str),
    /// It is left.
    Leave,
}

/// Why a link or a device is set aside.
pub(super) const NO_FILE: &str = "not a regular file";

/// The doorkeeper of a flat directory: files that end in `.json`, known by their names.
struct Flat;

impl Doorkeeper for Flat {
    fn look(&mut self, _: &Dir<'_>, name: &[u8], kind: Kind) -> Result<Look, SpoolError> {
        Ok(match kind {
            _ if !name.ends_with(b".json") => Look::Leave,
            Kind::Dir => Look::Leave,
            kind if may_be_file(kind) => Look::Take(AlertId::of_file_name(name), None),
            _ => Look::Refuse(NO_FILE),
        })
    }
}

/// A bucket being filled.
struct Filling {
    bucket: BucketName,
    first: Stamp,
    entries: Vec<EntryName>,
    origins: Vec<String>,
}

impl<'h> Publisher<'h> {
    /// Adopts the files ending in `.json` of the flat directory at `at`, which must be on the spool's filesystem.
    ///
    /// Files that appear meanwhile may be adopted or not. When it returns, what it counts as adopted is durable and pending;
    /// everything else is where it was, or in quarantine with its reason. If the process dies, every file is in the
    /// directory or in the spool: never both, never neither.
    pub fn adopt(&mut self, at: At<'_>) -> Result<Adoption, SpoolError> {
        let dir = Dir::open(self.spool.host, at).context("open", at.path)?;
        self.adopt_dir(&dir, &mut Flat)
    }

    pub(super) fn adopt_dir(
        &mut self,
        dir: &Dir<'_>,
        keeper: &mut dyn Doorkeeper,
    ) -> Result<Adoption, SpoolError> {
        self.check_poison()?;
        self.poisoning(|publisher| publisher.adopt_all(dir, keeper))
    }

    fn adopt_all(
        &mut self,
        dir: &Dir<'_>,
        keeper: &mut dyn Doorkeeper,
    ) -> Result<Adoption, SpoolError> {
        let spool = self.spool;
        let home_name = claims::home_name("adopt", self.ledger.epoch());
        let home = Dir::open_or_make(spool.host, spool.claimed.at(&home_name))
            .context("make", &home_name)?;
        let (mut total, mut names) = (Adoption::default(), Names::default());
        loop {
            // A scan may miss a name that is renamed meanwhile: scan again until nothing is found.
            let pass = self.adopt_pass(dir, &home, keeper, &mut names)?;
            total.adopted += pass.adopted;
            total.quarantined += pass.quarantined;
            total.vanished += pass.vanished;
            (total.held, total.skipped) = (pass.held, pass.skipped);
            if pass.adopted + pass.quarantined == 0 {
                break;
            }
        }
        match spool.host.rmdir(spool.claimed.at(&home_name)) {
            Err(error) if error.class() == Class::Contended => self.left.has_claims = true,
            other => other.context("remove", home_name)?,
        }
        Ok(total)
    }

    fn adopt_pass(
        &mut self,
        dir: &Dir<'_>,
        home: &Dir<'_>,
        keeper: &mut dyn Doorkeeper,
        names: &mut Names,
    ) -> Result<Adoption, SpoolError> {
        let mut pass = Adoption::default();
        let mut sealed = Vec::new();
        let mut filling = None;
        keeper.begin_scan();
        dir.rewind().context("list", "the directory to adopt")?;
        while dir.read(names).context("list", "the directory to adopt")? {
            for found in names.iter() {
                let name = found.name;
                match keeper.look(dir, name, found.kind)? {
                    Look::Take(id, seen) => {
                        self.take(dir, home, (name, id, seen), &mut filling, &mut pass)?;
                    }
                    Look::Refuse(reason) => self.refuse(dir, name, reason, &mut pass)?,
                    Look::Leave => pass.skipped += 1,
                }
                if filling
                    .as_ref()
                    .is_some_and(|filling| self.is_full(filling))
                {
                    sealed.extend(filling.take());
                }
                if SEALED_MAX <= sealed.len() {
                    self.reveal_adopted(home, &mut sealed)?;
                }
            }
        }
        sealed.extend(filling);
        self.reveal_adopted(home, &mut sealed)?;
        Ok(pass)
    }

    fn is_full(&self, filling: &Filling) -> bool {
        self.spool.options.bucket_entries() as usize <= filling.entries.len()
    }

    fn take(
        &mut self,
        dir: &Dir<'_>,
        home: &Dir<'_>,
        (name, id, seen): (&[u8], AlertId, Option<Meta>),
        filling: &mut Option<Filling>,
        pass: &mut Adoption,
    ) -> Result<(), SpoolError> {
        let spool = self.spool;
        let filling = match filling {
            Some(filling) => filling,
            None => {
                let (bucket, first) = self.next_bucket(spool.options.bucket_entries() as usize)?;
                spool.host.mkdir(home.at(&bucket)).context("make", bucket)?;
                let (entries, origins) = (Vec::new(), Vec::new());
                filling.insert(Filling {
                    bucket,
                    first,
                    entries,
                    origins,
                })
            }
        };
        let offset = u32::try_from(filling.entries.len()).expect("a bucket's entries are few");
        let entry = EntryName::new(filling.first.offset(offset), id);
        let mut path = PathBuffer::default();
        let to = home.at(path.join(&[filling.bucket.as_ref(), entry.as_ref()]));
        match spool
            .host
            .rename_noreplace(dir.at(name), to)
            .map_err(|error| (error.class(), error))
        {
            Ok(()) => {
                let entry = match seen {
                    Some(seen) => {
                        let taken = (home, filling.bucket, entry);
                        known_by_content(spool, taken, seen, dir.at(name))?
                    }
                    None => Some(entry),
                };
                let Some(entry) = entry else {
                    pass.held += 1;
                    return Ok(());
                };
                pass.adopted += 1;
                filling.entries.push(entry);
                filling
                    .origins
                    .push(String::from_utf8_lossy(name).into_owned());
            }
            Err((Class::Vanished, _)) => pass.vanished += 1,
            Err((Class::Contended | Class::Poison, _)) => pass.held += 1,
            Err((Class::Resource | Class::Fault, error)) => {
                return Err(error).context("adopt", name);
            }
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        dir: &Dir<'_>,
        name: &[u8],
        reason: &str,
        pass: &mut Adoption,
    ) -> Result<(), SpoolError> {
        match quarantine::move_aside(self.spool, dir.at(name), name, reason)? {
            quarantine::Outcome::SetAside => pass.quarantined += 1,
            quarantine::Outcome::Vanished => pass.vanished += 1,
            quarantine::Outcome::Held | quarantine::Outcome::Copy => pass.held += 1,
        }
        Ok(())
    }

    /// Makes filled buckets durable, records them, and makes them visible.
    fn reveal_adopted(
        &mut self,
        home: &Dir<'_>,
        sealed: &mut Vec<Filling>,
    ) -> Result<(), SpoolError> {
        if sealed.is_empty() {
            return Ok(());
        }
        let spool = self.spool;
        spool.group_commit()?;
        for filling in sealed.drain(..) {
            let count = u32::try_from(filling.entries.len()).expect("a bucket's entries are few");
            let target = filling.bucket.with_count(count);
            if count == 0 {
                let removed = unless_away(spool.host.rmdir(home.at(&filling.bucket)));
                removed.context("remove", filling.bucket)?;
                continue;
            }
            let Filling {
                entries, origins, ..
            } = filling;
            self.ledger.append(&Record::Published {
                bucket: target,
                entries,
                origins,
                times: None,
            })?;
            // What another program holds stays an ordinary claim, and goes back with this directory.
            self.show(home, filling.bucket, target)?;
        }
        spool.group_commit()
    }
}

/// Gives a file that was taken the identity of its content, if its writer has put another content, or another file, under its
/// name between the look and the move. From the move on no other name leads to it.
///
/// `None` if that content is not whole: its writer is at work on it, and has it back under its name.
fn known_by_content(
    spool: &Spool<'_>,
    (home, bucket, entry): (&Dir<'_>, BucketName, EntryName),
    seen: Meta,
    back: At<'_>,
) -> Result<Option<EntryName>, SpoolError> {
    let (mut path, mut to) = (PathBuffer::default(), PathBuffer::default());
    let at = home.at(path.join(&[bucket.as_ref(), entry.as_ref()]));
    let mut bytes = Vec::new();
    let read = spool.host.stat(at).and_then(|now| {
        let is_other = now != seen;
        if is_other {
            read_payload(spool.host, at, &mut bytes)?;
        }
        Ok(is_other)
    });
    // Whoever holds it, or has removed it, is met again by the worker.
    if unless_away(read).context("read", entry)? != Some(true) {
        return Ok(Some(entry));
    }
    if AlertId::of_content(&bytes).is_none() {
        let given_back = unless_away(spool.host.rename_noreplace(at, back));
        if given_back.context("give back", entry)?.is_some() {
            return Ok(None);
        }
    }
    let renamed = EntryName::new(entry.stamp(), AlertId::of_alert(&bytes));
    let to = home.at(to.join(&[bucket.as_ref(), renamed.as_ref()]));
    let moved = unless_away(spool.host.rename_noreplace(at, to)).context("rename", entry)?;
    Ok(Some(moved.map_or(entry, |()| renamed)))
}
