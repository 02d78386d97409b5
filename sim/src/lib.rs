//! The simulator and the gate.

pub mod campaign;
pub mod cli;
pub mod kernel;
pub mod report;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod specimen;
pub mod stats;
pub mod stress;
pub mod tape;
