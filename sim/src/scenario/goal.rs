//! What must come out of a campaign.

use super::actor::Engine;
use super::checks::Checks;
use super::{Consumer, Sweep};
use contract::sometimes::Goal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The predicates that a scenario may expect: id and name.
fn predicates_known() -> Vec<(&'static str, &'static str)> {
    contract::predicates()
        .into_iter()
        .map(|known| (known.id, known.name))
        .collect()
}

/// The dangers that a scenario may ask for: name and meaning.
fn goals_known() -> Vec<(&'static str, &'static str)> {
    Goal::ALL
        .iter()
        .map(|goal| (goal.name(), goal.meaning()))
        .collect()
}

/// What must come out. Ids and goals are those of the contract.
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

impl Expect {
    /// Whether nothing is asserted.
    pub fn is_empty(&self) -> bool {
        let lists = [&self.always, &self.eventually, &self.sometimes];
        self.canary.is_empty() && lists.iter().all(|list| list.is_empty())
    }
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
                .map(|id| checks.known(id, &predicates_known(), "a predicate of the contract"))
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
                let known = predicates_known()
                    .iter()
                    .any(|(known, _)| known == id.get_ref());
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
                .map(|goal| checks.known(goal, &goals_known(), "a goal"))
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
