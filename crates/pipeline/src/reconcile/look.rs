//! What reconcile reads: new records, and the cases that they tell of.

use super::book::{Book, Early};
use super::open::Paging;
use crate::reconciled::Reconciled;
use spool::ledger::NewCase;
use spool::{Spool, SpoolError, follow};

/// Adds every record after the book's position to the book, and looks whether its cases stand. Returns how many new cases
/// there were.
pub(super) fn fold_new(
    spool: &Spool<'_>,
    paging: Paging<'_, '_>,
    book: &mut Book,
    found: &mut Reconciled,
) -> Result<u64, SpoolError> {
    let position = book.position.clone();
    let (mut count, mut failed) = (0, None);
    let (mut eyes, mut early) = (Eyes::default(), Early::new());
    let after = follow(spool, &position, &mut |record| {
        // What retention has removed does not stand, and is no case of this pass.
        let kept = record
            .new_cases()
            .filter(|case| !book.days.is_pruned(case.entry));
        for case in kept {
            count += 1;
            match eyes.stands(spool, &case) {
                Ok(true) => {}
                Ok(false) => found.case_missing.push(case.entry.id()),
                Err(error) => failed = Some(error),
            }
        }
        book.add(&record, &mut early);
        book.bound(paging);
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    book.position = after;
    Ok(count)
}

/// Looks whether cases stand.
#[derive(Default)]
struct Eyes {
    /// The pack that was seen last: its cases follow one another.
    pack: String,
    path: String,
}

impl Eyes {
    fn stands(&mut self, spool: &Spool<'_>, case: &NewCase<'_>) -> Result<bool, SpoolError> {
        use std::fmt::Write;
        let is_pack = case.shelf.ends_with(".ndjson");
        if is_pack && case.shelf == self.pack {
            return Ok(true);
        }
        self.path.clear();
        let written = match is_pack {
            true => write!(self.path, "cases/{}", case.shelf),
            false => write!(
                self.path,
                "cases/{}/{}/alert.json",
                case.shelf,
                case.entry.id()
            ),
        };
        written.expect("writing into memory cannot fail");
        match spool.host().stat(spool.root().at(&self.path)) {
            Ok(_) if is_pack => case.shelf.clone_into(&mut self.pack),
            Ok(_) => {}
            Err(error) if error.is_vanished() => return Ok(false),
            Err(source) => {
                return Err(SpoolError::Host {
                    operation: "look at",
                    object: self.path.clone(),
                    source,
                });
            }
        }
        Ok(true)
    }
}
