//! The power goes, at every call, under several draws of what survives, and again while the queue recovers.

use crate::life::Work;
use crate::sweep::{Execution, Sweep};
use crate::world::{Blow, Strike};
use sim::kernel::{PowerLossProfile, Seed};

const PROFILES: [PowerLossProfile; 2] = [PowerLossProfile::AnySubset, PowerLossProfile::Ordered];

/// Takes the power away at every call, under `seeds` draws of each profile.
pub(crate) fn lose_power_everywhere(what: &'static str, work: Work, seeds: u64) {
    let mut sweep = Sweep::new(what);
    let calls = Execution::new(work).next_life().calls.len() as u32;
    for power_loss in PROFILES {
        for seed in 0..seeds {
            for call in 0..calls {
                // What the call did is unsynced in one half of the draws, and not done in the other.
                let blow = match seed % 2 {
                    0 => Blow::PowerAfter,
                    _ => Blow::PowerBefore,
                };
                let mut execution = Execution::new(work);
                (execution.seed, execution.power_loss) = (seed, power_loss);
                execution.lives = vec![vec![Strike { call, blow }]];
                sweep.run(&execution);
            }
        }
    }
    sweep.finish();
}

#[test]
fn a_power_loss_at_any_call_loses_nothing_that_was_acknowledged() {
    lose_power_everywhere("power loss at every call", Work::Flow, 8);
}

#[test]
fn a_power_loss_at_any_call_of_a_publisher_that_forgets_makes_no_second_case() {
    lose_power_everywhere(
        "power loss at every call, forgetful publisher",
        Work::Forgetful,
        8,
    );
}

#[test]
fn a_power_loss_at_any_call_where_cases_are_packed_loses_nothing() {
    lose_power_everywhere("power loss at every call, packed", Work::Packed, 8);
}

#[test]
fn a_power_loss_at_any_call_makes_no_second_case_of_what_was_packed_before_or_is_packed_now() {
    lose_power_everywhere(
        "power loss at every call, packed, forgetful publisher",
        Work::PackedForgetful,
        8,
    );
}

#[test]
fn a_second_power_loss_while_the_first_is_recovered_from_loses_nothing() {
    lose_power_in_recovery(
        "power loss at every call, then at sampled calls of the recovery",
        Work::Flow,
    );
}

#[test]
fn a_second_power_loss_while_packs_are_recovered_loses_nothing() {
    lose_power_in_recovery(
        "power loss at every call, then at sampled calls of the recovery, packed",
        Work::PackedForgetful,
    );
}

fn lose_power_in_recovery(what: &'static str, work: Work) {
    let mut sweep = Sweep::new(what);
    let mut prng = Seed(11).stream("crash/recovery");
    let blows = [Blow::KillAfter, Blow::PowerBefore, Blow::PowerAfter];
    for power_loss in PROFILES {
        let mut first = Execution::new(work);
        (first.seed, first.power_loss) = (3, power_loss);
        let calls = first.next_life().calls.len() as u32;
        for call in 0..calls {
            let blow = Blow::PowerAfter;
            let mut execution = first.clone();
            execution.lives = vec![vec![Strike { call, blow }]];
            let recovery = execution.next_life().calls.len() as u64;
            for blow in blows {
                for _ in 0..3 {
                    let call = prng.below(recovery) as u32;
                    let mut twice = execution.clone();
                    twice.lives.push(vec![Strike { call, blow }]);
                    sweep.run(&twice);
                }
            }
        }
    }
    sweep.finish();
}
