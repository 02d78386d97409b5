//! The `_id` of a generated document: 20 characters that look random, and can be read back.

use crate::chance::mix;
use crate::radix64::{SORTED, decode, encode};

/// What an `_id` stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    /// The alert's time.
    pub(crate) ts_ms: i64,
    /// The alert's number.
    pub(crate) seq: u32,
    /// Which delivery of the alert: 0, or more for a redelivered one.
    pub(crate) copy: u8,
}

/// Bytes of an identity: the check, then the time in six bytes, the number in four, the delivery in one.
const BYTES: usize = 15;
const CHECK_BYTES: usize = 4;

/// The `_id` of a document. Ids of one population are all different, and their order has nothing to do with arrival.
pub(crate) fn write(seed: u64, identity: Identity) -> String {
    let mut bytes = [0; BYTES];
    let check = check(seed, identity);
    bytes[..CHECK_BYTES].copy_from_slice(&check);
    bytes[4..10].copy_from_slice(&identity.ts_ms.to_be_bytes()[2..]);
    bytes[10..14].copy_from_slice(&identity.seq.to_be_bytes());
    bytes[14] = identity.copy;
    blur(seed, &mut bytes);
    encode(SORTED, &bytes)
}

/// What `id` stands for; `None` if no document of this seed can have it.
pub(crate) fn read(seed: u64, id: &str) -> Option<Identity> {
    let mut bytes: [u8; BYTES] = decode(SORTED, id)?.try_into().ok()?;
    blur(seed, &mut bytes);
    let mut time = [0; 8];
    time[2..].copy_from_slice(&bytes[4..10]);
    let identity = Identity {
        ts_ms: i64::from_be_bytes(time),
        seq: u32::from_be_bytes(bytes[10..14].try_into().ok()?),
        copy: bytes[14],
    };
    (bytes[..CHECK_BYTES] == check(seed, identity)).then_some(identity)
}

/// Comes first in the id, and so decides the order of ids.
fn check(seed: u64, identity: Identity) -> [u8; CHECK_BYTES] {
    let random = mix(&[
        seed,
        identity.ts_ms as u64,
        u64::from(identity.seq),
        u64::from(identity.copy),
    ]);
    ((random >> 32) as u32).to_be_bytes()
}

/// Hides what follows the check behind numbers that the check fixes. Doing it twice changes nothing.
fn blur(seed: u64, bytes: &mut [u8; BYTES]) {
    let (check, hidden) = bytes.split_at_mut(CHECK_BYTES);
    let check = check
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let mut pad = [0; 16];
    pad[..8].copy_from_slice(&mix(&[seed, check, 1]).to_be_bytes());
    pad[8..].copy_from_slice(&mix(&[seed, check, 2]).to_be_bytes());
    for (byte, pad) in hidden.iter_mut().zip(pad) {
        *byte ^= pad;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_differ_and_read_back() {
        let mut seen = BTreeSet::new();
        for seq in 0..2_000 {
            let identity = Identity {
                ts_ms: 1_762_905_600_000,
                seq,
                copy: (seq % 2) as u8,
            };
            let id = write(7, identity);
            assert_eq!(id.len(), 20);
            assert_eq!(read(7, &id), Some(identity));
            assert_eq!(read(8, &id), None, "another seed's id");
            assert!(seen.insert(id));
        }
    }

    #[test]
    fn an_id_that_nobody_wrote_is_unknown() {
        for id in [
            "",
            "abc",
            "RULbFJQB1dQzvit6xJxR",
            "ÄÖÜ",
            "../../../../etc/passw",
        ] {
            assert_eq!(read(7, id), None, "{id}");
        }
    }
}
