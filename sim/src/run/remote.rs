//! The indexer of a run: another machine, whose clock nobody steps, and the wire to it.

use super::shared::Shared;
use super::source::Source;
use super::struck;
use super::truth::is_useless;
use crate::scenario::{IndexTurn, IndexTurnKind, IndexerFault, IndexerFaultKind, Scenario};
use contract::sometimes::Goal;
use host::Host;
use indexer::{Answered, Class, Request, Transport, TransportError};
use mock_indexer::{
    Account, Core, Delivery, Fault, Misfortune, Options, Planted, Turn, TurnKind, When,
};
use std::time::Duration;

/// The account that the program has.
const USER: &str = "poller";
/// Refusals over so long are those of the incident.
const SIX_DAYS_MS: i64 = 6 * 24 * 3_600 * 1_000;
/// Which shard fails, where one does.
const SHARD: u8 = 1;

/// The indexer, and what it has refused.
pub struct Remote {
    core: Core,
    t0_ms: i64,
    /// When the present password was refused first and last, in milliseconds since 1970.
    refused: Option<[i64; 2]>,
}

impl Remote {
    /// The indexer of a scenario, with the documents of `source`. Its misfortunes end at `faults_stop_ns`.
    pub fn new(scenario: &Scenario, source: &Source, faults_stop_ns: u64) -> Self {
        let t0_ms = scenario.clock.t0_ms;
        let rotations = &scenario.indexer.rotations;
        let later = (1..).zip(rotations);
        let later = later.map(|(number, rotation)| (t0_ms + ms(rotation.at_ns), password(number)));
        let account = Account {
            passwords: std::iter::once((i64::MIN, password(0)))
                .chain(later)
                .collect(),
            ..Account::reader(USER, "")
        };
        // A request meets the first that strikes it: one that leaves nothing of use hides the others.
        let mut faults: Vec<_> = scenario.indexer.faults.iter().collect();
        faults.sort_by_key(|fault| !is_useless(fault.kind));
        let faults = faults.into_iter();
        let options = Options {
            accounts: vec![account],
            misfortunes: faults
                .filter_map(|fault| misfortune(fault, t0_ms, faults_stop_ns))
                .collect(),
            turns: turns(scenario, faults_stop_ns),
            ..Options::healthy(USER, "")
        };
        Remote {
            core: Core::new(source.population(), options),
            t0_ms,
            refused: None,
        }
    }

    /// Answers a request at a virtual time. True if it was the first success after six days of refusals.
    fn answer(&mut self, now_ns: u64, request: &Request<'_>) -> (mock_indexer::Response, bool) {
        let now_ms = self.t0_ms + ms(now_ns);
        let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
        let response = self.core.answer(
            now_ms,
            &mock_indexer::Request {
                method: "POST",
                path,
                query,
                authorization: request.authorization,
                body: request.body.as_bytes(),
            },
        );
        let mut is_over = false;
        match (response.status, self.refused) {
            (401, refused) => {
                self.refused = Some([refused.map_or(now_ms, |[first, _]| first), now_ms])
            }
            (200, Some([first, last])) => {
                is_over = SIX_DAYS_MS <= last - first;
                self.refused = None;
            }
            _ => {}
        }
        (response, is_over)
    }

    /// Makes the alert that proves at the end that the queue still works, and tells `source` of it.
    pub fn add_fresh(&mut self, now_ns: u64, source: &Source) {
        let timestamp_ms = self.t0_ms + ms(now_ns);
        let document = self.core.ingest(Planted {
            id: "fresh".to_owned(),
            timestamp_ms,
            indexed_at_ms: timestamp_ms,
            source: fresh_source(timestamp_ms),
        });
        let hit = self.core.hit(&document.id).expect("it was just ingested");
        source.note_fresh(&document.index, &document.id, timestamp_ms, hit);
    }
}

/// The line of the program's credential file after so many rotations.
pub fn secret(rotations: usize) -> String {
    format!("{USER}:{}\n", password(rotations))
}

fn password(rotations: usize) -> String {
    format!("password-{rotations}")
}

