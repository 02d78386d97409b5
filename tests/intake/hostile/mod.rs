//! Documents that break careless readers, from the indexer to the end of the pipeline: each has the end that its row says,
//! in the place that its row says, and keeps no other from its own.

mod rows;

use crate::intake::{Taken, starter, take_in};
use crate::simulated::{play, program};
use alert::AlertId;
use host::{At, File, Host, Millis};
use mock_indexer::{Batch, Core, Indexed, Options, Planted, Population, Recipe};
use os::OsHost;
use rows::End::{Aside, Shelf, Undated};
use rows::{Row, row, rows};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tests::{Files, InProcess};

/// 2026-03-26 00:00 UTC.
const T0: i64 = 1_774_483_200_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// When the first pass is made, on the simulated machine.
const NOW: i64 = T0 + 7 * DAY;

/// The rows among ordinary alerts, 600 of them in one millisecond.
fn population(rows: &[Row]) -> Arc<Population> {
    let mut recipe = Recipe::steady(11, 300, T0..T0 + DAY);
    recipe.batches.push(Batch {
        count: 600,
        timestamps: T0 + 60 * MINUTE..T0 + 60 * MINUTE + 1,
        indexed: Indexed::Live,
        redelivered: 0,
    });
    recipe.planted.extend(rows.iter().map(|row| Planted {
        id: row.id.clone(),
        timestamp_ms: row.at,
        indexed_at_ms: T0,
        source: row.source.clone(),
    }));
    Arc::new(Population::new(recipe))
}

/// Every document has its end in its place; all of them, and no others, in the order of their times.
#[track_caller]
fn check(rows: &[Row], population: &Population, taken: &Taken, files: &Files) {
    let asides = rows.iter().filter(|row| matches!(row.end, Aside(_)));
    taken.assert_all_ended(population, asides.count() as u64);
    assert_eq!(taken.failures(), Vec::<&str>::new());
    assert_eq!(taken.other_failures(), Vec::<String>::new());
    for path in files.keys() {
        check_path(path);
    }
    let options = Options::healthy("poller", "secret");
    let core = Core::new(Arc::new(population.clone()), options);
    let id = |document: &str| {
        let hit = core.hit(document).unwrap();
        // What is no UTF-8 comes as U+FFFD.
        AlertId::of_alert(String::from_utf8_lossy(&hit).as_bytes())
    };
    let documents = population.documents();
    let expected: Vec<AlertId> = documents.map(|document| id(&document.id)).collect();
    assert_eq!(queue_order(files), expected, "the order of the queue");
    for row in rows {
        check_end(row, id(&row.id), files);
    }
}

/// The alert of the row stands where the row says, with its bytes; what is no UTF-8 in them may be mended.
#[track_caller]
fn check_end(row: &Row, id: AlertId, files: &Files) {
    let (name, end) = (&row.id, row.end);
    let shelf = match end {
        Shelf(hour) => hour.to_owned(),
        Undated => format!("undated/{}", &id.to_string()[..2]),
        Aside(reason) => {
            let suffix = format!("-{id}.json.reason");
            let mut reasons = files.iter().filter(|(path, _)| path.ends_with(&suffix));
            let (path, text) = reasons
                .next()
                .unwrap_or_else(|| panic!("{name:?} has no reason"));
            let text = String::from_utf8_lossy(text);
            assert!(text.contains(reason), "{name:?}: {text}");
            let file = &files[path.strip_suffix(".reason").unwrap()];
            assert!(row.source.len() < file.len(), "{name:?} is not whole");
            return;
        }
    };
    let path = format!("spool/cases/{shelf}/{id}/alert.json");
    let alert = files
        .get(&path)
        .unwrap_or_else(|| panic!("{name:?}: no {path}"));
    let alert = std::str::from_utf8(alert).unwrap();
    assert!(
        alert.contains(&*String::from_utf8_lossy(&row.source)),
        "{name:?} was changed"
    );
}

