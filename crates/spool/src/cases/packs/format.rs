//! A pack's bytes.
//!
//! The first line is `{"sha256":"…","pack":{"schema_version":1,"entries":[…],"lines":[…],"directories":[…]}}`: the entries
//! whose cases follow, one a line; the bytes of each line with its end; and the ids that are announced as directories. It
//! comes first so that whoever looks for an id reads this line and then the id's own, and not the file. The digest is that
//! of all bytes that follow it and its comma: `tail -c +78 <pack> | sha256sum` says it again.
//!
//! Each further line is `{"case":{…},"alert":{…}}`. The alert's bytes stand there as they came, if they begin with `{`, end
//! with `}` and have no line break; otherwise they are the JSON string `alert_text`, so that they can still be had to the
//! byte. The case says the digest of the alert's bytes.

use crate::layout::{Context, EntryName, Spool, SpoolError};
use crate::ledger::hex;
use alert::{AlertId, Disposition, Hour};
use host::{At, File};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The version of the first line.
const SCHEMA_VERSION: u32 = 1;
pub(super) const DIGEST_BEFORE: &[u8] = br#"{"sha256":""#;
pub(super) const DIGEST_AFTER: &[u8] = br#"","#;
/// Where the bytes begin that the digest covers.
pub(super) const DIGESTED_AT: usize = DIGEST_BEFORE.len() + 64 + DIGEST_AFTER.len();
/// No first line is longer: a bucket has 4,096 entries at most.
const HEAD_BYTES_MAX: usize = 1 << 20;

/// How an alert's bytes stand in a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TextForm {
    /// As they came.
    Verbatim,
    /// As a JSON string.
    Quoted,
}

impl TextForm {
    /// How these bytes can stand in a line; `None` if they cannot, because they are no text.
    pub(crate) fn of(alert: &[u8]) -> Option<Self> {
        std::str::from_utf8(alert).ok()?;
        let is_plain = alert.first() == Some(&b'{') && alert.last() == Some(&b'}');
        Some(match is_plain && !alert.contains(&b'\n') {
            true => TextForm::Verbatim,
            false => TextForm::Quoted,
        })
    }
}

/// A pack being made.
pub(crate) struct Pack {
    pub(crate) hour: Hour,
    pub(crate) index: Index,
    /// What each entry of the index was judged.
    pub(crate) dispositions: Vec<Disposition>,
    body: Vec<u8>,
}

/// What a pack's first line says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Index {
    pub(crate) entries: Vec<EntryName>,
    lines: Vec<u32>,
    pub(crate) directories: Vec<AlertId>,
    /// The digest of all bytes that follow it; empty as long as the pack is not written.
    pub(crate) digest: String,
    /// Where the second line begins.
    body_at: u64,
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    sha256: Cow<'a, str>,
    pack: Listing<'a>,
}

#[derive(Serialize, Deserialize)]
struct Listing<'a> {
    schema_version: u32,
    entries: Cow<'a, [EntryName]>,
    lines: Cow<'a, [u32]>,
    directories: Vec<String>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    case: &'a RawValue,
    #[serde(borrow, default)]
    alert: Option<&'a RawValue>,
    #[serde(default)]
    alert_text: Option<String>,
}

