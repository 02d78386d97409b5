//! The simulator's program. All it does is in [`sim::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    // A stress run starts this program again as its workers; a person never does.
    match args.split_first() {
        Some((_, [verb, rest @ ..])) if verb == sim::stress::WORKER_VERB => {
            let rest: Vec<String> = rest.iter().map(|arg| arg.to_string_lossy().into()).collect();
            sim::stress::worker_main(&rest)
        }
        _ => sim::cli::run(args).into(),
    }
}
