//! The queue under every crash, at small scope: the production code in the simulated machine, disturbed at each of its calls.
//!
//! - [`life`] is the program: it publishes, caps, works, and audits; run again, it recovers and goes on.
//! - [`world`] runs lives of it on one machine, and strikes at a chosen call: a kill, a power loss, a failing call.
//! - [`verdict`] looks at the files themselves: each alert has exactly one case, with its very bytes, and nothing is left over.
//! - `kills`, `power`, `failures`, `adoption` choose the calls: every one of them, then pairs.
//! - `together` runs several processes in random orders, and nothing strikes: they are each other's trouble.
//!
//! A failure names the strikes, which replay it.

mod adoption;
mod evidence;
mod failures;
mod kills;
mod life;
mod passes;
mod power;
mod sweep;
mod together;
mod verdict;
mod world;
