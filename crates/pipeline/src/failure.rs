//! Why a stage could not finish: a sentence for people, a kind for programs.

use host::{Class, HostError};
use indexer::{AnswerError, PollError};
use spool::SpoolError;
use std::error::Error;

/// What kind of trouble it is. Each has its exit code in the commands that end with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FailureKind {
    /// Somebody else has the lock, or asks for a pause: the next pass may succeed.
    Temporary,
    /// The indexer gives no complete answer.
    Unavailable,
    /// The indexer, or a file's owner, refuses us.
    Permission,
    /// A call on the disk failed, or the disk is full.
    Io,
    /// What is on disk contradicts itself: a person must look.
    Data,
    /// The configuration cannot work.
    Configuration,
}

/// Why a stage could not finish.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of trouble.
    pub kind: FailureKind,
    /// What was tried, on what, and why that failed, from the outside in.
    pub message: String,
}

impl Failure {
    /// A failure with the whole chain of its causes, and what helps if the disk is full.
    pub fn new(kind: FailureKind, error: &(dyn Error + 'static)) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        let mut is_full = is_no_space(error);
        while let Some(error) = cause {
            let text = error.to_string();
            // Some errors show their source themselves.
            if !message.ends_with(&text) {
                message = format!("{message}: {text}");
            }
            is_full |= is_no_space(error);
            cause = error.source();
        }
        if is_full {
            message.push_str(FULL_REMEDY);
        }
        Failure { kind, message }
    }

    /// A call on `object` that failed, as the machine says why. Its kind follows from the error's class.
    pub fn of_host(operation: &str, object: &str, error: &HostError) -> Self {
        let inner = Failure::new(kind_of_class(error.class()), error);
        Failure {
            message: format!("cannot {operation} {object}: {}", inner.message),
            ..inner
        }
    }
}

/// What helps against a full disk.
const FULL_REMEDY: &str =
    "; free space, inodes or quota, where the queue is: nothing is lost, and the next pass goes on";

fn is_no_space(error: &(dyn Error + 'static)) -> bool {
    let call = error.downcast_ref::<HostError>();
    call.is_some_and(|call| call.is_full())
}

fn kind_of_class(class: Class) -> FailureKind {
    match class {
        Class::Contended => FailureKind::Temporary,
        Class::Poison => FailureKind::Permission,
        Class::Vanished | Class::Resource | Class::Fault => FailureKind::Io,
    }
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        let kind = match &error {
            SpoolError::Host { source, .. } => kind_of_class(source.class()),
            SpoolError::Held { .. } | SpoolError::Fenced { .. } => FailureKind::Temporary,
            SpoolError::Poisoned => FailureKind::Io,
            SpoolError::BrokenLedger { .. } | SpoolError::BrokenPack { .. } => FailureKind::Data,
            SpoolError::BadWorkerName { .. } => FailureKind::Configuration,
        };
        Failure::new(kind, &error)
    }
}

impl From<PollError> for Failure {
    fn from(error: PollError) -> Self {
        let kind = match &error {
            PollError::Answer { source, .. } => match source {
                AnswerError::Unauthorized { .. } | AnswerError::Forbidden { .. } => {
                    FailureKind::Permission
                }
                AnswerError::Refused { .. } | AnswerError::Redirected { .. } => {
                    FailureKind::Configuration
                }
                _ => FailureKind::Unavailable,
            },
            PollError::Miscount { .. } | PollError::OutOfTime { .. } | PollError::Closed { .. } => {
                FailureKind::Unavailable
            }
            PollError::Reduced { .. } | PollError::Secret(_) => FailureKind::Permission,
            PollError::Paused { .. } | PollError::Stopped { .. } => FailureKind::Temporary,
            PollError::Sink(error) => match error.downcast_ref::<SpoolError>() {
                Some(SpoolError::Host { source, .. }) => kind_of_class(source.class()),
                _ => FailureKind::Io,
            },
            PollError::BadState { .. } => FailureKind::Data,
            PollError::Host { source, .. } => kind_of_class(source.class()),
            PollError::Config(_) => FailureKind::Configuration,
        };
        Failure::new(kind, &error)
    }
}
