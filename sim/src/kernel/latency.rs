//! What calls cost, in nanoseconds of virtual time. Integer arithmetic only.

use super::prng::Prng;
use host::Call;

/// What each call costs, and how much that varies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LatencyProfile {
    /// What reports call it.
    pub name: &'static str,
    /// The least cost of each call, by `Call as usize`.
    pub call_ns: [u64; Call::ALL.len()],
    /// For each name that `read_dir` returned.
    pub entry_ns: u64,
    /// For each file or name that `sync_all` made durable.
    pub sync_item_ns: u64,
    /// Up to so much is added to each call, evenly, in percent of its cost.
    pub jitter_percent: u32,
    /// In a million calls so many are slow.
    pub tail_ppm: u32,
    /// A slow call costs up to so many times as much.
    pub tail_factor: u32,
    /// How coarse modification times are.
    pub mtime_tick_ns: u64,
}

impl LatencyProfile {
    /// A journaled ext4 on a server, warm cache (measured at 100,000 files).
    pub fn linux_ext4() -> Self {
        LatencyProfile {
            name: "linux-ext4",
            call_ns: table(|call| match call {
                Call::OpenDir => 2_000,
                Call::CloseDir | Call::Close | Call::Unlock => 500,
                Call::ReadDir => 1_500,
                Call::RewindDir => 300,
                Call::Mkdir => 30_000,
                Call::Rmdir | Call::Unlink => 22_000,
                Call::CreateNew => 18_500,
                Call::OpenAppend | Call::OpenRead => 1_900,
                Call::Read => 1_300,
                Call::Append => 3_000,
                Call::Stat => 1_700,
                Call::RenameNoreplace | Call::Rename => 19_000,
                Call::Link => 17_000,
                Call::SyncFile | Call::SyncDir => 650_000,
                Call::SyncAll => 400_000,
                Call::Lock => 3_000,
                Call::Now => 30,
                Call::Sleep => 1_000,
            }),
            entry_ns: 300,
            sync_item_ns: 9_500,
            jitter_percent: 25,
            tail_ppm: 200,
            tail_factor: 40,
            mtime_tick_ns: 4_000_000,
        }
    }

    /// A filesystem in memory.
    pub fn tmpfs() -> Self {
        LatencyProfile {
            name: "tmpfs",
            call_ns: table(|call| match call {
                Call::OpenDir | Call::OpenRead | Call::OpenAppend => 1_500,
                Call::CloseDir | Call::Close | Call::Unlock => 400,
                Call::ReadDir => 1_200,
                Call::RewindDir => 200,
                Call::Mkdir => 7_000,
                Call::Rmdir | Call::Unlink => 6_500,
                Call::CreateNew => 6_500,
                Call::Read => 1_200,
                Call::Append => 1_500,
                Call::Stat => 1_300,
                Call::RenameNoreplace | Call::Rename | Call::Link => 4_900,
                Call::SyncFile | Call::SyncDir | Call::SyncAll => 2_600,
                Call::Lock => 2_000,
                Call::Now => 30,
                Call::Sleep => 1_000,
            }),
            entry_ns: 350,
            sync_item_ns: 0,
            jitter_percent: 25,
            tail_ppm: 50,
            tail_factor: 20,
            mtime_tick_ns: 4_000_000,
        }
    }

    /// The machine of the incident: 8.74 ms a stat under load, 8.7 µs a directory entry.
    ///
    /// The account gives these two figures only. Other calls that touch a name are given the cost of a stat, those that
    /// change a directory twice that; what works on an open handle keeps the cost of an ordinary disk.
    pub fn incident_windows() -> Self {
        const STAT: u64 = 8_740_000;
        LatencyProfile {
            name: "incident-windows",
            call_ns: table(|call| match call {
                Call::Stat | Call::OpenRead | Call::OpenAppend | Call::OpenDir | Call::Lock => STAT,
                Call::Mkdir
                | Call::Rmdir
                | Call::CreateNew
                | Call::RenameNoreplace
                | Call::Rename
                | Call::Link
                | Call::Unlink => 2 * STAT,
                Call::CloseDir | Call::Close | Call::Unlock | Call::RewindDir => 5_000,
                Call::ReadDir => 20_000,
                Call::Read | Call::Append => 50_000,
                Call::SyncFile | Call::SyncDir | Call::SyncAll => 10_000_000,
                Call::Now => 100,
                Call::Sleep => 1_000,
            }),
            entry_ns: 8_700,
            sync_item_ns: 50_000,
            // The figure is a mean over a whole sort, so it stays the mean: see `mean_ns`.
            jitter_percent: 0,
            tail_ppm: 0,
            tail_factor: 1,
            mtime_tick_ns: 100,
        }
    }

