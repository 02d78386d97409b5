//! What a director sees and injects.

use super::{at, options, run, spec, write};
use crate::kernel::{
    Act, Content, Control, Director, Effect, Exit, Ino, Machine, MachineOptions, NO_NOTE, Node,
    Pending, ProcessId, Recording, RunLimit, Seed, Sharing, Step, TaskSpec, View, Window,
};
use crate::schedule::Timed;
use host::{Call, Errno, Host, Names};
use std::time::Duration;

/// Fails the calls of one kind, once, as `act` says.
struct Once {
    call: Call,
    act: Act,
    done: bool,
}

impl Director for Once {
    fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        if pending.call == self.call && !std::mem::replace(&mut self.done, true) {
            return self.act;
        }
        Act::Proceed
    }
}

fn with_fault(call: Call, act: Act, program: impl FnOnce(&dyn Host) + 'static) -> Machine {
    let mut machine = Machine::new(options(1));
    let task = |host: &dyn Host| {
        program(host);
        Exit::OK
    };
    machine.spawn(spec("solo", 1), Box::new(task)).unwrap();
    let mut once = Once {
        call,
        act,
        done: false,
    };
    machine.run(&mut Timed::new(Seed(1)), &mut once, RunLimit::NONE);
    assert!(once.done);
    machine
}

#[test]
fn a_call_that_is_made_to_fail_changes_nothing() {
    with_fault(Call::CreateNew, Act::Fail(Errno::NoSpace), |host| {
        let error = host.create_new(at(host, "f")).unwrap_err();
        assert_eq!((error.call, error.errno), (Call::CreateNew, Errno::NoSpace));
        // No space for one name; the next attempt succeeds.
        write(host, "f", b"x");
    });
    with_fault(Call::ReadDir, Act::Fail(Errno::TooManyOpen), |host| {
        let mut names = Names::default();
        names.push(b"stale", host::Kind::File);
        assert!(host.read_dir(host.root(), &mut names).is_err());
        assert!(names.is_empty(), "an error leaves no names behind");
    });
    with_fault(Call::Close, Act::Fail(Errno::Io), |host| {
        let file = host.create_new(at(host, "f")).unwrap();
        host.close(file);
        assert_eq!(host.append(file, b"x").unwrap_err().errno, Errno::BadHandle);
    });
}

#[test]
fn a_read_can_give_a_part_and_whoever_goes_on_gets_the_rest() {
    with_fault(Call::Read, Act::ReadAtMost(3), |host| {
        write(host, "f", b"12345");
        let file = host.open_read(at(host, "f")).unwrap();
        let mut bytes = Vec::new();
        assert_eq!(host.read(file, 0, &mut bytes, 100).unwrap(), 3);
        assert_eq!(host.read(file, 3, &mut bytes, 100).unwrap(), 2);
        assert_eq!(bytes, b"12345");
    });
    // None at all would say that the file ends here.
    with_fault(Call::Read, Act::ReadAtMost(0), |host| {
        write(host, "f", b"12345");
        let file = host.open_read(at(host, "f")).unwrap();
        assert_eq!(host.read(file, 1, &mut Vec::new(), 100).unwrap(), 1);
    });
    with_fault(Call::Stat, Act::ReadAtMost(1), |host| {
        write(host, "f", b"12345");
        assert_eq!(host.stat(at(host, "f")).unwrap().len, 5);
    });
}

#[test]
fn an_append_can_stop_half_way() {
    let act = Act::AppendPrefixThenFail(3, Errno::NoSpace);
    let machine = with_fault(Call::Append, act, |host| {
        let file = host.create_new(at(host, "f")).unwrap();
        assert_eq!(
            host.append(file, b"12345").unwrap_err().errno,
            Errno::NoSpace
        );
        host.append(file, b"67").unwrap();
    });
    let file = machine.fs().at(b"f").unwrap();
    assert_eq!(machine.fs().bytes(file), b"12367");
}

/// Writes down what happened, in words.
#[derive(Default)]
struct Story(Vec<String>);

impl Director for Story {
    fn after(&mut self, view: &mut View<'_>, step: &Step<'_>) -> Control {
        let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let path = |ino: Ino| name(&view.fs().path(ino));
        let line = match step.effect {
            Effect::None => return Control::Continue,
            Effect::NameAdded { dir, name: n, .. } => format!("add {}/{}", path(dir), name(n)),
            Effect::NameRemoved {
                dir,
                name: n,
                links_left,
                ..
            } => {
                format!("remove {}/{} left {links_left}", path(dir), name(n))
            }
            Effect::Moved {
                from_dir,
                from_name,
                to_dir,
                to_name,
                replaced,
                ..
            } => format!(
                "move {}/{} to {}/{} over {}",
                path(from_dir),
                name(from_name),
                path(to_dir),
                name(to_name),
                replaced.is_some()
            ),
            Effect::Linked { dir, name: n, .. } => format!("link {}/{}", path(dir), name(n)),
            Effect::Appended { bytes, .. } => format!("append {bytes}"),
            Effect::Listed { count, .. } => format!("list {count}"),
            Effect::Opened { ino } => format!("open {}", path(ino)),
            Effect::ReadBytes { bytes, .. } => format!("read {bytes}"),
            Effect::SyncedFile { .. } => "sync file".into(),
            Effect::SyncedDir { .. } => "sync dir".into(),
            Effect::SyncedAll { items, .. } => format!("sync all {items}"),
            Effect::Locked { created, .. } => format!("lock {created}"),
            Effect::Unlocked { .. } => "unlock".into(),
            Effect::Closed { .. } => "close".into(),
        };
        self.0.push(line);
        Control::Continue
    }
}

