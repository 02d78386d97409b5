//! Fixtures shared by the test targets of this package.

mod shifted;

pub use shifted::Shifted;

use host::{Host, Millis};
use indexer::{Answered, Config, Profile, Request, Transport, TransportError};
use mock_indexer::{Core, Planted, Population, Recipe};
use pipeline::{Intake, Secret};
use sim::kernel::{
    DirectoryProfile, Ino, LatencyProfile, Limits, Machine, MachineOptions, Node, PowerLossProfile,
    ProcessId, Recording, Seed, Sharing, TaskSpec,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// Files with their bytes, by the path below the directory that was asked for.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Every file below a directory of a simulated machine, which must be there.
pub fn files_of_machine(machine: &Machine, top: &str) -> Files {
    let fs = machine.fs();
    let mut found = Files::new();
    let top = fs
        .at(top.as_bytes())
        .expect("a directory of this name stands");
    let mut waiting: Vec<(String, Ino)> = vec![(String::new(), top)];
    while let Some((path, ino)) = waiting.pop() {
        if fs.node(ino) != Node::Dir {
            found.insert(path, fs.bytes(ino));
            continue;
        }
        for (name, child) in fs.children(ino) {
            let name = String::from_utf8_lossy(name);
            let separator = if path.is_empty() { "" } else { "/" };
            waiting.push((format!("{path}{separator}{name}"), child));
        }
    }
    found
}

/// Every file below a directory of the disk. Panics if one cannot be read.
pub fn files_on_disk(top: &Path) -> Files {
    let mut found = Files::new();
    let mut waiting = vec![(String::new(), top.to_owned())];
    while let Some((path, at)) = waiting.pop() {
        if !at.is_dir() {
            found.insert(path, std::fs::read(at).expect("the file can be read"));
            continue;
        }
        for entry in std::fs::read_dir(at).expect("the directory can be read") {
            let entry = entry.expect("the directory can be read");
            let separator = if path.is_empty() { "" } else { "/" };
            let name = entry.file_name();
            let below = format!("{path}{separator}{}", name.to_string_lossy());
            waiting.push((below, entry.path()));
        }
    }
    found
}

/// An ordinary machine, on 2026-03-31 at 23:33:20 UTC: ext4, no end of space, and a power loss that may choose freely.
pub fn machine_options(seed: u64) -> MachineOptions {
    MachineOptions {
        seed: Seed(seed),
        t0: Millis(1_775_000_000_000),
        directory: DirectoryProfile::Ext4,
        latency: LatencyProfile::linux_ext4(),
        sharing: Sharing::Posix,
        limits: Limits::ORDINARY,
        power_loss: PowerLossProfile::AnySubset,
        generator: |_, _, _| {},
        recording: Recording::HashOnly,
    }
}

/// One program of a simulated machine, in a process of its own.
pub fn task(name: &str, number: u16) -> TaskSpec {
    TaskSpec {
        name: name.to_owned(),
        process: ProcessId(number),
        root: Vec::new(),
        start_after: Duration::ZERO,
        stack_bytes: TaskSpec::STACK_BYTES,
        is_watched: true,
    }
}

/// What a pipeline needs to read a Wazuh indexer from `start`; user and password are in `secret` in the host's root.
pub fn intake<'h>(
    host: &'h dyn Host,
    transport: &'h dyn Transport,
    profile: Profile,
    start: Millis,
) -> Intake<'h> {
    Intake {
        transport,
        secret: Secret {
            host,
            dir: host.root(),
            name: "secret".to_owned(),
        },
        config: Config::new(profile),
        start,
        seed: 7,
    }
}

/// Eight ordinary alerts between two times, and a grave one without a time of its own.
pub fn nine_alerts(from: i64, to: i64) -> Population {
    let mut recipe = Recipe::steady(5, 8, from..to);
    recipe.planted.push(Planted {
        id: "grave".to_owned(),
        timestamp_ms: from + 1_000,
        indexed_at_ms: from + 2_000,
        source: br#"{"timestamp":"no time","rule":{"level":15,"id":"1"}}"#.to_vec(),
    });
    Population::new(recipe)
}

/// The same way to an indexer whose clock is not the machine's.
pub struct Apart<'a> {
    /// The machine, and who answers.
    pub way: InProcess<'a>,
    /// By how many milliseconds the indexer's clock is ahead.
    pub ahead_ms: i64,
}

impl Transport for Apart<'_> {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        let now = self.way.host.now().0 + self.ahead_ms;
        Ok(self.way.ask_at(now, request, answer))
    }
}

/// The way to a mock indexer without a socket.
pub struct InProcess<'a> {
    /// The machine whose time it is asked at.
    pub host: &'a dyn Host,
    /// Who answers.
    pub core: Rc<RefCell<Core>>,
}

impl InProcess<'_> {
    /// Asks at a time of the indexer's clock.
    fn ask_at(&self, now: i64, request: &Request<'_>, answer: &mut Vec<u8>) -> Answered {
        let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
        let asked = mock_indexer::Request {
            method: "POST",
            path,
            query,
            authorization: request.authorization,
            body: request.body.as_bytes(),
        };
        let response = self.core.borrow_mut().answer(now, &asked);
        let answered = Answered::new(response.status, response.date());
        *answer = response.body;
        answered
    }
}

impl Transport for InProcess<'_> {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        Ok(self.ask_at(self.host.now().0, request, answer))
    }
}
