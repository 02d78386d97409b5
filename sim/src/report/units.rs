//! Numbers as people read them.

/// A count with thousands separated: `505,836`.
pub(crate) fn exact_count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if 0 < i && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A depth, short where nothing is lost by it: `10k`, `1M`, `505,836`.
pub(super) fn depth(depth: u64) -> String {
    if 1_000_000 <= depth && depth.is_multiple_of(100_000) {
        return short(depth as f64 / 1e6, "M");
    }
    if (1_000..1_000_000).contains(&depth) && depth.is_multiple_of(1_000) {
        return short(depth as f64 / 1e3, "k");
    }
    exact_count(depth)
}

/// A fitted depth with three significant digits: `9,790`.
pub(super) fn fitted_depth(depth: f64) -> String {
    if !depth.is_finite() || 1e15 < depth {
        return "beyond any depth".to_owned();
    }
    let step = 10_f64.powf((depth.max(1.0).log10() - 2.0).floor().max(0.0));
    exact_count(((depth / step).round() * step) as u64)
}

/// A rate as a percentage, with the digits that its size deserves: `0.75 %`, `50.8 %`.
pub(super) fn percent(rate: f64) -> String {
    format!("{} %", percent_number(rate))
}

/// A rate on an axis: `25 %`.
pub(super) fn percent_tick(rate: f64) -> String {
    short(rate * 100.0, " %")
}

/// The number of [`percent`].
pub(super) fn percent_number(rate: f64) -> String {
    let value = rate * 100.0;
    match value {
        v if v == 0.0 || (100.0 - v).abs() < 5e-3 => format!("{v:.0}"),
        v if v < 0.0095 => format!("{v:.4}"),
        v if !(9.995..=99.0).contains(&v) => format!("{v:.2}"),
        v => format!("{v:.1}"),
    }
}

/// A time in the unit that fits: `8.74 ms`, `87 s`, `2.43 h`.
pub(super) fn nanos(nanos: f64) -> String {
    // A unit begins where people begin to think in it, which for minutes and hours is later than at one.
    const UNITS: [(f64, f64, &str); 6] = [
        (2.0 * 86_400e9, 86_400e9, "d"),
        (2.0 * 3_600e9, 3_600e9, "h"),
        (120e9, 60e9, "min"),
        (1e9, 1e9, "s"),
        (1e6, 1e6, "ms"),
        (1e3, 1e3, "µs"),
    ];
    for (from, unit, name) in UNITS {
        if from <= nanos {
            return short(nanos / unit, &format!(" {name}"));
        }
    }
    short(nanos, " ns")
}

/// A number of bytes: `6.2 MiB`.
pub(super) fn bytes(bytes: f64) -> String {
    for (power, name) in [(3, "GiB"), (2, "MiB"), (1, "KiB")] {
        let unit = 1024_f64.powi(power);
        if unit <= bytes {
            return short(bytes / unit, &format!(" {name}"));
        }
    }
    short(bytes, " B")
}

/// A plain number with three significant digits.
pub(super) fn plain(value: f64) -> String {
    short(value, "")
}

/// A signed change: `+0.4 %`.
pub(super) fn change(ratio: f64) -> String {
    let percent = ratio * 100.0;
    // Rounding must not leave a sign on nothing.
    if percent.abs() < 0.05 {
        "0.0 %".to_owned()
    } else {
        format!("{percent:+.1} %")
    }
}

/// Minutes since midnight as a clock: `12:49`. The next day goes on counting.
pub(super) fn clock(minute: f64) -> String {
    let minute = minute.max(0.0).round() as u64;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Three significant digits without trailing zeros, and a suffix.
fn short(value: f64, suffix: &str) -> String {
    if 999.5 <= value.abs() {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}{suffix}", exact_count(value.abs().round() as u64));
    }
    let decimals = match value.abs() {
        v if 99.95 <= v => 0,
        v if 9.995 <= v => 1,
        v if 0.9995 <= v || v == 0.0 => 2,
        v => (2 - v.log10().floor() as i32).clamp(2, 9) as usize,
    };
    let text = format!("{value:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            [0, 999, 1_000, 505_836].map(exact_count),
            ["0", "999", "1,000", "505,836"]
        );
        let depths = [
            480, 10_000, 250_000, 505_836, 1_000_000, 2_500_000, 1_050_001,
        ];
        let words = ["480", "10k", "250k", "505,836", "1M", "2.5M", "1,050,001"];
        assert_eq!(depths.map(depth), words);
        assert_eq!(fitted_depth(9_789.9), "9,790");
        assert_eq!(fitted_depth(147.02), "147");
        assert_eq!(fitted_depth(f64::INFINITY), "beyond any depth");
        let rates = [0.0, 0.0075, 0.0186, 0.5075, 0.9905, 1.0, 0.000_05];
        let words = [
            "0 %", "0.75 %", "1.86 %", "50.7 %", "99.05 %", "100 %", "0.0050 %",
        ];
        assert_eq!(rates.map(percent), words);
        let times = [
            8_700.0, 8.74e6, 87.4e9, 307.3e9, 8_740e9, 87_400e9, 874_000e9, 12.0,
        ];
        let words = [
            "8.7 µs", "8.74 ms", "87.4 s", "5.12 min", "2.43 h", "24.3 h", "10.1 d", "12 ns",
        ];
        assert_eq!(times.map(nanos), words);
        assert_eq!(bytes(6.2 * 1024.0 * 1024.0), "6.2 MiB");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(plain(0.000_123_4), "0.000123");
        assert_eq!(
            [0.0042, -0.0001, -0.2].map(change),
            ["+0.4 %", "0.0 %", "-20.0 %"]
        );
        assert_eq!(clock(769.0), "12:49");
    }
}
