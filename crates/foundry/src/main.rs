//! The program. All it does is in [`foundry::run`].

use std::process::ExitCode;

fn main() -> ExitCode {
    foundry::run(std::env::args_os())
}
