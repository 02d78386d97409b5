//! A writer's end of the ledger.
//!
//! # Carried on, or sealed
//! A program that a timer starts each minute lives half a million lives a year, and each has little to say. So a life does
//! not begin a segment: it carries on the segment of the life before it, until that has [`CARRIED_BYTES_MAX`]. Then it is
//! sealed, and its successor begins. So `ledger/` has one segment a writer, and to begin a life costs as much as such a
//! segment at most, however many lives there were (contract S20).
//!
//! # Why a segment is written again before it is carried on
//! The life before may have died before its sync; or its sync failed, and then no later one makes those bytes durable,
//! though they can be read (contract S18). So the lines that fit are copied to a new file, which is synced and put in the
//! old one's place. A torn last line is left behind.

use super::chain;
use super::reader::{Mark, read_from};
use super::segments::{self, open_segment, segment_name};
use crate::layout::{Context, SpoolError, ignore_vanished};
use crate::ledger::Record;
use host::{At, Class, Dir, DirId, File, Host, Names};

/// A segment that has more bytes is not carried on by the next life.
pub const CARRIED_BYTES_MAX: u64 = 128 << 10;

/// Where a life begins another segment, so that opening one never reads more than this and a record.
const SEGMENT_BYTES_MAX: usize = 2 << 20;

/// A writer's end of the ledger. Nothing is written before the first record: a program that is started and has nothing to
/// say leaves nothing.
pub(crate) struct LedgerWriter<'h> {
    host: &'h dyn Host,
    ledger: DirId,
    writer: String,
    /// The number of this life: greater than that of any life before.
    epoch: u32,
    /// As [`Record::Life`] says it.
    names_before: u64,
    number: u32,
    /// `None` before the first record.
    file: Option<File<'h>>,
    /// What the lives before have left.
    before: Before,
    bytes: usize,
    chain: String,
    buffer: Vec<u8>,
}

/// What earlier lives of a writer have left.
#[derive(Default)]
struct Before {
    /// Its newest segment, and the end of the lines in it that fit.
    newest: Option<(u32, Mark)>,
    /// Whether that is sealed, because somebody took its successor away.
    is_sealed: bool,
    /// Older segments that are not sealed.
    older: Vec<u32>,
    epoch: Option<u32>,
}

impl<'h> LedgerWriter<'h> {
    /// The next life of `writer`. Its number is greater than `epoch_min` and than that of every life before.
    ///
    /// Reads the writer's newest segment and changes nothing. Errs with [`SpoolError::BrokenLedger`] if a line in it does
    /// not fit.
    pub(crate) fn open(
        host: &'h dyn Host,
        ledger: &Dir<'_>,
        writer: &str,
        epoch_min: Option<u32>,
        names: &mut Names,
    ) -> Result<Self, SpoolError> {
        let before = Before::read(host, ledger, writer, names)?;
        let last = before.epoch.max(epoch_min);
        let newest = before.newest.as_ref();
        let chain = newest.and_then(|(_, mark)| mark.chain.clone());
        Ok(LedgerWriter {
            host,
            ledger: ledger.id(),
            writer: writer.to_owned(),
            epoch: last.map_or(0, |epoch| epoch + 1),
            names_before: 0,
            number: newest.map_or(0, |(number, _)| *number),
            file: None,
            bytes: 0,
            chain: chain.unwrap_or_default(),
            before,
            buffer: Vec::new(),
        })
    }

