//! Axes: each of the contract's has a scenario, and a point of one is a scenario like any other.

use super::*;

/// The shipped scenarios with an axis.
fn shipped() -> Vec<Scenario> {
    let all = list()
        .iter()
        .map(|one| one.scenario().expect("it is shipped"));
    all.filter(|scenario| scenario.axis.is_some()).collect()
}

#[test]
fn every_axis_of_the_contract_has_a_scenario() {
    let shipped = shipped();
    for kind in AxisKind::ALL {
        let has_it = |one: &Scenario| one.axis.as_ref().is_some_and(|axis| axis.kind == kind);
        assert!(shipped.iter().any(has_it), "nobody grows {}", kind.name());
    }
}

#[test]
fn each_point_of_an_axis_is_another_scenario_without_one() {
    for scenario in shipped() {
        let axis = scenario.axis.as_ref().expect("as they were chosen");
        let at: Vec<Scenario> = axis
            .points
            .iter()
            .map(|point| scenario.at(*point))
            .collect();
        for (number, one) in at.iter().enumerate() {
            assert_eq!(one.axis, None, "{}", scenario.id);
            assert!(!at[..number].contains(one), "{}", scenario.id);
        }
    }
}

#[test]
fn an_outage_lasts_as_long_as_its_point_says_and_alerts_come_meanwhile() {
    let hour = 3_600 * units::SECOND_NS;
    let down = builtin("outage-down").expect("it is shipped").at(240);
    let fault = down.indexer.faults[0];
    assert_eq!(fault.until_ns - fault.from_ns, 4 * hour);
    assert_eq!(down.clock.run_ns, 16 * hour);
    assert_eq!(down.producers[0].pace, Pace::EveryNs(4 * hour / 3_000));
    let late = builtin("outage-late").expect("it is shipped").at(240);
    assert_eq!(late.producers[0].age_ns, 4 * hour);
    assert_eq!(late.clock.run_ns, 8 * hour, "nothing lasts longer");
}

#[test]
fn a_skew_keeps_the_directions_of_its_steps() {
    let skew = builtin("skew").expect("it is shipped").at(90);
    let by: Vec<i64> = skew.clock_steps.iter().map(|step| step.by_ms).collect();
    assert_eq!(by, [-90_000, 90_000, 90_000, -90_000]);
}
