//! What must come out of a campaign.

use super::actor::Engine;
use super::checks::Checks;
use super::{Consumer, Sweep};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The predicates of the contract: id and name.
pub const PREDICATES: [(&str, &str); 26] = [
    ("S1", "one-place"),
    ("S2", "conservation"),
    ("S3", "one-case"),
    ("S4", "exclusive-claim"),
    ("S5", "no-resurrection"),
    ("S6", "whole-when-visible"),
    ("S7", "idempotent-ingest"),
    ("S8", "vanish-is-data"),
    ("S9", "blast-radius-one"),
    ("S10", "scan-tolerance"),
    ("S11", "ack-after-durable"),
    ("S12", "write-ahead-removal"),
    ("S13", "order"),
    ("S14", "names-monotone"),
    ("S15", "cap"),
    ("S16", "bounded-memory"),
    ("S17", "reconciliation"),
    ("S18", "sync-failure"),
    ("S19", "bounded-window"),
    ("L1", "progress"),
    ("L2", "cap-completes"),
    ("L3", "no-self-reinforcement"),
    ("L4", "lease"),
    ("L5", "no-starvation"),
    ("L6", "recovery"),
    ("L7", "drains"),
];

/// The `sometimes` goals: name, and what must have happened at least once.
pub const GOALS: [(&str, &str); 25] = [
    (
        "vanish-between-list-and-stat",
        "a listed name was gone at its stat",
    ),
    (
        "vanish-between-list-and-open",
        "a listed name was gone at its open",
    ),
    (
        "vanish-between-open-and-read",
        "a name went while its file was open, before it was read",
    ),
    (
        "vanish-between-list-and-claim",
        "a listed bucket was gone at its claim",
    ),
    (
        "vanish-between-claim-and-read",
        "an entry of a claimed bucket was gone when it was read",
    ),
    (
        "vanish-between-claim-and-complete",
        "an entry of a claimed bucket was gone at completion",
    ),
    (
        "vanish-between-archive-and-unlink",
        "a name went between its archiving and its removal",
    ),
    (
        "scan-missed-and-doubled",
        "one scan missed one moved name and returned another twice",
    ),
    ("claim-race-lost", "two workers wanted one bucket"),
    (
        "claim-redelivered",
        "an entry was claimed again after its worker died",
    ),
    ("crash-inside-publish", "a process died while it published"),
    ("crash-inside-complete", "a process died while it completed"),
    (
        "crash-inside-cap",
        "a process died while it enforced the cap",
    ),
    ("crash-inside-recover", "a process died while it recovered"),
    (
        "power-loss-kept-rename-lost-bytes",
        "a power loss kept a rename and lost the file's bytes",
    ),
    (
        "no-space-then-success",
        "one name met a full disk and the next did not",
    ),
    ("too-many-open-in-scan", "the handles ran out during a scan"),
    (
        "mtime-tie-of-100",
        "100 pending files had one modification time",
    ),
    (
        "clock-stepped-back",
        "the wall clock went backwards while somebody worked",
    ),
    (
        "sync-failed-then-success",
        "a sync failed and a later one succeeded",
    ),
    ("duplicate-alert", "an alert was fetched twice"),
    (
        "unauthorised-six-days",
        "the indexer answered 401 for six days, then succeeded",
    ),
    (
        "second-instance-started",
        "a second instance started while the first ran",
    ),
    (
        "sharing-violation-on-rename",
        "a rename failed because a neighbour held the file",
    ),
    ("bad-file-quarantined", "a planted bad file was set aside"),
];

/// What must come out. Ids are those of [`PREDICATES`], goals those of [`GOALS`].
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Expect {
    /// Predicates that this engine must break, or the harness is broken.
    pub canary: BTreeMap<Engine, Vec<String>>,
    /// Safety predicates that the production queue must keep in every state.
    pub always: Vec<String>,
    /// Liveness predicates that must hold once faults have stopped.
    pub eventually: Vec<String>,
    /// Goals that at least one run must reach, or the campaign is inconclusive.
    pub sometimes: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpect {
    #[serde(default)]
    canary: RawCanary,
    #[serde(default)]
    always: Vec<Spanned<String>>,
    #[serde(default)]
    eventually: Vec<Spanned<String>>,
    #[serde(default)]
    sometimes: Vec<Spanned<String>>,
}

/// One key an engine, so that a misspelt one is found where it stands.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawCanary {
    legacy: Option<Spanned<Vec<Spanned<String>>>>,
    hotfix: Option<Spanned<Vec<Spanned<String>>>>,
    spool: Option<Spanned<Vec<Spanned<String>>>>,
}

impl RawExpect {
    pub(super) fn resolve(
        self,
        consumers: &[Consumer],
        sweep: &Sweep,
        checks: &mut Checks,
    ) -> Expect {
        let predicates = |ids: Vec<Spanned<String>>, checks: &mut Checks| -> Vec<String> {
            ids.into_iter()
                .map(|id| checks.known(id, &PREDICATES, "a predicate of the contract"))
                .collect()
        };
        let mut canary = BTreeMap::new();
        for (engine, ids) in [
            (Engine::Legacy, self.canary.legacy),
            (Engine::Hotfix, self.canary.hotfix),
            (Engine::Spool, self.canary.spool),
        ] {
            let Some(ids) = ids else { continue };
            check_engine_runs(engine, ids.span(), consumers, sweep, checks);
            canary.insert(engine, predicates(ids.into_inner(), checks));
        }
        let mode = |ids: &[Spanned<String>], letter: char, key: &str, checks: &mut Checks| {
            for id in ids {
                let known = PREDICATES.iter().any(|(known, _)| known == id.get_ref());
                if known && !id.get_ref().starts_with(letter) {
                    let (message, label) = match letter {
                        'S' => ("this is a liveness predicate", "belongs to `eventually`"),
                        _ => ("this is a safety predicate", "belongs to `always`"),
                    };
                    checks.problem(
                        id.span(),
                        format!("{message}, not for `{key}`"),
                        label,
                        None,
                    );
                }
            }
        };
        mode(&self.always, 'S', "always", checks);
        mode(&self.eventually, 'L', "eventually", checks);
        Expect {
            canary,
            always: predicates(self.always, checks),
            eventually: predicates(self.eventually, checks),
            sometimes: self
                .sometimes
                .into_iter()
                .map(|goal| checks.known(goal, &GOALS, "a goal"))
                .collect(),
        }
    }
}

/// A canary that nobody runs can never sing.
fn check_engine_runs(
    engine: Engine,
    span: Range<usize>,
    consumers: &[Consumer],
    sweep: &Sweep,
    checks: &mut Checks,
) {
    let named = consumers.iter().any(|c| c.engine == Some(engine));
    let swept = consumers.iter().any(|c| c.engine.is_none()) && sweep.engines.contains(&engine);
    if !named && !swept {
        checks.problem(
            span,
            format!("no consumer runs the engine `{engine}`"),
            "this expectation can never be met",
            Some(format!(
                "add `engine = \"{engine}\"` to a [[consumer]], or `\"{engine}\"` to sweep.engines"
            )),
        );
    }
}
