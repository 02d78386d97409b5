//! The recount of packs: files whose lines are the cases of many alerts. Like the recount, it shares no code with the queue.

use super::StressError;
use super::books::Lookup;
use super::fabricate::Population;
use super::site::names_in;
use alert::AlertId;
use host::{At, File, Host};
use os::OsHost;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A line of a pack after the first.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    case: Case<'a>,
    #[serde(borrow, default)]
    alert: Option<&'a RawValue>,
    #[serde(default)]
    alert_text: Option<String>,
}

#[derive(Deserialize)]
struct Case<'a> {
    alert_id: &'a str,
    alert_bytes: usize,
}

/// Every pack of the run: year, month, day and hour are the directories below `packed`.
pub(super) fn packs(host: &OsHost) -> Result<Vec<String>, StressError> {
    let tops = names_in(host, "spool/cases")?;
    let tops = tops.iter().filter(|name| *name == "packed");
    let mut level: Vec<_> = tops.map(|name| format!("spool/cases/{name}")).collect();
    for _ in ["year", "month", "day", "hour", "pack"] {
        let mut below = Vec::new();
        for path in level {
            let names = names_in(host, &path)?;
            below.extend(names.into_iter().map(|name| format!("{path}/{name}")));
        }
        level = below;
    }
    Ok(level)
}

/// Compares each line of a pack with what was fabricated, byte for byte.
pub(super) fn check_pack(
    host: &OsHost,
    path: &str,
    lookup: &Lookup,
    population: Population,
) -> Vec<Result<AlertId, String>> {
    let mut bytes = Vec::new();
    let read = File::open_read(host, At::new(host.root(), path))
        .and_then(|file| file.read_to(0, &mut bytes, usize::MAX));
    if let Err(error) = read {
        return vec![Err(format!("{path}: {error}"))];
    }
    let lines = bytes.split(|byte| *byte == b'\n').enumerate().skip(1);
    let lines = lines.filter(|(_, line)| !line.is_empty());
    lines
        .map(|(number, line)| {
            check_line(line, lookup, population)
                .map_err(|what| format!("{path}, line {}: {what}", number + 1))
        })
        .collect()
}

fn check_line(line: &[u8], lookup: &Lookup, population: Population) -> Result<AlertId, String> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let id = AlertId::from_hex(line.case.alert_id.as_bytes());
    let id = id.ok_or("its case names no id")?;
    let number = lookup.number(id);
    let number = number.ok_or_else(|| format!("nobody made the alert {id}"))?;
    if let Some(flaw) = population.flaw(number) {
        return Err(format!(
            "a case was made of the bad alert {number} ({flaw:?})"
        ));
    }
    let text = line.alert_text.as_deref();
    let found = text.or(line.alert.map(RawValue::get)).unwrap_or_default();
    let mut made = Vec::new();
    population.payload(number, &mut made);
    if found.as_bytes() != made || line.case.alert_bytes != made.len() {
        return Err(format!("it does not hold the bytes of alert {number}"));
    }
    Ok(id)
}
