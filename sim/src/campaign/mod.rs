//! Campaigns: many runs, one verdict.
//!
//! A campaign is a list of [`CellPlan`]s: scenario × engine × depth × seeds. [`execute`] plays them side by side, [`repeat()`]
//! plays some of them again in a fresh process, and [`fill()`] makes of all that the [`Campaign`](crate::report::model::Campaign)
//! that every report is a function of.
//!
//! - [`cells`]: what runs. The gate's profile and the sweep's axes, and where each run's seed comes from.
//! - [`execute`]: the deepest first, as many at a time as there are cores and as fit into [`memory`]; `watchdog` ends what hangs.
//! - [`repeat()`]: the same seed in another process gives the same hash, or nothing that the campaign says can be trusted.
//! - [`fill()`]: counts, cells, canaries, goals, findings; `axes` fits what grows along an axis; `incident` holds the account
//!   against the simulation.
//! - `pairs`: which dangers of a swarm met.
//! - [`folder`]: what is left on the real disk.

mod axes;
mod bases;
pub mod cells;
mod compared;
mod environment;
mod execute;
mod fill;
mod findings;
pub mod folder;
mod incident;
mod measures;
pub mod memory;
mod overlay;
mod pairs;
mod profile;
mod repeat;
#[cfg(test)]
mod tests;
mod watchdog;

pub use cells::{CellPlan, Request, Role};
pub use environment::{commit, seed_of_commit};
pub use execute::{Executed, Heard, Ran, execute};
pub use fill::{About, fill, is_failure};
pub use findings::Recorded;
pub use profile::Profile;
pub use repeat::{Answer, Repeats, repeat, repeated};
pub use watchdog::Patience;
