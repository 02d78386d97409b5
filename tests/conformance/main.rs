//! One body of sentences about [`host::Host`], kept by every host: the proof that the simulated one tells the truth.
//!
//! - `suite.rs` lists the cases; each is a function that is given a [`fixture::Fixture`] and panics if its sentence is
//!   broken. The cases act through the seam alone.
//! - `real.rs` runs them on the real host, on a disk and in memory, and adds what the seam cannot make: symbolic links,
//!   FIFOs and sockets.
//! - `simulated.rs` runs them on the simulated host; `relay.rs` is the other process there.
//!
//! Every gap in meaning that is found between two hosts becomes a case here.

mod directories;
mod errors;
mod files;
mod fixture;
mod handles;
mod links;
mod locks;
mod names;
mod real;
mod relay;
mod renames;
mod scans;
mod simulated;
mod suite;
mod windows;
