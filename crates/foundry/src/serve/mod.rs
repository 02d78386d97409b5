//! What `foundry serve` has besides its passes: an address for probes, signals, and systemd.
//!
//! One thread of its own does all of it, so that a probe is answered while a pass runs. It only looks at what the last pass
//! left: nothing that comes in over the network reaches the queue.

mod http;
mod systemd;

pub(crate) use systemd::Systemd;

use crate::config::Config;
use crate::error::FoundryError;
use crate::halt::Halt;
use crate::health::{Health, Limits};
use crate::machine::Machine;
use crate::space::SpaceWatch;
use host::Host;
use pipeline::heartbeat::{Heartbeat, exposition};
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// A pass that was told to stop, and has not ended so long after it, is left in its middle: nothing that is durable is lost
/// by that. The unit's `TimeoutStopSec` is longer.
///
/// It has this long because what cannot be cut is short: the look-up of a name (4 s) and opening a connection (5 s), or the
/// claim in a worker's hand; and cap, reconcile and heartbeat after them.
pub const STOP_MAX: Duration = Duration::from_secs(14);

/// What to do after a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    Pass,
    Stop,
}

/// Where probes ask and signals arrive, while this value lives.
pub(crate) struct Desk {
    board: Arc<Board>,
    address: SocketAddr,
    stop: Receiver<()>,
    /// Its thread ends with it.
    _runtime: Runtime,
}

/// What everybody may look at.
pub(super) struct Board {
    machine: Machine,
    limits: Limits,
    space: SpaceWatch,
    /// A pass that is longer under way than this hangs.
    silence_max: Duration,
    systemd: Systemd,
    state: Mutex<State>,
}

struct State {
    last: Option<Heartbeat>,
    alive: Instant,
}

impl Desk {
    /// Listens on the configured address, and from now on for SIGTERM and SIGINT, which `halt` passes on.
    ///
    /// Errs if the address cannot be had, or the machine gives no thread.
    pub(crate) fn open(
        config: &Config,
        systemd: Systemd,
        halt: Arc<Halt>,
    ) -> Result<Desk, FoundryError> {
        let wanted = config.values.serve.listen.value.0;
        let failed = |error: io::Error| FoundryError::Listen {
            address: wanted.to_string(),
            reason: error.to_string(),
        };
        let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
        let pass_max = config.values.run.pass_max.value.0;
        let board = Arc::new(Board {
            machine,
            limits: config.health_limits(),
            space: SpaceWatch::new(config),
            // The work on claims has its `pass_max`, and polling less; the rest is short, and a wait is alive.
            silence_max: pass_max
                .saturating_mul(3)
                .saturating_add(config.values.serve.every.value.0)
                .saturating_add(Duration::from_secs(300)),
            systemd,
            state: Mutex::new(State {
                last: None,
                alive: Instant::now(),
            }),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("serve")
            .enable_all()
            .build()
            .map_err(failed)?;
        let listener = runtime
            .block_on(TcpListener::bind(wanted))
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (told, stop) = mpsc::channel();
        let within = runtime.enter();
        let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        let [terminate, interrupt] = signals;
        let (terminate, interrupt) = (terminate.map_err(failed)?, interrupt.map_err(failed)?);
        drop(within);
        runtime.spawn(listen_for_stop(
            terminate,
            interrupt,
            told,
            Arc::clone(&board),
            halt,
        ));
        runtime.spawn(http::accept(listener, Arc::clone(&board)));
        if let Some(every) = board.systemd.watchdog() {
            runtime.spawn(watch(every, Arc::clone(&board)));
        }
        Ok(Desk {
            board,
            address,
            stop,
            _runtime: runtime,
        })
    }

    /// Where it listens; the port is the machine's choice if 0 was configured.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way to systemd.
    pub(crate) fn systemd(&self) -> &Systemd {
        &self.board.systemd
    }

    /// Shows probes this heartbeat from now on.
    pub(crate) fn show(&self, last: Option<Heartbeat>) {
        if last.is_some() {
            self.board.lock().last = last;
        }
    }

    /// Says that the passes go on.
    pub(crate) fn mark_alive(&self) {
        self.board.lock().alive = Instant::now();
    }

    /// Waits so long, or until somebody says stop.
    pub(crate) fn wait(&self, pause: Duration) -> Next {
        match self.stop.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => Next::Pass,
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Next::Stop,
        }
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds the state")
    }

    /// The text of `/metrics`; `None` before the first pass has ended.
    pub(super) fn metrics(&self) -> Option<String> {
        self.lock().last.as_ref().map(exposition)
    }

    /// The answer of `/healthz`.
    pub(super) fn health(&self) -> Health {
        let now = self.machine.host().now();
        let health = Health::of(self.lock().last.as_ref(), now, &self.limits);
        health.and(self.space.reasons(&self.machine))
    }
}

/// Passes the first signal on; at the second, or when the pass has not ended in its time, ends the process: nothing that is
/// durable is lost by it.
async fn listen_for_stop(
    mut terminate: Signal,
    mut interrupt: Signal,
    stop: Sender<()>,
    board: Arc<Board>,
    halt: Arc<Halt>,
) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("told to stop: the running pass ends first");
    board.systemd.stopping(STOP_MAX);
    halt.tell();
    // The passes have ended already if nobody listens.
    stop.send(()).ok();
    tokio::select! {
        _ = terminate.recv() => tracing::warn!("told to stop again: ending in the middle of a pass"),
        _ = interrupt.recv() => tracing::warn!("told to stop again: ending in the middle of a pass"),
        () = tokio::time::sleep(STOP_MAX) => {
            tracing::error!(within = ?STOP_MAX, "the pass does not end: ending in the middle of it");
        }
    }
    std::process::exit(crate::Exit::Temporary.code().into());
}

/// Tells systemd's watchdog that the passes go on, for as long as they do.
async fn watch(every: Duration, board: Arc<Board>) {
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        if board.lock().alive.elapsed() <= board.silence_max {
            board.systemd.alive();
        } else {
            tracing::error!("a pass hangs: systemd's watchdog is left alone");
        }
    }
}