    /// The number of this life.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Writes down that this life began, if that was not done. Durable when it returns: no later life is given its number.
    ///
    /// After an error this writer must not be used again, here and below: the next life begins from what is durable.
    pub(crate) fn begin(&mut self) -> Result<(), SpoolError> {
        if self.file.is_some() {
            return Ok(());
        }
        let Some((number, mark)) = self.before.newest.take() else {
            return self.create(0);
        };
        // What is carried on must not be lost after what follows it.
        let synced = self.host.sync_all(self.ledger);
        synced.context("make durable", "the spool")?;
        let name = segment_name(&self.writer, number);
        let is_carried = (1..=CARRIED_BYTES_MAX).contains(&mark.offset) && !self.before.is_sealed;
        if 0 < mark.offset && !self.before.is_sealed {
            copy_lines(self.host, self.ledger, &name, mark.offset)?;
        }
        if is_carried {
            let at = At::new(self.ledger, &name);
            self.file = Some(File::open_append(self.host, at).context("open", &name)?);
            self.bytes = usize::try_from(mark.offset).unwrap_or(usize::MAX);
            self.append_life()?;
        } else {
            self.create(number + 1)?;
            segments::seal(self.host, self.ledger, &self.writer, number)?;
        }
        for older in std::mem::take(&mut self.before.older) {
            segments::seal(self.host, self.ledger, &self.writer, older)?;
        }
        Ok(())
    }

    /// Creates the segment `number`, which carries on the chain. Durable when it returns.
    fn create(&mut self, number: u32) -> Result<(), SpoolError> {
        let name = segment_name(&self.writer, number);
        let at = At::new(self.ledger, &name);
        self.file = Some(File::create_new(self.host, at).context("create", &name)?);
        (self.number, self.bytes) = (number, 0);
        let continues = Some(self.chain.clone()).filter(|chain| !chain.is_empty());
        self.append_line(&Record::Opened {
            writer: self.writer.clone(),
            number,
            continues,
            epoch: Some(self.epoch),
            names_before: self.names_before,
        })?;
        self.sync()?;
        // Later syncs cover the bytes alone: without the name, a power loss takes the whole segment.
        let synced = self.host.sync_dir(self.ledger);
        synced.context("make durable", "ledger")
    }

    fn append_life(&mut self) -> Result<(), SpoolError> {
        self.append_line(&Record::Life {
            epoch: self.epoch,
            names_before: self.names_before,
        })?;
        self.sync()
    }

    /// Promises that names with stamps before this millisecond may be given out from now on, and that a later life gives out
    /// none before it. Durable when it returns.
    pub(crate) fn reserve(&mut self, names_before: u64) -> Result<(), SpoolError> {
        self.names_before = names_before;
        match self.file {
            None => self.begin(),
            Some(_) => self.append_life(),
        }
    }

    /// Appends a record. It is not durable before [`LedgerWriter::sync`] or a group commit.
    pub(crate) fn append(&mut self, record: &Record) -> Result<(), SpoolError> {
        self.begin()?;
        if SEGMENT_BYTES_MAX < self.bytes {
            // What a later sync is thought to cover must not stay behind in the old file.
            self.sync()?;
            let full = self.number;
            self.create(full + 1)?;
            segments::seal(self.host, self.ledger, &self.writer, full)?;
        }
        self.append_line(record)
    }

    fn append_line(&mut self, record: &Record) -> Result<(), SpoolError> {
        self.buffer.clear();
        self.chain = chain::write_line(&self.chain, record, &mut self.buffer);
        self.bytes += self.buffer.len();
        let name = || segment_name(&self.writer, self.number);
        let file = self
            .file
            .as_ref()
            .expect("a segment is begun before a line");
        file.append(&self.buffer).context("append to", name())
    }

    /// Makes what was appended durable.
    pub(crate) fn sync(&self) -> Result<(), SpoolError> {
        let name = || segment_name(&self.writer, self.number);
        let synced = self.file.as_ref().map_or(Ok(()), File::sync);
        synced.context("make durable", name())
    }
}

