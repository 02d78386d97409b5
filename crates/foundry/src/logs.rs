//! Where events go: stderr, as text for a person who watches, as JSON for everybody else.

use crate::terminal::Terminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging. `level` wins over `RUST_LOG`; without either, what happened and what went wrong is told.
///
/// Called twice, as tests of this crate may, the first call counts.
pub(crate) fn start(terminal: &Terminal, level: Option<LevelFilter>) {
    let filter = match (level, EnvFilter::try_from_default_env()) {
        (Some(level), _) => EnvFilter::default().add_directive(level.into()),
        (None, Ok(filter)) => filter,
        (None, Err(_)) => EnvFilter::default().add_directive(LevelFilter::WARN.into()),
    };
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if terminal.is_watched {
        builder.with_target(false).finish().try_init().ok();
    } else {
        builder
            .json()
            .flatten_event(true)
            .with_ansi(false)
            .finish()
            .try_init()
            .ok();
    }
}
