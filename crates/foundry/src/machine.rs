//! The real machine as this program uses it: one host that sees from `/`, and the paths that people write.

use host::{At, Call, Dir, Errno, File, HostError, Kind, Names};
use os::OsHost;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The machine.
pub(crate) struct Machine {
    host: OsHost,
}

/// The absolute path of something that exists, without links: the host follows none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place(PathBuf);

/// A user of this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct User {
    uid: u32,
    /// `None` where the machine has no account of this number.
    name: Option<String>,
}

impl User {
    fn of(uid: u32) -> User {
        let name = os::user_name(uid);
        User { uid, name }
    }

    /// The one that this process acts as.
    pub(crate) fn current() -> User {
        User::of(os::effective_user())
    }

    /// The user as `sudo -u` and `chown` take it.
    pub(crate) fn argument(&self, number_mark: &str) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => format!("{number_mark}{}", self.uid),
        }
    }
}

impl std::fmt::Display for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "`{name}` (uid {})", self.uid),
            None => write!(f, "uid {}", self.uid),
        }
    }
}

/// A file or directory that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum PathError {
    /// A call failed.
    #[error("{0}")]
    Host(#[from] HostError),
    /// It is larger than what it is read for can be.
    #[error("it is larger than {max} bytes")]
    TooLarge {
        /// The most that is read.
        max: usize,
    },
}

impl PathError {
    /// What the standard library says, in the words of the host.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        let errno = match error.kind() {
            io::ErrorKind::NotFound => Errno::NotFound,
            io::ErrorKind::PermissionDenied => Errno::Access,
            io::ErrorKind::NotADirectory => Errno::NotDir,
            _ => error.raw_os_error().map_or(Errno::Io, Errno::Other),
        };
        HostError::new(Call::Stat, errno).into()
    }

    /// Whether there is no such name.
    pub(crate) fn is_vanished(&self) -> bool {
        matches!(self, PathError::Host(error) if error.is_vanished())
    }

    /// Whether this program may not do it.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, PathError::Host(error) if error.errno == Errno::Access)
    }

    /// Whether there is no space for it.
    pub(crate) fn is_no_space(&self) -> bool {
        matches!(self, PathError::Host(error) if error.is_full())
    }

    /// Why, for a message that names the path itself.
    pub(crate) fn reason(&self) -> String {
        match self {
            PathError::Host(error) => error.errno.to_string(),
            PathError::TooLarge { .. } => self.to_string(),
        }
    }
}

impl Place {
    /// The place of `path`, which must exist. Links on the way are followed, the last one too.
    pub(crate) fn of(path: &Path) -> Result<Place, PathError> {
        // The host starts from one directory and follows no link, so a path that a person wrote is resolved once, here.
        let real = path
            .canonicalize()
            .map_err(|error| PathError::of_io(&error))?;
        if real == Path::new("/") {
            return Err(HostError::new(Call::OpenDir, Errno::Invalid).into());
        }
        Ok(Place(real))
    }

    /// The place of `path`, of which only the parent must exist.
    pub(crate) fn wanted(path: &Path) -> Result<Place, PathError> {
        let invalid = || PathError::from(HostError::new(Call::Mkdir, Errno::Invalid));
        let name = path.file_name().ok_or_else(invalid)?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let parent = parent
            .canonicalize()
            .map_err(|error| PathError::of_io(&error))?;
        Ok(Place(parent.join(name)))
    }

    /// The place of a name in this directory; a link is not followed.
    pub(crate) fn below(&self, name: &std::ffi::OsStr) -> Place {
        Place(self.0.join(name))
    }

    /// The path for people.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The path from the host's root.
    pub(crate) fn at<'a>(&'a self, host: &dyn host::Host) -> At<'a> {
        let bytes = self.0.as_os_str().as_bytes();
        At::new(host.root(), bytes.strip_prefix(b"/").unwrap_or(bytes))
    }

    /// The directory that it is in, `None` for the host's root, and its name there.
    pub(crate) fn split(&self) -> (Option<Place>, String) {
        let parent = self.0.parent().filter(|parent| *parent != Path::new("/"));
        let name = self.0.file_name().unwrap_or_default();
        (
            parent.map(|parent| Place(parent.to_owned())),
            name.to_string_lossy().into_owned(),
        )
    }
}

impl Machine {
    /// The machine this process runs on.
    pub(crate) fn open() -> host::Result<Machine> {
        let host = OsHost::new(Path::new("/"))?;
        Ok(Machine { host })
    }

    /// The host, seen from `/`.
    pub(crate) fn host(&self) -> &OsHost {
        &self.host
    }

    /// Whom the file or directory belongs to.
    pub(crate) fn owner(&self, place: &Place) -> Result<User, PathError> {
        Ok(User::of(self.host.owner(place.at(&self.host))?))
    }

    /// Whether something stands at `path`.
    pub(crate) fn has(&self, path: &Path) -> bool {
        Place::of(path).is_ok()
    }

    /// The bytes of a file. Errs if they are more than `max`.
    pub(crate) fn read(&self, path: &Path, max: usize) -> Result<Vec<u8>, PathError> {
        let place = Place::of(path)?;
        let file = File::open_read(&self.host, place.at(&self.host))?;
        let mut bytes = Vec::new();
        file.read_to(0, &mut bytes, max.saturating_add(1))?;
        if max < bytes.len() {
            return Err(PathError::TooLarge { max });
        }
        Ok(bytes)
    }

    /// The names of the regular files in a directory, those that are UTF-8.
    pub(crate) fn names(&self, path: &Path) -> Result<Vec<String>, PathError> {
        let (files, _) = self.entries(path)?;
        Ok(files)
    }

    /// The names of files, and those of directories, that are UTF-8. Links are told by what they lead to.
    pub(crate) fn entries(&self, path: &Path) -> Result<(Vec<String>, Vec<String>), PathError> {
        let place = Place::of(path)?;
        let dir = Dir::open(&self.host, place.at(&self.host))?;
        let (mut files, mut dirs, mut names) = (Vec::new(), Vec::new(), Names::default());
        while dir.read(&mut names)? {
            for entry in names.iter() {
                let Ok(name) = std::str::from_utf8(entry.name) else {
                    continue;
                };
                let kind = match entry.kind {
                    Kind::File | Kind::Dir => entry.kind,
                    Kind::Other | Kind::Unknown => self.kind(&place.0.join(name))?,
                };
                match kind {
                    Kind::File => files.push(name.to_owned()),
                    Kind::Dir => dirs.push(name.to_owned()),
                    Kind::Other | Kind::Unknown => {}
                }
            }
        }
        Ok((files, dirs))
    }

    fn kind(&self, path: &Path) -> Result<Kind, PathError> {
        use host::Host;
        let place = Place::of(path)?;
        Ok(self.host.stat(place.at(&self.host))?.kind)
    }

    /// Writes a file that must be new. Durable when it returns, but for its name.
    pub(crate) fn write_new(&self, place: &Place, bytes: &[u8]) -> Result<(), PathError> {
        let file = File::create_new(&self.host, place.at(&self.host))?;
        file.append(bytes)?;
        file.sync()?;
        Ok(())
    }

    /// Makes a directory, which may be there already.
    pub(crate) fn make_dir(&self, place: &Place) -> Result<(), PathError> {
        drop(Dir::open_or_make(&self.host, place.at(&self.host))?);
        Ok(())
    }
}
