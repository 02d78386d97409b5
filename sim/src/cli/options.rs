//! The options of a campaign: as flags, then resolved, with where each value came from.

use super::CliError;
use super::values::{Depth, SeedArg};
use crate::campaign::{self, Profile};
use crate::scenario::{self, Builtin, Engine, Scenario};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// The flags of `gate` and `sweep`.
#[derive(Args, Debug)]
pub(super) struct CampaignArgs {
    /// A built-in scenario, or a path that ends in .toml. Repeatable; without it, all that are built in
    #[arg(long, value_name = "ID|FILE", value_delimiter = ',')]
    scenario: Vec<String>,
    /// The queue that is explored: legacy, hotfix, spool. A gate runs its canaries besides
    #[arg(long, value_name = "ENGINE", value_delimiter = ',', value_parser = engine)]
    engine: Vec<Engine>,
    /// Files in the queue at the start: 10_000, 10k, 1M. Without it, those of the scenario
    #[arg(long, value_name = "FILES", value_delimiter = ',')]
    depth: Vec<Depth>,
    /// Points of the axis of the one scenario that is named with --scenario. Without it, those of the scenario
    #[arg(
        long,
        value_name = "POINT",
        value_delimiter = ',',
        requires = "scenario"
    )]
    at: Vec<Depth>,
    /// The number that all choices come from: 42, 0x2a, or from-git for the commit. Without it, a fixed one
    #[arg(long, value_name = "SEED", env = "SIM_SEED", hide_env = true)]
    seed: Option<SeedArg>,
    /// Distinct seeds for each cell. Without it, as many as the profile and the scenario say
    #[arg(long, value_name = "N", env = "SIM_SEEDS", hide_env = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// The folder for results, reports and tapes
    #[arg(long, value_name = "DIR", env = "SIM_OUT", hide_env = true, default_value = OUT_DEFAULT)]
    out: PathBuf,
    /// Show each value and where it came from; run nothing
    #[arg(long)]
    print_config: bool,
    /// Show what so many seeds can tell and what they cannot; run nothing
    #[arg(long, conflicts_with = "print_config")]
    plan: bool,
}

/// Beside Cargo's own folders, and ignored by git like them.
const OUT_DEFAULT: &str = "target/sim-runs";
/// The seed when nobody names one: the letters "SignalF". The same command gives the same runs, whatever is checked out.
const SEED_DEFAULT: u64 = 0x0053_6967_6e61_6c46;

/// Reads an engine's name for clap.
pub(super) fn engine(text: &str) -> Result<Engine, String> {
    let names = || Engine::ALL.map(Engine::name);
    Engine::ALL
        .into_iter()
        .find(|engine| engine.name() == text)
        .ok_or_else(|| match scenario::nearest(text, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the engines are {}", names().join(", ")),
        })
}

/// Where a value came from, in falling precedence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The command line.
    Flag,
    /// A `SIM_*` variable.
    Environment,
    /// The scenario file.
    Scenario,
    /// The commit that is checked out.
    Git,
    /// Nobody said.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Origin::Flag => "flag",
            Origin::Environment => "environment",
            Origin::Scenario => "scenario",
            Origin::Git => "from-git",
            Origin::Default => "default",
        })
    }
}

/// A value and where it came from.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[allow(missing_docs, reason = "the type says it")]
pub struct Sourced<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Sourced<T> {
    fn new(value: T, origin: Origin) -> Self {
        Sourced { value, origin }
    }
}

/// What a campaign does: every value is known, none is looked up later.
#[derive(Clone, PartialEq, Debug)]
pub struct Campaign {
    /// The scenarios, each with its axes.
    pub plans: Vec<Plan>,
    /// What it is for.
    pub profile: Sourced<Profile>,
    /// The number that all choices come from.
    pub seed: Sourced<u64>,
    /// The folder for results, reports and tapes.
    pub out: Sourced<PathBuf>,
    /// Show the options instead of running.
    pub print_config: bool,
    /// Show what the seeds can tell instead of running.
    pub plan: bool,
}

/// One scenario of a campaign: engines x depths x seeds runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// How the scenario was named: an id or a path.
    pub source: String,
    /// The situation.
    pub scenario: Scenario,
    /// The engines. Those of a flag replace the ones that consumers name.
    pub engines: Sourced<Vec<Engine>>,
    /// The depths, ascending.
    pub depths: Sourced<Vec<u64>>,
    /// The points of its axis that were asked for; empty: those of the scenario.
    pub points: Vec<u64>,
    /// Distinct seeds for each cell.
    pub seeds: Sourced<u64>,
}

impl Plan {
    /// How many runs that are.
    pub fn runs(&self) -> u64 {
        let axis = self
            .scenario
            .axis
            .as_ref()
            .map_or(0, |axis| axis.points.len());
        let points = if self.points.is_empty() {
            axis
        } else {
            self.points.len()
        };
        let cells = self.engines.value.len() * self.depths.value.len() * points.max(1);
        cells as u64 * self.seeds.value
    }
}

