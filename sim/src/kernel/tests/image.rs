//! Machines that begin with the files of another one.

use super::{at, list, options, run, spec, write};
use crate::kernel::{
    Act, Director, DirectoryProfile, Exit, Image, Machine, MachineOptions, Pending, RunLimit, Seed,
    View,
};
use crate::schedule::Timed;
use host::{Call, Host};

/// What a machine leaves that has written two hundred files, and listed them.
fn image(directory: DirectoryProfile) -> Image {
    let mut machine = Machine::new(MachineOptions {
        directory,
        ..options(1)
    });
    run(&mut machine, spec("solo", 1), |host| {
        host.mkdir(at(host, "d")).unwrap();
        for number in 0..200 {
            write(host, &format!("d/{number:03}"), b"12345");
        }
        host.unlink(at(host, "d/007")).unwrap();
        let dir = host.open_dir(at(host, "d")).unwrap();
        assert_eq!(list(host, dir).len(), 199);
        host.close_dir(dir);
    });
    machine.into_image()
}

fn names(machine: &mut Machine) -> Vec<String> {
    run(machine, spec("reader", 1), |host| {
        let dir = host.open_dir(at(host, "d")).unwrap();
        list(host, dir)
    })
}

#[test]
fn what_one_machine_changes_no_other_of_the_same_image_sees() {
    for directory in [DirectoryProfile::Ext4, DirectoryProfile::Adversarial] {
        let image = image(directory);
        let options = || MachineOptions {
            directory,
            ..options(2)
        };
        let mut one = Machine::of_image(options(), &image);
        assert_eq!((one.steps(), one.now_ns()), (image.steps(), 0));
        run(&mut one, spec("solo", 1), |host| {
            let file = host.open_append(at(host, "d/001")).unwrap();
            host.append(file, b"6").unwrap();
            host.rename(at(host, "d/002"), at(host, "d/new")).unwrap();
            write(host, "d/more", b"");
        });
        assert_eq!(names(&mut one).len(), 200);
        let mut other = Machine::of_image(options(), &image);
        let found = names(&mut other);
        assert_eq!(found.len(), 199);
        assert!(found.contains(&"002".to_owned()) && !found.contains(&"007".to_owned()));
        let file = other.fs().at(b"d/001").unwrap();
        assert_eq!(other.fs().bytes(file), b"12345");
        assert_eq!(other.fs().usage().inodes, 201);
    }
}

/// Takes the power away before the first unlink.
struct PowerFails;

impl Director for PowerFails {
    fn before(&mut self, _: &mut View<'_>, pending: &Pending<'_>) -> Act {
        match pending.call {
            Call::Unlink => Act::PowerLoss,
            _ => Act::Proceed,
        }
    }
}

/// How many files a power loss leaves of the image's, after a machine has written two hundred more and synced none.
fn left(image: &Image, seed: u64) -> (usize, usize) {
    let mut machine = Machine::of_image(options(seed), image);
    let write_more = |host: &dyn Host| {
        for number in 200..400 {
            write(host, &format!("d/{number:03}"), b"1");
        }
        let _ = host.unlink(at(host, "d/000"));
        Exit::OK
    };
    machine
        .spawn(spec("solo", 1), Box::new(write_more))
        .unwrap();
    machine.run(&mut Timed::new(Seed(seed)), &mut PowerFails, RunLimit::NONE);
    let dir = machine.fs().at(b"d").unwrap();
    let names = machine.fs().children(dir).map(|(name, _)| name.to_vec());
    let (old, new) = names.partition::<Vec<_>, _>(|name| name.as_slice() < b"200".as_slice());
    (old.len(), new.len())
}

#[test]
fn an_image_is_durable_and_what_is_lost_after_it_is_drawn_from_each_machines_own_seed() {
    let image = image(DirectoryProfile::Ext4);
    let left: Vec<(usize, usize)> = (1..=4).map(|seed| left(&image, seed)).collect();
    assert!(left.iter().all(|(old, _)| *old == 199), "{left:?}");
    assert!(
        left.iter().all(|(_, new)| (60..200).contains(new)),
        "{left:?}"
    );
    assert!(left.iter().any(|one| *one != left[0]), "{left:?}");
}

#[test]
fn a_name_that_was_listed_before_the_image_was_made_counts_as_seen_by_nobody() {
    /// Notes the windows of the calls on known names.
    #[derive(Default)]
    struct Windows(u32);
    impl Director for Windows {
        fn after(
            &mut self,
            _: &mut View<'_>,
            step: &crate::kernel::Step<'_>,
        ) -> crate::kernel::Control {
            self.0 += u32::from(step.window.is_some());
            crate::kernel::Control::Continue
        }
    }
    let image = image(DirectoryProfile::Ext4);
    let mut machine = Machine::of_image(options(2), &image);
    let program = |host: &dyn Host| {
        for number in 10..200 {
            host.stat(at(host, &format!("d/{number:03}"))).unwrap();
        }
        Exit::OK
    };
    machine.spawn(spec("solo", 1), Box::new(program)).unwrap();
    let mut windows = Windows::default();
    machine.run(&mut Timed::new(Seed(1)), &mut windows, RunLimit::NONE);
    assert_eq!(windows.0, 0);
}
