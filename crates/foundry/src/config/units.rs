//! The values of the configuration as a person writes them.

use alert::Disposition;
use indexer::Profile;
use jiff::{SignedDuration, Timestamp};
use pipeline::{Pap, Tlp};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use spool::Dispositions;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::value::Datetime;

/// A value that can be printed as it would be written.
pub(crate) trait Shown: Sized {
    /// The value as TOML; `None` if there is none.
    fn show(&self) -> Option<String>;

    /// The value as a file in `dir` means it.
    fn below(self, _dir: &Path) -> Self {
        self
    }
}

impl<T: Shown> Shown for Option<T> {
    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }

    fn below(self, dir: &Path) -> Self {
        self.map(|value| value.below(dir))
    }
}

macro_rules! shown_plainly {
    ($($type:ty),*) => {
        $(impl Shown for $type {
            fn show(&self) -> Option<String> {
                Some(self.to_string())
            }
        })*
    };
}
shown_plainly!(bool, u32, u64);

impl Shown for String {
    fn show(&self) -> Option<String> {
        Some(quoted(self))
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A path. In a file, it starts from the file's directory.
#[derive(Clone, Deserialize, PartialEq, Eq, Debug)]
#[serde(transparent)]
pub(crate) struct FilePath(pub(crate) PathBuf);

impl Shown for FilePath {
    fn show(&self) -> Option<String> {
        Some(quoted(&self.0.display().to_string()))
    }

    fn below(self, dir: &Path) -> Self {
        FilePath(dir.join(self.0))
    }
}

const SECONDS_OF_DAY: u64 = 24 * 3_600;

/// A length of time, written `"30s"`, `"10m"`, `"1h 30m"`, `"7d"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Span(pub(crate) Duration);

impl Span {
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Span(Duration::from_secs(seconds))
    }

    pub(crate) const fn days(days: u64) -> Self {
        Span::seconds(days * SECONDS_OF_DAY)
    }

    pub(crate) fn read(text: &str) -> Result<Self, String> {
        // Days are no unit of an exact duration where clocks are put forward; here one is 24 hours.
        let days = text.trim().strip_suffix('d').map(str::trim_ascii_end);
        if let Some(days) = days.and_then(|days| days.parse::<u32>().ok()) {
            return Ok(Span::days(u64::from(days)));
        }
        let read: Result<SignedDuration, _> = text.parse();
        read.ok()
            .and_then(|span| Duration::try_from(span).ok())
            .map(Span)
            .ok_or_else(|| {
                format!("`{text}` is not a duration: write a number with its unit, such as \"30s\", \"10m\", \"2h\" or \"7d\"")
            })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let days = seconds / SECONDS_OF_DAY;
        if 1 < days && Span::days(days) == *self {
            return write!(f, "{days}d");
        }
        match SignedDuration::try_from(self.0) {
            Ok(span) => write!(f, "{span:#}"),
            Err(_) => write!(f, "{seconds}s"),
        }
    }
}

impl Shown for Span {
    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Span::read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// How often something is done: a length of time, or `"off"` for never.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Often(pub(crate) Option<Span>);

impl Shown for Often {
    fn show(&self) -> Option<String> {
        match self.0 {
            Some(span) => span.show(),
            None => Some(quoted("off")),
        }
    }
}

impl<'de> Deserialize<'de> for Often {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "off" => Ok(Often(None)),
            span => Span::read(span)
                .map(|span| Often(Some(span)))
                .map_err(|why| D::Error::custom(format!("{why}, or \"off\""))),
        }
    }
}

/// Where reading begins: an instant, or so long before the first pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    Ago(Duration),
    At(Timestamp),
}

impl Shown for Start {
    fn show(&self) -> Option<String> {
        match self {
            Start::Ago(ago) => Span(*ago).show(),
            Start::At(at) => Some(quoted(&at.to_string())),
        }
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Start;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an instant such as 2026-03-26T00:00:00Z, or a duration such as \"24h\"",
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Start, E> {
                if let Ok(at) = text.parse() {
                    return Ok(Start::At(at));
                }
                let ago = Span::read(text).map_err(|_| {
                    E::custom(format!(
                        "`{text}` is neither an instant such as 2026-03-26T00:00:00Z nor a duration such as \"24h\""
                    ))
                })?;
                Ok(Start::Ago(ago.0))
            }

            // What TOML's own dates look like to serde.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Start, A::Error> {
                let date = Datetime::deserialize(MapAccessDeserializer::new(map))?.to_string();
                let at = date.parse().map_err(|_| {
                    A::Error::custom(format!(
                        "`{date}` has no offset: write one, such as Z for UTC"
                    ))
                })?;
                Ok(Start::At(at))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// The product version whose alerts are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Product {
    Wazuh4,
    Wazuh5,
}

impl Product {
    /// Where its alerts are.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Product::Wazuh4 => Profile::wazuh4(),
            Product::Wazuh5 => Profile::wazuh5(),
        }
    }
}