#[test]
fn a_director_sees_every_effect_in_inodes_and_names() {
    let mut machine = Machine::new(options(1));
    let program = |host: &dyn Host| {
        host.mkdir(at(host, "d")).unwrap();
        write(host, "d/a", b"12345");
        write(host, "b", b"");
        host.rename(at(host, "d/a"), at(host, "b")).unwrap();
        host.link(at(host, "b"), at(host, "c")).unwrap();
        host.unlink(at(host, "b")).unwrap();
        let file = host.open_read(at(host, "c")).unwrap();
        host.read(file, 0, &mut Vec::new(), 3).unwrap();
        host.sync_file(file).unwrap();
        host.sync_dir(host.root()).unwrap();
        host.sync_all(host.root()).unwrap();
        host.read_dir(host.root(), &mut Names::default()).unwrap();
        let lock = host.lock(at(host, "l")).unwrap();
        host.unlock(lock);
        host.rmdir(at(host, "d")).unwrap();
        Exit::OK
    };
    machine.spawn(spec("solo", 1), Box::new(program)).unwrap();
    let mut story = Story::default();
    machine.run(&mut Timed::new(Seed(1)), &mut story, RunLimit::NONE);
    let expected = [
        "add /d",
        "add d/a",
        "append 5",
        "close",
        "add /b",
        "append 0",
        "close",
        "move d/a to /b over true",
        "link /c",
        "remove /b left 1",
        "open c",
        "read 3",
        "sync file",
        "sync dir",
        "sync all 7",
        "list 2",
        "lock true",
        "unlock",
        "remove /d left 0",
    ];
    assert_eq!(story.0, expected);
}

/// Keeps the windows of the uses, with the error of each.
#[derive(Default)]
struct Windows(Vec<(Call, Option<Window>, Option<Errno>)>);

impl Director for Windows {
    fn after(&mut self, _view: &mut View<'_>, step: &Step<'_>) -> Control {
        if matches!(step.pending.call, Call::Stat | Call::Unlink | Call::Rename) {
            self.0.push((step.pending.call, step.window, step.errno));
        }
        Control::Continue
    }
}

#[test]
fn a_window_runs_from_the_scan_that_showed_a_name_to_its_use() {
    let mut options = options(1);
    options.latency.jitter_percent = 0;
    options.latency.tail_ppm = 0;
    options.latency = options
        .latency
        .with(Call::Stat, 1_000)
        .with(Call::Unlink, 5_000);
    options.latency.entry_ns = 10;
    let mut machine = Machine::new(options);
    for name in ["a", "b", "c"] {
        machine.make_file(name, Content::Zeros(1), 0).unwrap();
    }
    let program = |host: &dyn Host| {
        host.stat(at(host, "a")).unwrap();
        host.read_dir(host.root(), &mut Names::default()).unwrap();
        host.stat(at(host, "a")).unwrap();
        host.stat(at(host, "b")).unwrap();
        host.unlink(at(host, "b")).unwrap();
        host.stat(at(host, "b")).unwrap_err();
        host.rename(at(host, "a"), at(host, "d")).unwrap();
        host.stat(at(host, "d")).unwrap();
        Exit::OK
    };
    machine.spawn(spec("solo", 1), Box::new(program)).unwrap();
    let mut windows = Windows::default();
    machine.run(&mut Timed::new(Seed(1)), &mut windows, RunLimit::NONE);
    let window = |calls, nanos| Some(Window { calls, nanos });
    let expected = [
        (Call::Stat, None, None),
        (Call::Stat, window(1, 1_030), None),
        (Call::Stat, window(2, 2_030), None),
        (Call::Unlink, window(3, 7_030), None),
        (Call::Stat, None, Some(Errno::NotFound)),
        (Call::Rename, window(5, 27_030), None),
        (Call::Stat, None, None),
    ];
    assert_eq!(windows.0, expected);
}

