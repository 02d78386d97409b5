//! Which dangers of a swarm met.

use serde::{Deserialize, Serialize};

/// The dangers of a scenario whose runs draw theirs, and how often each two of them met.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swarm {
    /// Id of the scenario.
    pub scenario: String,
    /// Its runs.
    pub runs: u64,
    /// Its dangers, in the order of their kinds.
    pub dangers: Vec<SwarmDanger>,
    /// In how many runs two dangers were both on: for each danger, one number for each danger before it.
    pub together: Vec<Vec<u64>>,
    /// In how many runs both struck, in the same order.
    pub struck_together: Vec<Vec<u64>>,
}

/// One danger of a swarm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwarmDanger {
    /// What it is called.
    pub name: String,
    /// Runs in which it was on.
    pub on: u64,
    /// Runs in which it struck: something happened that would not have happened without it.
    pub struck: u64,
}

/// Two dangers of a swarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair<'a> {
    /// The one that stands first.
    pub first: &'a str,
    /// The other.
    pub second: &'a str,
    /// Runs in which both were on.
    pub on: u64,
    /// Runs in which both struck.
    pub struck: u64,
}

impl Swarm {
    /// Every unordered pair of dangers.
    pub fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        (0..self.dangers.len()).flat_map(move |second| {
            (0..second).map(move |first| Pair {
                first: &self.dangers[first].name,
                second: &self.dangers[second].name,
                on: self.count(&self.together, second, first),
                struck: self.count(&self.struck_together, second, first),
            })
        })
    }

    /// The pairs that were on together in no run.
    pub fn never_together(&self) -> Vec<Pair<'_>> {
        self.pairs().filter(|pair| pair.on == 0).collect()
    }

    /// The count of a pair; 0 where a file that was written by hand leaves it out.
    fn count(&self, counts: &[Vec<u64>], row: usize, column: usize) -> u64 {
        let row = counts.get(row);
        row.and_then(|row| row.get(column)).copied().unwrap_or(0)
    }
}
