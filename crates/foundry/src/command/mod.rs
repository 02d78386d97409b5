//! The commands: one command, one file.

pub(crate) mod adopt;
pub(crate) mod audit;
pub(crate) mod backfill;
pub(crate) mod case;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod init;
pub(crate) mod ledger;
pub(crate) mod policy;
pub(crate) mod prune;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod status;
