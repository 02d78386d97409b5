//! What to read, how much at once, and how patiently.

use std::time::Duration;

/// Where the alerts of a Wazuh version live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// The index pattern. Wide patterns cost little: shards without a match are skipped.
    pub index: String,
    /// The field that orders alerts, mapped as a date.
    pub time_field: String,
}

impl Profile {
    /// Wazuh 4: daily indices of alerts.
    pub fn wazuh4() -> Self {
        Profile {
            index: "wazuh-alerts-4.x-*".to_owned(),
            time_field: "timestamp".to_owned(),
        }
    }

    /// Wazuh 5: data streams of findings, which take the place of alerts.
    pub fn wazuh5() -> Self {
        Profile {
            index: "wazuh-findings-v5-*".to_owned(),
            time_field: "@timestamp".to_owned(),
        }
    }
}

/// How a [`crate::Poller`] reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Where the alerts are.
    pub profile: Profile,
    /// A slice ends this long before now: two refresh intervals of 5 s and a batch of the shipper.
    pub lag: Duration,
    /// An alert that becomes visible within this time after its timestamp is never missed, even without an audit.
    pub overlap: Duration,
    /// The longest slice. It bounds what the indexer must sort for one page.
    pub slice: Duration,
    /// A slice ends early after about this many alerts, so that a crash repeats no more than these.
    pub slice_alerts: usize,
    /// Alerts asked for in one request, at most 10,000. Halved while the indexer is overloaded.
    pub page_alerts: usize,
    /// How many handed-over alerts are remembered. Beyond it the oldest are forgotten, and may be handed over again.
    pub seen_max: usize,
    /// How long the indexer may search for one page before it must answer.
    pub search_timeout: Duration,
    /// How often one request is tried within a step.
    pub attempts: u32,
    /// The first wait between two attempts is at most this; each next one at most twice as long.
    pub wait_min: Duration,
    /// No wait between two attempts is longer.
    pub wait_max: Duration,
    /// How far back the audit compares counts, at least an hour. Alerts that are indexed later than this are counted, and not read.
    pub audit_window: Duration,
}

/// A configuration that cannot work.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{key} = {value}: {reason}")]
pub struct ConfigError {
    /// The field.
    pub key: &'static str,
    /// What it holds.
    pub value: String,
    /// Why that cannot be, and what could.
    pub reason: &'static str,
}

/// The most hours that a state of half a megabyte holds.
const AUDIT_WINDOW_MAX: Duration = Duration::from_secs(2 * 366 * 24 * 60 * 60);
/// `index.max_result_window` of every Wazuh index.
const PAGE_ALERTS_MAX: usize = 10_000;

impl Config {
    /// The recommended values for a profile.
    pub fn new(profile: Profile) -> Self {
        Config {
            profile,
            lag: Duration::from_secs(30),
            overlap: Duration::from_secs(10 * 60),
            slice: Duration::from_secs(60 * 60),
            slice_alerts: 20_000,
            page_alerts: 1_000,
            seen_max: 1_000_000,
            search_timeout: Duration::from_secs(30),
            attempts: 5,
            wait_min: Duration::from_secs(1),
            wait_max: Duration::from_secs(30),
            audit_window: Duration::from_secs(90 * 24 * 60 * 60),
        }
    }

    /// Errs with the first value that cannot work.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, value: String, reason| Err(ConfigError { key, value, reason });
        let index = &self.profile.index;
        let is_index_char = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '*' | ',')
        };
        if index.is_empty() || !index.chars().all(is_index_char) || index.starts_with('_') {
            let reason = "an index pattern has a-z, 0-9 and `-_.*,` and does not start with `_`";
            return refuse("index", index.clone(), reason);
        }
        let field = &self.profile.time_field;
        let is_field_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '_' | '.');
        if field.is_empty() || !field.chars().all(is_field_char) {
            let reason = "a field's name has letters, digits and `@_.`";
            return refuse("time_field", field.clone(), reason);
        }
        let shown = self.page_alerts.to_string();
        if !(1..=PAGE_ALERTS_MAX).contains(&self.page_alerts) {
            return refuse("page_alerts", shown, "the indexer allows 1 to 10000");
        }
        if self.slice_alerts < self.page_alerts {
            return refuse("page_alerts", shown, "must not exceed slice_alerts");
        }
        if self.seen_max < self.slice_alerts {
            let shown = self.seen_max.to_string();
            return refuse("seen_max", shown, "must not be below slice_alerts");
        }
        if self.slice < Duration::from_secs(1) {
            let shown = format!("{:?}", self.slice);
            return refuse("slice", shown, "must be at least a second");
        }
        let hour = Duration::from_secs(60 * 60);
        if self.audit_window < hour || AUDIT_WINDOW_MAX < self.audit_window {
            let shown = format!("{:?}", self.audit_window);
            return refuse("audit_window", shown, "must be an hour to two years");
        }
        if self.attempts == 0 {
            return refuse("attempts", "0".to_owned(), "must be at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Config), key: Option<&str>) {
        let mut config = Config::new(Profile::wazuh4());
        change(&mut config);
        assert_eq!(config.check().err().map(|error| error.key), key);
    }

    #[test]
    fn the_recommended_values_work_and_impossible_ones_name_their_key() {
        check(|_| {}, None);
        check(|c| c.profile = Profile::wazuh5(), None);
        check(|c| c.profile.index = "a/../b".to_owned(), Some("index"));
        check(|c| c.profile.index = "_all".to_owned(), Some("index"));
        check(
            |c| c.profile.time_field = "a\"b".to_owned(),
            Some("time_field"),
        );
        check(|c| c.page_alerts = 0, Some("page_alerts"));
        check(|c| c.page_alerts = 10_001, Some("page_alerts"));
        check(|c| c.slice_alerts = 999, Some("page_alerts"));
        check(|c| c.seen_max = 19_999, Some("seen_max"));
        check(|c| c.slice = Duration::ZERO, Some("slice"));
        check(|c| c.audit_window = Duration::ZERO, Some("audit_window"));
        check(|c| c.audit_window = Duration::MAX, Some("audit_window"));
        check(|c| c.attempts = 0, Some("attempts"));
    }
}
