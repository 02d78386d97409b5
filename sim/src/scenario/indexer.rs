//! The indexer that alerts come from, as the poller of the production queue meets it: answers, passwords, misfortunes.

use super::checks::Checks;
use super::units::{Nanos, SECOND_NS, Share, When};
use mock_indexer::TURNS_MAX;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The indexer. The specimens' producers do not ask it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Indexer {
    /// How long a request takes, in nanoseconds.
    pub answer_ns: u64,
    /// From one comparison of the poller's counts with the indexer's to the next, in nanoseconds.
    pub audit_every_ns: u64,
    /// How long the poller waits before it looks again, in nanoseconds; `None`: as long as the next batch takes to arrive, ten
    /// seconds to a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_every_ns: Option<u64>,
    /// How many agents the alerts come from.
    #[serde(default = "agents_default", skip_serializing_if = "are_agents_default")]
    pub agents: u64,
    /// Bytes that each alert has beside those of an ordinary one.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub padding: u64,
    /// When its password changes, in order of time.
    pub rotations: Vec<Rotation>,
    /// What goes wrong with it. Ends when faults stop.
    pub faults: Vec<IndexerFault>,
    /// Alerts that it comes to have under further documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Again>,
    /// What becomes of its indices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<IndexTurn>,
}

/// Something happens to all indices that there are, and to what was indexed until then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IndexTurn {
    /// What.
    pub kind: IndexTurnKind,
    /// When, in nanoseconds after t0.
    pub at_ns: u64,
    /// When closed indices are opened again, in nanoseconds after t0, or when faults stop. The other kinds are for good, and
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ns: Option<u64>,
}

/// What happens to the indices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexTurnKind {
    /// What is indexed later goes into an index of another name, which the pattern fits.
    RolledOver,
    /// They are closed for a while: patterns leave them out without a word.
    Closed,
    /// They are deleted: alerts that nobody has read are gone for good, and so are those that the queue misses later.
    Deleted,
    /// They get other names, which the pattern fits.
    Renamed,
    /// They are copied into others under other `_id`s, and deleted.
    Renewed,
}

/// Some of the alerts that the indexer has get a further document each: same content, other key.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Again {
    /// How.
    pub kind: AgainKind,
    /// When, in nanoseconds after t0.
    pub at_ns: u64,
    /// Which share of the alerts that it has then.
    pub share: f64,
}

/// How an alert comes to be there twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgainKind {
    /// A shipper got no answer, and sends its batch again: another `_id`.
    SentAgain,
    /// Somebody copies the index under a second name that the pattern fits: another `_index`.
    Reindexed,
}

/// The password changes, and the program is not told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rotation {
    /// When only the new password counts, in nanoseconds after t0.
    pub at_ns: u64,
    /// When an operator puts it into the program's file, in nanoseconds after t0.
    pub noticed_ns: u64,
}

/// The indexer answers wrongly for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IndexerFault {
    /// How.
    pub kind: IndexerFaultKind,
    /// From here, in nanoseconds after t0.
    pub from_ns: u64,
    /// Until here, in nanoseconds after t0.
    pub until_ns: u64,
}

/// What can be wrong with an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexerFaultKind {
    /// 429: the parent breaker has tripped.
    BreakerTripped,
    /// 429: the queue of searches is full.
    Rejected,
    /// 500: search backpressure cancelled the task.
    Cancelled,
    /// 503: no shard is available.
    AllShardsFailed,
    /// 503: the cluster has no manager.
    ClusterBlocked,
    /// 503 in text: the security plugin is not up yet.
    SecurityNotInitialised,
    /// 403: the account has lost its right to read.
    Forbidden,
    /// 302 to another host.
    Redirect,
    /// A proxy's page of HTML with status 200.
    Html,
    /// Status 200, and the search has reached its timeout: half of the hits.
    TimedOut,
    /// Status 200, and the search was cut: half of the hits.
    TerminatedEarly,
    /// One shard of every index fails.
    ShardFails,
    /// No node has one shard of every index.
    ShardUnassigned,
    /// Status 200, and one hit is missing without a word.
    FetchHole,
    /// Status 200, and the total is a lower bound, though the exact one was asked for.
    LowerBound,
    /// 404: the context of a search is lost before its hits are fetched.
    ContextMissing,
    /// Status 200, and the hits come in the opposite of the order that was asked for.
    OutOfOrder,
    /// The body ends in its middle.
    TruncatedJson,
    /// The body is empty.
    EmptyBody,
    /// It takes a request and never answers.
    Hangs,
    /// Its link gives 16 KiB a second, so that a whole page takes longer than a pass waits.
    SlowLink,
}

/// As many agents as the mock indexer has by itself.
const AGENTS: u64 = 300;

fn agents_default() -> u64 {
    AGENTS
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands in a reference"
)]
fn are_agents_default(agents: &u64) -> bool {
    *agents == AGENTS
}

