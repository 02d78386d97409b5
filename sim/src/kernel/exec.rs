//! One call, from its request to its effect and its answer.

use super::director::{Act, Control, Director, Pending, Step};
use super::effect::Effect;
use super::fs::{Grip, Ino, Seen, Touched};
use super::machine::Machine;
use super::options::TaskId;
use super::task::{Answer, Body};
use super::view::View;
use host::{Call, DirId, Errno, FileId};

/// A call that only acts: its effect goes into the step.
#[inline]
fn done<'p>(step: &mut Step<'p>, effect: Result<Effect<'p>, Errno>) -> Result<Answer, Errno> {
    step.effect = effect?;
    Ok(Answer::Done)
}

/// A call that opens something.
#[inline]
fn opened<'p>(
    step: &mut Step<'p>,
    result: Result<(u32, Effect<'p>), Errno>,
) -> Result<Answer, Errno> {
    let (id, effect) = result?;
    step.effect = effect;
    Ok(Answer::Id(id))
}

/// The step that a request becomes.
#[inline]
fn step_of<'a>(machine: &Machine, task: TaskId, letter: &Letter<'a>) -> Step<'a> {
    let who = &machine.tasks[usize::from(task.0)];
    Step {
        pending: Pending {
            step: machine.trace.steps,
            time_ns: machine.now_ns,
            task,
            process: who.process,
            calls: who.calls,
            call: letter.call,
            handle: letter.handle,
            path: letter.path,
            to_handle: letter.to_handle,
            to_path: letter.to_path,
            bytes: &[],
        },
        errno: None,
        effect: Effect::None,
        window: None,
        others_window: None,
        dir: None,
        ino: None,
    }
}

/// The part of a request that only the task writes.
struct Letter<'a> {
    call: Call,
    handle: u32,
    to_handle: u32,
    path: &'a [u8],
    to_path: &'a [u8],
}

/// Asks the director about the call in `body`.
#[inline]
pub(crate) fn ask<D: Director + ?Sized>(
    machine: &mut Machine,
    task: TaskId,
    body: &Body,
    director: &mut D,
) -> Act {
    let letter = Letter {
        call: body.call,
        handle: body.handle,
        to_handle: body.to_handle,
        path: &body.path,
        to_path: &body.to_path,
    };
    let mut pending = step_of(machine, task, &letter).pending;
    if body.call == Call::Append {
        pending.bytes = &body.data;
    }
    director.before(&mut View::new(machine), &pending)
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
    let letter = Letter {
        call: body.call,
        handle: body.handle,
        to_handle: body.to_handle,
        path: &body.path,
        to_path: &body.to_path,
    };
    let mut step = step_of(machine, task, &letter);
    machine.tasks[usize::from(task.0)].calls += 1;
    let mut buffers = Buffers {
        offset: body.offset,
        max: body.max,
        data: &mut body.data,
        names: &mut body.names,
    };
    let result = match act {
        Act::Fail(errno) if can_fail(letter.call) => machine.fail(&step, errno),
        Act::AppendPrefixThenFail(count, errno) if letter.call == Call::Append => {
            buffers.data.truncate(count);
            machine.append(&mut step, buffers.data).and(Err(errno))
        }
        Act::AppendPrefixThenFail(_, errno) if can_fail(letter.call) => machine.fail(&step, errno),
        Act::ReadAtMost(count) if letter.call == Call::Read => {
            buffers.max = buffers.max.min(count.max(1));
            machine.act(&mut step, &mut buffers)
        }
        _ => machine.act(&mut step, &mut buffers),
    };
    body.answer = result;
    step.errno = result.err();
    if letter.call == Call::Append {
        step.pending.bytes = &body.data;
    }
    let number = number_of(&step.effect, &result);
    machine.finish(&mut step, number);
    director.after(&mut View::new(machine), &step)
}

