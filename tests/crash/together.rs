//! Several processes at once, in many random orders: whatever one of them takes from under another's hands, none of them fails.

use crate::life::{BENIGN, Halves, SPOOL, payload};
use alert::AlertId;
use host::{At, Host};
use sim::kernel::{
    Director, DirectoryProfile, Ended, Exit, Machine, MachineOptions, ProcessId, Program, RunEnd,
    RunLimit, Seed, TaskId, TaskSpec, View,
};
use sim::schedule::Random;
use spool::audit::audit;
use spool::{
    Claimed, Dispositions, Incoming, Publisher, Shed, Spool, SpoolError, SpoolOptions, Worker, cap,
};
use std::time::Duration;

/// Alerts of each batch.
const BATCH: u32 = 6;
const BATCHES: u32 = 3;
/// Random orders that are tried.
const SEEDS: u64 = 400;
/// How often each process goes round.
const ROUNDS: u32 = 8;

const OPTIONS: SpoolOptions = SpoolOptions {
    pending_max: 16,
    bucket_max: spool::BUCKET_ENTRIES_MAX,
    shed: Shed::Oldest,
    readmit: true,
    claim_buckets: 2,
    seen_max: 64,
    packed: Dispositions::NONE,
};
/// The cap of the cap passes.
const CAP: u32 = 4;
/// A spool that packs, and a publisher that forgets: copies of one id are in both workers' hands.
const PACKED: SpoolOptions = SpoolOptions {
    seen_max: 0,
    packed: BENIGN,
    ..OPTIONS
};

fn open(host: &dyn Host, options: SpoolOptions) -> Result<Spool<'_>, SpoolError> {
    Spool::open(host, At::new(host.root(), SPOOL), options)
}

/// Publishes in batches, by a new publisher each time: each opening recovers among living workers.
fn publish(host: &dyn Host, options: SpoolOptions) -> Result<(), SpoolError> {
    let spool = open(host, options)?;
    for round in 0..ROUNDS {
        let mut publisher = Publisher::open(&spool)?;
        let numbers = round % BATCHES * BATCH..(round % BATCHES + 1) * BATCH;
        let payloads: Vec<_> = numbers.clone().map(payload).collect();
        let batch: Vec<_> = numbers
            .zip(&payloads)
            .map(|(number, payload)| Incoming {
                id: id(number),
                payload,
                document: None,
                time: None,
            })
            .collect();
        publisher.publish(&batch)?;
    }
    Ok(())
}

/// Works under a name, and starts anew each time: the publisher may take it for dead meanwhile.
fn work(
    host: &dyn Host,
    options: SpoolOptions,
    name: &str,
    mut judge: Halves,
) -> Result<(), SpoolError> {
    let spool = open(host, options)?;
    for _ in 0..ROUNDS {
        let mut worker = match Worker::open(&spool, name) {
            Ok(worker) => worker,
            // The publisher returns what this name has left.
            Err(SpoolError::Held { .. }) => continue,
            Err(error) => return Err(error),
        };
        if let Claimed::Buckets(claim) = worker.claim()? {
            worker.complete(claim, &mut judge)?;
        }
        // What this one claims goes back when the name is taken again.
        if let Claimed::Buckets(claim) = worker.claim()? {
            drop(claim);
        }
    }
    Ok(())
}

fn park(host: &dyn Host, options: SpoolOptions) -> Result<(), SpoolError> {
    let capped = SpoolOptions {
        pending_max: CAP,
        ..options
    };
    let spool = open(host, capped)?;
    for _ in 0..ROUNDS {
        cap::enforce(&spool)?;
        cap::readmit(&spool)?;
    }
    Ok(())
}

fn watch(host: &dyn Host, options: SpoolOptions) -> Result<(), SpoolError> {
    let spool = open(host, options)?;
    for _ in 0..ROUNDS {
        let audit = audit(&spool)?;
        assert!(audit.case_missing.is_empty(), "{audit}");
    }
    Ok(())
}

