//! The chain: each line's digest covers the line and the digest of the line before it.

use super::Record;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    chain: String,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// Appends to `buffer` the line of a record that follows the chain `before`, and returns the chain after it: what a writer of the
/// ledger does, and whoever fabricates one.
pub fn write_line(before: &str, record: &Record, buffer: &mut Vec<u8>) -> String {
    let json = serde_json::to_string(record).expect("a record has no map with odd keys");
    let chain = link(before, &json);
    buffer.extend_from_slice(&head_of_line(&chain));
    buffer.extend_from_slice(json.as_bytes());
    buffer.extend_from_slice(b"}\n");
    chain
}

/// Reads a line that follows the chain `before`, or, if that is `None`, the first line of a segment. Returns the chain after
/// it. Errs, for a person, if it does not fit.
pub(super) fn read_line(line: &[u8], before: Option<&str>) -> Result<(String, Record), String> {
    let parsed: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let json = parsed.record.get();
    let record: Record = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let before = match (&record, before) {
        (Record::Opened { continues, .. }, None) => continues.clone().unwrap_or_default(),
        (_, Some(chain)) => chain.to_owned(),
        (_, None) => return Err("the segment's first record is missing".to_owned()),
    };
    if link(&before, json) != parsed.chain {
        return Err("the line does not fit the one before it".to_owned());
    }
    Ok((parsed.chain, record))
}

/// How a line begins that ends with this chain: what stands before its record.
pub(super) fn head_of_line(chain: &str) -> Vec<u8> {
    [br#"{"chain":""#, chain.as_bytes(), br#"","record":"#].concat()
}

/// Reads one complete line of a segment without checking the chain; for watchers that see appends as they happen.
pub fn parse_record(line: &[u8]) -> Option<Record> {
    let parsed: Line<'_> = serde_json::from_slice(line).ok()?;
    serde_json::from_str(parsed.record.get()).ok()
}

fn link(before: &str, json: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(json.as_bytes());
    hex(&hash.finalize())
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    text
}
