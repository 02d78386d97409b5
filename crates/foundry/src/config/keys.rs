//! Every key of the configuration: its type, its default, and what it is for. There is no other list.

use super::limit::Limit;
use super::origin::{Origin, Source, Sourced};
use super::units::{FilePath, Listen, Often, Packed, Product, Shed, Shown, Span, Start};
use pipeline::{Pap, Tlp};
use serde::Deserialize;
use std::time::Duration;
use toml::Spanned;

/// One value as `config show` prints it.
pub(crate) struct Row<'a> {
    /// Section and key, such as `queue.cap`.
    pub(crate) name: &'static str,
    /// The value as TOML; `None` if there is none.
    pub(crate) value: Option<String>,
    /// Where it came from.
    pub(crate) origin: &'a Origin,
}

/// Declares the sections: as a layer that may name any key, and as values that all have an origin.
macro_rules! keys {
    ($($(#[$about:meta])* $section:ident as $raw:ident, $values:ident {
        $($(#[$doc:meta])* $key:ident: $type:ty = $default:expr,)*
    })*) => {
        /// One layer: a file, a variable or a flag. Each key may be there, and no other.
        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Layer {
            $(#[serde(default)] $section: $raw,)*
        }

        $(
            #[derive(Deserialize, Default)]
            #[serde(deny_unknown_fields)]
            struct $raw {
                $($key: Option<Spanned<$type>>,)*
            }

            $(#[$about])*
            #[derive(Clone)]
            pub(crate) struct $values {
                $($(#[$doc])* pub(crate) $key: Sourced<$type>,)*
            }
        )*

        /// The value of every key, and where it came from.
        #[derive(Clone)]
        pub(crate) struct Values {
            $($(#[$about])* pub(crate) $section: $values,)*
        }

        impl Default for Values {
            fn default() -> Self {
                Values {
                    $($section: $values { $($key: Sourced::default_of($default),)* },)*
                }
            }
        }

        impl Values {
            /// Takes every value that the layer has.
            pub(super) fn overlay(&mut self, layer: Layer, source: &Source) {
                $($(self.$section.$key.take(layer.$section.$key, source);)*)*
            }

            /// Every key in order.
            pub(crate) fn rows(&self) -> Vec<Row<'_>> {
                vec![$($(Row {
                    name: concat!(stringify!($section), ".", stringify!($key)),
                    value: Shown::show(&self.$section.$key.value),
                    origin: &self.$section.$key.origin,
                },)*)*]
            }
        }
    };
}

keys! {
    /// Where everything is kept.
    home as RawHome, HomeValues {
        /// The queue's directory; state, lock and heartbeat are beside its parts.
        dir: Option<FilePath> = None,
        /// Not healthy if less of the filesystem's bytes or inodes is left, in hundredths.
        free_percent_min: u32 = 5,
        /// Not healthy if what is left lasts less long, at the rate of the last week at most; "off" for never.
        lasts_min: Limit = Limit::seconds(14 * 24 * 3_600),
        /// How many names of files one directory holds: ext4 without `large_dir` has room for about 9 million of 40 bytes, and
        /// ours have up to 70.
        names_max: u32 = 5_000_000,
        /// How many directories one directory holds: ext4 without `dir_nlink` has room for 64,998.
        subdirs_max: u32 = 64_998,
        /// How many names `ledger/` may have, which every pass lists: a group of sealed segments has as many.
        ledger_names_max: u32 = 1_000,
        /// Not healthy if more of these, or of the time between the starts of passes, is taken, in hundredths.
        full_percent_max: u32 = 80,
    }

    /// Where alerts come from.
    indexer as RawIndexer, IndexerValues {
        /// Scheme, host and port. Without it, alerts come from `inbox/` and by adoption only.
        url: Option<String> = None,
        /// Whose alerts they are.
        profile: Product = Product::Wazuh4,
        /// The index pattern; without it, that of the profile.
        index: Option<String> = None,
        /// The certificates to trust, as PEM; without it, the public authorities.
        ca_file: Option<FilePath> = None,
        /// Take any certificate: for an installation to try things on.
        insecure: bool = false,
        /// One line, `user:password`; without it, the credential `indexer` that systemd passes.
        credential_file: Option<FilePath> = None,
        /// Where to begin if there is no state yet.
        start: Start = Start::Ago(Duration::from_secs(24 * 3_600)),
        /// How far behind now a slice ends.
        lag: Span = Span::seconds(30),
        /// How late an alert may become visible and still be found at once.
        overlap: Span = Span::seconds(600),
        /// How far back the audit compares counts.
        audit_window: Span = Span::seconds(90 * 24 * 3_600),
        /// Alerts of one page.
        page_alerts: u32 = 1_000,
        /// How long a pass may wait for the indexer, over all requests, attempts and pauses together. What waits in the queue
        /// waits so much longer; one request has half of it.
        poll_max: Span = Span::seconds(20),
        /// How much our clock may differ from the indexer's in a healthy home.
        skew_max: Limit = Limit::seconds(60),
        /// For how long the indexer may have nothing new in a healthy home.
        silence_max: Limit = Limit::seconds(24 * 3_600),
    }

    /// How much waits, and where the rest goes.
    queue as RawQueue, QueueValues {
        /// The most alerts that wait; the others are parked.
        cap: u32 = 2_000,
        /// Which end is parked.
        shed: Shed = Shed::Oldest,
        /// Whether parked alerts come back when there is room.
        readmit: bool = true,
        /// The most alerts of a bucket.
        bucket_max: u32 = spool::BUCKET_ENTRIES_MAX,
        /// Polling stops while so many wait or are parked.
        backlog_max: u64 = 50_000,
        /// Not healthy if more of a day's alerts were set aside, in hundredths.
        quarantine_percent_max: u32 = 10,
    }

    /// What cases look like.
    cases as RawCases, CasesValues {
        /// Cases of these dispositions become lines of one file an hour and bucket, instead of a directory each.
        packed: Packed = Packed(Vec::new()),
    }

    /// The drop-in directory for other programs.
    inbox as RawInbox, InboxValues {
        /// A file that is no whole JSON object is set aside once nobody has written to it for so long.
        settle: Span = Span::seconds(60),
    }

    /// Looking again at what is finished.
    scrub as RawScrub, ScrubValues {
        /// Within this time every finished case is looked at again, byte by byte; "off" for never.
        every: Often = Often(Some(Span::days(7))),
        /// A pass looks at no more cases than these.
        cases_max: u64 = 1_000,
        /// A pass ends its look after about so many bytes.
        bytes_max: u64 = 256 << 20,
    }

    /// How long things are kept.
    retention as RawRetention, RetentionValues {
        /// Cases, their packs, quarantined files and their part of the ledger are removed so long after their alerts came, by whole
        /// days (UTC); "off" for never. What waits, or became a case later, holds its day back.
        cases_older_than: Often = Often(None),
    }

    /// What an escalation pack says about itself.
    escalation as RawEscalation, EscalationValues {
        /// To whom a pack may be shown.
        tlp: Tlp = Tlp::Amber,
        /// What may be done with a pack.
        pap: Pap = Pap::Amber,
    }

    /// What judges.
    policy as RawPolicy, PolicyValues {
        /// The directory of `policy.toml`, `filters/`, `rules/` and `lists/`.
        dir: Option<FilePath> = None,
    }

    /// One pass.
    run as RawRun, RunValues {
        /// Workers side by side.
        workers: u32 = workers_default(),
        /// How long the work on claims may take in one pass; polling too, if `indexer.poll_max` is longer.
        pass_max: Span = Span::seconds(600),
    }

    /// Pass after pass.
    serve as RawServe, ServeValues {
        /// From the end of a pass to the next, if there is nothing more to do now.
        every: Span = Span::seconds(30),
        /// Where `/metrics` and `/healthz` are served: a loopback address.
        listen: Listen = Listen::DEFAULT,
    }
}

/// As many as cores, and at most 4: beyond that the disk decides.
fn workers_default() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(cores.min(4)).unwrap_or(1)
}
