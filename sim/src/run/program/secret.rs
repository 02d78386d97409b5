//! The program's credentials, and the operator who brings the new ones after a rotation.

use super::{PAUSE, wait_until};
use crate::kernel::Exit;
use crate::run::remote::secret;
use crate::run::shared::Shared;
use host::{At, File, Host};

/// Where user and password are.
pub(crate) const FILE: &str = "secret";
const FILE_ASIDE: &str = "secret.new";

/// Replaces the credentials each time that somebody notices a rotation.
pub(crate) fn bring(host: &dyn Host, shared: &Shared) -> Exit {
    for (number, rotation) in (1..).zip(&shared.scenario.indexer.rotations) {
        if !wait_until(host, shared, rotation.noticed_ns) {
            break;
        }
        // A person tries again until it works.
        while replace(host, secret(number).as_bytes()).is_err() {
            host.sleep(PAUSE);
        }
    }
    Exit::OK
}

/// In one step, so that nobody reads half a line; durable when it returns.
fn replace(host: &dyn Host, line: &[u8]) -> host::Result<()> {
    let aside = At::new(host.root(), FILE_ASIDE);
    match host.unlink(aside) {
        Err(error) if !error.is_vanished() => return Err(error),
        _ => {}
    }
    let file = File::create_new(host, aside)?;
    file.append(line)?;
    file.sync()?;
    drop(file);
    host.rename(aside, At::new(host.root(), FILE))?;
    host.sync_dir(host.root())
}
