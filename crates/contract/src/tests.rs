//! Each predicate is broken once, and told apart from its neighbours.

mod dangers;

use crate::event::{Abort, Event, Pass, PassKind};
use crate::{Actor, Bounds, Contract, Danger, Dangers, Id, Idle, Motion, Place, Side, Told};

const BOUNDS: Bounds = Bounds {
    readmits: true,
    cap: 100,
    bucket: 10,
    overtaken: 64,
    handles: 32,
    window_calls: 1_000,
    names_per_chunk: 400,
    recover_calls: (10, 100),
    idle_calls: (50, 100),
};

const W1: Actor = Actor(1);
const W2: Actor = Actor(2);

fn by(actor: Actor, to: Place) -> Motion {
    Motion {
        to,
        actor,
        side: Side::Inside,
        is_whole: true,
        is_heir: false,
        step: 7,
    }
}

fn with_pending(count: u32) -> Contract {
    let mut contract = Contract::new(count, BOUNDS);
    for id in 0..count {
        contract.moved(Id(id), by(W1, Place::Staged));
        contract.moved(Id(id), by(W1, Place::Pending));
    }
    contract
}

fn pass(contract: &Contract, kind: PassKind) -> Pass {
    let books = contract.books();
    Pass {
        actor: W1,
        kind,
        abort: None,
        seen: 0,
        settled: 0,
        is_empty: false,
        calls: 0,
        listed: 0,
        unknown: 0,
        held: 0,
        is_refused: false,
        at_start: books,
        at_end: books,
        step: 7,
    }
}

/// What `act` breaks in a contract of 200 pending alerts.
#[track_caller]
fn check(expected: &[&str], act: impl FnOnce(&mut Contract)) {
    let mut contract = with_pending(200);
    assert_eq!(contract.violations(), [], "before the act");
    act(&mut contract);
    let mut broken: Vec<_> = contract
        .violations()
        .iter()
        .map(|broken| broken.predicate)
        .collect();
    broken.dedup();
    assert_eq!(broken, expected, "{:?}", contract.violations());
}

#[test]
fn the_ordinary_life_of_an_alert_breaks_nothing() {
    check(&[], |contract| {
        contract.acknowledged(Id(0), true, 8);
        contract.moved(Id(0), by(W1, Place::Overflow));
        contract.moved(Id(0), by(W1, Place::Pending));
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.moved(Id(0), by(W1, Place::Pending));
        contract.moved(Id(0), by(W2, Place::Claimed));
        contract.moved(Id(0), by(W2, Place::Cased));
        contract.recorded(Id(0), Place::Cased, true, 9);
        contract.record_settled(Id(0), true);
    });
}

#[test]
fn an_illegal_move_names_the_id_both_places_the_actor_and_the_step() {
    let mut contract = with_pending(1);
    contract.moved(Id(0), by(W2, Place::Cased));
    let said = contract.violations()[0].to_string();
    assert_eq!(
        said,
        "S1 one-place at step 7: alert 0 moved from pending to cased by actor 2"
    );
}

#[test]
fn a_second_name_made_by_the_queue_itself() {
    check(&["S1"], |contract| {
        contract.copied(Id(3), W1, Side::Inside, 8)
    });
    check(&[], |contract| contract.copied(Id(3), W2, Side::Outside, 8));
}

#[test]
fn the_last_name_removed_by_the_queue_itself() {
    check(&["S2", "S1"], |contract| {
        contract.removed(Id(3), Place::Pending, W1, Side::Inside, 8);
    });
    check(&[], |contract| {
        contract.removed(Id(3), Place::Pending, W2, Side::Outside, 8)
    });
}

#[test]
fn a_second_case() {
    check(&["S5", "S3", "S4"], |contract| {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.moved(Id(0), by(W1, Place::Cased));
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.moved(Id(0), by(W2, Place::Cased));
    });
}

#[test]
fn overlapping_claims_and_a_stranger_that_completes() {
    let claim = |contract: &mut Contract| contract.moved(Id(0), by(W1, Place::Claimed));
    check(&["S4"], |contract| {
        claim(contract);
        contract.moved(Id(0), by(W2, Place::Claimed));
    });
    check(&["S4"], |contract| {
        claim(contract);
        contract.moved(Id(0), by(W2, Place::Cased));
    });
    check(&[], |contract| {
        claim(contract);
        contract.moved(
            Id(0),
            Motion {
                is_heir: true,
                ..by(W2, Place::Cased)
            },
        );
    });
}

