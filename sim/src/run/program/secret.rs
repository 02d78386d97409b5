//! The program's credentials, and the operator who brings the new ones after a rotation.

use super::{PAUSE, wait_until};
use crate::kernel::Exit;
use crate::run::remote::secret;
use crate::run::shared::Shared;
use host::{At, Host};

/// Where user and password are.
pub(crate) const FILE: &str = "secret";

/// Replaces the credentials each time that somebody notices a rotation.
pub(crate) fn bring(host: &dyn Host, shared: &Shared) -> Exit {
    for (number, rotation) in (1..).zip(&shared.scenario.indexer.rotations) {
        if !wait_until(host, shared, rotation.noticed_ns) {
            break;
        }
        // A person tries again until it works.
        let at = At::new(host.root(), FILE);
        while host::replace_file(host, at, secret(number).as_bytes()).is_err() {
            host.sleep(PAUSE);
        }
    }
    Exit::OK
}
