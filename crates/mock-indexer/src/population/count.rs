//! Counting without looking at every key: every page of a walk says how many documents match.

use super::{Key, SHARDS_MAX};
use std::ops::Range;

/// Keys of one block. Larger makes the ends dearer, smaller the middle.
const BLOCK: usize = 4_096;

/// For each block of keys: when the last of them is seen, and how many each shard has.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks(Vec<Block>);

#[derive(Clone, Debug)]
struct Block {
    visible_at_ms_max: i64,
    by_shard: [u64; SHARDS_MAX as usize],
}

impl Blocks {
    /// Sums up `keys`.
    pub(super) fn of(keys: &[Key]) -> Self {
        let block = |keys: &[Key]| Block {
            visible_at_ms_max: keys.iter().map(|key| key.visible_at_ms).max().unwrap_or(0),
            by_shard: count(keys, i64::MAX),
        };
        Blocks(keys.chunks(BLOCK).map(block).collect())
    }

    /// How many of `keys` at `places` are seen at `now_ms`, on each shard.
    pub(super) fn count(
        &self,
        keys: &[Key],
        places: Range<usize>,
        now_ms: i64,
    ) -> [u64; SHARDS_MAX as usize] {
        let mut sum = [0; SHARDS_MAX as usize];
        let mut at = places.start;
        while at < places.end {
            let number = at / BLOCK;
            let end = places.end.min((number + 1) * BLOCK);
            let is_whole = at.is_multiple_of(BLOCK) && (end - at == BLOCK || end == keys.len());
            let block = &self.0[number];
            let part = if is_whole && block.visible_at_ms_max <= now_ms {
                block.by_shard
            } else {
                count(&keys[at..end], now_ms)
            };
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, part)| *sum += part);
            at = end;
        }
        sum
    }
}

fn count(keys: &[Key], now_ms: i64) -> [u64; SHARDS_MAX as usize] {
    let mut by_shard = [0; SHARDS_MAX as usize];
    for key in keys.iter().filter(|key| key.visible_at_ms <= now_ms) {
        by_shard[usize::from(key.shard)] += 1;
    }
    by_shard
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{below, mix};

    #[test]
    fn blocks_count_as_a_plain_loop_does() {
        let key = |n: u64| Key {
            ts_ms: n as i64,
            visible_at_ms: n as i64 + below(mix(&[n]), 3_000) as i64,
            seq: n as u32,
            copy: 0,
            shard: below(mix(&[n, 1]), 3) as u8,
        };
        let keys: Vec<Key> = (0..20_000).map(key).collect();
        let blocks = Blocks::of(&keys);
        for round in 0..200 {
            let start = below(mix(&[round, 2]), 20_000) as usize;
            let end = start + below(mix(&[round, 3]), 20_001 - start as u64) as usize;
            let now_ms = below(mix(&[round, 4]), 24_000) as i64;
            let expect = count(&keys[start..end], now_ms);
            assert_eq!(
                blocks.count(&keys, start..end, now_ms),
                expect,
                "{start}..{end}"
            );
        }
        assert_eq!(
            blocks.count(&keys, 0..20_000, i64::MAX).iter().sum::<u64>(),
            20_000
        );
    }
}
