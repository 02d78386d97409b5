//! What vanished is fetched again once, whatever becomes of reconcile's own notes.

use crate::intake::starter;
use host::{At, Host, Millis};
use indexer::Profile;
use mock_indexer::{Core, Options, Population, Recipe};
use os::OsHost;
use pipeline::{Pipeline, Report, Settings};
use policy::Policy;
use spool::{Spool, SpoolOptions};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use tests::InProcess;

const T0: i64 = 1_774_483_200_000;

/// One pass of a process that begins anew, with nobody at work on claims.
fn pass_anew(host: &dyn Host, core: &Rc<RefCell<Core>>, policy: &Policy) -> Report {
    let spool = Spool::init(host, At::new(host.root(), "spool"), SpoolOptions::default()).unwrap();
    let transport = InProcess {
        host,
        core: Rc::clone(core),
    };
    let intake = tests::intake(host, &transport, Profile::wazuh4(), Millis(T0));
    let mut pipeline = Pipeline::open(&spool, policy, Some(intake), Settings::default()).unwrap();
    pipeline.pass("run", &mut |_| Vec::new())
}

fn pending(dir: &Path) -> Vec<PathBuf> {
    let files = tests::files_on_disk(dir).into_keys();
    let files = files.filter(|path| path.starts_with("spool/pending/"));
    files.map(|path| dir.join(path)).collect()
}

#[test]
fn an_alert_that_was_fetched_again_is_not_fetched_a_third_time_when_the_notes_are_lost() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "poller:secret\n").unwrap();
    let host = OsHost::new(dir.path()).unwrap();
    let population = Arc::new(Population::new(Recipe::steady(3, 10, T0..T0 + 60_000)));
    let options = Options::healthy("poller", "secret");
    let core = Rc::new(RefCell::new(Core::new(population, options)));
    let policy = starter();
    pass_anew(&host, &core, &policy);
    let first = pending(dir.path());
    assert_eq!(first.len(), 10);
    std::fs::remove_file(&first[4]).unwrap();

    let found = pass_anew(&host, &core, &policy).reconciled.unwrap();
    assert_eq!((found.restored, found.queue), (1, 9), "{found}");
    assert_eq!(pending(dir.path()).len(), 10);

    std::fs::remove_file(dir.path().join("spool/state/reconcile.json")).unwrap();
    let found = pass_anew(&host, &core, &policy).reconciled.unwrap();
    assert_eq!((found.restored, found.queue), (0, 10), "{found}");
    assert_eq!(found.mismatches(), 0, "{found}");
    assert_eq!(pending(dir.path()).len(), 10, "one entry of each alert");
}
