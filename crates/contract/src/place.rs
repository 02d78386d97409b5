//! Places and the moves between them.

/// Where an alert is. At any moment each id is in exactly one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Place {
    /// Known to the indexer, not yet fetched.
    Source,
    /// Being written, invisible to everyone.
    Staged,
    /// Visible, waiting.
    Pending,
    /// Taken by a worker.
    Claimed,
    /// Its case exists. Terminal.
    Cased,
    /// Beyond the cap, parked.
    Overflow,
    /// Beyond the cap, and the policy says: keep without a case. Terminal.
    Archived,
    /// Its bytes are bad. Terminal until an operator replays it.
    Quarantined,
    /// Somebody outside removed it before it became terminal.
    Vanished,
}

impl Place {
    /// Every place, in declaration order.
    pub const ALL: [Place; 9] = [
        Place::Source,
        Place::Staged,
        Place::Pending,
        Place::Claimed,
        Place::Cased,
        Place::Overflow,
        Place::Archived,
        Place::Quarantined,
        Place::Vanished,
    ];

    /// Whether nothing more is to happen to an alert here.
    pub fn is_terminal(self) -> bool {
        matches!(self, Place::Cased | Place::Archived | Place::Quarantined)
    }

    /// The word that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Place::Source => "source",
            Place::Staged => "staged",
            Place::Pending => "pending",
            Place::Claimed => "claimed",
            Place::Cased => "cased",
            Place::Overflow => "overflow",
            Place::Archived => "archived",
            Place::Quarantined => "quarantined",
            Place::Vanished => "vanished",
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Who moves an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The queue's own programs.
    Inside,
    /// Everybody else: archiver, antivirus, operator.
    Outside,
}

/// Whether an alert may move from `from` to `to` by somebody on `side`. Nothing that is not listed here is allowed.
pub fn is_allowed(from: Place, to: Place, side: Side) -> bool {
    use Place::*;
    if side == Side::Outside {
        return !from.is_terminal() && from != Source && to == Vanished;
    }
    matches!(
        (from, to),
        (Source, Staged)
            | (Source | Staged, Pending)
            // Another program's file, in hand before it is published. Until then it was that program's.
            | (Source, Claimed)
            // Dropped before it was published: the source still has it.
            | (Staged, Source)
            | (Pending, Claimed)
            | (Claimed, Pending)
            | (Claimed, Cased)
            | (Pending, Overflow)
            | (Overflow, Pending)
            | (Pending | Overflow, Archived)
            | (Pending | Claimed | Overflow, Quarantined)
            // Restored by fetching it again, or it reappeared.
            | (Vanished, Staged | Pending)
            // Its worker had read it before somebody took the file.
            | (Vanished, Cased)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_places_are_never_left_and_only_outsiders_make_alerts_vanish() {
        for from in Place::ALL {
            for to in Place::ALL {
                if from.is_terminal() {
                    assert!(!is_allowed(from, to, Side::Inside), "{from} to {to}");
                    assert!(!is_allowed(from, to, Side::Outside), "{from} to {to}");
                }
                if to == Place::Vanished {
                    assert!(!is_allowed(from, to, Side::Inside), "{from} to {to}");
                } else {
                    assert!(!is_allowed(from, to, Side::Outside), "{from} to {to}");
                }
            }
        }
    }
}
