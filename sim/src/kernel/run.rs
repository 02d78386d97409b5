//! The run loop: whose turn it is, what its call does, and until when the task runs on.

use super::director::{Act, Control, Director};
use super::exec::{ask, perform};
use super::machine::Machine;
use super::options::{Ended, ProcessId, TaskId};
use super::stack;
use super::view::View;
use crate::schedule::{Choice, Offer, Schedule};
use corosensei::CoroutineResult;
use host::{At, Call, DirId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Until when a run goes on at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunLimit {
    /// So many steps of the machine, counted from its start.
    pub steps_max: u64,
    /// This virtual time, in nanoseconds since the start: no step begins after it.
    pub time_max_ns: u64,
}

impl RunLimit {
    /// Until every task has ended.
    pub const NONE: RunLimit = RunLimit {
        steps_max: u64::MAX,
        time_max_ns: u64::MAX,
    };
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunEnd {
    /// Every task has ended.
    Finished,
    /// The director stopped it.
    Stopped,
    /// A limit was reached.
    Limit,
    /// Tasks are left, and the schedule chose none: its tape is at its end.
    NobodyChosen,
    /// The schedule does not fit: its tape names a task that does not wait, or waits with another call.
    Diverged {
        /// The step that was to be made.
        step: u64,
    },
}

impl Machine {
    /// Runs the tasks until all have ended, the director stops the run, or a limit is reached. A run that was stopped can
    /// be continued by another call, with the same schedule or another.
    pub fn run<S, D>(&mut self, schedule: &mut S, director: &mut D, limit: RunLimit) -> RunEnd
    where
        S: Schedule + ?Sized,
        D: Director + ?Sized,
    {
        schedule.restart();
        self.fresh.clear();
        for at in 0..self.tasks.len() {
            if self.tasks[at].coroutine.is_some() {
                self.offer(TaskId(at as u16), schedule);
            }
        }
        loop {
            if self.alive == 0 {
                return RunEnd::Finished;
            }
            if limit.steps_max <= self.trace.steps || limit.time_max_ns < self.now_ns {
                return RunEnd::Limit;
            }
            let task = match schedule.next(self.now_ns) {
                Choice::Step(task) => task,
                Choice::Nobody => return RunEnd::NobodyChosen,
                Choice::Diverged => {
                    return RunEnd::Diverged {
                        step: self.trace.steps,
                    };
                }
            };
            self.now_ns = self.now_ns.max(self.tasks[usize::from(task.0)].ready_ns);
            let control = self.step(task, schedule, director);
            for task in std::mem::take(&mut self.fresh) {
                self.offer(task, schedule);
            }
            if control == Control::Stop {
                return RunEnd::Stopped;
            }
        }
    }

    /// One turn of `task`: its pending call acts, and it runs to its next one.
    #[inline]
    fn step<S, D>(&mut self, task: TaskId, schedule: &mut S, director: &mut D) -> Control
    where
        S: Schedule + ?Sized,
        D: Director + ?Sized,
    {
        let who = &mut self.tasks[usize::from(task.0)];
        let mut control = Control::Continue;
        if who.is_started {
            let mail = Rc::clone(&who.mail);
            let act = ask(self, task, &mail.body.borrow(), director);
            match act {
                Act::Kill(process) => self.kill(process, schedule, director),
                Act::PowerLoss => self.power_loss(schedule, director),
                Act::PutBack(number) => self.put_back(number, schedule, director),
                Act::Proceed
                | Act::Fail(_)
                | Act::AppendPrefixThenFail(..)
                | Act::ReadAtMost(_) => {}
            }
            if !self.is_same_life(task, &mail) {
                return Control::Continue;
            }
            control = perform(self, task, &mut mail.body.borrow_mut(), act, director);
            match control {
                Control::Kill(process) => self.kill(process, schedule, director),
                Control::PowerLoss => self.power_loss(schedule, director),
                Control::Continue | Control::Stop => {}
            }
            if !self.is_same_life(task, &mail) {
                return control;
            }
        } else {
            who.is_started = true;
            self.trace.fold_start(task, self.now_ns);
        }
        self.resume(task, schedule, director);
        control
    }

    /// Whether the task still lives the life that `mail` belongs to: it may have been killed, and spawned again.
    #[inline]
    fn is_same_life(&self, task: TaskId, mail: &Rc<super::task::Mail>) -> bool {
        let who = &self.tasks[usize::from(task.0)];
        who.coroutine.is_some() && Rc::ptr_eq(&who.mail, mail)
    }

    /// Lets a task run to its next call, or to its end.
    #[inline]
    fn resume<S, D>(&mut self, task: TaskId, schedule: &mut S, director: &mut D)
    where
        S: Schedule + ?Sized,
        D: Director + ?Sized,
    {
        let who = &mut self.tasks[usize::from(task.0)];
        let coroutine = who.coroutine.as_mut().expect("a task that lives can go on");
        match catch_unwind(AssertUnwindSafe(|| coroutine.resume(()))) {
            Ok(CoroutineResult::Yield(())) => {
                self.charge(task);
                self.offer(task, schedule);
            }
            Ok(CoroutineResult::Return(exit)) => self.end(task, Ended::Returned(exit), director),
            Err(payload) => {
                let message = panic_message(payload.as_ref());
                self.end(task, Ended::Panicked(message), director);
            }
        }
    }

    /// Draws what the pending call costs.
    #[inline]
    fn charge(&mut self, task: TaskId) {
        let who = &mut self.tasks[usize::from(task.0)];
        let body = who.mail.body.borrow();
        let mut cost = self.latency.draw(body.call, &mut who.latency);
        if body.call == Call::Sleep {
            cost = cost.saturating_add(body.sleep_ns);
        }
        cost = cost.saturating_add(std::mem::take(&mut who.debt_ns));
        who.ready_ns = self.now_ns.saturating_add(cost);
    }

    /// Tells the schedule that a task waits.
    #[inline]
    fn offer<S: Schedule + ?Sized>(&self, task: TaskId, schedule: &mut S) {
        let who = &self.tasks[usize::from(task.0)];
        let body = who.mail.body.borrow();
        schedule.offer(&Offer {
            task,
            call: who.is_started.then_some(body.call),
            ready_ns: who.ready_ns,
            at: At::new(DirId(body.handle), &body.path),
            to: At::new(DirId(body.to_handle), &body.to_path),
            fs: &self.fs,
        });
    }

    /// A task has returned or panicked.
    fn end<D: Director + ?Sized>(&mut self, task: TaskId, how: Ended, director: &mut D) {
        let who = &mut self.tasks[usize::from(task.0)];
        let process = who.process;
        if let Some(coroutine) = who.coroutine.take() {
            stack::give_back(coroutine.into_stack());
        }
        self.alive -= 1;
        for id in who.mail.closed.take() {
            let closed = self.fs.close(process, id, |_| true);
            assert!(closed.is_ok(), "closing never fails");
        }
        let is_last = !self
            .tasks
            .iter()
            .any(|other| other.process == process && other.coroutine.is_some());
        if is_last {
            self.fs.close_process(process);
        }
        self.tell_exited(task, &how, director);
    }

    fn tell_exited<D: Director + ?Sized>(&mut self, task: TaskId, how: &Ended, director: &mut D) {
        let code = match how {
            Ended::Returned(exit) => u64::from(exit.code),
            Ended::Killed => 256,
            Ended::Panicked(_) => 257,
        };
        self.trace.fold_event(2 | u64::from(task.0) << 8, code);
        director.exited(&mut View::new(self), task, how);
    }

    /// Kills all tasks of a process, releases what it holds, and tells the director.
    fn kill<S, D>(&mut self, process: ProcessId, schedule: &mut S, director: &mut D)
    where
        S: Schedule + ?Sized,
        D: Director + ?Sized,
    {
        let killed = self.tear_down(schedule, |other| other == process);
        self.fs.close_process(process);
        for (task, how) in killed {
            self.tell_exited(task, &how, director);
        }
    }

    /// Takes the power away: kills everything, and lets the files choose what is left of them.
    fn power_loss<S, D>(&mut self, schedule: &mut S, director: &mut D)
    where
        S: Schedule + ?Sized,
        D: Director + ?Sized,
    {
        let killed = self.tear_down(schedule, |_| true);
        for &(task, _) in &killed {
            let process = self.tasks[usize::from(task.0)].process;
            self.fs.close_process(process);
        }
        let loss = self.fs.power_loss();
        self.trace.fold_event(3, loss.slots.len() as u64);
        for change in &loss.slots {
            let after = change
                .after
                .map_or(u64::from(u32::MAX), |ino| u64::from(ino.0));
            self.trace.fold_event(u64::from(change.dir.0), after);
        }
        for change in &loss.bytes {
            self.trace
                .fold_event(u64::from(change.ino.0), change.len_after);
        }
        director.power_lost(&mut View::new(self), &loss);
        self.fs.settle(&loss);
        for (task, how) in killed {
            self.tell_exited(task, &how, director);
        }
    }

    /// Kills everything, and puts a copy of the files in their place.
    fn put_back<S, D>(&mut self, number: usize, schedule: &mut S, director: &mut D)
    where
        S: Schedule + ?Sized,
        D: Director + ?Sized,
    {
        let Some(files) = self.kept.get(&number).cloned() else {
            return;
        };
        let killed = self.tear_down(schedule, |_| true);
        self.fs = files;
        self.fs.wall_ns = self.wall_ns();
        self.trace.fold_event(4, number as u64);
        director.put_back(&mut View::new(self), number);
        for (task, how) in killed {
            self.tell_exited(task, &how, director);
        }
    }

    /// Unwinds the stacks of tasks, without a call of theirs acting. Says how each ended: a panic on the way is a bug of
    /// the program.
    fn tear_down<S: Schedule + ?Sized>(
        &mut self,
        schedule: &mut S,
        is_hit: impl Fn(ProcessId) -> bool,
    ) -> Vec<(TaskId, Ended)> {
        let mut killed = Vec::new();
        for (at, who) in self.tasks.iter_mut().enumerate() {
            if !is_hit(who.process) {
                continue;
            }
            let Some(mut coroutine) = who.coroutine.take() else {
                continue;
            };
            who.mail.is_quiet.set(true);
            let unwound = catch_unwind(AssertUnwindSafe(|| coroutine.force_unwind()));
            if coroutine.done() {
                stack::give_back(coroutine.into_stack());
            }
            let how = match unwound {
                Ok(()) => Ended::Killed,
                Err(payload) => Ended::Panicked(panic_message(payload.as_ref())),
            };
            let task = TaskId(at as u16);
            schedule.withdraw(task);
            self.fresh.retain(|&other| other != task);
            self.alive -= 1;
            killed.push((task, how));
        }
        killed
    }
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return (*text).to_owned();
    }
    match payload.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => "a panic without a message".to_owned(),
    }
}