impl Pack {
    pub(crate) fn new(hour: Hour) -> Self {
        Pack {
            hour,
            index: Index::default(),
            dispositions: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds the case of an entry. `case` is one JSON object.
    pub(crate) fn add(
        &mut self,
        entry: EntryName,
        disposition: Disposition,
        case: &[u8],
        alert: &[u8],
        form: TextForm,
    ) {
        let start = self.body.len();
        self.body.extend_from_slice(br#"{"case":"#);
        self.body.extend_from_slice(case);
        match form {
            TextForm::Verbatim => {
                self.body.extend_from_slice(br#","alert":"#);
                self.body.extend_from_slice(alert);
            }
            TextForm::Quoted => {
                self.body.extend_from_slice(br#","alert_text":"#);
                let text = String::from_utf8_lossy(alert);
                serde_json::to_writer(&mut self.body, &text).expect("a string is JSON");
            }
        }
        self.body.extend_from_slice(b"}\n");
        self.count_line(start, entry, disposition);
    }

    /// Adds a line of another pack.
    pub(crate) fn add_line(&mut self, entry: EntryName, disposition: Disposition, line: &[u8]) {
        let start = self.body.len();
        self.body.extend_from_slice(line);
        self.count_line(start, entry, disposition);
    }

    fn count_line(&mut self, start: usize, entry: EntryName, disposition: Disposition) {
        let len = self.body.len() - start;
        let len = u32::try_from(len).expect("a line is a few megabytes at most");
        self.index.lines.push(len);
        self.index.entries.push(entry);
        self.dispositions.push(disposition);
    }

    /// Leaves these ids out of what it says; its lines are as they were.
    pub(crate) fn forget(&mut self, gone: &BTreeSet<AlertId>) {
        let kept: Vec<_> = self
            .index
            .spans()
            .zip(&self.dispositions)
            .filter(|((entry, ..), _)| !gone.contains(&entry.id()))
            .map(|((entry, start, end), disposition)| (entry, (end - start) as u32, *disposition))
            .collect();
        self.index.entries = kept.iter().map(|(entry, ..)| *entry).collect();
        self.index.lines = kept.iter().map(|(_, len, _)| *len).collect();
        self.dispositions = kept.iter().map(|(.., disposition)| *disposition).collect();
        self.index.directories.retain(|id| !gone.contains(id));
    }

    /// Whether it says nothing of any id.
    pub(crate) fn is_empty(&self) -> bool {
        self.index.entries.is_empty() && self.index.directories.is_empty()
    }

    /// Bytes of its lines so far.
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    /// Writes the pack to the new file `at`, and forgets the lines. Not yet durable.
    pub(crate) fn write<'h>(
        &mut self,
        spool: &Spool<'h>,
        at: At<'_>,
    ) -> Result<File<'h>, SpoolError> {
        let directories = self.index.directories.iter().map(AlertId::to_string);
        let listing = Listing {
            schema_version: SCHEMA_VERSION,
            entries: Cow::Borrowed(&self.index.entries),
            lines: Cow::Borrowed(&self.index.lines),
            directories: directories.collect(),
        };
        let mut digested = br#""pack":"#.to_vec();
        serde_json::to_writer(&mut digested, &listing).expect("a list is JSON");
        digested.extend_from_slice(b"}\n");
        let mut hash = Sha256::new();
        hash.update(&digested);
        hash.update(&self.body);
        let digest = hex(&hash.finalize());
        let head = [
            DIGEST_BEFORE,
            digest.as_bytes(),
            DIGEST_AFTER,
            digested.as_slice(),
        ]
        .concat();
        self.index.body_at = head.len() as u64;
        self.index.digest = digest;
        let file = File::create_new(spool.host, at).context("create", at.path)?;
        file.append(&head).context("write", at.path)?;
        file.append(&std::mem::take(&mut self.body))
            .context("write", at.path)?;
        Ok(file)
    }
}

impl Index {
    fn parse(line: &[u8]) -> Result<Self, String> {
        let head: Head<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let listing = head.pack;
        if listing.schema_version != SCHEMA_VERSION || head.sha256.len() != 64 {
            return Err(format!("schema version {}", listing.schema_version));
        }
        if listing.entries.len() != listing.lines.len() {
            return Err("not as many lines as entries".to_owned());
        }
        let directories = listing.directories.iter();
        let directories: Option<_> = directories
            .map(|id| AlertId::from_hex(id.as_bytes()))
            .collect();
        Ok(Index {
            entries: listing.entries.into_owned(),
            lines: listing.lines.into_owned(),
            directories: directories.ok_or("what is announced is no id")?,
            digest: head.sha256.into_owned(),
            body_at: line.len() as u64 + 1,
        })
    }

    /// The entries, with where their lines begin and end in the file.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (EntryName, u64, u64)> {
        let mut at = self.body_at;
        self.entries
            .iter()
            .zip(&self.lines)
            .map(move |(entry, len)| {
                let start = at;
                at += u64::from(*len);
                (*entry, start, at)
            })
    }
}

/// Reads the first line of the pack at `at`; `None` if there is no such file.
///
/// Errs with [`SpoolError::BrokenPack`] if it is none.
pub(crate) fn read_index(spool: &Spool<'_>, at: At<'_>) -> Result<Option<Index>, SpoolError> {
    /// More than the first line of most packs has.
    const CHUNK: usize = 32 * 1024;
    let file = match File::open_read(spool.host, at) {
        Ok(file) => file,
        Err(error) if error.is_vanished() => return Ok(None),
        Err(error) => return Err(error).context("open", at.path),
    };
    let broken = |reason: String| SpoolError::BrokenPack {
        pack: String::from_utf8_lossy(at.path).into_owned(),
        reason,
    };
    let (mut bytes, mut seen) = (Vec::new(), 0);
    loop {
        let count = file
            .read(seen as u64, &mut bytes, CHUNK)
            .context("read", at.path)?;
        let end = bytes[seen..].iter().position(|byte| *byte == b'\n');
        if let Some(end) = end {
            return Index::parse(&bytes[..seen + end]).map(Some).map_err(broken);
        }
        seen = bytes.len();
        if count == 0 || HEAD_BYTES_MAX < seen {
            return Err(broken("it has no first line".to_owned()));
        }
    }
}

/// Reads the line of `id` from the pack at `at`: its entry, its case and its alert. `None` if the pack does not have it.
pub(crate) fn read_line(
    spool: &Spool<'_>,
    at: At<'_>,
    id: AlertId,
) -> Result<Option<PackedCase>, SpoolError> {
    let Some(index) = read_index(spool, at)? else {
        return Ok(None);
    };
    let Some((entry, start, end)) = index.spans().find(|(entry, ..)| entry.id() == id) else {
        return Ok(None);
    };
    let file = File::open_read(spool.host, at).context("open", at.path)?;
    let mut line = Vec::new();
    let len = usize::try_from(end - start).unwrap_or(usize::MAX);
    file.read_to(start, &mut line, len)
        .context("read", at.path)?;
    let parsed = parse_line(entry, &line).map_err(|reason| SpoolError::BrokenPack {
        pack: String::from_utf8_lossy(at.path).into_owned(),
        reason,
    })?;
    Ok(Some(parsed))
}

/// A case as it stands in a pack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackedCase {
    /// The entry that it was made of.
    pub entry: EntryName,
    /// What `case.json` would hold: one JSON object.
    pub case: Vec<u8>,
    /// The alert's bytes, as they were published.
    pub alert: Vec<u8>,
}

/// A pack that was read whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParsedPack {
    /// Its cases, in the order of its lines.
    pub cases: Vec<PackedCase>,
    /// The ids that it announces as directories.
    pub directories: Vec<AlertId>,
}