#[test]
fn a_terminal_alert_that_comes_back() {
    check(&["S5"], |contract| {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.moved(Id(0), by(W1, Place::Cased));
        contract.moved(Id(0), by(W1, Place::Pending));
    });
}

#[test]
fn half_a_file_that_becomes_visible_or_a_case() {
    check(&["S6"], |contract| {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.moved(
            Id(0),
            Motion {
                is_whole: false,
                ..by(W1, Place::Cased)
            },
        );
    });
    let mut contract = Contract::new(1, BOUNDS);
    contract.moved(Id(0), by(W1, Place::Staged));
    contract.moved(
        Id(0),
        Motion {
            is_whole: false,
            ..by(W1, Place::Pending)
        },
    );
    assert_eq!(contract.violations()[0].predicate, "S6");
}

#[test]
fn publishing_what_is_there() {
    check(&["S7"], |contract| {
        contract.moved(Id(0), by(W1, Place::Staged))
    });
    check(&["S7"], |contract| {
        let strange = Event::Strange { actor: W1, step: 1 };
        contract.observe(strange, 1);
    });
}

#[test]
fn a_pass_that_a_vanished_name_ends_or_that_calls_a_full_queue_empty() {
    check(&["S8"], |contract| {
        let ended = Pass {
            abort: Some(Abort::Vanished),
            ..pass(contract, PassKind::Work)
        };
        contract.pass_ended(ended);
    });
    check(&["S8", "L5"], |contract| {
        let ended = Pass {
            is_empty: true,
            held: 100,
            ..pass(contract, PassKind::Work)
        };
        contract.pass_ended(ended);
    });
    // Somebody held each of them all the while: there was nothing that could be taken.
    check(&[], |contract| {
        let ended = Pass {
            is_empty: true,
            held: 200,
            ..pass(contract, PassKind::Work)
        };
        contract.pass_ended(ended);
    });
}

#[test]
fn a_good_alert_in_quarantine_and_a_pass_that_one_bad_name_ends() {
    check(&["S9"], |contract| {
        contract.moved(Id(0), by(W1, Place::Quarantined))
    });
    check(&[], |contract| {
        contract.spoil(Id(0));
        contract.moved(
            Id(0),
            Motion {
                is_whole: false,
                ..by(W1, Place::Quarantined)
            },
        );
    });
    check(&["S9"], |contract| {
        let ended = Pass {
            abort: Some(Abort::Poison),
            ..pass(contract, PassKind::Work)
        };
        contract.pass_ended(ended);
    });
}

#[test]
fn a_name_that_was_seen_and_led_to_nothing() {
    check(&["S10"], |contract| {
        let ended = Pass {
            seen: 5,
            settled: 4,
            ..pass(contract, PassKind::Work)
        };
        contract.pass_ended(ended);
    });
}

#[test]
fn an_acknowledgement_or_a_record_that_runs_ahead() {
    check(&["S11"], |contract| contract.acknowledged(Id(0), false, 8));
    check(&["S11"], |contract| {
        contract.recorded(Id(0), Place::Cased, true, 8)
    });
    check(&["S11"], |contract| {
        contract.acknowledged(Id(0), true, 8);
        contract.survived(Id(0), &[], false, 9);
    });
    check(&[], |contract| contract.survived(Id(0), &[], false, 9));
    // What vanished and is being fetched again is not acknowledged anew yet.
    check(&[], |contract| {
        contract.acknowledged(Id(0), true, 8);
        contract.removed(Id(0), Place::Pending, W1, Side::Outside, 9);
        contract.moved(Id(0), by(W1, Place::Staged));
        contract.survived(Id(0), &[], false, 10);
        contract.moved(Id(0), by(W1, Place::Staged));
        contract.moved(Id(0), by(W1, Place::Pending));
    });
}

#[test]
fn a_copy_that_goes_before_its_record() {
    let cased_twice = |contract: &mut Contract| {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.moved(Id(0), by(W1, Place::Cased));
        contract.copied(Id(0), W2, Side::Outside, 8);
    };
    check(&["S12"], |contract| {
        cased_twice(contract);
        contract.removed(Id(0), Place::Claimed, W1, Side::Inside, 9);
    });
    check(&[], |contract| {
        cased_twice(contract);
        contract.recorded(Id(0), Place::Cased, true, 9);
        contract.record_settled(Id(0), true);
        contract.removed(Id(0), Place::Claimed, W1, Side::Inside, 10);
    });
}

