//! What nobody can be asked for: changes where none may be made, alerts that are gone, and what an old home does not know.

use super::*;

#[test]
fn a_pass_that_may_change_nothing_is_not_asked_to() {
    let refused = |contract: &Contract, kind, abort| Pass {
        abort,
        is_empty: true,
        is_refused: true,
        ..pass(contract, kind)
    };
    check(&[], |contract| {
        for kind in [PassKind::Cap, PassKind::Work] {
            for abort in [None, Some(Abort::Poison), Some(Abort::Machine)] {
                contract.pass_ended(refused(contract, kind, abort));
            }
        }
    });
    // A name that is gone is an outcome all the same.
    check(&["S8"], |contract| {
        contract.pass_ended(refused(contract, PassKind::Work, Some(Abort::Vanished)));
    });
}

#[test]
fn what_an_old_home_knows_nothing_of_may_be_made_again_and_what_is_gone_is_not_waited_for() {
    let mut contract = with_pending(2);
    let kept = contract.kept();
    for round in 0..2 {
        contract.moved(Id(0), by(W1, Place::Claimed));
        contract.moved(Id(0), by(W1, Place::Cased));
        assert_eq!(contract.violations(), [], "round {round}");
        contract.gone(Id(1), true);
        contract.put_back(&kept);
    }
    assert_eq!(contract.census().count(Place::Pending), 2);
    contract.removed(Id(1), Place::Pending, W1, Side::Outside, 4);
    assert_eq!(contract.census().count_gone(Place::Vanished), 1);
    contract.moved(Id(0), by(W1, Place::Claimed));
    contract.moved(Id(0), by(W1, Place::Cased));
    contract.recorded(Id(0), Place::Cased, true, 5);
    contract.record_settled(Id(0), true);
    contract.ended(1, false, 6);
    assert_eq!(contract.violations(), []);
}
