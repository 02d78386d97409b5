//! The configuration: read in layers, checked as a whole, and each value knows where it came from.
//!
//! Defaults, `/etc/signalfoundry/foundry.toml`, its `conf.d/*.toml`, the file of `--config`, `FOUNDRY_SECTION__KEY`, and
//! `--set section.key=value`: the later wins, key by key. An unknown key is an error, whatever layer it is in. No key holds
//! a secret; `indexer.credential_file` names the file that does.

mod check;
mod keys;
mod layers;
mod limit;
mod origin;
mod problem;
mod units;

pub(crate) use keys::Values;
pub(crate) use layers::{Layers, variables};
pub(crate) use problem::{ConfigError, Located};
pub(crate) use units::{Span, Start};

use crate::health::Limits;
use crate::machine::Machine;
use clap::Args;
use host::Millis;
use pipeline::{EscalationSettings, RetentionSettings, ScrubSettings, Settings};
use spool::SpoolOptions;
use std::path::{Path, PathBuf};

/// Which configuration is meant.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArgs {
    /// The configuration, over that of the system
    #[arg(long, short, global = true, display_order = 90, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set one key over all else: queue.cap=500. Repeatable
    #[arg(long, global = true, display_order = 91, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The system's configuration: foundry.toml, and conf.d/*.toml over it
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        display_order = 92,
        value_name = "DIR"
    )]
    #[arg(default_value = "/etc/signalfoundry")]
    pub(crate) system_dir: PathBuf,
}

/// A configuration that can work.
pub(crate) struct Config {
    /// Every key, and where its value came from.
    pub(crate) values: Values,
    /// The files that were read, in their order.
    pub(crate) files: Vec<PathBuf>,
}

impl Config {
    /// Reads and checks the configuration that the flags and the environment mean.
    ///
    /// Errs with all that is wrong with it, each at its place.
    pub(crate) fn load(machine: &Machine, args: &ConfigArgs) -> Result<Config, ConfigError> {
        let layers = Layers {
            system_dir: Some(&args.system_dir),
            file: args.config.as_deref(),
            variables: variables(),
            flags: &args.set,
        };
        Config::of_layers(machine, &layers)
    }

    /// The configuration of one file, whatever the system and the environment say.
    pub(crate) fn of_file(machine: &Machine, file: &Path) -> Result<Config, ConfigError> {
        let layers = Layers {
            system_dir: None,
            file: Some(file),
            variables: Vec::new(),
            flags: &[],
        };
        Config::of_layers(machine, &layers)
    }

    fn of_layers(machine: &Machine, layers: &Layers<'_>) -> Result<Config, ConfigError> {
        let (values, files) = layers.read(machine)?;
        let problems = check::check(&values);
        if problems.is_empty() {
            Ok(Config { values, files })
        } else {
            Err(ConfigError::Invalid { problems })
        }
    }

    /// The queue's directory.
    pub(crate) fn home(&self) -> &Path {
        let dir = self.values.home.dir.value.as_ref();
        &dir.expect("a configuration without a home is refused").0
    }

    /// The policy's directory, if one is named.
    pub(crate) fn policy_dir(&self) -> Option<&Path> {
        self.values
            .policy
            .dir
            .value
            .as_ref()
            .map(|dir| dir.0.as_path())
    }

    /// What the queue promises about its size.
    pub(crate) fn spool_options(&self) -> SpoolOptions {
        let queue = &self.values.queue;
        SpoolOptions {
            pending_max: queue.cap.value,
            bucket_max: queue.bucket_max.value,
            shed: match queue.shed.value {
                units::Shed::Oldest => spool::Shed::Oldest,
                units::Shed::Newest => spool::Shed::Newest,
            },
            readmit: queue.readmit.value,
            packed: self.values.cases.packed.value.dispositions(),
            ..SpoolOptions::default()
        }
    }

    /// How far a pass goes, and what its packs say.
    pub(crate) fn pass_settings(&self) -> Settings {
        Settings {
            backlog_max: self.values.queue.backlog_max.value,
            pass_max: self.values.run.pass_max.value.0,
            poll_max: self.values.indexer.poll_max.value.0,
            escalation: EscalationSettings {
                tlp: self.values.escalation.tlp.value,
                pap: self.values.escalation.pap.value,
            },
            inbox_settle: self.values.inbox.settle.value.0,
            scrub: ScrubSettings {
                every: self.values.scrub.every.value.0.map(|span| span.0),
                cases_max: self.values.scrub.cases_max.value,
                bytes_max: self.values.scrub.bytes_max.value,
            },
            retention: RetentionSettings {
                cases_older_than: self
                    .values
                    .retention
                    .cases_older_than
                    .value
                    .0
                    .map(|span| span.0),
                ..RetentionSettings::default()
            },
            ..Settings::default()
        }
    }

    /// Whether what is older may be removed. Errs with what to do instead.
    pub(crate) fn may_remove(&self, older_than: Span) -> Result<(), String> {
        check::retention_of(&self.values, older_than)
    }

    /// How old the last heartbeat of a healthy home may be, in milliseconds: three rounds may be missed, and the longest
    /// pass may be running.
    fn heartbeat_age_max_ms(&self) -> u64 {
        let (every, pass) = (
            self.values.serve.every.value.0,
            self.values.run.pass_max.value.0,
        );
        let most = every.saturating_mul(3).saturating_add(pass);
        u64::try_from(most.as_millis()).unwrap_or(u64::MAX)
    }

    /// What a healthy home keeps to.
    pub(crate) fn health_limits(&self) -> Limits {
        Limits {
            age_max_ms: self.heartbeat_age_max_ms(),
            skew_max_ms: self.values.indexer.skew_max.value.ms(),
            silence_max_ms: self.values.indexer.silence_max.value.ms(),
            quarantine_percent_max: self.values.queue.quarantine_percent_max.value,
        }
    }

    /// Where reading begins if there is no state yet.
    pub(crate) fn start(&self, now: Millis) -> Millis {
        match self.values.indexer.start.value {
            Start::At(at) => Millis(at.as_millisecond()),
            Start::Ago(ago) => {
                let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
                Millis(now.0.saturating_sub(ago))
            }
        }
    }
}

impl Values {
    /// What to read from the indexer.
    pub(crate) fn indexer_config(&self) -> indexer::Config {
        let mut profile = self.indexer.profile.value.profile();
        if let Some(index) = &self.indexer.index.value {
            profile.index.clone_from(index);
        }
        let defaults = indexer::Config::new(profile);
        // The indexer is to give up a search before we do: then it says so, and half of the page is asked for.
        let poll_max = self.indexer.poll_max.value.0;
        let search_timeout = defaults.search_timeout.min(poll_max * 2 / 5);
        indexer::Config {
            search_timeout,
            lag: self.indexer.lag.value.0,
            overlap: self.indexer.overlap.value.0,
            audit_window: self.indexer.audit_window.value.0,
            page_alerts: self.indexer.page_alerts.value as usize,
            ..defaults
        }
    }
}
