//! One call, from its request to its effect and its answer.

use super::director::{Act, Control, Director, Pending, Step};
use super::effect::Effect;
use super::fs::{Grip, Ino, Seen, Touched};
use super::machine::Machine;
use super::options::TaskId;
use super::task::{Answer, Body};
use super::view::View;
use host::{Call, DirId, Errno, FileId};

/// What a call did, what it answers, and how it failed.
type Done<'p> = (Effect<'p>, Result<Answer, Errno>);

fn done<'p>(effect: Result<Effect<'p>, Errno>) -> Done<'p> {
    match effect {
        Ok(effect) => (effect, Ok(Answer::Done)),
        Err(errno) => (Effect::None, Err(errno)),
    }
}

fn opened<'p>(result: Result<(u32, Effect<'p>), Errno>) -> Done<'p> {
    match result {
        Ok((id, effect)) => (effect, Ok(Answer::Id(id))),
        Err(errno) => (Effect::None, Err(errno)),
    }
}

/// Asks the director about the call in `body`.
#[inline]
pub(crate) fn ask<D: Director + ?Sized>(
    machine: &mut Machine,
    task: TaskId,
    body: &Body,
    director: &mut D,
) -> Act {
    let pending = pending(machine, task, body.call, body, &body.data);
    director.before(&mut View::new(machine), &pending)
}

fn pending<'a>(
    machine: &Machine,
    task: TaskId,
    call: Call,
    body: &'a Body,
    data: &'a [u8],
) -> Pending<'a> {
    pending_of(
        machine,
        task,
        call,
        (body.handle, &body.path),
        (body.to_handle, &body.to_path),
        data,
    )
}

#[inline]
fn pending_of<'a>(
    machine: &Machine,
    task: TaskId,
    call: Call,
    (handle, path): (u32, &'a [u8]),
    (to_handle, to_path): (u32, &'a [u8]),
    data: &'a [u8],
) -> Pending<'a> {
    let who = &machine.tasks[usize::from(task.0)];
    Pending {
        step: machine.trace.steps,
        time_ns: machine.now_ns,
        task,
        process: who.process,
        calls: who.calls,
        call,
        handle,
        path,
        to_handle,
        to_path,
        bytes: if call == Call::Append { data } else { &[] },
    }
}

/// Lets the call in `body` act as `act` says, writes the trace, answers, and tells the director.
#[inline]
pub(crate) fn perform<D: Director + ?Sized>(
    machine: &mut Machine,
    task: TaskId,
    body: &mut Body,
    act: Act,
    director: &mut D,
) -> Control {
    machine.fs.wall_ns = machine.wall_ns();
    machine.fs.touched = Touched::NOTHING;
    let who = &mut machine.tasks[usize::from(task.0)];
    who.calls += 1;
    let Body {
        call,
        handle,
        to_handle,
        offset,
        max,
        path,
        to_path,
        data,
        names,
        answer,
        ..
    } = body;
    let mut pending = pending_of(
        machine,
        task,
        *call,
        (*handle, path),
        (*to_handle, to_path),
        &[],
    );
    pending.calls -= 1;
    let request = Request {
        pending,
        offset: *offset,
        max: *max,
    };
    let (effect, result) = match act {
        Act::Fail(errno) if can_fail(*call) => machine.fail(&request, errno),
        Act::AppendPrefixThenFail(count, errno) if *call == Call::Append => {
            data.truncate(count);
            let (effect, _) = machine.fs.append(pending.process, FileId(*handle), data);
            (effect, Err(errno))
        }
        Act::AppendPrefixThenFail(_, errno) if can_fail(*call) => machine.fail(&request, errno),
        _ => machine.act(&request, data, names),
    };
    *answer = result;
    if *call == Call::Append {
        pending.bytes = data;
    }
    machine.finish(pending, effect, result, director)
}

/// A call without the buffers that it fills.
struct Request<'p> {
    pending: Pending<'p>,
    offset: u64,
    max: usize,
}

/// Whether the seam lets the call fail at all.
fn can_fail(call: Call) -> bool {
    !matches!(
        call,
        Call::CloseDir | Call::Close | Call::Unlock | Call::Now | Call::Sleep
    )
}

