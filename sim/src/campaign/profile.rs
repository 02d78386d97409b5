//! How much a campaign is given.

use clap::ValueEnum;
use serde::Serialize;
use std::fmt;

/// What a gate is for: it says how many seeds each cell gets, and what the campaign must have met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// A change that is to land: minutes
    #[default]
    Pr,
    /// A night: ten times the seeds, and every two dangers of a swarm must have been on together
    Nightly,
}

impl Profile {
    /// How many times the seeds that a scenario asks for each of its cells gets. Canaries get none more: they have to die once.
    pub fn seeds_times(self) -> u64 {
        match self {
            Profile::Pr => 1,
            Profile::Nightly => 10,
        }
    }

    /// Whether two dangers of a swarm that were never on together make the campaign inconclusive.
    pub fn must_pair(self) -> bool {
        self == Profile::Nightly
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Profile::Pr => "pr",
            Profile::Nightly => "nightly",
        })
    }
}
