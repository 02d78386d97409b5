//! One run in a process of its own: the production pipeline, or the bare loop of its calls.

use crate::mix;
use crate::source::Source;
use alert::Disposition;
use host::{At, Host, Millis};
use indexer::{Answered, Config, Https, HttpsOptions, Profile, Request, Transport, TransportError};
use os::OsHost;
use pipeline::{Drained, Intake, Job, Pipeline, Secret, Settings, Stage};
use rustix::time::{ClockId, clock_gettime};
use spool::{Dispositions, Spool, SpoolOptions};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What this program is started with when it is to be a run.
pub(crate) const VERB: &str = "run-of-backlog";

/// Who runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Pipeline,
    Bare,
}

/// The figures of a run, by name; times are in microseconds.
pub(crate) struct Run(BTreeMap<String, f64>);

/// What a child must know.
pub(crate) struct Order {
    pub(crate) dir: PathBuf,
    pub(crate) url: String,
    pub(crate) start_ms: i64,
    pub(crate) is_packed: bool,
    pub(crate) workers: u32,
    pub(crate) alerts: u32,
}

impl Run {
    /// Has a new process run in the new directory `dir`, and waits for it.
    pub(crate) fn start(
        source: &Source,
        dir: &Path,
        side: Side,
        is_packed: bool,
        workers: u32,
        alerts: u32,
    ) -> Run {
        std::fs::create_dir(dir).expect("a new directory");
        source.write_credentials(dir);
        let before = processor();
        let output = Command::new(std::env::current_exe().expect("this program"))
            .arg(VERB)
            .arg(if side == Side::Bare {
                "bare"
            } else {
                "pipeline"
            })
            .arg(dir)
            .args([source.server.url(), source.start_ms.to_string()])
            .args([is_packed.to_string(), workers.to_string()])
            .arg(alerts.to_string())
            .stderr(Stdio::inherit())
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        let mut figures: BTreeMap<String, f64> = text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, value)| (name.to_owned(), value.parse().expect("a number")))
            .collect();
        // This process does nothing meanwhile but to be the indexer.
        let indexer = processor() - before;
        figures.insert("indexer_cpu".to_owned(), indexer.as_secs_f64() * 1e6);
        Run(figures)
    }

    /// A figure.
    ///
    /// # Panics
    /// If the run did not tell it.
    pub(crate) fn get(&self, name: &str) -> f64 {
        let value = self.0.get(name);
        *value.unwrap_or_else(|| panic!("the run did not tell {name}"))
    }
}

/// The processor time of this process, all its threads together.
pub(crate) fn processor() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// What a part took: by the wall clock, and of processors' time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) processor: Duration,
}

impl Cost {
    pub(crate) fn add(&mut self, begun: Instant, before: Duration) {
        self.wall += begun.elapsed();
        self.processor += processor() - before;
    }

    pub(crate) fn tell(&self, name: &str) {
        tell(name, self.wall.as_secs_f64() * 1e6);
        tell(&format!("{name}_cpu"), self.processor.as_secs_f64() * 1e6);
    }
}

pub(crate) fn tell(name: &str, value: f64) {
    println!("{name} {value}");
}

/// The child's program. `bare` is the bare side.
pub(crate) fn child_main(args: &[String], bare: fn(&Order)) {
    let [side, dir, url, start_ms, is_packed, workers, alerts] = args else {
        panic!("a run has seven arguments");
    };
    let order = Order {
        dir: PathBuf::from(dir),
        url: url.clone(),
        start_ms: start_ms.parse().expect("a time"),
        is_packed: is_packed.parse().expect("a truth"),
        workers: workers.parse().expect("a number"),
        alerts: alerts.parse().expect("a number"),
    };
    match side.as_str() {
        "bare" => bare(&order),
        _ => run_pipeline(&order),
    }
    tell("peak_kib", sim::stress::peak_kib() as f64);
}

/// The way to the indexer.
pub(crate) fn https(order: &Order) -> Https {
    let mut options = HttpsOptions::new(&order.url);
    let pem = std::fs::read(order.dir.join("ca.pem"));
    options.ca_pem = Some(pem.expect("the certificate"));
    Https::new(options).expect("the options are sound")
}

/// The file that says which requests a pipeline sent, one body a line, beside the directories of the runs.
pub(crate) fn requests_file(dir: &Path) -> PathBuf {
    dir.with_file_name("requests")
}

/// The real transport, which notes what is asked and how long answers take.
struct Noted {
    inner: Https,
    requests: RefCell<BufWriter<File>>,
    waited: Cell<Duration>,
    bytes: Cell<u64>,
}

impl Transport for Noted {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        let mut requests = self.requests.borrow_mut();
        writeln!(requests, "{}\t{}", request.path, request.body).expect("a line");
        let begun = Instant::now();
        let answered = self.inner.send(request, answer);
        self.waited.set(self.waited.get() + begun.elapsed());
        self.bytes.set(self.bytes.get() + answer.len() as u64);
        answered
    }
}

