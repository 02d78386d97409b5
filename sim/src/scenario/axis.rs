//! Axes of scale: what else grows beside the depth of the queue, and which costs must not grow with it.
//!
//! A scenario with an `[axis]` is run at each of the axis's points. [`Scenario::at`] makes the plain scenario of a point, which is
//! what runs and what a tape holds.

use super::checks::Checks;
use super::units::SECOND_NS;
use super::{Pace, Scenario};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use toml::Spanned;

/// What grows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisKind {
    /// Alerts that wait at the start: the depths of the sweep.
    Depth,
    /// Passes that the home has behind it, each of a process of its own: `past.lives`.
    Age,
    /// Cases that the home has at the start: `queue.initial`, with a `[past]`.
    History,
    /// How many of each consumer work side by side.
    Width,
    /// Alerts that appear at once: the total of each producer without a rate.
    Burst,
    /// Minutes for which the indexer is out of order, or for which a shipper has stood still.
    Outage,
    /// Percent of the alerts of the start that archivers take away.
    Holes,
    /// Seconds by which the clock is set wrong, either way.
    Skew,
    /// Bytes that each alert has more than an ordinary one.
    Size,
    /// Alerts of the start that have an hour and, drawn, an agent of their own.
    Variety,
}

impl AxisKind {
    /// All axes of the contract.
    pub const ALL: [AxisKind; 10] = [
        AxisKind::Depth,
        AxisKind::Age,
        AxisKind::History,
        AxisKind::Width,
        AxisKind::Burst,
        AxisKind::Outage,
        AxisKind::Holes,
        AxisKind::Skew,
        AxisKind::Size,
        AxisKind::Variety,
    ];

    /// The name that scenarios and reports use.
    pub fn name(self) -> &'static str {
        match self {
            AxisKind::Depth => "depth",
            AxisKind::Age => "age",
            AxisKind::History => "history",
            AxisKind::Width => "width",
            AxisKind::Burst => "burst",
            AxisKind::Outage => "outage",
            AxisKind::Holes => "holes",
            AxisKind::Skew => "skew",
            AxisKind::Size => "size",
            AxisKind::Variety => "variety",
        }
    }

    /// What its points count.
    pub fn unit(self) -> &'static str {
        match self {
            AxisKind::Depth => "alerts waiting",
            AxisKind::Age => "passes behind it",
            AxisKind::History => "finished cases",
            AxisKind::Width => "workers",
            AxisKind::Burst => "alerts at once",
            AxisKind::Outage => "minutes",
            AxisKind::Holes => "% taken away",
            AxisKind::Skew => "seconds wrong",
            AxisKind::Size => "bytes more",
            AxisKind::Variety => "hours and agents",
        }
    }
}

/// A cost of a run that is held against the axis.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The most calls of a pass with nothing to do (S20).
    IdlePass,
    /// The most calls of a process that starts, makes a pass with nothing to do, and ends (S20).
    Start,
    /// The most calls between seeing a name and using it (S19).
    Window,
    /// Calls for each finished alert.
    Alert,
}

impl Measure {
    /// The name that scenarios and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Measure::IdlePass => "idle-pass",
            Measure::Start => "start",
            Measure::Window => "window",
            Measure::Alert => "alert",
        }
    }
}

/// An axis, with the points at which the scenario is run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Axis {
    /// What grows.
    pub kind: AxisKind,
    /// From where to where, ascending, in the unit of the axis. Empty for [`AxisKind::Depth`].
    pub points: Vec<u64>,
    /// What must stay flat along it for the production queue.
    pub flat: Vec<Measure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAxis {
    kind: Spanned<AxisKind>,
    points: Option<Spanned<Vec<Spanned<u64>>>>,
    flat: Spanned<Vec<Measure>>,
}

impl RawAxis {
    pub(super) fn resolve(self, checks: &mut Checks) -> Axis {
        let kind = *self.kind.get_ref();
        let points = match (kind, self.points) {
            (AxisKind::Depth, None) => Vec::new(),
            (AxisKind::Depth, Some(points)) => {
                let (message, label) = ("the depths are those of the sweep", "not here");
                let help = "write them as `depth` in [sweep]".to_owned();
                checks.problem(points.span(), message, label, Some(help));
                Vec::new()
            }
            (_, Some(points)) => checks.ascending(points.into_inner(), "the points of an axis"),
            (_, None) => {
                let (message, label) = ("the axis has no points", "add `points`");
                checks.problem(self.kind.span(), message, label, None);
                Vec::new()
            }
        };
        if self.flat.get_ref().is_empty() {
            let message = "nothing must stay flat along this axis";
            checks.problem(self.flat.span(), message, "name one measure or more", None);
        }
        Axis {
            kind,
            points,
            flat: self.flat.into_inner(),
        }
    }
}

