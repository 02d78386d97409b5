//! The words that systemd wants to hear. Without systemd, nobody hears them.

use sd_notify::NotifyState;
use std::time::Duration;

/// The way to systemd.
#[derive(Clone)]
pub(crate) struct Systemd {
    /// How often the watchdog wants to hear of us.
    watchdog: Option<Duration>,
}

impl Systemd {
    /// As the environment says.
    pub(crate) fn new() -> Self {
        Systemd {
            watchdog: sd_notify::watchdog_enabled(),
        }
    }

    /// How often to call [`Systemd::alive`]: twice as often as the watchdog asks; `None` if there is none.
    pub(super) fn watchdog(&self) -> Option<Duration> {
        self.watchdog
            .map(|within| (within / 2).max(Duration::from_millis(100)))
    }

    /// The start is over.
    pub(crate) fn ready(&self) {
        self.tell(&[
            NotifyState::Ready,
            NotifyState::Status("the first pass runs"),
        ]);
    }

    /// One line for `systemctl status`.
    pub(crate) fn status(&self, line: &str) {
        self.tell(&[NotifyState::Status(line)]);
    }

    /// The passes go on.
    pub(super) fn alive(&self) {
        self.tell(&[NotifyState::Watchdog]);
    }

    /// The end has begun, and may take so long.
    pub(super) fn stopping(&self, most: Duration) {
        let most = u32::try_from(most.as_micros()).unwrap_or(u32::MAX);
        self.tell(&[
            NotifyState::Stopping,
            NotifyState::Status("stopping after the running pass"),
            NotifyState::ExtendTimeoutUsec(most),
        ]);
    }

    fn tell(&self, words: &[NotifyState<'_>]) {
        if let Err(error) = sd_notify::notify(words) {
            tracing::debug!(%error, "systemd does not hear");
        }
    }
}
