//! Those that put alerts into the inbox themselves: scripts, in whatever way they do it.

use super::Pace;
use super::checks::{Checks, pace_or_max};
use super::units::{Nanos, SECOND_NS, When, WrittenPace};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Writes files into `inbox/`, one after the other, each with one alert.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Writer {
    /// Its name in reports and tapes, and the beginning of its files' names.
    pub id: String,
    /// When it begins, in nanoseconds after t0.
    pub start_ns: u64,
    /// How many files it writes.
    pub total: u64,
    /// How fast it begins them; it never writes two at a time.
    pub pace: Pace,
    /// In how many pieces it writes a file in place.
    pub pieces: u64,
    /// How long it waits from one piece to the next, in nanoseconds.
    pub pause_ns: u64,
    /// How many files it writes under a name that begins with a dot, more slowly, and renames when they are whole.
    pub dotted: u64,
    /// How many of the names end in `.JSON`.
    pub upper_case: u64,
    /// How many of the names end in `.json.gz`, which is never taken.
    pub never_taken: u64,
    /// When somebody renames those to what is taken, in nanoseconds after t0.
    pub cleared_ns: u64,
    /// How many files it leaves half written.
    pub abandoned: u64,
}

/// How long the inbox waits for a writer, in nanoseconds, as the program has it.
const SETTLE_NS: u64 = 60 * SECOND_NS;
/// The longest pause that it waits for.
pub(super) const PAUSE_MAX_NS: u64 = SETTLE_NS - 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWriter {
    id: Spanned<String>,
    start: Option<Spanned<When>>,
    total: Spanned<u64>,
    rate: Option<WrittenPace>,
    pieces: Option<Spanned<u64>>,
    pause: Spanned<Nanos>,
    #[serde(default)]
    dotted: u64,
    #[serde(default)]
    upper_case: u64,
    never_taken: Option<Spanned<u64>>,
    cleared: Option<Spanned<When>>,
    #[serde(default)]
    abandoned: u64,
}

impl RawWriter {
    pub(super) fn resolve(self, checks: &mut Checks) -> Writer {
        let Nanos(pause_ns) = *self.pause.get_ref();
        if SETTLE_NS <= pause_ns {
            checks.problem(
                self.pause.span(),
                "the inbox does not wait so long for a writer",
                "must be less than a minute",
                None,
            );
        }
        let never_taken = self
            .never_taken
            .as_ref()
            .map_or(0, |count| *count.get_ref());
        let odd = self.dotted + self.upper_case + never_taken + self.abandoned;
        if *self.total.get_ref() < odd {
            checks.problem(
                self.total.span(),
                "more files have a kind than there are",
                format!("{odd} are named below"),
                None,
            );
        }
        let cleared = self.cleared.is_some();
        if let Some(count) = self.never_taken.as_ref().filter(|_| !cleared) {
            checks.problem(
                count.span(),
                "nobody ever renames these files",
                "add `cleared`, or the run never ends",
                None,
            );
        }
        Writer {
            start_ns: self.start.map_or(0, |start| checks.when(start)),
            pace: pace_or_max(self.rate),
            pieces: self.pieces.map_or(3, |pieces| {
                checks.above_zero(pieces, "the number of pieces")
            }),
            pause_ns,
            dotted: self.dotted,
            upper_case: self.upper_case,
            never_taken,
            cleared_ns: self.cleared.map_or(0, |cleared| checks.when(cleared)),
            abandoned: self.abandoned,
            total: checks.above_zero(self.total, "the total"),
            id: checks.id(self.id),
        }
    }
}
