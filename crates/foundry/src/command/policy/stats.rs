//! `foundry policy stats`: which signatures earn their keep.

use super::Source;
use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::input;
use crate::terminal::{Format, Terminal};
use crate::words;
use host::Host;
use jiff::Timestamp;
use pipeline::heartbeat::Heartbeat;
use policy::{Policy, Stats};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// The file is held in memory: a longer one is to be cut.
const ALERTS_BYTES_MAX: usize = 256 << 20;

/// One signature's line.
#[derive(Clone, Copy, Default)]
struct Hits {
    hits: u64,
    last_hit: Option<Timestamp>,
}

/// Judges every line of a file, as if it came now.
pub(super) fn of_file(
    source: &Source,
    file: &Path,
    terminal: &Terminal,
) -> Result<Exit, FoundryError> {
    let Some(policy) = source.load(terminal) else {
        return Ok(Exit::RuleError);
    };
    let bytes = input::read(&source.machine, file, ALERTS_BYTES_MAX)?;
    let now = words::timestamp(source.machine.host().now());
    let mut stats = Stats::new(&policy);
    let mut dispositions: BTreeMap<&str, u64> = BTreeMap::new();
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
    {
        let verdict = policy.judge_bytes(line, now);
        *dispositions.entry(verdict.disposition.word()).or_default() += 1;
        stats.add(&verdict, now);
    }
    let hits = stats.signatures().map(|(name, stats)| {
        let hits = Hits {
            hits: stats.hits,
            last_hit: None,
        };
        (name.to_owned(), hits)
    });
    show(hits.collect(), terminal);
    rules(&stats, terminal);
    if terminal.format == Format::Text {
        let judged: Vec<String> = dispositions
            .iter()
            .map(|(word, count)| format!("{word} {}", words::count(*count)))
            .collect();
        let total = words::count(stats.total());
        terminal.result(&format!(
            "{total} alerts: {}; {} suppressions overruled\n",
            judged.join(", "),
            words::count(stats.conflicts())
        ));
    }
    Ok(exit_of_dead(stats.dead().count()))
}

/// What the passes counted so far.
pub(super) fn of_heartbeat(source: &Source, context: &Context) -> Result<Exit, FoundryError> {
    let Some(policy) = source.load(&context.terminal) else {
        return Ok(Exit::RuleError);
    };
    let config = Config::load(&source.machine, &context.config)?;
    let spool = foundry::open_to_look(&source.machine, &config)?;
    let heartbeat = Heartbeat::load(&spool)?;
    let totals = heartbeat.map(|last| last.signatures).unwrap_or_default();
    let hits: BTreeMap<String, Hits> = names(&policy)
        .map(|name| {
            let total = totals.get(name).copied().unwrap_or_default();
            let hits = Hits {
                hits: total.hits,
                last_hit: total.last_hit,
            };
            (name.to_owned(), hits)
        })
        .collect();
    let dead = hits.values().filter(|hits| hits.hits == 0).count();
    show(hits, &context.terminal);
    Ok(exit_of_dead(dead))
}

fn names(policy: &Policy) -> impl Iterator<Item = &str> {
    policy
        .signatures()
        .iter()
        .map(|signature| signature.name.as_str())
}

/// A signature without a hit is something to look at.
fn exit_of_dead(dead: usize) -> Exit {
    match dead {
        0 => Exit::Ok,
        _ => Exit::Findings,
    }
}

fn show(hits: BTreeMap<String, Hits>, terminal: &Terminal) {
    let mut sorted: Vec<_> = hits.into_iter().collect();
    sorted.sort_by(|a, b| b.1.hits.cmp(&a.1.hits).then_with(|| a.0.cmp(&b.0)));
    for (name, hits) in sorted {
        match terminal.format {
            Format::Json => terminal.json(&json!({
                "signature": name,
                "hits": hits.hits,
                "last_hit": hits.last_hit,
            })),
            Format::Text => {
                let last = match hits.last_hit {
                    Some(at) => format!("last {}", words::time(at)),
                    None if hits.hits == 0 => "no hit".to_owned(),
                    None => String::new(),
                };
                let count = words::count(hits.hits);
                terminal.result(format!("{name:<44}{count:>10}  {last}").trim_end());
                terminal.result("\n");
            }
        }
    }
}

/// The rules with the most false positives, where there are enough alerts to say so.
fn rules(stats: &Stats, terminal: &Terminal) {
    const RULES_SHOWN_MAX: usize = 10;
    let known = stats.rules().filter_map(|(id, rule)| {
        let ratio = stats.false_positive_ratio(id)?;
        (0.0 < ratio).then_some((id, rule, ratio))
    });
    let mut known: Vec<_> = known.collect();
    known.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| b.1.total.cmp(&a.1.total)));
    for (id, rule, ratio) in known.into_iter().take(RULES_SHOWN_MAX) {
        match terminal.format {
            Format::Json => terminal.json(&json!({
                "rule": id,
                "alerts": rule.total,
                "known_fp": rule.known_fp,
                "false_positive_ratio": ratio,
            })),
            Format::Text => terminal.result(&format!(
                "rule {id:<39}{:>10}  {:.1} % known false positives\n",
                words::count(rule.total),
                100.0 * ratio
            )),
        }
    }
}
