//! Drafting: each entry of a claimed bucket is read and judged, and what is to become of it is written aside.

use crate::buckets::bucket::{self, may_be_file, read_payload};
use crate::cases::case::{self, CaseFile, CasePlace};
use crate::cases::packs::{Standing, TextForm};
use crate::cases::plan::Plan;
use crate::cases::quarantine;
use crate::cases::staging::{ALERT_FILE, ensure_shelf};
use crate::layout::{BucketName, Context, Dispositions, EntryName, PathBuffer, SpoolError};
use crate::ledger::NewCases;
use crate::ledger::Quarantined;
use crate::work::complete::Completion;
use crate::work::judge::Judge;
use crate::work::placing::BucketPacks;
use crate::work::worker::Worker;
use alert::{Alert, AlertId, Disposition, Hour};
use host::{Class, Kind};
use std::collections::BTreeSet;

/// An entry whose case directory is written aside.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) entry: EntryName,
    pub(crate) staged: String,
    pub(crate) place: CasePlace,
    pub(crate) disposition: Disposition,
    /// The digest of its manifest.
    pub(crate) digest: String,
}

/// What happens to one bucket of the claim.
pub(crate) struct Work {
    pub(crate) bucket: BucketName,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) packs: BucketPacks,
    pub(crate) bad: Vec<Quarantined>,
    /// Copies whose case directory is staged: they hold their alert.
    pub(crate) duplicates: Vec<(EntryName, String)>,
    /// Copies that are still in the bucket.
    pub(crate) dropped: Vec<EntryName>,
    pub(crate) cased: NewCases,
    pub(crate) quarantined: Vec<Quarantined>,
    /// Second names of what stands in quarantine.
    pub(crate) copies: Vec<EntryName>,
    pub(crate) vanished: Vec<EntryName>,
    /// What became of its entries so far.
    pub(crate) done: Completion,
}

/// What is used again from entry to entry.
pub(crate) struct Drafting<'a> {
    pub(crate) judge: &'a mut dyn Judge,
    pub(crate) plan: &'a mut Plan,
    /// The ids that this claim has drafted, in a spool that packs.
    pub(crate) ids: BTreeSet<AlertId>,
    pub(crate) payload: Vec<u8>,
    pub(crate) details: Vec<u8>,
}

/// What reading an entry came to.
enum Reading {
    Payload,
    Bad(String),
    Vanished,
    Held,
}

/// What stands under the name of a case directory.
enum Stands {
    Nothing,
    /// A case with its alert.
    Whole,
    /// What a power loss may leave of a move: it is to be completed.
    Part,
}

