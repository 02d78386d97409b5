//! The hour of an alert's time, as directories and files name it.

use alert::Hour;

/// The directory below `cases/` that holds an hour's case directories: `YYYY/MM/DD/HH`.
pub(crate) fn shelf_of(hour: Hour) -> String {
    let Hour {
        year,
        month,
        day,
        hour,
    } = hour;
    format!("{year:04}/{month:02}/{day:02}/{hour:02}")
}

/// Whether the hour's alerts may be packed: its year must fit its digits.
pub(crate) fn is_packable(hour: Hour) -> bool {
    (0..=9_999).contains(&hour.year)
}

/// The hour in ten digits.
pub(crate) fn hour_digits(hour: Hour) -> String {
    let Hour {
        year,
        month,
        day,
        hour,
    } = hour;
    format!("{year:04}{month:02}{day:02}{hour:02}")
}

/// Reads what [`hour_digits`] wrote.
pub(crate) fn parse_hour(digits: &[u8]) -> Option<Hour> {
    let is_number = digits.len() == 10 && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    Some(Hour {
        year: text.get(..4)?.parse().ok()?,
        month: text.get(4..6)?.parse().ok()?,
        day: text.get(6..8)?.parse().ok()?,
        hour: text.get(8..)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Hour = Hour {
        year: 2026,
        month: 4,
        day: 1,
        hour: 5,
    };

    #[test]
    fn the_digits_of_an_hour_read_back_and_nothing_else_does() {
        assert_eq!(parse_hour(hour_digits(HOUR).as_bytes()), Some(HOUR));
        for digits in [&b"20260401"[..], b"-026040105", b"2026040x05", b""] {
            assert_eq!(parse_hour(digits), None);
        }
        assert!(!is_packable(Hour { year: -1, ..HOUR }) && is_packable(HOUR));
    }
}
