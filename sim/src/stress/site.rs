//! Where a stress run happens: a legacy queue, a spool, and what the archiver has stolen, in one directory.

use super::StressError;
use super::fabricate::{Flaw, Population};
use host::{At, Dir, File, Host, Names};
use os::OsHost;
use rayon::prelude::*;
use spool::{BucketName, EntryName};
use std::path::{Path, PathBuf};

/// The flat legacy queue that is adopted.
pub(super) const QUEUE: &str = "queue";
/// The production queue.
pub(super) const SPOOL: &str = "spool";
/// What the archiver has taken.
pub(super) const STOLEN: &str = "stolen";
/// Appears when the workers are to end.
pub(super) const STOP: &str = "stop";
/// A link in the legacy queue, to be set aside by adoption under its own name.
pub(super) const LINK: &str = "link.json";

/// The directory of one run.
pub(super) struct Site {
    pub(super) path: PathBuf,
    pub(super) population: Population,
}

impl Site {
    /// Makes the directories.
    pub(super) fn new(path: &Path, population: Population) -> Result<Self, StressError> {
        let host = open(path)?;
        for part in [QUEUE, STOLEN] {
            host.mkdir(At::new(host.root(), part))
                .map_err(|source| StressError::host("make", part, source))?;
        }
        Ok(Site {
            path: path.to_owned(),
            population,
        })
    }

    /// The machine, seen from the site; every thread opens its own.
    pub(super) fn host(&self) -> Result<OsHost, StressError> {
        open(&self.path)
    }

    /// Writes the legacy queue, on all processors, and makes it durable.
    pub(super) fn fill_queue(&self) -> Result<(), StressError> {
        let host = self.host()?;
        let queue = Dir::open(&host, At::new(host.root(), QUEUE))
            .map_err(|source| StressError::host("open", QUEUE, source))?;
        // The guard's host is not known to be shared by threads; its number is enough.
        let id = queue.id();
        (0..self.population.flat)
            .into_par_iter()
            .try_for_each_init(Vec::new, |bytes, number| {
                let name = self.population.file_name(number);
                self.population.payload(number, bytes);
                let file = File::create_new(&host, At::new(id, &name))?;
                file.append(bytes)
            })
            .map_err(|source| StressError::host("fill", QUEUE, source))?;
        let link = self.path.join(QUEUE).join(LINK);
        std::os::unix::fs::symlink("alert-00000000.json", link)
            .map_err(|source| StressError::io("plant", LINK, source))?;
        host.sync_all(host.root())
            .map_err(|source| StressError::host("make durable", QUEUE, source))
    }

    /// Replaces published entries by a FIFO or a directory of the same name, where the population says so.
    pub(super) fn spoil_published(&self) -> Result<(), StressError> {
        let host = self.host()?;
        let first = self.population.flat;
        let flawed: Vec<_> = (first..self.population.depth)
            .map_while(|number| Some((self.population.id(number), self.population.flaw(number)?)))
            .collect();
        for (bucket, entry) in entries(&host, "spool/pending")? {
            let Some((_, flaw)) = flawed.iter().find(|(id, _)| *id == entry.id()) else {
                continue;
            };
            let path = format!("spool/pending/{bucket}/{entry}");
            let at = At::new(host.root(), &path);
            let failed = |source| StressError::host("plant", &path, source);
            host.unlink(at).map_err(failed)?;
            if *flaw == Flaw::Directory {
                host.mkdir(at).map_err(failed)?;
                continue;
            }
            let made = std::process::Command::new("mkfifo")
                .arg(self.path.join(&path))
                .status()
                .map_err(|source| StressError::io("plant", &path, source))?;
            if !made.success() {
                let source = std::io::Error::other("mkfifo failed");
                return Err(StressError::io("plant", &path, source));
            }
        }
        Ok(())
    }

    /// How many entries are pending, claimed or parked, by the buckets' names.
    pub(super) fn outstanding(&self, host: &OsHost) -> Result<u64, StressError> {
        let mut sum = 0;
        let mut homes = vec!["spool/pending".to_owned(), "spool/overflow".to_owned()];
        let claimed = names_in(host, "spool/claimed")?;
        homes.extend(
            claimed
                .into_iter()
                .map(|name| format!("spool/claimed/{name}")),
        );
        for home in homes {
            let names = names_in(host, &home)?;
            let buckets = names
                .iter()
                .filter_map(|name| BucketName::parse(name.as_bytes()));
            sum += buckets.map(|bucket| u64::from(bucket.count())).sum::<u64>();
        }
        Ok(sum)
    }
}

fn open(path: &Path) -> Result<OsHost, StressError> {
    OsHost::new(path).map_err(|source| StressError::host("open", &path.to_string_lossy(), source))
}

/// The names in a directory; none if it is gone or is a file. A name that is no text is left out: none of ours is.
pub(super) fn names_in(host: &OsHost, path: &str) -> Result<Vec<String>, StressError> {
    let dir = match Dir::open(host, At::new(host.root(), path)) {
        Ok(dir) => dir,
        Err(error) if matches!(error.errno, host::Errno::NotFound | host::Errno::NotDir) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(StressError::host("open", path, source)),
    };
    let (mut names, mut found) = (Names::default(), Vec::new());
    loop {
        match dir.read(&mut names) {
            Ok(true) => {}
            Ok(false) => break,
            // Removed while it was open: a worker's earlier epoch, or a bucket that was finished. It holds nothing.
            Err(error) if error.is_vanished() => break,
            Err(source) => return Err(StressError::host("list", path, source)),
        }
        let texts = names.iter().map(|entry| std::str::from_utf8(entry.name));
        found.extend(texts.flatten().map(str::to_owned));
    }
    Ok(found)
}

/// The entries in the buckets directly below a directory.
pub(super) fn entries(
    host: &OsHost,
    path: &str,
) -> Result<Vec<(BucketName, EntryName)>, StressError> {
    let mut found = Vec::new();
    for name in names_in(host, path)? {
        let Some(bucket) = BucketName::parse(name.as_bytes()) else {
            continue;
        };
        let inside = names_in(host, &format!("{path}/{name}"))?;
        let entries = inside
            .iter()
            .filter_map(|name| EntryName::parse(name.as_bytes()));
        found.extend(entries.map(|entry| (bucket, entry)));
    }
    Ok(found)
}
