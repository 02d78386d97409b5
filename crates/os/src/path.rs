//! What a path may look like.

/// Whether `path` is one or more names joined by `/`, none of them empty, `.` or `..`.
///
/// This is what keeps a path below its directory: an absolute path starts with an empty name.
pub(crate) fn is_plain(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/')
        .all(|name| !matches!(name, b"" | b"." | b".."))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn names_joined_by_slashes_are_plain() {
        for path in [
            "a", "a/b", "a/b/c", ".a", "..a", "a..", "...", "a b", "\u{e9}",
        ] {
            assert!(is_plain(path.as_bytes()), "{path:?}");
        }
    }

    #[test]
    fn whatever_could_leave_the_directory_is_not_plain() {
        for path in [
            "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "../a", "a/../b", "a/..",
        ] {
            assert!(!is_plain(path.as_bytes()), "{path:?}");
        }
    }
}
