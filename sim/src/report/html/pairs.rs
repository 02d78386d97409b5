//! Which dangers of a swarm met: a row for each, and the triangle of all pairs, folded away.

use super::super::model::{Campaign, Pair, Swarm};
use super::super::units::exact_count;
use super::block::{Block, Group, Section, Table, Td};

/// The section of the pairs.
pub(super) fn section(campaign: &Campaign) -> Section {
    let mut blocks = Vec::new();
    for swarm in &campaign.swarms {
        blocks.push(Block::Prose(sentence(swarm)));
        blocks.push(Block::Table(dangers(swarm)));
        blocks.push(Block::Table(triangle(swarm)));
    }
    if blocks.is_empty() {
        let none = "No scenario of this campaign draws its dangers.";
        blocks.push(Block::Empty(none.to_owned()));
    }
    Section {
        id: "pairs",
        title: "Pairs of dangers",
        blocks,
    }
}

fn sentence(swarm: &Swarm) -> String {
    let never = swarm.never_together();
    let never = match &never[..] {
        [] => "Every two of them were on together".to_owned(),
        pairs => format!(
            "Never on together: {}. All others were",
            pairs.iter().map(words).collect::<Vec<_>>().join("; ")
        ),
    };
    format!(
        "{}: each of {} runs had a subset of {} dangers. {never}.",
        swarm.scenario,
        exact_count(swarm.runs),
        swarm.dangers.len()
    )
}

fn words(pair: &Pair<'_>) -> String {
    format!("{} and {}", pair.first, pair.second)
}

/// A row for each danger: in how many runs it was, and with which other it met least.
fn dangers(swarm: &Swarm) -> Table {
    let rows = (1..).zip(&swarm.dangers).map(|(number, danger)| {
        let own = swarm
            .pairs()
            .filter(|pair| pair.first == danger.name || pair.second == danger.name);
        let least = own.min_by_key(|pair| (pair.on, pair.struck));
        let least = least.map_or_else(String::new, |pair| {
            let other = if pair.first == danger.name {
                pair.second
            } else {
                pair.first
            };
            format!("{} with {other}", exact_count(pair.on))
        });
        vec![
            format!("{number}. {}", danger.name),
            exact_count(danger.on),
            exact_count(danger.struck),
            least,
        ]
    });
    Table::plain(
        &format!(
            "{}: runs in which each danger was on, in which it struck, and in which it was on with the one that it met least.",
            swarm.scenario
        ),
        &["danger", "on", "struck", "least together"],
        rows.collect(),
    )
}

/// All pairs: runs in which both were on, and below, in which both struck.
fn triangle(swarm: &Swarm) -> Table {
    let count = swarm.dangers.len();
    let mut pairs = swarm.pairs();
    let mut rows = Vec::new();
    for row in 0..count {
        let mut cells = vec![Td::new(format!("{}. {}", row + 1, swarm.dangers[row].name))];
        cells.extend(pairs.by_ref().take(row).map(|pair| {
            let class = if pair.on == 0 { "bad" } else { "" };
            let small = exact_count(pair.struck);
            Td::new(exact_count(pair.on)).small(small).class(class)
        }));
        rows.push(cells);
    }
    let numbers = (1..=count).map(|number| number.to_string());
    Table {
        caption: format!(
            "{}: runs in which two dangers were both on; below, in which both struck.",
            swarm.scenario
        ),
        fold: Some("Every pair".to_owned()),
        head: std::iter::once(String::new()).chain(numbers).collect(),
        groups: vec![Group {
            title: String::new(),
            rows,
        }],
        figures: true,
    }
}
