//! The ledger: what happened to every alert, append-only and hash-chained.
//!
//! Each writer has segments of its own, `ledger/<writer>-<number>.ndjson`, so writers never wait for each other. A line is
//! `{"chain":"…","record":{…}}`; its chain is the SHA-256 of the previous line's chain and of the record's bytes. The first
//! record of a segment carries on the chain of the writer's previous segment.
//!
//! **After a crash** the last line may be torn. Nothing is repaired in place: the reader stops before the torn line, and the
//! writer begins a new segment. Before that it writes the last one again, to a new file, because a failed sync may have left
//! bytes there that can be read and will never be durable (contract S18). A line that does not fit anywhere else is [`SpoolError::BrokenLedger`].

use crate::layout::{Context, SpoolError, ignore_vanished};
use crate::ledger::Record;
use host::{At, Class, Dir, DirId, File, Host, Kind, Names};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    chain: String,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// Where a writer begins another segment, so that opening one never reads more than this.
const SEGMENT_BYTES_MAX: usize = 8 << 20;

/// A writer's end of the ledger.
pub struct LedgerWriter<'h> {
    host: &'h dyn Host,
    ledger: DirId,
    writer: String,
    number: u32,
    /// `None` before the first record: a program that is started and has nothing to say leaves no segment.
    file: Option<File<'h>>,
    /// The writer's last segment, to be written again before the first record.
    predecessor: Option<String>,
    bytes: usize,
    chain: String,
    buffer: Vec<u8>,
}

impl<'h> LedgerWriter<'h> {
    /// Begins the segment `number` of `writer`, carrying on the chain `continues`.
    pub fn create(
        host: &'h dyn Host,
        ledger: DirId,
        writer: &str,
        number: u32,
        continues: Option<String>,
    ) -> Result<Self, SpoolError> {
        let mut created = Self::prepare(host, ledger, writer, number, continues, None);
        created.begin()?;
        Ok(created)
    }

    /// A writer whose segment `number` is created with its first record, after `predecessor`, the segment that it carries
    /// on, was written again.
    pub(crate) fn prepare(
        host: &'h dyn Host,
        ledger: DirId,
        writer: &str,
        number: u32,
        continues: Option<String>,
        predecessor: Option<String>,
    ) -> Self {
        LedgerWriter {
            host,
            ledger,
            writer: writer.to_owned(),
            number,
            file: None,
            predecessor,
            bytes: 0,
            chain: continues.unwrap_or_default(),
            buffer: Vec::new(),
        }
    }

    /// Creates the segment, unless it is there. Durable when it returns.
    pub(crate) fn begin(&mut self) -> Result<(), SpoolError> {
        if self.file.is_some() {
            return Ok(());
        }
        if let Some(predecessor) = &self.predecessor {
            // What the segment carries on must not be lost after it. The predecessor may have died before its sync; or the
            // sync failed, and then no later one makes its bytes durable, though they can be read.
            let synced = self.host.sync_all(self.ledger);
            synced.context("make durable", "the spool")?;
            rewrite(self.host, self.ledger, predecessor)?;
        }
        let name = segment_name(&self.writer, self.number);
        let at = At::new(self.ledger, &name);
        self.file = Some(File::create_new(self.host, at).context("create", &name)?);
        let continues = Some(self.chain.clone()).filter(|chain| !chain.is_empty());
        let writer = self.writer.clone();
        self.append_line(&Record::Opened {
            writer,
            number: self.number,
            continues,
        })?;
        self.sync()?;
        // Later syncs cover the bytes alone: without the name, a power loss takes the whole segment.
        let synced = self.host.sync_dir(self.ledger);
        synced.context("make durable", "ledger")
    }

