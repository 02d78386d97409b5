//! A search: what is asked ([`parse`]), what it finds ([`find`]), and how that is written ([`write`]).

mod dates;
mod find;
mod histogram;
mod parse;
mod query;
mod sort;
mod write;

pub(crate) use dates::duration;
pub(crate) use find::{Found, Shards, Target, View, health};
pub(crate) use parse::{object, parse};
pub(crate) use write::{Remarks, listed_hit, shards, write_hit, write_page};

use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::Range;

/// What a search asks for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// The point in time to search in, with the milliseconds that its life is lengthened to, if it is.
    pub(crate) pit: Option<(String, Option<i64>)>,
    /// Hits to leave out at the start.
    pub(crate) from: u64,
    /// Hits wanted.
    pub(crate) size: u64,
    /// What a document must be to match.
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    /// Hits must come after this one.
    pub(crate) after: Option<After>,
    pub(crate) total: Total,
    /// Whether hits carry their alert.
    pub(crate) with_source: bool,
    /// Whether hits carry their sequence number.
    pub(crate) with_seq_no: bool,
    pub(crate) histograms: Vec<Histogram>,
    /// Why every shard refuses the search, which only shows when there are shards.
    pub(crate) refused: Option<Value>,
}

/// What a document must be to match.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) times: Range<i64>,
    pub(crate) ids: Option<BTreeSet<String>>,
}

impl Filter {
    pub(crate) const ALL: Filter = Filter {
        times: i64::MIN..i64::MAX,
        ids: None,
    };
}

/// The order of the hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    /// None was asked for.
    Unsorted,
    /// By time, and by `_id` among equal times if `by_id`.
    Time { by_id: bool, is_descending: bool },
}

/// The last hit of the page before.
#[derive(Clone, Debug)]
pub(crate) struct After {
    pub(crate) ts_ms: i64,
    pub(crate) id: Option<String>,
}

/// How far matches are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Total {
    Exact,
    UpTo(u64),
    Not,
}

/// A count of the matches by time.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    pub(crate) name: String,
    pub(crate) interval_ms: i64,
    /// Buckets with fewer are left out.
    pub(crate) count_min: u64,
}
