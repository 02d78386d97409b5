//! The simulator's program, so that tests of this package can start it as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    sim::cli::main(std::env::args_os())
}