#[test]
fn a_claim_that_overtakes_too_many() {
    check(&[], |contract| {
        contract.moved(Id(60), by(W1, Place::Claimed))
    });
    check(&["S13"], |contract| {
        contract.moved(Id(199), by(W1, Place::Claimed))
    });
}

#[test]
fn a_name_that_sorts_before_an_earlier_one() {
    check(&["S14"], |contract| {
        contract.named(W1, 5, 8);
        contract.named(W1, 5, 9);
    });
}

#[test]
fn a_cap_pass_that_leaves_too_much_or_too_little() {
    check(&["S15", "L3"], |contract| {
        let ended = pass(contract, PassKind::Cap);
        contract.pass_ended(ended);
    });
    check(&["S15"], |contract| {
        let start = contract.books();
        for id in 0..150 {
            contract.moved(Id(id), by(W1, Place::Overflow));
        }
        let ended = Pass {
            at_start: start,
            ..pass(contract, PassKind::Cap)
        };
        contract.pass_ended(ended);
    });
    // The same, where others took 50 that the pass could not see go.
    check(&[], |contract| {
        let start = contract.books();
        for id in 0..100 {
            contract.moved(Id(id), by(W1, Place::Overflow));
        }
        for id in 100..150 {
            contract.moved(Id(id), by(W2, Place::Claimed));
        }
        let ended = Pass {
            at_start: start,
            unknown: 50,
            ..pass(contract, PassKind::Cap)
        };
        contract.pass_ended(ended);
    });
    check(&[], |contract| {
        let start = contract.books();
        for id in 0..109 {
            contract.moved(Id(id), by(W1, Place::Overflow));
        }
        let ended = Pass {
            at_start: start,
            ..pass(contract, PassKind::Cap)
        };
        contract.pass_ended(ended);
    });
}

#[test]
fn what_grows_with_the_depth() {
    check(&["S16"], |contract| {
        contract.observe(
            Event::Holds {
                actor: W1,
                handles: 33,
                step: 8,
            },
            8,
        );
    });
    check(&["S19"], |contract| {
        contract.observe(
            Event::Used {
                actor: W1,
                calls: 1_001,
                step: 8,
            },
            8,
        );
    });
    check(&["L2"], |contract| {
        let start = contract.books();
        for id in 0..109 {
            contract.moved(Id(id), by(W1, Place::Overflow));
        }
        let ended = Pass {
            calls: 100_000,
            at_start: start,
            ..pass(contract, PassKind::Cap)
        };
        contract.pass_ended(ended);
    });
    check(&["L3"], |contract| {
        // As many came in while the pass ran as it parked.
        let start = contract.books();
        let end = crate::Books {
            entered_pending: start.entered_pending + 100,
            ..start
        };
        let ended = Pass {
            at_end: end,
            ..pass(contract, PassKind::Cap)
        };
        contract.pass_ended(ended);
    });
    check(&["L6"], |contract| {
        let ended = Pass {
            calls: 5_000,
            ..pass(contract, PassKind::Recover)
        };
        contract.pass_ended(ended);
    });
}

#[test]
fn books_that_close_with_something_open() {
    check(&["L1", "L7"], |contract| contract.ended(1_000, true, 8));
    check(&["L7"], |contract| contract.ended(1_000, false, 8));
}

#[test]
fn a_case_whose_record_never_became_durable() {
    let end_after = |settle: fn(&mut Contract)| {
        let mut contract = Contract::new(1, BOUNDS);
        for to in [Place::Staged, Place::Pending, Place::Claimed, Place::Cased] {
            contract.moved(Id(0), by(W1, to));
        }
        settle(&mut contract);
        contract.ended(1_000, false, 8);
        let broken = contract.violations().iter();
        broken.map(|one| one.predicate).collect::<Vec<_>>()
    };
    assert_eq!(end_after(|_| {}), ["L7"]);
    let recorded = |contract: &mut Contract| {
        contract.recorded(Id(0), Place::Cased, true, 8);
        contract.record_settled(Id(0), true);
    };
    assert_eq!(end_after(recorded), [""; 0]);
}

#[test]
fn a_promise_that_is_broken_often_hides_no_other() {
    let mut contract = with_pending(200);
    for step in 0..1_000 {
        let (actor, calls) = (W1, BOUNDS.window_calls + 1);
        contract.observe(Event::Used { actor, calls, step }, step);
    }
    contract.pass_ended(Pass {
        abort: Some(Abort::Vanished),
        ..pass(&contract, PassKind::Work)
    });
    assert_eq!(contract.violation_count(), 1_001);
    let mut broken: Vec<_> = contract
        .violations()
        .iter()
        .map(|one| one.predicate)
        .collect();
    broken.dedup();
    assert_eq!(broken, ["S19", "S8"]);
}

