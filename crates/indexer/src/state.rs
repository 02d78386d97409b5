//! What the poller knows, and its file: one line of JSON, the seen window, and a checksum of both.
//!
//! The file is written aside, made durable and renamed, so a crash leaves the old one or the new one, whole.

use crate::counts::Counts;
use crate::error::{Context, PollError};
use crate::seen::{RECORD_BYTES, Seen};
use host::{At, DirId, Host, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// How far the reader has got, and what it must remember to go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) known: Known,
    pub(crate) seen: Seen,
}

/// The part of the state that is small.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    schema: u32,
    /// Every alert below that was visible when its slice was read is handed over.
    pub(crate) cursor: i64,
    /// Everything below was read when it was older than the overlap, and is not read again but by an audit.
    pub(crate) watermark: i64,
    pub(crate) counts: Counts,
    /// How many shards the last complete answer had.
    pub(crate) shards: Option<u64>,
    /// The indices that gave alerts lately, with the time of their newest one.
    pub(crate) indices: BTreeMap<String, i64>,
    pub(crate) refusal: Option<Refusal>,
    /// Before this time, alerts may have been handed over under the identities of their documents.
    #[serde(default = "unsaid")]
    pub(crate) former_until: i64,
    /// Documents in the seen window, which follows this line.
    seen: usize,
}

/// The indexer refused the credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// How often in a row.
    pub(crate) times: u32,
    /// No request before this time.
    pub(crate) until: i64,
}

/// The form that this program writes.
const SCHEMA: u32 = 1;
const FILE: &str = "indexer.state";
/// The seen window of the default configuration has 24 MB.
const FILE_BYTES_MAX: usize = 1 << 30;
const CHECKSUM_BYTES: usize = 8;

/// What [`Known::former_until`] is in a state of a program that knew alerts by their documents alone: whatever is handed
/// over so far was so under these identities.
fn unsaid() -> i64 {
    i64::MAX
}

impl State {
    /// The state of a reader that begins at `start`.
    pub(crate) fn begin(start: Millis) -> Self {
        State {
            known: Known {
                schema: SCHEMA,
                cursor: start.0,
                watermark: start.0,
                counts: Counts::from(start),
                shards: None,
                indices: BTreeMap::new(),
                refusal: None,
                former_until: i64::MIN,
                seen: 0,
            },
            seen: Seen::default(),
        }
    }

    pub(crate) fn cursor(&self) -> Millis {
        Millis(self.known.cursor)
    }

    pub(crate) fn watermark(&self) -> Millis {
        Millis(self.known.watermark)
    }

    /// Reads the state in `dir`, or begins at `start` if there is none.
    pub(crate) fn load(host: &dyn Host, dir: DirId, start: Millis) -> Result<Self, PollError> {
        let read = host::read_file(host, At::new(dir, FILE), FILE_BYTES_MAX);
        let Some(bytes) = read.context("read", FILE)? else {
            return Ok(State::begin(start));
        };
        State::read(&bytes).map_err(|reason| PollError::BadState {
            file: FILE.to_owned(),
            reason,
        })
    }

    /// Puts this state in place of the one in `dir`. Durable when it returns; on an error the old one stands.
    pub(crate) fn save(&mut self, host: &dyn Host, dir: DirId) -> Result<(), PollError> {
        self.known.seen = self.seen.len();
        // Durable, or power loss can bring the old state back after the sink has forgotten its alerts.
        host::replace_file(host, At::new(dir, FILE), &self.write()).context("write", FILE)
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(&self.known).expect("its keys are strings and integers");
        bytes.push(b'\n');
        self.seen.write(&mut bytes);
        let checksum = xxh3_64(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let (bytes, checksum) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or("it is too short")?;
        if xxh3_64(bytes) != u64::from_le_bytes(*checksum) {
            return Err("its checksum does not fit".to_owned());
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (line, rest) = bytes.split_at(end.ok_or("it has no first line")?);
        let known: Known = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        if known.schema != SCHEMA {
            return Err(format!("its schema is {}, not {SCHEMA}", known.schema));
        }
        if known.seen * RECORD_BYTES != rest.len() - 1 {
            return Err("its seen window has another length than it says".to_owned());
        }
        let seen = Seen::read(&rest[1..]).ok_or("its seen window is not in order")?;
        let mut state = State { known, seen };
        if state.known.former_until == unsaid() {
            // A slice that failed halfway was handed over in part, and the cursor is before it.
            let newest = state.seen.newest().map_or(i64::MIN, |time| time.0);
            state.known.former_until = state.known.cursor.max(newest.saturating_add(1));
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alert::AlertId;

    fn state() -> State {
        let mut state = State::begin(Millis(1_000));
        for number in 0..4 {
            let alert = AlertId::from_bytes([number; 16]);
            state.seen.insert(Millis(2_000), alert, 9);
            state.known.counts.add(Millis(70_000));
        }
        state.known.seen = 4;
        state.known.indices.insert("i".to_owned(), 7);
        state.known.refusal = Some(Refusal { times: 2, until: 9 });
        state
    }

    #[test]
    fn the_written_form_reads_back() {
        assert_eq!(State::read(&state().write()), Ok(state()));
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let good = state().write();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 4;
            assert!(State::read(&bad).is_err(), "byte {at} was changed");
            assert!(State::read(&good[..at]).is_err(), "{at} bytes are left");
        }
    }

    #[test]
    fn what_an_older_program_has_handed_over_may_have_former_identities() {
        let former = |state: &State| {
            let mut bytes = state.write();
            bytes.truncate(bytes.len() - CHECKSUM_BYTES);
            let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
            let rest = bytes.split_off(line);
            let line = String::from_utf8(bytes).unwrap();
            let field = format!(r#""former_until":{},"#, i64::MIN);
            let mut bytes = line.replace(&field, "").into_bytes();
            assert_eq!(bytes.len() + field.len(), line.len());
            bytes.extend(rest);
            bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
            State::read(&bytes)
                .expect("an older state")
                .known
                .former_until
        };
        let mut old = state();
        assert_eq!(former(&old), 2_001, "it was read in part beyond its cursor");
        old.known.cursor = 9_000;
        assert_eq!(former(&old), 9_000);
        let new = State::read(&old.write()).expect("a state of today");
        assert_eq!(new.known.former_until, i64::MIN);
    }

    #[test]
    fn a_newer_form_is_refused_by_name() {
        let mut newer = state();
        newer.known.schema = 2;
        assert_eq!(
            State::read(&newer.write()),
            Err("its schema is 2, not 1".to_owned())
        );
    }
}
