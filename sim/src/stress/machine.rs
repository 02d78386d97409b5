//! What the figures were taken on: enough to judge them, nothing that names a machine.

use serde::Serialize;
use std::path::Path;

/// The kind of machine and filesystem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Machine {
    /// The processor's model.
    pub cpu: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// Memory.
    pub memory_mib: u64,
    /// The operating system's release.
    pub kernel: String,
    /// The type of the filesystem under the run, and its options that matter.
    pub filesystem: String,
    /// Whether this program was built with optimisation.
    pub build: &'static str,
}

impl Machine {
    /// Describes this machine and the filesystem of `dir`.
    pub fn of(dir: &Path) -> Self {
        let cores = std::thread::available_parallelism();
        Machine {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: cores.map_or(0, std::num::NonZero::get),
            memory_mib: kib("/proc/meminfo", "MemTotal") / 1_024,
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| unknown(), |text| text.trim().to_owned()),
            filesystem: filesystem(dir).unwrap_or_else(unknown),
            build: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            },
        }
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// The peak resident memory of this process, in KiB; 0 where the system does not tell.
pub fn peak_kib() -> u64 {
    kib("/proc/self/status", "VmHWM")
}

/// The value of `name: value` in a file of the kernel's.
fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn kib(file: &str, name: &str) -> u64 {
    let number = field(file, name).and_then(|value| value.strip_suffix(" kB")?.parse().ok());
    number.unwrap_or(0)
}

/// The type of the filesystem that `dir` is on, from the mount table.
fn filesystem(dir: &Path) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let mounts = table.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?;
        let mut words = after.split(' ');
        let (kind, _device, options) = (words.next()?, words.next()?, words.next()?);
        dir.starts_with(point)
            .then(|| (point.len(), format!("{kind} ({options})")))
    });
    // The longest mount point is the nearest; of equal ones the last is on top.
    mounts.max_by_key(|(len, _)| *len).map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_described() {
        let machine = Machine::of(Path::new("/proc"));
        assert!(machine.filesystem.starts_with("proc"), "{machine:?}");
        assert!(0 < machine.cores && 0 < machine.memory_mib, "{machine:?}");
        assert!(100 < peak_kib());
    }
}
