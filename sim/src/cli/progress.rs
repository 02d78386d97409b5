//! How far a campaign has got: a bar for people, one line each 30 s for logs.
#![expect(
    clippy::disallowed_methods,
    reason = "time here is shown to people and decides nothing"
)]

use super::terminal::Terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a log hears of progress.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Counts runs that have ended. Threads share it by reference.
pub struct Progress {
    terminal: Terminal,
    label: String,
    total: u64,
    started: Instant,
    done: AtomicU64,
    failed: AtomicU64,
    /// Drawn on a terminal; hidden elsewhere.
    bar: ProgressBar,
    last_heartbeat: Mutex<Instant>,
}

impl Progress {
    /// Begins to count up to `total` runs.
    pub fn start(terminal: &Terminal, label: &str, total: u64) -> Self {
        let started = Instant::now();
        let draw = terminal.live && !terminal.quiet;
        let target = match draw {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let chars = if terminal.ascii { "#>-" } else { "━╸ " };
        let style = "  {prefix} {bar:32} {pos}/{len} runs  {msg}  {elapsed} of about {duration}";
        bar.set_style(
            ProgressStyle::with_template(style)
                .expect("the template is a constant")
                .progress_chars(chars),
        );
        bar.set_prefix(label.to_owned());
        Progress {
            terminal: *terminal,
            label: label.to_owned(),
            total,
            started,
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            bar,
            last_heartbeat: Mutex::new(started),
        }
    }

    /// Counts one run.
    pub fn ended(&self, failed: bool) {
        let failed =
            self.failed.fetch_add(u64::from(failed), Ordering::Relaxed) + u64::from(failed);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.inc(1);
        if 0 < failed {
            self.bar.set_message(format!("{failed} failed"));
        }
        if !self.terminal.live && self.is_time_for_a_heartbeat() {
            let line = heartbeat(
                &self.label,
                done,
                self.total,
                failed,
                self.started.elapsed(),
            );
            self.terminal.remark(&line);
        }
    }

    /// Removes the bar, so that the result stands alone.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }

    fn is_time_for_a_heartbeat(&self) -> bool {
        let now = Instant::now();
        // A thread that panicked here has harmed nothing but a time.
        let mut last = self
            .last_heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_time = HEARTBEAT <= now.duration_since(*last);
        if is_time {
            *last = now;
        }
        is_time
    }
}

/// One line for a log, with the time that is left if the runs go on as they did.
fn heartbeat(label: &str, done: u64, total: u64, failed: u64, elapsed: Duration) -> String {
    let left = elapsed.as_secs() * total.saturating_sub(done) / done.max(1);
    format!("  {label} {done}/{total} runs, {failed} failed, about {left} s left\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_one_line_without_a_carriage_return() {
        let line = heartbeat("explore", 300, 1_200, 3, Duration::from_secs(60));
        assert_eq!(
            line,
            "  explore 300/1200 runs, 3 failed, about 180 s left\n"
        );
        let first = heartbeat("explore", 0, 10, 0, Duration::ZERO);
        assert_eq!(first, "  explore 0/10 runs, 0 failed, about 0 s left\n");
    }
}
