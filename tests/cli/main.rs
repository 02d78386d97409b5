//! The simulator's command line, as its users meet it: a process with arguments, two streams and an exit code.

mod gate;
mod replay;
mod scene;
mod sweep;
mod usage;
