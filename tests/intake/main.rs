//! All seven stages: every document of a mock indexer becomes one case, whatever goes wrong on the way.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod clocks;
mod documents;
mod faults;
mod findings;
mod full_disk;
mod hanging;
mod hostile;
mod intake;
mod late;
mod over_https;
mod returned;
mod rotation;
mod simulated;
