//! The program `foundry`, so that tests of this package can start it as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    foundry::run(std::env::args_os())
}
