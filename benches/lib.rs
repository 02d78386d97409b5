//! Fixtures shared by the benchmarks of this package.
//!
//! - [`fixture`] makes alerts and the queue that is measured.
//! - [`bare`] does what the queue does to the disk, call for call, and nothing else: what there is to lose against.
//!
//! Deleting poisons what is measured next on some disks, so everything is done in fresh directories, which are removed
//! at the very end.

pub mod bare;
pub mod fixture;
