//! Fixtures shared by the test targets of this package.

use host::{Host, Millis};
use indexer::{Request, Transport, TransportError};
use mock_indexer::Core;
use sim::kernel::{
    DirectoryProfile, Ino, LatencyProfile, Limits, Machine, MachineOptions, Node, PowerLossProfile,
    Recording, Seed, Sharing,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

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

/// The way to a mock indexer without a socket.
pub struct InProcess<'a> {
    /// The machine whose time it is asked at.
    pub host: &'a dyn Host,
    /// Who answers.
    pub core: Rc<RefCell<Core>>,
}

impl Transport for InProcess<'_> {
    fn send(&self, request: &Request<'_>, answer: &mut Vec<u8>) -> Result<u16, TransportError> {
        let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
        let asked = mock_indexer::Request {
            method: "POST",
            path,
            query,
            authorization: request.authorization,
            body: request.body.as_bytes(),
        };
        let now = self.host.now().0;
        let response = self.core.borrow_mut().answer(now, &asked);
        *answer = response.body;
        Ok(response.status)
    }
}
