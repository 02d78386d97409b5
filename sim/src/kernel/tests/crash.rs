//! The power goes at random moments of random programs: what was durable is still there, and nothing is half a rename.

use super::{at, options, spec};
use crate::kernel::{
    Act, Control, Director, Effect, Ended, Exit, Fs, Ino, Machine, MachineOptions, Node, Pending,
    PowerLoss, PowerLossProfile, Prng, RunEnd, RunLimit, Seed, Step, TaskId, View,
};
use crate::schedule::Timed;
use host::{At, Host};
use std::collections::{BTreeMap, BTreeSet};

type Slot = (Ino, Vec<u8>);
type Tree = BTreeMap<Slot, Ino>;

/// All entries that the root reaches. Each directory once, or the tree is broken.
fn tree(fs: &Fs) -> Tree {
    let mut tree = Tree::new();
    let mut dirs = vec![Ino::ROOT];
    let mut visited = BTreeSet::from([Ino::ROOT]);
    while let Some(dir) = dirs.pop() {
        for (name, ino) in fs.children(dir) {
            tree.insert((dir, name.to_vec()), ino);
            if fs.node(ino) == Node::Dir {
                assert!(visited.insert(ino), "a directory with two names");
                assert_eq!(fs.parent_of(ino), dir);
                dirs.push(ino);
            }
        }
    }
    for &ino in tree.values() {
        let names = tree.values().filter(|&&other| other == ino).count();
        assert_eq!(fs.links(ino) as usize, names, "links are counted");
    }
    tree
}

/// What was there when the power went.
#[derive(Default)]
struct Before {
    tree: Tree,
    durable_names: Vec<(Slot, Ino)>,
    bytes: BTreeMap<Ino, (Vec<u8>, bool)>,
}

fn look(fs: &Fs) -> Before {
    let tree = tree(fs);
    let durable = |dir: Ino, name: &[u8]| fs.dir_durable(dir) && fs.name_durable(dir, name);
    let durable_names = tree
        .iter()
        .filter(|((dir, name), _)| durable(*dir, name))
        .map(|(slot, &ino)| (slot.clone(), ino))
        .collect();
    let files = tree.values().filter(|&&ino| fs.node(ino) == Node::File);
    Before {
        durable_names,
        bytes: files
            .map(|&ino| (ino, (fs.bytes(ino), fs.bytes_durable(ino))))
            .collect(),
        tree,
    }
}

/// Takes the power away at some step, checks what is left, and starts again.
struct Storm {
    prng: Prng,
    next_loss: u64,
    losses: u32,
    before: Before,
    /// Inodes that had a durable name, and that nobody has removed or replaced since.
    safe: BTreeSet<Ino>,
    /// The name that each of the last renames took away and gave, to tell old, new and both apart.
    renames: Vec<(Ino, Slot, Slot)>,
    seen: BTreeSet<&'static str>,
    /// Every tree since the last loss, where one of them must be what is left.
    history: Option<Vec<Tree>>,
    seed: u64,
}

impl Director for Storm {
    fn before(&mut self, view: &mut View<'_>, _pending: &Pending<'_>) -> Act {
        if view.steps() < self.next_loss {
            return Act::Proceed;
        }
        self.next_loss = view.steps() + self.prng.range(5..150);
        self.before = look(view.fs());
        Act::PowerLoss
    }

    fn after(&mut self, view: &mut View<'_>, step: &Step<'_>) -> Control {
        if let Some(history) = &mut self.history {
            history.push(tree(view.fs()));
        }
        match step.effect {
            Effect::SyncedAll { .. } => {
                self.safe = tree(view.fs()).into_values().collect();
                self.renames.clear();
            }
            Effect::NameRemoved { ino, .. } => {
                self.safe.remove(&ino);
            }
            Effect::Moved {
                ino,
                from_dir,
                from_name,
                to_dir,
                to_name,
                replaced,
            } => {
                replaced.map(|ino| self.safe.remove(&ino));
                let (from, to) = ((from_dir, from_name.to_vec()), (to_dir, to_name.to_vec()));
                self.renames.push((ino, from, to));
            }
            _ => {}
        }
        Control::Continue
    }

