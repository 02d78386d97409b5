//! Which dangers of its scenario struck in a run, and did not only stand in its file.

use super::shared::Shared;
use crate::kernel::{Effect, Step};
use crate::scenario::{AgainKind, DangerKind, Scenario};
use contract::sometimes::{Goal, Met};
use host::Call;
use std::collections::BTreeSet;

/// Dangers that struck: of which kind, and where in its list of the run's scenario.
pub type Struck = BTreeSet<(DangerKind, usize)>;

/// Whether a step by whoever is this danger touches something that is the queue's.
pub(super) fn touches(kind: DangerKind, step: &Step<'_>) -> bool {
    let (call, effect) = (step.pending.call, step.effect);
    let is_done = step.errno.is_none();
    is_done
        && match kind {
            DangerKind::Archiver => matches!(effect, Effect::Moved { .. }),
            DangerKind::Antivirus | DangerKind::FileIndexer => call == Call::OpenRead,
            DangerKind::Operator => {
                matches!(
                    effect,
                    Effect::NameRemoved { .. } | Effect::Appended { .. } | Effect::NameAdded { .. }
                )
            }
            DangerKind::Writer => matches!(effect, Effect::NameAdded { .. }),
            DangerKind::SecondInstance => true,
            _ => false,
        }
}

/// Notes what an exchange with the indexer has met: faults that last at its time, and a password that was refused.
pub(super) fn note_exchange(shared: &Shared, status: Option<u16>) {
    let (now_ns, stop_ns) = (shared.now_ns(), shared.faults_stop_ns());
    let indexer = &shared.scenario.indexer;
    let mut struck = shared.struck.borrow_mut();
    let faults = indexer.faults.iter().enumerate();
    let lasting =
        faults.filter(|(_, fault)| fault.from_ns <= now_ns && now_ns < fault.until_ns.min(stop_ns));
    struck.extend(lasting.map(|(place, _)| (DangerKind::IndexerFault, place)));
    if status == Some(401) {
        let rotations = indexer.rotations.iter().enumerate();
        let mut standing = rotations.filter(|(_, rotation)| rotation.at_ns <= now_ns);
        struck.extend(
            standing
                .next_back()
                .map(|(place, _)| (DangerKind::Rotation, place)),
        );
    }
}

/// What is known at the end alone: spoiled files, documents that came again, and old alerts, which always come.
pub(super) fn at_the_end(scenario: &Scenario, met: Met, spoiled: u64) -> Struck {
    let mut struck = Struck::new();
    let mut before = 0;
    for (place, plant) in scenario.plants.iter().enumerate() {
        if before < spoiled {
            struck.insert((DangerKind::Plant, place));
        }
        before += plant.count;
    }
    for (place, again) in scenario.indexer.again.iter().enumerate() {
        let goal = match again.kind {
            AgainKind::SentAgain => Goal::SentAgain,
            AgainKind::Reindexed => Goal::Reindexed,
        };
        if met.contains(goal) {
            struck.insert((DangerKind::Again, place));
        }
    }
    let producers = 0..scenario.producers.len();
    struck.extend(producers.map(|place| (DangerKind::Producer, place)));
    struck
}
