//! What a campaign varies.

use super::actor::Engine;
use super::checks::Checks;
use super::units::WrittenPace;
use super::{Consumer, Pace};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use toml::Spanned;

/// The axes of a campaign.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sweep {
    /// The engines that are explored, for consumers that name none. Empty if every consumer names its own.
    pub engines: Vec<Engine>,
    /// The depths, ascending.
    pub depths: Vec<u64>,
    /// Distinct seeds for each cell.
    pub seeds: u64,
    /// Paces of the archivers; each replaces the pace of every archiver in turn. Empty: as written.
    pub archiver_paces: Vec<Pace>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSweep {
    engines: Option<Spanned<Vec<Engine>>>,
    depth: Option<Spanned<RawDepth>>,
    seeds: Option<Spanned<u64>>,
    #[serde(default)]
    archiver_rate: Vec<WrittenPace>,
}

enum RawDepth {
    List(Vec<Spanned<u64>>),
    Range(RawDepthRange),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDepthRange {
    from: Spanned<u64>,
    to: Spanned<u64>,
    per_decade: Spanned<u64>,
}

impl<'de> Deserialize<'de> for RawDepth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DepthVisitor;
        impl<'de> Visitor<'de> for DepthVisitor {
            type Value = RawDepth;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of depths, or { from, to, per_decade }")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<RawDepth, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(RawDepth::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawDepth, A::Error> {
                RawDepthRange::deserialize(MapAccessDeserializer::new(map)).map(RawDepth::Range)
            }
        }
        deserializer.deserialize_any(DepthVisitor)
    }
}

impl RawSweep {
    /// Without `depth`, the one depth is the queue's own.
    pub(super) fn resolve(
        self,
        initial: u64,
        consumers: &[Consumer],
        checks: &mut Checks,
    ) -> Sweep {
        let open = consumers.iter().any(|consumer| consumer.engine.is_none());
        let engines = match self.engines {
            None if open => vec![Engine::Spool],
            None => Vec::new(),
            Some(engines) => {
                if !open {
                    checks.problem(
                        engines.span(),
                        "these engines never run",
                        "every [[consumer]] names its own",
                        Some("leave `engine` out of one, or drop this key".to_owned()),
                    );
                }
                distinct_engines(engines, checks)
            }
        };
        Sweep {
            engines,
            depths: match self.depth.map(Spanned::into_inner) {
                None => vec![initial],
                Some(RawDepth::List(depths)) => checks.ascending(depths, "depths"),
                Some(RawDepth::Range(range)) => range.resolve(checks),
            },
            seeds: self
                .seeds
                .map_or(1, |seeds| checks.above_zero(seeds, "the number of seeds")),
            archiver_paces: self.archiver_rate.into_iter().map(|rate| rate.0).collect(),
        }
    }
}

fn distinct_engines(engines: Spanned<Vec<Engine>>, checks: &mut Checks) -> Vec<Engine> {
    let mut distinct = engines.get_ref().clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() != engines.get_ref().len() || distinct.is_empty() {
        checks.problem(
            engines.span(),
            "name one engine or more, each once",
            "",
            None,
        );
    }
    distinct
}

impl RawDepthRange {
    /// Depths at equal distances on a logarithmic scale, both ends included.
    fn resolve(self, checks: &mut Checks) -> Vec<u64> {
        let (from, to) = (*self.from.get_ref(), *self.to.get_ref());
        let per_decade = checks.above_zero(self.per_decade, "`per_decade`");
        if from == 0 || to < from {
            checks.problem(
                self.to.span(),
                "depths ascend, from 1",
                format!("not above {from}"),
                None,
            );
            return vec![from];
        }
        let mut depths = Vec::new();
        for step in 0_u32.. {
            // Depths are far below 2^53, so the powers are off by less than a file.
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
            #[expect(clippy::cast_sign_loss, reason = "a power of ten is positive")]
            let depth =
                (from as f64 * 10_f64.powf(f64::from(step) / per_decade as f64)).round() as u64;
            if to <= depth {
                break;
            }
            depths.push(depth);
        }
        depths.push(to);
        depths
    }
}
