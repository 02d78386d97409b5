//! The drop-in directory `inbox/`: other programs put files there, in whatever way they can.
//!
//! The best way is to write a file under a name that begins with a dot and to rename it; rsync and most editors do that, so
//! such a name belongs to its writer. Many scripts write in place instead. So a file is taken when it is one whole JSON
//! object, and one that is not is left until nobody has written to it for a time: then it is taken all the same, and the
//! worker that cannot read it sets it aside and says why.
//!
//! A file's identity is that of its content, not of its name: scripts use names again.

use crate::buckets::bucket::{may_be_file, read_payload};
use crate::intake::adopt::{Adoption, Doorkeeper, Look, NO_FILE};
use crate::intake::publish::Publisher;
use crate::layout::{Context, SpoolError};
use alert::AlertId;
use host::{Class, Dir, Host, Kind, Meta, Millis};
use std::time::Duration;

/// What a look at the inbox saw and did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inbox {
    /// What was taken, and what could not be.
    pub adoption: Adoption,
    /// Files that are no whole JSON object yet, and that somebody has written to not long ago.
    pub waiting: u64,
    /// Since when something that is to be pending is held by another program; `None` if nothing is.
    pub held_since: Option<Millis>,
    /// Names that begin with a dot: their writers will rename them.
    pub hidden: u64,
    /// Names that are never taken, because they do not end in `.json`, and directories.
    pub ignored: u64,
    /// Some of the last ones.
    pub named: Vec<String>,
}

/// How many names that are never taken are told.
const NAMED_MAX: usize = 5;

impl Publisher<'_> {
    /// Takes what lies ready in `inbox/`. A file that is no whole JSON object is taken once nobody has written to it for
    /// `settle`.
    ///
    /// What it counts as adopted is durable when it returns, and pending unless another program holds it
    /// ([`Publisher::finish_left`]). If the process dies, every file is in the inbox or
    /// in the queue.
    pub fn adopt_inbox(&mut self, settle: Duration) -> Result<Inbox, SpoolError> {
        let spool = self.spool;
        let mut keeper = InboxKeeper {
            host: spool.host,
            settle_ns: i64::try_from(settle.as_nanos()).unwrap_or(i64::MAX),
            seen: Inbox::default(),
            bytes: Vec::new(),
        };
        let adoption = self.adopt_dir(&spool.inbox, &mut keeper)?;
        self.left.note_time(spool.host.now());
        Ok(Inbox {
            adoption,
            held_since: self.left.since,
            ..keeper.seen
        })
    }
}

struct InboxKeeper<'h> {
    host: &'h dyn Host,
    settle_ns: i64,
    seen: Inbox,
    bytes: Vec<u8>,
}

impl Doorkeeper for InboxKeeper<'_> {
    fn begin_scan(&mut self) {
        self.seen = Inbox::default();
    }

    fn look(&mut self, dir: &Dir<'_>, name: &[u8], kind: Kind) -> Result<Look, SpoolError> {
        if name.starts_with(b".") {
            self.seen.hidden += 1;
            return Ok(Look::Leave);
        }
        let has_ending = name.len() >= 5 && name[name.len() - 5..].eq_ignore_ascii_case(b".json");
        if kind == Kind::Dir || !has_ending {
            self.seen.ignored += 1;
            if self.seen.named.len() < NAMED_MAX {
                let name = String::from_utf8_lossy(name).into_owned();
                self.seen.named.push(name);
            }
            return Ok(Look::Leave);
        }
        if !may_be_file(kind) {
            return Ok(Look::Refuse(NO_FILE));
        }
        let Some(meta) = self.read(dir, name)? else {
            return Ok(Look::Leave);
        };
        if let Some(id) = AlertId::of_content(&self.bytes) {
            return Ok(Look::Take(id, Some(meta)));
        }
        // However far a clock was set: what was not written to in that time, in either direction, is left by its writer.
        let now_ns = self.host.now().0.saturating_mul(1_000_000);
        let quiet_ns = now_ns.saturating_sub(meta.mtime_ns).saturating_abs();
        if quiet_ns < self.settle_ns {
            self.seen.waiting += 1;
            return Ok(Look::Leave);
        }
        Ok(Look::Take(AlertId::of_bytes(&self.bytes), Some(meta)))
    }
}

impl InboxKeeper<'_> {
    /// Reads a file, and says what it was just before; `None` if it is gone, or is no file, or somebody holds it.
    fn read(&mut self, dir: &Dir<'_>, name: &[u8]) -> Result<Option<Meta>, SpoolError> {
        self.bytes.clear();
        let result = self.host.stat(dir.at(name)).and_then(|meta| {
            read_payload(self.host, dir.at(name), &mut self.bytes)?;
            Ok(meta)
        });
        match result {
            Ok(meta) => Ok(Some(meta)),
            Err(error) if error.class() == Class::Vanished => Ok(None),
            Err(error) if matches!(error.class(), Class::Contended | Class::Poison) => {
                self.seen.waiting += 1;
                Ok(None)
            }
            Err(error) => Err(error).context("read", name),
        }
    }
}
