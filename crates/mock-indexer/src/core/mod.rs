//! The indexer itself: plain, synchronous, and a function of what it was asked before, and when.

mod answer;
mod indices;
mod points;
mod searches;

use crate::account::{Account, Accounts, Lockout};
use crate::exchange::{Request, Response};
use crate::fault::{Fault, Misfortune};
use crate::pit::Pits;
use crate::population::{Document, Planted, Population};
use crate::search;
use crate::turn::{Turn, Turns};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::sync::Arc;

/// How the indexer behaves besides what it holds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who may ask.
    pub accounts: Vec<Account>,
    /// When wrong passwords lock an account; `None`, the product's default, is never.
    pub lockout: Option<Lockout>,
    /// Whether indices that an account may not read are left out in silence (`do_not_fail_on_forbidden`), or refused.
    pub forbidden_left_out: bool,
    /// The most bytes that the breaker lets one page have, at 2,048 a hit; `None` for any.
    pub page_bytes_max: Option<u64>,
    /// The most contexts of points in time; the product's default is 300.
    pub pit_contexts_max: u32,
    /// Indices that are deleted, each at its time in milliseconds since 1970.
    pub deleted: Vec<(i64, String)>,
    /// What becomes of its indices.
    pub turns: Vec<Turn>,
    /// What the `Date` header of its answers says.
    pub date: DateHeader,
    /// What goes wrong.
    pub misfortunes: Vec<Misfortune>,
}

/// What the `Date` header of an answer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DateHeader {
    /// The time of the answer.
    True,
    /// A time that is wrong by so many milliseconds.
    Off(i64),
    /// This, which need not be a time.
    Text(String),
    /// Nothing: there is none.
    Absent,
}

impl DateHeader {
    fn value(&self, now_ms: i64) -> Option<String> {
        let shown_ms = match self {
            DateHeader::True => now_ms,
            DateHeader::Off(by_ms) => now_ms.saturating_add(*by_ms),
            DateHeader::Text(text) => return Some(text.clone()),
            DateHeader::Absent => return None,
        };
        let shown = Timestamp::from_millisecond(shown_ms).ok()?;
        DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&shown)
            .ok()
    }
}

impl Options {
    /// A healthy indexer with the account `name`.
    pub fn healthy(name: &str, password: &str) -> Self {
        Options {
            accounts: vec![Account::reader(name, password)],
            lockout: None,
            forbidden_left_out: false,
            page_bytes_max: None,
            pit_contexts_max: 300,
            deleted: Vec::new(),
            turns: Vec::new(),
            date: DateHeader::True,
            misfortunes: Vec::new(),
        }
    }
}

/// What the indexer has answered so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Requests.
    pub answered: u64,
    /// Those that were refused with 401.
    pub unauthorized: u64,
    /// Hits on all pages.
    pub hits: u64,
}

/// A mock indexer.
///
/// It asks no clock and draws no chance: equal questions at equal times get equal answers from equal indexers.
#[derive(Clone, Debug)]
pub struct Core {
    population: Arc<Population>,
    accounts: Accounts,
    forbidden_left_out: bool,
    page_bytes_max: Option<u64>,
    pits: Pits,
    deleted: Vec<(i64, String)>,
    turns: Turns,
    /// When the first document of each day becomes visible, in each part; empty where there are no turns.
    created: Vec<Vec<i64>>,
    date: DateHeader,
    misfortunes: Vec<Misfortune>,
    tally: Tally,
}

impl Core {
    /// An indexer that holds `population`.
    pub fn new(population: Arc<Population>, options: Options) -> Self {
        let turns = Turns::new(options.turns);
        Core {
            created: indices::created(&population, &turns),
            turns,
            population,
            accounts: Accounts::new(options.accounts, options.lockout),
            forbidden_left_out: options.forbidden_left_out,
            page_bytes_max: options.page_bytes_max,
            pits: Pits::new(options.pit_contexts_max),
            deleted: options.deleted,
            date: options.date,
            misfortunes: options.misfortunes,
            tally: Tally::default(),
        }
    }

    /// What it has answered so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Adds a document to those that the indexer has, and says what it is called and when a search sees it.
    ///
    /// Whoever else holds the population keeps it as it was. Takes time in proportion to all documents, and closes all
    /// points in time: it is for a few.
    pub fn ingest(&mut self, planted: Planted) -> Document {
        for id in self.pits.ids() {
            self.pits.close(&id);
        }
        let document = Arc::make_mut(&mut self.population).ingest(planted);
        self.created = indices::created(&self.population, &self.turns);
        document
    }

    /// The hit by which a search that is sorted by time and `_id` answers the document `id`, byte for byte; `None` if
    /// there is no such document, seen or not.
    pub fn hit(&self, id: &str) -> Option<Vec<u8>> {
        let key = self.population.find(id)?;
        Some(search::listed_hit(&self.population, &key))
    }

    /// Adds something that goes wrong. What was there before comes first.
    pub fn add_misfortune(&mut self, misfortune: Misfortune) {
        self.misfortunes.push(misfortune);
    }

    /// Changes what the `Date` header of its answers says.
    pub fn set_date(&mut self, date: DateHeader) {
        self.date = date;
    }

    /// Answers a request at the time `now_ms`, in milliseconds since 1970. Never fails: an error is an answer too.
    pub fn answer(&mut self, now_ms: i64, request: &Request<'_>) -> Response {
        let number = self.tally.answered;
        self.tally.answered += 1;
        let mut striking = self.misfortunes.iter();
        let fault = striking
            .find(|misfortune| misfortune.when.strikes(number, now_ms))
            .map(|misfortune| misfortune.fault.clone());
        let mut response = self.answer_with(now_ms, request, fault.as_ref());
        if let Some(date) = self.date.value(now_ms) {
            response.headers.push(("date", date));
        }
        self.tally.unauthorized += u64::from(response.status == 401);
        response
    }

    fn answer_with(
        &mut self,
        now_ms: i64,
        request: &Request<'_>,
        fault: Option<&Fault>,
    ) -> Response {
        if let Some(response) = fault.and_then(Fault::before_accounts) {
            return response;
        }
        let account = match self.accounts.check(now_ms, request) {
            Ok(account) => account.clone(),
            Err(response) => return response,
        };
        let (method, path) = (request.method, request.path);
        if let Some(response) = fault.and_then(|f| f.instead(method, path, &account.name)) {
            return response;
        }
        let asked = Asked {
            now_ms,
            request,
            account: &account,
            fault,
        };
        let mut response = self
            .route(&asked)
            .unwrap_or_else(|failure| failure.response());
        if let Some(fault) = fault {
            fault.after(&mut response);
        }
        response
    }
}

/// A request whose account is known.
struct Asked<'a> {
    now_ms: i64,
    request: &'a Request<'a>,
    account: &'a Account,
    fault: Option<&'a Fault>,
}
