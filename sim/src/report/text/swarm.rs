//! Which dangers of a swarm met: a line for each scenario that is one, and the pairs that were never on together.

use super::super::model::{Campaign, Pair, Swarm};
use super::super::units::exact_count;
use super::{Lines, Tone};

/// Pairs that are named before the rest is only counted.
const NAMED: usize = 5;

pub(super) fn push(lines: &mut Lines<'_>, campaign: &Campaign) {
    for swarm in campaign.swarms.iter().filter(|swarm| 0 < swarm.runs) {
        lines.detail(&summary(swarm));
        let never = swarm.never_together();
        if !never.is_empty() {
            let line = lines.paint(&never_line(&never), Tone::Doubt);
            lines.detail(&line);
        }
    }
}

fn summary(swarm: &Swarm) -> String {
    let pairs = swarm.pairs().count() as u64;
    let least = |counts: &mut dyn Iterator<Item = u64>| exact_count(counts.min().unwrap_or(0));
    let [never, never_struck] = [
        swarm.never_together().len(),
        swarm.pairs().filter(|pair| pair.struck == 0).count(),
    ];
    format!(
        "  swarm     {}  {} dangers, {} pairs: each on together in {} of {} runs or more, {} never; {} never struck in one run",
        swarm.scenario,
        swarm.dangers.len(),
        exact_count(pairs),
        least(&mut swarm.pairs().map(|pair| pair.on)),
        exact_count(swarm.runs),
        exact_count(never as u64),
        exact_count(never_struck as u64)
    )
}

fn never_line(never: &[Pair<'_>]) -> String {
    let named = never.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|pair| format!("{} × {}", pair.first, pair.second))
        .collect();
    let more = match never.len() - named.len() {
        0 => String::new(),
        more => format!(", and {} more", exact_count(more as u64)),
    };
    format!("            never on together: {}{more}", named.join(" · "))
}
