//! The requests, as the indexer's search interface wants them.

use crate::config::Config;
use host::Millis;
use std::fmt::Write;

/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000;
/// No alert is older.
pub(crate) const TIME_MIN: Millis = Millis(0);
/// The end of the year 9999, beyond which the indexer knows no date.
pub(crate) const TIME_MAX: Millis = Millis(253_402_300_799_999);

/// A range of the time field: from `from`, and before `to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    pub(crate) from: Millis,
    pub(crate) to: Millis,
}

impl Range {
    pub(crate) fn new(from: Millis, to: Millis) -> Self {
        Range { from, to }
    }

    pub(crate) fn contains(self, time: Millis) -> bool {
        self.from <= time && time < self.to
    }
}

/// The path of a search in `index`. Without the parameter, shards that fail are left out silently.
pub(crate) fn search_path(index: &str) -> String {
    format!(
        "/{}/_search?allow_partial_search_results=false",
        escape(index)
    )
}

/// Escapes what may not stand in a path, and `/`, which would end the index's name.
fn escape(index: &str) -> String {
    let mut escaped = String::with_capacity(index.len());
    for byte in index.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.*,".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    escaped
}

/// One page of a walk. `after` is the JSON of the previous page's last sort key.
pub(crate) fn page(config: &Config, range: Range, after: Option<&str>, size: usize) -> String {
    let mut body = head(config, size);
    let filter = range_filter(config, range);
    write!(
        body,
        r#","query":{{"bool":{{"filter":[{filter}]}}}},{}"#,
        sort(config)
    )
    .expect("writing to a string cannot fail");
    if let Some(after) = after {
        body.push_str(r#","search_after":"#);
        body.push_str(after);
    }
    body.push('}');
    body
}

/// How many alerts a range has. The answer has no hits.
pub(crate) fn count(config: &Config, range: Range) -> String {
    let filter = range_filter(config, range);
    let head = head(config, 0);
    format!(r#"{head},"query":{{"bool":{{"filter":[{filter}]}}}}}}"#)
}

/// The newest alerts of a range, without what they say.
pub(crate) fn newest(config: &Config, range: Range, size: usize) -> String {
    let field = &config.profile.time_field;
    let filter = range_filter(config, range);
    let head = head(config, size);
    format!(
        r#"{head},"_source":false,"query":{{"bool":{{"filter":[{filter}]}}}},"sort":[{{"{field}":{{"order":"desc"}}}}]}}"#
    )
}

/// How many alerts each hour, or each minute, of a range has.
pub(crate) fn histogram(config: &Config, range: Range, unit: i64) -> String {
    let field = &config.profile.time_field;
    let filter = range_filter(config, range);
    let head = head(config, 0);
    let interval = if unit == HOUR { "1h" } else { "1m" };
    format!(
        r#"{head},"query":{{"bool":{{"filter":[{filter}]}}}},"aggs":{{"times":{{"date_histogram":{{"field":"{field}","fixed_interval":"{interval}","min_doc_count":1}}}}}}}}"#
    )
}

/// Whether an index can be searched at all.
pub(crate) fn probe(config: &Config) -> String {
    format!("{}}}", head(config, 0))
}

/// The documents with these ids.
pub(crate) fn ids(config: &Config, ids: &[&str], size: usize) -> String {
    let ids = serde_json::to_string(ids).expect("strings are JSON");
    let head = head(config, size);
    let sort = sort(config);
    format!(r#"{head},"query":{{"ids":{{"values":{ids}}}}},{sort}}}"#)
}

fn head(config: &Config, size: usize) -> String {
    let timeout = config.search_timeout.as_millis();
    format!(r#"{{"size":{size},"track_total_hits":true,"timeout":"{timeout}ms""#)
}

fn range_filter(config: &Config, range: Range) -> String {
    let field = &config.profile.time_field;
    let (from, to) = (range.from.0, range.to.0);
    format!(r#"{{"range":{{"{field}":{{"gte":{from},"lt":{to},"format":"epoch_millis"}}}}}}"#)
}

/// Ties are normal, so the time needs a second key; `_shard_doc` is not known before OpenSearch 3.3.
fn sort(config: &Config) -> String {
    let field = &config.profile.time_field;
    format!(r#""sort":[{{"{field}":{{"order":"asc"}}}},{{"_id":{{"order":"asc"}}}}]"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Profile;
    use serde_json::{Value, json};

    #[test]
    fn a_page_asks_as_the_search_interface_wants_it() {
        let config = Config::new(Profile::wazuh4());
        let range = Range::new(Millis(5), Millis(9));
        let body = page(&config, range, Some(r#"[7,"x"]"#), 500);
        let expected = json!({
            "size": 500, "track_total_hits": true, "timeout": "30000ms",
            "query": {"bool": {"filter": [
                {"range": {"timestamp": {"gte": 5, "lt": 9, "format": "epoch_millis"}}}]}},
            "sort": [{"timestamp": {"order": "asc"}}, {"_id": {"order": "asc"}}],
            "search_after": [7, "x"]
        });
        let found: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(found, expected);
    }

    #[test]
    fn every_other_request_is_json_too() {
        let config = Config::new(Profile::wazuh5());
        let range = Range::new(Millis(-1), Millis(0));
        for body in [
            page(&config, range, None, 1),
            count(&config, range),
            histogram(&config, range, 60_000),
            newest(&config, range, 10),
            probe(&config),
            ids(&config, &["a\"b", "c"], 2),
        ] {
            let found: Value = serde_json::from_str(&body).expect(&body);
            assert_eq!(found["track_total_hits"], json!(true));
        }
    }

    #[test]
    fn an_index_never_leaves_its_place_in_the_path() {
        let path = search_path("a/../b?c=%\n");
        assert!(
            path.starts_with("/a%2F..%2Fb%3Fc%3D%25%0A/_search?"),
            "{path}"
        );
    }
}
