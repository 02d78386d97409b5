//! Values of flags, read the way people write them: `10k`, `1M`, `0x4f1d`, `from-git`.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

/// A depth of the queue: `505836`, `10_000`, `10k`, `1M`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Depth(pub(super) u64);

impl FromStr for Depth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = match text.strip_suffix(['k', 'K']) {
            Some(number) => (number, 1_000),
            None => match text.strip_suffix(['m', 'M']) {
                Some(number) => (number, 1_000_000),
                None => (text, 1),
            },
        };
        let bad = || "write a number of files such as 10_000, 10k or 1M".to_owned();
        let files: u64 = whole(number).ok_or_else(bad)?;
        match files.checked_mul(unit) {
            Some(0) | None => Err(bad()),
            Some(depth) => Ok(Depth(depth)),
        }
    }
}

/// Where a seed comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SeedArg {
    /// This number.
    Number(u64),
    /// The first 16 digits of the commit that is checked out.
    FromGit,
}

impl FromStr for SeedArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "from-git" {
            return Ok(SeedArg::FromGit);
        }
        seed(text).map(SeedArg::Number).ok_or_else(|| {
            "write a number such as 42 or 0x4f1d0c2a, or `from-git` for the commit".to_owned()
        })
    }
}

/// A seed in digits, decimal or with `0x`.
fn seed(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(&hex.replace('_', ""), 16).ok(),
        None => whole(text),
    }
}

/// What `replay` repeats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// The run that this tape records.
    Tape(PathBuf),
    /// The run of this seed, by today's code.
    Seed(u64),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match seed(text) {
            Some(number) => Target::Seed(number),
            None => Target::Tape(PathBuf::from(text)),
        })
    }
}

/// Numbers of steps: `3400..3514`, without the last.
pub(super) fn steps(text: &str) -> Result<Range<u64>, String> {
    let ends = text.split_once("..");
    ends.and_then(|(from, to)| Some(whole(from)?..whole(to)?))
        .filter(|steps| !steps.is_empty())
        .ok_or_else(|| {
            "write the first step and the one after the last, such as 3400..3514".to_owned()
        })
}

/// A number with `_` between its digits.
fn whole(text: &str) -> Option<u64> {
    let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
    starts_with_digit.then(|| text.replace('_', "").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_are_read_as_people_write_them() {
        for (text, files) in [
            ("505836", 505_836),
            ("10_000", 10_000),
            ("10k", 10_000),
            ("1M", 1_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Depth(files)), "{text}");
        }
        for bad in ["", "k", "-3", "0", "1e6", "10kk", "_1", "99999999999999M"] {
            assert!(bad.parse::<Depth>().is_err(), "{bad}");
        }
    }

    #[test]
    fn seeds_are_decimal_hexadecimal_or_the_commit() {
        assert_eq!("42".parse(), Ok(SeedArg::Number(42)));
        assert_eq!("0x4f1d".parse(), Ok(SeedArg::Number(0x4f1d)));
        assert_eq!("from-git".parse(), Ok(SeedArg::FromGit));
        for bad in ["", "0x", "4f1d", "from-hg", "-1"] {
            assert!(bad.parse::<SeedArg>().is_err(), "{bad}");
        }
    }

    #[test]
    fn steps_have_a_first_and_one_after_the_last() {
        assert_eq!(steps("3_400..3514"), Ok(3_400..3_514));
        for bad in ["", "7", "..", "7..", "..7", "7..7", "8..7", "a..b"] {
            assert!(steps(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_seed_is_the_path_of_a_tape() {
        assert_eq!("0x9d1e55".parse(), Ok(Target::Seed(0x9d_1e55)));
        assert_eq!(
            "F-3a91c2.tape".parse(),
            Ok(Target::Tape("F-3a91c2.tape".into()))
        );
    }
}
