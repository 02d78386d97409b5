//! What the files themselves say, whatever the queue's own audit thinks.

use crate::evidence;
use crate::life::{BAD, SPOOL, Work, payload};
use crate::world::{End, World};
use alert::AlertId;
use sim::kernel::{Fs, Ino, Node};
use spool::EntryName;
use spool::ledger::{Record, parse_record};
use std::collections::BTreeMap;

/// What may have become of good alerts besides a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mercy {
    /// Nothing.
    None,
    /// One call failed in a way that says that a file is bad: one alert may be in quarantine.
    OneSpoiled,
}

type Outcome = Result<(), String>;

/// Every path below the spool, with what it stands for.
pub(crate) fn files(fs: &Fs) -> Vec<(String, Ino)> {
    let mut found = Vec::new();
    let top = fs.at(SPOOL.as_bytes());
    let mut waiting: Vec<_> = top.map(|ino| (String::new(), ino)).into_iter().collect();
    while let Some((path, ino)) = waiting.pop() {
        if fs.node(ino) == Node::Dir {
            for (name, child) in fs.children(ino) {
                waiting.push((format!("{path}/{}", String::from_utf8_lossy(name)), child));
            }
        }
        found.push((path, ino));
    }
    found.sort();
    found
}

/// The alert that a path is the file of, if it is one's.
fn alert_of(path: &str) -> Option<AlertId> {
    let (parent, name) = path.rsplit_once('/')?;
    if name != "alert.json" {
        return EntryName::parse(name.as_bytes()).map(|entry| entry.id());
    }
    let case = parent.rsplit('/').next()?;
    AlertId::from_hex(case.rsplit('-').next()?.as_bytes())
}

/// The alerts in a pack, each with its bytes: every line after the first has a case and the alert itself.
fn alerts_of_pack(bytes: &[u8]) -> Result<Vec<(AlertId, Vec<u8>)>, String> {
    #[derive(serde::Deserialize)]
    struct Line<'a> {
        case: Case<'a>,
        #[serde(borrow)]
        alert: &'a serde_json::value::RawValue,
    }
    #[derive(serde::Deserialize)]
    struct Case<'a> {
        alert_id: &'a str,
    }
    let lines = bytes.split(|byte| *byte == b'\n').skip(1);
    let lines = lines.filter(|line| !line.is_empty()).map(|line| {
        let line: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let id = AlertId::from_hex(line.case.alert_id.as_bytes()).ok_or("no id")?;
        Ok((id, line.alert.get().as_bytes().to_vec()))
    });
    lines.collect()
}

fn is_pack(path: &str) -> bool {
    path.starts_with("/cases/packed/") && path.ends_with(".ndjson")
}

/// The records of all ledger segments, as far as their lines are whole.
pub(crate) fn records(fs: &Fs) -> Vec<Record> {
    let segments = files(fs)
        .into_iter()
        .filter(|(path, _)| path.starts_with("/ledger/") && path.ends_with(".ndjson"));
    segments
        .flat_map(|(_, ino)| {
            let bytes = fs.bytes(ino);
            let lines = bytes.split(|byte| *byte == b'\n');
            lines.filter_map(parse_record).collect::<Vec<_>>()
        })
        .collect()
}

/// After a strike, before anybody recovers: the ledger promises nothing that is not there (contract S11, S12).
pub(crate) fn ledger_is_not_ahead(world: &World, work: Work) -> Outcome {
    let (fs, expected) = (world.fs(), work.alerts());
    let mut whole: BTreeMap<AlertId, bool> = BTreeMap::new();
    for (path, ino) in files(fs) {
        if is_pack(&path) {
            for (id, bytes) in alerts_of_pack(&fs.bytes(ino)).unwrap_or_default() {
                if expected.get(&id) == Some(&bytes) {
                    whole.insert(id, true);
                }
            }
        }
        let Some(id) = alert_of(&path) else { continue };
        if expected
            .get(&id)
            .is_some_and(|bytes| *bytes == fs.bytes(ino))
        {
            *whole.entry(id).or_default() |= path.starts_with("/cases/");
        }
    }
    for record in records(fs) {
        match record {
            Record::Opened { .. }
            | Record::Life { .. }
            | Record::Repeated { .. }
            | Record::Pruned(_) => {}
            Record::Published { entries, .. } => {
                for id in entries.iter().map(EntryName::id) {
                    if !whole.contains_key(&id) {
                        return Err(format!("{id} is recorded as published, and nowhere whole"));
                    }
                }
            }
            Record::Completed { cased, .. } => {
                for id in cased.iter().map(EntryName::id) {
                    if whole.get(&id) != Some(&true) {
                        return Err(format!("{id} is recorded as cased, and has no case"));
                    }
                }
            }
        }
    }
    Ok(())
}

