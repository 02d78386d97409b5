//! What an indexer's population is made from.

use crate::alert_body::Form;
use crate::zone::Zone;
use std::ops::Range;

/// Everything that decides which documents there are, and when each can be seen. Equal recipes give equal populations.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The number that ids, bodies, delays and shards come from.
    pub seed: u64,
    /// Shards of each daily index; Wazuh 4 makes 3. At most 8.
    pub shards: u8,
    /// How often each shard makes new documents visible, in milliseconds; Wazuh 4 sets 5,000.
    pub refresh_ms: i64,
    /// How many agents the alerts come from.
    pub agents: u32,
    /// The manager's time zone.
    pub zone: Zone,
    /// How much of an alert's form the generated ones have.
    pub form: Form,
    /// Bytes that each generated alert has beside those of its form: none, or 13 and more, which the name of a field takes.
    pub padding: u32,
    /// The generated alerts whose times are drawn. They have the first numbers, batch after batch.
    pub batches: Vec<Batch>,
    /// The generated alerts whose times are given. They have the numbers that follow, in this order.
    pub dated: Vec<Dated>,
    /// Further documents of those alerts.
    pub second: Vec<Second>,
    /// Alerts whose bytes are given.
    pub planted: Vec<Planted>,
}

/// One generated alert whose times are given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dated {
    /// Its time in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// When it reaches the indexer, in milliseconds since 1970. A search sees it at its shard's next refresh.
    pub indexed_at_ms: i64,
}

/// A further document of a generated alert whose times are given: the same alert, and another key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Second {
    /// Which of [`Recipe::dated`].
    pub dated: u32,
    /// When it reaches the indexer, in milliseconds since 1970.
    pub indexed_at_ms: i64,
    /// How it came to be.
    pub how: Delivery,
}

/// How an alert came to have a further document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Delivery {
    /// Its shipper got no answer and sent its batch again: the same index, another `_id`.
    SentAgain,
    /// Its index was copied under a second name of the same pattern: the same `_id`.
    Reindexed,
}

impl Delivery {
    /// The delivery number, beside 0 for an alert's first document.
    pub(crate) fn copy(self) -> u8 {
        match self {
            Delivery::SentAgain => 1,
            Delivery::Reindexed => REINDEXED,
        }
    }
}

/// The delivery number of a document of a copied index.
pub(crate) const REINDEXED: u8 = 100;

/// Generated alerts that arrive alike.
#[derive(Clone, Debug)]
pub struct Batch {
    /// How many.
    pub count: u32,
    /// Their times are drawn evenly from this range of milliseconds since 1970. A range of one makes them all equal.
    pub timestamps: Range<i64>,
    /// When they reach the indexer.
    pub indexed: Indexed,
    /// How many of them Filebeat delivers a second time: the same bytes, another `_id`.
    pub redelivered: u32,
}

/// When alerts reach the indexer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Indexed {
    /// Up to two seconds after their own time, as Filebeat ships them.
    Live,
    /// All at this time in milliseconds: a back-fill if it is later than theirs, future-dated alerts if it is earlier.
    At(i64),
}

/// One alert whose bytes are given, for what the generator never makes.
#[derive(Clone, Debug)]
pub struct Planted {
    /// Its `_id`. It must be unlike every other id of the population.
    pub id: String,
    /// Its time in milliseconds since 1970: what it is found and sorted by, whatever its bytes say.
    pub timestamp_ms: i64,
    /// When it reaches the indexer, in milliseconds since 1970.
    pub indexed_at_ms: i64,
    /// Its `_source`, sent as it is.
    pub source: Vec<u8>,
}

impl Recipe {
    /// `count` alerts, evenly over `timestamps`, as a fleet of 300 agents sends them to Wazuh 4.
    pub fn steady(seed: u64, count: u32, timestamps: Range<i64>) -> Self {
        Recipe {
            seed,
            shards: 3,
            refresh_ms: 5_000,
            agents: 300,
            zone: Zone::UTC,
            form: Form::Full,
            padding: 0,
            batches: vec![Batch {
                count,
                timestamps,
                indexed: Indexed::Live,
                redelivered: 0,
            }],
            dated: Vec::new(),
            second: Vec::new(),
            planted: Vec::new(),
        }
    }
}
