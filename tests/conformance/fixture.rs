//! What a case is given, and the words it is written in.

use host::{At, Call, Dir, Errno, File, Host, HostError, Meta, Names, Result};
use std::fmt::Debug;

/// One sentence that every host must keep.
pub struct Case {
    /// The sentence; the name of the function that checks it.
    pub name: &'static str,
    /// What the host's surroundings must offer, or the case is left out, and listed as such.
    pub needs: Needs,
    /// Panics if the sentence is broken. Keeps no state but what is in the fixture.
    pub run: fn(&Fixture<'_>),
}

/// What a case needs besides an empty root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing.
    Host,
    /// [`Fixture::neighbour`].
    Neighbour,
    /// [`Fixture::elsewhere`].
    Elsewhere,
}

/// A host whose root is an empty directory of its own.
pub struct Fixture<'h> {
    /// The host under test.
    pub host: &'h dyn Host,
    /// Another process's host on the same root.
    pub neighbour: Option<&'h dyn Host>,
    /// A path below the root that leads to an empty directory on another filesystem.
    pub elsewhere: Option<&'h str>,
}

impl<'h> Fixture<'h> {
    /// Whether this fixture offers what `needs` names.
    pub fn offers(&self, needs: Needs) -> bool {
        match needs {
            Needs::Host => true,
            Needs::Neighbour => self.neighbour.is_some(),
            Needs::Elsewhere => self.elsewhere.is_some(),
        }
    }

    /// The path `path` below the root.
    pub fn at<'a, P: AsRef<[u8]> + ?Sized>(&self, path: &'a P) -> At<'a> {
        At::new(self.host.root(), path)
    }

    /// Makes a file with these bytes.
    pub fn write<P: AsRef<[u8]> + ?Sized>(&self, path: &P, bytes: &[u8]) {
        let file = File::create_new(self.host, self.at(path)).expect("create a file");
        file.append(bytes).expect("append to a new file");
    }

    /// Makes a directory.
    pub fn mkdir<P: AsRef<[u8]> + ?Sized>(&self, path: &P) {
        self.host.mkdir(self.at(path)).expect("make a directory");
    }

    /// Opens a directory.
    pub fn dir<P: AsRef<[u8]> + ?Sized>(&self, path: &P) -> Dir<'h> {
        Dir::open(self.host, self.at(path)).expect("open a directory")
    }

    /// All bytes of a file.
    pub fn bytes<P: AsRef<[u8]> + ?Sized>(&self, path: &P) -> Vec<u8> {
        all_bytes(&File::open_read(self.host, self.at(path)).expect("open a file"))
    }

    /// What is known of a name.
    pub fn stat<P: AsRef<[u8]> + ?Sized>(&self, path: &P) -> Meta {
        self.host.stat(self.at(path)).expect("stat a name")
    }

    /// Whether a name is there.
    pub fn exists<P: AsRef<[u8]> + ?Sized>(&self, path: &P) -> bool {
        match self.host.stat(self.at(path)) {
            Ok(_) => true,
            Err(error) if error.is_vanished() => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// The names of a directory, in byte order.
    pub fn list<P: AsRef<[u8]> + ?Sized>(&self, path: &P) -> Vec<Vec<u8>> {
        let mut found = rest(&self.dir(path), &mut Names::default());
        found.sort();
        found
    }

    /// Makes `count` empty files in the directory `dir`, named `<prefix>0000`, `<prefix>0001` and so on.
    pub fn fill(&self, dir: &str, prefix: &str, count: usize) -> Vec<Vec<u8>> {
        let dir = self.dir(dir);
        let names: Vec<Vec<u8>> = (0..count).map(|k| numbered(prefix, k)).collect();
        for name in &names {
            drop(File::create_new(self.host, dir.at(name)).expect("create a file"));
        }
        names
    }
}

/// The name `<prefix>0042`.
pub fn numbered(prefix: &str, number: usize) -> Vec<u8> {
    format!("{prefix}{number:04}").into_bytes()
}

/// All bytes of an open file.
pub fn all_bytes(file: &File<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.read_to(0, &mut bytes, usize::MAX)
        .expect("read a file");
    bytes
}

/// The names from the scan position to the end, as often and in the order in which they came.
pub fn rest(dir: &Dir<'_>, names: &mut Names) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while dir.read(names).expect("read a directory") {
        found.extend(names.iter().map(|entry| entry.name.to_vec()));
    }
    found
}

/// Demands that `call` failed with `errno`.
#[track_caller]
pub fn refused<T: Debug>(result: Result<T>, call: Call, errno: Errno) {
    match result {
        Ok(value) => panic!("{} succeeded with {value:?}, not {errno:?}", call.name()),
        Err(error) => assert_eq!(error, HostError::new(call, errno)),
    }
}

/// The cases of these names, which are functions in scope.
macro_rules! cases {
    ($needs:ident: $($name:ident),+ $(,)?) => {
        [$($crate::fixture::Case {
            name: stringify!($name),
            needs: $crate::fixture::Needs::$needs,
            run: $name,
        }),+]
    };
}
pub(crate) use cases;
