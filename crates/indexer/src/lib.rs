//! The client of a Wazuh indexer: stage 1 of the pipeline.
//!
//! A timestamp alone is no cursor: ties are cut by page ends, shards become visible one after the other, alerts are indexed
//! late, and an answer of status 200 may lack shards. So this client reads in slices that end before now, proves each slice
//! by counting it, reads again what is too young to be settled, and compares counts with the indexer afterwards.
//!
//! - [`Poller::step`] reads one slice and hands each unseen [`Hit`] to the caller's sink. The cursor moves after the sink
//!   has accepted all of it, and after that is durable. **At least once:** a crash in between hands a slice over again.
//! - [`Poller::audit`] compares counts with the indexer, for months back, and reads again the hours and minutes that differ.
//! - [`Poller::backfill`] reads a range of time again.
//! - [`Poller::observations`] says how our clock differs from the indexer's, and how old its newest alert is.
//! - [`Poller::fetch`] and [`Poller::find`] read single alerts again.
//! - [`Transport`] sends one request. [`Https`] is the real one; the simulator has another.
//! - [`Patience`] bounds everything that waits for the indexer, and carries the word to stop down to it.
//! - [`SecretFile`] is where user and password come from.
//!
//! No clock, file or thread but through [`host::Host`]; no socket but in [`Https`].

mod answer;
mod audit;
mod backfill;
mod backoff;
mod client;
mod config;
mod counts;
mod error;
mod fetch;
mod https;
mod narrow;
mod observe;
mod observed;
mod patience;
mod poller;
mod query;
mod rate;
mod reduced;
mod secret;
mod seen;
mod skew;
mod state;
mod transport;
mod walk;

pub use answer::Hit;
pub use audit::Audit;
pub use backfill::Backfill;
pub use config::{Config, ConfigError, Profile};
pub use error::{AnswerError, PollError, SinkError};
pub use https::{Cutter, Https, HttpsError, HttpsOptions};
pub use observed::Observations;
pub use patience::Patience;
pub use poller::{Poller, Sink, Step};
pub use secret::{SecretError, SecretFile};
pub use transport::{Answered, Class, Request, Transport, TransportError};
