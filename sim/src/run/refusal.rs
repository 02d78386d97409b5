//! Parts of the home that nobody may change for a while: which calls that refuses.

use super::program::foundry::ROOT;
use crate::kernel::{Pending, View};
use crate::scenario::ReadOnly;
use host::{At, Call, Errno};

/// The parts of one run.
pub(super) struct Refusal {
    parts: Vec<Part>,
}

struct Part {
    /// From the root of the machine.
    path: Vec<u8>,
    from_ns: u64,
    until_ns: u64,
    errno: Errno,
}

impl Refusal {
    pub(super) fn new(parts: &[ReadOnly]) -> Self {
        let part = |one: &ReadOnly| Part {
            path: match one.part.as_str() {
                "" => ROOT.as_bytes().to_vec(),
                part => format!("{ROOT}/{part}").into_bytes(),
            },
            from_ns: one.from_ns,
            until_ns: one.until_ns,
            errno: one.errno,
        };
        Refusal {
            parts: parts.iter().map(part).collect(),
        }
    }

    /// How the pending call fails, if it would change what may not be changed now.
    pub(super) fn of(&self, view: &View<'_>, pending: &Pending<'_>) -> Option<Errno> {
        let now = pending.time_ns;
        let mut parts = self.parts.iter();
        parts.find_map(|part| {
            let is_now = part.from_ns <= now && now < part.until_ns;
            (is_now && part.is_changed_by(view, pending)).then_some(part.errno)
        })
    }
}

impl Part {
    fn is_changed_by(&self, view: &View<'_>, pending: &Pending<'_>) -> bool {
        // A whole filesystem refuses every byte; a directory only names in it.
        let is_filesystem = self.errno == Errno::ReadOnly;
        match pending.call {
            Call::Mkdir | Call::Rmdir | Call::CreateNew | Call::Unlink => {
                self.has(view, pending.at())
            }
            Call::Rename | Call::RenameNoreplace | Call::Link => {
                self.has(view, pending.at()) || self.has(view, pending.to())
            }
            Call::OpenAppend | Call::Append => is_filesystem && self.has(view, pending.at()),
            Call::Lock => self.has(view, pending.at()) && (is_filesystem || !exists(view, pending)),
            _ => false,
        }
    }

    /// Whether a name lies in this part: in its directory, or below. Of an open file the handle says where it is.
    fn has(&self, view: &View<'_>, at: At<'_>) -> bool {
        let Some(path) = path_of(view, at) else {
            return false;
        };
        let rest = path.strip_prefix(&self.path[..]);
        rest.is_some_and(|rest| rest.first() == Some(&b'/'))
    }
}

fn exists(view: &View<'_>, pending: &Pending<'_>) -> bool {
    path_of(view, pending.at()).is_some_and(|path| view.fs().at(&path).is_some())
}

/// The path from the root of the machine; `None` if the handle that it starts from is closed.
fn path_of(view: &View<'_>, at: At<'_>) -> Option<Vec<u8>> {
    let mut path = view.fs().path(view.start_of(at)?);
    if !at.path.is_empty() {
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(at.path);
    }
    Some(path)
}
