//! All seven stages: every document of a mock indexer becomes one case, whatever goes wrong on the way.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod documents;
mod faults;
mod findings;
mod full_disk;
mod hostile;
mod intake;
mod over_https;
mod returned;
mod rotation;
mod simulated;
