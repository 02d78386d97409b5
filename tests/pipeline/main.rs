//! The pipeline's stages on both machines, where unit tests cannot go.
//!
//! Stage 5: [`world`] strikes it at each of its calls on the simulated machine, `crashes` chooses the strikes, and [`bags`]
//! looks at the packs with its own reading of RFC 8493. `hostile` and `trouble` do it on the real disk.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod age;
mod bags;
mod crashes;
mod disk;
mod hostile;
mod paged;
mod retention;
mod trouble;
mod world;