impl CampaignArgs {
    /// Looks up what the flags leave open. Errs for a scenario that is unknown or wrong, and for `from-git` without a commit.
    ///
    /// Where no scenario is named, it is those that ship with the program and that `is_wanted` accepts.
    pub(super) fn resolve(
        self,
        matches: &ArgMatches,
        is_wanted: fn(&Scenario) -> bool,
    ) -> Result<Campaign, CliError> {
        let is_chosen = !self.scenario.is_empty();
        let names: Vec<String> = match is_chosen {
            true => self.scenario,
            false => scenario::list()
                .iter()
                .map(|builtin: &Builtin| builtin.id.to_owned())
                .collect(),
        };
        let mut scenarios = Vec::new();
        for name in names {
            let scenario = Scenario::find(&name)?;
            if is_chosen || is_wanted(&scenario) {
                scenarios.push((name, scenario));
            }
        }
        let mut points: Vec<u64> = self.at.iter().map(|Depth(point)| *point).collect();
        points.sort_unstable();
        points.dedup();
        let without = scenarios
            .iter()
            .find(|(_, one)| one.axis.as_ref().is_none_or(|axis| axis.points.is_empty()));
        if let Some((_, scenario)) = without.filter(|_| !points.is_empty()) {
            let scenario = scenario.id.clone();
            return Err(CliError::NoAxis { scenario });
        }
        let mut depths: Vec<u64> = self.depth.iter().map(|Depth(files)| *files).collect();
        depths.sort_unstable();
        depths.dedup();
        let mut engines = self.engine;
        engines.sort_unstable();
        engines.dedup();
        let seeds = self
            .seeds
            .map(|n| Sourced::new(n, origin(matches, "seeds")));
        Ok(Campaign {
            plans: scenarios
                .into_iter()
                .map(|(source, scenario)| Plan {
                    source,
                    engines: flag_or(&engines, || scenario.engines()),
                    depths: flag_or(&depths, || scenario.sweep.depths.clone()),
                    points: points.clone(),
                    seeds: seeds
                        .clone()
                        .unwrap_or_else(|| Sourced::new(scenario.sweep.seeds, Origin::Scenario)),
                    scenario,
                })
                .collect(),
            profile: Sourced::new(Profile::default(), Origin::Default),
            seed: resolve_seed(self.seed, origin(matches, "seed"))?,
            out: Sourced::new(self.out, origin(matches, "out")),
            print_config: self.print_config,
            plan: self.plan,
        })
    }
}

impl Campaign {
    /// Gives it a profile, which multiplies the seeds that scenarios ask for.
    pub(super) fn give(&mut self, profile: Profile, matches: &ArgMatches) {
        self.profile = Sourced::new(profile, origin(matches, "profile"));
        for plan in &mut self.plans {
            if plan.seeds.origin == Origin::Scenario {
                plan.seeds.value *= profile.seeds_times();
            }
        }
    }
}

fn flag_or<T: Clone>(flag: &[T], scenario: impl FnOnce() -> Vec<T>) -> Sourced<Vec<T>> {
    match flag {
        [] => Sourced::new(scenario(), Origin::Scenario),
        _ => Sourced::new(flag.to_vec(), Origin::Flag),
    }
}

fn origin(matches: &ArgMatches, id: &str) -> Origin {
    match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Origin::Flag,
        Some(ValueSource::EnvVariable) => Origin::Environment,
        _ => Origin::Default,
    }
}

/// The seed: as asked for, else a fixed one. Never the clock, or a run could not be told of.
pub(super) fn resolve_seed(
    asked: Option<SeedArg>,
    origin: Origin,
) -> Result<Sourced<u64>, CliError> {
    match asked {
        Some(SeedArg::Number(seed)) => Ok(Sourced::new(seed, origin)),
        Some(SeedArg::FromGit) => match campaign::seed_of_commit() {
            Some(seed) => Ok(Sourced::new(seed, Origin::Git)),
            None => Err(CliError::NoCommit),
        },
        None => Ok(Sourced::new(SEED_DEFAULT, Origin::Default)),
    }
}

/// The answer to `--print-config`, as text.
pub(super) fn config_text(campaign: &Campaign) -> String {
    let mut text = format!(
        "seed     0x{:016x}  ({})\nprofile  {}  ({})\nout      {}  ({})\n",
        campaign.seed.value,
        campaign.seed.origin,
        campaign.profile.value,
        campaign.profile.origin,
        campaign.out.value.display(),
        campaign.out.origin
    );
    for plan in &campaign.plans {
        let engines = plan.engines.value.iter().map(|engine| engine.name());
        let depths = plan.depths.value.iter().map(u64::to_string);
        text += &format!(
            "\n{}  {} runs\n  engines  {}  ({})\n  depths   {}  ({})\n  seeds    {}  ({})\n",
            plan.scenario.name(),
            plan.runs(),
            engines.collect::<Vec<_>>().join(" "),
            plan.engines.origin,
            depths.collect::<Vec<_>>().join(" "),
            plan.depths.origin,
            plan.seeds.value,
            plan.seeds.origin
        );
    }
    text
}

/// The answer to `--print-config`, as one JSON object.
pub(super) fn config_json(campaign: &Campaign) -> serde_json::Value {
    let plans: Vec<serde_json::Value> = campaign
        .plans
        .iter()
        .map(|plan| {
            serde_json::json!({
                "scenario": plan.scenario.name(),
                "engines": plan.engines,
                "depths": plan.depths,
                "seeds": plan.seeds,
                "runs": plan.runs(),
            })
        })
        .collect();
    serde_json::json!({
        "schema": 1,
        "seed": campaign.seed,
        "profile": campaign.profile,
        "out": campaign.out,
        "plans": plans,
    })
}