    fn power_lost(&mut self, view: &mut View<'_>, loss: &PowerLoss) {
        let fs = view.fs();
        let after = tree(fs);
        for (slot, ino) in &self.before.durable_names {
            assert_eq!(after.get(slot), Some(ino), "a durable name was lost");
        }
        let left: BTreeSet<Ino> = after.values().copied().collect();
        assert!(self.safe.is_subset(&left), "a file lost every name it had");
        self.check_report(loss, &after, &left);
        self.check_bytes(fs, loss, &left);
        for (ino, from, to) in &self.renames {
            let (old, new) = (after.get(from) == Some(ino), after.get(to) == Some(ino));
            self.seen.insert(match (old, new) {
                (true, true) => "both names",
                (true, false) => "old name",
                (false, true) => "new name",
                (false, false) => "moved on",
            });
        }
        if let Some(history) = &mut self.history {
            assert!(history.contains(&after), "a tree that never was");
            *history = vec![after];
        }
        self.safe = left;
        self.renames.clear();
        self.losses += 1;
    }

    fn exited(&mut self, view: &mut View<'_>, _task: TaskId, how: &Ended) {
        assert_eq!(*how, Ended::Killed);
        if self.losses < 12 {
            let seed = self.seed * 1_000 + u64::from(self.losses);
            let program = move |host: &dyn Host| storm_program(host, seed);
            view.spawn(spec("storm", 1), Box::new(program)).unwrap();
        }
    }
}

impl Storm {
    fn check_report(&mut self, loss: &PowerLoss, after: &Tree, left: &BTreeSet<Ino>) {
        let was: BTreeSet<Ino> = self.before.tree.values().copied().collect();
        let lost: BTreeSet<Ino> = was.difference(left).copied().collect();
        assert_eq!(loss.lost, lost.into_iter().collect::<Vec<_>>());
        // The report, put onto what was there, gives what is there, wherever the directory still is.
        let mut expected = self.before.tree.clone();
        for change in &loss.slots {
            let slot = (change.dir, change.name.clone());
            if let Some(was) = expected.remove(&slot) {
                assert_eq!(Some(was), change.before);
            }
            change.after.map(|ino| expected.insert(slot, ino));
            self.seen.insert(match (change.before, change.after) {
                (None, Some(_)) => "name came back",
                (Some(_), None) => "name lost",
                _ => "name means another file",
            });
        }
        let dirs: BTreeSet<Ino> = after.keys().map(|&(dir, _)| dir).collect();
        expected.retain(|(dir, _), _| dirs.contains(dir));
        assert_eq!(&expected, after);
    }

    fn check_bytes(&mut self, fs: &Fs, loss: &PowerLoss, left: &BTreeSet<Ino>) {
        for (&ino, (bytes, durable)) in &self.before.bytes {
            if !left.contains(&ino) {
                continue;
            }
            let now = fs.bytes(ino);
            let change = loss.bytes.iter().find(|change| change.ino == ino);
            assert_eq!(
                now == *bytes,
                change.is_none(),
                "the report names each damaged file"
            );
            assert!(!durable || now == *bytes, "durable bytes were lost");
            let Some(change) = change else { continue };
            assert_eq!(change.len_after, now.len() as u64);
            let kept = change.zeroed_from.unwrap_or(change.len_after) as usize;
            assert_eq!(now[..kept], bytes[..kept]);
            assert!(now[kept..].iter().all(|&byte| byte == 0));
            self.seen.insert(match (now.len(), change.zeroed_from) {
                (_, Some(_)) => "zeros",
                (0, None) => "empty file",
                _ => "torn tail",
            });
        }
    }
}

