//! One process at a time makes passes over a queue.
//!
//! The lock is the machine's, on `run.lock`, which is never deleted: it ends with the process, however that ends. Who holds
//! it stands in `run.holder` beside it, for people; nothing decides on that file.

use crate::error::FoundryError;
use host::{Class, Lock};
use pipeline::RUN_LOCK_FILE;
use serde::{Deserialize, Serialize};
use spool::Spool;
use std::path::Path;

/// The file that says who locked it last.
const HOLDER_FILE: &str = "run.holder";

/// Who holds the lock, for a person.
#[derive(Serialize, Deserialize)]
struct Holder {
    command: String,
    pid: u32,
    run_id: String,
}

/// Takes the lock for a command, and says so beside it.
///
/// Errs with [`FoundryError::Held`] if another process has it.
pub(crate) fn take<'h>(
    spool: &Spool<'h>,
    home: &Path,
    command: &str,
    run_id: &str,
) -> Result<Lock<'h>, FoundryError> {
    let root = spool.root();
    let lock = match Lock::take(spool.host(), root.at(RUN_LOCK_FILE)) {
        Ok(lock) => lock,
        Err(error) if error.class() == Class::Contended => {
            return Err(FoundryError::Held {
                path: home.to_owned(),
                holder: holder(spool),
            });
        }
        Err(error) => return Err(FoundryError::of_host(home.join(RUN_LOCK_FILE), error)),
    };
    let holder = Holder {
        command: command.to_owned(),
        pid: std::process::id(),
        run_id: run_id.to_owned(),
    };
    let mut bytes = serde_json::to_vec(&holder).expect("its keys are strings");
    bytes.push(b'\n');
    // The file cannot be the lock itself: it is replaced, and the lock belongs to the file that was there.
    if let Err(error) = root.replace(HOLDER_FILE, &bytes) {
        // On a full disk too a pass must be made: it is the one that says so in the heartbeat.
        tracing::warn!(%error, "cannot write {HOLDER_FILE}: others are not told who works here");
    }
    Ok(lock)
}

fn holder(spool: &Spool<'_>) -> String {
    let bytes = spool.root().read_file(HOLDER_FILE, 4_096).ok().flatten();
    let holder: Option<Holder> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match holder {
        Some(holder) => format!(
            "`foundry {}`, process {}, run {}",
            holder.command, holder.pid, holder.run_id
        ),
        None => "it has not said who it is".to_owned(),
    }
}
