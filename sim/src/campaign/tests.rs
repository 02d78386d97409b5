//! Cells and their seeds: what runs follows from what was asked, and each run stands alone.

use super::cells::{at_pace, of_gate, of_sweep, pace_words};
use super::*;
use crate::scenario::units::pace;
use crate::scenario::{Engine, Pace, Scenario};
use std::collections::BTreeSet;

fn request(id: &str) -> Request {
    let scenario = Scenario::find(id).unwrap();
    Request {
        source: id.to_owned(),
        engines: Vec::new(),
        depths: scenario.sweep.depths.clone(),
        are_depths_asked: false,
        points: Vec::new(),
        seeds: None,
        scenario,
    }
}

#[test]
fn a_gate_runs_canaries_first_and_the_production_queue_at_every_depth() {
    let cells = of_gate(
        &[request("scale-boundaries"), request("antivirus")],
        Profile::Pr,
    );
    let first_explored = cells
        .iter()
        .position(|cell| cell.role == Role::Explored)
        .unwrap();
    assert!(
        cells[first_explored..]
            .iter()
            .all(|cell| cell.role == Role::Explored)
    );
    assert!(
        cells[..first_explored]
            .iter()
            .all(|cell| !cell.canary.is_empty())
    );
    let spool = |cells: &[CellPlan], id: &str| -> Vec<(u64, u64)> {
        let spool = cells.iter().filter(|cell| cell.engine == Engine::Spool);
        let own = spool.filter(|cell| cell.scenario.id == id);
        own.map(|cell| (cell.depth, cell.seeds)).collect()
    };
    let asserted = [
        10_000, 25_000, 50_000, 100_000, 250_000, 505_836, 750_000, 1_000_000,
    ];
    let deep = of_gate(&[request("deep-queue")], Profile::Pr);
    assert_eq!(
        spool(&deep, "deep-queue"),
        asserted.map(|depth| (depth, 20))
    );
    let drained = spool(&cells, "scale-boundaries");
    let depths: Vec<u64> = drained.iter().map(|(depth, _)| *depth).collect();
    assert_eq!(depths, asserted[..4], "the others are not drained");
    let asked = of_gate(
        &[Request {
            are_depths_asked: true,
            ..request("scale-boundaries")
        }],
        Profile::Pr,
    );
    let asked = spool(&asked, "scale-boundaries");
    assert_eq!(
        asked.last(),
        Some(&(1_000_000, 1)),
        "unless one asks for it"
    );
}

#[test]
fn a_history_runs_once_for_all_engines_that_it_names() {
    let cells = of_gate(&[request("incident")], Profile::Pr);
    let engines: Vec<Engine> = cells.iter().map(|cell| cell.engine).collect();
    assert_eq!(engines, [Engine::Legacy]);
    assert!(
        cells[0].stop_when_broken.is_empty(),
        "its figures need the whole day"
    );
}

#[test]
fn a_seed_depends_on_the_cell_and_on_no_other_run() {
    let cells = of_gate(&[request("scale-boundaries")], Profile::Pr);
    let seeds = |cells: &[CellPlan]| -> BTreeSet<u64> {
        cells
            .iter()
            .flat_map(|cell| (0..3).map(|index| cell.seed(7, index)))
            .collect()
    };
    assert_eq!(
        seeds(&cells).len(),
        cells.len() * 3,
        "no two runs share a seed"
    );
    let mut alone = request("scale-boundaries");
    (alone.depths, alone.engines, alone.seeds) = (vec![50_000], vec![Engine::Spool], Some(9));
    let one = of_gate(&[alone], Profile::Pr)
        .into_iter()
        .find(|cell| cell.engine == Engine::Spool)
        .unwrap();
    let same = cells
        .iter()
        .find(|c| c.engine == Engine::Spool && c.depth == 50_000)
        .unwrap();
    assert_eq!(one.seed(7, 2), same.seed(7, 2));
    assert_ne!(one.seed(8, 2), same.seed(7, 2));
}

#[test]
fn a_sweep_varies_the_pace_of_every_archiver() {
    let cells = of_sweep(&[request("concurrent-archival")]);
    let scenario = Scenario::find("concurrent-archival").unwrap();
    let paces = scenario.sweep.archiver_paces.len();
    assert_eq!(cells.len(), 3 * paces * scenario.sweep.depths.len());
    assert_eq!(cells[0].variant(), "archiver 20/min");
    let fast = at_pace(&scenario, Some(Pace::EveryNs(1_000)));
    assert!(
        fast.archivers
            .iter()
            .all(|archiver| archiver.pace == Pace::EveryNs(1_000))
    );
}

#[test]
fn a_pace_is_written_as_it_is_read() {
    for text in ["206/min", "0.8/min", "1882/min", "max"] {
        assert_eq!(pace_words(pace(text).unwrap()), text);
    }
}

#[test]
fn an_axis_is_run_at_each_of_its_points_and_the_old_queues_beside_it() {
    let cells = of_gate(&[request("holes")], Profile::Pr);
    let of = |engine| -> Vec<String> {
        let own = cells.iter().filter(|cell| cell.engine == engine);
        own.map(CellPlan::variant).collect()
    };
    let points = ["holes 1", "holes 3", "holes 10", "holes 30", "holes 100"];
    assert_eq!(of(Engine::Spool), points);
    assert_eq!(of(Engine::Hotfix), points);
    assert_eq!(cells[0].scenario.axis, None, "a tape holds the point alone");
    let mut asked = request("history");
    asked.points = vec![7, 70];
    let depths: Vec<u64> = of_gate(&[asked], Profile::Pr)
        .iter()
        .map(|cell| cell.depth)
        .collect();
    assert_eq!(depths, [7, 70], "the alerts of the start are the history");
}

#[test]
fn a_nightly_gate_has_ten_times_the_seeds_and_canaries_that_die_as_often() {
    let requests = [request("scale-boundaries"), request("swarm")];
    let (pr, nightly) = (
        of_gate(&requests, Profile::Pr),
        of_gate(&requests, Profile::Nightly),
    );
    assert_eq!(pr.len(), nightly.len());
    for (one, many) in pr.iter().zip(&nightly) {
        match one.role {
            Role::Canary => assert!(many.seeds <= 3, "{}", many.seeds),
            Role::Explored => assert_eq!(many.seeds, 10 * one.seeds),
        }
    }
}

#[test]
fn the_line_that_replays_a_seed_draws_what_the_campaign_drew() {
    let cells = of_gate(&[request("swarm")], Profile::Pr);
    let seed = cells[0].seed(7, 3);
    let plan = cells[0].plan(seed);
    let again = crate::run::Plan::of(&cells[0].scenario, cells[0].engine, cells[0].depth, seed);
    assert_eq!(plan.scenario, again.scenario);
    assert_eq!(plan.depth, again.depth);
    assert_ne!(plan.scenario, cells[0].plan(seed + 1).scenario);
}
