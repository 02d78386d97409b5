//! The simulated machine: `host::Host` for coroutines, from a seed.
//!
//! A [`Machine`] has files ([`Fs`]), a virtual clock and tasks. Each task is a coroutine that runs straight-line code over
//! `&dyn Host`; each of its calls is a scheduling point *before* the call acts. A [`Schedule`](crate::schedule::Schedule)
//! says who steps next, a [`Director`] watches each step and disturbs it: it makes calls fail, kills processes, takes the
//! power away. Everything else is fixed by the seed, and folded into [`Machine::trace_hash`].
//!
//! ```
//! use host::{At, Call, Host, Millis};
//! use sim::kernel::*;
//! use sim::schedule::Timed;
//!
//! let mut machine = Machine::new(MachineOptions {
//!     seed: Seed(1),
//!     t0: Millis(1_775_000_000_000),
//!     directory: DirectoryProfile::Ext4,
//!     latency: LatencyProfile::linux_ext4(),
//!     sharing: Sharing::Posix,
//!     limits: Limits::ORDINARY,
//!     power_loss: PowerLossProfile::AnySubset,
//!     generator: |_seed, index, into| into.extend_from_slice(&index.to_le_bytes()),
//!     recording: Recording::HashOnly,
//! });
//! machine.make_dir("queue").expect("is new");
//! machine.make_file("queue/a.json", Content::Generated(7), 0).expect("is new");
//! let spec = TaskSpec {
//!     name: "worker".into(),
//!     process: ProcessId(1),
//!     root: "queue".into(),
//!     start_after: std::time::Duration::ZERO,
//!     is_watched: true,
//!     stack_bytes: TaskSpec::STACK_BYTES,
//! };
//! machine.spawn(spec, Box::new(|host| {
//!     let at = At::new(host.root(), "a.json");
//!     assert_eq!(host.stat(at).map(|meta| meta.len), Ok(4));
//!     host.unlink(at).expect("nobody else is here");
//!     Exit::OK
//! })).expect("the root is a directory");
//! let end = machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, RunLimit::NONE);
//! assert_eq!(end, RunEnd::Finished);
//! assert_eq!(machine.fs().at(b"queue/a.json"), None);
//! ```

mod director;
mod effect;
mod exec;
mod fs;
mod latency;
mod machine;
mod options;
mod prng;
mod run;
mod stack;
mod task;
mod trace;
mod view;

#[cfg(test)]
pub(crate) mod tests;

pub use director::{Act, Control, Director, Pending, Step, Undisturbed, Window};
pub use effect::Effect;
pub use fs::{BytesChange, Content, Fs, Ino, NO_NOTE, Node, PowerLoss, SlotChange, Usage};
pub use latency::LatencyProfile;
pub use machine::{Image, Machine, Program};
pub use options::{
    DirectoryProfile, Ended, Exit, Generator, Limits, MachineOptions, PowerLossProfile, ProcessId,
    Recording, Sharing, TaskId, TaskSpec,
};
pub use prng::{Prng, Seed};
pub use run::{RunEnd, RunLimit};
pub use trace::{CHECKPOINT_STEPS, TraceRecord};
pub use view::View;
