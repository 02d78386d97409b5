//! What every command is given.

use crate::config::ConfigArgs;
use crate::terminal::Terminal;

/// What every command is given, whatever its own arguments are.
pub(crate) struct Context {
    /// Which configuration is meant.
    pub(crate) config: ConfigArgs,
    /// The two streams.
    pub(crate) terminal: Terminal,
}