/// What an axis needs in the rest of its scenario; otherwise all its points would be the same run.
pub(super) fn check(scenario: &Scenario, at: Range<usize>, checks: &mut Checks) {
    let Some(axis) = &scenario.axis else { return };
    let outages = !scenario.indexer.rotations.is_empty()
        || !scenario.indexer.faults.is_empty()
        || scenario
            .producers
            .iter()
            .any(|one| one.indexed_ns.is_some());
    let (is_there, what) = match axis.kind {
        AxisKind::Depth | AxisKind::Width | AxisKind::Size | AxisKind::Variety => (true, ""),
        AxisKind::Age | AxisKind::History => (scenario.past.is_some(), "a [past]"),
        AxisKind::Burst => (
            scenario.producers.iter().any(|one| one.pace == Pace::Max),
            "a [[producer]] without a rate",
        ),
        AxisKind::Outage => (
            outages,
            "an [[indexer.fault]], an [[indexer.rotation]], or a [[producer]] with `indexed`",
        ),
        AxisKind::Holes => (!scenario.archivers.is_empty(), "an [[archiver]]"),
        AxisKind::Skew => (!scenario.clock_steps.is_empty(), "a [[clock_step]]"),
    };
    if !is_there {
        let message = format!("nothing grows along the axis `{}`", axis.kind.name());
        checks.problem(at, message, format!("the scenario needs {what}"), None);
    }
}

impl Scenario {
    /// The plain scenario at a point of its axis; itself if it has none.
    pub fn at(&self, point: u64) -> Scenario {
        let mut scenario = self.clone();
        let Some(axis) = scenario.axis.take() else {
            return scenario;
        };
        match axis.kind {
            AxisKind::Depth | AxisKind::History => scenario.queue.initial = point,
            AxisKind::Age => scenario.past.iter_mut().for_each(|past| past.lives = point),
            AxisKind::Width => {
                let consumers = scenario.consumers.iter_mut();
                consumers.for_each(|consumer| consumer.count = point);
            }
            AxisKind::Burst => {
                let producers = scenario.producers.iter_mut();
                let bursts = producers.filter(|producer| producer.pace == Pace::Max);
                bursts.for_each(|producer| producer.total = Some(point));
            }
            AxisKind::Outage => last(&mut scenario, point * 60 * SECOND_NS),
            AxisKind::Holes => {
                let most = scenario.queue.initial * point / 100;
                let archivers = scenario.archivers.iter_mut();
                archivers.for_each(|archiver| archiver.at_most = Some(most));
            }
            AxisKind::Skew => {
                let by_ms = i64::try_from(point * 1_000).unwrap_or(i64::MAX);
                let steps = scenario.clock_steps.iter_mut();
                steps.for_each(|step| step.by_ms = step.by_ms.signum() * by_ms);
            }
            AxisKind::Size => scenario.indexer.padding = point,
            AxisKind::Variety => {
                scenario.queue.initial = point;
                scenario.indexer.agents = point;
            }
        }
        scenario
    }
}

/// Has every outage of the indexer, and the standstill of every shipper, last so long. Alerts go on coming meanwhile.
fn last(scenario: &mut Scenario, length_ns: u64) {
    for producer in &mut scenario.producers {
        let total = producer.total.unwrap_or(1);
        producer.pace = Pace::EveryNs((length_ns / total).max(1));
        if producer.indexed_ns.is_some() {
            producer.age_ns = length_ns;
        }
    }
    for rotation in &mut scenario.indexer.rotations {
        rotation.noticed_ns = rotation.at_ns + length_ns;
    }
    for fault in &mut scenario.indexer.faults {
        fault.until_ns = fault.from_ns + length_ns;
    }
    let is_live = scenario
        .producers
        .iter()
        .any(|one| one.indexed_ns.is_none());
    if is_live {
        scenario.clock.run_ns += length_ns;
        let stop = scenario.clock.faults_stop_ns.as_mut();
        stop.into_iter().for_each(|stop| *stop += length_ns);
    }
}
