//! What follows triage: the ledger, escalation (stage 5) and reconcile (stage 6). No site of the incident is here.
//!
//! All of it is reconstructed: the account says that there is a ledger, that packs are assembled for what is escalated, and
//! that ledger totals are compared with the case counts on disk.

use super::guards::Site;
use super::python::{exists, list, read_text, write_text};
use super::{Abort, CASES_DIR, ESCALATIONS_DIR, open_dir};
use alert::Disposition;
use host::{At, File, Host, HostError};

/// The name of the ledger's file.
const LEDGER_FILE: &str = "ledger.txt";

/// The words of the ledger and of the cases.
pub(super) fn word(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Benign => "benign",
        Disposition::KnownFp => "known_fp",
        Disposition::Review => "review",
        Disposition::Escalated => "escalated",
    }
}

/// The ledger, open for a run of triage.
///
/// ```python
/// with LEDGER.open("a") as ledger:
///     ledger.write(f"{stem} {disposition}\n")
/// ```
pub(super) struct Ledger<'h> {
    file: File<'h>,
}

impl<'h> Ledger<'h> {
    /// Opens it, or begins it.
    pub(super) fn open(host: &'h dyn Host) -> Result<Self, HostError> {
        let at = At::new(host.root(), LEDGER_FILE);
        let file = match File::open_append(host, at) {
            Err(error) if error.is_vanished() => File::create_new(host, at)?,
            opened => opened?,
        };
        Ok(Ledger { file })
    }

    /// Adds a case.
    pub(super) fn write(&self, stem: &[u8], disposition: Disposition) -> Result<(), HostError> {
        let line = [stem, b" ", word(disposition).as_bytes(), b"\n"].concat();
        self.file.append(&line)
    }
}

/// Its lines: the case and its disposition.
fn read(host: &dyn Host) -> Result<Vec<u8>, HostError> {
    let mut text = Vec::new();
    match read_text(host, At::new(host.root(), LEDGER_FILE), &mut text) {
        Err(error) if !error.is_vanished() => Err(error),
        _ => Ok(text),
    }
}

fn lines(ledger: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = ledger.split(|byte| *byte == b'\n');
    lines.filter_map(|line| {
        let space = line.iter().rposition(|byte| *byte == b' ')?;
        Some((&line[..space], &line[space + 1..]))
    })
}

/// Writes a pack for each escalated case that has none.
pub(super) fn escalate(host: &dyn Host) -> Result<(), Abort> {
    let packs = open_dir(host, ESCALATIONS_DIR)?;
    let raised = |error| Abort::host(Site::Elsewhere, error, ESCALATIONS_DIR.as_bytes());
    let ledger = read(host).map_err(raised)?;
    let escalated = word(Disposition::Escalated).as_bytes();
    for (stem, _) in lines(&ledger).filter(|(_, word)| *word == escalated) {
        let name = [stem, b".json"].concat();
        if !exists(host, packs.at(&name)).map_err(raised)? {
            write_text(host, packs.id(), &name, b"{\"schema\":1}\n").map_err(raised)?;
        }
    }
    Ok(())
}

/// By how many cases the ledger and the disk differ.
pub(super) fn reconcile(host: &dyn Host) -> Result<u64, Abort> {
    let raised = |error| Abort::host(Site::Elsewhere, error, CASES_DIR.as_bytes());
    let ledger = read(host).map_err(raised)?;
    let cases = open_dir(host, CASES_DIR)?;
    let on_disk = list(&cases, |_| true).map_err(raised)?.len() as u64;
    Ok(on_disk.abs_diff(lines(&ledger).count() as u64))
}
