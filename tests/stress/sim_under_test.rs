//! The worker of a stress run, as a program of this package: tests cannot know the path of another package's binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((verb, rest)) if verb == sim::stress::WORKER_VERB => sim::stress::worker_main(rest),
        _ => ExitCode::from(2),
    }
}