/// Finishes what is left, alone.
fn finish(host: &dyn Host, options: SpoolOptions) -> Result<(), SpoolError> {
    let spool = open(host, options)?;
    drop(Publisher::open(&spool)?);
    let mut worker = Worker::open(&spool, "w1")?;
    for _ in 0..ROUNDS {
        cap::readmit(&spool)?;
        while let Claimed::Buckets(claim) = worker.claim()? {
            worker.complete(claim, &mut { Halves::FIRST })?;
        }
    }
    let audit = audit(&spool)?;
    let all = u64::from(BATCH * BATCHES);
    assert_eq!(audit.mismatches(), 0, "{audit}");
    assert!(audit.is_drained(), "{audit}");
    assert_eq!((audit.published, audit.cased), (all, all - 1), "{audit}");
    assert_eq!(audit.quarantined, 1, "{audit}");
    Ok(())
}

fn id(number: u32) -> AlertId {
    AlertId::of("together", &number.to_string())
}

/// What went wrong in any of the processes.
#[derive(Default)]
struct Failures(Vec<String>);

impl Director for Failures {
    fn exited(&mut self, view: &mut View<'_>, task: TaskId, how: &Ended) {
        let name = view.task_name(task).to_owned();
        match how {
            Ended::Returned(Exit { code: 0, .. }) => {}
            Ended::Returned(exit) => self.0.push(format!("{name}: {}", exit.text)),
            Ended::Killed => self.0.push(format!("{name} was killed")),
            Ended::Panicked(message) => self.0.push(format!("{name} panics: {message}")),
        }
    }
}

type Process = fn(&dyn Host, SpoolOptions) -> Result<(), SpoolError>;

fn spawn(machine: &mut Machine, number: u16, name: &str, process: Process, options: SpoolOptions) {
    let spec = TaskSpec {
        name: name.into(),
        process: ProcessId(number),
        root: Vec::new(),
        start_after: Duration::ZERO,
        stack_bytes: TaskSpec::STACK_BYTES,
        is_watched: true,
    };
    let program: Program = Box::new(move |host| match process(host, options) {
        Ok(()) => Exit::OK,
        Err(error) => Exit {
            code: 1,
            text: format!("{error}: {error:?}"),
        },
    });
    machine.spawn(spec, program).expect("the root is there");
}

fn run(machine: &mut Machine, seed: u64) -> Vec<String> {
    let mut failures = Failures::default();
    let end = machine.run(&mut Random::new(Seed(seed)), &mut failures, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
    failures.0
}

#[test]
fn processes_that_work_together_never_fail_by_each_other() {
    work_together(OPTIONS);
}

#[test]
fn workers_that_pack_and_disagree_make_one_case_of_an_id_that_both_have_in_hand() {
    work_together(PACKED);
}

fn work_together(options: SpoolOptions) {
    let first: Process = |host, options| {
        let at = At::new(host.root(), SPOOL);
        Spool::init(host, at, options).map(drop)
    };
    let processes: [(&str, Process); 5] = [
        ("publisher", publish),
        ("worker 1", |host, options| {
            work(host, options, "w1", Halves::FIRST)
        }),
        ("worker 2", |host, options| {
            work(host, options, "w2", Halves::OTHER)
        }),
        ("cap", park),
        ("audit", watch),
    ];
    let mut failed = Vec::new();
    for seed in 0..SEEDS {
        let mut machine = Machine::new(MachineOptions {
            directory: DirectoryProfile::Adversarial,
            ..tests::machine_options(seed)
        });
        spawn(&mut machine, 1, "init", first, options);
        let mut wrong = run(&mut machine, seed);
        for (number, (name, process)) in (2..).zip(processes) {
            spawn(&mut machine, number, name, process, options);
        }
        wrong.extend(run(&mut machine, seed));
        spawn(&mut machine, 1, "finish", finish, options);
        wrong.extend(run(&mut machine, seed));
        failed.extend(
            wrong
                .into_iter()
                .map(|wrong| format!("seed {seed}: {wrong}")),
        );
    }
    let bad = failed.len();
    failed.truncate(10);
    assert!(failed.is_empty(), "{bad} failures: {failed:#?}");
}
