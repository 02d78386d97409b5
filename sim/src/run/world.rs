//! The machine of a run before anybody acts, and the queue's promise about its size.

use super::base::Base;
use super::program::{foundry, secret, specimen};
use super::remote;
use super::shared::Shared;
use super::source::{legacy_name, made_up};
use crate::kernel::{
    Content, DirectoryProfile, LatencyProfile, Limits, Machine, MachineOptions, PowerLossProfile,
    Recording, Sharing,
};
use crate::scenario::{self, Engine, Scenario};
use crate::specimen::{PROCESSED_DIR, QUEUE_DIR};
use contract::{Bounds, Layout, Place};
use host::{Call, Millis};
use spool::{Dispositions, Shed, SpoolOptions};

/// The production queue's options in a scenario.
pub(super) fn spool_options(scenario: &Scenario) -> SpoolOptions {
    let shed = match scenario.queue.shed {
        scenario::Shed::Oldest => Shed::Oldest,
        scenario::Shed::Newest => Shed::Newest,
    };
    SpoolOptions {
        pending_max: u32::try_from(scenario.queue.cap).unwrap_or(u32::MAX),
        bucket_max: u32::try_from(scenario.queue.bucket).unwrap_or(u32::MAX),
        shed,
        readmit: scenario.queue.readmit,
        claim_buckets: 4,
        seen_max: 16_384,
        packed: Dispositions::of(&scenario.queue.packed),
    }
}

/// Names of buckets in a chunk of 32 KiB.
const BUCKETS_PER_CHUNK: u64 = 700;

/// What the contract asks of a queue with these options. Nothing here knows the depth.
pub(super) fn bounds(scenario: &Scenario, options: &SpoolOptions) -> Bounds {
    let bucket = u64::from(options.bucket_entries());
    let claim = u64::from(options.claim_buckets) * bucket;
    let workers: u64 = scenario
        .consumers
        .iter()
        .map(|consumer| consumer.count)
        .sum();
    let cap = u64::from(options.pending_max);
    Bounds {
        cap,
        bucket,
        readmits: options.readmit,
        // What is readmitted or in others' hands while a worker looks and takes.
        overtaken: cap + 2 * workers.max(1) * claim + 64,
        handles: 32,
        // A claim's entries are listed, read and written aside, and then moved: at most 14 calls each.
        // Or the buckets of one chunk of a listing are looked into, five calls each.
        window_calls: u32::try_from((14 * claim).max(5 * BUCKETS_PER_CHUNK) + 64)
            .unwrap_or(u32::MAX),
        // A chunk is 32 KiB; the longest names of the queue take 80 bytes of it.
        names_per_chunk: 400,
        recover_calls: (12, 2_500),
        // Some 150 to 250 were seen in the gate's scenarios: the queue, the ledger and the heartbeat are looked after, and what is
        // finished is looked at again. A start opens all of that, and was seen to take 100 more.
        // Beyond the few of those, each worker has a directory and a segment of its own, which a pass looks into.
        idle_calls: (400 + 30 * workers.saturating_sub(3), 200),
    }
}

/// Which directories are which place.
pub(super) fn layout(engine: Engine) -> Layout {
    match engine {
        Engine::Spool => spool::layout::layout(foundry::ROOT),
        Engine::Legacy | Engine::Hotfix => Layout::new([
            (QUEUE_DIR, Place::Pending),
            (PROCESSED_DIR, Place::Archived),
        ]),
    }
}

/// The machine with what is on its disk at the start.
pub(super) fn machine(shared: &Shared, base: Option<&Base>) -> Machine {
    let options = machine_options(shared);
    if let Some(base) = base {
        return Machine::of_image(options, &base.image);
    }
    let mut machine = Machine::new(options);
    if shared.engine == Engine::Spool {
        let line = Content::Bytes(remote::secret(0).into_bytes());
        let made = machine.make_file(secret::FILE, line, shared.scenario.clock.t0_ms * 1_000_000);
        made.expect("an empty machine has room");
    } else {
        fill_flat_queue(&mut machine, shared);
    }
    machine
}