    /// Appends a record. It is not durable before [`LedgerWriter::sync`] or a group commit.
    ///
    /// After an error this writer must not be used again: the next one begins a new segment.
    pub fn append(&mut self, record: &Record) -> Result<(), SpoolError> {
        self.begin()?;
        if SEGMENT_BYTES_MAX < self.bytes {
            // What a later sync is thought to cover must not stay behind in the old file.
            self.sync()?;
            let chain = Some(std::mem::take(&mut self.chain));
            *self = Self::create(self.host, self.ledger, &self.writer, self.number + 1, chain)?;
        }
        self.append_line(record)
    }

    fn append_line(&mut self, record: &Record) -> Result<(), SpoolError> {
        let json = serde_json::to_string(record).expect("a record has no map with odd keys");
        self.chain = link(&self.chain, &json);
        self.buffer.clear();
        self.buffer.extend_from_slice(br#"{"chain":""#);
        self.buffer.extend_from_slice(self.chain.as_bytes());
        self.buffer.extend_from_slice(br#"","record":"#);
        self.buffer.extend_from_slice(json.as_bytes());
        self.buffer.extend_from_slice(b"}\n");
        self.bytes += self.buffer.len();
        let name = || segment_name(&self.writer, self.number);
        let file = self
            .file
            .as_ref()
            .expect("a segment is begun before a line");
        file.append(&self.buffer).context("append to", name())
    }

    /// Makes what was appended durable.
    pub fn sync(&self) -> Result<(), SpoolError> {
        let name = || segment_name(&self.writer, self.number);
        let synced = self.file.as_ref().map_or(Ok(()), File::sync);
        synced.context("make durable", name())
    }
}

/// The file name of a writer's segment.
pub fn segment_name(writer: &str, number: u32) -> String {
    format!("{writer}-{number:06}.ndjson")
}

/// The writer and number of a segment's file name.
pub fn parse_segment_name(name: &[u8]) -> Option<(&str, u32)> {
    let stem = std::str::from_utf8(name).ok()?.strip_suffix(".ndjson")?;
    let (writer, number) = stem.rsplit_once('-')?;
    Some((writer, number.parse().ok()?))
}

/// The segments in the ledger, sorted by writer and number.
///
/// A writer that begins an epoch puts a copy in its last segment's place, once: a scan meanwhile may miss that name or double
/// it, but two scans do not both miss it.
pub fn segments(ledger: &Dir<'_>, names: &mut Names) -> Result<Vec<(String, u32)>, SpoolError> {
    let mut found = BTreeSet::new();
    for _ in 0..2 {
        ledger.rewind().context("list", "ledger")?;
        while ledger.read(names).context("list", "ledger")? {
            let files = names.iter().filter(|entry| entry.kind != Kind::Dir);
            found.extend(files.filter_map(|entry| {
                parse_segment_name(entry.name).map(|(writer, number)| (writer.to_owned(), number))
            }));
        }
    }
    Ok(found.into_iter().collect())
}

/// Reads a segment and hands its records to `each`, oldest first. Returns the chain after the last of them, or
/// `continues` if there is none.
///
/// A torn last line is left out. Errs with [`SpoolError::BrokenLedger`] where any other line does not fit, and where the
/// segment does not carry on `continues`, if that is given.
pub fn read_segment(
    host: &dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    continues: Option<&str>,
    each: impl FnMut(Record),
) -> Result<Option<String>, SpoolError> {
    let from = Mark {
        chain: continues.map(str::to_owned),
        ..Mark::default()
    };
    read_from(host, ledger, name, from, each).map(|end| end.chain)
}

/// A place between two lines of a segment.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Lines before it.
    pub(crate) lines: usize,
    /// The chain after the line before it.
    pub(crate) chain: Option<String>,
}

/// [`read_segment`] from a mark on. Returns the mark after the last line that fits.
pub(crate) fn read_from(
    host: &dyn Host,
    ledger: &Dir<'_>,
    name: &str,
    mut mark: Mark,
    mut each: impl FnMut(Record),
) -> Result<Mark, SpoolError> {
    const CHUNK: usize = 1 << 20;
    let file = File::open_read(host, ledger.at(name)).context("open", name)?;
    let (mut bytes, mut offset) = (Vec::new(), mark.offset);
    loop {
        let count = file.read(offset, &mut bytes, CHUNK).context("read", name)?;
        offset += count as u64;
        let at_end = count == 0;
        let mut start = 0;
        while let Some(len) = bytes[start..].iter().position(|byte| *byte == b'\n') {
            let line = &bytes[start..start + len];
            start += len + 1;
            match parse_line(line, mark.chain.as_deref()) {
                Ok((next, record)) => {
                    mark.chain = Some(next);
                    mark.offset += len as u64 + 1;
                    mark.lines += 1;
                    each(record);
                }
                // A power loss may leave zeros, or a hole before bytes that came later.
                Err(_) if is_torn(host, &file, offset, &bytes[start..]) => {
                    return Ok(mark);
                }
                Err(reason) => {
                    return Err(SpoolError::BrokenLedger {
                        segment: name.to_owned(),
                        line: mark.lines + 1,
                        reason,
                    });
                }
            }
        }
        bytes.drain(..start);
        if at_end {
            return Ok(mark);
        }
    }
}

/// Writes a segment's bytes again to a new file, makes that durable, and puts it in the segment's place.
///
/// Cut short, it leaves the old file in its place, and perhaps a copy beside it, which is no segment by its name.
fn rewrite(host: &dyn Host, ledger: DirId, name: &str) -> Result<(), SpoolError> {
    /// A segment grows to megabytes, and a worker's memory should not.
    const CHUNK_BYTES: usize = 64 * 1024;
    let at = |name| At::new(ledger, name);
    let old = File::open_read(host, at(name)).context("open", name)?;
    let copy = format!("{name}.copy");
    ignore_vanished(host.unlink(at(&copy))).context("remove", &copy)?;
    let file = File::create_new(host, at(&copy)).context("create", &copy)?;
    let (mut chunk, mut offset) = (Vec::new(), 0);
    loop {
        chunk.clear();
        old.read_to(offset, &mut chunk, CHUNK_BYTES)
            .context("read", name)?;
        if chunk.is_empty() {
            break;
        }
        file.append(&chunk).context("write", &copy)?;
        offset += chunk.len() as u64;
    }
    // Neither may be open when one takes the other's place: some systems would refuse that.
    drop(old);
    file.sync().context("make durable", &copy)?;
    drop(file);
    let replaced = host.rename(at(&copy), at(name));
    match replaced {
        // Somebody reads it just now: that is no fault of the ledger, and over soon.
        Err(error) if error.class() == Class::Contended => {
            return Err(SpoolError::Held {
                object: format!("ledger/{name}"),
            });
        }
        other => other.context("replace", name)?,
    }
    host.sync_dir(ledger).context("make durable", "ledger")
}

/// Whether nothing follows a line that does not fit: then a power loss tore it, otherwise somebody changed it.
fn is_torn(host: &dyn Host, file: &File<'_>, offset: u64, rest: &[u8]) -> bool {
    let mut more = Vec::new();
    rest.is_empty() && matches!(host.read(file.id(), offset, &mut more, 1), Ok(0))
}

fn parse_line(line: &[u8], chain: Option<&str>) -> Result<(String, Record), String> {
    let parsed: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let json = parsed.record.get();
    let record: Record = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let before = match (&record, chain) {
        (Record::Opened { continues, .. }, None) => continues.clone().unwrap_or_default(),
        (_, Some(chain)) => chain.to_owned(),
        (_, None) => return Err("the segment's first record is missing".to_owned()),
    };
    if link(&before, json) != parsed.chain {
        return Err("the line does not fit the one before it".to_owned());
    }
    Ok((parsed.chain, record))
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

/// Reads one complete line of a segment without checking the chain; for watchers that see appends as they happen.
pub fn parse_record(line: &[u8]) -> Option<Record> {
    let parsed: Line<'_> = serde_json::from_slice(line).ok()?;
    serde_json::from_str(parsed.record.get()).ok()
}
