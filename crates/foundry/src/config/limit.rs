//! A limit of time that can be switched off.

use super::units::{Shown, Span};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::time::Duration;

/// A length of time as [`Span`] has it, or `"off"`, which `"0s"` means too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limit(pub(crate) Option<Duration>);

impl Limit {
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Limit(Some(Duration::from_secs(seconds)))
    }

    /// The limit in milliseconds; `None` if there is none.
    pub(crate) fn ms(self) -> Option<u64> {
        let ms = self.0.map(|limit| limit.as_millis());
        ms.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => Span(limit).fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl Shown for Limit {
    fn show(&self) -> Option<String> {
        self.to_string().show()
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if matches!(text.as_str(), "off" | "0") {
            return Ok(Limit(None));
        }
        let span = Span::read(&text)
            .map_err(|reason| D::Error::custom(format!("{reason}, or \"off\"")))?;
        Ok(Limit((!span.0.is_zero()).then_some(span.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_duration_or_off() {
        #[derive(Deserialize)]
        struct One {
            a: Limit,
        }
        for (written, shown) in [
            ("24h", Some("\"24h\"")),
            ("off", Some("\"off\"")),
            ("0s", Some("\"off\"")),
            ("0", Some("\"off\"")),
            ("never", None),
            ("24", None),
        ] {
            let read = toml::from_str::<One>(&format!("a = \"{written}\"")).ok();
            let read = read.and_then(|one| one.a.show());
            assert_eq!(read.as_deref(), shown, "{written}");
        }
    }
}
