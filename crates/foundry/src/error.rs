//! Why a command could not do what it was asked. What a pass could not do is in its report instead.

use crate::config::{ConfigError, Located};
use crate::machine::{PathError, User};
use host::HostError;
use miette::Diagnostic;
use pipeline::Failure;
use std::path::PathBuf;

/// Why a command ended early. [`crate::Exit`] says with which code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoundryError {
    /// There is no configuration that can work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The policy is wrong in one or more places: nothing is judged by half of it.
    #[error("the policy {dir} has {} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
    Policy {
        /// Its directory.
        dir: PathBuf,
        /// All that is wrong.
        problems: Vec<Located>,
    },
    /// A key that this command needs has no value.
    #[error("`{key}` is missing")]
    NoValue {
        /// The key.
        key: &'static str,
        /// What to write.
        help: &'static str,
    },
    /// A file or directory that the configuration names cannot be used.
    #[error("cannot use {key} {path}: {}", source.reason())]
    Named {
        /// The key that names it.
        key: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: PathError,
    },
    /// The indexer's address or certificates cannot be used.
    #[error(transparent)]
    Indexer(#[from] indexer::HttpsError),
    /// There is no queue where the configuration says.
    #[error("there is no queue at {path}")]
    NoHome {
        /// Where it should be.
        path: PathBuf,
    },
    /// This process is not the user whom the home belongs to.
    #[error("the home {} belongs to {owner}, and this process is {user}", path.display())]
    NotOwner {
        /// The home.
        path: PathBuf,
        /// Whom it belongs to.
        owner: User,
        /// Who wants to work on it.
        user: User,
    },
    /// Something in the home belongs to somebody else.
    #[error("{} belongs to {other}, and the home to {owner}", path.display())]
    Foreign {
        /// What.
        path: PathBuf,
        /// Whom it belongs to.
        other: User,
        /// The home.
        home: PathBuf,
        /// Whom that belongs to.
        owner: User,
    },
    /// A call of the libraries below failed.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// Another process makes passes here.
    #[error("another process works on {path}: {holder}")]
    Held {
        /// The queue.
        path: PathBuf,
        /// Who, as far as that is known.
        holder: String,
    },
    /// Something cannot be made.
    #[error("cannot make {path}: {}", source.reason())]
    Make {
        /// What.
        path: PathBuf,
        /// Why.
        source: PathError,
    },
    /// Something stands where something new is to be made.
    #[error("{path} is there already, and is left as it is")]
    InTheWay {
        /// What stands there.
        path: PathBuf,
    },
    /// A file or directory that an argument names cannot be read.
    #[error("cannot read {path}: {}", source.reason())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PathError,
    },
    /// An argument cannot be meant.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to give instead.
        help: String,
    },
    /// The mock indexer does not start.
    #[error("cannot start the mock indexer: {0}")]
    Mock(mock_indexer::ServerError),
    /// The address for probes cannot be had.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: String,
        /// What the machine says.
        reason: String,
    },
}

impl From<spool::SpoolError> for FoundryError {
    fn from(error: spool::SpoolError) -> Self {
        FoundryError::Failed(error.into())
    }
}

impl FoundryError {
    /// A call on the machine itself that failed.
    pub(crate) fn of_host(path: impl Into<PathBuf>, source: HostError) -> Self {
        FoundryError::Read {
            path: path.into(),
            source: source.into(),
        }
    }
}

impl Diagnostic for FoundryError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let help: &str = match self {
            FoundryError::NotOwner { path, owner, .. } => {
                return Some(Box::new(format!(
                    "run it as the owner: sudo -u {} foundry …; or give the home away first: chown -R USER {}",
                    owner.argument("#"),
                    path.display()
                )));
            }
            FoundryError::Foreign { home, owner, .. } => {
                return Some(Box::new(format!(
                    "a pass of another user left it; give it back: chown -R {} {}",
                    owner.argument(""),
                    home.display()
                )));
            }
            FoundryError::Config(error) => return error.help(),
            FoundryError::NoValue { help, .. } => help,
            FoundryError::Usage { help, .. } => help,
            FoundryError::NoHome { .. } => {
                "`foundry init DIR` makes one; or make this directory, which the next pass completes"
            }
            FoundryError::Held { .. } => {
                "wait for it, or stop it; two would only wait for each other"
            }
            FoundryError::InTheWay { .. } => "give another directory, or move it away",
            FoundryError::Make { source, .. } | FoundryError::Read { source, .. }
                if source.is_no_space() =>
            {
                "free space, or inodes, there; what is in the queue is safe"
            }
            FoundryError::Listen { .. } => "choose another address in `serve.listen`",
            _ => return None,
        };
        Some(Box::new(help))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self {
            FoundryError::Config(error) => error.related(),
            FoundryError::Policy { problems, .. } => Some(Box::new(
                problems.iter().map(|problem| problem as &dyn Diagnostic),
            )),
            _ => None,
        }
    }
}