/// No name is made of what an alert says, but for the digits of its date.
#[track_caller]
fn check_path(path: &str) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let parts: Vec<&str> = path.split('/').collect();
    for part in &parts {
        let is_name = !part.is_empty() && !matches!(*part, "." | "..");
        assert!(is_name && part.chars().all(is_plain), "{path:?}");
    }
    let is_digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let is_id = |part: &str| AlertId::from_hex(part.as_bytes()).is_some();
    match parts.as_slice() {
        ["secret"] => {}
        ["spool", "cases", "undated", two, id, _] => {
            assert!(two.len() == 2 && is_id(id), "{path:?}")
        }
        ["spool", "cases", year, month, day, hour, id, _] => {
            let is_date =
                is_digits(year, 4) && [month, day, hour].iter().all(|part| is_digits(part, 2));
            assert!(is_date && is_id(id), "{path:?}");
        }
        ["spool", "cases", ..] => panic!("{path:?} is no case"),
        ["spool", ..] => {}
        _ => panic!("{path:?} is outside"),
    }
}

/// The alerts in the order of their entries' names, which is that of the queue.
fn queue_order(files: &Files) -> Vec<AlertId> {
    let mut entries: Vec<String> = Vec::new();
    for (path, bytes) in files {
        if path.starts_with("spool/cases/") && path.ends_with("/case.json") {
            let case: Value = serde_json::from_slice(bytes).unwrap();
            entries.push(case["entry"].as_str().unwrap().to_owned());
        } else if let Some(name) = path.strip_prefix("spool/quarantine/")
            && !name.ends_with(".reason")
        {
            entries.push(name.to_owned());
        }
    }
    entries.sort();
    let id = |entry: &String| {
        let stem = entry.strip_suffix(".json").unwrap();
        AlertId::from_hex(stem.rsplit('-').next().unwrap().as_bytes()).unwrap()
    };
    entries.iter().map(id).collect()
}

fn put_secret(host: &dyn Host) {
    let file = File::create_new(host, At::new(host.root(), "secret")).unwrap();
    file.append(b"poller:secret\n").unwrap();
}

fn core(population: &Arc<Population>) -> Rc<RefCell<Core>> {
    let options = Options::healthy("poller", "secret");
    Rc::new(RefCell::new(Core::new(Arc::clone(population), options)))
}

/// From before the first document on: what is older than the start is left alone.
const START: Millis = Millis(-2 * DAY);

#[test]
fn hostile_documents_end_where_their_rows_say_and_keep_no_other_from_its_end() {
    let mut rows = rows();
    // A manager whose clock is wrong: it is read when its time comes.
    let later = r#"{"timestamp":"2026-04-02T00:20:00.000+0000"}"#;
    rows.push(row(
        "later",
        NOW + 20 * MINUTE,
        later,
        Shelf("2026/04/02/00"),
    ));
    let population = population(&rows);
    let (core, policy) = (core(&population), starter());
    let taken = Rc::new(RefCell::new(None));
    let foundry = program(&taken, move |host| {
        put_secret(host);
        let transport = InProcess { host, core };
        take_in(
            host,
            &transport,
            &policy,
            START,
            Millis(NOW + 30 * MINUTE),
            100,
        )
    });
    let machine = play(Millis(NOW), vec![foundry]);
    let files = tests::files_of_machine(&machine, "");
    check(&rows, &population, &taken.take().unwrap(), &files);
}

#[test]
fn hostile_documents_leave_no_directory_of_a_real_disk() {
    let outside = tempfile::tempdir().unwrap();
    let dir = outside.path().join("a/b/c/inside");
    std::fs::create_dir_all(&dir).unwrap();
    let host = OsHost::new(&dir).unwrap();
    let rows = rows();
    let population = population(&rows);
    put_secret(&host);
    let transport = InProcess {
        host: &host,
        core: core(&population),
    };
    let taken = take_in(&host, &transport, &starter(), START, START, 1);
    check(&rows, &population, &taken, &tests::files_on_disk(&dir));
    let others = tests::files_on_disk(outside.path());
    assert!(others.keys().all(|path| path.starts_with("a/b/c/inside/")));
}
