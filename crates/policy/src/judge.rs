//! From the signatures that match an alert to its verdict. No branch here has an effect.

use crate::config::Config;
use crate::signature::Signature;
use crate::verdict::Reason;
use alert::{Disposition, Severity};
use jiff::Timestamp;

/// A disposition, the signature that decided if one did, and the reasons, the deciding one first.
pub(crate) type Decision<'p> = (Disposition, Option<&'p Signature>, Vec<Reason<'p>>);

/// Decides by the signatures that match, the alert's severity, and the time.
///
/// - The first disposition in the policy's order that an applicable signature gives decides. Escalated is always first.
/// - A suppression applies up to its last day, and only to alerts up to its level. Otherwise the alert falls to review,
///   or to what its level says if that is more.
/// - A signature that says review, or none at all, never makes less of an alert than its level does.
pub(crate) fn decide<'p>(
    config: &Config,
    matched: &[&'p Signature],
    severity: Option<Severity>,
    now: Timestamp,
) -> Decision<'p> {
    let mut applicable = Vec::new();
    let mut set_aside = Vec::new();
    for &signature in matched {
        match &signature.suppression {
            Some(suppression) if suppression.is_expired(now) => {
                set_aside.push(Reason::Expired(signature));
            }
            Some(suppression) if !suppression.covers(severity) => {
                set_aside.push(Reason::AboveMaxLevel(signature));
            }
            _ => applicable.push(signature),
        }
    }
    let (level, level_reason) = match severity {
        Some(severity) => (config.levels.of(severity), Reason::Level(severity)),
        None => (Disposition::Review, Reason::LevelUnreadable),
    };
    let winner = config.precedence.iter().find_map(|wanted| {
        applicable
            .iter()
            .copied()
            .find(|s| s.disposition == *wanted)
    });
    let Some(winner) = winner else {
        if !set_aside.is_empty() && level < Disposition::Review {
            return (Disposition::Review, None, set_aside);
        }
        return (level, None, [vec![level_reason], set_aside].concat());
    };
    let mut reasons = vec![Reason::Matched(winner)];
    for signature in applicable {
        if signature == winner {
            continue;
        }
        reasons.push(if signature.disposition == winner.disposition {
            Reason::Matched(signature)
        } else {
            Reason::Overruled(signature)
        });
    }
    reasons.extend(set_aside);
    if winner.disposition == Disposition::Review && Disposition::Review < level {
        reasons.insert(0, level_reason);
        return (level, None, reasons);
    }
    (winner.disposition, Some(winner), reasons)
}
