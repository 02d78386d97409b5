//! The commands: one command, one file.

pub(crate) mod demo;
pub(crate) mod init;
pub(crate) mod run;
