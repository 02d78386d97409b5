//! A schedule as data.

use super::{Choice, Offer, Schedule};
use crate::kernel::TaskId;
use host::Call;
use serde::{Deserialize, Serialize};

/// The version that this code writes. A tape of another version is refused.
const VERSION: u16 = 1;
/// Written instead of a call for the start of a task.
const START: u8 = 0xFF;

/// Who stepped when, and with which call.
///
/// Turns are kept as runs of one task (a task and a length, seven bits a byte) and one byte for each call: at most two bytes
/// a turn while there are fewer than 64 tasks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tape {
    version: u16,
    turns: u64,
    #[serde(with = "hex")]
    runs: Vec<u8>,
    #[serde(with = "hex")]
    calls: Vec<u8>,
    /// The run that is not yet in `runs`.
    last: (u16, u64),
}

/// One turn of a tape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Whose.
    pub task: TaskId,
    /// Which call; `None` is the start of the task.
    pub call: Option<Call>,
}

/// What is wrong with a tape.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TapeError {
    /// It was written by another version of the simulator.
    #[error("the tape has version {0}, and this simulator plays version {VERSION}")]
    Version(u16),
    /// Its runs and its calls do not fit together.
    #[error("the tape is damaged")]
    Damaged,
}

impl Default for Tape {
    fn default() -> Self {
        Tape {
            version: VERSION,
            turns: 0,
            runs: Vec::new(),
            calls: Vec::new(),
            last: (0, 0),
        }
    }
}

impl Tape {
    /// How many turns it has.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// Bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        self.runs.capacity() + self.calls.capacity()
    }

    /// Adds a turn.
    pub fn push(&mut self, turn: Turn) {
        self.turns += 1;
        self.calls.push(turn.call.map_or(START, |call| call as u8));
        if self.last.0 == turn.task.0 {
            self.last.1 += 1;
            return;
        }
        self.flush();
        self.last = (turn.task.0, 1);
    }

    fn flush(&mut self) {
        let (task, length) = self.last;
        if length == 1 {
            put(&mut self.runs, u64::from(task) << 1);
        } else if 1 < length {
            put(&mut self.runs, u64::from(task) << 1 | 1);
            put(&mut self.runs, length);
        }
        self.last.1 = 0;
    }

    /// The turns, in order.
    ///
    /// # Errors
    /// If the tape is of another version, or damaged.
    pub fn read(&self) -> Result<Vec<Turn>, TapeError> {
        if self.version != VERSION {
            return Err(TapeError::Version(self.version));
        }
        let mut turns = Vec::with_capacity(self.calls.len());
        let mut calls = self.calls.iter();
        let mut rest = self.runs.as_slice();
        let mut add = |task: u64, length: u64| {
            let task = TaskId(u16::try_from(task).map_err(|_| TapeError::Damaged)?);
            for _ in 0..length {
                let &code = calls.next().ok_or(TapeError::Damaged)?;
                let call = Call::ALL.get(usize::from(code)).copied();
                if call.is_none() && code != START {
                    return Err(TapeError::Damaged);
                }
                turns.push(Turn { task, call });
            }
            Ok(())
        };
        while !rest.is_empty() {
            let head = get(&mut rest)?;
            let length = if head & 1 == 1 { get(&mut rest)? } else { 1 };
            add(head >> 1, length)?;
        }
        add(u64::from(self.last.0), self.last.1)?;
        if turns.len() as u64 != self.turns || turns.len() != self.calls.len() {
            return Err(TapeError::Damaged);
        }
        Ok(turns)
    }
}

/// Writes a number, seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while 0x7F < number {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn get(bytes: &mut &[u8]) -> Result<u64, TapeError> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(TapeError::Damaged)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(TapeError::Damaged)
}

/// A schedule that writes down what another one chooses.
#[derive(Clone, Debug)]
pub struct Taping<S> {
    inner: S,
    waiting: Vec<Option<Call>>,
    tape: Tape,
}

impl<S: Schedule> Taping<S> {
    /// Writes down what `inner` chooses.
    pub fn new(inner: S) -> Self {
        Taping {
            inner,
            waiting: Vec::new(),
            tape: Tape::default(),
        }
    }

    /// What was chosen so far.
    pub fn tape(&self) -> &Tape {
        &self.tape
    }

    /// The tape, when the run is over.
    pub fn into_tape(self) -> Tape {
        self.tape
    }
}

impl<S: Schedule> Schedule for Taping<S> {
    fn restart(&mut self) {
        self.inner.restart();
    }

    fn offer(&mut self, offer: &Offer<'_>) {
        let at = usize::from(offer.task.0);
        if self.waiting.len() <= at {
            self.waiting.resize(at + 1, None);
        }
        self.waiting[at] = offer.call;
        self.inner.offer(offer);
    }

    fn withdraw(&mut self, task: TaskId) {
        self.inner.withdraw(task);
    }

    fn next(&mut self, now_ns: u64) -> Choice {
        let choice = self.inner.next(now_ns);
        if let Choice::Step(task) = choice {
            let call = self.waiting[usize::from(task.0)];
            self.tape.push(Turn { task, call });
        }
        choice
    }
}

/// Bytes as text, so that a tape is one line in any format.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
        let text: String = bytes
            .iter()
            .flat_map(|&byte| [digit(byte >> 4), digit(byte)])
            .collect();
        to.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let damaged = || D::Error::custom("the tape is damaged: not pairs of hexadecimal digits");
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(damaged());
        }
        let value = |digit: u8| char::from(digit).to_digit(16).ok_or_else(damaged);
        pairs
            .iter()
            .map(|&[high, low]| Ok((value(high)? << 4 | value(low)?) as u8))
            .collect()
    }
}