impl Shown for Product {
    fn show(&self) -> Option<String> {
        let word = match self {
            Product::Wazuh4 => "wazuh4",
            Product::Wazuh5 => "wazuh5",
        };
        Some(quoted(word))
    }
}

/// Which end of the queue is parked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shed {
    Oldest,
    Newest,
}

impl Shown for Shed {
    fn show(&self) -> Option<String> {
        let word = match self {
            Shed::Oldest => "oldest",
            Shed::Newest => "newest",
        };
        Some(quoted(word))
    }
}

/// The dispositions whose cases are packed. What is escalated never is: its case becomes a pack of another kind.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Packed(pub(crate) Vec<Packable>);

/// A disposition whose cases may be packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Packable {
    Benign,
    KnownFp,
    Review,
}

impl Packable {
    fn disposition(self) -> Disposition {
        match self {
            Packable::Benign => Disposition::Benign,
            Packable::KnownFp => Disposition::KnownFp,
            Packable::Review => Disposition::Review,
        }
    }
}

impl Packed {
    /// The same for the queue.
    pub(crate) fn dispositions(&self) -> Dispositions {
        let list: Vec<Disposition> = self.0.iter().map(|one| one.disposition()).collect();
        Dispositions::of(&list)
    }
}

impl Shown for Packed {
    fn show(&self) -> Option<String> {
        let words = self.0.iter().map(|one| quoted(one.disposition().word()));
        Some(format!("[{}]", words.collect::<Vec<_>>().join(", ")))
    }
}

impl Shown for Tlp {
    fn show(&self) -> Option<String> {
        Some(quoted(self.word()))
    }
}

impl Shown for Pap {
    fn show(&self) -> Option<String> {
        Some(quoted(self.word()))
    }
}

/// An address to listen on. Whether it is a loopback address is checked where its key is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Listen(pub(crate) SocketAddr);

impl Listen {
    pub(crate) const DEFAULT: Listen =
        Listen(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464));
}

impl Shown for Listen {
    fn show(&self) -> Option<String> {
        Some(quoted(&self.0.to_string()))
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Listen).map_err(|_| {
            D::Error::custom(format!(
                "`{text}` is not address and port, such as \"127.0.0.1:9464\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: Shown + for<'de> Deserialize<'de>>(written: &str, shown: Option<&str>) {
        #[derive(Deserialize)]
        struct One<T> {
            a: T,
        }
        let read = toml::from_str::<One<T>>(&format!("a = {written}")).ok();
        assert_eq!(
            read.and_then(|one| one.a.show()).as_deref(),
            shown,
            "{written}"
        );
    }

    #[test]
    fn a_duration_has_a_unit() {
        check::<Span>("\"30s\"", Some("\"30s\""));
        check::<Span>("\"1h30m\"", Some("\"1h 30m\""));
        check::<Span>("\"90 minutes\"", Some("\"1h 30m\""));
        for bad in ["30", "\"30\"", "\"-5s\"", "\"soon\""] {
            check::<Span>(bad, None);
        }
    }

    #[test]
    fn a_start_is_an_instant_or_a_while_ago() {
        check::<Start>("\"24h\"", Some("\"24h\""));
        check::<Start>("2026-03-26T00:00:00Z", Some("\"2026-03-26T00:00:00Z\""));
        check::<Start>(
            "\"2026-03-26T01:00:00+01:00\"",
            Some("\"2026-03-26T00:00:00Z\""),
        );
        for bad in ["2026-03-26T00:00:00", "2026-03-26", "\"yesterday\"", "7"] {
            check::<Start>(bad, None);
        }
    }

    #[test]
    fn what_a_person_will_open_is_never_packed() {
        check::<Packed>("[]", Some("[]"));
        check::<Packed>("['benign', 'known_fp']", Some("[\"benign\", \"known_fp\"]"));
        check::<Packed>("['escalated']", None);
    }

    #[test]
    fn a_traffic_light_is_a_word_of_its_protocol() {
        check::<Tlp>("'amber+strict'", Some("\"amber+strict\""));
        check::<Tlp>("'AMBER'", None);
        check::<Pap>("'red'", Some("\"red\""));
        // TLP has a strict amber, PAP has none.
        check::<Pap>("'amber+strict'", None);
    }

    #[test]
    fn an_address_has_a_port() {
        check::<Listen>("\"[::1]:80\"", Some("\"[::1]:80\""));
        check::<Listen>("\"127.0.0.1\"", None);
        check::<Listen>("\"localhost:80\"", None);
    }
}