fn fresh_source(timestamp_ms: i64) -> Vec<u8> {
    let time = jiff::Timestamp::from_millisecond(timestamp_ms).expect("a run is in our time");
    format!(r#"{{"timestamp":"{time}","rule":{{"level":3,"id":"502"}},"agent":{{"id":"000"}}}}"#)
        .into_bytes()
}

/// What goes wrong with the answers; `None` if it goes wrong on the wire.
fn misfortune(fault: &IndexerFault, t0_ms: i64, faults_stop_ns: u64) -> Option<Misfortune> {
    let (from, until) = (fault.from_ns, fault.until_ns.min(faults_stop_ns));
    Some(Misfortune {
        fault: fault_of(fault.kind)?,
        when: When::During(t0_ms + ms(from)..t0_ms + ms(until)),
    })
}

/// What becomes of the indices, by the indexer's clock. What is closed is opened when faults stop.
fn turns(scenario: &Scenario, faults_stop_ns: u64) -> Vec<Turn> {
    let turn = |turn: &IndexTurn| {
        let at_ms = |ns: u64| scenario.clock.t0_ms + ms(ns);
        let until_ms = turn.until_ns.map(|ns| at_ms(ns.min(faults_stop_ns)));
        Turn {
            during: at_ms(turn.at_ns)..until_ms.unwrap_or(i64::MAX),
            kind: match turn.kind {
                IndexTurnKind::RolledOver => TurnKind::RolledOver,
                IndexTurnKind::Closed => TurnKind::Closed,
                IndexTurnKind::Deleted => TurnKind::Deleted,
                IndexTurnKind::Renamed => TurnKind::Renamed,
                IndexTurnKind::Renewed => TurnKind::Renewed,
            },
        }
    };
    let turns = scenario.indexer.turns.iter();
    turns
        .filter(|turn| turn.at_ns < faults_stop_ns)
        .map(turn)
        .collect()
}

fn fault_of(kind: IndexerFaultKind) -> Option<Fault> {
    Some(match kind {
        IndexerFaultKind::BreakerTripped => Fault::BreakerTripped,
        IndexerFaultKind::Rejected => Fault::Rejected,
        IndexerFaultKind::Cancelled => Fault::Cancelled,
        IndexerFaultKind::AllShardsFailed => Fault::AllShardsFailed,
        IndexerFaultKind::ClusterBlocked => Fault::ClusterBlocked,
        IndexerFaultKind::SecurityNotInitialised => Fault::SecurityNotInitialized,
        IndexerFaultKind::Forbidden => Fault::Forbidden,
        IndexerFaultKind::Redirect => Fault::Redirect("https://elsewhere.example/".to_owned()),
        IndexerFaultKind::Html => Fault::Html,
        IndexerFaultKind::TimedOut => Fault::TimedOut,
        IndexerFaultKind::TerminatedEarly => Fault::TerminatedEarly,
        IndexerFaultKind::ShardFails => Fault::ShardFails(SHARD),
        IndexerFaultKind::ShardUnassigned => Fault::ShardUnassigned(SHARD),
        IndexerFaultKind::FetchHole => Fault::FetchHole,
        IndexerFaultKind::LowerBound => Fault::LowerBound,
        IndexerFaultKind::ContextMissing => Fault::ContextMissing,
        IndexerFaultKind::OutOfOrder => Fault::OutOfOrder,
        IndexerFaultKind::TruncatedJson => Fault::TruncatedJson,
        IndexerFaultKind::EmptyBody => Fault::EmptyBody,
        IndexerFaultKind::Hangs | IndexerFaultKind::SlowLink => return None,
    })
}

/// Nanoseconds as whole milliseconds.
fn ms(ns: u64) -> i64 {
    i64::try_from(ns / 1_000_000).unwrap_or(i64::MAX / 2)
}

/// The wire from a program to the indexer: a request takes its time, and the indexer answers by its own clock.
pub struct Wire<'a> {
    /// The program's machine.
    pub host: &'a dyn Host,
    /// The run.
    pub shared: &'a Shared,
}

/// What a slow link carries.
const SLOW_BYTES_A_SECOND: u64 = 16 << 10;
/// What a request may take whose sender waits without an end: as the real transport has it.
const ATTEMPT_MAX: Duration = Duration::from_secs(180);

impl Wire<'_> {
    /// Whether the indexer has this fault now.
    fn is_struck_by(&self, kind: IndexerFaultKind) -> bool {
        let (now, stop) = (self.shared.now_ns(), self.shared.faults_stop_ns());
        let mut faults = self.shared.scenario.indexer.faults.iter();
        faults.any(|fault| {
            fault.kind == kind && fault.from_ns <= now && now < fault.until_ns.min(stop)
        })
    }

    /// Lets so much time pass, or what the request has, which is then over.
    fn wait(&self, request: &Request<'_>, takes: Duration) -> Result<(), TransportError> {
        let has = request.patience.attempt().unwrap_or(ATTEMPT_MAX);
        self.host.sleep(takes.min(has));
        if takes <= has {
            return Ok(());
        }
        let message = "it accepted the connection and did not answer in time";
        Err(TransportError::new(Class::Timeout, message))
    }
}

impl Transport for Wire<'_> {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        let shared = self.shared;
        struck::note_exchange(shared, None);
        if self.is_struck_by(IndexerFaultKind::Hangs) {
            shared.watch.borrow_mut().met.insert(Goal::IndexerHung);
            self.wait(request, Duration::MAX)?;
        }
        let takes = Duration::from_nanos(shared.scenario.indexer.answer_ns);
        self.wait(request, takes)?;
        let now_ns = shared.now_ns();
        let (response, is_over) = shared.remote.borrow_mut().answer(now_ns, request);
        struck::note_exchange(shared, Some(response.status));
        let answered = Answered::new(response.status, response.date());
        if self.is_struck_by(IndexerFaultKind::SlowLink) {
            let millis = response.body.len() as u64 * 1_000 / SLOW_BYTES_A_SECOND;
            self.wait(request, Duration::from_millis(millis))?;
        }
        shared.note_turns(now_ns);
        for how in shared.source.seconds_in(&response.body) {
            let goal = match how {
                Delivery::SentAgain => Goal::SentAgain,
                Delivery::Reindexed => Goal::Reindexed,
            };
            shared.watch.borrow_mut().met.insert(goal);
        }
        *answer = response.body;
        if is_over {
            let met = &mut shared.watch.borrow_mut().met;
            met.insert(Goal::UnauthorisedSixDays);
        }
        Ok(answered)
    }
}