#[test]
fn an_audit_that_differs_from_the_census() {
    check(&["S17"], |contract| {
        contract.observe(
            Event::Audited {
                differences: 1,
                first: None,
                step: 8,
            },
            8,
        )
    });
    check(&[], |contract| {
        contract.observe(
            Event::Audited {
                differences: 0,
                first: None,
                step: 8,
            },
            8,
        )
    });
}

#[test]
fn a_case_in_a_file_of_many_leaves_a_copy_that_may_go_once_it_is_recorded() {
    let packed = |contract: &mut Contract| {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.cased_beside(Id(0), by(W1, Place::Cased), true);
    };
    check(&[], |contract| {
        packed(contract);
        contract.recorded(Id(0), Place::Cased, true, 8);
        contract.record_settled(Id(0), true);
        contract.removed(Id(0), Place::Claimed, W1, Side::Inside, 9);
        assert_eq!(contract.census().get(Id(0)).copies, 0);
        assert_eq!(contract.census().count(Place::Cased), 1);
    });
    check(&["S12"], |contract| {
        packed(contract);
        contract.recorded(Id(0), Place::Cased, true, 8);
        contract.removed(Id(0), Place::Claimed, W1, Side::Inside, 9);
    });
    check(&["S3"], |contract| {
        packed(contract);
        contract.cased_beside(Id(0), by(W1, Place::Cased), false);
    });
    check(&["S4"], |contract| {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.cased_beside(Id(0), by(W2, Place::Cased), true);
    });
    // Its worker had read it before somebody took the file away.
    check(&[], |contract| {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.removed(Id(0), Place::Claimed, W2, Side::Outside, 8);
        contract.cased_beside(Id(0), by(W1, Place::Cased), false);
    });
}

#[test]
fn an_idle_pass_that_costs_more_than_one_may_at_any_age() {
    let idle = |calls, is_first| {
        let idle = Idle {
            actor: W1,
            calls,
            passes: 2_500,
            is_first,
            step: 8,
        };
        move |contract: &mut Contract| contract.observe(Event::Idled(idle), 8)
    };
    check(&[], idle(50, false));
    check(&["S20"], idle(51, false));
    // Whoever starts has something to open.
    check(&[], idle(150, true));
    check(&["S20"], idle(151, true));
}

/// Health after a pass: what stood, what may be named, what is named.
fn told(lists: [&[Danger]; 3], is_settled: bool) -> impl FnOnce(&mut Contract) {
    let [standing, possible, named] = lists.map(|list| {
        let mut all = Dangers::default();
        list.iter().for_each(|danger| all.note(*danger, true));
        all
    });
    let told = Told {
        actor: W1,
        standing,
        possible,
        named,
        is_settled,
        step: 8,
    };
    move |contract| contract.observe(Event::HealthTold(told), 8)
}

#[test]
fn a_danger_that_stands_and_health_that_does_not_say_so() {
    use Danger::*;
    check(&[], told([&[], &[], &[]], true));
    check(&[], told([&[Skew], &[Skew], &[Skew]], true));
    check(&["S21"], told([&[Skew], &[Skew], &[]], false));
    check(&["S21"], told([&[Skew, Silence], &[], &[Skew]], false));
    check(&["S21"], told([&[Skew], &[Skew], &[Unreachable]], false));
}

#[test]
fn an_alarm_that_stays_when_all_is_over() {
    use Danger::*;
    // While things happen health may be late to be well again.
    check(&[], told([&[], &[], &[SetAside, Other]], false));
    check(&["S21"], told([&[], &[], &[SetAside]], true));
    check(&["S21"], told([&[], &[Skew], &[Skew, Other]], true));
    check(&[], told([&[], &[Skew], &[Skew]], true));
}

#[test]
fn what_health_does_not_say_is_said_by_name() {
    let mut contract = with_pending(1);
    let lists: [&[Danger]; 3] = [&[Danger::Skew, Danger::NeverTaken], &[], &[Danger::Skew]];
    told(lists, false)(&mut contract);
    let said = contract.violations()[0].to_string();
    assert_eq!(
        said,
        "S21 nothing-silent at step 8: health of actor 1 says nothing of names that are never taken"
    );
}