impl Worker<'_> {
    /// Reads and judges the bucket's entries, writes their cases aside, and adds to the plan what is to be done with them.
    pub(crate) fn draft(
        &mut self,
        bucket: BucketName,
        drafting: &mut Drafting<'_>,
    ) -> Result<Work, SpoolError> {
        let mut work = Work::new(bucket);
        let Some(content) = bucket::list(self.spool, &self.home, bucket, &mut self.names)? else {
            self.check_fence()?;
            return Ok(work);
        };
        for stray in &content.strays {
            quarantine::set_stray_aside(self.spool, &self.home, bucket, stray)?;
        }
        for left in &content.packs {
            self.drop_staged(bucket, left)?;
        }
        work.done.seen += content.entries.len() as u64;
        for (entry, kind) in content.entries {
            let reading = match self.read(bucket, entry, kind, &mut drafting.payload)? {
                Reading::Payload => self.draft_entry(&mut work, entry, drafting)?,
                other => other,
            };
            match reading {
                Reading::Payload => {}
                Reading::Bad(reason) => {
                    drafting.plan.add_quarantine(bucket, entry);
                    work.bad.push(Quarantined { entry, reason });
                }
                Reading::Vanished => {
                    work.done.vanished += 1;
                    work.vanished.push(entry);
                }
                Reading::Held => work.done.held += 1,
            }
            if work.packs.is_heavy() {
                self.stage_packs(&mut work, drafting.plan)?;
            }
        }
        self.stage_packs(&mut work, drafting.plan)?;
        Ok(work)
    }

    fn read(
        &self,
        bucket: BucketName,
        entry: EntryName,
        kind: Kind,
        payload: &mut Vec<u8>,
    ) -> Result<Reading, SpoolError> {
        if !may_be_file(kind) {
            return Ok(Reading::Bad("not a regular file".to_owned()));
        }
        payload.clear();
        let mut path = PathBuffer::default();
        let at = self.home.at(path.join(&[bucket.as_ref(), entry.as_ref()]));
        let Err(error) = read_payload(self.spool.host, at, payload) else {
            return Ok(Reading::Payload);
        };
        match error.class() {
            Class::Vanished => self.check_fence().map(|()| Reading::Vanished),
            Class::Contended => Ok(Reading::Held),
            Class::Poison => Ok(Reading::Bad(format!("cannot be read: {error}"))),
            Class::Resource | Class::Fault => Err(error).context("read", entry),
        }
    }

    /// Drafts an entry that was read: as a line of a pack, or as a directory.
    fn draft_entry(
        &mut self,
        work: &mut Work,
        entry: EntryName,
        drafting: &mut Drafting<'_>,
    ) -> Result<Reading, SpoolError> {
        let Drafting {
            judge,
            plan,
            ids,
            payload,
            details,
        } = drafting;
        let alert = match Alert::parse(payload) {
            Ok(alert) => alert,
            Err(bad) => return Ok(Reading::Bad(bad.to_string())),
        };
        let place = CasePlace::new(entry.id(), &alert);
        // `None` where nothing is packed: then a directory is all that its case can be.
        let hour = place.packable_hour().filter(|_| self.packs.is_some());
        let mut standing = Standing::Unknown;
        if let Some(hour) = hour {
            standing = self.standing(hour, entry.id())?;
            match standing {
                Standing::Packed(..) => {
                    work.drop_duplicate(entry);
                    return Ok(Reading::Payload);
                }
                Standing::Later => return Ok(Reading::Held),
                Standing::Unknown | Standing::Directory => {}
            }
            if !ids.insert(entry.id()) {
                // The same id twice in one claim: the second meets the first one's case next time.
                return Ok(Reading::Held);
            }
        }
        details.clear();
        let disposition = judge.judge(&alert, details);
        let open = match hour.filter(|_| standing == Standing::Unknown) {
            Some(hour) => self.open_hour(hour)?,
            None => None,
        };
        if let Some(hour) = open
            && self.spool.options.packed.contains(disposition)
            && let Some(form) = TextForm::of(payload)
        {
            match self.case_stands(hour, place)? {
                Stands::Nothing => {
                    let case = case::packed_json(entry, disposition, payload, details);
                    work.packs
                        .add(hour, entry, disposition, &case, payload, form);
                    plan.add_packed(work.bucket, entry, hour, disposition);
                    return Ok(Reading::Payload);
                }
                Stands::Whole => {
                    work.drop_duplicate(entry);
                    return Ok(Reading::Payload);
                }
                Stands::Part => {}
            }
        }
        let file = CaseFile::new(entry, disposition, payload, details);
        let staged = place.staged();
        ensure_shelf(self.spool, &mut self.shelves, place.shelf())?;
        if !self.staging().write(&staged, &file)? {
            return Ok(Reading::Held);
        }
        plan.add_case(work.bucket, entry, &staged, disposition);
        if let Some(hour) = open {
            work.packs.announce(hour, entry.id());
        }
        work.drafts.push(Draft {
            entry,
            staged,
            place,
            disposition,
            digest: file.digest(),
        });
        Ok(Reading::Payload)
    }

    fn standing(&mut self, hour: Hour, id: AlertId) -> Result<Standing, SpoolError> {
        match &mut self.packs {
            Some(books) => books.standing(self.spool, hour, id),
            None => Ok(Standing::Unknown),
        }
    }

    /// The hour, if packs may still be placed there.
    fn open_hour(&mut self, hour: Hour) -> Result<Option<Hour>, SpoolError> {
        let packs = self.spool.options.packed != Dispositions::NONE;
        let Some(books) = self.packs.as_mut().filter(|_| packs) else {
            return Ok(None);
        };
        let is_full = books.is_full(self.spool, hour)?;
        Ok((!is_full).then_some(hour))
    }

    fn case_stands(&mut self, hour: Hour, place: CasePlace) -> Result<Stands, SpoolError> {
        let spool = self.spool;
        if let Some(books) = &mut self.packs
            && !books.has_directories(spool, hour)?
        {
            return Ok(Stands::Nothing);
        }
        let mut path = place.path();
        if !spool.cases.has(&path).context("look at", &path)? {
            return Ok(Stands::Nothing);
        }
        path.push('/');
        path.push_str(ALERT_FILE);
        Ok(match spool.cases.has(&path).context("look at", &path)? {
            true => Stands::Whole,
            false => Stands::Part,
        })
    }
}

impl Work {
    pub(crate) fn new(bucket: BucketName) -> Self {
        Work {
            bucket,
            drafts: Vec::new(),
            packs: BucketPacks::default(),
            bad: Vec::new(),
            duplicates: Vec::new(),
            dropped: Vec::new(),
            cased: NewCases::default(),
            quarantined: Vec::new(),
            copies: Vec::new(),
            vanished: Vec::new(),
            done: Completion::default(),
        }
    }

    /// How many of its entries were judged.
    pub(crate) fn judged(&self) -> u64 {
        (self.drafts.len() + self.packs.len()) as u64
    }

    /// Its case stands. `digest` is that of the manifest that stands in it.
    pub(crate) fn add_case(&mut self, draft: &Draft, digest: &str) {
        let (entry, shelf) = (draft.entry, draft.place.shelf());
        self.cased.push(entry, draft.disposition, &shelf, digest);
    }

    /// The id of an entry has a case: the entry is to be removed from the bucket once that is recorded.
    pub(crate) fn drop_duplicate(&mut self, entry: EntryName) {
        self.done.duplicates += 1;
        self.dropped.push(entry);
    }

    /// The entries whose id had a case already.
    pub(crate) fn copies_of_cased(&self) -> Vec<EntryName> {
        let staged = self.duplicates.iter().map(|(entry, _)| *entry);
        staged.chain(self.dropped.iter().copied()).collect()
    }

    pub(crate) fn has_outcome(&self) -> bool {
        !(self.cased.entries.is_empty()
            && self.quarantined.is_empty()
            && self.duplicates.is_empty()
            && self.dropped.is_empty()
            && self.vanished.is_empty())
    }
}