#[test]
fn another_task_has_its_own_windows() {
    let mut machine = Machine::new(options(1));
    machine.make_file("a", Content::Zeros(1), 0).unwrap();
    run(&mut machine, spec("lister", 1), |host| {
        host.read_dir(host.root(), &mut Names::default()).unwrap();
    });
    let program = |host: &dyn Host| {
        host.stat(at(host, "a")).unwrap();
        Exit::OK
    };
    // Neither another task nor the lister's next life knows the name.
    for name in ["other", "lister"] {
        machine.spawn(spec(name, 1), Box::new(program)).unwrap();
        let mut windows = Windows::default();
        machine.run(&mut Timed::new(Seed(1)), &mut windows, RunLimit::NONE);
        assert_eq!(windows.0, [(Call::Stat, None, None)]);
    }
}

#[test]
fn notes_stay_with_the_inode() {
    let mut machine = Machine::new(options(1));
    let ino = machine.make_file("a", Content::Zeros(1), 0).unwrap();
    assert_eq!(
        (machine.fs().note(ino), machine.fs().second_note(ino)),
        (NO_NOTE, NO_NOTE)
    );
    machine.set_note(ino, 17);
    machine.set_second_note(ino, 18);
    run(&mut machine, spec("solo", 1), |host| {
        host.rename(at(host, "a"), at(host, "b")).unwrap();
        write(host, "a", b"");
    });
    let fs = machine.fs();
    assert_eq!((fs.note(ino), fs.second_note(ino)), (17, 18));
    assert_eq!((fs.at(b"b"), fs.node(ino)), (Some(ino), Node::File));
    assert_eq!(fs.at(b"a").map(|ino| fs.note(ino)), Some(NO_NOTE));
    let names: Vec<&[u8]> = fs.children(Ino::ROOT).map(|(name, _)| name).collect();
    assert_eq!(names.len(), fs.child_count(Ino::ROOT));
}

#[test]
fn on_windows_an_open_handle_keeps_others_from_moving_and_removing() {
    for (sharing, expected) in [
        (Sharing::Posix, Ok(())),
        (Sharing::Windows, Err(Errno::Busy)),
    ] {
        let mut machine = Machine::new(MachineOptions {
            sharing,
            ..options(1)
        });
        machine.make_dir("queue/bucket").unwrap();
        machine.make_dir("queue/empty").unwrap();
        for name in ["a", "b", "c"] {
            let path = format!("queue/bucket/{name}");
            machine.make_file(&path, Content::Zeros(1), 0).unwrap();
        }
        let scanner = |host: &dyn Host| {
            for name in ["a", "b"] {
                host.open_read(at(host, &format!("queue/bucket/{name}")))
                    .unwrap();
            }
            host.open_dir(at(host, "queue/empty")).unwrap();
            host.sleep(Duration::from_secs(10));
            Exit::OK
        };
        machine
            .spawn(spec("scanner", 1), Box::new(scanner))
            .unwrap();
        let worker = TaskSpec {
            start_after: Duration::from_secs(1),
            ..spec("worker", 2)
        };
        run(&mut machine, worker, move |host| {
            let errno = |result: host::Result<()>| result.map_err(|error| error.errno);
            let (bucket, moved) = (at(host, "queue/bucket"), at(host, "bucket"));
            assert_eq!(errno(host.unlink(at(host, "queue/bucket/a"))), expected);
            let b = at(host, "queue/bucket/b");
            assert_eq!(errno(host.rename(at(host, "queue/bucket/c"), b)), expected);
            assert_eq!(errno(host.rename(bucket, moved)), expected);
            assert_eq!(errno(host.rmdir(at(host, "queue/empty"))), expected);
            // Its own handles are no hindrance.
            write(host, "own", b"");
            let own = host.open_read(at(host, "own")).unwrap();
            host.unlink(at(host, "own")).unwrap();
            host.close(own);
        });
    }
}

#[test]
fn the_last_steps_are_kept_when_asked_for() {
    let mut machine = Machine::new(MachineOptions {
        recording: Recording::Last(3),
        ..options(1)
    });
    let ino = machine.make_file("a", Content::Zeros(1), 0).unwrap();
    machine.set_note(Ino::ROOT, 5);
    run(&mut machine, spec("solo", 1), |host| {
        host.stat(at(host, "x")).unwrap_err();
        host.stat(at(host, "a")).unwrap();
        host.unlink(at(host, "a")).unwrap();
        host.stat(at(host, "a")).unwrap_err();
    });
    let records: Vec<_> = machine.records().collect();
    let calls: Vec<_> = records
        .iter()
        .map(|r| (r.call().unwrap(), r.errno, r.ino))
        .collect();
    let none = u32::MAX;
    assert_eq!(
        calls,
        [
            (Call::Stat, 0, ino.0),
            (Call::Unlink, 0, ino.0),
            (Call::Stat, 1, none)
        ]
    );
    assert!(
        records
            .iter()
            .all(|r| r.role == 5 && r.name_hash == records[0].name_hash)
    );
    assert_eq!(machine.process(machine.task("solo").unwrap()), ProcessId(1));
}
