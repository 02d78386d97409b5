//! What the shared conformance suite cannot reach, because the seam cannot make it.

use super::*;
use host::{Class, Dir, File, Lock};

fn host() -> (tempfile::TempDir, OsHost) {
    let home = tempfile::tempdir().expect("a temporary directory");
    let host = OsHost::new(home.path()).expect("the directory is there");
    (home, host)
}

fn write(host: &OsHost, path: &str, bytes: &[u8]) {
    let file = File::create_new(host, At::new(host.root(), path)).expect("create");
    file.append(bytes).expect("append");
}

fn bytes(host: &OsHost, path: &str) -> Option<Vec<u8>> {
    let file = File::open_read(host, At::new(host.root(), path)).ok()?;
    let mut bytes = Vec::new();
    file.read_to(0, &mut bytes, usize::MAX).expect("read");
    Some(bytes)
}

fn move_in_two_steps(host: &OsHost, from: &str, to: &str) -> rustix::io::Result<()> {
    let root = host.dir(Call::RenameNoreplace, host.root()).expect("root");
    noreplace::link_then_unlink(
        (root.as_fd(), from.as_bytes()),
        (root.as_fd(), to.as_bytes()),
    )
}

#[test]
fn a_root_that_is_missing_or_a_file_is_refused() {
    let (home, host) = host();
    write(&host, "file", b"");
    let missing = OsHost::new(&home.path().join("missing")).err();
    assert_eq!(
        missing,
        Some(HostError::new(Call::OpenDir, Errno::NotFound))
    );
    let file = OsHost::new(&home.path().join("file")).err();
    assert_eq!(file, Some(HostError::new(Call::OpenDir, Errno::NotDir)));
}

#[test]
fn dropping_the_host_gives_its_locks_back() {
    let (home, first) = host();
    let second = OsHost::new(home.path()).expect("the same directory");
    first.lock(At::new(first.root(), "LOCK")).expect("free");
    let taken = Lock::take(&second, At::new(second.root(), "LOCK"));
    assert_eq!(taken.err().map(HostError::class), Some(Class::Contended));
    drop(first);
    Lock::take(&second, At::new(second.root(), "LOCK")).expect("free again");
}

#[test]
fn without_renameat2_a_file_still_moves_and_never_onto_another() {
    let (_home, host) = host();
    write(&host, "a", b"a");
    write(&host, "b", b"b");
    assert_eq!(
        move_in_two_steps(&host, "a", "b"),
        Err(rustix::io::Errno::EXIST)
    );
    assert_eq!(bytes(&host, "b").as_deref(), Some(&b"b"[..]));
    move_in_two_steps(&host, "a", "c").expect("c is free");
    assert_eq!(bytes(&host, "a"), None);
    assert_eq!(bytes(&host, "c").as_deref(), Some(&b"a"[..]));
    assert_eq!(
        move_in_two_steps(&host, "a", "d"),
        Err(rustix::io::Errno::NOENT)
    );
    assert_eq!(bytes(&host, "d"), None);
}

#[test]
fn without_renameat2_one_of_many_movers_wins_and_no_byte_is_lost() {
    let (_home, host) = host();
    for round in 0..200 {
        let from = format!("{round}");
        write(&host, &from, from.as_bytes());
        let targets: Vec<String> = (0..4).map(|k| format!("{round}-{k}")).collect();
        let wins = std::thread::scope(|scope| {
            let movers: Vec<_> = targets
                .iter()
                .map(|to| scope.spawn(|| move_in_two_steps(&host, &from, to).is_ok()))
                .collect();
            movers
                .into_iter()
                .map(|mover| mover.join().expect("a mover does not panic"))
                .filter(|&won| won)
                .count()
        });
        let found: Vec<_> = targets.iter().filter_map(|to| bytes(&host, to)).collect();
        assert_eq!(wins, 1, "round {round}");
        assert_eq!(found, [from.as_bytes()], "round {round}");
    }
}

#[test]
fn a_host_is_shared_by_threads_and_a_closed_handle_never_reaches_another_file() {
    let (_home, host) = host();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let host = &host;
            scope.spawn(move || {
                for round in 0..200 {
                    let name = format!("{thread}-{round}");
                    write(host, &name, name.as_bytes());
                    let at = At::new(host.root(), &name);
                    let file = host.open_read(at).expect("just written");
                    let mut read = Vec::new();
                    host.read(file, 0, &mut read, 100).expect("open");
                    assert_eq!(read, name.as_bytes());
                    host.close(file);
                    let closed = host.read(file, 0, &mut read, 100);
                    assert_eq!(
                        closed,
                        Err(HostError::new(Call::Read, Errno::BadHandle)),
                        "{name}"
                    );
                }
            });
        }
    });
    let dir = Dir::open_or_make(&host, At::new(host.root(), "dir")).expect("made");
    assert_eq!(dir.read(&mut Names::default()), Ok(false));
}

#[test]
fn an_append_goes_on_after_short_writes_and_tells_what_ends_it() {
    use rustix::io::Errno as Raw;
    let told = |answers: &[rustix::io::Result<usize>]| {
        let (mut answers, mut file) = (answers.iter(), Vec::new());
        let result = write_all(b"12345", |part| {
            let count = (*answers.next().expect("no write is one too many"))?;
            file.extend_from_slice(&part[..count]);
            Ok(count)
        });
        let text = String::from_utf8(file).expect("digits");
        (text, result.map_err(|error| error.errno))
    };
    assert_eq!(told(&[Ok(5)]), ("12345".to_owned(), Ok(())));
    let pieces = [Ok(2), Err(Raw::INTR), Ok(1), Ok(2)];
    assert_eq!(told(&pieces), ("12345".to_owned(), Ok(())));
    let full = [Ok(2), Err(Raw::NOSPC)];
    assert_eq!(told(&full), ("12".to_owned(), Err(Errno::NoSpace)));
    assert_eq!(told(&[Ok(0)]), (String::new(), Err(Errno::Io)));
}

#[test]
fn a_long_file_is_read_in_pieces_to_its_end() {
    let (_home, host) = host();
    let long = vec![b'x'; 3 * READ_BYTES + 1];
    write(&host, "long", &long);
    let file = host.open_read(At::new(host.root(), "long")).expect("there");
    let mut first = Vec::new();
    let count = host.read(file, 0, &mut first, usize::MAX).expect("read");
    assert!(count < long.len(), "one call gives a part");
    assert_eq!(bytes(&host, "long"), Some(long));
}