/// Works at random on a small tree, with a sync now and then.
fn storm_program(host: &dyn Host, seed: u64) -> Exit {
    let mut prng = Prng::new(Seed(seed));
    let path = |prng: &mut Prng| {
        let depth = prng.below(3) as usize;
        let mut names: Vec<&str> = Vec::new();
        for _ in 0..depth {
            names.push(prng.pick(&["d", "e", "g"]).unwrap());
        }
        names.push(prng.pick(&["a", "b", "c", "d", "e", "g"]).unwrap());
        names.join("/")
    };
    loop {
        let (one, two) = (path(&mut prng), path(&mut prng));
        let (from, to) = (at(host, &one), at(host, &two));
        match prng.below(24) {
            0..=3 => {
                if let Ok(file) = host.create_new(from) {
                    host.append(file, format!("{one} {seed}").as_bytes()).ok();
                    if prng.chance(1, 3) {
                        host.sync_file(file).ok();
                        host.append(file, b" and a tail").ok();
                    }
                    host.close(file);
                }
            }
            4..=6 => drop(host.mkdir(from)),
            7..=13 => drop(host.rename(from, to)),
            14..=15 => drop(host.rename_noreplace(from, to)),
            16 => drop(host.link(from, to)),
            17 => drop(host.unlink(from)),
            18 => drop(host.rmdir(from)),
            19..=22 => sync_somewhere(host, from),
            _ => drop(host.sync_all(host.root())),
        }
    }
}

fn sync_somewhere(host: &dyn Host, at: At<'_>) {
    if let Ok(dir) = host.open_dir(at) {
        host.sync_dir(dir).ok();
        host.close_dir(dir);
    } else if at.path.len() == 1 {
        host.sync_dir(host.root()).ok();
    }
}

fn check(
    power_loss: PowerLossProfile,
    unsynced_max: u32,
    seeds: std::ops::Range<u64>,
) -> BTreeSet<&'static str> {
    let mut seen = BTreeSet::new();
    for seed in seeds {
        let mut options = MachineOptions {
            power_loss,
            ..options(seed)
        };
        options.limits.unsynced_max = unsynced_max;
        let mut machine = Machine::new(options);
        let mut storm = Storm {
            prng: Seed(seed).stream("storm"),
            next_loss: 60,
            losses: 0,
            before: Before::default(),
            safe: BTreeSet::new(),
            renames: Vec::new(),
            seen: BTreeSet::new(),
            history: (power_loss == PowerLossProfile::Ordered).then(|| vec![Tree::new()]),
            seed,
        };
        let program = move |host: &dyn Host| storm_program(host, seed);
        machine.spawn(spec("storm", 1), Box::new(program)).unwrap();
        let end = machine.run(&mut Timed::new(Seed(seed)), &mut storm, RunLimit::NONE);
        assert_eq!((end, storm.losses), (RunEnd::Finished, 12), "seed {seed}");
        assert_eq!(machine.fs().usage(), machine.fs().count_usage());
        seen.append(&mut storm.seen);
    }
    seen
}

#[test]
fn what_is_durable_survives_and_no_rename_loses_both_names() {
    let seen = check(PowerLossProfile::AnySubset, 1 << 20, 0..400);
    let expected = [
        "both names",
        "empty file",
        "moved on",
        "name came back",
        "name lost",
        "name means another file",
        "new name",
        "old name",
        "torn tail",
        "zeros",
    ];
    assert_eq!(seen, BTreeSet::from(expected));
}

#[test]
fn a_journal_leaves_a_tree_that_was_there_at_some_moment() {
    let seen = check(PowerLossProfile::Ordered, 1 << 20, 0..150);
    assert!(
        seen.contains("old name") && seen.contains("new name"),
        "{seen:?}"
    );
}

#[test]
fn writing_the_older_half_back_keeps_all_promises() {
    check(PowerLossProfile::AnySubset, 8, 0..150);
}
