//! A mock Wazuh indexer: as much of OpenSearch as a poller of alerts meets, and what goes wrong with it.
//!
//! - [`Recipe`] says which alerts there are and when each can be seen; [`Population`] makes them from a seed. A million
//!   take 24 MB: their JSON exists only while a page is written.
//! - [`Core`] answers requests over a population. It is plain and synchronous: the time is a parameter, so the simulator
//!   asks it directly, and equal questions get equal answers.
//! - [`Options`] says who may ask, and what goes wrong above HTTP: a list of [`Misfortune`]s.
//! - `Server` (feature `https`, on by default in this package) answers over HTTPS from the same core, with faults below
//!   HTTP.
//!
//! The oracle for loss and duplicates is [`Population::documents`]: it never goes through the answers.
//!
//! What it does not model it refuses, with an error that says so, and never answers by guess: queries on fields of the
//! alert, filters of the source's fields, scrolls, aggregations other than `date_histogram`, and orders other than by
//! time and `_id`.

mod account;
mod alert_body;
mod chance;
mod core;
mod document_id;
mod exchange;
mod failure;
mod fault;
mod pattern;
mod pit;
mod population;
mod radix64;
mod search;
#[cfg(feature = "https")]
mod server;
mod turn;
mod zone;

pub use crate::core::{Core, DateHeader, Options, Tally};
pub use account::{Account, Lockout};
pub use alert_body::Form;
pub use exchange::{Request, Response, basic_authorization};
pub use fault::{Fault, Misfortune, When};
pub use population::{
    Batch, Dated, Delivery, Document, Indexed, Planted, Population, Recipe, SECOND_INDEX,
    SHARDS_MAX, Second,
};
#[cfg(feature = "https")]
pub use server::{Certificate, Mishap, Sabotage, Server, ServerError};
pub use turn::{TURNS_MAX, Turn, TurnKind};
pub use zone::Zone;
