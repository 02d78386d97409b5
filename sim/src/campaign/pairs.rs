//! Which dangers of a swarm were on together, and which struck together, over the runs of a campaign.

use super::cells::CellPlan;
use super::execute::Ran;
use crate::report::model::{Swarm, SwarmDanger, Trouble, TroubleKind};

/// So many pairs are named in one sentence; the result has all of them.
const NAMED: usize = 3;

/// A swarm for each scenario that is one, in the order of the cells.
pub(super) fn swarms(plans: &[CellPlan], by_cell: &[Vec<&Ran>]) -> Vec<Swarm> {
    let mut swarms: Vec<Swarm> = Vec::new();
    for (plan, runs) in plans.iter().zip(by_cell) {
        let dangers = plan.scenario.dangers();
        if dangers.is_empty() {
            continue;
        }
        let known = swarms
            .iter()
            .position(|one| one.scenario == plan.scenario.id);
        let place = known.unwrap_or_else(|| {
            swarms.push(empty(&plan.scenario.id, dangers));
            swarms.len() - 1
        });
        for ran in runs {
            count(&mut swarms[place], plan, ran);
        }
    }
    swarms
}

fn empty(scenario: &str, dangers: Vec<String>) -> Swarm {
    let triangle: Vec<Vec<u64>> = (0..dangers.len()).map(|row| vec![0; row]).collect();
    let dangers = dangers.into_iter().map(|name| SwarmDanger {
        name,
        on: 0,
        struck: 0,
    });
    Swarm {
        scenario: scenario.to_owned(),
        runs: 0,
        dangers: dangers.collect(),
        together: triangle.clone(),
        struck_together: triangle,
    }
}

fn count(swarm: &mut Swarm, plan: &CellPlan, ran: &Ran) {
    swarm.runs += 1;
    let on = plan.drawn(ran.plan.seed).on;
    let did_strike = |kind, place| ran.outcome.struck.contains(&(kind, place));
    let struck: Vec<bool> = on
        .iter()
        .map(|one| did_strike(one.kind, one.place))
        .collect();
    for (number, one) in on.iter().enumerate() {
        swarm.dangers[one.danger].on += 1;
        swarm.dangers[one.danger].struck += u64::from(struck[number]);
        for (earlier, other) in on[..number].iter().enumerate() {
            // The order of the draw is that of the dangers, so the other stands before this one.
            swarm.together[one.danger][other.danger] += 1;
            let both = struck[number] && struck[earlier];
            swarm.struck_together[one.danger][other.danger] += u64::from(both);
        }
    }
}

/// Where every two dangers must have met: what makes a campaign inconclusive, because some did not.
pub(super) fn unmet(swarms: &[Swarm]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for swarm in swarms {
        let never = swarm.never_together();
        if never.is_empty() {
            continue;
        }
        let named = never.iter().take(NAMED);
        let named: Vec<String> = named
            .map(|pair| format!("'{}' and '{}'", pair.first, pair.second))
            .collect();
        let more = match never.len() - named.len() {
            0 => String::new(),
            more => format!(", and {more} more pairs"),
        };
        troubles.push(Trouble {
            kind: TroubleKind::Incomplete,
            note: format!(
                "{}: {} pairs of dangers were never on together in {} runs: {}{more}",
                swarm.scenario,
                never.len(),
                swarm.runs,
                named.join(", ")
            ),
        });
    }
    troubles
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Request, of_gate};
    use super::super::{About, Heard, Patience, Profile, execute, fill};
    use crate::report::model::Campaign;
    use crate::report::verdict::Verdict;
    use crate::scenario::Scenario;

    /// A small queue with three dangers: one that always strikes, one that never does, and one that strikes now and then.
    const SMALL: &str = "schema = 1\nid = \"t\"\ntitle = \"A test\"\n\
        [clock]\nrun_for = \"4h\"\nfaults_stop = \"5m\"\n\
        [queue]\ninitial = 20\ncap = { limit = 64 }\n[swarm]\n\
        [[consumer]]\nid = \"w\"\n\
        [[second_instance]]\nid = \"second\"\n\
        [[crash]]\ncall = \"mkdir\"\nnth = 1_000_000\n\
        [[power_loss]]\nprobability = 0.001\ntimes = 1\n\
        [expect]\nalways = [\"S1\"]\n";

    fn campaign(seeds: u64, profile: Profile) -> Campaign {
        let scenario = Scenario::parse("t.toml", SMALL).expect("it reads");
        let request = Request {
            source: "t.toml".to_owned(),
            engines: Vec::new(),
            depths: vec![20],
            are_depths_asked: false,
            points: Vec::new(),
            seeds: Some(seeds),
            scenario,
        };
        let cells = of_gate(&[request], profile);
        let heard = Heard {
            on_end: &|_, _| {},
            on_hang: &|line| panic!("{line}"),
        };
        let executed = execute(&cells, 1, Patience::default(), &heard);
        let about = About {
            profile: profile.to_string(),
            seed: String::new(),
            commit: String::new(),
            command: String::new(),
            stopping_rule: String::new(),
            folder: String::new(),
            seconds: 0.0,
            must_pair: profile.must_pair(),
            is_judged: true,
        };
        fill(&cells, &executed, None, &about).0
    }

    #[test]
    fn every_pair_is_counted_in_the_runs_in_which_both_are_on() {
        let campaign = campaign(60, Profile::Pr);
        let [swarm] = &campaign.swarms[..] else {
            panic!("one scenario is a swarm: {:?}", campaign.swarms)
        };
        assert_eq!(swarm.runs, 60);
        let names: Vec<&str> = swarm.dangers.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["second", "crash at a number", "power loss"]);
        for danger in &swarm.dangers {
            assert!((15..=45).contains(&danger.on), "{danger:?}");
        }
        let [second, crash, power] = &swarm.dangers[..] else {
            unreachable!("there are three names")
        };
        assert_eq!(second.struck, second.on, "it always starts");
        assert_eq!(crash.struck, 0, "no run makes a million directories");
        assert!(0 < power.struck && power.struck <= power.on, "{power:?}");
        let pairs: Vec<_> = swarm.pairs().collect();
        assert_eq!(pairs.len(), 3);
        assert_eq!((pairs[0].first, pairs[0].second), ("second", names[1]));
        for pair in &pairs {
            assert!((5..=30).contains(&pair.on), "{pair:?}");
            let is_crash = pair.first == names[1] || pair.second == names[1];
            assert_eq!(pair.struck == 0, is_crash, "{pair:?}");
        }
    }

    #[test]
    fn a_night_in_which_two_dangers_never_met_proves_nothing() {
        let night = campaign(1, Profile::Nightly);
        assert!(!night.swarms[0].never_together().is_empty());
        assert_eq!(night.verdict(), Verdict::Inconclusive);
        let doubts = night.doubts();
        let named = "pairs of dangers were never on together in 1 runs: ";
        assert!(doubts[0].contains(named), "{doubts:?}");
        assert!(
            doubts[0].contains("'second' and 'power loss'"),
            "{doubts:?}"
        );
        // A change that is to land is not held to it.
        assert_eq!(campaign(1, Profile::Pr).verdict(), Verdict::Pass);
        // All of them have met after some runs.
        let long = campaign(60, Profile::Nightly);
        assert_eq!(long.verdict(), Verdict::Pass, "{:?}", long.doubts());
    }
}