/// What a healthy indexer takes for a page.
const ANSWER_DEFAULT: u64 = 4_000_000;
/// As the client recommends it.
const AUDIT_DEFAULT: u64 = 3_600 * SECOND_NS;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIndexer {
    answer: Option<Spanned<Nanos>>,
    audit: Option<Spanned<Nanos>>,
    poll: Option<Spanned<Nanos>>,
    agents: Option<Spanned<u64>>,
    #[serde(default)]
    padding: u64,
    #[serde(default)]
    rotation: Vec<RawRotation>,
    #[serde(default)]
    fault: Vec<RawIndexerFault>,
    #[serde(default)]
    again: Vec<RawAgain>,
    #[serde(default)]
    index: Vec<RawIndexTurn>,
}

impl RawIndexer {
    pub(super) fn resolve(self, checks: &mut Checks) -> Indexer {
        let time = |written: Option<Spanned<Nanos>>, default, what, checks: &mut Checks| {
            written.map_or(default, |written| checks.some_time(written, what))
        };
        Indexer {
            answer_ns: time(self.answer, ANSWER_DEFAULT, "the answer", checks),
            audit_every_ns: time(self.audit, AUDIT_DEFAULT, "the rhythm", checks),
            poll_every_ns: self.poll.map(|poll| checks.some_time(poll, "the rhythm")),
            agents: self.agents.map_or(AGENTS, |agents| {
                checks.above_zero(agents, "the number of agents")
            }),
            padding: self.padding,
            rotations: rotations(self.rotation, checks),
            faults: self
                .fault
                .into_iter()
                .map(|fault| fault.resolve(checks))
                .collect(),
            again: self
                .again
                .into_iter()
                .map(|again| again.resolve(checks))
                .collect(),
            turns: turns(self.index, checks),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAgain {
    kind: AgainKind,
    at: Spanned<When>,
    share: Option<Spanned<Share>>,
}

impl RawAgain {
    fn resolve(self, checks: &mut Checks) -> Again {
        Again {
            kind: self.kind,
            at_ns: checks.when(self.at),
            share: checks.share_or(self.share, 1.0),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndexTurn {
    kind: Spanned<IndexTurnKind>,
    at: Spanned<When>,
    until: Option<Spanned<When>>,
}

/// What becomes of the indices, as much of it as an indexer can take.
fn turns(written: Vec<RawIndexTurn>, checks: &mut Checks) -> Vec<IndexTurn> {
    if let Some(beyond) = written.get(TURNS_MAX) {
        checks.problem(
            beyond.kind.span(),
            format!("more than {TURNS_MAX} things happen to the indices"),
            "one too many",
            None,
        );
    }
    written
        .into_iter()
        .map(|turn| turn.resolve(checks))
        .collect()
}

impl RawIndexTurn {
    fn resolve(self, checks: &mut Checks) -> IndexTurn {
        let is_closed = *self.kind.get_ref() == IndexTurnKind::Closed;
        let at_ns = checks.when(self.at);
        if let (true, None) = (is_closed, &self.until) {
            checks.problem(
                self.kind.span(),
                "nobody opens the closed indices again",
                "add `until`",
                None,
            );
        }
        let until_ns = self.until.map(|until| {
            let span = until.span();
            let until_ns = checks.when(until);
            if !is_closed {
                checks.problem(
                    span.clone(),
                    "this is for good",
                    "only what is closed ends",
                    None,
                );
            }
            let messages = ["it ends before it begins", "must be later than `at`"];
            checks.ends_later(at_ns..until_ns, span, messages);
            until_ns
        });
        IndexTurn {
            kind: self.kind.into_inner(),
            at_ns,
            until_ns,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRotation {
    at: Spanned<When>,
    noticed: Spanned<When>,
}

/// Rotations in order: the one before is noticed before the next password comes.
fn rotations(written: Vec<RawRotation>, checks: &mut Checks) -> Vec<Rotation> {
    let mut resolved: Vec<Rotation> = Vec::with_capacity(written.len());
    for RawRotation { at, noticed } in written {
        let (at_span, noticed_span) = (at.span(), noticed.span());
        let rotation = Rotation {
            at_ns: checks.when(at),
            noticed_ns: checks.when(noticed),
        };
        let is_early = resolved
            .last()
            .is_some_and(|last| rotation.at_ns <= last.noticed_ns);
        if is_early {
            checks.problem(
                at_span,
                "the password changes before the last change was noticed",
                "must be later than `noticed` of the rotation before",
                None,
            );
        }
        checks.ends_later(
            rotation.at_ns..rotation.noticed_ns,
            noticed_span,
            ["it is noticed before it happens", "must be later than `at`"],
        );
        resolved.push(rotation);
    }
    resolved
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndexerFault {
    kind: IndexerFaultKind,
    from: Spanned<When>,
    until: Spanned<When>,
}

impl RawIndexerFault {
    fn resolve(self, checks: &mut Checks) -> IndexerFault {
        let until_span = self.until.span();
        let fault = IndexerFault {
            kind: self.kind,
            from_ns: checks.when(self.from),
            until_ns: checks.when(self.until),
        };
        checks.ends_later(
            fault.from_ns..fault.until_ns,
            until_span,
            ["it ends before it begins", "must be later than `from`"],
        );
        fault
    }
}
