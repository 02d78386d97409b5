//! Chance from a seed, in named streams.
//!
//! Each consumer draws from its own stream, so that one more draw here shifts no choice there. The generator is
//! xoshiro256++ 1.0 (Blackman and Vigna, <https://prng.di.unimi.it/>), started with splitmix64 as its authors advise.
//! Everything is integer arithmetic: the same seed gives the same numbers on every machine.

/// The number that all choices of a run come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// The generator of the consumer `name`, such as `nemesis/crash`. Equal names give equal streams.
    pub fn stream(self, name: &str) -> Prng {
        Prng::new(self.child(name))
    }

    /// The seed of the part `name`, to be split further.
    pub fn child(self, name: &str) -> Seed {
        // FNV-1a over the name, then one splitmix64 step, so that similar names give unrelated seeds.
        let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
        for &byte in name.as_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        let mut state = self.0 ^ hash;
        Seed(splitmix(&mut state))
    }
}

/// A stream of random numbers that its seed fixes.
#[derive(Clone, Debug)]
pub struct Prng {
    state: [u64; 4],
}

impl Prng {
    /// The stream of `seed`.
    pub fn new(seed: Seed) -> Self {
        let mut state = seed.0;
        Prng {
            state: std::array::from_fn(|_| splitmix(&mut state)),
        }
    }

    /// The next 64 bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// The next 32 bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// A number below `bound`; 0 if `bound` is 0.
    ///
    /// The bias of the one multiplication is below `bound / 2^64`.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number of `range`; its start if it is empty.
    pub fn range(&mut self, range: std::ops::Range<u64>) -> u64 {
        range.start + self.below(range.end.saturating_sub(range.start))
    }

    /// True with probability `parts / of`; never if `of` is 0.
    pub fn chance(&mut self, parts: u64, of: u64) -> bool {
        self.below(of) < parts
    }

    /// True with probability `ppm` in a million.
    pub fn chance_ppm(&mut self, ppm: u32) -> bool {
        self.chance(u64::from(ppm), 1_000_000)
    }

    /// A waiting time with the mean `mean`, exponentially distributed: the gap between two events of a Poisson process.
    pub fn exponential(&mut self, mean: u64) -> u64 {
        // −ln u = −log2 u · ln 2, for u in (0, 1] with 48 bits.
        let u = (self.next_u64() >> 16) + 1;
        let minus_log2 = (48 << 32) - log2_fixed(u);
        let ln = (u128::from(minus_log2) * u128::from(LN_2)) >> 32;
        let wait = (ln * u128::from(mean)) >> 32;
        u64::try_from(wait).unwrap_or(u64::MAX)
    }

    /// One of `items`; `None` if there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// Puts `items` into a random order, all orders equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// ln 2 with 32 bits behind the point.
const LN_2: u64 = 0xB172_17F7;

/// log2 of `value` with 32 bits behind the point (the last ones approximate), for 0 < `value` < 2^63.
fn log2_fixed(value: u64) -> u64 {
    let whole = u64::from(value.ilog2());
    // The mantissa in [1, 2) with 62 bits behind the point; squaring it yields one bit of the logarithm at a time.
    let mut mantissa = u128::from(value) << (62 - whole);
    let mut fraction = 0;
    for bit in (8..32).rev() {
        mantissa = (mantissa * mantissa) >> 62;
        if 2 << 62 <= mantissa {
            mantissa >>= 1;
            fraction |= 1 << bit;
        }
    }
    (whole << 32) | fraction
}

/// One step of splitmix64 (Steele, Lea and Flood 2014).
pub(crate) fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // The first outputs of the authors' C code from the state 1, 2, 3, 4.
        let mut prng = Prng {
            state: [1, 2, 3, 4],
        };
        let first: Vec<u64> = (0..4).map(|_| prng.next_u64()).collect();
        assert_eq!(
            first,
            [
                41_943_041,
                58_720_359,
                3_588_806_011_781_223,
                3_591_011_842_654_386
            ]
        );
        let mut state = 1_234_567;
        assert_eq!(splitmix(&mut state), 6_457_827_717_110_365_317);
    }

    #[test]
    fn streams_of_one_seed_differ_by_name_and_agree_with_themselves() {
        let seed = Seed(7);
        assert_eq!(seed.stream("a").next_u64(), seed.stream("a").next_u64());
        assert_ne!(seed.stream("a").next_u64(), seed.stream("b").next_u64());
        assert_ne!(Seed(8).stream("a").next_u64(), seed.stream("a").next_u64());
    }

    #[test]
    fn below_is_even_and_keeps_its_bound() {
        let mut prng = Seed(1).stream("below");
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[prng.below(6) as usize] += 1;
        }
        assert!(
            counts.iter().all(|&n| (9_600..10_400).contains(&n)),
            "{counts:?}"
        );
        assert_eq!(prng.below(0), 0);
        assert_eq!(prng.pick::<u8>(&[]), None);
    }

    #[test]
    fn exponential_waits_have_the_mean_and_the_tail_of_a_poisson_process() {
        let mut prng = Seed(1).stream("exponential");
        let waits: Vec<u64> = (0..100_000).map(|_| prng.exponential(1_000_000)).collect();
        let mean = waits.iter().sum::<u64>() / 100_000;
        assert!((990_000..1_010_000).contains(&mean), "{mean}");
        // P(wait > 2 means) = e^-2 = 13.5 %.
        let long = waits.iter().filter(|&&w| 2_000_000 < w).count();
        assert!((13_200..13_900).contains(&long), "{long}");
    }

    #[test]
    fn a_shuffle_keeps_the_items_and_moves_them() {
        let mut items: Vec<u32> = (0..100).collect();
        Seed(3).stream("shuffle").shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
