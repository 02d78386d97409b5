//! One recorded case against the disk: for whoever looks at a few cases at a time.

use super::bytes::{self, Flaw, Proof};
use super::{Damage, DamageKind};
use crate::cases::packs;
use crate::layout::{Spool, SpoolError};
use crate::ledger::NewCase;

/// Holds recorded cases against the disk, one after the other. Cases of one pack that come in a row cost one look.
#[derive(Default)]
pub struct Verifier {
    last: Option<LastPack>,
}

struct LastPack {
    shelf: String,
    digest: Option<String>,
    /// `None` if it is gone.
    damage: Option<Vec<Damage>>,
}

/// What looking at one recorded case came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// Bytes that were read for it.
    pub bytes: u64,
    /// Whether nothing stands where the record says.
    pub is_missing: bool,
    /// What does not fit, if something stands there. Nothing here, and the case is what it was.
    pub damage: Vec<Damage>,
}

impl Verifier {
    /// Looks whether the case stands, and whether its bytes are those that were recorded.
    pub fn verify(
        &mut self,
        spool: &Spool<'_>,
        case: &NewCase<'_>,
    ) -> Result<Verified, SpoolError> {
        match packs::is_pack(case.shelf) {
            true => self.verify_packed(spool, case),
            false => verify_directory(spool, case),
        }
    }

    fn verify_packed(
        &mut self,
        spool: &Spool<'_>,
        case: &NewCase<'_>,
    ) -> Result<Verified, SpoolError> {
        let is_known = self
            .last
            .as_ref()
            .is_some_and(|last| last.shelf == case.shelf && last.digest.as_deref() == case.digest);
        let mut bytes = 0;
        if !is_known {
            let recorded: Vec<_> = case.digest.and_then(bytes::parse_sum).into_iter().collect();
            let proof = bytes::prove_pack(spool, &spool.cases, case.shelf.as_bytes(), &recorded)?;
            bytes = proof.as_ref().map_or(0, |proof| proof.bytes);
            self.last = Some(LastPack {
                shelf: case.shelf.to_owned(),
                digest: case.digest.map(str::to_owned),
                damage: proof.map(|proof| damage_of(case.shelf, proof)),
            });
        }
        let damage = self.last.as_ref().and_then(|last| last.damage.as_ref());
        Ok(Verified {
            bytes,
            is_missing: damage.is_none(),
            damage: damage.cloned().unwrap_or_default(),
        })
    }
}

fn verify_directory(spool: &Spool<'_>, case: &NewCase<'_>) -> Result<Verified, SpoolError> {
    let path = format!("{}/{}", case.shelf, case.entry.id());
    let recorded: Vec<_> = case.digest.and_then(bytes::parse_sum).into_iter().collect();
    // By its whole path: the ledger names it, and no listing.
    let proof = bytes::prove_directory(spool, &spool.cases, path.as_bytes(), &recorded)?;
    let gone = |flaw: &Flaw| flaw.kind == DamageKind::Missing;
    let is_missing = 3 <= proof.flaws.iter().filter(|flaw| gone(flaw)).count();
    Ok(Verified {
        bytes: proof.bytes,
        is_missing,
        damage: match is_missing {
            true => Vec::new(),
            false => damage_of(&path, proof),
        },
    })
}

fn damage_of(path: &str, proof: Proof) -> Vec<Damage> {
    let flaws = proof.flaws.into_iter();
    flaws.map(|flaw| flaw.at(path)).collect()
}
