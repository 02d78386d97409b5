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
    /// Where the poller was told to begin. Older alerts are left alone.
    pub(crate) start: i64,
    pub(crate) counts: Counts,
    /// How many alerts the indexer had at the last look that are older than those that are counted; `None` before the
    /// first look.
    pub(crate) below: Option<u64>,
    /// By how many those became more, though nothing was left over to them.
    pub(crate) out_of_reach: u64,
    /// Our clock minus the indexer's in milliseconds, as it was believed last.
    pub(crate) skew: Option<i64>,
    /// How many shards the last complete answer had.
    pub(crate) shards: Option<u64>,
    /// The indices that gave alerts lately, with the time of their newest one.
    pub(crate) indices: BTreeMap<String, i64>,
    pub(crate) refusal: Option<Refusal>,
    /// The size of the next page, if the last ones were too large for the indexer, for its link or for our time. Without
    /// it, a program that is started for each pass would fail at the same page for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<usize>,
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

/// The form of before counts were kept for months: minutes of two days alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known1 {
    #[serde(rename = "schema")]
    _schema: u32,
    cursor: i64,
    watermark: i64,
    counts: Counts1,
    shards: Option<u64>,
    indices: BTreeMap<String, i64>,
    refusal: Option<Refusal>,
    #[serde(default)]
    page: Option<usize>,
    seen: usize,
}

/// Counts by minutes since 1970.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts1 {
    first: i64,
    counts: BTreeMap<i64, u64>,
}

/// What every form has.
#[derive(Deserialize)]
struct Form {
    schema: u32,
}

/// The form that this program writes.
const SCHEMA: u32 = 2;
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
                start: start.0,
                counts: Counts::from(start),
                below: None,
                out_of_reach: 0,
                skew: None,
                shards: None,
                indices: BTreeMap::new(),
                refusal: None,
                former_until: i64::MIN,
                page: None,
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

    /// Reads the state in `dir`, or begins at `start` if there is none. A state of before `start` was kept takes this one.
    pub(crate) fn load(host: &dyn Host, dir: DirId, start: Millis) -> Result<Self, PollError> {
        let read = host::read_file(host, At::new(dir, FILE), FILE_BYTES_MAX);
        let Some(bytes) = read.context("read", FILE)? else {
            return Ok(State::begin(start));
        };
        State::read(&bytes, start).map_err(|reason| PollError::BadState {
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

    fn read(bytes: &[u8], start: Millis) -> Result<Self, String> {
        let (bytes, checksum) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or("it is too short")?;
        if xxh3_64(bytes) != u64::from_le_bytes(*checksum) {
            return Err("its checksum does not fit".to_owned());
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (line, rest) = bytes.split_at(end.ok_or("it has no first line")?);
        let known = Known::read(line, start)?;
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

impl Known {
    fn read(line: &[u8], start: Millis) -> Result<Self, String> {
        let form: Form = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        match form.schema {
            1 => serde_json::from_slice(line).map(|old: Known1| old.upgraded(start)),
            SCHEMA => serde_json::from_slice(line),
            other => return Err(format!("its schema is {other}, not {SCHEMA}")),
        }
        .map_err(|error| error.to_string())
    }
}

impl Known1 {
    /// The same in the present form. The poller asks the indexer how many alerts are older than these counts.
    fn upgraded(self, start: Millis) -> Known {
        Known {
            cursor: self.cursor,
            watermark: self.watermark,
            counts: Counts::of_minutes(self.counts.first, self.counts.counts),
            shards: self.shards,
            indices: self.indices,
            refusal: self.refusal,
            page: self.page,
            former_until: unsaid(),
            seen: self.seen,
            ..State::begin(start).known
        }
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
        state.known.page = Some(250);
        state
    }

    #[test]
    fn the_written_form_reads_back() {
        assert_eq!(State::read(&state().write(), Millis(1_000)), Ok(state()));
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let good = state().write();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 4;
            assert!(
                State::read(&bad, Millis(0)).is_err(),
                "byte {at} was changed"
            );
            assert!(
                State::read(&good[..at], Millis(0)).is_err(),
                "{at} bytes are left"
            );
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
            State::read(&bytes, Millis(1_000))
                .expect("an older state")
                .known
                .former_until
        };
        let mut old = state();
        assert_eq!(former(&old), 2_001, "it was read in part beyond its cursor");
        old.known.cursor = 9_000;
        assert_eq!(former(&old), 9_000);
        let new = State::read(&old.write(), Millis(1_000)).expect("a state of today");
        assert_eq!(new.known.former_until, i64::MIN);
    }

    #[test]
    fn a_state_without_a_page_size_is_one_of_whole_pages() {
        let mut old = state();
        old.known.page = None;
        let written = old.write();
        assert!(!written.windows(6).any(|at| at == b"\"page\""));
        assert_eq!(State::read(&written, Millis(1_000)), Ok(old));
    }

    #[test]
    fn a_newer_form_is_refused_by_name() {
        let mut newer = state();
        newer.known.schema = 3;
        assert_eq!(
            State::read(&newer.write(), Millis(0)),
            Err("its schema is 3, not 2".to_owned())
        );
    }

    /// The bytes that the first form has: minute 20,000,000 is 2008-01-10T21:20:00Z.
    fn first_form() -> Vec<u8> {
        let line = r#"{"schema":1,"cursor":1200000090000,"watermark":1200000060000,"counts":{"first":20000000,"counts":{"20000000":2,"20000001":1}},"shards":9,"indices":{"i":1200000060000},"refusal":{"times":2,"until":9},"seen":1}"#;
        let mut bytes = line.as_bytes().to_vec();
        bytes.push(b'\n');
        bytes.extend_from_slice(&1_200_000_060_000_i64.to_le_bytes());
        bytes.extend_from_slice(&[7; 16]);
        let checksum = xxh3_64(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    #[test]
    fn the_first_form_keeps_cursor_seen_window_and_counts() {
        let state = State::read(&first_form(), Millis(5)).expect("the first form");
        assert_eq!(state.cursor(), Millis(1_200_000_090_000));
        assert_eq!(state.watermark(), Millis(1_200_000_060_000));
        let time = Millis(1_200_000_060_000);
        assert!(state.seen.contains(time, AlertId::from_bytes([7; 16])));
        let known = &state.known;
        assert_eq!((known.start, known.below), (5, None));
        assert_eq!(known.former_until, 1_200_000_090_000);
        assert_eq!(known.counts.first(), Millis(1_200_000_000_000));
        let counted =
            [0, 60_000, 120_000].map(|ms| known.counts.get(Millis(1_200_000_000_000 + ms)));
        assert_eq!(counted, [2, 1, 0]);
        assert_eq!(known.shards, Some(9));
        assert_eq!(known.refusal, Some(Refusal { times: 2, until: 9 }));
        assert_eq!(State::read(&state.write(), Millis(6)), Ok(state));
    }
}
