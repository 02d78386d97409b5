//! What reconcile knows of entries on their way does not depend on whether it has them in memory or in pages.

use alert::AlertId;
use host::{At, Host, Millis};
use indexer::Profile;
use mock_indexer::{Core, Options, Population, Recipe};
use os::OsHost;
use pipeline::{Hands, Pipeline, Reconciled, Report, Settings};
use policy::{LoadOptions, Policy};
use spool::{Spool, SpoolOptions};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use tempfile::TempDir;
use tests::InProcess;

const T0: i64 = 1_774_483_200_000;
const ALERTS: u32 = 40;

/// A home with an indexer.
struct Home {
    dir: TempDir,
    host: OsHost,
    core: Rc<RefCell<Core>>,
    policy: Policy,
    near_max: usize,
}

impl Home {
    fn new(near_max: usize) -> Home {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("secret"), "poller:secret\n").unwrap();
        let recipe = Recipe::steady(3, ALERTS, T0..T0 + 60_000);
        let options = Options::healthy("poller", "secret");
        let core = Core::new(Arc::new(Population::new(recipe)), options);
        Home {
            host: OsHost::new(dir.path()).unwrap(),
            dir,
            core: Rc::new(RefCell::new(core)),
            policy: Policy::load(&policy::starter(), LoadOptions::default()).unwrap(),
            near_max,
        }
    }

    /// One pass of a process that begins anew.
    fn pass(&self, hands: &mut Hands<'_>) -> Report {
        let host: &dyn Host = &self.host;
        let options = SpoolOptions {
            bucket_max: 9,
            ..SpoolOptions::default()
        };
        let spool = Spool::init(host, At::new(host.root(), "spool"), options).unwrap();
        let transport = InProcess {
            host,
            core: Rc::clone(&self.core),
        };
        let intake = tests::intake(host, &transport, Profile::wazuh4(), Millis(T0));
        let settings = Settings {
            near_max: self.near_max,
            ..Settings::default()
        };
        let pipeline = Pipeline::open(&spool, &self.policy, Some(intake), settings);
        pipeline.unwrap().pass("run", hands)
    }

    /// One in which nobody is at work on claims.
    fn idle(&self) -> Report {
        self.pass(&mut |_| Vec::new())
    }

    fn idle_found(&self) -> Reconciled {
        let report = self.idle();
        assert!(report.is_ok(), "{report:?}");
        report.reconciled.unwrap()
    }

    fn pending(&self) -> Vec<PathBuf> {
        let files = tests::files_on_disk(self.dir.path()).into_keys();
        let files = files.filter(|path| path.starts_with("spool/pending/"));
        files.map(|path| self.dir.path().join(path)).collect()
    }

    fn pages(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.dir.path().join("spool/state")).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        let is_page = |path: &PathBuf| path.to_string_lossy().contains("/open-");
        paths.filter(is_page).collect()
    }
}

/// The id in an entry's name.
fn id(path: &std::path::Path) -> AlertId {
    let name = path.file_stem().unwrap().to_string_lossy();
    AlertId::from_hex(name.rsplit('-').next().unwrap().as_bytes()).unwrap()
}

/// Entries are removed in two passes; everything is found, fetched again and cased. What was found in each pass.
fn life(home: &Home) -> Vec<Reconciled> {
    let mut found = vec![home.idle_found()];
    let first = home.pending();
    assert_eq!(first.len(), ALERTS as usize);
    let all: BTreeSet<AlertId> = first.iter().map(|path| id(path)).collect();
    for at in [0, 13, 39] {
        fs::remove_file(&first[at]).unwrap();
    }
    found.push(home.idle_found());
    assert_eq!(home.pending().len(), ALERTS as usize);
    found.push(home.idle_found());
    // The book of before is lost: it hears of the second entries before it misses the first.
    fs::remove_file(home.dir.path().join("spool/state/reconcile.json")).unwrap();
    found.push(home.idle_found());
    let again: BTreeSet<AlertId> = home.pending().iter().map(|path| id(path)).collect();
    assert_eq!(again, all);
    let report = home.pass(&mut |job| vec![job.drain("w1")]);
    assert!(report.is_ok(), "{report:?}");
    found.push(report.reconciled.unwrap());
    found
}

#[test]
fn a_book_with_pages_finds_what_one_without_finds() {
    let expected = life(&Home::new(1_000));
    assert_eq!(expected[1].restored, 3, "{}", expected[1]);
    assert_eq!(expected[4].cased.iter().sum::<u64>(), u64::from(ALERTS));
    for near_max in [0, 1, 4, 39] {
        let home = Home::new(near_max);
        assert_eq!(life(&home), expected, "{near_max} in memory");
        assert_eq!(home.pages(), Vec::<PathBuf>::new(), "{near_max} in memory");
    }
}

#[test]
fn a_page_that_is_damaged_is_named_and_the_ledger_makes_it_anew() {
    let home = Home::new(4);
    home.idle_found();
    let pages = home.pages();
    assert!(2 <= pages.len(), "{pages:?}");
    home.idle_found();
    assert_eq!(home.pages(), pages, "nothing has changed");
    for page in &pages {
        fs::write(page, "damaged").unwrap();
    }
    let lost = home.pending();
    fs::remove_file(&lost[0]).unwrap();
    let report = home.idle();
    let failure = report
        .stage(pipeline::Stage::Reconcile)
        .unwrap()
        .failure
        .clone();
    let message = failure.expect("the page is needed").message;
    assert!(message.contains("state/open-0000"), "{message}");
    assert!(message.contains("remove state/reconcile.json"), "{message}");

    fs::remove_file(home.dir.path().join("spool/state/reconcile.json")).unwrap();
    assert_eq!(home.idle_found().restored, 1);
    assert_eq!(home.pending().len(), ALERTS as usize);
}
