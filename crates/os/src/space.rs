//! What is left of a filesystem.

use std::path::Path;

/// What a filesystem has, and what of it programs like this one may still use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes that are left.
    pub bytes_free: u64,
    /// Files and directories that it can have; 0 where it makes room for them as they come.
    pub inodes: u64,
    /// Files and directories that can still be made.
    pub inodes_free: u64,
}

/// The space of the filesystem that `path` is on. Errs if the path is not there.
pub fn space(path: &Path) -> std::io::Result<Space> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(Space {
        bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        bytes_free: stat.f_bavail.saturating_mul(stat.f_frsize),
        inodes: stat.f_files,
        inodes_free: stat.f_favail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filesystem_has_no_more_left_than_it_has() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let space = space(dir.path()).expect("it is there");
        assert!(0 < space.bytes && space.bytes_free <= space.bytes);
        assert!(space.inodes_free <= space.inodes);
        assert!(super::space(&dir.path().join("nowhere")).is_err());
    }
}