/// Reads all of a pack's bytes, and holds them against its digest and against those of its cases.
///
/// Errs with what does not fit, for a person.
pub fn parse(bytes: &[u8]) -> Result<ParsedPack, String> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let index = Index::parse(&bytes[..end.ok_or("it has no first line")?])?;
    let digested = bytes.get(DIGESTED_AT..).unwrap_or_default();
    let digest = bytes.get(DIGEST_BEFORE.len()..DIGEST_BEFORE.len() + 64);
    if digest != Some(hex(&Sha256::digest(digested)).as_bytes()) {
        return Err("its bytes are not what they were when it was written".to_owned());
    }
    let line = |(entry, start, end): (EntryName, u64, u64)| {
        let line = bytes.get(start as usize..end as usize);
        parse_line(entry, line.ok_or("it ends too early")?)
    };
    Ok(ParsedPack {
        cases: index.spans().map(line).collect::<Result<_, _>>()?,
        directories: index.directories.clone(),
    })
}

/// What of a case its line can be held against.
#[derive(Deserialize)]
struct CaseHead<'a> {
    #[serde(borrow)]
    entry: Cow<'a, str>,
    #[serde(borrow)]
    alert_sha256: Cow<'a, str>,
}

fn parse_line(entry: EntryName, line: &[u8]) -> Result<PackedCase, String> {
    let wrong = |error: serde_json::Error| format!("the line of {entry}: {error}");
    let parsed: Line<'_> = serde_json::from_slice(line).map_err(wrong)?;
    let head: CaseHead<'_> = serde_json::from_str(parsed.case.get()).map_err(wrong)?;
    let alert = match (parsed.alert, parsed.alert_text) {
        (Some(alert), None) => alert.get().as_bytes().to_vec(),
        (None, Some(text)) => text.into_bytes(),
        _ => return Err(format!("the line of {entry} has no alert")),
    };
    if head.entry != entry.as_str() {
        return Err(format!("the line of {entry} is that of {}", head.entry));
    }
    if head.alert_sha256 != hex(&Sha256::digest(&alert)) {
        return Err(format!("the alert of {entry} has other bytes"));
    }
    let case = parsed.case.get().as_bytes().to_vec();
    Ok(PackedCase { entry, case, alert })
}