fn machine_options(shared: &Shared) -> MachineOptions {
    let scenario = &shared.scenario;
    MachineOptions {
        seed: shared.seed.child("machine"),
        t0: Millis(scenario.clock.t0_ms),
        directory: match scenario.machine.directory {
            scenario::DirectoryProfile::Ext4 => DirectoryProfile::Ext4,
            scenario::DirectoryProfile::Tmpfs => DirectoryProfile::Tmpfs,
            scenario::DirectoryProfile::Snapshot => DirectoryProfile::Snapshot,
            scenario::DirectoryProfile::Adversarial => DirectoryProfile::Adversarial,
        },
        latency: latency(scenario),
        sharing: match scenario.machine.sharing {
            scenario::Sharing::Posix => Sharing::Posix,
            scenario::Sharing::Windows => Sharing::Windows,
        },
        limits: limits(scenario),
        power_loss: match scenario.machine.power_loss {
            scenario::PowerLossModel::AnySubset => PowerLossProfile::AnySubset,
            scenario::PowerLossModel::Ordered => PowerLossProfile::Ordered,
        },
        generator: |_, index, into| made_up(index, into),
        recording: Recording::HashOnly,
    }
}

/// Puts the first alerts into the specimens' flat queue, the oldest first; many share a time where the scenario says so.
fn fill_flat_queue(machine: &mut Machine, shared: &Shared) {
    for dir in specimen::DIRS {
        machine.make_dir(dir).expect("an empty machine has room");
    }
    let mut watch = shared.watch.borrow_mut();
    watch.note_dirs(machine, &specimen::DIRS);
    let dir = machine
        .fs()
        .at(QUEUE_DIR.as_bytes())
        .expect("it was just made");
    let tie = i64::try_from(shared.scenario.queue.mtime_tie.max(1)).unwrap_or(1);
    let t0_ns = shared.scenario.clock.t0_ms * 1_000_000;
    for index in 0..shared.source.initial {
        let age = (i64::from(shared.source.initial) - i64::from(index)).div_euclid(tie);
        let name = legacy_name(index);
        let mtime_ns = t0_ns - age * 4_000_000;
        let made = machine.make_file_in(dir, name.as_bytes(), Content::Generated(index), mtime_ns);
        let ino = made.expect("an empty machine has room");
        watch.adopt_initial(machine, ino, dir, index);
    }
}

fn limits(scenario: &Scenario) -> Limits {
    let own = &scenario.machine.limits;
    let most = |own: Option<u64>| own.and_then(|most| u32::try_from(most).ok());
    Limits {
        inodes_max: most(own.inodes).unwrap_or(Limits::ORDINARY.inodes_max),
        bytes_max: own.bytes.unwrap_or(Limits::ORDINARY.bytes_max),
        names_max: most(own.names_per_dir).unwrap_or(Limits::ORDINARY.names_max),
        handles_max: most(own.open_files).unwrap_or(Limits::ORDINARY.handles_max),
        ..Limits::ORDINARY
    }
}

fn latency(scenario: &Scenario) -> LatencyProfile {
    let mut latency = match scenario.machine.latency {
        scenario::LatencyProfile::LinuxExt4 => LatencyProfile::linux_ext4(),
        scenario::LatencyProfile::Tmpfs => LatencyProfile::tmpfs(),
        scenario::LatencyProfile::IncidentWindows => LatencyProfile::incident_windows(),
    };
    let costs = &scenario.costs;
    let calls: [(Option<u64>, &[Call]); 10] = [
        (costs.stat_ns, &[Call::Stat]),
        (
            costs.open_ns,
            &[Call::OpenRead, Call::OpenAppend, Call::CreateNew],
        ),
        (costs.read_ns, &[Call::Read]),
        (costs.append_ns, &[Call::Append]),
        (costs.rename_ns, &[Call::Rename, Call::RenameNoreplace]),
        (costs.unlink_ns, &[Call::Unlink]),
        (costs.mkdir_ns, &[Call::Mkdir]),
        (costs.sync_file_ns, &[Call::SyncFile]),
        (costs.sync_dir_ns, &[Call::SyncDir]),
        (costs.sync_all_ns, &[Call::SyncAll]),
    ];
    for (cost, calls) in calls {
        for call in calls {
            latency.call_ns[*call as usize] = cost.unwrap_or(latency.call_ns[*call as usize]);
        }
    }
    latency.entry_ns = costs.readdir_per_entry_ns.unwrap_or(latency.entry_ns);
    if let Some(jitter) = costs.jitter {
        latency.jitter_percent = (jitter * 100.0) as u32;
    }
    latency
}
