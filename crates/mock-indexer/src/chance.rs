//! Numbers that a seed and a name fix: the same on every machine, whatever was drawn before.

/// Mixes `parts` into 64 bits that look random. Different lists give unrelated numbers.
pub(crate) fn mix(parts: &[u64]) -> u64 {
    let mut state = 0x6A09_E667_F3BC_C908;
    for part in parts {
        // Each part goes through a whole step, so that (1, 2) and (2, 1) differ.
        state = splitmix(state ^ part);
    }
    state
}

/// One step of splitmix64 (Steele, Lea and Flood 2014).
fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number below `bound`, made of the bits of `random`; 0 if `bound` is 0.
pub(crate) fn below(random: u64, bound: u64) -> u64 {
    ((u128::from(random) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_depends_on_every_part_and_on_their_order() {
        assert_eq!(mix(&[1, 2, 3]), mix(&[1, 2, 3]));
        assert_ne!(mix(&[1, 2]), mix(&[2, 1]));
        assert_ne!(mix(&[1]), mix(&[1, 0]));
    }

    #[test]
    fn a_bounded_number_keeps_its_bound_and_reaches_every_value() {
        let mut counts = [0; 3];
        for n in 0..3_000 {
            counts[below(mix(&[n]), 3) as usize] += 1;
        }
        assert!(counts.iter().all(|&n| 900 < n), "{counts:?}");
        assert_eq!(below(u64::MAX, 0), 0);
    }
}
