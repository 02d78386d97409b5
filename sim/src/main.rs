//! The simulator's program. All it does is in [`sim::cli`].

use std::process::ExitCode;

/// A simulated machine makes many small files and texts, on every core at once: a sixth of a run's time went into the
/// system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sim::cli::main(std::env::args_os())
}