/// What a call reads from or fills, beside its paths.
struct Buffers<'b> {
    offset: u64,
    max: usize,
    data: &'b mut Vec<u8>,
    names: &'b mut host::Names,
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
    fn act<'p>(&mut self, step: &mut Step<'p>, buffers: &mut Buffers<'_>) -> Result<Answer, Errno> {
        let Pending {
            process,
            handle,
            path,
            to_handle,
            to_path,
            ..
        } = step.pending;
        let at = (DirId(handle), path);
        let to = (DirId(to_handle), to_path);
        let (dir, file) = (DirId(handle), FileId(handle));
        let fs = &mut self.fs;
        match step.pending.call {
            Call::OpenDir => opened(step, fs.open_dir(process, at)),
            Call::OpenRead => opened(step, fs.open_read(process, at)),
            Call::OpenAppend => opened(step, fs.open_append(process, at)),
            Call::CreateNew => opened(step, fs.create_new(process, at)),
            Call::Lock => opened(step, fs.lock(process, at)),
            Call::CloseDir => done(step, fs.close(process, handle, |grip| grip == Grip::Dir)),
            Call::Close => {
                let is_file = |grip| matches!(grip, Grip::Read | Grip::Append);
                done(step, fs.close(process, handle, is_file))
            }
            Call::Unlock => done(step, fs.close(process, handle, |grip| grip == Grip::Lock)),
            Call::ReadDir => self.read_dir(step, buffers.names),
            Call::RewindDir => done(step, fs.rewind_dir(process, dir)),
            Call::Mkdir => done(step, fs.mkdir(process, at)),
            Call::Rmdir => done(step, fs.rmdir(process, at)),
            Call::Unlink => done(step, fs.unlink(process, at)),
            Call::RenameNoreplace => done(step, fs.rename(process, at, to, false)),
            Call::Rename => done(step, fs.rename(process, at, to, true)),
            Call::Link => done(step, fs.link(process, at, to)),
            Call::Stat => fs.stat(process, at).map(Answer::Meta),
            Call::Read => {
                let before = buffers.data.len();
                let (offset, max) = (buffers.offset, buffers.max);
                step.effect = fs.read(process, file, offset, buffers.data, max)?;
                Ok(Answer::Count(buffers.data.len() - before))
            }
            Call::Append => self.append(step, buffers.data),
            Call::SyncFile => done(step, fs.sync_file(process, file)),
            Call::SyncDir => done(step, fs.sync_dir(process, dir)),
            Call::SyncAll => self.sync_all(step),
            Call::Now => Ok(Answer::Time(self.wall())),
            Call::Sleep => Ok(Answer::Done),
        }
    }

    /// The one call that fails and acts at once: a part of the bytes may be there.
    fn append(&mut self, step: &mut Step<'_>, data: &[u8]) -> Result<Answer, Errno> {
        let file = FileId(step.pending.handle);
        let (effect, errno) = self.fs.append(step.pending.process, file, data);
        step.effect = effect;
        errno.map_or(Ok(Answer::Done), Err)
    }

    fn read_dir(&mut self, step: &mut Step<'_>, names: &mut host::Names) -> Result<Answer, Errno> {
        let pending = &step.pending;
        let who = &mut self.tasks[usize::from(pending.task.0)];
        let seen = who.is_watched.then_some(Seen {
            task: pending.task.0,
            calls: who.calls,
        });
        let dir = DirId(pending.handle);
        step.effect = self.fs.read_dir(pending.process, dir, names, seen)?;
        if !names.is_empty() {
            who.scans.push((who.calls, self.now_ns));
            who.debt_ns += names.len() as u64 * self.latency.entry_ns;
        }
        Ok(Answer::Done)
    }

    fn sync_all(&mut self, step: &mut Step<'_>) -> Result<Answer, Errno> {
        let pending = &step.pending;
        step.effect = self.fs.sync_all(pending.process, DirId(pending.handle))?;
        if let Effect::SyncedAll { items, .. } = step.effect {
            let who = &mut self.tasks[usize::from(pending.task.0)];
            who.debt_ns += u64::from(items) * self.latency.sync_item_ns;
        }
        Ok(Answer::Done)
    }

    /// The call fails and changes nothing, but for what a failed sync leaves in doubt.
    fn fail(&mut self, step: &Step<'_>, errno: Errno) -> Result<Answer, Errno> {
        let pending = &step.pending;
        let is_all = pending.call == Call::SyncAll;
        if is_all || pending.call == Call::SyncFile {
            self.fs
                .sync_failed(pending.process, pending.handle, is_all, errno);
        }
        Err(errno)
    }

    /// Completes the step and writes the trace.
    #[inline]
    fn finish(&mut self, step: &mut Step<'_>, number: u64) {
        let touched = self.fs.touched;
        let task = step.pending.task;
        let some = |ino: Ino| Some(ino).filter(|&ino| ino != Ino::NONE);
        step.dir = some(touched.dir);
        step.ino = some(touched.ino);
        if let Some(seen) = touched.seen {
            let window = self.tasks[usize::from(seen.task)].window(seen, self.now_ns);
            if seen.task == task.0 {
                step.window = window;
            } else {
                step.others_window = window.map(|window| (TaskId(seen.task), window));
            }
        }
        self.trace.fold(step, &touched, number);
        if self.trace.is_recording() {
            let about = step.dir.or(step.ino);
            let role = about.map_or(super::NO_NOTE, |ino| self.fs.note(ino));
            self.trace.keep(step, &touched, role, number);
        }
    }
}

/// What a call gave, as a number for the trace. Handles are left out: they are numbers of the machine, not of the run.
#[inline]
fn number_of(effect: &Effect<'_>, result: &Result<Answer, Errno>) -> u64 {
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