impl Machine {
    /// The call acts.
    #[inline]
    fn act<'p>(
        &mut self,
        request: &Request<'p>,
        data: &mut Vec<u8>,
        names: &mut host::Names,
    ) -> Done<'p> {
        let Pending {
            process,
            handle,
            path,
            to_handle,
            to_path,
            ..
        } = request.pending;
        let at = (DirId(handle), path);
        let to = (DirId(to_handle), to_path);
        let (dir, file) = (DirId(handle), FileId(handle));
        let fs = &mut self.fs;
        match request.pending.call {
            Call::OpenDir => opened(fs.open_dir(process, at)),
            Call::OpenRead => opened(fs.open_read(process, at)),
            Call::OpenAppend => opened(fs.open_append(process, at)),
            Call::CreateNew => opened(fs.create_new(process, at)),
            Call::Lock => opened(fs.lock(process, at)),
            Call::CloseDir => done(fs.close(process, handle, |grip| grip == Grip::Dir)),
            Call::Close => done(fs.close(process, handle, |grip| {
                matches!(grip, Grip::Read | Grip::Append)
            })),
            Call::Unlock => done(fs.close(process, handle, |grip| grip == Grip::Lock)),
            Call::ReadDir => self.read_dir(&request.pending, names),
            Call::RewindDir => done(fs.rewind_dir(process, dir)),
            Call::Mkdir => done(fs.mkdir(process, at)),
            Call::Rmdir => done(fs.rmdir(process, at)),
            Call::Unlink => done(fs.unlink(process, at)),
            Call::RenameNoreplace => done(fs.rename(process, at, to, false)),
            Call::Rename => done(fs.rename(process, at, to, true)),
            Call::Link => done(fs.link(process, at, to)),
            Call::Stat => match fs.stat(process, at) {
                Ok(meta) => (Effect::None, Ok(Answer::Meta(meta))),
                Err(errno) => (Effect::None, Err(errno)),
            },
            Call::Read => match fs.read(process, file, request.offset, data, request.max) {
                Ok(effect) => {
                    let count = match effect {
                        Effect::ReadBytes { bytes, .. } => bytes as usize,
                        _ => 0,
                    };
                    (effect, Ok(Answer::Count(count)))
                }
                Err(errno) => (Effect::None, Err(errno)),
            },
            Call::Append => {
                let (effect, errno) = fs.append(process, file, data);
                (effect, errno.map_or(Ok(Answer::Done), Err))
            }
            Call::SyncFile => done(fs.sync_file(process, file)),
            Call::SyncDir => done(fs.sync_dir(process, dir)),
            Call::SyncAll => self.sync_all(&request.pending),
            Call::Now => (Effect::None, Ok(Answer::Time(self.wall()))),
            Call::Sleep => (Effect::None, Ok(Answer::Done)),
        }
    }

    fn read_dir<'p>(&mut self, pending: &Pending<'p>, names: &mut host::Names) -> Done<'p> {
        let who = &mut self.tasks[usize::from(pending.task.0)];
        let seen = Seen {
            task: pending.task.0,
            calls: who.calls,
        };
        let effect = self
            .fs
            .read_dir(pending.process, DirId(pending.handle), names, seen);
        if let Ok(Effect::Listed { count, .. }) = effect
            && 0 < count
        {
            who.scans.push((who.calls, self.now_ns));
            who.debt_ns += u64::from(count) * self.latency.entry_ns;
        }
        done(effect)
    }

    fn sync_all<'p>(&mut self, pending: &Pending<'p>) -> Done<'p> {
        let effect = self.fs.sync_all(pending.process, DirId(pending.handle));
        if let Ok(Effect::SyncedAll { items, .. }) = effect {
            let who = &mut self.tasks[usize::from(pending.task.0)];
            who.debt_ns += u64::from(items) * self.latency.sync_item_ns;
        }
        done(effect)
    }

    /// The call fails and changes nothing, but for what a failed sync leaves in doubt.
    fn fail<'p>(&mut self, request: &Request<'p>, errno: Errno) -> Done<'p> {
        let Pending {
            process,
            handle,
            call,
            ..
        } = request.pending;
        match (call, self.fs.sync_target(process, handle)) {
            (Call::SyncFile, Ok(ino)) => self.fs.doom(ino),
            (Call::SyncAll, Ok(ino)) => self.fs.doom_some(ino),
            _ => {}
        }
        (Effect::None, Err(errno))
    }

    /// Writes the trace and tells the director.
    #[inline]
    fn finish<D: Director + ?Sized>(
        &mut self,
        pending: Pending<'_>,
        effect: Effect<'_>,
        result: Result<Answer, Errno>,
        director: &mut D,
    ) -> Control {
        let touched = self.fs.touched;
        let who = &self.tasks[usize::from(pending.task.0)];
        let some = |ino: Ino| Some(ino).filter(|&ino| ino != Ino::NONE);
        let step = Step {
            pending,
            errno: result.err(),
            effect,
            window: who.window(pending.task, touched.seen, self.now_ns),
            dir: some(touched.dir),
            ino: some(touched.ino),
        };
        let number = number_of(&effect, result);
        self.trace.fold(&step, &touched, number);
        if self.trace.is_recording() {
            let role = step
                .dir
                .or(step.ino)
                .map_or(u32::MAX, |ino| self.fs.note(ino));
            self.trace.keep(&step, &touched, role, number);
        }
        director.after(&mut View::new(self), &step)
    }
}

/// What a call gave, as a number for the trace. Handles are left out: they are numbers of the machine, not of the run.
#[inline]
fn number_of(effect: &Effect<'_>, result: Result<Answer, Errno>) -> u64 {
    match (effect, result) {
        (_, Ok(Answer::Time(now))) => now.0 as u64,
        (_, Ok(Answer::Meta(meta))) => meta.len ^ (meta.mtime_ns as u64) << 20,
        (Effect::Listed { count, .. }, _) => u64::from(*count),
        (Effect::Appended { bytes, .. } | Effect::ReadBytes { bytes, .. }, _) => *bytes,
        (Effect::NameRemoved { links_left, .. }, _) => u64::from(*links_left),
        (Effect::SyncedAll { items, .. }, _) => u64::from(*items),
        _ => 0,
    }
}
