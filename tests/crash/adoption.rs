//! Adopting a flat directory, with a crash at every call.

use crate::life::Work;
use crate::power::lose_power_everywhere;
use crate::sweep::{Execution, Sweep};
use crate::world::{Blow, Strike};

#[test]
fn a_kill_at_any_call_of_an_adoption_leaves_each_file_once() {
    let mut sweep = Sweep::new("adoption, kill at every call");
    let calls = Execution::new(Work::Adopt).next_life().calls.len() as u32;
    for call in 0..calls {
        for blow in [Blow::KillBefore, Blow::KillAfter] {
            let mut execution = Execution::new(Work::Adopt);
            execution.lives = vec![vec![Strike { call, blow }]];
            sweep.run(&execution);
        }
    }
    sweep.finish();
}

#[test]
fn a_power_loss_at_any_call_of_an_adoption_leaves_each_file_once() {
    lose_power_everywhere("adoption, power loss at every call", Work::Adopt, 8);
}
