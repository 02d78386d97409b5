//! Index patterns: names with `*`, separated by commas.

/// Whether `name` fits the pattern `pattern`, in which `*` stands for any text.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        // The first place is the best one: it leaves the most for what follows.
        let Some(at) = name.find(part) else {
            return false;
        };
        name = &name[at + part.len()..];
    }
    name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        let name = "wazuh-alerts-4.x-2025.11.12";
        for pattern in [
            name,
            "*",
            "wazuh-*",
            "*2025*",
            "wazuh-alerts-4.x-*",
            "w*a*12",
            "**",
        ] {
            assert!(fits(pattern, name), "{pattern}");
        }
        for pattern in [
            "",
            "wazuh",
            "wazuh-alerts-5.x-*",
            "*13",
            "w*2026*12",
            "wazuh-alerts",
        ] {
            assert!(!fits(pattern, name), "{pattern}");
        }
        assert!(!fits("ab*ba", "aba"), "start and end do not overlap");
    }
}
