//! Whose things are: the user this process acts as, and the owner of a file.

use crate::OsHost;
use crate::errno::failed;
use host::{At, Call, Result};
use rustix::fs::AtFlags;

/// The number of the user that this process acts as.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The name of a user, as this machine's databases have it; `None` where they have none, as in a container without the
/// account.
pub fn user_name(uid: u32) -> Option<String> {
    let user = uzers::get_user_by_uid(uid)?;
    Some(user.name().to_string_lossy().into_owned())
}

impl OsHost {
    /// The number of the user whom the file or directory at `at` belongs to. A link is not followed.
    pub fn owner(&self, at: At<'_>) -> Result<u32> {
        let dir = self.start(Call::Stat, at)?;
        let stat = rustix::fs::statat(&*dir, at.path, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(failed(Call::Stat))?;
        Ok(stat.st_uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use host::Host;

    #[test]
    fn what_a_process_makes_is_its_users() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let host = OsHost::new(dir.path()).expect("it opens");
        let at = At::new(host.root(), "x");
        host.mkdir(at).expect("made");
        assert_eq!(host.owner(at).ok(), Some(effective_user()));
        let gone = host.owner(At::new(host.root(), "y"));
        assert!(gone.is_err_and(|error| error.is_vanished()));
    }

    #[test]
    fn a_user_without_an_account_has_no_name() {
        assert_eq!(user_name(0).as_deref(), Some("root"));
        assert_eq!(user_name(u32::MAX - 7), None);
    }
}
