//! The program `foundry`: passes over a queue of alerts, and the commands of those who run it.
//!
//! Nothing is decided here that the libraries below decide. This crate reads the configuration, opens the machine, and
//! wires them up:
//!
//! - [`run`] reads the command line; one command is one file of `command/`.
//! - `config/` reads the configuration in layers and shows every mistake at its key.
//! - `foundry` (the module) is an opened home: queue, policy, intake and lock, ready for passes.
//! - `serve/` makes passes on a cadence and tells systemd, Prometheus and probes how they went.
//! - [`Exit`] is the one list of exit codes.
//!
//! stdout is the result, stderr is everything else.

mod cli;
mod command;
mod config;
mod context;
mod error;
mod exit;
mod foundry;
mod halt;
mod hands;
mod input;
mod intake;
mod lock;
mod logs;
mod machine;
mod owner;
mod policy_dir;
mod run_report;
mod serve;
mod space;
mod terminal;
mod walls;

use pipeline::{health, words};

pub use cli::run;
pub use exit::Exit;
pub use serve::STOP_MAX;
