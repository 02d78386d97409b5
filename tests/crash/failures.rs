//! Each call fails once, in every way that fits it: nothing is lost, and a later run finishes.

use crate::life::Work;
use crate::sweep::{Execution, Sweep};
use crate::verdict::Mercy;
use crate::world::{Blow, Strike};
use host::{Call, Class, Errno, HostError};
use sim::kernel::PowerLossProfile;

/// How a call may fail. None for calls that cannot.
fn failures(call: Call) -> &'static [Blow] {
    use Errno::{Access, Busy, Io, NoSpace, TooManyOpen};
    match call {
        Call::OpenDir | Call::OpenRead => &[
            Blow::Fail(Io),
            Blow::Fail(Access),
            Blow::Fail(Busy),
            Blow::Fail(TooManyOpen),
        ],
        Call::CreateNew | Call::Lock | Call::OpenAppend => &[
            Blow::Fail(Io),
            Blow::Fail(Access),
            Blow::Fail(NoSpace),
            Blow::Fail(TooManyOpen),
        ],
        Call::Mkdir => &[Blow::Fail(Io), Blow::Fail(Access), Blow::Fail(NoSpace)],
        Call::RenameNoreplace | Call::Rename | Call::Link | Call::Unlink | Call::Rmdir => &[
            Blow::Fail(Io),
            Blow::Fail(Access),
            Blow::Fail(Busy),
            Blow::Fail(NoSpace),
        ],
        Call::Stat => &[Blow::Fail(Io), Blow::Fail(Access), Blow::Fail(Busy)],
        Call::Append => &[
            Blow::Fail(Io),
            Blow::Fail(NoSpace),
            Blow::FailHalfWay(Io),
            Blow::FailHalfWay(NoSpace),
        ],
        Call::SyncFile | Call::SyncDir | Call::SyncAll => &[Blow::Fail(Io), Blow::Fail(NoSpace)],
        Call::ReadDir | Call::RewindDir | Call::Read => &[Blow::Fail(Io)],
        Call::CloseDir | Call::Close | Call::Unlock | Call::Now | Call::Sleep => &[],
    }
}

/// A file that cannot be opened or read is a bad file: it may be set aside, if it was an alert's.
fn mercy(call: Call, blow: Blow) -> Mercy {
    let (Blow::Fail(errno) | Blow::FailHalfWay(errno)) = blow else {
        return Mercy::None;
    };
    let reads = matches!(call, Call::OpenRead | Call::Read);
    match HostError::new(call, errno).class() {
        Class::Poison if reads => Mercy::OneSpoiled,
        _ => Mercy::None,
    }
}

pub(crate) fn fail_everywhere(what: &'static str, work: Work, stubborn: bool) {
    let mut sweep = Sweep::new(what);
    let calls = Execution::new(work).next_life().calls;
    for (number, &call) in (0..).zip(&calls) {
        for &blow in failures(call) {
            let mut execution = Execution::new(work);
            execution.stubborn = stubborn;
            execution.mercy = mercy(call, blow);
            // A copy of a cased alert that cannot be read is set aside, because nobody can tell what it is: then the id is in
            // quarantine beside its case.
            if work == Work::PackedForgetful && execution.mercy == Mercy::OneSpoiled {
                continue;
            }
            execution.lives = vec![vec![Strike { call: number, blow }]];
            sweep.run(&execution);
        }
    }
    sweep.finish();
}

#[test]
fn a_call_that_fails_loses_nothing_and_a_later_process_finishes() {
    fail_everywhere("every call fails once, the process ends", Work::Flow, false);
}

#[test]
fn a_call_that_fails_loses_nothing_and_the_same_process_finishes() {
    fail_everywhere(
        "every call fails once, the process goes on",
        Work::Flow,
        true,
    );
}

#[test]
fn a_call_that_fails_where_cases_are_packed_loses_nothing() {
    for work in [Work::Packed, Work::PackedForgetful] {
        fail_everywhere("packed, every call fails once, then ends", work, false);
        fail_everywhere("packed, every call fails once, goes on", work, true);
    }
}

#[test]
fn a_call_of_an_adoption_that_fails_loses_nothing() {
    fail_everywhere("adoption, every call fails once", Work::Adopt, false);
}

/// After a failed sync nothing is known of the bytes, whatever a later sync says: only a power loss shows who relied on them.
#[test]
fn a_failed_sync_and_a_later_power_loss_lose_nothing_that_was_acknowledged() {
    fail_a_sync(
        "every sync fails once, then power loss at every later call",
        Work::Flow,
    );
}

#[test]
fn a_failed_sync_and_a_later_power_loss_lose_no_pack() {
    fail_a_sync(
        "packed, every sync fails once, then power loss at every later call",
        Work::PackedForgetful,
    );
}

fn fail_a_sync(what: &'static str, work: Work) {
    let mut sweep = Sweep::new(what);
    let calls = Execution::new(work).next_life().calls;
    let is_sync = |call| matches!(call, Call::SyncFile | Call::SyncDir | Call::SyncAll);
    let syncs = (0..).zip(&calls).filter(|&(_, &call)| is_sync(call));
    for (number, _) in syncs {
        for seed in 0..2 {
            let failure = Strike {
                call: number,
                blow: Blow::Fail(Errno::Io),
            };
            let mut execution = Execution::new(work);
            execution.stubborn = true;
            execution.seed = seed;
            execution.power_loss = PowerLossProfile::AnySubset;
            execution.lives = vec![vec![failure]];
            let longer = execution.struck_life().calls.len() as u32;
            // Neighbouring calls differ little, and the draws of the two seeds fall on different ones.
            for call in (number + 1 + seed as u32..longer).step_by(3) {
                let blow = Blow::PowerAfter;
                execution.lives = vec![vec![failure, Strike { call, blow }]];
                sweep.run(&execution);
            }
        }
    }
    sweep.finish();
}