fn run_pipeline(order: &Order) {
    let host = OsHost::new(&order.dir).expect("the directory opens");
    let packed = match order.is_packed {
        true => Dispositions::of(&[Disposition::Benign, Disposition::KnownFp]),
        false => Dispositions::NONE,
    };
    let options = SpoolOptions {
        packed,
        ..SpoolOptions::default()
    };
    let spool = Spool::init(&host, At::new(host.root(), "spool"), options).expect("a spool");
    let policy = mix::policy(0);
    let requests = File::create(requests_file(&order.dir)).expect("a file for the requests");
    let transport = Noted {
        inner: https(order),
        requests: RefCell::new(BufWriter::new(requests)),
        waited: Cell::default(),
        bytes: Cell::default(),
    };
    let intake = Intake {
        transport: &transport,
        secret: Secret {
            host: &host,
            dir: host.root(),
            name: "secret".to_owned(),
        },
        config: Config::new(Profile::wazuh4()),
        start: Millis(order.start_ms),
        seed: 1,
    };
    let settings = Settings {
        pass_max: Duration::from_secs(24 * 3_600),
        ..Settings::default()
    };
    let pipeline = Pipeline::open(&spool, &policy, Some(intake), settings);
    let mut pipeline = pipeline.expect("the pipeline opens");
    let mut account = Account::default();
    while account.pass(&mut pipeline, order, options) {}
    let mut requests = transport.requests.borrow_mut();
    requests.flush().expect("the requests");
    account.tell(order.alerts);
    tell("waited", transport.waited.get().as_secs_f64() * 1e6);
    tell("answer_bytes", transport.bytes.get() as f64);
}

/// What the passes of a pipeline took, and what they came to.
#[derive(Default)]
struct Account {
    /// Microseconds of each stage.
    stages: [f64; 7],
    /// Of processors: up to triage, triage with cases, and what follows.
    processors: [Duration; 3],
    judged: [u64; 4],
    passes: u32,
}

impl Account {
    /// Has the pipeline make a pass. Says whether there is more to do.
    fn pass(&mut self, pipeline: &mut Pipeline<'_>, order: &Order, options: SpoolOptions) -> bool {
        let mut drained = (Duration::ZERO, Duration::ZERO);
        let judged = &mut self.judged;
        let mut hands = |job: &Job<'_, '_>| {
            let before = processor();
            let done = drain(order, options, job);
            drained = (before, processor());
            for one in &done {
                for (sum, count) in judged.iter_mut().zip(one.completion.judged) {
                    *sum += count;
                }
            }
            done
        };
        let begun = processor();
        let report = pipeline.pass("bench", &mut hands);
        let ended = processor();
        assert!(report.is_ok(), "{report:?}");
        for (sum, stage) in self.stages.iter_mut().zip(&report.stages) {
            *sum += stage.duration_ms as f64 * 1e3;
        }
        let parts = [drained.0 - begun, drained.1 - drained.0, ended - drained.1];
        for (sum, part) in self.processors.iter_mut().zip(parts) {
            *sum += part;
        }
        self.passes += 1;
        let depth = report.depth.expect("the depth is seen");
        report.has_more || 0 < depth.backlog()
    }

    fn tell(&self, alerts: u32) {
        let at = |stage: Stage| self.stages[stage as usize];
        let [intake, drain, rest] = self.processors.map(|time| time.as_secs_f64() * 1e6);
        for (name, wall, processor) in [
            ("poll", at(Stage::Poll) + at(Stage::Cap), intake),
            ("drain", at(Stage::Triage), drain),
            ("rest", self.stages[4..].iter().sum(), rest),
        ] {
            tell(name, wall);
            tell(&format!("{name}_cpu"), processor);
        }
        for stage in Stage::ALL {
            tell(&format!("stage_{}", stage.word()), at(stage));
        }
        tell("passes", f64::from(self.passes));
        for (one, count) in Disposition::ALL.iter().zip(self.judged) {
            tell(one.word(), count as f64);
        }
        assert_eq!(self.judged.iter().sum::<u64>(), u64::from(alerts));
    }
}

/// Workers side by side, each with handles of its own, as the program starts them.
fn drain(order: &Order, options: SpoolOptions, job: &Job<'_, '_>) -> Vec<Drained> {
    let (policy, until) = (job.policy, job.until);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=order.workers)
            .map(|number| {
                scope.spawn(move || {
                    let host = OsHost::new(&order.dir).expect("the directory opens");
                    let at = At::new(host.root(), "spool");
                    let spool = Spool::open(&host, at, options).expect("the spool opens");
                    Job::new(&spool, policy, until).drain(&format!("w{number}"))
                })
            })
            .collect();
        let done = threads.into_iter().map(|thread| thread.join());
        done.map(|done| done.expect("no panic")).collect()
    })
}
