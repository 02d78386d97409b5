//! The running hash of a run: what it depends on, and what it does not.
//!
//! Each step folds six words into 64 bits: who called what and how it failed; inode and directory; the hashes of both names;
//! the target directory and the result; the virtual time. A fold is a 64 by 64 bit multiplication whose halves are
//! exclusive-ored, as in wyhash: `h = mul(mul(mul(h ^ w1, w2 ^ K1) ^ w3, w4 ^ K2) ^ w5, K3)`. Nothing in it is an address,
//! a handle's number or anything of the real machine.

use super::director::Step;
use super::effect::Effect;
use super::fs::{Ino, Touched};
use super::options::{Recording, TaskId};
use host::{Call, Errno};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// After so many steps the hash is kept as a checkpoint.
pub const CHECKPOINT_STEPS: u64 = 1_000;

const K: [u64; 3] = [
    0xA076_1D64_78BD_642F,
    0xE703_7ED1_A0B4_28DB,
    0x8EBC_6AF0_9C88_C6E3,
];

/// One step, small enough to keep all of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TraceRecord {
    /// The step's number.
    pub step: u64,
    /// Virtual time, in nanoseconds since the start.
    pub time_ns: u64,
    /// Who.
    pub task: u16,
    /// `Call as u8`.
    pub call: u8,
    /// 0 for success; see [`TraceRecord::errno_code`].
    pub errno: u8,
    /// The directory, or `u32::MAX`.
    pub dir: u32,
    /// The inode, or `u32::MAX`.
    pub ino: u32,
    /// The hash of the name: names can be compared, not read.
    pub name_hash: u32,
    /// The watcher's note on the directory at that time: the role of the path.
    pub role: u32,
    /// What the call gave: a count, a length, milliseconds.
    pub result: u64,
}

impl TraceRecord {
    /// The number of an outcome: 0 for success, 255 for [`Errno::Other`].
    pub fn errno_code(errno: Option<Errno>) -> u8 {
        match errno {
            None => 0,
            Some(Errno::NotFound) => 1,
            Some(Errno::Exists) => 2,
            Some(Errno::NotEmpty) => 3,
            Some(Errno::NotDir) => 4,
            Some(Errno::IsDir) => 5,
            Some(Errno::Loop) => 6,
            Some(Errno::NameTooLong) => 7,
            Some(Errno::Invalid) => 8,
            Some(Errno::CrossDevice) => 9,
            Some(Errno::Access) => 10,
            Some(Errno::Busy) => 11,
            Some(Errno::NoSpace) => 12,
            Some(Errno::TooManyOpen) => 13,
            Some(Errno::NoMemory) => 14,
            Some(Errno::TooManyLinks) => 15,
            Some(Errno::Io) => 16,
            Some(Errno::ReadOnly) => 17,
            Some(Errno::BadHandle) => 18,
            Some(Errno::Quota) => 19,
            Some(Errno::Stale) => 20,
            Some(Errno::Other(_)) => 255,
        }
    }

    /// The call, if the record is not of a newer version.
    pub fn call(&self) -> Option<Call> {
        Call::ALL.get(usize::from(self.call)).copied()
    }
}

/// The trace of a run.
#[derive(Clone)]
pub(crate) struct Trace {
    pub(crate) hash: u64,
    pub(crate) steps: u64,
    pub(crate) checkpoints: Vec<u64>,
    recording: Recording,
    pub(crate) records: VecDeque<TraceRecord>,
}

impl Trace {
    pub(crate) fn new(recording: Recording) -> Self {
        Trace {
            hash: 0,
            steps: 0,
            checkpoints: Vec::new(),
            recording,
            records: VecDeque::new(),
        }
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.recording != Recording::HashOnly
    }

    /// Folds a call that has acted.
    #[inline]
    pub(crate) fn fold(&mut self, step: &Step<'_>, touched: &Touched, result: u64) {
        let errno = u64::from(TraceRecord::errno_code(step.errno));
        let who = u64::from(step.pending.task.0);
        let what = who | (step.pending.call as u64) << 16 | errno << 24 | effect_word(&step.effect);
        self.fold_words([
            what,
            pair(touched.ino.0, touched.dir.0),
            pair(touched.hash, touched.to_hash),
            u64::from(touched.to_dir.0) ^ result.rotate_left(32),
            step.pending.time_ns,
        ]);
    }

    /// Folds the start of a task.
    pub(crate) fn fold_start(&mut self, task: TaskId, time_ns: u64) {
        self.fold_words([u64::from(task.0) | 0xFF << 16, 0, 0, 0, time_ns]);
    }

    /// Folds what happened to the whole machine, and is no step.
    pub(crate) fn fold_event(&mut self, kind: u64, number: u64) {
        self.hash = mul(self.hash ^ kind, number ^ K[0]);
    }

    #[inline]
    fn fold_words(&mut self, [a, b, c, d, e]: [u64; 5]) {
        let first = mul(self.hash ^ a, b ^ K[0]);
        let second = mul(first ^ c, d ^ K[1]);
        self.hash = mul(second ^ e, K[2]);
        self.steps += 1;
        if self.steps.is_multiple_of(CHECKPOINT_STEPS) {
            self.checkpoints.push(self.hash);
        }
    }

    /// Keeps a record of the step that was folded last.
    pub(crate) fn keep(&mut self, step: &Step<'_>, touched: &Touched, role: u32, result: u64) {
        if let Recording::Last(limit) = self.recording
            && limit <= self.records.len()
        {
            self.records.pop_front();
        }
        self.records.push_back(TraceRecord {
            step: step.pending.step,
            time_ns: step.pending.time_ns,
            task: step.pending.task.0,
            call: step.pending.call as u8,
            errno: TraceRecord::errno_code(step.errno),
            dir: touched.dir.0,
            ino: touched.ino.0,
            name_hash: touched.hash,
            role,
            result,
        });
    }
}

/// What the effect adds to the words about paths: which inode was replaced.
#[inline]
fn effect_word(effect: &Effect<'_>) -> u64 {
    match effect {
        Effect::Moved { replaced, .. } => u64::from(replaced.unwrap_or(Ino::NONE).0) << 32,
        Effect::NameAdded { ino, .. } => u64::from(ino.0) << 32,
        _ => 0,
    }
}

#[inline]
fn pair(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

#[inline]
fn mul(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}
