//! What can go wrong for a whole pass. What goes wrong for one name is an outcome and is counted, not raised.

use host::{Class, HostError};

/// A pass that could not go on. What it had finished stays finished; nothing it began is lost.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A call failed that the whole pass depends on.
    #[error("cannot {operation} {object}")]
    Host {
        /// What was tried, as a verb: "list", "make durable".
        operation: &'static str,
        /// On what.
        object: String,
        /// The failed call.
        source: HostError,
    },
    /// Another process has the spool, or this worker's name. Try again later (exit code 75).
    #[error("{object} is held by another process; wait for it, or stop it")]
    Held {
        /// The lock's file.
        object: String,
    },
    /// This worker was declared dead and its claims were given to others: stop at once.
    #[error("worker {worker} lost its claims to a newer epoch; stop this process")]
    Fenced {
        /// The worker with its epoch.
        worker: String,
    },
    /// A publisher failed after something was visible: only a new one can tell what happened.
    #[error("this publisher failed half-way; open a new one, which recovers")]
    Poisoned,
    /// A ledger line before the last one does not fit the chain: somebody edited it, or the disk lost it.
    #[error("{segment}, line {line}: {reason}; restore the segment from a copy")]
    BrokenLedger {
        /// The segment's file.
        segment: String,
        /// The line's number, from 1.
        line: usize,
        /// What does not fit.
        reason: String,
    },
    /// A pack of cases is not what was written: somebody edited it, or the disk lost it. Nobody can tell which alerts have
    /// their cases there, so none of its hour is worked on.
    #[error("cases/{pack}: {reason}; restore the file from a copy, or take it away")]
    BrokenPack {
        /// The pack's file, below `cases/`.
        pack: String,
        /// What does not fit.
        reason: String,
    },
    /// A worker's name that could not stand in a file name.
    #[error("worker name {name:?} must be 1 to 24 of a-z, 0-9 and `_`")]
    BadWorkerName {
        /// The refused name.
        name: String,
    },
}

impl SpoolError {
    /// The class of the failed call; `Contended` for a lock that is held.
    pub fn class(&self) -> Class {
        match self {
            SpoolError::Host { source, .. } => source.class(),
            SpoolError::Held { .. } => Class::Contended,
            SpoolError::Fenced { .. } => Class::Vanished,
            SpoolError::BrokenLedger { .. }
            | SpoolError::BrokenPack { .. }
            | SpoolError::Poisoned => Class::Fault,
            SpoolError::BadWorkerName { .. } => Class::Poison,
        }
    }
}

/// Adds what was tried to a failed call.
pub(crate) trait Context<T> {
    /// Says that `operation` on `object` failed.
    fn context(self, operation: &'static str, object: impl AsRef<[u8]>) -> Result<T, SpoolError>;
}

impl<T> Context<T> for host::Result<T> {
    fn context(self, operation: &'static str, object: impl AsRef<[u8]>) -> Result<T, SpoolError> {
        self.map_err(|source| SpoolError::Host {
            operation,
            object: String::from_utf8_lossy(object.as_ref()).into_owned(),
            source,
        })
    }
}
