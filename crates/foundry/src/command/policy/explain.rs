//! `foundry policy explain`: one alert, and what each signature made of it.

use super::Source;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::input;
use crate::terminal::{Format, Terminal};
use crate::words;
use host::Host;
use policy::Explanation;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(
    source: &Source,
    alert: &Path,
    terminal: &Terminal,
) -> Result<Exit, FoundryError> {
    let Some(policy) = source.load(terminal) else {
        return Ok(Exit::RuleError);
    };
    let bytes = input::read(&source.machine, alert, alert::PAYLOAD_BYTES_MAX)?;
    let parsed: Value = serde_json::from_slice(&bytes).map_err(|error| FoundryError::Usage {
        message: format!("{} is not one alert in JSON: {error}", alert.display()),
        help: "give a case's alert.json, or one line of alerts.json".to_owned(),
    })?;
    let explained = policy.explain(&parsed, words::timestamp(source.machine.host().now()));
    match terminal.format {
        Format::Text => terminal.result(&explained.to_string()),
        Format::Json => terminal.json(&json(&explained)),
    }
    Ok(Exit::Ok)
}

fn json(explained: &Explanation<'_>) -> Value {
    let verdict = &explained.verdict;
    let considered: Vec<Value> = explained
        .considered
        .iter()
        .map(|one| {
            json!({
                "signature": one.signature.name,
                "file": one.signature.file,
                "matches": one.is_matched,
                "trace": one.trace,
            })
        })
        .collect();
    json!({
        "disposition": verdict.disposition.word(),
        "signature": verdict.signature.map(|signature| signature.name.as_str()),
        "reasons": verdict.reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "severity": verdict.severity,
        "rule_id": verdict.rule_id,
        "agent": verdict.agent,
        "considered": considered,
        "others": explained.others,
    })
}