impl Before {
    fn read(
        host: &dyn Host,
        ledger: &Dir<'_>,
        writer: &str,
        names: &mut Names,
    ) -> Result<Self, SpoolError> {
        let found = segments::actives(ledger, names)?.into_iter();
        let mut older: Vec<u32> = found
            .filter_map(|(name, number)| (name == writer).then_some(number))
            .collect();
        let newest = older.pop();
        let is_sealed = newest.is_none();
        let newest = match newest {
            Some(number) => Some(number),
            None => newest_sealed(ledger, writer, names)?,
        };
        let Some(number) = newest else {
            return Ok(Before::default());
        };
        let (mut mark, mut epoch) = read_lives(host, ledger, writer, number)?;
        if mark.offset == 0 {
            // A segment without a whole line is what a power loss leaves of a new one: its predecessor tells.
            let (chain, before) = end_before(host, ledger, writer, number, &older, names)?;
            mark.chain = chain;
            epoch = epoch.max(before);
        }
        Ok(Before {
            newest: Some((number, mark)),
            is_sealed,
            older,
            epoch: Some(epoch),
        })
    }
}

/// The writer's newest sealed segment, for a writer that has no other.
fn newest_sealed(
    ledger: &Dir<'_>,
    writer: &str,
    names: &mut Names,
) -> Result<Option<u32>, SpoolError> {
    let mut newest = None;
    segments::sealed_back(ledger, writer, names, &mut |number| {
        newest = Some(number);
        Ok(true)
    })?;
    Ok(newest)
}

/// Reads a segment: the end of the lines that fit, and the greatest number of a life in it.
fn read_lives(
    host: &dyn Host,
    ledger: &Dir<'_>,
    writer: &str,
    number: u32,
) -> Result<(Mark, u32), SpoolError> {
    // Before a life had a number of its own, it had a segment of its own, and that one's number.
    let mut epoch = number;
    let name = segment_name(writer, number);
    let mark = read_from(host, ledger, &name, Mark::default(), |record| {
        let lived = match record {
            Record::Opened { epoch, .. } => epoch.unwrap_or(0),
            Record::Life { epoch, .. } => epoch,
            _ => 0,
        };
        epoch = epoch.max(lived);
    })?;
    Ok((mark, epoch))
}

/// The chain at the end of what the writer wrote before its segment `number`, and the greatest number of a life there.
fn end_before(
    host: &dyn Host,
    ledger: &Dir<'_>,
    writer: &str,
    number: u32,
    older: &[u32],
    names: &mut Names,
) -> Result<(Option<String>, u32), SpoolError> {
    let (mut chain, mut epoch) = (None, 0);
    let mut read = |older: u32| {
        let (mark, lived) = read_lives(host, ledger, writer, older)?;
        (chain, epoch) = (mark.chain, lived.max(epoch));
        Ok::<bool, SpoolError>(chain.is_some())
    };
    for older in older.iter().rev() {
        if read(*older)? {
            return Ok((chain, epoch));
        }
    }
    segments::sealed_back(ledger, writer, names, &mut |sealed| {
        Ok(sealed < number && read(sealed)?)
    })?;
    Ok((chain, epoch))
}

/// Copies the first `len` bytes of a segment to a new file, makes that durable, and puts it in the segment's place.
///
/// Cut short, it leaves the old file in its place, and perhaps a copy beside it, which is no segment by its name.
fn copy_lines(host: &dyn Host, ledger: DirId, name: &str, len: u64) -> Result<(), SpoolError> {
    /// A segment grows to megabytes, and a worker's memory should not.
    const CHUNK_BYTES: u64 = 64 * 1024;
    fn at(ledger: DirId, name: &str) -> At<'_> {
        At::new(ledger, name)
    }
    let old = open_segment(host, ledger, name)?;
    let copy = format!("{name}.copy");
    ignore_vanished(host.unlink(at(ledger, &copy))).context("remove", &copy)?;
    let file = File::create_new(host, at(ledger, &copy)).context("create", &copy)?;
    let (mut chunk, mut offset) = (Vec::new(), 0);
    while offset < len {
        chunk.clear();
        let wanted = usize::try_from(CHUNK_BYTES.min(len - offset)).unwrap_or(usize::MAX);
        old.read_to(offset, &mut chunk, wanted)
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
    match host.rename(at(ledger, &copy), at(ledger, name)) {
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
