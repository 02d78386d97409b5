//! Whole runs of the production queue behind an indexer that has its own misfortunes.

mod dangers;

use super::*;
use alert::Disposition;
use contract::sometimes::Goal;

/// A run of `tables` added to a small scenario: 40 alerts at the start, 60 later.
fn play_with(tables: &str) -> Outcome {
    let text = format!(
        "schema = 1\nid = \"t\"\ntitle = \"A test\"\n\
         [clock]\nrun_for = \"9d\"\nfaults_stop = \"30m\"\n\
         [queue]\ninitial = 40\ncap = {{ limit = 64 }}\n\
         [[consumer]]\nid = \"worker\"\n\
         [[producer]]\nid = \"live\"\ntotal = 60\nrate = \"2/min\"\n{tables}"
    );
    run(&plan_of(&text))
}

fn plan_of(text: &str) -> Plan {
    let scenario = Scenario::parse("t.toml", text)
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
    Plan {
        scenario,
        engine: Engine::Spool,
        depth: 40,
        seed: 11,
        stop_when_broken: Vec::new(),
    }
}

#[test]
fn a_run_that_does_not_end_by_itself_is_ended_and_is_a_failure() {
    let plan = plan_of(
        "schema = 1\nid = \"t\"\ntitle = \"A test\"\n[clock]\nrun_for = \"1d\"\n\
         [queue]\ninitial = 40\ncap = { limit = 64 }\n[[consumer]]\nid = \"worker\"\n",
    );
    let stopped = run_until(&plan, None, &Arc::new(AtomicBool::new(true)));
    assert!(
        stopped.is_timed_out && stopped.steps < 20,
        "{}",
        stopped.steps
    );
    let leash = Leash {
        steps_max: Some(500),
        ..Leash::default()
    };
    let endless = play(&plan, None, &leash, &mut None);
    assert!(!endless.is_timed_out && endless.steps == 500);
    for outcome in [stopped, endless] {
        let broken = crate::tape::broken_of(&outcome);
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert_eq!(broken[0].predicate, crate::tape::ACCIDENT.0);
        assert!(broken[0].what.contains("did not end"), "{broken:?}");
    }
}

/// Everything became a case: the alerts of the start, the later ones, and the fresh one at the end.
#[track_caller]
fn check_all_cased(outcome: &Outcome, what: &str) {
    assert!(outcome.is_clean(), "{what}: {:?}", outcome.violations);
    assert_eq!(outcome.places[Place::Cased as usize], 101, "{what}");
    assert_eq!(outcome.finished, 101, "{what}");
}

#[test]
fn every_alert_of_the_indexer_becomes_one_case() {
    let outcome = play_with("");
    check_all_cased(&outcome, "a healthy indexer");
    assert!(!outcome.met.contains(Goal::UnauthorisedSixDays));
    assert!(!outcome.met.contains(Goal::DuplicateAlert));
    assert_eq!(outcome.trace_hash, play_with("").trace_hash);
}

#[test]
fn no_misfortune_of_the_indexer_loses_an_alert_and_each_is_felt() {
    let healthy = play_with("").trace_hash;
    for kind in [
        "breaker-tripped",
        "rejected",
        "cancelled",
        "all-shards-failed",
        "cluster-blocked",
        "security-not-initialised",
        "forbidden",
        "redirect",
        "html",
        "timed-out",
        "terminated-early",
        "shard-fails",
        "shard-unassigned",
        "fetch-hole",
        "lower-bound",
        "context-missing",
        "out-of-order",
        "truncated-json",
        "empty-body",
        "hangs",
        "slow-link",
    ] {
        let outcome = play_with(&format!(
            "[[indexer.fault]]\nkind = \"{kind}\"\nfrom = \"0s\"\nuntil = \"20m\"\n"
        ));
        check_all_cased(&outcome, kind);
        assert_ne!(outcome.trace_hash, healthy, "{kind} went unnoticed");
    }
}

#[test]
fn no_pass_waits_for_an_indexer_that_hangs_longer_than_its_limit() {
    let outcome =
        play_with("[[indexer.fault]]\nkind = \"hangs\"\nfrom = \"0s\"\nuntil = \"20m\"\n");
    check_all_cased(&outcome, "a hanging indexer");
    assert!(outcome.met.contains(Goal::IndexerHung));
    let times = outcome.runs.iter().map(|run| run.time_ns);
    let longest = times.map(|(began, ended)| ended - began).max();
    let most = Some(22_000_000_000);
    assert!(longest < most, "{longest:?}");
    assert!(Some(10_000_000_000) < longest, "{longest:?}: it never hung");
}

#[test]
fn alerts_that_are_indexed_late_are_found_by_the_audit_and_doubled_ones_left_out() {
    let outcome = play_with("duplicates = 0.2\n");
    check_all_cased(&outcome, "late alerts");
    assert!(outcome.met.contains(Goal::DuplicateAlert));
}