    /// The profile of that name, as reports and scenarios write it.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::linux_ext4(), Self::tmpfs(), Self::incident_windows()]
            .into_iter()
            .find(|profile| profile.name == name)
    }

    /// The same profile with another cost of one call.
    #[must_use]
    pub fn with(mut self, call: Call, ns: u64) -> Self {
        self.call_ns[call as usize] = ns;
        self
    }

    /// The mean cost of a call, jitter and tail included.
    pub fn mean_ns(&self, call: Call) -> u64 {
        let base = u128::from(self.call_ns[call as usize]);
        let jittered = base * u128::from(200 + self.jitter_percent) / 200;
        let slow = jittered * u128::from(self.tail_factor + 1) / 2;
        let ppm = u128::from(self.tail_ppm);
        let mean = (slow * ppm + jittered * (1_000_000 - ppm)) / 1_000_000;
        u64::try_from(mean).unwrap_or(u64::MAX)
    }

    /// What one call costs this time.
    #[inline]
    pub(crate) fn draw(&self, call: Call, prng: &mut Prng) -> u64 {
        let base = self.call_ns[call as usize];
        let bits = prng.next_u64();
        let (low, high) = (bits & 0xFFFF_FFFF, bits >> 32);
        let jitter = scale(base, low * u64::from(self.jitter_percent)) / 100;
        let cost = base.saturating_add(jitter);
        if (high * 1_000_000) >> 32 < u64::from(self.tail_ppm) {
            let more = u64::from(self.tail_factor.saturating_sub(1));
            let factor_1024 = 1_024 + (((prng.next_u64() >> 32) * more) >> 22);
            return cost.saturating_mul(factor_1024) / 1_024;
        }
        cost
    }
}

/// `value · parts / 2^32`.
#[inline]
fn scale(value: u64, parts: u64) -> u64 {
    ((u128::from(value) * u128::from(parts)) >> 32) as u64
}

fn table(cost: impl Fn(Call) -> u64) -> [u64; Call::ALL.len()] {
    Call::ALL.map(cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::prng::Seed;

    #[test]
    fn the_drawn_mean_is_the_promised_mean() {
        for profile in [
            LatencyProfile::linux_ext4(),
            LatencyProfile::tmpfs(),
            LatencyProfile::incident_windows(),
        ] {
            let mut prng = Seed(1).stream("latency");
            let sum: u64 = (0..400_000)
                .map(|_| profile.draw(Call::Stat, &mut prng))
                .sum();
            let (mean, expected) = (sum / 400_000, profile.mean_ns(Call::Stat));
            assert!(
                mean.abs_diff(expected) * 50 < expected,
                "{}: {mean} instead of {expected}",
                profile.name
            );
        }
    }

    #[test]
    fn some_calls_are_very_slow_and_none_is_too_fast() {
        let profile = LatencyProfile::linux_ext4();
        let mut prng = Seed(1).stream("latency");
        let draws: Vec<u64> = (0..100_000)
            .map(|_| profile.draw(Call::Rename, &mut prng))
            .collect();
        let slow = draws.iter().filter(|&&ns| 100_000 < ns).count();
        assert!(draws.iter().all(|&ns| 19_000 <= ns));
        assert!((5..40).contains(&slow), "{slow}");
    }

    #[test]
    fn one_cost_can_be_replaced() {
        let profile = LatencyProfile::by_name("incident-windows").expect("is a profile");
        assert_eq!(profile.with(Call::Stat, 5).call_ns[Call::Stat as usize], 5);
        assert_eq!(LatencyProfile::by_name("floppy"), None);
    }
}
