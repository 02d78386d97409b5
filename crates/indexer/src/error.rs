//! What can go wrong, and what helps.

use crate::secret::SecretError;
use crate::transport::{Class, TransportError};
use host::{HostError, Millis};

/// What a sink may fail with.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// One request that brought no complete answer. Texts from the indexer are cut short and have no control characters.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnswerError {
    /// No whole answer came.
    #[error("the indexer gave no answer: {0}")]
    Transport(#[from] TransportError),
    /// Status 401: a wrong password, or an account or address that is blocked for a while.
    #[error("the indexer refuses user or password (401): {reason}; check the credential file")]
    Unauthorized {
        /// What the indexer said.
        reason: String,
    },
    /// Status 403: the account lacks a permission, which the reason names.
    #[error("the account lacks a permission (403): {reason}")]
    Forbidden {
        /// What the indexer said.
        reason: String,
    },
    /// Status 404, and the error that says so: an index, or the whole pattern, is gone.
    #[error("the indexer does not have what was asked for (404): {reason}")]
    Missing {
        /// What the indexer said.
        reason: String,
    },
    /// Status 429: a circuit breaker, or a full queue.
    #[error("the indexer is overloaded (429): {reason}")]
    Overloaded {
        /// What the indexer said.
        reason: String,
    },
    /// Status 5xx: cancelled, not initialised, no shard available. Or 404 that does not tell of an index: a search's context was
    /// lost, or a proxy has no indexer behind it.
    #[error("the indexer is not available ({status}): {reason}")]
    Unavailable {
        /// The status.
        status: u16,
        /// What the indexer said.
        reason: String,
    },
    /// Status 3xx. Not followed: the credentials would travel with it.
    #[error(
        "the indexer's address answers with a redirect ({status}); configure the final address"
    )]
    Redirected {
        /// The status.
        status: u16,
    },
    /// Any other status: the request is wrong, or this is no indexer.
    #[error("the indexer refuses the request ({status}): {reason}")]
    Refused {
        /// The status.
        status: u16,
        /// What the indexer said.
        reason: String,
    },
    /// Status 200, and the search ended at its limit of time.
    #[error("the search ended early: it timed out or was cut")]
    TimedOut,
    /// Status 200, and shards failed or had no copy to ask.
    #[error("the answer lacks shards: {successful} of {total} answered, {failed} failed")]
    ShardsMissing {
        /// Shards of the pattern.
        total: u64,
        /// Shards that answered.
        successful: u64,
        /// Shards that failed.
        failed: u64,
    },
    /// Status 200, and the pattern matches no index, or none that the account may see.
    #[error("the index pattern matches no index that this account may read")]
    NoIndex,
    /// Status 200, and not an answer to a search.
    #[error("the answer is not a search result: {reason}")]
    Malformed {
        /// What does not fit.
        reason: String,
    },
}

/// What helps against an [`AnswerError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Remedy {
    /// The same request after a wait.
    Wait,
    /// A smaller page after a wait.
    WaitAndHalve,
    /// A smaller page at once.
    Halve,
    /// Nothing that this program can do.
    Stop,
}

impl AnswerError {
    pub(crate) fn remedy(&self) -> Remedy {
        match self {
            AnswerError::Transport(error) => match error.class {
                Class::Unreachable | Class::Interrupted | Class::Protocol => Remedy::Wait,
                Class::Timeout => Remedy::WaitAndHalve,
                Class::TooLarge => Remedy::Halve,
                Class::Tls => Remedy::Stop,
            },
            AnswerError::Overloaded { .. } | AnswerError::TimedOut => Remedy::WaitAndHalve,
            AnswerError::Unavailable { .. }
            | AnswerError::ShardsMissing { .. }
            | AnswerError::Malformed { .. } => Remedy::Wait,
            AnswerError::Unauthorized { .. }
            | AnswerError::Forbidden { .. }
            | AnswerError::Missing { .. }
            | AnswerError::Redirected { .. }
            | AnswerError::Refused { .. }
            | AnswerError::NoIndex => Remedy::Stop,
        }
    }
}

/// A step that could not finish. The cursor stands where it stood; alerts that were handed over stay so.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// A request failed as often as it may be tried, or in a way that repeating does not help.
    #[error("cannot {operation}")]
    Answer {
        /// What was asked.
        operation: &'static str,
        /// The last failure.
        source: AnswerError,
    },
    /// A slice was walked several times, and its alerts are not as many as the indexer counts.
    #[error("{walked} alerts were read where the indexer counts {total}, from {} to {} ms", from.0, to.0)]
    Miscount {
        /// The slice's start.
        from: Millis,
        /// The slice's end.
        to: Millis,
        /// Distinct alerts that were read.
        walked: u64,
        /// What the indexer counted.
        total: u64,
    },
    /// An index that gave alerts is not visible any more although it exists: a permission was taken away.
    #[error("the index {index} can no longer be read; restore this account's permission")]
    Reduced {
        /// The index.
        index: String,
    },
    /// An index that gave alerts lately is closed: what it has is left out of every answer, without a word.
    #[error("the index {index} is closed, and what it has cannot be read; open it, or delete it")]
    Closed {
        /// The index.
        index: String,
    },
    /// The indexer refused the credentials not long ago: asking again now would prolong a lockout.
    #[error("no request before {} ms, because the indexer refused the credentials", until.0)]
    Paused {
        /// When the next request may be sent.
        until: Millis,
    },
    /// The time for all requests was over before this one was sent.
    #[error("cannot {operation}: the time for waiting on the indexer is over")]
    OutOfTime {
        /// What was to be asked.
        operation: &'static str,
    },
    /// The program was told to stop, and the exchange was cut.
    #[error("cannot {operation}: told to stop")]
    Stopped {
        /// What was asked, or was to be.
        operation: &'static str,
    },
    /// The credential file cannot be used.
    #[error("cannot read the credentials")]
    Secret(#[from] SecretError),
    /// The sink did not accept alerts.
    #[error("cannot hand over alerts")]
    Sink(#[source] SinkError),
    /// The state file is damaged. Starting without it would hand over alerts again, so that is left to a person.
    #[error("{file} is damaged: {reason}; restore it, or remove it to begin anew")]
    BadState {
        /// The file.
        file: String,
        /// What does not fit.
        reason: String,
    },
    /// A call on the state file failed.
    #[error("cannot {operation} {object}")]
    Host {
        /// What was tried.
        operation: &'static str,
        /// On what.
        object: String,
        /// The failed call.
        source: HostError,
    },
    /// The configuration cannot work.
    #[error("bad configuration")]
    Config(#[from] crate::config::ConfigError),
}

/// Adds what was tried to a failed call.
pub(crate) trait Context<T> {
    fn context(self, operation: &'static str, object: &str) -> Result<T, PollError>;
}

impl<T> Context<T> for host::Result<T> {
    fn context(self, operation: &'static str, object: &str) -> Result<T, PollError> {
        self.map_err(|source| PollError::Host {
            operation,
            object: object.to_owned(),
            source,
        })
    }
}

/// Adds what was asked to a failed request.
pub(crate) trait Asked<T> {
    fn asked(self, operation: &'static str) -> Result<T, PollError>;
}

impl<T> Asked<T> for Result<T, AnswerError> {
    fn asked(self, operation: &'static str) -> Result<T, PollError> {
        self.map_err(|source| PollError::Answer { operation, source })
    }
}