#[test]
fn six_days_of_refusals_are_met_only_when_they_last_six_days_and_end() {
    let refused = |noticed: &str| {
        play_with(&format!(
            "[[indexer.rotation]]\nat = \"10m\"\nnoticed = \"{noticed}\"\n"
        ))
    };
    let long = refused("6d1h");
    check_all_cased(&long, "six days and an hour");
    assert!(long.met.contains(Goal::UnauthorisedSixDays));
    // A pass each minute, of some 300 calls: the queue, the ledger and the heartbeat are looked after all the while.
    assert!(long.steps < 4_000_000, "{} steps", long.steps);
    let short = refused("5d23h");
    check_all_cased(&short, "an hour less");
    assert!(!short.met.contains(Goal::UnauthorisedSixDays));
    let endless = refused("30d");
    assert!(!endless.met.contains(Goal::UnauthorisedSixDays));
    assert!(
        endless.finished < 101,
        "nobody has brought the new password"
    );
}

#[test]
fn alerts_that_are_spoiled_at_rest_are_set_aside_and_no_others() {
    let outcome = play_with(
        "[machine]\nlatency = \"incident-windows\"\n\
         [[plant]]\nkind = \"empty\"\n[[plant]]\nkind = \"not-json\"\n[[plant]]\nkind = \"oversized\"\n",
    );
    assert!(outcome.is_clean(), "{:?}", outcome.violations);
    assert_eq!(outcome.places[Place::Quarantined as usize], 3);
    assert_eq!(outcome.places[Place::Cased as usize], 98);
    assert!(outcome.met.contains(Goal::BadFileQuarantined));
}

/// A built-in scenario in a spool that packs the cases of these dispositions.
fn play_packing(packed: &[Disposition], id: &str, seed: u64) -> Outcome {
    let mut scenario = crate::scenario::builtin(id).expect("it is built in");
    scenario.queue.packed = packed.to_vec();
    let depth = scenario.queue.initial.min(2_000);
    run(&Plan {
        scenario,
        engine: Engine::Spool,
        depth,
        seed,
        stop_when_broken: Vec::new(),
    })
}

#[test]
fn cases_that_share_files_break_no_promise_whatever_goes_wrong() {
    for id in [
        "power-loss",
        "crash-anywhere",
        "two-instances",
        "concurrent-archival",
        "clock-and-ties",
    ] {
        for seed in 4..=6 {
            let outcome = play_packing(&[Disposition::Benign, Disposition::KnownFp], id, seed);
            assert!(
                outcome.is_clean(),
                "{id}, seed {seed}: {:?}",
                outcome.violations
            );
            // A case that shares a file has no directory, which is four inodes. The policy sends a third of the cases to a
            // person, and these keep theirs: what is saved is between two and three inodes a case.
            let packed = u64::from(outcome.inodes);
            let plain = u64::from(play_packing(&[], id, seed).inodes);
            let cases = outcome.places[Place::Cased as usize];
            assert!(
                packed + 2 * cases <= plain,
                "{id}: {packed} inodes for {cases} cases, not packed {plain}"
            );
        }
    }
}

#[test]
fn a_bucket_that_a_scanner_holds_was_tried_and_the_queue_is_not_called_empty_for_it() {
    let outcome = play_with(
        "[machine]\nsharing = \"windows\"\n\
         [[antivirus]]\nid = \"a\"\nshare = 1.0\nhold = { p50 = \"20s\", p99 = \"40s\" }\ndeny = true\nquarantine = 0.0\n",
    );
    check_all_cased(&outcome, "held buckets");
    assert!(outcome.met.contains(Goal::SharingViolationOnRename));
}

/// Everything is terminal: so many have a case, and so many were set aside.
#[track_caller]
fn check_ended(outcome: &Outcome, cased: u64, aside: u64, met: &[Goal]) {
    assert!(outcome.is_clean(), "{:?}", outcome.violations);
    assert_eq!(outcome.places[Place::Cased as usize], cased);
    assert_eq!(outcome.places[Place::Quarantined as usize], aside);
    for goal in met {
        assert!(outcome.met.contains(*goal), "{} was not met", goal.name());
    }
}

#[test]
fn what_scripts_write_becomes_a_case_each_and_what_they_leave_half_is_set_aside() {
    let outcome = play_with(
        "[health]\ncalm_passes = 3\n\
         [[writer]]\nid = \"s\"\ntotal = 30\nrate = \"2/min\"\npause = \"15s\"\n\
         dotted = 2\nupper_case = 2\nnever_taken = 2\ncleared = \"25m\"\nabandoned = 20\n",
    );
    let met = [
        Goal::WrittenInPieces,
        Goal::NameNeverTaken,
        Goal::QuarantineGrew,
    ];
    check_ended(&outcome, 111, 20, &met);
}

