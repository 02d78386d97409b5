//! What a sync covers, asked and tried.

use super::{at, options, run, spec, write};
use crate::kernel::{
    Act, Control, Director, Exit, Ino, Limits, Machine, MachineOptions, Pending, RunLimit, Seed,
    Step, View,
};
use crate::schedule::Timed;
use host::{Call, Errno, Host};

#[test]
fn each_sync_covers_what_it_promises_and_no_more() {
    let mut machine = Machine::new(options(1));
    machine.make_dir("d").unwrap();
    machine.make_dir("e").unwrap();
    let file = |machine: &Machine, path: &[u8]| machine.fs().at(path).unwrap();
    let dir = file(&machine, b"d");
    let other = file(&machine, b"e");
    assert!(machine.fs().dir_durable(dir));
    run(&mut machine, spec("solo", 1), |host| {
        write(host, "d/a", b"1");
        write(host, "d/b", b"1");
        let a = host.open_read(at(host, "d/a")).unwrap();
        host.sync_file(a).unwrap();
    });
    let a = file(&machine, b"d/a");
    let b = file(&machine, b"d/b");
    assert!(machine.fs().bytes_durable(a) && !machine.fs().bytes_durable(b));
    assert!(
        !machine.fs().name_durable(a, b"a"),
        "a file has no names in it"
    );
    assert!(
        !machine.fs().name_durable(dir, b"a"),
        "a file's sync is not its name's"
    );
    run(&mut machine, spec("solo", 1), |host| {
        let d = host.open_dir(at(host, "d")).unwrap();
        host.sync_dir(d).unwrap();
        write(host, "d/c", b"");
        host.rename(at(host, "d/a"), at(host, "e/a")).unwrap();
    });
    assert!(machine.fs().name_durable(dir, b"b") && !machine.fs().name_durable(dir, b"c"));
    assert!(!machine.fs().name_durable(dir, b"a"), "it is gone");
    assert!(!machine.fs().name_durable(other, b"a"));
    run(&mut machine, spec("solo", 1), |host| {
        let d = host.open_dir(at(host, "d")).unwrap();
        host.sync_dir(d).unwrap();
    });
    assert!(
        machine.fs().name_durable(other, b"a"),
        "a rename leaves never neither name"
    );
    run(&mut machine, spec("solo", 1), |host| {
        host.mkdir(at(host, "e/new")).unwrap();
        write(host, "e/new/x", b"1");
        let new = host.open_dir(at(host, "e/new")).unwrap();
        host.sync_dir(new).unwrap();
    });
    let new = file(&machine, b"e/new");
    assert!(machine.fs().name_durable(new, b"x") && !machine.fs().dir_durable(new));
    run(&mut machine, spec("solo", 1), |host| {
        host.sync_all(host.root()).unwrap()
    });
    assert!(machine.fs().dir_durable(new) && machine.fs().bytes_durable(b));
}

#[test]
fn a_group_commit_covers_its_own_filesystem_only() {
    let mut machine = Machine::new(options(1));
    let disk = machine.make_device("disk").unwrap();
    run(&mut machine, spec("solo", 1), |host| {
        write(host, "disk/a", b"1");
        write(host, "b", b"1");
        host.sync_all(host.root()).unwrap();
    });
    assert!(machine.fs().name_durable(Ino::ROOT, b"b") && !machine.fs().name_durable(disk, b"a"));
    run(&mut machine, spec("solo", 1), |host| {
        let disk = host.open_dir(at(host, "disk")).unwrap();
        host.sync_all(disk).unwrap();
    });
    assert!(machine.fs().name_durable(disk, b"a"));
}

/// Fails the first sync of a kind.
struct FailSync(Call, bool);

impl Director for FailSync {
    fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        if pending.call == self.0 && !std::mem::replace(&mut self.1, true) {
            return Act::Fail(Errno::Io);
        }
        Act::Proceed
    }
}

#[test]
fn after_a_failed_sync_a_second_one_lies() {
    let mut machine = Machine::new(options(1));
    let program = |host: &dyn Host| {
        for index in 0..40 {
            write(host, &format!("f{index}"), b"bytes");
        }
        host.sync_all(host.root()).unwrap_err();
        host.sync_all(host.root()).unwrap();
        write(host, "rewritten", b"bytes");
        host.sync_all(host.root()).unwrap();
        Exit::OK
    };
    machine.spawn(spec("solo", 1), Box::new(program)).unwrap();
    let mut director = FailSync(Call::SyncAll, false);
    machine.run(&mut Timed::new(Seed(1)), &mut director, RunLimit::NONE);
    let fs = machine.fs();
    let durable = |name: &str| fs.bytes_durable(fs.at(name.as_bytes()).unwrap());
    let doomed = (0..40)
        .filter(|index| !durable(&format!("f{index}")))
        .count();
    assert!((8..32).contains(&doomed), "{doomed} of 40");
    assert!(
        durable("rewritten"),
        "bytes written again to a new file are safe"
    );
}

#[test]
fn the_log_is_bounded_and_dropped_by_every_kind_of_sync() {
    /// The deepest log that was seen.
    struct Depth(usize);
    impl Director for Depth {
        fn after(&mut self, view: &mut View<'_>, _step: &Step<'_>) -> Control {
            self.0 = self.0.max(view.fs().unsynced());
            Control::Continue
        }
    }
    let deepest = |sync: fn(&dyn Host), limits| {
        let mut machine = Machine::new(MachineOptions {
            limits,
            ..options(1)
        });
        let program = move |host: &dyn Host| {
            for index in 0..6_000_u32 {
                write(host, "f", &index.to_le_bytes());
                host.unlink(at(host, "f")).unwrap();
                if index % 100 == 0 {
                    sync(host);
                }
            }
            Exit::OK
        };
        machine.spawn(spec("solo", 1), Box::new(program)).unwrap();
        let mut depth = Depth(0);
        machine.run(&mut Timed::new(Seed(1)), &mut depth, RunLimit::NONE);
        assert!(machine.fs().usage().inodes == 1, "removed files are gone");
        depth.0
    };
    let short = Limits {
        unsynced_max: 500,
        ..Limits::ORDINARY
    };
    assert_eq!(deepest(|_| {}, Limits::ORDINARY), 12_000);
    assert!(deepest(|_| {}, short) <= 500);
    assert!(deepest(|host| host.sync_all(host.root()).unwrap(), Limits::ORDINARY) <= 200);
    assert!(deepest(|host| host.sync_dir(host.root()).unwrap(), Limits::ORDINARY) <= 2_048);
}