/// After a life that came to its end: everything is where it belongs, once.
pub(crate) fn all_is_well(world: &World, work: Work, end: &End, mercy: Mercy) -> Outcome {
    let End::Done(audit) = end else {
        return Err(format!("the undisturbed life did not end well: {end:?}"));
    };
    let expected = work.alerts();
    if audit.mismatches() != 0 || !audit.is_drained() || audit.strays != 0 {
        return Err(format!("the audit finds {audit}"));
    }
    if audit.published != expected.len() as u64 {
        return Err(format!("{} alerts are expected: {audit}", expected.len()));
    }
    let fs = world.fs();
    let mut found: BTreeMap<AlertId, Vec<String>> = BTreeMap::new();
    for (path, ino) in files(fs) {
        if is_pack(&path) {
            let alerts = alerts_of_pack(&fs.bytes(ino)).map_err(|why| format!("{path}: {why}"))?;
            for (id, bytes) in alerts {
                if expected.get(&id) != Some(&bytes) {
                    return Err(format!(
                        "{path} has other bytes of {id} than were published"
                    ));
                }
                found.entry(id).or_default().push(path.clone());
            }
        } else if let Some(id) = alert_of(&path) {
            if expected.get(&id) != Some(&fs.bytes(ino)) {
                return Err(format!("{path} has other bytes than were published"));
            }
            found.entry(id).or_default().push(path);
        } else if path.ends_with("/case.json") {
            let bytes = fs.bytes(ino);
            if serde_json::from_slice::<serde_json::Value>(&bytes).is_err() {
                return Err(format!("{path} is no JSON: {} bytes", bytes.len()));
            }
        }
    }
    let mut spoiled = 0;
    for (id, bytes) in &expected {
        let paths = found.get(id).map_or(&[][..], Vec::as_slice);
        let is_kept = |path: &String| path.starts_with("/quarantine/");
        let path = match paths {
            [path] => path,
            // A bad alert that came again: every copy is kept.
            [path, ..] if paths.iter().all(is_kept) => path,
            _ => return Err(format!("{id} has {} places: {paths:?}", paths.len())),
        };
        if *bytes != payload(BAD) && path.starts_with("/quarantine/") {
            spoiled += 1;
        } else if *bytes != payload(BAD) && !path.starts_with("/cases/") {
            return Err(format!("{id} is at {path}"));
        }
    }
    if spoiled != 0 && (mercy, spoiled) != (Mercy::OneSpoiled, 1) {
        return Err(format!("{spoiled} good alerts are in quarantine"));
    }
    leftovers(fs)?;
    evidence::fits(fs)
}

/// Nothing is left of what was under way.
fn leftovers(fs: &Fs) -> Outcome {
    for (path, ino) in files(fs) {
        let inside = ["/tmp/", "/pending/", "/overflow/"];
        if inside.iter().any(|part| path.starts_with(part)) {
            return Err(format!("{path} is left over"));
        }
        let is_case = path.starts_with("/claimed/") && path.contains("/cases/");
        let is_plan = path.contains("/plan-");
        if is_case || is_plan || path.ends_with(".pack") {
            return Err(format!("{path} is left over"));
        }
        if path.starts_with("/cases/") && fs.node(ino) == Node::Dir {
            let name = path.rsplit('/').next().unwrap_or_default();
            let is_full = |ino| fs.child(ino, b"alert.json").is_some();
            if AlertId::from_hex(name.as_bytes()).is_some() && !is_full(ino) {
                return Err(format!("{path} is a case without its alert"));
            }
        }
    }
    Ok(())
}
