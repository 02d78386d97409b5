//! The process dies, at every call, and again while it recovers. The page cache lives.

use crate::life::Work;
use crate::sweep::{Execution, Sweep};
use crate::verdict::Mercy;
use crate::world::{Blow, End, Strike};
use sim::kernel::Seed;

const BLOWS: [Blow; 2] = [Blow::KillBefore, Blow::KillAfter];

fn kill_everywhere(what: &'static str, work: Work) {
    let mut sweep = Sweep::new(what);
    let calls = Execution::new(work).next_life().calls.len() as u32;
    for call in 0..calls {
        for blow in BLOWS {
            let mut execution = Execution::new(work);
            execution.lives = vec![vec![Strike { call, blow }]];
            sweep.run(&execution);
        }
    }
    sweep.finish();
}

#[test]
fn an_undisturbed_life_ends_well_and_so_does_a_second_one() {
    for work in [
        Work::Flow,
        Work::Forgetful,
        Work::Adopt,
        Work::Packed,
        Work::PackedForgetful,
    ] {
        let mut execution = Execution::new(work);
        assert!(matches!(execution.next_life().end, End::Done(_)));
        assert_eq!(execution.run(), Ok(()));
        execution.lives = vec![vec![], vec![]];
        assert_eq!(execution.run(), Ok(()), "{work:?}");
        assert_eq!(execution.mercy, Mercy::None);
    }
}

#[test]
fn a_kill_at_any_call_loses_and_doubles_nothing() {
    kill_everywhere("kill at every call", Work::Flow);
}

#[test]
fn a_kill_at_any_call_of_a_publisher_that_forgets_makes_no_second_case() {
    kill_everywhere("kill at every call, forgetful publisher", Work::Forgetful);
}

#[test]
fn a_kill_at_any_call_where_cases_are_packed_loses_and_doubles_nothing() {
    kill_everywhere("kill at every call, packed", Work::Packed);
}

#[test]
fn a_kill_at_any_call_makes_no_second_case_of_what_was_packed_before_or_is_packed_now() {
    kill_everywhere(
        "kill at every call, packed, forgetful publisher",
        Work::PackedForgetful,
    );
}

#[test]
fn a_kill_at_any_call_of_a_recovery_loses_and_doubles_nothing() {
    kill_in_recovery(
        "kill at every call, then at sampled calls of the recovery",
        Work::Flow,
    );
}

#[test]
fn a_kill_at_any_call_of_a_recovery_of_packs_loses_and_doubles_nothing() {
    kill_in_recovery(
        "kill at every call, then at sampled calls of the recovery, packed",
        Work::PackedForgetful,
    );
}

fn kill_in_recovery(what: &'static str, work: Work) {
    let mut sweep = Sweep::new(what);
    let mut prng = Seed(7).stream("crash/recovery");
    let first = Execution::new(work);
    let calls = first.next_life().calls.len() as u32;
    for call in 0..calls {
        let mut execution = first.clone();
        execution.lives = vec![vec![Strike {
            call,
            blow: Blow::KillAfter,
        }]];
        let recovery = execution.next_life().calls.len() as u64;
        for blow in [Blow::KillBefore, Blow::KillAfter] {
            for _ in 0..4 {
                let call = prng.below(recovery) as u32;
                let mut twice = execution.clone();
                twice.lives.push(vec![Strike { call, blow }]);
                sweep.run(&twice);
            }
        }
    }
    sweep.finish();
}