#[test]
fn an_alert_in_several_documents_is_one_case() {
    let outcome = play_with(
        "[indexer]\naudit = \"3m\"\n\
         [[indexer.again]]\nkind = \"sent-again\"\nat = \"9m\"\nshare = 0.5\n\
         [[indexer.again]]\nkind = \"reindexed\"\nat = \"15m\"\n",
    );
    check_ended(&outcome, 101, 0, &[Goal::SentAgain, Goal::Reindexed]);
}

#[test]
fn alerts_of_days_before_that_are_indexed_at_once_are_found() {
    let outcome = play_with(
        "age = \"90s\"\n[[producer]]\nid = \"old\"\ntotal = 60\nrate = \"1/h\"\nage = \"100h\"\nindexed = \"20m\"\n\
         [indexer]\naudit = \"5m\"\n",
    );
    check_ended(&outcome, 161, 0, &[Goal::IndexedLate]);
}

#[test]
fn a_silent_indexer_is_told_and_no_longer_when_it_has_something_new() {
    let silent = |silence_max: &str| {
        play_with(&format!(
            "stop = \"10m\"\n[[producer]]\nid = \"later\"\ntotal = 41\nrate = \"4/min\"\nstart = \"5h\"\n\
             [health]\nsilence_max = \"{silence_max}\"\ncalm_passes = 3\n"
        ))
    };
    let outcome = silent("2h");
    check_ended(&outcome, 102, 0, &[Goal::IndexerSilent, Goal::IdlePasses]);
    let patient = silent("6h");
    check_ended(&patient, 102, 0, &[Goal::IdlePasses]);
    assert!(!patient.met.contains(Goal::IndexerSilent));
}

#[test]
fn a_clock_that_is_apart_is_told_until_it_is_set_right() {
    let outcome = play_with(
        "[health]\ncalm_passes = 3\n\
         [[clock_step]]\nat = \"5m\"\nby = \"-25h\"\n[[clock_step]]\nat = \"25m\"\nby = \"25h\"\n",
    );
    check_ended(&outcome, 101, 0, &[Goal::ClockSkewed]);
}

/// A run of the shipped scenario that begins in the midst of a deep queue, on one that is not so deep.
fn deep_plan(seed: u64) -> Plan {
    Plan {
        scenario: crate::scenario::builtin("deep-queue").expect("it is built in"),
        engine: Engine::Spool,
        depth: 8_000,
        seed,
        stop_when_broken: Vec::new(),
    }
}

#[test]
fn a_run_that_begins_with_a_filled_queue_ends_by_a_count_of_every_alert() {
    let plan = deep_plan(11);
    let never = Arc::new(AtomicBool::new(false));
    let base = Base::of(&plan, &never).unwrap().expect("a filled queue");
    let census = base.watch.contract.census();
    let (pending, parked) = (census.count(Place::Pending), census.count(Place::Overflow));
    assert_eq!(pending + parked, 8_000);
    // The cap, and what is parked: whole buckets, and what is between the cap and the mark at which they come back.
    assert!((1_800..=2_000).contains(&pending), "{pending}");
    assert_eq!(census.count(Place::Source), census.len() - 8_000);

    let outcome = run_until(&plan, Some(&base), &never);
    assert!(
        outcome.is_clean(),
        "{:?} {:?}",
        outcome.violations,
        outcome.accidents
    );
    let at = |place: Place| outcome.places[place as usize];
    assert!(
        0 < at(Place::Cased) && 0 < at(Place::Overflow),
        "{}",
        outcome.sum
    );
    assert_eq!(at(Place::Claimed) + at(Place::Staged), 0, "{}", outcome.sum);
    assert_eq!(outcome.places.iter().sum::<u64>(), census.len());

    // What it begins with is the same whoever fills it, and what happens is the seed's.
    assert_eq!(run(&plan).trace_hash, outcome.trace_hash);
    let other = run_until(&deep_plan(12), Some(&base), &never);
    assert_ne!(other.trace_hash, outcome.trace_hash);
}

#[test]
fn a_recount_sees_an_alert_that_stands_where_the_census_does_not_have_it() {
    let plan = deep_plan(11);
    let never = Arc::new(AtomicBool::new(false));
    let mut base = Base::of(&plan, &never).unwrap().expect("a filled queue");
    let machine = crate::kernel::Machine::of_image(crate::kernel::tests::options(1), &base.image);
    assert_eq!(base.watch.recount(machine.fs()), None);
    let contract = &mut base.watch.contract;
    contract.place_initially(contract::Id(7), Place::Cased, false);
    let told = base.watch.recount(machine.fs()).expect("it differs");
    assert!(told.contains("the census has it elsewhere"), "{told}");
}

#[test]
fn what_a_machine_leaves_in_motion_is_no_count() {
    let mut plan = deep_plan(11);
    // Faults end after the run.
    plan.scenario.clock.run_ns = 60_000_000_000;
    let outcome = run(&plan);
    let told = &outcome.accidents;
    assert!(
        told.iter().any(|one| one.starts_with("no count was made")),
        "{told:?}"
    );
}
