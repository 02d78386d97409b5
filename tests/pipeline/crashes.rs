//! Whatever strikes while packs are made, every escalated case ends with exactly one, whole.

use crate::bags::{packs, validate};
use crate::world::{Blow, Strike, World, policy};
use host::{Call, Errno};
use pipeline::Stage;
use policy::Policy;
use std::io::Write;
use std::rc::Rc;

/// Lives with these strikes, then one that nothing disturbs, and then one more. Errs with what is wrong.
fn execute(policy: &Rc<Policy>, seed: u64, strikes: &[Strike]) -> Result<(), String> {
    let mut world = World::new(policy, seed);
    for strike in strikes {
        world.live(Some(*strike));
        // Never half a pack in its place, also before anybody recovers.
        whole(&world, false)?;
    }
    let report = world.live(None).report.ok_or("the last life was killed")?;
    let stage = report.stage(Stage::Escalation).ok_or("no stage 5")?;
    if stage.failure.is_some() || stage.counts.errors != 0 {
        return Err(format!("the last pass is not well: {stage:?}"));
    }
    whole(&world, true)?;
    let before = packs(&world.files())?;
    let again = world.live(None).report.ok_or("a later life was killed")?;
    let counts = again.stage(Stage::Escalation).ok_or("no stage 5")?.counts;
    if (counts.taken, counts.given, counts.errors) != (0, 0, 0) {
        return Err(format!("nothing was left to do, and it did {counts:?}"));
    }
    match packs(&world.files())? == before {
        true => Ok(()),
        false => Err("a later pass changed a pack".to_owned()),
    }
}

/// Every pack that stands is valid; at the end, there is one for each escalated alert, and nothing aside.
fn whole(world: &World, is_end: bool) -> Result<(), String> {
    let mut files = world.files();
    if !is_end {
        files.retain(|path, _| !path.starts_with("escalations/.aside/"));
    }
    let expected = World::expected();
    let found = packs(&files)?;
    for (place, pack) in &found {
        let (id, alert) = expected
            .get(place)
            .ok_or(format!("{place} is no pack of ours"))?;
        validate(pack, id, alert).map_err(|wrong| format!("{place}: {wrong}"))?;
    }
    match is_end && found.len() != expected.len() {
        true => Err(format!(
            "there are {} packs: {:?}",
            found.len(),
            found.keys()
        )),
        false => Ok(()),
    }
}

/// Runs executions, and fails with those that did.
fn sweep(what: &str, policy: &Rc<Policy>, executions: impl Iterator<Item = (u64, Vec<Strike>)>) {
    let (mut count, mut failed) = (0, Vec::new());
    for (seed, strikes) in executions {
        count += 1;
        if let Err(wrong) = execute(policy, seed, &strikes) {
            failed.push(format!("{wrong}\n    seed {seed}, {strikes:?}"));
        }
    }
    let line = format!(
        "pipeline: {what}: {count} executions, {} failed\n",
        failed.len()
    );
    // Straight to standard error, which the test runner does not hold back.
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    let shown: Vec<_> = failed.iter().take(8).cloned().collect();
    assert!(shown.is_empty(), "{what}:\n{}", shown.join("\n"));
}

fn one(call: usize, blow: Blow) -> Vec<Strike> {
    vec![Strike { call, blow }]
}

#[test]
fn a_kill_at_any_call_of_a_pass_leaves_one_whole_pack_for_each_case() {
    let policy = Rc::new(policy());
    let life = World::new(&policy, 1).live(None);
    let calls = 0..life.calls.len();
    let blows = [false, true].map(|after| Blow::Kill { after });
    let strikes = calls.flat_map(|call| blows.map(|blow| (1, one(call, blow))));
    sweep("a kill at every call", &policy, strikes);
}

#[test]
fn a_power_loss_at_any_call_of_a_pass_leaves_one_whole_pack_for_each_case() {
    let policy = Rc::new(policy());
    let life = World::new(&policy, 1).live(None);
    let blows = [false, true].map(|after| Blow::Power { after });
    let calls = 0..life.calls.len();
    let strikes = calls.flat_map(|call| blows.map(|blow| (call, blow)));
    let strikes = strikes.flat_map(|(call, blow)| (0..3).map(move |seed| (seed, one(call, blow))));
    sweep("a power loss at every call", &policy, strikes);
}

#[test]
fn a_second_strike_while_a_pass_makes_up_for_the_first_loses_nothing() {
    let policy = Rc::new(policy());
    let life = World::new(&policy, 1).live(None);
    let (first, kinds) = (life.escalation, life.calls);
    // Neighbouring calls differ little: a part of them is enough. After a failed sync nothing is known of the bytes,
    // whatever a later sync says, and only a power loss shows who relied on them: so every sync is among them.
    let deaths = first.clone().step_by(7).flat_map(|call| {
        let blows = [Blow::Kill { after: true }, Blow::Power { after: true }];
        blows.map(|blow| (Strike { call, blow }, blow))
    });
    let is_sync =
        |call: &usize| matches!(kinds[*call], Call::SyncFile | Call::SyncDir | Call::SyncAll);
    let syncs = first.clone().filter(is_sync).map(|call| {
        let blow = Blow::Fail(Errno::Io);
        (Strike { call, blow }, Blow::Power { after: true })
    });
    let mut pairs = Vec::new();
    for (first, blow) in deaths.chain(syncs) {
        let mut world = World::new(&policy, 1);
        world.live(Some(first));
        let second = world.live(None).escalation;
        pairs.extend(
            second
                .step_by(2)
                .map(|call| (1, vec![first, Strike { call, blow }])),
        );
    }
    sweep("two strikes", &policy, pairs.into_iter());
}

/// How a call may fail. None for those that cannot.
fn failures(call: Call) -> &'static [Errno] {
    use Errno::{Access, Busy, Io, NoSpace, TooManyOpen};
    match call {
        Call::OpenDir | Call::OpenRead | Call::Stat => &[Io, Access, Busy, TooManyOpen],
        Call::CreateNew | Call::Mkdir => &[Io, Access, NoSpace],
        Call::RenameNoreplace | Call::Rename | Call::Unlink | Call::Rmdir => &[Io, Access, Busy],
        Call::Append | Call::SyncFile | Call::SyncDir | Call::SyncAll => &[Io, NoSpace],
        Call::ReadDir | Call::RewindDir | Call::Read => &[Io],
        _ => &[],
    }
}

#[test]
fn a_call_of_the_stage_that_fails_is_made_up_for_by_a_later_pass() {
    let policy = Rc::new(policy());
    let life = World::new(&policy, 1).live(None);
    let (calls, kinds) = (life.escalation, life.calls);
    assert!(30 < calls.len(), "stage 5 makes the calls {calls:?}");
    let strikes = calls.flat_map(|call| {
        let errnos = failures(kinds[call]).iter();
        errnos.map(move |errno| (1, one(call, Blow::Fail(*errno))))
    });
    sweep("every call of stage 5 fails once", &policy, strikes);
}

#[test]
fn a_pass_without_strikes_packs_what_is_escalated_and_nothing_else() {
    let policy = Rc::new(policy());
    let mut world = World::new(&policy, 1);
    let report = world.live(None).report.unwrap();
    let counts = report.stage(Stage::Escalation).unwrap().counts;
    assert_eq!(
        (counts.taken, counts.given, counts.errors),
        (3, 3, 0),
        "{report:?}"
    );
    whole(&world, true).unwrap();
}
